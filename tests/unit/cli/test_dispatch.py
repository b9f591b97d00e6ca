"""The command line: a sentence in its own words for whatever is wrong, and a status; never a
traceback of ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from unit.cli.called import said

import biomembrane as bm
from biomembrane import cli, errors
from biomembrane.exchange.shipped_models import first_paragraph
from biomembrane.study import perform

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


# --- what is printed whole, and what is not left behind


@pytest.mark.parametrize(
    "wrong", [["--until", "5"], ["--set", "bath.K=5"], ["--set", "bath.k=5 mM"]]
)
@pytest.mark.usefixtures("undrawn")
def test_a_refused_run_leaves_nothing(
    here: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = said(["run", "resting_cell", *wrong, "--out", "new/folder"], capsys)
    assert status == 2
    assert err
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("undrawn")
def test_a_folder_that_is_there_stays(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "old").mkdir()
    said(["run", "resting_cell", "--until", "5", "--out", "old/new"], capsys)
    assert [each.name for each in here.iterdir()] == ["old"]
    assert not list((here / "old").iterdir())


def test_no_sentence_is_cut_at_the_end_of_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The summaries of models are the first paragraphs of their docstrings."""
    _, out, _ = said(["models"], capsys)
    for paragraph in out.strip().split("\n\n"):
        _, summary, question = paragraph.split("\n")
        assert summary.endswith(".")
        assert question.endswith("?")


@pytest.mark.parametrize(
    ("docstring", "first"),
    [
        ("One line.", "One line."),
        ("Wrapped into\ntwo lines.\n\nMore.", "Wrapped into two lines."),
        ("\n  Indented,\n  as it stands.\n  \n  More.", "Indented, as it stands."),
        ("", ""),
        (None, ""),
    ],
)
def test_the_first_paragraph_is_on_one_line(docstring: str | None, first: str) -> None:
    assert first_paragraph(docstring) == first
    module = ModuleType("study", docstring)
    assert perform._question(module) == first
