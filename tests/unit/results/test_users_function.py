"""A function of the user's is called on one part of a scan after another: what it gives lands under
the right lanes, is the same in every part, and is not cut.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from contracts.lazy_leak import MODEL

import biomembrane as bm
from biomembrane import Keep, Q, errors
from biomembrane.results.users_function import Layout, agreed
from biomembrane.solve import lane_batches

OUT = xr.DataArray(np.arange(1.0, 9.0), dims="out", attrs={"units": "mM"})


def run(function: Any, out: xr.DataArray = OUT) -> Any:
    return bm.simulate(
        MODEL,
        times=Q([0, 60], "s"),
        parameters={"bath.S": out},
        keep=Keep(["concentration"], reduce=function),
    )


def last(data: xr.Dataset) -> xr.DataArray:
    return data.concentration.isel(time=-1, pool=0, drop=True).rename("last")


@pytest.fixture(params=["memory", "dask"])
def scanned(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a function over lanes in parts of four."""
    parts = [slice(0, 4), slice(4, 8)]
    if request.param == "memory":
        monkeypatch.setattr(lane_batches, "chunks", lambda *_: parts)
        return lambda function: run(function).data
    return lambda function: run(function, OUT.chunk(out=4)).data.compute(scheduler="sync")


def test_lanes_keep_their_labels_in_whatever_order_they_come(scanned: Any) -> None:
    right = scanned(last).last.values
    turned = scanned(lambda d: last(d).sortby("lane", ascending=False)).last.values
    bare = scanned(lambda d: last(d).drop_vars("lane")).last.values
    assert (np.diff(right) > 0).all()
    assert turned.tolist() == bare.tolist() == right.tolist()
    with pytest.raises(errors.BadSettings, match="own label"):
        scanned(lambda d: last(d).assign_coords(lane=d.lane + 1))


def test_text_is_not_cut_and_integers_stay(scanned: Any) -> None:
    def words(data: xr.Dataset) -> xr.Dataset:
        level = data["bath.S"].values
        text = ["low" if x < 5 else "depolarised" for x in level]
        return xr.Dataset({"what": ("lane", text), "n": ("lane", level.astype(np.int8))})

    made = scanned(words)
    assert made.what.values.astype(str).tolist() == ["low"] * 4 + ["depolarised"] * 4
    assert made["n"].values.tolist() == list(range(1, 9))


@pytest.mark.parametrize(
    ("name", "told"),
    [("more", "'more' from some"), ("kind", "integers"), ("size", "bin: 3"), ("labels", "bin")],
)
def test_parts_that_give_different_things_are_refused(scanned: Any, name: str, told: str) -> None:
    def uneven(data: xr.Dataset) -> xr.Dataset:
        many = float(data["bath.S"][0]) > 4
        made = xr.Dataset({"V": last(data)})
        if name == "more" and many:
            made["more"] = made.V
        if name == "kind" and many:
            made["V"] = made.V.astype(int)
        if name == "size":
            made = made.expand_dims(bin=2 + many)
        if name == "labels":
            made = made.expand_dims(bin=[1.0, 2.0 + many])
        return made

    with pytest.raises(errors.BadSettings, match="every part of a scan") as caught:
        scanned(uneven)
    assert told in caught.value.got


def test_units_last_as_long_as_the_numbers_are_those_that_have_them() -> None:
    """xarray keeps them under arithmetic; what the function itself says stands."""

    def made(data: xr.Dataset) -> xr.Dataset:
        c = data.concentration.isel(pool=0, drop=True)
        return xr.Dataset(
            {
                "top": c.max("time"),
                "ratio": c.max("time") / c.min("time"),
                "count": (c > 2).sum("time"),
                "mean": c.mean("time").assign_attrs(units="mM"),
                "given": data["bath.S"].drop_vars("bath.S"),
            }
        )

    data = run(made).data
    units = {name: data[name].attrs.get("units") for name in ("top", "ratio", "count", "mean")}
    assert units == {"top": "mM", "ratio": None, "count": None, "mean": "mM"}
    assert data.given.values.tolist() == OUT.values.tolist()
    assert data.given.attrs["units"] == "mM"


@pytest.mark.parametrize(
    ("change", "kind", "told"),
    [
        (lambda v: v.rename("bath.S"), errors.BadName, "the result's own bath.S"),
        (lambda v: v.rename("state_end"), errors.BadName, "the result's own state_end"),
        (lambda v: v.rename("chunk_done"), errors.BadName, "the result's own chunk_done"),
        (lambda v: v.rename("pool_kind"), errors.BadName, "the result's own pool_kind"),
        (lambda v: v.rename("a/b"), errors.BadName, "'a/b'"),
        (lambda v: v.rename(5), errors.BadName, "5"),
        (
            lambda v: v.drop_vars("out").expand_dims({"out": 3}),
            errors.BadName,
            "the result's own out",
        ),
        (lambda v: v.expand_dims({5: 3}), errors.BadName, "5"),
        (lambda v: v.expand_dims({"time": 3}), errors.BadSettings, "3 of them"),
        (lambda v: v.expand_dims({"pool": ["x"]}), errors.BadSettings, "another order"),
        (lambda v: v.expand_dims({"last": 3}).drop_vars("lane"), errors.BadName, "own last"),
        (lambda v: v * 1j, errors.WrongType, "complex128"),
        (lambda v: v.astype(object), errors.WrongType, "object"),
        (lambda v: xr.Dataset({"v": v, "one": 1.0}), errors.WrongType, "lanes alone"),
    ],
)
def test_what_no_result_can_hold_is_told(change: Any, kind: Any, told: str) -> None:
    with pytest.raises(kind) as caught:
        run(lambda data: change(last(data)))
    assert told in caught.value.got
    assert "Keep(reduce=…)" in caught.value.where


def test_a_scan_with_text_is_read_back_from_both_kinds_of_files(tmp_path: Path) -> None:
    pytest.importorskip("zarr")

    def words(data: xr.Dataset) -> xr.DataArray:
        text = ["low" if x < 5 else "depolarised" for x in data["bath.S"].values]
        return xr.DataArray(text, dims="lane", name="what")

    for out, name in ((OUT, "scan.nc"), (OUT.chunk(out=4), "scan.zarr")):
        found = bm.open_run(bm.save(run(words, out), tmp_path / name)).data.compute().what
        assert found.values.tolist() == ["low"] * 4 + ["depolarised"] * 4


def test_only_attributes_of_all_parts_stay() -> None:
    one, two = (
        {"V": Layout({}, {}, "f", {"units": "mV", "long_name": name})} for name in ("a", "b")
    )
    assert agreed(one, two)["V"].attributes == {"units": "mV"}
