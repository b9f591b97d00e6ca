"""Mistakes in running, in reading files and on the command line, and runs that cannot go on."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
import xarray as xr
from mistakes import Mistake, caught, empirical, judge, membrane, sound, table, transporter

import biomembrane as bm
from biomembrane import Q, cli, dimension, laws, solvers, symbols
from biomembrane import errors as e
from biomembrane import library as lib

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
            ("no end", lambda: bm.simulate(sound()), e.BadSettings, "simulate", "until= or times=", "neither", "until=Q(10, 'min')"),
            ("end before the start", lambda: run(until=Q(-1, "s")), e.BadSettings, "until=", "after 0", "-1 s", "until=Q(10, 'min')"),
            ("end at the start", lambda: run(until=Q(0, "s")), e.BadSettings, "until=", "after 0", "0 s", "until=Q(10, 'min')"),
            ("two ends", lambda: run(until=Q([1, 2], "s")), e.BadSettings, "until=", "one time", "[1 2] s", "times="),
            ("bare end", lambda: run(until=10), e.BareNumber, "until=", "'s'", "10", "Q(10, 's')"),
            ("end in mM", lambda: run(until="10 mM"), e.UnitMismatch, "until=", "'s'", "10 mM", "Q(10, 's')"),
            ("end of NaN", lambda: run(until=Q(math.nan, "s")), e.NotFinite, "until=", "finite", "nan s", "0/0"),
            ("end in words", lambda: run(until="ten min"), e.NotANumber, "'ten min'", "a number followed by", "'ten min'", "Q(1, "),
            ("misspelt minutes", lambda: run(until="10 mni"), e.UnknownUnit, "mni", "a unit", "'mni'", "'min'"),
            ("times that fall", lambda: run(times=Q([0, 2, 1], "s")), e.BadSettings, "times=", "increasing", "[0 2 1] s", "linspace"),
            ("a time before 0", lambda: run(times=Q([-1, 1], "s")), e.BadSettings, "times=", "from 0 on", "[-1 1] s", "linspace"),
            ("a table of times", lambda: run(times=Q([[0, 1], [2, 3]], "s")), e.BadSettings, "times=", "increasing", "[[0 1] [2 3]] s", "linspace"),
            ("no times", lambda: run(times=Q([], "s")), e.BadSettings, "times=", "increasing", "[] s", "linspace"),
            ("bare times", lambda: run(times=[0, 1]), e.BareNumber, "times=", "'s'", "[0, 1]", "Q([0, 1], 's')"),
            ("no model", lambda: run("enterocyte"), e.WrongType, "simulate(model", "a Model", "'enterocyte'", "load('enterocyte')"),
            ("a transporter", lambda: run(sound().transporters[0]), e.WrongType, "simulate(model", "a Model", "K_leak", "bm.Model("),
            ("parameters as a list", lambda: run(parameters=["bath.K"]), e.WrongType, "parameters=", "{dotted name", "['bath.K']", "{'blood.K'"),
            ("misspelt parameter", lambda: setting("bath.k", END), e.UnknownName, "model 'cell'", "a parameter", "'bath.k'", "'bath.K'"),
            ("strange parameter", lambda: setting("moon.phase", END), e.UnknownName, "'cell'", "a parameter", "'moon.phase'", "known: temperature"),
            ("parameter by number", lambda: run(parameters={5: END}), e.UnknownName, "model 'cell'", "a parameter", "5", "known: temperature"),
            ("bath in mV", lambda: setting("bath.K", Q(5, "mV")), e.UnitMismatch, "parameters['bath.K']", "'mM'", "5 mV", "Q(5, 'mM')"),
            ("bare bath", lambda: setting("bath.K", 5), e.BareNumber, "parameters['bath.K']", "'mM'", "5", "Q(5, 'mM')"),
            ("bath as text", lambda: setting("bath.K", "5 mM"), e.NotANumber, "parameters['bath.K']", "'mM'", "'5 mM'", "Q('5 mM')"),
            ("no bath", lambda: setting("bath.K", None), e.NotANumber, "parameters['bath.K']", "'mM'", "None", "Q(1, 'mM')"),
            ("bath of NaN", lambda: setting("bath.K", Q(math.nan, "mM")), e.NotFinite, "parameters['bath.K']", "finite", "nan mM", "0/0"),
            ("negative bath", lambda: setting("bath.K", Q(-5, "mM")), e.OutOfDomain, "parameters['bath.K']", "zero or more", "-5 mM", "sign"),
            ("no volume", lambda: setting("cell.volume", Q(0, "pL")), e.OutOfDomain, "['cell.volume']", "above zero", "0 pL", "leave out"),
            (
                "numbers without names", lambda: setting("bath.K", Q([4, 5], "mM")), e.NotANumber,
                "['bath.K']", "xarray.DataArray", "names", "dims='K_o'",
            ),
            ("bare numbers", lambda: setting("bath.K", np.array([4, 5])), e.NotANumber, "['bath.K']", "xarray.DataArray", "names", "dims='K_o'"),
            (
                "scan without units", lambda: setting("bath.K", array([4.0], unit=None)), e.BareNumber,
                "['bath.K']", "'units'", "no units", "'units': 'mM'",
            ),
            ("scan in mMM", lambda: setting("bath.K", array([4.0], unit="mMM")), e.UnknownUnit, "['bath.K']", "a unit", "'mMM'", "'mM'"),
            ("scan in mV", lambda: setting("bath.K", array([4.0], unit="mV")), e.UnitMismatch, "['bath.K']", "'mM'", "[4] mV", "'mM'"),
            ("unit as a number", lambda: setting("bath.K", array([4.0], unit=5)), e.UnknownUnit, "['bath.K']", "as text", "5", "'mM'"),
            ("scan of text", lambda: setting("bath.K", array(["a"])), e.NotANumber, "['bath.K']", "number", "['a']", "numbers"),
            ("scan of nothing", lambda: setting("bath.K", array([])), e.BadSettings, "['bath.K']", "at least one", "over K_o", "dims="),
            ("scan with NaN", lambda: setting("bath.K", array([4.0, math.nan])), e.NotFinite, "['bath.K']", "finite", "[4 nan] mM", "0/0"),
            ("scan below 0", lambda: setting("bath.K", array([4.0, -5.0])), e.OutOfDomain, "['bath.K']", "zero or more", "-5 mM", "sign"),
            (
                "a Dataset", lambda: setting("bath.K", xr.Dataset({"K": array([4.0])})), e.WrongType,
                "['bath.K']", "DataArray", "xarray.Dataset", "dims=",
            ),
            (
                "clashing coordinates",
                lambda: clash(array([4.0, 5.0], coords={"K_o": [1, 2]}), array([140.0, 150.0], coords={"K_o": [2, 3]})), e.BadSettings,
                "parameters 'bath.K', 'bath.Na'", "same sizes and coordinates", "K_o [1, 2] and [2, 3]", "different dims=",
            ),
            (
                "clashing sizes", lambda: clash(array([4.0, 5.0]), array([140.0, 150.0, 160.0])), e.BadSettings,
                "parameters 'bath.K', 'bath.Na'", "same sizes and coordinates", "K_o of size 2 and of size 3", "different dims=",
            ),
            ("scan over time", lambda: setting("bath.K", array([4.0], dims="time")), e.BadName, "'bath.K'", "of your own", "time", "dims='K_o'"),
            (
                "scan over volume", lambda: setting("bath.K", array([4.0], dims="volume")), e.BadName,
                "'bath.K'", "of your own", "volume", "dims='K_o'",
            ),
            ("solver by name", lambda: run(solver="Radau"), e.WrongType, "solver=", "a solver", "'Radau'", "solvers.SciPy('Radau'"),
            ("solver as a class", lambda: run(solver=solvers.SciPy), e.WrongType, "solver=", "a solver", "the class SciPy", "SciPy('Radau'"),
            ("progress as a flag", lambda: run(progress=True), e.WrongType, "progress=", "a function", "True", "progress=print"),
            ("no room", lambda: setting("cell.Cl", Q(170, "mM")), e.NoRoom, "cell.X", "leave room", "-25 fmol", "change the contents"),
            (
                "no room in one lane", lambda: setting("cell.Cl", array([20.0, 170.0], dims="Cl")), e.NoRoom,
                "cell.X", "leave room", "-25 fmol", "change the contents",
            ),
        ],
        "SciPy": [
            ("misspelt method", lambda: solvers.SciPy("Radu"), e.BadSettings, "SciPy(method)", "Radau, BDF", "'Radu'", "'Radau'"),
            ("rtol of 2", lambda: solvers.SciPy(rtol=2), e.BadSettings, "rtol=", "from 1e-13 to 0.01", "2", ""),
            ("rtol as text", lambda: solvers.SciPy(rtol="small"), e.BadSettings, "rtol=", "a pure number", "'small'", ""),
            ("rtol of NaN", lambda: solvers.SciPy(rtol=math.nan), e.BadSettings, "rtol=", "a pure number", "nan", ""),
            ("negative atol", lambda: solvers.SciPy(atol=-1), e.BadSettings, "atol=", "a pure number", "-1", ""),
        ],
        "Run.sel": [("dimension that is not there", lambda: scan().sel(Na_o=5), e.UnknownName, "run.sel", "a scan dimension", "'Na_o'", "K_o")],
        "Run.isel": [
            ("dimension that is not there", lambda: scan().isel(Na_o=0), e.UnknownName, "run.isel", "K_o", "Na_o", ""),
            ("no dimension", lambda: scan().isel(), e.UnknownName, "run.isel", "K_o", "none", ""),
        ],
        "Run.solution": [("of a scan", lambda: scan().solution, e.BadSettings, "run.solution", "one lane", "2 lanes", "run.isel")],
        "Ledger.by": [("misspelt view", lambda: run().ledger.by("proces"), e.UnknownName, "ledger.by", "process | ", "'proces'", "'process'")],
        "Ledger.efficiency": [
            ("misspelt transporter", lambda: run().ledger.efficiency("Kleak"), e.UnknownName, "efficiency", "a transporter", "'Kleak'", "'K_leak'")
        ],
        "Ledger.check": [
            (
                "books closer than they can be", lambda: run().ledger.check(rtol=1e-300), e.BooksDoNotClose,
                "ledger of 'cell'", "below 1e-300", "e-", "tighter rtol",
            ),
            ("uphill for free", lambda: run(half_uphill()).ledger.check(rtol=1e-3), e.UphillForFree, "process lift", "J·A ≥ 0", "-", "Empirical"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", RUNS, ids=str)
def test_mistake(mistake: Mistake) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the error."""
    judge(mistake)


# --- runs that cannot go on


def lift(site: Any) -> Any:
    return site.parameter("J", Q(0.1, "fmol/s"), dimension.FLUX)


def uphill() -> bm.Model:
    """Glucose leaves for where there is more of it, and nothing pays."""
    return empirical(lift, "glucose@in -> glucose@out", "lift")


def half_uphill() -> bm.Model:
    """The same beside a hydrolysis that dissipates more than that gains."""
    on = membrane()
    burn = transporter("ATP@in -> ADP@in + Pi@in", laws.Elementary(rate=Q(100, "fmol/s")), on.inside, "burn")
    law = laws.Empirical(flux=lift, reason="to see it fail")
    return bm.Model("uphill", [burn, transporter("glucose@in -> glucose@out", law, on, "lift")])


def fading(site: Any) -> Any:
    """J √(1 − t/τ), which is no number after τ."""
    tau = site.parameter("tau", Q(1, "s"), dimension.TIME, domain="positive")
    return site.parameter("J", Q(0.01, "fmol/s"), dimension.FLUX) * sp.sqrt(1 - symbols.t / tau)


def stopped(model: bm.Model, **more: Any) -> e.SimulationStopped:
    error = caught(lambda: run(model, until=Q(60, "s"), **more))
    assert isinstance(error, e.SimulationStopped)
    for text in (error.where, error.wanted, error.got, error.advice):
        assert text
    return error


def test_a_rate_that_is_no_number_stops_the_run() -> None:
    """The flux is NaN after 1 s: the run ends there, and what went before can be read."""
    error = stopped(empirical(fading, "glucose@in -> glucose@out", "fading"))
    assert "t = 1 s" in error.where
    partial = error.run
    assert 0.5 < float(partial.data.time[-1]) <= 1
    assert np.isfinite(partial.data.flux).all()
    assert np.isfinite(partial.ledger.dissipated).all()
    assert not partial.status.ok


def test_a_rate_that_is_no_number_at_the_start() -> None:
    """√(1 − K/1 mM) at 5 mM: the process is named, and the start can be read."""

    def root(site: Any) -> Any:
        half = site.parameter("half", Q(10, "mM"), dimension.CONCENTRATION, domain="positive")
        return site.parameter("J", Q(0.01, "fmol/s"), dimension.FLUX) * sp.sqrt(1 - site["glucose@out"] / half)

    error = stopped(empirical(root, "glucose@in -> glucose@out", "root"), parameters={"root.half": Q(1, "mM")})
    assert "t = 0 s" in error.where
    assert "process root" in error.where
    assert "not finite" in error.got
    assert error.run.data.sizes["time"] == 1


def test_an_amount_below_zero_stops_the_run() -> None:
    """1 fmol leaves at 0.1 fmol/s: after 10 s there is none, and nothing is clipped."""
    error = stopped(uphill())
    assert "pool cell.glucose" in error.where
    assert "process lift" in error.where
    assert "t = " in error.where
    assert "60 s" in error.wanted
    assert "negative" in error.got
    partial = error.run
    assert 5 < float(partial.data.time[-1]) <= 10
    assert (partial.data.amount.sel(pool="cell.glucose") >= 0).all()
    assert np.isfinite(partial.ledger.dissipated).all()


def test_a_lane_that_stops_leaves_the_others() -> None:
    made = run(uphill(), until=Q(12, "s"), parameters={"lift.J": array([0.01, 0.1], dims="J", unit="fmol/s")})
    assert made.data.status.values.tolist() == ["done", "negative"]
    assert np.isnan(made.data.amount.isel(J=1, time=-1)).all()
    assert np.isfinite(made.data.amount.isel(J=0)).all()


# --- files

SHEET = '[source]\nkey = "mine"\ntitle = "mine"\n\n[parameters.P]\nvalue = 1.0\nunit = "cm/s"\nkind = "measured"\nwhere = "Table 1"\n'
MODEL = "import biomembrane as bm\n\n\ndef build():\n    return 5\n"


def written(folder: Path, text: str | bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def entry(folder: Path, old: str = "", new: str = "", name: str = "P") -> Any:
    """The parameter of a sheet in which something was changed."""
    made = lib.sheet(written(folder, SHEET.replace(old, new), "mine.toml"))
    return made[name]


def result(folder: Path, change: Callable[[bytes], bytes] = bytes) -> Any:
    """A saved run whose bytes were changed."""
    saved = bm.save(run(), folder / "run.nc")
    return bm.open_result(written(folder, change(saved.read_bytes()), "run.nc"))


def foreign(folder: Path) -> Any:
    xr.Dataset({"x": ("t", [1.0])}).to_netcdf(folder / "other.nc", engine="h5netcdf")
    return bm.open_result(folder / "other.nc")


FILES = table(
    {
        "sheet": [
            (
                "misspelt sheet", lambda _: lib.sheet("parent1992"), e.UnknownName,
                "sheet(…)", "a sheet of the library", "'parent1992'", "'parent_1992'",
            ),
            ("missing file", lambda f: lib.sheet(f / "none.toml"), e.UnknownName, "sheet(…)", "a path to a TOML file", "none.toml", "check the path"),
            ("damaged TOML", lambda f: lib.sheet(written(f, "[source\nkey=", "a.toml")), e.CorruptFile, "a.toml", "a TOML file", "line 1", "library"),
            ("not UTF-8", lambda f: lib.sheet(written(f, b"\xff\xfe", "b.toml")), e.CorruptFile, "b.toml", "a TOML file", "utf-8", "library"),
            (
                "TOML of another form", lambda f: lib.sheet(written(f, "a = 1\n", "c.toml")), e.CorruptFile,
                "c.toml", "[source]", "no [source]", "library",
            ),
            ("parameters as a number", lambda f: lib.sheet(written(f, "parameters = 1\n[source]\nkey='k'\n", "d.toml")), e.CorruptFile,
             "d.toml", "[parameters.<name>]", "another form", "library"),
        ],
        "Sheet.__getitem__": [
            ("misspelt parameter", lambda _: lib.sheet("parent_1992")["k112"], e.UnknownName, "'parent_1992'", "its parameters", "'k112'", "'k12'"),
            ("no unit", lambda f: entry(f, "unit", "units"), e.CorruptFile, "sheet 'mine', P", "unit", "no 'unit'", "unit = …"),
            ("misspelt unit", lambda f: entry(f, "cm/s", "cm/sec ond"), e.CorruptFile, "sheet 'mine', P", "a unit", "'cm/sec ond'", "'cm/s'"),
            ("value as text", lambda f: entry(f, "1.0", '"one"'), e.CorruptFile, "sheet 'mine', P", "a number", "'one'", "Q(1, 'cm/s')"),
            ("misspelt kind", lambda f: entry(f, "measured", "mesured"), e.CorruptFile, "sheet 'mine', P", "measured", "'mesured'", "'measured'"),
        ],
        "open_result": [
            (
                "misspelt file", lambda f: result(f) and bm.open_result(f / "runn.nc"), e.UnknownName,
                "open_result", "a netCDF file", "runn.nc", "'run.nc'",
            ),
            ("no file", lambda f: bm.open_result(f / "run.nc"), e.UnknownName, "open_result", "a netCDF file", "run.nc", "bm.save(run"),
            ("a folder", bm.open_result, e.UnknownName, "open_result", "a netCDF file", "test_file_mistake", "bm.save(run"),
            (
                "text", lambda f: bm.open_result(written(f, "x,y\n1,2\n", "run.nc")), e.CorruptFile,
                "run.nc", "a netCDF-4 file", "", "run the model again",
            ),
            ("cut short", lambda f: result(f, lambda b: b[: len(b) // 2]), e.CorruptFile, "run.nc", "a netCDF-4 file", "truncated", "cut short"),
            ("nothing in it", lambda f: result(f, lambda _: b""), e.CorruptFile, "run.nc", "a netCDF-4 file", "", "cut short"),
            ("somebody else's", foreign, e.CorruptFile, "other.nc", "a result of biomembrane", "without model_hash", "xarray.open_dataset"),
        ],
        "load": [
            ("misspelt model", lambda _: bm.load("enterocite"), e.UnknownName, "load(…)", "a shipped model", "'enterocite'", "'enterocyte'"),
            ("missing path", lambda f: bm.load(f / "model.py"), e.UnknownName, "load(…)", "a path to a model.py", "model.py", "enterocyte"),
            ("no build", lambda f: bm.load(written(f, "x = 1\n", "model.py")), e.CorruptFile, "model.py", "build()", "none", "def build()"),
            (
                "syntax error", lambda f: bm.load(written(f, "import math\ndef build(:\n", "model.py")), e.CorruptFile,
                "model.py, line 2", "a Python module", "invalid syntax", "def build(:",
            ),
            ("build of a number", lambda f: bm.load(written(f, MODEL, "model.py")), e.WrongType, "build()", "a Model", "5", "return"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", FILES, ids=str)
def test_file_mistake(mistake: Mistake, tmp_path: Path) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the error."""
    judge(replace(mistake, make=lambda: mistake.make(tmp_path)))


# --- the command line

UPHILL = """import test_illegal_runs

UNTIL = "1 s"
build = test_illegal_runs.half_uphill
"""


class Idle:
    """Draws nothing."""

    def draw(self, saved: Path) -> None:
        pass

    def finish(self, saved: Path) -> list[Path]:
        return [saved]


COMMANDS = [
    (["rnu", "enterocyte"], 2, ("rnu", "run")),
    (["run"], 2, ("MODEL",)),
    (["run", "enterocyte", "--rtol", "small"], 2, ("--rtol", "small")),
    (["run", "enterocyte", "--rtol", "5"], 2, ("BadSettings", "rtol", "0.01")),
    (["run", "enterocite"], 2, ("UnknownName", "'enterocite'", "'enterocyte'")),
    (["cite", "enterocite"], 2, ("UnknownName", "'enterocyte'")),
    (["run", "enterocyte", "--set", "blood.K"], 2, ("BadSettings", "NAME=VALUE", "'blood.K=10 mM'")),
    (["run", "enterocyte", "--set", "blood.k=5 mM"], 2, ("UnknownName", "'blood.k'", "'blood.K'")),
    (["run", "enterocyte", "--set", "blood.K=5 mV"], 2, ("UnitMismatch", "blood.K", "mM")),
    (["run", "enterocyte", "--set", "blood.K=twox"], 2, ("NotANumber", "blood.K=twox", "2x")),
    (["run", "enterocyte", "--until", "soon"], 2, ("NotANumber", "'soon'")),
    (["run", "uphill.py", "--json"], 1, ("UphillForFree", "process lift", "J·A ≥ 0")),
    (["run", "uphill.py", "--json", "--until", "1 min"], 1, ("SimulationStopped", "cell.glucose", "process lift")),
]


@pytest.mark.parametrize(("arguments", "status", "words"), COMMANDS, ids=[" ".join(arguments) for arguments, _, _ in COMMANDS])
def test_command_line(
    arguments: list[str], status: int, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use is 2, a check that failed is 1; the words are on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_Artist", Idle)
    monkeypatch.setitem(sys.modules, "test_illegal_runs", sys.modules[__name__])
    written(tmp_path, UPHILL, "uphill.py")
    try:
        given = cli.main(arguments)
    except SystemExit as wrong:  # argparse's own way out
        given = wrong.code
    text = capsys.readouterr().err
    assert given == status
    for word in words:
        assert word in text


def test_command_line_shows_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "biomembrane", "run", "enterocite"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.startswith("UnknownName: nothing has this name.")
    assert "Traceback" not in done.stderr
