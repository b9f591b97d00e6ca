"""Every law, for random reactions, parameters, states and temperatures, through the compiled
kernel: the second law holds to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from contracts.lawful import _chain, ring_size, seen
from declared import condition
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import fewer, unit_vectors

from biomembrane import Q
from biomembrane.constants import FARADAY, STANDARD_CONCENTRATION
from biomembrane.library import H2O
from biomembrane.solve.initial_state import stationary
from biomembrane.testing.model_evaluator import Condition, ModelEvaluator, vector
from biomembrane.testing.random_models import one_transporter
from biomembrane.testing.random_reactions import decades
from biomembrane.testing.random_transporters import KINDS, TransporterSpec
from biomembrane.testing.spec_models import build

by_kind = pytest.mark.parametrize("kind", KINDS)
V_W = float(H2O.molar_volume.quantity.to("m^3/mol").magnitude)


@by_kind
@fewer(0.25)
@given(data=st.data(), points=st.lists(unit_vectors(), min_size=1, max_size=4))
def test_flux_and_affinity_have_one_sign(
    kind: str, data: st.DataObject, points: list[list[float]]
) -> None:
    """sign J = sign A and J·A ≥ 0 exactly, and no one-way rate is negative: in every state, alone
    and in lanes.
    """
    look = ModelEvaluator(build(data.draw(one_transporter(kind))))
    Y = np.array([vector(look.model, condition(look.model, u)) for u in points]).T
    for y in (Y, *Y.T):
        J, A = look.array("flux", y), look.array("affinity", y)
        assert np.array_equal(np.sign(J), np.sign(A))
        assert np.all(J * A >= 0)
        assert look.array("dissipation", y) == pytest.approx(J * A, rel=1e-13)
        assert np.all(look.array("forward", y) >= 0)
        assert np.all(look.array("reverse", y) >= 0)


@by_kind
@fewer(0.25)
@given(data=st.data(), u=unit_vectors(), t=st.floats(0, 1000))
def test_local_detailed_balance(kind: str, data: st.DataObject, u: list[float], t: float) -> None:
    """RT ln(r⁺/r⁻) = A to 1e-9 RT and J = r⁺ − r⁻ to rounding at any time, by a law that is proven;
    other laws are J = L·A.
    """
    look, _, y = seen(data.draw(one_transporter(kind)), u)
    J, A, up, down = (look(group, y, t) for group in ("flux", "affinity", "forward", "reverse"))
    for process in look.model.processes:
        name = process.name
        assert process.certificate.verdict == ("proven" if name in up else "onsager")
        if name in up:
            assert look.RT * math.log(up[name] / down[name]) == pytest.approx(
                A[name], abs=1e-9 * look.RT
            )
            assert J[name] == pytest.approx(
                up[name] - down[name], abs=1e-12 * max(up[name], down[name])
            )


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "cycle"])
@fewer(0.25)
@given(data=st.data(), u=unit_vectors())
def test_affinity_by_hand(kind: str, data: st.DataObject, u: list[float]) -> None:
    """A = −Σ ν RT ln c − QFV, and for water v_w times the difference of van 't Hoff's pressures,
    counted by hand.
    """
    spec = data.draw(one_transporter(kind))
    look, at, y = seen(spec, u)
    part, W = spec.parts[0], at.volume["cell"]
    inside = {s.name: at.amount[f"cell.{s.name}"] / W for s in spec.species}
    c = {"in": inside, "out": {s.name: look.p[f"bath.{s.name}"] for s in spec.species}}
    if kind == "water":
        osmolarity = sum(inside.values()) + look.array("impermeant", y).sum() / W
        expected, size = (
            V_W * look.RT * (osmolarity - sum(c["out"].values())),
            V_W * look.RT * osmolarity,
        )
    else:
        terms = [n * math.log(c[w][s]) for n, s, w in part.left] + [
            -n * math.log(c[w][s]) for n, s, w in part.right
        ]
        charge = {s.name: s.charge for s in spec.species}
        moved = sum(n * charge[s] for n, s, w in part.right if w == "in") - sum(
            n * charge[s] for n, s, w in part.left if w == "in"
        )
        work = moved * FARADAY * (at.phi["cell"] - at.phi["bath"])
        expected, size = (
            look.RT * sum(terms) - work,
            look.RT * (1 + sum(map(abs, terms))) + abs(work),
        )
    assert look("affinity", y)[part.name] == pytest.approx(expected, abs=1e-11 * size)


@fewer(0.4)
@given(data=st.data(), u=unit_vectors())
def test_affinities_of_a_cycle_by_hand(data: st.DataObject, u: list[float]) -> None:
    """A step's affinity is RT ln of its declared rates and amounts less the work of its charge;
    once around, carriers cancel.
    """
    spec = data.draw(one_transporter("cycle"))
    look, at, y = seen(spec, u)
    part = spec.parts[0]
    loop = part.diagram
    assert loop is not None
    charge = {s.name: s.charge for s in spec.species}
    c = {
        "in": {s: at.amount[f"cell.{s}"] / at.volume["cell"] for s in charge},
        "out": {s: look.p[f"bath.{s}"] for s in charge},
    }
    n = [at.amount[f"{part.name}.E{i + 1}"] for i in range(loop.size)]
    u_ = FARADAY * (at.phi["cell"] - at.phi["bath"]) / look.RT
    A = look("affinity", y)
    around = drive = 0.0
    for i, (a, b, left, right, f, r) in enumerate(loop.steps):
        found = A[f"{part.name}:E{a + 1}-E{b + 1}"] / look.RT
        gained = sum(m * charge[s] for m, s, w in right if w == "in") - sum(
            m * charge[s] for m, s, w in left if w == "in"
        )
        if i not in loop.closing:
            ups, downs = (
                n[k] * rate * math.prod(c[w][s] ** m * 10.0**m for m, s, w in side)
                for k, rate, side in ((a, f, left), (b, r, right))
            )
            assert found == pytest.approx(
                math.log(ups / downs) - float(gained + loop.inside[b] - loop.inside[a]) * u_,
                abs=1e-10,
            )
        if i < ring_size(loop):
            around += found
            drive += (
                sum(m * math.log(c[w][s]) for m, s, w in left)
                - sum(m * math.log(c[w][s]) for m, s, w in right)
                - gained * u_
            )
    assert around == pytest.approx(drive, abs=1e-10)


@by_kind
@fewer(0.2)
@given(data=st.data(), u=unit_vectors())
def test_no_flux_at_equilibrium(kind: str, data: st.DataObject, u: list[float]) -> None:
    """When the last concentration is chosen so that A = 0, r⁺ = r⁻ and J vanishes: to rounding, and
    exactly where A is exactly 0.
    """
    spec = data.draw(one_transporter(kind))
    look, at, y = seen(spec, u)
    process = look.model.processes[0]
    A = look("affinity", y)[process.name]
    if kind == "water":
        new = look.p["bath.S0"] + A / (V_W * look.RT)
        assume(new > 0)
        still, y0 = ModelEvaluator(look.model, {"bath.S0": new}), y
    else:
        pool, nu = next(
            (w.pool, n) for w, n in process.reaction.net.items() if w.pool in look.k.program.states
        )
        assume(abs(A) < 100 * look.RT)
        still, y0 = (
            look,
            vector(
                look.model,
                Condition(
                    {**at.amount, pool: at.amount[pool] * math.exp(A / (nu * look.RT))},
                    at.phi,
                    at.volume,
                ),
            ),
        )
    J, A0 = still("flux", y0)[process.name], still("affinity", y0)[process.name]
    assert A0 == pytest.approx(0, abs=1e-10 * look.RT * (V_W * 1000 if kind == "water" else 1))
    assert (J == 0) == (A0 == 0)
    if process.name in still("forward", y0):
        up, down = still("forward", y0)[process.name], still("reverse", y0)[process.name]
        assert up == pytest.approx(down, rel=1e-9)
        assert abs(J) <= 2e-10 * up


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("ohmic", "onsager", "water")])
@fewer(0.2)
@given(data=st.data(), u=unit_vectors(), gap=decades(-9, -5), way=st.sampled_from([-1, 1]))
def test_near_equilibrium_flux_is_linear(
    kind: str, data: st.DataObject, u: list[float], gap: float, way: int
) -> None:
    """J → (r/RT)·A as A → 0 (Onsager's regime), without loss of digits."""
    look, at, y = seen(data.draw(one_transporter(kind)), u)
    process = look.model.processes[0]
    assume(process.name in look("forward", y))
    pool, nu = next(
        (w.pool, n) for w, n in process.reaction.net.items() if w.pool in look.k.program.states
    )
    A = look("affinity", y)[process.name] / look.RT
    assume(abs(A) < 100)
    y0 = vector(
        look.model,
        Condition(
            {**at.amount, pool: at.amount[pool] * math.exp((A + way * gap) / nu)}, at.phi, at.volume
        ),
    )
    drive = look("affinity", y0)[process.name] / look.RT
    assert look("flux", y0)[process.name] == pytest.approx(
        look("reverse", y0)[process.name] * drive, rel=2 * gap
    )


@pytest.mark.parametrize(
    "kind", ["elementary", "ghk", "ohmic", "onsager", "water", "saturable", "reduced"]
)
@fewer(0.25)
@given(data=st.data(), u=unit_vectors())
def test_rates_by_hand(kind: str, data: st.DataObject, u: list[float]) -> None:
    """r⁺ (or J) is the law's textbook formula."""
    spec = data.draw(one_transporter(kind).filter(lambda s: s.parts[0].kind == kind))
    spec = replace(spec, parts=(replace(spec.parts[0], modulator=""),))
    look, at, y = seen(spec, u)
    part = spec.parts[0]
    c = {f"{s.name}@in": at.amount[f"cell.{s.name}"] / at.volume["cell"] for s in spec.species}
    c |= {f"{s.name}@out": look.p[f"bath.{s.name}"] for s in spec.species}
    charge = {s.name: s.charge for s in spec.species}
    moved = sum(n * charge.get(s, 0) for n, s, w in part.right if w == "in") - sum(
        n * charge.get(s, 0) for n, s, w in part.left if w == "in"
    )
    x = moved * FARADAY * (at.phi["cell"] - at.phi["bath"]) / look.RT
    group = "forward" if kind in ("elementary", "ghk", "saturable", "reduced") else "flux"
    expected = _by_hand(
        part, spec.membranes[0].area, c, x, look("affinity", y)[part.name], look.RT, moved
    )
    assert look(group, y)[part.name] == pytest.approx(expected, rel=1e-11)


def _by_hand(
    part: TransporterSpec,
    area: float,
    c: dict[str, float],
    x: float,
    A: float,
    RT: float,
    charge: int,
) -> float:
    def whole(key: str, unit: str) -> float:
        value, given_in = next((v, u) for k, v, u in part.numbers if k == key)
        q = Q(value, given_in)
        return float(
            (q * Q(area, "um^2") if not q.check(Q(1, unit).units.dimensionality) else q)
            .to(unit)
            .magnitude
        )

    b = (
        float(x / math.expm1(x) if x else 1.0)
        if part.theta is None or part.kind == "ghk"
        else math.exp(-part.theta * x)
    )
    left = math.prod(c[f"{s}@{w}"] ** n for n, s, w in part.left if s != "H2O")
    order = sum(n for n, _, _ in part.left)
    match part.kind:
        case "elementary":
            return whole("rate", "fmol/s") * b * left / STANDARD_CONCENTRATION**order
        case "ghk":
            return whole("permeability", "pL/s") * b * left
        case "ohmic":
            return whole("conductance", "fC/s/V") * A / (charge * FARADAY) ** 2
        case "onsager":
            return whole("coefficient", "fmol^2/fJ/s") * A
        case "water":
            unit = part.numbers[0][2]
            return (
                whole("permeability", "pL/s/Pa") * A / V_W**2
                if "bar" in unit
                else whole("permeability", "pL/s") * A / V_W / RT
            )
        case "saturable":
            K = {k.removeprefix("half "): v for k, v, _ in part.numbers if k.startswith("half ")}
            E = (
                whole("maximum", "fmol/s")
                if part.numbers[0][0] == "maximum"
                else whole("turnover", "1/s") * _carriers(part, area)
            )
            sides = [[(n, f"{s}@{w}") for n, s, w in side] for side in (part.left, part.right)]
            full = [math.prod((1 + c[k] / K[k]) ** n for n, k in side) for side in sides]
            D = full[0] * full[1] if part.binding == "simultaneous" else full[0] + full[1] - 1
            return E * b * math.prod((c[k] / K[k]) ** n for n, k in sides[0]) / D
        case _:
            k = [whole(f"k{i}", "1/s") for i in range(5)]
            up = [k[0] * left / STANDARD_CONCENTRATION**order * math.exp(-x / 2), k[1], k[2]]
            net = math.exp(-A / RT)
            down = [k[3], k[4], math.prod(up) * net / (k[3] * k[4])]
            share = stationary(_chain(up, down))
            return (
                _carriers(part, area)
                * (share[0] * up[0] - share[1] * down[0])
                / -math.expm1(-A / RT)
            )


def _carriers(part: TransporterSpec, area: float) -> float:
    value, unit = next((v, u) for k, v, u in part.numbers if k == "density")
    return (
        value
        if unit == "fmol"
        else float((Q(value, unit) * Q(area, "um^2")).to("1").magnitude) / 602214076.0
    )
