"""Stability of steady states: eigenvalues of the linear equations on the space that conserved sums
and constraints leave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .equations import Array, Equations

Complex = NDArray[np.complex128]
VISIBLE = 1e-9  # of its typical size: a pool is not taken for smaller
NEUTRAL = 1e-13  # of the largest eigenvalue: what rounding leaves of a real part


def reduced_jacobian(e: Equations, y: Array) -> Array:
    """J (lane, mode, mode) of the differential states, each in its own size: the states that
    conserved sums or constraints determine follow from these.
    """
    sizes = e.sizes(y)
    with np.errstate(all="ignore"):
        scaled = np.moveaxis(e.jacobian(y) * sizes, 2, 0)
    slow = e.differential
    bound = ~slow
    J: Array = scaled[:, slow][:, :, slow]
    if bound.any():
        # rows of sums and constraints are 0 along every motion: what is bound follows
        rows = scaled[:, bound]
        largest = np.abs(rows).max(axis=2, keepdims=True)
        rows = rows / np.where(largest > 0, largest, 1.0)
        with np.errstate(all="ignore"):
            follows = _solved(rows[:, :, bound], rows[:, :, slow])
            J -= scaled[:, slow][:, :, bound] @ follows
    own = sizes[slow].T
    reduced: Array = J / own[:, :, None]
    return reduced


def eigenvalues(e: Equations, y: Array) -> Complex:
    """Eigenvalues [1/s] (mode, lane), the slowest to decay first; NaN where a state is not
    finite.
    """
    J = reduced_jacobian(e, y)
    values = np.full(J.shape[:2], np.nan, dtype=complex)
    sound = np.isfinite(J).all(axis=(1, 2))
    if sound.any() and J.shape[1]:
        values[sound] = np.linalg.eigvals(J[sound])
    order = np.argsort(-values.real, axis=1, kind="stable")
    sorted_: Complex = np.take_along_axis(values, order, axis=1).T
    return sorted_


def is_stable(values: Complex) -> NDArray[np.bool_]:
    """By lane, whether every disturbance decays; a real part that rounding hides does not."""
    if not len(values):
        return np.ones(values.shape[1], dtype=bool)
    noise = NEUTRAL * np.abs(values).max(axis=0)
    stable: NDArray[np.bool_] = values.real.max(axis=0) < -noise
    return stable


def _solved(A: Array, b: Array) -> Array:
    try:
        solved: Array = np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        solved = np.full(b.shape, np.nan)
        for lane in range(len(A)):
            try:
                solved[lane] = np.linalg.solve(A[lane], b[lane])
            except np.linalg.LinAlgError:
                continue
    return solved


def drift(e: Equations, y: Array) -> tuple[NDArray[np.int64], Array]:
    """By lane the state that moves most, as a share of itself, and its dx/dt."""
    with np.errstate(all="ignore"):
        f = e.kernel.rhs(0.0, y, e.held)
        share = np.abs(f) / np.maximum(np.abs(y), VISIBLE * e.scale)
    share[np.array(e.kernel.program.mass) == 0] = 0.0
    which = np.argmax(np.nan_to_num(share, nan=np.inf), axis=0)
    return which, f[which, np.arange(y.shape[1])]
