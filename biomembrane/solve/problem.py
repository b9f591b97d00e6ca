"""Initial value problems and their solutions: arrays and statuses, without names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compile.kernel import Kernel
from ..compile.numpy_kernel import plain
from ..constants import BODY_TEMPERATURE, FARADAY, GAS
from .status import WAITING, Status

Array = NDArray[np.float64]
MANY = 3  # runs from which on an engine computes several lanes at once
VANISHES = "the volume goes to 0, for what is inside does not hold water against what is outside"
SHRUNK = 1e-6  # of the typical volume: below, a compartment has run dry
_FEW_SEGMENTS = 64  # whose constants are computed one after the other
ROUNDING = 1e-14  # of the typical size of an amount: how far below zero it may lie


def books_limit(rtol: float) -> float:
    """Largest residual of the ledger, as a share of the energy throughput."""
    return max(10 * rtol, 1e-9)


class Cancel:
    """A request to cancel.

    Work in machine code takes its next set from a counter; registered counters are run out.
    """

    def __init__(self) -> None:
        self.asked = False
        self._counters: list[Any] = []

    def watch(self, counter: Any) -> None:
        """Register a counter, which is run out on a request."""
        self._counters.append(counter)

    def ask(self) -> None:
        """Request it: sets that have started are finished, and no more are started."""
        self.asked = True
        for counter in self._counters:
            counter.value = 1 << 60


@dataclass(frozen=True, eq=False)
class Problem:
    """Initial value problems M dx/dt = f(t, x), x(0) = ``y0``, side by side in lanes, with output
    at ``times``, which increase from the start.

    ``y0`` and ``scale`` are (state, lane); ``scale``: typical size of each state, for absolute
    tolerances.  ``positive``: states that are amounts or volumes, ``volumes``: those that are
    volumes; ``accounted``: states with a share in the free energy, by default all.
    ``segment_ends`` (segment, lane): where each segment between breaks ends; the last is the end.
    ``constants`` of the kernel by segment, numbers or (lane,) arrays.  ``rows`` (lane, time, row):
    an array for the output, states and quadratures, or states alone; or None. ``runs``: number of
    runs in the whole scan.  ``curved``: whether a parameter is a formula of time.  ``energy``
    (lane,): a lower bound of the energy throughput [fJ]; ledger errors far below rtol of it do not
    matter.  ``inputs`` of the program by segment, where it has events, which may set some.
    ``temperature`` at the start [K], a number or (lane,).  ``kinks`` (segment, lane): whether
    nothing but slopes of parameters changes where a segment begins.
    """

    kernel: Kernel
    constants: Sequence[Sequence[Any]]
    segment_ends: Array
    y0: Array
    times: Array
    scale: Array
    positive: NDArray[np.bool_]
    volumes: NDArray[np.bool_]
    runs: int = 1
    curved: bool = False
    rows: Array | None = None
    cancel: Cancel = field(default_factory=Cancel)
    energy: Array | None = None
    accounted: NDArray[np.bool_] | None = None
    inputs: Sequence[Sequence[Any]] | None = None
    temperature: Any = BODY_TEMPERATURE
    kinks: NDArray[np.bool_] | None = None

    @property
    def lanes(self) -> int:
        return int(self.y0.shape[1])

    @property
    def rounding(self) -> Array:
        """Rounding error of the exergy (lane,) [fJ]: 1e-14 of RT Σn and of RT/F Σq."""
        accounted = np.ones(len(self.y0), dtype=bool) if self.accounted is None else self.accounted
        amounts = np.abs(self.y0[self.positive & accounted]).sum(axis=0)
        charges = self.scale[~self.positive & accounted].sum(axis=0)
        energy: Array = 1e-14 * GAS * self.temperature * (amounts + charges / FARADAY)
        return energy

    def zero_rounding(self, min_dissipation: Array) -> None:
        """Set powers (lane, process) [fW] to 0 that are negative by rounding only, as J·A is at
        rest.
        """
        span = (self.times[-1] - self.times[0]) or 1.0
        min_dissipation[
            (min_dissipation < 0) & (min_dissipation > -self.rounding[:, None] / span)
        ] = 0.0

    def stop_status(self, lane: int, status: Status, last: Array) -> Status:
        """The status of a lane that stopped at the states ``last``: where a volume was about to
        vanish it names that, whichever state the solver names.
        """
        with np.errstate(all="ignore"):
            left = np.where(self.volumes, last / self.scale[:, lane], np.inf)
        if not np.any(left < SHRUNK):
            return status
        which = int(np.nanargmin(left))
        return replace(
            status,
            message=f"{VANISHES}; {max(float(left[which]), 0.0):.1g} of it is left",
            state=which,
        )

    @property
    def max_step(self) -> Array:
        """The longest step (segment, lane): a 64th of the segment, with those before and after it
        between which only slopes change, where a protocol changes the energy, whose quadrature
        has no error estimate, or is a formula.
        """
        longest = np.full(self.segment_ends.shape, np.inf)
        before = np.concatenate([np.zeros((1, self.lanes)), self.segment_ends[:-1]])
        span = self.segment_ends - before
        if self.curved:
            return np.where(span > 0, self._pieces(span) / 64, np.inf)
        if not self.kernel.program.outputs["drift"]:
            return longest
        held = stacked(self.constants, self.lanes)
        y = np.broadcast_to(self.y0[:, None], (len(self.y0), *span.shape))
        drifts = [
            self.kernel.call("drift", before + share * span, y, held) for share in (0.37, 0.71)
        ]
        moves = np.any(np.abs(drifts) > 0, axis=(0, 1)) & (span > 0)
        longest[moves] = self._pieces(span)[moves] / 64
        return longest

    def _pieces(self, span: Array) -> Array:
        """Duration of the piece between jumps (segment, lane) that each segment belongs to."""
        if self.kinks is None or not self.kinks.any():
            return span
        pieces = np.empty_like(span)
        for lane in range(self.lanes):
            number = np.cumsum(~self.kinks[:, lane])
            pieces[:, lane] = np.bincount(number, span[:, lane])[number]
        return pieces

    @property
    def width(self) -> int:
        """Length of a row: states, then quadratures."""
        return sum(self.kernel.program.sizes)

    def constants_table(self) -> Array:
        """The constants as (lane, segment, constant), with at least one column."""
        table = np.empty((self.lanes, len(self.segment_ends), max(1, len(self.constants[0]))))
        for k, c in enumerate(stacked(self.constants, self.lanes)):
            table[:, :, k] = c.T
        return table

    def lane_constants(self, segment: int, lane: int) -> list[Any]:
        """The constants of one lane in one segment, as plain numbers."""
        return [float(c[lane]) if np.ndim(c) else c for c in self.constants[segment]]


def stacked(constants: Sequence[Sequence[Any]], lanes: int) -> list[Array]:
    """The constants of segments, each as an array (segment, lane), or (segment, 1) where lanes do
    not differ.
    """
    if plain(constants[0]):
        return [*np.array(constants).T[:, :, None]]
    columns = []
    for column in zip(*constants, strict=True):
        if any(map(np.ndim, column)):
            columns.append(np.array([np.broadcast_to(c, lanes) for c in column]))
        else:
            columns.append(np.array(column)[:, None])
    return columns


def bound(kernel: Kernel, inputs: Sequence[Sequence[Any]], lanes: int) -> list[Sequence[Any]]:
    """The constants of each segment, from its inputs, numbers or (lane,); of many segments all at
    once.
    """
    if len(inputs) <= _FEW_SEGMENTS:
        return [kernel.bind(p) for p in inputs]
    single, size = plain(inputs[0]), len(inputs)
    first, flat = inputs[0], list[Any]()
    for number, column in enumerate(zip(*inputs, strict=True)):
        if all(x is first[number] for x in column) and not np.ndim(first[number]):
            flat.append(first[number])
        elif single:
            flat.append(np.array(column))
        else:
            flat.append(np.concatenate([np.broadcast_to(x, lanes) for x in column]))
    constants = kernel.bind(flat)
    if single:
        table = np.array([np.broadcast_to(c, size) for c in constants]).reshape(-1, size)
        return [*table.T.tolist()]
    shaped = [c.reshape(size, lanes) if np.ndim(c) else c for c in constants]
    return [[c[k] if np.ndim(c) else c for c in shaped] for k in range(size)]


@dataclass(frozen=True, eq=False)
class Break:
    """A break in the course of a lane: its time, its ``event`` (None for a protocol), the states
    before and after, and ``settled``, the state to which constraints move the latter.  From there
    on the inputs of the scheduled ``segment`` hold, except those that events have ``set`` so far,
    by number.
    """

    time: float
    event: str | None
    before: Array
    after: Array
    segment: int
    set: Mapping[int, float]
    settled: Array | None = None


@dataclass(frozen=True, eq=False)
class Solution:
    """The trajectory of one lane, up to where it stopped.

    ``t`` (time,), ``y`` (state, time) at the output times reached; ``entries`` (entry, time): ∫
    power dt from the start [fJ] by ledger entry, integrated along the solver's own steps; ``drift``
    (store, time): ∫ ∂Ξ/∂t dt by protocols; ``uphill`` (energies, then times, of processes without
    proof, time); ``dissipation`` (process, time); ``min_dissipation`` (process,): the smallest
    dissipated power at any quadrature node [fW]; ``break_states`` (state, segment − 1): the states
    before breaks; ``steps`` accepted and ``rejected``; ``met``: the breaks, of a program with
    events.
    """

    t: Array
    y: Array
    entries: Array
    drift: Array
    uphill: Array
    dissipation: Array
    min_dissipation: Array
    break_states: Array
    steps: int
    rejected: int
    status: Status
    met: tuple[Break, ...] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """Solutions side by side: ``rows`` (lane, time, row) with states and quadratures, or states
    alone, NaN from where a lane stopped; ``end`` (lane, row): both at the end; ``break_states``
    (lane, segment − 1, state): before breaks; ``min_dissipation`` (lane, process); ``statuses``,
    ``steps``, ``rejected`` by lane. Of a program with events ``met``, the breaks of each lane, and
    ``reset``, the states after breaks; with constraints ``settled``, the states to which these
    then move.
    """

    times: Array
    rows: Array
    end: Array
    break_states: Array
    min_dissipation: Array
    statuses: list[Status]
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    sizes: tuple[int, ...]  # of states and each group of quadratures
    met: list[list[Break]] | None = None
    reset: Array | None = None
    settled: Array | None = None

    @property
    def after_breaks(self) -> Array:
        """States (lane, segment − 1, state) after breaks, before constraints are applied."""
        return self.break_states if self.reset is None else self.reset

    @property
    def segment_starts(self) -> Array:
        """States (lane, segment − 1, state) from which segments after breaks start."""
        return self.after_breaks if self.settled is None else self.settled

    def group(self, which: int) -> Array:
        """States (0), entries (1), drift (2), uphill (3) or dissipation (4) as (member, time,
        lane).
        """
        first = sum(self.sizes[:which])
        group: Array = self.rows[:, :, first : first + self.sizes[which]].transpose(2, 1, 0)
        return group

    @cached_property
    def y(self) -> Array:
        """States (state, time, lane)."""
        return np.ascontiguousarray(self.group(0))

    def solution(self, lane: int) -> Solution:
        """One lane, cut off where it stopped."""
        status = self.statuses[lane]
        count = len(self.times) if status.ok else reached(self.times, status.time)
        y, entries, drift, uphill, dissipation = (self.group(k)[:, :count, lane] for k in range(5))
        steps, rejected = int(self.steps[lane]), int(self.rejected[lane])
        return Solution(
            self.times[:count], y, entries, drift, uphill, dissipation,
            self.min_dissipation[lane], self.break_states[lane].T, steps, rejected, status,
            tuple(self.met[lane]) if self.met else (),
        )  # fmt: skip

    def lane(self, lane: int) -> Block:
        """The block of one lane."""
        at = slice(lane, lane + 1)
        statuses = self.statuses[lane : lane + 1]
        block = Block(
            self.times,
            self.rows[at],
            self.end[at],
            self.break_states[at],
            self.min_dissipation[at],
            statuses,
            self.steps[at],
            self.rejected[at],
            self.sizes,
        )
        if self.settled is not None:
            block = replace(block, settled=self.settled[at])
        return (
            block
            if self.met is None
            else replace(block, met=self.met[at], reset=self.after_breaks[at])
        )

    def ends(self) -> Block:
        """The same with the first and the last time alone, and with all quadratures."""
        rows = np.zeros((len(self.rows), 2, self.end.shape[1]))
        rows[:, 0, : self.sizes[0]] = self.rows[:, 0, : self.sizes[0]]
        rows[:, 1] = self.end
        return replace(self, times=self.times[[0, -1]], rows=rows)


def reached(times: Array, time: float) -> int:
    """How many output times a lane that stopped at ``time`` has come to."""
    return max(1, int(np.searchsorted(times, time, side="right")))


def empty(problem: Problem) -> Block:
    """Arrays for the solutions of a problem: NaN, not started."""
    lanes, segments, sizes = problem.lanes, len(problem.segment_ends), problem.kernel.program.sizes
    rows = (
        np.empty((lanes, len(problem.times), problem.width))
        if problem.rows is None
        else problem.rows
    )
    break_states = np.full((lanes, segments - 1, sizes[0]), np.nan)
    counts = np.zeros((2, lanes), dtype=np.int64)
    waiting = [WAITING] * lanes
    end = np.full((lanes, problem.width), np.nan)
    return Block(
        problem.times,
        rows,
        end,
        break_states,
        np.zeros((lanes, sizes[-1])),
        waiting,
        counts[0],
        counts[1],
        sizes,
    )
