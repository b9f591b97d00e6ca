"""Whether an expression is never negative, whatever its symbols: by its terms and factors, by
bounds, by a common denominator.

Bounds follow from what symbols may be (positive, a fraction, real) and from the ranges of exp,
tanh, cos and their kin.  All work is bounded: an expression that would take longer is undecided.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import sympy as sp

from ...symbols import B, is_fraction

SPREAD = 2000  # terms; a sum is not multiplied out into more to tell its sign
LARGE = 300  # operations; a larger sum is not factored, nor brought over one denominator
ROUNDING = 1e-9  # of the terms of a sum
FEW = 12  # terms of a polynomial that is factored
Bounds = tuple[float, float]
ANY: Bounds = (-math.inf, math.inf)


def nonnegative(expr: sp.Expr, memo: dict[sp.Expr, bool]) -> bool:
    """Whether ``expr`` ≥ 0 follows from the assumptions on its symbols."""
    if expr not in memo:
        memo[expr] = _nonnegative(expr, memo)
    return memo[expr]


def _nonnegative(expr: sp.Expr, memo: dict[sp.Expr, bool]) -> bool:
    if expr.is_Symbol or expr.is_number or isinstance(expr, B):
        return bool(expr.is_nonnegative)
    if expr.is_Mul and all(nonnegative(f, memo) for f in expr.args):
        return True
    if expr.is_Pow or isinstance(expr, sp.exp):
        base, power = expr.as_base_exp()
        return (bool(power.is_real) and nonnegative(base, memo)) or bool(
            base.is_real and power.is_number and float(power) % 2 == 0
        )
    if expr.is_Add and all(nonnegative(a, memo) for a in expr.args):
        return True
    if bounds(expr, {})[0] >= 0:
        return True
    return _sum(expr, memo) if expr.is_Add else bool(expr.is_Function and expr.is_nonnegative)


def _sum(expr: sp.Add, memo: dict[sp.Expr, bool]) -> bool:
    """A sum with negative terms: multiplied out, over one denominator, factored; unless it is seen
    to be negative somewhere.
    """
    tried: dict[sp.Expr, Any] = {}
    with np.errstate(all="ignore"):
        parts = [_tried(a, tried) for a in expr.args]
        if np.any(sum(parts) < -ROUNDING * sum(map(np.abs, parts))):
            return False
    held = {p: sp.Dummy(nonnegative=True if nonnegative(p, memo) else None) for p in _whole(expr)}
    plain = expr.xreplace(held)
    if terms(plain) > SPREAD:
        return False
    flat = sp.expand_mul(sp.expand_multinomial(plain))
    if flat == 0 or (flat.is_Add and all(nonnegative(a, memo) for a in flat.args)):
        return True
    if expr.count_ops() > LARGE:
        return False
    top, bottom = sp.fraction(sp.together(expr))
    if bottom != 1 and nonnegative(bottom, memo):
        return terms(top) <= SPREAD and nonnegative(sp.expand(top), memo)
    return (
        _squares(flat)
        and bool(flat.free_symbols)
        and _factored(flat, {d: p for p, d in held.items()}, memo)
    )


def _factored(flat: sp.Expr, held: dict[sp.Symbol, sp.Expr], memo: dict[sp.Expr, bool]) -> bool:
    product = sp.factor(flat)
    return bool(product.is_Mul or product.is_Pow) and nonnegative(product.xreplace(held), memo)


def _squares(flat: sp.Expr) -> bool:
    """Whether a polynomial is small enough to be factored: a² − 2ab + b² and its kin."""
    poly = flat.as_poly()
    return (
        poly is not None
        and len(poly.terms()) <= FEW
        and len(poly.gens) <= 4
        and poly.total_degree() <= 6
        and not flat.has(sp.Float)
    )


def _whole(expr: sp.Expr) -> set[sp.Expr]:
    """What is not multiplied out: functions, and powers that are no whole number above zero."""
    if expr.is_Add or expr.is_Mul:
        return set().union(*(_whole(a) for a in expr.args))
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        return _whole(expr.base)
    return set() if expr.is_Symbol or expr.is_number else {expr}


def terms(e: sp.Expr) -> int:
    """How many terms there are once everything is multiplied out."""
    if e.is_Add:
        return sum(terms(a) for a in e.args)
    if e.is_Mul:
        return math.prod(terms(a) for a in e.args)
    return (
        terms(e.base) ** min(int(e.exp), 99) if e.is_Pow and e.exp.is_Integer and e.exp > 0 else 1
    )


# --- values

_TRIES = 16
_VALUES: dict[type, Callable[..., Any]] = {
    sp.exp: np.exp, sp.log: np.log, sp.tanh: np.tanh, sp.sin: np.sin, sp.cos: np.cos,
    sp.Abs: np.abs, sp.Max: np.maximum, sp.Min: np.minimum,
    B: lambda x: np.where(x == 0, 1.0, x / np.expm1(x)), sp.Pow: np.power,
}  # fmt: skip


def _tried(e: sp.Expr, memo: dict[sp.Expr, Any]) -> Any:
    """Values at a few states that do not depend on anything but the names of the symbols; NaN where
    there is none.
    """
    if e not in memo:
        memo[e] = _value(e, memo)
    return memo[e]


def _value(e: sp.Expr, memo: dict[sp.Expr, Any]) -> Any:
    if e.is_Symbol:
        drawn = np.random.default_rng(zlib.crc32(e.name.encode())).random((2, _TRIES))
        size = drawn[0] if is_fraction(e) else 10.0 ** (4 * drawn[0] - 2)
        return (
            size
            if e.is_nonnegative
            else (
                size * np.where(drawn[1] < 1 / 2, 1.0, -1.0)
                if e.is_real
                else np.full(_TRIES, np.nan)
            )
        )
    if e.is_number:
        return float(e) if e.is_real else np.nan
    args = [_tried(a, memo) for a in e.args]
    if e.is_Add or e.is_Mul:
        return sum(args) if e.is_Add else math.prod(args)
    function = _VALUES.get(type(e))
    return (
        np.nan if function is None else function(*args) if len(args) < 3 else reduce(function, args)
    )


# --- bounds


def bounds(expr: sp.Expr, memo: dict[sp.Expr, Bounds]) -> Bounds:
    """The least and the greatest value that ``expr`` may have, node by node; infinite where nothing
    is known.
    """
    if expr not in memo:
        low, high = _bounds(expr, memo)
        memo[expr] = (-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)
    return memo[expr]


def _bounds(e: sp.Expr, memo: dict[sp.Expr, Bounds]) -> Bounds:
    if e.is_Symbol:
        return (
            (0.0, 1.0 if is_fraction(e) else math.inf)
            if e.is_nonnegative
            else (-math.inf, 0.0)
            if e.is_nonpositive
            else ANY
        )
    if e.is_number:
        return (float(e), float(e)) if e.is_real else ANY
    if not e.args or e.is_real is False:
        return ANY
    args = [bounds(a, memo) for a in e.args]
    if e.is_Add:
        return sum(low for low, _ in args), sum(high for _, high in args)
    if e.is_Mul:
        product = (1.0, 1.0)
        for factor in args:
            product = _times(product, factor)
        return product
    if isinstance(e, sp.exp):
        return (_exp(args[0][0]), _exp(args[0][1])) if e.args[0].is_real else ANY
    if e.is_Pow:
        return _power(e, *args)
    return _function(e, args)


def _times(a: Bounds, b: Bounds) -> Bounds:
    ends = [
        x * y if x and y else 0.0 for x in a for y in b
    ]  # nothing times what has no bound is nothing
    return min(ends), max(ends)


def _exp(x: float) -> float:
    return math.exp(x) if x < 700 else math.inf


def _power(e: sp.Pow, base: Bounds, power: Bounds) -> Bounds:
    low, high = base
    if low >= 0 and power[0] == power[1]:
        ends = sorted(_raised(x, power[0]) for x in base)
        return ends[0], ends[1]
    if low >= 0 and e.exp.is_real:
        if power[0] >= 0 and (high <= 1 or low >= 1):
            return (0.0, 1.0) if high <= 1 else (1.0, math.inf)
        return 0.0, math.inf
    if e.exp.is_number and e.base.is_real and float(e.exp) % 2 == 0:
        least = 0.0 if low < 0 < high or e.exp < 0 else min(abs(low), abs(high)) ** float(e.exp)
        return least, (max(abs(low), abs(high)) ** float(e.exp) if e.exp > 0 else math.inf)
    return ANY


def _raised(x: float, power: float) -> float:
    if power < 0:
        return math.inf if x == 0 else 0.0 if math.isinf(x) else x**power
    return math.inf if math.isinf(x) and power > 0 else x**power if x < 1e150 else math.inf


def _function(e: sp.Expr, args: list[Bounds]) -> Bounds:
    low, high = args[0]
    real = all(a.is_real for a in e.args)
    if isinstance(e, sp.tanh) and real:
        return math.tanh(low), math.tanh(high)
    if isinstance(e, (sp.sin, sp.cos)) and real:
        return -1.0, 1.0
    if isinstance(e, sp.log) and low >= 0:
        return (math.log(low) if low else -math.inf), (math.log(high) if high else -math.inf)
    if isinstance(e, sp.Max):
        return max(a for a, _ in args), max(b for _, b in args)
    if isinstance(e, sp.Min):
        return min(a for a, _ in args), min(b for _, b in args)
    if isinstance(e, sp.Abs):
        return (0.0 if low <= 0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
    return (0.0, math.inf) if isinstance(e, B) and real else ANY
