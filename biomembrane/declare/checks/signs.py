"""Whether an expression is never negative: an error with a witness state where it is not."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from ... import errors
from .nonnegativity import nonnegative
from .witness import abbreviated, states, value_at


def check_sign(expr: sp.Expr, values: Mapping[str, float], where: str, what: str) -> None:
    """Raise unless ``expr`` ≥ 0 follows from the assumptions on its symbols.

    ``NegativeRate`` where a witness state shows a negative value, else ``SecondLawUndecided``.
    """
    if nonnegative(expr, {}):
        return
    for state, text in states(expr, values):
        if value_at(expr, state) < 0:
            raise errors.NegativeRate(
                where=f"{where}, {what}",
                wanted="a value that is never negative",
                got=f"{abbreviated(expr)} < 0 at {text}",
                advice=(
                    "inhibition as 1/(1 + c/K) stays between 0 and 1"
                    if what == "modulator"
                    else "a one-way rate counts events; put the direction into forward and reverse"
                ),
                process=where,
            )
    raise errors.SecondLawUndecided(
        where=f"{where}, {what}",
        wanted="an expression whose sign can be decided",
        got=abbreviated(expr),
        advice=(
            "write it as sums and products of terms that are never negative; a parameter between 0"
            " and 1 is site.parameter(…, domain='fraction'), and x/(e^x - 1) is B(x) of"
            " biomembrane.symbols"
        ),
        process=where,
    )
