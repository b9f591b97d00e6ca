"""A lazy scan of a leak, of which everything is known: c(t) = c_out + (c_in − c_out) exp(−P A t/W).

Labels, laziness, packing and errors.
"""

from __future__ import annotations

import json
import multiprocessing
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pint
import pytest
import xarray as xr
from builders import cell, membrane, mM
from mistakes import cycle, sound

import biomembrane as bm
from biomembrane import Keep, Q, errors, solvers, units
from biomembrane import library as lib
from biomembrane.library import glucose
from biomembrane.results.lazy_scan import Recipe, _fixed_digest, _pickled, block
from biomembrane.results.variables import VARIABLES
from biomembrane.solve.task import make_task

pytest.importorskip("dask")
pytestmark = pytest.mark.filterwarnings("ignore")  # dask warns of itself

S = bm.Species("S")
TIMES = Q([0.0, 10.0, 60.0], "s")
P = np.array([1.0, 2.0, 3.0]) * 1e-4
MODEL = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})
OWN = tuple(name for name in VARIABLES if name != "auxiliary")  # of which this model has none
EVERYTHING = Keep(variables=(*OWN, "ledger_dissipation"), ledger="all")


def permeability() -> xr.DataArray:
    return xr.DataArray(
        P,
        dims="P",
        coords={"P": ("P", [10, 20, 30], {"units": "1e-5 cm/s"})},
        attrs={"units": "cm/s"},
    )


def outside() -> xr.DataArray:
    return xr.DataArray([1.0, 2.0], dims="out", coords={"out": [1.0, 2.0]}, attrs={"units": "mM"})


def run(*, chunked: bool = True, **more: Any) -> Any:
    """Two chunks along P, one along the bath; the inside is fixed in a unit of the user's own."""
    first = permeability().chunk({"P": 2}) if chunked else permeability()
    given = {"S_leak.permeability": first, "bath.S": outside(), "cell.S": Q(5000, "uM")}
    return bm.simulate(MODEL, **{"times": TIMES, "parameters": given, **more})


def now(data: xr.Dataset) -> xr.Dataset:
    return data.compute(scheduler="synchronous")


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
        "threads": 1,
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


STEP = bm.Protocol.steps(Q(1, "mM"), (Q(5, "s"), Q(2, "mM")))
FALLS = bm.Protocol.function(lambda t, a, tau: a / (1 + t / tau), a=Q(1, "mM"), tau=Q(1, "s"))
LATER = bm.Protocol.steps(Q(1, "mM"), (Q(6, "s"), Q(2, "mM")))


def test_a_folder_of_a_scan_that_differs_in_what_is_fixed_is_left_alone(tmp_path: Path) -> None:
    """Whatever changes the numbers makes another scan, which does not go on in the folder of the
    first.
    """
    pytest.importorskip("zarr")
    area = xr.DataArray([100.0], dims="A", attrs={"units": "um^2"})
    given = {"S_leak.permeability": permeability().chunk(), "membrane.area": area}
    how = {"times": TIMES, "keep": Keep(["amount"], times="final")}
    folder = bm.save(bm.simulate(MODEL, parameters=given, **how), tmp_path / "scan.zarr")
    for other in ({"parameters": given | {"cell.S": Q(6, "mM")}}, {"times": Q([0, 9], "s")}):
        with pytest.raises(errors.CorruptFile, match="a scan with fingerprint"):
            bm.save(bm.simulate(MODEL, **{"parameters": given, **how, **other}), folder)


def test_what_is_fixed_is_told_by_its_numbers() -> None:
    """The same numbers in other units are the same; values, breaks and starts tell scans apart."""
    bath = [Q(1, "mM"), Q(1000, "uM"), Q(2, "mM"), STEP, LATER, FALLS]
    one, same, *others = (
        _fixed_digest(make_task(MODEL, TIMES.magnitude, parameters={"bath.S": each}), Keep())
        for each in bath
    )
    begun = [
        _fixed_digest(
            make_task(MODEL, TIMES.magnitude, start=bm.simulate(MODEL, times=Q([0, end], "s"))),
            Keep(),
        )
        for end in (7, 8)
    ]
    carried = bm.Model("carried", [cycle()])
    shares = [
        _fixed_digest(make_task(carried, TIMES.magnitude, start=start), Keep())
        for start in (None, {"GLUT.O": 1}, {"GLUT.O": 0.5, "GLUT.I": 0.5}, {"GLUT.I": 1})
    ]
    assert one == same
    assert len({one, *others, *begun, *shares}) == 11


def test_scans_with_other_reducers_are_told_apart_by_what_these_do() -> None:
    def name(reducer: Any) -> str:
        return _fixed_digest(
            make_task(MODEL, TIMES.magnitude), Keep(["concentration"], reduce=reducer)
        )

    def highest(data: Any) -> Any:
        return data.concentration.max("time")

    same, other, within = (
        (lambda data: data.concentration.max("time")),
        (lambda data: data.concentration.min("time")),
        (lambda data: data.map(lambda x: x.max("time"))),
    )
    assert name(highest) == name(same)
    assert (
        len(
            {
                name(same),
                name(other),
                name(within),
                name(["max"]),
                name(lambda data: data.concentration.isel(time=5)),
            }
        )
        == 5
    )


def test_a_recipe_travels_without_its_functions() -> None:
    """Plain pickle takes it, whatever the reducer is; the function is in its payload."""
    recipe = pickle.loads(
        pickle.dumps(
            run(
                keep=Keep(["concentration"], reduce=lambda data: data.concentration.max("time"))
            ).recipe
        )
    )
    assert recipe.keep == Keep(["concentration"])
    assert callable(recipe.unpacked()[3])


def test_a_recipe_is_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept on the recipe, which it goes with; in a worker, where each task brings a recipe of its
    own, on the process, for two scans in turn.
    """
    one, two, three = (
        run(keep=Keep(["concentration"], reduce=[how])).recipe for how in ("max", "min", "mean")
    )
    assert one.unpacked() is one.unpacked()
    again = pickle.loads(pickle.dumps(one))
    assert again.unpacked() is not one.unpacked()
    assert "_held" in vars(one)
    worker = type("Worker", (), {})()
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: worker)
    monkeypatch.setattr(multiprocessing, "current_process", lambda: worker)
    first = one.unpacked()
    assert two.unpacked() is two.unpacked()
    assert pickle.loads(pickle.dumps(one)).unpacked() is first
    three.unpacked()
    assert one.unpacked() is not first


def test_quantities_stay_in_the_registry_on_their_way() -> None:
    """A quantity in a function or a protocol can be added to another where it arrives; functions
    and classes come whole.
    """
    cloudpickle = pytest.importorskip("cloudpickle")
    most = Q([1.5, 2.5], "mM")
    back, double, kind = cloudpickle.loads(_pickled((most, lambda x: 2 * x + most, pint.Quantity)))
    assert units.is_quantity(back)
    assert (back + Q(1, "mM")).magnitude.tolist() == [2.5, 3.5]
    assert double(Q(1, "mM")).magnitude.tolist() == [3.5, 4.5]
    assert str(back.units) == "millimolar"
    assert kind is pint.Quantity


# --- what is wrong


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"bath.K": xr.DataArray([4.0], dims="K", attrs={"units": "mM"}).chunk()}
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(errors.NeedsExtra) as caught:
        bm.simulate(sound(), until="1 s", parameters=given)
    error = caught.value
    assert (error.where, error.wanted, error.advice) == (
        "dask-backed parameters",
        "dask and cloudpickle",
        "pip install 'biomembrane[sweep]'",
    )
    assert "cloudpickle" in error.got
    assert error.__suppress_context__


def test_mistakes_are_told_at_the_call_or_when_their_chunk_runs() -> None:
    """A name, a unit or none at the call; a number that cannot be when its chunk runs, and in no
    other.
    """
    with pytest.raises(errors.UnknownName, match=r"bath\.S"):
        run(parameters={"bath.s": outside().chunk()})
    with pytest.raises(errors.UnknownName, match=r"bath\.S"):
        run(
            parameters={
                "bath.s": outside().drop_attrs(),
                "S_leak.permeability": permeability().chunk(),
            }
        )
    with pytest.raises(errors.UnitMismatch, match=r"cell\.S"):
        run(parameters={"bath.S": outside().chunk(), "cell.S": Q(5, "mV")})
    with pytest.raises(errors.BareNumber) as caught:
        run(parameters={"bath.S": outside().chunk().drop_attrs()})
    assert (caught.value.where, caught.value.wanted) == (
        "parameters['bath.S']",
        "attrs={'units': …} on the DataArray",
    )
    assert (caught.value.got, caught.value.advice) == ("no units", "attrs={'units': 'millimolar'}")
    bad = outside().copy(data=[1.0, -2.0]).chunk({"out": 1})
    lazy = run(parameters={"bath.S": bad}, keep="final")
    assert float(now(lazy.data.isel(out=[0])).amount[0, 0, 0]) > 1
    with pytest.raises(errors.OutOfDomain):
        now(lazy.data)
