"""The command ``run``: simulate a model, save the run, draw it and check its energy balance."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments import DECIMAL
from .draw_command import FigureProcess
from .error_text import attributed_to, exit_status, report
from .output import print_json

if TYPE_CHECKING:
    from ..assemble.model import Model
    from ..errors import BiomembraneError
    from ..results.run import Run


def run(options: argparse.Namespace) -> int:
    """Run a model: ledger table, netCDF file and figures; 1 where a check failed."""
    with FigureProcess() as figure_process:
        return _run_and_save(options, figure_process)


def _run_and_save(options: argparse.Namespace, figure_process: FigureProcess) -> int:
    began = time.perf_counter()
    from .. import errors
    from ..exchange import netcdf, shipped_models
    from ..results.outcome import outcome
    from ..results.simulation import simulate
    from ..solve.engines.native import Native

    module = shipped_models.module(options.model)
    model = shipped_models.built(module, options.model)
    target = _folder(options, model) / "run.nc"
    until = getattr(module, "UNTIL", "10 min") if options.until is None else options.until
    limit = {} if options.max_steps is None else {"max_steps": options.max_steps}
    solver = Native(rtol=options.rtol, **limit)
    built = time.perf_counter()
    stopped: BiomembraneError | None = None
    try:
        run = simulate(
            model,
            until=until,
            parameters=parameters(model, options.settings),
            solver=solver,
            progress=sys.stderr.isatty() and not options.json,
        )
    except errors.SimulationStopped as error:
        run, stopped = error.run, error  # the trajectory up to there is saved
    solved = time.perf_counter()
    data = netcdf.dataset(run)
    if stopped is None:
        figure_process.draw(data, target)
    saved = netcdf.write(data, target)
    if not options.json:
        print(outcome(run))
    files = [saved, *(figure_process.finish(saved) if stopped is None else ())]
    finished = time.perf_counter()
    timing = {
        "build": built - began,
        "compile": run.timing["compile"],
        "solve": run.timing["solve"],
        "write": finished - solved,
        "total": finished - began,
    }
    if not options.json:
        print(f"\nwrote {', '.join(str(f) for f in files)}")
        print("time  " + ", ".join(f"{k} {v:.2f} s" for k, v in timing.items()))
    failure = stopped or _balance_error(run)
    reported = {} if failure is None else {"error": report(failure)}
    if options.json:
        print_json(_summary(run, until, timing, files) | reported)
    return 0 if failure is None else 1 if stopped else exit_status(failure)


def _folder(options: argparse.Namespace, model: Model) -> Path:
    """The output folder; a model file of the user's own does not overwrite a shipped model's."""
    from ..exchange import shipped_models
    from ..exchange.atomic_files import read_path, writable

    own = shipped_models.is_own(options.model) and model.name in shipped_models.names()
    folder = Path("biomembrane-out") / (f"{model.name}-own" if own else model.name)
    if options.out is not None:
        writable(folder := read_path(options.out, "--out", "--out results"), "--out")
    return folder


def _balance_error(run: Run) -> BiomembraneError | None:
    """The error of a ledger that does not pass its checks."""
    from ..errors import BiomembraneError

    try:
        run.ledger.check()
    except BiomembraneError as error:
        return error
    return None


def _summary(
    run: Run, until: Any, timing: dict[str, float], files: Sequence[Path]
) -> dict[str, Any]:
    """What ``--json`` prints."""
    from ..results.outcome import quantity, summary

    return {
        **summary(run),
        "until": str(until),
        "timing": {name: quantity(round(seconds, 6), "s") for name, seconds in timing.items()},
        "files": [str(f) for f in files],
    }


def parameters(model: Model, settings: Sequence[str]) -> dict[str, Any]:
    """Quantities by name from texts ``NAME=VALUE``; ``2x`` is twice the declared value."""
    from .. import errors

    quantities: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not value.strip():
            raise errors.BadSettings(
                where=f"--set {text!r}",
                wanted="NAME=VALUE",
                got=text,
                advice="--set 'blood.K=10 mM' or --set SGLT1.density=2x",
            )
        if name.strip() in quantities:
            raise errors.DuplicateName(
                where=f"--set {text!r}",
                wanted="each parameter once",
                got=name,
                advice="leave one of them out",
            )
        declared = model.parameter(name.strip())
        quantities[name.strip()] = _quantity(declared, name, value.strip(), f"--set {text!r}")
    return quantities


def _quantity(declared: Any, name: str, value: str, where: str) -> Any:
    """A value as it is given, or as a factor of the declared one."""
    from .. import errors
    from ..units import Q, restore

    if not value.endswith("x"):
        example = f"{declared.quantity:.6g~P}"
        with attributed_to(where, f"--set '{name}={example}'"):
            return Q(value)
    if not re.fullmatch(DECIMAL, value[:-1], re.ASCII):
        raise errors.NotANumber(
            where=where, wanted="a factor such as 2x", got=repr(value), advice=f"--set {name}=2x"
        )
    return restore(declared.value * float(value[:-1]), declared.unit)
