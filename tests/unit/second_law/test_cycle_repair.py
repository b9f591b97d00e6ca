"""Repairs of kinetic cycles: which rates move, by how much, and what is said of each step."""

import math
import re
from typing import Any

import numpy as np
import pytest
from builders import RT, membrane, mM
from unit.second_law.repaired import ON, UNIPORT, constant, hosted, ring

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.library import glucose


def cells(html: Any) -> list[list[str]]:
    return [
        re.findall(r"<(?:td|th|summary)[^>]*>(.*?)</(?:td|th|summary)>", row)
        for row in re.findall(r"<summary>.*?</summary>|<tr>.*?</tr>", html)
    ]


# --- a diagram


def test_a_ring_that_gives_energy_is_closed_by_all_its_rates() -> None:
    """Eightfold around three steps: each ratio k⁺/k⁻ is halved, by √2 in either direction; what is
    printed are these numbers.
    """
    repair = bm.make_consistent(ring(50 / 8))
    root = math.sqrt(2)
    assert [(name, a.magnitude, pytest.approx(b.magnitude, rel=1e-6)) for name, a,
        b in repair.constants] == [
        ("ring.A-B.forward", 10, 10 / root), ("ring.A-B.reverse", 50, 50 * root),
        ("ring.B-C.forward", 50, 50 / root),
        ("ring.B-C.reverse", 10, 10 * root), ("ring.C-A.forward", 50, 50 / root),
        ("ring.C-A.reverse", 6.25, 6.25 * root),
    ]  # fmt: skip
    assert repair.constants[0][2].units == Q(1, "1/mM/s").units
    kJ = RT * math.log(8) / 1e3
    lines = str(repair).splitlines()
    assert (
        lines[0] == "ring: violates before, proven after (rate constants projected on closed loops)"
    )
    assert lines[1].startswith(
        f"  ring:A–B–C–A: {kJ:+.3g} kJ/mol, the loop does not close: Π k⁺/Π k⁻ is 8 times exp(A/RT)"
    )
    assert lines[2] == "  ring.A-B.forward: 10 1/mM/s → 7.07107 1/mM/s (×0.7071)"
    assert len(lines) == 8
    rows = cells(repair._repr_html_())
    assert rows[0] == ["repair of ring (rate constants projected on closed loops)"]
    assert [row for row in rows if row[0].startswith("audit of ring")] == [
        ["audit of ring at 310.15 K: violates"],
        ["audit of ring at 310.15 K: proven"],
    ]
    head = rows.index(["constant", "before", "after", "factor"])
    assert rows[head + 1] == ["ring.A-B.forward", "10 1/mM/s", "7.07107 1/mM/s", "0.70711"]
    assert rows[-1] == ["ring.C-A.reverse", "6.25 1/s", "8.83883 1/s", "1.4142"]
    assert repair.change is None
    assert cells(bm.make_consistent(hosted(constant(0.2)))._repr_html_())[-1][0] == "hosted"


def test_what_a_repaired_diagram_does() -> None:
    """Without a gradient it stands still, as it did not before; with the rates as printed."""
    repair = bm.make_consistent(ring(50 / 8))
    data = repair.along_affinity()
    assert data.attrs == {}
    assert data.after.values[60] == pytest.approx(0, abs=1e-12)
    assert data.before.values[60] > 0.1
    assert data.X.values[[0, 60, 120]] == pytest.approx([-8, 0, 8], abs=1e-12)
    assert np.all(np.sign(data.after.values[[0, 59, 61, 120]]) == [-1, -1, 1, 1])
    assert data.before.attrs == {"units": "fmol/s", "long_name": "flow of glucose into cell"}
    rates = {name: b.magnitude for name, _, b in repair.constants}
    up = [rates["ring.A-B.forward"] * 5, rates["ring.B-C.forward"], rates["ring.C-A.forward"]]
    down = [rates["ring.A-B.reverse"], rates["ring.B-C.reverse"] * 2, rates["ring.C-A.reverse"]]
    M = np.array(
        [[-up[0] - down[2], down[0], up[2]], [up[0], -down[0] - up[1], down[1]], [1, 1, 1]]
    )
    n = np.linalg.solve(M, [0, 0, 1])
    over_V = repair.along_voltage()
    assert over_V.after.values == pytest.approx(
        np.full(121, up[0] * n[0] - down[0] * n[1]), rel=1e-9
    )
    assert (over_V.V.values[0], over_V.V.values[-1], over_V.V.attrs["units"]) == (-150, 150, "mV")


def test_a_step_that_is_in_no_loop_stays_as_it_was() -> None:
    """An inhibitor's dead end: its constants are neither changed nor listed, the states' shares of
    the others are.
    """
    dead = ("A + Na@in <-> D", {"forward": Q(3, "1/mM/s"), "reverse": Q(70, "1/s")})
    repair = bm.make_consistent(ring(50 / 8, steps=[dead], states="A B C D", charge={"D": 1}))
    assert {name.split(".")[1] for name, _, _ in repair.constants} == {"A-B", "B-C", "C-A"}
    assert repair.made.steps[-1] == dead
    assert (repair.after.verdict, repair.made.reason, list(repair.made.close)) == (
        "proven",
        "",
        ["C <-> A"],
    )


def test_a_step_that_closes_by_declaration_has_no_reverse_to_change() -> None:
    """Two ways back, one of them closed by declaration: its forward constant moves, its reverse
    follows.
    """
    other = ("C + Na@in <-> A + Na@out", {"forward": Q(1, "1/mM/s")})
    repair = bm.make_consistent(ring(50 / 8, steps=[other], close=["C + Na@in <-> A + Na@out"]))
    moved = [name for name, _, _ in repair.constants]
    assert "ring.C-A_2.reverse" not in moved
    assert {"ring.A-B.forward", "ring.C-A_1.reverse"} <= set(moved)
    assert repair.after.verdict == "proven"
    assert list(repair.made.close) == ["C + Na@in <-> A + Na@out", "C <-> A"]


def test_steps_between_the_same_states_are_told_apart() -> None:
    """Three ways from E to G have loops of one name: k⁺/k⁻ of each becomes the geometric mean of
    2/3, 2/6 and 2/9.
    """
    given = [
        ("E + glucose@out <-> G", 3, ""),
        ("E + glucose@in <-> G", 6, ""),
        ("E + glucose@in + Na@in <-> G + Na@out", 9, "/mM"),
    ]
    steps = [
        (text, {"forward": Q(2, f"1/s/mM{'^2' if more else ''}"), "reverse": Q(k, f"1/s{more}")})
        for text, k, more in given
    ]
    made = bm.Cycle("T", ON, density=Q(1, "fmol"), states="E G", steps=steps, reason="as published")
    repair = bm.make_consistent(made)
    mean = (2 / 3 * 2 / 6 * 2 / 9) ** (1 / 3)
    new = {name: b.magnitude for name, _, b in repair.constants}
    for k, (_, old, _) in enumerate(given, 1):
        assert new[f"T.E-G_{k}.forward"] == pytest.approx(2 * math.sqrt(mean / (2 / old)), rel=1e-6)
        assert new[f"T.E-G_{k}.reverse"] == pytest.approx(
            old / math.sqrt(mean / (2 / old)), rel=1e-6
        )
    assert repair.after.verdict == "proven"


@pytest.mark.parametrize(
    ("source", "kind", "note"),
    [
        (
            bm.Source("measured", citation="Someone 1999"),
            "derived",
            "times 0.707107, so that every loop closes",
        ),
        (
            bm.Source("fitted", citation="Someone 1999", note="table 2;"),
            "derived",
            "table 2;; times 0.707107, so that every loop closes",
        ),
        (
            bm.Source("assumed", note="round"),
            "assumed",
            "times 0.707107, so that every loop closes",
        ),
        (None, "assumed", "times 0.707107, so that every loop closes"),
    ],
)
def test_changed_constants_say_where_they_come_from(source: Any, kind: str, note: str) -> None:
    given = Q(10, "1/mM/s") if source is None else bm.Parameter(Q(10, "1/mM/s"), source)
    old = ring(50 / 8)
    steps = [(old.steps[0][0], {"forward": given, "reverse": Q(50, "1/s")}), *old.steps[1:]]
    made = bm.Cycle(
        "ring", ON, density=Q(1, "fmol"), states="A B C", steps=steps, reason="as published"
    )
    repair = bm.make_consistent(made)
    found = repair.made.steps[0][1]["forward"]
    assert (found.source.kind, found.source.note) == (kind, note)
    assert found.source.citation == (source.citation if kind == "derived" else "")
    assert found.quantity.magnitude == pytest.approx(10 / math.sqrt(2), rel=1e-6)
    assert (repair.constants[0][1], repair.constants[0][2]) == (Q(10, "1/mM/s"), found.quantity)


def test_levels_that_are_declared_as_empty_are_told_where_others_stand_for_them() -> None:
    """Curves need a level of each solute: an empty one is drawn at 1 mM, and said to be."""
    on = membrane(
        bm.Reservoir("cell", mM({glucose: 0}), floating=True),
        bm.Reservoir("bath", mM({glucose: 5})),
    )
    made = bm.Transporter(
        "hosted", UNIPORT, on, laws.Empirical(flux=constant(0.2), reason="as published")
    )
    repair = bm.make_consistent(made)
    assert repair.along_affinity().attrs == {"note": "cell.glucose at 1 mM, declared as empty"}
    assert (
        "cell.glucose at 1 mM, declared as empty" in bm.figures.repair(repair).axes[0].get_xlabel()
    )
