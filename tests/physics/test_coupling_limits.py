"""Coupling at its limits: no slip, no driving force, empty pools, and what is refused."""

import math

import numpy as np
import pytest
from builders import RT, F, membrane, mM
from mistakes import caught
from physics.coupled_cases import CELL, ON, SYMPORT, linear

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane.library import Cl, K, Na, glucose


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
