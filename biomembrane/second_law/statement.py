"""The statements of a proof, one on each process and each loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from .. import errors
from ..declare.checks.certificate import VERDICTS, Verdict
from .finding import Witness

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Statement:
    """The statement on one process or loop.

    ``ratio`` is ln(r⁺/r⁻) and ``affinity`` A/RT, both as sums of logarithms and of multiples of V;
    ``residual`` is their difference, 0 where proved.  ``given`` are (symbol or difference, its
    definition): standard energies of states and constants derived from others. ``signs`` are
    (rate, why it is not negative); ``charge`` and ``mass`` give the balance of each.
    """

    name: str
    kind: str
    reaction: str
    verdict: Verdict
    affinity: sp.Expr
    ratio: sp.Expr | None = None
    residual: sp.Expr | None = None
    forward: sp.Expr | None = None
    reverse: sp.Expr | None = None
    given: tuple[tuple[sp.Expr, sp.Expr], ...] = ()
    conductance: sp.Expr | None = None
    signs: tuple[tuple[str, str], ...] = ()
    charge: str = ""
    mass: str = ""
    note: str = ""
    witness: Witness | None = None
    transporter: str = ""


@dataclass(frozen=True, eq=False)
class Statements:
    """The statements on a transporter or a model.

    ``verdict`` is the worst of all; ``holds`` is True only if every statement is proven: undecided
    and exempt never pass.
    """

    name: str
    statements: tuple[Statement, ...]
    invariants: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    def __getitem__(self, name: str) -> Statement:
        """The statement on a process or a loop."""
        by_name = {s.name: s for s in self.statements}
        errors.among(name, by_name, f"proof of {self.name}", "a process or a loop")
        return by_name[name]

    @property
    def verdict(self) -> Verdict:
        """The worst of all verdicts."""
        return max((s.verdict for s in self.statements), key=VERDICTS.index)

    @property
    def holds(self) -> bool:
        """Whether every statement is proven."""
        return self.verdict == Verdict.PROVEN

    def to_frame(self) -> pd.DataFrame:
        """A data frame with one row per statement, as text."""
        import pandas as pd

        rows = [
            {
                "name": s.name,
                "kind": s.kind,
                "reaction": s.reaction,
                "verdict": s.verdict,
                "ln_ratio": str(s.ratio),
                "affinity_over_RT": str(s.affinity),
                "residual": str(s.residual),
                "charge": s.charge,
                "mass": s.mass,
            }
            for s in self.statements
        ]
        return pd.DataFrame(rows)
