"""Loops of kinetic diagrams: which are told, in which order, how they are walked, what they say."""

import math
from typing import Any

import numpy as np
import pytest
from builders import BODY, RT
from unit.second_law.rings import ONE, complete, cycle

import biomembrane as bm
from biomembrane import Q
from biomembrane.second_law.cycles import attribute_error, loops

# --- which loops, in which order, and what they say


def walks(made: bm.Cycle) -> tuple[list[Any], list[Any]]:
    basis, every = loops(made, BODY)
    return [loop.walk for loop in basis], [loop.walk for loop in every]


def test_short_loops_come_first_and_then_those_of_earlier_steps() -> None:
    """Of four states each joined to each (steps 12, 13, 14, 23, 24, 34): four triangles, then three
    squares.
    """
    basis, every = walks(complete(4))
    assert [[k for k, _ in w] for w in every[:4]] == [[0, 3, 1], [0, 4, 2], [1, 5, 2], [3, 5, 4]]
    assert sorted(sorted(k for k, _ in w) for w in every[4:]) == [
        [0, 1, 4, 5],
        [0, 2, 3, 5],
        [1, 2, 3, 4],
    ]
    assert every[0] == ((0, 1), (3, 1), (1, -1))
    assert basis == [
        ((0, 1), (3, 1), (1, -1)),
        ((0, 1), (4, 1), (2, -1)),
        ((1, 1), (5, 1), (2, -1)),
    ]


@pytest.mark.parametrize(
    ("ways", "name"),
    [
        ((1, 1, 1, 1), "E1–E2–E3–E4–E1"),
        ((1, -1, 1, 1), "E1–E2–E3–E4–E1"),
        ((-1, 1, 1, 1), "E1–E2–E3–E4–E1"),
        ((-1, -1, -1, 1), "E2–E1–E4–E3–E2"),
        ((-1, -1, -1, -1), "E2–E1–E4–E3–E2"),
    ],
)
def test_a_loop_is_walked_as_most_of_its_steps_are_written(ways: Any, name: str) -> None:
    ring = ["E1", "E2", "E3", "E4", "E1"]
    steps = [
        (f"{a} <-> {b}" if way > 0 else f"{b} <-> {a}", ONE)
        for a, b, way in zip(ring, ring[1:], ways, strict=False)
    ]
    (basis,), (loop,) = loops(cycle(steps, "E1 E2 E3 E4"), BODY)
    assert basis is loop
    assert loop.claim.name == f"carrier:{name}"
    sign = 1 if name.startswith("E1") else -1
    assert loop.row.tolist() == [sign * way for way in ways]
    assert loop.row.sum() >= 2 or sum(ways) == 0
    assert loop.walk[0][0] == 0


@pytest.mark.parametrize("ways", [(1, 1, -1, -1), (-1, -1, 1, 1), (1, -1, 1, -1), (-1, 1, -1, 1)])
def test_a_loop_with_as_many_steps_each_way_leaves_the_first_state_by_the_later_step(
    ways: Any,
) -> None:
    """A finding is asked for by the loop's name, which must not depend on which of the four steps
    are written backwards.
    """
    ring = ["E1", "E2", "E3", "E4", "E1"]
    steps = [
        (f"{a} <-> {b}" if way > 0 else f"{b} <-> {a}", ONE)
        for a, b, way in zip(ring, ring[1:], ways, strict=False)
    ]
    _, (loop,) = loops(cycle(steps, "E1 E2 E3 E4"), BODY)
    assert loop.claim.name == "carrier:E2–E1–E4–E3–E2"
    assert loop.row.tolist() == [-way for way in ways]


@pytest.mark.parametrize(("most", "count"), [(8, 7), (7, 7), (6, 3), (3, 3), (1, 3)])
def test_as_many_loops_as_are_shown_one_by_one(
    monkeypatch: pytest.MonkeyPatch, most: int, count: int
) -> None:
    """Seven loops of four states are shown if seven may be; else the three independent ones."""
    monkeypatch.setattr("biomembrane.declare.diagram.MOST", most)
    basis, every = loops(complete(4), BODY)
    assert (len(basis), len(every)) == (3, count)
    assert {id(x) for x in basis} <= {id(x) for x in every}


def test_trees_have_no_loops() -> None:
    """Every state is reached from the first, forward and back, by one way only."""
    made = cycle(
        [
            ("E2 <-> E1", ONE),
            ("E2 <-> E3", ONE),
            ("E4 <-> E3", ONE),
            ("E1 <-> E4", ONE),
            ("E5 <-> E1", ONE),
        ],
        "E1 E2 E3 E4 E5",
    )
    basis, every = walks(made)
    assert len(basis) == len(every) == 1
    assert {k for k, _ in every[0]} == {0, 1, 2, 3}


def test_net_reactions_are_told_species_by_species() -> None:
    """In the order in which species are met; what comes back where it was does not appear."""
    steps = [
        ("E1 + 2 Na@out <-> E2", {"forward": Q(10, "1/mM^2/s"), "reverse": Q(50, "1/s")}),
        ("E2 + glucose@out <-> E3", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E3 + Cl@out <-> E4", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        (
            "E4 <-> E5 + glucose@in + Cl@out",
            {"forward": Q(10, "1/s"), "reverse": Q(50, "1/mM^2/s")},
        ),
        ("E5 <-> E1 + 2 Na@in", {"forward": Q(10, "1/s"), "reverse": Q(50, "1/mM^2/s")}),
    ]
    made = cycle(steps, "E1 E2 E3 E4 E5", charge={"E2": 0.1, "E3": 0.3, "E4": -0.4, "E5": 0.7})
    (loop,), _ = loops(made, 300.0)
    assert loop.claim.reaction == "2 Na@bath + glucose@bath ⇌ 2 Na@cell + glucose@cell"
    seen = {x.name: (str(x.symbol), x.change, x.usual, x.charge) for x in loop.claim.levels}
    assert seen == {
        "Na@bath": ("c[bath.Na]", -2, 145.0, 1),
        "glucose@bath": ("c[bath.glucose]", -1, 5.0, 0),
        "Cl@bath": ("c[bath.Cl]", 0, 149.5, -1),
        "glucose@cell": ("c[cell.glucose]", 1, 2.0, 0),
        "Na@cell": ("c[cell.Na]", 2, 10.0, 1),
    }
    assert (loop.claim.charge, loop.claim.temperature) == (
        2.0,
        300.0,
    )  # of tenths that in binary do not add up
    assert str(loop.claim.voltage) == "V[membrane]"
    assert not any(
        str(s).startswith("n[")
        for e in (loop.claim.reduced_affinity, loop.claim.forward, loop.claim.reverse)
        for s in e.free_symbols
    )


def test_a_loop_with_one_step_without_proof_is_not_proved() -> None:
    """Of two loops that meet in a state one closes: it is found to, but its last step is hosted,
    and so no proof.
    """
    steps = [
        *((f"E{a} <-> E{b}", ONE) for a, b in ((1, 2), (2, 3), (1, 3))),
        ("E3 <-> E4", ONE),
        ("E4 <-> E5", ONE),
        ("E5 <-> E3", {"forward": Q(10, "1/s"), "reverse": Q(30, "1/s")}),
    ]
    made = cycle(steps, "E1 E2 E3 E4 E5", reason="as published")
    proved = {loop.claim.name: loop.claim.proved for loop in loops(made, BODY)[1]}
    assert proved == {"carrier:E1–E2–E3–E1": "", "carrier:E3–E4–E5–E3": ""}
    assert {p.certificate.verdict for p in made.processes} == {"proven", "exempt"}
    found = bm.audit(made)
    assert [f.verdict for f in found] == ["consistent", "violates"]
    assert found["carrier:E3–E4–E5–E3"].text.startswith(
        "the loop does not close: Π k⁺/Π k⁻ is 0.3333 times exp(A/RT); "
    )
    assert found["carrier:E3–E4–E5–E3"].culprits == ("E3-E4", "E4-E5", "E5-E3")
    assert "      witness: A = +0 kJ/mol at any state\n" in str(found) + "\n"


def test_one_step_explains_all_up_to_the_tolerance() -> None:
    """What is left of all loops after the best single correction, by least squares of its own,
    against the tolerance.
    """
    basis, _ = loops(complete(4), BODY)
    Z = np.array([loop.row for loop in basis])
    off = Z[:, 2] * 2.0 + np.array([0.3, -0.2, 0.1])
    x = np.linalg.pinv(Z) @ off
    metric = np.linalg.pinv(Z) @ Z
    lefts = [
        x - metric[:, k] * (metric[:, k] @ x) / (metric[:, k] @ metric[:, k]) for k in range(6)
    ]
    best = min(range(6), key=lambda k: float(np.linalg.norm(lefts[k])))
    worst = float(np.abs(Z @ lefts[best]).max())
    steps = [f"s{k}" for k in range(6)]
    assert worst > 0.05
    for tolerance, alone in ((worst * 1.001, True), (worst * 0.999, False)):
        found = attribute_error(basis, off, steps, tolerance)
        assert (found.culprits, found.alone) == ((f"s{best}",), alone)
        assert list(found.corrections) == steps


def test_a_loop_has_the_rates_of_all_its_steps_though_the_first_is_a_hosted_flux() -> None:
    """The first step as written is what the others do not explain; the loop runs as the products of
    all.
    """
    made = cycle(
        [
            ("E2 <-> E3", ONE),
            ("E1 <-> E2", ONE),
            ("E1 <-> E3", {"forward": Q(30, "1/s"), "reverse": Q(10, "1/s")}),
        ],
        "E1 E2 E3",
    )
    assert [p.certificate.verdict for p in made.processes] == ["exempt", "proven", "proven"]
    (loop,), _ = loops(made, BODY)
    assert loop.walk == ((0, 1), (2, -1), (1, 1))
    assert (loop.claim.flux, loop.claim.conductance) == (None, None)
    assert loop.claim.net == loop.claim.forward - loop.claim.reverse
    numbers = loop.claim.values | {"n0": 1.0}
    rates = [
        float(e.subs({s: numbers[str(s)] for s in e.free_symbols}))
        for e in (loop.claim.forward, loop.claim.reverse)
    ]
    assert rates[0] / rates[1] == pytest.approx(1 / 3, rel=1e-9)
    (found,) = bm.audit(made)
    assert found.kJ == pytest.approx(-RT * math.log(3) / 1e3, rel=1e-6)
    assert found.witness.affinity.magnitude == pytest.approx(0.0, abs=1e-9)
