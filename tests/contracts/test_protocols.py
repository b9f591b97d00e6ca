"""Parameters that change in time: closed forms, the books, breaks by lane, and breaks where nothing
should happen.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import BODY, FUEL, RT, SALINE, R, cell, membrane, nernst, patch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.integrate import quad
from strategies import fewer

import biomembrane as bm
from biomembrane import Protocol, Q, laws, solvers
from biomembrane import library as lib
from biomembrane.library import K, Na

S = bm.Species("S")  # a neutral solute
RATE = 0.1  # P·A/W of the leaks below [1/s]
END = 30.0


def leak(on):
    return lib.leak(S, on, permeability=Q(1e-4, "cm/s"))


@cache
def leaky(inside=9.0):
    """1 pL with a neutral leak of rate RATE to a bath of 1 mM: dc/dt = −RATE·(c − bath)."""
    return cell(lambda on: [leak(on)], {S: inside}, {S: 1})


@cache
def channel():
    """An RC circuit: K⁺ through an ohmic channel, τ = 5 ms, concentrations fixed."""
    ohm = laws.Ohmic(conductance=Q(2, "S/m^2"))
    return patch(
        lambda on: [bm.Transporter("K_ohmic", "K@in -> K@out", on, ohm)], {K: 140}, {K: 5}, V=30
    )


def steps(start, *changes):
    return Protocol.steps(Q(start, "mM"), *((Q(t, "s"), Q(c, "mM")) for t, c in changes))


def ramps(*points):
    return Protocol.ramps(*((Q(t, "s"), Q(c, "mM")) for t, c in points))


def seconds(times, dim="lane"):
    return xr.DataArray(np.asarray(times, float), dims=dim, attrs={"units": "s"})


def run(protocol, times=None, model=None, **more):
    grid = Q(np.linspace(0, END, 61) if times is None else times, "s")
    return bm.simulate(model or leaky(), times=grid, parameters={"bath.S": protocol}, **more)


def c_in(made):
    return made.data.concentration.sel(pool="cell.S").values


def level(kind, points, t):
    """The bath at t and its slope: steps from 1 mM, or straight lines; at a break the new value."""
    times, values = zip(*sorted(points, key=lambda p: p[0]), strict=True)
    k = int(np.searchsorted(times, t, side="right"))
    if kind == "steps" or k in (0, len(times)):
        return (1.0 if kind == "steps" and k == 0 else values[max(k - 1, 0)]), 0.0
    slope = (values[k] - values[k - 1]) / (times[k] - times[k - 1])
    return values[k - 1] + slope * (t - times[k - 1]), slope


def paper(kind, points, times, start=9.0):
    """c(t) on paper: between breaks the bath is a line b + s·t, which c follows with the lag s/RATE
    and an exponential.
    """
    edges = sorted({0.0, *(t for t, _ in points if 0 < t < max(times)), *times})
    made, c = {0.0: start}, start
    for a, b in zip(edges, edges[1:], strict=False):
        low, slope = level(kind, points, a)
        share = -math.expm1(-RATE * (b - a))
        c += (low - c) * share + slope * (b - a - share / RATE)
        made[b] = c
    return np.array([made[t] for t in times])


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


# --- the books


def test_what_a_step_imposes_is_the_jump_of_the_exergy():
    """RT·W·[c ln(b/b′) + b′ − b] by hand, at once, and nothing before or after it."""
    made = run(steps(1, (10, 20)), [0, 5, math.nextafter(10, 0), 10, 20, 30])
    c = 1 + 8 * math.exp(-1)
    jump = RT * (c * math.log(1 / 20) + 20 - 1) * 1e-3  # fJ into pJ, 1 pL
    assert made.ledger.imposed.values == pytest.approx([0, 0, 0, jump, jump, jump], rel=1e-7)


def test_what_a_ramp_imposes_is_the_integral_of_its_slope():
    """∫ RT·W·(1 − c/b)·db/dt dt with c(t) known on paper, and the exergy changes by it less the
    heat.
    """
    points = [(5.0, 1.0), (25.0, 21.0)]
    made = run(ramps(*points))
    by_hand = (
        quad(
            lambda t: 1 - paper("ramps", points, [0.0, t])[1] / level("ramps", points, t)[0],
            5,
            25,
            epsabs=1e-11,
        )[0]
        * RT
        * 1e-3
    )
    imposed, heat, stored = (
        float(getattr(made.ledger, line)[-1]) for line in ("imposed", "dissipated", "stored")
    )
    assert imposed == pytest.approx(by_hand, rel=1e-6)
    assert imposed - heat == pytest.approx(stored, rel=1e-6)
    assert made.ledger.imposed.sel(time=5.0) == pytest.approx(0.0, abs=1e-12)


def test_a_capacitor_that_is_pulled_apart_takes_in_work():
    """A step of the capacitance at constant charge imposes ½q²(1/C′ − 1/C), and V jumps by C/C′."""
    half = Protocol.steps(Q(1, "uF/cm^2"), (Q(1, "ms"), Q(0.5, "uF/cm^2")))
    before = math.nextafter(1e-3, 0)
    made = bm.simulate(
        channel(), times=Q([0, before, 1e-3, 5e-3], "s"), parameters={"membrane.capacitance": half}
    )
    V = made.data.potential.values[:, 0] / 1e3
    q = 1e-2 * 100e-12 * V[1]
    assert V[2] == pytest.approx(2 * V[1], rel=1e-9)
    assert float(made.ledger.imposed[-1]) == pytest.approx(
        0.5 * q**2 / 1e-12 * 1e12, rel=1e-9
    )  # pJ
    made.ledger.check()


@cache
def pump():
    """A cell with a pump and leaks, in saline."""
    parts = [
        lib.NaKATPase,
        lambda on: lib.leak(K, on, permeability=Q(5e-7, "cm/s")),
        lambda on: lib.leak(Na, on, permeability=Q(2e-8, "cm/s")),
    ]
    return cell(
        lambda on: [p(on) for p in parts],
        {Na: 12, K: 130, lib.Cl: 8},
        SALINE,
        V=-70,
        held=FUEL,
        impermeant=bm.balance(),
    )


def several():
    """Steps, ramps and a formula at once."""
    return {
        "bath.K": steps(4.5, (60, 20), (120, 4.5)),
        "cell.ATP": ramps((30, 4.0), (150, 1.0)),
        "Na_leak.permeability": Protocol.function(
            lambda t, high, T: high * (1 + sp.cos(2 * sp.pi * t / T)) / 2,
            high=Q(4e-8, "cm/s"),
            T=Q(90, "s"),
        ),
    }


def test_native_equals_radau_with_every_kind_of_protocol():
    """States, books and imposed work of a pumping cell by both solvers, to 1e-6; both close."""
    times = Q(np.linspace(0, 180, 37), "s")
    ours = bm.simulate(pump(), times=times, parameters=several())
    theirs = bm.simulate(
        pump(), times=times, parameters=several(), solver=solvers.SciPy("Radau", rtol=1e-10)
    )
    assert ours.solution.y == pytest.approx(theirs.solution.y, rel=1e-6, abs=1e-6)
    passed = float(ours.ledger.passed[-1])
    assert abs(float(ours.ledger.imposed[-1])) > 0.1
    for line in ("imposed", "spent", "dissipated", "stored"):
        a, b = getattr(ours.ledger, line).values, getattr(theirs.ledger, line).values
        assert a == pytest.approx(b, abs=1e-6 * passed), line
    for made in (ours, theirs):
        assert float(made.ledger.check().residual_relative[-1]) < 1e-7


# --- lanes


@fewer(0.2)
@given(
    order=st.permutations(range(6)),
    threads=st.sampled_from([1, 2, 3]),
    kind=st.sampled_from(["steps", "ramps"]),
)
def test_a_batch_with_breaks_by_lane_equals_its_singles(order, threads, kind):
    """Every lane hits its own breaks: some coincide, some lie at 0, at the end and beyond; order
    and threads change no bit.
    """
    first, second = np.array(
        [[0.0, 2.0, 10.0, 20.0, 45.0, 29.9], [0.0, 10.0, 10.0, END, 50.0, END]]
    )[:, list(order)]
    make = steps if kind == "steps" else lambda _, *points: ramps(*points)
    made = run(
        _by_lane(make, seconds(first), seconds(second)), solver=solvers.Native(threads=threads)
    )
    again = run(_by_lane(make, seconds(first[::-1]), seconds(second[::-1])))
    assert np.array_equal(c_in(made), c_in(again)[..., ::-1])
    for lane, (a, b) in enumerate(zip(first, second, strict=True)):
        alone = run(make(1, (a, 20), (b, 5)))
        assert c_in(made)[:, lane] == pytest.approx(c_in(alone), rel=1e-12)
        books = made.isel(lane=lane).ledger
        for line in ("imposed", "dissipated", "stored", "residual"):
            assert getattr(books, line).values == pytest.approx(
                getattr(alone.ledger, line).values, abs=1e-10
            )
        assert made.data["bath.S"].values[:, lane] == pytest.approx(
            alone.data["bath.S"].values, rel=1e-12
        )


def _by_lane(make, a, b):
    """Breaks as arrays go in without Q."""
    values = [Q(c, "mM") for c in (1, 20, 5)]
    if make is steps:
        return Protocol.steps(values[0], (a, values[1]), (b, values[2]))
    return Protocol.ramps((a, values[1]), (b, values[2]))


def test_values_starts_and_quantities_scan_too():
    """Values of steps, starts of pulses and quantities of a formula over dimensions by name, each
    lane as on paper.
    """
    high = xr.DataArray(
        [5.0, 20.0], dims="high", coords={"high": [5.0, 20.0]}, attrs={"units": "mM"}
    )
    pulses = Protocol.pulses(
        Q(1, "mM"),
        high,
        start=seconds([0.0, 12.0], "on"),
        width=Q(4, "s"),
        period=Q(9, "s"),
        count=2,
    )
    made = run(pulses)
    assert dict(made.data.amount.sizes) == {"pool": 1, "time": 61, "high": 2, "on": 2}
    for i, c in enumerate((5.0, 20.0)):
        for j, on in enumerate((0.0, 12.0)):
            points = [(on, c), (on + 4, 1.0), (on + 9, c), (on + 13, 1.0)]
            found = made.data.concentration.isel(pool=0, high=i, on=j).values
            assert found == pytest.approx(paper("steps", points, made.data.time.values), rel=1e-7)
    wave = Protocol.function(lambda t, a, T: a * (2 + sp.sin(t / T)), a=high, T=Q(3, "s"))
    both = run(wave)
    for i, c in enumerate((5.0, 20.0)):
        single = run(
            Protocol.function(lambda t, a, T: a * (2 + sp.sin(t / T)), a=Q(c, "mM"), T=Q(3, "s"))
        )
        assert both.data.amount.isel(high=i).values == pytest.approx(
            single.data.amount.values, rel=1e-12
        )


# --- breaks where nothing happens


QUIET = {
    "none": steps(1), "the same value": steps(1, (10, 1), (20, 1)),
    "at the start": steps(50, (0, 1)), "beyond the end": steps(1, (31, 50)),
    "exactly at the end": steps(1, (END, 50)), "twice at once": steps(1, (10, 50), (10, 1)),
    "a flat ramp": ramps((5, 1), (25, 1)),
    "a ramp after the end": ramps((END, 1), (40, 50)), "a ramp before the start": ramps((0, 50),
    (0, 1)),
    "a rounding apart": steps(1, (0.3, 50), (0.1 + 0.2, 1)),
    "a rounding after the start": steps(50, (1e-310, 1)),
}  # fmt: skip


@pytest.mark.parametrize("protocol", QUIET.values(), ids=QUIET)
def test_breaks_that_change_nothing_leave_the_run_as_it_was(protocol):
    """The run without a protocol, to its tolerance, with a few more steps, few rejected, and
    nothing imposed.
    """
    made, plain = run(protocol), run(Q(1, "mM"))
    assert c_in(made) == pytest.approx(c_in(plain), rel=1e-7)
    assert made.ledger.imposed.values == pytest.approx(0.0, abs=1e-9)
    assert made.solution.rejected <= plain.solution.rejected + 5
    end = run(protocol, keep="final").data
    assert end.amount.values[0] == pytest.approx(made.data.amount.values[-1], rel=1e-12)
    assert float(end.ledger_dissipated) == pytest.approx(
        float(made.ledger.dissipated[-1]), rel=1e-12
    )
    assert made.solution.steps <= 4 * plain.solution.steps


def test_two_protocols_may_break_together_or_apart():
    """Bath and permeability: k·∫ is what counts; at breaks that coincide both hold anew."""
    faster = Protocol.steps(
        Q(1e-4, "cm/s"), (Q(10, "s"), Q(3e-4, "cm/s")), (Q(20, "s"), Q(0, "cm/s"))
    )
    made = bm.simulate(
        leaky(),
        times=Q([0, 10, 15, 20, 30], "s"),
        parameters={"bath.S": steps(1, (10, 20), (15, 5)), "S_leak.permeability": faster},
    )
    c = [9.0, 1 + 8 * math.exp(-1)]
    c.append(20 + (c[-1] - 20) * math.exp(-1.5))
    c.append(5 + (c[-1] - 5) * math.exp(-1.5))
    assert c_in(made) == pytest.approx([*c, c[-1]], rel=1e-7)
    assert made.data.flux.values[-2:, 0].tolist() == [0.0, 0.0]


def test_a_ramp_goes_on_across_the_breaks_of_another_protocol():
    """A permeability that is set anew to what it was cuts the ramp of the bath into parts, and
    nothing else.
    """
    same, points = Q(1e-4, "cm/s"), [(5.0, 1.0), (25.0, 21.0)]
    cut = Protocol.steps(
        same, (Q(3, "s"), same), (Q(7, "s"), same), (Q(12.3, "s"), same), (Q(25, "s"), same)
    )
    times = np.linspace(0, END, 61)
    made = bm.simulate(
        leaky(),
        times=Q(times, "s"),
        parameters={"bath.S": ramps(*points), "S_leak.permeability": cut},
    )
    assert c_in(made) == pytest.approx(paper("ramps", points, times), rel=1e-7)
    assert made.data["bath.S"].values == pytest.approx(
        np.interp(times, *zip(*points, strict=True)), rel=1e-12
    )


def test_hundreds_of_pulses_cost_no_rejected_steps():
    """Every break is a boundary of a step: the controller never runs into one."""
    made = run(
        Protocol.pulses(
            Q(1, "mM"),
            Q(20, "mM"),
            start=Q(0, "s"),
            width=Q(0.01, "s"),
            period=Q(0.03, "s"),
            count=300,
        ),
        [0, 3, 9, END],
    )
    assert made.solution.rejected <= 10
    points = [(t, c) for k in range(300) for t, c in ((0.03 * k, 20.0), (0.03 * k + 0.01, 1.0))]
    assert c_in(made) == pytest.approx(paper("steps", points, [0.0, 3.0, 9.0, END]), rel=1e-6)


def test_a_temperature_that_steps_changes_what_gradients_are_worth():
    """At a break of T the exergy RT·Ξ jumps by R·ΔT times its terms, which the books call
    imposed.
    """
    warm = Protocol.steps(Q(BODY, "kelvin"), (Q(10, "s"), Q(BODY + 10, "kelvin")))
    made = bm.simulate(leaky(), times=Q([0, 10, 30], "s"), parameters={"temperature": warm})
    c = 1 + 8 * math.exp(-1)
    assert float(made.ledger.imposed[-1]) == pytest.approx(
        R * 10 * (c * math.log(c) - c + 1) * 1e-3, rel=1e-7
    )
    made.ledger.check()
