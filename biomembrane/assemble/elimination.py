"""Exact elimination of linear equations that have names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

Row = dict[str, Fraction]


@dataclass(frozen=True)
class Eliminated:
    """Equations Σ coefficient·unknown = right-hand side, solved for some of the unknowns.

    ``solved``: by solved unknown, the coefficients of the free ones on its side, and the
    combination of equations that it follows from.  ``relations``: combinations of equations in
    which no unknown is left.
    """

    solved: dict[str, tuple[Row, Row]]
    relations: list[Row]


def eliminate(equations: Mapping[str, Mapping[str, Fraction]], order: Sequence[str]) -> Eliminated:
    """Gauss–Jordan elimination, which solves for the unknowns that come first in ``order``."""
    place = {name: k for k, name in enumerate(order)}
    solved: dict[str, tuple[Row, Row]] = {}
    relations: list[Row] = []
    for name, given in equations.items():
        row, origin = {k: x for k, x in given.items() if x}, {name: Fraction(1)}
        for unknown, (theirs, source) in solved.items():
            if unknown in row:
                share = row[unknown]
                row, origin = _less(row, theirs, share), _less(origin, source, share)
        if not row:
            relations.append({e: origin[e] for e in equations if e in origin})
            continue
        pivot = min(row, key=place.__getitem__)
        row, origin = ({k: x / row[pivot] for k, x in each.items()} for each in (row, origin))
        for unknown, (theirs, source) in list(solved.items()):
            if pivot in theirs:
                share = theirs[pivot]
                solved[unknown] = _less(theirs, row, share), _less(source, origin, share)
        solved[pivot] = row, origin
    rest = {
        unknown: ({k: x for k, x in row.items() if k != unknown}, origin)
        for unknown, (row, origin) in solved.items()
    }
    return Eliminated(rest, relations)


def _less(row: Row, other: Row, share: Fraction) -> Row:
    """Row − share·other, without zeros."""
    difference = {
        k: row.get(k, Fraction(0)) - share * other.get(k, Fraction(0)) for k in row | other
    }
    return {k: x for k, x in difference.items() if x}
