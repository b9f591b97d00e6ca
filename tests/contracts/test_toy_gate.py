"""A gate, one ODE without a conjugate, opens a channel: states with an equation of their own."""

from __future__ import annotations

import pickle
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr

import biomembrane as bm
from biomembrane import dimension as d
from biomembrane import errors, laws
from biomembrane import library as lib
from biomembrane.constants import BODY_TEMPERATURE, FARADAY, GAS
from biomembrane.declare.auxiliary_state import AuxiliaryState
from biomembrane.declare.places import Membrane
from biomembrane.second_law.claim import claims
from biomembrane.second_law.conjugate_flows import Flows
from biomembrane.second_law.evaluation import claim_box
from biomembrane.show import drawn_variables
from biomembrane.solve.model_index import model_index
from biomembrane.solve.problem import Problem
from biomembrane.testing import check_model
from biomembrane.units import Q

K = lib.K
OPENING, CLOSING, START = 3.0, 1.0, 0.1


def opened(s: Any, x: sp.Symbol) -> sp.Expr:
    """Opening and closing at constant rates."""
    a = s.parameter("opening", Q(OPENING, "1/s"), d.RATE)
    b = s.parameter("closing", Q(CLOSING, "1/s"), d.RATE)
    return a * (1 - x) - b * x


def per_second(s: Any, k: float = 1.0) -> sp.Symbol:
    return s.parameter("k", Q(k, "1/s"), d.RATE)


def exact(t: Any, start: float = START, a: float = OPENING, b: float = CLOSING) -> Any:
    """x(t) of :func:`opened`."""
    rest = a / (a + b)
    return rest + (start - rest) * np.exp(-(a + b) * t)


def cell(k: int = 0, bath: bm.Reservoir | None = None) -> Membrane:
    size, held = Q(1, "pL"), {K: Q(120, "mM")}
    anion = bm.balance(charge=-1)
    inside = bm.Compartment(f"cell{k}", volume=size, contents=held, impermeant=anion)
    outside = bath or bm.Reservoir("bath", {K: Q(5, "mM")})
    area, C = Q(500, "um^2"), Q(1, "uF/cm^2")
    return bm.Membrane(f"wall{k}", inside=inside, outside=outside, area=area, capacitance=C)


def channel(wall: Membrane, gate: Any, power: int = 1, name: str = "K_v") -> bm.Transporter:
    law, by = laws.Ohmic(conductance=Q(2, "mS/cm^2")), lambda s: s[gate] ** power
    return bm.Transporter(name, "K@in -> K@out", on=wall, law=law, modulator=by)


def gated(rate: Any = opened, power: int = 4, **more: Any) -> bm.Model:
    wall = cell()
    gate = AuxiliaryState("n", wall, rate, Q(START, "1"), **({"domain": "fraction"} | more))
    parts: list[Any] = [channel(wall, gate, power), lib.leak(K, wall)]
    return bm.Model("gated", parts, potential={wall: Q(-20, "mV")})


def course(run: bm.Run, name: str = "n", lane: int = 0) -> np.ndarray:
    return run.trajectory.block.y[[x.name for x in run.model.states].index(name), :, lane]


def test_the_gate_follows_its_own_equation_and_the_books_of_the_rest_close() -> None:
    run = bm.simulate(gated(), until="5 s")
    assert np.allclose(course(run), exact(run.trajectory.times), rtol=0, atol=1e-8)
    run.ledger.check()
    assert float(run.data.dissipation.sel(process="K_v").max()) > 0


def test_a_channel_between_two_baths_passes_the_integral_of_its_gate() -> None:
    """J = g·A/F²·x(t) at a constant A; the heat is g·A²/F²·∫x dt; the gate is the only state."""
    sides = [bm.Reservoir(name, {K: Q(c, "mM")}) for name, c in (("left", 100), ("right", 10))]
    wall = bm.Membrane("wall", inside=sides[0], outside=sides[1], area=Q(100, "um^2"))
    model = bm.Model("baths", [channel(wall, AuxiliaryState("n", wall, opened, Q(START, "1")))])
    assert [x.name for x in model.states] == ["n"]
    assert model.pools == ()
    run = bm.simulate(model, until="2 s")
    g, A = 2e-3 / 1e-4 * 100e-12, GAS * BODY_TEMPERATURE * np.log(10)  # S, J/mol
    flux = g * A / FARADAY**2 * exact(run.trajectory.times) * 1e15  # fmol/s
    assert np.allclose(run.data.flux.sel(process="K_v"), flux, rtol=1e-7)
    rate, rest = OPENING + CLOSING, OPENING / (OPENING + CLOSING)
    area = rest * 2 + (START - rest) * (1 - np.exp(-rate * 2)) / rate
    heat = g * A**2 / FARADAY**2 * area * 1e12  # pJ
    assert float(run.ledger.dissipated[-1]) == pytest.approx(heat, rel=1e-7)
    run.ledger.check()


def test_it_is_outside_the_books_and_the_reports_say_so(tmp_path: Path) -> None:
    model = gated()
    gate = model.states[-1]
    assert (gate.name, gate.conjugate, gate.quantum, gate.is_amount) == ("n", None, None, False)
    assert model.unaccounted == ("n",)
    assert "n" not in model.stores
    assert "n" not in model.exergy
    assert not any("n" in column for column in model.N.values())
    assert not any("n" in weights for weights in model.invariants)
    run = bm.simulate(model, until="1 s")
    said = "outside this ledger, without a share in the free energy: n\n"
    bm.save(run, tmp_path / "run.nc")
    for ledger in (run.ledger, bm.open_run(tmp_path / "run.nc").ledger):
        assert said in f"{ledger}\n"
    assert "outside the energy ledger" in model._repr_html_()
    assert r"\dot{x_{\mathrm{n}}} =" in model._repr_latex_()
    plain = bm.simulate(bm.Model("plain", [lib.leak(K, cell())]), until="1 s")
    assert "outside" not in str(plain.ledger)


def test_a_gate_that_senses_the_voltage_agrees_with_another_solver() -> None:
    def rate(s: Any, x: sp.Symbol) -> sp.Expr:
        k = per_second(s, 50)
        return k * sp.exp(s.u) * (1 - x) - k * sp.exp(-s.u) * x

    model = gated(rate)
    ours = bm.simulate(model, until="1 s")
    theirs = bm.simulate(model, until="1 s", solver=bm.solvers.SciPy("Radau", rtol=1e-10))
    assert np.ptp(course(ours)) > 0.01
    for one, two in ((course(ours), course(theirs)), (ours.data.potential, theirs.data.potential)):
        assert np.allclose(one, two, rtol=1e-6, atol=1e-7)
    ours.ledger.check()
    theirs.ledger.check()


@pytest.mark.parametrize("both", [True, False])
def test_a_law_reads_two_gates_and_a_gate_another(both: bool) -> None:
    """ẋ₂ = k (x₁ − x₂): the second lags behind the first, whose name ends alike."""
    wall = cell()
    first = AuxiliaryState("one_n", wall, opened, Q(START, "1"), domain="fraction")
    second = AuxiliaryState("two_n", wall, lambda s, x: per_second(s) * (s[first] - x), Q(0.0, "1"))
    law = laws.GHK(permeability=Q(1e-6, "cm/s"))
    by = (lambda s: s[second] * (1 - s[first])) if both else lambda s: s[second]
    part = bm.Transporter("K_v", "K@in -> K@out", on=wall, law=law, modulator=by)
    run = bm.simulate(bm.Model("two", [part], potential={wall: Q(-20, "mV")}), until="3 s")
    t, rest, rate = run.trajectory.times, OPENING / (OPENING + CLOSING), OPENING + CLOSING
    lag = (START - rest) / (1 - rate)
    behind = rest + lag * np.exp(-rate * t) - (rest + lag) * np.exp(-t)
    assert np.allclose(course(run, "two_n"), behind, rtol=0, atol=1e-8)
    assert np.allclose(course(run, "one_n"), exact(t), rtol=0, atol=1e-8)
    run.ledger.check()


def test_scans_protocols_and_runs_that_go_on() -> None:
    model = gated()
    starts, rates = np.array([0.0, 0.5, 1.0]), np.array([1.0, 7.0])
    given = {
        "n.start": xr.DataArray(starts, dims="start", attrs={"units": "1"}),
        "n.opening": xr.DataArray(rates, dims="rate", attrs={"units": "1/s"}),
    }  # fmt: skip
    scan = bm.simulate(model, until="1 s", parameters=given)
    lanes = [(s, a) for s in starts for a in rates]
    for k, (s, a) in enumerate(lanes):
        due = exact(scan.trajectory.times, s, a)
        assert np.allclose(course(scan, lane=k), due, rtol=0, atol=1e-8)
    steps = bm.Protocol.steps(Q(1, "1/s"), (Q(0.5, "s"), Q(9, "1/s")))
    run = bm.simulate(model, until="1 s", parameters={"n.opening": steps})
    t = run.trajectory.times
    after = exact(t - 0.5, exact(0.5, START, 1.0), 9.0)
    due = np.where(t <= 0.5, exact(t, START, 1.0), after)
    assert np.allclose(course(run), due, rtol=0, atol=1e-8)
    run.ledger.check()
    on = bm.simulate(model, until="1 s", start=run)
    due = exact(on.trajectory.times, course(run)[-1], 9.0)
    assert np.allclose(course(on), due, rtol=0, atol=1e-8)
    late = bm.Protocol.steps(Q(0, "1"), (Q(0.5, "s"), Q(1, "1")))
    with pytest.raises(errors.BadSettings, match="at the start"):
        bm.simulate(model, until="1 s", parameters={"n.start": late})


def test_a_tissue_has_a_gate_in_each_cell() -> None:
    """Beyond 60 states, where code is rolled over cells: every gate keeps its own rates."""
    bath = bm.Reservoir("bath", {K: Q(5, "mM")})
    parts: list[Any] = []
    speeds = np.linspace(1, 4, 24)
    for k, speed in enumerate(speeds):
        wall = cell(k, bath)

        def rate(s: Any, x: sp.Symbol, speed: float = float(speed)) -> sp.Expr:
            return s.parameter("opening", Q(speed, "1/s"), d.RATE) * (1 - x)

        gate = AuxiliaryState(f"n{k}", wall, rate, Q(0.0, "1"))
        parts += [channel(wall, gate, 2, f"K_v{k}"), lib.leak(K, wall, name=f"K_leak{k}")]
    model = bm.Model("tissue", parts)
    assert len(model.states) == 72
    run = bm.simulate(model, until="1 s")
    for k, speed in enumerate(speeds):
        due = 1 - np.exp(-speed * run.trajectory.times)
        assert np.allclose(course(run, f"n{k}"), due, rtol=0, atol=1e-8)
    run.ledger.check()


def test_the_law_is_proved_and_audited_with_its_gate() -> None:
    model = gated()
    assert {f.verdict for f in bm.audit(model)} == {"proven"}
    assert "equation of their own" in str(bm.prove(model.transporters[0]))
    wall = cell()
    gate, law = AuxiliaryState("n", wall, opened, Q(START, "1")), laws.Ohmic(conductance=Q(2, "nS"))
    with pytest.raises(errors.NegativeRate, match="modulator"):
        bm.Transporter("K_v", "K@in -> K@out", on=wall, law=law, modulator=lambda s: s[gate] - 1)


def test_what_is_audited_and_coupled_lies_in_the_domain_of_the_gate() -> None:
    """The audit draws an opening from 0 to 1; a coupling is that at the start."""
    wall = cell()
    for domain, high in (("fraction", 1.0), ("nonnegative", 10.0)):
        gate = AuxiliaryState("n", wall, opened, Q(START, "1"), domain=domain)
        part = channel(wall, gate)
        (found,) = [v for v in claim_box(claims(part)[0], {}).variables if v.name == "x[n]"]
        assert (found.low, found.high, found.log) == (0.0, high, False)
        assert Flows([part]).box.values["x[n]"] == START


def test_a_gate_that_reads_a_voltage_that_is_none_is_refused() -> None:
    sugar = lib.glucose
    rooms = [
        bm.Compartment(n, volume=Q(1, "pL"), contents={sugar: Q(1, "mM")}) for n in ("one", "two")
    ]  # fmt: skip
    wall = bm.Membrane("wall", inside=rooms[0], outside=rooms[1], area=Q(1, "um^2"))
    law = laws.GHK(permeability=Q(1e-6, "cm/s"))

    def model(rate: Any) -> bm.Model:
        gate = AuxiliaryState("n", wall, rate, Q(START, "1"))
        moved = "glucose@in -> glucose@out"
        part = bm.Transporter("p", moved, on=wall, law=law, modulator=lambda s: s[gate])
        return bm.Model("m", [part])

    bm.simulate(model(opened), until="1 s").ledger.check()
    with pytest.raises(errors.NoVoltage, match="n, which reads V of wall"):
        model(lambda s, x: per_second(s) * sp.exp(s.u) * (1 - x))


def test_models_are_compared_and_sent_with_their_gates() -> None:
    model = gated()
    there = pickle.loads(pickle.dumps(model))
    assert there == model
    assert there.hash == model.hash
    assert gated() == model
    slower = gated(lambda s, x: opened(s, x) / 2)
    assert slower != model
    assert slower.hash != model.hash
    assert all(a.symbol != b.symbol for a, b in pairwise(model.states))


@pytest.mark.parametrize(
    ("rate", "more", "error", "words"),
    [
        (lambda s, x: per_second(s) * (x - 2), {}, errors.NegativeRate, "keeps n in its domain"),
        (lambda s, x: per_second(s) * (2 - x), {}, errors.NegativeRate, "rate at 1"),
        (lambda s, _: -per_second(s), {"domain": "nonnegative"}, errors.NegativeRate, "rate at 0"),
        (lambda _, x: 1 - x, {}, errors.DimensionError, "1/s"),
        (lambda _: 1, {}, errors.WrongType, "a function of 2 arguments"),
        (opened, {"domain": "share"}, errors.BadSettings, "fraction"),
    ],
)
def test_what_is_wrong_with_a_gate_is_told(
    rate: Any, more: dict[str, Any], error: type[Exception], words: str
) -> None:  # fmt: skip
    with pytest.raises(error, match=words):
        gated(rate, **more)


def test_a_state_without_bounds_may_be_negative() -> None:
    model = gated(lambda s, x: -per_second(s) * (x + 1), power=2, domain="real")
    run = bm.simulate(model, until="3 s")
    due = -1 + (1 + START) * np.exp(-run.trajectory.times)
    assert np.allclose(course(run), due, rtol=0, atol=1e-8)
    run.ledger.check()


def test_two_gates_of_one_name_and_a_gate_elsewhere_are_refused() -> None:
    wall, far = cell(0), cell(1)
    one = AuxiliaryState("n", wall, opened, Q(START, "1"))
    two = AuxiliaryState("n", wall, lambda s, x: opened(s, x) / 2, Q(START, "1"))
    with pytest.raises(errors.DuplicateName, match="two named 'n'"):
        bm.Model("both", [channel(wall, one), channel(wall, two, name="K_w")])
    with pytest.raises(errors.BadPlace, match="wall1"):
        bm.Model("far", [channel(wall, AuxiliaryState("n", far, opened, Q(START, "1")))])


def test_a_state_of_a_compartment_follows_what_is_dissolved_there() -> None:
    """ẋ = k (c/1 mM − x), with c held: an amount that saturates behind a concentration."""
    sugar = lib.glucose
    bath = bm.Reservoir("bath", {sugar: Q(5, "mM")})
    tank = bm.Compartment("tank", volume=Q(1, "pL"), held={sugar: Q(3, "mM")})
    wall = bm.Membrane("wall", inside=tank, outside=bath, area=Q(1, "um^2"))

    def rate(s: Any, x: sp.Symbol) -> sp.Expr:
        unit = s.parameter("unit", Q(1, "mM"), d.CONCENTRATION)
        return per_second(s) * (s["glucose@tank"] / unit - x)

    state = AuxiliaryState("x", tank, rate, 0.0, domain="nonnegative")
    law, by = laws.GHK(permeability=Q(1e-6, "cm/s")), lambda s: s[state]
    part = bm.Transporter("leak", "glucose@in -> glucose@out", on=wall, law=law, modulator=by)
    run = bm.simulate(bm.Model("tank", [part]), until="4 s")
    assert np.allclose(course(run, "x"), 3 * (1 - np.exp(-run.trajectory.times)), rtol=0, atol=1e-7)
    run.ledger.check()


def test_no_name_is_given_twice() -> None:
    def rate(s: Any, x: sp.Symbol) -> sp.Expr:
        return s.parameter("start", Q(0.7, "1"), d.ONE) * per_second(s) * (1 - x)

    with pytest.raises(errors.DuplicateName, match=r"n\.start"):
        gated(rate)


def test_a_gate_that_shuts_comes_to_zero_and_one_that_runs_away_is_named() -> None:
    shut = bm.simulate(gated(lambda s, x: -per_second(s) * x), until="1 h")
    assert np.abs(course(shut)[-1]) < 1e-9
    shut.ledger.check()
    wall = cell()
    gate = AuxiliaryState("n", wall, lambda s, x: per_second(s) * x**2, 1.0, domain="real")
    away = bm.Model("away", [channel(wall, gate, 2)])  # x = 1/(1 − t)
    with pytest.raises(errors.SimulationStopped, match="state n") as stop:
        bm.simulate(away, until="2 s")
    assert stop.value.run.status.time == pytest.approx(1, rel=1e-3)


def test_every_property_of_a_lawful_model_holds_at_every_opening() -> None:
    report = check_model(gated(), examples=20)
    due = {"flux_follows_affinity", "detailed_balance", "keeps_invariants", "books_close"}
    assert due <= set(report.checked)


def test_rounding_of_the_books_knows_nothing_of_a_state_outside_them() -> None:
    """A state of a million would else be a million femtomoles."""
    plain = gated(lambda s, x: per_second(s) * (0 * x), power=0, domain="real")
    wall = cell()
    large = AuxiliaryState(
        "n", wall, lambda s, x: per_second(s) * (0 * x), 1e6, domain="nonnegative"
    )
    parts: list[Any] = [channel(wall, large, 0), lib.leak(K, wall)]
    model = bm.Model("large", parts, potential={wall: Q(-20, "mV")})
    one, two = (bm.simulate(m, until="1 s").ledger._books.rounding for m in (plain, model))
    assert two == pytest.approx(one, rel=1e-12)
    y0, scale = np.array([[100.0], [1e6]]), np.ones((2, 1))
    k: Any = None
    given = {"times": np.zeros(2), "segment_ends": np.zeros((1, 1)), "constants": []}
    given["volumes"] = np.zeros(2, bool)
    assert model_index(model).accounted.tolist() == [True, True, False]
    both, first = np.array([True, True]), np.array([True, False])
    for positive, told, due in (
        (both, None, 100 + 1e6),
        (both, first, 100),
        (first, None, 100 + 1 / FARADAY),
        (first, first, 100),
    ):  # fmt: skip
        problem = Problem(k, y0=y0, scale=scale, positive=positive, accounted=told, **given)
        assert problem.rounding == pytest.approx(1e-14 * GAS * BODY_TEMPERATURE * due, rel=1e-12)


def test_results_show_it_in_one_schema(tmp_path: Path) -> None:
    model = gated()
    starts = xr.DataArray([0.0, 1.0], dims="k", attrs={"units": "1"})
    run, scan = (bm.simulate(model, until="1 s", parameters=p) for p in ({}, {"n.start": starts}))
    bm.save(run, tmp_path / "run.nc")
    file = bm.open_run(tmp_path / "run.nc").data
    kept = bm.simulate(model, until="1 s", parameters={"n.start": starts}, keep=["auxiliary"]).data
    for data, other, dims in ((run.data, file, ()), (scan.data, kept, ("k",))):
        assert data.auxiliary.dims == ("time", "auxiliary_state", *dims)
        assert (data.auxiliary.units, list(data.auxiliary_state.values)) == ("1", ["n"])
        assert other.auxiliary.identical(data.auxiliary)
    t = run.data.time.values
    assert np.allclose(run.data.auxiliary.sel(auxiliary_state="n"), exact(t), rtol=0, atol=1e-8)
    for k, start in enumerate((0.0, 1.0)):
        lane = scan.data.auxiliary.isel(k=k, auxiliary_state=0)
        assert np.allclose(lane, exact(t, start), rtol=0, atol=1e-8)
    assert float(run.final("auxiliary")["n"].magnitude) == pytest.approx(exact(1.0), abs=1e-8)
    (line,) = drawn_variables.series(run, "n", "traces")
    assert np.array_equal(line.values.values, run.data.auxiliary.values[:, 0])
    plain = bm.simulate(bm.Model("plain", [lib.leak(K, cell())]), until="1 s").data
    assert "auxiliary" not in plain
