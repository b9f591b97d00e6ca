"""When a formula moves: peaks of any width are found, and what cannot be bounded is told."""

import math

import numpy as np
import pytest
import sympy as sp
from builders import S, cell
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws, symbols
from biomembrane.compile.time_formulas.motion import MOST, Motion, motions

t = symbols.t
a, b, at, width = (symbols.parameter(name, real=True) for name in ("a", "b", "at", "width"))
BUMP = a + b * sp.exp(-(((t - at) / width) ** 2))


def moved(expression: sp.Expr, end: float, **known: float) -> Motion:
    return motions(expression, known, end, 1)[0]


def longest_step(found: Motion, end: float, at: float) -> float:
    """A 64th of the part of the run that holds a time: so long may a step be there."""
    edges = np.concatenate([[0.0], found.breaks, [end]])
    k = int(np.searchsorted(edges, at))
    return float(edges[k] - edges[k - 1]) / 64


@given(
    st.floats(-7, -2),
    st.floats(0.05, 0.95),
    st.sampled_from([0.0, 5.0]),
    st.sampled_from([100.0, -3.0]),
)
def test_no_step_can_pass_over_a_peak(
    decades: float, where: float, base: float, height: float
) -> None:
    """Whatever its width, breaks bracket it closely, and its top is seen."""
    end, w = 1e5, 1e5 * 10**decades
    found = moved(BUMP, end, a=base, b=height, at=where * end, width=w)
    assert longest_step(found, end, where * end) < w / 2
    seen = found.highest - base if height > 0 else found.lowest - base
    assert seen == pytest.approx(height, rel=5e-3)
    assert not found.unclear
    assert not found.crowded


@given(st.floats(-7, -2), st.floats(0.05, 0.95), st.sampled_from([2.0, -3.0]))
def test_no_step_can_pass_over_a_rise(decades: float, where: float, height: float) -> None:
    """One that never turns as well: its slope has one sign, and its ends alone would show a cell of
    a thousand widths.
    """
    end, w = 1e5, 1e5 * 10**decades
    found = moved(a + b * sp.tanh((t - at) / width), end, a=5.0, b=height, at=where * end, width=w)
    assert longest_step(found, end, where * end) < w / 2
    assert not found.crowded


@pytest.mark.parametrize("w", [1e-3, 1.0, 30.0])
def test_no_step_can_pass_over_a_peak_on_a_slope(w: float) -> None:
    found = moved(BUMP + t / 1e3, 1e5, a=1.0, b=100.0, at=50033.3, width=w)
    assert longest_step(found, 1e5, 50033.3) < w / 2


@pytest.mark.parametrize(
    ("formula", "end"),
    [
        (a + b * sp.cos(2 * sp.pi * t / width), 20.0), (a + b * sp.cos(2 * sp.pi * t / width), 1e4),
        (a + b * sp.sin(t / width) ** 2, 1e3),
        (a + b * (t / 1e3) ** 3 - b * (t / 1e3), 1e3), (a + 0 * t, 10.0),
    ],
)  # fmt: skip
def test_what_moves_all_the_time_or_never_needs_few_breaks(formula: sp.Expr, end: float) -> None:
    found = moved(formula, end, a=3.0, b=2.0, width=7.0)
    assert len(found.breaks) < 32
    assert not found.unclear
    assert not found.crowded


def test_each_lane_has_its_own() -> None:
    places = np.linspace(1e3, 9e4, 150)
    found = motions(BUMP, {"a": 1.0, "b": 5.0, "at": places, "width": 0.5}, 1e5, 150)
    for place, one in zip(places, found, strict=True):
        assert longest_step(one, 1e5, place) < 2 * 0.5
        assert one.highest == pytest.approx(6, rel=5e-3)


def test_a_train_of_narrow_peaks() -> None:
    found = moved(b * sp.sin(sp.pi * t / width) ** 2000, 1e4, b=1.0, width=100.0)
    for peak in np.arange(50, 1e4, 100):
        assert longest_step(found, 1e4, peak) < 4  # a peak is 1.4 s wide


def test_more_breaks_than_are_given_are_told() -> None:
    found = moved(b * sp.sin(sp.pi * t / width) ** 20000, 1e4, b=1.0, width=7.0)
    assert len(found.breaks) <= MOST
    assert found.crowded or found.unclear


def test_values_that_are_not_finite_are_told() -> None:
    for pole in (1.0, 31.7):
        assert math.isnan(moved(a / (t - at), 64.0, a=1.0, at=pole).highest)


def test_a_formula_that_cannot_be_bounded_is_warned_of() -> None:
    """Terms that cancel: over every cell the bounds leave room for anything."""
    model = cell(
        lambda on: [
            bm.Transporter("P", "S@out -> S@in", on, laws.GHK(permeability=Q(1e-4, "cm/s")))
        ],
        {S: 1},
        {S: 1},
    )
    hidden = bm.Protocol.function(
        lambda t, c, T: c * (1 + 3 * (sp.sin(2 * t / T) - 2 * sp.sin(t / T) * sp.cos(t / T))),
        c=Q(1, "mM"),
        T=Q(0.1, "s"),
    )
    with pytest.warns(errors.UnclearProtocol, match=r"parameters\['bath.S'\].*seems to rest"):
        bm.prepare(model, vary={"cell.S": "mM"}, until=Q(3, "s"), parameters={"bath.S": hidden})


def test_a_narrow_dip_below_zero_is_refused() -> None:
    model = cell(
        lambda on: [
            bm.Transporter("P", "S@out -> S@in", on, laws.GHK(permeability=Q(1e-4, "cm/s")))
        ],
        {S: 1},
        {S: 1},
    )
    dip = bm.Protocol.function(
        lambda t, a, b, at, width: a - b * sp.exp(-(((t - at) / width) ** 2)),
        a=Q(1, "mM"),
        b=Q(2, "mM"),
        at=Q(777.7, "s"),
        width=Q(0.01, "s"),
    )
    with pytest.raises(errors.OutOfDomain, match=r"parameters\['bath.S'\], Protocol"):
        bm.simulate(model, until=Q(1e4, "s"), parameters={"bath.S": dip})
