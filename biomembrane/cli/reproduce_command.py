"""The command ``reproduce``: its progress, its table and its page."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from .output import print_json

OUTPUT_FILES = ("results.json", "index.html")


def reproduce(options: argparse.Namespace) -> int:
    """Run the studies; 1 where anything is off."""
    from ..exchange.atomic_files import read_path, writable
    from ..study import reproduce as studies
    from ..study.perform import asked
    from ..study.report import table, verdict

    began = time.perf_counter()
    asked(options.only)  # wrong names first
    writable(folder := read_path(options.out, "--out", "--out results"), "--out")
    _remove_old_output(folder)
    progress = _Progress(shown=sys.stderr.isatty() and not options.json, ledger=not options.json)
    results = studies.reproduce(
        options.only,
        out=folder,
        jobs=options.jobs,
        first=progress.print_ledger,
        tell=progress.update,
    )
    seconds = time.perf_counter() - began
    content = _write(folder, results, seconds)
    if options.json:
        print_json(content)
    else:
        print(table(results))
        print(f"\n{verdict(results, seconds)}\nwrote {content['page']}")
    return int(not content["held"])


def _write(folder: Path, results: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    """Write the results and the page; gives what ``--json`` prints."""
    from ..exchange.atomic_files import beside
    from ..study.report import page

    content = {
        "held": not any(r["misses"] for r in results),
        "seconds": {"value": round(seconds, 3), "unit": "s"},
        "page": str(folder / "index.html"),
        "models": results,
    }
    texts = (
        json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False),
        page(results, seconds),
    )
    for name, text in zip(OUTPUT_FILES, texts, strict=True):
        with beside(folder / name, "--out") as spare:
            spare.write_text(text, encoding="utf-8", errors="backslashreplace")
    return content


def _remove_old_output(folder: Path) -> None:
    """Remove the output of an earlier call, so that it is not mistaken for new if this call is
    interrupted.  Raises NotWritable.
    """
    from .. import errors
    from ..exchange.atomic_files import reason

    for name in OUTPUT_FILES:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise errors.NotWritable(
                where="--out",
                wanted=f"a place for the file {name}",
                got=f"{str(folder / name)[-200:]!r}: {reason(error)}",
                advice="--out and another folder, or move away what is there",
                path=str(folder / name),
            ) from None


class _Progress:
    """Messages while studies run: the ledger of the first on standard output, and on a terminal a
    line that the next one replaces.
    """

    def __init__(self, *, shown: bool, ledger: bool) -> None:
        self.shown, self.ledger = shown, ledger

    def _line(self, text: str) -> None:
        if self.shown:
            print(f"\r{text:<70}", end="" if text else "\r", file=sys.stderr, flush=True)

    def print_ledger(self, result: dict[str, Any]) -> None:
        if self.ledger and result["printed"]:
            self._line("")
            print(result["printed"], end="\n\n", flush=True)

    def update(self, done: int, total: int, result: dict[str, Any]) -> None:
        verdict = "missed" if result["misses"] else "right"
        seconds = result["seconds"]
        self._line(f"{done} of {total}: {result['model']} {verdict}, {seconds:.1f} s")
        if done == total:
            self._line("")
