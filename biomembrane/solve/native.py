"""The native engine: Rodas5P in lanes of machine code, on all cores."""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .. import errors
from ..compile import rodas
from ..compile.native import Sets, native
from .problem import Array, Problem, Solution, Status, check_tolerances

_CHUNK = 512  # sets that one buffer takes at a time
_KINDS = {
    rodas.DONE: ("done", ""), rodas.TOO_MANY: ("too many steps", "{most} attempted steps were not enough"),
    rodas.COLLAPSED: ("collapsed", "the step became too small"), rodas.NOT_FINITE: ("not finite", "a rate, a stage or the Jacobian is not finite"),
    rodas.NEGATIVE: ("negative", "it would fall below zero in the next step"),
}  # fmt: skip


@dataclass(frozen=True)
class Native:
    """``Native(rtol=1e-8)``: the default solver.

    ``atol`` is a share of rtol times the typical size of each state; ``max_steps`` counts attempts of a lane; ``threads`` 0 means one a core.
    A single run is a lane like any other, and a batch equals its singles whatever the order of the lanes and the number of threads.
    """

    rtol: float = 1e-8
    atol: float = 1e-3
    max_steps: int = 100_000
    threads: int = 0

    def __post_init__(self) -> None:
        check_tolerances(self, "Native")
        for name, least in (("max_steps", 1), ("threads", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise errors.BadSettings(where=f"Native({name}=…)", wanted=f"a whole number from {least} on", got=repr(value))

    def solve(self, problem: Problem) -> list[Solution]:
        """See :class:`~biomembrane.solve.problem.Solver`."""
        made: list[Solution] = []
        for first in range(0, problem.lanes, _CHUNK):
            lanes = slice(first, min(first + _CHUNK, problem.lanes))
            sets = self._sets(problem, lanes)
            if problem.times[-1] > problem.times[0]:
                self._run(problem, sets)
            made += [self._solution(problem, sets, k) for k in range(len(sets.start))]
            if problem.progress is not None:
                problem.progress(lanes.stop / problem.lanes)
        return made

    def _sets(self, problem: Problem, lanes: slice) -> Sets:
        machine = native(problem.kernel.program)
        count = lanes.stop - lanes.start
        constants = np.empty((count, max(1, len(problem.constants))))
        for k, c in enumerate(problem.constants):
            constants[:, k] = c[lanes] if np.ndim(c) else c
        tolerance = self.rtol * self.atol * problem.scale[:, lanes].T
        floor = np.where(problem.positive, -10 * tolerance, -1e300)
        made = Sets(machine, constants, problem.y0[:, lanes].T, tolerance, floor, problem.times, rtol=self.rtol, limit=self.max_steps)
        made.out[:, 0, :] = 0.0
        made.out[:, 0, : machine.shape.states] = made.start
        return made

    def _run(self, problem: Problem, sets: Sets) -> None:
        machine = native(problem.kernel.program)
        counter = ctypes.c_int64(0)
        workers = min(self.threads or os.cpu_count() or 1, -(-len(sets.start) // 8))
        if workers == 1:
            machine.run(sets, counter)
            return
        with ThreadPoolExecutor(workers) as pool:
            for task in [pool.submit(machine.run, sets, counter) for _ in range(workers)]:
                task.result()

    def _solution(self, problem: Problem, sets: Sets, k: int) -> Solution:
        states, entries = len(problem.y0), len(problem.kernel.program.outputs["entry"])
        kind, steps, rejected, state, time = sets.record[k]
        name, message = _KINDS[int(kind)]
        reached = len(problem.times) if kind == rodas.DONE else max(1, int(np.searchsorted(problem.times, time, side="right")))
        rows: Array = sets.out[k, :reached].T
        status = Status(
            name,
            float(time),
            message.format(most=self.max_steps),
            int(state) if kind in (rodas.NEGATIVE, rodas.NOT_FINITE, rodas.COLLAPSED) else None,
        )
        dissipation = rows[states + entries :]
        least = np.where(sets.least[k] > 1e299, 0.0, sets.least[k])
        return Solution(
            problem.times[:reached], rows[:states], rows[states : states + entries], dissipation, least, int(steps - rejected), int(rejected), status
        )
