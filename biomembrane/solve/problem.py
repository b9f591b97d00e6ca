"""What a solver is given and what it gives back: arrays and a status, no names."""

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
MANY = 3  # runs from which on an engine computes several side by side
VANISHES = "the volume goes to 0, for what is inside does not hold water against what is outside"
SHRUNK = 1e-6  # of the typical volume: what is left where a compartment runs dry
ROUNDING = 1e-14  # of the typical size of an amount: how far below zero it may lie


def books_limit(rtol: float) -> float:
    """What the residual of the ledger may be of the energy that passed."""
    return max(10 * rtol, 1e-9)


class Cancel:
    """A request to stop.

    Work in machine code draws its next set from a counter; those that are registered are run out.
    """

    def __init__(self) -> None:
        self.asked = False
        self._counters: list[Any] = []

    def watch(self, counter: Any) -> None:
        """Run this counter out, too, when asked."""
        self._counters.append(counter)

    def ask(self) -> None:
        """Let sets that have begun finish, and begin no more."""
        self.asked = True
        for counter in self._counters:
            counter.value = 1 << 60


@dataclass(frozen=True, eq=False)
class Problem:
    """Initial value problems dx/dt = rhs(t, x), x(0) = ``y0``, side by side in lanes; output at
    ``times`` (increasing, from the start).

    ``y0`` and ``scale`` are (state, lane); ``scale`` is a typical size of each state, for absolute
    tolerances.  ``positive``: states that are amounts or volumes, ``volumes`` those among them that
    are volumes; ``accounted``: states that have a share in the free energy, all unless it is given.
    ``stops`` (part, lane): where each part of a run ends; the last is the end.  ``constants``: of
    the kernel, part by part, numbers or (lane,) arrays.  ``rows`` (lane, time, row): where to
    write, states and quadratures, or states alone; or None. ``runs``: how many there are in the
    whole scan that these lanes are part of.  ``energy`` (lane,): what passes at least [fJ]; errors
    of the ledger far below rtol of it do not matter.  ``inputs``: of the kernel's program, part by
    part, where it has events; their events may set some.  ``temperature`` at the start [K], a
    number or (lane,).
    """

    kernel: Kernel
    constants: Sequence[Sequence[Any]]
    stops: Array
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

    @property
    def lanes(self) -> int:
        return int(self.y0.shape[1])

    @property
    def rounding(self) -> Array:
        """By lane, energies [fJ] that the exergy cannot tell from rounding: 1e-14 of RT Σn and of
        RT/F Σq.
        """
        accounted = np.ones(len(self.y0), dtype=bool) if self.accounted is None else self.accounted
        amounts = np.abs(self.y0[self.positive & accounted]).sum(axis=0)
        charges = self.scale[~self.positive & accounted].sum(axis=0)
        energy: Array = 1e-14 * GAS * self.temperature * (amounts + charges / FARADAY)
        return energy

    def hush(self, least: Array) -> None:
        """Set powers (lane, process) [fW] to 0 that are below it by no more than rounding, as J·A
        is where both rest.
        """
        span = (self.times[-1] - self.times[0]) or 1.0
        least[(least < 0) & (least > -self.rounding[:, None] / span)] = 0.0

    def stopped(self, lane: int, status: Status, last: Array) -> Status:
        """The status of a lane that stopped at the states ``last``: of a volume that was about to
        vanish, whichever state the solver blamed.
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
    def longest(self) -> Array:
        """The longest step in each part (part, lane): a 64th where a protocol moves the energy, of
        which no error is told, or is a formula.
        """
        longest = np.full(self.stops.shape, np.inf)
        before = np.concatenate([np.zeros((1, self.lanes)), self.stops[:-1]])
        if self.curved:
            return np.where(self.stops > before, (self.stops - before) / 64, np.inf)
        if not self.kernel.program.outputs["drift"]:
            return longest
        for part in range(len(self.stops)):
            span = self.stops[part] - before[part]
            drifts = [
                self.kernel.call(
                    "drift", before[part] + share * span, self.y0, self.constants[part]
                )
                for share in (0.37, 0.71)
            ]
            moves = np.any(np.abs(drifts) > 0, axis=(0, 1)) & (span > 0)
            longest[part, moves] = span[moves] / 64
        return longest

    @property
    def width(self) -> int:
        """Length of a row: states, then quadratures."""
        return sum(self.kernel.program.sizes)

    def table(self) -> Array:
        """The constants as (lane, part, constant); with one column where there is none."""
        table = np.empty((self.lanes, len(self.stops), max(1, len(self.constants[0]))))
        for part, values in enumerate(self.constants):
            if plain(values):
                table[:, part, : len(values)] = values
                continue
            for k, c in enumerate(values):
                table[:, part, k] = c
        return table

    def lane_constants(self, part: int, lane: int) -> list[Any]:
        """The constants of one lane in one part, as plain numbers."""
        return [float(c[lane]) if np.ndim(c) else c for c in self.constants[part]]


@dataclass(frozen=True, eq=False)
class Met:
    """A break that a lane met: when, of which ``event`` (None of a protocol), the states on both
    sides, and ``settled``, to which constraints move them; from there on the inputs of the
    scheduled ``part`` hold, but those that events have ``set`` so far, by their numbers.
    """

    time: float
    event: str | None
    before: Array
    after: Array
    part: int
    set: Mapping[int, float]
    settled: Array | None = None


@dataclass(frozen=True, eq=False)
class Solution:
    """The trajectory of one lane, up to where the solver came.

    ``t`` (time,), ``y`` (state, time) at the output times reached; ``entries`` (entry, time): ∫
    power dt from the start [fJ] for each ledger entry, integrated along the solver's own steps;
    ``drift`` (store, time): ∫ ∂Ξ/∂t dt of what a protocol changes; ``uphill`` (energies, then
    times, of processes without proof, time); ``dissipation`` (process, time); ``least`` (process,):
    the smallest dissipated power met at any node of the quadrature [fW]; ``turns`` (state, part −
    1): the states at breaks; ``steps`` accepted and ``rejected``; ``met``: the breaks that it met,
    of a program with events.
    """

    t: Array
    y: Array
    entries: Array
    drift: Array
    uphill: Array
    dissipation: Array
    least: Array
    turns: Array
    steps: int
    rejected: int
    status: Status
    met: tuple[Met, ...] = ()


@dataclass(frozen=True, eq=False)
class Block:
    """Solutions side by side: ``rows`` (lane, time, row) with states and quadratures, or states
    alone, NaN where a lane did not come; ``end`` (lane, row) both at the end; ``turns`` (lane, part
    − 1, state); ``least`` (lane, process); ``statuses``, ``steps``, ``rejected`` by lane. Of a
    program with events ``met``, the breaks that each lane met, and ``reset``, the states after them
    where events set states; with constraints ``settled``, the states to which these move them then.
    """

    times: Array
    rows: Array
    end: Array
    turns: Array
    least: Array
    statuses: list[Status]
    steps: NDArray[np.int64]
    rejected: NDArray[np.int64]
    sizes: tuple[int, ...]  # of states and each group of quadratures
    met: list[list[Met]] | None = None
    reset: Array | None = None
    settled: Array | None = None

    @property
    def given(self) -> Array:
        """States (lane, part − 1, state) after breaks, before constraints are met again."""
        return self.turns if self.reset is None else self.reset

    @property
    def onsets(self) -> Array:
        """States (lane, part − 1, state) from which the parts after breaks begin."""
        return self.given if self.settled is None else self.settled

    def part(self, which: int) -> Array:
        """States (0), entries (1), drift (2), uphill (3) or dissipation (4) as (member, time,
        lane).
        """
        first = sum(self.sizes[:which])
        group: Array = self.rows[:, :, first : first + self.sizes[which]].transpose(2, 1, 0)
        return group

    @cached_property
    def y(self) -> Array:
        """States (state, time, lane)."""
        return np.ascontiguousarray(self.part(0))

    def solution(self, lane: int) -> Solution:
        """One lane, cut off where it stopped."""
        status = self.statuses[lane]
        reached = len(self.times) if status.ok else come(self.times, status.time)
        y, entries, drift, uphill, dissipation = (self.part(k)[:, :reached, lane] for k in range(5))
        steps, rejected = int(self.steps[lane]), int(self.rejected[lane])
        return Solution(
            self.times[:reached], y, entries, drift, uphill, dissipation, self.least[lane],
            self.turns[lane].T, steps, rejected, status,
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
            self.turns[at],
            self.least[at],
            statuses,
            self.steps[at],
            self.rejected[at],
            self.sizes,
        )
        if self.settled is not None:
            block = replace(block, settled=self.settled[at])
        return block if self.met is None else replace(block, met=self.met[at], reset=self.given[at])

    def ends(self) -> Block:
        """The same with the first and the last time alone, and with all quadratures."""
        rows = np.zeros((len(self.rows), 2, self.end.shape[1]))
        rows[:, 0, : self.sizes[0]] = self.rows[:, 0, : self.sizes[0]]
        rows[:, 1] = self.end
        return replace(self, times=self.times[[0, -1]], rows=rows)


def come(times: Array, time: float) -> int:
    """How many output times a lane that stopped at ``time`` has come to."""
    return max(1, int(np.searchsorted(times, time, side="right")))


def empty(problem: Problem) -> Block:
    """Room for the solutions of a problem: NaN, not begun."""
    lanes, parts, sizes = problem.lanes, len(problem.stops), problem.kernel.program.sizes
    rows = (
        np.empty((lanes, len(problem.times), problem.width))
        if problem.rows is None
        else problem.rows
    )
    turns = np.full((lanes, parts - 1, sizes[0]), np.nan)
    counts = np.zeros((2, lanes), dtype=np.int64)
    waiting = [WAITING] * lanes
    end = np.full((lanes, problem.width), np.nan)
    return Block(
        problem.times,
        rows,
        end,
        turns,
        np.zeros((lanes, sizes[-1])),
        waiting,
        counts[0],
        counts[1],
        sizes,
    )
