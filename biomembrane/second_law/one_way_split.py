"""A net flux as forward minus reverse rate, both non-negative for every state: J = r⁺ − r⁻.

The split follows the signs of sums, products and quotients; x/(eˣ − 1), tanh and differences of
logarithms are known forms.  It need not be the one that the author had in mind: only r⁺/r⁻ is used,
and a common factor cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy as sp

from ..declare.checks.nonnegativity import nonnegative, terms
from ..symbols import regular

Pair = tuple[sp.Expr, sp.Expr]
# the largest polynomial that is factored: its degree in any variable, its terms, its variables
DEGREE, TERMS, VARIABLES = 12, 60, 8


def splits(flux: sp.Expr) -> Iterator[Pair]:
    """Pairs (r⁺, r⁻) with r⁺ − r⁻ = flux, the simplest first; none where the signs are not
    decided.
    """
    yielded = set()
    for write in WRITINGS:
        pair = _split(write(flux), {})
        if pair is not None and pair not in yielded:
            yielded.add(pair)
            yield pair


def _split(e: sp.Expr, memo: dict[sp.Expr, bool]) -> Pair | None:
    if nonnegative(e, memo):
        return e, sp.S.Zero
    if nonnegative(-e, memo):
        return sp.S.Zero, -e
    if e.is_Add:
        parts = [_split(term, memo) for term in e.args]
        pairs = [p for p in parts if p is not None]
        if len(pairs) < len(parts):
            return None
        return sp.Add(*(p for p, _ in pairs)), sp.Add(*(m for _, m in pairs))
    if e.is_Mul:
        return _product(e, memo)
    if isinstance(e, sp.tanh):
        x = e.args[0]
        return sp.exp(x) / (sp.exp(x) + sp.exp(-x)), sp.exp(-x) / (sp.exp(x) + sp.exp(-x))
    if e.is_Pow and e.exp == 3:
        inner = _split(e.base, memo)
        return None if inner is None else _cubed(*inner)
    return None


def _cubed(p: sp.Expr, m: sp.Expr) -> Pair:
    return p**3 + 3 * p * m**2, m**3 + 3 * p**2 * m


def _product(e: sp.Expr, memo: dict[sp.Expr, bool]) -> Pair | None:
    """The splits of all factors, multiplied out."""
    up, down = sp.S.One, sp.S.Zero
    for factor in e.args:
        pair = _split(factor, memo)
        if pair is None:
            return None
        up, down = up * pair[0] + down * pair[1], up * pair[1] + down * pair[0]
    return up, down


def _over_one(e: sp.Expr) -> sp.Expr:
    """The expression as one fraction, factored."""
    top, bottom = sp.fraction(sp.together(regular(e)))
    return _factored(top) / _factored(bottom)


def _factored(e: sp.Expr) -> sp.Expr:
    """Factored, unless that would take minutes: exp(u/80) with exp(3u/2) makes powers of 120."""
    if terms(e) > TERMS or e.has(sp.Float):  # decimals become whole numbers of many digits
        return e
    poly = sp.expand(e).as_poly()
    long = poly is not None and (
        max(poly.degree_list()) > DEGREE or len(poly.terms()) > TERMS or len(poly.gens) > VARIABLES
    )
    return e if long else sp.factor(e)


WRITINGS: tuple[Callable[[sp.Expr], sp.Expr], ...] = (
    lambda e: e,
    regular,
    sp.factor_terms,
    _over_one,
)
