"""Where a run starts: from the end of another, lane by lane or fanned out, or from shares of
carrier states.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import biomembrane as bm
from biomembrane import Protocol, Q, errors, solvers
from biomembrane import library as lib
from biomembrane.library import Cl, K

TIMES = Q(np.linspace(0, 60, 13), "s")
SCAN = {
    "SGLT1.density": xr.DataArray([2e3, 1e4, 2e4], dims="N", attrs={"units": "1/um^2"}),
    "lumen.glucose": xr.DataArray([0.5, 2.0], dims="glucose", attrs={"units": "mM"}),
}


@cache
def model():
    return bm.load("enterocyte")


def run(**more):
    return bm.simulate(model(), **{"parameters": SCAN, **more})


@pytest.mark.parametrize("keep", [None, "final"])
def test_a_run_goes_on_from_its_end(keep):
    """Half a minute twice is a minute: states to tolerance, and the books of both parts add up."""
    whole, half = (bm.simulate(model(), until=Q(t, "s")) for t in (60, 30))
    rest = bm.simulate(model(), until=Q(30, "s"), start=half, keep=keep)
    assert rest.data.amount.isel(time=-1).values == pytest.approx(
        whole.data.amount.isel(time=-1).values, rel=1e-6, abs=1e-9
    )
    spent = float(half.ledger.spent[-1]) + float(
        rest.ledger.spent if keep else rest.ledger.spent[-1]
    )
    assert spent == pytest.approx(float(whole.ledger.spent[-1]), rel=1e-6)


def test_a_scan_goes_on_lane_by_lane_and_a_run_fans_out():
    """A scan over the same dimensions starts each lane where it ended; one run starts all of
    them.
    """
    half = run(times=Q([0, 30], "s"))
    rest = run(times=Q([0, 30], "s"), start=half)
    whole = run(times=Q([0, 60], "s"))
    assert rest.data.amount.values[-1] == pytest.approx(
        whole.data.amount.values[-1], rel=1e-6, abs=1e-9
    )
    one = half.isel(N=2, glucose=1)
    fan = run(times=Q([0, 30], "s"), parameters={"lumen.glucose": SCAN["lumen.glucose"]}, start=one)
    assert (
        float(fan.trajectory.parameters.base[list(model().parameters).index("SGLT1.density")])
        == one.trajectory.parameters.base[list(model().parameters).index("SGLT1.density")]
    )
    with pytest.raises(
        errors.BadSettings, match=r"SGLT1\.density, which sets"
    ):  # the carriers are there already
        run(times=Q([0, 30], "s"), start=one)
    assert (fan.data.amount.isel(time=0) == one.data.amount.isel(time=-1)).all()


def test_a_run_that_was_stopped_goes_on_from_where_it_came():
    """Too few steps: the rest is run from the last output that was reached."""
    whole = bm.simulate(model(), times=TIMES)
    enough = whole.solution.steps + whole.solution.rejected
    with pytest.raises(errors.SimulationStopped) as caught:
        bm.simulate(model(), times=TIMES, solver=solvers.Native(max_steps=enough - 2))
    reached = float(caught.value.run.data.time[-1])
    assert 0 < reached < 60
    rest = bm.simulate(model(), until=Q(60 - reached, "s"), start=caught.value.run)
    assert rest.data.amount.isel(time=-1).values == pytest.approx(
        whole.data.amount.isel(time=-1).values, rel=1e-6, abs=1e-9
    )


def test_shares_put_a_carrier_into_its_states():
    """All of it in one state, or spread as given; states that are not given are empty, and the
    total is what is declared.
    """
    total = float(
        bm.simulate(model(), times=Q([0.0], "s"))
        .data.amount.sel(pool=[f"SGLT1.C{k}" for k in range(1, 7)])
        .sum()
    )
    for shares in ({"SGLT1.C1": 1}, {"SGLT1.C2": 0.25, "SGLT1.C5": 0.75}):
        made = bm.simulate(model(), times=Q([0.0], "s"), start=shares).data.amount.isel(time=0)
        for k in range(1, 7):
            assert float(made.sel(pool=f"SGLT1.C{k}")) == pytest.approx(
                shares.get(f"SGLT1.C{k}", 0.0) * total, rel=1e-12
            )


def test_a_scan_in_another_order_of_dimensions_is_no_fit():
    """Lanes would be mixed up: the same sizes by the same names, but the other way round, are
    refused.
    """
    half = run(times=Q([0, 1], "s"))
    with pytest.raises(errors.BadSettings, match="same dimensions"):
        run(times=Q([0, 1], "s"), parameters=dict(reversed(SCAN.items())), start=half)


def test_a_step_may_be_cut_into_two_runs():
    """A run to the break, and one from there with the new value, are the run with the protocol;
    what is imposed falls between them.
    """
    step = Protocol.steps(Q(5, "mM"), (Q(20, "s"), Q(10, "mM")))
    whole = run(times=Q([0, 20, 60], "s"), parameters={"blood.glucose": step})
    first = run(until=Q(20, "s"), parameters={"blood.glucose": Q(5, "mM")})
    second = run(until=Q(40, "s"), parameters={"blood.glucose": Q(10, "mM")}, start=first)
    assert second.data.amount.values[-1] == pytest.approx(
        whole.data.amount.values[-1], rel=1e-6, abs=1e-9
    )
    for line in ("spent", "dissipated"):
        parts = float(getattr(first.ledger, line)[-1]) + float(getattr(second.ledger, line)[-1])
        assert parts == pytest.approx(float(getattr(whole.ledger, line)[-1]), rel=1e-6)
    assert float(whole.ledger.imposed[-1]) > 1
    stored = float(first.ledger.stored[-1]) + float(second.ledger.stored[-1])
    assert stored == pytest.approx(
        float((whole.ledger.stored - whole.ledger.imposed)[-1]), rel=1e-6, abs=1e-6
    )


def test_the_hash_covers_where_a_run_starts(tmp_path):
    """Runs that differ in their start alone differ in it, those that start alike share it, from a
    run, a lane or a file; none is as none was.
    """

    def told(start=None, **more):
        return bm.simulate(model(), until="1 s", start=start, **more).data.attrs["parameters_hash"]

    a, b = (bm.simulate(model(), until=t) for t in ("1 s", "2 s"))
    assert (
        len(
            {
                told(),
                told(a),
                told(b),
                told({"SGLT1.C1": 1}),
                told({"SGLT1.C1": 0.5, "SGLT1.C2": 0.5}),
            }
        )
        == 5
    )
    assert told(a) == told(bm.open_run(bm.save(a, tmp_path / "a.nc")))
    assert told() == told({}) == a.data.attrs["parameters_hash"]
    levels = {"lumen.glucose": SCAN["lumen.glucose"]}
    scan = bm.simulate(model(), until="1 s", parameters=levels)
    rest = bm.simulate(model(), until="1 s", parameters=levels, start=scan)
    assert rest.data.attrs["parameters_hash"] != scan.data.attrs["parameters_hash"]
    alone = [rest.isel(glucose=k).data.attrs["parameters_hash"] for k in (0, 1)]
    assert alone == [told(scan.isel(glucose=k)) for k in (0, 1)]
    assert told(keep="final", start=a) == told(a)


def test_a_lazy_scan_has_the_hash_of_an_eager_one_from_the_same_start():
    a = bm.simulate(model(), until="1 s")
    levels = SCAN["lumen.glucose"]
    eager = bm.simulate(
        model(), until="1 s", parameters={"lumen.glucose": levels}, start=a, keep="final"
    )
    lazy = bm.simulate(
        model(),
        until="1 s",
        parameters={"lumen.glucose": levels.chunk({"glucose": 1})},
        start=a,
        keep="final",
    )
    assert lazy.digest == eager.data.attrs["parameters_hash"]


@pytest.mark.parametrize("saved", [False, True])
def test_a_start_of_another_model_is_named(saved: bool, tmp_path: Path) -> None:
    def model(name: str, potassium: float) -> bm.Model:
        bath = bm.Reservoir("bath", {K: Q(5, "mM"), Cl: Q(5, "mM")})
        cell = bm.Compartment(
            "cell", volume=Q(1, "pL"), contents={K: Q(potassium, "mM"), Cl: Q(20, "mM")},
            impermeant=bm.balance(charge=-1),
        )  # fmt: skip
        on = bm.Membrane(
            "membrane", inside=cell, outside=bath, area=Q(1, "um^2"), capacitance=Q(1, "uF/cm^2")
        )
        return bm.Model(name, [lib.leak(K, on)])

    run = bm.simulate(model("principal", 130), times=Q([1], "ms"))
    if saved:
        bm.save(run, tmp_path / "run.nc")
        run = bm.open_run(tmp_path / "run.nc")
    with pytest.raises(errors.ChargeImbalance) as caught:
        bm.simulate(model("intercalated", 100), times=Q([1], "ms"), start=run)
    assert caught.value.where == "simulate(start=…), model 'intercalated'"
    assert caught.value.got.startswith("a run of 'principal'; +30 fmol")
    assert caught.value.advice.startswith("start=a run of 'intercalated'")
    again = bm.simulate(model("principal", 130), times=Q([1], "ms"), start=run)  # an equal model
    assert again.data.attrs["model_hash"] == run.data.attrs["model_hash"]
