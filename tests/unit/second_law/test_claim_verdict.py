"""The verdict on one claim, every field of it: sizes and shares in closed form, sentences word for
word, bounds from both sides.
"""

import math
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from builders import BODY, RT, F
from unit.second_law.verdicts import IN, ONE, OUT, UP, U, at, drive, hop, judged, kJ, leak, plain

from biomembrane import Q, symbols
from biomembrane.second_law.claim import claim
from biomembrane.second_law.finding import Finding
from biomembrane.symbols import T

AHEAD = {
    "K@in": (Q(100, "mM"), Q(200, "mM")),
    "K@out": (Q(1, "mM"), Q(2, "mM")),
    "V": (Q(-10, "mV"), Q(10, "mV")),
}  # A/RT from 3.5 to 5.7


# --- claims that need no search


def test_what_needs_no_search() -> None:
    """No flux, a reaction that does not balance, charges that no ion carries, J = L·A: each with
    its sentence.
    """
    bare = Finding("leak", "process", "K@in ⇌ K@out", "not auditable")
    assert judged(leak(forward=None)) == replace(bare, text="no flux is given")
    mass = replace(
        bare, verdict="violates", cause="mass", text="the reaction does not balance: phosphate +1"
    )
    assert judged(leak(unbalanced="phosphate +1")) == mass
    for current, told, stray in ((-2.5, "-1.5", -1.5), (0.0, "+1", 1.0)):
        text = (
            f"{told} e per turnover enter the voltage equation without an ion that carries them"
            " (-1 e are carried);"
            " kJ/mol at 100 mV"
        )
        wanted = replace(
            bare,
            verdict="violates",
            cause="current",
            kJ=pytest.approx(stray * F * 1e-4, rel=1e-12),
            text=text,
        )
        assert judged(leak(current=current)) == wanted
    L = sp.Symbol("L", positive=True)
    for proved, verdict in (("", "consistent"), ("onsager", "proven")):
        made = replace(leak(forward=None, reverse=None), conductance=L, proved=proved)
        assert judged(made) == replace(bare, verdict=verdict, text="J = L·A with L ≥ 0")


@pytest.mark.parametrize(
    ("stray", "verdict"),
    [(0.9e-9, "consistent"), (-0.9e-9, "consistent"), (1.1e-9, "violates"), (-1.1e-9, "violates")],
)
def test_a_billionth_of_a_charge_is_none(stray: float, verdict: str) -> None:
    made = replace(hop(-U, kind="step"), charge=0.0, current=stray, forward=sp.exp(-U), reverse=ONE)
    assert (judged(made).verdict, judged(made).kind) == (verdict, "step")


@pytest.mark.parametrize(
    ("proved", "verdict"), [("", "consistent"), ("proven", "proven"), ("onsager", "proven")]
)
def test_what_was_proved_before_is_proven(proved: str, verdict: str) -> None:
    wanted = Finding("leak", "process", "K@in ⇌ K@out", verdict, text="ln(r⁺/r⁻) − A/RT = 0")
    assert judged(leak(proved=proved)) == wanted


# --- linear forms


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("off", "verdict"),
    [
        (0.9e-11 * kJ, "consistent"),
        (0.95e-5 * kJ, "rounding"),
        (1.05e-5 * kJ, "rounding"),
        (0.0499, "rounding"),
        (0.0501, "violates"),
        (1.2, "violates"),
    ],
)
def test_how_far_a_constant_may_be_off(off: float, verdict: str, sign: int) -> None:
    """Up to 10⁻¹¹ RT it is none, below 0.05 kJ/mol it is rounding of the digits that were given; up
    to 10⁻⁵ RT its terms are not told.
    """
    found = judged(leak(UP * sp.Float(math.exp(sign * off / kJ), 30)))
    size = pytest.approx(sign * off, rel=1e-6)
    wanted = Finding("leak", "process", "K@in ⇌ K@out", verdict)
    if verdict == "consistent":
        assert found == replace(wanted, text="ln(r⁺/r⁻) − A/RT = 0")
        return
    wanted = replace(
        wanted,
        kJ=size,
        terms={"constant": size},
        cause="rounding" if verdict == "rounding" else "constant",
    )
    if off < 1e-5 * kJ:
        size = pytest.approx(off, rel=1e-6)
        assert found == replace(
            wanted,
            kJ=size,
            terms={},
            text=f"closes to {1000 * off:.3g} J/mol: rounding of the digits given",
        )
        return
    if verdict == "rounding":
        assert found == replace(
            wanted, text=f"closes to {1000 * sign * off:+.3g} J/mol: rounding of the digits given"
        )
        return
    text = (
        f"the constants imply a standard energy that is off by {sign * off:+.4g} kJ/mol: the"
        " Haldane relation is violated"
    )
    assert plain(found) == replace(wanted, text=text)


def test_a_violation_comes_with_the_state_furthest_uphill() -> None:
    """Off by +5 RT: J < 0 < A nowhere, J > 0 > A where −5 RT < A < 0, worst at −5 RT."""
    found = judged(leak(UP * sp.exp(5)))
    state = at(found)
    affinity, flux = (
        found.witness.affinity.to("kJ/mol").magnitude,
        found.witness.flux.to("fmol/s").magnitude,
    )
    assert affinity == pytest.approx(drive(state), rel=1e-9)
    assert -5 * kJ <= affinity < -2 * kJ
    assert f"{found.witness.affinity.units:~P} {found.witness.flux.units:~P}" == "kJ/mol fmol/s"
    u = F * state["V"] * 1e-3 / RT
    assert flux == pytest.approx(
        state["K@in"] * math.exp(u / 2 + 5) - state["K@out"] * math.exp(-u / 2), rel=1e-6
    )
    assert flux > 0
    assert found.uphill == pytest.approx(
        0.217, abs=0.03
    )  # of 2·10⁵ states drawn by another generator


def test_without_a_state_uphill_the_witness_is_where_most_is_off() -> None:
    """Far from equilibrium nothing runs uphill; the charge in excess tells most at the end of the
    range.
    """
    found = judged(leak(IN * sp.exp(U)), AHEAD)
    assert (found.verdict, found.cause, found.uphill) == ("violates", "charge", 0.0)
    assert found.terms == {"charge": pytest.approx(-0.5)}
    assert abs(found.kJ) == pytest.approx(0.5 * F * 0.01 / 1e3, rel=0.02)
    state = at(found)
    assert found.kJ == pytest.approx(0.5 * F * state["V"] * 1e-6, rel=1e-9)
    assert found.witness.flux is None
    assert found.witness.affinity.magnitude == pytest.approx(drive(state), rel=1e-9)
    assert str(found.witness) == f"A = {drive(state):+.3g} kJ/mol at " + ", ".join(
        f"{n} {q:.3g~P}" for n, q in found.witness.values.items()
    )


def test_ranges_are_kept_by_what_is_searched() -> None:
    """V alone decides: without voltage and between equal concentrations ε is largest, and A
    furthest against J, at the end of the range.
    """
    level = (Q(99.999, "mM"), Q(100.001, "mM"))
    for low, high in ((-80, 20), (-20, 80)):
        found = judged(
            leak(IN, OUT), {"V": (Q(low, "mV"), Q(high, "mV")), "K@in": level, "K@out": level}
        )
        far = max(low, high, key=abs)
        assert found.kJ == pytest.approx(-F * far * 1e-6, rel=0.03)
        assert low <= found.witness.values["V"].magnitude <= high


def warm(ratio: float, **said: Any) -> Finding:
    """r⁺/r⁻ of a carrier that changes by a factor per 10 K more than it should."""
    ends = {"glucose@out": (-1, 0, 5.0), "glucose@in": (1, 0, 2.0)}
    factor = sp.Float(ratio, 30) ** ((T - sp.Float(BODY, 30)) / 10)
    out, inside = (symbols.concentration(n) for n in ends)
    return judged(claim("carrier", ends, forward=out * factor, reverse=inside, **said))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("off", "verdict"),
    [(0.0499, "rounding"), (0.0505, "violates"), (0.08, "violates"), (5.0, "violates")],
)
def test_temperature_factors_are_followed_for_15_kelvin(
    off: float, verdict: str, sign: int
) -> None:
    """ε there is what is off; verdict, size and cause go by the same 15 K, and a limit sees it."""
    ratio = math.exp(sign * off / kJ / 1.5)
    found = warm(ratio)
    assert (found.verdict, found.cause, found.terms) == (
        verdict,
        "rounding" if verdict == "rounding" else "Q10",
        {},
    )
    if verdict == "violates":
        assert found.kJ == pytest.approx(sign * off, rel=1e-3)
        told = f"r⁺/r⁻ changes with temperature {ratio:.3g}-fold per 10 K more than exp(A/RT) does"
        assert (
            found.text
            == f"{told}: the Q10 of the two directions are inconsistent; the error is that 15 K"
            " away"
        )
