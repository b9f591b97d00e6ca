"""A saved run without its model: its ledger is the ledger, its lanes are the lanes, and a run goes
on from it as from what was in memory.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi
from biomembrane.results.saved_ledger import FiledLedger

FUEL = {ATP: 4.0, ADP: 0.4, Pi: 4.0}
PULSE = bm.Protocol.steps(Q(5, "mM"), (Q(4, "s"), Q(25, "mM")))


def model() -> bm.Model:
    return cell(
        lambda on: [lib.NaKATPase(on), lib.leak(K, on), lib.leak(Na, on), lib.KCC2(on)],
        {Na: 15, K: 130, Cl: 20}, {Na: 140, K: 5, Cl: 145},
        held=FUEL, impermeant=bm.balance(charge=-1), V=-60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run() -> bm.Run:
    return bm.simulate(model(), until="10 s", parameters={"bath.K": PULSE})


@pytest.fixture(scope="module")
def scan() -> bm.Run:
    values = xr.DataArray([5.0, 7.0, 9.0], dims="K_o", attrs={"units": "mM"})
    return bm.simulate(model(), until="10 s", parameters={"bath.K": values})


def back(run: Any, folder: Path) -> Any:
    return bm.open_run(bm.save(run, folder / "run.nc"))


@pytest.mark.parametrize("which", ["run", "scan"])
def test_the_ledger_of_a_file_is_the_ledger(
    which: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every view and every line to the bit; the table as text and HTML; its check."""
    run = request.getfixturevalue(which)
    saved = back(run, tmp_path)
    one, two = run.ledger, saved.ledger
    assert isinstance(two, bm.Ledger)
    for what in ("process", "transporter", "store", "ion", "role"):
        xr.testing.assert_identical(one.by(what), two.by(what))
    lines = (
        "spent",
        "supplied",
        "imposed",
        "stored",
        "delivered",
        "released",
        "dissipated",
        "residual",
        "residual_relative",
        "passed",
        "baths",
    )
    for name in (*lines, "flow", "entries", "transfers", "exergy", "uphill", "free", "unpaid"):
        xr.testing.assert_identical(getattr(one, name), getattr(two, name))
    xr.testing.assert_identical(one.efficiency("NaKATPase"), two.efficiency("NaKATPase"))
    assert (str(one), one._repr_html_()) == (str(two), two._repr_html_())
    assert (one.rounding, one.least_dissipation) == (two.rounding, two.least_dissipation)
    assert two.check() is two
    assert saved.failed == 0
    assert saved.baths == run.baths


def test_what_loops_make_and_protocols_put_in_is_that_of_the_file(tmp_path: Path) -> None:
    """By loop and by store, to the bit, with a start that is not among the output times; what is
    refused in memory is refused here.
    """
    glucose = lib.glucose
    turns = [
        ("A + glucose@out <-> B", "10/mM", "50"),
        ("B <-> C + glucose@in", "50", "10/mM"),
        ("C <-> A", "50", "20"),
    ]
    steps = [(text, {"forward": f"{up}/s", "reverse": f"{down}/s"}) for text, up, down in turns]
    open_loop = cell(
        lambda on: [
            bm.Cycle(
                "ring", on, density=Q(1, "fmol"), states="A B C", steps=steps, reason="as printed"
            )
        ],
        {glucose: 5},
        {glucose: 5},
    )
    given = {"bath.glucose": bm.Protocol.steps(Q(5, "mM"), (Q(4, "s"), Q(25, "mM")))}
    run = bm.simulate(open_loop, times=Q([3, 7, 10], "s"), parameters=given)
    saved = back(run, tmp_path)
    assert float(saved.ledger.unpaid[-1]) > 0
    for name in ("free", "unpaid", "imposed"):
        xr.testing.assert_identical(getattr(saved.ledger, name), getattr(run.ledger, name))
    put_in = saved.ledger.imposed_by_store()
    assert put_in == run.ledger.imposed_by_store()
    assert sum(put_in.values()) == pytest.approx(float(run.ledger.imposed[-1]), rel=1e-12)
    assert put_in
    assert saved.ledger.flows() == run.ledger.flows()
    assert str(saved.ledger) == str(run.ledger)
    for ledger in (run.ledger, saved.ledger):
        with pytest.raises(errors.UphillForFree, match="ring"):
            ledger.check()


def test_the_check_of_a_file_can_fail(run: bm.Run, tmp_path: Path) -> None:
    """Energy that is missing in the file, or a process that ran uphill, is found there too."""
    data = bm.open_result(bm.save(run, tmp_path / "run.nc"))
    short = data.assign(ledger_dissipation=data.ledger_dissipation * 0.9)
    with pytest.raises(errors.BooksDoNotClose):
        FiledLedger(short).check()
    uphill = data.assign(ledger_least_power=data.ledger_least_power - 1.0)
    with pytest.raises(errors.UphillForFree):
        FiledLedger(uphill).check()


def test_figures_of_a_file_are_those_of_the_run(run: bm.Run, tmp_path: Path) -> None:
    saved = back(run, tmp_path)
    assert saved.ledger.flows() == run.ledger.flows()
    for name in ("energy_flow", "traces"):
        one, two = (
            bm.figures.save(getattr(bm.figures, name)(r), tmp_path / f"{k}.svg").read_bytes()
            for k, r in enumerate((run, saved))
        )
        assert one == two


def test_a_run_goes_on_from_a_file_to_the_bit(run: bm.Run, scan: bm.Run, tmp_path: Path) -> None:
    """A run from a run; a scan from a scan, from one lane of it, and from a run."""
    some, many = back(run, tmp_path), bm.open_run(bm.save(scan, tmp_path / "scan.nc"))
    values = {
        "bath.Na": xr.DataArray(
            [130.0, 140.0, 120.0],
            dims="K_o",
            coords={"K_o": [5.0, 7.0, 9.0]},
            attrs={"units": "mM"},
        )
    }
    pairs = [
        (run, some, None),
        (scan, many, values),
        (scan.isel(K_o=2), many.isel(K_o=2), None),
        (run, some, values),
    ]
    for fresh, old, parameters in pairs:
        one, two = (
            bm.simulate(model(), until="3 s", parameters=parameters, start=s).data
            for s in (fresh, old)
        )
        xr.testing.assert_identical(one, two)
        assert float(one.amount.isel(time=0, pool=0).values.flat[0]) == float(
            fresh.data.amount.isel(time=-1, pool=0).values.flat[0]
        )


def test_a_scan_does_not_go_on_under_other_labels(scan: bm.Run, tmp_path: Path) -> None:
    """Labels in another order than in the scan to go on from would put each lane's end under
    another's name.
    """
    saved = back(scan, tmp_path)
    turned = xr.DataArray(
        [9.0, 7.0, 5.0], dims="K_o", coords={"K_o": [9.0, 7.0, 5.0]}, attrs={"units": "mM"}
    )
    for start in (scan, saved):
        with pytest.raises(errors.BadSettings, match="under their own labels"):
            bm.simulate(model(), until="1 s", parameters={"bath.K": turned}, start=start)


def test_lanes_of_a_saved_scan(scan: bm.Run, tmp_path: Path) -> None:
    """By position and by label; what a lane says is what it was run with."""
    saved = back(scan, tmp_path)
    assert repr(saved) == "<SavedRun of 'cell' over (K_o: 3); done>"
    one, two = scan.sel(K_o="7 mM"), saved.sel(K_o=Q(7e-3, "M"))
    assert two.baths == one.baths
    assert two.baths["bath"]["K"] == 7
    assert two.final("potential") == one.final("potential")
    assert str(two.ledger) == str(one.ledger)
    assert (two.status.kind, two.status.time) == ("done", 10.0)
    for wrong, kind in (
        ({"K_o": 3}, errors.OutOfDomain),
        ({}, errors.UnknownName),
        ({"K_o": 0.5}, errors.NotANumber),
    ):
        with pytest.raises(kind):
            saved.isel(**wrong)


def test_a_lane_that_stopped_is_cut_where_it_stopped(tmp_path: Path) -> None:
    """In memory and from a file alike."""
    S = bm.Species("S")
    down = cell(
        lambda on: [bm.Transporter("lift", "S@in -> S@out", on, bm.laws.Empirical(
            flux=lambda s: s.parameter("J", Q(0.1, "fmol/s"), bm.dimension.FLUX),
            reason="a pump without a fuel"))], {S: 1}, {S: 1e-9},
    )  # fmt: skip
    rates = xr.DataArray([0.1, 0.001], dims="r", attrs={"units": "fmol/s"})
    scan = bm.simulate(down, until="20 s", parameters={"lift.J": rates})
    saved = back(scan, tmp_path)
    assert saved.failed == scan.failed == 1
    one, two = scan.isel(r=0), saved.isel(r=0)
    assert one.data.time.values.tolist() == two.data.time.values.tolist()
    assert 9 < float(two.data.time[-1]) <= 10
    assert two.status.kind == one.status.kind == "negative"
    assert np.isfinite(two.data.amount).all()


def test_what_was_kept_in_part_says_what_it_lacks(tmp_path: Path) -> None:
    kept = bm.simulate(model(), until="1 s", keep="final")
    saved = back(kept, tmp_path)
    assert float(saved.ledger.dissipated) == float(kept.ledger.dissipated)
    with pytest.raises(errors.UnknownName, match="last state"):
        bm.simulate(model(), until="1 s", start=saved)


def test_other_pools_are_no_start(run: bm.Run, tmp_path: Path) -> None:
    saved = back(run, tmp_path)
    with pytest.raises(errors.BadSettings, match="same pools"):
        bm.simulate(bm.load("enterocyte"), until="1 s", start=saved)


def test_the_file_says_what_was_run(tmp_path: Path) -> None:
    """Numbers, text, protocols and scans, each as it was used; the digest tells runs apart and
    knows the same numbers in other units.
    """
    ramp = bm.Protocol.ramps((Q(1, "s"), Q(145, "mM")), (Q(3, "s"), Q(120, "mM")))
    given: dict[str, Any] = {"bath.K": "7.25 mM", "bath.Cl": ramp, "temperature": Q(25, "degC")}
    runs = [
        bm.simulate(model(), until="4 s", parameters=given | more)
        for more in ({}, {"bath.K": Q(7250, "uM")}, {"bath.K": Q(7.26, "mM")})
    ]
    attrs = bm.open_result(bm.save(runs[0], tmp_path / "run.nc")).attrs
    told, sources = json.loads(attrs["parameters_json"]), json.loads(attrs["sources_json"])
    assert told["bath.K"] == "7.25 millimolar"
    assert told["bath.Cl"] == "ramps: at 1 second 145 millimolar, at 3 second 120 millimolar"
    assert float(told["temperature"].split()[0]) == pytest.approx(298.15)
    assert sources["bath.K"] == "assumed; given by the user"
    assert sources["bath.Na"] == str(model().parameter("bath.Na").source)
    digests = [r.data.attrs["parameters_hash"] for r in runs]
    assert digests[0] == digests[1] != digests[2]


def test_a_store_that_no_model_has_is_refused(tmp_path: Path, run: bm.Run) -> None:
    """Roles and components are few: another word in a file is damage, told with what may stand
    there.
    """
    saved = back(run, tmp_path)
    for name, known in (
        ("entry_role", "cell | bath | held | carrier | electrode"),
        ("entry_component", "chemical | electrical | osmotic | work"),
    ):
        changed = type(saved)(
            saved.data.assign_coords({name: ("entry", ["none"] * saved.data.sizes["entry"])})
        )
        with pytest.raises(errors.CorruptFile, match=r"none") as caught:
            changed.ledger.check()
        assert (caught.value.where, caught.value.wanted) == (f"a saved run, {name}", known)
