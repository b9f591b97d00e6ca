"""Every shipped study holds: numbers right, books closed, audits proven; and the texts say what the
models give.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from biomembrane.exchange import netcdf, shipped_models
from biomembrane.study.perform import perform, studies
from biomembrane.study.report import page, table

ROOT = Path(__file__).parents[2]
FOUND = importlib.util.spec_from_file_location("docs_numbers", ROOT / "docs" / "insert_numbers.py")
numbers = importlib.util.module_from_spec(FOUND)
FOUND.loader.exec_module(numbers)


def test_every_model_is_a_study():
    assert sorted(studies()) == shipped_models.names()
    assert studies()[0] == "enterocyte"


@pytest.mark.parametrize("name", studies())
def test_study(name, tmp_path, monkeypatch):
    """What `biomembrane reproduce` does with one model, and the numbers of this model in the
    texts.
    """
    if name != studies()[0]:  # `reproduce` itself, which .ci/run calls, saves the runs of all
        monkeypatch.setattr(netcdf, "save", lambda _, path: path)
    result = perform(name, tmp_path, ("svg",))  # fonts of a PDF take longer than a run
    assert result["misses"] == []
    assert sum(a["wanted"] is not None for a in result["answers"]) >= 1
    assert all(a["source"] for a in result["answers"] if a["wanted"] is not None)
    assert result["figures"]
    json.dumps(result, allow_nan=False)
    assert name in table([result])
    assert page([result], 1.0).count("<img") == len(result["figures"])

    found = numbers.numbers([result])
    own = [
        (path, mark)
        for path in numbers.texts()
        for mark in numbers.MARK.finditer(path.read_text("utf-8"))
        if mark[1] == name
    ]
    for path, mark in own:
        said, now = mark[0], numbers.inserted(mark[0], found)
        assert said == now, path

    if name == studies()[0]:
        shown_by_readme(result)


def shown_by_readme(result):
    """What the README shows of its first line, by words: the first ledger, then the table's
    beginning; without rounding and times.
    """

    def words(text):
        rows = [re.sub(r"closed to \S+;|[0-9.]+ s$", "", row).split() for row in text.splitlines()]
        return [row for row in rows if row and row[0] != "residual"]

    shown = re.search(r"```text\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    above, abbreviated, below = shown.partition("  …\n")
    assert abbreviated
    real = words(f"{result['printed']}\n\n{table([result])}")
    assert words(above) == real[: len(words(above))]
    assert re.fullmatch(
        r"\n(\d+) of \1 numbers right, \d+ runs, 12 models in \d+ s; every model holds\nwrote"
        r" \S+/index.html\n",
        below,
    )


def test_texts_name_studies_that_are_there():
    named = {
        mark[1]
        for path in numbers.texts()
        for mark in numbers.MARK.finditer(path.read_text("utf-8"))
    }
    assert named <= set(studies())
    lesson = (ROOT / "docs" / "lesson.md").read_text("utf-8")
    assert set(studies()) <= {mark[1] for mark in numbers.MARK.finditer(lesson)}
    assert not set("{}…") & set(lesson)
