"""Rounding is of the terms at the state: what is small in the middle of the box, beside another
factor or in another term is no rounding.
"""

from typing import Any

import numpy as np
import pytest
import sympy as sp
from gallery import GLUT, V, c, said, u

import biomembrane as bm
from biomembrane.intervals import enclosed
from biomembrane.second_law.boxes import Axis, sign
from biomembrane.second_law.flux_sign import WARM, _sign_of_exponentials
from biomembrane.symbols import T

OUT, IN = c("glucose@out"), c("glucose@in")
X = OUT / IN  # e^{A/RT} of the uniport
K_IN, K_OUT = c("K@in"), c("K@out")
LEAK = K_IN * sp.exp(u) - K_OUT


def uniport(**law: Any) -> Any:
    (found,) = bm.audit(said("GLUT", GLUT, **law))
    return found


def leak(flux: Any) -> Any:
    (found,) = bm.audit(said("K", "K@in -> K@out", flux))
    return found


@pytest.mark.parametrize(
    ("row", "way"),
    [
        ([(0, -1.0), (1, 1.0)], 1),
        ([(0, 1.0), (1, -1.0)], -1),
        ([(0, -1.0), (1, 1 + 4e-7), (3, -4e-7)], 0),
        ([(0, -1.0), (1, 1 - 4e-7), (3, 4e-7)], 1),
        ([(0, -1.0), (1, 1 + 1e-13)], 1),
        ([(0, -1.0), (1, 1 + 1e-10)], 0),
        ([(0, -1.0), (1e-3, 1 + 1e-12)], 0),
        ([(0, 1.0)], 0),
    ],
)
def test_what_follows_the_affinity(row: Any, way: int) -> None:
    """By partial sums; no weight is too small, and what numbers may be off by shrinks with the step
    of the exponents.
    """
    assert _sign_of_exponentials(row, 1e-11) == way
    A = np.linspace(-40, 40, 2001)
    if way:
        J = sum(w * np.exp(t * A) for t, w in row)
        assert np.all(way * J * A >= -1e-11 * np.abs(J))


@pytest.mark.parametrize("small", [1e-3, 3e-5])
def test_a_small_number_on_a_high_power_wins_far_from_equilibrium(small: float) -> None:
    """(X − 1)(1 − s X²) turns where X = s^(−1/2), written as factors or as a sum; with a plus it
    never does.
    """
    for flux in (
        (X - 1) * (1 - sp.Float(small) * X**2),
        sp.expand((X - 1) * (1 - sp.Float(small) * X**2)),
    ):
        assert uniport(flux=IN * flux).verdict == "violates"
    assert (
        uniport(flux=IN * sp.expand((X - 1) * (1 + sp.Float(small) * X**2))).verdict == "consistent"
    )


def test_a_factor_that_turns_is_not_hidden_by_another() -> None:
    tiny = sp.exp(8 * u) * (1 + sp.tanh(u) / 2) - sp.Float(3e-18)  # turns near −135 mV
    assert leak(LEAK * tiny * sp.exp(-8 * u)).cause == "factor"
    assert leak(LEAK * tiny).verdict in ("violates", "undecided")  # next to no flux flows there
    assert leak(LEAK * (tiny + sp.Float(6e-18)) * sp.exp(-8 * u)).verdict == "consistent"


@pytest.mark.parametrize("e", [1e-5, 1e-8, 1e-13])
def test_sums_that_nearly_vanish_are_not_alike_for_their_numbers(e: float) -> None:
    """(z − 1)² + e z and (z − 1)² + 4 e z have the ratio 4 where z = 1."""
    z = OUT / 5
    near, far = (z**2 - (2 - sp.Float(k * e, 20)) * z + 1 for k in (1, 4))
    found = uniport(forward=OUT * near, reverse=IN * far)
    assert found.verdict in ("violates", "undecided")
    assert uniport(forward=OUT * (near + z), reverse=IN * (near + z)).verdict == "consistent"


def test_consistent_holds_from_10_to_40_degrees() -> None:
    assert (WARM[0], WARM[1]) == (283.15, 313.15)
    body = sp.Float(310.15)
    apart = leak(K_IN * sp.exp(u) - K_OUT * sp.exp(u**3 * (T - body) / 50))
    assert (apart.verdict, apart.cause) == ("violates", "Q10")
    assert "283.15 K" in apart.text
    turned = leak(LEAK * (1 + u * (T - body) / 40))
    assert (turned.verdict, turned.cause) == ("violates", "factor")
    assert leak(LEAK * (1 - 3000 * sp.Max(0, T / sp.Float(313.1) - 1))).verdict in (
        "violates",
        "undecided",
    )
    fixed = leak(K_IN * sp.exp(u * T / body) - K_OUT)
    assert fixed.verdict == "consistent"
    assert fixed.text.endswith("its constants are those of 310.15 K")


def test_a_pair_of_rates_is_judged_strictly() -> None:
    """r⁺/r⁻ = e^{2A/RT}: wrong of one-way rates, right of their difference."""
    assert uniport(flux=OUT**2 - IN**2).verdict == "consistent"
    found = uniport(forward=OUT**2, reverse=IN**2)
    assert (found.verdict, found.cause) == ("violates", "order")
    assert uniport(forward=OUT, reverse=IN).verdict == "consistent"


def test_rounding_is_proved_too() -> None:
    """0.3 J/mol off is the rounding of digits, unless it may be more in a slice that no sample
    met.
    """
    slice_ = sp.exp(-(((V - sp.Float(0.0567)) / sp.Float(1e-5)) ** 2))
    assert leak(K_IN * sp.exp(u) - sp.Float(1.0001) * K_OUT).verdict == "rounding"
    assert leak(K_IN * sp.exp(u) - sp.Float(1.0001) * K_OUT * (1 + slice_)).verdict in (
        "undecided",
        "violates",
    )


def test_a_small_number_in_an_exponent_counts_where_its_power_is_large() -> None:
    assert leak(K_IN * sp.exp(u) - K_OUT * sp.exp(sp.Float(1e-12) * K_IN**4)).verdict in (
        "violates",
        "undecided",
    )


def test_bounds_where_numbers_leave_the_range() -> None:
    """e^{−800}·e^{800} is one, though the first vanishes in floating point and the second
    overflows.
    """
    x = sp.Symbol("x", real=True)
    with np.errstate(all="ignore"):
        low, high = enclosed(
            sp.exp(-x) * sp.exp(x, evaluate=False) ** 1.0,
            {x: (np.array([800.0]), np.array([801.0]))},
        )
    assert low[0] <= 1.0 <= high[0]
    axes = [Axis(x, -1.0, 1.0, log=False)]
    assert sign(1 + x, axes).sign == 1  # zero at the edge
    assert sign(1 + x - sp.Float(1e-9), axes).sign == 0
