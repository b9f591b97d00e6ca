"""One result schema: a run, a scan, what a scan kept, a lazy scan and the files of each hold the
same variables, by one table.

Random small models (a leak, a pump with its fuel, a cycle whose loop does not close, a state with
an equation of its own), protocols and scans.
"""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import xarray as xr
from builders import cell
from hypothesis import HealthCheck, Phase, given, settings

import biomembrane as bm
from biomembrane import Keep, Q, errors
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, K, Na, Pi
from biomembrane.results import schema
from biomembrane.results.reducers import REDUCERS
from biomembrane.results.saved import SavedRun
from biomembrane.results.schema import TABLE
from biomembrane.solve.ledger_totals import LedgerTotals
from biomembrane.solve.scan_grid import reserved

PARTS = ("leak", "pump", "open loop")
TURNS = [
    ("A + glucose@out <-> B", "10/mM", "50"), ("B <-> C + glucose@in", "50", "10/mM"),
    ("C <-> A", "50", "20"),
]  # fmt: skip
OTHER = ("solver_json",)  # a lazy scan leaves threads to dask
NOISE = (
    "ledger_residual",
    "ledger_rounding",
    "least_power",
    "ledger_least_power",
)  # of what cancels
TIMES = Q([0.0, 2.0, 5.0], "s")


@cache
def model(parts: tuple[str, ...]) -> bm.Model:
    def made(on: Any) -> list[Any]:
        steps = [(text, {"forward": f"{up}/s", "reverse": f"{down}/s"}) for text, up, down in TURNS]
        built = {
            "leak": lambda: [lib.leak(K, on), lib.leak(Na, on)],
            "pump": lambda: [lib.NaKATPase(on)],
            "open loop": lambda: [
                bm.Cycle("ring", on, density=Q(1, "fmol"), states="A B C", steps=steps,
                    reason="as printed")
            ],
        }  # fmt: skip
        return [t for part in parts for t in built[part]()]

    held = {ATP: 4.0, ADP: 0.4, Pi: 4.0} if "pump" in parts else {}
    ions = {"leak", "pump"} & set(parts)
    inside = ({Na: 15, K: 130} if ions else {}) | ({lib.glucose: 5} if "open loop" in parts else {})
    outside = ({Na: 140, K: 5} if ions else {}) | ({lib.glucose: 5} if "open loop" in parts else {})
    more = {"held": held} if held else {}
    return cell(
        made, inside, outside, impermeant=bm.balance(charge=-1), V=-60 if ions else 0, **more
    )


def array(values: Any, dim: str, unit: str = "mM") -> xr.DataArray:
    return xr.DataArray(values, dims=dim, attrs={"units": unit})


@st.composite
def scans(draw: Any) -> tuple[bm.Model, dict[str, Any], list[str]]:
    """A model and parameters that span a scan; which of them do."""
    parts = tuple(p for p in PARTS if draw(st.booleans())) or ("leak",)
    made = model(parts)
    names = [n for n in ("bath.K", "bath.Na", "bath.glucose") if n in made.parameters]
    first, *rest = draw(st.permutations(names))
    unit, factor = draw(st.sampled_from([("mM", 1.0), ("uM", 1e3)]))
    levels = array(np.array([4.0, 5.25, 6.1])[: draw(st.integers(1, 3))] * factor, "level", unit)
    given: dict[str, Any] = {first: levels}
    kind = draw(st.sampled_from(["none", "steps", "ramps", "formula", "steps by lane"]))
    if rest and kind == "steps":
        given[rest[0]] = bm.Protocol.steps(Q(5, "mM"), (Q(1, "s"), Q(25, "mM")))
    elif rest and kind == "ramps":
        given[rest[0]] = bm.Protocol.ramps((Q(0, "s"), Q(5, "mM")), (Q(3, "s"), Q(9, "mM")))
    elif rest and kind == "formula":
        given[rest[0]] = bm.Protocol.function(
            lambda t, a, s: a * (1 + t / s), a=Q(5, "mM"), s=Q(9, "s")
        )
    elif kind == "steps by lane":
        given[first] = bm.Protocol.steps(Q(5, "mM"), (array([1.0, 2.5], "when", "s"), levels))
    return made, given, [first]


def at_most(difference: Any, size: float) -> bool:
    return bool(np.all(np.nan_to_num(np.abs(difference)) <= 1e-9 * max(size, 1.0)))


def laid_out(data: xr.Dataset) -> dict[str, Any]:
    """Of each variable what it is, without its numbers."""
    return {
        str(name): (name in data.coords, v.dims,
            v.dtype.kind if v.dtype.kind == "U" else str(v.dtype),
                    {k: np.asarray(x).tolist() for k, x in v.attrs.items()})
        for name, v in data.variables.items() if name != "chunk_done"
    }  # fmt: skip


def same(
    one: xr.Dataset, other: xr.Dataset, but: tuple[str, ...] = (), *, bits: bool = True
) -> None:
    """The same variables in one order, of one kind, with one text; the same attributes; the same
    numbers, to the bit or nearly.
    """
    assert laid_out(one) == laid_out(other)
    assert list(one.data_vars) == [name for name in other.data_vars if name != "chunk_done"]
    for name, v in one.variables.items():
        a, b = v.values, other.variables[name].values
        if bits or v.dtype.kind != "f":
            assert np.array_equal(a, b, equal_nan=v.dtype.kind == "f") or (
                name == "least_process" and not bits
            ), name
        elif not str(name).startswith(NOISE):
            passed = float(np.nanmax(np.abs(a), initial=0.0))
            assert (np.isnan(a) == np.isnan(b)).all(), name
            assert at_most(a - b, passed), name
    left = {*one.attrs} | {*other.attrs}
    for name in left - set(but):
        assert one.attrs.get(name) == other.attrs.get(name), name


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # each is a model
)
@given(scan=scans(), data=st.data())
def test_run_scan_lazy_and_saved_are_one(
    scan: Any, data: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In memory, kept whole, lazy, as netCDF, as zarr: the same; and so is every lane, which is
    what a run of it alone is.
    """
    pytest.importorskip("dask")
    pytest.importorskip("zarr")
    made, given, names = scan
    folder: Path = tmp_path_factory.mktemp("one")

    def run(parameters: dict[str, Any], **more: Any) -> Any:
        return bm.simulate(made, times=TIMES, parameters=parameters, **more)

    whole, kept = run(given), run(given, keep="all")
    dims = {str(d): int(n) for d, n in whole.data.status.sizes.items()}
    lazy = run({n: chunked(v) if n in names else v for n, v in given.items()}, keep="all")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forms = {
            "kept": kept, "netCDF": bm.open_run(bm.save(whole, folder / "a.nc")),
            "kept, netCDF": bm.open_run(bm.save(kept, folder / "b.nc")),
            "zarr": bm.open_run(bm.save(lazy, folder / "c.zarr")),
        }  # fmt: skip
        forms["zarr, netCDF"] = bm.open_run(bm.save(forms["zarr"], folder / "d.nc"))
        computed = lazy.data.compute(scheduler="synchronous")
        forms["zarr"] = SavedRun(forms["zarr"].data.compute(scheduler="synchronous"))
    same(whole.data, computed, (*OTHER, "parameters_hash"))
    at = {d: data.draw(st.integers(0, n - 1)) for d, n in dims.items()}
    lane = whole.isel(**at)
    for how, form in forms.items():
        but = OTHER if "zarr" in how else ()
        same(whole.data, form.data, but)
        same(lane.data, form.isel(**at).data, but)
    for form in (forms["netCDF"], forms["zarr"]):
        assert str(form.ledger).splitlines()[:3] == str(whole.ledger).splitlines()[:3]
        assert form.isel(**at).baths == lane.baths
        goes, on = (bm.simulate(made, until="1 s", start=x) for x in (lane, form.isel(**at)))
        assert on.data.amount.values == pytest.approx(goes.data.amount.values, rel=1e-9)
        assert on.data.attrs["parameters_json"] == goes.data.attrs["parameters_json"]
    assert str(kept.ledger) == str(forms["kept, netCDF"].ledger)
    assert np.array_equal(kept.end_state[1], whole.end_state[1])
    alone = run({n: one(v, at) for n, v in given.items()})
    assert lane.data.attrs["parameters_hash"] == alone.data.attrs["parameters_hash"]
    assert lane.data.attrs["parameters_json"] == alone.data.attrs["parameters_json"]
    extra = {str(c) for c in lane.data.coords} - {str(c) for c in alone.data.coords}
    same(alone.data, lane.data.drop_vars(extra), bits=False)


def chunked(value: Any) -> Any:
    if isinstance(value, bm.Protocol):
        return replace(
            value, times=tuple(map(chunked, value.times)), values=tuple(map(chunked, value.values))
        )
    return value.chunk(dict.fromkeys(value.dims, 2)) if isinstance(value, xr.DataArray) else value


def one(value: Any, at: dict[str, int]) -> Any:
    """What a lane was given, as a run of it alone is given it."""
    if isinstance(value, bm.Protocol):
        times, values = ([one(x, at) for x in each] for each in (value.times, value.values))
        return replace(value, times=tuple(times), values=tuple(values))
    if isinstance(value, xr.DataArray):
        return Q(float(value.isel({d: at[d] for d in value.dims})), value.attrs["units"])
    return value


# --- the table


DOCS = Path(__file__).parents[2] / "docs" / "results.md"


def test_the_page_lists_the_table() -> None:
    """Name, dimensions, kind of numbers, unit, meaning, when present: row by row."""
    rows = re.findall(
        r"^\| `(\w+)` \|(.*)\|$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    told = {name: tuple(cell.strip() for cell in cells.split(" | ")) for name, cells in rows}
    assert told == {
        name: (", ".join(v.axes) or "—", v.dtype, v.facts.get("units", "—"), v.long_name,
            v.when) for name, v in TABLE.items()
    }  # fmt: skip


def test_no_scan_takes_a_name_of_the_table() -> None:
    """Variables, their dimensions, labels of these, and what is reduced: all are refused as
    dimensions of a scan.
    """
    own = {
        *TABLE,
        *schema.DIMENSIONS,
        *(x for each in schema.DIMENSIONS.values() for x in each),
        "time",
        "chunk",
        "chunk_done",
    }
    reduced = {f"{name}_{how}" for name in TABLE for how in REDUCERS if TABLE[name].timed}
    assert not [name for name in own | reduced if not reserved(name)]
    assert not reserved("level")
    with pytest.raises(errors.BadName, match="loop"):
        bm.simulate(model(("leak",)), times=TIMES, parameters={"bath.K": array([4.0, 5.0], "loop")})


def test_names_of_reducers_are_read_back() -> None:
    assert list(schema.REDUCTIONS) == list(REDUCERS)
    assert schema.reduced("ledger_uphill_time_max") == ("ledger_uphill_time", "max")
    assert [schema.reduced(name) for name in ("state_end", "other_max")] == [
        ("state_end", ""),
        ("other_max", ""),
    ]


@pytest.fixture(scope="module")
def scan() -> Any:
    return bm.simulate(
        model(("leak",)), times=TIMES, parameters={"bath.K": array([4.0, 6.0], "level")}
    )


def test_the_books_are_worked_out_when_they_are_read() -> None:
    """A run in memory has them without their cost; what is read once is kept, and what is printed
    is not read.
    """
    run = bm.simulate(model(("leak",)), times=TIMES)
    assert "ledger_flow" in run.data
    assert "ledger_" in repr(run.data)
    assert run.data.ledger_flow.isel(time=-1).sizes == {"entry": run.data.sizes["entry"]}
    assert "flow" not in vars(run.books)
    assert np.shares_memory(run.data.ledger_flow.values, run.data.ledger_flow.values)
    assert np.array_equal(run.data.ledger_flow.transpose("entry", "time"), run.ledger.flow.values)
    assert {"flow", "dissipation"} & set(vars(run.books)) == {"flow"}


CHANGES = {
    "dimensions": (lambda d: d.assign(flux=d.flux.transpose("process", ...)),
        "flux over process, time, level, where time, process, level"),
    "kind": (lambda d: d.assign(status=d.status.astype("int64").assign_attrs(d.status.attrs)),
        "status of int64, where int8"),
    "unit": (lambda d: d.assign(volume=d.volume.assign_attrs(units="L")),
        "volume in 'L', where 'pL'"),
    "no unit": (lambda d: d.assign(potential=d.potential.drop_attrs()),
        "potential in None, where 'mV'"),
    "label": (lambda d: d.drop_vars("pool_kind"), "no 'pool_kind' along pool"),
    "end": (lambda d: d.drop_vars("status"), "no 'status'"),
    "version": (lambda d: d.assign_attrs(schema_version="3"),
        "a result of schema 3, of another version of biomembrane"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_not_laid_out_by_the_table_is_a_fault(what: str, scan: Any) -> None:
    """With what is wrong; the same without its version, as older files are, has no fault."""
    change, told = CHANGES[what]
    changed = change(scan.data.load())
    assert told in next(schema.faults(changed))
    older = changed.drop_attrs(deep=False)
    assert not list(schema.faults(older))


def test_a_file_with_a_fault_is_refused(scan: Any, tmp_path: Path) -> None:
    """With the fault; an older file is opened as it is."""
    change, told = CHANGES["unit"]
    data = change(scan.data.load())
    with pytest.raises(errors.CorruptFile) as caught:
        bm.open_run(bm.save(SavedRun(data), tmp_path / "scan.nc"))
    assert told in caught.value.got
    del data.attrs["schema_version"]
    assert bm.open_run(bm.save(SavedRun(data), tmp_path / "older.nc")).data.sizes["level"] == 2


def test_what_a_function_gives_is_its_own(tmp_path: Path) -> None:
    """A reducer of the user's may call its numbers as the table calls others."""
    keep = Keep(
        ["concentration"],
        reduce=lambda data: (data.concentration.max("time") * 2).assign_attrs(units="half"),
    )
    kept = bm.simulate(
        model(("leak",)), times=TIMES, parameters={"bath.K": array([4.0, 6.0], "level")}, keep=keep
    )
    assert json.loads(kept.data.attrs["own_json"]) == ["concentration"]
    assert (
        bm.open_result(bm.save(kept, tmp_path / "kept.nc")).concentration.attrs["units"] == "half"
    )


def test_a_loop_belongs_to_the_cycle_that_the_file_says(tmp_path: Path) -> None:
    """Whatever the loop is called; a file that does not say it is told to be older."""
    run = bm.simulate(model(("open loop",)), times=TIMES, parameters={"bath.glucose": Q(25, "mM")})
    data = bm.open_result(bm.save(run, tmp_path / "run.nc"))
    assert data.loop_cycle.values.tolist() == ["ring"]
    assert data.ledger_unpaid.values.tolist() == run.ledger.unpaid.values.tolist()
    renamed = SavedRun(data.assign_coords(loop=["A: a loop"])).ledger
    assert renamed.unpaid.values.tolist() == run.ledger.unpaid.values.tolist()
    assert renamed._books.cycle_of == {"A: a loop": "ring"}
    older = data.drop_vars("loop_cycle")
    del older.attrs["schema_version"]
    with pytest.raises(errors.CorruptFile, match="older version"):
        np.asarray(SavedRun(older).ledger.unpaid)


@pytest.mark.parametrize("keep", [None, "final", "all"])
def test_a_lane_that_goes_on_from_a_lane_has_its_hash(keep: Any, scan: Any, tmp_path: Path) -> None:
    """Each lane of a scan from a scan began with a state of its own."""
    given = {"bath.K": array([4.0, 6.0], "level")}
    rest = bm.simulate(scan.model, times=TIMES, parameters=given, start=scan, keep=keep)
    saved = bm.open_run(bm.save(rest, tmp_path / "rest.nc"))
    wanted = [
        bm.simulate(scan.model, times=TIMES, start=scan.isel(level=k)).data.attrs["parameters_hash"]
        for k in (0, 1)
    ]
    assert len({*wanted, rest.data.attrs["parameters_hash"]}) == 3
    for form in (rest, saved):
        assert [form.isel(level=k).data.attrs["parameters_hash"] for k in (0, 1)] == wanted


def test_a_lane_that_stopped_goes_on_from_where_it_came(tmp_path: Path) -> None:
    """From a file as from memory; the scan goes on in the lanes that came to their end alone."""
    S = bm.Species("S")
    law = bm.laws.Empirical(
        flux=lambda s: s.parameter("J", Q(0.1, "fmol/s"), bm.dimension.FLUX),
        reason="a pump without a fuel",
    )
    down = cell(lambda on: [bm.Transporter("lift", "S@in -> S@out", on, law)], {S: 1}, {S: 1e-9})
    scan = bm.simulate(
        down, until="20 s", parameters={"lift.J": array([0.1, 0.001], "r", "fmol/s")}
    )
    saved = bm.open_run(bm.save(scan, tmp_path / "scan.nc"))
    assert scan.failed == 1
    for k in (0, 1):
        assert np.array_equal(saved.isel(r=k).end_state[1], scan.isel(r=k).end_state[1])
    assert np.array_equal(saved.end_state[1], scan.end_state[1], equal_nan=True)
    assert np.isnan(saved.end_state[1]).any(axis=0).tolist() == [True, False]


def test_what_rounding_does_to_a_lane_does_not_hang_on_its_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Noise and what protocols swung are those of the lanes whose residual they have to explain."""
    pulse = bm.Protocol.pulses(
        Q(5, "mM"), array([50.0, 60.0], "level"), start=Q(1, "s"), width=Q(0.2, "s")
    )
    made = bm.simulate(model(("leak",)), times=TIMES, parameters={"bath.K": pulse})
    closed = made.books.rounding
    monkeypatch.setattr(LedgerTotals, "noise", property(lambda _: np.array([5.0, 7.0])))
    books = LedgerTotals(made.trajectory)
    books.__dict__["residual"] = made.books.residual + np.array([0.1, 0.0])  # pJ, in the first lane
    assert books.rounding.tolist() == [closed[0] + 5.0, closed[1]]
    books.__dict__["rounding"] = closed
    assert books.swung[0] > 0
    assert books.swung[1] == 0
