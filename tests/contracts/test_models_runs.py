"""What must hold for runs and scans of every model, random or shipped."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from contracts.modelled import by_name
from declared import shipped
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q
from biomembrane.testing.model_evaluator import ModelEvaluator
from biomembrane.testing.random_models import ModelSpec, model_specs
from biomembrane.testing.random_transporters import KINDS
from biomembrane.testing.spec_models import build

# --- runs

SOLVER = bm.solvers.SciPy("Radau", rtol=1e-7)


@fewer(0.15)
@given(spec=model_specs(topologies=["cell", "pair", "closed"], kinds=KINDS, most=3, active=False))
def test_passive_models_run_down(spec: ModelSpec) -> None:
    """Without fuel and with one bath at most, exergy only falls; the books say that all of it
    became heat.
    """
    model = build(spec, potential=True)
    run = bm.simulate(model, until=Q(5, "s"), solver=SOLVER)
    stored = run.ledger.stored.values
    floor = 1e-17 * float(
        np.abs(ModelEvaluator(model).array("exergy", run.solution.y[:, 0])).sum()
    )  # pJ of rounding
    assert np.all(np.diff(stored) <= 1e-7 * np.abs(stored).max() + floor)
    assert float(run.ledger.dissipated[-1]) == pytest.approx(-stored[-1], rel=1e-5, abs=floor)
    power = (
        float(run.ledger.dissipated[-1]) * 1e3 / 5 + floor
    )  # fW; amounts lie below zero by the solver's tolerance at most
    assert min(run.ledger.least_dissipation.values()) >= -1e-5 * power


@fewer(0.1)
@given(
    spec=model_specs(kinds=["ghk", "saturable", "cycle", "ohmic"], most=3),
    factors=st.lists(st.floats(0.5, 2), min_size=4, max_size=4),
)
def test_a_scan_equals_single_runs(spec: ModelSpec, factors: list[float]) -> None:
    """Lanes of a scan are the runs one by one, and arrays meet along the names of their
    dimensions.
    """
    model = build(spec, potential=True)
    contents = {
        c.name for place in model.compartments for c in place.contents.values()
    }  # alone they leave a charge without an owner
    names = [
        n
        for n in model.parameters
        if n.endswith(("area", "permeability", "density", "Na")) and n not in contents
    ][:2]
    assume(len(names) == 2)
    base = [model.parameters[n].quantity for n in names]
    first = xr.DataArray(
        np.array(factors[:2]) * base[0].magnitude, dims="a", attrs={"units": str(base[0].units)}
    )
    second = xr.DataArray(
        np.array(factors[2:]) * base[1].magnitude, dims="b", attrs={"units": str(base[1].units)}
    )
    times = Q([0.5, 1.0], "s")
    scan = bm.simulate(
        model, times=times, parameters=dict(zip(names, (first, second), strict=True)), solver=SOLVER
    )
    assert dict(scan.data.amount.sizes) == {
        "time": 2,
        "pool": scan.data.sizes["pool"],
        "a": 2,
        "b": 2,
    }
    assert scan.data.time.values.tolist() == [0.5, 1.0]
    for i, j in ((0, 0), (1, 0)):
        given_ = dict(zip(names, (factors[i] * base[0], factors[2 + j] * base[1]), strict=True))
        single = bm.simulate(model, times=times, parameters=given_, solver=SOLVER)
        for variable in ("amount", "potential", "flux", "affinity"):
            if variable in single.data:
                lane = scan.data[variable].isel(a=i, b=j).values
                assert lane == pytest.approx(single.data[variable].values, rel=1e-12, nan_ok=True)
        assert scan.ledger.dissipated.isel(a=i, b=j).values == pytest.approx(
            single.ledger.dissipated.values, rel=1e-12
        )


def test_dimensions_of_a_scan_meet_by_name() -> None:
    """One array along two dimensions, in either order, and two arrays along one each are the same
    scan.
    """
    model = shipped("resting_cell")
    K, P = np.array([4.0, 8.0]), np.array([1e-7, 2e-7, 4e-7])
    mM, speed = {"units": "mM"}, {"units": "cm/s"}
    both = xr.DataArray(np.repeat(P[:, None], 2, axis=1), dims=("P", "K"), attrs=speed)
    bath = xr.DataArray(K, dims="K", attrs=mM)
    runs = [
        bm.simulate(
            model, until="2 s", parameters={"K_leak.permeability": p, "bath.K": bath}, solver=SOLVER
        ).data
        for p in (both, both.transpose("K", "P"), both.isel(K=0, drop=True))
    ]
    first, *others = (run.potential.transpose("time", "membrane", "P", "K").values for run in runs)
    for other in others:
        assert np.array_equal(other, first)
    assert runs[0].potential.std("P").isel(time=-1).min() > 0
    assert runs[0].potential.std("K").isel(time=-1).min() > 0


@by_name
def test_books_of_shipped_models_close(name: str) -> None:
    """The shipped models run, and their books close to the solver's tolerance with no process
    uphill for free.
    """
    run = bm.simulate(shipped(name), until="1 min")
    run.ledger.check()
    assert float(run.ledger.passed[-1]) > 0
