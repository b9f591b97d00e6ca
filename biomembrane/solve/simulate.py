"""From a model and settings to a trajectory: one lane, or all lanes of a scan."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..compile.numpy import Kernel, kernel
from ..compile.program import program
from ..dimension import TIME
from .initial import initial
from .native import Native
from .parameters import ParameterSet, resolve
from .problem import Problem, Solution, Solver

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 301  # output times of a run for which none are given


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Solutions by lane, with what made them: parameter set, kernel, constants by lane, wall times [s]."""

    model: Model
    parameters: ParameterSet
    kernel: Kernel
    solver: Solver
    times: NDArray[np.float64]
    solutions: tuple[Solution, ...]
    timing: dict[str, float]

    def constants(self, lane: int) -> Any:
        """The kernel's constants of a lane."""
        p = self.parameters.values
        return self.kernel.prepare(p if p.ndim == 1 else p[:, lane])

    def observe(self, group: str) -> NDArray[np.float64]:
        """The members of an output group along every lane."""
        return self.stack(lambda lane, s: self.kernel.call(group, s.t, s.y, self.constants(lane)))

    def stack(self, pick: Callable[[int, Solution], NDArray[np.float64]]) -> NDArray[np.float64]:
        """(member, time, *dims) from each lane's (member, time); what a stopped lane did not reach is NaN."""
        parts = [np.asarray(pick(lane, s), dtype=float) for lane, s in enumerate(self.solutions)]
        made = np.full((parts[0].shape[0], len(self.times), len(parts)), np.nan)
        for lane, part in enumerate(parts):
            made[:, : part.shape[1], lane] = part
        return made.reshape(*made.shape[:2], *self.parameters.dims.values())


def _read(until: str) -> Any:
    """A time given as text."""
    try:
        return units.Q(until)
    except errors.BiomembraneError as problem:
        advice = problem.advice if isinstance(problem, errors.UnknownUnit) else "until='10 min'"
        raise type(problem)(where="simulate(until=…)", wanted="a time such as '10 min'", got=errors.shown(until), advice=advice) from None


def output_times(until: Any, times: Any) -> NDArray[np.float64]:
    """Output times in seconds, from 0; ``times`` wins over an even grid to ``until``."""
    end = None if until is None else units.strip(_read(until) if isinstance(until, str) else until, TIME, "simulate(until=…)")
    if end is not None and (np.ndim(end) or end <= 0):
        advice = "until=Q(10, 'min'); several output times go into times="
        raise errors.BadSettings(where="simulate(until=…)", wanted="one time after 0", got=errors.shown(until), advice=advice)
    if times is None:
        if end is None:
            raise errors.BadSettings(where="simulate", wanted="until= or times=", got="neither", advice="until=Q(10, 'min')")
        return np.linspace(0.0, end, POINTS)
    grid = np.atleast_1d(np.asarray(units.strip(times, TIME, "simulate(times=…)"), dtype=float))
    if grid.ndim != 1 or not grid.size or np.any(np.diff(grid) <= 0) or grid[0] < 0:
        advice = "times=Q(np.linspace(0, 10, 101), 'min')"
        raise errors.BadSettings(where="simulate(times=…)", wanted="increasing times from 0 on", got=errors.shown(times), advice=advice)
    grid = grid if grid[0] == 0 else np.concatenate([[0.0], grid])
    return grid if end is None or end <= grid[-1] else np.append(grid, end)


def solve(
    model: Model,
    *,
    until: Any = None,
    times: Any = None,
    parameters: Mapping[str, Any] | None = None,
    solver: Solver | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trajectory:
    """Integrate a model; see :func:`biomembrane.simulate` for the arguments."""
    if not isinstance(model, Model):
        advice = f"bm.load({model!r})" if isinstance(model, str) else "bm.Model('cell', [transporters])"
        raise errors.WrongType(where="simulate(model, …)", wanted="a Model", got=errors.shown(model), advice=advice)
    solver = Native() if solver is None else solver
    if isinstance(solver, type) or not callable(getattr(solver, "solve", None)):
        advice = "solver=bm.solvers.SciPy('Radau', rtol=1e-8)"
        raise errors.WrongType(where="simulate(solver=…)", wanted="a solver of biomembrane.solvers", got=errors.shown(solver), advice=advice)
    if progress is not None and not callable(progress):
        wanted, advice = "a function of the share done, from 0 to 1", "progress=print"
        raise errors.WrongType(where="simulate(progress=…)", wanted=wanted, got=errors.shown(progress), advice=advice)
    grid = output_times(until, times)
    chosen = resolve(model, parameters)
    began = time.perf_counter()
    k = kernel(program(model))
    constants = k.prepare(chosen.values)
    compiled = time.perf_counter()
    lanes = chosen.lanes
    cycles = _cycles(model)
    y0 = initial(k, constants, cycles, lanes)
    positive = np.array([p.kind != "charge" for p in model.pools])
    _room(k, constants, y0, chosen.dims)
    start = y0 if lanes else y0[:, None]
    scale = k.call("scale", 0.0, start, constants)
    solutions = solver.solve(Problem(k, constants, start, grid, np.where(scale > 0, scale, 1.0), positive, progress))
    timing = {"compile": compiled - began, "solve": time.perf_counter() - compiled}
    return Trajectory(model, chosen, k, solver, grid, tuple(solutions), timing)


def _cycles(model: Model) -> list[list[int]]:
    index = {p.name: i for i, p in enumerate(model.pools)}
    return [[index[s.pool] for s in t.states] for t in model.transporters if t.states]


def _room(k: Kernel, constants: Any, y0: NDArray[np.float64], dims: Mapping[str, int]) -> None:
    """Impermeants must stay non-negative when contents are changed by parameters."""
    amounts = k.call("impermeant", 0.0, y0, constants)
    scale = np.max(np.abs(amounts), initial=1.0)
    for name, row in zip(k.program.names["impermeant"], np.atleast_2d(amounts.T).T, strict=True):
        least = float(np.min(row))
        if least < -1e-9 * scale:
            at = zip(dims, np.unravel_index(int(np.argmin(row)), tuple(dims.values())), strict=True) if dims else ()
            raise errors.NoRoom(
                where=f"simulate(parameters=…), {name}",
                wanted="contents that leave room for the impermeants",
                got=f"{least:.4g} fmol of {name} would be needed" + (" at position " + ", ".join(f"{d}={i}" for d, i in at) if dims else ""),
                advice="change the contents or the bath together",
            )
