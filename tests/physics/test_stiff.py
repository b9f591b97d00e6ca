"""Stiff problems with known answers, run by the engine itself: error follows the tolerance, the
order is five, failures are told.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from stiff import PROBLEMS, PUBLISHED, SOLVED, P, Stiff, Y, compiled, solve

from biomembrane.symbols import t

A, B, C = Y[:3]
TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
# Steps of 10⁹ s beside rates of 10⁴/s: 1/(hγ) keeps seven digits in I/(hγ) − J.  At 25 tolerances
# about 1e-10 the error was 3e-9 in the median and 1e-8 at most, whatever the order of elimination.
FLOOR = {"Robertson": 3e-8}


def radau(problem, rtol):
    """The state at the end by SciPy, to be compared with."""
    k = problem.kernel
    held = k.bind(np.zeros(len(P)))
    scale = np.ones(len(problem.rhs)) if problem.scale is None else np.array(problem.scale)
    made = solve_ivp(
        lambda x, y: k.rhs(x, y, held), (0, problem.end), problem.start, "Radau", rtol=rtol,
        atol=rtol * 1e-3 * scale,
        jac=lambda x, y: k.jacobian(x, y, held),
    )  # fmt: skip
    return made.y[:, -1]


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_values_are_those_of_radau(name):
    """What was taken from books is what SciPy's Radau finds, to 1e-6: no misprint is tested
    against.
    """
    assert radau(PUBLISHED[name], 1e-8) == pytest.approx(PUBLISHED[name].answer, rel=1e-6)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_problems_are_met_within_the_tolerance(name):
    """The relative error at the end stays below 20·rtol from 1e-4 to 1e-10, or at what rounding
    leaves.
    """
    for rtol in TOLERANCES:
        assert PUBLISHED[name].error(PUBLISHED[name].solve(rtol)) < max(
            20 * rtol, FLOOR.get(name, 0.0)
        ), rtol


@pytest.mark.parametrize("name", SOLVED)
def test_exact_solutions_are_met_within_the_tolerance(name):
    """Linear and coupled problems solved on paper: states at every output time, on the dense
    output, to rtol.
    """
    for rtol in TOLERANCES:
        assert SOLVED[name].error(SOLVED[name].solve(rtol)) < rtol, rtol


def test_a_state_slaved_to_a_curve_is_met_at_its_steps_and_between():
    """Prothero & Robinson at λ = −1e6: below rtol at the end and at every output time, and 150
    steps do at 1e-8.
    """
    problem = SOLVED["Prothero and Robinson"]
    for rtol in TOLERANCES:
        block = problem.solve(rtol)
        assert abs(block.end[0, 0] - np.cos(10)) < 0.01 * rtol
        assert problem.error(block) < rtol
    assert int(problem.solve(1e-8).steps[0]) < 150


@pytest.mark.parametrize("name", [n for n, p in PROBLEMS.items() if p.integrands])
def test_quadratures_are_exact_to_the_tolerance(name):
    """∫ of states, of their powers, of time alone and of 1 along the steps, by the rule that serves
    the ledger.
    """
    for rtol in TOLERANCES:
        block = PROBLEMS[name].solve(rtol)
        found = block.group(1)[:, -1, 0]
        assert found == pytest.approx(PROBLEMS[name].known, rel=50 * rtol, abs=50 * rtol), rtol


def test_quadratures_at_output_times_are_running_integrals():
    """∫₀ᵗ e^{−x} dx at every output time, on the dense output."""
    problem = SOLVED["Kaps"]
    block = problem.solve(1e-9)
    assert block.group(1)[0, :, 0] == pytest.approx((1 - np.exp(-2 * block.times)) / 2, abs=1e-7)
    assert block.group(1)[3, :, 0] == pytest.approx(block.times, rel=1e-13)


# --- the order


RATE = 5e4
FORCED = [RATE * (-(A**2) + B * sp.exp(-RATE * t)), RATE * (-B + sp.cos(A) * sp.exp(-RATE * t))]


def steps_of(count, inside=()):
    """The states after ``count`` equal steps to t = 1/RATE, made by breaks, with output times
    inside; the run is stopped right there.
    """
    k = compiled(FORCED, [RATE * A])
    end = 1 / RATE
    stops = [*(end * (i + 1) / count for i in range(count)), 1.0]
    times = [0.0, *(end * x for x in inside), 1.0]
    held = [k.bind(np.zeros(len(P)))] * len(stops)
    return solve(
        k,
        (1, 0.5),
        times,
        1e-2,
        scale=(1e6, 1e6),
        stops=np.array(stops)[:, None],
        constants=held,
        max_steps=1,
    )


def truth(x):
    """The same to 1e-13, in time of its own."""
    rate = lambda s, y: [-(y[0] ** 2) + y[1] * np.exp(-s), -y[1] + np.cos(y[0]) * np.exp(-s), y[0]]  # noqa: E731
    return solve_ivp(rate, (0, x), (1, 0.5, 0), "DOP853", rtol=1e-13, atol=1e-15).y[:, -1]


def slopes(errors):
    return np.log2(np.array(errors)[:-1] / np.array(errors)[1:])


def test_the_order_of_the_machine_code_is_five():
    """A coupled problem with time in it, at fixed steps: the error falls with h⁵, within 0.15.

    The driver has no fixed steps, but each part of a run between breaks begins with a step that is
    as long as the part if that is short; the tolerance lets every one pass, and the limit of one
    attempt for each part begun proves that there was one a part: with more the last break is not
    met.
    """
    errors = []
    for count in (8, 16, 32, 64):
        block = steps_of(count)
        assert np.isfinite(block.break_states[0]).all()
        assert block.statuses[0].kind == "too many steps"
        errors.append(np.abs(block.break_states[0, -1] - truth(1.0)[:2]).max())
    assert slopes(errors)[-1] == pytest.approx(5, abs=0.15)


def test_dense_output_and_quadratures_are_of_order_four():
    """In the middle of a step and in its integrals the error falls at least with h⁴, within
    0.15.
    """
    dense, running = [], []
    for count in (8, 16, 32, 64):
        x = (count - 1.7) / count
        block = steps_of(count, (x,))
        wanted = truth(x)
        dense.append(np.abs(block.y[:, 1, 0] - wanted[:2]).max())
        running.append(abs(block.group(1)[0, 1, 0] - wanted[2]))
    assert slopes(dense)[-1] > 3.85
    assert slopes(running)[-1] > 3.85


def test_steps_grow_with_the_fifth_root_of_the_tolerance():
    """On a smooth problem a tolerance 1e5 times as fine takes ten times the steps, give or take a
    half: the controller uses the order.
    """
    smooth = Stiff([B, -A], (1, 0), 20.0, lambda x: (np.cos(x), -np.sin(x)))
    few, many = (int(smooth.solve(rtol).steps[0]) for rtol in (1e-6, 1e-11))
    assert 6.7 < many / few < 15
    assert smooth.error(smooth.solve(1e-11)) < 1e-9


# --- lanes


def test_stiff_and_soft_lanes_run_side_by_side():
    """Van der Pol with μ from 1 to 1e6 in one batch: each lane is its single run to 1e-12, and what
    Radau finds to 1e-6.
    """
    mu = np.array([1.0, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 3.0, 30.0, 2e6])
    rhs = [B, P[0] * ((1 - A**2) * B - A)]
    k, zeros = compiled(rhs), [0.0] * (len(P) - 1)
    batch = solve(
        k,
        np.array([[2.0] * len(mu), [0.0] * len(mu)]),
        [0, 1, 2],
        1e-9,
        constants=[k.bind([mu, *zeros])],
    )
    assert all(s.ok for s in batch.statuses)
    for lane, stiffness in enumerate(mu):
        alone = solve(k, (2, 0), [0, 1, 2], 1e-9, constants=[k.bind([stiffness, *zeros])])
        assert batch.y[:, :, lane] == pytest.approx(alone.y[:, :, 0], rel=1e-11)
        assert int(batch.steps[lane]) == int(alone.steps[0])
    for lane in (0, 3, 6):
        single = Stiff(
            [e.subs(P[0], float(mu[lane])) for e in rhs[:1]]
            + [rhs[1].subs(P[0], sp.Float(mu[lane]))],
            (2, 0),
            2.0,
            (),
        )
        assert batch.y[:, -1, lane] == pytest.approx(radau(single, 1e-8), rel=1e-6)


@cache
def linear():
    """y′ = M·y with the nine entries of M as parameters."""
    return compiled([sum(P[3 * i + j] * Y[j] for j in range(3)) for i in range(3)], [A, B, C])


@given(
    st.lists(st.tuples(*[st.floats(-1, 6)] * 3), min_size=1, max_size=6), st.integers(0, 2**32 - 1),
    st.sampled_from([1e-5, 1e-7, 1e-9]),
)  # fmt: skip
def test_any_linear_system_is_met_within_the_tolerance(decades, seed, rtol):
    """Lanes with rates from 0.1 to 1e6 along random directions: e^{Mt}·y(0) and its integral to
    20·rtol, fast and slow lanes together.
    """
    rng = np.random.default_rng(seed)
    turned = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in decades]
    rates = [-(10.0 ** np.array(d)) for d in decades]
    M = np.array([(V * r) @ V.T for V, r in zip(turned, rates, strict=True)])
    start, times = rng.uniform(-1, 1, (3, len(decades))), [0.0, 1e-5, 1e-2, 0.5, 1.0]
    k = linear()
    block = solve(k, start, times, rtol, constants=[k.bind(list(M.reshape(-1, 9).T))])
    for lane, (V, r) in enumerate(zip(turned, rates, strict=True)):
        parts = V.T @ start[:, lane]
        wanted = np.array([V @ (parts * np.exp(r * x)) for x in times]).T
        assert block.statuses[lane].ok
        assert block.y[:, :, lane] == pytest.approx(wanted, abs=20 * rtol)
        assert block.group(1)[:, -1, lane] == pytest.approx(
            V @ (parts * np.expm1(r) / r), abs=50 * rtol
        )


# --- where there is no solution


@pytest.mark.parametrize(
    ("rhs", "start", "ends"),
    [
        ([A**2], (1,), 1.0),
        ([sp.exp(A)], (0,), 1.0),
        ([-sp.sqrt(A)], (1,), 2.0),
        ([-1 / A], (1,), 0.5),
    ],
    ids=["y² blows up", "eʸ blows up", "√y ends", "1/y ends"],
)
def test_a_solution_that_ends_is_stopped_where_it_ends(rhs, start, ends):
    """Blow-up and the edge of a domain: the run stops at that time with a status, and other lanes
    go on.
    """
    block = solve(compiled(rhs), start, np.linspace(0, 4, 41), 1e-8)
    status = block.statuses[0]
    assert status.kind in ("collapsed", "not finite", "too many steps")
    assert status.time == pytest.approx(ends, rel=1e-3)
    assert np.isnan(block.y[:, -1, 0]).all()
    assert np.isfinite(block.y[:, block.times < ends, 0]).all()
