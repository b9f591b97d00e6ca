"""Initial states: contents as declared, carriers relaxed to the steady state of their cycle at those contents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compile.numpy import Kernel

Array = NDArray[np.float64]


def initial(kernel: Kernel, constants: Sequence[Any], cycles: Sequence[Sequence[int]], lanes: int | None = None) -> Array:
    """x(0), ``(state,)`` or ``(state, lane)``; ``cycles`` holds the state indices of each carrier."""
    shape = (kernel.size,) if lanes is None else (kernel.size, lanes)
    y = kernel.call("initial", 0.0, np.zeros(shape), constants)
    if not cycles:
        return y
    for states, block in zip(cycles, kernel.blocks(0.0, y, constants, cycles), strict=True):
        shares = stationary(block if lanes is not None else block[..., None])
        total = np.atleast_1d(y[list(states)].sum(axis=0))
        y[list(states)] = shares * total if lanes is not None else (shares * total)[:, 0]
    return y


def stationary(K: Array) -> Array:
    """Stationary shares (state, lane) of Markov chains with rates K[to, from, lane], or (state,) of one.

    By the subtraction-free elimination of Grassmann, Taksar & Heyman (1985), accurate for the rarest state.  A chain that falls apart (an
    empty pool cuts a step) stays evenly spread.
    """
    if K.ndim == 2:
        return stationary(K[..., None])[:, 0]
    size = len(K)
    rates = np.where(np.eye(size, dtype=bool)[..., None], 0.0, K).transpose(1, 0, 2).copy()  # rates[from, to]
    sound = np.all(np.isfinite(rates) & (rates >= 0), axis=(0, 1))
    with np.errstate(all="ignore"):
        for n in range(size - 1, 0, -1):
            out = rates[n, :n].sum(axis=0)
            sound &= out > 0
            rates[:n, n] /= out
            rates[:n, :n] += rates[:n, n][:, None] * rates[n, :n]
        shares = np.zeros((size, K.shape[2]))
        shares[0] = 1.0
        for n in range(1, size):
            shares[n] = (shares[:n] * rates[:n, n]).sum(axis=0)
        made: Array = np.where(sound, shares / shares.sum(axis=0), 1.0 / size)
    return made
