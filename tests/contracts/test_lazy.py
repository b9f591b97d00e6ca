"""Lazy scans: any dask scheduler gives what one process gives; a killed worker loses one chunk, a
second call computes what is missing.
"""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.results.lazy_scan import Recipe

pytest.importorskip("dask")
pytest.importorskip("zarr")
pytestmark = pytest.mark.filterwarnings("ignore")  # dask, zarr and their servers warn of themselves

UNTIL = "20 s"


def density(size: int) -> xr.DataArray:
    return xr.DataArray(np.linspace(2e3, 2e4, size), dims="N", attrs={"units": "1/um^2"})


def potassium() -> xr.DataArray:
    return xr.DataArray(
        [3.0, 5.0, 8.0], dims="K_o", coords={"K_o": [3.0, 5.0, 8.0]}, attrs={"units": "mM"}
    )


def scan(size: int, chunk: int, **more: Any) -> Any:
    parameters = {"SGLT1.density": density(size).chunk({"N": chunk}), "blood.K": potassium()}
    return bm.simulate(
        bm.load("enterocyte"),
        until=UNTIL,
        parameters=parameters,
        keep=bm.Keep(["potential", "amount"], times="final"),
        **more,
    )


def eager(size: int) -> xr.Dataset:
    parameters = {"SGLT1.density": density(size), "blood.K": potassium()}
    return bm.simulate(
        bm.load("enterocyte"),
        until=UNTIL,
        parameters=parameters,
        keep=bm.Keep(["potential", "amount"], times="final"),
    ).data


def same(one: xr.Dataset, other: xr.Dataset) -> None:
    """Every variable alike to 1e-12 of its size: chunks of two lanes run on narrower vectors."""
    for name, array in one.data_vars.items():
        got = other[name].transpose(*array.dims).values
        if name == "least_process":
            continue
        scale = np.nanmax(np.abs(array.values.astype(float)), initial=1e-30)
        assert np.allclose(got, array.values, rtol=1e-12, atol=1e-12 * scale, equal_nan=True), name


def test_nothing_runs_until_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The result is dask-backed; a part of it runs the chunks that it needs, and agrees with the
    whole.
    """
    lazy = scan(7, 3)
    calls: list[int] = []
    run = Recipe.run
    monkeypatch.setattr(
        Recipe, "run", lambda self, part: calls.append(part.sizes["N"]) or run(self, part)
    )
    assert not calls
    assert all(v.chunks for v in lazy.data.data_vars.values())
    part = lazy.data.isel(N=slice(0, 3)).compute(scheduler="synchronous")
    assert calls == [3]
    whole = eager(7)
    same(whole.isel(N=slice(0, 3)), part)
    same(whole, lazy.data.compute())
    assert "3 chunks" in repr(lazy)


def test_zarr_holds_the_scan_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk that raises leaves the others written; the second call runs that one only, the third
    none; the books are there.
    """
    lazy, target = scan(8, 2), tmp_path / "scan.zarr"
    calls: list[float] = []
    run = Recipe.run

    def faulty(self: Recipe, part: xr.Dataset) -> xr.Dataset:
        calls.append(float(part["SGLT1.density"][0]))
        if len(calls) == 2:
            raise errors.BadSettings(where="chunk", wanted="luck", got="none", advice="again")
        return run(self, part)

    monkeypatch.setattr(Recipe, "run", faulty)
    import dask

    with dask.config.set(scheduler="synchronous"):
        with pytest.raises(errors.BadSettings):
            bm.save(lazy, target)
        assert len(calls) == 4
        assert int(bm.open_result(target).chunk_done.sum()) == 3
        bm.save(lazy, target)
        assert len(calls) == 5
        bm.save(lazy, target)
        assert len(calls) == 5
    found = bm.open_result(target).compute()
    same(eager(8), found)
    assert found.ledger_residual_relative.max() < 1e-8
    assert found.attrs["model_hash"] == bm.load("enterocyte").hash


def test_a_folder_of_another_scan_is_left_alone(tmp_path: Path) -> None:
    """Other numbers, or something that is no scan: CorruptFile, and nothing is written."""
    target = tmp_path / "scan.zarr"
    bm.save(scan(2, 1), target)
    with pytest.raises(errors.CorruptFile, match="fingerprint"):
        bm.save(scan(3, 1), target)
    (tmp_path / "other.zarr").mkdir()
    with pytest.raises(errors.CorruptFile, match="another name"):
        bm.save(scan(2, 1), tmp_path / "other.zarr")
    with pytest.raises(errors.UnknownSuffix, match=r"\.zarr"):
        bm.save(scan(2, 1), tmp_path / "scan.nc")


def test_a_dask_array_needs_a_unit() -> None:
    """At the call, not in a worker."""
    with pytest.raises(errors.BareNumber) as caught:
        bm.simulate(
            bm.load("enterocyte"),
            until=UNTIL,
            parameters={"SGLT1.density": density(3).chunk().drop_attrs()},
        )
    error = caught.value
    assert (error.where, error.wanted) == (
        "parameters['SGLT1.density']",
        "attrs={'units': …} on the DataArray",
    )
    assert (error.got, error.advice) == ("no units", "attrs={'units': '1 / micrometer ** 2'}")


class Deadly:
    """A reducer that notes each chunk and kills the first process but this one that it runs in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, os.getpid()

    def __call__(self, data: xr.Dataset) -> xr.Dataset:
        chunk = f"{float(data.ledger_spent.values[0, -1]):.12g}"
        (self.folder / f"{chunk} {os.getpid()}").touch()
        if os.getpid() != self.home:
            try:
                (self.folder.parent / "killed").open("x").write(chunk)
            except FileExistsError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return data[["potential"]].isel(time=-1, drop=True)


def test_a_killed_worker_loses_one_chunk(tmp_path: Path) -> None:
    """Two worker processes, one of them killed in the middle of a chunk: the scan is whole, and
    only that chunk ran twice.
    """
    distributed = pytest.importorskip("distributed")
    import dask

    noted = tmp_path / "runs"
    noted.mkdir()
    parameters = {"SGLT1.density": density(12).chunk({"N": 2})}
    keep = bm.Keep(["potential"], reduce=Deadly(noted))
    times = Q([10.0, 20.0], "s")
    with contextlib.ExitStack() as stack:
        stack.enter_context(
            dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
        )
        forks = distributed.utils.get_mp_context()  # three processes that load once what they need
        forks.set_forkserver_preload(["distributed", "zarr", "biomembrane.results.lazy_scan"])
        cluster = distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=50,
        )
        stack.enter_context(stack.enter_context(cluster).get_client())
        lazy = bm.simulate(bm.load("enterocyte"), times=times, parameters=parameters, keep=keep)
        target = bm.save(lazy, tmp_path / "scan.zarr")
    found = bm.open_result(target).compute()
    whole = bm.simulate(
        bm.load("enterocyte"),
        times=times,
        parameters={"SGLT1.density": density(12)},
        keep=bm.Keep(["potential"], times="final"),
    )
    wanted = whole.data.potential.isel(time=0).transpose("membrane", "N").values
    assert found.potential.transpose("membrane", "N").values == pytest.approx(wanted)
    assert int(found.chunk_done.sum()) == 6
    runs = [p.name.split()[0] for p in noted.iterdir() if p.name.split()[1] != str(os.getpid())]
    assert {chunk for chunk in runs if runs.count(chunk) > 1} <= {(tmp_path / "killed").read_text()}
    assert len(set(runs)) == 6
