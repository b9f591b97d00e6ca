"""Boron & De Weer 1976 (J Gen Physiol 67:91): CO₂ and HCO₃⁻ enter a squid axon, from the chemistry
with the inputs of their model (the values of its CellML file).

Their equation keeps the buffer power β constant.  Here it is integrated in plain scipy; the cell is
built from reactions, with sites of that power at the starting pH, whose ionised share changes.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from builders import F, R
from scipy.integrate import solve_ivp

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import CO2, HCO3, Cl, H, K

KELVIN, V = 293.15, -57e-3
P_CO2, P_HCO3, RHO, BETA = 6e-5, 5e-9, 8000.0, 26.0  # m/s, m/s, 1/m, mM
INSIDE, OUTSIDE, CONSTANT = 7.4, 7.7, 1e3 * 5.5e-4 * 0.12 / 89  # pH, pH, mM
GAS = 0.5  # mM of CO₂ outside
END = 1800.0  # s


def equation() -> np.ndarray:
    """pH at the end of each minute, by their equation: β dpH = −(d[HCO₃⁻] that CO₂ made)."""
    outside, u = GAS * CONSTANT / (1e3 * 10**-OUTSIDE), F * V / (R * KELVIN)

    def slope(_: float, y: np.ndarray) -> list[float]:
        total, pH = y
        h = 1e3 * 10**-pH
        share = CONSTANT / (CONSTANT + h)  # of HCO₃⁻
        gas = RHO * P_CO2 * (GAS - total * (1 - share))
        drift = -u  # of an anion, driven out at V < 0
        barrier = drift / math.expm1(drift)
        ion = RHO * P_HCO3 * barrier * (outside - total * share * math.exp(drift))
        change = gas + ion
        # d(total·share) = ion − β dpH − dh, and dshare = ln 10·share·(1 − share)·dpH
        power = BETA + math.log(10) * (total * share * (1 - share) + h)
        return [change, (ion - share * change) / power]

    times = np.arange(0, END + 1, 60)
    found = solve_ivp(
        slope, (0, END), [1e-9, INSIDE], t_eval=times, rtol=1e-9, atol=1e-12, method="LSODA"
    )
    return found.y[1]


def axon(spread: int) -> bm.Model:
    """The same from reactions; ``spread``: sites between pH 7.4 ± 0.2·spread, of one power all."""
    at = [INSIDE + 0.2 * k for k in range(-spread, spread + 1)]
    sites = lib.intrinsic(Q([BETA] * len(at), "mM") if spread else Q(BETA, "mM"),
        pH=at if spread else INSIDE)  # fmt: skip
    cell = bm.Compartment(
        "axon", volume=Q(1, "pL"), impermeant=bm.balance(charge=-1),
        contents={K: "400 mM", CO2: "1e-9 mM", HCO3: "1e-8 mM", H: lib.at_pH(INSIDE),
            **sites.contents(pH=INSIDE)},
    )  # fmt: skip
    outside = lib.carbonate_contents(CO2=Q(GAS, "mM"), pH=OUTSIDE)
    level = 400 * math.exp(F * V / (R * KELVIN))  # K⁺ holds V at −57 mV
    bath = bm.Reservoir("bath", {K: Q(level, "mM"), Cl: Q(level, "mM"), **outside})
    on = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(RHO * 1e-3, "um^2"),  # of 1 pL
        capacitance="0 uF/cm^2",
    )  # fmt: skip
    gas = bm.laws.GHK(permeability=Q(P_CO2, "m/s"))
    parts = [
        lib.carbonate(cell), *sites.equilibria(cell),
        bm.Transporter("CO2", "CO2@out -> CO2@in", on, gas),
        lib.leak(HCO3, on, permeability=Q(P_HCO3, "m/s")),
        lib.leak(K, on, permeability=Q(1e-5, "m/s")),
    ]  # fmt: skip
    return bm.Model("axon", parts, temperature=Q(KELVIN, "kelvin"), potential={on: Q(V, "V")})


@pytest.mark.parametrize(("spread", "off"), [(0, 0.005), (4, 5e-5)])
def test_the_ph_of_an_axon_that_takes_up_carbon_dioxide(spread: int, off: float) -> None:
    """Near their equation with sites of one pK, a hundred times nearer with sites whose power is
    constant: a fast fall by CO₂, then a slow one as HCO₃⁻ leaves.
    """
    run = bm.simulate(axon(spread), times=Q(np.arange(0, END + 1, 60), "s"))
    pH, theirs = run.data.pH.sel(place="axon").values, equation()
    assert np.abs(pH - theirs).max() < off
    assert theirs[0] - theirs.min() > 0.1
    assert run.data.potential.values.ravel() == pytest.approx(np.full(len(pH), 1e3 * V), abs=0.1)
    assert (np.diff(pH[5:]) < 0).all()
    run.ledger.check()
