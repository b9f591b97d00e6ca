"""Kept scans of which lanes failed or were never run: what is counted, named and checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import RT
from contracts.kept_leak import OUT, T, model, run
from mistakes import uphill

import biomembrane as bm
from biomembrane import Keep, Q, errors, solvers
from biomembrane.results.scan_result import ScanResult
from biomembrane.solve import lane_batches

# --- lanes that fail, and the check


def lifts(*rates: float, keep: Any = "final") -> ScanResult:
    """Glucose is lifted from 1 mM into 5 mM for 20 s at constant rates [fmol/s]."""
    array = xr.DataArray(
        list(rates), dims="r", coords={"r": list(rates)}, attrs={"units": "fmol/s"}
    )
    return bm.simulate(uphill(), until="20 s", parameters={"lift.J": array}, keep=keep)


def test_lanes_that_failed_are_counted_and_named() -> None:
    """0.1 fmol/s takes all of 1 fmol in 10 s: its status, its end and its pool, and NaN; the least
    power is of what it reached.
    """
    kept = lifts(0.001, 0.1, 0.2)
    assert (kept.failed, kept.done) == (2, 1.0)
    assert kept.data.status.values.tolist() == [0, 4, 4]
    assert kept.data.end.values == pytest.approx([20, 10, 5], rel=0.03)
    pools = kept.data.culprit.attrs["pools"].split()
    assert [None if k < 0 else pools[k] for k in kept.data.culprit.values] == [
        None,
        "cell.glucose",
        "cell.glucose",
    ]
    assert np.isnan(kept.data.amount.sel(pool="cell.glucose", time=20).values).tolist() == [
        False,
        True,
        True,
    ]
    assert repr(kept).startswith(
        "<ScanResult of 'cell' over (r: 3); 2 failed; amount, potential, volume, status, "
    )
    power = RT * 0.001 * np.log(0.98 / 5)  # fW
    assert float(kept.data.least_power[0]) == pytest.approx(power, rel=1e-6)


@pytest.mark.parametrize("ledger", ["final", "all"])
@pytest.mark.filterwarnings("ignore::biomembrane.errors.LanesStopped")
def test_the_check_allows_power_within_the_tolerance_of_what_passed(ledger: str) -> None:
    """rtol times the energy that passed, over the time it took: on one side of that bound the least
    power is let pass.
    """
    rates = (0.002, 0.1, 0.001)  # the second runs dry and is not judged by its energy
    stored = RT * (0.96 * np.log(0.96 / 5) - 0.96 - np.log(1 / 5) + 1)  # fJ
    power = RT * 0.002 * np.log(5 / 0.96)  # fW
    bound = power * 20 / stored
    kept = lifts(0.002, 0.001, keep=Keep(ledger=ledger))
    assert kept.ledger.check(bound * 1.001).data is kept.data
    with pytest.raises(errors.UphillForFree) as caught:
        kept.ledger.check(bound * 0.999)
    assert (caught.value.where, caught.value.got) == ("process lift", f"{-power:.3g} fW")
    with pytest.raises(errors.UphillForFree):
        lifts(*rates, keep=Keep(ledger=ledger)).ledger.check(bound)
    whole = bm.simulate(uphill(), until="20 s", parameters={"lift.J": Q(0.002, "fmol/s")}).ledger
    assert whole.check(bound * 1.001) is whole
    with pytest.raises(errors.UphillForFree):
        whole.check(bound * 0.999)


@pytest.mark.filterwarnings("ignore::biomembrane.errors.LanesStopped")
def test_the_check_of_lanes_that_all_failed_judges_what_they_did() -> None:
    with pytest.raises(errors.UphillForFree, match="process lift"):
        lifts(0.1, 0.2).ledger.check(9.0)


@pytest.mark.filterwarnings("ignore::biomembrane.errors.LanesStopped")
def test_the_check_of_a_stopped_scan_judges_the_lanes_that_were_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lanes of which nothing is known do not hide one that ran uphill, in what was kept and in a
    full run.
    """
    monkeypatch.setattr(lane_batches, "_BUFFER", 1.0)
    monkeypatch.setattr(lane_batches, "_FEWEST", 8)
    rates = xr.DataArray(np.linspace(1, 2, 16) * 1e-3, dims="r", attrs={"units": "fmol/s"})
    for keep in (None, "final", Keep(dtype="float32")):
        with pytest.raises(errors.Cancelled) as stopped:
            bm.simulate(
                uphill(),
                until="20 s",
                parameters={"lift.J": rates},
                keep=keep,
                progress=lambda _: False,
                solver=solvers.Native(threads=1),
            )
        assert (stopped.value.where, stopped.value.got) == (
            "model 'cell'",
            "cancelled, with 50 % done",
        )
        data = stopped.value.run.data
        assert (
            np.isnan(data.amount.sel(pool="cell.glucose").isel(time=-1).values).tolist()
            == [False] * 8 + [True] * 8
        )
        assert keep is None or data.least_process.values.tolist() == [0] * 16
        with pytest.raises(errors.UphillForFree, match="process lift"):
            stopped.value.run.ledger.check(1e-3)


def test_the_check_before_anything_ran() -> None:
    """At time 0 alone nothing has passed and nothing is wrong."""
    for keep in (None, "final"):
        assert bm.simulate(model(), times=Q([0.0], "s"), keep=keep).ledger.check() is not None


def test_without_a_limit_the_check_takes_ten_times_the_tolerance() -> None:
    """And no less than 1e-9; a residual just above it is told."""
    data = run(keep="final").data
    data["ledger_residual_relative"] = data.ledger_residual_relative * 0 + 1e-6
    assert ScanResult(data, model(), 1.001e-7, {}).ledger.check() is not None
    data["ledger_residual_relative"][0, 0] = np.nan
    with pytest.raises(errors.BooksDoNotClose):
        ScanResult(data, model(), 0.999e-7, {}).ledger.check()
    data["ledger_residual_relative"] = xr.full_like(data.ledger_residual_relative, 0.99e-9)
    assert ScanResult(data, model(), 1e-16, {}).ledger.check() is not None
    data.attrs["empty"] = "bath.S cell.S"
    with pytest.raises(errors.BoundlessEnergy) as caught:
        ScanResult(data, model(), 1e-8, {}).ledger.check()
    assert caught.value.got == "bath.S = 0 mM, cell.S = 0 mM"


def test_empty_baths_of_any_lane_are_told() -> None:
    empty = xr.DataArray([1.0, 0.0], dims="out", attrs={"units": "mM"})
    kept = bm.simulate(model(), times=Q(T, "s"), parameters={"bath.S": empty}, keep="final")
    assert kept.data.attrs["empty"] == "bath.S"
    with pytest.raises(errors.BoundlessEnergy):
        kept.ledger.check()


def test_a_scan_of_which_nothing_was_run_still_says_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Stopped before its first lane: cancelled all over, with the name of the model and the times
    that were due.
    """
    monkeypatch.setattr(lane_batches, "run", lambda *_: False)
    with pytest.raises(errors.Cancelled) as caught:
        run(keep="final")
    kept = caught.value.run
    assert caught.value.got == "cancelled, with 0 % done"
    assert (kept.done, kept.failed, kept.model_name) == (0.0, 6, "cell")
    assert list(kept.data.data_vars) == ["status", "culprit", "end"]
    assert (kept.data.status.dims, kept.data.status.values.tolist()) == (
        ("P", "out"),
        [[5] * 3] * 2,
    )
    assert (np.isnan(kept.data.end.values).all(), kept.data.culprit.values.tolist()) == (
        True,
        [[-1] * 3] * 2,
    )
    assert {name: kept.data.attrs[name] for name in ("span", "empty", "title", "model_hash")} == {
        "span": 30.0, "empty": "", "title": "cell", "model_hash": model().hash,
    }  # fmt: skip
    assert kept.data.out.values.tolist() == OUT.tolist()
