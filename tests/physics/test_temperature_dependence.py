"""Numbers that move with temperature: Arrhenius, van 't Hoff and Gibbs–Helmholtz in closed form,
detailed balance at every temperature, and the books while it changes.
"""

from __future__ import annotations

import functools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from builders import cell, patch
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, laws, symbols
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.constants import BODY_TEMPERATURE, GAS
from biomembrane.declare.parameter import declare
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.testing.model_evaluator import ModelEvaluator

ASSUMED = bm.Source("assumed", note="for a test")
A, B = (bm.Species(n, moieties={"a": 1}) for n in "AB")
kelvin = st.floats(273.15, 320.0)
energies = st.floats(-80.0, 80.0)


def number(value: str, at: str = "20 degC", **dependence: Any) -> bm.Parameter:
    return bm.Parameter(value, ASSUMED, at=at, **dependence)


def leaky(permeability: Any) -> bm.Model:
    return patch(lambda on: [lib.leak(K, on, permeability=permeability)], {K: 100.0}, {K: 10.0})


def flux_ratio(model: bm.Model, first: float, second: float) -> float:
    """J(T₂)/J(T₁) of a neutral state: V = 0."""
    y = np.zeros(len(model.states))
    one, two = (ModelEvaluator(model, {"temperature": T})("forward", y) for T in (first, second))
    return float(next(iter(two.values())) / next(iter(one.values())))


@functools.cache
def leaks(kind: str) -> bm.Model:
    given = {"q10": 2.5} if kind == "q10" else {"activation_energy": "60 kJ/mol"}
    return leaky(number("1e-7 cm/s", **given))


@given(first=kelvin, second=kelvin)
def test_a_permeability_follows_its_q10_or_arrhenius(first: float, second: float) -> None:
    """P(T₂)/P(T₁) = Q10^(ΔT/10 K), or exp(E/R (1/T₁ − 1/T₂)), and nothing else."""
    by_q10 = flux_ratio(leaks("q10"), first, second)
    assert by_q10 == pytest.approx(2.5 ** ((second - first) / 10), rel=1e-12)
    by_arrhenius = flux_ratio(leaks("E"), first, second)
    assert by_arrhenius == pytest.approx(math.exp(60e3 / GAS * (1 / first - 1 / second)), rel=1e-12)


def test_at_its_own_temperature_a_number_is_what_was_given() -> None:
    plain = ModelEvaluator(leaky("1e-7 cm/s"), {"temperature": 293.15})
    for kind in ("q10", "E"):
        found = ModelEvaluator(leaks(kind), {"temperature": 293.15})
        y = np.zeros(1)
        for name, flux in found("forward", y).items():
            assert flux == pytest.approx(plain("forward", y)[name], rel=1e-14)


@given(q10=st.floats(0.2, 8.0), first=kelvin, second=kelvin)
def test_q10_and_activation_energy_are_converted_both_ways(
    q10: float, first: float, second: float
) -> None:
    """Between two temperatures the ratio of the rates is kept; at one, the slope."""
    two = (Q(first, "kelvin"), Q(second, "kelvin"))
    E = bm.activation_energy(q10, at=two)
    assert bm.q10(E, at=two) == pytest.approx(q10, rel=1e-12)
    joule = float(E.to("J/mol").magnitude)
    arrhenius = math.exp(joule / GAS * (1 / first - 1 / second))
    assert arrhenius == pytest.approx(q10 ** ((second - first) / 10), rel=1e-9)
    slope = float(bm.activation_energy(q10, at=two[0]).to("J/mol").magnitude) / (GAS * first**2)
    assert slope == pytest.approx(math.log(q10) / 10, rel=1e-12, abs=1e-15)


# --- enthalpies


@functools.cache
def isomers(enthalpy: float = -30.0) -> bm.Model:
    """A ⇌ B with ΔG° = −5 kJ/mol at 20 °C, and its rate."""
    made = [
        bm.Species(
            s.name, moieties={"a": 1}, convention="of this test",
            standard=number(f"{mu} kJ/mol", enthalpy=f"{h} kJ/mol"),
        )
        for s, mu, h in ((A, 4.0, 10.0), (B, -1.0, 10.0 + enthalpy))
    ]  # fmt: skip
    place = bm.Compartment("cell", volume=Q(1, "pL"), contents=dict.fromkeys(made, Q(1, "mM")))
    law = laws.Elementary(rate=number("3000 fmol/s", activation_energy="50 kJ/mol"))
    return bm.Model("isomers", [bm.Transporter("iso", "A@cell -> B@cell", place, law)])


@given(T=kelvin)
def test_an_equilibrium_constant_follows_van_t_hoff(T: float) -> None:
    """ln K(T) = ln K(T₀) + ΔH/R (1/T₀ − 1/T), of the rates and of the affinity alike."""
    seen = ModelEvaluator(isomers(), {"temperature": T})
    y = np.array([1.0, 1.0])  # equal contents: J⁺/J⁻ is K
    K_20 = math.exp(5e3 / GAS / 293.15)
    expected = K_20 * math.exp(-30e3 / GAS * (1 / 293.15 - 1 / T))
    ratio = seen("forward", y)["iso"] / seen("reverse", y)["iso"]
    assert ratio == pytest.approx(expected, rel=1e-12)
    assert seen("affinity", y)["iso"] == pytest.approx(GAS * T * math.log(expected), rel=1e-11)


def test_warmth_moves_an_exothermic_equilibrium_back() -> None:
    """The run ends where B/A is K at its temperature, which is smaller when warm."""
    shares = []
    for T in ("10 degC", "40 degC"):
        end = bm.simulate(isomers(), until="1 h", parameters={"temperature": T}).data.isel(time=-1)
        c = end.concentration
        shares.append(float(c.sel(pool="cell.B") / c.sel(pool="cell.A")))
    assert shares[0] == pytest.approx(math.exp(_ln_K(283.15)), rel=1e-6)
    assert shares[1] == pytest.approx(math.exp(_ln_K(313.15)), rel=1e-6)
    assert shares[1] < shares[0]


def _ln_K(T: float) -> float:
    return 5e3 / GAS / 293.15 - 30e3 / GAS * (1 / 293.15 - 1 / T)


def test_a_pK_moves_by_decades() -> None:
    """pK(T) = pK − ΔH/(R ln 10)(1/T₀ − 1/T), of a parameter of that name in a law."""
    made = bm.Parameter(Q(7.5, "1"), ASSUMED, enthalpy="20 kJ/mol", at="25 degC")
    shaped = declare("hepes.pK", made, d.ONE, domain="real", of_law=True)
    expected = 7.5 - 20e3 / (GAS * math.log(10)) * (1 / 298.15 - 1 / 310.15)
    assert shaped.value_at(310.15) == pytest.approx(expected, rel=1e-14)
    values = {shaped.symbol: 7.5, shaped.coefficients[0].symbol: 20e3}
    found = shaped.formula.expression.subs({**values, symbols.R: GAS, symbols.T: 310.15})
    assert float(found) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(bm.errors.BadSettings, match="with which a pK moves"):
        declare("hepes.pK", number("7.5", q10=2), d.ONE, domain="real", of_law=True)


@pytest.mark.parametrize("rate", [None, "1e9 1/s"])
def test_a_buffer_moves_with_its_pK_in_exact_books(rate: str | None) -> None:
    """Slaved or at a finite rate, the amounts follow K(T) while it warms."""
    acid, base = (bm.Species(n, z, moieties={"b": 1}) for n, z in (("HB", 0), ("B", -1)))
    place = bm.Compartment(
        "cell", volume="1 pL", contents={lib.H: "1e-4 mM", acid: "10 mM", base: "10 mM"}
    )
    pK = bm.Parameter(Q(7.5, "1"), ASSUMED, enthalpy="20 kJ/mol", at="25 degC")
    made = bm.Equilibrium("HB@cell <-> B@cell + H@cell", place, pK=pK, rate=rate)
    model = bm.Model("buffer", [made], temperature="25 degC")
    warming = bm.Protocol.ramps(("0 s", "25 degC"), ("5 s", "37 degC"))
    run = bm.simulate(model, until="6 s", parameters={"temperature": warming})
    run.ledger.check()
    c = run.data.concentration.isel(time=-1)
    K = float(c.sel(pool="cell.B") * c.sel(pool="cell.H") / c.sel(pool="cell.HB")) / 1000
    expected = 7.5 - 20e3 / (GAS * math.log(10)) * (1 / 298.15 - 1 / 310.15)
    assert -math.log10(K) == pytest.approx(expected, abs=1e-6)


def test_rates_of_gates_move_with_their_q10() -> None:
    """φ of Hodgkin and Huxley: both rates of a gate by one factor, its steady value unchanged."""
    a, b = number("2 1/s", "6.3 degC", q10=3), number("1 1/s", "6.3 degC", q10=3)
    bath = bm.Reservoir("bath", {K: "20 mM"})
    axon = bm.Reservoir("axon", {K: "400 mM"}, floating=True)
    on = bm.Membrane("wall", inside=axon, outside=bath, area="100 um^2", capacitance="1 uF/cm^2")
    gate = bm.Gate(
        "n", on=on, start=0.1, opening=lambda s: s.parameter("a", a, d.RATE),
        closing=lambda s: s.parameter("b", b, d.RATE),
    )  # fmt: skip
    law = laws.Ohmic(conductance="1 nS")
    channel = bm.Transporter("Kv", "K@in -> K@out", on, law, modulator=lambda s: s[gate])
    model = bm.Model("patch", [channel], temperature="6.3 degC")
    slopes = []
    for T in (279.45, 289.45):
        seen = ModelEvaluator(model, {"temperature": T})
        y = seen.array("initial", np.zeros(2))
        slopes.append(seen("rhs", y)["n"])
    assert slopes[1] / slopes[0] == pytest.approx(3.0, rel=1e-12)
    assert {row[0] for row in model.temperature_table.rows} >= {"n.a", "n.b"}


# --- cycles

STATES, PLACES = "A B C D", ({glucose: 3.0}, {glucose: 7.0})


def steps(up: Any, down: Any, enthalpy: Any = None) -> list[Any]:
    first: dict[str, Any] = {"forward": up, "reverse": down}
    if enthalpy is not None:
        first["enthalpy"] = enthalpy
    return [
        ("A + glucose@out <-> B", first),
        ("B <-> C", {"forward": number("90 1/s", q10=3), "reverse": number("80 1/s", q10=2)}),
        ("C <-> D + glucose@in", {"forward": number("3 1/s", q10=2), "reverse": "1 1/s/mM"}),
        ("D <-> A", {"forward": number("10 1/s", "30 degC", activation_energy="70 kJ/mol")}),
    ]


def carrier(parts: list[Any], close: tuple[str, ...] = ("D <-> A",)) -> bm.Model:
    made = lambda on: [bm.Cycle("X", on, density="1 fmol", states=STATES, steps=parts, close=close)]  # noqa: E731
    return cell(made, *PLACES)


@functools.cache
def two_sided() -> bm.Model:
    return carrier(steps(number("1 1/s/mM", q10=2), number("5 1/s", "25 degC", q10=3)))


@given(T=kelvin, x=st.lists(st.floats(0.05, 1.0), min_size=4, max_size=4))
def test_detailed_balance_holds_at_every_temperature(T: float, x: list[float]) -> None:
    """RT ln(r⁺/r⁻) = A of each step, and Π k⁺/k⁻ = 1 around the loop at equal glucose."""
    seen = ModelEvaluator(two_sided(), {"temperature": T})
    y = seen.array("initial", np.zeros(seen.k.size))
    y[-4:] = x
    up, down, affinity = (seen(group, y) for group in ("forward", "reverse", "affinity"))
    loop = 0.0
    for name, A in affinity.items():
        assert GAS * T * math.log(up[name] / down[name]) == pytest.approx(A, abs=1e-8)
        loop += A
    assert loop == pytest.approx(GAS * T * math.log(7 / 3), abs=1e-8)


def test_two_q10s_are_one_forward_q10_and_an_enthalpy_that_is_shown() -> None:
    """ΔH = R T² ln Q10⁺/10 K − R T² ln Q10⁻/10 K, each at its temperature; the reverse constant is
    what was given at its own temperature.
    """
    parameters = two_sided().parameters
    expected = GAS * (293.15**2 * math.log(2) - 298.15**2 * math.log(3)) / 10
    assert parameters["X.A-B.enthalpy"].value == pytest.approx(expected, rel=1e-12)
    assert "activation energy forward less reverse" in str(parameters["X.A-B.enthalpy"].source)
    assert "X.A-B.reverse.q10" not in parameters
    reverse = parameters["X.A-B.reverse"]
    assert reverse.value_at(298.15) == pytest.approx(5.0, rel=1e-14)
    slope = math.log(reverse.value_at(298.25) / reverse.value_at(298.05)) / 0.2
    own = math.log(2) / 10 - expected / (GAS * 298.15**2)  # of ln k⁻ at its temperature
    assert slope == pytest.approx(own, rel=1e-6)


def test_an_enthalpy_moves_k_and_nothing_else() -> None:
    """K of the step follows van 't Hoff with the enthalpy given, whatever the Q10."""
    model = carrier(steps(number("1 1/s/mM", q10=2.2), "5 1/s", "12 kJ/mol"))
    p = model.parameters
    ratio = [p["X.A-B.forward"].value_at(T) / p["X.A-B.reverse"].value_at(T) for T in (280, 310)]
    assert ratio[1] / ratio[0] == pytest.approx(math.exp(12e3 / GAS * (1 / 280 - 1 / 310)))
    assert p["X.C-D.reverse"].value_at(303.15) == pytest.approx(2.0)  # no enthalpy: as forward


def test_constants_that_close_at_one_temperature_must_close_at_all() -> None:
    """All constants given: enthalpies that add up are accepted, others are not."""
    heat = "5 kJ/mol"
    parts: list[Any] = [
        ("A <-> B", {"forward": number("2 1/s", q10=2), "reverse": "1 1/s", "enthalpy": heat}),
        ("B <-> C", {"forward": "1 1/s", "reverse": "2 1/s"}),
        ("C <-> A", {"forward": number("1 1/s", q10=3), "reverse": "1 1/s"}),
    ]  # fmt: skip
    make = lambda parts: patch(  # noqa: E731
        lambda on: [bm.Cycle("X", on, density="1 fmol", states="A B C", steps=parts)], {}, {}
    )
    with pytest.raises(bm.errors.CycleNotClosed, match="enthalpies of its steps do not add up"):
        make(parts)
    parts[2][1]["enthalpy"] = "-5 kJ/mol"
    assert len(make(parts).processes) == 3


# --- the whole model


def test_the_books_close_while_the_temperature_changes() -> None:
    """G moves with T through RT ln c, through ΔH of the species and through the carrier's states;
    the ledger books −S dT/dt of all of it as imposed.
    """
    for model in (two_sided(), isomers()):
        ramp = bm.Protocol.ramps(("0 s", "15 degC"), ("20 s", "37 degC"))
        run = bm.simulate(model, until="20 s", parameters={"temperature": ramp})
        run.ledger.check()
        assert abs(float(run.ledger.imposed[-1])) > 1e-3


def test_entropy_is_what_a_degree_imposes() -> None:
    """A step of ΔT at rest imposes −S ΔT: of n(μ° − TS) with μ°(T) linear in T exactly."""
    model = isomers()
    cold, warm = (ModelEvaluator(model, {"temperature": T}) for T in (300.0, 310.0))
    y = np.array([0.7, 1.3])
    n = dict(zip((x.name for x in model.states), y, strict=True))
    expected = 0.0
    for name, mu, h in (("cell.A", 4e3, 10e3), ("cell.B", -1e3, -20e3)):
        entropy = (h - mu) / 293.15 - GAS * (math.log(n[name] / 1000) - 1)  # 1 pL: mM is fmol
        expected -= entropy * n[name] * 10
    found = warm("energy", y)["G"] - cold("energy", y)["G"]
    assert found == pytest.approx(expected, rel=1e-10)


def test_a_transporter_is_scaled_as_a_whole_and_does_no_work() -> None:
    """All fluxes of the pump by one factor; its affinity, its stall and its proof untouched."""
    fuel = {lib.ATP: 5.0, lib.ADP: 0.05, lib.Pi: 4.0}
    inside, outside = {Na: 15.0, K: 140.0, **fuel}, {Na: 145.0, K: 4.5}
    parts = lambda on: [lib.NaKATPase(on)]  # noqa: E731
    warm = lambda on: [lib.NaKATPase(on).with_temperature(q10=2.7, at="37 degC")]  # noqa: E731
    models = [patch(p, inside, outside, V=-60) for p in (parts, warm)]
    for T, factor in ((BODY_TEMPERATURE, 1.0), (300.15, 1 / 2.7)):
        seen = [ModelEvaluator(model, {"temperature": T}) for model in models]
        y = seen[0].array("initial", np.zeros(1))
        for group, expected in (("flux", factor), ("affinity", 1.0)):
            plain, scaled = (s(group, y)["NaKATPase"] for s in seen)
            assert scaled == pytest.approx(expected * plain, rel=1e-12)
    model = models[1]
    assert bm.prove(model).verdict == "proven"
    assert pickle.loads(pickle.dumps(model)) == model
    assert model != models[0]


def test_numbers_of_a_dependence_are_parameters_of_the_model() -> None:
    """A Q10 can be set in a run; the answer moves as its formula says."""
    model = leaks("q10")
    run = bm.simulate(
        model, times=Q([0.0], "s"),
        parameters={"temperature": "30 degC", "K_leak.permeability.q10": Q(5, "1")},
    )  # fmt: skip
    cold = bm.simulate(model, times=Q([0.0], "s"), parameters={"temperature": "20 degC"})
    ratio = float(run.data.flux[0, 0]) / float(cold.data.flux[0, 0])
    assert ratio == pytest.approx(5.0, rel=1e-12)


def test_ions_and_water_need_nothing() -> None:
    """A model without dependences is what it was: no symbol of a value at T in its equations."""
    model = cell(
        lambda on: [lib.leak(s, on) for s in (Na, K, Cl)], {Na: 15, K: 120, Cl: 20},
        {Na: 140, K: 5, Cl: 145}, impermeant=bm.balance(charge=-1), V=-60,
    )  # fmt: skip
    assert not any("(T)" in str(e.symbol) for e in model.equations)
