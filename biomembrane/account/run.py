"""A run: the trajectory with labels and units, its status, and its books."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..solve.problem import Solution, Solver, Status
from ..solve.simulate import Trajectory, solve
from .ledger import Ledger

if TYPE_CHECKING:
    import xarray as xr

_VARIABLES = (
    ("concentration", "pool", "mM", "concentration"), ("potential", "membrane", "mV", "membrane potential, inside less outside"),
    ("volume", "compartment", "pL", "solvent volume"), ("flux", "process", "fmol/s", "flux in the written direction"),
    ("affinity", "process", "kJ/mol", "affinity"), ("dissipation", "process", "pW", "dissipated power"),
)  # fmt: skip
_POOL_FACTS = (("species", "label"), ("place", "place"), ("kind", "kind"))


def simulate(
    model: Model,
    *,
    until: Any = None,
    times: Any = None,
    parameters: Mapping[str, Any] | None = None,
    solver: Solver | None = None,
    progress: Callable[[float], None] | None = None,
) -> Run:
    """Run a model from its declared contents.

    Args:
        model: what to run.
        until: end of the run, ``Q(10, "min")`` or ``"10 min"``; output at 301 even times.
        times: or the output times themselves, a quantity array; they never change the solver's steps.
        parameters: values by dotted name.  Quantities fix a value; :class:`xarray.DataArray` with ``attrs["units"]`` scan it, and arrays
            broadcast by the names of their dimensions.
        solver: of :mod:`biomembrane.solvers`; default ``Native(rtol=1e-8)``.
        progress: called with the share that is done, from 0 to 1.

    Returns:
        :class:`Run`.  In a scan a lane that fails does not stop the others: it ends in NaN and ``run.data.status`` says why.

    Raises:
        SimulationStopped: a single run could not go on; its ``run`` holds everything up to there.
        UnknownName, BareNumber, UnitMismatch, NotFinite, OutOfDomain, BadSettings, NoRoom, WrongType: at the call.
    """
    run = Run(solve(model, until=until, times=times, parameters=parameters, solver=solver, progress=progress))
    if not run.trajectory.parameters.dims and not run.status.ok:
        status = run.status
        raise errors.SimulationStopped(
            run=run, where=f"model {model.name!r} at t = {status.time:.6g} s{_culprit(run)}", wanted=f"a run to {run.trajectory.times[-1]:g} s",
            got=f"{status.kind}: {status.message}", advice="the exception's .run holds the trajectory up to there; look at its last fluxes",
        )  # fmt: skip
    return run


def _culprit(run: Run) -> str:
    state = run.status.state
    if state is None:
        return ""
    pool = run.model.pools[state].name
    touching = [p for p, column in run.model.N.items() if pool in column]
    y = run.trajectory.solutions[0].y[:, -1]
    k, c = run.trajectory.kernel, run.trajectory.constants(0)
    fluxes = dict(zip(k.program.names["flux"], k.call("flux", float(run.trajectory.solutions[0].t[-1]), y, c), strict=True))
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
        return self.trajectory.solutions[0].status

    @property
    def solution(self) -> Solution:
        """The solution of a single run."""
        if len(self.trajectory.solutions) > 1:
            raise errors.BadSettings(where="run.solution", wanted="one lane", got=f"{len(self.trajectory.solutions)} lanes", advice="run.isel(dim=0)")
        return self.trajectory.solutions[0]

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
        p = dict(zip(self.model.parameters, self.trajectory.parameters.values, strict=True))
        return {r.name: {s.name: float(np.ravel(p[f"{r.name}.{s.name}"])[0]) for s in r.contents} for r in self.model.reservoirs}

    def isel(self, **at: int) -> Run:
        """One lane of a scan, by position along its dimensions."""
        dims = self.trajectory.parameters.dims
        if set(at) != set(dims):
            raise errors.UnknownName(where="run.isel(…)", wanted="a position along each of: " + ", ".join(dims), got=", ".join(at) or "none")
        beyond = [f"{d}={at[d]} of {dims[d]}" for d in dims if not -dims[d] <= at[d] < dims[d]]
        if beyond:
            raise errors.OutOfDomain(where="run.isel(…)", wanted="positions inside the scan", got=", ".join(beyond), advice="count from 0")
        lane = int(np.ravel_multi_index([range(dims[d])[at[d]] for d in dims], list(dims.values())))
        t = self.trajectory
        chosen = type(t.parameters)(t.parameters.values[:, lane], {}, {}, t.parameters.changed)
        return Run(type(t)(t.model, chosen, t.kernel, t.solver, t.times, (t.solutions[lane],), t.timing))

    def sel(self, **at: Any) -> Run:
        """One lane of a scan, by the nearest coordinate (quantity or number in the coordinate's unit)."""
        place = {}
        for dim, value in at.items():
            if dim not in self.data.coords:
                raise errors.UnknownName(
                    where="run.sel(…)",
                    wanted="a scan dimension with coordinates",
                    got=repr(dim),
                    advice=errors.nearest(dim, map(str, self.trajectory.parameters.dims)),
                )
            coord = self.data[dim]
            number = value.to(coord.attrs.get("units", "1")).magnitude if units.is_quantity(value) else value
            place[dim] = int(np.argmin(np.abs(coord.values - number)))
        return self.isel(**place)

    def final(self, variable: str) -> dict[str, Any]:
        """Last values of a variable by name, as quantities (a single run)."""
        last = self.data[variable].isel(time=-1)
        return {
            str(n): units.Q(float(x), units.from_udunits(last.attrs["units"]))
            for n, x in zip(last[last.dims[0]].values, last.values, strict=True)
            if np.isfinite(x)
        }

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self.trajectory.parameters.dims.items())
        end = float(self.trajectory.solutions[0].t[-1])
        return f"<Run of {self.model_name!r} to {end:g} s{f' over ({dims})' if dims else ''}; {self.status.kind}>"

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible, join
        from .table import html

        return collapsible(repr(self), join(html(self.ledger), Html(self.data._repr_html_())), open=True)


def _dataset(run: Run) -> xr.Dataset:
    import xarray as xr

    t, model, k = run.trajectory, run.model, run.trajectory.kernel
    dims = tuple(t.parameters.dims)
    reached = t.times if dims else t.times[: len(t.solutions[0].t)]
    pools = [p for p in model.pools if p.kind in ("solute", "carrier")]
    index = [i for i, p in enumerate(model.pools) if p in pools]

    def cut(array: Any) -> Any:
        return array[:, : len(reached)]

    data: dict[str, Any] = {"amount": (("pool", "time", *dims), cut(t.stack(lambda _, s: s.y[index])), {"units": "fmol", "long_name": "amount"})}
    for name, dim, unit, long_name in _VARIABLES:
        labels = k.program.names[name]
        values = t.observe(name) * units.from_internal(unit)
        if name == "concentration":
            full = np.full((len(pools), *values.shape[1:]), np.nan)
            full[[i for i, p in enumerate(pools) if p.kind == "solute"]] = values
            values = full
        elif not labels:
            continue
        data[name] = ((dim, "time", *dims), cut(values), {"units": units.udunits(unit), "long_name": long_name})
    coords: dict[str, Any] = {
        "time": ("time", reached, {"units": "s", "long_name": "time"}), "pool": [p.name for p in pools],
        **{f"pool_{key}": ("pool", [getattr(p, field) for p in pools]) for key, field in _POOL_FACTS},
        **{dim: [x.name for x in getattr(model, f"{dim}s")] for dim in ("membrane", "compartment")}, "process": [p.name for p in model.processes],
        "transporter": ("process", [p.transporter for p in model.processes]),
    }  # fmt: skip
    if dims:
        shape = tuple(t.parameters.dims.values())
        data["status"] = (dims, np.array([s.status.kind for s in t.solutions]).reshape(shape), {"long_name": "how the lane ended"})
        data["end"] = (dims, np.array([s.t[-1] for s in t.solutions]).reshape(shape), {"units": "s", "long_name": "time reached"})
    made = xr.Dataset(data, coords={**coords, **t.parameters.coords}, attrs=_attributes(run))
    return made.transpose("time", ..., *dims)


def _attributes(run: Run) -> dict[str, str]:
    from importlib.metadata import version

    model, t = run.model, run.trajectory
    sources = {p.name: str(p.source) for p in model.parameters.values()}
    values = {p.name: f"{p.quantity:.17g}" for p in model.parameters.values()}
    return {
        "Conventions": "CF-1.11", "title": model.name, "source": f"biomembrane {version('biomembrane')}", "model_hash": model.hash,
        "status": run.status.kind, "parameters_json": json.dumps(values),
        "solver_json": json.dumps({"name": type(t.solver).__name__, **vars(t.solver)}),
        "sources_json": json.dumps(sources), "changed_json": json.dumps(list(t.parameters.changed)),
        "versions_json": json.dumps({n: version(n) for n in ("numpy", "scipy", "sympy", "xarray")}),
    }  # fmt: skip
