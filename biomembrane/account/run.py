"""A run: the trajectory with labels and units, its status, and its books."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .. import errors, reading, units
from ..assemble.model import Model
from ..declare.parameter import whole
from ..solve import stream
from ..solve.problem import Solution, Solver, Status
from ..solve.simulate import prepare
from ..solve.times import output_times
from ..solve.trajectory import Trajectory
from .keep import Keep, Kept, chunked, collect, read
from .ledger import Ledger
from .variables import VARIABLES, attributes, coordinates, labels, protocols, values

if TYPE_CHECKING:
    import xarray as xr


@overload
def simulate(
    model: Model, *, until: Any = ..., times: Any = ..., parameters: Mapping[str, Any] | None = ..., start: Any = ..., keep: None = ...,
    solver: Solver | None = ..., progress: stream.Progress = ...,
) -> Run: ...  # fmt: skip
@overload
def simulate(
    model: Model, *, until: Any = ..., times: Any = ..., parameters: Mapping[str, Any] | None = ..., start: Any = ..., keep: Any,
    solver: Solver | None = ..., progress: stream.Progress = ...,
) -> Kept: ...  # fmt: skip
def simulate(
    model: Model,
    *,
    until: Any = None,
    times: Any = None,
    parameters: Mapping[str, Any] | None = None,
    start: Any = None,
    keep: Any = None,
    solver: Solver | None = None,
    progress: stream.Progress = None,
) -> Run | Kept:
    """Run a model from its declared contents.

    Args:
        model: what to run.
        until: end of the run, ``Q(10, "min")`` or ``"10 min"``; output at 301 even times.
        times: or the output times themselves, a quantity array; they never change the solver's steps.
        parameters: values by dotted name.  Quantities fix a value; a :class:`~biomembrane.Protocol` changes it in time;
            :class:`xarray.DataArray` with ``attrs["units"]`` scan it, and arrays broadcast by the names of their dimensions.  If some are
            dask arrays, nothing runs yet: the result is lazy, in chunks, for any dask scheduler (see :func:`biomembrane.save`).
        start: a run, to go on from its last state; or shares of carrier states, ``{"SGLT1.C1": 1}``, instead of their steady state.
        keep: what a scan of many lanes keeps: ``"final"``, names of variables, or a :class:`~biomembrane.Keep`; default everything.
        solver: of :mod:`biomembrane.solvers`; default ``Native(rtol=1e-8)``.
        progress: True writes a line on the terminal; a function is called with the share that is done, and stops the run by returning False.

    Returns:
        :class:`Run`; with ``keep`` a :class:`~biomembrane.account.keep.Kept`, which has the same ``data`` and ``ledger`` as far as they
        were kept.  In a scan a lane that fails does not stop the others: it ends in NaN and ``run.data.status`` says why.

    Raises:
        SimulationStopped: a single run could not go on; its ``run`` holds everything up to there.
        Cancelled: by Ctrl-C or by ``progress``; its ``run`` holds every lane that was done.
        UnknownName, BareNumber, UnitMismatch, NotFinite, OutOfDomain, BadSettings, NoRoom, WrongType: at the call.
    """
    wanted = None if keep is None else read(keep)
    grid = output_times(until, times)
    if wanted is not None:
        grid = wanted.grid(grid)
    if chunked(parameters):
        from .lazy import lazy

        everything = Keep(variables=(*VARIABLES, "ledger_dissipation"), ledger="all")
        return lazy(model, grid, parameters=parameters or {}, start=start, keep=wanted or everything, solver=solver)
    summed = wanted is not None and "ledger_flow" not in wanted.variables
    task = prepare(model, grid, parameters=parameters, start=start, solver=solver, summed=summed)
    if wanted is not None:
        kept, done = collect(task, wanted, progress)
        if not done:
            raise _cancelled(kept, model, kept.done)
        return kept
    trajectory, done = stream.whole(task, progress)
    run = Run(trajectory)
    if not done:
        statuses = trajectory.statuses
        raise _cancelled(run, model, sum(s.kind != "cancelled" for s in statuses) / len(statuses))
    return finished(run)


def finished(run: Run) -> Run:
    """The run itself, unless it is a single one that was stopped.  Raises SimulationStopped.

    A trajectory that is whole while its books are open is given back: its status tells, and ``ledger.check()`` raises.
    """
    status = run.status
    whole = status.ok or (status.kind == "open books" and status.time >= run.trajectory.block.times[-1])
    if not run.trajectory.dims and not whole:
        where, end = f"model {run.model.name!r} at t = {status.time:.6g} s{_culprit(run)}", run.trajectory.block.times[-1]
        raise errors.SimulationStopped(
            run=run, where=where, wanted=f"a run to {end:g} s",
            got=f"{status.kind}: {status.message}", advice="the exception's .run holds the trajectory up to there; look at its last fluxes",
        )  # fmt: skip
    return run


def _cancelled(run: Any, model: Model, share: float) -> errors.BiomembraneError:
    made: errors.BiomembraneError = errors.Cancelled(
        run=run, where=f"model {model.name!r}", wanted="to go on to the end", got=f"a request to stop, with {100 * share:.0f} % done",
        advice="the exception's .run holds what was done; the rest is NaN",
    )  # fmt: skip
    return made


def _culprit(run: Run) -> str:
    state = run.status.state
    if state is None:
        return ""
    pool = run.model.pools[state].name
    touching = [p for p, column in run.model.N.items() if pool in column]
    t = run.trajectory
    fluxes = dict(zip(t.kernel.program.names["flux"], t.observe("flux")[:, len(t.times) - 1, 0], strict=True))
    wrong = [p for p in touching if not np.isfinite(fluxes[p])]
    chosen = wrong or sorted(touching, key=lambda p: -abs(fluxes[p]))[:1]
    return f", pool {pool}, process {', '.join(chosen)}" if chosen else f", pool {pool}"


class Run:
    """Result of :func:`simulate`.

    Attributes:
        data: :class:`xarray.Dataset`: ``amount(pool)``, ``concentration(pool)``, ``potential(membrane)``, ``volume(compartment)``, ``flux(process)``,
            ``affinity(process)``, ``dissipation(process)`` over ``time`` and the scan's own dimensions, with CF units.
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
        return self.trajectory.statuses[0]

    @property
    def solution(self) -> Solution:
        """The solution of a single run."""
        lanes = len(self.trajectory.statuses)
        if lanes > 1:
            raise errors.BadSettings(where="run.solution", wanted="one lane", got=f"{lanes} lanes", advice="run.isel(dim=0)")
        return self.trajectory.solution

    @cached_property
    def data(self) -> xr.Dataset:
        """The labelled trajectory."""
        return _dataset(self)

    @cached_property
    def ledger(self) -> Ledger:
        """The energy books of the run."""
        return Ledger(self.trajectory)

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """Concentrations of the reservoirs [mM], for figures."""
        p = dict(zip(self.model.parameters, self.trajectory.parameters.inputs(slice(0, 1)), strict=False))
        return {r.name: {s.name: float(np.ravel(p[f"{r.name}.{s.name}"])[0]) for s in r.contents} for r in self.model.reservoirs}

    def isel(self, **at: int) -> Run:
        """One lane of a scan, by position along its dimensions."""
        dims = self.trajectory.dims
        if set(at) != set(dims):
            wanted = f"a position along each of: {', '.join(dims)}" if dims else "no position, for this is a single run"
            advice = f"run.isel({', '.join(f'{d}=0' for d in dims)})" if dims else "the run itself"
            raise errors.UnknownName(where="run.isel(…)", wanted=wanted, got=", ".join(at) or "none", advice=advice)
        for dim, place in at.items():
            whole(int(place) if isinstance(place, np.integer) else place, f"run.isel({dim}=…)", "a position, a whole number", f"run.isel({dim}=0)")
        beyond = [f"{d}={at[d]} of {dims[d]}" for d in dims if not -dims[d] <= at[d] < dims[d]]
        if beyond:
            raise errors.OutOfDomain(where="run.isel(…)", wanted="positions inside the scan", got=", ".join(beyond), advice="count from 0")
        lane = int(np.ravel_multi_index([range(dims[d])[at[d]] for d in dims], list(dims.values())))
        return Run(self.trajectory.cut(lane))

    def sel(self, **at: Any) -> Run:
        """One lane of a scan, by the nearest coordinate (quantity or number in the coordinate's unit)."""
        place = {}
        for dim, value in at.items():
            labelled = [str(d) for d in self.trajectory.dims if d in self.data.coords]
            errors.among(
                dim, labelled, "run.sel(…)", "a scan dimension with coordinates" if labelled else "no selection, for no dimension has coordinates"
            )
            place[dim] = _nearest(self.data[dim], value, f"run.sel({dim}=…)")
        return self.isel(**place)

    def final(self, variable: str) -> dict[str, Any]:
        """Last values of a variable by name, as quantities (a single run)."""
        known = [str(name) for name, v in self.data.data_vars.items() if "time" in v.dims and len(v.dims) == 2]
        errors.among(variable, known, "run.final(…)", "a variable of a single run, over names and time")
        last = self.data[variable].isel(time=-1)
        return {
            str(n): units.Q(float(x), units.from_udunits(last.attrs["units"]))
            for n, x in zip(last[last.dims[0]].values, last.values, strict=True)
            if np.isfinite(x)
        }

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self.trajectory.dims.items())
        end = float(self.trajectory.times[-1])
        return f"<Run of {self.model_name!r} to {end:g} s{f' over ({dims})' if dims else ''}; {self.status.kind}>"

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible, join
        from .table import html

        return collapsible(repr(self), join(html(self.ledger), Html(self.data._repr_html_())), open=True)


def _nearest(coord: xr.DataArray, value: Any, where: str) -> int:
    """Where a coordinate is nearest to a value, in the coordinate's unit unless it has one of its own."""
    if coord.dtype.kind not in "iuf":
        found = np.flatnonzero(coord.values == value) if isinstance(value, str) else np.empty(0, int)
        if len(found) != 1:
            names = [str(x) for x in coord.values]
            raise errors.UnknownName(where=where, wanted="one of the coordinates", got=errors.shown(value), advice=errors.nearest(value, names))
        return int(found[0])
    number, known = reading.numbers(value), np.asarray(coord.values)
    if number is None:
        own = units.labelled(coord, where)
        dim = units.dimension_of(own)
        number, known = units.strip(value, dim, where), units.strip(own, dim, where)
    if not isinstance(number, float) or not math.isfinite(number):
        raise errors.NotANumber(where=where, wanted="one finite value", got=errors.shown(value), advice="run.isel(…) takes positions")
    return int(np.argmin(np.abs(known - number)))


def _dataset(run: Run) -> xr.Dataset:
    import xarray as xr

    t, model = run.trajectory, run.model
    dims = tuple(t.dims)
    data: dict[str, Any] = {}
    for name, v in VARIABLES.items():
        if labels(model, v.dim) or v.dim == "pool":
            facts = {"units": units.udunits(v.unit), "long_name": v.long_name}
            data[name] = ((v.dim, "time", *dims), t.shaped(values(t, name)), facts)
    for name, (value, unit, meaning) in protocols(t).items():
        data[name] = (("time", *dims), t.shaped(value[None])[0], {"units": unit, "long_name": meaning})
    coords = {"time": ("time", t.times, {"units": "s", "long_name": "time"}), **coordinates(model)}
    if dims:
        shape = tuple(t.dims.values())
        data["status"] = (dims, np.array([s.kind for s in t.statuses]).reshape(shape), {"long_name": "how the lane ended"})
        culprit = ["" if s.state is None else model.pools[s.state].name for s in t.statuses]
        data["culprit"] = (dims, np.array(culprit).reshape(shape), {"long_name": "pool at fault, or the stiffest, where the lane stopped"})
        data["end"] = (dims, np.array([s.time for s in t.statuses]).reshape(shape), {"units": "s", "long_name": "time reached"})
    made = xr.Dataset(data, coords={**coords, **t.parameters.coords}, attrs=attributes(t, run.status.kind))
    return made.transpose("time", ..., *dims)
