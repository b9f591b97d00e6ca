"""Zarr folders from anyone: nothing runs, nothing outside the folder is read, and what is damaged
is said, not shown.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from contracts.files.untrusted import Bomb, lazy

import biomembrane as bm
from biomembrane import errors

pytest.importorskip("dask")
pytest.importorskip("zarr")
pytestmark = pytest.mark.filterwarnings("ignore:.*:Warning")


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return shutil.copytree(saved / "scan.zarr", tmp_path / "scan.zarr")


def changed(path: Path, **entries: Any) -> None:
    """Other entries in a header."""
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def pickle_filter(folder: Path, witness: Path) -> None:
    """An array whose chunk is a pickle, in zarr 3's own words for numcodecs."""
    (folder / "potential" / "c").mkdir(exist_ok=True)
    changed(
        folder / "potential" / "zarr.json",
        codecs=[{"name": "numcodecs.pickle", "configuration": {}}],
    )
    for chunk in (p for p in (folder / "potential" / "c").rglob("*") if p.is_file()):
        chunk.write_bytes(pickle.dumps(Bomb(witness)))


def format_two(folder: Path, witness: Path) -> None:
    """The same in zarr format 2, as an object array with a pickle filter."""
    shutil.rmtree(folder)
    (folder / "x").mkdir(parents=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    array = {
        "zarr_format": 2,
        "shape": [1],
        "chunks": [1],
        "dtype": "|O",
        "order": "C",
        "fill_value": None,
        "compressor": None,
    }
    (folder / "x" / ".zarray").write_text(json.dumps(array | {"filters": [{"id": "pickle"}]}))
    (folder / "x" / "0").write_bytes(pickle.dumps(Bomb(witness)))


def dtype(folder: Path, _: Path) -> None:
    changed(
        folder / "potential" / "zarr.json",
        data_type={"name": "fixed_length_utf32", "configuration": {"length_bytes": 4000000000}},
    )


def no_checksum(folder: Path, _: Path) -> None:
    header = folder / "potential" / "zarr.json"
    changed(header, codecs=json.loads(header.read_text())["codecs"][:-1])


def link(folder: Path, witness: Path) -> None:
    chunk = next(p for p in (folder / "potential" / "c").rglob("*") if p.is_file())
    chunk.unlink()
    chunk.symlink_to(folder.parent / "elsewhere")
    (folder.parent / "elsewhere").write_bytes(pickle.dumps(Bomb(witness)))


def linked_array(folder: Path, _: Path) -> None:
    (folder / "potential").rename(folder.parent / "potential")
    (folder / "potential").symlink_to(folder.parent / "potential")


def huge(folder: Path, _: Path) -> None:
    header = folder / "membrane" / "zarr.json"
    grid = {"name": "regular", "configuration": {"chunk_shape": [10**12]}}
    changed(header, shape=[10**12], chunk_grid=grid)


def deep(folder: Path, _: Path) -> None:
    (folder / "zarr.json").write_text("[" * 100_000)


def transformed(folder: Path, _: Path) -> None:
    changed(folder / "potential" / "zarr.json", storage_transformers=[{"name": "any"}])


def texts(folder: Path, _: Path) -> None:
    attributes = json.loads((folder / "zarr.json").read_text())["attributes"]
    changed(folder / "zarr.json", attributes=attributes | {"parameters_json": "{"})


def shape(folder: Path, _: Path) -> None:
    header = folder / "potential" / "zarr.json"
    changed(header, shape=[n + 1 for n in json.loads(header.read_text())["shape"]])


def gone(folder: Path, _: Path) -> None:
    shutil.rmtree(folder / "potential")


def labels_gone(folder: Path, _: Path) -> None:
    shutil.rmtree(folder / "membrane" / "c")


def renamed(folder: Path, _: Path) -> None:
    """A dimension of another name: sound JSON, and another result."""
    header = folder / "potential" / "zarr.json"
    changed(
        header, dimension_names=["tide", *json.loads(header.read_text())["dimension_names"][1:]]
    )


def other_unit(folder: Path, _: Path) -> None:
    """Volts in place of millivolts."""
    header = folder / "potential" / "zarr.json"
    changed(header, attributes=json.loads(header.read_text())["attributes"] | {"units": "V"})


HOSTILE = [pickle_filter, format_two, dtype, no_checksum, link, linked_array, huge, deep,
    transformed, texts, shape, gone, labels_gone,
           renamed, other_unit]  # fmt: skip


@pytest.mark.parametrize("attack", HOSTILE, ids=lambda f: f.__name__)
def test_a_hostile_zarr_folder_runs_nothing(
    folder: Path, tmp_path: Path, attack: Callable[[Path, Path], None]
) -> None:
    """Neither opening it nor saving to it; the error says what is wrong."""
    attack(folder, tmp_path / "witness")
    uses = [
        lambda: bm.open_result(folder),
        *([lambda: bm.save(lazy(), folder)] if attack in (pickle_filter, format_two, link) else []),
    ]
    for use in uses:
        with pytest.raises(errors.CorruptFile) as caught:
            use()
        assert caught.value.got
        assert caught.value.advice
    assert not (tmp_path / "witness").exists()


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "zarr.json")


def test_a_scan_that_lost_a_file_is_told_and_mended(folder: Path) -> None:
    """A chunk that is marked as done and lacks one file: its lanes are cancelled, the others stand;
    the next save runs that chunk alone.
    """
    whole = bm.open_result(folder).compute()
    [p for p in files(folder) if "ledger_spent" in p.parts][1].unlink()
    with pytest.warns(errors.Incomplete, match="2 of 3 chunks"):
        found = bm.open_result(folder).compute()
    assert found.chunk_done.values.tolist() == [1, 0, 1]
    kinds = found.status.attrs["flag_meanings"].split()
    assert [kinds[int(s)] for s in found.status.values] == [
        "done",
        "done",
        "cancelled",
        "cancelled",
        "done",
    ]
    assert np.isfinite(found.potential.transpose(...,
        "K_o").values).all(axis=tuple(range(found.potential.ndim - 1))).tolist() == [
        True, True, False, False, True,
    ]  # fmt: skip
    bm.save(lazy(), folder)
    xr.testing.assert_identical(bm.open_result(folder).compute(), whole)


def test_a_changed_bit_is_seen_when_it_is_read_and_mended_by_a_save(folder: Path) -> None:
    """In any chunk of any array: reading raises, saving again runs what is damaged."""
    whole = bm.open_result(folder).compute()
    for name in ("potential", "chunk_done", "bath.K"):
        path = [p for p in files(folder) if name in p.parts][0]  # noqa: RUF015  not a set
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 4
        path.write_bytes(bytes(data))
        try:
            read = bm.open_result(folder).compute()
        except (ValueError, RuntimeError):
            pass
        else:
            assert name == "chunk_done"
            assert read.chunk_done.values.tolist() == [0, 1, 1]
        bm.save(lazy(), folder)
        xr.testing.assert_identical(bm.open_result(folder).compute(), whole)


def test_two_processes_do_not_save_to_one_folder(folder: Path) -> None:
    """The second one says so; when the first is gone, it may."""
    fcntl = pytest.importorskip("fcntl")
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(errors.NotWritable, match="another process"):
        bm.save(lazy(), folder)
    os.close(handle)
    bm.save(lazy(), folder)


def test_chunks_of_many_sizes_are_made_even(tmp_path: Path) -> None:
    """Dask's chunks may differ; those of a folder do not, and the numbers are the same."""
    levels = xr.DataArray(np.linspace(3, 7, 5), dims="K_o", attrs={"units": "mM"})
    keep = bm.Keep(["potential"], times="final")
    scans = [
        bm.simulate(bm.load("resting_cell"), until="1 s", parameters={"bath.K": v}, keep=keep)
        for v in (levels, levels.chunk({"K_o": (1, 3, 1)}))
    ]
    found = bm.open_result(bm.save(scans[1], tmp_path / "s.zarr")).compute()
    right = scans[0].data.potential
    assert found.potential.transpose(*right.dims).values == pytest.approx(right.values, rel=1e-12)
    assert found["bath.K"].values.tolist() == levels.values.tolist()
