"""Edges of formulas of time: where Abs, Max and Min change over, and what the books say of a run
that has them.
"""

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane.compile.machine_code.module import _agree
from biomembrane.compile.time_formulas.edges import kinks
from biomembrane.library import glucose
from biomembrane.symbols import t

a, b = sp.symbols("a b", positive=True)


def found(expression, end=10.0, most=4096, **known):
    own = {
        s: np.atleast_1d(np.asarray(known[s.name], float)) for s in expression.free_symbols - {t}
    }
    lanes = max((len(x) for x in own.values()), default=1)
    return kinks(expression, own, end, lanes, most)


@given(st.floats(0.3, 3), st.floats(0, 6))
def test_a_rectified_sine_has_an_edge_at_each_zero(period, phase):
    (times,), _ = found(sp.Abs(sp.sin(sp.pi * t / a + b)), a=period, b=phase)
    k = np.arange(-1, 40)
    zeros = period * (k - phase / math.pi)
    assert times == pytest.approx(zeros[(zeros > 1e-9) & (zeros < 10 - 1e-9)], abs=1e-9)


@given(st.floats(0.1, 4), st.floats(0.1, 4))
def test_edges_in_edges(first, second):
    """||t − a| − b| turns at a and where |t − a| = b; a maximum where its members meet."""
    times = {first, first + second, first - second}
    (seen,), (crowded,) = found(sp.Abs(sp.Abs(t - a) - b), a=first, b=second)
    assert seen == pytest.approx(sorted(x for x in times if 1e-9 < x < 10), abs=1e-9)
    assert not crowded
    (meet,), _ = found(sp.Max(a * t, sp.Float(1) + t / 7), a=first + 1, b=0)
    assert meet == pytest.approx([1 / (first + 1 - 1 / 7)], abs=1e-9)


def test_each_lane_has_its_own():
    times, crowded = found(sp.Max(0, sp.cos(t / a)), end=20.0, a=[1.0, 2.0])
    for own, period in zip(times, (1.0, 2.0), strict=True):
        assert own == pytest.approx(
            period * math.pi * (np.arange(12) + 0.5)[period * math.pi * (np.arange(12) + 0.5) < 20],
            abs=1e-9,
        )
    assert not crowded.any()


def test_what_stays_zero_has_no_edge_and_too_many_are_told():
    assert found(sp.Max(0, sp.Min(0, t)))[0][0].size == 0
    times, crowded = found(sp.Abs(sp.sin(1000 * t)), most=100)
    assert crowded.all()
    assert times[0] == pytest.approx(np.pi / 1000 * np.arange(1, 101), abs=1e-9)


@pytest.mark.parametrize("rtol", [1e-4, 1e-8])
@pytest.mark.parametrize("period", [0.31, 0.7])
def test_the_books_see_every_edge(period, rtol):
    """Two leaks in series at rest in the middle: the heat is that of the mean permeability, while
    no state moves.
    """
    left, right = (bm.Reservoir(n, {glucose: Q(c, "mM")}) for n, c in (("left", 10), ("right", 2)))
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={glucose: Q(6, "mM")})
    P = Q(1e-6, "cm/s")
    leaks = [
        bm.Transporter(
            n,
            "glucose@out -> glucose@in",
            bm.Membrane("m" + n, inside=cell, outside=bath, area=Q(100, "um^2")),
            laws.GHK(permeability=P),
        )
        for n, bath in (("A", left), ("B", right))
    ]
    wave = bm.Protocol.function(
        lambda t, P, T: P * sp.Abs(sp.sin(sp.pi * t / T)), P=P, T=Q(period, "s")
    )
    run = bm.simulate(
        bm.Model("series", leaks, reference=right), times=Q([0.0, 40.0], "s"),
        solver=bm.solvers.Native(rtol=rtol),
        parameters={f"{n}.permeability": wave for n in "AB"},
    )  # fmt: skip
    whole, rest = divmod(40 / period, 1)
    mean = (whole * 2 / math.pi + (1 - math.cos(math.pi * rest)) / math.pi) * period / 40
    fW = (
        8.314462618 * 310.15 * 4 * math.log(10 / 2) * 1e-6 * 1e-2 * 100e-12 * 1e15
    )  # J/mol · mM · m³/s
    assert float(run.ledger.dissipated[-1]) == pytest.approx(fW * mean * 40 * 1e-3, rel=1e-9)
    assert run.ledger.check() is run.ledger


@settings(max_examples=10)
@given(st.floats(0.3, 5), st.floats(20, 40), st.sampled_from([1e-6, 1e-8]))
def test_a_bump_that_goes_back_leaves_closed_books(width, at, rtol):
    """What a protocol puts in and takes back is energy that passed, however little is left in the
    end.
    """
    bump = bm.Protocol.function(
        lambda t, c, m, w: c * (1 + 9 * sp.exp(-(((t - m) / w) ** 2))),
        c=Q(5, "mM"),
        m=Q(at, "s"),
        w=Q(width, "s"),
    )
    K, Cl = bm.library.K, bm.library.Cl
    bath = bm.Reservoir("bath", {K: Q(5, "mM"), Cl: Q(5, "mM")})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={K: Q(130, "mM"), Cl: Q(130, "mM")})
    on = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(500, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    model = bm.Model("leak", [bm.library.leak(K, on)], potential={on: Q(-86, "mV")})
    run = bm.simulate(
        model, until="1 min", parameters={"bath.K": bump}, solver=bm.solvers.Native(rtol=rtol)
    )
    assert run.status.ok
    run.ledger.check()


def test_code_that_differs_by_rounding_of_one_agrees_with_the_reference():
    """Where all is 0 in the reference, what cancelled there may be rounding of numbers of order
    1.
    """
    _agree("f", np.array([1e-17, 0.0]), np.zeros(2))
    with pytest.raises(errors.KernelMismatch):
        _agree("f", np.array([1e-9, 0.0]), np.zeros(2))
