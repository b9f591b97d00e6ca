"""Loops of kinetic diagrams: which there are, how they are walked, what they claim, and which step
is to blame.
"""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, FUEL, RT, SALINE, F, membrane, mM

import biomembrane as bm
from biomembrane import Q
from biomembrane.declare.diagram import MOST
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.cycles import attribute_error, loops

ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
ONE = {"forward": Q(10, "1/s"), "reverse": Q(10, "1/s")}


def cycle(steps: Any, states: str, **kw: Any) -> bm.Cycle:
    return bm.Cycle(
        "carrier",
        ON,
        density=Q(1, "fmol"),
        states=states,
        steps=steps,
        **({"reason": "to be judged"} | kw),
    )


def complete(size: int) -> bm.Cycle:
    """Every state turns into every other."""
    names = [f"E{k}" for k in range(size)]
    return cycle(
        [(f"{a} <-> {b}", ONE) for a, b in itertools.combinations(names, 2)], " ".join(names)
    )


def carrier(first: float = 10.0, charge: Any = None) -> bm.Cycle:
    """Na⁺ binds outside, crosses, leaves inside; the way back is written against it."""
    steps = [
        ("E1 + Na@out <-> E2", {"forward": Q(first, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E2 <-> E3", {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}),
        ("E3 <-> E4 + Na@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("E1 <-> E4", {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}),
    ]
    return cycle(steps, "E1 E2 E3 E4", charge={"E2": 1, "E3": 1} if charge is None else charge)


@pytest.mark.parametrize(("size", "count"), [(3, 1), (4, 7), (5, 37)])
def test_every_simple_loop_of_a_complete_diagram(size: int, count: int) -> None:
    """Σ_k C(n, k)(k − 1)!/2 simple loops, (n − 1)(n − 2)/2 of them independent; none meets a state
    twice, the short ones first.
    """
    made = complete(size)
    basis, every = loops(made, BODY)
    assert (len(basis), len(every)) == ((size - 1) * (size - 2) // 2, count)
    pairs = list(itertools.combinations(range(size), 2))
    boundary = np.zeros((len(pairs), size))
    for k, (a, b) in enumerate(pairs):
        boundary[k, a], boundary[k, b] = -1, 1
    for loop in (*basis, *every):
        row = loop.row
        assert not np.any(row @ boundary)
        met = [pairs[k][0 if way > 0 else 1] for k, way in loop.walk]
        assert len(set(met)) == len(met) >= 3
        ends = [pairs[k][1 if way > 0 else 0] for k, way in loop.walk]
        assert ends == met[1:] + met[:1]
        assert sum(way for _, way in loop.walk) >= 0
        assert loop.walk[0][0] == min(k for k, _ in loop.walk)
        assert loop.claim.name == "carrier:" + "–".join(f"E{k}" for k in (*met, met[0]))
    assert np.linalg.matrix_rank(np.array([loop.row for loop in basis])) == len(basis)
    sizes = [len(loop.walk) for loop in every]
    assert sizes == sorted(sizes)


def test_of_very_many_loops_the_independent_ones_are_told() -> None:
    """Six states have 197 simple loops, more than are shown one by one."""
    basis, every = loops(complete(6), BODY)
    assert len(every) == len(basis) == 10 < MOST
    pairs = list(itertools.combinations(range(6), 2))
    for loop in basis:
        ends = [pairs[k] if way > 0 else pairs[k][::-1] for k, way in loop.walk]
        assert [b for _, b in ends] == [a for a, _ in ends[1:]] + [ends[0][0]]


def test_what_a_loop_claims() -> None:
    """Written with most steps forward: out of the four, three; the charge of the Na⁺ that crosses,
    its levels, its affinity and its rates.
    """
    (loop,), (same,) = loops(carrier(), BODY)
    assert loop is same
    made = loop.claim
    assert loop.walk == ((0, 1), (1, 1), (2, 1), (3, -1))
    assert (made.name, made.kind, made.reaction) == (
        "carrier:E1–E2–E3–E4–E1",
        "cycle",
        "Na@bath ⇌ Na@cell",
    )
    assert (made.charge, made.flux, made.temperature, made.proved) == (1.0, None, BODY, "")
    assert {level.name: level.change for level in made.levels} == {"Na@bath": -1, "Na@cell": 1}
    numbers = {
        "V[membrane]": -0.06,
        "R": RT / BODY,
        "T": BODY,
        "F": F,
        "c0": 1000.0,
        "n0": 1.0,
        "c[bath.Na]": 145.0,
        "c[cell.Na]": 10.0,
    }
    numbers |= made.values

    def number(e: sp.Expr) -> float:
        return float(e.subs({s: numbers[str(s)] for s in e.free_symbols}))

    assert number(made.reduced_affinity) == pytest.approx(math.log(14.5) + F * 0.06 / RT, rel=1e-9)
    ratio = number(made.forward) / number(made.reverse)
    off = math.log(10 * 100 * 50 * 50 / (50 * 50 * 10 * 100))
    assert math.log(ratio) == pytest.approx(number(made.reduced_affinity) + off, rel=1e-9)
    (finding,) = bm.audit(carrier(first=20.0))
    assert finding.kJ == pytest.approx(RT * math.log(2) / 1e3, rel=1e-6)


def test_a_repair_shares_what_is_missing_among_the_steps() -> None:
    """ln 2 too much around four steps: each gives ln 2/4, half of it forward and half of it back;
    numbers say what they come from.
    """
    doi = bm.Source("fitted", citation="Someone 1999", note="their table")
    steps = [
        (
            "E1 + Na@out <-> E2",
            {"forward": bm.Parameter(Q(20, "1/mM/s"), doi), "reverse": Q(50, "1/s")},
        ),
        *((text, dict(given)) for text, given in carrier().steps[1:]),
    ]
    repair = bm.make_consistent(cycle(steps, "E1 E2 E3 E4", charge={"E2": 1, "E3": 1}))
    assert (repair.method, repair.before.verdict, repair.after.verdict) == (
        "rate constants projected on closed loops",
        "violates",
        "proven",
    )
    factors = {name: (b / a).to("").magnitude for name, a, b in repair.constants}
    assert set(factors) == {
        f"carrier.{step}.{way}"
        for step in ("E1-E2", "E2-E3", "E3-E4", "E1-E4")
        for way in ("forward", "reverse")
    }
    for name, factor in factors.items():
        sign = (1 if name.endswith("forward") else -1) * (-1 if "E1-E4" not in name else 1)
        assert math.log(factor) == pytest.approx(sign * math.log(2) / 8, rel=1e-6), name
    first, second = (given for _, given in repair.made.steps[:2])
    assert (first["forward"].source.kind, first["forward"].source.citation) == (
        "derived",
        "Someone 1999",
    )
    assert first["forward"].source.note == "their table; times 0.917004, so that every loop closes"
    assert first["forward"].quantity.to("1/mM/s").magnitude == pytest.approx(
        20 * 2 ** (-1 / 8), rel=1e-6
    )
    assert (second["reverse"].source.kind, second["reverse"].source.note) == (
        "assumed",
        "times 1.09051, so that every loop closes",
    )
    assert repair.made.reason == ""
    text = str(repair)
    assert (
        "carrier: violates before, proven after (rate constants projected on closed loops)" in text
    )
    assert (
        "  carrier:E1–E2–E3–E4–E1: +1.79 kJ/mol, the loop does not close: Π k⁺/Π k⁻ is 2 times"
        " exp(A/RT)"
        "; " in text
    )
    assert "  carrier.E2-E3.forward: 100 1/s → 91.7004 1/s (×0.917)" in text
    assert (
        "<td>carrier.E2-E3.reverse</td><td>50 1/s</td><td>54.5254 1/s</td>" in repair._repr_html_()
    )


def test_a_loop_in_which_nothing_moves() -> None:
    assert {loop.claim.reaction for loop in loops(complete(3), BODY)[1]} == {"nothing moves"}


def test_loops_of_a_lawful_cycle_are_proved() -> None:
    made = bm.library.SGLT1(ON)
    basis, every = loops(made, BODY)
    assert (len(basis), len(every)) == (2, 3)
    assert {loop.claim.proved for loop in every} == {"proven"}
    assert "2 Na@bath + glucose@bath ⇌ 2 Na@cell + glucose@cell" in {
        loop.claim.reaction for loop in every
    }
    assert {loop.claim.charge for loop in every} == {2.0, 0.0}


def test_blame_is_the_least_squares_correction() -> None:
    """Z x = −ε with the smallest x; a step alone is to blame if changing it closes every loop
    within the tolerance.
    """
    basis, _ = loops(complete(4), BODY)
    steps = [f"s{k}" for k in range(6)]
    Z = np.array([loop.row for loop in basis])
    rng = np.random.default_rng(3)
    for k in range(6):
        off = Z[:, k] * 2.0
        found = attribute_error(basis, off, steps, 1e-6)
        assert found.culprits == (f"s{k}",)
        assert found.alone
        x = np.array([found.corrections[s] for s in steps])
        assert Z @ x == pytest.approx(-off, abs=1e-12)
        assert x == pytest.approx(-np.linalg.pinv(Z) @ off, abs=1e-12)
    off = rng.normal(size=3)
    found = attribute_error(basis, off, steps, 1e-6)
    assert not found.alone
    assert len(found.culprits) == 1
    near = attribute_error(basis, Z[:, 2] * 2.0 + 0.01, steps, 0.05)
    assert near.alone
    assert near.culprits == ("s2",)
    (single,), _ = loops(complete(3), BODY)
    assert attribute_error([single], [1.0], ["a", "b", "c"], 0.05).culprits == ("a", "b", "c")
    bridged = cycle(
        [("E1 <-> E2", ONE), ("E1 <-> E3", ONE), ("E2 <-> E3", ONE), ("E3 <-> E4", ONE)],
        "E1 E2 E3 E4",
    )
    with_bridge = attribute_error(loops(bridged, BODY)[0], [1.0], ["a", "b", "c", "apart"], 0.05)
    assert with_bridge.culprits == ("a", "b", "c")
    assert with_bridge.corrections["apart"] == 0


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
