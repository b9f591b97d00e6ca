"""The command ``reproduce``: its arguments, its progress, its table and its page."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from ..command_words import whole


def arguments(commands: Any) -> argparse.ArgumentParser:
    """Add the command to a parser."""
    made: argparse.ArgumentParser = commands.add_parser(
        "reproduce",
        help="every shipped model: audited, run, books checked, numbers compared with their sources",
        description="Run every shipped study: models audited, runs made, books checked, numbers compared with their sources. Writes runs, figures "
        "and index.html. Exit status 1 if anything is off.",
    )
    made.add_argument("--only", metavar="MODEL", action="extend", nargs="+", default=[], help="these studies: shipped names, or paths of a model.py")
    made.add_argument("--out", metavar="DIR", default="biomembrane-out/reproduce", help="output folder (default biomembrane-out/reproduce)")
    made.add_argument("--jobs", metavar="N", type=whole, help="processes at once (default: one a core)")
    return made


def run(options: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """Run the command; gives the exit status and what ``--json`` prints."""
    from ..exchange.beside import read_path, writable
    from .report import page, table, verdict
    from .reproduce import reproduce

    began = time.perf_counter()
    writable(folder := read_path(options.out, "--out", "--out results"), "--out")
    folder.mkdir(parents=True, exist_ok=True)
    quiet = options.json or not sys.stderr.isatty()
    results = reproduce(options.only, out=folder, jobs=options.jobs, tell=None if quiet else _tell)
    seconds = time.perf_counter() - began
    held = not any(r["misses"] for r in results)
    index = folder / "index.html"
    index.write_text(page(results, seconds), encoding="utf-8", errors="backslashreplace")
    found = {"held": held, "seconds": {"value": round(seconds, 3), "unit": "s"}, "page": str(index), "models": results}
    (folder / "results.json").write_text(
        json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False), encoding="utf-8", errors="backslashreplace"
    )
    if not options.json:
        print(table(results))
        print(f"\n{verdict(results, seconds)}\nwrote {index}")
    return int(not held), found


def _tell(done: int, of: int, result: dict[str, Any]) -> None:
    """A line of progress, which the next one replaces."""
    text = f"{done} of {of}: {result['model']} {'missed' if result['misses'] else 'right'}, {result['seconds']:.1f} s"
    print(f"\r{text:<70}", end="" if done < of else "\r" + " " * 70 + "\r", file=sys.stderr, flush=True)
