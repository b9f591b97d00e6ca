"""Steady states of places that streams change, and pores alone at clamped levels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.assemble.conserved import conserved
from biomembrane.constants import FARADAY, GAS
from biomembrane.library import Cl, K, Na, glucose

PROTEIN = bm.Species("protein")
HAEMOGLOBIN = bm.Species("Hb", osmotic_coefficient=(1, "0.0645 1/mM", "0.0258 1/mM^2"))
RT = GAS * 310.15
WALL = bm.Wall(modulus="0.2 MPa", relaxed="0.9 pL")


def pore(outside: bm.Compartment | bm.Reservoir, sigma: float = 0.3) -> bm.Pore:
    cell = bm.Compartment(
        "cell", volume="1 pL", contents={glucose: "80 mM"}, impermeant={PROTEIN: "30 mM"}, wall=WALL
    )
    m = bm.Membrane("m", inside=cell, outside=outside, area="500 um^2")
    P = {glucose: Q(1e-7, "m/s")}
    return bm.Pore("pore", m, water=Q(2e-13, "m/s/Pa"), reflection={glucose: sigma}, permeability=P)


def bath(**more: Any) -> bm.Reservoir:
    return bm.Reservoir("bath", {glucose: "100 mM"}, pressure=Q(3e4, "Pa"), **more)


def test_what_a_pore_carries_stays_in_two_closed_cells() -> None:
    """Glucose and water are sums; the state is that to which a run comes."""
    other = bm.Compartment("other", volume="2 pL", contents={glucose: "100 mM"}, wall=WALL)
    model = bm.Model("two", [pore(other)])
    sums = [{n: int(w) for n, w in each.items()} for each in conserved(model).sums]
    assert {"cell.glucose": 1, "other.glucose": 1} in sums
    assert {"cell.volume": 1, "other.volume": 1} in sums
    rest = bm.steady_state(model)
    run = bm.simulate(model, until="1 h")
    assert rest.end_state[1] == pytest.approx(run.end_state[1], rel=1e-7)
    c = rest.data.concentration.values
    assert c[0] == pytest.approx(c[1], rel=1e-9)
    rest.ledger.check()
    with pytest.raises(errors.BadSettings, match="carries what the state says"):
        bm.steady_state(model, minimum=True)


def consuming(**more: Any) -> bm.Model:
    """A chamber that is perfused, and loses potassium to a bath."""
    chamber = bm.Compartment(
        "chamber", volume="1 nL", contents={glucose: "1 mM", Na: "140 mM", Cl: "140 mM"}
    )
    fresh = bm.Reservoir("fresh", {glucose: "5 mM", Na: "150 mM", Cl: "150 mM"})
    blood = bm.Reservoir("blood", {glucose: "2 mM"})
    m = bm.Membrane("m", inside=chamber, outside=blood, area="1000 um^2")
    return bm.Model(
        "consuming",
        [
            bm.Flow("perfusion", fresh, chamber, rate="1 nL/min", overflow=True),
            lib.leak(glucose, m, permeability=Q(0.02, "cm/s")),
        ],
        **more,
    )


def test_a_perfused_chamber_at_rest() -> None:
    """Q (c_in − c) = P·A (c − c_blood), and its control by the flow and by the leak."""
    model = consuming()
    rest = bm.steady_state(model)
    flow, leak = 1e6 / 60, 200 * 1000  # µm³/s, which are fL/s
    expected = (flow * 5 + leak * 2) / (flow + leak)
    c = float(rest.data.concentration.sel(pool="chamber.glucose"))
    assert c == pytest.approx(expected, rel=1e-9)
    assert bool(rest.stable)
    rest.ledger.check()
    control = bm.control(rest).concentration_control.sel(pool="chamber.glucose")
    slope = flow * leak * (5 - 2) / (flow + leak) ** 2 / expected  # d ln c/d ln Q
    assert float(control.sel(cause="perfusion")) == pytest.approx(slope, rel=1e-6)
    assert float(control.sel(cause="glucose_leak")) == pytest.approx(-slope, rel=1e-6)


def test_a_pore_alone_is_that_of_kedem_and_katchalsky() -> None:
    """J_v = L_p (Δp − RT Δosm + (1 − σ) RT Δc), with the pressures of bath and wall; what it
    drags counts in the flux of glucose.
    """
    alone = bm.steady(
        pore(bath()),
        at={
            "glucose@in": Q(80, "mM"), "glucose@out": Q(100, "mM"),
            "cell.osmolarity": Q(110, "mM"), "bath.osmolarity": Q(100, "mM"),
        },
    )  # fmt: skip
    A, inside = 500e-12, 2e5 * 0.1 / 0.9
    push = 3e4 - inside - RT * (100 - 110) + 0.7 * RT * (100 - 80)
    J_v = 2e-13 * A * push  # m³/s
    mean = 20 / math.log(100 / 80)
    sugar = 1e-7 * A * 20 + 0.7 * mean * J_v  # mol/s
    got = float(alone.data.solute_flux.sel(solute="cell.glucose"))
    assert got == pytest.approx(sugar * 1e15, rel=1e-8)
    assert np.all(alone.data.dissipation.values >= 0)


def test_a_pore_that_drags_ions_has_a_streaming_current() -> None:
    cell = bm.Compartment("cell", volume="1 pL", contents={Na: "10 mM", Cl: "10 mM"})
    out = bm.Reservoir("out", {Na: "10 mM", Cl: "10 mM"})
    m = bm.Membrane("m", inside=cell, outside=out, area="500 um^2", capacitance="1 uF/cm^2")
    part = bm.Pore("p", m, water=Q(1e-12, "m/s/Pa"), reflection={Na: 0.0, Cl: 1.0})
    at: dict[str, Any] = {
        f"{s}@{side}": Q(10, "mM") for s in ("Na", "Cl") for side in ("in", "out")
    }
    at |= {"cell.osmolarity": Q(30, "mM"), "out.osmolarity": Q(20, "mM"), "V": Q(0, "mV")}
    alone = bm.steady(part, at=at)
    sodium = float(alone.data.solute_flux.sel(solute="cell.Na"))
    assert sodium > 0
    assert float(alone.data.current) == pytest.approx(-FARADAY * sodium * 1e-3, rel=1e-9)
    assert np.isfinite(float(alone.reversal()))


def test_rates_that_move_with_temperature_and_activities_in_a_transporter_alone() -> None:
    cell = bm.Compartment("cell", volume="1 pL", contents={HAEMOGLOBIN: "5 mM", K: "1 mM"})
    m = bm.Membrane("m", inside=cell, outside=bm.Reservoir("out", {HAEMOGLOBIN: "1 mM"}),
                    area="500 um^2")  # fmt: skip
    source = bm.Source("fitted", "Smith 2004", temperature="310.15 K")
    slow = bm.Parameter(Q(1, "nm/s"), source, q10=3)
    part = lib.leak(HAEMOGLOBIN, m, permeability=slow)
    levels = {"Hb@in": Q(5, "mM"), "Hb@out": Q(1, "mM")}
    alone = bm.steady(part, at=levels, scan={"temperature": Q([300.15, 310.15], "K")})
    first, second = alone.data.flux.sel(process=part.name).values
    assert second / first == pytest.approx(3, rel=1e-12)

    def activity(c: float) -> float:
        return c * math.exp(2 * 0.0645 * c + 1.5 * 0.0258 * c**2)

    outward = 1e-3 * 500 * (activity(5) - activity(1)) * 1e-3  # fmol/s
    assert second == pytest.approx(outward, rel=1e-9)


@pytest.mark.parametrize("kind", ["flow", "growth"])
def test_what_is_driven_has_no_turnover_of_its_own(kind: str) -> None:
    cell = bm.Compartment("cell", volume="1 pL", contents={glucose: "80 mM"})
    part = (
        bm.Flow("perfusion", bath(), cell, rate="1 pL/min")
        if kind == "flow"
        else bm.VolumeChange("growth", cell, rate="1 pL/h")
    )
    with pytest.raises(errors.BadSettings, match="driven from outside"):
        bm.steady(part, at={})
    with pytest.raises(errors.BadSettings, match="driven from outside"):
        part.with_temperature(q10=2, at="310 K")


def test_growth_has_no_rest() -> None:
    cell = bm.Compartment("cell", volume="1 pL", contents={glucose: "80 mM"})
    with pytest.raises(errors.NoSteadyState):
        bm.steady_state(bm.Model("growing", [bm.VolumeChange("growth", cell, rate="1 pL/h")]))
