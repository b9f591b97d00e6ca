"""Proof that an expression is never negative, for all values of its symbols: by terms and factors,
by bounds, by a common denominator.

Bounds follow from the domains of symbols (positive, a fraction, real) and the ranges of exp, tanh,
cos and their kin.  The work is limited: an expression that would take longer is undecided.
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

SPREAD = 2000  # terms; a sum with more, once multiplied out, is undecided
LARGE = 300  # operations; a larger sum is neither factored nor put over one denominator
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
    if isinstance(expr, sp.Piecewise):
        return all(nonnegative(branch, memo) for branch, _ in expr.args)
    if bounds(expr, {})[0] >= 0:
        return True
    return _sum(expr, memo) if expr.is_Add else bool(expr.is_Function and expr.is_nonnegative)


def _sum(expr: sp.Add, memo: dict[sp.Expr, bool]) -> bool:
    """A sum with negative terms: multiplied out, over one denominator, factored.

    Values at a few states come first: one below zero decides.
    """
    values: dict[sp.Expr, Any] = {}
    with np.errstate(all="ignore"):
        parts = [_values(a, values) for a in expr.args]
        if np.any(sum(parts) < -ROUNDING * sum(map(np.abs, parts))):
            return False
    atoms = {p: sp.Dummy(nonnegative=True if nonnegative(p, memo) else None) for p in _atoms(expr)}
    plain = expr.xreplace(atoms)
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
        _small_polynomial(flat)
        and bool(flat.free_symbols)
        and _factored(flat, {dummy: atom for atom, dummy in atoms.items()}, memo)
    )


def _factored(flat: sp.Expr, atoms: dict[sp.Symbol, sp.Expr], memo: dict[sp.Expr, bool]) -> bool:
    product = sp.factor(flat)
    return bool(product.is_Mul or product.is_Pow) and nonnegative(product.xreplace(atoms), memo)


def _small_polynomial(flat: sp.Expr) -> bool:
    """Whether this is a polynomial small enough to be factored, such as a² − 2ab + b²."""
    poly = flat.as_poly()
    return (
        poly is not None
        and len(poly.terms()) <= FEW
        and len(poly.gens) <= 4
        and poly.total_degree() <= 6
        and not flat.has(sp.Float)
    )


def _atoms(expr: sp.Expr) -> set[sp.Expr]:
    """Parts that are not multiplied out: functions, and powers other than positive integers."""
    if expr.is_Add or expr.is_Mul:
        return set().union(*(_atoms(a) for a in expr.args))
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        return _atoms(expr.base)
    return set() if expr.is_Symbol or expr.is_number else {expr}


def terms(e: sp.Expr) -> int:
    """The number of terms once everything is multiplied out."""
    if e.is_Add:
        return sum(terms(a) for a in e.args)
    if e.is_Mul:
        return math.prod(terms(a) for a in e.args)
    return (
        terms(e.base) ** min(int(e.exp), 99) if e.is_Pow and e.exp.is_Integer and e.exp > 0 else 1
    )


# --- values

_TRIES = 16
_UNKNOWN = np.full(_TRIES, np.nan)
_FUNCTIONS: dict[type, Callable[..., Any]] = {
    sp.exp: np.exp, sp.log: np.log, sp.tanh: np.tanh, sp.sin: np.sin, sp.cos: np.cos,
    sp.Abs: np.abs, sp.Max: np.maximum, sp.Min: np.minimum,
    B: lambda x: np.where(x == 0, 1.0, x / np.expm1(x)), sp.Pow: np.power,
}  # fmt: skip


def _values(e: sp.Expr, memo: dict[sp.Expr, Any]) -> Any:
    """Values at a few states, drawn from the names of the symbols; NaN where there is none."""
    if e not in memo:
        memo[e] = _value(e, memo)
    return memo[e]


def _value(e: sp.Expr, memo: dict[sp.Expr, Any]) -> Any:
    if e.is_Symbol:
        drawn = np.random.default_rng(zlib.crc32(e.name.encode())).random((2, _TRIES))
        size = drawn[0] if is_fraction(e) else 10.0 ** (4 * drawn[0] - 2)
        if e.is_nonnegative:
            return size
        return size * np.where(drawn[1] < 1 / 2, 1.0, -1.0) if e.is_real else _UNKNOWN
    if e.is_number:
        return float(e) if e.is_real else np.nan
    if isinstance(e, sp.Piecewise):
        return _UNKNOWN
    args = [_values(a, memo) for a in e.args]
    if e.is_Add or e.is_Mul:
        return sum(args) if e.is_Add else math.prod(args)
    function = _FUNCTIONS.get(type(e))
    if function is None:
        return np.nan
    return function(*args) if len(args) < 3 else reduce(function, args)


# --- bounds


def bounds(expr: sp.Expr, memo: dict[sp.Expr, Bounds]) -> Bounds:
    """The least and the greatest value of ``expr``, node by node; infinite where unknown."""
    if expr not in memo:
        low, high = _bounds(expr, memo)
        memo[expr] = (-math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high)
    return memo[expr]


def _bounds(e: sp.Expr, memo: dict[sp.Expr, Bounds]) -> Bounds:
    if e.is_Symbol:
        if e.is_nonnegative:
            return 0.0, 1.0 if is_fraction(e) else math.inf
        return (-math.inf, 0.0) if e.is_nonpositive else ANY
    if e.is_number:
        return (float(e), float(e)) if e.is_real else ANY
    if not e.args or e.is_real is False:
        return ANY
    if isinstance(e, sp.Piecewise):
        branches = [bounds(branch, memo) for branch, _ in e.args]
        return min(low for low, _ in branches), max(high for _, high in branches)
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
    ends = [x * y if x and y else 0.0 for x in a for y in b]  # 0 times an infinite bound is 0
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
