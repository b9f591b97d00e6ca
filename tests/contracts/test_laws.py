"""Every law, for random reactions, parameters, states and temperatures, through the compiled
kernel: the second law holds to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy as sp
from declared import condition
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import fewer, unit_vectors

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.constants import FARADAY, GAS, STANDARD_CONCENTRATION
from biomembrane.declare.reduced_cycle import ring
from biomembrane.declare.site import Site
from biomembrane.library import H2O, Cl, K, Na
from biomembrane.solve.initial_state import initial, stationary
from biomembrane.testing.model_evaluator import Condition, ModelEvaluator, vector
from biomembrane.testing.random_models import ModelSpec, one_transporter
from biomembrane.testing.random_reactions import decades, temperatures
from biomembrane.testing.random_transporters import KINDS, DiagramSpec, TransporterSpec
from biomembrane.testing.spec_models import build

by_kind = pytest.mark.parametrize("kind", KINDS)
V_W = float(H2O.molar_volume.quantity.to("m^3/mol").magnitude)


def seen(spec: ModelSpec, at: list[float]) -> tuple[ModelEvaluator, Condition, NDArray[np.float64]]:
    look = ModelEvaluator(build(spec))
    here = condition(look.model, at)
    return look, here, vector(look.model, here)


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


def ring_size(loop: DiagramSpec) -> int:
    """How many of the first steps make the ring."""
    return next(i for i, (_, b, *_) in enumerate(loop.steps) if b == 0) + 1


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


def _chain(up: list[float], down: list[float]) -> NDArray[np.float64]:
    """Rates K[to, from] of a ring."""
    made = np.zeros((len(up), len(up)))
    for i, (f, r) in enumerate(zip(up, down, strict=True)):
        made[(i + 1) % len(up), i] += f
        made[i, (i + 1) % len(up)] += r
    return made


@given(
    rates=st.lists(st.tuples(decades(-3, 3), decades(-3, 3)), min_size=3, max_size=6),
    total=decades(-3, 3),
)
def test_ring_is_the_stationary_flux(rates: list[tuple[float, float]], total: float) -> None:
    """King and Altman's trees give the flux of the stationary chain, which no state leaves faster
    than it is entered.
    """
    up, down = ([r[k] for r in rates] for k in (0, 1))
    K = _chain(up, down)
    share = stationary(K)
    out = K.sum(axis=0) * share
    assert share.sum() == pytest.approx(1, rel=1e-14)
    assert K @ share == pytest.approx(out, rel=1e-12)
    made = ring(total, up, down)
    for i, (f, r) in enumerate(rates):
        here, there = total * share[i], total * share[(i + 1) % len(rates)]
        assert here * f - there * r == pytest.approx(
            float(made.forward - made.reverse), abs=1e-12 * (here * f + there * r)
        )


@fewer(0.3)
@given(spec=one_transporter("cycle"), u=unit_vectors())
def test_full_cycle_at_rest_is_the_reduced_cycle(spec: ModelSpec, u: list[float]) -> None:
    """With carriers relaxed every step of a ring carries the same flux, that of King and Altman."""
    part = spec.parts[0]
    assert part.diagram is not None
    size = ring_size(part.diagram)
    plain = replace(
        part.diagram,
        size=size,
        steps=part.diagram.steps[:size],
        closing=(size - 1,),
        inside=part.diagram.inside[:size],
    )
    look, _, _ = seen(replace(spec, parts=(replace(part, diagram=plain),)), u)
    index = [look.k.program.states.index(s.pool) for s in look.model.transporters[0].states]
    y = initial(look.k, look.c, [index])
    J, up, down = (look.array(group, y) for group in ("flux", "forward", "reverse"))
    alpha = (up / y[index]).tolist(), (down / y[np.roll(index, -1)]).tolist()
    made = ring(float(y[index].sum()), *alpha)
    assert np.all(np.abs(J - float(made.forward - made.reverse)) <= 1e-11 * (up + down))
    assert look.array("rhs", y)[index] == pytest.approx(0, abs=1e-12 * float((up + down).max()))


@given(theta=st.floats(0, 1).map(lambda x: round(x, 3)), x=st.floats(-20, 20))
def test_barriers(theta: float, x: float) -> None:
    """A barrier at θ is felt as e^{−θx} on the way in and e^{(1−θ)x} on the way out; the constant
    field as B(x) and B(−x).
    """
    X = sp.Float(x)
    assert list(map(float, laws.Eyring(theta)(X))) == pytest.approx(
        [math.exp(-theta * x), math.exp((1 - theta) * x)], rel=1e-12
    )
    bare = x / math.expm1(x) if x else 1.0
    assert [float(b.evalf()) for b in laws.ConstantField()(X)] == pytest.approx(
        [bare, bare + x], rel=1e-9
    )


@given(
    P=decades(-9, -4),
    c=st.tuples(decades(-3, 3), decades(-3, 3)),
    V=decades(-300, -3),
    way=st.sampled_from([-1, 1]),
    kelvin=temperatures(),
)
@example(P=1e-7, c=(100.0, 10.0), V=0.0, way=1, kelvin=310.0)
def test_constant_field_is_regular_at_zero_volt(
    P: float, c: tuple[float, float], V: float, way: int, kelvin: float
) -> None:
    """At V = 0 a GHK flux is P·area·Δc, and it gets there linearly from either side."""
    look = ModelEvaluator(
        _pores(), {"K.permeability": P * 1e-2 * 1e5, "bath.K": c[1], "temperature": kelvin}
    )
    at = [
        Condition({"cell.K": c[0]}, {"cell": v, "bath": 0.0}, {"cell": 1.0}) for v in (0.0, way * V)
    ]
    flux = [look("flux", vector(look.model, here))["K"] for here in at]
    whole = P * 1e-2 * 1e5 * look.p["wall.area"]
    assert flux[0] == pytest.approx(whole * (c[0] - c[1]), abs=1e-13 * whole * sum(c))
    slope = whole * sum(c) / 2 * FARADAY / look.RT
    assert flux[1] - flux[0] == pytest.approx(slope * way * V, rel=0.1, abs=1e-13 * whole * sum(c))


@cache
def _pores() -> bm.Model:
    bath = bm.Reservoir("bath", {K: Q(5, "mM")})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={K: Q(100, "mM")}, impermeant={Cl: Q(100, "mM")}
    )
    wall = bm.Membrane(
        "wall", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    return bm.Model(
        "pores",
        [bm.Transporter("K", "K@in -> K@out", wall, laws.GHK(permeability=Q(1e-7, "cm/s")))],
    )


def _exchange(law: laws.Law, **what: object) -> bm.Transporter:
    bath = bm.Reservoir("bath", {Na: Q(140, "mM"), K: Q(5, "mM")})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={Na: Q(10, "mM"), K: Q(100, "mM")})
    wall = bm.Membrane(
        "wall", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    return bm.Transporter("swap", "2 Na@out + K@in -> 2 Na@in + K@out", wall, law, **what)


@fewer(0.3)
@given(factor=decades(-6, 6))
def test_a_free_lunch_is_refused(factor: float) -> None:
    """A reverse rate that is off by any factor is refused, and the error says by how many
    kJ/mol.
    """
    assume(abs(factor - 1) > 1e-6)

    def rate(site: Site, way: str) -> sp.Expr:
        side = site.reaction.reactants if way == "f" else site.reaction.products
        barrier = 1 if way == "f" else sp.Float(factor) * sp.exp(site.reduced_work)
        return (
            site.parameter("k", Q(1, "fmol/s"), d.FLUX)
            * barrier
            * site.product(side, activities=True)
        )

    with pytest.raises(errors.SecondLawViolation) as caught:
        _exchange(laws.Pair(forward=lambda s: rate(s, "f"), reverse=lambda s: rate(s, "r")))
    assert float(caught.value.got.split("= ")[1].split(" kJ")[0]) == pytest.approx(
        -GAS * 0.31015 * math.log(factor), rel=1e-2
    )


@pytest.mark.parametrize(
    ("modulator", "error"),
    [
        (lambda s: s["Na@in"] / s["K@in"] - 1, errors.NegativeRate),
        (lambda s: s["Na@in"], errors.DimensionError),
        (lambda s: sp.cos(s.u) + sp.sin(s.u) + sp.Rational(3, 2), errors.SecondLawUndecided),
    ],
)
def test_modulators_that_are_refused(modulator: object, error: type[Exception]) -> None:
    """A modulator must be a pure number whose sign is decided to be non-negative."""
    with pytest.raises(error):
        _exchange(laws.Elementary(rate=Q(1, "fmol/s")), modulator=modulator)


@fewer(0.3)
@given(data=st.data(), u=unit_vectors(), kind=st.sampled_from(KINDS), t=st.floats(0, 100))
def test_a_modulator_does_no_work(data: st.DataObject, u: list[float], kind: str, t: float) -> None:
    """A modulator multiplies the flux and leaves the affinity alone."""
    spec = data.draw(one_transporter(kind))
    made = {}
    for modulator in ("", "clock"):
        look, _, y = seen(replace(spec, parts=(replace(spec.parts[0], modulator=modulator),)), u)
        made[modulator] = look.array("flux", y, t), look.array("affinity", y, t)
    assert np.array_equal(made[""][1], made["clock"][1])
    g = math.exp(math.sin(0.1 * t) - t / 60)
    assert made["clock"][0] == pytest.approx(g * made[""][0], rel=1e-12)


def test_empirical_laws_are_flagged() -> None:
    """A published flux without a thermodynamic form is hosted, but as exempt and only for a
    reason.
    """
    flux = laws.Empirical(
        flux=lambda s: s.parameter("rate", Q(1, "fmol/s"), d.FLUX),
        reason="constant pump of the textbook",
    )
    assert _exchange(flux).certificate.verdict == "exempt"
    with pytest.raises(errors.MissingSource):
        _exchange(laws.Empirical(flux=flux.flux, reason=" "))
