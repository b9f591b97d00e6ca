"""The command line: a sentence in its own words for whatever is wrong, and a status; never a
traceback of ours.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, cli, errors
from biomembrane.cli.dispatch import COMMANDS
from biomembrane.cli.draw_command import FigureProcess
from biomembrane.cli.error_text import fields_in_cli_words

FAULTS = {
    "divides.py": ("def build():\n    return 1 / 0\n", "ZeroDivisionError", 2),
    "imports.py": ("import math\nimport no_such_module_here\n", "ModuleNotFoundError", 2),
    "exits.py": ("import sys\n\n\nsys.exit(0)\n", "SystemExit", 4),
    "deep.py": (
        "def f():\n    return f()\n\n\ndef build():\n    return f()\n",
        "RecursionError",
        2,
    ),
    "asserts.py": ("def build():\n    assert False, 'two\\nlines'\n", "AssertionError", 2),
}


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Status, standard output and standard error."""
    try:
        status = cli.main(arguments)
    except SystemExit as way_out:  # argparse's
        status = int(way_out.code or 0)
    told = capsys.readouterr()
    return status, told.out, told.err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without figures, which take longer than all the rest."""
    monkeypatch.setattr(FigureProcess, "__init__", lambda _: None)
    monkeypatch.setattr(FigureProcess, "__exit__", lambda *_: None)
    monkeypatch.setattr(FigureProcess, "draw", lambda *_: None)
    monkeypatch.setattr(FigureProcess, "finish", lambda _, saved: [saved])


@pytest.mark.parametrize("name", FAULTS)
def test_a_model_file_that_raises_shows_its_own_traceback(
    here: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Path and line, what it raised, no frame of ours, few lines; in Python the error is the
    cause.
    """
    text, kind, line = FAULTS[name]
    (here / name).write_text(text)
    status, out, err = said(["cite", name], capsys)
    assert (status, out) == (2, "")
    assert f'{here / name}", line {line}' in err
    assert f"ModelFailed: {errors.ModelFailed.headline}." in err
    assert kind in err
    assert "Traceback" not in err
    assert str(Path(cli.__file__).parent) not in err
    assert len(err.splitlines()) < 25
    with pytest.raises(errors.ModelFailed) as caught:
        bm.load(name)
    assert type(caught.value.__cause__).__name__ == kind
    assert caught.value.where == f"{here / name}, line {line}"


def test_an_error_of_ours_in_a_model_file_says_the_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And keeps its kind."""
    (here / "m.py").write_text(
        "import biomembrane as bm\n\n\ndef build():\n    return bm.Species('', charge=0)\n"
    )
    status, _, err = said(["audit", "m.py"], capsys)
    assert status == 2
    assert err.startswith("BadName:")
    assert f"{here / 'm.py'}, line 5" in err


def test_a_model_file_may_declare_dataclasses(here: Path) -> None:
    """They look their module up by name while the file runs; afterwards it is gone."""
    lines = [
        "from __future__ import annotations",
        "from dataclasses import dataclass",
        "import biomembrane as bm",
        "@dataclass",
        "class A:",
        "    x: int",
    ]
    (here / "model.py").write_text(
        "\n".join([*lines, "def build():", "    return bm.load('resting_cell')", ""])
    )
    assert bm.load(here).name == "resting_cell"
    assert not [name for name in sys.modules if name.startswith("biomembrane_model_")]


def test_a_shipped_name_is_the_shipped_model(here: Path) -> None:
    """Even beside a folder of that name, which is given as a path."""
    (here / "enterocyte").mkdir()
    (here / "enterocyte" / "model.py").write_text("def build():\n    return 5\n")
    assert bm.load("enterocyte").name == "enterocyte"
    with pytest.raises(errors.WrongType):
        bm.load(here / "enterocyte")


@pytest.mark.parametrize(
    "given",
    [
        None,
        5,
        "",
        b"enterocyte",
        ["enterocyte"],
        "x" * 5000,
        "a\0b",
        "no/such/model.py",
        "/",
        "model.txt",
    ],
)
def test_what_names_no_model_has_an_error_of_ours(given: object, here: Path) -> None:
    (here / "model.txt").touch()
    with pytest.raises(errors.BiomembraneError) as caught:
        bm.load(given)  # type: ignore[arg-type]
    assert caught.value.where == "load(…)"
    assert len(str(caught.value)) < 500


@pytest.mark.usefixtures("undrawn")
def test_a_file_of_ones_own_does_not_write_where_the_shipped_model_does(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy of the resting cell, name and all."""
    (here / "copy.py").write_text(
        "import biomembrane as bm\n\n\ndef build():\n    return bm.load('resting_cell')\n"
    )
    for model in ("copy.py", "resting_cell"):
        assert said(["run", model, "--until", "1 s", "--json"], capsys)[0] == 0
    made = sorted(str(p.relative_to(here)) for p in here.rglob("run.nc"))
    assert made == [
        "biomembrane-out/resting_cell-own/run.nc",
        "biomembrane-out/resting_cell/run.nc",
    ]


@pytest.mark.parametrize("place", ["/proc/x", "file", "file/below", "x" * 300, "a\0b"])
def test_a_place_that_cannot_be_written_is_told_before_the_run(
    here: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not after it."""
    (here / "file").touch()
    status, out, err = said(["run", "resting_cell", "--until", "1 year", "--out", place], capsys)
    assert (status, out) == (2, "")
    assert err.startswith("NotWritable:")
    assert "--out" in err
    assert err.count("\n") <= 6


WORDS = [
    (["run", "enterocyte", "--until", "soon"], "--until '10 min'"),
    (["run", "enterocyte", "--until", "0 s"], "--until '10 min'"),
    (["run", "enterocyte", "--set", "blood.K=5 apples"], "--set 'blood.K=5 mM'"),
    (["run", "enterocyte", "--set", "blood.K=1_0x"], "--set blood.K=2x"),
    (["run", "enterocyte", "--set", "blood.K=\u0661x"], "--set blood.K=2x"),
    (["run", "enterocyte", "--set", "blood.K=-5 mM"], "--set 'blood.K=…'"),
    (["run", "enterocyte", "--rtol", "7"], "--rtol 1e-"),
    (["run", "enterocyte", "--max-steps", "0"], "--max-steps"),
    (["run", "enterocyte", "--max-steps", "many"], "--max-steps"),
    (["audit", "enterocyte", "--fail-on", "3 mV"], "--fail-on '0.5 kJ/mol'"),
    (["audit", "enterocyte", "--fail-on", "much"], "--fail-on '0.5 kJ/mol'"),
    (["draw", "none.nc"], "'biomembrane run MODEL --out DIR' writes DIR/run.nc"),
    (["run", "enterocyte", "--until", ""], "--until '10 min'"),
    (["run", "enterocyte", "--out", ""], "--out results"),
    (
        ["run", "enterocyte", "--set", "blood.K=5 mM", "--set", "blood.K=6 mM"],
        "leave one of them out",
    ),
    (["cite", ""], "'biomembrane models' lists the shipped models"),
]
PYTHON = re.compile(r"\bQ\(|\bbm\.|simulate\(|Native\(|until=|save\(|load\(|open_result")


@pytest.mark.parametrize(
    ("arguments", "words"), WORDS, ids=lambda x: " ".join(x) if isinstance(x, list) else ""
)
@pytest.mark.usefixtures("here")
def test_advice_can_be_typed_as_it_stands(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the words of the command line, with no Python in it."""
    status, out, err = said(arguments, capsys)
    assert (status, out) == (2, "")
    assert words in err
    assert not PYTHON.search(err), err


BROKEN = [
    (["run", "enterocyte", "--until", "soon"], "NotANumber", 2),
    (["draw", "none.nc"], "UnknownName", 2), (["cite", "no_such"], "UnknownName", 2),
    (["audit", "enterocyte", "--fail-on", "3 mV"], "UnitMismatch", 2),
    (["reproduce", "--only", "no_such"], "UnknownName", 2),
    (["run"], "Misused", 2), (["nonsense"], "Misused", 2),
    (["run", "enterocyte", "--max-steps", "3"], "SimulationStopped", 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "kind", "status"),
    BROKEN,
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
@pytest.mark.usefixtures("here", "undrawn")
def test_with_json_an_error_is_one_object(
    arguments: list[str], kind: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard output; the sentence for people is on standard error, as ever."""
    found, out, err = said([*arguments, "--json"], capsys)
    made = json.loads(out)
    told = made["error"]
    assert (found, told["kind"]) == (status, kind)
    assert told["headline"] in err
    assert kind in err or kind == "Misused"
    assert ("ledger" in made) == (status == 1)
    if kind != "Misused":
        assert all(told[field] in err for field in ("where", "wanted", "got", "try"))


@pytest.mark.usefixtures("undrawn")
def test_books_that_are_open_are_told_in_the_same_object(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise errors.BooksDoNotClose(where="ledger", wanted="1e-9", got="1e-3", advice="…")

    monkeypatch.setattr(bm.Ledger, "check", refuse)
    status, out, err = said(
        ["run", "resting_cell", "--until", "1 s", "--out", str(here), "--json"], capsys
    )
    assert (status, json.loads(out)["error"]["got"]) == (1, "1e-3")
    assert err.startswith("BooksDoNotClose")


def test_every_status_of_a_run_is_told_in_arguments() -> None:
    """Where the library says Native(…), the command line says its options."""
    problem = errors.SimulationStopped(
        where="model 'm'",
        wanted="a run",
        got="too many steps: allow more with Native(max_steps=30)",
        advice="solver=bm.solvers.Native(rtol=1e-6)",
    )
    told = fields_in_cli_words(problem)
    assert told["got"].endswith("--max-steps 30")
    assert told["try"] == "--rtol 1e-6"


DRAWN = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"5",
    b'"x"',
    b"{",
    b"\xff",
    b"[" * 50000,
    b'{"target": 5, "data": {}}',
    b'{"target": "a/run.nc", "data": {}}',
    b'{"target": "a/run.nc", "data": {"attrs": 5, "coords": 5}}',
    b'{"target": "a/run.nc"}',
    b'{"data": {}}',
    (
        b'{"target": "a/run.nc", "data": {"coords": {}, "attrs": {"title": "x", "model_hash": "y"},'
        b' "dims": {}, "data_vars": {}}}'
    ),
    (
        b'{"target": "run.nc", "data": {"coords": {}, "attrs": {"title": "x", "model_hash": "y",'
        b' "flows_json": "5"}, "dims": {}, "data_vars": {}}}'
    ),
]


@pytest.mark.parametrize("text", DRAWN, ids=lambda t: repr(t[:40]))
@pytest.mark.usefixtures("here")
def test_whatever_draw_reads_it_has_a_sentence(
    text: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON or not, a dataset or not."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    status, out, err = said(["draw", "-"], capsys)
    assert (status, out) == (2, "")
    assert err.startswith("CorruptFile:")


LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES, lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=5), x, max_size=3)
)


@settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.fixed_dictionaries({"coords": JSON, "attrs": JSON, "dims": JSON, "data_vars": JSON}))
def test_no_dataset_in_json_gives_a_traceback(
    data: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps({"target": "run.nc", "data": data}).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    status, _, err = said(["draw", "-"], capsys)
    assert status == 2
    assert err.startswith("CorruptFile:")


def test_a_saved_file_that_lacks_what_a_figure_shows_is_told(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It reads as complete, and is not."""
    run = bm.simulate(bm.load("resting_cell"), until=Q(1, "s"))
    bm.save(run, here / "run.nc")
    left = (
        xr.open_dataset(here / "run.nc", engine="h5netcdf", decode_timedelta=False)
        .load()
        .drop_vars("potential")
    )
    left.to_netcdf(here / "less.nc", engine="h5netcdf")
    status, out, err = said(["draw", "less.nc"], capsys)
    assert (status, out) == (2, "")
    assert err.startswith("CorruptFile:")
    assert "no 'potential', which was saved" in err


def test_a_mistake_of_ours_is_not_blamed_on_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that a module or an object of ours lacks: the file is sound, and what it says is not
    at fault.
    """
    bm.save(bm.simulate(bm.load("resting_cell"), until=Q(1, "s")), here / "run.nc")
    for wrong in (lambda _: io.absent, lambda run: run.absent, lambda _: object().absent):
        monkeypatch.setattr("biomembrane.show.figures.traces", wrong)
        status, out, err = said(["draw", "run.nc"], capsys)
        assert (status, out) == (2, "")
        assert err.startswith("a fault of biomembrane, not yours (AttributeError: ")
    for lacked in (
        lambda run: run.data.absent,
        lambda run: run.data.status.absent,
        lambda run: json.loads(run.data.attrs["changed_json"]).items(),
    ):
        monkeypatch.setattr("biomembrane.show.figures.traces", lacked)
        assert said(["draw", "run.nc"], capsys)[2].startswith("CorruptFile:")


def test_a_warning_of_ours_is_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def warned(_: object) -> int:
        warnings.warn("something", errors.CacheNotUsed, stacklevel=1)
        return 0

    monkeypatch.setitem(COMMANDS, "models", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert said(["models"], capsys) == (0, "", "CacheNotUsed: something\n")


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (RuntimeError("two\nlines"), 2),
        (KeyboardInterrupt(), 130),
        (errors.Cancelled(where="w"), 130),
    ],
)
def test_a_fault_of_ours_is_a_sentence(
    raised: BaseException,
    status: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And a user's Ctrl-C is none."""

    def failing(_: object) -> int:
        raise raised

    monkeypatch.setitem(COMMANDS, "models", failing)
    given, _, err = said(["models"], capsys)
    assert given == status
    assert err.count("\n") == 1
    assert "Traceback" not in err


def process(arguments: list[str], **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "biomembrane", *arguments], stderr=subprocess.PIPE, **more
    )  # type: ignore[call-overload, no-any-return]


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")
def test_a_closed_pipe_is_silence_and_a_full_disk_a_sentence() -> None:
    """`biomembrane … | head -0`, and standard output on a disk without room."""
    reading, writing = os.pipe()
    os.close(reading)
    with process(["models"], stdout=writing) as closed:
        os.close(writing)
        assert closed.communicate()[1] == b""
        assert closed.returncode == 141
    with Path("/dev/full").open("wb") as full, process(["models"], stdout=full) as stopped:
        err = stopped.communicate()[1].decode()
        assert stopped.returncode == 2
        assert err.startswith("standard output cannot be written")
        assert err.count("\n") == 1


def test_help_answers_at_once() -> None:
    """It loads nothing but argparse: 0.15 s on an idle machine; what is loaded is what counts."""
    text = (
        "import sys, biomembrane.cli as c\ntry: c.main(['run', '--help'])\nexcept SystemExit:"
        " pass\nprint(sorted(sys.modules), file=sys.stderr)"
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert time.perf_counter() - began < 10
    for heavy in ("numpy", "sympy", "pint", "xarray", "matplotlib", "llvmlite", "h5py"):
        assert f"'{heavy}'" not in done.stderr
    assert "--max-steps" in done.stdout
