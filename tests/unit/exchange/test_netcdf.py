"""Files: what is read back is what was written, and figures can be drawn from it."""

import numpy as np
import pytest
import xarray as xr

import biomembrane as bm
from biomembrane import Q
from biomembrane.exchange import netcdf


@pytest.fixture(scope="module")
def run():
    """A minute of the resting cell."""
    return bm.simulate(bm.load("resting_cell"), until=Q(1, "min"))


def test_round_trip_is_bit_for_bit(run, tmp_path):
    """Every variable, coordinate and attribute comes back, to the last bit."""
    written = netcdf.dataset(run)
    read = bm.open_result(bm.save(run, tmp_path / "deep" / "run.nc"))
    xr.testing.assert_identical(read, written)
    for name, variable in written.variables.items():
        assert np.array_equal(
            read.variables[name].values, variable.values, equal_nan=variable.dtype.kind == "f"
        )


def test_a_scan_round_trips_too(tmp_path):
    """Scan dimensions, their coordinates and units, and the status of each lane."""
    K_o = xr.DataArray([3.0, 4.5, 9.0], dims="K_o", attrs={"units": "mM"})
    scan = bm.simulate(bm.load("resting_cell"), until=Q(1, "s"), parameters={"bath.K": K_o})
    read = bm.open_result(bm.save(scan, tmp_path / "scan.nc"))
    xr.testing.assert_identical(read, netcdf.dataset(scan))
    assert read.K_o.attrs["units"] == "mM"
    assert read.status.values.tolist() == [0] * 3


def test_a_saved_run_is_drawn_like_a_fresh_one(run, tmp_path):
    """The same bytes of SVG from the run and from its file."""
    saved = bm.open_run(bm.save(run, tmp_path / "run.nc"))
    for figure in (bm.figures.traces, bm.figures.energy_flow):
        first, second = (
            bm.figures.save(figure(r), tmp_path / f"{k}.svg").read_bytes()
            for k, r in enumerate((run, saved))
        )
        assert first == second


def test_every_variable_has_a_unit_and_a_name(run):
    """CF attributes on all numbers of a result."""
    for name, variable in netcdf.dataset(run).data_vars.items():
        assert variable.attrs.get("units") or name in ("status", "culprit", "least_process"), name
        assert variable.attrs.get("long_name"), name
