"""The library's errors in the words of the command line: its arguments and commands where the
library names Python.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .. import errors

# where the library says that something is wrong: the argument that means the same here, and what to
# try where the advice is Python
_PLACES = {
    r"simulate\(until=.*|simulate": ("--until", "--until '10 min'"),
    r"Native\(rtol=.*": ("--rtol", "--rtol 1e-8"),
    r"Native\(max_steps=.*": ("--max-steps", "--max-steps 1000000"),
    r"parameters\['([^']*)'\].*": (r"--set '\1=…'", ""),
    r"load\(…\)": ("MODEL", "'biomembrane models' lists the shipped models"),
    r"open_result\(…\)|standard input": (
        "FILE",
        "'biomembrane run MODEL --out DIR' writes DIR/run.nc",
    ),
    r"save\(….*": ("--out", ""),
}
_PHRASES = [  # Python in a piece of advice, and the same on the command line
    (r"run the model again and bm\.save\(run, …\)", "run the model again with 'biomembrane run'"),
    (r"bm\.save\(run, .*\) writes one", "'biomembrane run MODEL --out DIR' writes DIR/run.nc"),
    (r"(solver=)?(bm\.solvers\.)?Native\(rtol=([^)]*)\)", r"--rtol \3"),
    (r"(solver=)?(bm\.solvers\.)?Native\(max_steps=([^)]*)\)", r"--max-steps \3"),
    (r"Q\(([^,()]+), ['\"]([^'\"]*)['\"]\)", r"'\1 \2'"),
    (r"the exception's \.run holds .*?(; |$)", r"the trajectory up to there is in run.nc\1"),
    (
        r"set BIOMEMBRANE_CACHE=off, or use solver=bm\.solvers\.SciPy\(\)",
        "set BIOMEMBRANE_CACHE=off",
    ),
]
_PYTHON = re.compile(r"\bbm\.|\w+=|\w\(")


def fields_in_cli_words(error: errors.BiomembraneError) -> dict[str, str]:
    """The fields of an error (where, wanted, got, try), in the words of the command line."""
    fields = {"where": error.where, "wanted": error.wanted, "got": error.got, "try": error.advice}
    for name in ("wanted", "got", "try"):
        for python, shell in _PHRASES:
            fields[name] = re.sub(python, shell, fields[name])
    for place, (argument, advice) in _PLACES.items():
        if re.fullmatch(place, error.where, re.DOTALL):
            fields["where"] = re.sub(place, argument, error.where, count=1, flags=re.DOTALL)
            if advice and (not fields["try"] or _PYTHON.search(fields["try"])):
                fields["try"] = advice
    return fields


def report(error: errors.BiomembraneError) -> dict[str, Any]:
    """Print an error on standard error, after the traceback of the model file that raised it, if
    one did.

    Returns what ``--json`` prints of it.
    """
    from ..exchange import shipped_models

    for line in shipped_models.traceback(error):
        print(line, end="", file=sys.stderr)
    kind, fields = type(error).__name__, fields_in_cli_words(error)
    notes = list(getattr(error, "__notes__", ()))
    rows = [f"  {name:<7} {text}" for name, text in fields.items() if text]
    print("\n".join([f"{kind}: {error.headline}.", *rows, *notes]), file=sys.stderr)
    return {
        "kind": kind,
        "headline": error.headline,
        **fields,
        "notes": [note.strip() for note in notes],
    }


def exit_status(error: errors.BiomembraneError) -> int:
    """1 for a check that failed, 2 for wrong use."""
    return 1 if isinstance(error, (errors.BooksDoNotClose, errors.UphillForFree)) else 2


@contextmanager
def attributed_to(argument: str, advice: str) -> Iterator[None]:
    """Errors raised inside name this argument and give this advice."""
    try:
        yield
    except errors.BiomembraneError as error:
        raise replace(error, where=argument, advice=advice) from None
