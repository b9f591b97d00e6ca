"""A run: the trajectory with labels and units, its status, and its books."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.ledger import Ledger
from ..assemble.model import Model
from ..solve import lane_batches
from ..solve.engine_protocols import Solver
from ..solve.ledger_totals import LedgerTotals
from ..solve.problem import VANISHES, Solution
from ..solve.status import Outcome, Status
from ..solve.task import Task, make_task
from ..solve.time_grid import output_times
from ..solve.trajectory import Trajectory
from .labels import attributes
from .lanes import Labels, final, nearest_places, positions
from .layout import BY_LANE, Deferred, ended, ends, fate, laid, there
from .scan import Keep, ScanResult, chunked, collect, read
from .schema import TABLE, Part
from .variables import bath_levels, protocols, values

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity, TimeLike, TimesLike
    from .run_types import KeepLike, ParametersLike, StartLike


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
    progress: lane_batches.Progress = None,
) -> Run | ScanResult:
    """Run a model from its declared contents.

    Args:
        model: what to run.
        until: end of the run, ``Q(10, "min")`` or ``"10 min"``; output at 301 even times.
        times: or the output times themselves, a quantity array; they never change the solver's
            steps.  A run starts at 0 whether or not
            0 is among them.
        parameters: values by dotted name.  Quantities, or text such as ``"5 mM"``, fix a value; a
            :class:`~biomembrane.Protocol` changes it in time; :class:`xarray.DataArray` with
            ``attrs["units"]`` scan it, and arrays broadcast by the names of their dimensions.  If
            some are dask arrays, nothing runs yet: the result is lazy, in chunks, for any dask
            scheduler (see :func:`biomembrane.save`).
        start: a run, to go on from its last state, with the parameters that it was given, as they
            were at its end, unless ``parameters`` gives others (contents and potentials at the
            start cannot be given then); or shares of carrier states, ``{"SGLT1.C1": 1}``, instead
            of their steady state.
        keep: what a scan of many lanes keeps: ``"final"``, names of variables, a
            :class:`~biomembrane.Keep`, or ``"all"``, everything that a run has. Without it a run
            and a scan are whole; a lazy scan has the variables and the lines of the books, and the
            rest with ``"all"``.
        solver: of :mod:`biomembrane.solvers`; default ``Native(rtol=1e-8)``.
        progress: True writes a line on the terminal; a function is called with the share that is
            done, and stops the run by returning False.

    Returns:
        :class:`Run`; with ``keep`` a :class:`~biomembrane.results.scan.Kept`, which has the same
        ``data`` and ``ledger`` as far as they
        were kept.  In a scan a lane that fails does not stop the others: it ends in NaN and
        ``run.data.status`` says why.

    Raises:
        SimulationStopped: a single run could not go on; its ``run`` holds everything up to there.
        Cancelled: by Ctrl-C or by ``progress``; its ``run`` holds every lane that was done.
        WrongType: what is no model, mapping, solver, ``keep`` or ``start``.
        UnknownName: a parameter or a variable that does not exist.
        BareNumber: a number without a unit where one is due.
        UnknownUnit: a unit that is not known.
        UnitMismatch: a unit of another dimension.
        NotANumber: flags, text without a number, or an array without dimension names.
        NotFinite: NaN or infinity.
        OutOfDomain: a value outside the domain of its parameter.
        BadSettings: both or neither of ``until`` and ``times``, arrays that do not fit together, a
            start that does not fit.
        NoRoom: ions that leave no room for impermeants.
        NeedsExtra: dask arrays without dask.
    """
    wanted = None if keep is None else read(keep)
    grid = output_times(until, times)
    if wanted is not None:
        grid = wanted.grid(grid)
    if chunked(parameters):
        from .lazy_scan import lazy

        return lazy(
            model, grid, parameters=parameters or {}, start=start, keep=wanted, solver=solver
        )
    summed = wanted is not None and wanted.summed
    task = make_task(
        model,
        grid.times,
        first=grid.first,
        parameters=parameters,
        start=start,
        solver=solver,
        summed=summed,
    )
    return _whole(task, progress) if wanted is None else _kept(task, wanted, progress)


def _whole(task: Task, progress: lane_batches.Progress) -> Run:
    trajectory, done = lane_batches.whole(task, progress)
    run = Run(trajectory)
    if not done:
        statuses = trajectory.statuses
        raise _cancelled(
            run, task.model, sum(s.kind is not Outcome.CANCELLED for s in statuses) / len(statuses)
        )
    return finished(run)


def _kept(task: Task, wanted: Keep, progress: lane_batches.Progress) -> ScanResult:
    kept, done = collect(task, wanted, progress)
    if not done:
        raise _cancelled(kept, task.model, kept.done)
    return kept


def finished(run: Run) -> Run:
    """The run itself, unless it is a single one that was stopped.

    A trajectory that is whole while its books are open is given back: its status tells, and
    ``ledger.check()`` raises.

    Raises:
        SimulationStopped: with the run up to there.
    """
    status = run.status
    whole = status.ok or (
        status.kind is Outcome.OPEN_BOOKS and status.time >= run.trajectory.block.times[-1]
    )
    if not run.trajectory.dims and not whole:
        where, end = (
            f"model {run.model.name!r} at t = {status.time:.6g} s{_culprit(run)}",
            run.trajectory.block.times[-1],
        )
        look = (
            "the exception's .run holds the output times up to there, the last at"
            f" {run.trajectory.times[-1]:.6g} s"
        )
        advice = (
            f"{_refilled(run)}; {look}"
            if status.message.startswith(VANISHES)
            else f"{look}; look at its last fluxes"
        )
        raise errors.SimulationStopped(
            run=run, where=where, wanted=f"a run to {end:g} s",
            got=f"{status.kind}: {status.message}", advice=advice,
            time=status.time,
            state="" if status.state is None else run.model.states[status.state].name,
        )  # fmt: skip
    return run


def _cancelled(run: Any, model: Model, share: float) -> errors.Cancelled:
    return errors.Cancelled(
        run=run, where=f"model {model.name!r}", wanted="run to completion",
        got=f"cancelled, with {100 * share:.0f} % done",
        advice="the exception's .run holds what was done; the rest is NaN", share=share,
    )  # fmt: skip


def _culprit(run: Run) -> str:
    state = run.status.state
    if state is None:
        return ""
    x = run.model.states[state]
    told = f", {'state' if x.conjugate is None else 'pool'} {x.name}"
    touching = [p for p, column in run.model.N.items() if x.name in column]
    t = run.trajectory
    fluxes = dict(
        zip(t.kernel.program.names["flux"], t.observe("flux")[:, t.reached - 1, 0], strict=True)
    )
    wrong = [p for p in touching if not np.isfinite(fluxes[p])]
    chosen = wrong or sorted(touching, key=lambda p: -abs(fluxes[p]))[:1]
    return f"{told}, process {', '.join(chosen)}" if chosen else told


def _refilled(run: Run) -> str:
    """What keeps a volume from vanishing: it takes solutes that cannot leave to hold water against
    the outside.
    """
    assert run.status.state is not None
    place = run.model.states[run.status.state].place
    return (
        f"give {place} what cannot leave it, such as impermeant=bm.balance(), or dilute the"
        " outside; without a path for water the volume is fixed"
    )


class Run:
    """Result of :func:`simulate`.

    Attributes:
        data: :class:`xarray.Dataset`: ``amount(pool)``, ``concentration(pool)``,
            ``potential(membrane)``, ``volume(compartment)``, ``flux(process)``,
            ``affinity(process)``, ``dissipation(process)`` and, where there are any,
            ``auxiliary(auxiliary_state)`` over ``time`` and the scan's own dimensions, with CF
            units.
        ledger: :class:`~biomembrane.account.ledger.Ledger`.
        status: how it ended (of the first lane, in a scan).
        timing: wall times [s].
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self.model = trajectory.model
        self.model_name = trajectory.model.name
        self.timing = dict(trajectory.timing)

    @property
    def status(self) -> Status:
        """How it ended; of the first lane, in a scan."""
        return self.trajectory.statuses[0]

    @property
    def failed(self) -> int:
        """How many lanes did not come to their end."""
        return sum(not s.ok for s in self.trajectory.statuses)

    @property
    def solution(self) -> Solution:
        """The solution of a single run.

        Raises:
            BadSettings: a scan of several lanes.
        """
        lanes = len(self.trajectory.statuses)
        if lanes > 1:
            raise errors.BadSettings(
                where="run.solution",
                wanted="one lane",
                got=f"{lanes} lanes",
                advice="run.isel(dim=0)",
            )
        return self.trajectory.solution

    @cached_property
    def data(self) -> xr.Dataset:
        """The labelled trajectory."""
        return _dataset(self)

    @cached_property
    def ledger(self) -> Ledger:
        """The energy books of the run."""
        return Ledger(self.trajectory, self.books)

    @cached_property
    def books(self) -> LedgerTotals:
        """The energies of the ledger as plain arrays."""
        return LedgerTotals(self.trajectory)

    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]:
        """Names of the states, the last of them (state, lane) in the internal system, and the
        scan's dimensions.
        """
        t = self.trajectory
        return (
            [x.name for x in self.model.states],
            t.block.y[:, -1] if t.dims else t.solution.y[:, -1:],
            dict(t.dims),
        )

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """Concentrations of the reservoirs at the start [mM]; of the first lane, in a scan."""
        levels = bath_levels(self.trajectory)
        return {
            r.name: {s.name: float(np.ravel(levels[f"{r.name}.{s.name}"])[0]) for s in r.contents}
            for r in self.model.reservoirs
        }

    @property
    def baths_by_lane(
        self,
    ) -> dict[str, dict[str, Any]]:  # Any: lists as deep as a scan has dimensions
        """The same, as nested lists over the dimensions of a scan where the lanes may differ."""
        shape, levels = tuple(self.trajectory.dims.values()), bath_levels(self.trajectory)
        told = {
            name: np.reshape(c, shape).tolist() if np.ndim(c) else float(c)
            for name, c in levels.items()
        }
        return {
            r.name: {s.name: told[f"{r.name}.{s.name}"] for s in r.contents}
            for r in self.model.reservoirs
        }

    def isel(self, **at: int) -> Run:
        """One lane of a scan, by position along its dimensions.

        Args:
            at: an integer for each dimension, counted from 0, or from the end where it is negative.

        Raises:
            UnknownName: other names than those of the dimensions, or not all of them.
            NotANumber: a position that is no integer.
            OutOfDomain: a position beyond the scan.
        """
        dims = self.trajectory.dims
        lane = (
            int(np.ravel_multi_index(list(positions(dims, at).values()), list(dims.values())))
            if dims
            else 0
        )
        return Run(self.trajectory.cut(lane))

    def sel(self, **at: Labels) -> Run:
        """One lane of a scan, by the coordinates of its dimensions.

        Args:
            at: for each dimension a number in the unit of the label, which is the one that the scan
                was given in, a quantity in any unit, or the same text.  A number means the label
                that it equals to a millionth.

        Raises:
            UnknownName: no label is that one (the nearest is told), or not all dimensions are
                named.
            BadSettings: several lanes bear the label.
            NotANumber: what is no number, quantity or label.
            UnitMismatch: a quantity of another dimension.
            NotFinite: NaN or infinity.
        """
        return self.isel(**nearest_places(self.data, tuple(self.trajectory.dims), at))

    def final(self, variable: str) -> dict[str, Quantity]:
        """Last values of a variable of a single run.

        Args:
            variable: of ``data``, over time and one other dimension, such as ``"concentration"``.

        Returns:
            A quantity by name; what has no value is left out.

        Raises:
            UnknownName: no such variable.
            BadSettings: a scan.
        """
        return final(self.data, variable, tuple(self.trajectory.dims))

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self.trajectory.dims.items())
        end = float(self.trajectory.block.times[self.trajectory.reached - 1])
        return (
            f"<Run of {self.model_name!r} to {end:g} s{f' over ({dims})' if dims else ''};"
            f" {self._ended}>"
        )

    @property
    def _ended(self) -> str:
        return (
            ended(ends(self.trajectory.statuses)[0]) if self.trajectory.dims else self.status.kind
        )

    def _repr_html_(self) -> str:
        from ..account.ledger_table import html
        from ..html import Html, collapsible, join

        return collapsible(
            repr(self), join(html(self.ledger), Html(self.data._repr_html_())), open=True
        )


def _dataset(run: Run) -> xr.Dataset:
    t, model, books = run.trajectory, run.model, run.books
    dims = tuple(t.dims)
    data: dict[str, Any] = {}
    names = there(model, t.kernel.program, t.parameters)
    for name in (n for n in names if TABLE[n].part is Part.COURSE):
        data[name] = (
            (*TABLE[name].axes, *dims),
            np.moveaxis(t.shaped(values(t, name)), 1, 0),
            TABLE[name].facts,
        )
    for name, (value, unit, meaning) in protocols(t).items():
        data[name] = (
            ("time", *dims),
            t.shaped(value[None])[0],
            {"units": unit, "long_name": meaning},
        )
    data |= fate(model, t.dims, ends(t.statuses))
    deferred = Deferred(t, books)
    laid_out = {name: deferred.variable(name) for name in names if TABLE[name].deferred}
    ended, span = BY_LANE if dims else run.status.kind, float(t.block.times[-1])
    attrs = attributes(model, t.parameters, t.solver, ended, span=span, empty=books.empty)
    return laid(data, model, t.parameters, t.times, attrs, laid_out)
