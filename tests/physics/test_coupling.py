"""Kedem and Caplan: symmetry, degree of coupling, static head, level flow and efficiency, against
closed forms and published numbers.
"""

import math
from typing import Any

import numpy as np
import pytest
from builders import RT, F
from hypothesis import assume, given
from hypothesis import strategies as st
from physics.coupled import AT, ON, sglt
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.library import Na
from biomembrane.second_law.coupled_flows import efficiency_limit
from biomembrane.testing.random_models import model_specs
from biomembrane.testing.spec_models import build


def test_static_head_with_and_without_slip() -> None:
    """(Na_o/Na_i)² e^{−2FV/RT} = 18 736 without the leak step; 13.1 with it."""
    ideal = (145 / 10) ** 2 * math.exp(2 * F * 0.06 / RT)
    assert ideal == pytest.approx(18735.9, rel=1e-5)
    tight, slipping = bm.coupling(sglt(leak=0), at=AT), bm.coupling(sglt(), at=AT)
    assert tight.static_head_ratio == pytest.approx(ideal, rel=1e-6)
    assert slipping.ideal_head_ratio == pytest.approx(ideal, rel=1e-9)
    assert slipping.static_head_ratio == pytest.approx(13.1, abs=0.05)


@fewer(0.3)
@given(st.floats(0.3, 50), st.floats(0.02, 30), st.floats(-120, 60))
def test_symmetry_and_bounds_of_the_symporter(Na_i: float, glucose_o: float, mV: float) -> None:
    c = bm.coupling(
        sglt(),
        "Na",
        "glucose",
        at={"V": Q(mV, "mV"), "cell.Na": Q(Na_i, "mM"), "bath.glucose": Q(glucose_o, "mM")},
    )
    assert c.asymmetry < 1e-8
    assert np.linalg.eigvalsh((c.L + c.L.T) / 2).min() >= -1e-12 * np.abs(c.L).max()
    assert 0 <= c.q < 1
    assert c.best_linear == pytest.approx(efficiency_limit(c.q))
    assert c.best[1] < 1


@fewer(0.5)
@given(
    model_specs(
        kinds=("cycle", "saturable", "reduced", "elementary"), topologies=("cell",), most=1
    ).map(build)
)
def test_onsager_symmetry_of_any_diagram(model: bm.Model) -> None:
    (part,) = model.transporters
    try:
        first = bm.coupling(part)
    except errors.UnknownName as more:  # three forces or more: every pair of them
        names = more.wanted.split(", ")
        pairs = [(a, b) for a in names for b in names if a < b]
    except errors.BadSettings:  # one force
        return
    else:
        pairs = [(first.driving, first.driven)]
    for one, two in pairs:
        c = bm.coupling(part, one, two)
        size = np.sqrt(np.abs(c.L[0, 0] * c.L[1, 1]))
        if size < 1e-14:
            continue
        assert abs(c.L[0, 1] - c.L[1, 0]) <= 1e-6 * size
        assert np.linalg.eigvalsh((c.L + c.L.T) / 2).min() >= -1e-7 * np.abs(c.L).max()


def test_slopes_are_those_of_the_flows() -> None:
    """Exact derivatives by implicit differentiation, against differences of the true flows."""
    c = bm.coupling(sglt(), at=AT)
    h = 1e-4 * RT
    moved = [
        c.flows.at_force(n, float(c.flows.force(n, c.x)) + s * h, c.x)
        for n in ("Na", "glucose")
        for s in (-1, 1)
    ]
    J = np.array([c.flows(("Na", "glucose"), x[:, None])[:, 0] for x in moved])
    wanted = np.array([(J[1] - J[0]), (J[3] - J[2])]).T / (2 * h)
    assert c.local == pytest.approx(wanted, rel=1e-5)


def test_coupling_tightens_as_the_slip_vanishes() -> None:
    made = [bm.coupling(sglt(leak=x), at=AT) for x in (10.0, 1.0, 0.1, 0.001)]
    q = [c.q for c in made]
    assert q == sorted(q)
    assert q[-1] > 0.999
    assert [c.static_head_ratio for c in made] == sorted(c.static_head_ratio for c in made)


def test_a_tight_pump() -> None:
    """One reaction: |q| = 1, 3 Na⁺ per ATP at level flow, static head where −ΔG_ATP is used up,
    efficiency up to 1 near it.
    """
    c = bm.coupling(bm.library.NaKATPase(ON), "ATP", "Na", at=AT)
    assert c.q == pytest.approx(-1, abs=1e-9)
    assert c.level_flow == pytest.approx(-3, rel=1e-9)
    assert c.head == pytest.approx(c.X1 / 3, rel=1e-6)
    assert c.best[1] > 0.95
    assert c.moved == ("K",)


def test_leaks_beside_a_pump_loosen_it() -> None:
    tight = bm.coupling(bm.library.NaKATPase(ON), "ATP", "Na", at=AT)
    leaky = bm.coupling([bm.library.NaKATPase(ON), bm.library.leak(Na, ON)], "ATP", "Na", at=AT)
    assert abs(leaky.q) < abs(tight.q)
    assert 0 < leaky.head < tight.head
    assert leaky.asymmetry < 1e-9


@given(st.floats(-1, 1))
def test_the_largest_efficiency_is_that_of_the_linear_curve(q: float) -> None:
    """η_max = q²/(1 + √(1 − q²))², Kedem & Caplan 1965, against the curve η = −x(q + x)/(1 + q x)
    on a grid.
    """
    assume(1e-6 < abs(q) < 1)

    def curve(x: Any) -> Any:
        return -x * (q + x) / (1 + q * x)

    top = -(1 - math.sqrt(1 - q**2)) / q
    assert curve(top) == pytest.approx(efficiency_limit(q), abs=1e-9)
    assert (
        float(curve(-np.linspace(0, 1, 2001)[1:-1] * q).max())
        <= efficiency_limit(q) + 1e-12
        <= 1 + 1e-12
    )


def test_power_is_the_sum_of_flows_times_forces() -> None:
    """J₁X₁ + J₂X₂ at the steady state against Σ J·A of the steps, from a run that has come to
    rest.
    """
    c = bm.coupling(sglt(), at=AT)
    J1, J2 = c.at(float(c.flows.force("glucose", c.x)))
    (diagram,) = c.flows.diagrams
    x = c.x[:, None]
    r = diagram.pairs(x)
    n = diagram._steady(r[0::2], r[1::2])
    steps = [(r[2 * k] * n[a], r[2 * k + 1] * n[b]) for k, (a, b) in enumerate(diagram.ends)]
    heat = sum(float(((up - down) * RT * np.log(up / down))[0]) for up, down in steps)
    X2 = float(c.flows.force("glucose", c.x))
    assert float(J1[0]) * c.X1 + float(J2[0]) * X2 == pytest.approx(heat, rel=1e-9)
    assert heat > 0
