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
from biomembrane.results.scan_result import ScanResult

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
        assert isinstance(lane, ScanResult)
        assert float(lane.data["bath.S"]) == label / 1e3
        for one in (lane, kept.isel(out=k), saved.sel(out=f"{label} uM")):
            assert (
                one.data.amount.values.ravel().tolist()
                == whole.sel(out=label).data.amount.values[-1].tolist()
            )
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
        assert two.baths == one.baths
        assert two.data.bath_concentration.identical(one.data.bath_concentration)
        assert two.data.attrs["parameters_hash"] == one.data.attrs["parameters_hash"]


@pytest.mark.parametrize("ways", [1, 2])
def test_a_file_of_a_scan_has_the_baths_of_every_lane(tmp_path: Path, ways: int) -> None:
    """Under one dimension or two, of a number or of what a protocol holds at first; what no lane
    changes is one number.
    """
    levels = xr.DataArray([1.0, 2.0, 4.0], dims="out", attrs={"units": "mM"})
    later = xr.DataArray([3.0, 5.0], dims="first", attrs={"units": "mM"})
    first = (levels * later).assign_attrs(units="mM") if ways == 2 else levels
    given = {"bath.S": bm.Protocol.steps(first, ("2 s", "9 mM"))}
    run = bm.simulate(scan().model, times=Q([1, 4], "s"), parameters=given)
    saved = bm.open_run(bm.save(run, tmp_path / "scan.nc"))
    told = saved.data.bath_concentration.sel(bath_solute="bath.S")
    assert told.values.tolist() == (
        [[3.0, 5.0], [6.0, 10.0], [12.0, 20.0]] if ways == 2 else [1.0, 2.0, 4.0]
    )
    at = {"out": 2, "first": 1} if ways == 2 else {"out": 2}
    assert saved.isel(**at).baths == run.isel(**at).baths
    assert saved.isel(**at).baths["bath"]["S"] == (20.0 if ways == 2 else 4.0)
    assert saved.baths == run.baths


def test_baths_are_those_at_the_start_of_protocols() -> None:
    """Before the first step, at the first point of a ramp, and what a formula gives at 0."""
    steps, ramps = (
        bm.Protocol.steps("7 mM", ("2 s", "9 mM")),
        bm.Protocol.ramps(("0 s", "6 mM"), ("2 s", "9 mM")),
    )
    formula = bm.Protocol.function(lambda t, a, s: a * (1 + t / s), a=Q(5, "mM"), s=Q(1, "s"))
    for given, first in ((steps, 7), (ramps, 6), (formula, 5)):
        made = bm.simulate(scan().model, until="4 s", parameters={"bath.S": given})
        assert made.baths["bath"]["S"] == pytest.approx(first, rel=1e-12)


def test_ribbons_that_were_not_kept_are_said_to_be_missing(tmp_path: Path) -> None:
    """Not that no energy flowed."""
    saved = bm.open_run(bm.save(scan("final"), tmp_path / "kept.nc"))
    with pytest.raises(errors.UnknownName, match="only the lines were kept"):
        bm.figures.energy_flow(saved.isel(out=0))
