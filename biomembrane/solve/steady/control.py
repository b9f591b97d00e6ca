"""Exact responses of a steady state to parameters, and to the activities of its processes.

F(x, p) = 0 gives dx/dp = −(∂F/∂x)⁻¹ ∂F/∂p, and of an observable Y(x, p) dY/dp = Y_x dx/dp + Y_p.
An activity e multiplies the rates of one process: ∂f/∂ln e = N_r J_r (Heinrich & Schuster 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...assemble.model import Model
from ...compile.kernel import Kernel
from ...compile.linearisation import OBSERVED
from ...compile.numpy_kernel import kernel
from ...compile.program import program
from .equations import Array, Equations, columns_of, groups


@dataclass(frozen=True, eq=False)
class Responses:
    """Derivatives by what is changed, ``by[group]`` (member, cause, lane), and the ``values``
    (member, lane) of each group of observables, in the internal system.
    """

    by: dict[str, Array]
    values: dict[str, Array]


def responses(
    model: Model, inputs: Sequence[Any], y: Array, scale: Array, causes: Sequence[int] | None,
    *, totals_move: bool,
) -> Responses:  # fmt: skip
    """The responses at steady states ``y`` (state, lane) to the inputs ``causes``, as d/dp; or to
    the activities of all processes, as d/d ln e, where that is None.

    ``totals_move``: whether parameters that set what the model holds at the start count.
    """
    linear = kernel(program(model, linear=True))
    lanes = y.shape[1]
    names = linear.program.names
    count = len(names["flux"]) if causes is None else len(causes)
    values = {g: np.full((len(names[g]), lanes), np.nan) for g in OBSERVED}
    by = {g: np.full((len(names[g]), count, lanes), np.nan) for g in OBSERVED}
    plain = kernel(program(model))
    found = np.flatnonzero(np.isfinite(y).all(axis=0))
    some = [x[found] if np.ndim(x) else x for x in inputs]
    for at, e in groups(model, plain, plain.bind(some), some, y[:, found], scale[:, found]):
        mine = [x[at] if np.ndim(x) else x for x in some]
        x, held = y[:, found[at]], linear.bind(mine)
        slopes = _Slopes(linear, held, x)
        given = (
            _by_activity(model, linear, mine, held, e, x)
            if causes is None
            else _by_parameter(slopes, e, causes, totals_move=totals_move)
        )
        dx = _solved(e, x, -given)
        for group in OBSERVED:
            lane = found[at]
            own = linear.call(group, 0.0, x, held)
            values[group][:, lane] = own
            moved = np.einsum("msl,scl->mcl", slopes.dense(f"{group}_by_state", len(own)), dx)
            if causes is not None:
                moved += slopes.dense(f"{group}_by_parameter", len(own))[:, list(causes)]
            elif group == "flux":
                rows = np.arange(len(own))
                moved[rows, rows] += own
            by[group][:, :, lane] = moved
    return Responses(by, values)


class _Slopes:
    """Derivatives of a linear program at states, as dense arrays (row, column, lane)."""

    def __init__(self, linear: Kernel, held: Sequence[Any], y: Array) -> None:
        self.kernel, self.held, self.y = linear, held, y

    def dense(self, group: str, rows: int) -> Array:
        program_ = self.kernel.program
        columns = len(self.y) if group.endswith("_by_state") else len(program_.parameters)
        dense = np.zeros((rows, columns, self.y.shape[1]))
        with np.errstate(all="ignore"):
            values = self.kernel.call(group, 0.0, self.y, self.held)
        for (row, column), value in zip(program_.names[group], values, strict=True):
            dense[row, column] = value
        return dense


def _by_parameter(
    slopes: _Slopes, e: Equations, causes: Sequence[int], *, totals_move: bool
) -> Array:
    """∂F/∂p (row, cause, lane)."""
    size = len(slopes.y)
    given = slopes.dense("rhs_by_parameter", size)[:, list(causes)]
    given[e.free] = 0.0
    if totals_move and len(e.free):
        starts = slopes.dense("initial_by_parameter", size)[:, list(causes)]
        weights = np.broadcast_to(e.weights, (*e.weights.shape[:2], e.lanes))
        given[e.free] = -np.einsum("ksl,scl->kcl", weights, starts)
    return given


def _by_activity(
    model: Model, linear: Kernel, inputs: Sequence[Any], held: Sequence[Any], e: Equations, y: Array
) -> Array:
    """∂F/∂ln e (row, process, lane) = N_r J_r, 0 in rows of sums and constraints."""
    flux = linear.call("flux", 0.0, y, held)
    carried = dict(
        zip(linear.program.names["carried"], linear.call("carried", 0.0, y, held), strict=True)
    )
    given: Array = columns_of(model, inputs, carried) * flux[None]
    given[~e.differential] = 0.0
    return given


def _solved(e: Equations, y: Array, right: Array) -> Array:
    """(∂F/∂x)⁻¹ right (state, cause, lane); NaN in lanes that have none."""
    sizes = e.sizes(y)
    A = np.moveaxis(e.jacobian(y) * sizes, 2, 0)
    largest = np.abs(A).max(axis=2, keepdims=True)
    largest = np.where(largest > 0, largest, 1.0)
    b = np.moveaxis(right, 2, 0) / largest
    solved = np.full(b.shape, np.nan)
    for lane in range(len(A)):
        try:
            solved[lane] = np.linalg.solve(A[lane] / largest[lane], b[lane])
        except np.linalg.LinAlgError:
            continue
    return np.moveaxis(solved, 0, 2) * sizes[:, None]
