"""Coupling where everything has a closed form: linear laws, laws that break Onsager's symmetry,
pumps that never stall, no force at all.
"""

import math
from typing import Any

import numpy as np
import pytest
from builders import FUEL, RT, SALINE, F, membrane, mM
from mistakes import caught

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.coupled_flows import efficiency_limit

CELL = bm.Compartment(
    "cell",
    volume=Q(1, "pL"),
    contents=mM({Na: 10, K: 140, Cl: 10, glucose: 2}),
    held=mM(FUEL),
    impermeant=bm.balance(charge=-1),
)
ON = membrane(CELL, bm.Reservoir("bath", mM(SALINE | {glucose: 5})))
SYMPORT = "Na@out + glucose@out -> Na@in + glucose@in"


def linear(name: str, reaction: str, L: float) -> bm.Transporter:
    return bm.Transporter(name, reaction, ON, laws.Onsager(coefficient=Q(L, "fmol^2/fJ/s")))


def hosted(flux: Any, reaction: str = SYMPORT, name: str = "hosted") -> bm.Transporter:
    return bm.Transporter(name, reaction, ON, laws.Empirical(flux=flux, reason="as published"))


def P(site: Any, order: int) -> Any:
    return site.parameter("P", Q(1e-3, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


@pytest.mark.parametrize(("way", "outside"), [(1, 145.0), (1, 2.0), (-1, 145.0), (-1, 2.0)])
def test_linear_laws_couple_as_kedem_and_caplan_say(way: int, outside: float) -> None:
    """J = LX at any force: head, level flow, and the largest efficiency q²/(1 + √(1 − q²))² at
    −q/(1 + √(1 − q²))·√(L₁₁/L₂₂)·X₁.
    """
    one, two, both = 3e-4, 7e-4, 2e-3
    reaction = SYMPORT if way > 0 else "Na@out + glucose@in -> Na@in + glucose@out"
    parts = [
        linear("a", "Na@out -> Na@in", one),
        linear("b", "glucose@out -> glucose@in", two),
        linear("c", reaction, both),
    ]
    c = bm.coupling(parts, "Na", "glucose", at={"bath.Na": Q(outside, "mM"), "V": Q(-20, "mV")})
    L = np.array([[one + both, way * both], [way * both, two + both]])
    X1 = RT * math.log(outside / 10) + F * 0.02
    q = way * both / math.sqrt((one + both) * (two + both))
    assert pytest.approx(L, rel=1e-9) == c.L
    assert pytest.approx(L, rel=1e-9) == c.local
    assert (c.X1, c.q, c.Z) == pytest.approx(
        (X1, q, math.sqrt((two + both) / (one + both))), rel=1e-9
    )
    assert c.asymmetry < 1e-12
    assert c.level_flow == pytest.approx(way * both / (one + both), rel=1e-9)
    head = -way * both / (two + both) * X1
    assert c.head == pytest.approx(head, rel=1e-9)
    assert (c.static_head_ratio, c.linear_head_ratio) == pytest.approx(
        (math.exp(-head / RT),) * 2, rel=1e-9
    )
    assert c.ideal_ratio == way
    assert c.ideal_head_ratio == pytest.approx(math.exp(way * X1 / RT), rel=1e-9)
    X2, eta = c.best
    top = -q / (1 + math.sqrt(1 - q**2)) * math.sqrt((one + both) / (two + both)) * X1
    assert eta == pytest.approx(efficiency_limit(q), rel=1e-9)
    assert c.best_linear == pytest.approx(efficiency_limit(q), rel=1e-12)
    assert X2 == pytest.approx(top, rel=1e-5)
    J1, J2 = c.at(X2)
    assert (J1[0], J2[0]) == pytest.approx(L @ (X1, X2), rel=1e-9)


def test_the_limit_of_efficiency_is_one_where_nothing_slips() -> None:
    """And stays a number where rounding leaves q a little above one."""
    assert [efficiency_limit(q) for q in (-1.0, 0.0, 0.8, 1.0)] == pytest.approx(
        [1.0, 0.0, 0.25, 1.0]
    )
    assert efficiency_limit(1 + 1e-12) == pytest.approx(1)


LINEAR = """\
coupling of glucose to Na in a + b + c
  driving force         +6.896 kJ/mol   Na, at 0 mV
  independent forces                2   Na, glucose
  degree of coupling q            0.8   asymmetry of L 0.0e+00, condition 1
  stoichiometry Z                   1   glucose per Na
  level flow J₂/J₁                0.8   near equilibrium 0.8
  static head           -5.517 kJ/mol   ratio 8.4937; without slip 14.5
  largest efficiency             25 %   at -3.448 kJ/mol; near equilibrium 25 %
  at largest power            23.53 %   3.804e+04 fW at -2.758 kJ/mol
  slip                         13.4 %   of the dissipation, in loops that do not couple both flows
  moved to set the force of glucose: cell.glucose"""


def test_a_linear_coupling_as_text() -> None:
    parts = [
        linear("a", "Na@out -> Na@in", 1e-3),
        linear("b", "glucose@out -> glucose@in", 1e-3),
        linear("c", SYMPORT, 4e-3),
    ]
    c = bm.coupling(parts, "Na", "glucose")
    assert str(c) == repr(c) == LINEAR
    assert c.moved == ()
    assert c.static_head.units == Q(1, "kJ/mol").units
    html = c._repr_html_()
    assert "<summary>coupling of glucose to Na in a + b + c</summary>" in html
    for text in (
        "+6.896 kJ/mol",
        "Na, at 0 mV",
        "glucose per Na",
        "ratio 8.4937; without slip 14.5",
        "at -3.448 kJ/mol; near equilibrium 25 %",
    ):
        assert f"<td>{text}</td>" in html
    assert html.count("<tr>") == len(LINEAR.splitlines()) - 1
    assert "moved to set the force of glucose: cell.glucose" in html


@pytest.mark.parametrize("way", [1, -1])
def test_a_law_without_onsagers_symmetry_is_seen(way: int) -> None:
    """J ∝ Na·glucose² where one of each crosses: ∂J₁/∂X₂ is twice ∂J₂/∂X₁: q = 3/√8 would be above
    1, and is none.
    """
    sides = ("out", "in") if way > 0 else ("in", "out")
    here, there = (f"glucose@{s}" for s in sides)
    flux = lambda s: P(s, 3) * (s["Na@out"] * s[here] ** 2 - s["Na@in"] * s[there] ** 2)  # noqa: E731
    c = bm.coupling(
        hosted(flux, f"Na@out + {here} -> Na@in + {there}"),
        "Na",
        "glucose",
        at={"cell.glucose": Q(5, "mM")},
    )
    k = 1e-3 * 145 * 25 / RT
    assert pytest.approx(k * np.array([[1, way * 2], [way, 2]]), rel=1e-9) == c.L
    assert c.asymmetry == pytest.approx(1 / math.sqrt(2), rel=1e-9)
    assert math.isnan(c.q)
    assert c.raw == pytest.approx(way * 3 / math.sqrt(8), rel=1e-9)
    assert math.isnan(c.best_linear)
    assert c.Z == pytest.approx(math.sqrt(2), rel=1e-9)
    told = f"L₁₂ = {way * 2 * k:.4g} and L₂₁ = {way * k:.4g}; raw {way * 1.0607:.5g}"
    assert f"  degree of coupling q    not defined   L is not symmetric, {told}" in str(c)
    assert "not defined" in str(c)
    assert f"near equilibrium {way}" in str(c)
    assert c.linear_head_ratio == pytest.approx(14.5 ** (way / 2), rel=1e-9)
    assert c.static_head_ratio == pytest.approx(14.5 ** (way / 2), rel=1e-6)
    loose = bm.coupling(
        [
            hosted(flux, f"Na@out + {here} -> Na@in + {there}"),
            linear("a", "glucose@out -> glucose@in", 8 * k),
        ],
        "Na",
        "glucose",
    )
    assert math.isnan(loose.q)  # within its bounds, and yet no degree of coupling
    assert loose.raw == pytest.approx(way * 1.5 / math.sqrt(10), rel=1e-9)


def test_a_flow_that_grows_against_its_own_force_has_no_degree_of_coupling() -> None:
    """L₁₁L₂₂ < 0, of a law with the sides of glucose swapped: there is no √(L₁₁L₂₂) to measure
    by.
    """
    c = bm.coupling(
        hosted(lambda s: P(s, 2) * (s["Na@out"] * s["glucose@in"] - s["Na@in"] * s["glucose@out"])),
        "Na",
        "glucose",
    )
    assert pytest.approx(1e-3 * 145 * 5 / RT * np.array([[1, -1], [1, -1]]), rel=1e-9) == c.L
    assert [math.isnan(x) for x in (c.q, c.asymmetry, c.best_linear)] == [True] * 3


def test_a_flow_that_never_stops_has_no_static_head() -> None:
    """A one-way law that its product slows but does not reverse: no head, no best efficiency, and
    the curve ends at −6/5 X₁.
    """
    K_ = lambda s: s.parameter("K", Q(5, "mM"), d.CONCENTRATION, domain="positive")  # noqa: E731
    c = bm.coupling(
        hosted(
            lambda s: P(s, 2) * s["Na@out"] * s["glucose@out"] * K_(s) / (K_(s) + s["glucose@in"])
        ),
        "Na",
        "glucose",
    )
    assert math.isnan(c.head)
    assert math.isnan(c.static_head_ratio)
    assert math.isnan(c.static_head.magnitude)
    assert [math.isnan(x) for x in (*c.best, *c.strongest)] == [True] * 5
    assert c.level_flow == pytest.approx(1)
    assert (c.curve.X2.values[0], c.curve.X2.values[-1]) == pytest.approx(
        (0.3 * c.X1 / 1e3, -1.2 * c.X1 / 1e3)
    )
    said = {
        row[: row.index("  ")]: row.split("  ", 1)[1].strip()
        for row in map(str.strip, str(c).splitlines()[1:-1])
    }
    assert said["static head"] == "not defined   the flow does not stop within 60 RT"
    assert (
        said["largest efficiency"]
        == "not defined   the flow does not stop within 60 RT; near equilibrium not defined"
    )
    assert said["degree of coupling q"].startswith(
        "not defined   without forces J₁ = 0.362 and J₂ = 0.362 fmol/s; raw nan"
    )
    assert said["stoichiometry Z"] == "not defined   glucose per Na"
    assert said["level flow J₂/J₁"] == "1   near equilibrium not defined"
    assert "at largest power" not in said
    _, J2 = c.at(np.array([0.0, -RT]))
    assert J2 == pytest.approx(1e-3 * 145 * 5 * np.array([5 / (5 + 5), 5 / (5 + 5 * math.e)]))


@pytest.mark.parametrize(("size", "found"), [(59.9, True), (60.1, False)])
def test_a_static_head_is_looked_for_up_to_60_RT(size: float, found: bool) -> None:
    """Of a tight uniport of charge, whose head is −X₁."""
    tight = bm.Transporter("tight", SYMPORT, ON, laws.Elementary(rate=Q(1, "fmol/s")))
    for sign in (1, -1):
        mV = -1e3 * (sign * size * RT - RT * math.log(14.5)) / F
        c = bm.coupling(tight, "Na", "glucose", at={"V": Q(mV, "mV")})
        assert c.X1 == pytest.approx(sign * size * RT)
        assert c.head == pytest.approx(-c.X1, rel=1e-9) if found else math.isnan(c.head)


def test_without_slip_efficiency_grows_up_to_the_static_head() -> None:
    """Of a tight symporter it is the share of the head, and 1 in the limit where both flows
    stop.
    """
    c = bm.coupling(
        bm.Transporter("tight", SYMPORT, ON, laws.Elementary(rate=Q(1, "fmol/s"))), "Na", "glucose"
    )
    assert c.tight
    assert c.best == pytest.approx((c.head, 1), rel=1e-9)
    assert c.efficiency(c.head * np.array([0.25, 1.0])) == pytest.approx([0.25, 1.0], rel=1e-9)
    assert "   at static head, where both flows stop; near equilibrium 100 %" in str(c)


def test_a_static_head_near_zero_is_found() -> None:
    """Of sodium driven by a microvolt, where a flow of −4/5 X₁ in glucose stops."""
    parts = [
        linear("a", "Na@out -> Na@in", 1e-3),
        linear("b", "glucose@out -> glucose@in", 1e-3),
        linear("c", SYMPORT, 4e-3),
    ]
    c = bm.coupling(parts, "Na", "glucose", at={"bath.Na": Q(10, "mM"), "V": Q(-1e-3, "mV")})
    assert c.head == pytest.approx(-0.8e-6 * F, rel=1e-6)
    assert c.best == pytest.approx((-0.5e-6 * F, 0.25), rel=1e-3)


@pytest.mark.parametrize("scale", [1e6, 1.0, 1e-9])
def test_what_is_a_ratio_does_not_depend_on_the_number_of_carriers(scale: float) -> None:
    parts = [
        linear("a", "Na@out -> Na@in", scale),
        linear("b", "glucose@out -> glucose@in", scale),
        linear("c", SYMPORT, 4 * scale),
    ]
    c = bm.coupling(parts, "Na", "glucose")
    assert (c.q, c.level_flow, c.best_linear, c.best[1]) == pytest.approx(
        (0.8, 0.8, 0.25, 0.25), rel=1e-8
    )
    assert c.head == pytest.approx(-0.8 * RT * math.log(14.5), rel=1e-9)


def test_without_a_driving_force_there_is_no_ratio_of_flows() -> None:
    parts = [linear("a", "Na@out -> Na@in", 1e-3), linear("b", "glucose@out -> glucose@in", 1e-3)]
    c = bm.coupling(parts, "Na", "glucose", at={"bath.Na": Q(10, "mM")})
    assert (c.X1, c.head, c.q) == (0, 0, 0)
    assert math.isnan(c.level_flow)
    assert np.isnan(c.efficiency(0.0)).all()
    still = bm.coupling([parts[0], linear("b", "glucose@out -> glucose@in", 0.0)], "Na", "glucose")
    assert [math.isnan(x) for x in (still.head, *still.best, still.q)] == [True] * 4
    assert still.level_flow == 0
    for each, row in (
        (c, "largest efficiency"),
        (still, "static head"),
        (still, "degree of coupling q"),
    ):
        line = next(x for x in str(each).splitlines() if row in x)
        assert "not defined" in line, line
    assert not np.isfinite(c.efficiency(np.array([-1.0, 1.0]))).any()


def test_a_gradient_can_drive_a_reaction() -> None:
    """The pump run backwards: its head is an affinity of three Na⁺, its ratio the factor on ATP,
    whose force grows with it.
    """
    c = bm.coupling(bm.library.NaKATPase(ON), "Na", "ATP", at={"V": Q(-60, "mV")})
    assert c.ideal_ratio == pytest.approx(-3)
    assert c.X1 == pytest.approx(RT * math.log(14.5) + F * 0.06)
    assert c.ideal_head_ratio == pytest.approx(math.exp(3 * c.X1 / RT), rel=1e-9)
    assert c.head == pytest.approx(3 * c.X1, rel=1e-6)
    assert c.static_head_ratio == pytest.approx(math.exp(c.head / RT), rel=1e-9)
    assert c.linear_head_ratio == pytest.approx(math.exp(3 * c.X1 / RT), rel=1e-6)
    assert (c.driving, c.driven, c.moved) == ("Na", "ATP", ("K",))
    assert float(c.flows.force("K", c.x)) == pytest.approx(0, abs=1e-8)
    assert c.name == "NaKATPase"


def test_without_slip_is_said_of_one_stoichiometry_only() -> None:
    """Two symporters of one stoichiometry have it, of two have none."""
    law = laws.Elementary(rate=Q(1, "fmol/s"))
    first, again = (bm.Transporter(name, SYMPORT, ON, law) for name in ("first", "again"))
    other = bm.Transporter("other", "2 Na@out + glucose@out -> 2 Na@in + glucose@in", ON, law)
    assert bm.coupling([first, again], "Na", "glucose").ideal_ratio == 1
    assert bm.coupling(other, "Na", "glucose").ideal_ratio == 2
    mixed = bm.coupling((first, other), "Na", "glucose")
    assert mixed.ideal_ratio is None
    assert math.isnan(mixed.ideal_head_ratio)
    assert "; without slip not defined" in str(mixed)


def test_more_of_what_coupling_refuses() -> None:
    leak = bm.library.leak(K, ON)
    turn = {"forward": Q(1, "1/s"), "reverse": Q(1, "1/s")}
    idle = bm.Cycle("idle", ON, density=Q(1, "fmol"), states="A B", steps=[("A <-> B", turn)])
    rows = [
        (lambda: bm.coupling(idle), errors.BadSettings, "two or more forces", "none in idle"),
        (
            lambda: bm.coupling(bm.library.water(ON)),
            errors.BadReaction,
            "transport of solutes",
            "water@bath ⇌ water@cell in water",
        ),
        (
            lambda: bm.coupling([leak, bm.library.water(ON)]),
            errors.BadReaction,
            "transport of solutes",
            "water@bath ⇌ water@cell in water",
        ),
        (
            lambda: bm.coupling([leak, linear("x", "K@out -> K@in", 1)]),
            errors.BadSettings,
            "two or more forces",
            "K in K_leak, x",
        ),
        (
            lambda: bm.coupling([leak, "leak"]),
            errors.WrongType,
            "a Transporter, a Cycle, or a list of them",
            "[<K_leak on membrane: K⁺@cell",
        ),
        (
            lambda: bm.coupling({leak: 1}),
            errors.WrongType,
            "a Transporter, a Cycle, or a list of them",
            "{<K_leak on membrane: K⁺@cell",
        ),
        (
            lambda: bm.coupling(bm.library.SGLT1(ON), driven="Na"),
            errors.UnknownName,
            "glucose, Na",
            "''",
        ),
        (
            lambda: bm.coupling(bm.library.SGLT1(ON), "", "Na"),
            errors.UnknownName,
            "glucose, Na",
            "''",
        ),
        (
            lambda: bm.coupling(leak, at={"V": Q(1, "mV"), "cell.K": Q(-1, "mM")}),
            errors.OutOfDomain,
            "a number above zero",
            "-1 mM",
        ),
    ]
    for call, kind, wanted, got in rows:
        error = caught(call)
        assert type(error) is kind
        assert (error.wanted, error.got[: len(got)]) == (wanted, got)
    error = caught(lambda: bm.coupling(bm.library.water(ON)))
    assert (error.where, error.advice) == (
        "coupling(…)",
        "leave water out: the solvent's force is a pressure",
    )
    inside = bm.Transporter(
        "burn", "ATP@in -> ADP@in + Pi@in", CELL, laws.Elementary(rate=Q(1, "fmol/s"))
    )
    error = caught(lambda: bm.coupling(inside))
    assert (error.where, error.wanted, error.got) == (
        "coupling(…)",
        "transporters on one membrane",
        "cell",
    )


def test_what_is_not_defined_is_said_and_drawn_without_it() -> None:
    """No carriers; no driving force; a loop that gives energy: no number stands for what there is
    none of.
    """
    idle = bm.coupling(bm.library.SGLT1(ON, density=Q(0, "1/um^2")), "Na", "glucose")
    undriven = bm.coupling(bm.library.SGLT1(ON), "Na", "glucose", at={"bath.Na": Q(10, "mM")})
    turn = {"forward": Q(50, "1/s"), "reverse": Q(50, "1/s")}
    bind, leave = (
        {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")},
        {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")},
    )
    steps = [("A + glucose@out <-> B", bind), ("B + Na@out <-> C + Na@in",
        {n: Q(k.magnitude, "1/mM/s") for n, k in turn.items()}),
             ("C <-> A + glucose@in", leave | {"forward": Q(500, "1/s")})]  # fmt: skip
    open_ = bm.coupling(
        bm.Cycle(
            "T",
            ON,
            density=Q(1, "fmol"),
            states="A B C",
            steps=steps,
            charge={"C": 1},
            reason="as printed",
        ),
        "Na",
        "glucose",
    )
    for c, rows in (
        (idle, ("degree", "stoichiometry", "static", "largest")),
        (undriven, ("level", "largest")),
        (open_, ("degree",)),
    ):
        lines = {line.split()[0]: line for line in str(c).splitlines()}
        assert all("not defined" in lines[row] for row in rows)
        assert "nan" not in str(c).replace("raw nan", "")
        assert len(bm.figures.coupling(c).axes) == 2
    assert "without forces J₁ = " in str(open_)
    assert math.isfinite(open_.raw)
    assert math.isnan(open_.best_linear)


def test_an_empty_pool_is_refused_unless_its_level_is_given() -> None:
    place = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 10, glucose: 0}),
        impermeant={bm.Species("X", -1): Q(10, "mM")},
    )
    on = membrane(place, bm.Reservoir("bath", mM({Na: 145, Cl: 145, glucose: 2})))
    error = caught(lambda: bm.coupling(bm.library.SGLT1(on), "Na", "glucose"))
    assert (type(error), error.got) == (errors.OutOfDomain, "cell.glucose = 0 mM")
    c, d_ = (
        bm.coupling(bm.library.SGLT1(on), "Na", "glucose", at={"cell.glucose": Q(x, "mM")})
        for x in (0.1, 3)
    )
    assert c.q == pytest.approx(d_.q, rel=1e-12)  # that of the driven species does not matter


def test_forces_that_follow_from_others_are_none_of_their_own() -> None:
    """A pump and a synthase share ATP's force in either order; asked for as ADP it is the
    reverse.
    """
    tight = laws.Elementary(rate=Q(1, "fmol/s"))
    synthase = bm.Transporter("Fo", "ADP@in + Pi@in + 3 Na@out -> ATP@in + 3 Na@in", ON, tight)
    pump = bm.library.NaKATPase(ON)
    for parts in ([pump, synthase], [synthase, pump]):
        c = bm.coupling(parts, "ATP", "Na")
        assert list(c.flows.forces) in (["Na", "K", "ATP"], ["K", "Na", "ATP"])
        assert c.flows.basis.follows == {"ADP": "−ATP"}
        assert c.X1 == pytest.approx(bm.coupling(pump, "ATP", "Na").X1, rel=1e-12)
        back = bm.coupling(parts, "ADP", "Na")
        assert back.X1 == pytest.approx(-c.X1, rel=1e-12)
        assert back.q == pytest.approx(-c.q, rel=1e-9)
        assert back.best[1] == pytest.approx(c.best[1], rel=1e-6) or math.isnan(
            back.best[1]
        ) == math.isnan(c.best[1])
    assert "   Na, K, ATP; ADP = −ATP" in str(bm.coupling([pump, synthase], "ATP", "Na"))


def test_power_of_flows_is_that_of_the_loops_of_the_diagrams() -> None:
    """J₁X₁ + J₂X₂ = Σ J_κ A_κ over Hill's cycles; slip is what those of Na alone and glucose alone
    take; rates over twelve decades.
    """
    rng = np.random.default_rng(7)
    for _ in range(5):
        r = 10 ** rng.uniform(-6, 6, 12)
        steps = [
            ("A + Na@out <-> B", {"forward": Q(r[0], "1/mM/s"), "reverse": Q(r[1], "1/s")}),
            ("B + glucose@out <-> C", {"forward": Q(r[2], "1/mM/s"), "reverse": Q(r[3], "1/s")}),
            ("C <-> D", {"forward": Q(r[4], "1/s"), "reverse": Q(r[5], "1/s")}),
            ("D <-> E + glucose@in", {"forward": Q(r[6], "1/s"), "reverse": Q(r[7], "1/mM/s")}),
            ("E <-> A + Na@in", {"forward": Q(r[8], "1/s")}),
            ("B <-> E", {"forward": Q(r[10], "1/s")}),
        ]  # fmt: skip
        close = ["E <-> A", "B <-> E"]
        made = bm.Cycle(
            "T",
            ON,
            density=Q(2, "fmol"),
            states="A B C D E",
            steps=steps,
            charge=dict.fromkeys("BCDE", 1),
            close=close,
        )
        c = bm.coupling(made, "Na", "glucose", at={"V": Q(-40, "mV")})
        J1, J2 = c.flows(("Na", "glucose"), c.x[:, None])[:, 0]
        X2 = float(c.flows.force("glucose", c.x))
        assert sum(x.dissipation for x in c.cycles) == pytest.approx(J1 * c.X1 + J2 * X2, rel=1e-9)
        assert [x.couples for x in c.cycles].count(True) == 1
        assert 0 <= c.slip <= 1
        (both,) = [x for x in c.cycles if x.couples]
        assert both.forward / both.reverse == pytest.approx(math.exp((c.X1 + X2) / RT), rel=1e-9)
        assert both.affinity == pytest.approx(c.X1 + X2, rel=1e-9)


@pytest.mark.parametrize("both", [4e-3, 1e-4, 30.0])
def test_efficiency_at_the_largest_power_of_linear_laws(both: float) -> None:
    """Half way to static head, with q²/(4 − 2q²); q²X₁²L₁₁/4 is handed on."""
    parts = [
        linear("a", "Na@out -> Na@in", 1e-3),
        linear("b", "glucose@out -> glucose@in", 2e-3),
        linear("c", SYMPORT, both),
    ]
    c = bm.coupling(parts, "Na", "glucose")
    q2 = both**2 / ((1e-3 + both) * (2e-3 + both))
    X2, power, eta = c.strongest
    assert X2 == pytest.approx(c.head / 2, rel=1e-5)
    assert power == pytest.approx(q2 * (1e-3 + both) * c.X1**2 / 4, rel=1e-9)
    assert eta == pytest.approx(q2 / (4 - 2 * q2), rel=1e-5)
