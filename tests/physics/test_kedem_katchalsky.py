"""Pores with solvent drag: the closed forms of Kedem and Katchalsky 1958, Onsager symmetry and
positive dissipation for any reflection coefficient.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.constants import FARADAY, GAS
from biomembrane.library import Cl, Na, glucose
from biomembrane.library.pore import log_mean
from biomembrane.testing.model_evaluator import ModelEvaluator

PROTEIN = bm.Species("protein")
RT = GAS * 310.15
L_P, P_S, AREA = 2e-13, 1e-7, 500e-12  # m/s/Pa, m/s, m²: internally 1e-5 m is the unit of length


def pore_model(sigma: float, outside: float = 100.0, pressure: float = 3e4) -> bm.Model:
    bath = bm.Reservoir("bath", {glucose: Q(outside, "mM")}, pressure=Q(pressure, "Pa"))
    cell = bm.Compartment(
        "cell",
        volume="1 pL",
        contents={glucose: "80 mM"},
        impermeant={PROTEIN: "30 mM"},
        wall=bm.Wall(modulus="0.2 MPa", relaxed="0.9 pL"),
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area=Q(AREA, "m^2"))
    pore = bm.Pore(
        "pore",
        m,
        water=Q(L_P, "m/s/Pa"),
        reflection={glucose: sigma},
        permeability={glucose: Q(P_S, "m/s")},
    )
    return bm.Model("kk", [pore])


@cache
def evaluators(sigma: float) -> ModelEvaluator:
    return ModelEvaluator(pore_model(sigma))


SIGMAS = (-0.5, 0.0, 0.3, 1.0, 1.4)


@given(st.sampled_from(SIGMAS), st.floats(1, 400), st.floats(0.3, 3))
def test_flows_are_those_of_kedem_and_katchalsky(sigma: float, amount: float, W: float) -> None:
    """J_v = L_p(Δp − Δπ_imp − σRTΔc), J_s = PΔc + (1 − σ)c̄J_v, and J·A sums to what forces and
    flows make; J_v and J_s from A alone are L·X with a symmetric L.
    """
    look = evaluators(sigma)
    y = np.array([amount, W])
    J, A = look("flux", y), look("affinity", y)
    ci, co, imp = amount / W, 100.0, 30 / W
    p = 2e5 * (W - 0.9) / 0.9
    Jv = L_P * AREA * ((3e4 - p) + RT * (sigma * (ci - co) + imp))
    mean = ci if abs(ci - co) < 1e-9 else (co - ci) / math.log(co / ci)
    Js = P_S * AREA * (co - ci) + (1 - sigma) * mean * Jv
    v = look.p["H2O.molar_volume"]
    assert J["pore:flow"] * v * 1e-15 == pytest.approx(
        Jv, rel=1e-9, abs=1e-9 * L_P * AREA * RT * 300
    )
    share = look("carried", y)["carried[pore:flow.glucose]"]
    total = J["pore:glucose"] + share * J["pore:flow"]
    assert total * 1e-15 == pytest.approx(Js, rel=1e-9, abs=1e-8 * P_S * AREA * 300)
    # dissipation is J_v X_v + J_s X_s, positive
    X_v = (3e4 - p) - RT * (co - ci - imp)
    power = Jv * X_v + Js * RT * math.log(co / ci)
    heats = look("dissipation", y)
    assert sum(heats.values()) * 1e-15 == pytest.approx(
        power, rel=1e-6, abs=1e-9 * P_S * AREA * RT * 300
    )
    assert all(x >= 0 for x in heats.values())
    assert A["pore:flow"] * J["pore:flow"] == pytest.approx(heats["pore:flow"])


@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_matrix_is_symmetric_and_positive(sigma: float) -> None:
    """∂J_i/∂X_j at equilibrium by differences: L₁₂ = L₂₁ = (1 − σ)c̄L_p, and L ⪰ 0 for every σ."""
    model = pore_model(sigma, outside=80.0, pressure=0.0)
    look = ModelEvaluator(model, {"cell.protein": 0.0, "cell_wall.relaxed": 1.0})
    y0, v = np.array([80.0, 1.0]), look.p["H2O.molar_volume"]

    def flows(y: Any, pressure: float) -> np.ndarray:
        at = ModelEvaluator(model, look.p | {"bath.pressure": pressure})
        J, share = at("flux", y), at("carried", y)["carried[pore:flow.glucose]"]
        return np.array([J["pore:flow"] * v, J["pore:glucose"] + share * J["pore:flow"]])

    def forces(y: Any, pressure: float) -> np.ndarray:
        c, p = y[0] / y[1], 2e5 * (y[1] - 1.0)
        return np.array([pressure - p - RT * (80 - c), RT * math.log(80 / c)])

    steps = [(y0, 10.0), (np.array([80.001, 1.0]), 0.0)]
    X = np.array([forces(*s) for s in steps]).T
    J = np.array([flows(*s) for s in steps]).T
    L = J @ np.linalg.inv(X)
    size = math.sqrt(L[0, 0] * L[1, 1])
    assert abs(L[0, 1] - L[1, 0]) < 1e-4 * size
    assert L[0, 1] == pytest.approx((1 - sigma) * 80 * L[0, 0], rel=1e-4, abs=1e-4 * size)
    assert L[1, 1] == pytest.approx(
        P_S * AREA * 1e15 * 80 / RT + ((1 - sigma) * 80) ** 2 * L[0, 0], rel=1e-4
    )
    assert np.linalg.eigvalsh(L / np.outer([1, 80], [1, 80])).min() >= 0


def test_streaming_current_and_electro_osmosis_have_one_coefficient() -> None:
    """(∂I/∂Δp)_V = (∂J_v/∂V)_p of a cation-selective pore, both −(1 − σ)c̄FL_p."""
    bath = bm.Reservoir("bath", {Na: "100 mM", Cl: "100 mM"}, pressure="0 Pa")
    cell = bm.Compartment("cell", volume="1 pL", contents={Na: "100 mM", Cl: "100 mM"})
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2", capacitance="1 uF/cm^2")
    pore = bm.Pore("pore", m, water=Q(L_P, "m/s/Pa"), reflection={Na: 0.2, Cl: 0.9})
    model = bm.Model("streaming", [pore])
    order = [x.name for x in model.states]
    y = np.array([{"cell.charge": 0.0, "cell.volume": 1.0}.get(n, 100.0) for n in order])

    def flows(charge: float, pressure: float) -> tuple[float, float, float]:
        at = ModelEvaluator(model, {"bath.pressure": pressure})
        state = y.copy()
        state[order.index("cell.charge")] = charge
        J = at("flux", state)["pore:flow"]
        share = at("carried", state)
        current = FARADAY * J * (share["carried[pore:flow.Na]"] - share["carried[pore:flow.Cl]"])
        return J * at.p["H2O.molar_volume"], current, at("potential", state)["m"]

    Jv, I_by_p, _ = flows(0.0, 100.0)
    Jv_by_V, _, V = flows(1.0, 0.0)
    coefficient = (0.8 - 0.1) * 100 * FARADAY * Jv / 100
    assert I_by_p / 100 == pytest.approx(coefficient, rel=1e-9)
    assert Jv_by_V / V == pytest.approx(-coefficient, rel=1e-9)


def test_a_tracer_enters_an_empty_cell() -> None:
    """Starting at 0 mM is regular, the books close, and what is dragged ends at equilibrium."""
    model = pore_model(0.3)
    run = bm.simulate(model, until="10 min", parameters={"cell.glucose": Q(0, "mM")})
    run.ledger.check()
    c = run.final("concentration")["cell.glucose"].to("mM").magnitude
    assert c == pytest.approx(100, rel=1e-5)
    other = bm.simulate(model, until="10 min")
    W = [float(r.data.volume[-1, 0]) for r in (run, other)]
    assert W[0] == pytest.approx(W[1], rel=1e-5)


@settings(max_examples=6)
@given(st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_the_logarithmic_mean(a: float, b: float) -> None:
    """(a − b)/ln(a/b), regular where they are equal, and 0 where one is 0."""
    import sympy as sp

    x, y = sp.symbols("x y", positive=True)
    mean = log_mean(x, y)

    def value(first: float, second: float) -> float:
        return float(mean.subs({x: first, y: second, bm.symbols.c0: 1000.0}).evalf())

    expected = a if abs(a - b) < 1e-7 * a else (a - b) / math.log(a / b)
    assert value(a, b) == pytest.approx(expected, rel=1e-6)
    assert value(a, a) == pytest.approx(a, rel=1e-12)


def test_what_a_pore_refuses() -> None:
    bath = bm.Reservoir("bath", {glucose: "5 mM"})
    cell = bm.Compartment("cell", volume="1 pL", contents={Na: "5 mM"})
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2")
    with pytest.raises(errors.MissingSpecies, match="glucose on both sides"):
        bm.Pore("pore", m, water="1e-5 cm/s/bar", reflection={glucose: 0.3})
    with pytest.raises(errors.OutOfDomain):
        bm.Pore("pore", m, water=Q(-1e-5, "cm/s/bar"))
    with pytest.raises(errors.UnitMismatch):
        bm.Pore("pore", m, water="1 mM")
    with pytest.raises(errors.WrongType):
        bm.Pore("pore", cell, water="1e-5 cm/s/bar")  # type: ignore[arg-type]
    with pytest.raises(errors.WrongType):
        bm.Pore("pore", m, water="1e-5 cm/s/bar", reflection={"glucose": 0.3})  # type: ignore[dict-item]


def test_a_pore_is_proved_and_is_equal_to_its_like() -> None:
    import pickle

    model = pore_model(0.3)
    assert bm.prove(model).holds
    assert bm.audit(model).verdict == "proven"
    assert pickle.loads(pickle.dumps(model)) == model == pore_model(0.3)
    assert model != pore_model(0.4)
    pore = model.transporters[0]
    assert "glucose" in repr(pore)
    assert "pore:flow" in pore._repr_html_()
    assert pore._repr_latex_().startswith("$")
    bm.testing.check_model(model, examples=5)
