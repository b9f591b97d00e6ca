"""The protocols of engines and solvers; no code depends on a particular one."""

from __future__ import annotations

from typing import Any, Protocol

from .. import errors, user_text
from ..compile.program import Program
from .problem import Block, Problem


class Compiled(Protocol):
    """A program that is ready to be integrated."""

    def integrate(self, problem: Problem) -> Block:
        """Integrate every lane with dense output, so that output times never change the steps, and
        the ledger along the same steps.

        Breaks are step boundaries.  A lane stops at a non-finite value, a step that collapses or a
        negative amount, and returns all results up to there with a status that says why; the others
        continue.  No state is clipped.
        """


class Engine(Protocol):
    """Prepares programs for integration."""

    def prepare(self, program: Program, lanes: int) -> Compiled:
        """Prepare a program for so many lanes in all, of which a problem has some; results are
        bitwise the same, however lanes are distributed.
        """


class Solver(Engine, Protocol):
    """Frozen settings that are an engine."""

    @property
    def rtol(self) -> float:
        """Relative tolerance."""

    @property
    def atol(self) -> float:
        """Absolute tolerance, as a share of rtol times the typical size of each state."""

    @property
    def threads(self) -> int:
        """Number of problems integrated at the same time; 0 for one per core."""

    @property
    def careful(self) -> bool:
        """Whether it corrects the powers of slaved processes, given a program built as
        ``careful``.
        """

    def alone(self) -> Solver:
        """The same on one thread."""

    def at(self, rtol: float) -> Solver:
        """The same with another relative tolerance."""


def check_tolerances(solver: Any, name: str) -> None:
    """Raise ``BadSettings`` unless rtol and atol are sensible pure numbers."""
    for field_, low, high, usual in (("rtol", 1e-13, 1e-2, 1e-8), ("atol", 1e-12, 1e3, 1e-3)):
        value = user_text.numbers(getattr(solver, field_))
        if not isinstance(value, float) or not low <= value <= high:
            wanted, got = (
                f"a pure number from {low:g} to {high:g}",
                errors.shown(getattr(solver, field_)),
            )
            raise errors.BadSettings(
                where=f"{name}({field_}=…)",
                wanted=wanted,
                got=got,
                advice=f"{name}({field_}={usual:g})",
            )
        object.__setattr__(solver, field_, value)


def check_count(solver: Any, name: str, field_: str, least: int) -> None:
    """Raise ``BadSettings`` unless a setting is an integer ≥ ``least`` that fits into 63 bits."""
    value = getattr(solver, field_)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**62:
        advice = f"{name}({field_}={max(least, 100_000 if field_ == 'max_steps' else 1)})"
        raise errors.BadSettings(
            where=f"{name}({field_}=…)",
            wanted=f"an integer >= {least}",
            got=errors.shown(value),
            advice=advice,
        )
