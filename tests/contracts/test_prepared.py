"""A prepared run is the run that ``simulate`` gives, and takes no number that it cannot place."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from contracts.lazy_leak import MODEL
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, solvers

VARY = {
    "blood.K": "mM",
    "SGLT1.density": "1/um^2",
    "K_leak.permeability": "cm/s",
    "cell.glucose": "uM",
}
NOMINAL = [5.0, 1e4, 1e-6, 900.0]


@pytest.fixture(scope="module")
def model():
    return bm.load("enterocyte")


def names(model):
    """``VARY`` with the name of the potassium leak as the model has it."""
    leak = next(
        name
        for name in model.parameters
        if name.endswith("permeability") and "K" in name.partition(".")[0]
    )
    return {leak if name == "K_leak.permeability" else name: unit for name, unit in VARY.items()}


def same(one, other):
    """Bit for bit: states and books."""
    return np.array_equal(one.trajectory.block.rows, other.trajectory.block.rows)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.floats(0.3, 3.0), min_size=4, max_size=4))
def test_a_call_is_what_simulate_gives(model, factors):
    """Any values, in units of the user's own, give the bits of the plain call, and again after
    other values.
    """
    vary = names(model)
    prepared = bm.prepare(model, vary=vary, until="20 s")
    values = np.array(NOMINAL) * factors
    plain = bm.simulate(
        model,
        until="20 s",
        parameters={n: Q(x, u) for (n, u), x in zip(vary.items(), values.tolist(), strict=True)},
    )
    prepared(NOMINAL)
    assert same(prepared(values), plain)
    assert prepared(values).ledger.check().residual_relative[-1] < 1e-6


def test_protocols_starts_and_solvers_are_kept(model):
    """What is fixed holds in every call: a protocol, a start and a solver of the user's own."""
    fixed = {
        "cell.ATP": bm.Protocol.function(
            lambda t, high, low, tau: low + (high - low) * sp.exp(-t / tau),
            high=Q(4, "mM"),
            low=Q(1, "mM"),
            tau=Q(5, "s"),
        ),
        "blood.glucose": bm.Protocol.steps(Q(5, "mM"), (Q(3, "s"), Q(10, "mM"))),
    }
    start, solver = {"SGLT1.C1": 1}, solvers.Native(rtol=1e-6)
    prepared = bm.prepare(
        model, vary={"blood.K": "mM"}, until="10 s", parameters=fixed, start=start, solver=solver
    )
    for K in (3.0, 9.0):
        plain = bm.simulate(
            model,
            until="10 s",
            parameters={**fixed, "blood.K": Q(K, "mM")},
            start=start,
            solver=solver,
        )
        assert same(prepared([K]), plain)


def test_a_fit_finds_what_it_should(model):
    """Glucose uptake by a density known to the test: a root finder that sees plain numbers finds
    it.
    """
    from scipy.optimize import brentq

    prepared = bm.prepare(model, vary={"SGLT1.density": "1/um^2"}, until="1 min")
    uptake = lambda n: float(prepared([n]).data.concentration.sel(pool="cell.glucose")[-1])  # noqa: E731
    wanted = uptake(7000.0)
    assert brentq(lambda n: uptake(n) - wanted, 2e3, 2e4, rtol=1e-9) == pytest.approx(
        7000.0, rel=1e-6
    )


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"vary": {}}, errors.WrongType, "names of parameters"),
        ({"vary": ["blood.K"]}, errors.WrongType, "names of parameters"),
        ({"vary": {"blood.k": "mM"}}, errors.UnknownName, "blood.K"),
        ({"vary": {"blood.K": "mV"}}, errors.UnitMismatch, "blood.K"),
        ({"vary": {"blood.K": "mMol"}}, errors.UnknownUnit, "mMol"),
        ({"vary": {"blood.K": 1.0}}, errors.UnknownUnit, "1.0"),
        ({"vary": {"temperature": "degC"}}, errors.BadSettings, "kelvin"),
        (
            {"vary": {"blood.K": "mM"}, "parameters": {"blood.K": Q(5, "mM")}},
            errors.BadSettings,
            "fixed too",
        ),
        ({"vary": {"blood.K": "mM"}, "until": None}, errors.BadSettings, "until= or times="),
    ],
)
def test_what_cannot_be_prepared_is_told(model, arguments, error, said):
    """At the call of ``prepare``, with the name at fault."""
    with pytest.raises(error, match=said):
        bm.prepare(model, **{"until": "1 s", **arguments})


def test_a_scan_is_no_prepared_run(model):
    """Arrays belong to ``simulate``."""
    import xarray as xr

    many = xr.DataArray([5.0, 6.0], dims="K", attrs={"units": "mM"})
    with pytest.raises(errors.BadSettings, match="scan over K"):
        bm.prepare(
            model, vary={"SGLT1.density": "1/um^2"}, until="1 s", parameters={"blood.K": many}
        )


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ([5.0], errors.NotANumber, "2 numbers: blood.K"),
        ([[5.0, 1.0]], errors.NotANumber, "2 numbers"),
        (["a", "b"], errors.NotANumber, "2 numbers"),
        (Q([5.0, 1.0], "mM"), errors.NotANumber, "2 numbers"),
        ([np.nan, 1.0], errors.NotFinite, "blood.K"),
        ([5.0, -1.0], errors.OutOfDomain, "SGLT1.density"),
    ],
)
def test_values_that_do_not_fit_are_told(model, values, error, said):
    """At the call, with the name and the order that is due."""
    prepared = bm.prepare(model, vary={"blood.K": "mM", "SGLT1.density": "1/um^2"}, until="1 s")
    with pytest.raises(error, match=said):
        prepared(values)


def test_a_run_that_stops_keeps_what_it_has(model):
    """As with ``simulate``."""
    prepared = bm.prepare(
        model,
        vary={"blood.K": "mM"},
        until="10 min",
        solver=solvers.Native(max_steps=20, rtol=1e-10),
    )
    with pytest.raises(errors.SimulationStopped) as caught:
        prepared([5.0])
    run = caught.value.run
    assert 0 < run.status.time < 600
    assert np.all(np.isfinite(run.data.amount))


def test_mistakes_in_what_is_fixed_are_told_of_prepare() -> None:
    vary, out = {"bath.S": "mM"}, xr.DataArray([1.0, 2.0], dims="out", attrs={"units": "mM"})
    for wrong in ("bath.S", 5, True, out, [("bath.S", 1)]):
        with pytest.raises(errors.WrongType, match=r"prepare\(parameters=…\)"):
            bm.prepare(MODEL, vary=vary, until="1 s", parameters=wrong)  # type: ignore[arg-type]
    scan = bm.simulate(MODEL, until="1 s", parameters={"bath.S": out})
    with pytest.raises(errors.BadSettings, match=r"prepare\(start=…\)"):
        bm.prepare(MODEL, vary=vary, until="1 s", start=scan)
    with pytest.raises(errors.WrongType, match=r"prepare\(start=…\)"):
        bm.prepare(MODEL, vary=vary, until="1 s", start=5)  # type: ignore[arg-type]
