"""Parameters that change in time: breaks by lane, and breaks where nothing should happen."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import BODY, R
from contracts.timed import END, c_in, leaky, paper, ramps, run, seconds, steps
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Protocol, Q, solvers

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
