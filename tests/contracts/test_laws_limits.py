"""Laws in their limits: rings at rest, barriers, pores at 0 V, free lunches and modulators."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy as sp
from contracts.lawful import _chain, ring_size, seen
from hypothesis import assume, example, given
from hypothesis import strategies as st
from strategies import fewer, unit_vectors

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.constants import FARADAY, GAS
from biomembrane.declare.reduced_cycle import ring
from biomembrane.declare.site import Site
from biomembrane.library import Cl, K, Na
from biomembrane.solve.initial_state import initial, stationary
from biomembrane.testing.model_evaluator import Condition, ModelEvaluator, vector
from biomembrane.testing.random_models import ModelSpec, one_transporter
from biomembrane.testing.random_reactions import decades, temperatures
from biomembrane.testing.random_transporters import KINDS


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
