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
from builders import Cl, K, Na, S, cell, glucose, lib

import biomembrane as bm
from biomembrane import Q, errors

RATES = xr.DataArray([0.2, 1e-4, 0.3, 2e-4], dims="rate", attrs={"units": "fmol/s"})
LINES = (
    "spent",
    "supplied",
    "imposed",
    "stored",
    "delivered",
    "released",
    "dissipated",
    "unpaid",
    "residual",
    "passed",
)


@cache
def model() -> bm.Model:
    flux = lambda site: site.parameter("J", Q(0.1, "fmol/s"), bm.dimension.FLUX)  # noqa: E731
    drain = lambda on: [  # noqa: E731
        bm.Transporter(
            "drain", "S@in -> S@out", on, bm.laws.Empirical(flux=flux, reason="drains at any level")
        )
    ]
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
        with (
            pytest.warns(errors.LanesStopped, match="2 of 4 lanes stopped"),
            suppress(errors.UphillForFree),
        ):
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


SALT = {Na: 145, Cl: 145}
DRY = {
    "an impermeant outside": (SALT, SALT | {glucose: 20}, (Na, Cl)),
    "no charge at all": ({S: 290}, {S: 145, glucose: 145}, (S,)),
}
SOLVERS = [
    bm.solvers.Native(),
    bm.solvers.Native(rtol=1e-3),
    bm.solvers.SciPy("Radau"),
    bm.solvers.SciPy("BDF"),
]


def permeable(inside: Any, outside: Any, through: Any, impermeant: Any = None) -> bm.Model:
    """A cell that its solutes and water can leave."""
    parts = lambda on: [  # noqa: E731
        *(lib.leak(s, on, permeability=Q(1e-6, "cm/s")) for s in through),
        lib.water(on),
    ]
    return cell(parts, inside, outside, impermeant=impermeant)


@pytest.mark.parametrize("solver", SOLVERS, ids=str)
@pytest.mark.parametrize("kind", DRY)
def test_a_volume_that_must_vanish_is_named(kind: str, solver: Any) -> None:
    """Nothing that is inside must stay there, so that there is no volume at which water rests: not
    a charge or an amount is at fault.
    """
    with pytest.raises(
        errors.SimulationStopped,
        match=r"the volume goes to 0, for what is inside does not hold water",
    ) as caught:
        bm.simulate(permeable(*DRY[kind]), until="10 h", solver=solver)
    assert "pool cell.volume, process water" in caught.value.where
    assert "give cell what cannot leave it, such as impermeant=bm.balance()" in caught.value.advice
    run = caught.value.run
    assert float(run.data.volume.isel(time=-1, compartment=0)) < 0.2
    assert run.data.culprit == [p.name for p in run.model.pools].index("cell.volume")


def test_a_volume_is_not_blamed_where_something_stays_inside() -> None:
    inside, outside, through = DRY["an impermeant outside"]
    run = bm.simulate(
        permeable(inside | {K: 10}, outside, through, {bm.Species("A", -1): 10}), until="10 h"
    )
    assert float(run.data.volume.isel(time=-1, compartment=0)) == pytest.approx(
        2 * 10 * 1 / 20, rel=0.2
    )


def test_lanes_whose_volume_vanishes_say_so_in_a_scan() -> None:
    outside = xr.DataArray([0.0, 20.0], dims="sugar", attrs={"units": "mM"})
    run = bm.simulate(
        permeable(SALT, SALT | {glucose: 0}, (Na, Cl)),
        until="10 h",
        parameters={"bath.glucose": outside},
    )
    assert run.data.status.values.tolist()[0] == 0
    assert run.isel(sugar=1).status.message.startswith("the volume goes to 0")
    assert run.data.culprit.values.tolist() == [
        -1,
        [p.name for p in run.model.pools].index("cell.volume"),
    ]
    assert np.isnan(run.ledger.dissipated.isel(time=-1).values).tolist() == [False, True]
