"""Labels and attributes of a scan come back from files, or are refused before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from contracts.lazy_leak import MODEL

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.solve.storable import check_attributes

DATES = np.array(["2020-01-01", "2020-01-02T12:00"], dtype="M8[ns]")


def scan(coord: Any, *, chunked: bool = False) -> Any:
    out = xr.DataArray([1.0, 2.0], dims="d", coords={"d": coord}, attrs={"units": "mM"})
    out = out.chunk(d=1) if chunked else out
    keep = "all" if chunked else None
    return bm.simulate(MODEL, times=Q([0, 9], "s"), parameters={"bath.S": out}, keep=keep)


@pytest.mark.parametrize("labels", [DATES, DATES - DATES[0]], ids=["dates", "durations"])
def test_dates_are_dates_in_files(labels: Any, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    whole, lazy = scan(labels), scan(labels, chunked=True)
    for found in (
        bm.open_run(bm.save(whole, tmp_path / "d.nc")),
        bm.open_run(bm.save(lazy, tmp_path / "d.zarr")),
    ):
        assert found.data.d.values.tolist() == labels.tolist()
        one = found.sel(d=labels[1])
        assert one.data["bath.S"] == 2.0
        on = bm.simulate(MODEL, times=Q([1], "s"), start=found)
        assert on.data.d.values.tolist() == labels.tolist()
        assert found.data.time.values.tolist() == [0, 9]


SOUND: list[Any] = [
    "text", "", 1, 2.5, np.float32(1), [1, 2], ["x", "long"], (1.5, 2), np.arange(3),
]  # fmt: skip


def test_what_a_file_holds_comes_back(tmp_path: Path) -> None:
    notes = {f"note{k}": value for k, value in enumerate(SOUND)}
    found = bm.open_run(bm.save(scan(("d", [1.0, 2.0], notes)), tmp_path / "n.nc")).data.d
    for name, value in notes.items():
        assert np.asarray(found.attrs[name]).tolist() == np.asarray(value).tolist(), name


@pytest.mark.parametrize(
    "value", [[], 1 + 2j, True, None, ["x", 1], {"a": 1}, np.array(["a"]), 2**70, "a\0b", [[1]]]
)
def test_an_attribute_that_no_file_holds_is_told_at_the_call(value: Any) -> None:
    with pytest.raises(errors.WrongType) as caught:
        scan(("d", [1.0, 2.0], {"note": value}))
    assert caught.value.where == "parameters['bath.S'], coordinate d, attribute 'note'"


@pytest.mark.parametrize(
    "labels", [np.array([b"a", b"b"]), np.array([1, "b"], dtype=object), np.array([1j, 2j])]
)
def test_labels_that_no_file_holds_are_told_at_the_call(labels: Any) -> None:
    with pytest.raises(errors.WrongType, match="coordinate d"):
        scan(labels)


def test_names_by_which_files_code_numbers_are_told() -> None:
    for name in ("_FillValue", "scale_factor", 5, ""):
        with pytest.raises(errors.WrongType):
            check_attributes({name: 1}, "here")
    check_attributes({"units": "mM"}, "here")
    with pytest.raises(errors.WrongType, match="units"):
        check_attributes({"units": "d"}, "here", dates=True)
