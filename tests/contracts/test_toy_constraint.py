"""A toy on the contract of constraints: a process whose affinity is 0 at all times, against closed
forms and its finite-rate form.

The amounts that it moves are algebraic; what it conserves of them are states of their own, which
the other processes change.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import RT
from contracts.toy_constraint import DIMER, DIMERS, INSIDE, ISOMERS, OUT, RATE, A, B, K, built, lost

import biomembrane as bm
from biomembrane import Q


def filled(times: Any, out: float = OUT, k: Any = K) -> Any:
    """A and B [fmol] by the closed form: their sum relaxes at the rate of the leak over 1 + K."""
    start, end = INSIDE[A] + INSIDE[B], out * (1 + k)
    total = end + (start - end) * np.exp(-RATE * times / (1 + k))
    return total / (1 + k), total * k / (1 + k)


def test_isomers_fill_a_cell_as_the_closed_form_says() -> None:
    """From amounts off equilibrium: they start on it, at their sum, and stay; the books close, for
    the fast process dissipates nothing.
    """
    model = built(ISOMERS, fast=True)
    run = bm.simulate(model, until="60 s", solver=bm.solvers.Native(rtol=1e-9))
    at = run.data
    for name, wanted in zip(("cell.A", "cell.B"), filled(at.time.values), strict=True):
        assert at.amount.sel(pool=name).values == pytest.approx(wanted, rel=1e-7)
    assert r"\\ 0 = " in model._repr_latex_()
    assert model.hash != built(ISOMERS, fast=False).hash
    ledger = run.ledger.check()
    assert float(np.abs(at.affinity.sel(process="turn")).max()) < 1e-6  # of kJ/mol
    assert float(ledger.residual_relative[-1]) < 1e-9
    assert float(ledger.dissipated[-1]) > 0


@pytest.mark.parametrize("reaction", [ISOMERS, DIMERS])
@pytest.mark.parametrize("inside", [(0.0, 0.0), (0.3, 0.0), (0.0, 0.1)])
def test_pools_of_a_fast_process_may_begin_empty(
    reaction: str, inside: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them, or all: what leaks in is shared out from the first trace on, and ends where a
    finite rate does.
    """
    monkeypatch.setitem(
        globals(), "INSIDE", dict(zip((A, B if "B@" in reaction else DIMER), inside, strict=True))
    )
    run = bm.simulate(built(reaction, fast=True), until="60 s")
    slow = bm.simulate(built(reaction, rate=1e9, fast=False), until="60 s")
    run.ledger.check()
    got, wanted = (r.data.amount.isel(time=-1, pool=[0, 1]).values for r in (run, slow))
    assert got == pytest.approx(wanted, rel=1e-3)
    assert run.solution.steps < 5000  # ln n has fourteen decades to come from
    at = run.data.sel(process="turn").affinity.values
    assert at == pytest.approx(np.zeros(len(at)), abs=1e-5)


def test_a_finite_rate_comes_nearer_the_faster_it_is() -> None:
    """2 A ⇌ D: what a finite rate is off by falls as one over it, towards the model at
    equilibrium.
    """
    fast = bm.simulate(built(DIMERS, fast=True), until="20 s", solver=bm.solvers.Native(rtol=1e-10))
    off = []
    for rate in (1e8, 1e9):
        slow = bm.simulate(
            built(DIMERS, rate=rate, fast=False), until="20 s", solver=bm.solvers.Native(rtol=1e-10)
        )
        pools = ["cell.A", "cell.D"]
        off.append(
            float(
                np.abs(slow.data.amount.sel(pool=pools) - fast.data.amount.sel(pool=pools))
                .isel(time=-1)
                .max()
            )
        )
    assert off[1] < 1e-3
    assert off[0] / off[1] == pytest.approx(10, rel=0.02)


def test_lanes_of_a_scan() -> None:
    """Each lane has its own equilibrium and its own bath."""
    given = {"bath.A": xr.DataArray([1.0, 5.0, 20.0], dims="lane", attrs={"units": "mM"}),
             "B.standard_energy": xr.DataArray([-6.0, -2.0, 3.0], dims="lane",
                 attrs={"units": "kJ/mol"})}  # fmt: skip
    run = bm.simulate(built(ISOMERS, fast=True), until="30 s", parameters=given)
    for lane, (out, energy) in enumerate(zip(*(x.values for x in given.values()), strict=True)):
        at = run.data.isel(lane=lane)
        wanted = filled(at.time.values, out, math.exp(-1000 * energy / RT))
        assert at.amount.sel(pool="cell.B").values == pytest.approx(wanted[1], rel=1e-6)


def test_amounts_go_to_the_new_equilibrium_at_a_break() -> None:
    """A step of the bath changes rates alone; one of a standard potential moves both amounts at
    once, and never their sum.
    """
    model, change = built(ISOMERS, fast=True), 20.0
    steps = {"bath.A": bm.Protocol.steps(Q(OUT, "mM"), (Q(change, "s"), Q(0.5, "mM")))}
    at = bm.simulate(model, until="40 s", parameters=steps).data
    total = at.amount.sel(pool=["cell.A", "cell.B"]).sum("pool").values
    before = filled(np.array(change))
    later = at.time.values[at.time.values > change]
    end = 0.5 * (1 + K)
    wanted = end + (sum(before) - end) * np.exp(-RATE * (later - change) / (1 + K))
    assert total[at.time.values > change] == pytest.approx(wanted, rel=1e-6)
    steps = {
        "B.standard_energy": bm.Protocol.steps(Q(-2, "kJ/mol"), (Q(change, "s"), Q(3, "kJ/mol")))
    }
    run = bm.simulate(model, times=Q([0, change, change + 1e-3], "s"), parameters=steps)
    a, b = (run.data.amount.sel(pool=name).values for name in ("cell.A", "cell.B"))
    assert b / a == pytest.approx(
        [K, math.exp(-3000 / RT), math.exp(-3000 / RT)], rel=1e-6
    )  # from the break on
    assert (a + b)[2] == pytest.approx((a + b)[1], rel=1e-4)
    assert run.data.affinity.sel(process="turn").values == pytest.approx([0, 0, 0], abs=1e-6)


@pytest.mark.parametrize("lanes", [None, [1.0, 5.0, 20.0]])
def test_the_books_close_over_a_jump(lanes: list[float] | None) -> None:
    """What a constraint gives up where a break moves it stands in a line of its own, with the
    closed form, in a run and in every lane; other lines and the heat of processes are as they were.
    """
    model, when, energies = built(ISOMERS, fast=True), np.array([20.0, 35.0]), [-2, 3, -1]
    to = [(Q(t, "s"), Q(x, "kJ/mol")) for t, x in zip(when, energies[1:], strict=True)]
    given: dict[str, Any] = {"B.standard_energy": bm.Protocol.steps(Q(energies[0], "kJ/mol"), *to)}
    if lanes:
        given["bath.A"] = xr.DataArray(lanes, dims="lane", attrs={"units": "mM"})
    run = bm.simulate(
        model,
        times=Q([0, 10, 20, 30, 50], "s"),
        parameters=given,
        solver=bm.solvers.Native(rtol=1e-9),
    )
    ledger = run.ledger.check()
    assert (np.asarray(run.trajectory.block.statuses) == run.trajectory.statuses[0]).all()
    for lane, out in enumerate(lanes or [OUT]):
        at, total = 0.0, INSIDE[A] + INSIDE[B]
        passed = lost(total, INSIDE[B] / INSIDE[A], math.exp(2000 / RT))  # at the start
        wanted = [passed, passed]
        for t, old, new in zip(when, energies, energies[1:], strict=False):
            before, after = (math.exp(-1000 * x / RT) for x in (old, new))
            total = out * (1 + before) + (total - out * (1 + before)) * math.exp(
                -RATE * (t - at) / (1 + before)
            )
            passed, at = passed + lost(total, before, after), t
            wanted += [passed] * (2 if t == when[0] else 1)
        relaxed = ledger.relaxed.isel(lane=lane) if lanes else ledger.relaxed
        assert relaxed.values == pytest.approx(wanted, rel=1e-7)
    assert float(np.abs(ledger.residual_relative).max()) < 1e-9
    assert "heat of constraints that jump" in str(ledger)
    if lanes:
        one, kept = (
            run.isel(lane=1),
            bm.simulate(model, times=Q([0, 10, 20, 30, 50], "s"), parameters=given, keep="final"),
        )
        assert one.ledger.relaxed.values == pytest.approx(
            ledger.relaxed.isel(lane=1).values, rel=1e-12
        )
        kept.ledger.check()
