"""Whole audits: their names, what can be audited, and over which ranges."""

from typing import Any

import pytest
from unit.second_law.found import ON, constant, diagram

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane.library import K, Na
from biomembrane.second_law.claim import claims


def test_the_names_of_audits() -> None:
    """By the model, the transporter, the one claim, or how many there are."""
    leak = bm.library.leak(K, ON)
    model = bm.Model("both", [leak, bm.library.leak(Na, ON)])
    (claim,) = claims(leak)
    for x, name, subjects in (
        (leak, "K_leak", ["K_leak"]), (model, "both", ["K_leak", "Na_leak"]),
        (claim, "K_leak", ["K_leak"]), ([claim], "K_leak", ["K_leak"]),
        ((claim, claim), "2 claims", ["K_leak", "K_leak"]),
        (iter([claim] * 3), "3 claims", ["K_leak"] * 3),
    ):  # fmt: skip
        found = bm.audit(x)
        assert (found.name, [f.subject for f in found]) == (name, subjects)


@pytest.mark.parametrize("x", [{}, "leak", 3, [], [3], None])
def test_what_cannot_be_audited(x: Any) -> None:
    with pytest.raises(errors.WrongType) as caught:
        bm.audit(x)
    error = caught.value
    assert (error.where, error.wanted, error.got) == (
        "audit(…)",
        "a Model, a Transporter, a Cycle or claims",
        errors.shown(x),
    )
    assert error.advice == "audit(model), audit(transporter), or audit([claim, …])"


PARTICIPANT = "'V' or a participant, such as 'Na@cell', 'cell.Na' or, at one membrane, 'Na@in'"


@pytest.mark.parametrize(
    ("name", "pair", "kind", "told"),
    [
        ("zzz", (1, 2), errors.UnknownName, (PARTICIPANT, "'zzz'", "known: V, K@cell, K@bath")),
        (5, (1, 2), errors.UnknownName, (PARTICIPANT, "5", "known: V, K@cell, K@bath")),
        (
            "V",
            Q(1, "mV"),
            errors.WrongType,
            ("a pair of quantities, low and high", "1 mV", "(Q(1, 'mM'), Q(150, 'mM'))"),
        ),
        (
            "V",
            {1, 2},
            errors.WrongType,
            ("a pair of quantities, low and high", "{1, 2}", "(Q(1, 'mM'), Q(150, 'mM'))"),
        ),
        (
            "V",
            (Q(1, "mV"),),
            errors.WrongType,
            ("a pair of quantities, low and high", "(1 mV)", "(Q(1, 'mM'), Q(150, 'mM'))"),
        ),
        (
            "V",
            (Q(1, "mV"), Q(1, "mV")),
            errors.OutOfDomain,
            ("low < high", "(1 mV, 1 mV)", "the smaller number first"),
        ),
        (
            "K@cell",
            (Q(0, "mM"), Q(1, "mM")),
            errors.OutOfDomain,
            ("low < high, both above zero", "(0 mM, 1 mM)", "the smaller number first"),
        ),
        (
            "K@cell",
            (Q(-1, "mM"), Q(1, "mM")),
            errors.OutOfDomain,
            ("low < high, both above zero", "(-1 mM, 1 mM)", "the smaller number first"),
        ),
    ],
)
def test_ranges_that_are_none(name: Any, pair: Any, kind: Any, told: tuple[str, str, str]) -> None:
    with pytest.raises(kind) as caught:
        bm.audit(bm.library.leak(K, ON), over={name: pair})
    error = caught.value
    assert (error.where, error.wanted, error.got, error.advice) == (
        f"audit(over={{{name!r}: …}})",
        *told,
    )


def test_a_list_is_a_range_too_and_small_numbers_are_numbers() -> None:
    for low in (Q(-1, "mV"), Q(0, "mV")):
        assert bm.audit(
            bm.library.leak(K, ON),
            over={
                "V": [low, Q(1, "uV") if low else Q(2, "mV")],
                "K@cell": [Q(1, "nM"), Q(2, "nM")],
            },
        ).holds


def test_ranges_reach_every_process_and_every_loop() -> None:
    """Voltages from 10 to 20 mV: witnesses lie there, of a law, of a model and of the loops of a
    cycle.
    """
    way = bm.Transporter(
        "one", "K@out -> K@in", ON, laws.Empirical(flux=constant, reason="constant")
    )
    over = {"V": (Q(10, "mV"), Q(20, "mV")), "K@bath": (Q(1, "mM"), Q(2, "mM"))}
    for x in (way, bm.Model("m", [way]), diagram(charge={"E2": 0, "E3": 0}, first=20.0)):
        bad = [
            f
            for f in bm.audit(x, over={"V": over["V"]} if isinstance(x, bm.Cycle) else over)
            if not f.holds
        ]
        assert bad
        for f in bad:
            assert 10 <= f.witness.values["V"].to("mV").magnitude <= 20
            assert 1 <= f.witness.values.get("K@bath", Q(1.5, "mM")).magnitude <= 2
