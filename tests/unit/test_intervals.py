"""Bounds hold: no value of an expression lies outside of them, wherever its symbols are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

from biomembrane.intervals import enclosed, padded
from biomembrane.symbols import B

x, y = sp.symbols("x y", real=True)
LEAVES = st.sampled_from([x, y, sp.Integer(2), sp.Float(-0.7), sp.Rational(1, 3)])
ONE = [sp.exp, sp.tanh, sp.sin, sp.cos, sp.Abs, B, lambda e: e**2, lambda e: e**3, lambda e: e**-1]
TWO = [lambda a, b: a + b, lambda a, b: a * b, sp.Max, sp.Min]
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda f, e: f(e), st.sampled_from(ONE), inner)
        | st.builds(lambda f, a, b: f(a, b), st.sampled_from(TWO), inner, inner)
    ),
    max_leaves=5,
)
ENDS = st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(sorted)
SHARES = st.floats(0, 1)


def bounds(e: sp.Expr, **ranges: tuple[float, float]) -> tuple[float, float]:
    known = {sp.Symbol(n, real=True): tuple(map(np.atleast_1d, r)) for n, r in ranges.items()}
    with np.errstate(all="ignore"):
        low, high = enclosed(e, known)
    return float(np.ravel(low)[0]), float(np.ravel(high)[0])


@given(EXPRESSIONS, ENDS, ENDS, SHARES, SHARES)
def test_no_value_lies_outside(e: Any, xs: Any, ys: Any, s: float, t: float) -> None:
    low, high = bounds(e, x=tuple(xs), y=tuple(ys))
    at = {x: xs[0] + s * (xs[1] - xs[0]), y: ys[0] + t * (ys[1] - ys[0])}
    at = {k: min(max(v, r[0]), r[1]) for (k, v), r in zip(at.items(), (xs, ys), strict=True)}
    value = sp.N(e.xreplace({k: sp.Float(v, 30) for k, v in at.items()}).doit(), 30)
    assume(value.is_real and math.isfinite(float(value)))
    small = 1e-290  # of what vanishes in double precision
    assert math.isnan(low) or low <= float(value) + small
    assert math.isnan(high) or high >= float(value) - small


@pytest.mark.parametrize(
    ("e", "low", "high"),
    [(x**2, 0, 4), (x**3, -1, 8), (sp.exp(x), math.exp(-1), math.exp(2)), (sp.Abs(x), 0, 2),
     (sp.sin(2 * x), -1, 1), (sp.Max(x, 1), 1, 2), (sp.Min(x, 1), -1, 1), (x * y, -2, 4),
     (1 / y, 0.5, 1.0), (B(x), 2 / math.expm1(2), 1 / (1 - math.exp(-1)))],
    ids=str,
)  # fmt: skip
def test_bounds_of_one_symbol_are_met(e: Any, low: float, high: float) -> None:
    least, most = bounds(e, x=(-1.0, 2.0), y=(1.0, 2.0))
    assert least == pytest.approx(low, rel=1e-9, abs=1e-9)
    assert most == pytest.approx(high, rel=1e-9, abs=1e-9)


def test_where_nothing_is_known_bounds_are_infinite() -> None:
    assert bounds(sp.Function("f")(x), x=(0.0, 1.0)) == (-math.inf, math.inf)
    assert bounds(sp.Symbol("z", real=True), x=(0.0, 1.0)) == (-math.inf, math.inf)
    assert bounds(1 / x, x=(-1.0, 1.0)) == (-math.inf, math.inf)


@given(st.floats(-1e300, 1e300))
def test_rounding_moves_bounds_outward(value: float) -> None:
    low, high = padded(np.array(value), np.array(value))
    assert low <= value <= high
    assert value == 0 or low < high or abs(value) < 1e-307
