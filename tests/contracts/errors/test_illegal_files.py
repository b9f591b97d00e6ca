"""Mistakes in reading files and on the command line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
import xarray as xr
from mistakes import Mistake, judge, sound, table

import biomembrane as bm
from biomembrane import Q, cli
from biomembrane import errors as e
from biomembrane import library as lib

SHEET = (
    '[source]\nkey = "mine"\ntitle = "mine"\n\n[parameters.P]\nvalue = 1.0\nunit = "cm/s"\nkind ='
    ' "measured"\nwhere = "Table 1"\n'
)
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
    saved = bm.save(bm.simulate(sound(), until=Q(1, "s")), folder / "run.nc")
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
            ("missing file", lambda f: lib.sheet(f / "none.toml"), e.UnknownName, "sheet(…)",
                "a path to a TOML file", "none.toml", "check the path"),
            ("damaged TOML", lambda f: lib.sheet(written(f, "[source\nkey=", "a.toml")),
                e.CorruptFile, "a.toml", "a TOML file", "line 1", "library"),
            ("not UTF-8", lambda f: lib.sheet(written(f, b"\xff\xfe", "b.toml")), e.CorruptFile,
                "b.toml", "a TOML file", "utf-8", "library"),
            (
                "TOML of another form", lambda f: lib.sheet(written(f, "a = 1\n", "c.toml")),
                e.CorruptFile,
                "c.toml", "[source]", "no [source]", "library",
            ),
            ("parameters as a number",
                lambda f: lib.sheet(written(f, "parameters = 1\n[source]\nkey='k'\n", "d.toml")),
                e.CorruptFile,
             "d.toml", "[parameters.<name>]", "another form", "library"),
        ],
        "Sheet.__getitem__": [
            ("misspelt parameter", lambda _: lib.sheet("parent_1992")["k112"], e.UnknownName,
                "'parent_1992'", "its parameters", "'k112'", "'k12'"),
            ("no unit", lambda f: entry(f, "unit", "units"), e.CorruptFile, "sheet 'mine', P",
                "unit", "no 'unit'", "unit = …"),
            ("misspelt unit", lambda f: entry(f, "cm/s", "cm/sce"), e.CorruptFile,
                "sheet 'mine', P", "a unit", "'cm/sce'", "'cm/sec'"),
            ("value as text", lambda f: entry(f, "1.0", '"one"'), e.CorruptFile, "sheet 'mine', P",
                "a number", "'one'", "Q(1, 'cm/s')"),
            ("misspelt kind", lambda f: entry(f, "measured", "mesured"), e.CorruptFile,
                "sheet 'mine', P", "measured", "'mesured'", "'measured'"),
        ],
        "open_result": [
            (
                "misspelt file", lambda f: result(f) and bm.open_result(f / "runn.nc"),
                e.UnknownName,
                "open_result", "a netCDF file", "runn.nc", "'run.nc'",
            ),
            ("no file", lambda f: bm.open_result(f / "run.nc"), e.UnknownName, "open_result",
                "a netCDF file", "run.nc", "bm.save(run"),
            ("a folder", bm.open_result, e.UnknownName, "open_result", "a netCDF file",
                "test_file_mistake", "bm.save(run"),
            (
                "text", lambda f: bm.open_result(written(f, "x,y\n1,2\n", "run.nc")), e.CorruptFile,
                "run.nc", "a netCDF-4 file", "", "run the model again",
            ),
            ("cut short", lambda f: result(f, lambda b: b[: len(b) // 2]), e.CorruptFile, "run.nc",
                "a netCDF-4 file", "truncated", "cut short"),
            ("nothing in it", lambda f: result(f, lambda _: b""), e.CorruptFile, "run.nc",
                "a netCDF-4 file", "", "cut short"),
            ("somebody else's", foreign, e.CorruptFile, "other.nc", "a result of biomembrane",
                "without model_hash", "xarray.open_dataset"),
        ],
        "load": [
            ("misspelt model", lambda _: bm.load("enterocite"), e.UnknownName, "load(…)",
                "a shipped model", "'enterocite'", "'enterocyte'"),
            ("missing path", lambda f: bm.load(f / "model.py"), e.UnknownName, "load(…)",
                "a path to a model.py", "model.py", "enterocyte"),
            ("no build", lambda f: bm.load(written(f, "x = 1\n", "model.py")), e.CorruptFile,
                "model.py", "build()", "none", "def build()"),
            (
                "syntax error",
                lambda f: bm.load(written(f, "import math\ndef build(:\n", "model.py")),
                e.CorruptFile,
                "model.py, line 2", "a Python module", "invalid syntax", "def build(:",
            ),
            ("build of a number", lambda f: bm.load(written(f, MODEL, "model.py")), e.WrongType,
                "build()", "a Model", "5", "return"),
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize("mistake", FILES, ids=str)
def test_file_mistake(mistake: Mistake, tmp_path: Path) -> None:
    """Each row: its name says the mistake; see :func:`mistakes.judge` for what is asked of the
    error.
    """
    judge(replace(mistake, make=lambda: mistake.make(tmp_path)))


# --- the command line

UPHILL = """from mistakes import uphill

UNTIL = "1 s"
build = uphill
"""


class Idle:
    """Draws nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def draw(self, data: object, target: Path) -> None:
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
    (
        ["run", "enterocyte", "--set", "blood.K"],
        2,
        ("BadSettings", "NAME=VALUE", "'blood.K=10 mM'"),
    ),
    (["run", "enterocyte", "--set", "blood.k=5 mM"], 2, ("UnknownName", "'blood.k'", "'blood.K'")),
    (["run", "enterocyte", "--set", "blood.K=5 mV"], 2, ("UnitMismatch", "blood.K", "mM")),
    (["run", "enterocyte", "--set", "blood.K=twox"], 2, ("NotANumber", "blood.K=twox", "2x")),
    (["run", "enterocyte", "--until", "soon"], 2, ("NotANumber", "'soon'")),
    (["run", "uphill.py", "--json"], 1, ("UphillForFree", "process lift", "J·A ≥ 0")),
    (
        ["run", "uphill.py", "--json", "--until", "1 min"],
        1,
        ("SimulationStopped", "cell.glucose", "process lift"),
    ),
]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    COMMANDS,
    ids=[" ".join(arguments) for arguments, _, _ in COMMANDS],
)
def test_command_line(
    arguments: list[str],
    status: int,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Wrong use is 2, a check that failed is 1; the words are on standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("biomembrane.cli.run_command.FigureProcess", Idle)
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
