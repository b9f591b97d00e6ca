"""A toy event on the contract of parts that end at run time: nothing beyond
``compile.program.Event`` is needed for it.

A solute leaks out of a cell, so that its concentration falls as c₁ + (c₀ − c₁) exp(−kt) with k =
PA/V, and an event fires where it falls through a threshold, at t = ln((c₀ − c₁)/(c* − c₁))/k.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from leaky import (
    FASTER,
    FULL,
    LOW,
    OUT,
    REFILL,
    C,
    K,
    T,
    Z,
    amount,
    concentration,
    event,
    fall,
    leaky,
    run,
    solvers,
)

import biomembrane as bm
from biomembrane import Q, errors, symbols
from biomembrane import library as lib
from biomembrane.compile.machine_code import module
from biomembrane.compile.program import LARGE, Event, program
from biomembrane.compile.rosenbrock import driver, lane_refill, tableau
from biomembrane.results.keep import Keep
from biomembrane.results.run import Run
from biomembrane.results.scan_collector import collect
from biomembrane.solve import lane_batches, open_books
from biomembrane.solve.engine_protocols import Solver
from biomembrane.solve.event_effects import first_root
from biomembrane.solve.status import Outcome
from biomembrane.solve.task import make_task


@solvers
def test_a_state_is_set_at_the_root(solver: Solver) -> None:
    """Filled up at each passage of the threshold: the period is that of the closed form, the state
    at the root to the last bits.
    """
    times = np.linspace(0, 30, 17)
    made = run(REFILL, times=times, solver=solver)
    met = made.solution.met
    assert len(met) == int(30 / fall())
    np.testing.assert_allclose(
        [m.time for m in met], fall() * np.arange(1, len(met) + 1), rtol=1e-9
    )
    np.testing.assert_allclose([m.before[0] / m.after[0] for m in met], LOW / FULL, rtol=1e-14)
    np.testing.assert_allclose(
        concentration(made), OUT + (FULL - OUT) * np.exp(-K * (times % fall())), rtol=1e-8
    )
    assert {m.event for m in met} == {"low"}
    least = (
        K * (LOW - OUT) * bm.constants.GAS * 310.15 * math.log(LOW / OUT)
    )  # just before an event, not in the last part
    assert made.trajectory.block.min_dissipation.item() == pytest.approx(least, rel=1e-6)


@solvers
def test_the_books_close_over_what_an_event_put_in(solver: Solver) -> None:
    """ΔΞ of each filling is a line of the ledger, RT V Σ (Δ c ln c − Δc), and heat is what the
    falls between give.
    """
    made = run(REFILL, solver=solver)
    made.ledger.check()
    count, rt = len(made.solution.met), bm.constants.GAS * 310.15

    def xi(c: float) -> float:
        return c * math.log(c) - c

    assert float(made.ledger.dosed[-1]) == pytest.approx(
        count * rt * (xi(FULL) - xi(LOW)) * 1e-3, rel=1e-6
    )


@solvers
def test_a_parameter_changes_at_the_root(solver: Solver) -> None:
    """Twice as leaky from the threshold on, once: it stays below."""
    times = [0.0, 2.0, fall(), 10.0]
    made = run(FASTER, times=times, solver=solver)
    assert [m.time for m in made.solution.met] == pytest.approx([fall()], rel=1e-9)
    assert concentration(made)[-1] == pytest.approx(
        OUT + (LOW - OUT) * math.exp(-2 * K * (10 - fall())), rel=1e-8
    )
    conductance = made.data.flux.squeeze().values / (concentration(made) - OUT)
    np.testing.assert_allclose(
        conductance[1:] / conductance[0],
        [1, 1, 2] if times[2] < made.solution.met[0].time else [1, 2, 2],
        rtol=1e-12,
    )
    made.ledger.check()


@solvers
def test_lanes_meet_their_events_each_at_its_own_time(solver: Solver) -> None:
    """A scan of the permeability, some lanes of which meet none; each lane is what it is alone."""
    P = xr.DataArray([2e-5, 1e-4, 3e-4, 5e-4], dims="P", attrs={"units": "cm/s"})
    made = run(REFILL, times=(0.0, 3.0, 8.0), parameters={"Z_leak.permeability": P}, solver=solver)
    rates = P.values * 2500
    for lane, rate in enumerate(rates):
        met = made.trajectory.block.solution(lane).met
        assert [m.time for m in met] == pytest.approx(
            list(fall(rate=rate) * np.arange(1, len(met) + 1)), rel=1e-9
        )
        assert len(met) == int(8 / fall(rate=rate))
    want = OUT + (FULL - OUT) * np.exp(-rates * (8 % np.array([fall(rate=rate) for rate in rates])))
    np.testing.assert_allclose(made.data.concentration.isel(time=-1).squeeze(), want, rtol=1e-8)
    made.ledger.check()
    one = made.isel(P=2)
    one.ledger.check()
    assert len(one.solution.met) == len(made.trajectory.block.met[2])  # type: ignore[index]
    np.testing.assert_array_equal(one.data.concentration, made.data.concentration.isel(P=2))


def test_many_lanes_with_many_events() -> None:
    """Bath, permeability and volume drawn at random: from no event to dozens, all where the closed
    form has them.
    """
    rng, count = np.random.default_rng(13), 64
    draws = {
        "Z_leak.permeability": 10 ** rng.uniform(-5, -3, count),
        "bath.Z": rng.uniform(0, LOW - 0.1, count),
        "cell.volume": rng.uniform(0.5, 2, count),
    }
    unit = {"Z_leak.permeability": "cm/s", "bath.Z": "mM", "cell.volume": "pL"}
    given = {
        name: xr.DataArray(x, dims="draw", attrs={"units": unit[name]}) for name, x in draws.items()
    }
    made, (P, out, volume) = run(REFILL, times=(0.0, 30.0), parameters=given), draws.values()
    rate = P * 2500 / volume
    period = np.log((FULL - out) / (LOW - out)) / rate
    counts = []
    for lane in range(count):
        met = made.trajectory.block.solution(lane).met
        counts.append(len(met))
        np.testing.assert_allclose(
            [m.time for m in met], period[lane] * np.arange(1, len(met) + 1), rtol=1e-8
        )
        assert len(met) == int(30 / period[lane])
    assert min(counts) == 0
    assert max(counts) > 50
    np.testing.assert_allclose(
        made.data.concentration.isel(time=-1).squeeze(),
        out + (FULL - out) * np.exp(-rate * (30 % period)),
        rtol=1e-7,
    )
    made.ledger.check()


def test_a_scan_gives_the_same_bits_in_any_chunks() -> None:
    """Lanes in another order, alone in a chunk, or on two threads."""
    low, rates = np.array([1e-4, 3e-4, 2e-4] * 10), {}
    for name, order in (("one", slice(None)), ("back", slice(None, None, -1))):
        given = {"Z_leak.permeability": xr.DataArray(low[order], dims="P", attrs={"units": "cm/s"})}
        task = make_task(
            leaky(),
            np.array([0.0, 9.0]),
            parameters=given,
            solver=bm.solvers.Native(threads=2),
            events=(REFILL,),
        )
        rates[name] = lane_batches.whole(task, None)[0].block.end[order]
        rates[f"{name} alone"] = np.concatenate(
            [task.trajectory(slice(k, k + 1)).block.end for k in range(30)]
        )[order]
    for other in rates.values():
        np.testing.assert_array_equal(other, rates["one"])


@solvers
def test_breaks_of_protocols_and_events_are_met_in_their_order(solver: Solver) -> None:
    """A bath that steps between two events, one at the very time of an event, and events at the
    same time.
    """
    bath = bm.Protocol.steps(Q(1, "mM"), (Q(2, "s"), Q(2, "mM")), (Q(9, "s"), Q(1, "mM")))
    clock = Event("clock", T - 9, (("cell.Z", 2 * amount()),))
    second = Event("second", T - 5, ())
    third = Event(
        "third", T - 5, (("Z_leak.permeability", leaky().symbol("Z_leak.permeability") / 2),)
    )
    times = np.array([0.0, 1.0, 2.0, 5.0, 9.0, 12.0])
    made = run(clock, second, third, times=times, parameters={"bath.Z": bath}, solver=solver)
    met = [(round(m.time, 9), m.event) for m in made.solution.met]
    assert met == [(2.0, None), (5.0, "second"), (5.0, "third"), (9.0, "clock")]
    c, want = FULL, [FULL]
    for t0, t1, rate, out in ((0, 1, K, 1), (1, 2, K, 1), (2, 5, K, 2), (5, 9, K / 2, 2)):
        c = out + (c - out) * math.exp(-rate * (t1 - t0))
        want.append(c)
    want[-1] = c = 2 * c
    want.append(1 + (c - 1) * math.exp(-K / 2 * 3))
    np.testing.assert_allclose(concentration(made), want, rtol=1e-8)
    made.ledger.check()


@solvers
def test_what_is_kept_of_a_scan(solver: Solver) -> None:
    """``min`` and ``max`` see both sides of each event, and the lines of the books close."""
    P = xr.DataArray([1e-4, 3e-4], dims="P", attrs={"units": "cm/s"})
    start = event([("cell.Z", amount() * 12 / C)])
    task = make_task(
        leaky(),
        np.linspace(0, 9, 25),
        parameters={"Z_leak.permeability": P},
        solver=solver,
        events=(start,),
        summed=True,
    )
    kept, _ = collect(task, Keep(["concentration"], reduce=["min", "max"]), None)
    kept.ledger.check()
    np.testing.assert_allclose(kept.data.concentration_min.squeeze(), LOW, rtol=1e-9)
    np.testing.assert_allclose(kept.data.concentration_max.squeeze(), 12, rtol=1e-9)


def test_lanes_with_open_books_run_again_through_their_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the careful driver, at a tighter tolerance here: what that lane met is known as exactly,
    and the other lane is as it was.
    """
    P, rough = (
        xr.DataArray([1e-4, 3e-4], dims="P", attrs={"units": "cm/s"}),
        bm.solvers.Native(rtol=1e-4),
    )
    usual, asked = run(REFILL, parameters={"Z_leak.permeability": P}, solver=rough), []

    def opened(*_: Any) -> Any:
        asked.append(1)
        return np.array([1] if len(asked) == 1 else [], dtype=np.int64)

    monkeypatch.setattr(open_books, "open_lanes", opened)
    monkeypatch.setattr(open_books, "_SHARES", (1e-6,))
    again = run(REFILL, parameters={"Z_leak.permeability": P}, solver=rough)
    assert len(asked) == 2
    (one, other), (same, better) = (
        [r.trajectory.met(lane) for lane in range(2)] for r in (usual, again)
    )
    assert [m.time for m in one] == [m.time for m in same]
    exact = fall(rate=3 * K) * np.arange(1, len(better) + 1)
    assert (
        max(abs(np.array([m.time for m in better]) / exact - 1))
        < 1e-11
        < max(abs(np.array([m.time for m in other]) / exact - 1))
    )
    np.testing.assert_array_equal(
        again.trajectory.segment_ends[: len(better), 1], [m.time for m in better]
    )


@solvers
def test_an_event_that_sets_nonsense_stops_the_lane_and_says_so(solver: Solver) -> None:
    """Nothing is clipped: an amount below zero, or none, is told with the event's name; the
    trajectory up to there is given.
    """
    for value, kind in (
        (-amount(), Outcome.NEGATIVE),
        (amount() * sp.exp(1000 * C), Outcome.NOT_FINITE),
    ):
        made = run(event([("cell.Z", value)]), solver=solver)
        assert made.status.kind is kind
        assert made.status.time == pytest.approx(fall(), rel=1e-9)
        assert "event 'low' would set it to" in made.status.message


@solvers
def test_events_without_end_run_out_of_steps(solver: Solver) -> None:
    """Filled up by less and less, events crowd before a time (a Zeno run): the budget of steps ends
    it, with the remedy.
    """
    drip = event([("cell.Z", amount() * (1 + 1e-3))])
    made = run(drip, times=(0.0, 3000.0), solver=replace(solver, max_steps=100))  # type: ignore[type-var]
    assert made.status.kind is Outcome.TOO_MANY_STEPS
    assert "max_steps=1000" in made.status.message


def test_an_event_that_has_just_fired_is_not_armed() -> None:
    """Where rounding leaves its function below zero, it would fire again at once."""
    task = make_task(
        leaky(), np.array([0.0, 1.0]), events=(event(), event(low=LOW + 1, name="before"))
    )
    held = task.kernel.bind(task.parameters.inputs(slice(0, 1)))
    unit = task.kernel.call("concentration", 0.0, np.array([1.0]), held)

    def dense(t: Any) -> Any:
        """From 5.3 mM to 2.3: one passes in the first quarter, the other in the second."""
        return np.multiply.outer(1 / unit, 5.3 - 3 * np.asarray(t))

    seen = [first_root(task.kernel, held, 0.0, 1.0, dense, mute) for mute in range(4)]
    assert [found and found[1] for found in seen] == [2, 2, 1, 1]
    assert [found and found[0] for found in seen] == pytest.approx(
        [0.1, 0.1, 1.3 / 3, 1.3 / 3], rel=1e-12
    )


def test_a_large_model_meets_its_events() -> None:
    """Rolled code for the model, straight code for the event."""
    shells = [
        bm.Compartment(f"cell{k}", volume=Q(1, "pL"), contents={Z: Q(FULL, "mM")})
        for k in range(LARGE + 1)
    ]
    bath = bm.Reservoir("bath", {Z: Q(OUT, "mM")})
    walls = [
        bm.Membrane(f"wall{k}", inside=c, outside=bath, area=Q(250 + k, "um^2"))
        for k, c in enumerate(shells)
    ]
    model = bm.Model(
        "many",
        [
            lib.leak(Z, w, name=f"leak{k}", permeability=Q(1e-4, "cm/s"))
            for k, w in enumerate(walls)
        ],
    )
    last = model.states[-1]
    full = Event(
        "low", LOW - symbols.concentration(last.name), ((last.name, last.symbol * FULL / LOW),)
    )
    task = make_task(model, np.array([0.0, 12.0]), events=(full,))
    assert task.kernel.program.rolled
    made = Run(lane_batches.whole(task, None)[0])
    period = fall(rate=K * (250 + LARGE) / 250)
    assert [m.time for m in made.solution.met] == pytest.approx(
        [period, 2 * period, 3 * period], rel=1e-8
    )
    made.ledger.check()


def test_what_an_event_may_not_set() -> None:
    """Told when a run is prepared."""
    steps = bm.Protocol.steps(Q(1, "mM"), (Q(2, "s"), Q(2, "mM")))
    with pytest.raises(errors.UnknownName, match=r"cell\.Zz"):
        run(event([("cell.Zz", C)]))
    with pytest.raises(errors.BadSettings, match="no protocol moves"):
        run(event([("bath.Z", C)]), parameters={"bath.Z": steps})
    with pytest.raises(errors.BadSettings, match="acts during the run"):
        run(event([("cell.volume", C)]))
    with pytest.raises(errors.DuplicateName, match="low"):
        run(REFILL, FASTER)


def test_breaks_of_protocols_alone_are_met_too() -> None:
    """As far as a run came, with the state there."""
    steps = bm.Protocol.steps(
        Q(1, "mM"), (Q(2, "s"), Q(2, "mM")), (Q(4, "s"), Q(3, "mM")), (Q(50, "s"), Q(2, "mM"))
    )
    with pytest.warns(errors.Unusual):
        made = run(times=(0.0, 2.0, 4.0, 9.0), parameters={"bath.Z": steps})
    met = made.trajectory.met()
    assert [(m.time, m.event, m.segment) for m in met] == [(2.0, None, 1), (4.0, None, 2)]
    np.testing.assert_allclose([m.before for m in met], made.solution.y[:, 1:3].T, rtol=1e-12)


def test_without_events_there_is_nothing_of_them() -> None:
    """Neither in the program nor in the loop."""
    made = program(leaky())
    assert not made.events
    assert not {"event", "set"} & set(made.outputs)
    for layout in (module.WIDE, module.ALONE):
        text = module.module(
            [lane_refill.refill(layout), driver.drive(tableau.RODAS5P, layout)], layout
        )
        assert "RES" not in text
    assert run().trajectory.block.met is None
