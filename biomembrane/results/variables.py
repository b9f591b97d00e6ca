"""Values of the variables of a result, from a trajectory and the totals of its ledger."""

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
from .labels import names_along, state_indices
from .schema import TABLE, VARIABLES, Part, loops

Array = NDArray[np.float64]
STATES = ("amount", "open_fraction", "auxiliary")  # variables that are states themselves


def course_values(trajectory: Trajectory, name: str) -> Array:
    """Values of a variable that follows from the state (member, time, lane), in its unit; carriers
    have no concentration, and some membranes no potential (NaN).
    """
    if name in STATES:
        index = state_indices(trajectory.model, name)
        states: Array = trajectory.block.rows[:, :, index].transpose(2, 1, 0)
        return states
    array = trajectory.observe(name) * units.from_internal(VARIABLES[name].unit)
    for lane, status in enumerate(trajectory.statuses):
        if not status.ok:  # what does not depend on the state has a number there, too
            cancelled = status.kind is Outcome.CANCELLED
            count = 0 if cancelled else reached(trajectory.block.times, status.time)
            array[:, count:, lane] = np.nan
    return _with_missing_members(trajectory, name, array)


def values_at_breaks(trajectory: Trajectory, name: str) -> Array:
    """Values at the breaks of protocols (member, break, lane), in the variable's unit: before each
    break, then after each.
    """
    if name in STATES:
        index = state_indices(trajectory.model, name)
        both = (trajectory.block.break_states, trajectory.block.segment_starts)
        return np.concatenate([states[:, :, index].transpose(2, 1, 0) for states in both], axis=1)
    array = trajectory.sides(name) * units.from_internal(VARIABLES[name].unit)
    return _with_missing_members(trajectory, name, array)


def _with_missing_members(trajectory: Trajectory, name: str, array: Array) -> Array:
    """The array with a row of NaN for each member without a value, such as a membrane without a
    capacitor.
    """
    present = trajectory.kernel.program.names[name]
    every = names_along(trajectory.model, VARIABLES[name].dim)
    if len(present) == len(every):
        return array
    full = np.full((len(every), *array.shape[1:]), np.nan)
    full[[every.index(n) for n in present]] = array
    return full


def protocols(trajectory: Trajectory) -> dict[str, tuple[Array, str, str]]:
    """By parameter that a protocol or an event changes: values (time, lane), unit, meaning."""
    program = trajectory.kernel.program
    arrays = dict(zip(program.names["protocol"], trajectory.observe("protocol"), strict=True))
    for timed in trajectory.parameters.timed:
        name = program.parameters[timed.value]
        arrays.setdefault(name, trajectory.input(timed.value))
    for index in trajectory.event_inputs:
        arrays.setdefault(program.parameters[index], trajectory.input(index))
    courses = {}
    for name, array in arrays.items():
        p = trajectory.model.parameter(name)
        in_unit = array * units.from_internal(p.unit)
        courses[name] = (in_unit, units.udunits(p.unit), p.long_name or name)
    return courses


def events(trajectory: Trajectory) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Time of each event (occurrence, lane), NaN beyond the last of a lane, and which it was;
    empty without events.
    """
    names = [e.name for e in trajectory.kernel.program.events]
    if not names:
        return {}
    met = [[b for b in trajectory.met(lane) if b.event] for lane in range(len(trajectory.statuses))]
    shape = max(map(len, met)), len(met)
    times, which = np.full(shape, np.nan), np.full(shape, -1, dtype=np.int16)
    for lane, breaks in enumerate(met):
        for k, each in enumerate(breaks):
            times[k, lane], which[k, lane] = each.time, names.index(str(each.event))
    flags = {
        "long_name": "which event; -1 for none", "flag_meanings": " ".join(names),
        "flag_values": np.arange(len(names), dtype=np.int16),
    }  # fmt: skip
    when = {"units": "s", "long_name": "time of each event of a lane"}
    return {"event_time": (times, when), "event_name": (which, flags)}


def bath_levels(trajectory: Trajectory) -> dict[str, Any]:
    """Concentrations in the reservoirs at the start [mM], by parameter, with protocols at their
    first values: numbers, or arrays over the lanes.
    """
    t = trajectory
    _, inputs = t.parameters.segments(t.lanes, float(t.block.times[-1]))
    p = dict(zip(t.model.parameters, inputs[0], strict=False))
    names = t.kernel.program.names["protocol"]
    p |= zip(names, t.kernel.call("protocol", 0.0, t.block.y[:, 0], t.constants[0]), strict=True)
    return {name: p[name] for name in names_along(t.model, "bath_solute")}


def last_states(trajectory: Trajectory) -> Array:
    """The last state that each lane reached (state, lane)."""
    block = trajectory.block
    last_times = [
        reached(block.times, s.time) - 1 if not s.ok and s.kind is not Outcome.CANCELLED else -1
        for s in trajectory.statuses
    ]
    states: Array = block.y[:, -1].copy()
    for lane, k in enumerate(last_times):
        if k != -1 and np.isnan(states[:, lane]).any():
            states[:, lane] = block.y[:, max(k, 0), lane]
    return states


def variable_values(trajectory: Trajectory, books: LedgerTotals, name: str) -> Array:
    """Values of any variable of the table: (member, time, lane), without axes that it lacks."""
    v = TABLE[name]
    if v.part is Part.COURSE:
        return course_values(trajectory, name)
    of_totals = v.part is Part.LINE or name in _TOTALS
    values: Array = (
        getattr(books, name.removeprefix("ledger_"))
        if of_totals
        else _OTHERS[name](trajectory, books)
    )
    not_run = [status.kind is Outcome.CANCELLED for status in trajectory.statuses]
    if any(not_run) and np.issubdtype(values.dtype, np.floating):
        values = values.copy()
        values[..., not_run] = np.nan
    return values


_TOTALS = (  # variables that are attributes of the ledger's totals
    "ledger_flow", "ledger_dissipation", "ledger_exergy", "ledger_uphill_energy",
    "ledger_uphill_time", "ledger_rounding", "ledger_swung",
)  # fmt: skip


def _imposed_by_store(trajectory: Trajectory, books: LedgerTotals) -> Array:
    every = len(trajectory.kernel.program.names["exergy"])
    return np.broadcast_to(books.imposed_parts, (every, *books.imposed_parts.shape[1:]))


def _bath_concentrations(trajectory: Trajectory, _: LedgerTotals) -> Array:
    count = len(trajectory.statuses)
    return np.array(
        [np.broadcast_to(x, count) for x in bath_levels(trajectory).values()], dtype=float
    )


def _start_digests(trajectory: Trajectory, _: LedgerTotals) -> Any:
    start = trajectory.parameters.start
    assert start is not None
    return start.digests(trajectory.lanes)


_OTHERS: dict[str, Callable[[Trajectory, LedgerTotals], Any]] = {
    "least_power": lambda t, _: t.block.min_dissipation.min(axis=1),
    "least_process": lambda t, _: t.block.min_dissipation.argmin(axis=1).astype(np.int16),
    "ledger_free": lambda t, books: np.array([books.gained[name] for name in loops(t.model)]),
    "ledger_imposed_by_store": _imposed_by_store,
    "ledger_least_power": lambda t, _: t.block.min_dissipation.T,
    "bath_concentration": _bath_concentrations,
    "state_end": lambda t, _: last_states(t),
    "start_digest": _start_digests,
}
