"""The command line.  Exit status 0, 1 (a check failed) or 2 (wrong use).  ``--help`` loads nothing but argparse."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account.run import Run
    from .assemble.model import Model

_TOTALS = ("spent", "supplied", "stored", "delivered", "released", "dissipated", "residual")


def parser() -> argparse.ArgumentParser:
    """The arguments of every command."""
    made = argparse.ArgumentParser(
        prog="biomembrane", description="Rigorous membrane biophysics: models that keep the second law, runs that keep their books."
    )
    made.add_argument("--version", action="store_true", help="print the version and stop")
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    run = commands.add_parser(
        "run", help="run a model: ledger table, run.nc, traces.pdf, energy.pdf", description="Run a model and check its energy books."
    )
    run.add_argument("model", metavar="MODEL", help="a shipped model (see 'models') or a path to a model.py with build()")
    run.add_argument("--until", metavar="TIME", help="end of the run, '10min' (default: the model's own)")
    run.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="a parameter: 'blood.K=10 mM', or a factor, 'SGLT1.density=2x'; may be repeated",
    )
    run.add_argument("--out", metavar="DIR", help="output folder (default biomembrane-out/MODEL)")
    run.add_argument("--rtol", type=float, default=1e-8, help="relative tolerance of the solver (default 1e-8)")
    models = commands.add_parser("models", help="list the shipped models", description="Shipped models: name, what it is, the question it answers.")
    cite = commands.add_parser("cite", help="BibTeX of every number a model uses", description="BibTeX of every number a model uses.")
    cite.add_argument("model", metavar="MODEL")
    for command in (run, models, cite):
        command.add_argument("--json", action="store_true", help="one JSON object on standard output and nothing else")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    made = parser()
    options = made.parse_args(arguments)
    if options.version:
        from . import __version__

        print(__version__)
        return 0
    if options.command is None:
        made.print_help()
        return 2
    from .errors import BiomembraneError, BooksDoNotClose, UphillForFree

    try:
        return {"run": _run, "models": _models, "cite": _cite}[options.command](options)
    except (BooksDoNotClose, UphillForFree) as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    except BiomembraneError as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _emit(made: dict[str, Any]) -> None:
    print(json.dumps(made, ensure_ascii=False, allow_nan=False))


def _models(options: argparse.Namespace) -> int:
    from .exchange import shipped

    rows = [(n, *shipped.about(n)) for n in shipped.names()]
    if options.json:
        _emit({"models": [{"name": n, "summary": s, "question": q} for n, s, q in rows]})
        return 0
    for name, summary, question in rows:
        print(f"{name}\n  {summary}\n  {question}\n")
    return 0


def _cite(options: argparse.Namespace) -> int:
    from .exchange import bibliography, shipped

    text = bibliography.cite(shipped.load(options.model))
    if options.json:
        _emit({"model": options.model, "bibtex": text})
    else:
        print(text)
    return 0


def parameters(model: Model, settings: Sequence[str]) -> dict[str, Any]:
    """``NAME=VALUE`` texts as quantities by name; ``2x`` is twice the declared value."""
    from . import errors
    from .units import Q, restore

    made: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise errors.BadSettings(where=f"--set {text!r}", wanted="NAME=VALUE", got=text, advice="--set 'blood.K=10 mM' or --set SGLT1.density=2x")
        declared = model.parameter(name.strip())
        if value.strip().endswith("x"):
            try:
                made[name.strip()] = restore(declared.value * float(value.strip()[:-1]), declared.unit)
            except ValueError:
                raise errors.NotANumber(where=f"--set {text!r}", wanted="a factor such as 2x", got=repr(value)) from None
        else:
            made[name.strip()] = Q(value)
    return made


def _run(options: argparse.Namespace) -> int:
    began = time.perf_counter()
    from . import errors
    from .account.run import simulate
    from .exchange import shipped
    from .solve.scipy import SciPy

    module = shipped.module(options.model)
    model = module.build()
    until = options.until or getattr(module, "UNTIL", "10 min")
    built = time.perf_counter()
    stopped: errors.BiomembraneError | None = None
    try:
        run = simulate(
            model, until=until, parameters=parameters(model, options.settings), solver=SciPy(rtol=options.rtol), progress=_progress(options)
        )
    except errors.SimulationStopped as problem:
        run, stopped = problem.run, problem
    solved = time.perf_counter()
    folder = Path(options.out or Path("biomembrane-out") / model.name)
    files = _write(run, folder, figures=stopped is None)
    timing = {
        "build": built - began,
        "compile": run.timing["compile"],
        "solve": run.timing["solve"],
        "write": time.perf_counter() - solved,
        "total": time.perf_counter() - began,
    }
    if options.json:
        _emit(_summary(run, str(until), timing, files))
    else:
        _show(run, timing, files)
    if stopped is not None:
        print(f"{type(stopped).__name__}: {stopped}", file=sys.stderr)
        return 1
    run.ledger.check()
    return 0


def _progress(options: argparse.Namespace) -> Any:
    """A line on the terminal, once a run has taken two seconds."""
    if options.json or not sys.stderr.isatty():
        return None
    began = last = time.perf_counter()

    def show(fraction: float) -> None:
        nonlocal last
        now = time.perf_counter()
        if now - began > 2 and (now - last > 0.2 or fraction >= 1):
            last = now
            left = (now - began) * (1 - fraction) / max(fraction, 1e-9)
            print(f"\r  {100 * fraction:5.1f} %, about {left:.0f} s left ", end="\n" if fraction >= 1 else "", file=sys.stderr, flush=True)

    return show


def _write(run: Run, folder: Path, *, figures: bool) -> list[Path]:
    from .exchange import netcdf

    made = [netcdf.save(run, folder / "run.nc")]
    if figures:
        from .show import figures as draw

        for name, figure in (("traces", draw.traces), ("energy", draw.energy_flow)):
            made.append(draw.save(figure(run), folder / f"{name}.pdf"))
    return made


def _summary(run: Run, until: str, timing: dict[str, float], files: list[Path]) -> dict[str, Any]:
    """What ``--json`` prints."""

    def quantity(x: Any, unit: str) -> dict[str, Any]:
        number = float(x)
        return {"value": number if number == number else None, "unit": unit}  # noqa: PLR0124

    last = run.data.isel(time=-1)
    ledger: dict[str, Any] = {name: quantity(getattr(run.ledger, name)[-1], "pJ") for name in _TOTALS}
    ledger["residual_relative"] = quantity(run.ledger.residual_relative[-1], "1")
    solutes = last.pool.values[last.pool_kind.values == "solute"]
    return {
        "model": run.model_name,
        "until": until,
        "ledger": ledger,
        "potential": {str(m): quantity(last.potential.sel(membrane=m), "mV") for m in last.membrane.values},
        "concentration": {str(p): quantity(last.concentration.sel(pool=p), "mM") for p in solutes},
        "status": {"kind": run.status.kind, "time": quantity(run.solution.t[-1], "s"), "message": run.status.message},
        "timing": {k: quantity(round(v, 6), "s") for k, v in timing.items()},
        "files": [str(f) for f in files],
    }


def _show(run: Run, timing: dict[str, float], files: list[Path]) -> None:
    from .assemble.contents import impermeant_quantities

    last = run.data.isel(time=-1)
    rest = ", ".join(f"{n} {q:.4g~P}" for n, q in impermeant_quantities(run.model).items())
    print(f"{run.model!r}{f'; impermeants {rest}' if rest else ''}\n")
    print(run.ledger)
    solutes = last.pool.values[last.pool_kind.values == "solute"]
    print("\nat the end  " + "  ".join(f"{m} {float(last.potential.sel(membrane=m)):.2f} mV" for m in last.membrane.values))
    print("            " + "  ".join(f"{p} {float(last.concentration.sel(pool=p)):.4g} mM" for p in solutes))
    print(f"\nwrote {', '.join(str(f) for f in files)}")
    print("time  " + ", ".join(f"{k} {v:.2f} s" for k, v in timing.items()))
