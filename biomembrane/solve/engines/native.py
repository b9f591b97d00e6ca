"""The native engine: Rodas5P in lanes of machine code."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...compile.machine_code.module import CompiledModel, Sets, native
from ...compile.program import Program
from ...compile.rosenbrock import tableau
from ..constraints import meet
from ..engine_protocols import check_count, check_tolerances
from ..event_effects import NO_NUMBER, EventEffects
from ..problem import ROUNDING, Block, Problem, empty, reached
from ..status import WAITING, Outcome, Status

_ENDS = {  # by status in the driver's record
    tableau.TOO_MANY: (Outcome.TOO_MANY_STEPS, "{most:.0f} attempted steps were not enough"),
    tableau.COLLAPSED: (Outcome.COLLAPSED, "the step became too small"),
    tableau.NOT_FINITE: (Outcome.NOT_FINITE, "a rate, a stage or the Jacobian is not finite"),
    tableau.NEGATIVE: (Outcome.NEGATIVE, "it would fall below zero in the next step"),
    tableau.OPEN: (Outcome.OPEN_BOOKS, "the energy books cannot be kept open"),
    tableau.BLIND: (Outcome.NOT_FINITE, NO_NUMBER),
}


@dataclass(frozen=True)
class Native:
    """``Native(rtol=1e-8)``: the default solver.

    ``atol`` is a share of rtol times the typical size of each state; ``max_steps`` is how many
    steps a lane may attempt for each segment between breaks that it has started; ``threads``
    0 means one a core. A lane of a scan has the same bits whatever the order of the lanes, the
    chunks and the number of threads; a run alone, on fewer lanes at a time, equals it to about
    1e-12.
    """

    rtol: float = 1e-8
    atol: float = 1e-3
    max_steps: int = 100_000
    threads: int = 0

    def __post_init__(self) -> None:
        check_tolerances(self, "Native")
        for name, minimum in (("max_steps", 1), ("threads", 0)):
            check_count(self, "Native", name, minimum)

    @property
    def careful(self) -> bool:
        """Whether it corrects the powers of slaved processes."""
        return True

    def alone(self) -> Native:
        """The same on one thread."""
        return replace(self, threads=1)

    def at(self, rtol: float) -> Native:
        """The same with another relative tolerance."""
        return replace(self, rtol=rtol)

    def prepare(self, program: Program, lanes: int) -> NativeProgram:
        """Machine code for so many lanes, built once for few and once for many."""
        return NativeProgram(self, program, lanes)

    def solve(self, problem: Problem) -> Block:
        """Prepare the program of a problem and integrate it."""
        return self.prepare(problem.kernel.program, problem.runs).integrate(problem)


class NativeProgram:
    """Machine code of a program, with the settings by which it integrates."""

    def __init__(self, settings: Native, program: Program, lanes: int) -> None:
        self.settings, self.program, self.lanes = settings, program, lanes
        self.machine = native(program, lanes)

    def __reduce__(self) -> tuple[Any, ...]:
        return NativeProgram, (self.settings, self.program, self.lanes)

    def integrate(self, problem: Problem) -> Block:
        """See :class:`~biomembrane.solve.engine_protocols.Compiled`.

        One thread; :mod:`..lane_batches` runs several blocks at once.
        """
        block, machine = empty(problem), self.machine
        sets = self._sets(machine, problem, block)
        block.rows[:, 0, :] = 0.0
        block.rows[:, 0, : len(problem.y0)] = problem.y0.T
        if problem.times[-1] > problem.times[0]:
            counter = ctypes.c_int64(0)
            problem.cancel.watch(counter)
            if self.program.events:
                return self._through(block, sets, problem, counter)
            if not problem.cancel.asked:
                machine.run(sets, counter)
            block = self._settled(block, sets, problem)
        else:
            sets.record[:] = 0.0
            block.end[:] = 0.0
            block.end[:, : len(problem.y0)] = problem.y0.T
        return self._finished(block, sets, problem)

    def _sets(self, machine: CompiledModel, problem: Problem, block: Block) -> Sets:
        segments, lanes = problem.segment_ends.shape
        settings = self.settings
        tolerance = settings.rtol * settings.atol * problem.scale.T
        floor = np.where(problem.positive, -ROUNDING * problem.scale.T, -1e300)
        dust = tableau.PAST * problem.rounding
        if problem.energy is not None:
            dust += tableau.PAST * settings.rtol * problem.energy
        ends = np.empty((lanes, segments, 2))
        longest = problem.max_step
        if problem.kinks is not None:
            longest = np.where(problem.kinks, -longest, longest)  # the driver's mark
        ends[:, :, 0], ends[:, :, 1] = problem.segment_ends.T, longest.T
        return Sets(
            machine, problem.constants_table(), ends, problem.y0.T, tolerance, floor, dust,
            problem.times,
            block.rows, block.end, block.break_states, block.min_dissipation,
            rtol=settings.rtol, limit=settings.max_steps,
        )  # fmt: skip

    def _through(self, block: Block, sets: Sets, problem: Problem, counter: Any) -> Block:
        """Run lanes through their events: those that met one continue from the state it set, until
        none does.
        """
        size, stopped = len(problem.y0), dict[int, Status]()
        settled = sets.settled if self.program.algebraic else None
        effects, min_dissipation = (
            EventEffects(problem, sets.constants, block.break_states, settled),
            np.full_like(block.min_dissipation, np.inf),
        )
        block.end[:, size:], sets.start = (
            0.0,
            sets.start.copy(),
        )  # before the first call, which takes its address
        while len(sets.order):
            counter.value = 0
            if problem.cancel.asked:
                sets.record[sets.order, 0] = tableau.WAITING
                break
            self.machine.run(sets, counter)
            if settled is not None:
                self._resumed(block, sets, effects)
            min_dissipation[sets.order] = np.minimum(
                min_dissipation[sets.order], block.min_dissipation[sets.order]
            )
            lanes = sets.order[sets.record[sets.order, 0] == tableau.EVENT]
            which, times = sets.record[lanes, 3].astype(np.int64), sets.record[lanes, 4]
            after = effects.fire(lanes, which, times, block.end[lanes, :size].T)
            failures = effects.wrong(lanes, times, after)
            stopped |= failures
            if failures:
                going = ~np.isin(lanes, [*failures])
                lanes, which, times, after = (
                    lanes[going],
                    which[going],
                    times[going],
                    after[:, going],
                )
            self._go_on(block, sets, problem, lanes, which, times, after)
            self._end(block, sets, problem, effects)
            going = np.isin(lanes, sets.order)
            ended = effects.ended(sets.order, which[going], times[going])
            stopped |= ended
            sets.order = np.setdiff1d(sets.order, [*ended])
        block.min_dissipation[:] = min_dissipation
        block = self._finished(self._settled(block, sets, problem), sets, problem, stopped)
        return replace(block, met=effects.finished(block.statuses))

    @staticmethod
    def _resumed(block: Block, sets: Sets, effects: EventEffects) -> None:
        """Record where constraints moved states after events; an output at that time shows it."""
        lanes = sets.order[[bool(effects.met[lane]) for lane in sets.order.tolist()]]
        effects.settle(lanes, sets.start[lanes])
        for lane in lanes.tolist():
            at = np.flatnonzero(block.times == effects.met[lane][-1].time)
            block.rows[lane, at, : sets.start.shape[1]] = sets.start[lane]

    @staticmethod
    def _settled(block: Block, sets: Sets, problem: Problem) -> Block:
        """With the states to which constraints moved those at breaks of protocols, which an output
        at that time shows; unchanged without constraints.
        """
        if not sets.settled.size:
            return block
        shown = np.isin(problem.segment_ends[:-1], block.times)
        for segment in np.flatnonzero(shown.any(axis=1)).tolist():
            ends = problem.segment_ends[segment]
            lanes = np.flatnonzero(shown[segment] & np.isfinite(sets.settled[:, segment, 0]))
            at = np.searchsorted(block.times, ends[lanes])
            block.rows[lanes, at, : sets.start.shape[1]] = sets.settled[lanes, segment]
        return replace(block, settled=sets.settled)

    @staticmethod
    def _go_on(
        block: Block, sets: Sets, problem: Problem, lanes: Any, which: Any, times: Any, after: Any
    ) -> None:
        """Let lanes resume after their events; an output at the time of an event shows the state
        after it.
        """
        size, grid = len(after), problem.times
        next_, segment = (
            np.searchsorted(grid, times, side="right"),
            (problem.segment_ends[:-1, lanes] <= times).sum(axis=0),
        )
        sets.order, sets.start[lanes] = lanes, after.T
        left = np.empty((len(lanes), sets.left.shape[1]))
        left[:, 0], left[:, 1], left[:, 2], left[:, 5] = times, segment, next_, which
        left[:, 3:5], left[:, 6:] = sets.record[lanes, 1:3], block.end[lanes, size:]
        sets.left[lanes] = left
        at = grid[next_ - 1] == times
        if at.any():
            block.rows[lanes[at], next_[at] - 1, :size] = after[:, at].T

    @staticmethod
    def _end(block: Block, sets: Sets, problem: Problem, effects: EventEffects) -> None:
        """End lanes whose last event was at the end of the run; constraints are applied there
        too.
        """
        last = sets.order[sets.left[sets.order, 0] >= problem.times[-1]]
        if not len(last):
            return
        after = sets.start[last].T.copy()
        if problem.kernel.program.algebraic:
            held = list(effects.held[last, -1].T)
            meet(
                problem.kernel,
                held,
                after,
                problem.scale[:, last],
                problem.positive,
                slice(0, len(last)),
                {"lane": len(last)},
            )
            effects.settle(last, after.T)
        sets.order, sets.record[last, 0] = np.setdiff1d(sets.order, last), tableau.DONE
        block.end[last, : len(after)] = block.rows[last, -1, : len(after)] = after.T

    def _finished(
        self,
        block: Block,
        sets: Sets,
        problem: Problem,
        stopped: Mapping[int, Status] | None = None,
    ) -> Block:
        """With statuses and counts; ``stopped``: lanes that an event left in an invalid state."""
        record = sets.record
        done = Status(Outcome.DONE, float(block.times[-1]))
        block.statuses[:] = [done] * len(record)
        for k in np.flatnonzero(record[:, 0]):
            status = (stopped or {}).get(int(k)) or self._status(*record[k])
            if status is not WAITING and k not in (stopped or {}):
                status = problem.stop_status(int(k), status, block.end[k, : len(problem.y0)])
            block.statuses[k] = status
            block.end[k] = np.nan
            block.rows[k, 0 if status is WAITING else reached(block.times, status.time) :] = np.nan
        block.min_dissipation[block.min_dissipation > 1e299] = 0.0
        problem.zero_rounding(block.min_dissipation)
        block.rejected[:] = record[:, 2]
        block.steps[:] = record[:, 1] - record[:, 2]
        return block

    def _status(self, kind: float, steps: float, _: float, state: float, time: float) -> Status:
        """Status of a lane that is not done, from its record."""
        if kind == tableau.WAITING:
            return WAITING
        outcome, reason = _ENDS[int(kind)]
        event = self.program.events[int(state)].name if kind == tableau.BLIND else ""
        numbers = {
            "solver": "Native(",
            "more": 10 * self.settings.max_steps,
            "rtol": self.settings.rtol / 100,
        }
        message = outcome.because(reason.format(most=steps - 1, event=event), **numbers)
        return Status(outcome, float(time), message, None if event else int(state))
