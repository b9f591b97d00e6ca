"""The energy books: they close to the solver's tolerance, they would not if anything were wrong, and they say who pays whom."""

from functools import cache

import numpy as np
import pytest
from builders import FUEL, RT, SALINE, X, cell, fuel_energy, shipped

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na, glucose


@cache
def enterocyte(rtol=1e-8, points=301):
    """Ten minutes of the shipped model."""
    times = Q(np.linspace(0, 10, points), "min")
    return bm.simulate(shipped("enterocyte"), times=times, solver=bm.solvers.SciPy("Radau", rtol=rtol))


@cache
def swelling():
    """A pump-leak cell with water, which starts off balance and swells: every kind of store in one run."""
    parts = [lib.NaKATPase, *(lambda on, s=s: lib.leak(s, on) for s in (K, Na, Cl)), lib.water]
    model = cell(lambda on: [p(on) for p in parts], {Na: 30, K: 110, Cl: 10}, SALINE, V=-20, held=FUEL, impermeant=bm.balance())
    return bm.simulate(model, until=Q(1, "hour"), parameters={"bath.Cl": Q(140, "mM")})


def last(array):
    return array.isel(time=-1)


def taken(run, transporter):
    """Energy that a transporter took from each carrier [pJ]."""
    moved = last(run.ledger.transfers.sel(transporter=transporter)).sum("component")
    return {str(c): float(moved.sel(carrier=c)) for c in moved.carrier.values}


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_the_residual_follows_the_tolerance(method):
    """A hundredfold tighter tolerance makes the residual at least tenfold smaller, each time: it measures the integration, no bias."""
    left = [
        float(last(bm.simulate(shipped("enterocyte"), until=Q(1, "min"), solver=bm.solvers.SciPy(method, rtol=rtol)).ledger.residual_relative))
        for rtol in (1e-4, 1e-6, 1e-8, 1e-10)
    ]  # fmt: skip
    print(left)
    assert all(fine < coarse / 10 for coarse, fine in zip(left, left[1:], strict=False))


def test_books_close():
    print(float(last(enterocyte().ledger.residual_relative)), float(last(swelling().ledger.residual_relative)), swelling().ledger)
    print(swelling().ledger.by("role").isel(time=-1), swelling().ledger.exergy.isel(time=-1))
    print(swelling().ledger.entries.isel(time=-1).to_pandas().to_string())
    print(enterocyte().ledger.entries.isel(time=-1).to_pandas().T.to_string())
    print(enterocyte().ledger.by("ion").isel(time=-1).to_pandas().to_string())
    print(enterocyte().ledger.by("role").isel(time=-1).to_pandas().to_string())
    print(enterocyte().ledger.exergy.isel(time=-1).to_pandas().to_string())
    assert 0
