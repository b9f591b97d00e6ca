"""The verdict on fluxes whose rates have no linear form, or that cannot be split."""

import math
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from unit.second_law.verdicts import (
    DOWN,
    IN,
    ONE,
    OUT,
    TOP,
    UP,
    U,
    V,
    at,
    drive,
    hop,
    judged,
    kJ,
    leak,
    plain,
)

from biomembrane import symbols
from biomembrane.second_law.claim import Claim
from biomembrane.second_law.finding import Finding
from biomembrane.symbols import B


def flow(flux: Any, **said: Any) -> Claim:
    """K⁺ out, by a net flux."""
    return replace(leak(), forward=None, reverse=None, flux=flux, **said)


# --- what is no linear form, or cannot be split


def test_a_ratio_that_is_no_monomial() -> None:
    """r⁺ with a factor 1 + c/K: ε is RT ln(1 + c/K), largest at the most concentrated states."""
    found = judged(leak(UP * (1 + IN / 20)))
    size = kJ * math.log(1 + 1400 / 20)
    assert found.kJ == pytest.approx(size, rel=1e-9)  # at the edge of the range
    text = f"ln(r⁺/r⁻) is not linear in V and ln c: up to {found.kJ:.3g} kJ/mol off"
    assert plain(found) == Finding(
        "leak", "process", "K@in ⇌ K@out", "violates", kJ=found.kJ, cause="nonlinear", text=text
    )
    assert found.witness.affinity.magnitude == pytest.approx(drive(at(found)), rel=1e-9)
    assert found.witness.affinity.magnitude < 0 < found.witness.flux.magnitude
    assert 0 < found.uphill < 0.5


def test_what_shows_no_fault_is_undecided_and_says_why() -> None:
    """sin(A/2) has the sign of A within the box, |A| < 6, but far from it none: no proof, no
    counter-example.  A(A + 8) is proved.
    """
    wanted = Finding("hop", "process", "a ⇌ b", "undecided")
    text = "ln(r⁺/r⁻) is not linear in V and ln c, and no state with J·A < 0 was found"
    assert judged(hop(-U, sp.exp(sp.sin(-U / 2)) - 1)) == replace(wanted, text=text)
    text = "the flux could not be split into r⁺ and r⁻, and no state with J·A < 0 was found"
    assert judged(hop(-U, sp.sin(-U / 2) * (2 + sp.sin(V)))) == replace(wanted, text=text)
    assert judged(hop(-U, sp.exp(-U * (8 - U) / 20) - 1)).verdict == "consistent"
    assert judged(hop(-U, -U * (8 - U) * (2 + sp.sin(V)))).verdict == "consistent"
    assert judged(hop(-U, -U * (5 - U) * (2 + sp.sin(V)))).cause == "factor"  # A > −5.6


@pytest.mark.parametrize("proved", ["proven", "onsager"])
def test_what_is_proved_stands_where_nothing_flows_or_numbers_overflow(proved: str) -> None:
    """A knocked-out transporter is still proved; of a published law nothing is known then."""
    passing = Finding("leak", "process", "K@in ⇌ K@out", "proven")
    k = symbols.parameter("k")
    for law, text in (
        (leak(k * UP, k * DOWN, values={"k": 0.0}), "no flux at these numbers"),
        (leak(k * UP, k * DOWN, values={"k": 1e308}), "the rates overflow or underflow here"),
    ):
        assert judged(replace(law, proved=proved)) == replace(passing, text=text)
    text = "no flux at these numbers: some parameter is 0, and nothing can be concluded"
    assert judged(flow(k * (IN - OUT), values={"k": 0.0})) == replace(
        passing, verdict="undecided", text=text
    )


def test_a_law_that_stops_at_equilibrium_without_being_an_exponential() -> None:
    """ln(r⁺/r⁻) = A + A³: it stops with A and never runs uphill, which is proved and all that is
    said of it.
    """
    text = "the flux stops where A = 0 and has the sign of A"
    assert judged(hop(-U, sp.exp(-U - U**3 / 10) - 1)) == Finding(
        "hop", "process", "a ⇌ b", "consistent", text=text
    )
    strict = judged(
        hop(-U, forward=sp.exp(-U - U**3 / 10), reverse=ONE)
    )  # of one-way rates ln(r⁺/r⁻) = A/RT is asked
    assert (strict.verdict, strict.cause, strict.kJ) == (
        "violates",
        "nonlinear",
        pytest.approx(TOP**3 / 10 * kJ, rel=1e-6),
    )


def test_an_affinity_that_no_state_changes_has_no_place_where_a_factor_could_turn() -> None:
    """A = RT everywhere, and rates of which the ratio falls with V³: the flux runs uphill where V
    is positive.
    """
    found = judged(hop(ONE, forward=sp.exp(-(U**3)), reverse=ONE))
    assert (found.verdict, found.cause) == ("violates", "nonlinear")
    assert found.witness.flux.magnitude < 0 < found.witness.affinity.magnitude


def test_a_flux_that_cannot_be_split_and_runs_uphill() -> None:
    """A² − 1, in RT, runs forward for all A < −1 and back for 0 < A < 1; with A = −z FV/RT it is
    uphill furthest at the end of the range.
    """
    found = judged(hop(-2 * U, ((2 * U) ** 2 - 1) * (sp.Rational(3, 2) + sp.sin(V) + sp.cos(V))))
    assert (found.verdict, found.cause, found.terms, found.distance) == (
        "violates",
        "nonlinear",
        {},
        (),
    )
    assert found.text == "the flux runs uphill, and could not be split into r⁺ and r⁻"
    assert found.kJ >= abs(found.witness.affinity.magnitude) * (1 - 1e-12)
    assert found.witness.affinity.magnitude * found.witness.flux.magnitude < 0
    assert found.kJ == pytest.approx(2 * TOP * kJ, rel=0.01)
    assert found.uphill == pytest.approx(0.5, abs=0.02)


def test_a_flux_that_stops_off_equilibrium() -> None:
    """(c_in − c_out − 40 mM)(2 + sin V) is known by where it stops: ε is −A there."""
    found = judged(flow((IN - OUT - 40) * (sp.Rational(3, 2) + sp.sin(V) + sp.cos(V))))
    assert (
        found.text
        == f"ln(r⁺/r⁻) is not linear in V and ln c: up to {abs(found.kJ):.3g} kJ/mol off (A"
        " where the flux stops)"
    )
    assert (found.verdict, found.cause, found.terms) == ("violates", "nonlinear", {})
    assert -kJ * (math.log(81) + TOP) <= found.kJ < -0.7 * kJ * (math.log(81) + TOP)
    assert found.witness.affinity.magnitude * found.witness.flux.magnitude < 0


def test_a_factor_that_changes_its_sign() -> None:
    """A·(c_in − 40 mM)(2 + sin V) stops with A, but runs uphill on one side of 40 mM."""
    A = leak().reduced_affinity
    text = "the flux stops where A = 0 and has the sign of A"
    assert judged(flow(A * (2 + sp.sin(V)))) == Finding(
        "leak", "process", "K@in ⇌ K@out", "consistent", text=text
    )
    made = flow(A * (IN - 40) * (2 + sp.sin(V)))
    found = judged(made)
    text = (
        "the flux stops where A = 0, but a factor changes its sign elsewhere, and with it the flux"
    )
    state, affinity = at(found), found.witness.affinity.magnitude
    assert plain(found) == Finding(
        "leak", "process", "K@in ⇌ K@out", "violates", kJ=found.kJ, cause="factor", text=text
    )
    assert found.kJ == pytest.approx(
        -kJ * (math.log(40 / 0.5) + TOP), rel=1e-2
    )  # 40 mM against 0.5 mM at +150 mV
    assert -found.kJ >= abs(affinity) >= -found.kJ / 2
    assert affinity == pytest.approx(drive(state), rel=1e-9)
    assert affinity * found.witness.flux.magnitude < 0
    assert state["K@in"] < 40
    assert found.witness.flux.magnitude == pytest.approx(
        affinity / kJ * (state["K@in"] - 40) * (2 + math.sin(state["V"] / 1e3)), rel=1e-9
    )
    assert found.uphill == pytest.approx(math.log10(40 / 14) / 2, abs=0.02)
    assert judged(replace(made, proved="proven")).verdict == "proven"


def test_barriers_are_understood() -> None:
    found = judged(flow(B(-U) * IN - B(U) * OUT))
    assert (found.verdict, found.text) == ("consistent", "ln(r⁺/r⁻) − A/RT = 0")
