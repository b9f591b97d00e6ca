"""Reducers see what protocols do between output times, at both sides of each break, and say so
where that is not all.
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from builders import cell
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Keep, Protocol, Q, errors
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na

END = 60.0
COARSE = np.linspace(0, END, 5)
HOWS = ["min", "max", "mean", "final"]
NAMES = ["potential", "concentration", "flux", "dissipation"]


@cache
def model() -> bm.Model:
    parts = lambda on: [lib.leak(K, on), lib.leak(Na, on, permeability=Q(2e-9, "cm/s"))]  # noqa: E731
    return cell(
        parts,
        {Na: 12, K: 120, Cl: 10},
        {Na: 135, K: 6, Cl: 141},
        impermeant=bm.balance(charge=-1),
        V=-70,
    )


def reduced(
    bath: Any, times: Any = COARSE, names: Any = NAMES, hows: Any = HOWS, **more: Any
) -> xr.Dataset:
    keep = Keep(names, reduce=hows, **more)
    return bm.simulate(
        model(), times=Q(np.asarray(times), "s"), parameters={"bath.K": bath}, keep=keep
    ).data


def quietly(*args: Any, **more: Any) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.Unseen)
        return reduced(*args, **more)


@given(start=st.floats(1, 40), width=st.floats(0.2, 18), high=st.floats(8, 60))
@settings(max_examples=5, deadline=None)
def test_a_pulse_between_output_times_is_seen(start: float, width: float, high: float) -> None:
    """The extremes on five output times are those on three hundred with the ends of the pulse among
    them; the last value is the last.
    """
    pulse = Protocol.pulses(Q(6, "mM"), Q(high, "mM"), start=Q(start, "s"), width=Q(width, "s"))
    fine = np.unique(np.concatenate([np.linspace(0, END, 301), [start, start + width]]))
    few, many = quietly(pulse), quietly(pulse, fine)
    for name in ("potential", "flux"):
        for how in ("min", "max", "final"):
            assert few[f"{name}_{how}"].values == pytest.approx(
                many[f"{name}_{how}"].values, rel=5e-3, abs=1e-6
            ), (name, how)


def test_every_lane_has_its_own_breaks() -> None:
    """A scan over the time of a pulse gives each lane what its run alone gives; one without a pulse
    in time is as if there were none.
    """
    start = xr.DataArray([2.0, 15.0, 33.3, 90.0], dims="when", attrs={"units": "s"})
    later = start + 4.0
    later.attrs = dict(start.attrs)
    scan = quietly(Protocol.steps(Q(6, "mM"), (start, Q(40, "mM")), (later, Q(6, "mM"))))
    for k, t in enumerate(start.values):
        alone = quietly(
            Protocol.steps(Q(6, "mM"), (Q(t, "s"), Q(40, "mM")), (Q(t + 4, "s"), Q(6, "mM")))
        )
        for name in NAMES:
            for how in HOWS:
                wanted = alone[f"{name}_{how}"].values
                assert scan[f"{name}_{how}"].isel(when=k).values == pytest.approx(
                    wanted, rel=1e-7, abs=1e-12, nan_ok=True
                ), (name, how, k)
    rest = quietly(Q(6, "mM"))
    assert scan.potential_max.isel(when=3).values == pytest.approx(
        rest.potential_max.values, rel=1e-9
    )


def test_a_step_is_seen_from_both_sides() -> None:
    """A flux jumps: its value before the break is among those that are reduced, though no output
    time has it.
    """
    step = Protocol.steps(Q(6, "mM"), (Q(20, "s"), Q(60, "mM")))
    few = reduced(step)
    sides = bm.simulate(
        model(), times=Q([20 - 1e-9, 20, 21], "s"), parameters={"bath.K": step}
    ).data.flux[:2]
    for process in sides.process.values:
        low, high = (
            float(few.flux_min.sel(process=process)),
            float(few.flux_max.sel(process=process)),
        )
        for side in sides.sel(process=process).values:
            assert low - 1e-9 <= side <= high + 1e-9
    assert float(few.flux_min.sel(process="K_leak")) == pytest.approx(
        float(sides.sel(process="K_leak")[1]), rel=1e-6
    )


def wave(period: float) -> Protocol:
    return Protocol.function(
        lambda t, a, w: a * (2 + sp.sin(2 * sp.pi * t / w)), a=Q(6, "mM"), w=Q(period, "s")
    )


@pytest.mark.parametrize(
    ("bath", "times", "warned"),
    [(Protocol.pulses(Q(6, "mM"), Q(30, "mM"), start=Q(20, "s"), width=Q(3, "s")), COARSE, True),
     (Protocol.pulses(Q(6, "mM"), Q(30, "mM"), start=Q(20, "s"), width=Q(3, "s")),
         [0, 21, 22, 40, 60], False),
     (Protocol.steps(Q(6, "mM"), (Q(20, "s"), Q(30, "mM"))), COARSE, False),
     (Q(9, "mM"), [0, 60], False),
     (Protocol.pulses(Q(6, "mM"), Q(30, "mM"), start=Q(70, "s"), width=Q(3, "s")), COARSE, False),
     (wave(7.0), COARSE, True), (wave(30.0), np.linspace(0, END, 101), False)],
    ids=["pulse", "pulse with times in it", "step", "constant", "pulse after the end", "fast wave",
        "slow wave"],
)  # fmt: skip
def test_what_is_not_seen_is_told(bath: Any, times: Any, warned: bool) -> None:
    """Once a run, however many lanes; the last value needs no warning."""
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        reduced(bath, times, ["potential"], ["max"])
        reduced(bath, times, ["potential"], ["final"])
    assert [w.category for w in met if w.category is not errors.Unusual] == (
        [errors.Unseen] if warned else []
    )


def test_a_function_is_told_of_breaks_that_it_does_not_see() -> None:
    step = Protocol.steps(Q(6, "mM"), (Q(20, "s"), Q(30, "mM")))
    for times, warned in ((COARSE, True), ([0, 20, 60], False)):
        with warnings.catch_warnings(record=True) as met:
            warnings.simplefilter("always")
            reduced(step, times, ["potential"], lambda data: data.potential.max("time"))
        assert bool(met) is warned


def test_the_last_value_is_the_end_and_own_times_lie_within_the_run() -> None:
    whole = bm.simulate(model(), until="60 s", parameters={"bath.K": "20 mM"}).data.potential.isel(
        time=-1
    )
    keep = Keep(["potential"], reduce=["final", "max"], times=Q([0.5, 1.0], "s"))
    made = bm.simulate(model(), until="60 s", parameters={"bath.K": "20 mM"}, keep=keep).data
    assert float(made.potential_final[0]) == pytest.approx(float(whole[0]), rel=1e-9)
    assert float(made.potential_max[0]) != float(made.potential_final[0])
    with pytest.raises(errors.BadSettings, match="within the run, which ends at 60 s"):
        bm.simulate(model(), until="60 s", keep=Keep(times=Q([1, 61], "s")))


def test_lanes_in_chunks_reduce_alike() -> None:
    """A lazy scan of pulses has the numbers and the words of an eager one."""
    pytest.importorskip("dask")
    high = xr.DataArray([20.0, 40.0, 60.0], dims="high", attrs={"units": "mM"})
    pulse = lambda h: Protocol.pulses(Q(6, "mM"), h, start=Q(20, "s"), width=Q(3, "s"))  # noqa: E731
    eager = quietly(pulse(high))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", errors.Unseen)
        lazy = reduced(pulse(high.chunk(high=2))).compute(scheduler="synchronous")
    for name in NAMES:
        for how in HOWS:
            assert (
                lazy[f"{name}_{how}"].values.tolist() == eager[f"{name}_{how}"].values.tolist()
                or name == "concentration"
            )
            assert lazy[f"{name}_{how}"].attrs == eager[f"{name}_{how}"].attrs
