"""The native engine: Rodas5P in lanes of machine code."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from ..compile import rodas
from ..compile.native import Native as Machine
from ..compile.native import Sets, native
from ..compile.numpy import Kernel, plain
from .problem import ROUNDING, Block, Problem, check_count, check_tolerances, come, empty
from .status import WAITING, Outcome, Status

_ENDS = {  # by what the driver records
    rodas.TOO_MANY: (Outcome.TOO_MANY_STEPS, "{most:.0f} attempted steps were not enough"),
    rodas.COLLAPSED: (Outcome.COLLAPSED, "the step became too small"),
    rodas.NOT_FINITE: (Outcome.NOT_FINITE, "a rate, a stage or the Jacobian is not finite"),
    rodas.NEGATIVE: (Outcome.NEGATIVE, "it would fall below zero in the next step"),
    rodas.OPEN: (Outcome.OPEN_BOOKS, "the energy books cannot be kept open"),
}


@dataclass(frozen=True)
class Native:
    """``Native(rtol=1e-8)``: the default solver.

    ``atol`` is a share of rtol times the typical size of each state; ``max_steps`` is how many steps a lane may attempt for each part of its run
    between breaks that it has begun; ``threads`` 0 means one a core.
    A lane of a scan has the same bits whatever the order of the lanes, the chunks and the number of threads; a run alone, on fewer lanes at a
    time, equals it to about 1e-12.
    """

    rtol: float = 1e-8
    atol: float = 1e-3
    max_steps: int = 100_000
    threads: int = 0

    def __post_init__(self) -> None:
        check_tolerances(self, "Native")
        for name, least in (("max_steps", 1), ("threads", 0)):
            check_count(self, "Native", name, least)

    @staticmethod
    def load(kernel: Kernel, runs: int) -> None:
        """Have the machine code ready, so that threads do not build it twice."""
        native(kernel.program, runs)

    def solve(self, problem: Problem) -> Block:
        """See :class:`~biomembrane.solve.problem.Solver`.  One thread; :mod:`.stream` runs several blocks at once."""
        made = empty(problem)
        machine = native(problem.kernel.program, problem.runs)
        sets = self._sets(machine, problem, made)
        made.rows[:, 0, :] = 0.0
        made.rows[:, 0, : len(problem.y0)] = problem.y0.T
        if problem.times[-1] > problem.times[0]:
            counter = ctypes.c_int64(0)
            problem.cancel.watch(counter)
            if not problem.cancel.asked:
                machine.run(sets, counter)
        else:
            sets.record[:] = 0.0
            made.end[:] = 0.0
            made.end[:, : len(problem.y0)] = problem.y0.T
        return self._finished(made, sets, problem)

    def _sets(self, machine: Machine, problem: Problem, made: Block) -> Sets:
        parts, lanes = problem.stops.shape
        constants = np.empty((lanes, parts, max(1, len(problem.constants[0]))))
        for part, values in enumerate(problem.constants):
            if plain(values):
                constants[:, part, : len(values)] = values
                continue
            for k, c in enumerate(values):
                constants[:, part, k] = c
        tolerance = self.rtol * self.atol * problem.scale.T
        floor = np.where(problem.positive, -ROUNDING * problem.scale.T, -1e300)
        dust = rodas.PAST * problem.rounding
        if problem.energy is not None:
            dust += rodas.PAST * self.rtol * problem.energy
        ends = np.empty((lanes, parts, 2))
        ends[:, :, 0], ends[:, :, 1] = problem.stops.T, problem.longest.T
        return Sets(
            machine, constants, ends, problem.y0.T, tolerance, floor, dust, problem.times, made.rows, made.end, made.turns, made.least,
            rtol=self.rtol, limit=self.max_steps,
        )  # fmt: skip

    def _finished(self, made: Block, sets: Sets, problem: Problem) -> Block:
        record = sets.record
        done = Status(Outcome.DONE, float(made.times[-1]))
        made.statuses[:] = [done] * len(record)
        for k in np.flatnonzero(record[:, 0]):
            status = self._status(*record[k])
            if status is not WAITING:
                status = problem.stopped(int(k), status, made.end[k, : len(problem.y0)])
            made.statuses[k] = status
            made.end[k] = np.nan
            made.rows[k, 0 if status is WAITING else come(made.times, status.time) :] = np.nan
        made.least[made.least > 1e299] = 0.0
        problem.hush(made.least)
        made.rejected[:] = record[:, 2]
        made.steps[:] = record[:, 1] - record[:, 2]
        return made

    def _status(self, kind: float, steps: float, _: float, state: float, time: float) -> Status:
        """How a lane ended that is not done, from its record."""
        if kind == rodas.WAITING:
            return WAITING
        outcome, reason = _ENDS[int(kind)]
        settings = {"solver": "Native(", "more": 10 * self.max_steps, "rtol": self.rtol / 100}
        return Status(outcome, float(time), outcome.because(reason.format(most=steps - 1), **settings), int(state))
