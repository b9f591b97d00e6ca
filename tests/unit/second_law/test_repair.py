"""Repairs: what is kept, what follows, by how much, and how a notebook or a terminal tells it."""

import math
import re
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import FUEL, RT, SALINE, F, membrane, mM
from mistakes import caught

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose

INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(INSIDE),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
UNIPORT, SYMPORT = "glucose@out -> glucose@in", "Na@out + glucose@out -> Na@in + glucose@in"


def hosted(flux: Any, reaction: str = UNIPORT, **more: Any) -> bm.Transporter:
    return bm.Transporter(
        "hosted", reaction, ON, laws.Empirical(flux=flux, reason="as published"), **more
    )


def constant(size: float) -> Any:
    return lambda s: (-1 if size < 0 else 1) * s.parameter("J", Q(abs(size), "fmol/s"), d.FLUX)


def P(s: Any, order: int = 1) -> Any:
    return s.parameter("P", Q(0.1, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


def without_voltage(s: Any) -> Any:
    return P(s, 2) * (s["Na@out"] * s["glucose@out"] - s["Na@in"] * s["glucose@in"])


def ring(last: float, **more: Any) -> bm.Cycle:
    """Glucose carried by three states, whose loop closes if the last rate back is 50 per second."""
    steps = more.pop("steps", [])
    own = [
        ("A + glucose@out <-> B", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("B <-> C + glucose@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("C <-> A", {"forward": Q(50, "1/s"), "reverse": Q(last, "1/s")}),
    ]
    given = {"density": Q(1, "fmol"), "states": "A B C", "reason": "as published"} | more
    return bm.Cycle("ring", ON, steps=[*own, *steps], **given)


def cells(html: Any) -> list[list[str]]:
    return [
        re.findall(r"<(?:td|th|summary)[^>]*>(.*?)</(?:td|th|summary)>", row)
        for row in re.findall(r"<summary>.*?</summary>|<tr>.*?</tr>", html)
    ]


# --- one process


def test_a_repair_is_audited_over_the_ranges_that_are_asked() -> None:
    """The voltage that is left out costs F·10 mV per turnover where the voltage stays within 10
    mV.
    """
    narrow = bm.make_consistent(
        hosted(without_voltage, SYMPORT), over={"V": (Q(-10, "mV"), Q(10, "mV"))}
    )
    assert abs(narrow.before["hosted"].kJ) == pytest.approx(
        F * 0.01 / 1e3, rel=1e-12
    )  # the largest in the range, edges included
    assert narrow.after.verdict == "proven"
    loop = bm.make_consistent(ring(100.0), over={"glucose@bath": (Q(1, "mM"), Q(1.1, "mM"))})
    assert 1 <= loop.before.findings[0].witness.values["glucose@bath"].magnitude <= 1.1
    error = caught(
        lambda: bm.make_consistent(ring(100.0), over={"glucose@bat": (Q(1, "mM"), Q(2, "mM"))})
    )
    assert (type(error), error.where) == (errors.UnknownName, "audit(over={'glucose@bat': …})")


@pytest.mark.parametrize(
    ("size", "method", "said"),
    [
        (0.2, "reverse", "J = r⁺(1 − e^(−A/RT))"), (0.2, "projection", "J = r⁺(1 − e^(−A/RT))"),
        (-0.2, "reverse", "J = r⁻(e^(A/RT) − 1)"), (-0.2, "projection", "J = r⁻(e^(A/RT) − 1)"),
    ],
)  # fmt: skip
def test_a_flux_of_one_way_keeps_the_rate_that_it_has(size: float, method: str, said: str) -> None:
    """There is nothing to project: the rate of 0.2 fmol/s stays, and where A = 0 the flux stops."""
    repair = bm.make_consistent(hosted(constant(size)), method=method)
    assert repair.method == said
    assert (repair.given.name, repair.made.name, repair.made.reaction, repair.made.on) == (
        "hosted",
        "hosted",
        UNIPORT,
        ON,
    )
    assert repair.constants == ()
    assert (repair.made.law.kept, repair.made.law.method) == (
        "forward" if size > 0 else "reverse",
        "reverse",
    )
    (process,) = repair.made.processes
    kept = process.rates.forward if size > 0 else process.rates.reverse
    assert kept == sp.Symbol("hosted.J", nonnegative=True)


def test_projected_rates_are_both_moved_and_their_product_stays() -> None:
    made = bm.make_consistent(hosted(without_voltage, SYMPORT), method="projection")
    assert made.method == "both rates projected"
    old, new = made.given.processes[0].rates, made.made.processes[0].rates
    c = {
        w: sp.Symbol(f"c[{w}]", positive=True)
        for w in ("bath.Na", "bath.glucose", "cell.Na", "cell.glucose")
    }
    p = sp.Symbol("hosted.P", nonnegative=True)
    ahead, back = p * c["bath.Na"] * c["bath.glucose"], p * c["cell.Na"] * c["cell.glucose"]
    assert sp.expand(old.flux - ahead + back) == 0
    assert sp.simplify(new.forward * new.reverse - ahead * back) == 0


def test_a_modulator_stays_with_the_law() -> None:
    """A quarter of the carriers work before and after: J = r⁺(1 − e^{−A/RT})/4."""
    quarter = lambda s: s.parameter("open", Q(0.25, "1"), d.ONE)  # noqa: E731
    repair = bm.make_consistent(hosted(constant(0.2), modulator=quarter))
    data = repair.along_affinity()
    assert data.before.values == pytest.approx(np.full(121, 0.05), rel=1e-9)
    assert data.after.values == pytest.approx(
        0.05 * (1 - np.exp(-data.X.values * 1e3 / RT)), rel=1e-9, abs=1e-12
    )


def test_the_change_of_a_flux_is_that_over_the_box() -> None:
    """J₀ → J₀(1 − e^{−A/RT}) changes by e^{−A/RT}: over levels from a tenth to ten times the
    declared ones, where A > RT.
    """
    repair = bm.make_consistent(hosted(constant(0.2)))
    rng = np.random.default_rng(1)
    A = math.log(5 / 2) + math.log(10) * (rng.uniform(-1, 1, 400_000) - rng.uniform(-1, 1, 400_000))
    off, back = np.exp(-A[A > 1]), np.exp(-A[A < -1])
    most = 100 / 2.5  # e^{|A|} where all is against it
    assert repair.change == {
        "median where A > RT": pytest.approx(np.median(off), rel=0.12),
        "largest where A > RT": pytest.approx(math.exp(-1), rel=0.01),
        "median where A < −RT": pytest.approx(np.median(back), rel=0.12),
        "largest where A < −RT": pytest.approx(0.8 * most, rel=0.25),
    }  # fmt: skip
    told = ", ".join(f"{100 * x:.3g} % ({what})" for what, x in repair.change.items())
    assert str(repair).splitlines()[-1] == f"  in the sampled states the flux changes by {told}"


def half_filled(s: Any) -> Any:
    """Each side saturates by itself."""
    K_ = s.parameter("K", Q(3, "mM"), d.CONCENTRATION, domain="positive")
    v = s.parameter("v", Q(2, "fmol/s"), d.FLUX)
    return v * (
        s["glucose@out"] / (K_ + s["glucose@out"]) - s["glucose@in"] / (K_ + s["glucose@in"])
    )


def powers(s: Any, n: Any) -> Any:
    K_ = s.parameter("K", Q(3, "mM"), d.CONCENTRATION, domain="positive")
    return s.parameter("v", Q(2, "fmol/s"), d.FLUX) * (
        (s["glucose@out"] / K_) ** n - (s["glucose@in"] / K_) ** n
    )


SOUND = {
    "each side saturates": (
        half_filled,
        UNIPORT,
        "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    ),
    "squares": (
        lambda s: P(s, 2) * (s["glucose@out"] ** 2 - s["glucose@in"] ** 2),
        UNIPORT,
        "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    ),
    "powers": (
        lambda s: powers(s, sp.Rational(3, 2)),
        UNIPORT,
        "the flux stays as it is: J = L·A with L = J/A ≥ 0",
    ),
    "roots": (
        lambda s: (
            P(s, 1)
            * (
                sp.sqrt(s["glucose@out"] / s["glucose@in"])
                - sp.sqrt(s["glucose@in"] / s["glucose@out"])
            )
            * s["glucose@in"]
        ),
        UNIPORT,
        "the flux stays as it is: r⁺ − r⁻ with r⁺/r⁻ = e^(A/RT)",
    ),
    "logarithm": (
        lambda s: (
            s.parameter("L", Q(0.3, "fmol/s"), d.FLUX) * sp.log(s["glucose@out"] / s["glucose@in"])
        ),
        UNIPORT,
        "the flux stays as it is: it is L·A with L ≥ 0",
    ),
    "difference of logarithms": (
        lambda s: (
            s.parameter("L", Q(0.3, "fmol/s"), d.FLUX)
            * (sp.log(s["Na@out"] / s["Na@in"]) + sp.log(s["Cl@out"] / s["Cl@in"]))
        ),
        "Na@out + Cl@out -> Na@in + Cl@in",
        "the flux stays as it is: it is L·A with L ≥ 0",
    ),
    "Nernst": (
        lambda s: (
            s.parameter("g", Q(1, "nS"), d.CONDUCTANCE)
            / symbols.F
            * (s.V + symbols.R * symbols.T / symbols.F * sp.log(s["K@in"] / s["K@out"]))
        ),
        "K@in -> K@out",
        "the flux stays as it is: it is L·A with L ≥ 0",
    ),
}


@pytest.mark.parametrize("method", ["reverse", "projection"])
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_law_keeps_its_flux_everywhere_and_is_proved(name: str, method: str) -> None:
    """To the last digits, on both sides of equilibrium and at it."""
    flux, reaction, said = SOUND[name]
    repair = bm.make_consistent(hosted(flux, reaction), method=method)
    assert (repair.method, repair.after.verdict) == (said, "proven")
    assert set(repair.change.values()) == {0.0}
    assert str(repair).splitlines()[-1] == "  no flux changes, on either side of equilibrium"
    for data in (repair.along_affinity(), repair.along_voltage()):
        size = float(np.abs(data.before).max())
        assert data.after.values == pytest.approx(data.before.values, rel=1e-9, abs=1e-12 * size)
        assert np.isfinite(data.after.values).all()


def test_a_law_with_the_right_sign_and_no_proof_is_left_as_it_is() -> None:
    """ln(1 + o/K) − ln(1 + i/K) grows with one level and falls with the other, and is no multiple
    of A.
    """

    def flux(s: Any) -> Any:
        K_ = s.parameter("K", Q(3, "mM"), d.CONCENTRATION, domain="positive")
        return s.parameter("v", Q(2, "fmol/s"), d.FLUX) * (
            sp.log(1 + s["glucose@out"] / K_) - sp.log(1 + s["glucose@in"] / K_)
        )

    given = hosted(flux)
    repair = bm.make_consistent(given)
    assert repair.made is given
    known = {
        "consistent": "proved at these numbers",
        "undecided": "no state with J·A < 0 was found, and no proof either",
    }
    assert repair.method.startswith(f"left as it is: {known[repair.before.verdict]} (")
    for data in (repair.along_affinity(), repair.along_voltage()):
        assert data.after.values == pytest.approx(data.before.values, rel=1e-9)


def test_a_law_that_runs_uphill_is_repaired_and_told_on_both_sides() -> None:
    """A reverse flux ten times too small: it grows tenfold below equilibrium, and the figure says
    so.
    """
    repair = bm.make_consistent(hosted(lambda s: P(s) * (s["glucose@out"] - s["glucose@in"] / 10)))
    assert repair.change["median where A < −RT"] > 1 > repair.change["median where A > RT"] > 0
    figure = bm.figures.repair(repair)
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert any("A > RT" in t for t in texts)
    assert any("A < −RT" in t for t in texts)


def test_a_flux_of_nothing_does_not_change() -> None:
    repair = bm.make_consistent(hosted(constant(0.0)))
    assert repair.change == {}
    assert "the flux changes" not in str(repair)


def test_of_a_long_flux_that_cannot_be_split_the_beginning_is_shown() -> None:
    def flux(s: Any) -> Any:
        return s.parameter("long" * 80, Q(1, "fmol/s"), d.FLUX) * sp.log(
            s["glucose@in"] / s["glucose@out"]
        )

    error = caught(lambda: bm.make_consistent(hosted(flux)))
    assert (type(error), error.where, len(error.got)) == (
        errors.SecondLawUndecided,
        "make_consistent(hosted)",
        300,
    )


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
