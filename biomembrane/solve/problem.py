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
    """Initial value problems dx/dt = rhs(t, x), x(0) = ``y0``, side by side in lanes; output at ``times`` (increasing, from the start).

    ``y0`` and ``scale`` are (state, lane); ``scale`` is a typical size of each state, for absolute tolerances.  ``positive``: states that are
    amounts or volumes.  ``constants``: of the kernel, numbers or (lane,) arrays.  ``progress``: told the share that is done.
    """

    kernel: Kernel
    constants: Sequence[Any]
    y0: Array
    times: Array
    scale: Array
    positive: NDArray[np.bool_]
    progress: Callable[[float], None] | None = None

    @property
    def lanes(self) -> int:
        return int(self.y0.shape[1])

    def lane_constants(self, lane: int) -> list[Any]:
        """The constants of one lane, as plain numbers."""
        return [float(c[lane]) if np.ndim(c) else c for c in self.constants]


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
    """The trajectory of one lane, up to where the solver came.

    ``t`` (time,), ``y`` (state, time) at the output times reached; ``entries`` (entry, time): ∫ power dt from the start [fJ] for each ledger
    entry, integrated along the solver's own steps; ``dissipation`` (process, time) likewise; ``least`` (process,): the smallest
    dissipated power met at any node of the quadrature [fW]; ``steps`` accepted and ``rejected``.
    """

    t: Array
    y: Array
    entries: Array
    dissipation: Array
    least: Array
    steps: int
    rejected: int
    status: Status


class Solver(Protocol):
    """Frozen settings and one method.

    ``solve(problem)`` integrates every lane with dense output, so that output times never change the steps, and integrates the ledger
    along its own steps.  A lane stops on a non-finite value, a step that collapses or an amount below zero, and then gives back all it
    has up to there with a status that says why; the others go on.  No solver clips a state.
    """

    @property
    def rtol(self) -> float: ...

    def solve(self, problem: Problem) -> list[Solution]: ...


def check_tolerances(solver: Any, name: str) -> None:
    """Raise ``BadSettings`` unless rtol and atol are sensible pure numbers."""
    from .. import errors

    for field, low, high in (("rtol", 1e-13, 1e-2), ("atol", 1e-12, 1e3)):
        value = getattr(solver, field)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise errors.BadSettings(where=f"{name}({field}=…)", wanted=f"a pure number from {low:g} to {high:g}", got=repr(value))
