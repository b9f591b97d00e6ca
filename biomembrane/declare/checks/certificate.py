"""The verdict on a law, and the certificate that a transporter keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import sympy as sp

from ..bound_expression import BoundExpression


class Verdict(StrEnum):
    """The verdict on a law, a loop or a model, from good to bad."""

    DRIVEN = "driven"  # from outside the model; what it carries mixes, and its work is booked
    SUPPLY = "supply"  # work done on the system, which no affinity drives
    PROVEN = "proven"  # identically, by algebra
    ONSAGER = "onsager"  # A times a non-negative conductance
    EQUILIBRIUM = "equilibrium"  # A = 0 at all times
    CONSISTENT = "consistent"  # proved for its numbers, up to rounding
    ROUNDING = "rounding"  # off by the rounding of the published digits
    EXEMPT = "exempt"  # as published, for a stated reason
    NOT_AUDITABLE = "not auditable"
    UNDECIDED = "undecided"  # no counter-example and no proof
    IRREVERSIBLE = "irreversible"  # without a reverse rate
    VIOLATES = "violates"

    def __repr__(self) -> str:
        return repr(self.value)


VERDICTS = tuple(Verdict)


@dataclass(frozen=True)
class Certificate:
    """The verdict on one process: ``proven``, ``onsager``, ``equilibrium``, ``driven``, ``exempt``
    or ``supply``.
    """

    verdict: Verdict
    statement: str
    formula: BoundExpression = field(repr=False)

    @property
    def exempt(self) -> bool:
        """Whether the law is exempt from the proof, for a stated reason."""
        return self.verdict is Verdict.EXEMPT

    @property
    def reduced_affinity(self) -> sp.Expr:
        """A/RT."""
        return self.formula.expression
