"""What a solver is given and what it gives back: arrays and a status, no names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..compile.numpy import Kernel

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """One initial value problem: dx/dt = rhs(t, x), x(0) = ``y0``, output at ``times`` (increasing, from the start).

    ``scale``: typical size of each state, for absolute tolerances.  ``positive``: states that are amounts or volumes.  ``constants``: of
    the kernel at these parameters.  ``progress``: told the share of the time span done after each step.
    """

    kernel: Kernel
    constants: Sequence[Any]
    y0: Array
    times: Array
    scale: Array
    positive: NDArray[np.bool_]
    progress: Callable[[float], None] | None = None


@dataclass(frozen=True)
class Status:
    """How a run ended: ``kind`` is done, not finite, collapsed, negative or too many steps; ``state`` the index at fault, if any."""

    kind: str
    time: float
    message: str = ""
    state: int | None = None

    @property
    def ok(self) -> bool:
        return self.kind == "done"


@dataclass(frozen=True, eq=False)
class Solution:
    """Trajectory up to where the solver came.

    ``t`` (time,), ``y`` (state, time) at the output times reached; ``entries`` (entry, time): ∫ power dt from the start [fJ] for each ledger
    entry, integrated along the solver's own steps; ``dissipation`` (process, time) likewise; ``least`` (process,): the smallest
    dissipated power met at any node of the quadrature [fW]; ``steps``: their boundaries.
    """

    t: Array
    y: Array
    entries: Array
    dissipation: Array
    least: Array
    steps: Array
    status: Status
    evaluations: int


class Solver(Protocol):
    """Frozen settings and one method.

    ``solve(problem)`` integrates with dense output, so that output times never change the steps, and integrates the ledger along its
    own steps.  It stops on a non-finite value, a step that collapses or an amount below zero, and then gives back all it has up to
    there with a status that says why.  It never clips a state.
    """

    @property
    def rtol(self) -> float: ...

    def solve(self, problem: Problem) -> Solution: ...
