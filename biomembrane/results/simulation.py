"""Run a model, whole or as a scan of which a part is kept; and the error of a run that stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .. import errors
from ..assemble.model import Model
from ..solve import lane_batches
from ..solve.engine_protocols import Solver
from ..solve.problem import VANISHES
from ..solve.status import Outcome, Status
from ..solve.task import Task, make_task
from ..solve.time_grid import output_times
from .keep import Keep, as_keep
from .lazy_parameters import has_dask_arrays
from .run import Run
from .scan_collector import collect
from .scan_result import ScanResult

if TYPE_CHECKING:
    from ..quantity_types import TimeLike, TimesLike
    from .run_types import EventsLike, KeepLike, ParametersLike, StartLike


@overload
def simulate(
    model: Model,
    *,
    until: TimeLike | None = ...,
    times: TimesLike | None = ...,
    parameters: ParametersLike | None = ...,
    start: StartLike | None = ...,
    keep: None = ...,
    solver: Solver | None = ...,
    events: EventsLike = ...,
    progress: lane_batches.Progress = ...,
) -> Run: ...


@overload
def simulate(
    model: Model,
    *,
    until: TimeLike | None = ...,
    times: TimesLike | None = ...,
    parameters: ParametersLike | None = ...,
    start: StartLike | None = ...,
    keep: KeepLike,
    solver: Solver | None = ...,
    events: EventsLike = ...,
    progress: lane_batches.Progress = ...,
) -> ScanResult: ...


@errors.keywords
def simulate(
    model: Model,
    *,
    until: TimeLike | None = None,
    times: TimesLike | None = None,
    parameters: ParametersLike | None = None,
    start: StartLike | None = None,
    keep: KeepLike | None = None,
    solver: Solver | None = None,
    events: EventsLike = (),
    progress: lane_batches.Progress = None,
) -> Run | ScanResult:
    """Run a model from its declared contents.

    Args:
        model: the model to run.
        until: end of the run, ``Q(10, "min")`` or ``"10 min"``; output at 301 evenly spaced times.
        times: the output times instead, a quantity array; they never change the solver's steps.  A
            run starts at 0 whether or not 0 is among them.
        parameters: values by dotted name.  Quantities, or text such as ``"5 mM"``, fix a value; a
            :class:`~biomembrane.Protocol` changes it in time; :class:`xarray.DataArray` with
            ``attrs["units"]`` scan it, and arrays broadcast by the names of their dimensions.  If
            some are dask arrays, nothing runs yet: the result is lazy, in chunks, for any dask
            scheduler (see :func:`biomembrane.save`).
        start: a run to continue from its last state, with the parameters that it was given, as they
            were at its end, unless ``parameters`` gives others (contents and potentials at the
            start cannot be given then); or shares of carrier states, ``{"SGLT1.C1": 1}``, instead
            of their steady state.
        keep: what a scan of many lanes keeps: ``"final"``, names of variables, a
            :class:`~biomembrane.Keep`, or ``"all"``, everything that a run has. Without it a run
            and a scan are whole; a lazy scan has the variables and the lines of the ledger, and the
            rest with ``"all"``.
        solver: of :mod:`biomembrane.solvers`; default ``Native(rtol=1e-8)``.
        events: :class:`~biomembrane.Event` objects, what happens where a function of the state
            passes zero or at given times, in each lane for itself.
        progress: True writes a line on the terminal; a function is called with the share that is
            done, and cancels the run by returning False.

    Returns:
        :class:`Run`; with ``keep`` a :class:`~biomembrane.results.scan_result.ScanResult`, which
        has the same ``data`` and ``ledger`` as far as they were kept.  In a scan a lane that fails
        does not stop the others: it ends in NaN and ``run.data.status`` says why.

    Raises:
        SimulationStopped: a single run stopped early; its ``run`` holds everything up to there, or
            what was kept.
        Cancelled: by Ctrl-C or by ``progress``; its ``run`` holds every lane that was done.
        WrongType: an argument that is not a model, mapping, solver, ``keep`` or ``start``.
        UnknownName: a parameter or a variable that does not exist.
        BareNumber: a number without a unit where one is due.
        UnknownUnit: an unknown unit.
        UnitMismatch: a unit of another dimension.
        NotANumber: flags, text without a number, or an array without dimension names.
        NotFinite: NaN or infinity.
        OutOfDomain: a value outside the domain of its parameter.
        BadSettings: both or neither of ``until`` and ``times``, arrays that do not fit together, a
            start that does not fit.
        NoRoom: ions that leave no room for impermeants.
        NeedsExtra: dask arrays without dask.
    """
    chosen = None if keep is None else as_keep(keep)
    grid = output_times(until, times)
    if chosen is not None:
        grid = chosen.grid(grid)
    if has_dask_arrays(parameters):
        if events:
            raise errors.BadSettings(
                where="simulate(events=…)",
                wanted="no dask arrays beside events: how many there are is known after the run",
                got="a lazy scan",
                advice="the arrays in memory, parameters={name: array.compute()}",
            )
        from .lazy_scan import lazy

        lane_batches.Meter(progress, 1)  # which nothing uses here, and which may be wrong
        return lazy(
            model, grid, parameters=parameters or {}, start=start, keep=chosen, solver=solver
        )
    summed = chosen is not None and chosen.summed
    task = make_task(
        model,
        grid.times,
        first=grid.first,
        parameters=parameters,
        start=start,
        solver=solver,
        summed=summed,
        events=events,
    )
    return _whole(task, progress) if chosen is None else _kept(task, chosen, progress)


def _whole(task: Task, progress: lane_batches.Progress) -> Run:
    trajectory, done = lane_batches.whole(task, progress)
    run = Run(trajectory)
    if not done:
        ran = [status.kind is not Outcome.CANCELLED for status in trajectory.statuses]
        raise _cancelled(run, task.model, sum(ran) / len(ran))
    return finished(run)


def _kept(task: Task, chosen: Keep, progress: lane_batches.Progress) -> ScanResult:
    kept, done = collect(task, chosen, progress)
    if not done:
        raise _cancelled(kept, task.model, kept.done)
    span, status = float(kept.data.attrs["span"]), kept.status
    if kept.dims or _complete(status, span):
        return kept
    raise _stopped(kept, status, span, "", "the exception's .run holds what was kept")


def _complete(status: Status, end: float) -> bool:
    """Whether a run came to its end, even if its books do not close."""
    return not status.failed or (status.kind is Outcome.OPEN_BOOKS and status.time >= end)


def finished(run: Run) -> Run:
    """The run itself, unless it is a single one that stopped early.

    A complete trajectory whose ledger does not balance is returned: its status says so, and
    ``ledger.check()`` raises.

    Raises:
        SimulationStopped: with the run up to there.
    """
    status, end = run.status, float(run.trajectory.block.times[-1])
    if run.trajectory.dims or _complete(status, end):
        return run
    held = (
        "the exception's .run holds the output times up to there, the last at"
        f" {run.trajectory.times[-1]:.6g} s"
    )
    raise _stopped(run, status, end, _movers(run), held)


def _stopped(
    run: Run | ScanResult, status: Status, end: float, movers: str, held: str
) -> errors.BiomembraneError:
    """The error of a single run that stopped; ``movers``: processes at fault, in words."""
    state = None if status.state is None else run.model.states[status.state]
    culprit = ""
    if state is not None:
        culprit = f", {'state' if state.conjugate is None else 'pool'} {state.name}{movers}"
    advice = f"{held}; look at its last fluxes"
    if status.message.startswith(VANISHES) and state is not None:
        advice = f"{_advice_for_volume(state.place)}; {held}"
    return errors.SimulationStopped(
        run=run,
        where=f"model {run.model.name!r} at t = {status.time:.6g} s{culprit}",
        wanted=f"a run to {end:g} s",
        got=f"{status.kind}: {status.message}",
        advice=advice,
        time=status.time,
        state="" if state is None else state.name,
    )


def _cancelled(run: Any, model: Model, share: float) -> errors.Cancelled:
    got = f"cancelled, with {100 * share:.0f} % done"
    advice = "the exception's .run holds what was done; the rest is NaN"
    if share == 1:
        got, advice = "cancelled after the last lane had ended", "the exception's .run holds it all"
    return errors.Cancelled(
        run=run, where=f"model {model.name!r}", wanted="run to completion", got=got,
        advice=advice, share=share,
    )  # fmt: skip


def _movers(run: Run) -> str:
    """The processes that move the state at fault and whose fluxes are not finite or, failing these,
    the one with the largest flux.
    """
    state = run.status.state
    if state is None:
        return ""
    x = run.model.states[state]
    movers = [p for p, column in run.model.N.items() if x.name in column]
    t = run.trajectory
    last = t.observe("flux")[:, t.reached - 1, 0]
    fluxes = dict(zip(t.kernel.program.names["flux"], last, strict=True))
    infinite = [p for p in movers if not np.isfinite(fluxes[p])]
    chosen = infinite or sorted(movers, key=lambda p: -abs(fluxes[p]))[:1]
    return f", process {', '.join(chosen)}" if chosen else ""


def _advice_for_volume(place: str) -> str:
    """How to keep a volume from vanishing: solutes that cannot leave hold water against the
    outside.
    """
    return (
        f"give {place} what cannot leave it, such as impermeant=bm.balance(), or dilute the"
        " outside; without a path for water the volume is fixed"
    )
