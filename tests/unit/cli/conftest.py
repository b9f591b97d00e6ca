"""Fixtures of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from biomembrane.cli.draw_command import FigureProcess


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
