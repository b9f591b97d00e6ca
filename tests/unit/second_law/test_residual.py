"""ε of laws that hold in part of the box only, of laws told by where they stall, and how both
depend on temperature.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, RT, F

import biomembrane as bm
from biomembrane import symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.evaluation import claim_box
from biomembrane.second_law.residual import Residual, residual
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T, c0

V = symbols.potential("m")
U = FARADAY * V / (R * T)
IN, OUT = symbols.concentration("K@in"), symbols.concentration("K@out")
SURE, FREE = sp.Symbol("sure", positive=True), sp.Symbol("free", real=True)
TERMS = {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}
A = claim("leak", TERMS, voltage=V).reduced_affinity  # ln(c_in/c_out) + FV/RT


def leak(**said: Any) -> Claim:
    return claim("leak", TERMS, voltage=V, **said)


def found(made: Claim, over: Any = None) -> Residual:
    return residual(made, claim_box(made, over or {}))


def pair(e: Any, common: Any = 1, **said: Any) -> Claim:
    """r⁺/r⁻ = e^{A/RT + ε/RT}, both times what they have in common."""
    return leak(forward=common * sp.exp(A + e), reverse=sp.sympify(common), **said)


def net(made: Claim) -> Claim:
    """The same, of which the difference alone is given."""
    return replace(made, flux=made.net, forward=None, reverse=None)


def stall(L: Any, drive: Any = A) -> Claim:
    """A flux that cannot be split and stops where L = 0; it has the sign of L."""
    return replace(leak(flux=L * (2 + sp.sin(L))), reduced_affinity=drive)


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


# --- stalls


OFF = {
    "constant": (sp.Float(0.4), {"": 0.4}),
    "charge": (sp.Float(0.3) * U, {"V": 0.3 * F / RT}),
    "inside": (sp.log(IN / c0) / 2, {"K@in": 0.5}),
    "outside": (-2 * sp.log(OUT / c0), {"K@out": -2}),
    "left out": (sp.log(OUT / c0), {"K@out": 1}),
    "stranger": (sp.Float(0.7) * sp.log(SURE), {"sure": 0.7}),
    "unknown": (sp.Float(0.2) * FREE, {"free": 0.2}),
    "pressure": (symbols.pressure("cell") * sp.Float(3e-7), {"P[cell]": 3e-7}),
    "two": (sp.Float(0.4) + 2 * sp.log(SURE), {"": 0.4, "sure": 2}),
    "nothing": (sp.S.Zero, {}),
}


@pytest.mark.parametrize("name", OFF)
@pytest.mark.parametrize("factor", [1, 3, sp.Rational(1, 50)])
def test_a_stall_tells_the_one_term_that_is_off(name: str, factor: Any) -> None:
    """J = 0 where A + ε = 0, whatever factor the flux has: the term by which it differs from A = 0,
    signed, and the largest of it.
    """
    e, terms = OFF[name]
    L = factor * (A + e)
    made = stall(L)
    here = claim_box(made, {})
    seen = residual(made, here)
    assert (seen.form, seen.stalls, seen.warming) == ("linear", True, 0.0)
    names = [v.name for v in here.variables]
    blank = dict.fromkeys(["", *names], 0.0)
    assert seen.terms == pytest.approx(
        blank | terms, rel=1e-6, abs=1e-9 if name == "nothing" else 2e-6
    )
    assert seen.reduced_affinity == pytest.approx(
        blank | {"V": F / RT, "K@in": 1, "K@out": -1}, rel=1e-9, abs=1e-9
    )
    x = here.corners()
    full = blank | terms
    due = full[""] + sum(
        full[v.name] * (row - (math.log(1e3) if v.unit == "mM" else 0))
        for v, row in zip(here.variables, x, strict=True)
    )
    assert seen.size == pytest.approx(
        np.max(np.abs(due)), rel=1e-5, abs=1e-9
    )  # of a linear form a corner has the largest
    assert abs(seen.signed) == pytest.approx(seen.size, abs=1e-12)
    if name == "nothing":
        assert (seen.size, seen.signed) == (0.0, 0.0)
    elif np.ptp(due) > 1e-3:
        there = full[""] + sum(
            full[v.name] * (y - (math.log(1e3) if v.unit == "mM" else 0))
            for v, y in zip(here.variables, seen.at, strict=True)
        )
        assert there == pytest.approx(seen.signed, rel=1e-5)


def test_terms_are_compared_by_what_they_do_across_the_box() -> None:
    """Two pressures of 5e-7/Pa, one e-fold at 20 bar, agree with A, and one order does not: that is
    the one that is off.
    """
    one, two = symbols.pressure("a"), symbols.pressure("b")
    work = sp.Float(5e-7) * (one - two)
    seen = found(stall(2 * sp.log(SURE) + work, sp.log(SURE) + work))
    assert seen.terms == pytest.approx({"": 0, "P[a]": 0, "P[b]": 0, "sure": 1}, abs=1e-6)
    assert seen.terms["P[a]"] == pytest.approx(0, abs=1e-12)
    assert seen.reduced_affinity == pytest.approx(
        {"": 0, "P[a]": 5e-7, "P[b]": -5e-7, "sure": 1}, rel=1e-6, abs=1e-12
    )


def test_a_flux_against_its_stall_is_swapped() -> None:
    """It stops with A and runs uphill on both sides: ε = −2A."""
    seen = found(stall(-A))
    assert seen.terms == pytest.approx({"": 0, "V": -2 * F / RT, "K@in": -2, "K@out": 2}, abs=1e-6)
    (judged,) = bm.audit(stall(-A))
    assert (judged.verdict, judged.cause) == ("violates", "direction")
    assert found(stall(A)).size == 0.0
    (judged,) = bm.audit(stall(A))
    assert judged.verdict == "consistent"


def test_a_stall_without_voltage_is_found_along_a_concentration() -> None:
    """Glucose: no voltage to move; the stall lies 30 of ln c away at most."""
    terms = {"glucose@out": (-1, 0, 5.0), "glucose@in": (1, 0, 2.0)}
    drive = claim("sugar", terms).reduced_affinity
    for e, known in ((2.0, True), (28.5, True), (-30.4, True), (29.6, False), (-31.5, False)):
        L = drive + sp.Float(e)
        seen = found(claim("sugar", terms, flux=L * (2 + sp.sin(L))))
        assert seen.form == ("linear" if known else "one way")
        assert seen.terms == (
            pytest.approx({"": e, "glucose@out": 0, "glucose@in": 0}, abs=1e-6) if known else {}
        )


@pytest.mark.parametrize(
    ("volts", "known"), [(0.4, True), (5.8, True), (-5.8, True), (6.3, False), (-6.3, False)]
)
def test_a_stall_is_found_twenty_ranges_of_the_voltage_away(volts: float, known: bool) -> None:
    """A charge that moves alone stalls far out: ε is constant."""
    L = U - sp.Float(volts * F / RT)
    seen = found(stall(L, U))
    assert seen.form == ("linear" if known else "one way")
    assert seen.terms == (pytest.approx({"": -volts * F / RT, "V": 0}, abs=1e-6) if known else {})


def test_a_stall_may_bend_by_a_millionth_of_how_far_it_lies() -> None:
    terms = {"glucose@out": (-1, 0, 5.0), "glucose@in": (1, 0, 2.0)}
    bend = sp.Float(1.5e-5) * sp.sin(symbols.concentration("glucose@out"))
    for e, form in ((0.0, "nonlinear"), (25.0, "linear")):
        L = claim("sugar", terms).reduced_affinity + sp.Float(e) + bend
        assert found(claim("sugar", terms, flux=L * (2 + sp.sin(L)))).form == form
    for size, form in ((3e-5, "linear"), (6e-5, "nonlinear")):  # of RT/F = 26.7 mV, against 1 µV
        assert found(stall(A + sp.Float(size) * sp.sin(IN))).form == form


def test_a_stall_off_by_less_than_a_millionth_is_not_off() -> None:
    assert found(stall(A + sp.Float(5e-7))).size == 0.0
    seen = found(stall(A - sp.Float(3e-6)))
    assert (seen.size, seen.signed) == (
        pytest.approx(3e-6, rel=1e-3),
        pytest.approx(-3e-6, rel=1e-3),
    )


def test_a_stall_is_looked_for_in_what_moves_the_flux_and_the_affinity() -> None:
    """J does not sense the voltage, and something that A does not know comes first by name."""
    early = sp.Symbol("A_gain", positive=True)
    L = sp.log(IN / OUT) + sp.Float(0.2)
    seen = found(stall(early * L))
    assert seen.terms == pytest.approx(
        {"": 0.2, "V": -F / RT, "K@in": 0, "K@out": 0, "A_gain": 0}, abs=1e-6
    )


def test_a_stall_that_only_what_the_affinity_hardly_knows_can_reach() -> None:
    """J turns at 10 mV, of which A has a billionth: no scale to compare them by, only A where the
    flux stops.
    """
    drive = sp.log(IN / OUT) + sp.Float(1e-9) * U
    made = found(stall(V - sp.Float(0.01), drive))
    assert (made.form, made.stalls, made.terms) == ("nonlinear", True, {})
    assert made.at is not None
    at = dict(zip([v.name for v in claim_box(leak(flux=A), {}).variables], made.at, strict=True))
    assert at["V"] == pytest.approx(0.01, abs=1e-12)
    assert made.signed == pytest.approx(at["K@out"] - at["K@in"], abs=1e-6)
    assert made.size == abs(made.signed) > 7


def test_what_neither_splits_nor_stalls_is_opaque() -> None:
    """A flux that is no number in part of the box; one that turns twice, so that no root is
    bracketed.
    """
    assert found(leak(flux=sp.sqrt(FREE) * sp.sin(IN) + A)) == Residual("opaque")
    twice = found(leak(flux=(V / sp.Float(0.1)) ** 2 - sp.Float(0.5) + sp.sin(SURE) / 10))
    assert twice == Residual("opaque")
    (judged,) = bm.audit(leak(flux=(V / sp.Float(0.1)) ** 2 - sp.Float(0.5) + sp.sin(SURE) / 10))
    assert (judged.verdict, judged.text) == (
        "violates",
        "the flux runs uphill, and could not be split into r⁺ and r⁻",
    )


def test_a_flux_that_rests_in_half_of_the_box_is_not_one_way() -> None:
    gain = 2 + sp.sin(IN)
    assert found(leak(flux=sp.Max(0, V) * gain)) == Residual("forward only")
    assert found(leak(flux=sp.Min(0, V) * gain)) == Residual("reverse only")


def test_of_a_law_that_is_no_monomial_the_stall_is_asked_too() -> None:
    """(e^{A} − 1)(1 + c_in/c₀) written out: r⁺/r⁻ of the plainest splitting is no monomial, but the
    flux stops with A.
    """
    flux = sp.expand((sp.exp(A) - 1) * (IN - OUT / 100 + 7))
    seen = found(leak(flux=flux))
    assert seen.form == "linear"
    assert seen.size == pytest.approx(0.0, abs=1e-6)


def test_one_way_laws_have_nothing_else() -> None:
    """Rates that are zero as written."""
    assert found(leak(forward=IN, reverse=sp.S.Zero)) == Residual("forward only")
    assert found(leak(forward=sp.S.Zero, reverse=OUT)) == Residual("reverse only")
    assert found(leak(flux=IN * sp.exp(U))) == Residual("forward only")
    assert found(leak(flux=-OUT)) == Residual("reverse only")
    assert (
        found(leak(flux=-OUT, forward=IN))
        == found(leak(flux=-OUT, reverse=OUT))
        == Residual("reverse only")
    )  # half a pair is none
