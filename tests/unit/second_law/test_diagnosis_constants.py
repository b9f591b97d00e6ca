"""What a residual is put down to: constants, units, conventions, multiples and temperature."""

import math
from dataclasses import replace
from typing import Any

import pytest
import sympy as sp
from builders import BODY, RT
from unit.second_law.diagnosed import SYMPORT, UNIPORT, V, haldane, judged, kJ, law, told

from biomembrane.second_law.claim import Claim, claim
from biomembrane.symbols import T

PROTON = {"H@out": (-1, 1, 4e-5), "H@in": (1, 1, 1e-4)}
HYDROLYSIS = {"ATP@in": (-1, 0, 4.0), "ADP@in": (1, 0, 0.4), "Pi@in": (1, 0, 4.0)}


def net(made: Claim) -> Claim:
    """The same, of which the difference alone is given."""
    return replace(made, flux=made.net, forward=None, reverse=None)


def test_a_constant_is_told_in_kilojoules() -> None:
    assert told(law(constant=3 * kJ)) == ("constant", haldane("+3"))
    assert told(law(constant=-12.345 * kJ)) == ("constant", haldane("-12.35"))
    loop = "the loop does not close: Π k⁺/Π k⁻ is 20 times exp(A/RT)"
    assert told(law(constant=math.log(20), kind="cycle")) == ("constant", loop)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("thousands", "beside", "known"),
    [(1, 0.04, True), (1, -0.04, True), (1, 0.06, False), (1, -0.06, False), (2, 0.0, True)],
)
def test_a_power_of_a_thousand_is_a_unit(
    sign: int, thousands: int, beside: float, known: bool
) -> None:
    x = sign * (thousands * RT * math.log(1e3) / 1e3 + beside)
    text = (
        f"off by {x:+.4g} kJ/mol = {thousands}·RT ln 10³: a concentration or constant is off by a"
        " power of a thousand"
        " (mM for M)"
    )
    assert told(law(constant=x * kJ)) == (
        ("unit", text) if known else ("constant", haldane(f"{x:+.4g}"))
    )


@pytest.mark.parametrize(
    ("pH", "known"), [(6.2, False), (6.35, True), (-7.0, True), (8.15, True), (8.3, False)]
)
@pytest.mark.parametrize("protons", [0, 1, 2])
def test_a_constant_of_the_size_of_a_pH_is_a_convention(
    pH: float, known: bool, protons: int
) -> None:
    """RT ln 10^pH for each proton that appears; of ATP without protons for one."""
    terms = HYDROLYSIS | ({"H@in": (protons, 1, 6e-5)} if protons else {})
    x = (protons or 1) * pH * RT * math.log(10) / 1e3
    times = "2·" if protons == 2 else ""
    text = (
        f"off by {x:+.4g} kJ/mol, close to {times}RT ln 10^pH (pH {abs(pH):.3g}): an apparent"
        " standard energy ΔG°′ together with explicit H⁺, or the reverse"
    )
    assert told(law(terms, constant=x * kJ)) == (
        ("convention", text) if known else ("constant", haldane(f"{x:+.4g}"))
    )


@pytest.mark.parametrize(
    ("terms", "known"),
    [
        *[
            ({f"{h}@in": (1, 1, 1e-4), "X@in": (-1, 1, 1.0)}, True)
            for h in ("H", "H+", "H⁺", "proton")
        ],
        *[
            ({f"{x}@in": (-1, 0, 1.0), "Y@in": (1, 0, 1.0)}, True)
            for x in ("MgATP", "atp", "NADH", "NADPH")
        ],
        *[({f"{x}@in": (-1, 0, 1.0), "Y@in": (1, 0, 1.0)}, False) for x in ("ADP", "NAD", "h2o")],
        (
            {"ATP@in": (0, 0, 1.0), "X@in": (-1, 0, 1.0), "Y@in": (1, 0, 1.0)},
            False,
        ),  # it binds and leaves again
        (PROTON, False),  # as many come as go
    ],
    ids=lambda x: "·".join(x) if isinstance(x, dict) else str(x),
)
def test_conventions_are_of_protons_and_of_nucleotides(terms: Any, known: bool) -> None:
    assert told(law(terms, constant=7 * math.log(10)))[0] == ("convention" if known else "constant")


@pytest.mark.parametrize(
    ("size", "verdict"),
    [
        (0.0001, "rounding"),
        (0.049, "rounding"),
        (-0.049, "rounding"),
        (0.051, "violates"),
        (-0.051, "violates"),
    ],
)
def test_rounding_is_below_a_twentieth_of_a_kilojoule(size: float, verdict: str) -> None:
    found = judged(law(constant=size * kJ))
    text = (
        f"closes to {1000 * size:+.3g} J/mol: rounding of the digits given"
        if verdict == "rounding"
        else haldane(f"{size:+.4g}")
    )
    assert (found.verdict, found.text, found.cause) == (
        verdict,
        text,
        "rounding" if verdict == "rounding" else "constant",
    )
    assert found.kJ == pytest.approx(size, rel=1e-9)
    assert found.terms == pytest.approx({"constant": size}, rel=1e-6)


def test_small_constants_beside_small_charges_are_rounding() -> None:
    """40 J/mol and 14 more at 150 mV: beyond what passes, and still no cause but rounding."""
    assert told(law(UNIPORT, charge=0.001, constant=0.04 * kJ)) == (
        "rounding",
        "closes to +40 J/mol: rounding of the digits given",
    )


# --- multiples and temperature


@pytest.mark.parametrize(
    ("k", "verdict", "text"),
    [
        (2, "consistent", "r⁺/r⁻ = exp(2 A/RT): the flux stops where A = 0 and has the sign of A"),
        (
            0.5,
            "consistent",
            "r⁺/r⁻ = exp(0.5 A/RT): the flux stops where A = 0 and has the sign of A",
        ),
        (
            1.0002,
            "consistent",
            "r⁺/r⁻ = exp(1.0002 A/RT): the flux stops where A = 0 and has the sign of A",
        ),
        (
            -1,
            "violates",
            "r⁺/r⁻ = e^(−A/RT): forward and reverse are swapped, the flux runs uphill everywhere",
        ),
        (
            -1.00005,
            "violates",
            "r⁺/r⁻ = e^(−A/RT): forward and reverse are swapped, the flux runs uphill everywhere",
        ),
    ],
)
@pytest.mark.parametrize(
    "terms", [SYMPORT, UNIPORT, HYDROLYSIS], ids=["symport", "uniport", "hydrolysis"]
)
def test_powers_of_what_is_due(terms: Any, k: float, verdict: str, text: str) -> None:
    made = law(
        terms,
        (sp.Float(k) - 1) * claim("law", terms, voltage=V, energy=sp.Float(-3e4)).reduced_affinity,
        energy=sp.Float(-3e4),
    )
    found = judged(net(made))
    assert (found.verdict, found.text) == (verdict, text)
    assert found.cause == ("direction" if k < 0 else "")
    strict = judged(made)  # of one-way rates more is asked than the sign of their difference
    if k < 0:
        assert (strict.verdict, strict.cause) == ("violates", "direction")
    elif k in (2, 0.5):
        assert (strict.verdict, strict.cause, strict.kJ < 0) == (
            "violates",
            "order",
            abs(strict.kJ) == -strict.kJ,
        )
        assert strict.text.startswith(f"r⁺/r⁻ = exp({k:g} A/RT): one-way rates must have exp(A/RT)")
    else:
        assert strict.verdict != "consistent"


@pytest.mark.parametrize("k", [-1.001, -2, 0.0])
def test_other_powers_are_wrong_orders(k: float) -> None:
    assert told(
        law(UNIPORT, (sp.Float(k) - 1) * claim("law", UNIPORT, voltage=V).reduced_affinity)
    )[0] in ("order", "sides")


def test_a_power_but_for_one_term_is_no_power() -> None:
    """2 A/RT and a little more, above 1e-5 of the greatest term (F/RT): an error of orders."""
    assert judged(
        net(law(e=claim("law", SYMPORT, voltage=V).reduced_affinity + sp.Float(5e-4)))
    ).text.startswith("r⁺/r⁻ = exp(2 A/RT)")
    small = claim("law", UNIPORT, voltage=V).reduced_affinity
    assert judged(net(law(UNIPORT, e=small + sp.Float(5e-6)))).text.startswith(
        "r⁺/r⁻ = exp(2 A/RT)"
    )
    assert told(net(law(UNIPORT, e=small + sp.Float(1.5e-5))))[0] == "order"


def test_of_no_affinity_nothing_is_a_power() -> None:
    """A that is zero but for rounding beside r⁺/r⁻ = 3 is off by RT ln 3, and no multiple of it."""
    still = {"X@in": (0, 0, 1.0)}
    for energy in (0.0, 1e-9, -1e-9):
        found = judged(
            claim("still", still, energy=sp.Float(energy), forward=sp.Integer(3), reverse=sp.S.One)
        )
        assert (found.verdict, found.cause, found.kJ) == (
            "violates",
            "constant",
            pytest.approx(math.log(3) / kJ),
        )
    found = judged(law(still, sp.Float(0.5), energy=sp.Float(-0.5 * RT)))
    assert (found.verdict, found.cause) == ("violates", "order")
    assert found.text.startswith("r⁺/r⁻ = exp(2 A/RT)")
    A = claim("law", SYMPORT, voltage=V).reduced_affinity
    assert told(law(e=A + sp.Float(0.001)))[0] == "order"
    assert told(law(e=-2 * A + sp.Float(0.001)))[0] != "direction"


@pytest.mark.parametrize(
    ("size", "known"), [(0.04, False), (0.06, True), (-0.06, True), (-0.04, False)]
)
def test_rates_that_warm_apart(size: float, known: bool) -> None:
    """d(ε/RT)/dT in kJ/mol per 15 K, above 0.05: told as a ratio of the two Q10."""
    slope = size * kJ / 15
    word, text = told(law(e=sp.Float(slope) * (T - BODY), constant=1.0 * kJ))
    ratio = math.exp(10 * slope)
    said = f"r⁺/r⁻ changes with temperature {ratio:.3g}-fold per 10 K more than exp(A/RT) does: "
    said += "the Q10 of the two directions are inconsistent; the error is that 15 K away"
    assert (word, text) == (("Q10", said) if known else ("constant", haldane("+1")))
