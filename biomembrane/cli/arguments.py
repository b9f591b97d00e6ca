"""The commands and their arguments.  Loads nothing but argparse, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_MODEL = "a shipped model (see 'models') or a path to a model.py with build()"


class UsageError(Exception):
    """Arguments that cannot be read."""

    def __init__(self, message: str, parser: argparse.ArgumentParser) -> None:
        super().__init__(message)
        self.parser = parser

    def exit(self) -> NoReturn:
        """Print the message and the usage on standard error, and exit with status 2."""
        self.parser.print_usage(sys.stderr)
        self.parser.exit(2, f"{self.parser.prog}: error: {self}\n")


class CommandParser(argparse.ArgumentParser):
    """A parser that raises :class:`UsageError`, so that the error can be printed as JSON, too."""

    def error(self, message: str) -> NoReturn:
        """Raise :class:`UsageError`."""
        raise UsageError(message, self)


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Whether ``--json``, in full or abbreviated as argparse allows, is among arguments that could
    not be parsed.
    """
    return any(len(word) > 2 and "--json".startswith(word) for word in arguments)


def number(text: str) -> float:
    """An argument that is a number."""
    if not re.fullmatch(DECIMAL, text.strip(), re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number such as 1e-8")
    return float(text)


def integer(text: str) -> int:
    """An argument that is an integer ≥ 0."""
    if not re.fullmatch(r"\d{1,15}", text.strip(), re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer such as 100000")
    return int(text)


def positive_integer(text: str) -> int:
    """An argument that is an integer ≥ 1."""
    value = integer(text)
    if not value:
        raise argparse.ArgumentTypeError("wanted an integer >= 1, not 0")
    return value


def parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    program = CommandParser(
        prog="biomembrane",
        description=(
            "Rigorous membrane biophysics: models that obey the second law, and runs whose energy"
            " balance closes."
        ),
    )
    program.add_argument("--version", action="store_true", help="print the version and exit")
    commands = program.add_subparsers(dest="command", metavar="COMMAND")
    for add_command in (_run, _draw, _models, _cite, _audit, _reproduce):
        add_command(commands).add_argument(
            "--json",
            action="store_true",
            help="one JSON object on standard output and nothing else",
        )
    return program


def _run(commands: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        "run",
        help="run a model: ledger table, run.nc, traces.pdf, energy.pdf",
        description="Run a model and check its energy balance.",
    )
    command.add_argument("model", metavar="MODEL", help=_MODEL)
    command.add_argument(
        "--until", metavar="TIME", help="end of the run, '10min' (default: the model's own)"
    )
    command.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="a parameter: 'blood.K=10 mM', or a factor, 'SGLT1.density=2x'; may be repeated",
    )
    command.add_argument(
        "--out",
        metavar="DIR",
        help="output folder (default: a folder in biomembrane-out/ with the model's name)",
    )
    command.add_argument(
        "--rtol", type=number, default=1e-8, help="relative tolerance of the solver (default 1e-8)"
    )
    command.add_argument(
        "--max-steps",
        type=integer,
        metavar="N",
        help="largest number of solver steps (default: the solver's own)",
    )
    return command


def _draw(commands: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        "draw",
        help="draw the figures of a saved run",
        description="Draw traces.pdf and energy.pdf of a run.nc, into the folder of that file.",
    )
    command.add_argument(
        "file",
        metavar="FILE",
        help="a run.nc; '-' reads {'target', 'data'} as JSON from standard input",
    )
    return command


def _models(commands: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        "models",
        help="list the shipped models",
        description="Shipped models: name, what it is, the question it answers.",
    )
    return command


def _cite(commands: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        "cite",
        help="BibTeX of every number a model uses",
        description="BibTeX of every number a model uses.",
    )
    command.add_argument("model", metavar="MODEL", help=_MODEL)
    return command


def _audit(commands: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        "audit",
        help="check a model against the second law",
        description=(
            "Check every process and loop of a model for local detailed balance.  Exit status 1"
            " unless all pass."
        ),
    )
    command.add_argument("model", metavar="MODEL", help=_MODEL)
    command.add_argument(
        "--fail-on",
        metavar="ENERGY",
        help="fail only on violations of at least this size, '0.5kJ/mol'",
    )
    return command


def _reproduce(commands: Any) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        "reproduce",
        help=(
            "run every shipped study: audit, energy balance, and numbers compared with their"
            " sources"
        ),
        description=(
            "Run every shipped study: audit its models, run them, check the energy balance and"
            " compare numbers with their sources. Prints the ledger of the first run, then one"
            " table; writes runs, figures and index.html. Exit status 1 if anything is off."
        ),
    )
    command.add_argument(
        "--only",
        metavar="MODEL",
        action="extend",
        nargs="+",
        default=[],
        help="only these studies: shipped names, or paths of a model.py",
    )
    command.add_argument(
        "--out",
        metavar="DIR",
        default="biomembrane-out/reproduce",
        help="output folder (default biomembrane-out/reproduce)",
    )
    command.add_argument(
        "--jobs",
        metavar="N",
        type=positive_integer,
        help="number of processes (default: one per core)",
    )
    return command
