"""A net flux as forward less reverse, both non-negative for every state: J = r⁺ − r⁻.

The split follows the signs of sums, products and quotients; x/(eˣ − 1), tanh and differences of logarithms are known forms.  It need not
be the one that the author had in mind: only r⁺/r⁻ is used, and a common factor cancels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy as sp

from ...declare.certificate import nonnegative
from ...symbols import B

Pair = tuple[sp.Expr, sp.Expr]
DEGREE, TERMS = 24, 500  # of a polynomial that is factored: in any of its variables, and how many


def splits(flux: sp.Expr) -> Iterator[Pair]:
    """Pairs (r⁺, r⁻) with r⁺ − r⁻ = flux, the plainest first; none where the signs cannot be told."""
    seen = set()
    for write in WRITINGS:
        pair = _split(write(flux), {})
        if pair is not None and pair not in seen:
            seen.add(pair)
            yield pair


def _split(e: sp.Expr, memo: dict[sp.Expr, bool]) -> Pair | None:
    if e.is_zero or nonnegative(e, memo):
        return e, sp.S.Zero
    if nonnegative(-e, memo):
        return sp.S.Zero, -e
    if e.is_Add:
        parts = [_split(term, memo) for term in e.args]
        known = [p for p in parts if p is not None]
        return (sp.Add(*(p for p, _ in known)), sp.Add(*(m for _, m in known))) if len(known) == len(parts) else None
    if e.is_Mul:
        return _product(e, memo)
    if isinstance(e, sp.tanh):
        x = e.args[0]
        return sp.exp(x) / (sp.exp(x) + sp.exp(-x)), sp.exp(-x) / (sp.exp(x) + sp.exp(-x))
    if e.is_Pow and e.exp.is_Integer and e.exp > 0 and e.exp % 2:
        inner = _split(e.base, memo)
        return None if inner is None or e.exp > 3 else _power(inner)
    return None


def _power(pair: Pair) -> Pair:
    p, m = pair
    return p**3 + 3 * p * m**2, m**3 + 3 * p**2 * m


def _product(e: sp.Expr, memo: dict[sp.Expr, bool]) -> Pair | None:
    """Factors of one sign come before; the others are split and multiplied out."""
    common, pair = sp.S.One, (sp.S.One, sp.S.Zero)
    for factor in e.args:
        if nonnegative(factor, memo):
            common *= factor
        elif nonnegative(-factor, memo):
            common, pair = common * -factor, (pair[1], pair[0])
        else:
            made = _split(factor, memo)
            if made is None:
                return None
            (a, b), (c, d) = pair, made
            pair = (a * c + b * d, a * d + b * c)
    return common * pair[0], common * pair[1]


def _over_one(e: sp.Expr) -> sp.Expr:
    """One fraction, factored."""
    top, bottom = sp.fraction(sp.together(_bernoulli(e)))
    return _factored(top) / _factored(bottom)


def _factored(e: sp.Expr) -> sp.Expr:
    """Factored, unless that would take minutes: exp(u/80) beside exp(3u/2) makes powers of 120."""
    poly = sp.expand(e).as_poly()
    long = poly is not None and (max(poly.degree_list()) > DEGREE or len(poly.terms()) > TERMS)
    return e if long else sp.factor(e, deep=False)


def _bernoulli(e: sp.Expr) -> sp.Expr:
    """x/(eˣ − 1) written as B(x), with whatever factor of x and sign it came."""
    return e.replace(lambda n: n.is_Mul and any(_barrier(f) is not None for f in n.args), _with_barrier)


def _barrier(factor: sp.Expr) -> sp.Expr | None:
    """x where the factor is 1/(eˣ − 1) or 1/(1 − eˣ) up to a number."""
    base, power = factor.as_base_exp()
    if power != -1 or not base.is_Add or len(base.args) != 2:
        return None
    number, rest = base.as_coeff_Add()
    scale, inner = rest.as_coeff_Mul()
    return inner.exp if isinstance(inner, sp.exp) and number == -scale else None


def _with_barrier(n: sp.Expr) -> sp.Expr:
    factor = next(f for f in n.args if _barrier(f) is not None)
    x = _barrier(factor)
    assert x is not None
    ratio = sp.factor_terms(sp.Mul(*(f for f in n.args if f is not factor))) / x
    scale = factor.as_base_exp()[0].as_coeff_Add()[0]  # scale·(1 − eˣ)
    return -ratio * B(x) / scale


WRITINGS: tuple[Callable[[sp.Expr], sp.Expr], ...] = (lambda e: e, _bernoulli, sp.factor_terms, _over_one)
