"""Constant fluxes whose books are known."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import FUEL, fuel_energy, mM

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.account.ledger_lines import LINES
from biomembrane.dimension import FLUX

S, D = bm.Species("S"), bm.Species("D")  # neutral solutes
J = 1e-3  # fmol/s
T = np.array([0.0, 4.0, 10.0])
HYDROLYSIS = "ATP@in -> ADP@in + Pi@in"
ENERGY = 50e3  # J/mol


def constant(name: str, reaction: str, on: Any, flux: float = J) -> bm.Transporter:
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(flux, "fmol/s"), FLUX), reason="constant"
    )
    return bm.Transporter(name, reaction, on, law)


def pJ(per_mole: float, flux: float = J) -> Any:
    """Over time, of a constant flux with a constant energy."""
    return flux * per_mole * T / 1e3


def lines(ledger: Any) -> dict[str, Any]:
    return {name: getattr(ledger, name).values for name in LINES}


def nearly(value: Any) -> Any:
    return pytest.approx(value, rel=1e-7, abs=1e-9)


def check_lines(ledger: Any, **told: Any) -> None:
    """Each line as told, and zero where it is not."""
    for name, found in lines(ledger).items():
        assert found == nearly(told.get(name, 0 * T)), name


# --- fuel


@cache
def pump(*rates: float) -> bm.Run:
    """50 kJ/mol of ATP lift S from 1 mM in a bath to 5 mM in another, through a cell that holds the
    fuel and is as it was; 1 fmol burns beside it.
    """
    one, two = bm.Reservoir("one", mM({S: 1})), bm.Reservoir("two", mM({S: 5}))
    inside = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({S: 1}), held=mM(FUEL))
    first, second = (
        bm.Membrane(n, inside=inside, outside=bath, area=Q(100, "um^2"))
        for n, bath in (("first", one), ("second", two))
    )
    parts = [
        constant("inlet", "S@out -> S@in", first),
        constant("lift", "S@in + ATP@in -> S@out + ADP@in + Pi@in", second),
    ]
    parts.append(constant("burn", HYDROLYSIS, inside, 2 * J))
    scan = (
        {
            name: xr.DataArray(list(rates), dims="r", attrs={"units": "fmol/s"})
            for name in ("inlet.J", "lift.J")
        }
        if rates
        else {}
    )
    given = {"ATP.standard_energy": Q(fuel_energy(-ENERGY), "J/mol"), **scan}
    return bm.simulate(bm.Model("pumped", parts, reference=one), times=Q(T, "s"), parameters=given)
