"""Conjugate flows and forces: reactions in odd proportions, charge that a reaction moves, laws
without one-way rates, slopes by differences.
"""

import math
from typing import Any

import numpy as np
import pytest
from builders import FUEL, RT, SALINE, F, membrane, mM, sodium_pump
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.conjugate_flows import Flows, Force, nets

CELL = bm.Compartment(
    "cell",
    volume=Q(1, "pL"),
    contents=mM({Na: 10, K: 140, Cl: 10, glucose: 2}),
    held=mM(FUEL),
    impermeant=bm.balance(charge=-1),
)
ON = membrane(CELL, bm.Reservoir("bath", mM(SALINE | {glucose: 5})))


def between(inside: dict[Any, float], outside: dict[Any, float]) -> bm.Membrane:
    return membrane(
        bm.Reservoir("cell", mM(inside), floating=True), bm.Reservoir("bath", mM(outside))
    )


def differences(flows: Flows, names: list[str], x: Any) -> Any:
    """∂J/∂X by moving each force a little to both sides."""
    h = 1e-4 * RT
    columns = []
    for name in names:
        here = float(flows.force(name, x))
        J = flows(names, flows.at_force(name, here + h * np.array([-1.0, 1.0]), x))
        columns.append((J[:, 1] - J[:, 0]) / (2 * h))
    return np.array(columns).T


def test_a_reaction_whose_first_reactant_does_not_divide_the_others() -> None:
    """2 A ⇌ 3 B: a unit of flow is one A, its force μ_A − 3/2 μ_B; flow times force is the power of
    the reaction.
    """
    A, B, C = (
        bm.Species("A", moieties={"x": 3}),
        bm.Species("B", moieties={"x": 2}),
        bm.Species("C"),
    )
    on = between({A: 3, B: 2, C: 5}, {C: 9})
    made = bm.Transporter(
        "burn", "2 A@in + C@out -> 3 B@in + C@in", on, laws.Elementary(rate=Q(7, "fmol/s"))
    )
    flows = Flows([made])
    assert flows.forces["A"] == Force("A", {"cell.A": -1, "cell.B": 1.5}, 0, "cell.A", 1)
    x = flows.coordinates()
    assert float(flows.force("A", x)) == pytest.approx(
        RT * (math.log(0.003) - 1.5 * math.log(0.002)), rel=1e-12
    )
    up, down = 7 * 0.003**2 * 0.009, 7 * 0.002**3 * 0.005
    J = flows(["C", "A"], x[:, None])[:, 0]
    assert J == pytest.approx([up - down, 2 * (up - down)], rel=1e-9)
    X = [float(flows.force(name, x)) for name in ("C", "A")]
    assert J @ X == pytest.approx((up - down) * RT * math.log(up / down), rel=1e-9)
    assert float(flows.force("A", flows.at_force("A", 1e3, x))) == pytest.approx(1e3)
    assert flows.slopes(["C", "A"], x) == pytest.approx(differences(flows, ["C", "A"], x), rel=1e-6)
    L = flows.slopes(["C", "A"], flows.at_force("A", 0.0, flows.at_force("C", 0.0, x)))
    assert L == pytest.approx(L.T, rel=1e-9)


def test_a_reaction_across_the_membrane_works_against_the_voltage() -> None:
    """A⁺ inside that leaves as B⁺: the force is μ̃_A − μ̃_B, 4.2 kJ/mol of it by −60 mV … and flow
    times force is what is dissipated.
    """
    A, B, C = (
        bm.Species("A", 1, moieties={"x": 1}),
        bm.Species("B", 1, moieties={"x": 1}),
        bm.Species("C"),
    )
    on = between({A: 3, C: 2, Cl: 3}, {B: 5, C: 2, Cl: 5})
    made = bm.Transporter(
        "turn", "A@in + C@in -> B@out + C@out", on, laws.Elementary(rate=Q(7, "fmol/s"))
    )
    flows = Flows([made])
    x = flows.coordinates({"V": 0.06, "bath.C": 1.5})
    assert float(flows.force("A", x)) == pytest.approx(RT * math.log(3 / 5) + F * 0.06, rel=1e-12)
    u = F * 0.06 / RT
    up, down = 7 * 3 * 2e-6 * math.exp(u / 2), 7 * 5 * 1.5e-6 * math.exp(-u / 2)
    J = flows(["A", "C"], x[:, None])[:, 0]
    assert J == pytest.approx([up - down, down - up], rel=1e-9)
    X = [float(flows.force(name, x)) for name in ("A", "C")]
    assert J @ X == pytest.approx((up - down) * RT * math.log(up / down), rel=1e-9)


LAWS = {
    "ohmic": ("K@in -> K@out", laws.Ohmic(conductance=Q(0.2, "nS"))),
    "onsager": (
        "2 K@out + Na@in -> 2 K@in + Na@out",
        laws.Onsager(coefficient=Q(1e-3, "fmol^2/fJ/s")),
    ),
    "GHK": ("Na@in -> Na@out", laws.GHK(permeability=Q(1e-6, "cm/s"))),
}


@pytest.mark.parametrize(
    "names", [["ohmic"], ["onsager"], ["GHK", "ohmic"], ["ohmic", "onsager", "GHK"]], ids="+".join
)
def test_flows_are_those_of_a_model_and_slopes_their_differences(names: list[str]) -> None:
    """At −60 mV and 25 °C; what enters is positive whichever way a reaction is written."""
    T = 298.15
    parts = [bm.Transporter(name, *LAWS[name][:1], ON, LAWS[name][1]) for name in names]
    model = bm.Model("m", parts, potential={ON: Q(-60, "mV")}, temperature=Q(T, "kelvin"))
    flux = bm.simulate(model, times=Q([0.0], "s")).data.flux.isel(time=0)
    entered = {"ohmic": {"K": -1}, "onsager": {"K": 2, "Na": -1}, "GHK": {"Na": -1}}
    flows = Flows(parts, T)
    ions = list(flows.forces)
    x = flows.coordinates({"V": -0.06})
    due = [
        sum(entered[name].get(ion, 0) * float(flux.sel(process=name)) for name in names)
        for ion in ions
    ]
    assert flows(ions, x[:, None])[:, 0] == pytest.approx(due, rel=1e-9)
    assert flows.slopes(ions, x) == pytest.approx(differences(flows, ions, x), rel=1e-5)
    A = bm.simulate(model, times=Q([0.0], "s")).data.affinity.isel(time=0) * 1e3
    X = np.array([float(flows.force(ion, x)) for ion in ions])
    assert flows(ions, x[:, None])[:, 0] @ X == pytest.approx(float((flux * A).sum()), rel=1e-9)


def test_a_flux_that_cannot_be_split_flows_all_the_same() -> None:
    def flux(s: Any) -> Any:
        return (
            s.parameter("J", Q(0.3, "fmol/s"), d.FLUX)
            * (s["K@in"] - s["K@out"])
            * s.u
            / s.parameter("K", Q(1, "mM"), d.CONCENTRATION)
        )

    made = bm.Transporter(
        "odd", "K@in -> K@out", ON, laws.Empirical(flux=flux, reason="for a test")
    )
    flows = Flows([made])
    x = flows.coordinates({"V": -0.06})
    assert flows(["K"], x[:, None])[0, 0] == pytest.approx(
        0.3 * (140 - 4.5) * F * 0.06 / RT, rel=1e-9
    )


def test_what_is_absent_has_a_usual_level_of_one() -> None:
    """An empty side counts as 1 mM, what is held as what it is held at."""
    on = between({glucose: 0, Na: 10, Cl: 10}, {glucose: 0.5, Na: 7, Cl: 7})
    made = bm.Transporter(
        "T", "Na@out + glucose@out -> Na@in + glucose@in", on, laws.Elementary(rate=Q(1, "fmol/s"))
    )
    flows = Flows([made])
    at = dict(zip(flows.names, np.exp(flows.coordinates()), strict=True))
    assert at == pytest.approx(
        {"bath.Na": 7, "bath.glucose": 0.5, "cell.Na": 10, "cell.glucose": 1, "V": 1}
    )
    pump = Flows([bm.library.NaKATPase(ON)])
    assert dict(zip(pump.names, pump.coordinates(), strict=True))["cell.ADP"] == pytest.approx(
        math.log(0.4)
    )
    assert [(v.symbol.name, v.low, v.high, v.log, v.unit) for v in flows.box.variables[-2:]] == [
        ("c[cell.glucose]", 0.1, 10.0, True, "mM"), ("V[membrane]", -0.15, 0.15, False, "V"),
    ]  # fmt: skip


def test_the_flow_of_a_carrier_in_closed_form() -> None:
    """E ⇌ G on both sides, density by area: J = N k_on·k_off(c_o − c_i)/Σ, and its slopes."""
    steps = [
        ("E + glucose@out <-> G", {"forward": Q(2, "1/mM/s"), "reverse": Q(3, "1/s")}),
        ("G <-> E + glucose@in", {"forward": Q(3, "1/s")}),
    ]
    made = bm.Cycle(
        "T", ON, density=Q(0.05, "fmol/um^2"), states="E G", steps=steps, close=["G <-> E"]
    )
    flows = Flows([made])
    assert flows.forces == {
        "glucose": Force("glucose", {"bath.glucose": -1, "cell.glucose": 1}, 0, "cell.glucose", -1)
    }
    N, x = 0.05 * 100, flows.coordinates()
    inside = np.array([0.5, 2.0, 20.0])
    moved = flows.at_force("glucose", RT * np.log(5 / inside), x)
    assert flows(["glucose"], moved)[0] == pytest.approx(
        N * 6 * (5 - inside) / (2 * 5 + 2 * inside + 6), rel=1e-9
    )
    for k, c in enumerate(inside):
        slope = N * 6 * c * (26 / (2 * 5 + 2 * c + 6) ** 2) / RT
        assert flows.slopes(["glucose"], moved[:, k])[0, 0] == pytest.approx(slope, rel=1e-9)
    assert nets(made) == [{"bath.glucose": -1, "cell.glucose": 1}]


def test_a_cycle_that_burns_fuel_is_counted_by_what_it_burns() -> None:
    """A Na⁺ leaves for one ATP, whose affinity is that of hydrolysis; one step is written
    backwards.
    """
    made = sodium_pump(ON)
    flows = Flows([made])
    assert flows.forces == {
        "Na": Force("Na", {"bath.Na": -1, "cell.Na": 1}, 1, "cell.Na", -1),
        "ATP": Force("ATP", {"cell.ATP": -1, "cell.ADP": 1, "cell.Pi": 1}, 0, "cell.ATP", 1),
    }
    x = flows.coordinates({"V": -0.06})
    J = flows(["Na", "ATP"], x[:, None])[:, 0]
    assert J[0] == pytest.approx(-J[1], rel=1e-9)
    assert np.sign(J[1]) == np.sign(float(flows.force("ATP", x)) - float(flows.force("Na", x)))
    assert flows.slopes(["Na", "ATP"], x) == pytest.approx(
        differences(flows, ["Na", "ATP"], x), rel=1e-5
    )
    assert bm.coupling(made, "ATP", "Na").ideal_ratio == -1


def test_net_reactions_of_a_diagram_are_independent() -> None:
    """Of the three loops of a symporter with a slip two are told, each by what it carries."""
    found = nets(bm.library.SGLT1(ON))
    assert len(found) == 2
    assert {"bath.Na": -2, "bath.glucose": -1, "cell.Na": 2, "cell.glucose": 1} in found
    assert bm.coupling(bm.library.SGLT1(ON), "Na", "glucose").ideal_ratio == 2


def test_two_cycles_on_one_membrane_add_up() -> None:
    steps = [
        ("E + glucose@out <-> G", {"forward": Q(2, "1/mM/s"), "reverse": Q(3, "1/s")}),
        ("G <-> E + glucose@in", {"forward": Q(3, "1/s")}),
    ]
    one, two = (
        bm.Cycle(n, ON, density=Q(N, "fmol"), states="E G", steps=steps, close=["G <-> E"])
        for n, N in (("S", 1), ("T", 2))
    )
    x = Flows([one]).coordinates()
    single, both = (Flows(parts) for parts in ([one], [one, two]))
    assert both(["glucose"], x[:, None]) == pytest.approx(
        3 * single(["glucose"], x[:, None]), rel=1e-12
    )
    assert both.slopes(["glucose"], x) == pytest.approx(
        3 * single.slopes(["glucose"], x), rel=1e-12
    )


@fewer(0.2)
@given(st.permutations(range(6)), st.integers(1, 6))
def test_forces_are_independent_and_complete_in_any_order_of_reactions(
    order: list[int], count: int
) -> None:
    """Reactions of A, B and C on two sides, which follow from one another: Σ J·X is Σ r ln(r⁺/r⁻),
    each force moves alone, L is symmetric.
    """
    A, B, C = (bm.Species(s, moieties={"x": 1}) for s in "ABC")
    on = between({A: 1, B: 2, C: 3}, {A: 4, B: 5, C: 1})
    texts = [
        "A@in -> B@in",
        "B@in -> C@in",
        "A@in -> C@in",
        "B@in -> B@out",
        "A@in -> B@out",
        "2 C@out -> A@in + B@in",
    ]
    law = laws.Elementary(rate=Q(1, "fmol/s"))
    flows = Flows([bm.Transporter(f"r{k}", texts[k], on, law) for k in order[:count]])
    names, x = list(flows.forces), flows.coordinates()
    level = {"A@in": 1, "B@in": 2, "C@in": 3, "A@out": 4, "B@out": 5, "C@out": 1}
    power = 0.0
    for k in order[:count]:
        rates = [
            math.prod(
                (level[w] * 1e-3) ** (2 if w == "C@out" else 1)
                for w in side.removeprefix("2 ").split(" + ")
            )
            for side in texts[k].split(" -> ")
        ]
        power += (rates[0] - rates[1]) * RT * math.log(rates[0] / rates[1])
    X = np.array([float(flows.force(n, x)) for n in names])
    assert flows(names, x[:, None])[:, 0] @ X == pytest.approx(power, rel=1e-9)
    still = x
    for n in names:
        moved = flows.at_force(n, 500.0, x)
        assert [float(flows.force(m, moved)) for m in names] == pytest.approx(
            [500.0 if m == n else X[k] for k, m in enumerate(names)], abs=1e-7
        )
        still = flows.at_force(n, 0.0, still)
    L = flows.slopes(names, still)
    assert L == pytest.approx(L.T, rel=1e-9, abs=1e-12 * abs(L).max())
    assert np.linalg.eigvalsh(L).min() > -1e-12 * abs(L).max()
