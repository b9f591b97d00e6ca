"""Mistakes in running and in looking at runs, and runs that cannot go on."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from mistakes import Mistake, caught, empirical, judge, sound, table, uphill

import biomembrane as bm
from biomembrane import Q, dimension, solvers, symbols
from biomembrane import errors as e

END = Q(1, "s")


def run(model: Any = None, **more: Any) -> bm.Run:
    return bm.simulate(sound() if model is None else model, **{"until": END, **more})


def setting(name: str, value: Any) -> bm.Run:
    return run(parameters={name: value})


def array(values: Any, dims: str = "K_o", unit: Any = "mM", **more: Any) -> xr.DataArray:
    return xr.DataArray(values, dims=dims, attrs={} if unit is None else {"units": unit}, **more)


def clash(first: xr.DataArray, second: xr.DataArray) -> bm.Run:
    return run(parameters={"bath.K": first, "bath.Na": second})


@cache
def scan() -> bm.Run:
    return setting("bath.K", array([4.0, 5.0], coords={"K_o": [4.0, 5.0]}))


def test_the_sound_model_runs() -> None:
    assert run().status.ok
    assert scan().status.ok


RUNS = table(
    {
        "simulate": [
            ("no end", lambda: bm.simulate(sound()), e.BadSettings, "simulate", "until= or times=",
                "neither", "until=Q(10, 'min')"),
            ("end before the start", lambda: run(until=Q(-1, "s")), e.BadSettings, "until=",
                "positive time", "-1 s", "until=Q(10, 'min')"),
            ("end at the start", lambda: run(until=Q(0, "s")), e.BadSettings, "until=",
                "positive time", "0 s", "until=Q(10, 'min')"),
            ("two ends", lambda: run(until=Q([1, 2], "s")), e.BadSettings, "until=",
                "one positive time", "[1 2] s", "times="),
            ("bare end", lambda: run(until=10), e.BareNumber, "until=", "'s'", "10", "Q(10, 's')"),
            ("end in mM", lambda: run(until="10 mM"), e.UnitMismatch, "until=", "'s'", "10 mM",
                "Q(1, 's')"),
            ("end of NaN", lambda: run(until=Q(math.nan, "s")), e.NotFinite, "until=", "finite",
                "nan s", "0/0"),
            ("end in words", lambda: run(until="ten min"), e.NotANumber, "until=", "a time such as",
                "'ten min'", "'10 min'"),
            ("misspelt minutes", lambda: run(until="10 mni"), e.UnknownUnit, "until=",
                "a unit such as", "'10 mni'", "'min'"),
            ("times that fall", lambda: run(until=None, times=Q([0, 2, 1], "s")), e.BadSettings,
                "times=", "increasing", "[0 2 1] s", "linspace"),
            ("a time before 0", lambda: run(until=None, times=Q([-1, 1], "s")), e.BadSettings,
                "times=", "from 0 on", "[-1 1] s", "linspace"),
            (
                "a table of times", lambda: run(until=None, times=Q([[0, 1], [2, 3]], "s")),
                e.BadSettings,
                "times=", "increasing", "[[0 1] [2 3]] s", "linspace",
            ),
            ("no times", lambda: run(until=None, times=Q([], "s")), e.BadSettings, "times=",
                "increasing", "[] s", "linspace"),
            ("bare times", lambda: run(until=None, times=[0, 1]), e.BareNumber, "times=", "'s'",
                "[0, 1]", "Q([0, 1], 's')"),
            ("no model", lambda: run("enterocyte"), e.WrongType, "simulate(model", "a Model",
                "'enterocyte'", "load('enterocyte')"),
            ("a transporter", lambda: run(sound().transporters[0]), e.WrongType, "simulate(model",
                "a Model", "K_leak", "bm.Model("),
            ("parameters as a list", lambda: run(parameters=["bath.K"]), e.WrongType, "parameters=",
                "{dotted name", "['bath.K']", "{'blood.K'"),
            ("misspelt parameter", lambda: setting("bath.k", END), e.UnknownName, "model 'cell'",
                "a parameter", "'bath.k'", "'bath.K'"),
            ("strange parameter", lambda: setting("moon.phase", END), e.UnknownName, "'cell'",
                "a parameter", "'moon.phase'", "known: temperature"),
            ("parameter by number", lambda: run(parameters={5: END}), e.UnknownName, "model 'cell'",
                "a parameter", "5", "known: temperature"),
            ("bath in mV", lambda: setting("bath.K", Q(5, "mV")), e.UnitMismatch,
                "parameters['bath.K']", "'mM'", "5 mV", "Q(1, 'mM')"),
            ("bare bath", lambda: setting("bath.K", 5), e.BareNumber, "parameters['bath.K']",
                "'mM'", "5", "Q(5, 'mM')"),
            ("bath in words", lambda: setting("bath.K", "five mM"), e.NotANumber,
                "parameters['bath.K']", "'mM'", "'five mM'", "'1 mM'"),
            ("bath in words of voltage", lambda: setting("bath.K", "5 mV"), e.UnitMismatch,
                "parameters['bath.K']", "'mM'", "5 mV", "Q(1, 'mM')"),
            ("until and times", lambda: run(times=Q([0, 1], "s")), e.BadSettings, "simulate",
                "until= or times=", "until=1 s", "times= alone"),
            ("no bath", lambda: setting("bath.K", None), e.NotANumber, "parameters['bath.K']",
                "'mM'", "None", "Q(1, 'mM')"),
            ("bath of NaN", lambda: setting("bath.K", Q(math.nan, "mM")), e.NotFinite,
                "parameters['bath.K']", "finite", "nan mM", "0/0"),
            ("negative bath", lambda: setting("bath.K", Q(-5, "mM")), e.OutOfDomain,
                "parameters['bath.K']", "zero or more", "-5 mM", "sign"),
            ("no volume", lambda: setting("cell.volume", Q(0, "pL")), e.OutOfDomain,
                "['cell.volume']", "above zero", "0 pL", "leave out"),
            (
                "numbers without names", lambda: setting("bath.K", Q([4, 5], "mM")), e.NotANumber,
                "['bath.K']", "named dimension", "names", "bm.axis('K_o'",
            ),
            ("bare numbers", lambda: setting("bath.K", np.array([4, 5])), e.NotANumber,
                "['bath.K']", "named dimension", "names", "bm.axis('K_o'"),
            (
                "scan without units", lambda: setting("bath.K", array([4.0], unit=None)),
                e.BareNumber,
                "['bath.K']", "'units'", "no units", "bm.axis('K_o'",
            ),
            ("scan in mMM", lambda: setting("bath.K", array([4.0], unit="mMM")), e.UnknownUnit,
                "['bath.K']", "a unit", "'mMM'", "'mM'"),
            ("scan in mV", lambda: setting("bath.K", array([4.0], unit="mV")), e.UnitMismatch,
                "['bath.K']", "'mM'", "[4] mV", "'mM'"),
            ("unit as a number", lambda: setting("bath.K", array([4.0], unit=5)), e.UnknownUnit,
                "['bath.K']", "as text", "5", "'mM'"),
            ("scan of text", lambda: setting("bath.K", array(["a"])), e.NotANumber, "['bath.K']",
                "number", "['a']", "numbers"),
            ("scan of nothing", lambda: setting("bath.K", array([])), e.BadSettings, "['bath.K']",
                "at least one", "over K_o", "bm.axis("),
            ("scan with NaN", lambda: setting("bath.K", array([4.0, math.nan])), e.NotFinite,
                "['bath.K']", "finite", "[4 nan] mM", "0/0"),
            ("scan below 0", lambda: setting("bath.K", array([4.0, -5.0])), e.OutOfDomain,
                "['bath.K']", "zero or more", "-5 mM", "sign"),
            (
                "a Dataset", lambda: setting("bath.K", xr.Dataset({"K": array([4.0])})),
                e.WrongType,
                "['bath.K']", "DataArray", "xarray.Dataset", "bm.axis(",
            ),
            (
                "clashing coordinates",
                lambda: clash(array([4.0, 5.0], coords={"K_o": [1, 2]}),
                    array([140.0, 150.0], coords={"K_o": [2, 3]})), e.BadSettings,
                "parameters 'bath.K', 'bath.Na'", "same sizes and coordinates",
                "K_o [1, 2] and [2, 3]", "different dims=",
            ),
            (
                "clashing sizes", lambda: clash(array([4.0, 5.0]), array([140.0, 150.0, 160.0])),
                e.BadSettings,
                "parameters 'bath.K', 'bath.Na'", "same sizes and coordinates",
                "K_o of size 2 and of size 3", "different dims=",
            ),
            ("scan over time", lambda: setting("bath.K", array([4.0], dims="time")), e.BadName,
                "'bath.K'", "of your own", "time", "dims='K_o'"),
            (
                "scan over volume", lambda: setting("bath.K", array([4.0], dims="volume")),
                e.BadName,
                "'bath.K'", "of your own", "volume", "dims='K_o'",
            ),
            ("solver by name", lambda: run(solver="Radau"), e.WrongType, "solver=", "a solver",
                "'Radau'", "solvers.SciPy('Radau'"),
            ("solver as a class", lambda: run(solver=solvers.SciPy), e.WrongType, "solver=",
                "a solver", "the class SciPy", "SciPy('Radau'"),
            ("progress as text", lambda: run(progress="yes"), e.WrongType, "progress=",
                "a function", "'yes'", "progress=print"),
            ("no room", lambda: setting("cell.Cl", Q(170, "mM")), e.NoRoom, "cell.X", "leave room",
                "-25 fmol", "ions of cell of both signs"),
            (
                "no room in one lane", lambda: setting("cell.Cl", array([20.0, 170.0], dims="Cl")),
                e.NoRoom,
                "cell.X", "leave room", ("-25 fmol", "at position Cl=1"),
                "ions of cell of both signs",
            ),
        ],
        "SciPy": [
            ("misspelt method", lambda: solvers.SciPy("Radu"), e.BadSettings, "SciPy(method)",
                "Radau, BDF", "'Radu'", "'Radau'"),
            ("rtol of 2", lambda: solvers.SciPy(rtol=2), e.BadSettings, "rtol=",
                "from 1e-13 to 0.01", "2", ""),
            ("rtol as text", lambda: solvers.SciPy(rtol="small"), e.BadSettings, "rtol=",
                "a pure number", "'small'", ""),
            ("rtol of NaN", lambda: solvers.SciPy(rtol=math.nan), e.BadSettings, "rtol=",
                "a pure number", "nan", ""),
            ("negative atol", lambda: solvers.SciPy(atol=-1), e.BadSettings, "atol=",
                "a pure number", "-1", ""),
        ],
        "Native": [
            ("rtol of 2", lambda: solvers.Native(rtol=2), e.BadSettings, "rtol=",
                "from 1e-13 to 0.01", "2", ""),
            ("no steps", lambda: solvers.Native(max_steps=0), e.BadSettings, "max_steps=",
                "an integer >= 1", "0", "Native(max_steps=100000)"),
            ("half a thread", lambda: solvers.Native(threads=0.5), e.BadSettings, "threads=",
                "an integer >= 0", "0.5", "Native(threads=1)"),
        ],
        "Run.sel": [("dimension that is not there", lambda: scan().sel(Na_o=5), e.UnknownName,
            "run.sel", "a scan dimension", "'Na_o'", "K_o")],
        "Run.isel": [
            ("dimension that is not there", lambda: scan().isel(Na_o=0), e.UnknownName, "run.isel",
                "K_o", "Na_o", ""),
            ("no dimension", lambda: scan().isel(), e.UnknownName, "run.isel", "K_o", "none", ""),
        ],
        "Run.solution": [("of a scan", lambda: scan().solution, e.BadSettings, "run.solution",
            "one lane", "2 lanes", "run.isel")],
        "Ledger.by": [("misspelt view", lambda: run().ledger.by("proces"), e.UnknownName,
            "ledger.by", "process | ", "'proces'", "'process'")],
        "Ledger.efficiency": [
            ("misspelt transporter", lambda: run().ledger.efficiency("Kleak"), e.UnknownName,
                "efficiency", "a transporter", "'Kleak'", "'K_leak'")
        ],
        "Ledger.check": [
            (
                "books closer than they can be",
                lambda: run(solver=solvers.SciPy(rtol=1e-3)).ledger.check(rtol=1e-12),
                e.BooksDoNotClose,
                "ledger of 'cell'", "below 1e-12", "0.0", "tighter rtol",
            ),
            ("uphill alone", lambda: run(model=uphill()).ledger.check(rtol=1e-8), e.UphillForFree,
                "process lift", "J·A ≥ 0", "-", "Empirical"),
            ("uphill for free", lambda: run(uphill(pays=True)).ledger.check(rtol=1e-3),
                e.UphillForFree, "process lift", "J·A ≥ 0", "-", "Empirical"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", RUNS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the
    error.
    """
    judge(mistake)


# --- runs that cannot go on


def fading(site: Any) -> Any:
    """J √(1 − t/τ), which is no number after τ."""
    tau = site.parameter("tau", Q(1, "s"), dimension.TIME, domain="positive")
    return site.parameter("J", Q(0.01, "fmol/s"), dimension.FLUX) * sp.sqrt(1 - symbols.t / tau)


SOLVERS = pytest.mark.parametrize(
    "solver", [solvers.Native(), solvers.SciPy()], ids=["Native", "SciPy"]
)


def stopped(model: bm.Model, **more: Any) -> e.SimulationStopped:
    error = caught(lambda: run(model, until=Q(60, "s"), **more))
    assert isinstance(error, e.SimulationStopped)
    for text in (error.where, error.wanted, error.got, error.advice):
        assert text
    return error


@SOLVERS
def test_a_rate_that_is_no_number_stops_the_run(solver: solvers.Solver) -> None:
    """The flux is NaN after 1 s: the run ends there, and what went before can be read."""
    error = stopped(empirical(fading, "glucose@in -> glucose@out", "fading"), solver=solver)
    assert "t = 1 s" in error.where
    if isinstance(solver, solvers.Native):  # SciPy does not say what made it fail
        assert "process fading" in error.where
        assert "not finite" in error.got
    partial = error.run
    assert 0.5 < float(partial.data.time[-1]) <= 1
    assert np.isfinite(partial.data.flux).all()
    assert np.isfinite(partial.ledger.dissipated).all()
    assert not partial.status.ok


@SOLVERS
def test_a_rate_that_is_no_number_at_the_start(solver: solvers.Solver) -> None:
    """√(1 − K/1 mM) at 5 mM: the process is named, and the start can be read."""

    def root(site: Any) -> Any:
        half = site.parameter("half", Q(10, "mM"), dimension.CONCENTRATION, domain="positive")
        return site.parameter("J", Q(0.01, "fmol/s"), dimension.FLUX) * sp.sqrt(
            1 - site["glucose@out"] / half
        )

    error = stopped(
        empirical(root, "glucose@in -> glucose@out", "root"),
        parameters={"root.half": Q(1, "mM")},
        solver=solver,
    )
    assert "t = 0 s" in error.where
    assert "process root" in error.where
    assert "not finite" in error.got
    assert error.run.data.sizes["time"] == 1


@SOLVERS
def test_an_amount_below_zero_stops_the_run(solver: solvers.Solver) -> None:
    """1 fmol leaves at 0.1 fmol/s: after 10 s there is none, and nothing is clipped."""
    error = stopped(uphill(), solver=solver)
    assert "pool cell.glucose" in error.where
    assert "process lift" in error.where
    assert "t = " in error.where
    assert "60 s" in error.wanted
    assert "negative" in error.got
    partial = error.run
    assert (
        (9.7 if isinstance(solver, solvers.Native) else 5) < float(partial.data.time[-1]) <= 10
    )  # SciPy keeps whole steps only
    assert (partial.data.amount.sel(pool="cell.glucose") >= 0).all()
    assert np.isfinite(partial.ledger.dissipated).all()


def test_too_few_steps() -> None:
    error = stopped(sound(), solver=solvers.Native(max_steps=2))
    assert "too many steps" in error.got
    assert "2 attempted steps were not enough; allow more with Native(max_steps=20)" in error.got


def test_too_few_steps_of_scipy() -> None:
    error = stopped(sound(), solver=solvers.SciPy("BDF", max_steps=2))
    assert "2 steps were not enough; allow more with SciPy('BDF', max_steps=20)" in error.got


@SOLVERS
def test_the_budget_of_steps_grows_with_the_breaks(solver: solvers.Solver) -> None:
    """What is enough for one pulse is enough for forty of them in one run."""

    def pulsed(count: int, end: float) -> bm.Run:
        train = bm.Protocol.pulses(
            Q(5, "mM"), Q(6, "mM"), start=Q(1, "s"), width=Q(1, "s"), period=Q(2, "s"), count=count
        )
        return run(
            until=Q(end, "s"), parameters={"bath.K": train}, solver=replace(solver, max_steps=150)
        )

    assert pulsed(1, 3).status.ok
    many = pulsed(40, 80)
    assert many.status.ok
    assert many.solution.steps > 150


@SOLVERS
def test_a_lane_that_stops_leaves_the_others(solver: solvers.Solver) -> None:
    made = run(
        uphill(),
        until=Q(12, "s"),
        parameters={"lift.J": array([0.01, 0.1], dims="J", unit="fmol/s")},
        solver=solver,
    )
    assert made.data.status.values.tolist() == [0, 4]
    assert np.isnan(made.data.amount.isel(J=1, time=-1)).all()
    assert np.isfinite(made.data.amount.isel(J=0)).all()
