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
    J = kernel.jacobian(0.0, y, constants)
    for states in cycles:
        block = J[np.ix_(states, states)]
        rates = block if lanes is not None else block[..., None]
        totals = np.atleast_1d(y[list(states)].sum(axis=0))
        shares = np.stack([stationary(rates[..., k]) for k in range(rates.shape[-1])], axis=-1)
        made = shares * totals
        y[list(states)] = made if lanes is not None else made[:, 0]
    return y


def stationary(K: Array) -> Array:
    """Stationary shares of a Markov chain with rates K[to, from], by the subtraction-free elimination of Grassmann, Taksar and Heyman.

    A chain that falls apart (an empty pool cuts a step) stays evenly spread.
    """
    size = len(K)
    rates = np.where(np.eye(size, dtype=bool), 0.0, K).T.copy()  # rates[from, to]
    if not np.all(np.isfinite(rates)) or np.any(rates < 0):
        return np.full(size, 1.0 / size)
    for n in range(size - 1, 0, -1):
        out = rates[n, :n].sum()
        if out <= 0:
            return np.full(size, 1.0 / size)
        rates[:n, n] /= out
        rates[:n, :n] += np.outer(rates[:n, n], rates[n, :n])
    shares = np.zeros(size)
    shares[0] = 1.0
    for n in range(1, size):
        shares[n] = shares[:n] @ rates[:n, n]
    made: Array = shares / shares.sum()
    return made
