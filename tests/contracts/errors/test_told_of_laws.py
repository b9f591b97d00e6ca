"""What is told of laws and of diagrams that break the second law: which rates read V, which loop is
which, what a repair did.
"""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from mistakes import bath, cell, cycle, membrane, transporter

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import glucose

BIND, TURN = (
    {"forward": "1 1/s/mM", "reverse": "10 1/s"},
    {"forward": "10 1/s", "reverse": "20 1/s"},
)


def leaky(flux: Any, reaction: str = "K@out -> K@in", **more: Any) -> bm.Transporter:
    """A flux as it was published."""

    def rate(site: Any) -> Any:
        return site.parameter("k", Q(1, "fmol/s/mM"), d.FLUX / d.CONCENTRATION) * flux(site)

    return transporter(
        reaction, laws.Empirical(flux=rate, reason="as published"), name="leaky", **more
    )


def hosted(*, text: bool) -> bm.Cycle:
    """A uniporter of glucose whose published constants are off, as text or as quantities."""
    given = [
        {way: x if text else Q(x) for way, x in each.items()} for each in (BIND, TURN, BIND, TURN)
    ]
    names = ("O + glucose@out <-> OG", "OG <-> IG", "I + glucose@in <-> IG", "I <-> O")
    return cycle(steps=list(zip(names, given, strict=True)), close=[], reason="as published")


def twins() -> bm.Cycle:
    """Two ways from A to B and back, so that four loops pass through the same two or three
    states.
    """
    way, bound = (
        {"forward": "1 1/s", "reverse": "3 1/s/mM"},
        {"forward": "1 1/s/mM", "reverse": "1 1/s"},
    )
    steps = [
        ("A + glucose@out <-> B", bound), ("B <-> A + glucose@in", way), ("B <-> C", TURN),
        ("C <-> A + glucose@in", way), ("A + glucose@out <-> C", bound),
    ]  # fmt: skip
    return bm.Cycle(
        "tri", membrane(), density="10 1/um^2", states="A B C", steps=steps, reason="as published"
    )


def test_constants_in_text_are_repaired_as_quantities_are() -> None:
    told, same = (bm.make_consistent(hosted(text=text)) for text in (True, False))
    assert told.after.verdict == same.after.verdict == "proven"
    assert str(told) == str(same)
    assert told.made.parameters == same.made.parameters
    assert told.constants


def test_a_repair_says_what_was_proved() -> None:
    sound = leaky(
        lambda s: (
            (s["K@out"] * sp.exp(-s.u / 2) - s["K@in"] * sp.exp(s.u / 2)) * (1 + sp.tanh(s.u) / 3)
        )
    )
    repair = bm.make_consistent(sound)
    assert repair.before.verdict == "consistent"
    assert "no proof" not in repair.method


def test_an_audit_tells_which_rates_read_the_voltage() -> None:
    blind, seeing = (
        leaky(lambda s: s["K@out"] - s["K@in"]),
        leaky(lambda s: s["K@out"] * sp.exp(-s.u / 3) - s["K@in"]),
    )
    text = str(bm.audit(blind))
    assert "V is left out of the rates of leaky, which moves 1 e inward" in text
    assert "V is sensed" not in text
    assert "V is sensed by leaky through its given rates (its reaction moves 1 e inward)" in str(
        bm.audit(seeing)
    )
    assert "V is sensed by K_leak 1 e outward" in str(bm.audit(transporter()))
    ohmic = transporter(law=laws.Ohmic(conductance=Q(1, "nS")))
    assert "V is sensed by K_leak 1 e outward" in str(bm.audit(ohmic))


def test_loops_through_the_same_states_have_names_of_their_own() -> None:
    names = [finding.subject for finding in bm.audit(twins())]
    assert len(set(names)) == len(names) == 6
    assert "tri:A–B–C–A by A-B_1 and C-A_1" in names


def test_machine_code_is_trusted_with_what_cancels_to_nothing() -> None:
    """k|c − K| + k(c − K) is 0 below K but for rounding."""
    on = membrane(
        inside=cell(contents={glucose: Q(0, "mM")}, held={}, impermeant=None),
        outside=bath({glucose: Q(4, "mM")}),
        capacitance=None,
    )

    def above(site: Any) -> Any:
        gap = site["glucose@out"] - site.parameter("K", Q(2, "mM"), d.CONCENTRATION)
        inner = site["glucose@in"] - site.parameter("K", Q(2, "mM"), d.CONCENTRATION)
        return sp.Abs(gap) + gap - sp.Abs(inner) - inner

    run = bm.simulate(
        bm.Model("threshold", [leaky(above, "glucose@out -> glucose@in", on=on)]), until="1 s"
    )
    assert float(run.data.flux[0, 0]) == pytest.approx(4.0, rel=1e-12)


@pytest.mark.parametrize("module", [bm.laws, bm.figures, bm.solvers])
def test_modules_list_their_public_names_alone(module: Any) -> None:
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(module, name).__module__.startswith("biomembrane.")
