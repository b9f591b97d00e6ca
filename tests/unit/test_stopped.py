"""A scan of which some lanes stopped says so, wherever it is asked, and has no numbers there."""

from __future__ import annotations

import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import S, cell

import biomembrane as bm
from biomembrane import Q, errors

RATES = xr.DataArray([0.2, 1e-4, 0.3, 2e-4], dims="rate", attrs={"units": "fmol/s"})
LINES = ("spent", "supplied", "imposed", "stored", "delivered", "released", "dissipated", "unpaid", "residual", "passed")


@cache
def model() -> bm.Model:
    flux = lambda site: site.parameter("J", Q(0.1, "fmol/s"), bm.dimension.FLUX)  # noqa: E731
    drain = lambda on: [bm.Transporter("drain", "S@in -> S@out", on, bm.laws.Empirical(flux=flux, reason="drains at any level"))]  # noqa: E731
    return cell(drain, {S: 1}, {S: 1e-9})


@cache
def scan(keep: Any = None) -> Any:
    return bm.simulate(model(), until="30 s", parameters={"drain.J": RATES}, keep=keep)


def test_the_name_of_a_scan_tells_how_its_lanes_ended(tmp_path: Path) -> None:
    told = "2 of 4 lanes done; 2 negative>"
    saved = bm.open_run(bm.save(scan(), tmp_path / "scan.nc"))
    assert repr(scan()).endswith(told)
    assert repr(saved).endswith(told)
    assert repr(scan().isel(rate=1)).endswith("; done>")
    assert repr(saved.isel(rate=0)).endswith("; negative>")


def test_a_check_says_of_how_many_lanes_it_speaks(tmp_path: Path) -> None:
    saved = bm.open_run(bm.save(scan(), tmp_path / "scan.nc"))
    for run in (scan(), scan("final"), saved):
        with pytest.warns(errors.LanesStopped, match="2 of 4 lanes stopped"), suppress(errors.UphillForFree):
            run.ledger.check()
    with warnings.catch_warnings(), suppress(errors.UphillForFree):
        warnings.simplefilter("error")
        scan().isel(rate=1).ledger.check()


@pytest.mark.parametrize("keep", [None, "final"])
def test_no_line_has_a_number_where_a_lane_did_not_come(keep: Any) -> None:
    for name in LINES:
        line = getattr(scan(keep).ledger, name)
        last = line.isel(time=-1) if "time" in line.dims else line
        assert np.isnan(last.values).tolist() == [True, False, True, False], name
