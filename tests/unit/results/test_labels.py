"""What a scan may be called and what its lanes say: labels, units, names of its own, numbers that
are numbers, times as they were asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import cell

import biomembrane as bm
from biomembrane import Keep, Q, errors, solvers
from biomembrane import library as lib

S = bm.Species("S")
MODEL = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})


def run(parameters: Any = None, **more: Any) -> Any:
    return bm.simulate(MODEL, **{"times": Q([1.0, 2.0], "s"), "parameters": parameters, **more})


def array(values: Any, dims: Any = "out", unit: str = "mM", **coords: Any) -> xr.DataArray:
    return xr.DataArray(values, dims=dims, coords=coords, attrs={"units": unit})


# --- labels


def test_a_label_of_numbers_takes_the_unit_of_what_it_labels() -> None:
    """Only where it has none of its own and its numbers are the parameter's, in whatever unit these
    were given.
    """
    same = run({"bath.S": array([2000.0, 3000.0], unit="uM", out=[2000.0, 3000.0])})
    assert same.data.out.attrs["units"] == "uM"
    assert same.data["bath.S"].values.tolist() == [2.0, 3.0]
    assert same.data["bath.S"].attrs["units"] == "mM"
    assert same.sel(out=Q(3, "mM")).baths["bath"]["S"] == 3
    other = run({"bath.S": array([2.0, 3.0], out=[1, 2])})
    assert "units" not in other.data.out.attrs
    own = run({"bath.S": array([2.0, 3.0], out=("out", [2.0, 3.0], {"units": "1"}))})
    assert own.data.out.attrs["units"] == "1"


def test_a_lane_keeps_every_label() -> None:
    """Of its dimensions, of what it was run with, and of what else came with the arrays."""
    values = array(
        [[2.0, 3.0, 4.0]], ("day", "out"), day=["monday"], out=[2, 3, 4], batch=("out", [7, 8, 9])
    )
    lane = run({"bath.S": values}).sel(day="monday", out=3)
    assert {n: lane.data[n].item() for n in ("day", "out", "batch", "bath.S")} == {
        "day": "monday",
        "out": 3,
        "batch": 8,
        "bath.S": 3.0,
    }
    assert float(lane.ledger.dissipated[-1]["bath.S"]) == 3.0


def test_text_and_wrong_labels_in_sel() -> None:
    made = run(
        {"bath.S": array([2.0, 3.0], out=["low", "high"]), "cell.S": array([4.0, 5.0], "inside")}
    )
    assert float(made.sel(out="high", inside=5).data["bath.S"]) == 3
    for at, kind, word in (
        ({"out": "hgih", "inside": 5}, errors.UnknownName, "high"),
        ({"outt": "high", "inside": 5}, errors.UnknownName, "'out'"),
        ({"out": "high", "inside": 5.1}, errors.UnknownName, "the nearest label is 5 mM"),
        ({"out": "high", "inside": Q(5, "mV")}, errors.UnitMismatch, "'mM'"),
        ({"out": "high", "inside": True}, errors.NotANumber, "True"),
    ):  # fmt: skip
        with pytest.raises(kind, match=word):
            made.sel(**at)


def test_breaks_that_are_scanned_label_their_lanes() -> None:
    """The numbers of a protocol are coordinates as those of a parameter are, in memory and in
    chunks.
    """
    pytest.importorskip("dask")
    when = array([0.5, 1.5, 1.75], "when", "s")

    def step(when: Any) -> dict[str, Any]:
        return {
            "bath.S": bm.Protocol.steps(Q(1, "mM"), (when, Q(5, "mM"))),
            "cell.S": array([4.0, 5.0], "inside"),
        }

    eager, lazy = (run(step(w), keep="final").data for w in (when, when.chunk(when=2)))
    assert eager["bath.S.time_1"].values.tolist() == [0.5, 1.5, 1.75]
    assert (eager.when.attrs["units"], dict(eager.status.sizes)) == ("s", {"when": 3, "inside": 2})
    made = lazy.compute(scheduler="synchronous")
    for name in eager.variables:
        assert made[name].dims == eager[name].dims
        assert made[name].values.tolist() == eager[name].values.tolist()
    assert made.attrs["parameters_json"] == eager.attrs["parameters_json"]
    assert "scanned over when" in made.attrs["parameters_json"]
    wave = bm.Protocol.function(
        lambda t, a, T: a * (1 + sp.sin(t / T)), a=array([1.0, 2.0], "a"), T=Q(1, "s")
    )
    told = run({"bath.S": wave}, keep="final").data
    assert told["bath.S.a"].attrs["units"] == "mM"
    assert "formula" in told.attrs["parameters_json"]


def test_two_arrays_do_not_say_different_things_under_one_label() -> None:
    with pytest.raises(errors.BadSettings, match="batch"):
        run({"bath.S": array([2.0, 3.0], batch=1), "cell.S": array([4.0, 5.0], batch=2)})
    stale = array([2.0, 3.0]).assign_coords({"cell.S": ("out", [9.0, 9.0]), "pool": "cell.S"})
    data = run({"bath.S": stale}).data
    assert (
        "cell.S" not in data.coords
    )  # left over from another run, and not what this one was run with
    assert data.pool.dims == ("pool",)


def test_stacked_scans_keep_their_levels() -> None:
    stacked = array([[2.0, 3.0], [4.0, 5.0]], ("x", "y"), x=[0, 1], y=[5, 6]).stack(z=("x", "y"))
    data = run({"bath.S": stacked}).data
    assert data["bath.S"].values.tolist() == [2, 3, 4, 5]
    assert (data.x.values.tolist(), data.y.values.tolist()) == ([0, 0, 1, 1], [5, 6, 5, 6])


# --- what is refused, before anything runs

NAMES = [
    "flux",
    "ledger_stored",
    "least_process",
    "potential_max",
    "chunk",
    "status",
    "species",
    "state_end",
    "K o",
    "a/b",
    "",
    "cell.S",
]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_names_that_the_result_needs_are_refused(
    name: str, chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the call: the solver is never reached."""
    if chunked:
        pytest.importorskip("dask")
    monkeypatch.setattr(solvers.Native, "solve", lambda *_: pytest.fail("it ran"))
    values = array([2.0, 3.0], [name])
    with pytest.raises(errors.BadName):
        run({"bath.S": values.chunk() if chunked else values})


def test_a_dimension_may_be_named_after_its_parameter() -> None:
    pytest.importorskip("dask")
    values = array([2.0, 3.0], "bath.S")
    eager, lazy = (run({"bath.S": v}, keep="final").data for v in (values, values.chunk()))
    assert eager["bath.S"].values.tolist() == lazy["bath.S"].values.tolist() == [2.0, 3.0]
    assert (
        lazy.amount.compute(scheduler="synchronous").values.tolist() == eager.amount.values.tolist()
    )


STRANGE = {
    "flags": np.array([True, True]), "words": np.array(["4", "5"]),
    "objects": np.array([4, None], dtype=object), "waves": np.array([4j, 5]),
    "days": np.array(["2020-02-02", "2020-02-03"], dtype="datetime64[ns]"),
    "spans": np.array([1, 2], dtype="timedelta64[s]"),
}  # fmt: skip


@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_no_real_number_is_no_parameter(kind: str) -> None:
    """In an array of a parameter or of a protocol, at once or in chunks."""
    values = xr.DataArray(STRANGE[kind], dims="out", attrs={"units": "mM"})
    for given in (
        values,
        bm.Protocol.steps(values),
        bm.Protocol.steps(Q(1, "mM"), (Q(1, "s"), values)),
    ):
        with pytest.raises(errors.NotANumber):
            run({"bath.S": given})


def test_times_are_no_keep() -> None:
    for wrong in (Q([1.0, 2.0], "s"), array([1.0], "t", "s"), np.array([1.0])):
        with pytest.raises(errors.WrongType):
            run(keep=wrong)


def test_an_unknown_variable_is_told_with_its_neighbours() -> None:
    for wrong in ("concentration ", "fluxes", "status", "time", 5, None):
        with pytest.raises(errors.UnknownName):
            run().final(wrong)
    with pytest.raises(errors.BadSettings, match="one lane"):
        run({"bath.S": array([2.0, 3.0])}).final("flux")


# --- times and text


@pytest.mark.parametrize(
    "solver", [solvers.Native(), solvers.SciPy("Radau", rtol=1e-8)], ids=["native", "radau"]
)
def test_times_are_those_that_were_asked_for(solver: Any) -> None:
    """c = 1 + 8 exp(−0.1 t) at these times and no other; the books count from the start all the
    same.
    """
    asked = np.array([4.0, 20.0])
    whole, part = (
        run(times=Q([0, *asked], "s"), solver=solver),
        run(times=Q(asked, "s"), solver=solver),
    )
    assert part.data.time.values.tolist() == asked.tolist()
    assert part.data.concentration.values[:, 0] == pytest.approx(
        1 + 8 * np.exp(-0.1 * asked), rel=1e-6
    )
    xr.testing.assert_identical(part.data.amount, whole.data.amount.isel(time=[1, 2]))
    xr.testing.assert_identical(part.ledger.dissipated, whole.ledger.dissipated.isel(time=[1, 2]))
    assert str(part.ledger) == str(whole.ledger)
    part.ledger.check()
    kept = [
        run(times=Q(asked, "s"), solver=solver, keep=k).data
        for k in (["amount"], Keep(["amount"], reduce=["max"]), "final")
    ]
    assert kept[0].time.values.tolist() == asked.tolist()
    assert float(kept[1].amount_max[0]) == pytest.approx(float(part.data.amount.max()))
    assert kept[2].time.values.tolist() == [20.0]


def test_one_time_is_one_time() -> None:
    assert run(times=Q([3.0], "s")).data.sizes["time"] == 1
    assert run(times=Q([0.0], "s")).data.time.values.tolist() == [0.0]
    with pytest.raises(errors.BadSettings, match="times= alone"):
        run(until="1 s")
    with pytest.raises(errors.BadSettings, match="times= alone"):
        bm.prepare(MODEL, vary={"bath.S": "mM"}, until="1 s", times=Q([1], "s"))


def test_text_is_the_quantity_that_it_means() -> None:
    """In parameters, in protocols and their times."""
    words = {"bath.S": bm.Protocol.steps("1 mM", ("500 ms", "2 mM")), "cell.S": "4000 uM"}
    numbers = {
        "bath.S": bm.Protocol.steps(Q(1, "mM"), (Q(500, "ms"), Q(2, "mM"))),
        "cell.S": Q(4000, "uM"),
    }
    assert run(words).data.attrs == run(numbers).data.attrs
    assert run(words).data.identical(run(numbers).data)


def test_a_lane_that_was_never_begun_is_nan_in_all_its_numbers() -> None:
    """Stopped by its progress: every floating variable of a cancelled lane is NaN from the first
    time on, kept or whole.
    """
    rates = array(np.linspace(1e-5, 1e-3, 9000), "P", "cm/s")
    for keep in (None, ["amount", "flux"]):
        with pytest.raises(errors.Cancelled) as caught:
            run(
                {"S_leak.permeability": rates},
                keep=keep,
                progress=lambda _: False,
                solver=solvers.Native(threads=1),
            )
        data = caught.value.run.data
        lost = (data.status == 5).values
        assert lost.any()
        for name, v in data.data_vars.items():
            if v.dtype.kind == "f":
                assert np.isnan(v.transpose("P", ...).values[lost]).all(), name
                assert np.isfinite(v.transpose("P", ...).values[~lost]).all(), name
