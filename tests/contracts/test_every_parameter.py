"""Every parameter of the shipped models at every kind of bad value: told at the call, or a run that
ends with a status; others are unharmed.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr

import biomembrane as bm
from biomembrane import Q, errors, solvers, units

MODELS = ("enterocyte", "resting_cell")
NAMES = [(model, name) for model in MODELS for name in bm.load(model).parameters]
TIMES = Q([0, 30, 60], "s")
KINDS = {"done", "too many steps", "collapsed", "not finite", "negative"}
REFUSES = {
    "positive": {"zero", "negative"},
    "nonnegative": {"negative"},
    "fraction": {"negative", "huge"},
    "real": set(),
}
every = pytest.mark.parametrize(("model", "name"), NAMES, ids=["-".join(pair) for pair in NAMES])


@cache
def loaded(model):
    return bm.load(model)


@cache
def sound(model):
    """The model as it is, with its states."""
    return bm.simulate(loaded(model), times=TIMES)


def number(model, name, factor):
    """The parameter times a factor, and its unit; a parameter that is zero counts as one."""
    p = loaded(model).parameter(name)
    return units.restore((p.value or float(factor != 0)) * factor, p.unit).magnitude, p.unit


def with_sound_lanes(model, name, factor):
    """One lane with the bad value between two as they are, and few steps."""
    (bad, unit), good = (
        number(model, name, factor),
        units.restore(
            loaded(model).parameter(name).value, loaded(model).parameter(name).unit
        ).magnitude,
    )
    scan = xr.DataArray([good, bad, good], dims="lane", attrs={"units": units.udunits(unit)})
    return bm.simulate(
        loaded(model), times=TIMES, parameters={name: scan}, solver=solvers.Native(max_steps=3000)
    )


@every
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_told_at_the_call(model, name, value):
    """NaN and infinity never enter a run, alone or in one lane of a scan."""
    p = loaded(model).parameter(name)
    lanes = xr.DataArray([p.value, value], dims="lane", attrs={"units": units.udunits(p.unit)})
    for given in (Q(value, p.unit), lanes):
        with pytest.raises(errors.NotFinite) as caught:
            bm.simulate(loaded(model), times=TIMES, parameters={name: given})
        assert name in caught.value.where


@every
@pytest.mark.parametrize(
    ("kind", "factor"), [("negative", -1.0), ("zero", 0.0), ("huge", 1e6), ("tiny", 1e-6)]
)
def test_a_bad_value_is_refused_or_ends_with_a_status(model, name, kind, factor):
    """OutOfDomain where the domain forbids it, NoRoom where the ions leave no place; else a status,
    and numbers wherever it is ``done``.

    The lanes beside it are what they are without it, to the bit of each other.
    """
    domain = loaded(model).parameter(name).domain
    if kind in REFUSES[domain]:
        with pytest.raises(errors.OutOfDomain) as caught:
            with_sound_lanes(model, name, factor)
        assert name in caught.value.where
        return
    try:
        run = with_sound_lanes(model, name, factor)
    except errors.NoRoom as problem:
        assert "lane=1" in problem.got  # noqa: PT017
        return
    statuses = run.trajectory.statuses
    assert {s.kind for s in statuses} <= KINDS
    assert [statuses[0].kind, statuses[2].kind] == ["done", "done"]
    rows = run.trajectory.block.rows
    assert np.array_equal(rows[0], rows[2])
    assert run.data.amount.values[..., 0] == pytest.approx(
        sound(model).data.amount.values, rel=1e-9, abs=1e-12
    )
    if statuses[1].ok:
        assert np.isfinite(rows[1]).all()
        carriers = run.data.pool_kind == "carrier"
        for variable in ("amount", "potential", "volume", "flux", "affinity", "dissipation"):
            assert np.isfinite(run.data[variable].isel(lane=1)).all(), variable
        assert np.isfinite(run.data.concentration.isel(lane=1).where(~carriers, 0.0)).all()
        # a pool that is empty at first has an infinite potential there, a rate a million times as
        # large is over before the first step is
        assert float(run.ledger.residual_relative[-1, 1]) < (1e-5 if kind == "huge" else 1e-7)
    else:
        assert statuses[1].time < 60
        assert np.isnan(run.data.amount.isel(lane=1, time=-1)).all()


@pytest.mark.parametrize("model", MODELS)
def test_all_bad_values_in_one_batch_disturb_no_sound_lane(model):
    """Every parameter in turn a million times as large, side by side: the sound lanes among them
    keep their bits.
    """
    names = [
        n
        for n in loaded(model).parameters
        if loaded(model).parameter(n).domain == "nonnegative" and "." in n
    ]
    names = [n for n in names if not n.startswith("cell.")]
    scans = {}
    for k, name in enumerate(names):
        (bad, unit), (good, _) = number(model, name, 1e6), number(model, name, 1.0)
        values = np.full(2 * len(names), good)
        values[2 * k] = bad
        scans[name] = xr.DataArray(values, dims="lane", attrs={"units": units.udunits(unit)})
    run = bm.simulate(
        loaded(model), times=TIMES, parameters=scans, solver=solvers.Native(max_steps=3000)
    )
    rows = run.trajectory.block.rows
    assert {s.kind for s in run.trajectory.statuses[1::2]} == {"done"}
    assert (rows[1::2] == rows[1]).all()
    assert run.data.amount.values[..., 1] == pytest.approx(
        sound(model).data.amount.values, rel=1e-9, abs=1e-12
    )
    assert not np.array_equal(rows[0], rows[1])
