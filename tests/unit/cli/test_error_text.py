"""Errors in the words of the command line: advice can be typed, one JSON object holds all, every
status is told.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from unit.cli.called import said

import biomembrane as bm
from biomembrane import errors
from biomembrane.cli.error_text import fields_in_cli_words

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
