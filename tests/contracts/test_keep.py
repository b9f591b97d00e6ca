"""What a scan keeps is what the full run holds."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from contracts.kept import SIZE, TIMES, density, model, run
from mistakes import uphill

import biomembrane as bm
from biomembrane import Keep, Q, errors
from biomembrane.account.ledger_lines import LINES

VARIABLES = ["amount", "concentration", "potential", "volume", "flux", "affinity", "dissipation"]


@cache
def full():
    """Everything of a scan over two dimensions."""
    return run()


def same(kept, wanted, rel=1e-12):
    """Values agree, dimension by dimension, with NaN where there should be NaN."""
    wanted = wanted.transpose(*kept.dims)
    size = float(np.nanmax(np.abs(wanted.values), initial=0.0))
    assert kept.values == pytest.approx(wanted.values, rel=rel, abs=rel * size, nan_ok=True), (
        kept.name
    )


def lines(name):
    """A line of the full books."""
    return getattr(full().ledger, name)


# --- what is kept


def test_final_keeps_the_last_time_and_the_books():
    """States at the end, and every line of the books with its unit, for all lanes."""
    kept = run(keep="final")
    assert kept.data.sizes["time"] == 1
    for name in ("amount", "potential", "volume"):
        same(kept.data[name], full().data[name].isel(time=[-1]))
    for name in LINES:
        if not name.startswith("residual"):
            same(kept.data[f"ledger_{name}"], lines(name).isel(time=-1), 1e-11)
            assert kept.data[f"ledger_{name}"].attrs["units"] == "pJ"
    off = float(np.abs(kept.ledger.residual - lines("residual").isel(time=-1)).max())
    assert off <= 1e-12 * float(kept.ledger.passed.max())
    assert kept.failed == 0
    assert kept.ledger.check() is not None


@pytest.mark.parametrize("name", VARIABLES)
def test_named_variables_are_kept_at_all_times(name):
    """Each variable over time and the scan, with the labels and units of the run."""
    kept, wanted = run(keep=[name]).data[name], full().data[name]
    same(kept, wanted)
    assert kept.attrs["units"] == wanted.attrs["units"]
    assert set(kept.dims) == set(wanted.dims)
    for dim in set(wanted.dims) & set(wanted.coords):
        assert kept[dim].values.tolist() == wanted[dim].values.tolist()


def test_own_times_are_kept_and_change_no_step():
    """Times of one's own, with 0 and without, on the dense output of the same steps."""
    kept = run(keep=Keep(times=Q([0.0, 12.5, 30.0], "s"), variables=["concentration"]))
    assert kept.data.time.values.tolist() == [0.0, 12.5, 30.0]
    same(kept.data.concentration.isel(time=[0, 2]), full().data.concentration.sel(time=[0.0, 30.0]))
    late = run(keep=Keep(times=Q([0.5], "min"), ledger="all"))
    assert late.data.time.values.tolist() == [30.0]
    same(late.data.amount, full().data.amount.sel(time=[30.0]))
    same(late.ledger.dissipated, lines("dissipated").sel(time=[30.0]), 1e-11)


@pytest.mark.parametrize("own", [False, True], ids=["all times", "times of one's own"])
def test_reducers_see_the_kept_times(own):
    """Minimum, maximum and trapezoid mean over the kept times, and not over others; final is the
    end of the run, where its status and books are.
    """
    chosen = [10.0, 25.0, 40.0] if own else list(TIMES.magnitude)
    kept = run(
        keep=Keep(
            variables=["flux", "potential"],
            reduce=["min", "max", "mean", "final"],
            times=Q(chosen, "s") if own else "all",
        )
    )
    for name in ("flux", "potential"):
        wanted = full().data[name].sel(time=chosen)
        same(kept.data[f"{name}_min"], wanted.min("time"))
        same(kept.data[f"{name}_max"], wanted.max("time"))
        same(kept.data[f"{name}_final"], full().data[name].isel(time=-1))
        same(kept.data[f"{name}_mean"], wanted.integrate("time") / (chosen[-1] - chosen[0]))
        assert kept.data[f"{name}_mean"].attrs["cell_methods"] == "time: mean"
        assert kept.data[f"{name}_max"].attrs["units"] == full().data[name].attrs["units"]


def test_the_mean_of_one_time_is_its_value():
    """There is nothing to integrate over."""
    kept = run(keep=Keep(variables=["potential"], reduce=["mean"], times=Q([30.0], "s")))
    same(kept.data.potential_mean, full().data.potential.sel(time=30.0))


def test_a_function_reduces_what_it_is_given():
    """A function of a Dataset over lane and time: variables, books and coordinates by name; the
    scan comes back in its shape.
    """

    def half(data):
        assert {"lane", "time", "pool"} <= set(data.sizes)
        charged = data.potential.isel(membrane=0)
        heat = data.ledger_dissipated.isel(time=-1)
        return xr.Dataset(
            {
                "swing": charged.max("time") - charged.min("time"),
                "heat": heat,
                "last": data.amount.isel(time=-1),
            }
        )

    kept = run(keep=Keep(reduce=half))
    V = full().data.potential.isel(membrane=0)
    same(kept.data.swing, V.max("time") - V.min("time"), 1e-10)
    same(kept.data.heat, lines("dissipated").isel(time=-1), 1e-11)
    same(kept.data["last"], full().data.amount.isel(time=-1))


def test_what_a_function_gives_keeps_its_dimensions_and_attributes():
    """Coordinates of its own, unit and meaning come back; an array without a name is
    ``reduced``.
    """

    def quartiles(data):
        made = data.potential.quantile([0.25, 0.75], "time").assign_attrs(
            units="mV", long_name="quartiles"
        )
        return xr.Dataset({"band": made.rename(quantile="share")})

    band = run(keep=Keep(variables=["potential"], reduce=quartiles)).data.band
    assert band.attrs == {"units": "mV", "long_name": "quartiles"}
    assert set(band.dims) == {"share", "membrane", "N", "glucose"}
    assert band.share.values.tolist() == [0.25, 0.75]
    assert band.membrane.values.tolist() == full().data.membrane.values.tolist()
    same(
        band,
        full().data.potential.quantile([0.25, 0.75], "time").rename(quantile="share").drop_attrs(),
        1e-10,
    )
    for name in (None, "top"):
        made = run(
            keep=Keep(
                variables=["potential"],
                reduce=lambda data, name=name: data.potential.max("time").rename(name),
            )
        ).data
        same(made["reduced" if name is None else name], full().data.potential.max("time"))


def test_single_precision_rounds_what_was_computed_in_double():
    """float32 is the rounded double to 1e-6, with half the memory; the status keeps its kind."""
    kept = run(keep=Keep(variables=["amount", "flux"], dtype="float32"))
    for name in ("amount", "flux"):
        assert kept.data[name].dtype == np.float32
        same(kept.data[name], full().data[name], 1e-6)
    same(kept.ledger.spent, lines("spent").isel(time=-1), 1e-6)
    assert kept.data.status.dtype == np.int8


def test_all_of_the_books_over_time():
    """``ledger="all"``, and the books by entry, process and store, as in the full run."""
    kept = run(
        keep=Keep(variables=["ledger_flow", "ledger_dissipation", "ledger_exergy"], ledger="all")
    )
    for name in LINES:
        if not name.startswith("residual"):
            same(kept.data[f"ledger_{name}"], lines(name), 1e-11)
    same(kept.data.ledger_dissipation, full().ledger.dissipation, 1e-11)
    same(kept.data.ledger_exergy, full().ledger.exergy, 1e-11)
    assert list(kept.data.ledger_exergy.store.values) == list(full().ledger.exergy.store.values)
    for what in ("process", "store", "species", "role", "carrier"):
        assert list(kept.data[f"entry_{what}"].values) == list(full().ledger.flow[what].values)
    passed = float(kept.ledger.passed.max())
    assert kept.data.ledger_flow.sum("entry").values == pytest.approx(
        kept.ledger.dissipated.values, abs=1e-12 * passed
    )


def test_a_grid_is_shaped_by_the_names_of_its_dimensions():
    """Two dimensions: every lane stands at its own coordinates, as a single run does."""
    kept = run(keep="final")
    assert kept.data.status.sizes == {"N": SIZE, "glucose": 2}
    at = {"SGLT1.density": Q(float(density()[3]), "1/um^2"), "lumen.glucose": Q(0.5, "mM")}
    alone = run(parameters=at)
    found = kept.data.amount.isel(N=3, time=0).sel(glucose=0.5)
    assert found.values == pytest.approx(
        alone.data.amount.isel(time=-1).values, rel=1e-12, abs=1e-15
    )


def test_a_single_run_may_be_kept_too():
    """Without a scan there is no dimension but the variable's own."""
    kept, wanted = (
        bm.simulate(model(), times=TIMES, keep="final"),
        bm.simulate(model(), times=TIMES),
    )
    assert kept.data.status.dims == ()
    same(kept.data.amount, wanted.data.amount.isel(time=[-1]))
    assert float(kept.ledger.spent) == pytest.approx(float(wanted.ledger.spent[-1]), rel=1e-11)


def test_kept_arrays_say_what_they_are():
    """Unit, meaning and labels of variables and of lines are those of the full run; what only a
    scan has is told as well.
    """
    kept = run(
        keep=Keep(
            variables=[*VARIABLES, "ledger_uphill_time", "ledger_flow", "ledger_exergy"],
            ledger="all",
        )
    ).data
    for name in VARIABLES:
        assert kept[name].attrs == full().data[name].attrs
    for name in LINES:
        assert kept[f"ledger_{name}"].attrs == lines(name).attrs
        assert kept[f"ledger_{name}"].dims == ("time", "N", "glucose")
    assert kept.ledger_uphill_time.attrs == {"units": "s", "long_name": "time with J·A < 0"}
    assert kept.ledger_uphill_time.dims == ("time", "process", "N", "glucose")
    assert kept.ledger_flow.attrs == {"units": "pJ", "long_name": "energy given by the store"}
    assert kept.ledger_exergy.dims == ("time", "store", "N", "glucose")
    for name, coord in full().data.coords.items():
        if not set(coord.dims) <= set(kept.dims):
            continue  # of the books alone
        assert kept.coords[name].values.tolist() == coord.values.tolist()
        assert kept.coords[name].attrs == coord.attrs
    assert kept.attrs == full().data.attrs
    assert (kept.attrs["span"], kept.attrs["empty"]) == (60.0, "")
    processes = " ".join(full().data.process.values)
    assert kept.least_power.attrs == {
        "units": "fW",
        "long_name": "smallest power dissipated by any process",
        "processes": processes,
    }
    assert kept.least_process.attrs == {"long_name": "which process", "processes": processes}
    assert kept.end.attrs == {"units": "s", "long_name": "time reached"}
    assert kept.status.attrs["long_name"] == "how the lane ended"
    assert kept.status.attrs["flag_values"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert (
        kept.status.attrs["flag_meanings"]
        == "done too_many_steps collapsed not_finite negative cancelled open_books"
        " ended_by_an_event no_steady_state"
    )
    assert (
        kept.culprit.attrs["long_name"]
        == "pool at fault, or the stiffest, where the lane stopped; -1 for none"
    )
    assert kept.culprit.attrs["pools"] == " ".join(p.name for p in full().model.pools)
    assert (kept.status.dtype, kept.culprit.dtype, kept.least_process.dtype) == (
        np.int8,
        np.int16,
        np.int16,
    )


def test_the_least_power_and_its_process_are_those_of_the_run():
    """The smallest dissipated power at any node of a lane, and who dissipated it."""
    kept = run(keep="final").data
    least = {
        p: full().isel(N=2, glucose=1).ledger.least_dissipation[p]
        for p in full().data.process.values
    }
    at = kept.isel(N=2, glucose=1)
    assert float(at.least_power) == pytest.approx(min(least.values()), rel=1e-9)
    assert at.least_power.attrs["processes"].split()[int(at.least_process)] == min(
        least, key=least.get
    )
    assert kept.end.values.tolist() == [[60.0, 60.0]] * SIZE
    assert (kept.culprit.values == -1).all()


def test_books_in_a_reduced_scan_have_no_time():
    """A line of the books that is reduced is named after how; the lines at the end stand beside
    it.
    """
    kept = run(
        keep=Keep(variables=["ledger_spent", "ledger_dissipation"], reduce=["max", "mean"])
    ).data
    assert kept.ledger_spent_max.dims == ("N", "glucose")
    assert kept.ledger_spent_max.attrs == {
        "units": "pJ",
        "long_name": "energy given by held pools",
        "cell_methods": "time: maximum",
        "comment": "over the output times",
    }
    same(kept.ledger_spent_max, lines("spent").max("time"), 1e-11)
    assert kept.ledger_dissipation_mean.dims == ("process", "N", "glucose")
    assert kept.ledger_dissipation_mean.attrs["units"] == "pJ"
    same(kept.ledger_dissipation_mean, full().ledger.dissipation.integrate("time") / 60, 1e-11)
    same(kept.ledger_dissipated, lines("dissipated").isel(time=-1), 1e-11)
    assert "time" not in kept.dims


def test_a_kept_scan_is_told_in_a_line():
    kept = run(keep=Keep(variables=["potential"], reduce=["max"]))
    told = "potential_max, status, culprit, end, least_power, least_process, ledger_spent, "
    assert repr(kept).startswith(
        f"<ScanResult of 'enterocyte' over (N: 5, glucose: 2); 0 failed; {told}"
    )
    assert "&lt;ScanResult of" in kept._repr_html_()
    assert (kept.model_name, kept.done, kept.rtol) == ("enterocyte", 1.0, 1e-8)
    alone = bm.simulate(model(), times=TIMES, keep="final")
    assert repr(alone).startswith("<ScanResult of 'enterocyte'; 0 failed; ")


def test_the_check_of_a_kept_scan_judges_its_worst_lane():
    """The residual of the worst lane against the limit, and the process that dissipates least
    against what passed.
    """
    kept = run(keep="final")
    worst = float(kept.ledger.residual_relative.max())
    assert kept.ledger.check(worst * 1.001) is not None
    with pytest.raises(errors.BooksDoNotClose, match="enterocyte"):
        kept.ledger.check(worst * 0.999)
    along = run(keep=Keep(ledger="all")).ledger
    last = float(along.residual_relative.isel(time=-1).max())
    assert along.check(last * 1.001) is along
    with pytest.raises(errors.BooksDoNotClose):
        along.check(last * 0.999)
    rates = xr.DataArray([0.0, 0.2], dims="r", attrs={"units": "fmol/s"})
    bad = bm.simulate(uphill(pays=True), until="1 s", parameters={"lift.J": rates}, keep="final")
    with pytest.raises(errors.UphillForFree, match="process lift"):
        bad.ledger.check(1e-3)


def test_what_is_kept_is_compared_by_content_and_belongs_to_nobody_else():
    names = ["potential"]
    one = Keep(names, times=Q([1, 2], "s"))
    names.append("amount")
    assert one == Keep(("potential",), times=Q([1000, 2000], "ms"))
    assert hash(one) == hash(Keep(("potential",), times=Q([1, 2], "s")))
    assert one != Keep(["potential"], times=Q([1, 3], "s"))
    assert one != Keep(["potential"])
    assert one != 5
    assert len({Keep(["potential"]), Keep(("potential",)), Keep(["amount"])}) == 2
