"""What stands in the README is what comes out: one model, one ledger, in Python and on the command
line.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import biomembrane as bm
from biomembrane.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
PRINTED = re.search(r"```text\n(.*?)```", README, re.DOTALL)[1]
SNIPPET = re.search(r"## A model\n\n```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[1]


@cache
def snippet() -> dict[str, Any]:
    """The names of the README's model, run without its figure."""
    names: dict[str, Any] = {}
    exec(compile(SNIPPET.replace('.savefig("energy.pdf")', ""), "README.md", "exec"), names)
    return names


def words(text: str) -> list[list[str]]:
    """Lines by words, without what differs from machine to machine: the residual, which is
    rounding, and how long it took.
    """
    return [
        line.split()
        for line in text.strip().splitlines()
        if not line.strip().startswith(("residual", "time"))
    ]


def residual(text: str) -> float:
    return abs(float(re.search(r"residual\s+(\S+)", text)[1]))


def test_the_snippet_prints_the_ledger_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    shown = str(snippet()["run"].ledger)
    above = re.search(r"energy ledger.*?(?=\n\nat the end)", PRINTED, re.DOTALL)[0]
    assert words(shown) == words(above)
    assert max(residual(shown), residual(above)) < 1e-6
    capsys.readouterr()


def test_the_snippet_is_the_shipped_model() -> None:
    own, shipped = snippet()["model"], bm.load("enterocyte")
    assert {n: p.value for n, p in own.parameters.items()} == {
        n: p.value for n, p in shipped.parameters.items()
    }
    assert [str(p.reaction) for p in own.processes] == [str(p.reaction) for p in shipped.processes]
    assert own.reference.name == shipped.reference.name


def test_the_command_line_prints_what_the_readme_shows(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to the end of the run; the table below is compared where the study is performed, in
    tests/published.
    """
    monkeypatch.chdir(tmp_path)
    assert main(["run", "enterocyte"]) == 0
    shown, end = capsys.readouterr().out, re.compile(r".*?\nat the end.*?\n\n", re.DOTALL)
    assert words(end.match(shown)[0]) == words(end.match(PRINTED)[0])
    assert residual(shown) < 1e-6


def test_the_first_line_reproduces_and_the_second_tests() -> None:
    """As `.ci/run` takes them; what helps where the first fails does the same."""
    first, second = re.findall(r"^python3 -m venv \.venv .*$", README, re.MULTILINE)
    assert first.endswith(".venv/bin/python -m biomembrane reproduce")
    assert second.endswith("-m pytest")
    fallbacks = re.search(r"<details>(.*?)</details>", README, re.DOTALL)[1]
    assert fallbacks.count("biomembrane reproduce\n") == fallbacks.count("```") / 2 == 3
