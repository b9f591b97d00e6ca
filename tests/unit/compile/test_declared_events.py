"""Declared events in runs: closed forms of a leak, doses, ends, and what they may not do."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell
from clamped import cell as clamped
from leaky import FULL, LOW, OUT, fall, leaky, solvers
from leaky import K as RATE

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import Cl, K, glucose

P = xr.DataArray([1e-4, 3e-4], dims="P", attrs={"units": "cm/s"})


def low(s: Any) -> Any:
    return s["Z@cell"] - s.quantity("4 mM")


REFILL = bm.Event(low, set={"cell.Z": Q(FULL, "mM")}, direction="falling", name="low")
END = bm.Event(low, end=True, direction="falling", name="low")


@solvers
def test_a_root_sets_a_pool_and_its_exergy_is_booked(solver: Any) -> None:
    """Hit within 1e-9 s, again and again; each filling is a line of its own."""
    run = bm.simulate(leaky(), until="10 s", events=[REFILL], solver=solver)
    times = run.data.event_time.values
    np.testing.assert_allclose(times, fall() * np.arange(1, len(times) + 1), rtol=0, atol=1e-9)
    assert len(times) == int(10 / fall())
    assert run.data.event_name.attrs["flag_meanings"] == "low"
    rt = bm.constants.GAS * 310.15
    gained = FULL * math.log(FULL) - FULL - LOW * math.log(LOW) + LOW
    assert float(run.ledger.dosed[-1]) == pytest.approx(len(times) * rt * gained * 1e-3, rel=1e-7)
    assert float(run.ledger.imposed[-1]) == 0
    run.ledger.check()


@solvers
def test_an_event_ends_a_run(solver: Any) -> None:
    """That is no failure; output stops there."""
    run = bm.simulate(leaky(), until="30 s", events=[END], solver=solver)
    assert run.status.kind == "ended by an event"
    assert run.status.time == pytest.approx(fall(), abs=1e-9)
    assert not run.failed
    assert fall() - 0.1 < float(run.data.time[-1]) <= fall()
    assert float(run.data.end) == run.status.time
    assert "low" in run.status.message
    run.ledger.check()


def test_lanes_end_each_at_its_own_time_and_are_saved(tmp_path: Path) -> None:
    slow = xr.DataArray([1e-6, 1e-4, 3e-4], dims="P", attrs={"units": "cm/s"})
    run = bm.simulate(leaky(), until="10 s", events=[END], parameters={"Z_leak.permeability": slow})
    want = [fall(rate=2500 * p) for p in slow.values[1:]]
    np.testing.assert_allclose(run.data.end, [10, *want], atol=1e-9)
    np.testing.assert_allclose(run.data.event_time[0], [np.nan, *want], atol=1e-9)
    assert run.data.event_name.values.tolist() == [[-1, 0, 0]]
    assert np.isnan(run.data.concentration.isel(time=-1).squeeze()[1:]).all()
    bm.save(run, tmp_path / "run.nc")
    back = bm.open_run(tmp_path / "run.nc")
    xr.testing.assert_identical(back.data.event_time.load(), run.data.event_time)
    assert back.data.status.values.tolist() == [0, 7, 7]


def test_a_parameter_is_switched_at_the_root() -> None:
    """Twice as leaky from there on, in each direction that is asked for."""
    faster = {"Z_leak.permeability": lambda s: 2 * s["Z_leak.permeability"]}
    names = {}
    for direction in ("falling", "rising", "either"):
        event = bm.Event(low, set=faster, direction=direction, name="faster")
        run = bm.simulate(leaky(), times=Q([0.0, 10.0], "s"), events=[event])
        names[direction] = run.data.event_time.size
        if direction == "falling":
            late = OUT + (LOW - OUT) * math.exp(-2 * RATE * (10 - fall()))
            assert float(run.data.concentration[-1, 0]) == pytest.approx(late, rel=1e-8)
    assert names == {"falling": 1, "rising": 0, "either": 1}


def test_doses_at_given_times() -> None:
    """Amounts and concentrations add; each has a time and a name."""
    dose = bm.Event(at=Q([1, 2], "s"), add={"cell.Z": "3 fmol"}, name="dose")
    more = bm.Event(at="3 s", add={"cell.Z": "2 mM"}, name="more")
    run = bm.simulate(leaky(), times=Q([0.0, 5.0], "s"), events=[dose, more])
    np.testing.assert_allclose(run.data.event_time, [1, 2, 3], atol=1e-12)
    c, last = FULL, 0.0
    for time, amount in ((1, 3), (2, 3), (3, 2), (5, 0)):
        c = OUT + (c - OUT) * math.exp(-RATE * (time - last)) + amount
        last = time
    assert float(run.data.concentration[-1, 0]) == pytest.approx(c, rel=1e-8)
    assert run.data.event_name.attrs["flag_meanings"] == "dose_1 dose_2 more"
    run.ledger.check()
    kept = bm.simulate(
        leaky(), until="5 s", events=[dose, more], keep=["concentration"],
        parameters={"Z_leak.permeability": P},
    )  # fmt: skip
    assert float(kept.data.concentration.isel(P=0, time=-1).squeeze()) == pytest.approx(c, rel=1e-8)
    kept.ledger.check()


def test_a_potential_is_read_and_an_electrode_switched() -> None:
    """The current stops where V passes a threshold; V falls from there."""
    stop = bm.Event(
        lambda s: s["membrane.potential"] - s.quantity("-50 mV"), set={"tip.current": "0 pA"},
        name="stop",
    )  # fmt: skip
    run = bm.simulate(clamped(V=-80, current="60 pA"), until="5 ms", events=[stop])
    assert float(run.data.potential.max()) == pytest.approx(-50, abs=0.5)
    assert run.data.event_time.size == 1
    assert run.data["tip.current"].values[[0, -1]].tolist() == [60.0, 0.0]
    run.ledger.check()


def test_ions_are_added_with_their_counter_ions() -> None:
    model = cell(
        lambda on: [lib.leak(s, on, permeability="1e-7 cm/s") for s in (K, glucose)],
        {K: 130, Cl: 130, glucose: 1}, {K: 5, Cl: 5, glucose: 5},
    )  # fmt: skip
    alone = bm.Event(at="1 s", add={"cell.K": "1 mM"})
    with pytest.raises(errors.ChargeImbalance, match="counter-ion"):
        bm.simulate(model, until="2 s", events=[alone])
    both = bm.Event(at="1 s", add={"cell.K": "1 mM", "Cl@cell": "1 fmol", "cell.glucose": "1 mM"})
    run = bm.simulate(model, times=Q([0.0, 2.0], "s"), events=[both])
    assert float(run.data.concentration.sel(pool="cell.Cl")[-1]) == pytest.approx(131)
    run.ledger.check()


@pytest.mark.parametrize(
    ("event", "kind", "told"),
    [
        (bm.Event(lambda s: s["cell.Zz"], end=True), errors.UnknownName, r"cell\.Z"),
        (bm.Event(lambda s: s["cell.Z"] - 4, end=True), errors.DimensionError, "terms"),
        (bm.Event(lambda s: s["cell.Z"] - Q(4, "mM"), end=True), errors.WrongType, "s.quantity"),
        (bm.Event(lambda s: s.quantity("4 mM"), end=True), errors.BadSettings, "changes"),
        (bm.Event(lambda _: 0, end=True), errors.BadSettings, "changes"),
        (bm.Event(lambda _: "x", end=True), errors.WrongType, "expression"),
        (bm.Event(lambda s: s.flux("pump"), end=True), errors.UnknownName, "Z_leak"),
        (bm.Event(low, set={"cell.Z": "3 V"}), errors.UnitMismatch, "mM"),
        (bm.Event(low, set={"cell.Z": 3.0}), errors.BareNumber, "mM"),
        (bm.Event(low, set={"cell.Z": "-3 mM"}), errors.OutOfDomain, "sign"),
        (bm.Event(low, set={"bath.Z": lambda s: s.t}), errors.DimensionError, "mM"),
        (bm.Event(low, set={"Z_leak.permeability": "-1 cm/s"}), errors.OutOfDomain, "sign"),
        (bm.Event(low, add={"bath.Z": "3 mM"}), errors.BadSettings, "a pool"),
        (bm.Event(low, set={"cell.volume": "2 pL"}), errors.BadSettings, "during the run"),
        (bm.Event(low, set={"cell.Z": "1 mM", "Z@cell": "1 mM"}), errors.DuplicateName, "once"),
        (bm.Event(at=Q(np.arange(1, 60.0), "s"), end=True), errors.BadSettings, "at most"),
        ("low", errors.WrongType, "events"),
    ],
)
def test_what_a_model_does_not_have_or_allow(event: Any, kind: Any, told: str) -> None:
    with pytest.raises(kind, match=told):
        bm.simulate(leaky(), until="1 s", events=[event])


def test_two_of_one_name_and_lazy_scans_are_refused() -> None:
    with pytest.raises(errors.DuplicateName):
        bm.simulate(leaky(), until="1 s", events=[REFILL, END])
    with pytest.raises(errors.WrongType, match="a list"):
        bm.simulate(leaky(), until="1 s", events=REFILL)  # type: ignore[call-overload]
    da = pytest.importorskip("dask.array")
    lazy = xr.DataArray(da.from_array([1e-4]), dims="P", attrs={"units": "cm/s"})
    with pytest.raises(errors.BadSettings, match="events"):
        bm.simulate(leaky(), until="1 s", events=[END], parameters={"Z_leak.permeability": lazy})
