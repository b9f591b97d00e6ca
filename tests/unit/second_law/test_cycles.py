"""Loops of kinetic diagrams: which there are, how they are walked, what they claim, and which step
is to blame.
"""

import itertools
import math

import numpy as np
import pytest
import sympy as sp
from builders import BODY, RT, F
from unit.second_law.rings import ON, ONE, carrier, complete, cycle

import biomembrane as bm
from biomembrane import Q
from biomembrane.declare.diagram import MOST
from biomembrane.second_law.cycles import attribute_error, loops


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
