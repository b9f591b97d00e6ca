"""ε of laws that are told by where they stall."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import RT, F
from unit.second_law.residuals import FREE, IN, OUT, SURE, A, U, V, found, leak

import biomembrane as bm
from biomembrane import symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.evaluation import claim_box
from biomembrane.second_law.residual import Residual, residual
from biomembrane.symbols import c0


def stall(L: Any, drive: Any = A) -> Claim:
    """A flux that cannot be split and stops where L = 0; it has the sign of L."""
    return replace(leak(flux=L * (2 + sp.sin(L))), reduced_affinity=drive)


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
