"""Initial states: contents as declared, and carriers at the stationary state of their cycle at
those contents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import and_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compile.kernel import Kernel
from ..declare.cycle_stationary_state import eliminated, occupied, rows

Array = NDArray[np.float64]
TRACE = 1e-3  # of the absolute tolerance: what is put into an empty pool


def initial(
    kernel: Kernel,
    constants: Sequence[Any],
    cycles: Sequence[Sequence[int]],
    lanes: int | None = None,
) -> Array:
    """x(0), ``(state,)`` or ``(state, lane)``; ``cycles`` holds the state indices of each
    carrier.
    """
    shape = (kernel.size,) if lanes is None else (kernel.size, lanes)
    y = kernel.call("initial", 0.0, np.zeros(shape), constants)
    if not cycles:
        return y
    for states, block in zip(cycles, kernel.blocks(0.0, y, constants, cycles), strict=True):
        rows = list(states)
        y[rows] = stationary(block) * y[rows].sum(axis=0)
    return y


def fill_traces(
    kernel: Kernel, constants: Sequence[Any], y0: Array, positive: NDArray[np.bool_], trace: Array
) -> None:
    """Put an amount ``trace`` (state, lane) into empty pools where a slope ∂f/∂n is not finite at
    n = 0, as of a rate of an order below one or of ln n; changes ``y0`` (state, lane).

    The limit from a small amount is the trajectory that a cell follows; at n = 0 itself the
    equations have no slope to step with.
    """
    empty = (y0 <= 0) & positive[:, None]
    if not empty.any():
        return
    lanes = np.flatnonzero(empty.any(axis=0))
    selected = [c[lanes] if np.ndim(c) else c for c in constants]
    with np.errstate(all="ignore"):
        slopes = kernel.call("jacobian", 0.0, y0[:, lanes], selected)
    infinite = np.zeros((len(y0), len(lanes)), dtype=bool)
    columns = np.asarray(kernel.program.sparsity[1], dtype=np.int64)
    np.logical_or.at(infinite, columns, ~np.isfinite(slopes))
    filled = infinite & empty[:, lanes] & (y0[:, lanes] == 0)
    y0[:, lanes] = np.where(filled, trace[:, lanes], y0[:, lanes])


def stationary(K: Array) -> Array:
    """Stationary shares (state, lane) of Markov chains with rates K[to, from, lane], or (state,) of
    one chain.

    Accurate for the rarest state (:mod:`~biomembrane.declare.cycle_stationary_state`).  A chain
    that falls apart, as where an empty pool cuts a step, stays evenly occupied.
    """
    size, rates = len(K), rows(K.swapaxes(0, 1))
    away = [x for n, row in enumerate(rates) for m, x in enumerate(row) if m != n]
    even: Array = np.full(K.shape[1:], 1.0 / size)
    with np.errstate(all="ignore"):
        sound = reduce(and_, ((x >= 0) & (x < math.inf) for x in away), True)
        for out in eliminated(rates):
            sound = sound & (out > 0)
            if sound is False:  # the floats of one chain, of which the next would divide by zero
                return even
        ones = 1.0 if K.ndim == 2 else np.ones(K.shape[2])
        shares: Array = np.where(sound, np.array(occupied(rates, ones)), even)
        return shares
