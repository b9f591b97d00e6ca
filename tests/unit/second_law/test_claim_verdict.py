"""The verdict on one claim, every field of it: sizes and shares in closed form, sentences word for
word, bounds from both sides.
"""

import math
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from builders import BODY, RT, F

import biomembrane as bm
from biomembrane import Q, symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.finding import Finding
from biomembrane.symbols import B, R, T
from biomembrane.symbols import F as FARADAY

V = symbols.potential("m")
U = FARADAY * V / (R * T)
IN, OUT = symbols.concentration("K@in"), symbols.concentration("K@out")
kJ = RT / 1e3
TOP = F * 0.15 / RT  # FV/RT at 150 mV
ONE = sp.Integer(1)
AHEAD = {
    "K@in": (Q(100, "mM"), Q(200, "mM")),
    "K@out": (Q(1, "mM"), Q(2, "mM")),
    "V": (Q(-10, "mV"), Q(10, "mV")),
}  # A/RT from 3.5 to 5.7


UP, DOWN = IN * sp.exp(U / 2), OUT * sp.exp(-U / 2)  # as detailed balance asks


def leak(forward: Any = UP, reverse: Any = DOWN, **said: Any) -> Claim:
    """K⁺ out, by the rates given."""
    return claim(
        "leak",
        {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)},
        voltage=V,
        forward=forward,
        reverse=reverse,
        **said,
    )


def flow(flux: Any, **said: Any) -> Claim:
    """K⁺ out, by a net flux."""
    return replace(leak(), forward=None, reverse=None, flux=flux, **said)


def hop(drive: Any, flux: Any = None, **said: Any) -> Claim:
    """Charges that hop through the field, or nothing at all: A/RT as given."""
    return Claim(
        name="hop",
        reaction="a ⇌ b",
        reduced_affinity=sp.sympify(drive),
        levels=(),
        voltage=V,
        flux=flux,
        **said,
    )


def judged(made: Claim, over: Any = None) -> Finding:
    (found,) = bm.audit(made, over=over)
    return found


def at(found: Finding) -> dict[str, float]:
    """The state of a witness [mV, mM], which lies in the box."""
    assert found.witness is not None
    state = {
        name: q.to("mV" if name == "V" else "mM").magnitude
        for name, q in found.witness.values.items()
    }
    assert {name: f"{q.units:~P}" for name, q in found.witness.values.items()} == {
        name: "mV" if name == "V" else "mM" for name in state
    }
    for name, low, high in (("V", -150, 150), ("K@in", 14, 1400), ("K@out", 0.5, 50)):
        assert low - 1e-9 <= state.get(name, low) <= high + 1e-9
    return state


def drive(state: dict[str, float]) -> float:
    """A of K⁺ out [kJ/mol]."""
    return kJ * math.log(state["K@in"] / state["K@out"]) + F * state["V"] * 1e-6


def plain(found: Finding) -> Finding:
    """All but the witness and the share that is sampled."""
    return replace(found, witness=None, uphill=0.0)


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


# --- laws that go one way


def test_one_way_laws_without_a_variable() -> None:
    """A is a number: how much too fast follows from it, with as many digits as it needs; against A
    it runs everywhere.
    """
    for A, told in ((0.5, "154 %"), (3.0, "5.24 %"), (10.0, "0.00454 %")):
        text = (
            "no reverse rate: no state in the range has an opposing A; where A > 0 it is too"
            f" fast by {told} at A = {A * kJ:.3g} kJ/mol"
        )
        far = ((pytest.approx(A * kJ, rel=1e-12), 1.0, pytest.approx(1 / math.expm1(A), rel=1e-9)),)
        wanted = Finding(
            "hop", "process", "a ⇌ b", "irreversible", cause="irreversible", text=text, distance=far
        )
        assert judged(hop(sp.Float(A, 30), forward=ONE, reverse=sp.S.Zero)) == wanted
    found = judged(hop(-ONE, forward=2 * ONE, reverse=sp.S.Zero))
    assert (found.verdict, found.uphill, found.kJ) == (
        "irreversible",
        1.0,
        pytest.approx(kJ, rel=1e-12),
    )
    assert found.text == "no reverse rate: it runs uphill in 100 % of the range"
    assert str(found.witness) == "A = -2.58 kJ/mol while J > 0 at any state"
    ((A, share, over),) = found.distance
    assert (A, share) == (pytest.approx(-kJ), 1.0)
    assert math.isnan(over)


@pytest.mark.parametrize("A", [0, 1, 2, 4, 8])
def test_bins_of_the_affinity_meet(A: int) -> None:
    """A state on the border of two bins is counted once; without force nothing can be too fast by a
    share.
    """
    ((middle, share, over),) = judged(hop(sp.Integer(A), forward=ONE, reverse=sp.S.Zero)).distance
    assert (middle, share) == (pytest.approx(A * kJ), 1.0)
    assert math.isnan(over) if A == 0 else over == pytest.approx(1 / math.expm1(A))


ONE_WAY = {
    "forward": (1, {"forward": 3 * ONE, "reverse": sp.S.Zero}),
    "reverse": (-1, {"forward": sp.S.Zero, "reverse": 3 * ONE}),
    "unsplit forward": (1, {"flux": 3 + sp.sin(V) / 1000}),
    "unsplit reverse": (-1, {"flux": -3 - sp.sin(V) / 1000}),
}


@pytest.mark.parametrize("name", ONE_WAY)
def test_one_way_laws_over_the_voltage(name: str) -> None:
    """Two charges: A/RT = −2 FV/RT is uniform to 11.2 on both sides, and a flux of one way is too
    fast on its own side of zero.
    """
    way, said = ONE_WAY[name]
    found = judged(hop(-2 * U, **said))
    top = 2 * TOP
    edges = [-top, 0, 1, 2, 4, 8, top]
    assert len(found.distance) == 6
    for low, high, (A, share, over) in zip(edges[:-1], edges[1:], found.distance, strict=True):
        assert way * A / kJ == pytest.approx((low + high) / 2, abs=0.12 * (high - low))
        assert share == pytest.approx((high - low) / (2 * top), abs=0.02)
        assert math.isnan(over) if low < 0 else over == pytest.approx(1 / math.expm1(way * A / kJ))
    assert found.kJ == pytest.approx(top * kJ, rel=0.01)
    assert found.uphill == pytest.approx(0.5, abs=0.02)
    assert found.uphill == pytest.approx(found.distance[0][1], abs=1e-3)
    assert way * found.witness.values["V"].magnitude == pytest.approx(150, rel=0.01)
    assert found.witness.flux.magnitude == pytest.approx(3 * way, rel=1e-3)
    assert found.witness.affinity.magnitude == pytest.approx(-way * found.kJ)
    missing, side = ("reverse", ">") if way > 0 else ("forward", "<")
    head = (
        f"no {missing} rate: it runs uphill in {100 * found.uphill:.2g} % of the range; where A"
        f" {side} 0 it is too fast by "
    )
    told = [
        (f"{100 * over:.{0 if k < 3 else 2}f}", A)
        for k, (A, _, over) in enumerate(found.distance[1:5], 1)
    ]
    told.append((f"{100 * found.distance[5][2]:.5f}", found.distance[5][0]))
    assert found.text == head + ", ".join(
        f"{percent} % at A = {A:.3g} kJ/mol" for percent, A in told
    )


def test_a_one_way_law_that_hardly_ever_runs_uphill() -> None:
    """Up to +1 µV of 150 mV no sampled state has A < 0, yet there is one; it is not told that there
    is none.
    """
    found = judged(hop(-2 * U, forward=ONE, reverse=sp.S.Zero), {"V": (Q(-150, "mV"), Q(1, "uV"))})
    assert found.text.startswith(
        "no reverse rate: it runs uphill in less than 0.049 % of the range; where A > 0 it is too"
        " fast by "
    )
    assert found.uphill == 0.0
    assert found.kJ == pytest.approx(2 * F * 1e-9, rel=1e-9)
    assert found.witness.values["V"].to("uV").magnitude == pytest.approx(1)


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
