"""Errors of runs and their books, word for word: they are read by people who look for what to
do.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from mistakes import FUEL, caught, cell, membrane, sound

import biomembrane as bm
from biomembrane import Keep, Protocol, Q
from biomembrane import errors as e
from biomembrane import library as lib
from biomembrane.account.closure_check import FinalBalances, check_bounded
from biomembrane.account.kept_ledger import SavedLedger
from biomembrane.account.ledger_lines import LINES


def run(**more: Any) -> Any:
    return bm.simulate(sound(), **{"until": "1 s", **more})


def scan(**more: Any) -> Any:
    return run(
        parameters={
            "bath.K": xr.DataArray(
                [4.0, 5.0], dims="K_o", coords={"K_o": [4.0, 5.0]}, attrs={"units": "mM"}
            )
        },
        **more,
    )


def prepare(**more: Any) -> Any:
    return bm.prepare(sound(), **{"until": "1 s", "vary": {"bath.K": "mM"}, **more})


def judge(off: float, least: dict[str, float], share: Any = None, of: str = "lift") -> None:
    """The books of a lane in which 1 pJ passed in a second, to 2.34e-6: powers down to −0.00234 fW
    are rounding.
    """
    balances = FinalBalances(
        ["done"],
        np.array([off]),
        np.array([1.0]),
        list(least),
        np.array([[x] for x in least.values()]).reshape(-1, 1),
        1.0,
    )
    balances.check_closure("cell", 2.34e-6, share and {of: share})


def reduced(name: str) -> Any:
    return Keep(reduce=lambda data: data.amount.max("time").rename(name))


GRID = xr.DataArray([[4.0]], dims=("a", "b"), attrs={"units": "mM"})
TWO = {"bath.K": "mM", "bath.Na": "M"}
VARIABLES = (
    "amount",
    "concentration",
    "pH",
    "potential",
    "volume",
    "pressure",
    "area",
    "flux",
    "affinity",
    "current",
    "reversal",
    "dissipation",
    "open_fraction",
    "electrode_current",
    "auxiliary",
)
BOOKS = (
    "ledger_flow",
    "ledger_dissipation",
    "ledger_exergy",
    "ledger_uphill_energy",
    "ledger_uphill_time",
)
KNOWN = " | ".join((*VARIABLES, *BOOKS, *(f"ledger_{line}" for line in LINES)))
FAR = "known: " + ", ".join((*VARIABLES, *BOOKS)[:12]) + ", …"
EXAMPLE = "bm.Keep(variables=['concentration', 'potential'], times='final', dtype='float32')"
KEEP = (e.WrongType, "simulate(keep=…)", "'all', 'final', names of variables, or a Keep")
NAMES = (e.UnknownName, "Keep(variables=…)", KNOWN)
OWN = (e.BadName, "Keep(reduce=…)", "variables of your own")
VIEWS = (e.UnknownName, "ledger.by(…)", "process | transporter | store | ion | role")
BEYOND = (e.OutOfDomain, "run.isel(…)", "positions inside the scan")
OPEN = (e.BooksDoNotClose, "ledger of 'cell'", "a residual below 2e-06 of the energy that passed")
TIGHTER = "a tighter rtol in the solver; else a law or a potential is wrong"
UPHILL, EMPIRICAL = (
    (e.UphillForFree, "process lift", "J·A ≥ 0 at every step"),
    "an Empirical law breaks the second law here; print(audit(model)) says how",
)
VARY = (e.WrongType, "prepare(vary=…)", "names of parameters with their units")
ORDER = "a list or an array, in the order of vary"
OVERFLOW = "look for 0/0 or an overflow in what gave it"
RUNG = (0.5, 1.23456, 0.25)  # shares of a process that ran uphill

TOLD: dict[str, tuple[Any, Any, str, str, str, str]] = {
    "keep by number": (lambda: run(keep=5), *KEEP, "5", EXAMPLE),
    "keep misspelt": (lambda: run(keep="finale"), *KEEP, "'finale'", EXAMPLE),
    "a variable misspelt": (lambda: run(keep=["amounts"]), *NAMES, "'amounts'",
        "did you mean 'amount'?"),
    "a variable from elsewhere": (lambda: Keep(variables=["qqqqqq"]), *NAMES, "'qqqqqq'", FAR),
    "a variable by number": (lambda: Keep(variables=[5]), *NAMES, "5", FAR),
    "variables as text": (
        lambda: Keep(variables="amount"), e.WrongType, "Keep(variables=…)", "a list of names",
        "'amount'", "variables=['amount']"
    ),
    "reducers as text": (lambda: Keep(reduce="min"), e.WrongType, "Keep(reduce=…)",
        "a list of names", "'min'", "reduce=['min']"),
    "no reducers": (lambda: Keep(reduce=None), e.WrongType, "Keep(reduce=…)", "a list of names",
        "None", "reduce=['min']"),
    "a reducer misspelt": (
        lambda: Keep(reduce=["minimum"]), e.UnknownName, "Keep(reduce=…)",
        "min | max | final | mean", "'minimum'", "did you mean 'min'?"
    ),
    "one time reduced": (
        lambda: Keep(reduce=["min"], times="final"), e.BadSettings,
        "Keep(reduce=…, times='final')", "times to reduce over", "the final time alone",
        "times='all', or reduce=()",
    ),
    "some of the books": (lambda: Keep(ledger="none"), e.UnknownName, "Keep(ledger=…)",
        "final | all", "'none'", "known: final, all"),
    "half precision": (
        lambda: Keep(dtype="float16"), e.UnknownName, "Keep(dtype=…)", "float64 | float32",
        "'float16'", "did you mean 'float64' or 'float32'?"
    ),
    "the last time": (lambda: Keep(times="last"), e.UnknownName, "Keep(times=…)", "all | final",
        "'last'", "known: all, final"),
    "times that fall": (
        lambda: Keep(times=Q([2, 1], "s")), e.BadSettings,
        "Keep(times=…)", "increasing times from 0 on", "[2 1] s",
        "times=Q(np.linspace(0, 10, 101), 'min')",
    ),
    "bare times": (lambda: Keep(times=[1, 2]), e.BareNumber, "Keep(times=…)", "a unit like 's'",
        "[1, 2]", "Q([1, 2], 's')"),
    "a reducer that gives a number": (
        lambda: run(keep=Keep(reduce=lambda _: 5)), e.WrongType,
        "Keep(reduce=…)", "a Dataset or DataArray over 'lane'", "5",
        "reduce=lambda data: data.potential.max('time')",
    ),
    "a reducer that takes the status": (lambda: run(keep=reduced("status")), *OWN,
        "the result's own status", "another name"),
    "a reducer that takes the end": (lambda: run(keep=reduced("end")), *OWN, "the result's own end",
        "another name"),
    "a reducer that takes the culprit": (lambda: run(keep=reduced("culprit")), *OWN,
        "the result's own culprit", "another name"),
    "a reducer that takes the power": (lambda: run(keep=reduced("least_power")), *OWN,
        "the result's own least_power", "another name"),
    "a reducer that takes the process": (lambda: run(keep=reduced("least_process")), *OWN,
        "the result's own least_process", "another name"),
    "a reducer that takes a line": (lambda: run(keep=reduced("ledger_spent")), *OWN,
        "the result's own ledger_spent", "another name"),
    "a reducer that takes a dimension": (lambda: scan(keep=reduced("K_o")), *OWN,
        "the result's own K_o", "another name"),
    "a view misspelt": (lambda: run().ledger.by("proces"), *VIEWS, "'proces'",
        "did you mean 'process'?"),
    "a view by number": (lambda: run().ledger.by(5), *VIEWS, "5",
        "known: process, transporter, store, ion, role"),
    "a transporter misspelt": (
        lambda: run().ledger.efficiency("Kleak"), e.UnknownName, "ledger.efficiency(…)",
        "a transporter", "'Kleak'", "did you mean 'K_leak'?"
    ),
    "a transporter by number": (
        lambda: run().ledger.efficiency(5), e.UnknownName, "ledger.efficiency(…)", "a transporter",
        "5", "known: K_leak"
    ),
    "the solution of a scan": (lambda: scan().solution, e.BadSettings, "run.solution", "one lane",
        "2 lanes", "run.isel(K_o=0)"),
    "no position": (lambda: scan().isel(), e.UnknownName, "run.isel(…)",
        "a position along each of: K_o", "none", "run.isel(K_o=0)"),
    "other dimensions": (
        lambda: scan().isel(Na_o=0, x=1), e.UnknownName, "run.isel(…)",
        "a position along each of: K_o", "Na_o, x", "run.isel(K_o=0)"
    ),
    "half a position": (
        lambda: run(parameters={"bath.K": GRID}).isel(a=0), e.UnknownName, "run.isel(…)",
        "a position along each of: a, b", "a", "run.isel(a=0, b=0)"
    ),
    "a position beyond": (lambda: scan().isel(K_o=2), *BEYOND, "K_o=2 of 2", "count from 0"),
    "a position before": (lambda: scan().isel(K_o=-3), *BEYOND, "K_o=-3 of 2", "count from 0"),
    "two positions beyond": (lambda: run(parameters={"bath.K": GRID}).isel(a=1, b=-2), *BEYOND,
        "a=1 of 1, b=-2 of 1", "count from 0"),
    "a coordinate misspelt": (
        lambda: scan().sel(Ko=5), e.UnknownName, "run.sel(…)", "a scan dimension with coordinates",
        "'Ko'", "did you mean 'K_o'?"
    ),
    "open books": (lambda: judge(0.012345, {}), *OPEN, "0.0123", TIGHTER),
    "books of NaN": (lambda: judge(math.nan, {}), *OPEN, "not a finite number", TIGHTER),
    "power from nothing": (lambda: judge(0.0, {"leak": 1.0, "lift": -0.123456}), *UPHILL,
        "-0.123 fW", EMPIRICAL),
    "power from nothing for a while": (
        lambda: judge(1e-6, {"leak": -0.1, "lift": -0.123456}, RUNG), *UPHILL,
        "-0.123 fW, J·A < 0 for 50 % of the time, with 1.23 pJ (25 % of its energy)", EMPIRICAL,
    ),
    "power of another": (lambda: judge(0.0, {"lift": -0.2}, RUNG, of="leak"), *UPHILL, "-0.2 fW",
        EMPIRICAL),
    "empty baths": (
        lambda: check_bounded("cell", iter(["bath.K", "bath.Na"])), e.BoundlessEnergy,
        "ledger of 'cell'",
        "concentrations above 0 mM of all that processes move, in baths and held pools",
        "bath.K = 0 mM, bath.Na = 0 mM",
        "set a trace, {'bath.K': Q(1, 'nM')}; amounts, fluxes and voltages are right as they are",
    ),
    "a line that was not kept": (
        lambda: SavedLedger(xr.Dataset()).spent, e.UnknownName,
        "ledger.spent", "a line that was kept", "no ledger_spent in the data",
        "simulate without keep=, or save the run again",
    ),
    "vary as a list": (lambda: prepare(vary=["bath.K"]), *VARY, "['bath.K']",
        "vary={'blood.K': 'mM'}"),
    "nothing varies": (lambda: prepare(vary={}), *VARY, "{}", "vary={'blood.K': 'mM'}"),
    "a scan is prepared": (
        lambda: prepare(parameters={"bath.Na": GRID}), e.BadSettings,
        "prepare(parameters=…)", "one number for each parameter", "a scan over a, b",
        "simulate(…) runs scans, many lanes at a time",
    ),
    "fixed and varied": (
        lambda: prepare(parameters={"bath.Na": Q(5, "mM"), "bath.K": Q(5, "mM")}, vary=TWO),
        e.BadSettings,
        "prepare(vary=…)", "parameters that are not fixed too", "bath.K, bath.Na",
        "leave it out of one of them",
    ),
    "degrees": (
        lambda: prepare(vary={"temperature": "degC"}), e.BadSettings,
        "prepare(vary={'temperature': …})", "a unit that counts from absolute zero", "'degC'",
        "vary={'temperature': 'kelvin'}",
    ),
    "another dimension": (
        lambda: prepare(vary={"bath.K": "mV"}), e.UnitMismatch, "prepare(vary={'bath.K': …})",
        "a unit like 'mM'", "1 mV (V)",
        "another quantity, for example Q(1, 'mM'); the number does not carry over"
    ),
    "prepared times": (
        lambda: prepare(until=None, times=[1, 2]), e.BareNumber, "prepare(times=…)",
        "a unit like 's'", "[1, 2]", "Q([1, 2], 's')"
    ),
    "too many numbers": (lambda: prepare()([1.0, 2.0]), e.NotANumber, "prepared(values)",
        "1 number: bath.K [mM]", "[1.0, 2.0]", ORDER),
    "a quantity": (
        lambda: prepare(vary=TWO)(Q([1.0, 2.0], "mM")), e.NotANumber,
        "prepared(values)", "2 numbers: bath.K [mM], bath.Na [M]", "[1 2] mM", ORDER,
    ),
    "text": (lambda: prepare()(["a"]), e.NotANumber, "prepared(values)", "1 number: bath.K [mM]",
        "['a']", ORDER),
    "NaN": (lambda: prepare(vary=TWO)([1.0, math.nan]), e.NotFinite, "prepared(values), bath.Na",
        "a finite number", "nan", OVERFLOW),
    "no end": (lambda: prepare()([math.inf]), e.NotFinite, "prepared(values), bath.K",
        "a finite number", "inf", OVERFLOW),
    "below zero": (lambda: prepare(vary=TWO)([1.0, -2.0]), e.OutOfDomain,
        "prepared(values), bath.Na", "zero or more", "-2 M", "check the sign"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_an_error_word_for_word(name: str) -> None:
    make, kind, *words = TOLD[name]
    error = caught(make)
    assert type(error) is kind
    assert [error.where, error.wanted, error.got, error.advice] == words


def test_what_is_just_allowed_is_allowed() -> None:
    """Bounds belong to what is allowed: a residual of the limit, and a power of the least that
    rounding makes.
    """
    judge(2.34e-6, {"leak": -0.00234})
    check_bounded("cell", [])


# --- what is meant is told


@pytest.mark.parametrize(
    ("make", "kind", "told"),
    [
        (lambda: run(start="run1.nc"), e.WrongType, "start=bm.open_run('run1.nc')"),
        (lambda: run(start=Path("a/run.nc")), e.WrongType, "start=bm.open_run('a/run.nc')"),
        (lambda: run(start=scan(keep=["potential"])), e.WrongType, "keep='all' in the earlier"),
        (lambda: run(start=3), e.WrongType, "start=run"),
        (lambda: Keep(["voltage"]), e.UnknownName, "did you mean 'potential'?"),
        (lambda: Keep(["V"]), e.UnknownName, "did you mean 'potential'?"),
        (lambda: Keep(["conc"]), e.UnknownName, "did you mean 'concentration'?"),
        (lambda: Keep(["flx"]), e.UnknownName, "did you mean 'flux'?"),
        (lambda: bm.figures.response(scan(), "V"), e.UnknownName, "did you mean 'potential'?"),
        (lambda: run(parameters={"bath.K": np.ones(2)}), e.NotANumber, "bm.axis('K_o', [3, 5, 9]"),
        (lambda: bm.coupling(pump()), e.BadSettings, "driving='Na', driven='K'"),
        (lambda: bm.coupling(pump(), driving="Na"), e.UnknownName, "driven="),
        (lambda: Protocol.steps(5, (2, 20)), e.BareNumber, "Q(2, 's')"),
        (lambda: Protocol.steps("5 mM", ("2 mM", "20 mM")), e.UnitMismatch, "for example"),
        (lambda: Protocol.ramps((0, 5), (2, 20)), e.BareNumber, "Q(0, 's')"),
    ],
)  # fmt: skip
def test_the_advice_names_what_is_meant(make: Any, kind: type[Exception], told: str) -> None:
    error = caught(make)
    assert type(error) is kind
    assert told in error.advice


def pump() -> bm.Transporter:
    """Three forces: of Na⁺, of K⁺ and of ATP."""
    return lib.NaKATPase(membrane(inside=cell(held=FUEL)))


def test_forces_that_must_be_named_are_listed() -> None:
    error = caught(lambda: bm.coupling(pump()))
    assert error.wanted == "which of 3 forces drives, and which is driven: Na, K, ATP"
    assert error.got == "neither driving= nor driven="


def test_what_there_is_one_of_is_in_the_singular() -> None:
    once = Protocol.steps(Q(5, "mM"), (Q(1, "min"), Q(20, "mM")))
    assert repr(once) == "<Protocol.steps, 1 break>"
    twice = Protocol.ramps((Q(0, "s"), Q(5, "mM")), (Q(1, "min"), Q(20, "mM")))
    assert repr(twice) == "<Protocol.ramps, 2 breaks>"


def test_a_held_pool_without_anything_is_no_bath() -> None:
    error = caught(lambda: check_bounded("cell", ["cell.ATP"]))
    assert error.wanted.endswith("in baths and held pools")
