"""The command line.  Exit status 0, 1 (a check failed) or 2 (wrong use).

``--help`` loads nothing but argparse.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from .cli_arguments import DECIMAL, Misused, Words, asks_for_json, number, whole
from .study import command as reproduce

if TYPE_CHECKING:
    import xarray as xr

    from .assemble.model import Model
    from .errors import BiomembraneError
    from .results.run import Run
    from .results.saved import SavedRun

_JSON = (dict, list, str, int, float, type(None))


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    made = Words(
        prog="biomembrane",
        description=(
            "Rigorous membrane biophysics: models that keep the second law, runs that keep their"
            " books."
        ),
    )
    made.add_argument("--version", action="store_true", help="print the version and stop")
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="run a model: ledger table, run.nc, traces.pdf, energy.pdf",
        description="Run a model and check its energy books.",
    )
    run.add_argument(
        "model",
        metavar="MODEL",
        help="a shipped model (see 'models') or a path to a model.py with build()",
    )
    run.add_argument(
        "--until", metavar="TIME", help="end of the run, '10min' (default: the model's own)"
    )
    run.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="a parameter: 'blood.K=10 mM', or a factor, 'SGLT1.density=2x'; may be repeated",
    )
    run.add_argument(
        "--out", metavar="DIR", help="output folder (default biomembrane-out/ and the model's name)"
    )
    run.add_argument(
        "--rtol", type=number, default=1e-8, help="relative tolerance of the solver (default 1e-8)"
    )
    run.add_argument(
        "--max-steps", type=whole, metavar="N", help="most steps of the solver (default: its own)"
    )
    draw = commands.add_parser(
        "draw",
        help="draw the figures of a saved run",
        description="Draw traces.pdf and energy.pdf from a run.nc, beside it.",
    )
    draw.add_argument(
        "file",
        metavar="FILE",
        help="a run.nc; '-' reads {'target', 'data'} as JSON from standard input",
    )
    models = commands.add_parser(
        "models",
        help="list the shipped models",
        description="Shipped models: name, what it is, the question it answers.",
    )
    cite = commands.add_parser(
        "cite",
        help="BibTeX of every number a model uses",
        description="BibTeX of every number a model uses.",
    )
    cite.add_argument("model", metavar="MODEL")
    audit = commands.add_parser(
        "audit",
        help="judge a model by the second law",
        description=(
            "Judge every process and loop of a model by local detailed balance.  Exit status 1"
            " unless all pass."
        ),
    )
    audit.add_argument(
        "model", metavar="MODEL", help="a shipped model or a path to a model.py with build()"
    )
    audit.add_argument(
        "--fail-on",
        metavar="ENERGY",
        help="fail on violations of this size and more only, '0.5kJ/mol'",
    )
    for command in (run, draw, models, cite, audit, reproduce.arguments(commands)):
        command.add_argument(
            "--json",
            action="store_true",
            help="one JSON object on standard output and nothing else",
        )
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status: what ends it is told in a sentence, and a pipe
    that is closed in none.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # where a terminal cannot show Δ or a name
    try:
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warned
                return _command(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as problem:  # of standard output: all others are told below
        with suppress(OSError):
            os.dup2(
                os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
            )  # what is still to be written goes nowhere
        if isinstance(problem, BrokenPipeError):
            return 128 + 13  # as a program that SIGPIPE ends
        print(f"standard output cannot be written: {problem.strerror}", file=sys.stderr)
        return 2


def _warned(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    print(f"{category.__name__}: {message}", file=sys.stderr)


def _command(arguments: Sequence[str] | None) -> int:
    made = parser()
    try:
        options = made.parse_args(arguments)
    except Misused as problem:
        if asks_for_json(sys.argv[1:] if arguments is None else arguments):
            _emit({"error": {"kind": "Misused", "headline": str(problem)}})
        problem.told()
    if options.version:
        from importlib.metadata import version

        print(version("biomembrane"))
        return 0
    if options.command is None:
        made.print_help()
        return 2
    from . import errors

    run = {
        "run": _run,
        "draw": _draw,
        "models": _models,
        "cite": _cite,
        "audit": _audit,
        "reproduce": _reproduce,
    }[options.command]
    try:
        return run(options)
    except KeyboardInterrupt:
        told, status = {"kind": "Cancelled", "headline": "stopped"}, 130
        print("stopped", file=sys.stderr)
    except errors.BiomembraneError as problem:
        told, status = _tell(problem), _status(problem)
    except Exception as problem:
        if os.environ.get("BIOMEMBRANE_TRACEBACK") or (
            isinstance(problem, OSError) and problem.filename is None
        ):
            raise  # the second is of standard output
        text = (
            f"a fault of biomembrane, not yours ({type(problem).__name__}: {errors.said(problem)})"
        )
        told, status = {"kind": type(problem).__name__, "headline": text}, 2
        print(
            f"{text}; please report it. BIOMEMBRANE_TRACEBACK=1 shows where it is.", file=sys.stderr
        )
    if options.json:
        _emit({"error": told})
    return status


def _status(problem: BiomembraneError) -> int:
    from . import errors

    return 1 if isinstance(problem, (errors.BooksDoNotClose, errors.UphillForFree)) else 2


# --- errors in the words of the command line


def _tell(problem: BiomembraneError) -> dict[str, Any]:
    """An error on standard error; before it, of a model file that raised one, its own traceback.

    Gives what ``--json`` prints of it.
    """
    from .cli_arguments import in_words
    from .exchange import shipped_models

    for line in shipped_models.traceback(problem):
        print(line, end="", file=sys.stderr)
    kind, fields, notes = (
        type(problem).__name__,
        in_words(problem),
        list(getattr(problem, "__notes__", ())),
    )
    rows = [f"  {name:<7} {text}" for name, text in fields.items() if text]
    print("\n".join([f"{kind}: {problem.headline}.", *rows, *notes]), file=sys.stderr)
    return {
        "kind": kind,
        "headline": problem.headline,
        **fields,
        "notes": [note.strip() for note in notes],
    }


@contextmanager
def _of(where: str, advice: str) -> Iterator[None]:
    """What goes wrong inside is said of this argument."""
    from .errors import BiomembraneError

    try:
        yield
    except BiomembraneError as problem:
        raise replace(problem, where=where, advice=advice) from None


def _emit(made: dict[str, Any]) -> None:
    print(json.dumps(made, ensure_ascii=False, allow_nan=False))


def _reproduce(options: argparse.Namespace) -> int:
    status, found = reproduce.run(options)
    if options.json:
        _emit(found)
    return status


def _models(options: argparse.Namespace) -> int:
    from .exchange import shipped_models

    rows = [(n, *shipped_models.about(n)) for n in shipped_models.names()]
    if options.json:
        _emit({"models": [{"name": n, "summary": s, "question": q} for n, s, q in rows]})
        return 0
    for name, summary, question in rows:
        print(f"{name}\n  {summary}\n  {question}\n")
    return 0


def _cite(options: argparse.Namespace) -> int:
    from .exchange import bibliography, shipped_models

    text = bibliography.cite(shipped_models.load(options.model))
    if options.json:
        _emit({"model": options.model, "bibtex": text})
    else:
        print(text)
    return 0


def _audit(options: argparse.Namespace) -> int:
    from .exchange import shipped_models
    from .second_law.audit import audit
    from .second_law.finding import kilojoule
    from .units import Q

    with _of(f"--fail-on {options.fail_on!r}", "--fail-on '0.5 kJ/mol'"):
        limit = None if options.fail_on is None else kilojoule(Q(options.fail_on), "--fail-on")
    made = audit(shipped_models.load(options.model))
    bad = made.failing(limit)
    if options.json:
        _emit(made.to_dict() | {"failing": [f.subject for f in bad]})
    else:
        print(made)
        many, least = (
            "finding" if len(made.findings) == 1 else "findings",
            (f" at {options.fail_on}" if limit is not None else ""),
        )
        print(f"\n{len(made.findings)} {many}, {len(bad)} failing{least}")
    return 1 if bad else 0


def parameters(model: Model, settings: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` texts as quantities by name; ``2x`` is twice the declared value."""
    from . import errors
    from .units import Q, restore

    made: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise errors.BadSettings(
                where=f"--set {text!r}",
                wanted="NAME=VALUE",
                got=text,
                advice="--set 'blood.K=10 mM' or --set SGLT1.density=2x",
            )
        if name.strip() in made:
            raise errors.DuplicateName(
                where=f"--set {text!r}",
                wanted="each parameter once",
                got=name,
                advice="leave one of them out",
            )
        declared, value = model.parameter(name.strip()), value.strip()
        if value.endswith("x"):
            if not re.fullmatch(DECIMAL, value[:-1], re.ASCII):
                raise errors.NotANumber(
                    where=f"--set {text!r}",
                    wanted="a factor such as 2x",
                    got=repr(value),
                    advice=f"--set {name}=2x",
                )
            made[name.strip()] = restore(declared.value * float(value[:-1]), declared.unit)
        else:
            example = f"{declared.quantity:.6g~P}"
            with _of(f"--set {text!r}", f"--set '{name}={example}'"):
                made[name.strip()] = Q(value)
    return made


def _run(options: argparse.Namespace) -> int:
    with _Artist() as artist:
        return _run_with(options, artist)


def _run_with(options: argparse.Namespace, artist: _Artist) -> int:
    began = time.perf_counter()
    from . import errors
    from .exchange import netcdf, shipped_models
    from .exchange.atomic_files import read_path, writable
    from .results.outcome import outcome, quantity, summary
    from .results.run import simulate
    from .solve.engines.native import Native

    module = shipped_models.module(options.model)
    model = shipped_models.built(module, options.model)
    own = shipped_models.is_own(options.model) and model.name in shipped_models.names()
    folder = Path("biomembrane-out") / (f"{model.name}-own" if own else model.name)
    if options.out is not None:
        writable(folder := read_path(options.out, "--out", "--out results"), "--out")
    target = folder / "run.nc"
    until = getattr(module, "UNTIL", "10 min") if options.until is None else options.until
    solver = (
        Native(rtol=options.rtol)
        if options.max_steps is None
        else Native(rtol=options.rtol, max_steps=options.max_steps)
    )
    built = time.perf_counter()
    stopped: errors.BiomembraneError | None = None
    try:
        run = simulate(
            model,
            until=until,
            parameters=parameters(model, options.settings),
            solver=solver,
            progress=sys.stderr.isatty() and not options.json,
        )
    except errors.SimulationStopped as problem:
        run, stopped = problem.run, problem
    solved = time.perf_counter()
    data = netcdf.dataset(run)
    if stopped is None:
        artist.draw(data, target)
    saved = netcdf.write(data, target)
    if not options.json:
        print(outcome(run))
    files = [saved, *(artist.finish(saved) if stopped is None else ())]
    now = time.perf_counter()
    timing = {
        "build": built - began,
        "compile": run.timing["compile"],
        "solve": run.timing["solve"],
        "write": now - solved,
        "total": now - began,
    }
    if not options.json:
        print(f"\nwrote {', '.join(str(f) for f in files)}")
        print("time  " + ", ".join(f"{k} {v:.2f} s" for k, v in timing.items()))
    wrong = stopped or _open(run)
    told = {} if wrong is None else {"error": _tell(wrong)}
    if options.json:
        took = {k: quantity(round(v, 6), "s") for k, v in timing.items()}
        _emit(
            {
                **summary(run),
                "until": str(until),
                "timing": took,
                "files": [str(f) for f in files],
                **told,
            }
        )
    return 0 if wrong is None else 1 if stopped else _status(wrong)


def _open(run: Run) -> BiomembraneError | None:
    """What is wrong with the books of a run."""
    from .errors import BiomembraneError

    try:
        run.ledger.check()
    except BiomembraneError as problem:
        return problem
    return None


FIGURES = {"traces": "traces", "energy": "energy_flow"}


class _Artist:
    """A second process that loads the drawing tools while the model is built and run: they cost as
    much as all the rest.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-m", "biomembrane", "draw", "-", "--json"]
        pipe = subprocess.PIPE
        quiet = subprocess.DEVNULL  # what it cannot draw is drawn here, and then said
        self.process = subprocess.Popen(  # noqa: S603, our own interpreter
            command, stdin=pipe, stdout=pipe, stderr=quiet, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:  # nothing to draw, after all
            self.process.kill()
        with self.process:  # closes the pipes and waits
            pass

    def draw(self, data: xr.Dataset, target: Path) -> None:
        """Start to draw the figures of a run beside the file that it will be saved to."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            json.dump({"target": str(target), "data": data.to_dict()}, self.process.stdin)
            self.process.stdin.flush()
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdin = None

    def finish(self, saved: Path) -> list[Path]:
        """Wait for the figures, or draw them here if the other process could not; gives their
        paths.
        """
        out, _ = self.process.communicate()
        from .exchange import netcdf

        return (
            [Path(f) for f in json.loads(out)["files"]]
            if self.process.returncode == 0
            else draw(lambda: netcdf.open_run(saved), saved)
        )


def draw(opened: Callable[[], SavedRun], file: Path) -> list[Path]:
    """Draw the figures of a saved run beside its file.

    Raises CorruptFile where it lacks what they show.
    """
    from . import errors
    from .show import figures

    try:
        run = opened()
        return [
            figures.save(getattr(figures, figure)(run), file.parent / f"{name}.pdf")
            for name, figure in FIGURES.items()
        ]
    except errors.BiomembraneError:
        raise
    except OSError as problem:
        got = f"{file.parent}: {(problem.strerror or str(problem)).lower()}"
        wanted, advice = "a folder to write to", "copy the file to a folder of your own"
        raise errors.NotWritable(
            where="draw", wanted=wanted, got=got, advice=advice, path=str(file.parent)
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as problem:
        if isinstance(problem, AttributeError) and not (
            type(problem.obj).__module__.startswith("xarray") or isinstance(problem.obj, _JSON)
        ):
            raise  # a name that is lacked by what no file holds is our mistake
        got, advice = (
            f"{type(problem).__name__}: {problem}".splitlines()[0][:200],
            "'biomembrane run MODEL --out DIR' writes DIR/run.nc",
        )
        raise errors.CorruptFile(
            where=f"FILE {file.name}", wanted="a saved run of one lane", got=got, advice=advice
        ) from None


def _draw(options: argparse.Namespace) -> int:
    from .exchange import netcdf
    from .results.saved import SavedRun
    from .show import figures

    if options.file == "-":
        figures.load()
        target, data = netcdf.sent(sys.stdin.buffer.read() if sys.stdin else b"")
        files = draw(lambda: SavedRun(data), target)
    else:
        files = draw(lambda: netcdf.open_run(options.file), Path(options.file))
    if options.json:
        _emit({"files": [str(f) for f in files]})
    else:
        print("\n".join(str(f) for f in files))
    return 0
