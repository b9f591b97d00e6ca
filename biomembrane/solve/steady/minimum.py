"""The minimum of the free energy of a passive model, by Newton's method on a convex function: at
rest all affinities are 0.

The extents ξ of independent processes are free, x = x₀ + Nξ; the slope of the energy is −A and its
curvature −(∂A/∂x)N, which is symmetric.  Baths count with their constant potentials.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import errors
from ...compile.numpy_kernel import kernel
from ...compile.program import program
from ...constants import GAS
from ..model_index import model_index
from ..task import Task
from .equations import Array, Equations, Indices, columns_of, running
from .newton import VISIBLE, Found, solve_lanes

ROUNDS, HALVES = 200, 40
SETTLED, NEARLY = 1e-12, 1e-9
DRIVEN = 1e-6  # of RT: an affinity above is not 0


def least(task: Task, e: Equations, inputs: Sequence[Any], start: Array) -> Found:
    """States of least free energy from ``start`` (state, lane), with its conserved sums.

    Raises BadSettings for models with states that no process changes, or whose fluxes do not vanish
    there: these are driven, and have no such minimum.
    """
    _only_processes(task)
    names = task.kernel.program.names["affinity"]
    columns = _columns(task, e, inputs)
    runs = np.flatnonzero((columns != 0).any(axis=(0, 2)))
    columns = columns[:, runs]
    independent = _independent(columns[:, :, 0])
    N = np.broadcast_to(columns[:, independent], (*columns[:, independent].shape[:2], e.lanes))
    rows = runs[independent]
    linear = kernel(program(task.model, task.parameters.forms, linear=True))
    held = linear.bind(list(inputs))
    slopes = _Slopes(linear, held, rows, N)
    y, settled, rounds = start.copy(), np.zeros(e.lanes, dtype=bool), np.zeros(e.lanes, np.int64)
    best = np.full(e.lanes, np.inf)
    for _ in range(ROUNDS):
        force = slopes.force(y)
        step = np.einsum("spl,pl->sl", N, solve_lanes(slopes.curvature(y), force))
        step = np.where(settled, 0.0, step)
        y = y + _share(e, slopes, y, step, force) * step
        with np.errstate(all="ignore"):
            size = np.where(e.positive[:, None], np.abs(y) + VISIBLE * e.scale,
                            np.abs(y) + e.scale)  # fmt: skip
            error = np.nan_to_num((np.abs(step) / size).max(axis=0), nan=np.inf)
        rounds += ~settled
        settled |= (error <= SETTLED) | ((error <= NEARLY) & (error >= best))
        best = np.minimum(best, error)
        if settled.all():
            break
    affinities = linear.call("affinity", 0.0, y, held)[runs]
    _passive(task, [names[r] for r in runs], affinities[:, settled])
    return Found(y, settled, rounds)


class _Slopes:
    """Affinities of the independent processes ``rows``, and how they fall along these."""

    def __init__(self, linear: Any, held: Sequence[Any], rows: Indices, N: Array) -> None:
        self.kernel, self.held, self.rows, self.N = linear, held, rows, N
        pairs = linear.program.names["affinity_by_state"]
        self.where = np.array(pairs, dtype=np.int64).reshape(-1, 2).T

    def force(self, y: Array) -> Array:
        with np.errstate(all="ignore"):
            A: Array = self.kernel.call("affinity", 0.0, y, self.held)[self.rows]
        return A

    def curvature(self, y: Array) -> Array:
        with np.errstate(all="ignore"):
            values = self.kernel.call("affinity_by_state", 0.0, y, self.held)
        count = len(self.kernel.program.names["affinity"])
        dense = np.zeros((count, *y.shape))
        dense[self.where[0], self.where[1]] = values
        with np.errstate(all="ignore"):
            curvature: Array = -np.einsum("psl,sql->pql", dense[self.rows], self.N)
        return curvature


def _share(e: Equations, slopes: _Slopes, y: Array, step: Array, force: Array) -> Array:
    """How much of each step (lane,) keeps amounts positive and does not overshoot the minimum along
    it.
    """
    with np.errstate(all="ignore"):
        room = np.where(e.positive[:, None] & (step < 0), -0.9 * y / step, np.inf)
    share: Array = np.minimum(1.0, room.min(axis=0, initial=np.inf))
    extent = _extents(slopes, step)
    before = (force * extent).sum(axis=0)
    for _ in range(HALVES):
        with np.errstate(all="ignore"):
            after = (slopes.force(y + share * step) * extent).sum(axis=0)
        past: Any = ~(after >= -0.5 * np.abs(before)) & (before > 0)
        if not past.any():
            break
        share = np.where(past, share / 2, share)
    return share


def _extents(slopes: _Slopes, step: Array) -> Array:
    """The extents ξ (process, lane) of a step of the states, N having full rank."""
    normal = np.einsum("spl,sql->pql", slopes.N, slopes.N)
    return solve_lanes(normal, np.einsum("spl,sl->pl", slopes.N, step))


def _columns(task: Task, e: Equations, inputs: Sequence[Any]) -> Array:
    """N (state, process, lane or 1) in the internal system, 0 of the processes that do not run."""
    runs: Any = running(task.kernel, e.held, e.scale).any(axis=1)
    columns: Array = columns_of(task.model, inputs) * runs[:, None]
    return columns


def _independent(N: Array) -> Indices:
    """Processes of which no one is a sum of the others."""
    size = np.abs(N).max(axis=1, keepdims=True)
    N = N / np.where(size > 0, size, 1.0)
    chosen: list[int] = []
    for k in range(N.shape[1]):
        if np.linalg.matrix_rank(N[:, [*chosen, k]], tol=1e-9) > len(chosen):
            chosen.append(k)
    return np.array(chosen, dtype=np.int64)


def _only_processes(task: Task) -> None:
    others = [
        f"{x.name}, with an equation of its own"
        for x in task.model.states
        if x.rate is not None or x.constraint is not None
    ]
    others += [
        f"{p.name}, which carries what the state says" for p in task.model.processes if p.carried
    ]
    if others:
        raise errors.BadSettings(
            where="steady_state(minimum=True)",
            wanted="a model whose states are changed by processes of constant stoichiometry alone",
            got=others[0],
            advice="steady_state(model), by Newton's method",
        )


def _passive(task: Task, names: Sequence[str], affinities: Array) -> None:
    """Raise BadSettings where an affinity is left: the model is driven."""
    thermal = GAS * float(np.max(task.parameters.inputs(slice(0, 1))[
        model_index(task.model).places["temperature"]]))  # fmt: skip
    left = np.abs(affinities).max(axis=1, initial=0.0)
    if len(left) and not left.max() <= DRIVEN * thermal:
        worst = int(np.argmax(left))
        raise errors.BadSettings(
            where="steady_state(minimum=True)",
            wanted="a passive model, in which all affinities vanish at rest",
            got=f"{left[worst] / 1e3:.3g} kJ/mol left in {names[worst]}: something drives it",
            advice="steady_state(model), by Newton's method",
        )
