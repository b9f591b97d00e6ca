"""Bounds of an expression whose symbols lie in ranges: interval arithmetic, node by node, with an
allowance for rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from .symbols import DB, B

Array = NDArray[np.float64]
Pair = tuple[Array, Array]  # lower and upper bounds, by cell
ULPS = 1e-15  # relative, of every operation
LEAST, MOST = 1e-307, 1.7e308  # bounds of underflow and of overflow


def padded(low: Any, high: Any) -> Pair:
    """Bounds moved outward by the rounding of an operation.

    A lower bound that overflowed becomes the largest number, an upper one the most negative.
    """
    return np.minimum(low - ULPS * np.abs(low), MOST), np.maximum(high + ULPS * np.abs(high), -MOST)


def enclosed(e: sp.Expr, memo: dict[sp.Basic, Pair]) -> Pair:
    """Lower and upper bounds of ``e`` by cell; infinite where unknown.

    ``memo`` holds the bounds of its symbols and receives those of its nodes.  Bounds may be NaN
    where an operation has no value in a part of the cell.
    """
    if e not in memo:
        memo[e] = _node(e, memo)
    return memo[e]


def _node(e: sp.Expr, memo: dict[sp.Basic, Pair]) -> Pair:
    if e.is_number:
        x = np.array([float(e)]) if e.is_real else np.array([np.nan])
        return padded(x, x)
    if not e.args:
        return np.array([-np.inf]), np.array([np.inf])
    if isinstance(e, sp.Piecewise):
        branches = [enclosed(branch, memo) for branch, _ in e.args]
        return reduce(np.minimum, [a for a, _ in branches]), reduce(
            np.maximum, [b for _, b in branches]
        )
    args = [enclosed(a, memo) for a in e.args]
    if e.is_Add:
        return padded(sum(a for a, _ in args), sum(b for _, b in args))
    if e.is_Mul:
        product = args[0]
        for factor in args[1:]:
            product = _times(product, factor)
        return product
    if e.is_Pow:
        return _power(args[0], e.exp, args[1])
    rule = _RULES.get(type(e))
    return rule(*args) if rule else (np.array([-np.inf]), np.array([np.inf]))


def _times(a: Pair, b: Pair) -> Pair:
    ends, lost = [], []
    for x in a:
        for y in b:
            none = (x == 0) | (y == 0)
            ends.append(np.where(none, 0.0, x * y))
            lost.append(
                np.where(
                    ~none & (np.abs(ends[-1]) < LEAST), np.sign(x) * np.sign(y) * LEAST, ends[-1]
                )
            )  # not zero, but too small to hold
    return padded(np.minimum.reduce([*ends, *lost]), np.maximum.reduce([*ends, *lost]))


def _power(base: Pair, power: sp.Expr, range_: Pair) -> Pair:
    low, high = base
    if power.is_number and float(power) == int(power):
        n = int(power)
        if n < 0:
            down, up = _power(base, sp.Integer(-n), range_)
            spans = (down <= 0) & (up >= 0)
            least, most = np.where(up == 0, -np.inf, 1 / up), np.where(down == 0, np.inf, 1 / down)
            crosses = (down < 0) & (up > 0)
            return padded(
                np.where(crosses | (spans & (up == 0)), -np.inf, least),
                np.where(crosses | (spans & (down == 0)), np.inf, most),
            )
        a, b = low**n, high**n
        if n % 2:
            return padded(_held(a, low, -1), _held(b, high, 1))
        return padded(
            np.where((low < 0) & (high > 0), 0.0, np.minimum(a, b)),
            _held(np.maximum(a, b), np.maximum(-low, high), 1),
        )
    good = low >= 0
    if power.is_number:
        a, b = low ** float(power), high ** float(power)
        return padded(
            np.where(good, np.minimum(a, b), -np.inf),
            np.where(good, _held(np.maximum(a, b), high, 1), np.inf),
        )
    made = _rule_exp(_times(_rule_log(base), range_))
    return np.where(good, made[0], -np.inf), np.where(good, made[1], np.inf)


def _held(x: Array, base: Array, way: int) -> Array:
    """A power as an upper (+1) or lower (−1) bound that is not 0 by underflow of a base other
    than 0.
    """
    return np.where((base * way > 0) & (np.abs(x) < LEAST), way * LEAST, x)


def _rising(f: Callable[[Any], Any]) -> Callable[[Pair], Pair]:
    return lambda x: padded(f(x[0]), f(x[1]))


_rule_log = _rising(lambda x: np.where(x < 0, np.nan, np.log(x)))


def _rule_exp(x: Pair) -> Pair:
    return padded(np.exp(x[0]), np.maximum(np.exp(x[1]), LEAST))


def _rule_sin(x: Pair) -> Pair:
    low, high = x
    ends = np.sin(low), np.sin(high)
    peak = np.floor((high - np.pi / 2) / (2 * np.pi)) >= np.ceil((low - np.pi / 2) / (2 * np.pi))
    trough = np.floor((high + np.pi / 2) / (2 * np.pi)) >= np.ceil((low + np.pi / 2) / (2 * np.pi))
    return padded(
        np.where(trough, -1.0, np.minimum(*ends)) - ULPS,
        np.where(peak, 1.0, np.maximum(*ends)) + ULPS,
    )


def _rule_abs(x: Pair) -> Pair:
    low, high = x
    return np.where((low < 0) & (high > 0), 0.0, np.minimum(np.abs(low), np.abs(high))), np.maximum(
        np.abs(low), np.abs(high)
    )


def _bernoulli(x: Any) -> Any:
    small = np.abs(x) < 1e-5
    return np.where(
        small, 1 - x / 2 + x * x / 12, np.where(x > 700, 0.0, x / np.expm1(np.where(small, 1.0, x)))
    )


_RULES: dict[type, Callable[..., Pair]] = {
    sp.exp: _rule_exp,
    sp.log: _rule_log,
    sp.tanh: _rising(np.tanh),
    sp.sin: _rule_sin,
    sp.cos: lambda x: _rule_sin(padded(x[0] + np.pi / 2, x[1] + np.pi / 2)),
    sp.Abs: _rule_abs,
    sp.Max: lambda *xs: (
        reduce(np.maximum, [x for x, _ in xs]),
        reduce(np.maximum, [x for _, x in xs]),
    ),
    sp.Min: lambda *xs: (
        reduce(np.minimum, [x for x, _ in xs]),
        reduce(np.minimum, [x for _, x in xs]),
    ),
    B: lambda x: padded(_bernoulli(x[1]) * (1 - 1e-12), _bernoulli(x[0]) * (1 + 1e-12) + LEAST),
    DB: lambda _, x: (
        np.full_like(x[0], -1.0),
        np.zeros_like(x[0]),
    ),  # of the first derivative, which alone comes up
}
