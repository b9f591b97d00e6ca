"""The numbers of the variables of a result, from a trajectory and its books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import units
from ..solve.ledger_totals import LedgerTotals
from ..solve.problem import reached
from ..solve.status import Outcome
from ..solve.trajectory import Trajectory
from .labels import members, states_of
from .schema import TABLE, VARIABLES, Part, loops

Array = NDArray[np.float64]


HELD = ("amount", "auxiliary")  # variables that are states themselves


def values(trajectory: Trajectory, name: str) -> Array:
    """(member, time, lane) in the variable's unit; carriers have no concentration, and some
    membranes no potential (NaN).
    """
    if name in HELD:
        index = states_of(trajectory.model, name)
        made: Array = trajectory.block.rows[:, :, index].transpose(2, 1, 0)
        return made
    got = trajectory.observe(name) * units.from_internal(VARIABLES[name].unit)
    for lane, status in enumerate(trajectory.statuses):
        if not status.ok:  # what does not depend on the state has a number there, too
            got[
                :,
                (
                    0
                    if status.kind is Outcome.CANCELLED
                    else reached(trajectory.block.times, status.time)
                ) :,
                lane,
            ] = np.nan
    return _every(trajectory, name, got)


def sides(trajectory: Trajectory, name: str) -> Array:
    """At the breaks of protocols (member, break, lane), in the variable's unit: before each, then
    after each.
    """
    if name in HELD:
        index = states_of(trajectory.model, name)
        both = (trajectory.block.break_states, trajectory.block.segment_starts)
        return np.concatenate([states[:, :, index].transpose(2, 1, 0) for states in both], axis=1)
    return _every(
        trajectory, name, trajectory.sides(name) * units.from_internal(VARIABLES[name].unit)
    )


def _every(trajectory: Trajectory, name: str, got: Array) -> Array:
    """With a row of NaN for each member that has no value, as a membrane without capacitor."""
    there = trajectory.kernel.program.names[name]
    every = members(trajectory.model, VARIABLES[name].dim)
    if len(there) == len(every):
        return got
    full = np.full((len(every), *got.shape[1:]), np.nan)
    full[[every.index(n) for n in there]] = got
    return full


def protocols(trajectory: Trajectory) -> dict[str, tuple[Array, str, str]]:
    """By parameter that changes in time, by a protocol or where an event sets it: (time, lane)
    values, unit, meaning.
    """
    program, made = trajectory.kernel.program, {}
    shown = dict(zip(program.names["protocol"], trajectory.observe("protocol"), strict=True))
    for timed in trajectory.parameters.timed:
        name = program.parameters[timed.value]
        shown.setdefault(name, trajectory.input(timed.value))
    for index in trajectory.event_inputs:
        shown.setdefault(program.parameters[index], trajectory.input(index))
    for name, value in shown.items():
        p = trajectory.model.parameter(name)
        made[name] = (
            value * units.from_internal(p.unit),
            units.udunits(p.unit),
            p.long_name or name,
        )
    return made


def bath_levels(trajectory: Trajectory) -> dict[str, Any]:
    """Concentrations of reservoirs at the start [mM], as protocols have them then, by parameter:
    numbers, or arrays over the lanes.
    """
    t = trajectory
    _, inputs = t.parameters.segments(t.lanes, float(t.block.times[-1]))
    p = dict(zip(t.model.parameters, inputs[0], strict=False))
    names = t.kernel.program.names["protocol"]
    p |= zip(names, t.kernel.call("protocol", 0.0, t.block.y[:, 0], t.constants[0]), strict=True)
    return {name: p[name] for name in members(t.model, "bath_solute")}


def last_states(trajectory: Trajectory) -> Array:
    """(state, lane): the last state that each lane came to."""
    block = trajectory.block
    at = [
        reached(block.times, s.time) - 1 if not s.ok and s.kind is not Outcome.CANCELLED else -1
        for s in trajectory.statuses
    ]
    made: Array = block.y[:, -1].copy()
    for lane, k in enumerate(at):
        if k != -1 and np.isnan(made[:, lane]).any():
            made[:, lane] = block.y[:, max(k, 0), lane]
    return made


def numbers(trajectory: Trajectory, books: LedgerTotals, name: str) -> Array:
    """Of any variable of the table: (member, time, lane), without the axes that it has not."""
    v = TABLE[name]
    if v.part is Part.COURSE:
        return values(trajectory, name)
    if v.part is Part.LINE or name in _BOOKED:
        made: Array = getattr(books, name.removeprefix("ledger_"))
        return made
    found: Array = _OTHERS[name](trajectory, books)
    return found


_BOOKED = (
    "ledger_flow", "ledger_dissipation", "ledger_exergy", "ledger_uphill_energy",
    "ledger_uphill_time", "ledger_rounding", "ledger_swung",
)  # fmt: skip


def _imposed(trajectory: Trajectory, books: LedgerTotals) -> Array:
    every = len(trajectory.kernel.program.names["exergy"])
    return np.broadcast_to(books.imposed_parts, (every, *books.imposed_parts.shape[1:]))


def _levels(trajectory: Trajectory, _: LedgerTotals) -> Array:
    count = len(trajectory.statuses)
    return np.array(
        [np.broadcast_to(x, count) for x in bath_levels(trajectory).values()], dtype=float
    )


def _digests(trajectory: Trajectory, _: LedgerTotals) -> Any:
    start = trajectory.parameters.start
    assert start is not None
    return start.digests(trajectory.lanes)


_OTHERS: dict[str, Callable[[Trajectory, LedgerTotals], Any]] = {
    "least_power": lambda t, _: t.block.min_dissipation.min(axis=1),
    "least_process": lambda t, _: t.block.min_dissipation.argmin(axis=1).astype(np.int16),
    "ledger_free": lambda t, books: np.array([books.gained[name] for name in loops(t.model)]),
    "ledger_imposed_by_store": _imposed,
    "ledger_least_power": lambda t, _: t.block.min_dissipation.T,
    "bath_concentration": _levels,
    "state_end": lambda t, _: last_states(t),
    "start_digest": _digests,
}
