"""The words of the command line: numbers as its arguments, and the library's errors with its
commands where the library names Python.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from .errors import BiomembraneError

# where the library says that something is wrong: where that is here, and what to try where its
# advice is Python
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
_PHRASES = [  # Python in an advice, and the same here
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
DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_PYTHON = re.compile(r"\bbm\.|\w+=|\w\(")


def in_words(problem: BiomembraneError) -> dict[str, str]:
    """The fields of an error, in the words of the command line."""
    fields = {
        "where": problem.where,
        "wanted": problem.wanted,
        "got": problem.got,
        "try": problem.advice,
    }
    for name in ("wanted", "got", "try"):
        for python, shell in _PHRASES:
            fields[name] = re.sub(python, shell, fields[name])
    for place, (here, advice) in _PLACES.items():
        if re.fullmatch(place, problem.where, re.DOTALL):
            fields["where"] = re.sub(place, here, problem.where, count=1, flags=re.DOTALL)
            if advice and (not fields["try"] or _PYTHON.search(fields["try"])):
                fields["try"] = advice
    return fields


class Misused(Exception):
    """Arguments that the command line cannot read."""

    def __init__(self, message: str, parser: argparse.ArgumentParser) -> None:
        super().__init__(message)
        self.parser = parser

    def told(self) -> NoReturn:
        """Say it on standard error, with how the command is used, and end with status 2."""
        self.parser.print_usage(sys.stderr)
        self.parser.exit(2, f"{self.parser.prog}: error: {self}\n")


class Words(argparse.ArgumentParser):
    """A parser, and those of its commands, whose errors can be told as JSON, too."""

    def error(self, message: str) -> NoReturn:
        """Raise :class:`Misused`."""
        raise Misused(message, self)


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether ``--json`` is among words that could not be read, in full or begun as argparse admits
    it.
    """
    return any(len(word) > 2 and "--json".startswith(word) for word in arguments)


def number(text: str) -> float:
    """An argument that is a number."""
    if not re.fullmatch(DECIMAL, text.strip(), re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 1e-8")
    return float(text)


def whole(text: str) -> int:
    """An argument that is a count."""
    if not re.fullmatch(r"\d{1,15}", text.strip(), re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer such as 100000")
    return int(text)


def count(text: str) -> int:
    """An argument that is a count of at least one."""
    made = whole(text)
    if not made:
        raise argparse.ArgumentTypeError("0 is no count: an integer >= 1 is wanted")
    return made
