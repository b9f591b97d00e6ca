"""The Bernoulli function B and its derivatives, as sympy objects and as printed code."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

from biomembrane import symbols
from biomembrane.symbols import DB, B, series
from biomembrane.testing.random_reactions import decades

x = sp.Symbol("x", real=True)
orders = st.integers(0, 4)
arguments = st.floats(-60, 60) | st.builds(
    lambda e, s: s * e, decades(-12, 1), st.sampled_from([-1, 1])
)
moderate = st.floats(-30, 30) | st.builds(
    lambda e, s: s * e, decades(-12, 1), st.sampled_from([-1, 1])
)
NEAR = [(n, at) for n in range(5) for at in (-0.3, -0.02, 0.0011, 0.03, 0.1)]


def exact(order: int, at: float) -> mpmath.mpf:
    """The derivative of z/(eᶻ − 1) with 60 digits: by its Taylor series near 0, by differentiation
    elsewhere.
    """
    with mpmath.workdps(60):
        if abs(at) < 0.5:
            terms = [
                mpmath.bernoulli(k) / mpmath.factorial(k - order) * mpmath.mpf(at) ** (k - order)
                for k in range(order, 70)
            ]
            return mpmath.fsum(terms)
        return mpmath.diff(lambda z: z / mpmath.expm1(z), mpmath.mpf(at), order)


def node(order: int, at: sp.Expr) -> sp.Expr:
    return DB(order, at) if order else B(at)


@given(order=orders, at=arguments.filter(lambda at: abs(at) < 1e-3 or abs(at) > 0.5))
def test_evalf_against_mpmath(order: int, at: float) -> None:
    """B and its derivatives evaluate to what mpmath finds with 60 digits, at 0 and far from it."""
    assert float(node(order, sp.Float(at, 30)).evalf(20)) == pytest.approx(
        float(exact(order, at)), rel=1e-13, abs=1e-300
    )


def test_evalf_keeps_its_digits_near_zero() -> None:
    """Near 0, too, evalf gives as many digits as it is asked for."""
    off = {
        (n, at): abs(float(node(n, sp.Float(at)).evalf()) / float(exact(n, at)) - 1)
        for n, at in NEAR
    }
    assert not {key: error for key, error in off.items() if error > 1e-13}


@given(at=arguments)
def test_reflection(at: float) -> None:
    """B(−x) = eˣ B(x) and B(−x) − B(x) = x, from which detailed balance of a constant field
    follows.
    """
    plus, minus = (float(B(sp.Float(s * at, 30)).evalf(20)) for s in (1, -1))
    assert minus == pytest.approx(math.exp(at) * plus, rel=1e-12)
    assert minus - plus == pytest.approx(at, abs=1e-12 * max(plus, minus))
    assert plus > 0


@cache
def printed(order: int, module: str) -> Callable[[Any], Any]:
    return sp.lambdify(x, node(order, x), modules=module)


@given(order=st.integers(0, 2), at=moderate, module=st.sampled_from(["math", "numpy", "mpmath"]))
def test_printed_code(order: int, at: float, module: str) -> None:
    """sympy.lambdify prints code that is right at 0, near it and far from it."""
    with np.errstate(invalid="ignore", divide="ignore"):  # numpy.select evaluates both branches
        value = (
            printed(order, module)(np.array([at]))[0]
            if module == "numpy"
            else printed(order, module)(at)
        )
    assert float(value) == pytest.approx(float(exact(order, at)), rel=1e-9 if order < 2 else 1e-6)


@given(order=st.integers(0, 4), at=st.floats(-0.1, 0.1))
def test_series_is_the_function_near_zero(order: int, at: float) -> None:
    """The Taylor polynomial with B₁ = −1/2 is the function to its order."""
    assert float(series(sp.Float(at, 30), order, 14)) == pytest.approx(
        float(exact(order, at)), rel=1e-12
    )


@fewer(0.3)
@given(order=st.integers(0, 2), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_derivative_is_the_next_order(order: int, a: float, b: float) -> None:
    """sympy's derivative of B(ax + b) is a·B′(ax + b), and so on."""
    inner = sp.Float(a) * x + sp.Float(b)
    slope = sp.diff(node(order, inner), x)
    assert float(slope.subs(x, sp.Float(0.7)).evalf()) == pytest.approx(
        a * float(exact(order + 1, a * 0.7 + b)), rel=1e-9, abs=1e-12
    )


def test_values_at_zero_and_infinity() -> None:
    """B(0) = 1, B′(0) = −1/2, B⁗ etc. are Bernoulli numbers, B(∞) = 0, all without evaluation."""
    assert B(0) is sp.S.One
    assert B(sp.oo) is sp.S.Zero
    assert [DB(n, 0) for n in range(1, 5)] == [
        sp.Rational(-1, 2),
        sp.Rational(1, 6),
        0,
        sp.Rational(-1, 30),
    ]


def test_signs_are_declared() -> None:
    """sympy knows that B is positive and falling on the real line, and does not presume so
    elsewhere.
    """
    assert B(x).is_positive
    assert (B(x) * B(-x)).is_nonnegative
    assert DB(1, x).is_negative
    assert B(x).is_real
    assert DB(2, x).is_negative is None


@pytest.mark.parametrize("made", [B(sp.Symbol("z")), DB(1, sp.Symbol("z"))])
def test_nothing_is_presumed_of_other_arguments(made: sp.Expr) -> None:
    """Of an argument that may be real or not, neither is claimed."""
    assert made.is_real is None
    assert made.is_positive is None


@pytest.mark.parametrize("n", [2, 4, 6])
def test_symbolic_series(n: int) -> None:
    """sympy.series of B(2x) about 0 is that of the quotient, without a pole."""
    plain = sp.Symbol("y")
    bare = 2 * plain / (sp.exp(2 * plain) - 1)
    assert (
        sp.expand(B(2 * plain).series(plain, 0, n).removeO() - bare.series(plain, 0, n).removeO())
        == 0
    )


def test_rewriting() -> None:
    """Rewritten in exponentials B is the quotient, and its derivative that of the quotient."""
    assert B(x).rewrite(sp.exp) == x / (sp.exp(x) - 1)
    assert sp.simplify(DB(1, x).rewrite(sp.exp) - sp.diff(x / (sp.exp(x) - 1), x)) == 0


def test_latex() -> None:
    """In LaTeX B is a calligraphic B, its derivatives carry their order, and powers stand
    outside.
    """
    assert sp.latex(B(x)) == r"\mathcal{B}\left(x\right)"
    assert sp.latex(DB(2, x)) == r"\mathcal{B}^{(2)}\left(x\right)"
    assert sp.latex(B(x) ** 2) == r"\mathcal{B}\left(x\right)^{2}"


def test_assumptions_of_symbols() -> None:
    """Amounts and concentrations are positive, potentials real, parameters non-negative unless said
    otherwise.
    """
    assert symbols.concentration("cell.Na").is_positive
    assert symbols.amount("cell.Na") != symbols.concentration("cell.Na")
    assert symbols.potential("m").is_real
    assert symbols.potential("m").is_nonnegative is None
    assert symbols.parameter("k").is_nonnegative
    assert symbols.parameter("k").is_positive is None
    assert symbols.parameter("k", positive=True).is_positive
    assert symbols.parameter("k", real=True).is_nonnegative is None


@pytest.mark.parametrize(
    ("quotient", "zero", "value"),
    [
        (lambda v: 0.01 * (v + 55) / (1 - sp.exp(-0.1 * (v + 55))), -55.0, 0.1),
        (lambda v: 0.32 * (v + 47.13) / (1 - sp.exp(-0.1 * (v + 47.13))), -47.13, 3.2),
        (lambda v: -0.02 * (v - 26.0) / (sp.exp(-(v - 26.0) / 2.0) - 1.0), 26.0, 0.04),
        (lambda v: 0.1 * (v + 40) / (1 - sp.exp(-(v + 40) / 10)), -40.0, 1.0),
        (lambda v: 0.01 * (10 - v) / (sp.exp((10 - v) / 10) - 1), 10.0, 0.1),
    ],
)
def test_rates_of_gates_as_papers_write_them_have_their_value_at_the_gap(
    quotient: Callable[[Any], Any], zero: float, value: float
) -> None:
    """α = a (v − b)/(1 − e^{−(v − b)/c}), whose decimal numbers sympy draws apart, is a·c at b."""
    v, unit = sp.Symbol("v", real=True), sp.Symbol("u", positive=True)
    for w in (v, v / unit):
        written = quotient(w)
        regular = symbols.regular(written)
        assert regular.has(B)
        at = {v: sp.Float(zero), unit: 1}
        assert float(regular.subs(at)) == pytest.approx(value, rel=1e-12)
        for x in (-90.7, 3.3, 61.0):
            there = {v: sp.Float(x), unit: 1}
            due = float(written.subs(there))
            assert float(regular.subs(there).evalf()) == pytest.approx(due, rel=1e-9)


def test_a_pole_stays_a_pole() -> None:
    v = sp.Symbol("v", real=True)
    for e in (
        (v + 55) / (1 - sp.exp(-0.1 * (v + 54))),
        (v + 55) / (1 - 0.5 * sp.exp(-0.1 * v)),
        1 / (1 - sp.exp(-0.1 * (v + 55))),
        (v + 55) / (1 + sp.exp(-0.1 * (v + 55))),
    ):
        assert symbols.regular(e) == e
