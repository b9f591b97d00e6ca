"""What must hold for every model, random or shipped: symmetries and conservation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from contracts.modelled import Array, by_name, few, seen
from declared import condition, elsewhere, mirrored, shipped
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import fewer, unit_vectors

from biomembrane import Q
from biomembrane.assemble.model import Model
from biomembrane.compile import program as programs
from biomembrane.constants import FARADAY, GAS, STANDARD_CONCENTRATION
from biomembrane.symbols import F, c0
from biomembrane.testing.model_evaluator import Condition, ModelEvaluator, vector
from biomembrane.testing.random_models import ModelSpec, model_specs, substances
from biomembrane.testing.spec_models import build


def same(first: Array, second: Array, size: Array, rel: float) -> bool:
    """Whether two arrays agree relative to the size of what cancels in them."""
    return bool(np.all(np.abs(first - second) <= rel * size))


def fluxes(look: ModelEvaluator, y: Array) -> tuple[Array, Array]:
    """J by process, and the flow that cancels in it."""
    return look.array("flux", y), look.flow(y)


# --- symmetries


@few
@given(spec=model_specs(), u=unit_vectors(), shift=st.tuples(*[st.floats(-50, 50)] * 3))
def test_energies_of_moieties_are_a_gauge(
    spec: ModelSpec, u: list[float], shift: tuple[float, float, float]
) -> None:
    """Shifting μ° by what each conserved moiety carries changes no flux, no dissipation and nothing
    that cell, baths or fuel give.
    """
    adenosine, phosphate, hexose = shift
    moved = {
        "ATP": adenosine + 3 * phosphate,
        "ADP": adenosine + 2 * phosphate,
        "Pi": phosphate,
        "hexA": hexose,
        "hexB": hexose,
    }
    looks = [
        ModelEvaluator(build(s))
        for s in (spec, replace(spec, species=tuple(substances(moved).values())))
    ]
    y = vector(looks[0].model, condition(looks[0].model, u))
    (J, gross), (J2, _) = (fluxes(look, y) for look in looks)
    assert same(J, J2, gross, 1e-9)
    (A, A2), (D, D2) = ([look.array(g, y) for look in looks] for g in ("affinity", "dissipation"))
    assert A2 == pytest.approx(A, abs=1e-9 * looks[0].RT)
    assert same(D, D2, gross * (np.abs(A) + looks[0].RT), 1e-9)
    if hexose and (any(p.at < 0 for p in spec.parts) or not looks[0].model.reservoirs):
        # sugars that are made in the cell, or that no bath holds, have no reference: their μ° is
        # told whole, by cell and by carriers
        return
    roles = [store.role for store in looks[0].model.ledger_stores]
    given_, given2 = [
        {role: _sum(look("entry", y), roles, role) for role in set(roles)} for look in looks
    ]
    assert given2 == pytest.approx(given_, abs=1e-9 * float(np.sum(gross)) * 1e5)


def _sum(entries: dict[tuple[str, int], float], roles: list[str], role: str) -> float:
    return sum(x for (_, k), x in entries.items() if roles[k] == role)


@few
@given(spec=model_specs(topologies=["open epithelium"]), u=unit_vectors())
def test_the_zero_of_voltage_is_a_gauge(spec: ModelSpec, u: list[float]) -> None:
    """Grounding the lumen instead of the blood changes no flux and no dV/dt."""
    other = replace(spec, baths=tuple(replace(b, floating=not b.floating) for b in spec.baths))
    first, second = ModelEvaluator(build(spec)), ModelEvaluator(build(other))
    at = condition(first.model, u)
    moved = {n: x - at.phi["lumen"] for n, x in at.phi.items()}
    y, z = vector(first.model, at), vector(second.model, Condition(at.amount, moved, at.volume))
    (J, gross), (J2, _) = fluxes(first, y), fluxes(second, z)
    assert same(J, J2, gross, 1e-10)
    V = []
    for look, x in ((first, y), (second, z)):
        flow = look.array("rhs", x) / 1e6
        V.append((look.array("potential", x + flow) - look.array("potential", x - flow)) / 2)
    size = (
        np.abs(first.array("potential", y)).max()
        + np.abs(V[0]).max()
        + float(gross.max()) * FARADAY / 1e9
    )
    assert V[1] == pytest.approx(V[0], abs=1e-9 * size)


@few
@given(
    spec=model_specs(kinds=["ghk", "ohmic", "onsager", "saturable", "cycle", "water"]),
    u=unit_vectors(),
    decade=st.integers(-6, 3),
)
def test_the_standard_concentration_is_a_gauge(
    spec: ModelSpec, u: list[float], decade: int
) -> None:
    """Another c° with μ° shifted by RT ln of it changes no flux of a law that is told no rate at
    c°.
    """
    assume(not any(p.at < 0 and p.kind == "elementary" for p in spec.parts))
    shift = GAS * spec.temperature * np.log(10.0**decade) / 1000
    moved = replace(
        spec,
        species=tuple(
            substances(dict.fromkeys(("ATP", "ADP", "Pi", "hexA", "hexB"), shift)).values()
        ),
    )
    first = ModelEvaluator(build(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(programs.FIXED, c0, STANDARD_CONCENTRATION * 10.0**decade)
        second = ModelEvaluator(build(moved))
    y = vector(first.model, condition(first.model, u))
    (J, gross), (J2, _) = fluxes(first, y), fluxes(second, y)
    assert same(J, J2, gross, 1e-9)
    assert second.array("affinity", y) == pytest.approx(
        first.array("affinity", y), abs=1e-9 * first.RT
    )


@few
@given(spec=model_specs(), u=unit_vectors())
def test_units_do_not_matter(spec: ModelSpec, u: list[float]) -> None:
    """The same model told in other units has the same parameters, start and dx/dt to 1e-12."""
    looks = [ModelEvaluator(build(spec, q, potential=True)) for q in (Q, elsewhere)]
    assert list(looks[0].p.values()) == pytest.approx(list(looks[1].p.values()), rel=1e-13)
    y = vector(looks[0].model, condition(looks[0].model, u))
    (start, start2), (rate, rate2) = (
        [look.array(g, y) for look in looks] for g in ("initial", "rhs")
    )
    assert same(start, start2, np.abs(start) + looks[0].array("scale", y), 1e-12)
    assert same(rate, rate2, looks[0].gross(y), 1e-12)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_mirror_symmetry(spec: ModelSpec, u: list[float]) -> None:
    """A membrane told from its other side, V and charge coordinates with it, carries the same
    fluxes.
    """
    looks = [ModelEvaluator(build(s)) for s in (spec, mirrored(spec))]
    at = condition(looks[0].model, u)
    y, z = (vector(look.model, at) for look in looks)
    (J, gross), (J2, _) = fluxes(looks[0], y), fluxes(looks[1], z)
    assert same(J, J2, gross, 1e-10)
    V, V2 = looks[0]("potential", y), looks[1]("potential", z)
    assert V2 == pytest.approx({n: -x for n, x in V.items()}, abs=1e-12)


# --- conservation


def check_invariants(model: Model, u: list[float]) -> None:
    look, y = seen(model, u)
    rows = [p.name for p in model.pools]
    for weights in model.invariants:
        for process, column in model.N.items():
            made = sum(
                (
                    sp.Rational(w.numerator, w.denominator)
                    * column.get(n, 0)
                    / (F if n.endswith(".charge") else 1)
                    for n, w in weights.items()
                ),
                sp.S.Zero,
            )
            assert made == 0, process
        factor = np.array(
            [float(weights.get(n, 0)) / (FARADAY if n.endswith(".charge") else 1) for n in rows]
        )
        assert abs(factor @ look.array("rhs", y)) <= 1e-12 * (np.abs(factor) @ look.gross(y))
    solid = [n for n in rows if not n.endswith(".volume")]
    N = sp.Matrix(
        [
            [model.N[p].get(n, 0) / (F if n.endswith(".charge") else 1) for p in model.N]
            for n in solid
        ]
    )
    assert len(model.invariants) == len(solid) - N.rank()
    assert sp.Matrix(
        [[Fraction(w.get(n, 0)) for n in solid] for w in model.invariants]
    ).rank() == len(model.invariants)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_invariants(spec: ModelSpec, u: list[float]) -> None:
    """Invariants are all that N leaves alone, exactly; along dx/dt none of them changes."""
    check_invariants(build(spec), u)


@by_name
@fewer(0.1)
@given(u=unit_vectors())
def test_invariants_of_shipped_models(name: str, u: list[float]) -> None:
    """Likewise in the shipped models."""
    check_invariants(shipped(name), u)


@few
@given(spec=model_specs(), u=unit_vectors())
def test_rates_are_stoichiometry_times_flux(spec: ModelSpec, u: list[float]) -> None:
    """dx/dt = N·J with one N for matter, charge and volume, and potentials solve the capacitor
    network.
    """
    look, y = seen(build(spec), u)
    assert same(look.N(y) @ fluxes(look, y)[0], look.array("rhs", y), look.gross(y), 1e-11)
    at = condition(look.model, u)
    V = {m.name: at.phi[m.inside.name] - at.phi[m.outside.name] for m in look.model.membranes}
    grounded = {n: 0.0 if n not in look.model.circuit.nodes else x for n, x in at.phi.items()}
    V = {m.name: grounded[m.inside.name] - grounded[m.outside.name] for m in look.model.membranes}
    assert look("potential", y) == pytest.approx(V, abs=1e-12)
