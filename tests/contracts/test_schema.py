"""One schema: a scan run at once, kept, lazy in chunks or read back from a file has the same names,
dimensions, kinds of numbers, labels and values.

The scans are random: dimensions in any order, chunks of any shape, parameters that share
dimensions, labels of text, labels beside the dimensions.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from builders import cell
from hypothesis import given, settings

import biomembrane as bm
from biomembrane import Keep, Q
from biomembrane import library as lib

S = bm.Species("S")
MODEL = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})
KEPT = Keep(["concentration", "flux"], ledger="all")
RANGES = {
    "bath.S": ("mM", 1.0, 9.0),
    "cell.S": ("uM", 500.0, 9000.0),
    "S_leak.permeability": ("cm/s", 1e-5, 1e-3),
}
LABELS = {
    "none": lambda _: None, "numbers": lambda n: np.arange(n)[::-1] * 10.0,
    "text": lambda n: np.array([f"run {k}" for k in range(n)]),
    "whole": lambda n: np.arange(n) + 3,
}  # fmt: skip


@st.composite
def scans(draw: Any) -> tuple[dict[str, xr.DataArray], dict[str, int]]:
    """Parameters over some of up to three dimensions, and the sizes of chunks."""
    sizes = draw(
        st.permutations([("a", draw(st.integers(1, 3))), ("b", draw(st.integers(2, 3))), ("c", 2)])
    )
    labels = {dim: LABELS[draw(st.sampled_from(sorted(LABELS)))](n) for dim, n in sizes}
    names = draw(st.permutations(sorted(RANGES)))[: draw(st.integers(1, 3))]
    rng, made = np.random.default_rng(draw(st.integers(0, 99))), {}
    for name in names:
        dims = draw(st.permutations([d for d, _ in sizes]))[: draw(st.integers(1, 2))]
        unit, low, high = RANGES[name]
        coords = {d: labels[d] for d in draw(st.permutations(dims)) if labels[d] is not None}
        if draw(st.booleans()):
            coords |= {"batch": 7, "note": "pilot"}
        if draw(st.booleans()):
            coords[f"day_of_{dims[0]}"] = (
                dims[0],
                np.arange(dict(sizes)[dims[0]]) + 0.5,
                {"units": "d"},
            )
        shape = [dict(sizes)[d] for d in dims]
        made[name] = xr.DataArray(
            rng.uniform(low, high, shape), dims=dims, coords=coords, attrs={"units": unit}
        )
    return made, {d: draw(st.integers(1, n)) for d, n in sizes}


def run(parameters: dict[str, Any], **more: Any) -> Any:
    return bm.simulate(MODEL, times=Q([2.0, 5.0, 30.0], "s"), parameters=parameters, **more)


def chunked(parameters: dict[str, xr.DataArray], chunks: dict[str, int]) -> dict[str, xr.DataArray]:
    return {
        name: array.chunk({d: chunks[d] for d in array.dims}) for name, array in parameters.items()
    }


def alike(one: xr.Dataset, other: xr.Dataset, near: float = 0.0, *, kinds: bool = True) -> None:
    """Everything of the first is in the other, and the same."""
    assert set(map(str, one.coords)) <= set(map(str, other.coords))
    for name, array in one.variables.items():
        found = other.variables[name]
        assert found.dims == array.dims, name
        sizes = [a.dtype.itemsize if array.dtype.kind != "U" else 0 for a in (found, array)]
        same = found.dtype.kind == array.dtype.kind and sizes[0] == sizes[1]
        assert not kinds or same, name
        assert {k: np.asarray(v).tolist() for k, v in found.attrs.items()} == {
            k: np.asarray(v).tolist() for k, v in array.attrs.items()
        }, name
        if array.dtype.kind == "f" and near:
            assert found.values == pytest.approx(array.values, rel=near, abs=near, nan_ok=True), (
                name
            )
        else:
            assert np.array_equal(found.values, array.values, equal_nan=array.dtype.kind == "f"), (
                name
            )


@settings(max_examples=6, deadline=None)
@given(scan=scans())
def test_eager_kept_and_lazy_are_one(scan: Any) -> None:
    """To the bit, whatever the chunks: a chunk of one lane is computed like a thousand."""
    pytest.importorskip("dask")
    parameters, chunks = scan
    whole, kept = run(parameters), run(parameters, keep=KEPT)
    assert list(whole.data.status.dims) == list(
        dict.fromkeys(d for a in parameters.values() for d in a.dims)
    )
    for name in ("concentration", "flux", "status", "culprit", "end"):
        alike(whole.data[name].to_dataset(name=name), kept.data)
    shared = {k: v for k, v in kept.data.attrs.items() if k in whole.data.attrs}
    assert shared == dict(whole.data.attrs)
    lazy = run(chunked(parameters, chunks), keep=KEPT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = lazy.data.compute(scheduler="synchronous")
    alike(kept.data, made)
    alike(made, kept.data)
    assert lazy.digest == kept.data.attrs["parameters_hash"]
    assert {k: v for k, v in made.attrs.items() if k != "solver_json"} == {
        k: v for k, v in kept.data.attrs.items() if k not in ("solver_json", "parameters_hash")
    }


@settings(max_examples=3, deadline=None)
@given(scan=scans())
def test_each_lane_stands_under_its_label(scan: Any) -> None:
    """A lane taken out says what it was run with, and a run with these numbers alone is that lane,
    to 1e-12.
    """
    parameters, _ = scan
    whole = run(parameters)
    shape = whole.trajectory.dims
    at = {d: int(n) - 1 for d, n in shape.items()}
    lane = whole.isel(**at)
    fixed = {name: Q(float(lane.data[name]), lane.data[name].attrs["units"]) for name in parameters}
    for name, array in parameters.items():
        unit, *_ = RANGES[name]
        assert fixed[name].to(unit).magnitude == pytest.approx(
            float(array.isel({d: at[d] for d in array.dims})), rel=1e-14
        )
    alone = run(fixed)
    assert lane.data.amount.values == pytest.approx(alone.data.amount.values, rel=1e-12)
    assert set(alone.data.coords) <= set(lane.data.coords)
    labelled = {d: whole.data[d].values[at[d]] for d in shape if d in whole.data.coords}
    if len(labelled) == len(shape):
        assert whole.sel(**labelled).data.identical(lane.data)


@settings(max_examples=2, deadline=None)
@given(scan=scans(), data=st.data())
def test_what_is_saved_is_what_was_run(
    scan: Any, data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A run and what was kept as netCDF, a lazy scan as zarr: read back they are the same; a lane
    of the file is the lane of the run.
    """
    parameters, chunks = scan
    folder: Path = tmp_path_factory.mktemp("schema")
    whole = run(parameters)
    bm.save(whole, folder / "run.nc")
    back = bm.open_run(folder / "run.nc")
    alike(whole.data, back.data)
    assert str(back.ledger) == str(whole.ledger)
    at = {d: data.draw(st.integers(0, int(n) - 1)) for d, n in whole.trajectory.dims.items()}
    alike(whole.isel(**at).data.drop_attrs(deep=False), back.isel(**at).data)
    assert back.isel(**at).ledger.flows() == whole.isel(**at).ledger.flows()
    pytest.importorskip("zarr")
    kept = run(parameters, keep=KEPT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bm.save(run(chunked(parameters, chunks), keep=KEPT), folder / "scan.zarr")
        read = bm.open_result(folder / "scan.zarr").compute(scheduler="synchronous")
    alike(kept.data, read)
    assert read.attrs["parameters_hash"] == kept.data.attrs["parameters_hash"]
