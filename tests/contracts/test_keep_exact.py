"""What is kept of a leak, against closed forms: c = c_out + (c_in − c_out) e^{−kt}, J = k W (c −
c_out), A = RT ln(c/c_out), Ξ per lane.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import RT
from contracts.kept_leak import OUT, RATE, T, model, run

import biomembrane as bm
from biomembrane import Keep, Q
from biomembrane.account.ledger_lines import LINES
from biomembrane.results.keep import as_keep
from biomembrane.results.lazy_parameters import has_dask_arrays
from biomembrane.results.reducers import COVERAGE, LEDGER_COVERAGE, METHODS


def exact(times: Any = T) -> dict[str, Any]:
    """By variable, over (time, P, out)."""
    t, k, out = np.asarray(times)[:, None, None], RATE[:, None], OUT
    c = out + (9 - out) * np.exp(-k * t)
    exergy = RT * (c * np.log(c / out) - c + out) / 1e3
    first = RT * (9 * np.log(9 / out) - 9 + out) / 1e3
    made = {
        "amount": c, "concentration": c, "volume": 1 + 0 * c, "potential": 0 * c,
        "flux": k * (c - out), "affinity": RT * np.log(c / out) / 1e3,
        "ledger_dissipation": first - exergy, "ledger_exergy": exergy - first,
        "ledger_uphill_energy": 0 * c, "ledger_uphill_time": 0 * c,
    }  # fmt: skip
    made |= {
        f"ledger_{line}": 0 * c
        for line in (
            "spent",
            "supplied",
            "delivered",
            "imposed",
            "released",
            "residual",
            "residual_relative",
        )
    }
    made |= {
        "ledger_stored": exergy - first,
        "ledger_dissipated": first - exergy,
        "ledger_passed": first - exergy,
    }
    return made | {"dissipation": made["flux"] * made["affinity"]}


def laid(array: xr.DataArray) -> Any:
    """(time, P, out), or (P, out): the one member of a variable."""
    return (
        array.isel({d: 0 for d in array.dims if d not in ("time", "P", "out")})
        .transpose("time", "P", "out", missing_dims="ignore")
        .values
    )


def near(value: Any, size: float = 1e-5) -> Any:
    return pytest.approx(value, rel=1e-5, abs=1e-6 * size)


def test_every_variable_is_what_it_should_be() -> None:
    """Over time, permeability and bath, each with its dimensions in order; with all of the
    books.
    """
    kept = run(
        keep=Keep(
            variables=[name for name in exact() if name != "ledger_exergy"] + ["ledger_exergy"],
            ledger="all",
        )
    ).data
    for name, wanted in exact().items():
        assert laid(kept[name]) == near(wanted, 10), name
    members = {
        "amount": "pool",
        "volume": "compartment",
        "potential": "membrane",
        "flux": "process",
        "ledger_uphill_energy": "process",
    }
    for name, dim in members.items():
        assert kept[name].dims == ("time", dim, "P", "out")
    assert kept.ledger_passed.dims == ("time", "P", "out")
    assert kept.ledger_uphill_energy.attrs == {
        "units": "pJ",
        "long_name": "energy dissipated while J·A < 0, counted positive",
    }
    assert kept.P.attrs == {"units": "1/s"}
    assert kept.time.attrs == {"units": "s", "long_name": "time"}


def test_each_array_says_what_it_is() -> None:
    """Dimensions, units and meanings of everything at the end; flags as words, pools and processes
    by their place.
    """
    kept = run(
        keep=Keep(
            ["flux", "ledger_uphill_time", "ledger_flow", "ledger_residual_relative"], times="final"
        )
    ).data
    said = {
        name: (array.dims, {k: np.asarray(v).tolist() for k, v in array.attrs.items()})
        for name, array in kept.data_vars.items()
    }
    lanes, along = ("P", "out"), ("time", "P", "out")
    assert {name: said.pop(f"ledger_{name}") for name in LINES} == {
        name: (
            along if name == "residual_relative" else lanes,
            {"units": "1" if name == "residual_relative" else "pJ", "long_name": meaning},
        )
        for name, meaning in LINES.items()
    }
    assert said == {
        "flux": (
            ("time", "process", *lanes),
            {"units": "fmol s-1", "long_name": "flux in the written direction"},
        ),
        "ledger_uphill_time": (
            ("time", "process", *lanes),
            {"units": "s", "long_name": "time with J·A < 0"},
        ),
        "ledger_flow": (
            ("time", "entry", *lanes),
            {"units": "pJ", "long_name": "energy given by the store"},
        ),
        "least_power": (
            lanes,
            {
                "units": "fW",
                "long_name": "smallest power dissipated by any process",
                "processes": "S_leak",
            },
        ),
        "least_process": (lanes, {"long_name": "which process", "processes": "S_leak"}),
        "status": (
            lanes,
            {
                "long_name": "how the lane ended",
                "flag_values": [0, 1, 2, 3, 4, 5, 6, 7, 8],
                "flag_meanings": (
                    "done too_many_steps collapsed not_finite negative cancelled open_books"
                    " ended_by_an_event no_steady_state"
                ),
            },
        ),
        "culprit": (
            lanes,
            {
                "long_name": "pool at fault, or the stiffest, where the lane stopped; -1 for none",
                "pools": " ".join(p.name for p in model().pools),
            },
        ),
        "end": (lanes, {"units": "s", "long_name": "time reached"}),
    }
    kinds = {
        name: array.dtype for name, array in kept.data_vars.items() if array.dtype != np.float64
    }
    assert kinds == {"least_process": np.int16, "status": np.int8, "culprit": np.int16}
    assert kept.status.attrs["flag_values"].dtype == np.int8
    entry = {
        f"entry_{what}"
        for what in (
            "process",
            "transporter",
            "store",
            "species",
            "place",
            "role",
            "component",
            "carrier",
        )
    }
    assert set(kept.coords) == {
        "P",
        "out",
        "S_leak.permeability",
        "bath.S",
        "time",
        "process",
        "transporter",
        *entry,
    }
    assert kept.attrs["status"] == "by lane, in the variable status"


@pytest.mark.parametrize(
    "own", [None, [5.0, 30.0], [2.0, 20.0], [20.0], [0.0, 30.0], [5.0, 20.0, 30.0]], ids=str
)
@pytest.mark.parametrize("ledger", ["final", "all"])
def test_times_of_one_s_own_are_kept_while_the_books_end_with_the_run(
    own: Any, ledger: str
) -> None:
    """A run ends at its own end or at the last time that is kept, whichever is later; lines at the
    end are of that time.
    """
    kept = run(
        keep=Keep(
            ["concentration", "ledger_dissipated"],
            times="all" if own is None else Q(own, "s"),
            ledger=ledger,
        )
    ).data
    times = T if own is None else np.array(own)
    end = max(T[-1], times[-1])
    assert kept.time.values.tolist() == times.tolist()
    assert laid(kept.concentration) == near(exact(times)["concentration"], 10)
    assert laid(kept.ledger_dissipated) == near(exact(times)["ledger_dissipated"], 10)
    assert kept.ledger_stored.dims == (("time", "P", "out") if ledger == "all" else ("P", "out"))
    assert laid(kept.ledger_stored) == near(
        exact(times)["ledger_stored"] if ledger == "all" else exact([end])["ledger_stored"][0], 10
    )
    assert kept.attrs["span"] == end
    assert (kept.end.values == end).all()


def test_the_final_time_is_one() -> None:
    kept = run(keep="final").data
    assert kept.time.values.tolist() == [30.0]
    assert sorted(kept.data_vars) == sorted(["amount", "potential", "volume", "status", "culprit",
        "end", "least_power", "least_process",
                                             *(f"ledger_{line}" for line in LINES)])  # fmt: skip
    assert laid(kept.amount) == near(exact([30.0])["amount"], 10)
    assert laid(kept.ledger_dissipated) == near(exact([30.0])["ledger_dissipated"][0], 10)
    own = run(keep=Keep(["flux", "ledger_stored"], times="final")).data
    assert laid(own.flux) == near(exact([30.0])["flux"], 10)
    assert own.ledger_stored.dims == ("time", "P", "out")
    assert laid(own.ledger_stored) == near(exact([30.0])["ledger_stored"], 10)


@pytest.mark.parametrize("ledger", ["final", "all"])
def test_reducers_reduce_over_time_alone(ledger: str) -> None:
    """Least, largest, last and mean by the trapezoid rule, of variables, of books by store and of
    lines.
    """
    names = ["concentration", "flux", "ledger_exergy", "ledger_dissipated"]
    kept = run(keep=Keep(names, reduce=["min", "max", "mean", "final"], ledger=ledger)).data
    for name in names:
        wanted = exact()[name]
        how = {
            "min": wanted.min(0),
            "max": wanted.max(0),
            "final": wanted[-1],
            "mean": np.trapezoid(wanted, T, axis=0) / T[-1],
        }
        for each, value in how.items():
            found = kept[f"{name}_{each}"]
            assert laid(found) == near(value, 10), (name, each)
            assert found.attrs["cell_methods"] == f"time: {METHODS[each]}"
    assert kept.flux_max.attrs == {
        "units": "fmol s-1",
        "long_name": "flux in the written direction",
        "cell_methods": "time: maximum",
        "comment": COVERAGE["max"],
    }
    assert kept.flux_max.dims == ("process", "P", "out")
    assert kept.ledger_exergy_min.attrs == {
        "units": "pJ",
        "long_name": "exergy gained",
        "cell_methods": "time: minimum",
        "comment": LEDGER_COVERAGE["min"],
    }
    assert kept.ledger_dissipated_final.dims == ("P", "out")
    assert laid(kept.ledger_stored) == near(
        exact()["ledger_stored"] if ledger == "all" else exact()["ledger_stored"][-1], 10
    )
    assert ("time" in kept.coords) is (ledger == "all")


def test_a_function_sees_lanes_times_and_books() -> None:
    """Variables over lane, time and member with their labels, all lines of the books; lanes lie in
    the order of the scan.
    """
    seen: list[xr.Dataset] = []

    def half(data: xr.Dataset) -> xr.Dataset:
        seen.append(data)
        time = (
            (data.concentration < 5).idxmax("time").isel(pool=0, drop=True).assign_attrs(units="s")
        )
        return xr.Dataset(
            {"half": time, "number": data.lane * 1.0, "kept": data.ledger_stored.isel(time=-1)}
        ).drop_vars("time", errors="ignore")

    kept = run(keep=Keep(["concentration", "ledger_exergy"], reduce=half)).data
    (given,) = seen
    assert given.concentration.dims == ("lane", "time", "pool")
    assert given.ledger_exergy.dims == ("lane", "time", "store")
    assert given.ledger_spent.dims == ("lane", "time")
    assert set(given.data_vars) == {
        "concentration",
        "ledger_exergy",
        *(f"ledger_{line}" for line in LINES),
    }
    assert given.time.values.tolist() == T.tolist()
    assert given.lane.values.tolist() == list(range(6))
    assert given.pool.values.tolist() == ["cell.S"]
    assert given.pool_species.values.tolist() == ["S"]
    assert "process" not in given.coords
    assert given.concentration.values[:, :, 0].T.reshape(4, 2, 3) == near(
        exact()["concentration"], 10
    )
    assert given.ledger_stored.values.T.reshape(4, 2, 3) == near(exact()["ledger_stored"], 10)
    assert kept.number.values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert kept.number.dims == kept.half.dims == ("P", "out")
    assert kept.half.attrs == {"units": "s"}
    assert laid(kept.kept) == near(exact()["ledger_stored"][-1], 10)
    assert laid(kept.half)[1, 0] == 20.0


def test_what_a_function_gives_may_have_any_order_of_dimensions() -> None:
    """``lane`` last as well as first; whole numbers stay whole."""
    kept = run(
        keep=Keep(
            ["concentration"],
            reduce=lambda d: xr.Dataset(
                {"at": d.concentration.argmax("time").T, "top": d.concentration.max("time").T}
            ),
        )
    )
    assert kept.data["at"].dtype.kind == "i"
    assert kept.data["at"].values.tolist() == [[[0, 0, 3], [0, 0, 3]]]
    assert laid(kept.data.top) == near(exact()["concentration"].max(0), 10)
    single = run(
        keep=Keep(
            ["concentration"],
            dtype="float32",
            reduce=lambda d: xr.Dataset({"n": d.lane, "top": d.concentration.max("time")}),
        )
    ).data
    assert (single["n"].dtype, single.top.dtype, single.end.dtype) == (
        np.int64,
        np.float32,
        np.float64,
    )


def test_without_a_scan_a_run_is_kept_alone() -> None:
    c = 1 + 8 * np.exp(-0.1 * T[-1])
    stored = RT * (c * np.log(c) - c - 9 * np.log(9) + 9) / 1e3
    kept = bm.simulate(model(), times=Q(T, "s"), keep=Keep(["concentration"], reduce=["max"]))
    assert kept.data.concentration_max.values.tolist() == [pytest.approx(9.0)]
    assert float(kept.ledger.stored) == near(stored)
    assert repr(kept).startswith(
        "<ScanResult of 'cell'; 0 failed; concentration_max, status, culprit, end, least_power,"
        " least_process, ledger_spent, "
    )
    start = bm.simulate(
        model(), times=Q([0.0], "s"), keep=Keep(["concentration"], reduce=["mean", "max"])
    ).data
    assert (float(start.concentration_mean[0]), float(start.concentration_max[0])) == (9.0, 9.0)


def test_what_keep_may_be() -> None:
    """A Keep as it is, ``"final"``, and a list or tuple of names; chunks are asked of arrays
    only.
    """
    own = Keep(["flux"])
    assert as_keep(own) is own
    assert as_keep("final") == Keep(
        ("amount", "potential", "volume"), times="final", reduce=(), ledger="final", dtype="float64"
    )
    assert as_keep(["flux"]) == Keep(["flux"])
    assert as_keep(("flux", "volume")).variables == ("flux", "volume")
    assert (Keep().times, Keep().summed, Keep(["ledger_flow"]).summed) == ("all", True, False)
    assert not has_dask_arrays(["bath.S"])
