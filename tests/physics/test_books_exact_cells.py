"""The books line by line against closed forms: onto a capacitor, a cell, and a step of a bath."""

from __future__ import annotations

from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import RT, F, cell, membrane, mM, patch
from mistakes import cycle
from physics.exact_books import J, S, T, check_lines, constant, nearly, pJ

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import K, glucose
from biomembrane.solve.ledger_totals import LedgerTotals

# --- a capacitor


def test_a_current_charges_a_capacitor() -> None:
    """V = V₀ − J F t/C: the stores get ½C(V² − V₀²), the bath pays RT ln(K_i/K_o), and the rest is
    J·A dt.
    """
    C, V0 = 1e3, -0.01  # fF, V
    run = bm.simulate(
        patch(lambda on: [constant("pump", "K@in -> K@out", on)], {K: 20}, {K: 5}, V=V0 * 1e3),
        times=Q(T / 20, "s"),
    )
    ledger, V = run.ledger, V0 - J * F * T / 20 / C
    stored, paid = C * (V**2 - V0**2) / 2 / 1e3, pJ(RT * np.log(4)) / 20
    assert run.data.potential.values[:, 0] == nearly(V * 1e3)
    check_lines(
        ledger, supplied=paid, stored=stored, dissipated=paid - stored,
        passed=np.max([paid, stored, abs(paid - stored)], axis=0)
    )  # fmt: skip
    moved = ledger.transfers.sel(transporter="pump", carrier="K")
    assert moved.sel(component="chemical").values == nearly(paid)
    assert moved.sel(component="electrical").values == nearly(-stored)
    assert ledger.exergy.sel(store="capacitor").values == nearly(stored)
    up = ledger.uphill
    assert up.energy.dims == ("process", "time")
    assert float(up.energy_share[0, -1]) == pytest.approx(
        float(up.energy[0, -1] / (paid - stored + 2 * up.energy.values)[0, -1])
    )
    assert float(up.time_share[0, -1]) == pytest.approx(float(up.duration[0, -1]) / (T[-1] / 20))
    assert (up.energy_share[0, 0], up.time_share[0, 0]) == (0, 0)
    shares = ledger.uphill_shares()
    assert shares == {
        "pump": (
            float(up.time_share[0, -1]),
            float(up.energy[0, -1]),
            float(up.energy_share[0, -1]),
        )
    }


# --- a cell


def leak(**more: Any) -> bm.Run:
    """From 9 mM into 1 mM at 0.1/s."""
    model = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})
    return bm.simulate(model, **{"times": Q(T, "s"), **more})


def exergy(c: Any, out: float) -> Any:
    return RT * (c * np.log(c / out) - c + out) / 1e3


def test_a_step_of_a_bath_imposes_the_jump_of_exergy() -> None:
    """At 5 s from 1 to 2 mM: −c ln 2 + 1 in RT; what passed counts it, whichever its sign."""
    at = np.array([0.0, 4.0, 5.0, 10.0])
    step = bm.Protocol.steps(Q(1, "mM"), (Q(5, "s"), Q(2, "mM")))
    ledger = leak(times=Q(at, "s"), parameters={"bath.S": step}).ledger
    middle = 1 + 8 * np.exp(-0.5)
    jump = exergy(middle, 2) - exergy(middle, 1)
    end = 2 + (middle - 2) * np.exp(-0.5)
    stored = np.array(
        [0, exergy(1 + 8 * np.exp(-0.4), 1), exergy(middle, 2), exergy(end, 2)]
    ) - np.array([0, *[exergy(9, 1)] * 3])
    imposed = np.array([0, 0, jump, jump])
    assert ledger.imposed.values == nearly(imposed)
    assert ledger.stored.values == nearly(stored)
    assert ledger.dissipated.values == nearly(imposed - stored)
    assert ledger.passed.values == nearly(
        np.max([abs(imposed), abs(imposed - stored), abs(stored)], axis=0)
    )
    assert ledger.residual.values == pytest.approx(0 * stored, abs=1e-8)


def test_rounding_counts_the_terms_of_the_exergy_too() -> None:
    """1e-14 of RT Σn and of what Ξ is made of at the start, the largest lane's; carrier states are
    amounts as solutes are.
    """
    assert leak().ledger.rounding == pytest.approx(
        1e-14 * (RT * 9 / 1e3 + exergy(9, 1)), rel=1e-9, abs=0
    )
    inside = xr.DataArray([9.0, 90.0, 1.0], dims="c", attrs={"units": "mM"})
    assert leak(parameters={"cell.S": inside}).ledger.rounding == pytest.approx(
        1e-14 * (RT * 90 / 1e3 + exergy(90, 1)), rel=1e-9, abs=0
    )


def ratio(**given: float) -> float:
    """The relative residual of numbers of one's own."""
    relative = LedgerTotals.__dict__["residual_relative"]
    assert isinstance(relative, cached_property)
    books: Any = SimpleNamespace(
        **{name: np.array([value]) for name, value in ({"swung": 0.0} | given).items()}
    )
    return float(relative.func(books)[0])


def test_a_residual_is_of_what_passed() -> None:
    """Zero where the residual is within rounding, bounds included; a residual where nothing passed
    is no number.
    """
    assert ratio(residual=-3.0, passed=4.0, rounding=1.0) == 0.75
    assert ratio(residual=-1.0, passed=1.0, rounding=1.0) == 0
    assert ratio(residual=-0.5, passed=2.0, rounding=1.0) == 0
    assert ratio(residual=-2.0, passed=0.5, rounding=1.0) == 4.0
    assert np.isnan(ratio(residual=2.0, passed=0.0, rounding=1.0))
    assert ratio(residual=3.0, passed=1.0, rounding=1.0, swung=6.0) == 0.5


@cache
def carried() -> bm.Run:
    """A uniporter of four states, which begin in one of them, beside a leak."""
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 1})),
        bm.Reservoir("bath", mM({glucose: 5})),
    )
    parts = [cycle(on=on), lib.leak(glucose, on, permeability=Q(1e-6, "cm/s"), name="hole")]
    return bm.simulate(bm.Model("carried", parts), times=Q(T, "s"), start={"GLUT.O": 1})


def test_a_transporter_of_many_processes_has_one_line() -> None:
    """Heat by transporter is the sum over its processes, and energies by role and ion are those of
    the stores.
    """
    ledger = carried().ledger
    owner = dict(zip(carried().data.process.values, carried().data.transporter.values, strict=True))
    by, each = ledger.by("transporter"), ledger.dissipation
    assert (by.dims, by.transporter.values.tolist()) == (("transporter", "time"), ["GLUT", "hole"])
    for name in ("GLUT", "hole"):
        assert by.sel(transporter=name).values == nearly(
            sum(each.sel(process=p).values for p in owner if owner[p] == name)
        )
    states = [str(s) for s in ledger.exergy.store.values if str(s).startswith("GLUT.")]
    assert len(states) == 4
    role, ion = ledger.by("role"), ledger.by("ion")
    assert role.sel(role="carrier").values == pytest.approx(
        -ledger.exergy.sel(store=states).sum("store").values, rel=1e-5
    )
    assert role.sel(role="cell").values == pytest.approx(
        -ledger.exergy.sel(store="cell.glucose").values, rel=1e-5
    )
    assert (ion.species.values.tolist(), ion.component.values.tolist()) == (
        ["glucose"],
        ["chemical", "electrical", "osmotic"],
    )
    assert ion.sel(species="glucose", component="chemical").values == nearly(
        -role.sel(role="cell").values
    )
    assert abs(ion.sel(component=["electrical", "osmotic"])).max() == 0
    assert ledger.least_dissipation.keys() == owner.keys()


def test_a_part_of_a_run_is_judged_by_what_it_reached() -> None:
    """A single run that stopped has books up to there; its lane in a scan is NaN there, and others
    are judged without it.
    """
    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(
            cell(lambda on: [constant("lift", "S@in -> S@out", on, 0.1)], {S: 1}, {S: 0.01}),
            times=Q(2 * T, "s"),
        )
    ledger = caught.value.run.ledger
    assert np.isfinite(ledger.dissipated.values).all()
    with pytest.raises(errors.UphillForFree, match="process lift"):
        ledger.check(1e-3)
    rates = xr.DataArray([0.1, 0.001], dims="r", attrs={"units": "fmol/s"})
    down = cell(lambda on: [constant("lift", "S@in -> S@out", on, 0.1)], {S: 1}, {S: 1e-9})
    scan = bm.simulate(down, times=Q(2 * T, "s"), parameters={"lift.J": rates})
    assert scan.data.status.values.tolist() == [4, 0]
    assert np.isnan(scan.ledger.dissipated.values[-1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.residual_relative.values[-1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.uphill.energy.values[0, -1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.efficiency("lift").values[-1]).tolist() == [True, False]
    assert np.isnan(scan.ledger.released.values[-1]).tolist() == [True, False]
