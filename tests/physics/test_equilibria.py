"""Equilibria against closed forms: titration curves, buffer powers, shares of a flux, the limit of
fast rates.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import RT
from equilibrated import BUFFER, buffered, vessel

import biomembrane as bm
from biomembrane import Q, laws, testing
from biomembrane import library as lib
from biomembrane.library import CO2, HCO3, Ca, Cl, H, Na

PRECISE = bm.solvers.Native(rtol=1e-9)
LN10 = math.log(10)
K = 1e3 * 10**-7.5  # mM


def level(run: Any, name: str) -> Any:
    return run.data.concentration.sel(pool=f"cell.{name}").values


def test_a_buffer_is_titrated_along_its_curve() -> None:
    """What the exchanger takes out comes from the buffer: Henderson–Hasselbalch, and the protons
    bound at each pH; the buffer's flux is its share of the exchanger's.
    """
    run = bm.simulate(buffered(exchange=2e6), until="60 s", solver=PRECISE)
    pH = run.data.pH.sel(place="cell").values
    h, base, acid, sodium = (level(run, n) for n in ("H", "B", "HB", "Na"))
    assert np.ptp(pH) > 0.15
    assert pH == pytest.approx(7.5 + np.log10(base / acid), abs=1e-9)
    assert acid == pytest.approx(10 * h / (K + h), rel=1e-8)
    taken = sodium - sodium[0]
    assert acid + h == pytest.approx(acid[0] + h[0] - taken, rel=1e-8)
    out, of_buffer = (run.data.flux.sel(process=p).values for p in ("NHE", "B_cell"))
    powers = [LN10 * h, LN10 * 10 * K * h / (K + h) ** 2]
    assert of_buffer == pytest.approx(out * powers[1] / sum(powers), rel=1e-7)
    assert (run.data.dissipation.sel(process="B_cell").values == 0).all()
    ledger = run.ledger.check()
    assert float(ledger.residual_relative[-1]) < 1e-9
    entries = ledger.flow.isel(time=-1)
    own = entries.where(entries.process == "B_cell", drop=True)
    assert float(own.sum()) == pytest.approx(0, abs=1e-7 * float(np.abs(own).sum()))
    assert float(np.abs(own).sum()) > 0


def test_fast_rates_lead_to_the_equilibrium() -> None:
    """Amounts and books, with an error of the first order in 1/rate; the heat of the start is that
    of the constraint.
    """
    start = {"cell.H": Q(2e-5, "mM")}  # off equilibrium
    times = Q([0, 1e-3, 10.0, 60.0], "s")
    instant = bm.simulate(buffered(exchange=2e6), times=times, solver=PRECISE, parameters=start)
    pools = ["cell.H", "cell.B", "cell.HB", "cell.Na"]
    off = []
    for rate in ("1 1/s", "10 1/s"):
        slow = bm.simulate(
            buffered(rate, exchange=2e6), times=times, solver=PRECISE, parameters=start
        )
        gap = slow.data.amount.sel(pool=pools) / instant.data.amount.sel(pool=pools) - 1
        off.append(float(np.abs(gap).isel(time=2).max()))
        slow.ledger.check()
    assert off[1] < 1e-3
    assert off[0] / off[1] == pytest.approx(10, rel=0.1)
    ledger, heat = instant.ledger.check(), slow.ledger.dissipation
    relaxed = float(ledger.relaxed[-1])
    assert relaxed > 0
    assert float(heat.sel(process="B_cell").isel(time=1)) == pytest.approx(relaxed, rel=1e-3)
    assert float(ledger.stored[-1]) == pytest.approx(float(slow.ledger.stored[-1]), rel=1e-3)


def test_a_step_of_a_constant_moves_the_buffer_at_once() -> None:
    """At fixed totals, in each lane; the heat of it is a line of the books."""
    steps = {
        "B_cell.pK": bm.Protocol.steps(7.5, (Q(5, "s"), 6.5)),
        "NHE.rate": xr.DataArray([0.0, 2e6], dims="lane", attrs={"units": "fmol/s"}),
    }
    run = bm.simulate(buffered(), times=Q([0, 5.0, 10.0], "s"), parameters=steps, solver=PRECISE)
    still = run.data.isel(lane=0)
    base, acid = (still.amount.sel(pool=f"cell.{n}").values for n in ("B", "HB"))
    assert base + acid == pytest.approx([10, 10, 10], rel=1e-9)
    assert still.pH.sel(place="cell").values == pytest.approx(
        np.array([7.5, 6.5, 6.5]) + np.log10(base / acid), abs=1e-8
    )
    assert np.ptp(acid) < 1e-3  # the protons have nowhere else to go
    ledger = run.ledger.check()
    lost = float(ledger.relaxed.isel(lane=0, time=-1))
    before, after = (level_of * 1.0 for level_of in (acid[0], acid[-1]))
    assert lost == pytest.approx(_heat(before, after), rel=1e-4)


def _heat(before: float, after: float) -> float:
    """Loss [pJ] of G of the buffer and its protons on going from one extent to the other."""

    def energy(acid: float) -> float:
        h = 1e3 * 10**-7.2 + (before - acid)
        parts = [(acid, -LN10 * 6.5), (10 - acid, 0.0), (h, 0.0)]
        return sum(n * (mu + math.log(n / 1e3) - 1) for n, mu in parts) * RT * 1e-3

    return energy(before) - energy(after)


def carbonated(*, opened: bool, anhydrase: Any = True) -> bm.Model:
    """CO₂ and HCO₃⁻ beside a buffer, closed or open to CO₂, titrated by an exchanger."""
    within = lib.carbonate_contents(CO2="1.2 mM", pH=7.2)
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), impermeant=bm.balance(charge=1),
        contents={Na: Q(10, "mM"), **within, **BUFFER.contents("10 mM", pH=7.2)},
    )  # fmt: skip
    salt = {Na: Q(140, "mM"), Cl: Q(120, "mM")}
    bath = bm.Reservoir("bath", {**salt, **lib.carbonate_contents(CO2="1.2 mM", pH=8.0)})
    on = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    exchange = laws.Elementary(rate=Q(5e6, "fmol/s"))
    parts = [
        lib.carbonate(cell, anhydrase=anhydrase), BUFFER.equilibrium(cell),
        bm.Transporter("NHE", "Na@out + H@in -> Na@in + H@out", on, exchange),
    ]  # fmt: skip
    if opened:
        parts.append(bm.Equilibrium("CO2@in <-> CO2@out", on, name="gas"))
    return bm.Model("carbonated", parts)


@pytest.mark.parametrize("opened", [False, True])
def test_the_powers_of_closed_and_open_carbon_dioxide(opened: bool) -> None:
    """Each base that is titrated is HCO₃⁻ or B: with their curves in a closed system, and in an
    open one HCO₃⁻ = K·CO₂/H at constant CO₂.
    """
    run = bm.simulate(carbonated(opened=opened), until="60 s", solver=PRECISE)
    h, base, carbon, gas, sodium = (level(run, n) for n in ("H", "B", "HCO3", "CO2", "Na"))
    constant = 1e3 * 5.5e-4 * 0.12 / 89
    assert np.ptp(run.data.pH.sel(place="cell").values) > 0.05
    total = 1.2 + 1.2 * constant / (1e3 * 10**-7.2)
    wanted = 1.2 * constant / h if opened else total * constant / (constant + h)
    assert carbon == pytest.approx(wanted, rel=1e-8)
    assert gas == pytest.approx(np.full_like(h, 1.2) if opened else total - wanted, rel=1e-8)
    lost = sodium - sodium[0]  # protons that went out
    assert (base + carbon - h) - (base + carbon - h)[0] == pytest.approx(lost, abs=1e-8)
    ledger = run.ledger.check()
    assert float(ledger.residual_relative[-1]) < 1e-8
    if opened:  # what the bath gave is what is there, as HCO₃⁻
        J = run.data.flux.sel(process="gas").values
        gone = np.trapezoid(J, run.data.time.values)
        assert gone == pytest.approx((carbon + gas)[0] - (carbon + gas)[-1], rel=1e-3)


def test_calcium_and_its_buffer() -> None:
    """The free concentration solves the quadratic equation of one site."""
    cell = vessel(lib.EGTA.free, lib.EGTA.bound, Ca, CaEgta=0.0, Egta=0.1, Ca=0.04)
    ended = bm.simulate(bm.Model("chelated", [lib.EGTA.equilibrium(cell)]), until="1 s")
    free, constant = level(ended, "Ca")[-1], 1e-3
    b = 0.1 - 0.04 + constant
    assert free == pytest.approx((-b + math.sqrt(b * b + 4 * constant * 0.04)) / 2, rel=1e-8)


def test_equilibria_hold_where_water_moves() -> None:
    """A buffer in a cell that swells: A = 0 and dx/dt = N·J at any state; and all else that a model
    must keep.
    """
    salt = {Na: Q(100, "mM"), Cl: Q(95, "mM")}
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), impermeant=bm.balance(charge=-1),
        contents={**salt, H: lib.at_pH(7), **BUFFER.contents("10 mM", pH=7)},
    )  # fmt: skip
    bath = bm.Reservoir("bath", {Na: Q(140, "mM"), Cl: Q(140, "mM"), H: lib.at_pH(7.4)})
    on = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    model = bm.Model(
        "swelling",
        [
            BUFFER.equilibrium(cell), lib.water(on, permeability="1e-3 cm/s"),
            lib.leak(Na, on, permeability="1e-6 cm/s"), lib.leak(H, on, permeability="1e-2 cm/s"),
        ],
    )  # fmt: skip
    assert testing.equilibria_hold(model, examples=15) > 0
    assert testing.flux_follows_affinity(model, examples=5) > 0
    assert testing.keeps_invariants(model, examples=10) > 0


def test_checks_of_a_model_know_equilibria() -> None:
    report = testing.check_model(buffered(), examples=5)
    assert "equilibria_hold" in report.checked
    assert "equilibria_hold" in testing.check_model(buffered("1 1/s"), examples=3).skipped
    assert {HCO3, CO2} == {s for s in carbonated(opened=True).species.values() if "CO" in s.name}
