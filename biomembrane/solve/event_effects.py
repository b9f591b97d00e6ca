"""Effects of events, which end segments at run time, and the record of the breaks of each lane, of
protocols and of events alike.

An engine ends a segment at the root of an event and asks :meth:`EventEffects.fire` for the state
from which the lane continues.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..compile.kernel import Kernel
from ..compile.rosenbrock.event_location import CLIMB, HALVES, LOOKS, MOST, SLOPES
from .parameter_set import ParameterSet
from .problem import Array, Break, Problem, bound
from .start_parameters import changeable
from .status import Outcome, Status

if TYPE_CHECKING:
    from ..assemble.model import Model
    from ..compile.program import Event
    from .trajectory import Trajectory

Lanes = NDArray[np.int64]
NO_NUMBER = "the event {event!r} is not a number"


class EventEffects:
    """Effects of events on the lanes of a problem, and the breaks that they pass.

    ``held`` (lane, segment, constant): constants in each scheduled segment, changed where an event
    sets a parameter; ``break_states`` (lane, segment − 1, state): states at the breaks of protocols
    that were passed, ``settled``: those to which constraints moved them.
    """

    def __init__(
        self, problem: Problem, held: Array, break_states: Array, settled: Array | None = None
    ) -> None:
        self.problem, self.held, self.break_states, self.settled = (
            problem,
            held,
            break_states,
            settled,
        )
        self.met: list[list[Break]] = [[] for _ in range(problem.lanes)]
        self._passed = [0] * problem.lanes
        self._set: list[dict[int, float]] = [{} for _ in range(problem.lanes)]
        parts = problem.inputs or []
        self._inputs = [
            [np.array(np.broadcast_to(x, problem.lanes), dtype=float) for x in part]
            for part in parts
        ]

    def fire(self, lanes: Lanes, which: Lanes, times: Array, before: Array) -> Array:
        """States (state, lane) of these lanes after the events ``which`` (bits) at ``times``, from
        the states ``before``; several events act in the order of the program.
        """
        if len(self.problem.segment_ends) > 1:
            for lane, time in zip(lanes.tolist(), times.tolist(), strict=True):
                self._pass(lane, time)
        after = before.copy()
        for number in range(len(self.problem.kernel.program.events)):
            mine = (which >> number) & 1 == 1
            if mine.all():
                after = self._fire(number, lanes, times, after)
            elif mine.any():
                after[:, mine] = self._fire(number, lanes[mine], times[mine], after[:, mine])
        return after

    def _fire(self, number: int, lanes: Lanes, times: Array, before: Array) -> Array:
        """States after one event; a break of a protocol at the same time comes first."""
        problem, program = self.problem, self.problem.kernel.program
        event, first = program.events[number], sum(len(e.sets) for e in program.events[:number])
        segment, after = (problem.segment_ends[:-1, lanes] <= times).sum(axis=0), before.copy()
        values = problem.kernel.call("set", times, before, list(self.held[lanes, segment].T))[
            first:
        ]
        for (name, _), value in zip(event.sets, values, strict=False):
            if name in program.states:
                after[program.states.index(name)] = value
            else:
                self._set_input(program.parameters.index(name), lanes, value)
        if not {name for name, _ in event.sets} <= set(program.states):
            self._bind(lanes, segment)
        rows = zip(
            lanes.tolist(),
            times.tolist(),
            segment.tolist(),
            before.T.copy(),
            after.T.copy(),
            strict=True,
        )
        for lane, time, part, old, new in rows:
            self._passed[lane] = part
            self.met[lane].append(Break(time, event.name, old, new, part, self._set[lane]))
        return after

    def _set_input(self, number: int, lanes: Lanes, values: Array) -> None:
        """Set an input in all segments."""
        for part in self._inputs:
            part[number][lanes] = values
        for lane, value in zip(lanes.tolist(), values.tolist(), strict=True):
            self._set[lane] = {**self._set[lane], number: value}

    def _bind(self, lanes: Lanes, segment: Lanes) -> None:
        """Recompute the constants of the segments from ``segment`` on."""
        for number, part in enumerate(self._inputs):
            now = lanes[segment <= number]
            if len(now):
                for k, c in enumerate(self.problem.kernel.bind([x[now] for x in part])):
                    self.held[now, number, k] = c

    def _pass(self, lane: int, time: float) -> None:
        """Record the breaks of protocols before a time."""
        segment_ends = self.problem.segment_ends[:-1, lane]
        while self._passed[lane] < len(segment_ends) and segment_ends[self._passed[lane]] < time:
            at = self._passed[lane]
            state = self.break_states[lane, at].copy()
            onset = state if self.settled is None else self.settled[lane, at].copy()
            self._passed[lane] = at + 1
            self.met[lane].append(
                Break(float(segment_ends[at]), None, state, state, at + 1, self._set[lane], onset)
            )

    def settle(self, lanes: Lanes, states: Array) -> None:
        """Record states (lane, state) to which constraints moved lanes after their last event."""
        for lane, state in zip(lanes.tolist(), states, strict=True):
            if self.met[lane]:
                self.met[lane][-1] = replace(self.met[lane][-1], settled=state.copy())

    def constants(self, time: float, lane: int) -> list[float]:
        """Constants of the segment that begins at a time."""
        held: list[float] = self.held[
            lane, int((self.problem.segment_ends[:-1, lane] <= time).sum())
        ].tolist()
        return held

    def finished(self, statuses: Sequence[Status]) -> list[list[Break]]:
        """The breaks of each lane, after it has ended."""
        for lane, status in enumerate(statuses):
            if status.kind is not Outcome.CANCELLED:
                self._pass(lane, status.time)
        return self.met

    def ended(self, lanes: Lanes, which: Lanes, times: Array) -> dict[int, Status]:
        """Statuses of lanes that one of the events ``which`` (bits) ends."""
        events = self.problem.kernel.program.events
        statuses = {}
        for lane, bits, time in zip(lanes.tolist(), which.tolist(), times.tolist(), strict=True):
            name = next((e.name for k, e in enumerate(events) if e.ends and bits >> k & 1), None)
            if name is not None:
                statuses[lane] = Status(Outcome.ENDED, time, f"the event {name!r} ends the run")
        return statuses

    def wrong(self, lanes: Lanes, times: Array, after: Array) -> dict[int, Status]:
        """Statuses of lanes whose last event would set an invalid state; it is not applied then."""
        floor = np.where(self.problem.positive, 0.0, -np.inf)[:, None]
        bad = ~(after >= floor) | ~np.isfinite(after)
        ends = {}
        for k in np.flatnonzero(bad.any(axis=0)).tolist():
            lane, state = int(lanes[k]), int(np.argmax(bad[:, k]))
            kind = Outcome.NEGATIVE if np.isfinite(after[state, k]) else Outcome.NOT_FINITE
            reason = (
                f"the event {self.met[lane].pop().event!r} would set it to {after[state, k]:.6g}"
            )
            ends[lane] = Status(kind, float(times[k]), kind.because(reason), state)
        return ends


def first_root(
    kernel: Kernel, constants: Sequence[Any], begin: float, end: float, dense: Any, mute: int
) -> tuple[float, int] | None:
    """Time at which the first events rise through zero in a step with this dense output, and which
    (bits); those of ``mute`` are not armed at the start.  (NaN, number of the event) where one is
    NaN.
    """

    def values(t: Any) -> Array:
        return kernel.call("event", t, dense(t), constants)

    times = begin + (end - begin) * np.array(LOOKS)
    samples = values(times)
    blind = np.isnan(samples).any(axis=1)
    if blind.any():
        return math.nan, int(np.flatnonzero(blind)[-1])
    bits = 1 << np.arange(len(samples))
    armed, slopes = (samples[:, 0] < 0) & (bits & mute == 0), samples @ np.array(SLOPES).T
    for k in range(1, len(times)):
        low, high = float(times[k - 1]), float(times[k])
        peaked = [
            _peak(values, e, (low, high), (slopes[e, k - 1],
                slopes[e, k])) for e in np.flatnonzero(armed).tolist()
            if slopes[e, k - 1] > 0 > slopes[e, k]
        ]  # fmt: skip
        tops = [top for top in peaked if top is not None]
        if tops or np.any(armed & (samples[:, k] >= 0)):
            high = min([high, *tops])
            for _ in range(HALVES):
                middle = (low + high) / 2
                up = np.any(armed & (values(middle) >= 0))
                low, high = (low, middle) if up else (middle, high)
            return high, int(bits[armed & (values(high) >= 0)].sum())
        armed = samples[:, k] < 0
    return None


def _peak(
    values: Callable[[Any], Array],
    event: int,
    edges: tuple[float, float],
    slopes: tuple[float, float],
) -> float | None:
    """Highest point, between two times, of an event that is below zero at both, if it is at zero or
    above there; estimated from the slopes first, then by parabolas.
    """
    (left, right), (up, down) = edges, slopes
    low, high = (float(values(t)[event]) for t in edges)
    x = left + (right - left) * up / (up - down)
    for _ in range(CLIMB):
        value = float(values(x)[event])
        if value >= 0:
            return x
        p, q = (x - left) * (value - high), (x - right) * (value - low)
        if value < low or value < high:
            vertex = (x + (left if value < low else right)) / 2
        else:
            vertex = x - 0.5 * ((x - left) * p - (x - right) * q) / (p - q) if p != q else x
        if not left < vertex < right or vertex == x:
            return None
        if vertex > x:
            left, low = x, value
        else:
            right, high = x, value
        x = vertex
    return None


def split_at_events(
    trajectory: Trajectory, inputs: Sequence[Sequence[Any]] | None = None
) -> Trajectory:
    """The trajectory with segments that end at events too: ends, constants, and states on both
    sides; unchanged without events.

    ``inputs`` of the scheduled segments, where they are not those of the trajectory's lanes.
    """
    block = trajectory.block
    if block.met is None:
        return trajectory
    lengths = [*map(len, block.met)]
    lanes, count, end = len(lengths), max(lengths, default=0), float(block.times[-1])
    segment_ends, part = (
        np.full((count + 1, lanes), end),
        np.zeros((count + 1, lanes), dtype=np.int64),
    )
    before = np.repeat(
        block.end[:, None, : block.sizes[0]], count, axis=1
    )  # beyond the last break, where nothing changes
    after, settled = before.copy(), before.copy()
    if count:
        every = [met for breaks in block.met for met in breaks]
        lane, k = (
            np.repeat(np.arange(lanes), lengths),
            np.concatenate([np.arange(n) for n in lengths]),
        )
        segment_ends[k, lane], part[k + 1, lane] = (
            [met.time for met in every],
            [met.segment for met in every],
        )
        np.maximum.accumulate(part, axis=0, out=part)
        before[lane, k], after[lane, k] = (
            [met.before for met in every],
            [met.after for met in every],
        )
        settled[lane, k] = [met.after if met.settled is None else met.settled for met in every]
    given = trajectory.parameters.segments(trajectory.lanes, end)[1] if inputs is None else inputs
    constants = _constants(trajectory.kernel, given, part, block.met, single=not trajectory.dims)
    moved = settled if trajectory.kernel.program.algebraic else None
    return replace(
        trajectory,
        segment_ends=segment_ends,
        constants=constants,
        block=replace(block, break_states=before, reset=after, settled=moved),
    )


def _constants(
    kernel: Kernel,
    inputs: Sequence[Sequence[Any]],
    part: Lanes,
    met: list[list[Break]],
    *,
    single: bool,
) -> list[Sequence[Any]]:
    """Constants of each segment, from the inputs of the scheduled segments ``part`` (segment, lane)
    except those that events have set.
    """
    sets = sorted({number for breaks in met for each in breaks for number in each.set})
    if len(inputs) == 1 and not sets:
        return [kernel.bind(inputs[0])] * len(part)
    lanes = np.arange(len(met))
    whole = [
        np.array([np.broadcast_to(x, len(met)) for x in column], dtype=float)[part, lanes]
        for column in zip(*inputs, strict=True)
    ]
    for number in sets:
        for lane, breaks in enumerate(met):
            values = [each.set.get(number) for each in breaks]
            since = next((k for k, x in enumerate(values) if x is not None), len(values))
            if since < len(values):
                whole[number][since + 1 : len(values) + 1, lane] = values[since:]
                whole[number][len(values) + 1 :, lane] = values[-1]
    rows = [
        [float(x[k, 0]) for x in whole] if single else [x[k] for x in whole]
        for k in range(len(part))
    ]
    return bound(kernel, rows, len(met))


def check(model: Model, chosen: ParameterSet, events: Sequence[Event]) -> None:
    """Raise UnknownName, DuplicateName or BadSettings unless events have different names and set
    pools, or parameters that act during a run and that no protocol changes.
    """
    names = [e.name for e in events]
    if len(set(names)) < len(names):
        raise errors.DuplicateName(
            where="events",
            wanted="a name of its own for each",
            got=", ".join(names),
            advice="another name",
        )
    if len(events) > MOST:
        raise errors.BadSettings(
            where="events",
            wanted=f"at most {MOST}",
            got=str(len(events)),
            advice="one event with several sets",
        )
    parameters, pools = list(model.parameters), {x.name for x in model.states}
    moved = {f.parameter for f in chosen.forms} | {parameters[t.value] for t in chosen.timed}
    for event in events:
        for name, _ in event.sets:
            where = f"event {event.name!r}, which sets {name!r}"
            if name in moved:
                raise errors.BadSettings(
                    where=where,
                    wanted="a parameter that no protocol moves",
                    got="a protocol",
                    advice="leave one out",
                )
            if name not in pools:
                model.parameter(name)
                changeable(model, name, where)
