"""The command ``reproduce``: its arguments, its progress, its table and its page."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from ..cli_arguments import count

WRITES = ("results.json", "index.html")


def arguments(commands: Any) -> argparse.ArgumentParser:
    """Add the command to a parser."""
    made: argparse.ArgumentParser = commands.add_parser(
        "reproduce",
        help=(
            "every shipped model: audited, run, books checked, numbers compared with their sources"
        ),
        description=(
            "Run every shipped study: models audited, runs made, books checked, numbers compared"
            " with their sources. Prints the ledger of the first run, then one table; writes runs,"
            " figures and index.html. Exit status 1 if anything is off."
        ),
    )
    made.add_argument(
        "--only",
        metavar="MODEL",
        action="extend",
        nargs="+",
        default=[],
        help="these studies: shipped names, or paths of a model.py",
    )
    made.add_argument(
        "--out",
        metavar="DIR",
        default="biomembrane-out/reproduce",
        help="output folder (default biomembrane-out/reproduce)",
    )
    made.add_argument(
        "--jobs", metavar="N", type=count, help="processes at once (default: one a core)"
    )
    return made


def run(options: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """Run the command; gives the exit status and what ``--json`` prints."""
    from ..exchange.atomic_files import beside, read_path, writable
    from .perform import asked
    from .report import page, table, verdict
    from .reproduce import reproduce

    began = time.perf_counter()
    asked(options.only)  # wrong names first
    writable(folder := read_path(options.out, "--out", "--out results"), "--out")
    _clear(folder)
    progress = _Progress(shown=sys.stderr.isatty() and not options.json, ledger=not options.json)
    results = reproduce(
        options.only, out=folder, jobs=options.jobs, first=progress.first, tell=progress.tell
    )
    seconds = time.perf_counter() - began
    held = not any(r["misses"] for r in results)
    found = {
        "held": held,
        "seconds": {"value": round(seconds, 3), "unit": "s"},
        "page": str(folder / "index.html"),
        "models": results,
    }
    texts = (
        json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False),
        page(results, seconds),
    )
    for name, text in zip(WRITES, texts, strict=True):
        with beside(folder / name, "--out") as spare:
            spare.write_text(text, encoding="utf-8", errors="backslashreplace")
    if not options.json:
        print(table(results))
        print(f"\n{verdict(results, seconds)}\nwrote {found['page']}")
    return int(not held), found


def _clear(folder: Path) -> None:
    """Remove what an earlier call told, so that nothing old is taken for new if this one is
    stopped.  Raises NotWritable.
    """
    from .. import errors
    from ..exchange.atomic_files import reason

    for name in WRITES:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as problem:
            got, advice = (
                f"{str(folder / name)[-200:]!r}: {reason(problem)}",
                "--out and another folder, or move away what is there",
            )
            wanted = f"a place for the file {name}"
            raise errors.NotWritable(
                where="--out", wanted=wanted, got=got, advice=advice, path=str(folder / name)
            ) from None


class _Progress:
    """What is said while studies run: the ledger of the first on standard output, and on a terminal
    a line that the next one replaces.
    """

    def __init__(self, *, shown: bool, ledger: bool) -> None:
        self.shown, self.ledger = shown, ledger

    def _line(self, text: str) -> None:
        if self.shown:
            print(f"\r{text:<70}", end="" if text else "\r", file=sys.stderr, flush=True)

    def first(self, result: dict[str, Any]) -> None:
        if self.ledger and result["printed"]:
            self._line("")
            print(result["printed"], end="\n\n", flush=True)

    def tell(self, done: int, of: int, result: dict[str, Any]) -> None:
        self._line(
            f"{done} of {of}: {result['model']} {'missed' if result['misses'] else 'right'},"
            f" {result['seconds']:.1f} s"
        )
        if done == of:
            self._line("")
