"""Every law, for random reactions, parameters, states and temperatures, through the compiled kernel: the second law holds to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from declared import Condition, Seen, build, condition, vector
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import KINDS, Loop, Part, Spec, decades, fewer, lone, temperatures, unit_vectors

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.constants import FARADAY, GAS, STANDARD_CONCENTRATION
from biomembrane.declare.laws import ring
from biomembrane.declare.species import Species
from biomembrane.library import H2O, K, Na
from biomembrane.solve.initial import initial, stationary

by_kind = pytest.mark.parametrize("kind", KINDS)
V_W = float(H2O.molar_volume.quantity.to("m^3/mol").magnitude)


def seen(spec: Spec, at: list[float]) -> tuple[Seen, Condition, NDArray[np.float64]]:
    look = Seen(build(spec))
    here = condition(look.model, at)
    return look, here, vector(look.model, here)


@by_kind
@fewer(0.4)
@given(data=st.data(), points=st.lists(unit_vectors(), min_size=1, max_size=4))
def test_flux_and_affinity_have_one_sign(kind: str, data: st.DataObject, points: list[list[float]]) -> None:
    """sign J = sign A and J·A ≥ 0 exactly, and no one-way rate is negative: in every state, alone and in lanes."""
    look = Seen(build(data.draw(lone(kind))))
    Y = np.array([vector(look.model, condition(look.model, u)) for u in points]).T
    for y in (Y, *Y.T):
        J, A = look.array("flux", y), look.array("affinity", y)
        assert np.array_equal(np.sign(J), np.sign(A))
        assert np.all(J * A >= 0)
        assert np.array_equal(look.array("dissipation", y), J * A)
        assert np.all(look.array("forward", y) >= 0)
        assert np.all(look.array("reverse", y) >= 0)


@by_kind
@fewer(0.4)
@given(data=st.data(), u=unit_vectors(), t=st.floats(0, 1000))
def test_local_detailed_balance(kind: str, data: st.DataObject, u: list[float], t: float) -> None:
    """RT ln(r⁺/r⁻) = A to 1e-9 RT and J = r⁺ − r⁻ to rounding at any time, by a law that is proven; other laws are J = L·A."""
    look, _, y = seen(data.draw(lone(kind)), u)
    J, A, up, down = (look(group, y, t) for group in ("flux", "affinity", "forward", "reverse"))
    for process in look.model.processes:
        name = process.name
        assert process.certificate.verdict == ("proven" if name in up else "onsager")
        if name in up:
            assert look.RT * math.log(up[name] / down[name]) == pytest.approx(A[name], abs=1e-9 * look.RT)
            assert J[name] == pytest.approx(up[name] - down[name], abs=1e-12 * max(up[name], down[name]))


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "cycle"])
@fewer(0.4)
@given(data=st.data(), u=unit_vectors())
def test_affinity_by_hand(kind: str, data: st.DataObject, u: list[float]) -> None:
    """A = −Σ ν RT ln c − QFV, and for water v_w times the difference of van 't Hoff's pressures, counted by hand."""
    spec = data.draw(lone(kind))
    look, at, y = seen(spec, u)
    part, W = spec.parts[0], at.volume["cell"]
    inside = {s.name: at.amount[f"cell.{s.name}"] / W for s in spec.species}
    c = {"in": inside, "out": {s.name: look.p[f"bath.{s.name}"] for s in spec.species}}
    if kind == "water":
        osmolarity = sum(inside.values()) + look.array("impermeant", y).sum() / W
        expected, size = V_W * look.RT * (osmolarity - sum(c["out"].values())), V_W * look.RT * osmolarity
    else:
        terms = [n * math.log(c[w][s]) for n, s, w in part.left] + [-n * math.log(c[w][s]) for n, s, w in part.right]
        charge = {s.name: s.charge for s in spec.species}
        moved = sum(n * charge[s] for n, s, w in part.right if w == "in") - sum(n * charge[s] for n, s, w in part.left if w == "in")
        work = moved * FARADAY * (at.phi["cell"] - at.phi["bath"])
        expected, size = look.RT * sum(terms) - work, look.RT * (1 + sum(map(abs, terms))) + abs(work)
    assert look("affinity", y)[part.name] == pytest.approx(expected, abs=1e-11 * size)


@fewer(0.6)
@given(data=st.data(), u=unit_vectors())
def test_affinities_of_a_cycle_by_hand(data: st.DataObject, u: list[float]) -> None:
    """A step's affinity is RT ln of its declared rates and amounts less the work of its charge; once around, carriers cancel."""
    spec = data.draw(lone("cycle"))
    look, at, y = seen(spec, u)
    part = spec.parts[0]
    loop = part.loop
    assert loop is not None
    charge = {s.name: s.charge for s in spec.species}
    c = {"in": {s: at.amount[f"cell.{s}"] / at.volume["cell"] for s in charge}, "out": {s: look.p[f"bath.{s}"] for s in charge}}
    n = [at.amount[f"{part.name}.E{i + 1}"] for i in range(loop.size)]
    u_ = FARADAY * (at.phi["cell"] - at.phi["bath"]) / look.RT
    A = look("affinity", y)
    around = drive = 0.0
    for i, (a, b, left, right, f, r) in enumerate(loop.steps):
        found = A[f"{part.name}:E{a + 1}-E{b + 1}"] / look.RT
        gained = sum(m * charge[s] for m, s, w in right if w == "in") - sum(m * charge[s] for m, s, w in left if w == "in")
        if i not in loop.closing:
            ups, downs = (n[k] * rate * math.prod(c[w][s] ** m * 10.0**m for m, s, w in side) for k, rate, side in ((a, f, left), (b, r, right)))
            assert found == pytest.approx(math.log(ups / downs) - float(gained + loop.inside[b] - loop.inside[a]) * u_, abs=1e-10)
        if b == (a + 1) % len({*range(_ring(loop))}) and i < _ring(loop):
            around += found
            drive += sum(m * math.log(c[w][s]) for m, s, w in left) - sum(m * math.log(c[w][s]) for m, s, w in right) - gained * u_
    assert around == pytest.approx(drive, abs=1e-10)


def _ring(loop: Loop) -> int:
    """How many of the first steps make the ring."""
    return next(i for i, (_, b, *_) in enumerate(loop.steps) if b == 0) + 1


@by_kind
@fewer(0.3)
@given(data=st.data(), u=unit_vectors())
def test_no_flux_at_equilibrium(kind: str, data: st.DataObject, u: list[float]) -> None:
    """When the last concentration is chosen so that A = 0, r⁺ = r⁻ and J vanishes: to rounding, and exactly where A is exactly 0."""
    spec = data.draw(lone(kind))
    look, at, y = seen(spec, u)
    process = look.model.processes[0]
    A = look("affinity", y)[process.name]
    if kind == "water":
        new = look.p["bath.S0"] + A / (V_W * look.RT)
        assume(new > 0)
        still, y0 = Seen(look.model, {"bath.S0": new}), y
    else:
        pool, nu = next((w.pool, n) for w, n in process.reaction.net.items() if w.pool in look.k.program.states)
        assume(abs(A) < 100 * look.RT)
        still, y0 = look, vector(look.model, Condition({**at.amount, pool: at.amount[pool] * math.exp(A / (nu * look.RT))}, at.phi, at.volume))
    J, A0 = still("flux", y0)[process.name], still("affinity", y0)[process.name]
    assert A0 == pytest.approx(0, abs=1e-10 * look.RT * (V_W * 1000 if kind == "water" else 1))
    assert (J == 0) == (A0 == 0)
    if process.name in still("forward", y0):
        up, down = still("forward", y0)[process.name], still("reverse", y0)[process.name]
        assert up == pytest.approx(down, rel=1e-9)
        assert abs(J) <= 2e-10 * up


@by_kind
@fewer(0.3)
@given(data=st.data(), u=unit_vectors(), gap=decades(-9, -5), way=st.sampled_from([-1, 1]))
def test_near_equilibrium_flux_is_linear(kind: str, data: st.DataObject, u: list[float], gap: float, way: int) -> None:
    """J → (r/RT)·A as A → 0 (Onsager's regime), without loss of digits."""
    assume(kind not in ("ohmic", "onsager", "water"))
    look, at, y = seen(data.draw(lone(kind)), u)
    process = look.model.processes[0]
    assume(process.name in look("forward", y))
    pool, nu = next((w.pool, n) for w, n in process.reaction.net.items() if w.pool in look.k.program.states)
    A = look("affinity", y)[process.name] / look.RT
    assume(abs(A) < 100)
    y0 = vector(look.model, Condition({**at.amount, pool: at.amount[pool] * math.exp((A + way * gap) / nu)}, at.phi, at.volume))
    drive = look("affinity", y0)[process.name] / look.RT
    assert look("flux", y0)[process.name] == pytest.approx(look("reverse", y0)[process.name] * drive, rel=2 * gap)
