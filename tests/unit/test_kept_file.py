"""A kept scan in a file has its books, its lanes and its words, as in memory."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from builders import S, cell

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.account.keep import Kept

OUT = xr.DataArray([300.0, 2000.0, 4500.0], dims="out", attrs={"units": "uM"})


@cache
def scan(keep: Any = None) -> Any:
    model = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})
    return bm.simulate(model, until="20 s", parameters={"bath.S": OUT}, keep=keep)


def test_the_books_of_a_kept_scan_are_those_of_its_file(tmp_path: Path) -> None:
    """Lines, check that can fail, and print."""
    kept = scan("final")
    saved = bm.open_run(bm.save(kept, tmp_path / "kept.nc"))
    assert repr(saved.ledger) == repr(kept.ledger)
    assert "dissipated" in repr(saved.ledger)
    assert saved.ledger.check() is not None
    short = saved.data.assign(ledger_residual_relative=saved.data.ledger_residual_relative + 0.1)
    with pytest.raises(errors.BooksDoNotClose):
        type(saved)(short).ledger.check()


def test_a_lane_of_a_kept_scan_is_the_lane_of_the_scan(tmp_path: Path) -> None:
    kept, whole = scan("final"), scan()
    saved = bm.open_run(bm.save(kept, tmp_path / "kept.nc"))
    for k, label in enumerate(OUT.values):
        lane = kept.sel(out=label)
        assert isinstance(lane, Kept)
        assert float(lane.data["bath.S"]) == label / 1e3
        for one in (lane, kept.isel(out=k), saved.sel(out=f"{label} uM")):
            assert one.data.amount.values.ravel().tolist() == whole.sel(out=label).data.amount.values[-1].tolist()
            assert one.ledger.check() is not None
    with pytest.raises(errors.UnknownName, match="the nearest label is 300 uM"):
        kept.sel(out=2)


def test_a_lane_of_a_file_says_what_it_was_run_with(tmp_path: Path) -> None:
    """Parameters and baths in its attributes are its own, those of the lane in memory."""
    saved = bm.open_run(bm.save(scan(), tmp_path / "scan.nc"))
    for k in range(3):
        one, two = scan().isel(out=k), saved.isel(out=k)
        for name in ("parameters_json",):
            assert json.loads(two.data.attrs[name]) == json.loads(one.data.attrs[name])
        assert json.loads(two.data.attrs["baths_json"]) == one.baths == two.baths


def test_ribbons_that_were_not_kept_are_said_to_be_missing(tmp_path: Path) -> None:
    """Not that no energy flowed."""
    saved = bm.open_run(bm.save(scan("final"), tmp_path / "kept.nc"))
    with pytest.raises(errors.UnknownName, match="the lines alone were kept"):
        bm.figures.energy_flow(saved.isel(out=0))
