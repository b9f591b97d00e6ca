"""Pressure and volume as derivatives of G: walls, osmotic coefficients, solids, areas that follow
volumes, and impermeants of any valence.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, symbols
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.constants import GAS
from biomembrane.declare.osmotic_coefficient import excess, log_activity, osmolarity
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.symbols import R, T, c0
from biomembrane.testing.model_evaluator import ModelEvaluator

PROTEIN = bm.Species("protein")
RT = GAS * 310.15


def bag(wall: bm.Wall | None, bath: float = 100.0, **more: Any) -> bm.Model:
    cell = bm.Compartment("cell", volume="1 pL", impermeant={PROTEIN: "150 mM"}, wall=wall, **more)
    outside = bm.Reservoir("bath", {glucose: Q(bath, "mM")}, pressure="1 kPa")
    m = bm.Membrane("m", inside=cell, outside=outside, area="500 um^2")
    return bm.Model("bag", [lib.water(m)])


# --- walls


def stiff(w: Any) -> Any:
    E = w.parameter("E", Q(0.3, "MPa"), d.PRESSURE)
    V0 = w.parameter("relaxed", Q(1.2, "pL"), d.VOLUME, domain="positive")
    return E * ((w.total_volume() / V0) ** 2 - 1)


def energy(w: Any) -> Any:
    E = w.parameter("E", Q(0.3, "MPa"), d.PRESSURE)
    V0 = w.parameter("relaxed", Q(1.2, "pL"), d.VOLUME, domain="positive")
    V = w.total_volume()
    return E * (V**3 / (3 * V0**2) - V)


WALLS = {
    "modulus": (bm.Wall(modulus="0.5 MPa"), lambda V: 5e5 * (V - 1.2) / 1.2),
    "compliance": (
        bm.Wall(compliance=Q(2e-6, "pL/Pa"), relaxed="1.1 pL"),
        lambda V: (V - 1.1) / 2e-6,
    ),
    "pressure": (bm.Wall(pressure=stiff), lambda V: 3e5 * ((V / 1.2) ** 2 - 1)),
    "energy": (bm.Wall(energy=energy), lambda V: 3e5 * ((V / 1.2) ** 2 - 1)),
}


@pytest.mark.parametrize("kind", WALLS)
def test_a_wall_balances_the_osmotic_pressure(kind: str) -> None:
    """At rest p(V) − p_bath = RT(Σc_in − Σc_out), V with the solids; the books close, and what the
    wall stores is ∫ p dV.
    """
    wall, pressure = WALLS[kind]
    model = bag(wall, solids="0.2 pL")
    run = bm.simulate(model, until="10 min")
    run.ledger.check()
    W = float(run.data.volume[-1, 0])
    p = pressure(W + 0.2)
    assert float(run.data.pressure[-1, 0]) == pytest.approx(p * 1e-3, rel=1e-9)
    assert p - 1e3 == pytest.approx(RT * (150 / W - 100), rel=1e-6)
    V = np.linspace(1.2, W + 0.2, 20001)
    work = np.trapezoid(pressure(V), V) * 1e-3  # Pa·pL = fJ
    stored = float(run.ledger.exergy.sel(store="cell.wall")[-1])
    assert stored == pytest.approx(work, rel=1e-6)


def test_the_pressure_of_a_bath_pushes_water() -> None:
    """Δp across an ideal membrane moves L_p A Δp, from the side of the higher pressure."""
    salt = bm.Species("salt")
    a = bm.Reservoir("a", {salt: "1 mM"}, pressure="20 kPa")
    b = bm.Reservoir("b", {salt: "1 mM"})
    m = bm.Membrane("m", inside=b, outside=a, area="100 um^2")
    look = ModelEvaluator(bm.Model("filter", [lib.water(m, permeability=Q(1e-12, "m/s/Pa"))]))
    J = look("flux", np.array([]))["water"] * look.p["H2O.molar_volume"]
    assert J * 1e-15 == pytest.approx(1e-12 * 1e-10 * 2e4, rel=1e-9)


# --- osmotic coefficients


def test_gibbs_and_duhem() -> None:
    """c dμ/dc = dπ/dc, identically, of φ = φ₀ + B₁c + B₂c²; both are derivatives of one energy."""
    n, W = sp.symbols("n W", positive=True)
    coefficients = sp.symbols("phi0 B1 B2", real=True)
    c = n / W
    G = R * T * n * excess(c, coefficients)
    mu, pi = sp.diff(G, n), -sp.diff(G, W)
    assert sp.expand(sp.expand_log(mu - R * T * log_activity(c, coefficients))) == 0
    assert sp.expand(pi - R * T * osmolarity(c, coefficients)) == 0
    x = sp.Symbol("x", positive=True)
    off = x * sp.diff(log_activity(x, coefficients), x) - sp.diff(osmolarity(x, coefficients), x)
    assert sp.expand(off) == 0
    assert c0 in G.free_symbols


REAL = bm.Species("S", osmotic_coefficient=(0.9, "0.001 1/mM"))


def test_a_solute_with_an_osmotic_coefficient_crosses_down_its_activity() -> None:
    """Flux and osmosis stop where activities and φc agree, which is where concentrations do; the
    books close on the way, and results show n/W.
    """
    protein = bm.Impermeants(
        "Hb",
        charge=0,
        concentration="7 mM",
        osmotic_coefficient=(1, "0.0645 1/mM", "0.0258 1/mM^2"),
    )
    bath = bm.Reservoir("bath", {REAL: "300 mM"})
    cell = bm.Compartment(
        "cell",
        volume="1 pL",
        contents={REAL: "250 mM"},
        impermeant=protein,
        wall=bm.Wall(modulus="1 MPa"),
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2")
    parts = [lib.water(m), lib.leak(REAL, m, permeability="1e-5 cm/s")]
    model = bm.Model("real", parts)
    run = bm.simulate(model, until="20 min")
    run.ledger.check()
    c = run.final("concentration")["cell.S"].to("mM").magnitude
    assert c == pytest.approx(300, rel=1e-6)
    W, Hb = float(run.data.volume[-1, 0]), 7 / float(run.data.volume[-1, 0])
    assert float(run.data.amount.sel(pool="cell.S")[-1]) == pytest.approx(c * W, rel=1e-12)
    pi = RT * Hb * (1 + 0.0645 * Hb + 0.0258 * Hb**2)
    assert float(run.data.pressure[-1, 0]) * 1e3 == pytest.approx(pi, rel=1e-4)
    bm.testing.check_model(model, examples=5)


def test_no_osmotic_coefficient_no_pressure() -> None:
    """φ = 0: charges fixed to large molecules hold no water."""
    fixed = bm.Impermeants(charge=-1, concentration="60 mM", osmotic_coefficient=0)
    bath = bm.Reservoir("bath", {K: "100 mM", Cl: "100 mM"})
    cell = bm.Compartment(
        "cell", volume="1 pL", contents={K: "160 mM", Cl: "100 mM"}, impermeant=fixed
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2", capacitance="1 uF/cm^2")
    look = ModelEvaluator(bm.Model("fixed", [lib.water(m)]))
    y = np.array([160.0, 100.0, 0.0, 1.0])
    J = look("flux", y)["water"]
    assert look("affinity", y)["water"] / look.p["H2O.molar_volume"] == pytest.approx(RT * 60)
    assert J > 0


# --- areas


def sphere(g: Any) -> Any:
    folds = g.parameter("folds", 1.5, d.ONE, domain="positive")
    return folds * (36 * sp.pi * g.total_volume("in") ** 2) ** sp.Rational(1, 3)


def stretching() -> bm.Model:
    bath = bm.Reservoir("bath", {Na: "145 mM", K: "5 mM", Cl: "150 mM"})
    cell = bm.Compartment(
        "cell",
        volume="1 pL",
        solids="0.3 pL",
        impermeant=bm.balance(charge=-1.2),
        contents={Na: "15 mM", K: "130 mM", Cl: "10 mM"},
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area=sphere, capacitance="1 uF/cm^2")
    leaks = [lib.leak(s, m, permeability="1e-6 cm/s") for s in (Na, K, Cl)]
    return bm.Model("stretch", [lib.water(m), *leaks], potential={m: "-60 mV"})


@given(st.floats(0.3, 3), st.floats(-0.1, 0.1))
def test_capacitance_follows_the_area(W: float, V: float) -> None:
    """V = q/C(W), and ∂G/∂W holds −½V²∂C/∂W: by differences of G at constant charge."""
    look = ModelEvaluator(_STRETCHING)
    area = 1.5 * (36 * np.pi) ** (1 / 3) * (W + 0.3) ** (2 / 3)  # in 100 µm²
    q = look.p["m.capacitance"] * area * V
    order = [x.name for x in _STRETCHING.states]

    def at(volume: float) -> np.ndarray:
        values = {"cell.charge": q, "cell.volume": volume}
        return np.array([values.get(n, 100.0) for n in order])

    assert look("potential", at(W))["m"] == pytest.approx(V, abs=1e-12)
    step = 1e-5 * W
    G = [look("energy", at(W + s * step))["G"] for s in (-1, 1)]
    slope = (G[1] - G[0]) / (2 * step)
    outside = RT * 300
    A = look("affinity", at(W))["water"] / look.p["H2O.molar_volume"]
    assert A == pytest.approx(-outside - slope, rel=1e-6, abs=1e-2)
    dC = look.p["m.capacitance"] * area * 2 / 3 / (W + 0.3)
    own = look("impermeant", at(W))
    osmotic = -RT * (300 + sum(own.values())) / W
    assert slope == pytest.approx(osmotic - V * V * dC / 2, rel=1e-6)


_STRETCHING = stretching()


def test_a_cell_that_stretches_keeps_its_books() -> None:
    run = bm.simulate(_STRETCHING, until="10 min")
    run.ledger.check()
    W = run.data.volume.values[:, 0]
    area = run.data.area.values[:, 0]
    assert area == pytest.approx(150 * (36 * np.pi) ** (1 / 3) * (W + 0.3) ** (2 / 3), rel=1e-9)
    assert abs(W[-1] / W[0] - 1) > 0.05
    bm.testing.check_model(_STRETCHING, examples=5)
    again = pickle.loads(pickle.dumps(_STRETCHING))
    assert again == _STRETCHING
    assert again.hash == _STRETCHING.hash


# --- impermeants and copies


def contents_of(impermeant: Any) -> dict[str, tuple[float, float]]:
    """Valence and concentration of the impermeants of a cell."""
    cell = bm.Compartment(
        "cell",
        volume="2 pL",
        contents={Na: "15 mM", K: "130 mM", Cl: "25 mM"},
        impermeant=impermeant,
    )
    bath = bm.Reservoir("bath", {Na: "145 mM", K: "5 mM", Cl: "150 mM"})
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2", capacitance="1e-12 F/m^2")
    model = bm.Model("cell", [lib.water(m)])
    amounts = ModelEvaluator(model)("impermeant", np.ones(len(model.states)))
    return {x.name: (x.charge, amounts[x.pool] / 2) for x in model.impermeants}


def test_impermeants_of_chosen_charge_and_concentration() -> None:
    """Chosen, balanced, or both; without Y for charge alone; a valence that follows."""
    X = bm.Impermeants(charge=-1.5, concentration="80 mM")
    assert contents_of(X) == {"X": (-1.5, pytest.approx(80))}
    P = bm.Impermeants("P", charge=-0.5, concentration="40 mM")
    both = contents_of([P, bm.balance(charge=-2)])
    assert both == {
        "P": (-0.5, pytest.approx(40)), "X": (-2, pytest.approx(50)), "Y": (0, pytest.approx(40)),
    }  # fmt: skip
    assert list(contents_of(bm.balance(charge=-2, isosmotic=False))) == ["X"]
    z = contents_of(bm.balance(concentration="100 mM"))
    assert z == {"X": (pytest.approx(-1.2), pytest.approx(100)), "Y": (0, pytest.approx(30))}


def test_copies_with_changes() -> None:
    """What is not named stays, with its source; None takes a species out; a membrane follows."""
    source = bm.Source("measured", "Someone 1999")
    cell = bm.Compartment(
        "cell",
        volume=bm.Parameter(Q(1, "pL"), source),
        contents={Na: "15 mM", K: "130 mM"},
        impermeant=bm.balance(),
        wall=bm.Wall(modulus="1 kPa"),
    )
    assert cell.replace() == cell
    other = cell.replace(name="other", contents={Na: "20 mM", K: None, Cl: "5 mM"})
    assert [s.name for s in other.contents] == ["Na", "Cl"]
    assert other.contents[Na].name == "other.Na"
    assert other.volume.source == source
    assert other.elastic is not None
    assert list(other.elastic.parameters) == ["other_wall.modulus"]
    bath = bm.Reservoir("bath", {Na: "145 mM"}, pressure="1 kPa")
    assert bath.replace(pressure=None).pressure is None
    m = bm.Membrane("m", inside=cell, outside=bath, area=sphere)
    moved = m.replace(inside=other)
    assert moved.inside is other
    assert symbols.volume("other") in moved.area.formula.expression.free_symbols
    with pytest.raises(errors.UnknownKeyword, match="contents"):
        cell.replace(content={})


# --- what is refused

BAD: dict[str, tuple[Any, type[errors.BiomembraneError]]] = {
    "two ways": (lambda: bm.Wall(modulus="1 kPa", compliance="1 fL/Pa"), errors.BadSettings),
    "no way": (bm.Wall, errors.BadSettings),
    "number for a function": (lambda: bm.Wall(pressure="1 kPa"), errors.WrongType),
    "relaxed twice": (lambda: bm.Wall(energy=energy, relaxed="1 pL"), errors.BadSettings),
    "unit": (lambda: bag(bm.Wall(modulus="1 pL")), errors.UnitMismatch),
    "zero": (lambda: bag(bm.Wall(modulus="0 kPa")), errors.OutOfDomain),
    "bare": (lambda: bag(bm.Wall(modulus=3)), errors.BareNumber),
    "no wall": (lambda: bag("stiff"), errors.WrongType),  # type: ignore[arg-type]
    "no energy": (lambda: bag(bm.Wall(energy=stiff)), errors.DimensionError),
    "numpy": (lambda: bag(bm.Wall(energy=lambda w: np.exp(w.volume()))), errors.WrongType),
    "place": (lambda: bag(bm.Wall(energy=lambda w: w.volume("out"))), errors.BadPlace),
    "solids": (lambda: bag(None, solids="-1 pL"), errors.OutOfDomain),
    "coefficient": (lambda: bm.Species("S", osmotic_coefficient=-1.0), errors.OutOfDomain),
    "coefficient's unit": (
        lambda: bm.Species("S", osmotic_coefficient=(1, "1 mM")), errors.UnitMismatch,
    ),
    "no coefficients": (lambda: bm.Species("S", osmotic_coefficient=()), errors.WrongType),
    "valence": (
        lambda: bm.Impermeants(charge=float("nan"), concentration="1 mM"), errors.NotFinite,
    ),
    "no valence": (
        lambda: bm.Impermeants(charge="-1", concentration="1 mM"), errors.NotANumber,  # type: ignore[arg-type]
    ),
    "both": (lambda: bm.balance(charge=-1, concentration="1 mM"), errors.BadSettings),
    "flag": (lambda: bm.balance(isosmotic="no"), errors.WrongType),  # type: ignore[arg-type]
    "two balances": (lambda: contents_of([bm.balance(), bm.balance()]), errors.DuplicateName),
    "dissolved": (
        lambda: bm.Reservoir("b", {bm.Impermeants(charge=-0.5, concentration="1 mM"): "1 mM"}),
        errors.WrongType,
    ),
    "negative area": (
        lambda: bm.Membrane(
            "m", inside=bm.Compartment("c", volume="1 pL"), outside=bm.Reservoir("b", {}),
            area=lambda g: -g.volume("in") ** sp.Rational(2, 3),
        ),
        errors.OutOfDomain,
    ),
    "area of a bath": (
        lambda: bm.Membrane(
            "m", inside=bm.Compartment("c", volume="1 pL"), outside=bm.Reservoir("b", {}),
            area=lambda g: g.volume("out"),
        ),
        errors.BadPlace,
    ),
    "no area": (
        lambda: bm.Membrane(
            "m", inside=bm.Compartment("c", volume="1 pL"), outside=bm.Reservoir("b", {}),
            area=lambda g: g.volume("in"),
        ),
        errors.DimensionError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_mistakes_are_told_where_they_are(what: str) -> None:
    make, kind = BAD[what]
    with pytest.raises(kind) as told:
        make()
    assert told.value.where
    assert told.value.advice
