"""Lanes that fail, chunks, threads and a request to stop change nothing of what a scan keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr
from builders import cell
from contracts.kept import TIMES, run
from mistakes import sound, uphill

import biomembrane as bm
from biomembrane import Keep, Q, errors, solvers
from biomembrane import library as lib
from biomembrane.results.reducers import REDUCERS
from biomembrane.solve import lane_batches
from biomembrane.solve.status import Outcome
from biomembrane.solve.task import make_task

S = bm.Species("S")  # a neutral solute


# --- lanes that fail, chunks and threads


@pytest.mark.parametrize(
    "keep",
    ["final", Keep(reduce=["max"]), Keep(ledger="all")],
    ids=["final", "reduced", "all books"],
)
def test_lanes_that_fail_are_told_and_harm_no_other(keep):
    """Of three pumps one runs its cell dry after 10 s of 20: NaN at the end, its status and its
    time; the others are on paper.
    """
    rates = xr.DataArray([0.001, 0.1, 0.002], dims="r", attrs={"units": "fmol/s"})
    kept = bm.simulate(uphill(), until="20 s", parameters={"lift.J": rates}, keep=keep)
    assert [Outcome.of(k) for k in kept.data.status.values] == ["done", "negative", "done"]
    assert kept.failed == 1
    assert 8 < float(kept.data.end[1]) <= 10.2
    found = kept.data.amount_max if "amount_max" in kept.data else kept.data.amount.isel(time=-1)
    assert np.isnan(found.isel(r=1)).all()
    assert np.isfinite(found.isel(r=[0, 2])).all()
    spent = (
        kept.ledger.dissipated.isel(time=-1)
        if "time" in kept.ledger.dissipated.dims
        else kept.ledger.dissipated
    )
    assert np.isfinite(spent.values).tolist() == [True, False, True]


def _lanes(count):
    """Leaks at several rates: cheap lanes, many of them."""
    part = lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))]  # noqa: E731
    rates = xr.DataArray(np.linspace(0.2, 3, count) * 1e-4, dims="P", attrs={"units": "cm/s"})
    return cell(part, {S: 9}, {S: 1}), {"S_leak.permeability": rates}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("keep", [None, "final", Keep(variables=["amount", "flux"], ledger="all"),
    Keep(reduce=["mean"])],
                         ids=["run", "final", "all", "reduced"])  # fmt: skip
def test_chunks_and_threads_change_no_bit(monkeypatch, keep, threads):
    """Many small chunks on one thread or two give the bits of a single chunk."""
    leaky, rates = _lanes(200)
    once = bm.simulate(
        leaky, times=TIMES, parameters=rates, keep=keep, solver=solvers.Native(threads=1)
    )
    monkeypatch.setattr(lane_batches, "_BUFFER", 1.0)
    monkeypatch.setattr(lane_batches, "_FEWEST", 16)
    seen = []
    many = bm.simulate(
        leaky,
        times=TIMES,
        parameters=rates,
        keep=keep,
        solver=solvers.Native(threads=threads),
        progress=seen.append,
    )
    assert len(seen) >= 13
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert set(once.data.data_vars) == set(many.data.data_vars)
    for name in once.data.data_vars:
        assert np.array_equal(once.data[name].values, many.data[name].values), name
    assert np.array_equal(once.ledger.dissipated.values, many.ledger.dissipated.values)


# --- being stopped


def _refuse(_):
    return False


def _interrupt(_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("keep", [None, "final", Keep(ledger="all")], ids=["run", "final", "all"])
@pytest.mark.parametrize("progress", [_refuse, _interrupt])
def test_a_stopped_scan_hands_back_what_was_done(monkeypatch, keep, progress, threads):
    """By the word of the progress function or by Ctrl-C: done lanes are as ever, the rest NaN and
    ``cancelled``.
    """
    leaky, rates = _lanes(200)
    monkeypatch.setattr(lane_batches, "_BUFFER", 1.0)
    monkeypatch.setattr(lane_batches, "_FEWEST", 16)
    solver, seen = solvers.Native(threads=threads), []

    def watch(share):
        seen.append(share)
        return progress(share) if share >= 0.3 else None

    with pytest.raises(errors.Cancelled, match="cancelled") as caught:
        bm.simulate(leaky, times=TIMES, parameters=rates, keep=keep, solver=solver, progress=watch)
    assert seen == sorted(set(seen))
    assert sum(share >= 0.3 for share in seen) == 1
    assert isinstance(caught.value, KeyboardInterrupt)
    made = caught.value.run
    status = made.data.status.values
    kinds = np.array([Outcome.of(k) for k in status])
    done = kinds == "done"
    assert set(kinds) == {"done", "cancelled"}
    assert 60 <= done.sum() < 200
    last = made.data.amount.isel(time=-1, pool=0).values
    assert np.isnan(made.data.amount.isel(pool=0).values[..., ~done]).all()
    if keep is not None:
        assert (made.data.least_process.values[~done] == 0).all()
        assert np.isnan(made.data.least_power.values[~done]).all()
        assert made.done == done.mean()
    rate = rates["S_leak.permeability"].values * 1e3  # P·A/W [1/s]
    assert last[done] == pytest.approx((1 + 8 * np.exp(-rate * 60))[done], rel=1e-7)
    heat = (
        made.ledger.dissipated.isel(time=-1)
        if "time" in made.ledger.dissipated.dims
        else made.ledger.dissipated
    )
    assert np.isfinite(heat.values).tolist() == done.tolist()


def test_a_stopped_scan_on_scipy_is_nan_where_it_was_not_run(monkeypatch):
    """The reference solver keeps the same contract."""
    leaky, rates = _lanes(24)
    monkeypatch.setattr(lane_batches, "_FEWEST", 8)
    monkeypatch.setattr(lane_batches, "_BUFFER", 1.0)
    with pytest.raises(errors.Cancelled) as caught:
        bm.simulate(
            leaky, times=TIMES, parameters=rates, solver=solvers.SciPy(rtol=1e-6), progress=_refuse
        )
    data = caught.value.run.data
    assert data.status.values.tolist() == [0] * 8 + [5] * 16
    assert np.isfinite(data.amount.values[:, 0, :8]).all()
    assert np.isnan(data.amount.values[:, 0, 8:]).all()


def test_a_word_that_comes_too_late_stops_nothing():
    """When all is done there is nothing to stop: the result is handed over."""
    leaky, rates = _lanes(16)
    seen = []
    made = bm.simulate(
        leaky,
        times=TIMES,
        parameters=rates,
        keep="final",
        progress=lambda share: seen.append(share) or False,
        solver=solvers.Native(threads=1),
    )
    assert seen == [1.0]
    assert made.failed == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_errors_of_any_chunk_come_through(monkeypatch, threads):
    """What the progress function raises, and a lane without room in a late chunk, end the scan as
    they are.
    """
    monkeypatch.setattr(lane_batches, "_BUFFER", 1.0)
    monkeypatch.setattr(lane_batches, "_FEWEST", 16)
    leaky, rates = _lanes(200)
    with pytest.raises(ZeroDivisionError):
        bm.simulate(leaky, times=TIMES, parameters=rates, keep="final",
            progress=lambda share: 1 / 0 if share > 0.3 else None,
                    solver=solvers.Native(threads=threads))  # fmt: skip
    chloride = xr.DataArray([20.0] * 150 + [170.0] * 50, dims="Cl", attrs={"units": "mM"})
    with pytest.raises(errors.NoRoom, match=r"position Cl=1[5-9][0-9]"):
        bm.simulate(
            sound(),
            until="1 s",
            parameters={"cell.Cl": chloride},
            solver=solvers.Native(threads=threads),
        )


def test_simulations_may_run_side_by_side():
    """Four Python threads that build and run a new model at once get what one gets."""
    leaky, rates = _lanes(24)
    alone = bm.simulate(leaky, times=TIMES, parameters=rates, keep="final")
    leaky, rates = _lanes(24)
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(
                lambda _: bm.simulate(leaky, times=TIMES, parameters=rates, keep="final"), range(8)
            )
        )
    for each in made:
        assert np.array_equal(each.data.amount.values, alone.data.amount.values)


def test_a_scan_stopped_before_its_first_chunk_has_only_status():
    """Nothing was done: every lane is cancelled, and the run can still be looked at."""
    leaky, rates = _lanes(16)
    task = make_task(leaky, np.array([0.0, 1.0]), parameters=rates)
    seen = []

    def never(*_):
        raise KeyboardInterrupt

    finished = lane_batches.run(task, [slice(0, 8), slice(8, 16)], never, seen.append, task.width)
    assert finished is False
    assert seen == []


def test_the_terminal_is_told_how_far_and_how_long(monkeypatch, capsys):
    """Once two seconds have passed, a line with the share, the rate and the time left; before that,
    nothing.
    """
    leaky, rates = _lanes(64)
    bm.simulate(leaky, times=TIMES, parameters=rates, keep="final", progress=True)
    assert capsys.readouterr().err == ""
    clock = iter(np.arange(0, 1e4, 1.0))
    monkeypatch.setattr(lane_batches.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(lane_batches, "_BUFFER", 1.0)
    monkeypatch.setattr(lane_batches, "_FEWEST", 8)
    bm.simulate(
        leaky,
        times=TIMES,
        parameters=rates,
        keep="final",
        progress=True,
        solver=solvers.Native(threads=1),
    )
    told = capsys.readouterr().err
    assert "100.0 % of 64 sets" in told
    assert "/s, about 0 s left" in told
    assert told.endswith("\n")


# --- files


def test_kept_data_survive_a_file(tmp_path):
    """netCDF gives back every kept number and attribute; a whole scan can be saved and loaded."""
    kept = run(keep=Keep(variables=["amount", "flux"], dtype="float32"))
    path = bm.save(kept, tmp_path / "kept.nc")
    back = bm.open_result(path)
    for name, array in kept.data.items():
        assert back[name].dtype == array.dtype, name
        assert np.array_equal(back[name].values, array.values, equal_nan=array.dtype.kind == "f"), (
            name
        )
        assert {k: str(v) for k, v in array.attrs.items()} == {
            k: str(back[name].attrs[k]) for k in array.attrs
        }
    assert bm.open_run(path).ledger.spent.values == pytest.approx(kept.ledger.spent.values)


def test_a_single_run_that_stops_is_told_whatever_is_kept(tmp_path):
    """With the error that a whole run has; what was kept is on it, and a file keeps the reason."""
    short = solvers.Native(max_steps=3)
    for keep in (None, "final", "all"):
        with pytest.raises(errors.SimulationStopped, match="too many steps") as caught:
            bm.simulate(sound(), until="10 s", solver=short, keep=keep)
        stopped = caught.value.run
        saved = bm.open_run(bm.save(stopped, tmp_path / "run.nc"))
        assert stopped.status.kind is saved.status.kind is Outcome.TOO_MANY_STEPS
        assert "max_steps" in stopped.status.message
        assert saved.status.message == stopped.status.message


def test_a_result_of_which_a_part_was_kept_has_what_a_run_has():
    whole, part = (bm.simulate(sound(), times=TIMES, keep=keep) for keep in ("all", "final"))
    run = bm.simulate(sound(), times=TIMES)
    assert whole.baths == run.baths
    assert whole.status == part.status == run.status
    assert (whole.dims, whole.final("potential")) == ({}, run.final("potential"))
    with pytest.raises(errors.UnknownName, match="keep='all'"):
        part.baths  # noqa: B018


def test_the_lines_of_a_ledger_are_the_mean_of_the_lanes_that_ended():
    rates = xr.DataArray([0.001, 0.1, 0.002], dims="r", attrs={"units": "fmol/s"})
    kept = bm.simulate(uphill(), until="20 s", parameters={"lift.J": rates}, keep="final")
    assert "mean of 2 of 3 lanes" in repr(kept.ledger)
    with pytest.raises(AttributeError, match="keep='all'"):
        kept.ledger.transfers  # noqa: B018
    with pytest.raises(errors.BadSettings, match="double"):
        Keep("all", dtype="float32")


def test_a_mean_does_not_depend_on_how_lanes_lie_in_memory():
    a = np.random.default_rng(0).normal(size=(7, 50, 3)) * 1e3
    t = np.cumsum(np.linspace(0.1, 1, 50))
    whole = REDUCERS["mean"](np.asfortranarray(a), t)
    for k in range(7):
        assert np.array_equal(REDUCERS["mean"](a[k : k + 1], t)[0], whole[k])
    assert np.allclose(whole, np.trapezoid(a, t, axis=1) / (t[-1] - t[0]), rtol=1e-12)
