"""netCDF files from anyone: refused by their headers, read whole or not at all."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr
from contracts.files.untrusted import Bomb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import errors

# --- netCDF


def opened(saved: Path, tmp_path: Path, change: Callable[[h5py.File], None]) -> Any:
    """The run after a change to its file."""
    path = shutil.copy(saved / "run.nc", tmp_path / "run.nc")
    with h5py.File(path, "r+") as file:
        change(file)
    return bm.open_result(path)


def external(file: h5py.File) -> None:
    file["passwd"] = h5py.ExternalLink("/etc/hostname", "/x")


def soft(file: h5py.File) -> None:
    file["other"] = h5py.SoftLink("/amount")


def outside(file: h5py.File) -> None:
    file.create_dataset("raw", (4,), dtype="i1", external=[("/etc/hostname", 0, 4)])


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4,), dtype="f8")
    layout[:] = h5py.VirtualSource("other.h5", "x", (4,))
    file.create_virtual_dataset("virtual", layout)


def foreign(file: h5py.File) -> None:
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((4,))
    made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
    h5py.h5d.create(
        file.id, b"zipped", h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple((4,)), dcpl=made
    )


def claims(file: h5py.File) -> None:
    file.create_dataset("vast", (10**11,), dtype="f8", chunks=(10**6,), compression="gzip")


def compound(file: h5py.File) -> None:
    file["pair"] = np.zeros(3, dtype=[("a", "f8"), ("b", "f8")])


def opaque(file: h5py.File) -> None:
    file.attrs["thing"] = np.void(pickle.dumps(Bomb(Path("witness"))))


def group(file: h5py.File) -> None:
    file.create_group("inner")


def broken(file: h5py.File) -> None:
    file.attrs["flows_json"] = "[[1, 2"


def rows(file: h5py.File) -> None:
    file.attrs["flows_json"] = '[["a", "b"]]'


def title(file: h5py.File) -> None:
    file.attrs["title"] = 5.0


def nested(file: h5py.File) -> None:
    file.attrs["labels_json"] = "[" * 20000


def scale(file: h5py.File) -> None:
    file["amount"].attrs["scale_factor"] = "a text"


CHANGES = [
    external,
    soft,
    outside,
    virtual,
    foreign,
    claims,
    compound,
    opaque,
    group,
    broken,
    rows,
    title,
    nested,
    scale,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_a_hostile_netcdf_file_is_refused_by_its_headers(
    saved: Path, tmp_path: Path, change: Callable[[h5py.File], None]
) -> None:
    with pytest.raises(errors.CorruptFile) as caught:
        opened(saved, tmp_path, change)
    assert caught.value.got


@cache
def right_of(path: Path) -> tuple[bytes, xr.Dataset]:
    """What a sound file holds, and its bytes."""
    return path.read_bytes(), bm.open_result(path)


@settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_a_damaged_netcdf_file_is_read_whole_or_refused(
    saved: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """A byte changed anywhere, or the file cut: our own error, or numbers that are all as they
    were.
    """
    whole, right = right_of(saved / "run.nc")
    made = bytearray(whole)
    if data.draw(st.booleans()):
        del made[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        made[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "damaged.nc"
    path.write_bytes(bytes(made))
    try:
        found = bm.open_result(path)
    except errors.BiomembraneError:
        return
    for name, v in right.data_vars.items():
        if name in found:
            assert (
                np.array_equal(found[name].values, v.values, equal_nan=v.dtype.kind == "f")
                or found[name].dtype != v.dtype
            )
