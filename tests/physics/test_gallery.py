"""Planted faults are found and named rightly; sound laws are not flagged.

``pytest -s`` prints the confusion matrix.
"""

import sys
from collections import Counter
from functools import cache

import pytest
from gallery import FAULTS, SOUND

import biomembrane as bm
from biomembrane.second_law.finding import Finding


@cache
def judged() -> list[tuple[str, str, Finding]]:
    """(name, cause due, the worst finding) of every fault."""
    made = []
    for fault in FAULTS:
        findings = bm.audit(fault.made()).findings
        worst = max(findings, key=lambda f: (not f.holds, f.verdict == "rounding", abs(f.kJ)))
        due = worst.cause if worst.cause in fault.also else fault.cause
        made.append((fault.name, due, worst))
    return made


def confusion() -> str:
    """Causes due (rows) against causes named (columns)."""
    counts = Counter((due, f.cause or f.verdict) for _, due, f in judged())
    rows, columns = sorted({a for a, _ in counts}), sorted({b for _, b in counts})
    width = max(map(len, (*rows, *columns)))
    head = " " * width + " " + " ".join(c.rjust(len(c)) for c in columns)
    body = [
        r.ljust(width) + " " + " ".join(str(counts[r, c] or "·").rjust(len(c)) for c in columns)
        for r in rows
    ]
    missed = [
        f"{name}: due {due!r}, named {f.cause or f.verdict!r} ({f.text})"
        for name, due, f in judged()
        if f.cause != due
    ]
    return "\n".join(["", head, *body, *missed])


def test_there_are_fifty_of_each() -> None:
    assert len(FAULTS) >= 50
    assert len(SOUND) >= 50
    assert len({f.name for f in FAULTS}) == len(FAULTS)
    assert len({name for name, _ in SOUND}) == len(SOUND)


def test_faults_are_found_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    """At least nine in ten named rightly, and every one found."""
    with capsys.disabled():
        sys.stdout.write(confusion() + "\n")
    found = [
        name
        for name, due, f in judged()
        if not f.holds or (due == "rounding" and f.verdict == "rounding")
    ]
    named = [name for name, due, f in judged() if f.cause == due]
    assert len(found) == len(FAULTS), confusion()
    assert len(named) >= 0.9 * len(FAULTS), confusion()


SAID = {
    "potassium GHK with V reversed": (
        28.9456,
        (
            "the voltage enters with the wrong sign: r⁺/r⁻ senses 1 e per turnover, while -1 cross"
            " to the inside"
        ),
    ),
    "NKCC backwards": (
        -117.8863,
        "r⁺/r⁻ = e^(−A/RT): forward and reverse are swapped, the flux runs uphill everywhere",
    ),
    "SGLT with sodium inside out": (
        -73.2050,
        "Na of the two sides are swapped: the rates take the inside for the outside",
    ),
    "SGLT with one sodium": (
        -18.3012,
        (
            "Na@in enters r⁺/r⁻ with order -1 where the reaction has -2; Na@out enters r⁺/r⁻ with"
            " order 1 where the reaction has 2"
        ),
    ),
    "pump with a Hill exponent": (
        30.0140,
        (
            "Na@in enters r⁺/r⁻ with order 1.36 where the reaction has 3; Na@out enters r⁺/r⁻ with"
            " order -1.36 where the reaction has -3"
        ),
    ),
    "NBC with the reversal potential of two bicarbonates": (
        -27.5603,
        (
            "HCO3@in enters r⁺/r⁻ with order -2 where the reaction has -3; HCO3@out enters r⁺/r⁻"
            " with order 2 where the reaction has 3; the voltage enters with -1 e per turnover"
            " where -2"
            " cross"
        ),
    ),
    "KCC without chloride inside": (
        5.9377,
        "Cl@in is missing from r⁺/r⁻ (order 1 is expected); a constant replaces it, worth 8 mM",
    ),
    "EAAT without counter transport of potassium": (
        -20.7400,
        (
            "K@in is missing from r⁺/r⁻ (order 1 is expected); K@out is missing from r⁺/r⁻ (order"
            " -1 is expected)"
        ),
    ),
    "SGLT without voltage": (
        28.9456,
        "the voltage is left out: r⁺/r⁻ senses 0 e per turnover, while 2 cross to the inside",
    ),
    "fractions of the field that add up to nine tenths": (
        2.8946,
        "r⁺/r⁻ senses 1.8 e per turnover, while 2 cross to the inside",
    ),
    "room temperature RT over F in a warm cell": (
        0.5825,
        (
            "r⁺/r⁻ senses -1.04 e per turnover, while -1 cross to the inside; F/RT taken at 298.2 K"
            " would explain this"
        ),
    ),
    "NBC with one charge too few": (
        14.4728,
        "r⁺/r⁻ senses -1 e per turnover, while -2 cross to the inside",
    ),
    "millivolts beside F over RT in volts": (
        14.4583,
        (
            "the voltage is off by a power of a thousand (mV for V): r⁺/r⁻ senses -1000 e per"
            " turnover, while -1 cross to the inside"
        ),
    ),
    "two sodium constants in molar": (
        -35.6265,
        (
            "off by -35.63 kJ/mol = 2·RT ln 10³: a concentration or constant is off by a power of"
            " a thousand"
            " (mM for M)"
        ),
    ),
    "calcium in micromolar on one side": (
        17.8132,
        (
            "off by +17.81 kJ/mol = 1·RT ln 10³: a concentration or constant is off by a power of"
            " a thousand"
            " (mM for M)"
        ),
    ),
    "pump with an apparent energy beside explicit protons": (
        41.5,
        (
            "off by +41.5 kJ/mol, close to RT ln 10^pH (pH 6.99): an apparent standard energy ΔG°′"
            " together with explicit H⁺"
            ", or the reverse"
        ),
    ),
    "hydrolysis without protons and an energy with them": (
        -41.5,
        (
            "off by -41.5 kJ/mol, close to RT ln 10^pH (pH 6.99): an apparent standard energy ΔG°′"
            " together with explicit H⁺"
            ", or the reverse"
        ),
    ),
    "pump with one rate ten times too high": (
        -5.9377,
        (
            "the constants imply a standard energy that is off by -5.938 kJ/mol: the Haldane"
            " relation is violated"
        ),
    ),
    "carrier with a loop off by three": (
        2.833,
        (
            "the loop does not close: Π k⁺/Π k⁻ is 3 times exp(A/RT); Eo-So or So-Si"
            " or Si-Ei or Ei-Eo alone would explain it"
        ),
    ),
    "symporter with a slip off by ten": (
        5.9499,
        (
            "the loop does not close: Π k⁺/Π k⁻ is 10.05 times exp(A/RT); C2-C5 alone"
            " would explain every loop"
        ),
    ),
    "AE1 as printed": (0.0067, "closes to +6.69 J/mol: rounding of the digits given"),
    "carrier with two Q10": (
        1.3797,
        (
            "r⁺/r⁻ changes with temperature 1.43-fold per 10 K more than exp(A/RT) does: the Q10"
            " of the two directions are inconsistent; the error is that 15 K away"
        ),
    ),
    "leak current without an ion": (
        9.6485,
        (
            "+1 e per turnover enter the voltage equation without an ion that carries them (+0 e"
            " are carried); kJ/mol"
            " at 100 mV"
        ),
    ),
    "phosphate that vanishes": (0.0, "the reaction does not balance: phosphate −1"),
    "proton pump that stops softly": (
        0.0,
        (
            "no reverse rate: no state in the range has an opposing A; where A > 0 it is too"
            " fast by 0.00000 % at A = 51.2 kJ/mol"
        ),
    ),
    "clipped exchanger": (
        0.0,
        (
            "no reverse rate: no state in the range has an opposing A; where A > 0 it is too"
            " fast by 145 % at A = 1.35 kJ/mol, 28 % at A = 3.92 kJ/mol, 6.28 % at A = 7.29 kJ/mol,"
            " 0.88 % at A = 12.2 kJ/mol"
        ),
    ),
    "a turnover fitted by a line": (
        -16.0258,
        "the flux stops where A = 0, but a factor changes its sign elsewhere, and with it the flux",
    ),
    "two saturations with equal initial slopes": (
        -7.1595,
        "ln(r⁺/r⁻) is not linear in V and ln c: up to 7.16 kJ/mol off",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_fault(name: str) -> None:
    """The size in kJ/mol, signed, and the sentence, with orders, charges, factors and temperatures
    that follow from what was planted.
    """
    (made,) = (fault.made() for fault in FAULTS if fault.name == name)
    worst = max(
        bm.audit(made).findings, key=lambda f: (not f.holds, f.verdict == "rounding", abs(f.kJ))
    )
    kJ, text = SAID[name]
    assert worst.kJ == pytest.approx(kJ, abs=1e-4)
    assert worst.text == text


@pytest.mark.parametrize("name", [name for name, _ in SOUND])
def test_sound_laws_are_not_flagged(name: str) -> None:
    made = bm.audit(dict(SOUND)[name]())
    assert all(f.verdict in ("proven", "consistent") for f in made), made
