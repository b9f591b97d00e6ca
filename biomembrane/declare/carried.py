"""What a stream carries: solutes whose amount per mole of the process follows from the state.

A pore that lets water through drags (1 − σ) c̄ of a solute with each volume (Kedem & Katchalsky
1958); a perfusion takes along what is upstream.  Such a column of N is not constant, but what it
carries is balanced all the same: what one place loses another gains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from .bound_expression import BoundExpression
from .reaction import Participant


@dataclass(frozen=True, eq=False)
class Carried:
    """One solute that a process carries from ``source`` to ``sink``.

    ``share`` is how much, per mole of the process [mol/mol], under the name ``symbol``;
    ``chemical`` is its part of the affinity, Σ weight·level, equal to share·(μ_source − μ_sink) but
    regular where a concentration is 0.
    """

    symbol: sp.Symbol
    source: Participant | None
    sink: Participant | None
    share: BoundExpression
    chemical: tuple[tuple[sp.Expr, sp.Symbol], ...]

    @property
    def ends(self) -> tuple[tuple[int, Participant], ...]:
        """The participants, each with the sign of its change."""
        return tuple((n, x) for n, x in ((-1, self.source), (1, self.sink)) if x is not None)

    def content(self) -> tuple[object, ...]:
        """What is compared."""
        return self.ends, self.share.local, dict(self.share.names)


def net(
    reaction: Mapping[Participant, int], carried: Iterable[Carried]
) -> dict[Participant, int | sp.Expr]:
    """Change of each participant per mole of the process."""
    changes: dict[Participant, int | sp.Expr] = dict(reaction)
    for each in carried:
        for sign, participant in each.ends:
            changes[participant] = changes.get(participant, 0) + sign * each.symbol
    return changes


def charge_moved(
    reaction: Mapping[str, int | Fraction], carried: Iterable[Carried]
) -> dict[str, int | Fraction | sp.Expr]:
    """Elementary charges that each place gains per mole of the process."""
    gained: dict[str, int | Fraction | sp.Expr] = dict(reaction)
    for each in carried:
        for sign, participant in each.ends:
            for place, z in participant.charges:
                number = sp.Rational(str(z)) * each.symbol * sign
                gained[place] = gained.get(place, 0) + number
    return gained


def share_symbol(process: str, solute: str) -> sp.Symbol:
    """Name of what a process carries of a solute, per mole [mol/mol]."""
    return sp.Symbol(f"carried[{process}.{solute}]", real=True)
