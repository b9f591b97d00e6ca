"""The result of a run: its labels, its lanes, its last values, and what it says when it was
stopped.
"""

import json
import sys
from functools import cache
from importlib.metadata import version

import numpy as np
import pytest
import xarray as xr
from builders import FUEL, SALINE, cell
from mistakes import caught, uphill

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.account.ledger_table import number
from biomembrane.library import Cl, K, Na
from biomembrane.results.lazy_parameters import has_dask_arrays
from biomembrane.results.schema import ALWAYS, TABLE


@cache
def model() -> bm.Model:
    parts = lambda on: [lib.NaKATPase(on), lib.leak(Na, on), lib.leak(K, on)]  # noqa: E731
    return cell(parts, {Na: 10, K: 130, Cl: 10}, SALINE, V=-60, held=FUEL, impermeant=bm.balance())


@cache
def run() -> bm.Run:
    return bm.simulate(model(), until=Q(10, "s"))


def volts(*values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="V", coords={"V": list(values)}, attrs={"units": "mV"})


@cache
def scan() -> bm.Run:
    potassium = xr.DataArray(
        [4.0, 5.0, 9.0],
        dims="K_o",
        coords={"K_o": ("K_o", [4.0, 5.0, 9.0], {"units": "mM"})},
        attrs={"units": "mM"},
    )
    return bm.simulate(
        model(),
        until=Q(1, "s"),
        parameters={"bath.K": potassium, "membrane.potential": volts(-80.0, -20.0)},
    )


def test_a_model_in_a_line() -> None:
    """One membrane, two places."""
    assert repr(model()) == "<Model 'cell': 2 places, 1 membrane, 3 transporters, 4 states>"


PRESENT = (ALWAYS, "baths with solutes")


def test_variables_have_units_dimensions_and_names() -> None:
    data = run().data
    said = {
        name: (*a.dims, a.attrs.get("units"), a.attrs["long_name"])
        for name, a in data.data_vars.items()
    }
    books = {
        name: said.pop(name)
        for name in list(said)
        if name.startswith(("ledger_", "least_", "bath_", "state_"))
    }
    assert books == {
        name: (*v.axes, v.facts.get("units"), v.long_name)
        for name, v in TABLE.items()
        if v.deferred and v.when in PRESENT
    }
    assert said == {
        "amount": ("time", "pool", "fmol", "amount"),
        "concentration": ("time", "pool", "mM", "concentration"),
        "potential": ("time", "membrane", "mV", "membrane potential, inside minus outside"),
        "volume": ("time", "compartment", "pL", "solvent volume"),
        "flux": ("time", "process", "fmol s-1", "flux in the written direction"),
        "affinity": ("time", "process", "kJ mol-1", "affinity"),
        "current": (
            "time",
            "process",
            "pA",
            "electric current across its membrane, outward positive",
        ),
        "reversal": (
            "time",
            "process",
            "mV",
            "potential at which the affinity is zero, V - A/(zF)",
        ),
        "dissipation": ("time", "process", "pW", "dissipated power"),
        "status": (None, "how the lane ended"),
        "culprit": (None, "pool at fault, or the stiffest, where the lane stopped; -1 for none"),
        "end": ("s", "time reached"),
    }
    assert (data.time.dims, data.time.attrs) == (("time",), {"units": "s", "long_name": "time"})
    labels = {
        name: c.values.tolist()
        for name, c in data.coords.items()
        if not set(c.dims) & {"time", "entry", "store", "state", "bath_solute"}
    }
    assert labels == {
        "pool": ["cell.Na", "cell.K", "cell.Cl"], "pool_species": ["Na", "K", "Cl"],
        "pool_place": ["cell"] * 3, "pool_kind": ["solute"] * 3,
        "membrane": ["membrane"], "compartment": ["cell"],
        "process": ["NaKATPase", "Na_leak", "K_leak"],
        "transporter": ["NaKATPase", "Na_leak", "K_leak"],
    }  # fmt: skip
    power = (data.flux * data.affinity).values
    assert data.dissipation.values == pytest.approx(power, rel=1e-9)


def test_the_attributes_hold_what_made_the_run() -> None:
    """Numbers, sources, solver and versions, as JSON where they are many."""
    attrs = bm.simulate(
        model(),
        until=Q(1, "s"),
        parameters={"bath.K": Q(9, "mM")},
        solver=bm.solvers.Native(rtol=1e-7),
    ).data.attrs
    names = [
        "Conventions",
        "title",
        "source",
        "model_hash",
        "schema_version",
        "status",
        "span",
        "empty",
        "system_json",
        "books_json",
        "parameters_json",
        "scanned_json",
        "start_digest",
        "solver_json",
        "sources_json",
        "changed_json",
        "versions_json",
        "parameters_hash",
    ]
    assert list(attrs) == names
    assert (attrs["Conventions"], attrs["title"], attrs["status"]) == ("CF-1.11", "cell", "done")
    assert attrs["source"] == f"biomembrane {version('biomembrane')}"
    assert attrs["model_hash"] == model().hash
    numbers, sources = json.loads(attrs["parameters_json"]), json.loads(attrs["sources_json"])
    assert set(numbers) == set(sources) == set(model().parameters)
    assert numbers["bath.Na"] == "145 millimolar"
    assert numbers["temperature"] == "310.15 kelvin"
    assert sources["bath.Na"] == str(model().parameter("bath.Na").source)
    solver = json.loads(attrs["solver_json"])
    assert (solver["name"], solver["rtol"], solver["threads"]) == ("Native", 1e-7, 0)
    assert json.loads(attrs["changed_json"]) == ["bath.K"]
    assert json.loads(attrs["versions_json"]) == {
        name: version(name) for name in ("numpy", "scipy", "sympy", "xarray")
    }


def test_last_values_as_quantities() -> None:
    found = run().final("concentration")
    assert list(found) == ["cell.Na", "cell.K", "cell.Cl"]
    assert found["cell.Cl"] == Q(10.0, "mM")
    assert found["cell.Na"].magnitude == float(run().data.concentration.sel(pool="cell.Na")[-1])
    assert str(run().final("potential")["membrane"].units) == "millivolt"
    assert run().baths == {"bath": {"Na": 145.0, "K": 4.5, "Cl": 149.5}}
    symporter = bm.simulate(bm.load("enterocyte"), until=Q(1, "s"))
    assert "SGLT1.C1" in symporter.final("amount")
    assert "SGLT1.C1" not in symporter.final("concentration")  # a carrier state has none


def test_a_lane_of_a_scan_is_the_single_run() -> None:
    """By position, from either end, and by its coordinate, a quantity or a number in its unit."""
    made = scan()
    assert made.data.status.dims == ("K_o", "V")
    alone = bm.simulate(
        model(),
        until=Q(1, "s"),
        parameters={"bath.K": Q(9, "mM"), "membrane.potential": Q(-20, "mV")},
    )
    lanes = [
        made.isel(K_o=2, V=1),
        made.isel(K_o=-1, V=-1),
        made.sel(K_o=Q(9e-3, "M"), V=-20),
        made.sel(K_o=9, V="-0.02 V"),
    ]
    for lane in lanes:
        assert lane.data.amount.dims == ("time", "pool")
        assert lane.data.amount.values == pytest.approx(alone.data.amount.values, rel=1e-9)
        assert lane.baths["bath"]["K"] == 9.0
    assert made.isel(K_o=0, V=1).baths["bath"]["K"] == 4.0
    assert made.isel(K_o=-3, V=0).data.potential.values[0, 0] == pytest.approx(-80, rel=1e-9)
    assert repr(made) == "<Run of 'cell' to 1 s over (K_o: 3, V: 2); done>"
    assert repr(run()) == "<Run of 'cell' to 10 s; done>"
    assert made.data.status.attrs["long_name"] == "how the lane ended"
    assert made.data.end.attrs == {"units": "s", "long_name": "time reached"}
    assert (
        made.data.culprit.attrs["long_name"]
        == "pool at fault, or the stiffest, where the lane stopped; -1 for none"
    )
    assert (made.data.culprit.values == -1).all()
    assert (made.data.end.values == 1).all()
    assert set(run().timing) == {"compile", "solve"}


def test_a_lane_that_stops_names_its_pool_and_time() -> None:
    rates = xr.DataArray([0.001, 0.1], dims="r", attrs={"units": "fmol/s"})
    data = bm.simulate(uphill(), until=Q(20, "s"), parameters={"lift.J": rates}).data
    assert [
        None if k < 0 else data.culprit.attrs["pools"].split()[k] for k in data.culprit.values
    ] == [None, "cell.glucose"]
    assert data.status.values.tolist() == [0, 4]
    assert data.end.values.tolist() == [20.0, pytest.approx(10.0, abs=0.3)]


def test_a_protocol_is_a_variable() -> None:
    """With the unit and the meaning of its parameter."""
    step = bm.Protocol.steps(Q(4.5, "mM"), (Q(5, "s"), Q(20, "mM")))
    data = bm.simulate(model(), times=Q([0, 4, 6], "s"), parameters={"bath.K": step}).data
    assert data["bath.K"].values.tolist() == [4.5, 4.5, 20.0]
    assert data["bath.K"].attrs == {"units": "mM", "long_name": "concentration of K⁺ in bath"}


def test_a_run_that_stops_says_where_and_what_to_do() -> None:
    """The time, the pool and the process; the run so far is handed over."""
    error = caught(lambda: bm.simulate(uphill(), until=Q(20, "s")))
    assert isinstance(error, errors.SimulationStopped)
    assert error.where == "model 'cell' at t = 10 s, pool cell.glucose, process lift"
    assert error.wanted == "a run to 20 s"
    assert (
        error.got
        == "negative: it would fall below zero in the next step; let what takes from a pool vanish"
        " where the pool is empty"
    )
    last = f"{float(error.run.data.time[-1]):.6g} s"
    assert (
        error.advice
        == f"the exception's .run holds the output times up to there, the last at {last}; look at"
        " its last fluxes"
    )
    assert error.run.status.kind == "negative"


def test_a_cancelled_scan_says_how_far_it_was() -> None:
    made = scan()
    error = sys.modules["biomembrane.results.simulation"]._cancelled(made, made.model, 0.25)
    assert isinstance(error, errors.Cancelled)
    assert (error.where, error.wanted) == ("model 'cell'", "run to completion")
    assert error.got == "cancelled, with 25 % done"
    assert error.advice == "the exception's .run holds what was done; the rest is NaN"
    assert error.run is made


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1234.5678, "1,234.57"),
        (100.0, "100.00"),
        (99.99, "99.99"),
        (-250.0, "-250.00"),
        (0.0123456, "0.01235"),
        (-3e-9, "-3e-09"),
    ],
)
def test_numbers_of_the_table(value: float, text: str) -> None:
    assert number(value) == text


def test_chunks_are_asked_of_arrays_only() -> None:
    array = volts(1.0, 2.0)
    assert not has_dask_arrays(None)
    assert not has_dask_arrays({"a": Q(1, "mM"), "b": array, "c": np.array([1.0])})
    pytest.importorskip("dask")
    assert has_dask_arrays({"a": Q(1, "mM"), "b": array.chunk()})


def test_everything_may_change_at_once() -> None:
    """A scan over two dimensions beside a protocol: books in the scan's shape, the protocol over
    time alone or over the scan as it is.
    """
    step = bm.Protocol.steps(Q(145, "mM"), (Q(0.5, "s"), Q(120, "mM")))
    made = bm.simulate(
        model(),
        times=Q([0, 1], "s"),
        parameters={"membrane.potential": volts(-80.0, -20.0), "bath.Na": step},
    )
    assert made.data["bath.Na"].dims == ("time", "V")
    assert made.data["bath.Na"].values.tolist() == [[145.0, 145.0], [120.0, 120.0]]
    assert made.ledger.spent.dims == ("time", "V")
    assert made.ledger.check() is made.ledger
    assert float(abs(made.ledger.imposed.isel(time=-1)).min()) > 0
