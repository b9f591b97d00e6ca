"""The ledger controls its own error: layers and waves of the powers that the states do not show,
and states that the equations gave.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import random_stiff
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.account.kept_ledger import KeptLedger
from biomembrane.constants import BODY_TEMPERATURE, GAS
from biomembrane.solve.problem import ROUNDING, books_limit

X = bm.Species("X", moieties={"x": 1})
Y = bm.Species("Y", moieties={"x": 1})
Z = bm.Species("Z")
Native, SciPy = bm.solvers.Native, bm.solvers.SciPy
RT = GAS * BODY_TEMPERATURE


def mM(x):
    return Q(float(x), "mM")


def pair(x, y, rate):
    """X <-> Y of equal standard energy in 2 pL."""
    cell = bm.Compartment("cell", volume=Q(2, "pL"), contents={X: mM(x), Y: mM(y)})
    return bm.Model(
        "pair",
        [
            bm.Transporter(
                "turn", "X@cell -> Y@cell", cell, laws.Elementary(rate=Q(float(rate), "fmol/s"))
            )
        ],
    )


def membrane(inside, outside, name="m"):
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={Z: mM(inside)})
    return bm.Membrane(
        name, inside=cell, outside=bm.Reservoir("bath", {Z: mM(outside)}), area=Q(250, "um^2")
    )


def carried(law, inside=0.0, outside=9.0):
    return bm.Model(
        "carried", [bm.Transporter("way", "Z@out -> Z@in", membrane(inside, outside), law)]
    )


def mixing(x, y):
    """Heat of X <-> Y to the end [pJ]: RT·V·Σ c ln c, before less after."""
    terms = sum(c * math.log(c) for c in (x, y) if c > 0)
    return 2 * RT * (terms - (x + y) * math.log((x + y) / 2)) * 1e-3


@settings(max_examples=12)
@given(
    st.floats(-1, 2),
    st.one_of(st.just(-math.inf), st.floats(-14, 0)),
    st.floats(2, 7),
    st.sampled_from([1e-4, 1e-6, 1e-8]),
)
def test_the_heat_of_a_start_however_fast_and_empty_is_that_of_mixing(x, y, rate, rtol):
    """Y from nothing, from a trace or from much, at any speed: the heat is known on paper, and the
    books close to ten times rtol.
    """
    x, y = 10.0**x, 10.0**y
    run = bm.simulate(pair(x, y, 10.0**rate), until="500 s", solver=Native(rtol=rtol))
    assert float(run.ledger.dissipated[-1]) == pytest.approx(
        mixing(x, y), rel=max(20 * rtol, 1e-8), abs=1e-9
    )
    assert float(run.ledger.residual_relative[-1]) <= books_limit(rtol)


@pytest.mark.parametrize(
    "solver",
    [Native(rtol=1e-7), SciPy("Radau", rtol=1e-7), SciPy("BDF", rtol=1e-7)],
    ids=["native", "Radau", "BDF"],
)
def test_a_wave_that_moves_no_state_is_accounted(solver):
    """What one leak lets in the other lets out, at a permeability P(1 + cos ωt)²/4 of mean 3P/8:
    the heat is its mean power times the time.
    """
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={Z: mM(5)})
    law = laws.GHK(permeability=Q(2e-6, "cm/s"))
    ends = {"high": 8.0, "low": 2.0}
    ways = [
        bm.Transporter(
            n,
            "Z@out -> Z@in",
            bm.Membrane(
                f"to_{n}", inside=cell, outside=bm.Reservoir(n, {Z: mM(c)}), area=Q(100, "um^2")
            ),
            law,
        )
        for n, c in ends.items()
    ]
    wave = bm.Protocol.function(
        lambda t, P, T: P * (1 + sp.cos(2 * sp.pi * t / T)) ** 2 / 4, P=Q(2e-6, "cm/s"), T=Q(5, "s")
    )
    run = bm.simulate(
        bm.Model("series", ways),
        times=Q([0, 30, 60], "s"),
        parameters={f"{n}.permeability": wave for n in ends},
        solver=solver,
    )
    flux = (
        2e-6 * 1e-2 * 100e-12 * 3.0 * 1e15
    )  # P·A·Δc [fmol/s], with 1 µm² = 1e-12 m² and mM = mol/m³
    heat = 3 / 8 * flux * RT * math.log(8 / 2) * 1e-3
    assert run.ledger.dissipated.values[1:] == pytest.approx([30 * heat, 60 * heat], rel=1e-5)


def test_a_slaved_process_closes_or_says_that_it_does_not():
    """J = k(Y − X·f) with k = 1e6/s beside a slow leak: done means closed; else the status tells,
    and the heat nears its limit.
    """
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={Z: mM(5), X: mM(5), Y: mM(5)})
    slow = bm.Transporter("way", "Z@out -> Z@in", bm.Membrane("m", inside=cell,
        outside=bm.Reservoir("bath", {Z: mM(1)}), area=Q(100, "um^2")),
                          laws.GHK(permeability=Q(1e-6, "cm/s")))  # fmt: skip

    def flux(s):
        rate, z = (
            s.parameter("k", Q(1e6, "pL/s"), d.VOLUME / d.TIME),
            s.parameter("z", mM(5), d.CONCENTRATION, domain="positive"),
        )
        return rate * (s["X@cell"] * s["Z@cell"] / z - s["Y@cell"])

    fast = bm.Transporter(
        "fast", "X@cell -> Y@cell", cell, laws.Empirical(flux=flux, reason="sensed")
    )
    model = bm.Model("slaved", [slow, fast])
    for rtol in (1e-4, 1e-7, 1e-10):
        run = bm.simulate(model, until="1 hour", solver=Native(rtol=rtol))
        closes = float(run.ledger.residual_relative[-1]) <= books_limit(rtol)
        assert (run.status.kind == "done") == closes
        assert run.status.ok or "rtol" in run.status.message
        assert float(run.ledger.residual_relative[-1]) <= 1e3 * rtol + 1e-8


# --- infinite slopes


@pytest.mark.parametrize("solver", [Native(), SciPy("Radau")], ids=["native", "Radau"])
def test_order_two_thirds_leaves_zero(solver):
    """dc/dt = k c^{2/3} + a·(1 − c^{2/3}): from 0 its inverse is an integral, taken by
    quadrature.
    """
    from scipy.integrate import quad

    def flux(s):
        one = s.parameter("one", mM(1), d.CONCENTRATION, domain="positive")
        share = (s["Z@in"] / one) ** s.parameter("n", Q(2 / 3, ""), d.ONE)
        return s.parameter("k", Q(0.3, "fmol/s"), d.FLUX) * (1 + share / 2)

    run = bm.simulate(
        carried(laws.Empirical(flux=flux, reason="an order below one")),
        times=Q([0, 1, 10], "s"),
        solver=solver,
    )
    for t, c in zip(run.data.time.values[1:], run.data.concentration.values[1:, 0], strict=True):
        assert quad(lambda z: 3 * z**2 / (0.3 * (1 + z**2 / 2)), 0, c ** (1 / 3))[
            0
        ] == pytest.approx(t, rel=1e-6)  # c = z³


def test_an_onsager_law_fills_an_empty_cell_in_lanes_as_alone():
    """J = L·A has an infinite slope at c = 0; the lane from 0 follows that from a trace, and equals
    its single run.
    """
    model = carried(laws.Onsager(coefficient=Q(2e-20, "mol^2/J/s")))
    import xarray as xr

    start = xr.DataArray([0.0, 1e-10, 3.0], dims="start", attrs={"units": "mM"})
    scan = bm.simulate(model, times=Q([0, 1, 100, 1e5], "s"), parameters={"cell.Z": start})
    c = scan.data.concentration.values[1:, 0]
    assert not scan.data.status.any()
    assert c[:, 0] == pytest.approx(c[:, 1], rel=1e-6)
    assert c[-1] == pytest.approx([9.0] * 3, rel=1e-6)
    alone = bm.simulate(model, times=Q([0, 1, 100, 1e5], "s"))
    assert alone.data.concentration.values[1:, 0] != pytest.approx(c[:, 2], rel=1e-3)
    single = bm.simulate(model, times=Q([0, 1, 100, 1e5], "s"), parameters={"cell.Z": mM(0)})
    assert single.data.concentration.values[1:, 0] == pytest.approx(c[:, 0], rel=1e-10)


@pytest.mark.parametrize("solver", [Native(), SciPy("Radau")], ids=["native", "Radau"])
def test_a_slope_that_is_infinite_where_a_pool_is_not_empty_is_told(solver):
    """|c − 3|^{1/2} at c = 3: no trace helps; the run stops and names the pool."""

    def flux(s):
        one = s.parameter("one", mM(1), d.CONCENTRATION, domain="positive")
        return s.parameter("k", Q(1, "fmol/s"), d.FLUX) * (
            sp.sqrt(sp.Abs(s["Z@in"] - 3 * one) / one) + sp.Rational(1, 10)
        )

    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(
            carried(laws.Empirical(flux=flux, reason="a root"), inside=3.0),
            until="1 s",
            solver=solver,
        )
    assert caught.value.run.status.kind == "not finite"
    assert "cell.Z" in caught.value.where
    assert "way" in caught.value.where


# --- below zero


@pytest.mark.parametrize("rtol", [1e-2, 1e-4, 1e-7])
def test_what_runs_out_stays_above_zero_at_every_output_time(rtol):
    """A pool that drains a thousandfold faster than the step is long never lies below zero by more
    than rounding, between the steps neither.
    """
    model = carried(laws.GHK(permeability=Q(0.05, "cm/s")), inside=80.0, outside=1e-12)
    run = bm.simulate(
        model,
        times=Q(np.concatenate([[0], np.logspace(-7, 4, 400)]), "s"),
        solver=Native(rtol=rtol),
    )
    assert run.status.ok
    assert run.data.amount.values.min() >= -ROUNDING * 80


def test_a_drain_that_does_not_see_the_pool_stops_where_it_is_empty():
    """A constant flux out of 4 fmol at 0.5 fmol/s: the run stops at 8 s, to 1e-8."""
    law = laws.Empirical(
        flux=lambda s: -s.parameter("k", Q(0.5, "fmol/s"), d.FLUX), reason="constant"
    )
    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(carried(law, inside=4.0), until="20 s")
    assert caught.value.run.status.kind == "negative"
    assert caught.value.run.status.time == pytest.approx(8.0, rel=1e-8)


# --- the check


def test_kept_books_of_a_moment_are_judged_as_whole_ones():
    """Where no more than rounding is off the relative residual is 0, for lanes that are kept as for
    a run.
    """
    model = pair(1.0, 1.0, 1e-3)
    whole = bm.simulate(model, until=Q(1e-9, "s"), parameters={"cell.X": mM(1.0001)})
    kept = bm.simulate(model, until=Q(1e-9, "s"), parameters={"cell.X": mM(1.0001)}, keep="final")
    assert isinstance(kept.ledger, KeptLedger)
    assert whole.ledger.check() is whole.ledger
    assert kept.ledger.check() is not None
    assert float(kept.data.ledger_residual_relative) == float(whole.ledger.residual_relative[-1])


def test_the_check_can_fail_at_every_tolerance():
    """The limit is below 1 at the loosest tolerance that a solver takes."""
    assert [books_limit(x) for x in (1e-13, 1e-10, 1e-9, 1e-3, 1e-2)] == pytest.approx(
        [1e-9, 1e-9, 1e-8, 1e-2, 0.1]
    )


# --- random stiff cells


@pytest.mark.parametrize("kind", random_stiff.KINDS)
@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
def test_random_stiff_cells(kind, rtol):
    """Sixty-four lanes of each kind: no done lane with open books or an amount below zero, and one
    is what Radau finds.
    """
    seen = random_stiff.judge(kind, 64, rtol, seed=1, radau=1)
    assert seen["done"] >= 60
