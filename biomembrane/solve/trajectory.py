"""Trajectories: solutions by lane, with everything that follows from them by the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..assemble.model import Model
from ..compile.kernel import Kernel
from ..constants import GAS
from .engine_protocols import Solver
from .parameter_set import ParameterSet
from .problem import Block, Break, Solution, stacked
from .status import Status

Array = NDArray[np.float64]
_FEW = 64  # breaks that are compared with all times at once
_ROUNDING = 1e-14  # of RT Σn and of the terms of Ξ
_SAMPLES = 64  # of Ξ in a segment in which protocols change it


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Solutions of some ``lanes`` of a task, their ``block``, with constants by segment, ends of
    the segments (segment, lane) and wall times [s].  ``given``: x(0) (state, lane) before
    constraints moved it, if there are any.

    Arrays are (member, time, lane), NaN from where a lane stopped.
    """

    model: Model
    parameters: ParameterSet
    kernel: Kernel
    solver: Solver
    lanes: slice
    constants: Sequence[Sequence[Any]]
    segment_ends: Array
    block: Block
    timing: dict[str, float]
    first: int = 0  # of the output times that were asked for
    given: Array | None = None

    @property
    def dims(self) -> dict[str, int]:
        """Sizes of the scan's dimensions."""
        return self.parameters.dims

    @property
    def times(self) -> Array:
        """Requested output times; of a single run those that it reached."""
        return self.block.times[self.shown]

    @property
    def reached(self) -> int:
        """Number of output times that a single run reached; all of them in a scan."""
        return len(self.block.times) if self.dims else len(self.solution.t)

    @property
    def shown(self) -> slice:
        """The block's times that are shown: those requested, or the start alone where a run reached
        none of them.
        """
        return slice(self.first if self.first < self.reached else 0, self.reached)

    @property
    def statuses(self) -> Sequence[Status]:
        return self.block.statuses

    @cached_property
    def solution(self) -> Solution:
        """The first lane."""
        return self.block.solution(0)

    def met(self, lane: int = 0) -> list[Break]:
        """The breaks of a lane, of protocols and of events."""
        block = self.block
        if block.met is not None:
            return block.met[lane]
        end, break_states = (
            min(block.statuses[lane].time, float(block.times[-1])),
            block.break_states[lane],
        )
        breaks = enumerate(self.segment_ends[:-1, lane].tolist())
        settled = block.segment_starts[lane]
        return [
            Break(t, None, break_states[k], break_states[k], k + 1, {}, settled[k])
            for k, t in breaks
            if t < end
        ]

    def shaped(self, values: Array) -> Array:
        """(member, time, lane) as (member, time, *dims), at the times that are shown."""
        return values.reshape(*values.shape[:2], *self.dims.values())[:, self.shown]

    def cut(self, lane: int) -> Trajectory:
        """One lane as a run of its own."""
        constants = [[float(c[lane]) if np.ndim(c) else c for c in part] for part in self.constants]
        chosen = self.parameters.of_lane(self.lanes.start + lane)
        return replace(
            self,
            parameters=chosen,
            lanes=slice(0, 1),
            constants=constants,
            segment_ends=self.segment_ends[:, lane : lane + 1],
            block=self.block.lane(lane),
            given=None if self.given is None else self.given[:, lane : lane + 1],
        )

    @cached_property
    def _segment(self) -> NDArray[np.int64]:
        """Number of the segment (time, lane); at a break it is the next."""
        return self._segments(self.segment_ends, last=self.block.met is not None)

    def _segments(self, segment_ends: Array, *, last: bool = False) -> NDArray[np.int64]:
        """The same from ends of segments; ``last``: whether a break at the end of the run counts,
        as that of an event does.
        """
        times, breaks = self.block.times, segment_ends[:-1]
        if len(breaks) <= _FEW:
            few: NDArray[np.int64] = (
                (breaks[None] <= times[:, None, None]) & ((breaks[None] < times[-1]) | last)
            ).sum(axis=1)
            return few
        numbers = np.empty((len(times), breaks.shape[1]), dtype=np.int64)
        for lane, ordered in enumerate(breaks.T):
            most = len(ordered) if last else np.searchsorted(ordered, times[-1], side="left")
            numbers[:, lane] = np.searchsorted(ordered, times, side="right").clip(max=most)
        return numbers

    @cached_property
    def _held(self) -> Sequence[Any]:
        """The constants at each output time: numbers, (lane,) or (time, lane) arrays."""
        if len(self.constants) == 1:
            return self.constants[0]
        lanes = np.arange(self.segment_ends.shape[1])
        held: list[Any] = []
        for first, values in zip(self.constants[0], self.stacked_constants, strict=True):
            if np.array_equal(values, np.broadcast_to(values[:1], values.shape)):
                held.append(first)
            else:
                held.append(values[self._segment, lanes if values.shape[1] > 1 else 0])
        return held

    @cached_property
    def stacked_constants(self) -> list[Array]:
        """The constants of the segments, each (segment, lane) or (segment, 1)."""
        return stacked(self.constants, self.segment_ends.shape[1])

    def input(self, index: int) -> Array:
        """An input of the program (time, lane), as protocols and events set it."""
        lanes = np.arange(self.segment_ends.shape[1])
        segment_ends, inputs = self.parameters.segments(self.lanes, float(self.block.times[-1]))
        values: Array = np.array([np.broadcast_to(part[index], lanes.shape) for part in inputs])[
            self._segments(segment_ends), lanes
        ]
        for lane, breaks in enumerate(self.block.met or ()):
            for met in breaks:
                if index in met.set:
                    values[self.block.times >= met.time, lane] = met.set[index]
        return values

    @property
    def temperature(self) -> Any:
        """At the start [K], a number or (lane,)."""
        return self.parameters.inputs(self.lanes)[
            self.kernel.program.parameters.index("temperature")
        ]

    @cached_property
    def event_inputs(self) -> tuple[int, ...]:
        """Inputs of the program that its events set."""
        program = self.kernel.program
        names = dict.fromkeys(
            name for event in program.events for name, _ in event.sets if name not in program.states
        )
        return tuple(map(program.parameters.index, names))

    def observe(self, group: str) -> Array:
        """The members of an output group."""
        return self.kernel.call(group, self.block.times[:, None], self.block.y, self._held)

    def sides(self, group: str) -> Array:
        """The members of an output group at the breaks, (member, break, lane): before each, then
        after each.
        """
        count, times = len(self.constants) - 1, self.segment_ends[:-1]
        both = (self.block.break_states, self.block.segment_starts)
        sides = [
            self.kernel.call(
                group,
                times,
                states.transpose(2, 1, 0),
                [c[side : count + side] for c in self.stacked_constants],
            )
            for side, states in enumerate(both)
        ]
        return np.concatenate(sides, axis=1)

    @property
    def entries(self) -> Array:
        """∫ power dt by ledger entry [fJ]."""
        return self.block.group(1)

    @property
    def dissipation(self) -> Array:
        """∫ J·A dt by process [fJ]."""
        return self.block.group(4)

    @property
    def uphill(self) -> Array:
        """Of each process without proof ∫ max(−J·A, 0) dt [fJ], then the time with J·A < 0 [s], one
        after the other.
        """
        return self.block.group(3)

    @cached_property
    def exergy(self) -> Array:
        """Ξ − Ξ(0) by store [fJ], with Ξ(0) of the state as given."""
        exergy = self.observe("exergy")
        return exergy - (exergy[:, :1] if self.given is None else self._given_exergy[:, None])

    @cached_property
    def _given_exergy(self) -> Array:
        """Ξ(0) by store (store, lane) before constraints were applied."""
        assert self.given is not None
        exergy: Array = self.kernel.call("exergy", 0.0, self.given, self.constants[0])
        return exergy

    @cached_property
    def imposed(self) -> Array:
        """Change of Ξ by parameters that protocols and events change, by store [fJ]: ∫ ∂Ξ/∂t dt,
        and a jump at every break.
        """
        names = self.kernel.program.names
        total = np.zeros((len(names["exergy"]), len(self.block.times), self.segment_ends.shape[1]))
        total[[names["exergy"].index(n) for n in names["drift"]]] = self.block.group(2)
        if len(self.constants) > 1:
            total += self._jumps((self.block.after_breaks, 0), (self.block.after_breaks, 1))
        return total

    @cached_property
    def dosed(self) -> Array:
        """Gain of Ξ (time, lane) by states that events set or add to [fJ]."""
        if self.block.reset is None or len(self.constants) == 1:
            return np.zeros((len(self.block.times), self.segment_ends.shape[1]))
        gained: Array = self._jumps((self.block.break_states, 0), (self.block.after_breaks, 0)).sum(
            axis=0
        )
        return gained

    def _jumps(self, *sides: tuple[Array, int]) -> Array:
        """Sum of the jumps of Ξ so far, by store (store, time, lane), from the first side of breaks
        to the second; a side is the states, and whether the constants before the break (0) or after
        it (1) hold.
        """
        before, after = (self._exergy(states, k) for states, k in sides)
        total = np.cumsum(after - before, axis=1)
        passed, lanes = self._segment, np.arange(self.segment_ends.shape[1])
        return np.where(passed > 0, total[:, passed - 1, lanes], 0.0)

    def _exergy(self, states: Array, side: int) -> Array:
        """Ξ by store (store, break, lane) at the breaks, with the constants before (0) or after
        (1) them.
        """
        count = len(self.constants) - 1
        constants = [c[side : count + side] for c in self.stacked_constants]
        y = states.transpose(2, 1, 0)
        exergy: Array = self.kernel.call("exergy", self.segment_ends[:-1], y, constants)
        return exergy

    @property
    def relaxed(self) -> Array:
        """Loss of Ξ (time, lane) where constraints other than those of voltage clamps were applied,
        at the start and at breaks [fJ].
        """
        lost: Array = self._adjusted[1] - self._settling.sum(axis=0) + self.stepped
        return lost

    @cached_property
    def stepped(self) -> Array:
        """Work of voltage clamps (time, lane) where their commands jump, at the start from the
        potential that was given [fJ], ∫ V dq = Δ(½ qᵀC⁻¹q) since nothing else moves charge then.
        """
        names = self.kernel.program.names["exergy"]
        if not any(e.is_clamp for e in self.model.electrodes):
            return np.zeros(self._settling.shape[1:])
        work: Array = self._settling[names.index("capacitor")] + self._adjusted[0]
        return work

    @cached_property
    def _settling(self) -> Array:
        """Gain of Ξ by store where constraints were applied again at breaks (store, time, lane)."""
        if self.block.settled is None or len(self.constants) == 1:
            stores = len(self.kernel.program.names["exergy"])
            return np.zeros((stores, len(self.block.times), self.segment_ends.shape[1]))
        return self._jumps((self.block.after_breaks, 1), (self.block.settled, 1))

    @property
    def _adjusted(self) -> tuple[Array, Array]:
        """Gain of Ξ of the capacitors and loss of all of it (lane,) where constraints moved the
        start; 0 where that is rounding.
        """
        none = np.zeros(self.segment_ends.shape[1])
        if self.given is None:
            return none, none
        names = self.kernel.program.names["exergy"]
        met = self.kernel.call("exergy", 0.0, self.block.y[:, 0], self.constants[0])
        lost = (self._given_exergy - met).sum(axis=0)
        charged = none
        if "capacitor" in names:
            store = names.index("capacitor")
            charged = met[store] - self._given_exergy[store]
        amounts = [i for i, x in enumerate(self.model.states) if x.is_amount and not x.helper]
        terms = GAS * self.temperature * np.abs(self.given[amounts]).sum(axis=0)
        terms = terms + np.abs(met).sum(axis=0)
        least = _ROUNDING * terms
        return (
            np.where(abs(charged) > least, charged, 0.0),
            np.where(abs(lost) > least, lost, 0.0),
        )

    @property
    def swung(self) -> Array:
        """Approximate energy that protocols put in and took back (lane,) [fJ]: the total variation
        of Ξ in time at the state where each segment begins.
        """
        call, before = self.kernel.call, np.zeros(self.segment_ends.shape[1])
        variation = np.zeros_like(before)
        steps = _SAMPLES if self.kernel.program.names["drift"] else 1
        for k, constants in enumerate(self.constants):
            y = self.block.y[:, 0] if k == 0 else self.block.segment_starts[:, k - 1].T
            if k:
                old = call(
                    "exergy", before, self.block.break_states[:, k - 1].T, self.constants[k - 1]
                )
                new = call("exergy", before, self.block.after_breaks[:, k - 1].T, constants)
                variation += abs(new - old).sum(axis=0)
            looks = [
                call("exergy", before + j / steps * (self.segment_ends[k] - before), y, constants)
                for j in range(steps + 1)
            ]
            variation += np.sum([abs(b - a).sum(axis=0) for a, b in pairwise(looks)], axis=0)
            before = self.segment_ends[k]
        return variation
