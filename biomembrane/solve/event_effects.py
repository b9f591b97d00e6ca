"""Parts that end at run time: what an event sets where it fires, and the breaks that each lane met,
of protocols and of events alike.

An engine ends a part at the root of an event and asks :meth:`Passage.fire` for the state from which
the lane goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..compile.kernel import Kernel
from ..compile.rosenbrock.event_location import HALVES, LOOKS, MOST
from .parameter_set import ParameterSet, changeable
from .problem import Array, Met, Problem
from .status import Outcome, Status

if TYPE_CHECKING:
    from ..assemble.model import Model
    from ..compile.program import Event
    from .trajectory import Trajectory

Lanes = NDArray[np.int64]


class Passage:
    """Lanes of a problem on their way from break to break.

    ``held`` (lane, part, constant): what holds in each part that is scheduled, changed where an
    event sets a parameter; ``turns`` (lane, part − 1, state): the states at the breaks of protocols
    that were passed.
    """

    def __init__(self, problem: Problem, held: Array, turns: Array) -> None:
        self.problem, self.held, self.turns = problem, held, turns
        self.met: list[list[Met]] = [[] for _ in range(problem.lanes)]
        self._passed = [0] * problem.lanes
        self._set: list[dict[int, float]] = [{} for _ in range(problem.lanes)]
        parts = problem.inputs or []
        self._inputs = [
            [np.array(np.broadcast_to(x, problem.lanes), dtype=float) for x in part]
            for part in parts
        ]

    def fire(self, lanes: Lanes, which: Lanes, times: Array, before: Array) -> Array:
        """The states (state, lane) from which these lanes go on, after each met the events
        ``which`` (bits) at its time with the state ``before``; of several events each finds what
        those before it in the program have left.
        """
        for lane, time in zip(lanes.tolist(), times.tolist(), strict=True):
            self._pass(lane, time)
        after = before.copy()
        for number in range(len(self.problem.kernel.program.events)):
            mine = np.flatnonzero((which >> number) & 1)
            if len(mine):
                after[:, mine] = self._fire(number, lanes[mine], times[mine], after[:, mine])
        return after

    def _fire(self, number: int, lanes: Lanes, times: Array, before: Array) -> Array:
        """The states after one event.  A break of a protocol at the same time comes first."""
        problem, program = self.problem, self.problem.kernel.program
        event, first = program.events[number], sum(len(e.sets) for e in program.events[:number])
        begun, after = (problem.stops[:-1, lanes] <= times).sum(axis=0), before.copy()
        values = problem.kernel.call("set", times, before, list(self.held[lanes, begun].T))[first:]
        for (name, _), value in zip(event.sets, values, strict=False):
            if name in program.states:
                after[program.states.index(name)] = value
            else:
                self._put(program.parameters.index(name), lanes, value)
        if not {name for name, _ in event.sets} <= set(program.states):
            self._prepare(lanes, begun)
        for k, lane in enumerate(lanes.tolist()):
            self._passed[lane] = part = int(begun[k])
            self.met[lane].append(
                Met(
                    float(times[k]),
                    event.name,
                    before[:, k].copy(),
                    after[:, k].copy(),
                    part,
                    self._set[lane],
                )
            )
        return after

    def _put(self, number: int, lanes: Lanes, values: Array) -> None:
        """Set an input in all parts."""
        for part in self._inputs:
            part[number][lanes] = values
        for lane, value in zip(lanes.tolist(), values.tolist(), strict=True):
            self._set[lane] = {**self._set[lane], number: value}

    def _prepare(self, lanes: Lanes, begun: Lanes) -> None:
        """Constants anew, of the parts from ``begun`` on."""
        for number, part in enumerate(self._inputs):
            now = lanes[begun <= number]
            if len(now):
                for k, c in enumerate(self.problem.kernel.prepare([x[now] for x in part])):
                    self.held[now, number, k] = c

    def _pass(self, lane: int, time: float) -> None:
        """Write down the breaks of protocols before a time."""
        stops = self.problem.stops[:-1, lane]
        while self._passed[lane] < len(stops) and stops[self._passed[lane]] < time:
            at = self._passed[lane]
            state = self.turns[lane, at].copy()
            self._passed[lane] = at + 1
            self.met[lane].append(
                Met(float(stops[at]), None, state, state, at + 1, self._set[lane])
            )

    def constants(self, time: float, lane: int) -> list[float]:
        """Of the part that begins at a time."""
        held: list[float] = self.held[
            lane, int((self.problem.stops[:-1, lane] <= time).sum())
        ].tolist()
        return held

    def finished(self, statuses: Sequence[Status]) -> list[list[Met]]:
        """The breaks that each lane met, now that it has ended."""
        for lane, status in enumerate(statuses):
            if status.kind is not Outcome.CANCELLED:
                self._pass(lane, status.time)
        return self.met

    def wrong(self, lanes: Lanes, times: Array, after: Array) -> dict[int, Status]:
        """How lanes end that their last event would put where none can go on; it is not carried out
        then.
        """
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
    """When, in a step with this dense output, the first events rise through zero, and which (bits);
    those of ``mute`` are not armed at the start.
    """

    def values(t: Any) -> Array:
        return kernel.call("event", t, dense(t), constants)

    times = begin + (end - begin) * np.array(LOOKS)
    seen = values(times)
    bits = 1 << np.arange(len(seen))
    armed = (seen[:, 0] < 0) & (bits & mute == 0)
    for k in range(1, len(times)):
        if np.any(armed & (seen[:, k] >= 0)):
            low, high = float(times[k - 1]), float(times[k])
            for _ in range(HALVES):
                middle = (low + high) / 2
                up = np.any(armed & (values(middle) >= 0))
                low, high = (low, middle) if up else (middle, high)
            return high, int(bits[armed & (values(high) >= 0)].sum())
        armed = seen[:, k] < 0
    return None


def laid(made: Trajectory, inputs: Sequence[Sequence[Any]] | None = None) -> Trajectory:
    """The parts of each lane as its events cut them: ends, constants, and states on both sides; as
    it is where there are no events.

    ``inputs`` of the scheduled parts, where they are not those of the lanes of the trajectory.
    """
    block = made.block
    if block.met is None:
        return made
    lanes, count, end = len(block.met), max(map(len, block.met), default=0), float(block.times[-1])
    stops, part = np.full((count + 1, lanes), end), np.zeros((count + 1, lanes), dtype=np.int64)
    before = np.repeat(
        block.end[:, None, : block.sizes[0]], count, axis=1
    )  # beyond the last break, where nothing changes
    after = before.copy()
    for lane, breaks in enumerate(block.met):
        for k, met in enumerate(breaks):
            stops[k, lane], before[lane, k], after[lane, k], part[k + 1 :, lane] = (
                met.time,
                met.before,
                met.after,
                met.part,
            )
    given = made.parameters.parts(made.lanes, end)[1] if inputs is None else inputs
    constants = _constants(made.kernel, given, part, block.met, single=not made.dims)
    return replace(
        made, stops=stops, constants=constants, block=replace(block, turns=before, reset=after)
    )


def _constants(
    kernel: Kernel,
    inputs: Sequence[Sequence[Any]],
    part: Lanes,
    met: list[list[Met]],
    *,
    single: bool,
) -> list[Sequence[Any]]:
    """Of each part, in which the inputs of the scheduled parts ``part`` (part, lane) hold, but
    those that events have set.
    """
    sets = sorted({number for breaks in met for each in breaks for number in each.set})
    if len(inputs) == 1 and not sets:
        return [kernel.prepare(inputs[0])] * len(part)
    whole = [
        np.array([np.broadcast_to(x, len(met)) for x in column], dtype=float)
        for column in zip(*inputs, strict=True)
    ]
    made, lanes = list[Sequence[Any]](), np.arange(len(met))
    for k, rows in enumerate(part):
        here = [x[rows, lanes] for x in whole]
        for lane, breaks in enumerate(met if k else ()):
            for number, value in breaks[min(k, len(breaks)) - 1].set.items() if breaks else ():
                here[number][lane] = value
        made.append(kernel.prepare([float(x[0]) for x in here] if single else here))
    return made


def check(model: Model, chosen: ParameterSet, events: Sequence[Event]) -> None:
    """Raise UnknownName, DuplicateName or BadSettings unless events have names of their own and set
    pools, or parameters that act in a run and that no protocol moves.
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
    known, pools = list(model.parameters), {x.name for x in model.states}
    moved = {f.parameter for f in chosen.forms} | {known[t.value] for t in chosen.timed}
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
