"""What the project promises to reach, and whether this run did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """``must``: the limit; ``aim``: what is hoped for; ``least``: whether the number must be at
    least, or at most, the limit.
    """

    key: str
    what: str
    unit: str
    must: float
    aim: float
    least: bool = False


@dataclass(frozen=True)
class Verdict:
    """A target with the number measured; ``note`` says what stands behind it, or why there is
    none.
    """

    target: Target
    measured: float | None
    note: str = ""

    @property
    def met(self) -> str:
        """``aim``, ``must``, ``no``, or ``–`` where nothing was measured."""
        if self.measured is None:
            return "–"
        for name, limit in (("aim", self.target.aim), ("must", self.target.must)):
            if self.measured >= limit if self.target.least else self.measured <= limit:
                return name
        return "no"


TARGETS = (
    Target(
        "single", "single warm run, error 1e-5, against the best peer", "×", 3.5, 5.0, least=True
    ),
    Target(
        "single-others",
        "the same against Myokit and libRoadRunner, the nearer of both",
        "×",
        8.0,
        12.0,
        least=True,
    ),
    Target(
        "ensemble",
        "10⁴ sets with full output, against the best peer, same cores and error",
        "×",
        20.0,
        30.0,
        least=True,
    ),
    Target("million", "10⁶ sets, final state and ledger", "s", 70.0, 40.0),
    Target("memory", "the same, memory beside the result", "MB", 200.0, 200.0),
    Target("cold", "model script to first result, new process, no cache", "s", 1.2, 0.6),
    Target("cached", "the same, cached", "s", 0.8, 0.35),
    Target("residual", "free-energy residual at rtol 1e-6, largest of 10⁴ sets", "", 1e-7, 2e-8),
    Target("failures", "failures of 10⁴ sets ×÷10, rtol 1e-4 … 1e-8", "", 0.0, 0.0),
    Target("size", "200 cells against 1, time per cell and step", "×", 1.5, 1.0),
    Target("ready", "200 cells declared, assembled and compiled", "s", 10.0, 10.0),
)
