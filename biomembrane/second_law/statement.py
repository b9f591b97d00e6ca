"""What a proof says: a statement on each process and each loop."""

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
    """What is proved of one process or loop.

    ``ratio`` is ln(r⁺/r⁻) and ``affinity`` A/RT, both as sums of logarithms and of multiples of V;
    ``residual`` their difference, 0 where proved.  ``given`` are (symbol or difference, what it
    stands for): standard energies of states and constants that follow from others. ``signs`` are
    (rate, why it is not negative); ``charge`` and ``mass`` say what crosses and that nothing
    appears.
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
    """What is proved of a transporter or a model.

    ``verdict`` is the worst of all; ``holds`` is True only if every one is proven.  Undecided and
    exempt never pass.
    """

    name: str
    statements: tuple[Statement, ...]
    invariants: tuple[str, ...] = ()
    conventions: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)

    def __getitem__(self, name: str) -> Statement:
        """The statement on a process or a loop."""
        found = {s.name: s for s in self.statements}
        errors.among(name, found, f"proof of {self.name}", "a process or a loop")
        return found[name]

    @property
    def verdict(self) -> Verdict:
        return max((s.verdict for s in self.statements), key=VERDICTS.index)

    @property
    def holds(self) -> bool:
        return self.verdict == Verdict.PROVEN

    def to_frame(self) -> pd.DataFrame:
        """One row a statement, as text."""
        import pandas as pd

        rows = [
            (
                s.name,
                s.kind,
                s.reaction,
                s.verdict,
                str(s.ratio),
                str(s.affinity),
                str(s.residual),
                s.charge,
                s.mass,
            )
            for s in self.statements
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "name",
                "kind",
                "reaction",
                "verdict",
                "ln_ratio",
                "affinity_over_RT",
                "residual",
                "charge",
                "mass",
            ],
        )
