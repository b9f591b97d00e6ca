"""Run a command and give its exit status: 0, 1 (a check failed) or 2 (wrong use).

``--help`` loads nothing but argparse.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

from . import model_commands
from .arguments import UsageError, asks_for_json, parser
from .draw_command import draw
from .output import print_json
from .reproduce_command import reproduce
from .run_command import run

COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "draw": draw,
    "models": model_commands.models,
    "cite": model_commands.cite,
    "audit": model_commands.audit,
    "reproduce": reproduce,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status; an error is printed as a sentence, never as a
    traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # for terminals that cannot show Δ or a name
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _print_warning
                return _execute(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:  # of standard output: all others are caught in _execute
        with suppress(OSError):  # what is still to be written is discarded
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 128 + 13  # as a program that SIGPIPE ends
        print(f"standard output cannot be written: {error.strerror}", file=sys.stderr)
        return 2


def _print_warning(
    message: Warning | str, category: type[Warning], *_: object, **__: object
) -> None:
    print(f"{category.__name__}: {message}", file=sys.stderr)


def _execute(arguments: Sequence[str] | None) -> int:
    program = parser()
    try:
        options = program.parse_args(arguments)
    except UsageError as error:
        if asks_for_json(sys.argv[1:] if arguments is None else arguments):
            print_json({"error": {"kind": "Misused", "headline": str(error)}})
        error.exit()
    if options.version:
        from importlib.metadata import version

        print(version("biomembrane"))
        return 0
    if options.command is None:
        program.print_help()
        return 2
    from .. import errors
    from .error_text import exit_status, report

    try:
        return COMMANDS[options.command](options)
    except KeyboardInterrupt:
        content, status = {"kind": "Cancelled", "headline": "stopped"}, 130
        print("stopped", file=sys.stderr)
    except errors.BiomembraneError as error:
        content, status = report(error), exit_status(error)
    except Exception as error:
        of_standard_output = isinstance(error, OSError) and error.filename is None
        if os.environ.get("BIOMEMBRANE_TRACEBACK") or of_standard_output:
            raise
        kind = type(error).__name__
        text = f"a fault of biomembrane, not yours ({kind}: {errors.said(error)})"
        content, status = {"kind": kind, "headline": text}, 2
        advice = "please report it. BIOMEMBRANE_TRACEBACK=1 shows where it is."
        print(f"{text}; {advice}", file=sys.stderr)
    if options.json:
        print_json({"error": content})
    return status
