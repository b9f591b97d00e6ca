"""SciPy's implicit methods with the analytic Jacobian: the reference solver."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace

import numpy as np

from ... import errors, user_text
from ...compile.numpy_kernel import kernel
from ...compile.program import Program
from ..engine_protocols import check_count, check_tolerances
from ..event_effects import EventEffects
from ..problem import Block, Problem, empty
from .scipy_lane import LaneIntegration

_METHODS = ("Radau", "BDF", "LSODA")


@dataclass(frozen=True)
class SciPy:
    """``SciPy("Radau")``, ``"BDF"`` or ``"LSODA"``; ``rtol`` relative, ``atol`` as a share of rtol
    times the typical size of each state, ``max_steps`` for each part of a run between breaks.

    The ledger is integrated along each step at the collocation nodes of Radau IIA, or at four
    Gauss–Legendre nodes on the dense output of the other methods; inside a step by the integral of
    the interpolant through the nodes.  Where the powers vary more than the nodes can tell, the
    ledger halves the step until they do not.  A step that goes below zero is made again, shorter.
    """

    method: str = "Radau"
    rtol: float = 1e-8
    atol: float = 1e-3
    max_steps: int = 100_000
    first_step: float | None = field(default=None)

    def __post_init__(self) -> None:
        if not isinstance(self.method, str) or self.method not in _METHODS:
            got, advice = errors.shown(self.method), errors.nearest(self.method, _METHODS)
            raise errors.BadSettings(
                where="SciPy(method)", wanted=", ".join(_METHODS), got=got, advice=advice
            )
        check_tolerances(self, "SciPy")
        check_count(self, "SciPy", "max_steps", 1)
        first = None if self.first_step is None else user_text.numbers(self.first_step)
        if self.first_step is not None and not (isinstance(first, float) and 0 < first < np.inf):
            got, advice = errors.shown(self.first_step), "SciPy(first_step=1e-6), or leave it out"
            raise errors.BadSettings(
                where="SciPy(first_step=…)",
                wanted="seconds above zero, as a number",
                got=got,
                advice=advice,
            )
        object.__setattr__(self, "first_step", first)

    @property
    def threads(self) -> int:
        """One: SciPy holds Python's lock."""
        return 1

    @property
    def careful(self) -> bool:
        """No: its ledger halves steps instead."""
        return False

    def alone(self) -> SciPy:
        """Itself."""
        return self

    def at(self, rtol: float) -> SciPy:
        """The same with another relative tolerance."""
        return replace(self, rtol=rtol)

    def prepare(self, program: Program, lanes: int) -> SciPyProgram:  # noqa: ARG002
        """Nothing to do: it calls the Python functions of the program, a lane after another.

        Raises:
            BadSettings: a program with constraints.
        """
        _refuse_constraints(program)
        return SciPyProgram(self, program)

    def solve(self, problem: Problem) -> Block:
        """Prepare the program of a problem and integrate it."""
        return self.prepare(problem.kernel.program, problem.runs).integrate(problem)


@dataclass(frozen=True)
class SciPyProgram:
    """A program, with the settings by which it is integrated."""

    settings: SciPy
    program: Program

    def integrate(self, problem: Problem) -> Block:
        """See :class:`~biomembrane.solve.engine_protocols.Compiled`."""
        block = empty(problem)
        statuses = list(block.statuses)
        effects = (
            EventEffects(problem, problem.constants_table(), block.break_states)
            if self.program.events
            else None
        )
        block.rows[:] = np.nan
        for lane in range(problem.lanes):
            if problem.cancel.asked:
                block.rows[lane:] = np.nan
                break
            states = block.break_states[lane]
            integration = LaneIntegration(
                self.settings, kernel(self.program), problem, lane, states, effects
            )
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter(
                    "ignore"
                )  # SciPy warns of singular factors on the way to a status that we report
                integration.run()
            block.rows[lane] = integration.rows[:, : block.rows.shape[2]]
            block.end[lane] = integration.rows[-1]
            block.min_dissipation[lane] = integration.min_dissipation
            block.steps[lane], statuses[lane] = integration.count, integration.status
        problem.zero_rounding(block.min_dissipation)
        return replace(
            block, statuses=statuses, met=effects.finished(statuses) if effects else None
        )


def _refuse_constraints(program: Program) -> None:
    """SciPy's methods solve dx/dt = f, without a mass matrix."""
    if program.algebraic:
        named = [program.states[i] for i in program.algebraic[:4]] + ["…"] * (
            len(program.algebraic) > 4
        )
        raise errors.BadSettings(
            where="simulate(solver=SciPy(…))",
            wanted="a model whose states all have a rate: SciPy's methods take no mass matrix",
            got=f"constraints that determine {', '.join(named)}",
            advice="solver=bm.solvers.Native(), or the model in its finite-rate form",
        )
