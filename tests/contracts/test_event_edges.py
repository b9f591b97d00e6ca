"""Events at the edges: brief passages between the looks of a step, events at the end of a run,
without a value, and what they set in the result.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from leaky import FULL, OUT, C, K, T, amount, concentration, event, fall, run, solvers

import biomembrane as bm
from biomembrane import constants, errors
from biomembrane.compile.program import Event
from biomembrane.solve.engine_protocols import Solver
from biomembrane.solve.status import Outcome


@pytest.mark.parametrize(("what", "sign", "edge"), [("valley", 1, -1), ("hill", -1, 1)])
def test_a_passage_and_its_return_within_a_step_are_seen(what: str, sign: int, edge: int) -> None:
    """Below zero at both ends of a step and above inside, or the other way round."""
    curve = Event(what, sign * (0.2 - (T - 7) ** 2), ())
    made = run(curve, times=(0.0, 30.0), solver=bm.solvers.Native(rtol=1e-3))
    assert [m.time for m in made.solution.met] == pytest.approx([7 + edge * 0.2**0.5], rel=1e-12)


@solvers
@pytest.mark.parametrize("left", [1.0, 1e-3, 1e-9, 0.0])
def test_an_event_just_before_the_end_costs_a_few_steps(solver: Solver, left: float) -> None:
    """And one at the very end is carried out, too: the last state is the one after it, and the
    books have it.
    """
    end = 3.0
    clock = Event("clock", T - (end - left), (("cell.Z", 2 * amount()),))
    made, plain = run(clock, times=(0.0, end), solver=solver), run(times=(0.0, end), solver=solver)
    assert [m.time for m in made.solution.met] == pytest.approx([end - left], rel=1e-14)
    assert made.solution.steps + made.solution.rejected <= 2 * plain.solution.steps + 10
    made.ledger.check()
    before = OUT + (FULL - OUT) * math.exp(-K * (end - left))
    assert concentration(made)[-1] == pytest.approx(
        OUT + (2 * before - OUT) * math.exp(-K * left), rel=1e-8
    )
    gained = constants.GAS * 310.15 * 1e-3 * before * (2 * math.log(2) + math.log(before / OUT) - 1)
    assert float(made.ledger.dosed[-1]) == pytest.approx(gained, rel=1e-8)


@solvers
def test_a_parameter_that_an_event_sets_at_the_end_is_in_the_books_and_in_the_result(
    solver: Solver,
) -> None:
    """And a run goes on from there as one run does through it."""
    lower = Event("lower", T - 3, (("bath.Z", sp.Float(0.5)),))
    made = run(lower, times=(0.0, 1.0, 3.0), solver=solver)
    assert made.data["bath.Z"].values == pytest.approx([OUT, OUT, 0.5])
    assert made.data["bath.Z"].attrs["units"] == "mM"
    made.ledger.check()
    later = run(lower, times=(0.0, 3.0, 4.0), solver=solver)
    later.ledger.check()
    c = concentration(made)[-1]
    assert concentration(later)[-1] == pytest.approx(0.5 + (c - 0.5) * math.exp(-K), rel=1e-8)
    assert later.data["bath.Z"].values == pytest.approx([OUT, 0.5, 0.5])
    assert later.ledger.dosed.values[1] == pytest.approx(made.ledger.dosed.values[-1], rel=1e-9)


@solvers
def test_parameters_that_events_set_are_variables_of_a_scan(solver: Solver) -> None:
    """Each lane as its own events have them."""
    P = xr.DataArray([1e-4, 3e-4], dims="P", attrs={"units": "cm/s"})
    lower = event([("bath.Z", sp.Float(0.5))])
    made = run(
        lower, times=np.linspace(0, 6, 13), parameters={"Z_leak.permeability": P}, solver=solver
    )
    for lane in range(2):
        when = made.trajectory.block.met[lane][0].time  # type: ignore[index]
        wanted = np.where(made.data.time.values >= when, 0.5, OUT)
        assert made.data["bath.Z"].isel(P=lane).values == pytest.approx(wanted)


@solvers
def test_a_bath_that_an_event_empties_has_no_bound(solver: Solver) -> None:
    """As one that is empty from the start."""
    made = run(event([("bath.Z", sp.Integer(0))]), solver=solver)
    assert list(made.ledger._books.empty) == ["bath.Z"]
    with pytest.raises(errors.BoundlessEnergy, match=r"bath\.Z"):
        made.ledger.check()
    run(event([("bath.Z", sp.Integer(1))]), solver=solver).ledger.check()


@solvers
@pytest.mark.parametrize(
    ("width", "shift"), [(1e-3, 0.0), (1e-3, 0.013), (0.03, 0.0), (0.003, 0.37)]
)
def test_a_brief_passage_between_the_looks_is_seen(
    solver: Solver, width: float, shift: float
) -> None:
    """Above zero for a small part of a step: the highest point of a parabola is looked for where it
    is.
    """
    top = 7 + shift
    curve = Event("brief", width**2 - (T - top) ** 2, ())
    made = run(curve, times=(0.0, 30.0), solver=solver)
    assert [m.time for m in made.solution.met] == pytest.approx([top - width], rel=1e-9)


@solvers
def test_brief_passages_of_a_wave_are_all_seen(solver: Solver) -> None:
    """A sine that is above zero for 3 % of its period, beside one that never is; by state it is the
    same.
    """
    wave = Event("wave", sp.sin(T) - 0.995, ())
    never = Event("never", sp.sin(T) - 1.0001, ())
    made = run(wave, never, times=(0.0, 30.0), solver=solver)
    wanted = math.asin(0.995) + 2 * math.pi * np.arange(5)
    assert [m.time for m in made.solution.met] == pytest.approx(list(wanted[wanted < 30]), rel=1e-9)
    assert {m.event for m in made.solution.met} == {"wave"}


@solvers
def test_an_event_without_a_value_stops_the_lane_and_is_named(solver: Solver) -> None:
    """√(c − 3) is no number once the concentration has fallen there; other lanes go on."""
    blind = Event("root", sp.sqrt(C - 3) - 5, ())
    P = xr.DataArray([1e-4, 1e-7], dims="P", attrs={"units": "cm/s"})
    made = run(event(low=2.0), blind, parameters={"Z_leak.permeability": P}, solver=solver)
    stopped, done = made.trajectory.statuses
    assert stopped.kind is Outcome.NOT_FINITE
    assert stopped.state is None
    assert "the event 'root' is not a number" in stopped.message
    assert 0.7 * fall(3.0) < stopped.time <= fall(3.0)
    assert done.ok
