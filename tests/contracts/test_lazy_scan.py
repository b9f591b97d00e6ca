"""A lazy scan of a leak, of which everything is known: c(t) = c_out + (c_in − c_out) exp(−P A t/W).

Labels, laziness, packing and errors.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell, membrane, mM
from contracts.lazy_leak import MODEL, TIMES, P, S, now, outside, permeability, run
from mistakes import cycle

import biomembrane as bm
from biomembrane import Keep, Q, errors, solvers
from biomembrane import library as lib
from biomembrane.library import glucose
from biomembrane.results.lazy_scan import Recipe, block
from biomembrane.results.schema import VARIABLES, present

pytest.importorskip("dask")
pytestmark = pytest.mark.filterwarnings("ignore")  # dask warns of itself
OWN = tuple(name for name in present(MODEL, (), {}, False, ()) if name in VARIABLES)
EVERYTHING = Keep(variables=(*OWN, "ledger_dissipation"), ledger="all")


def attributes(array: xr.DataArray) -> dict[str, Any]:
    return {name: np.asarray(value).tolist() for name, value in array.attrs.items()}


def top(data: xr.Dataset) -> xr.DataArray:
    """A reducer with a quantity in it."""
    most = Q(2, "mM")
    return (
        (data.concentration.max("time") / most.magnitude)
        .rename("top")
        .assign_attrs(units=str(most.units))
    )


KEEPS = {
    "everything": None, "final": "final", "names": ["flux", "volume"],
    "reduced": Keep(["amount", "ledger_spent"], reduce=["max", "mean"]),
    "own times": Keep(["potential"], times=Q([5.0, 20.0], "s"), ledger="all"),
    "entries": Keep(["ledger_flow", "ledger_uphill_time"]),
    "single precision": Keep(dtype="float32"), "function": Keep(["concentration"], reduce=top),
}  # fmt: skip


@pytest.mark.parametrize("how", KEEPS)
def test_a_lazy_scan_is_the_scan(how: str) -> None:
    """Numbers, kinds, dimensions in order, labels and attributes, whatever is kept; without
    ``keep`` all variables and all of the books.
    """
    lazy = run(keep=KEEPS[how])
    made, wanted = (
        now(lazy.data),
        run(chunked=False, keep=EVERYTHING if how == "everything" else KEEPS[how]).data,
    )
    assert list(made.data_vars) == list(wanted.data_vars)
    for name, array in wanted.data_vars.items():
        assert (made[name].dims, made[name].dtype) == (array.dims, array.dtype), name
        assert lazy.data[name].dtype == array.dtype, name
        assert attributes(made[name]) == attributes(array), name
        near = 1e-6 if array.dtype == np.float32 else 1e-11
        if not str(name).startswith(("ledger_residual", "least_process")):
            size = float(np.abs(array.astype(float)).max())
            assert made[name].values == pytest.approx(array.values, rel=near, abs=near * size), name
    for name, coord in wanted.coords.items():
        assert made[name].dims == coord.dims, name
        assert (made[name].values.tolist(), attributes(made[name])) == (
            coord.values.tolist(),
            attributes(coord),
        ), name
    assert made.attrs.keys() == wanted.attrs.keys() - {
        "parameters_hash"
    }  # for which the numbers would have to be read
    assert lazy.digest == wanted.attrs["parameters_hash"]
    for name, value in wanted.attrs.items():
        if name not in ("solver_json", "parameters_hash"):
            assert made.attrs[name] == value, name


def test_a_lazy_scan_is_the_closed_form() -> None:
    """Every lane stands at its own permeability and bath, the concentration that is fixed too holds
    in all.
    """
    made = now(run(keep=["concentration", "flux"]).data)
    assert made.concentration.dims == ("time", "pool", "P", "out")
    t, rate, out = (
        TIMES.magnitude[:, None, None],
        P[None, :, None] * 1e3,
        np.array([1.0, 2.0])[None, None, :],
    )
    inside = out + (5 - out) * np.exp(-rate * t)
    assert made.concentration.values[:, 0] == pytest.approx(inside, rel=1e-7)
    assert abs(made.flux.values[:, 0]) == pytest.approx(rate * (inside - out), rel=1e-5, abs=1e-9)
    assert made["S_leak.permeability"].dims == ("P",)
    assert made["S_leak.permeability"].attrs == {
        "units": "cm s-1",
        "long_name": "permeability of S_leak",
    }
    assert made["S_leak.permeability"].values == pytest.approx(P)
    assert made["bath.S"].values.tolist() == [1.0, 2.0]


def test_labels_and_settings_are_known_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Labels, units and attributes need no chunk; the solver is the user's but that dask has the
    threads.
    """
    monkeypatch.setattr(Recipe, "run", lambda *_: pytest.fail("a chunk was run"))
    lazy = run(solver=solvers.Native(rtol=1e-7, atol=1e-2))
    assert lazy.data.pool_species.compute().values.tolist() == ["S"]
    assert lazy.data.transporter.compute().values.tolist() == ["S_leak"]
    assert lazy.data.time.values.tolist() == [0.0, 10.0, 60.0]
    assert lazy.data.P.values.tolist() == [10, 20, 30]
    assert lazy.data.flux.attrs == {
        "units": "fmol s-1",
        "long_name": "flux in the written direction",
    }
    assert (lazy.rtol, lazy.timing, lazy.model, lazy.model_name) == (1e-7, {}, MODEL, "cell")
    assert lazy.recipe.solver == solvers.Native(rtol=1e-7, atol=1e-2, threads=1)
    assert json.loads(lazy.data.attrs["solver_json"]) == {
        "name": "Native",
        "rtol": 1e-7,
        "atol": 1e-2,
        "max_steps": 100000,
        "threads": 0,
    }
    assert run().recipe.solver == solvers.Native(threads=1)
    slow = solvers.SciPy("BDF", rtol=1e-6)
    assert run(solver=slow).recipe.solver is slow
    assert len(lazy.recipe.digest) == 64


def test_chunks_lie_along_the_scan() -> None:
    """Sizes of the chunks along each dimension, in order; what is no dask array is one chunk."""
    lazy = run()
    assert list(lazy.blocks()) == [
        {"P": slice(0, 2), "out": slice(0, 2)},
        {"P": slice(2, 3), "out": slice(0, 2)},
    ]
    assert repr(lazy) == "<Lazy scan of 'cell' in 2 chunks>"
    assert {name: array.chunks for name, array in lazy.scan.data_vars.items()} == {
        "S_leak.permeability": ((2, 1),),
        "bath.S": ((2,),),
    }
    assert lazy.data.flux.chunksizes == {"time": (3,), "process": (1,), "P": (2, 1), "out": (2,)}
    given = {
        "S_leak.permeability": permeability().chunk({"P": 1}),
        "bath.S": outside().chunk({"out": 1}),
    }
    fine = run(parameters=given)
    assert [(at["P"].start, at["out"].start) for at in fine.blocks()] == [
        (p, o) for p in range(3) for o in range(2)
    ]
    both = {
        "S_leak.permeability": permeability().chunk({"P": 2}),
        "cell.S": xr.DataArray([5.0, 6.0, 7.0], dims="P", attrs={"units": "mM"}),
    }
    assert [at["P"] for at in run(parameters=both).blocks()] == [slice(0, 2), slice(2, 3)]


def test_one_chunk_is_laid_out_like_the_whole() -> None:
    """As the writer of a folder asks for it, with the labels of its part of the scan."""
    lazy = run(keep=["concentration"])
    made = block(lazy.scan.isel(P=slice(2, 3)).compute(), lazy.recipe)
    assert made.concentration.dims == ("time", "pool", "P", "out")
    assert made.status.dims == ("P", "out")
    assert made.P.values.tolist() == [30]
    assert made.pool_species.values.tolist() == ["S"]
    whole = now(lazy.data)
    assert made.concentration.values == pytest.approx(
        whole.concentration.isel(P=[2]).values, rel=1e-12
    )


def test_the_solver_travels_too() -> None:
    """Its own tolerance makes the numbers of every chunk."""
    loose, fine = solvers.Native(rtol=1e-3), solvers.Native(rtol=1e-9)
    made = now(run(solver=loose, keep=["amount"]).data).amount.values
    assert made == pytest.approx(
        run(chunked=False, solver=loose, keep=["amount"]).data.amount.values, rel=1e-12
    )
    assert abs(made - now(run(solver=fine, keep=["amount"]).data).amount.values).max() > 1e-7


def test_starts_and_protocols_travel_too() -> None:
    """Shares of carrier states and a bath that changes in time, in the chunk."""
    on = membrane(
        bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 1})),
        bm.Reservoir("bath", mM({glucose: 5})),
    )
    model = bm.Model("carried", [cycle(on=on)])
    density = xr.DataArray([50.0, 200.0], dims="N", attrs={"units": "1/um^2"})
    step = bm.Protocol.steps(Q(5, "mM"), (Q(0.5, "s"), Q(8, "mM")))
    how = {
        "times": Q([0, 1], "s"),
        "start": {"GLUT.O": 1},
        "keep": Keep(["amount", "ledger_exergy"]),
    }
    made, wanted = (
        bm.simulate(model, parameters={"GLUT.density": array, "bath.glucose": step}, **how).data
        for array in (density.chunk(), density)
    )
    made = now(made)
    assert made.amount.sel(pool="GLUT.I", time=0).values.tolist() == [0.0, 0.0]
    assert made.amount.values[0] == pytest.approx(wanted.amount.values[0], rel=1e-12)
    for name in ("amount", "ledger_exergy", "ledger_imposed"):
        assert made[name].values == pytest.approx(wanted[name].values, rel=1e-9, abs=1e-12)


def _step(value: Any) -> Any:
    return bm.Protocol.steps(Q(1, "mM"), (Q(30, "s"), value))


@pytest.mark.parametrize("declared", [0.0, 1.0])
def test_a_bath_at_nothing_is_told_by_the_lanes(declared: float, tmp_path: Path) -> None:
    """Whatever the model declares: kept, lazy and saved agree, and so does each lane."""
    pytest.importorskip("zarr")
    own = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: declared})

    def raised(run: Any) -> list[bool]:
        found = []
        for each in (run, run.isel(out=0), run.isel(out=1)):
            try:
                each.ledger.check()
                found.append(False)
            except errors.BoundlessEnergy:
                found.append(True)
        return found

    for levels in ([0.0, 5.0], [3.0, 5.0]):
        out = xr.DataArray(levels, dims="out", attrs={"units": "mM"})
        zero = 0.0 in levels
        for value in (out, out.chunk(), *([_step(out.chunk())] if declared else [])):
            given = {"bath.S": value}
            run = bm.simulate(own, times=Q([0, 60], "s"), parameters=given, keep="final")
            assert raised(run) == [zero, zero, False], value
        run = bm.simulate(own, times=Q([0, 60], "s"), parameters={"bath.S": out.chunk()})
        saved = bm.open_run(bm.save(run, tmp_path / f"{zero}.zarr"))
        assert raised(saved) == [zero, zero, False]


def test_a_scan_goes_on_in_chunks_as_it_does_in_memory(tmp_path: Path) -> None:
    """Each lane from its own; with the parameters of the first scan, and others over its lanes."""
    pytest.importorskip("zarr")
    first = run(chunked=False)
    more = xr.DataArray([2e-4, 1e-4, 3e-4], dims="P", attrs={"units": "cm/s"})
    more = more.assign_coords(P=permeability().P)

    def onward(how: xr.DataArray, start: Any) -> Any:
        given = {"S_leak.permeability": how, "bath.S": outside()}
        return bm.simulate(MODEL, times=TIMES, parameters=given, start=start, keep="all")

    whole = onward(more, first).data
    lazy = onward(more.chunk(P=2), first)
    found = bm.open_result(bm.save(lazy, tmp_path / "scan.zarr")).drop_vars("chunk_done")
    saved = bm.open_run(bm.save(first, tmp_path / "first.nc"))
    for made in (now(lazy.data), found.compute(), now(onward(more.chunk(P=2), saved).data)):
        xr.testing.assert_equal(made[list(whole.data_vars)], whole)
    one = onward(more.chunk(P=2), first.isel(P=1, out=1))
    assert now(one.data).amount.isel(time=0).values == pytest.approx(
        first.data.amount.isel(time=-1, P=1, out=1).values[0]
    )
    with pytest.raises(errors.BadSettings, match="same dimensions"):
        onward(xr.DataArray([1e-4], dims="Q", attrs={"units": "cm/s"}).chunk(), first)
