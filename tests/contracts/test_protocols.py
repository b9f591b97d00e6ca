"""Parameters that change in time, against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from builders import membrane, nernst
from contracts.timed import (
    END,
    RATE,
    S,
    c_in,
    channel,
    leak,
    leaky,
    level,
    paper,
    ramps,
    run,
    seconds,
    steps,
)
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Protocol, Q

# --- closed forms


BREAKS = st.integers(0, 66).map(lambda n: n / 2) | st.floats(0, 40).map(lambda t: round(t, 9))
POINTS = st.lists(st.tuples(BREAKS, st.floats(0, 50)), min_size=2, max_size=5).map(
    lambda points: sorted(points, key=lambda p: p[0])
)


@fewer(0.6)
@given(kind=st.sampled_from(["steps", "ramps"]), points=POINTS)
@example(kind="steps", points=[(10.0, 20.0), (10.0, 5.0)])
@example(kind="steps", points=[(0.3, 20.0), (0.1 + 0.2, 5.0)])
@example(kind="ramps", points=[(0.0, 1.0), (END, 50.0)])
@example(kind="ramps", points=[(10.0, 1.0), (10.0, 9.0), (35.0, 50.0)])
def test_a_leak_follows_steps_and_ramps_as_on_paper(kind, points):
    """The exact solution at output times on the breaks, between them, and a rounding beside them;
    and the bath that the data show.
    """
    made = steps(1, *points) if kind == "steps" else ramps(*points)
    breaks = [
        x
        for t, _ in points
        for x in (math.nextafter(t, 0), t, math.nextafter(t, 99))
        if 0 < x < END
    ]
    times = sorted({0.0, 7.5, END, *breaks})
    found = run(made, times)
    assert c_in(found) == pytest.approx(paper(kind, points, times), abs=1e-7 * 50)
    shown = [level(kind, points, t)[0] for t in times[:-1]]
    assert found.data["bath.S"].values[:-1] == pytest.approx(shown, abs=1e-9)
    levels = [c for _, c in points]
    if min(levels) > 1e-6:  # against an empty bath the exergy has no bound
        found.ledger.check(
            None if max(levels) < 10 * min(levels) else 1e-4
        )  # the integral of dc/c over a steep ramp is told no error


def test_a_leak_follows_a_wave_as_on_paper():
    """A bath of a + b cos ωt: c has the amplitude b/√(1 + ω²/k²), the phase arctan ω/k, and a
    transient e^{−kt}.
    """
    wave = Protocol.function(
        lambda t, a, b, T: a + b * sp.cos(2 * sp.pi * t / T),
        a=Q(10, "mM"),
        b=Q(8, "mM"),
        T=Q(7, "s"),
    )
    made = run(wave)
    t, omega = made.data.time.values, 2 * math.pi / 7
    steady = 10 + 8 * np.cos(omega * t - math.atan(omega / RATE)) / math.hypot(1, omega / RATE)
    assert c_in(made) == pytest.approx(steady + (9 - steady[0]) * np.exp(-RATE * t), rel=1e-7)
    assert made.data["bath.S"].values == pytest.approx(10 + 8 * np.cos(omega * t), rel=1e-12)
    assert float(made.ledger.check().residual_relative[-1]) < 1e-7


def test_a_bump_late_in_a_formula_is_not_stepped_over():
    """A pulse of 10 s after half an hour of rest reaches the cell: its area is what comes in, less
    what has leaked out again.
    """
    bump = Protocol.function(
        lambda t, a, b, at, width: a + b * sp.exp(-(((t - at) / width) ** 2)),
        a=Q(1, "mM"),
        b=Q(100, "mM"),
        at=Q(1800, "s"),
        width=Q(10, "s"),
    )
    made = run(bump, [0, 1800, 1840, 3600])
    area = 100 * math.exp((RATE * 10 / 2) ** 2) * 10 * math.sqrt(math.pi)
    assert c_in(made)[2] - 1 == pytest.approx(RATE * area * math.exp(-RATE * 40), rel=1e-4)


@fewer(0.5)
@given(place=st.floats(100, 9e4), decades=st.floats(-4, -0.5))
def test_a_peak_of_any_width_reaches_the_cell(place, decades):
    """What comes in is RATE times the area of the peak, however narrow; half a lifetime later an
    exponential share of it is left.
    """
    width = 10**decades
    peak = Protocol.function(
        lambda t, a, b, at, width: a + b * sp.exp(-(((t - at) / width) ** 2)),
        a=Q(1, "mM"), b=Q(2 / width, "mM"), at=Q(place, "s"), width=Q(width, "s"),
    )  # fmt: skip
    made = run(peak, [0, place + 5, 1e5], leaky(1.0))
    area = 2 * math.sqrt(math.pi) * math.exp((RATE * width / 2) ** 2)
    assert c_in(made)[1] - 1 == pytest.approx(RATE * area * math.exp(-RATE * 5), rel=1e-4)


def test_each_lane_of_a_scan_meets_its_own_peak():
    """Forty lanes, each with a peak of 10 ms somewhere in a day; after ten lifetimes of the
    exchange only the heat tells that it came.
    """
    places = np.linspace(1e3, 8e4, 40)

    def peak(at):
        formula = lambda t, a, b, at, width: a + b * sp.exp(-(((t - at) / width) ** 2))  # noqa: E731
        return Protocol.function(formula, a=Q(1, "mM"), b=Q(200, "mM"), at=at, width=Q(10, "ms"))

    made = run(peak(seconds(places)), [0, 86400], leaky(1.0))
    alone = run(peak(Q(1, "s")), [0, 30], leaky(1.0), solver=bm.solvers.Native(rtol=1e-10))
    assert made.ledger.dissipated.values[-1] == pytest.approx(
        np.full(40, float(alone.ledger.dissipated[-1])), rel=0.02
    )


def test_a_channel_charges_towards_each_new_nernst_potential():
    """Steps of K⁺ outside move E at once and V with τ = C/g."""
    times = np.linspace(0, 30, 61)
    protocol = Protocol.steps(Q(5, "mM"), (Q(10, "ms"), Q(50, "mM")), (Q(20, "ms"), Q(2, "mM")))
    made = bm.simulate(channel(), times=Q(times, "ms"), parameters={"bath.K": protocol})
    V, expected = 30.0, []
    for first, outside in ((0, 5), (10, 50), (20, 2)):
        E = nernst(1, 140, outside) * 1e3
        expected.extend(E + (V - E) * np.exp(-(times[first * 2 : first * 2 + 20] - first) / 5))
        V = E + (V - E) * math.exp(-2)
    assert made.data.potential.values[:-1, 0] == pytest.approx(expected, abs=1e-5)
    assert made.data.potential.values[-1, 0] == pytest.approx(V, abs=1e-5)
    made.ledger.check()


def test_a_held_pool_is_a_source_that_a_protocol_moves():
    """A pool that is held inside a cell feeds a vesicle: pulses of it come and go as on paper."""
    source = bm.Compartment("source", volume=Q(1, "pL"), contents={}, held={S: Q(1, "mM")})
    model = bm.Model(
        "fed",
        [
            leak(
                membrane(
                    bm.Compartment("cell", volume=Q(1, "pL"), contents={S: Q(9, "mM")}), source
                )
            )
        ],
    )
    pulses = Protocol.pulses(
        Q(1, "mM"), Q(30, "mM"), start=Q(3, "s"), width=Q(2, "s"), period=Q(8, "s"), count=3
    )
    made = bm.simulate(
        model, times=Q(np.linspace(0, END, 61), "s"), parameters={"source.S": pulses}
    )
    points = [(t, c) for on in (3.0, 11.0, 19.0) for t, c in ((on, 30.0), (on + 2, 1.0))]
    assert c_in(made) == pytest.approx(paper("steps", points, made.data.time.values), rel=1e-7)
    assert float(made.ledger.imposed[-1]) == 0.0  # a held pool is outside the exergy
    made.ledger.check()


def test_a_conductance_that_ramps_is_an_exponential_of_its_integral():
    """g(t) = g0 + s·t: ln(V − E) falls by the integral of g/C."""
    conductance = Protocol.ramps((Q(0, "ms"), Q(2, "S/m^2")), (Q(20, "ms"), Q(10, "S/m^2")))
    made = bm.simulate(
        channel(),
        times=Q(np.linspace(0, 20, 41), "ms"),
        parameters={"K_ohmic.conductance": conductance},
    )
    t, E = made.data.time.values, nernst(1, 140, 5) * 1e3
    expected = E + (30 - E) * np.exp(-(2 * t + 400 * t**2 / 2) / 1e-2)
    assert made.data.potential.values[:, 0] == pytest.approx(expected, abs=1e-5)
    assert float(made.ledger.imposed[-1]) == 0.0
