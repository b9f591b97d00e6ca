"""Coupling of elementary laws, whose flows, slopes and curves have closed forms."""

import math
from typing import Any

import numpy as np
import pytest
from builders import BODY, RT, F, membrane, mM
from physics.coupled import AT, ON, sglt

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.library import K, Na
from biomembrane.second_law.conjugate_flows import Flows, Force, nets
from biomembrane.second_law.coupled_flows import efficiency_limit

# --- elementary laws, whose flows, slopes and curves have closed forms


def symporter() -> bm.Transporter:
    """2 Na⁺ with one glucose, r⁺ = κ [Na]²[glucose] at 0 mV with levels in M."""
    law = bm.laws.Elementary(rate=Q(3, "fmol/s"))
    return bm.Transporter("symporter", "2 Na@out + glucose@out -> 2 Na@in + glucose@in", ON, law)


def slip() -> bm.Transporter:
    return bm.Transporter(
        "slip", "glucose@out -> glucose@in", ON, bm.laws.Elementary(rate=Q(0.05, "fmol/s"))
    )


TIGHT, SLIP = 3 * 0.145**2 * 0.001, 0.05 * 0.001  # one-way rates at equilibrium [fmol/s]


def test_a_symporter_of_one_reaction_in_closed_form() -> None:
    """L ∝ νν^T, Z = 1/2, J₂/J₁ = 1/2 everywhere, the head is at −2X₁, and η = −X₂/2X₁ on the way
    there.
    """
    c = bm.coupling(symporter(), "Na", "glucose")
    X1 = RT * math.log(145 / 10)
    assert c.X1 == pytest.approx(X1, rel=1e-12)
    assert c.L == pytest.approx(TIGHT / RT * np.array([[4, 2], [2, 1]]), rel=1e-9)
    assert (c.q, c.Z, c.level_flow) == pytest.approx((1, 0.5, 0.5), rel=1e-9)
    assert c.asymmetry < 1e-9
    assert c.head == pytest.approx(-2 * X1, rel=1e-6)
    assert c.static_head_ratio == pytest.approx(14.5**2, rel=1e-6)
    assert c.linear_head_ratio == pytest.approx(14.5**2, rel=1e-6)
    assert c.ideal_head_ratio == pytest.approx(14.5**2, rel=1e-9)
    X2 = np.array([0.5, -0.5, -1.0, -1.5]) * X1
    assert c.efficiency(X2) == pytest.approx(-X2 / X1 / 2, rel=1e-9)
    at, best = c.best
    assert best == pytest.approx(-at / X1 / 2, rel=1e-9)
    assert (at, best) == pytest.approx((c.head, 1), rel=1e-6)
    J1, J2 = c.at(X2)
    inside = 0.001 * np.exp(-X2 / RT)
    assert J2 == pytest.approx(3 * (0.145**2 * 0.001 - 0.01**2 * inside), rel=1e-9)
    assert J1 == pytest.approx(2 * J2, rel=1e-12)


def test_slip_beside_it_in_closed_form() -> None:
    """L₂₂ gains the leak's own slope: q² = r/(r + s); the static head is where both glucose flows
    cancel.
    """
    c = bm.coupling([symporter(), slip()], "Na", "glucose")
    assert c.name == "symporter + slip"
    assert c.L == pytest.approx(
        np.array([[4 * TIGHT, 2 * TIGHT], [2 * TIGHT, TIGHT + SLIP]]) / RT, rel=1e-9
    )
    assert c.q == pytest.approx(math.sqrt(TIGHT / (TIGHT + SLIP)), rel=1e-9)
    assert c.Z == pytest.approx(math.sqrt((TIGHT + SLIP) / TIGHT) / 2, rel=1e-9)
    ratio = (TIGHT + SLIP) / (TIGHT / 14.5**2 + SLIP)
    assert c.static_head_ratio == pytest.approx(ratio, rel=1e-8)
    assert c.head == pytest.approx(-RT * math.log(ratio), rel=1e-8)
    assert c.linear_head_ratio == pytest.approx(14.5 ** (2 * TIGHT / (TIGHT + SLIP)), rel=1e-8)
    assert c.ideal_ratio == 2
    assert c.ideal_head_ratio == pytest.approx(14.5**2, rel=1e-9)
    assert c.best_linear == pytest.approx(efficiency_limit(c.q), rel=1e-12)
    grid = np.linspace(0, c.head, 4001)[1:-1]
    eta = c.efficiency(grid)
    assert c.best == pytest.approx((grid[eta.argmax()], eta.max()), rel=1e-3)
    assert c.best[1] >= eta.max()
    share = np.linspace(0.05, 0.95, 19)
    assert c.linear_efficiency(share).max() <= c.best_linear
    assert c.linear_efficiency(np.array([0.0, 1.0])) == pytest.approx([0, 0], abs=1e-15)
    assert c.linear_efficiency(share) == pytest.approx(
        share * c.q**2 * (1 - share) / (1 - share * c.q**2), rel=1e-12
    )


def test_flows_over_the_driven_force_are_drawn_around_the_static_head() -> None:
    """From a third of it on the far side of level flow to a fifth beyond, with units and names."""
    c = bm.coupling([symporter(), slip()], "Na", "glucose")
    X2 = c.curve.X2.values * 1e3
    assert len(X2) == 161
    assert (X2[0], X2[-1]) == pytest.approx((-0.3 * c.head, 1.2 * c.head), rel=1e-12)
    assert c.curve.J1.values == pytest.approx(c.at(X2)[0], rel=1e-12)
    assert c.curve.J2.values == pytest.approx(c.at(X2)[1], rel=1e-12, abs=1e-18)
    assert c.curve.efficiency.values == pytest.approx(c.efficiency(X2), rel=1e-12, abs=1e-15)
    said = {name: (a.attrs["units"], a.attrs["long_name"]) for name, a in c.curve.variables.items()}
    assert said == {
        "X2": ("kJ/mol", "force of glucose"),
        "J1": ("fmol/s", "flow of Na"),
        "J2": ("fmol/s", "flow of glucose"),
        "efficiency": ("1", "efficiency"),
    }
    assert c.static_head.to("J/mol").magnitude == pytest.approx(c.head, rel=1e-12)
    single = bm.coupling([bm.library.leak(Na, ON), slip()], "Na", "glucose")
    assert math.isnan(single.ideal_head_ratio)
    assert (single.head, single.best, single.q) == (0.0, (0.0, 0.0), 0.0)
    assert single.curve.X2.values[-1] == pytest.approx(-1.2 * single.X1 / 1e3)


def test_ions_that_bind_one_after_another() -> None:
    """A tight cycle that takes its two Na⁺ in two steps couples as one that takes both at once, at
    a steady state of eight carriers.
    """
    pair = {"forward": Q(30, "1/mM/s"), "reverse": Q(90, "1/s")}
    back = {"forward": Q(80, "1/s"), "reverse": Q(20, "1/mM/s")}
    turn = {"forward": Q(50, "1/s"), "reverse": Q(40, "1/s")}
    steps = [
        ("A1 + Na@out <-> A2", pair), ("A2 + Na@out <-> A3", pair),
        ("A3 + glucose@out <-> A4", pair), ("A4 <-> B4", turn),
        ("B4 <-> B3 + glucose@in", back), ("B3 <-> B2 + Na@in", back), ("B2 <-> B1 + Na@in", back),
        ("B1 <-> A1", turn),
    ]  # fmt: skip
    charge = {"A2": 1, "A3": 2, "A4": 2, "B4": 2, "B3": 2, "B2": 1}
    states = "A1 A2 A3 A4 B4 B3 B2 B1"
    made = bm.Cycle(
        "tight",
        ON,
        density=Q(1, "fmol"),
        states=states,
        steps=steps,
        charge=charge,
        close=["B1 <-> A1"],
    )
    c = bm.coupling(made, "Na", "glucose", at=AT)
    assert (c.q, c.Z, c.level_flow) == pytest.approx((1, 0.5, 0.5), rel=1e-6)
    assert c.ideal_ratio == 2
    assert c.static_head_ratio == pytest.approx(14.5**2 * math.exp(2 * F * 0.06 / RT), rel=1e-5)
    (diagram,) = c.flows.diagrams
    J = diagram.fluxes(c.x[:, None])[:, 0]
    assert J == pytest.approx(np.full(8, J[0]), rel=1e-9)
    x = c.x[:, None]
    rates = diagram.pairs(x)
    n = diagram._steady(rates[0::2], rates[1::2])[:, 0]
    assert n.sum() == pytest.approx(1, rel=1e-12)
    assert n.min() > 0


def test_the_larger_force_drives_unless_told() -> None:
    """Na⁺ at 14.5-fold drives glucose at one-fold; at 0.01 mM of sodium outside glucose's 20-fold
    gradient drives.
    """
    assert bm.coupling(symporter()).driving == "Na"
    other = bm.coupling(symporter(), at={"bath.Na": Q(10, "mM"), "cell.glucose": Q(20, "mM")})
    assert (other.driving, other.driven) == ("glucose", "Na")
    assert other.X1 == pytest.approx(-RT * math.log(20), rel=1e-12)


def test_temperature_and_voltage_enter_the_forces() -> None:
    """X = RT ln(c_out/c_in) − zFV, at 25 °C and −60 mV."""
    c = bm.coupling(
        symporter(),
        "Na",
        "glucose",
        at={"V": Q(-60, "mV"), "bath.glucose": Q(3, "mM")},
        temperature=Q(25, "degC"),
    )
    RT_ = RT / BODY * 298.15
    assert c.voltage == pytest.approx(-0.06)
    assert c.X1 == pytest.approx(RT_ * math.log(14.5) + F * 0.06, rel=1e-12)
    assert float(c.flows.force("glucose", c.x)) == pytest.approx(RT_ * math.log(3), rel=1e-12)
    assert c.ideal_head_ratio == pytest.approx(14.5**2 * math.exp(2 * F * 0.06 / RT_), rel=1e-9)
    assert float(c.flows.force("Na", c.equilibrium)) == pytest.approx(0, abs=1e-8)
    assert float(c.flows.force("glucose", c.equilibrium)) == pytest.approx(0, abs=1e-8)


def test_the_static_head_of_an_ion_holds_its_voltage() -> None:
    """An antiporter of Na⁺ against K⁺: c_in/c_out of K⁺ at static head is that of Na⁺, whatever the
    voltage.
    """
    law = bm.laws.Elementary(rate=Q(1, "fmol/s"))
    swap = bm.Transporter("swap", "Na@out + K@in -> Na@in + K@out", ON, law)
    for mV in (0, -60):
        c = bm.coupling(swap, "Na", "K", at={"V": Q(mV, "mV")})
        assert c.q == pytest.approx(-1, abs=1e-9)
        assert c.static_head_ratio == pytest.approx(10 / 145, rel=1e-6)
        assert c.ideal_head_ratio == pytest.approx(10 / 145, rel=1e-9)
        assert c.level_flow == pytest.approx(-1, rel=1e-9)


def test_a_reaction_is_a_force_with_its_affinity() -> None:
    """ATP's force is −ΔG of hydrolysis at the cell's levels, in J/mol per turnover."""
    c = bm.coupling(bm.library.NaKATPase(ON), "ATP", "Na", at=AT)
    standard = c.flows.box.values["ATP.standard_energy"]
    assert c.ideal_ratio == pytest.approx(-1 / 3)
    assert c.ideal_head_ratio == pytest.approx(math.exp((-c.X1 / 3 - F * -0.06) / RT), rel=1e-9)
    assert c.X1 == pytest.approx(standard - RT * math.log(0.4e-3 * 4e-3 / 4e-3), rel=1e-12)
    assert c.flows.forces == {
        "Na": Force("Na", {"bath.Na": -1, "cell.Na": 1}, 1, "cell.Na", -1),
        "K": Force("K", {"bath.K": -1, "cell.K": 1}, 1, "cell.K", -1),
        "ATP": Force("ATP", {"cell.ATP": -1, "cell.ADP": 1, "cell.Pi": 1}, 0, "cell.ATP", 1),
    }
    assert c.static_head_ratio == pytest.approx(math.exp((-c.X1 / 3 - F * -0.06) / RT), rel=1e-5)


def test_coordinates_and_levers() -> None:
    """ln c of each solute, then V; a force is set by its lever alone, for one value or many."""
    flows = Flows([symporter(), slip()])
    names = ["bath.Na", "bath.glucose", "cell.Na", "cell.glucose"]
    assert (sorted(flows.names[:-1]), flows.names[-1]) == (names, "V")
    usual = {"bath.Na": 145, "bath.glucose": 1, "cell.Na": 10, "cell.glucose": 1, "V": 0}
    x = flows.coordinates()
    assert x == pytest.approx([math.log(usual[n]) if n != "V" else 0 for n in flows.names])
    at = dict(zip(flows.names, flows.coordinates({"V": -0.05, "cell.Na": 20}), strict=True))
    assert (at["V"], at["cell.Na"], at["bath.Na"]) == pytest.approx(
        (-0.05, math.log(20), math.log(145))
    )
    said = {v.name: (v.usual, v.low, v.high, v.log, v.unit) for v in flows.box.variables}
    assert said["cell.Na"] == (10, 1, 100, True, "mM")
    assert said["V"] == (0, -0.15, 0.15, False, "V")
    wanted = np.array([-1e3, 0.0, 2.5e3])
    for name, lever in (("Na", "cell.Na"), ("glucose", "cell.glucose")):
        moved = flows.at_force(name, wanted, x)
        assert moved.shape == (5, 3)
        assert flows.force(name, moved) == pytest.approx(wanted, abs=1e-9)
        assert float(flows.force(name, flows.at_force(name, 700.0, x))) == pytest.approx(700)
        still = [k for k, n in enumerate(flows.names) if n != lever]
        assert moved[still] == pytest.approx(np.repeat(x[still][:, None], 3, axis=1))
    J = flows(["glucose", "Na"], moved)
    inside = 0.001 * np.exp(-wanted / RT)
    assert J[1] == pytest.approx(2 * 3 * (0.145**2 * 0.001 - 0.01**2 * inside), rel=1e-9)
    assert J[0] == pytest.approx(J[1] / 2 + 0.05 * (0.001 - inside), rel=1e-9, abs=1e-15)


def test_a_reaction_in_one_place_is_counted_by_its_first_reactant() -> None:
    """2 A ⇌ 4 B beside C that crosses: the flow is what is used of A, the force μ_A − 2 μ_B."""
    A, B, C = (
        bm.Species("A", moieties={"x": 2}),
        bm.Species("B", moieties={"x": 1}),
        bm.Species("C"),
    )
    place = bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({A: 3, B: 2, C: 5}))
    on = membrane(place, bm.Reservoir("bath", mM({C: 5})))
    law = bm.laws.Elementary(rate=Q(7, "fmol/s"))
    made = bm.Transporter("burn", "2 A@in + C@out -> 4 B@in + C@in", on, law)
    flows = Flows([made])
    assert flows.forces == {
        "C": Force("C", {"bath.C": -1, "cell.C": 1}, 0, "cell.C", -1),
        "A": Force("A", {"cell.A": -1, "cell.B": 2}, 0, "cell.A", 1),
    }
    x = flows.coordinates()
    forward, reverse = 7 * 0.003**2 * 0.005, 7 * 0.002**4 * 0.005
    assert flows(["C", "A"], x[:, None])[:, 0] == pytest.approx(
        [forward - reverse, 2 * (forward - reverse)], rel=1e-9
    )
    assert float(flows.force("A", x)) == pytest.approx(
        RT * (math.log(0.003) - 2 * math.log(0.002)), rel=1e-12
    )
    assert nets(made) == [{"cell.A": -2, "bath.C": -1, "cell.B": 4, "cell.C": 1}]


def test_it_is_told() -> None:
    c = bm.coupling(sglt(), at=AT, temperature=Q(BODY, "kelvin"))
    assert "coupling of glucose to Na" in str(c)
    assert "without slip 18735.9" in str(c)
    assert "q" in c._repr_latex_()
    assert c.static_head.to("kJ/mol").magnitude == pytest.approx(c.head / 1e3)
    assert set(c.curve.data_vars) == {"J1", "J2", "efficiency"}
    figure = bm.figures.coupling(c)
    assert len(figure.axes) == 2
    assert "static head" in [t.get_text() for t in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: bm.coupling(bm.library.leak(K, ON)), errors.BadSettings, "two or more forces"),
        (
            lambda: bm.coupling(bm.library.NaKATPase(ON)),
            errors.BadSettings,
            "Na, K, ATP|driving='Na', driven='K'",
        ),
        (
            lambda: bm.coupling(bm.library.NaKATPase(ON), "ATP", "Ma"),
            errors.UnknownName,
            "known: Na, K, ATP",
        ),
        (lambda: bm.coupling(sglt(), "Na", "Na"), errors.BadSettings, "twice"),
        (lambda: bm.coupling("SGLT1"), errors.WrongType, "Cycle"),
        (lambda: bm.coupling(sglt(), at={"cell.Ma": Q(1, "mM")}), errors.UnknownName, "cell.Na"),
        (lambda: bm.coupling(sglt(), at={"cell.Na": Q(0, "mM")}), errors.OutOfDomain, "above zero"),
        (lambda: bm.coupling(sglt(), at={"V": Q(1, "mM")}), errors.UnitMismatch, "mV"),
    ],
)
def test_wrong_use_is_told(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()
