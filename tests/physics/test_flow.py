"""Flows that are driven from outside: wash-out, mixing, pumping, growth, and their books."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.constants import GAS
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.testing.model_evaluator import ModelEvaluator

RT = GAS * 310.15
BATH = bm.Reservoir("bath", {glucose: "5 mM", Na: "150 mM", Cl: "150 mM"})


def chamber(**more: Any) -> bm.Compartment:
    contents = {glucose: Q(1, "mM"), Na: Q(140, "mM"), Cl: Q(140, "mM")}
    return bm.Compartment("chamber", volume="1 uL", contents=contents, **more)


def perfused(**more: Any) -> bm.Model:
    flow = bm.Flow("perfusion", BATH, chamber(), rate="1 uL/min", overflow=True)
    return bm.Model("perfused", [flow], **more)


PERFUSED = perfused()


def test_a_chamber_is_washed_out_exponentially() -> None:
    """c → c_bath with the time constant W/Q; the volume stays; the books close line by line."""
    run = bm.simulate(PERFUSED, until="3 min")
    run.ledger.check()
    c = run.data.concentration.sel(pool="chamber.glucose").values
    assert c[-1] == pytest.approx(5 - 4 * math.exp(-3), rel=1e-6)
    assert float(run.data.flux.sel(process="perfusion")[-1]) > 0
    # what the drain takes is an entry of its own, beside what comes from the bath
    places = set(PERFUSED.ledger_layout.labels["place"])
    assert places == {"bath", "chamber", "drain of chamber"}
    assert set(run.ledger.baths.species.values) == {"H2O", "glucose", "Na", "Cl"}


@given(st.floats(0.01, 300), st.floats(0.01, 300))
def test_mixing_dissipates(sugar: float, salt: float) -> None:
    """Q RT Σ [c ln(c/c′) − c + c′], never negative, and 0 only where all concentrations agree."""
    look = ModelEvaluator(PERFUSED)
    order = [x.name for x in PERFUSED.states]
    y = np.array([sugar if n.endswith("glucose") else salt for n in order]) * 1e6  # 1 µL in pL
    rate = look.p["perfusion.rate"]

    def mixed(c: float, into: float) -> float:
        return c * math.log(c / into) - c + into

    expected = rate * RT * (mixed(5, sugar) + 2 * mixed(150, salt))
    heat = look("dissipation", y)["perfusion"]
    assert heat == pytest.approx(expected, rel=1e-7, abs=1e-9 * rate * RT * 300)
    assert heat >= -1e-10 * rate * RT * 300
    assert look("rhs", y)["chamber.glucose"] == pytest.approx(rate * (5 - sugar), abs=1e-6 * rate)


def test_filling_and_draining() -> None:
    """dW/dt = Q_in − Q_out; a drain takes the solution as it is and dissipates nothing; its exergy
    is handed on.
    """
    room = chamber()
    fill = bm.Flow("fill", BATH, room, rate="0.5 uL/min")
    drain = bm.Flow("drain", room, rate="0.2 uL/min")
    run = bm.simulate(bm.Model("tank", [fill, drain]), until="2 min")
    run.ledger.check()
    assert float(run.data.volume[-1, 0]) == pytest.approx(1.6e6, rel=1e-9)
    heat = run.ledger.dissipation.isel(time=-1)
    assert abs(float(heat.sel(process="drain"))) < 1e-9 * float(heat.sel(process="fill"))
    # dc/dt = Q_in (c_bath − c)/W with W = 1 + 0.3 t
    c = run.final("concentration")["chamber.glucose"].to("mM").magnitude
    assert c == pytest.approx(5 - 4 * 1.6 ** (-0.5 / 0.3), rel=1e-6)


def test_pumping_against_a_pressure_is_a_supply() -> None:
    """The drive of a flow does Q (p′ − p), whatever the wall: ∫ p dV in all, and the wall holds it;
    nothing is dissipated where what comes is what is there.
    """
    salt = bm.Species("salt")
    room = bm.Compartment(
        "room", volume="1 uL", contents={salt: "100 mM"}, wall=bm.Wall(modulus="10 kPa")
    )
    source = bm.Reservoir("source", {salt: "100 mM"}, pressure="2 kPa")
    flow = bm.Flow("pump", source, room, rate="1 uL/min")
    run = bm.simulate(bm.Model("balloon", [flow]), until="1 min")
    run.ledger.check()
    at_end = run.ledger.baths.isel(time=-1)
    drive = float(at_end.sel(species="drive of pump"))
    assert drive == pytest.approx((0.5 * 10e3 - 2e3) * 1e-9 * 1e12, rel=1e-6)  # J in pJ
    assert float(run.ledger.exergy.sel(store="room.wall")[-1]) == pytest.approx(
        5e-6 * 1e12, rel=1e-6
    )
    assert abs(float(run.ledger.dissipated[-1])) < 1e-9 * abs(drive)


def test_growth_dilutes_and_its_work_is_a_supply() -> None:
    """W = W₀e^{rt}, c ∝ 1/W; the work is ∫ (P − P_bath) dW, and nothing is dissipated."""
    bath = bm.Reservoir("bath", {K: "100 mM", Cl: "100 mM"})
    cell = bm.Compartment("cell", volume="1 pL", contents={K: "150 mM", Cl: "150 mM"})
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2", capacitance="1 uF/cm^2")
    still = lib.leak(Cl, m, permeability="0 cm/s")
    growth = bm.VolumeChange("growth", cell, rate=Q(math.log(2), "1/hour"))
    run = bm.simulate(bm.Model("yeast", [growth, still]), until="1 hour")
    run.ledger.check()
    assert float(run.data.volume[-1, 0]) == pytest.approx(2, rel=1e-7)
    assert run.final("concentration")["cell.K"].to("mM").magnitude == pytest.approx(75, rel=1e-7)
    drive = float(run.ledger.baths.isel(time=-1).sel(species="drive of growth"))
    assert drive == pytest.approx(RT * (200 - 300 * math.log(2)) * 1e-3, rel=1e-6)
    assert float(run.ledger.dissipation.sel(process="growth")[-1]) == 0


def test_a_flow_between_cells_conserves_what_it_carries() -> None:
    """Amounts and volumes move from one compartment to the other, and each sum stays."""
    one = chamber()
    two = bm.Compartment("two", volume="2 uL", contents={glucose: "0 mM", Na: "10 mM", Cl: "10 mM"})
    model = bm.Model("pair", [bm.Flow("over", one, two, rate="0.1 uL/min")])
    sums = [sorted(w) for w in model.invariants]
    assert ["chamber.glucose", "two.glucose"] in sums
    run = bm.simulate(model, until="5 min")
    run.ledger.check()
    assert run.data.volume.isel(time=-1).values.sum() == pytest.approx(3e6, rel=1e-12)
    amounts = run.data.amount
    for s in ("glucose", "Na"):
        total = amounts.sel(pool=f"chamber.{s}") + amounts.sel(pool=f"two.{s}")
        assert total.values == pytest.approx(np.full(total.size, total.values[0]), rel=1e-9)


def test_a_rate_may_follow_a_protocol() -> None:
    """The wash-out stops where the pump does."""
    stops = bm.Protocol.steps(Q(1, "uL/min"), (Q(1, "min"), Q(0, "uL/min")))
    run = bm.simulate(PERFUSED, until="3 min", parameters={"perfusion.rate": stops})
    c = run.final("concentration")["chamber.glucose"].to("mM").magnitude
    assert c == pytest.approx(5 - 4 * math.exp(-1), rel=1e-6)


def test_what_is_said_of_a_flow() -> None:
    """It is driven, which audits pass and proofs name; objects travel and compare by content."""
    assert bm.audit(PERFUSED).verdict == "driven"
    bm.audit(PERFUSED).check()
    proof = bm.prove(PERFUSED)
    assert proof["perfusion"].verdict == "driven"
    assert not proof.holds  # nothing is proved of what is given
    assert "driven" in proof._repr_latex_()
    flow = PERFUSED.transporters[0]
    assert "bath" in repr(flow)
    assert "perfusion" in flow._repr_html_()
    assert flow._repr_latex_().startswith("$")
    assert pickle.loads(pickle.dumps(PERFUSED)) == PERFUSED == perfused()
    other = bm.Flow("perfusion", BATH, chamber(), rate="2 uL/min", overflow=True)
    assert other != flow
    bm.testing.check_model(PERFUSED, examples=5)


def test_a_run_of_a_flow_is_saved_whole(tmp_path: Any) -> None:
    run = bm.simulate(PERFUSED, until="1 min")
    bm.save(run, tmp_path / "run.nc")
    back = bm.open_run(tmp_path / "run.nc")
    assert str(back.ledger) == str(run.ledger)


WITH_X = bm.Compartment(
    "x", volume="1 uL", contents={glucose: "1 mM"}, impermeant={bm.Species("P"): "1 mM"}
)
SUGAR = bm.Reservoir("sugar", {glucose: "5 mM"})
BAD: dict[str, tuple[Any, type[errors.BiomembraneError]]] = {
    "a name": (lambda: bm.Flow("f", "bath", chamber(), rate="1 uL/min"), errors.WrongType),  # type: ignore[arg-type]
    "two baths": (lambda: bm.Flow("f", BATH, SUGAR, rate="1 uL/min"), errors.BadPlace),
    "a bath alone": (lambda: bm.Flow("f", BATH, rate="1 uL/min"), errors.BadPlace),
    "one place": (lambda: bm.Flow("f", WITH_X, WITH_X, rate="1 uL/min"), errors.BadPlace),
    "impermeants leave": (lambda: bm.Flow("f", WITH_X, rate="1 uL/min"), errors.BadPlace),
    "they overflow": (
        lambda: bm.Flow("f", SUGAR, WITH_X, rate="1 uL/min", overflow=True), errors.BadPlace,
    ),
    "no overflow": (
        lambda: bm.Flow("f", chamber(), BATH, rate="1 uL/min", overflow=True), errors.BadPlace,
    ),
    "flag": (lambda: bm.Flow("f", BATH, chamber(), rate="1 uL/min", overflow=1), errors.WrongType),  # type: ignore[arg-type]
    "not held": (lambda: bm.Flow("f", BATH, WITH_X, rate="1 uL/min"), errors.MissingSpecies),
    "charged": (
        lambda: bm.Flow(
            "f", bm.Reservoir("b", {Na: "10 mM"}),
            bm.Compartment("c", volume="1 pL", contents={Na: "1 mM"}), rate="1 uL/min",
        ),
        errors.ChargeImbalance,
    ),
    "negative": (
        lambda: bm.Flow("f", BATH, chamber(), rate=Q(-1, "uL/min")), errors.OutOfDomain,
    ),
    "bare": (lambda: bm.Flow("f", BATH, chamber(), rate=1), errors.BareNumber),  # type: ignore[arg-type]
    "no volume": (lambda: bm.Flow("f", BATH, chamber(), rate="1 cm/s"), errors.UnitMismatch),
    "growth of a bath": (lambda: bm.VolumeChange("g", BATH, rate="1/hour"), errors.WrongType),  # type: ignore[arg-type]
    "growth in mM": (lambda: bm.VolumeChange("g", chamber(), rate="1 mM"), errors.UnitMismatch),
    "name": (lambda: bm.VolumeChange("g g", chamber(), rate="1/hour"), errors.BadName),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_mistakes_are_told_where_they_are(what: str) -> None:
    make, kind = BAD[what]
    with pytest.raises(kind) as told:
        make()
    assert told.value.where
    assert told.value.advice
