"""Initial values that meet the constraints 0 = f of a model, by Newton's method.

The algebraic states move, the differential ones stay as they are given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..compile.kernel import Kernel
from .initial_checks import position

Array = NDArray[np.float64]
ROUNDS, HALVES = 60, 12
SETTLED = 1e-8  # of each state, the last correction: the next would be its square
TRACE = 1e-6  # of its typical size: what is below counts as so much
SINGULAR = 1e-13  # of the largest singular value of the block, each row and column in its own unit
NEAREST = 0.1  # share of an amount that a correction leaves at least


def meet(
    k: Kernel, held: Sequence[Any], y0: Array, scale: Array, positive: NDArray[np.bool_],
    lanes: slice, dims: Mapping[str, int]
) -> None:  # fmt: skip
    """Move the algebraic states of ``y0`` (state, lane) to where the constraints hold.

    ``held`` are the constants of the kernel.  Raises ``SingularConstraint``, naming a constraint
    that does not determine the states, or ``ConstraintNotMet``.
    """
    rows = k.program.algebraic
    if rows:
        _Newton(k, held, [*rows], scale[[*rows]], positive[[*rows]], lanes, dims).settle(y0)


def follow(
    k: Kernel,
    held: Sequence[Any],
    y0: Array,
    traces: Array,
    totals: NDArray[np.bool_],
    scale: Array,
) -> Array:
    """Typical sizes, where ``traces`` (state, lane) have been put into empty pools of ``y0``: an
    algebraic one is as small as its trace, for its logarithm is determined, however little there
    is.  What constraints conserve, the states ``totals`` without a share in the free energy, takes
    part in the traces: where all pools of a fast process are empty, their total is more than
    nothing then, too.
    """
    rows, lanes = [*k.program.algebraic], np.flatnonzero(traces.any(axis=0))
    if not rows or not len(lanes):
        return scale
    _share(k, held, y0, traces, totals, lanes)
    sizes = scale.copy()
    sizes[rows] = np.where(traces[rows] > 0, traces[rows], scale[rows])
    return sizes


def _share(
    k: Kernel,
    held: Sequence[Any],
    y0: Array,
    traces: Array,
    totals: NDArray[np.bool_],
    lanes: NDArray[np.int64],
) -> None:
    """Move totals so that what their constraints say does not change by the traces."""
    i, j = (np.asarray(each, dtype=np.int64) for each in k.program.sparsity)
    of_total = np.isin(i, [*k.program.algebraic]) & totals[j]
    if not of_total.any():
        return
    rows, columns = (np.unique(each[of_total]) for each in (i, j))
    some = [c[lanes] if np.ndim(c) else c for c in held]
    with np.errstate(all="ignore"):
        slopes = k.call("jacobian", 0.0, y0[:, lanes], some)
    dense = np.zeros((len(rows), len(y0), len(lanes)))
    mine = np.isin(i, rows)
    dense[np.searchsorted(rows, i[mine]), j[mine]] = slopes[mine]
    for lane, at in enumerate(lanes.tolist()):
        wanted = -dense[:, :, lane] @ traces[:, at]
        y0[columns, at] += np.linalg.lstsq(dense[:, columns, lane], wanted, rcond=None)[0]


@dataclass(frozen=True, eq=False)
class _Newton:
    """``rows``: the algebraic states, with typical ``size`` (row, lane) and which are
    ``positive``.
    """

    kernel: Kernel
    held: Sequence[Any]
    rows: list[int]
    size: Array
    positive: NDArray[np.bool_]
    lanes: slice
    dims: Mapping[str, int]

    def settle(self, y: Array) -> None:
        for _ in range(ROUNDS):
            off, unit = self._off(y), np.maximum(np.abs(y[self.rows]), TRACE * self.size)
            step = unit * self._solved(y, off, unit)
            y[self.rows] += self._share(y, step, off) * step
            left = np.abs(step) / unit
            if np.all(left <= SETTLED):
                return
        name = self._name(int(np.argmax(left.max(axis=1))))
        raise errors.ConstraintNotMet(
            where=self._where(name, left.max(axis=0)),
            wanted="initial values that meet it, with the differential states as given",
            got=f"Newton's method has not settled in {ROUNDS} iterations",
            advice=f"an initial value of {name} that is nearer to the solution",
            state=name,
        )

    def _name(self, row: int) -> str:
        """The state for which the constraint in a row is declared."""
        name: str = self.kernel.program.names["rhs"][self.rows[row]]
        return name

    def _where(self, name: str, lanes: Array) -> str:
        place = position(lanes, self.lanes, self.dims)
        return f"simulate(model, …), the constraint of {name}{place}"

    def _off(self, y: Array) -> Array:
        with np.errstate(all="ignore"):
            residual: Array = self.kernel.call("rhs", 0.0, y, self.held)[self.rows]
        return residual

    def _solved(self, y: Array, off: Array, unit: Array) -> Array:
        """Newton's correction (row, lane), in units of the states."""
        with np.errstate(all="ignore"):
            (block,) = self.kernel.blocks(0.0, y, self.held, [self.rows])
        block = (block * unit).transpose(2, 0, 1)
        largest = np.abs(block).max(axis=2)
        empty = ~(np.isfinite(largest) & np.isfinite(off.T) & (largest > 0))
        largest = np.where(empty, 1.0, largest)
        scaled = np.where(empty[:, :, None], 0.0, block / largest[:, :, None])
        left, values = (each.astype(float, copy=False) for each in np.linalg.svd(scaled)[:2])
        singular = values[:, -1] <= SINGULAR * values[:, 0]
        if singular.any():
            lane = int(np.argmax(singular))
            row = int(np.argmax(empty[lane] if empty[lane].any() else np.abs(left[lane, :, -1])))
            finite = np.isfinite([*block[lane, row], off[row, lane]]).all()
            self._refuse(row, singular.astype(float), finite)
        correction = np.linalg.solve(scaled, (-off.T / largest)[:, :, None])[:, :, 0].T
        return correction.astype(float, copy=False)

    def _refuse(self, row: int, singular: Array, finite: Any) -> None:
        name, every = self._name(row), ", ".join(map(self._name, range(len(self.rows))))
        reason = "no new condition on them" if finite else "a value or a slope that is not finite"
        raise errors.SingularConstraint(
            where=self._where(name, singular),
            wanted=f"constraints that together determine {every}",
            got=f"{reason} at the initial values",
            advice=f"a constraint on {name} that does not follow from the others, or a rate for it",
            state=name,
        )

    def _share(self, y: Array, step: Array, off: Array) -> Array:
        """How much of a correction (row, lane) leaves amounts positive and constraints no further
        from 0.
        """
        least = (NEAREST - 1) * y[self.rows]
        with np.errstate(all="ignore"):
            room = np.where(self.positive[:, None] & (step < least), least / step, 1.0)
        share: Array = room.min(axis=0)
        before = np.abs(off).max(axis=0)
        for _ in range(HALVES):
            tried = y.copy()
            tried[self.rows] += share * step
            worse = ~(np.abs(self._off(tried)).max(axis=0) <= before)
            if not worse.any():
                break
            share = np.where(worse, share / 2, share)
        return share
