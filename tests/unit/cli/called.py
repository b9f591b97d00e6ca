"""Calls of the command line."""

from __future__ import annotations

import pytest

from biomembrane import cli


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Status, standard output and standard error."""
    try:
        status = cli.main(arguments)
    except SystemExit as way_out:  # argparse's
        status = int(way_out.code or 0)
    told = capsys.readouterr()
    return status, told.out, told.err
