"""What stands once: the version, the constants of physics; and what no code asks of another: which
solver it has.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import biomembrane as bm

ROOT = Path(__file__).parents[2]
PACKAGE = [p for p in sorted((ROOT / "biomembrane").rglob("*.py")) if p.name != "constants.py"]


def test_the_version_stands_once() -> None:
    """In the package, from where the build reads it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert "version" not in project["project"]
    told = ROOT / project["tool"]["hatch"]["version"]["path"]
    assert re.findall(r'^__version__ = "(.*)"$', told.read_text("utf-8"), re.MULTILINE) == [
        bm.__version__
    ]
    assert "\nversion:" not in (ROOT / "CITATION.cff").read_text("utf-8")


@pytest.mark.parametrize(
    "number", [r"\b8\.3144?\d*", r"\b96[_,]?48[45]\.?\d*", r"\b96\.485\d*", r"\b310\.15\b"]
)
def test_constants_stand_once(number: str) -> None:
    """R, F and 37 °C have one table, constants.py."""
    found = [
        f"{p.relative_to(ROOT)}: {m}"
        for p in PACKAGE
        for m in re.findall(number, p.read_text("utf-8"))
    ]
    assert found == []


def test_nobody_asks_which_solver_it_has() -> None:
    """Engines are protocols: what one can do, it says itself."""
    asked = re.compile(r"isinstance\([^()]*,\s*\(?[^()]*\b(Native|SciPy|Solver|Engine|Compiled)\b")
    found = [str(p.relative_to(ROOT)) for p in PACKAGE if asked.search(p.read_text("utf-8"))]
    assert found == []


def test_sheets_are_named() -> None:
    """Each sheet of the library is one that something reads."""
    texts = "\n".join(
        p.read_text("utf-8")
        for folder in ("biomembrane", "models")
        for p in (ROOT / folder).rglob("*.py")
    )
    names = [p.stem for p in (ROOT / "biomembrane/library/data").glob("*.toml")]
    assert [name for name in names if f'"{name}"' not in texts] == []
