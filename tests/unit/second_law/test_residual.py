"""ε of laws that hold in part of the box only, and how it depends on temperature."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, RT, F
from unit.second_law.residuals import FREE, IN, OUT, TERMS, A, U, V, found, leak

import biomembrane as bm
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.evaluation import claim_box
from biomembrane.symbols import R, T


def pair(e: Any, common: Any = 1, **said: Any) -> Claim:
    """r⁺/r⁻ = e^{A/RT + ε/RT}, both times what they have in common."""
    return leak(forward=common * sp.exp(A + e), reverse=sp.sympify(common), **said)


def net(made: Claim) -> Claim:
    """The same, of which the difference alone is given."""
    return replace(made, flux=made.net, forward=None, reverse=None)


# --- rates in part of the box


@pytest.mark.parametrize(("above", "stalls"), [(-0.08, False), (-0.01, False), (0.02, True)])
def test_half_of_the_box_must_have_rates(above: float, stalls: bool) -> None:
    """Rates that are negative below some voltage are read where they are positive, if that is at
    most states.

    Else where J = 0, at A = −ln 3: the factor that changes its sign does not make it another ε.
    """
    made = found(pair(math.log(3), V - sp.Float(above)))
    assert (made.form, made.stalls) == ("linear", stalls)
    x = math.log(3)
    wanted = {"": x, "V": 0, "K@in": 0, "K@out": 0}
    assert made.terms == pytest.approx(wanted, abs=1e-6)
    assert made.at is not None
    assert made.at.shape == (3,)
    if not stalls:
        assert made.size == pytest.approx(x, abs=1e-6)
        assert made.at[0] > above


@pytest.mark.parametrize("side", ["forward", "reverse"])
@pytest.mark.parametrize("way", [1, -1])
def test_states_where_a_rate_leaves_the_range_of_numbers_do_not_count(side: str, way: int) -> None:
    """One rate is e^{±6000 V}, which overflows above 118 mV and vanishes below −124 mV; the other
    is 1.
    """
    rate = sp.exp(6000 * way * V / sp.Symbol("volt"))
    made = found(
        leak(**({"forward": sp.S.One, "reverse": sp.S.One} | {side: rate}), values={"volt": 1.0})
    )
    assert made.form == "linear"
    sign = way if side == "forward" else -way
    assert made.terms == pytest.approx(
        {"": 0, "V": 6000 * sign - F / RT, "K@in": -1, "K@out": 1}, rel=1e-9, abs=1e-6
    )
    largest = (
        abs(6000 * sign - F / RT) * 0.15 + math.log(1400 / 0.5)
        if sign < 0
        else abs(6000 - F / RT) * 0.15 + math.log(1400 / 0.5)
    )
    assert made.size == pytest.approx(largest, rel=1e-2)  # of the form, to the edges


def test_states_where_there_is_no_affinity_do_not_count() -> None:
    """An affinity with √(1/2 + x) of some x from −1 to 1, which a quarter of the states lack:
    elsewhere ε = ln 2 to the digit.
    """
    x = sp.Rational(1, 2) + FREE
    made = found(
        replace(
            leak(forward=2 * sp.exp(A + sp.sqrt(sp.Abs(x))), reverse=sp.S.One),
            reduced_affinity=A + sp.sqrt(x),
        )
    )
    assert made.terms == pytest.approx(
        {"": math.log(2), "V": 0, "K@in": 0, "K@out": 0, "free": 0}, abs=1e-9
    )
    assert (made.reduced_affinity, made.size) == ({}, pytest.approx(math.log(2)))


def test_a_voltage_in_millivolts_is_read_within_a_thousandth_of_the_range() -> None:
    made = found(pair(999 * U))
    assert made.terms["V"] == pytest.approx(999 * F / RT, rel=1e-9)
    assert made.size == pytest.approx(999 * F / RT * 0.15e-3, rel=0.02)
    assert made.at is not None
    assert abs(made.at).min() <= 0.15e-3


def test_a_ratio_that_is_no_monomial() -> None:
    """ε = ln(1 + c_out/c₀) is nonlinear, without terms; its largest size is at the top of the range
    of c_out.
    """
    made = pair(sp.log(1 + OUT / 20))
    seen = found(made)
    assert (seen.form, seen.terms, seen.stalls) == ("nonlinear", {}, False)
    assert seen.size == seen.signed == pytest.approx(math.log(1 + 50 / 20), rel=0.02)
    assert seen.at is not None
    at = dict(zip([v.name for v in claim_box(made, {}).variables], seen.at, strict=True))
    assert seen.size == pytest.approx(math.log(1 + math.exp(at["K@out"]) / 20), rel=1e-9)
    assert seen.reduced_affinity == pytest.approx(
        {"": 0, "V": F / RT, "K@in": 1, "K@out": -1}, abs=1e-9
    )
    (judged,) = bm.audit(made)
    text = f"ln(r⁺/r⁻) is not linear in V and ln c: up to {seen.size * RT / 1e3:.3g} kJ/mol off"
    assert (judged.verdict, judged.cause, judged.text) == ("violates", "nonlinear", text)
    assert judged.kJ == pytest.approx(seen.size * RT / 1e3, rel=1e-9)


@pytest.mark.parametrize(("bend", "form"), [(1e-7, "linear"), (1e-4, "nonlinear")])
def test_a_bend_of_a_millionth_is_none(bend: float, form: str) -> None:
    assert found(pair(1 + sp.Float(bend) * sp.sin(IN))).form == form


def test_what_is_linear_counts_beside_the_size() -> None:
    """A bend of 3·10⁻⁵ in an ε of 50; in an ε of 5 rates that are given are not linear, and of a
    net flux the stall is asked.
    """
    small = [
        (sp.Float(bend) * sp.sin(IN), rates) for bend, rates in ((7e-7, True), (1.5e-6, False))
    ]
    for e, rates in ((50, True), (-50, True), (5, False), (-5, False)):
        small.append((e + sp.Float(3e-5) * sp.sin(IN), rates))
    for e, rates in small:
        assert found(net(pair(e))).stalls != rates
        made = found(pair(e))
        assert (made.form, made.stalls) == ("linear" if rates else "nonlinear", False)


# --- temperature

SPAN = np.arange(283.15, 314.0, 5.0)  # K


def slope(y: Any) -> float:
    """Of least squares over the span."""
    x = SPAN - 298.15
    return float(x @ y / (x @ x))


def test_warming_is_the_slope_of_the_residual_at_zero_voltage() -> None:
    """ε/RT = g (T − 300 K) + 3 U: V does not count, and of ln(T/300 K) the slope over 10 to 40
    °C.
    """
    for g in (0.02, -0.03):
        assert found(pair(sp.Float(g) * (T - 300) + 3 * U)).warming == pytest.approx(g, rel=1e-9)
        assert found(pair(sp.Float(g) * (T - 300)), {"V": (0.05, 0.1)}).warming == pytest.approx(
            g, rel=1e-9
        )
    assert found(pair(sp.log(T / 300))).warming == pytest.approx(slope(np.log(SPAN)), rel=1e-9)


def test_what_does_not_warm() -> None:
    """A ratio that holds for one temperature, an ε that is an energy, and rates that some
    temperature does not know.
    """
    energy = 5000 / (R * T)
    blank = claim("leak", TERMS, voltage=V, energy=sp.Float(-3e4))
    fixed = replace(blank, forward=IN / OUT * sp.exp(sp.Float(3e4) / RT), reverse=sp.S.One)
    assert found(fixed).warming == 0.0
    assert found(fixed).terms == pytest.approx(
        {"": 0, "V": -F / RT, "K@in": 0, "K@out": 0}, abs=1e-9
    )
    assert found(pair(energy)).warming == 0.0
    assert found(pair(energy + sp.Float(0.01) * T)).warming == pytest.approx(
        slope(0.01 * SPAN + 5000 * BODY / RT / SPAN), rel=1e-9
    )
    cold = found(pair(sp.Float(0.01) * T, T - 300))
    assert (cold.form, cold.warming) == ("linear", 0.0)
    assert cold.terms[""] == pytest.approx(0.01 * BODY)


@pytest.mark.parametrize(("g", "seen"), [(1e-8, 0.0), (1e-6, 1e-6), (-1e-6, -1e-6)])
def test_warming_counts_from_a_millionth_over_the_range(g: float, seen: float) -> None:
    """Of ε, and of r⁺/r⁻ where the affinity does not change."""
    blank = claim("leak", TERMS, voltage=V, energy=sp.Float(-3e4))
    e = blank.reduced_affinity + sp.Float(g) * (T - 300)
    assert found(replace(blank, forward=sp.exp(e), reverse=sp.S.One)).warming == pytest.approx(
        seen, rel=1e-6
    )
    assert found(pair(sp.Float(g) * (T - 300))).warming == pytest.approx(seen, rel=1e-6)
