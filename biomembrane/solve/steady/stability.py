"""Stability of steady states: eigenvalues of the linear equations on the space that conserved sums
and constraints leave.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .equations import Array, Equations

Complex = NDArray[np.complex128]
VISIBLE = 1e-9  # of its typical size: a pool is not taken for smaller
SLOW = 1e-6  # of the largest eigenvalue: those below are found as 1/λ of the inverse
NEUTRAL = 1e-15  # of the largest eigenvalue: what rounding leaves of one that is 0
LEANING = 1e-12  # of an eigenvalue: what rounding leaves of a real part that is 0


def reduced_jacobian(e: Equations, y: Array) -> Array:
    """J (lane, mode, mode) of the differential states, each in its own size: the states that
    conserved sums or constraints determine follow from these.
    """
    sizes = e.sizes(y)
    with np.errstate(all="ignore"):
        slopes = e.kernel.jacobian(0.0, y, e.held)
        slopes[e.bound] = e.weights
        scaled = np.moveaxis(slopes * sizes, 2, 0)
    slow = np.array(e.kernel.program.mass, dtype=bool)
    slow[e.bound] = False
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
        values[sound] = _with_slow_ones(J[sound], np.linalg.eigvals(J[sound]))
    order = np.argsort(-values.real, axis=1, kind="stable")
    sorted_: Complex = np.take_along_axis(values, order, axis=1).T
    return sorted_


def is_stable(values: Complex) -> NDArray[np.bool_]:
    """By lane, whether every disturbance decays; a real part that rounding hides does not."""
    if not len(values):
        return np.ones(values.shape[1], dtype=bool)
    size = np.abs(values)
    noise = np.maximum(NEUTRAL * np.nan_to_num(size).max(axis=0), LEANING * size)
    stable: NDArray[np.bool_] = (values.real < -noise).all(axis=0)
    return stable


def _with_slow_ones(J: Array, values: Any) -> Any:
    """Eigenvalues (lane, mode) in which those that are small beside the largest have their digits
    from the inverse, of which they are the large ones.
    """
    size = np.abs(values)
    lanes = np.flatnonzero(size.min(axis=1) < SLOW * size.max(axis=1))
    if not len(lanes):
        return values
    values = values.astype(complex)
    largest = np.abs(J[lanes]).max(axis=2, keepdims=True)
    largest = np.where(largest > 0, largest, 1.0)
    units = np.broadcast_to(np.eye(J.shape[1]), J[lanes].shape)
    inverse = _solved(J[lanes] / largest, units) / largest.transpose(0, 2, 1)
    for lane, each in zip(lanes.tolist(), inverse, strict=True):
        if not np.isfinite(each).all():
            continue
        mine = values[lane][np.argsort(size[lane], kind="stable")]
        with np.errstate(all="ignore"):
            others = 1 / np.linalg.eigvals(each).astype(complex)
        others = others[np.argsort(np.abs(others), kind="stable")]
        slow = np.abs(mine) < SLOW * size[lane].max()
        values[lane] = np.where(slow, others, mine)
    return values


def _solved(A: Array, b: Array) -> Array:
    try:
        solved: Any = np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        solved = np.full(b.shape, np.nan)
        for lane in range(len(A)):
            try:
                solved[lane] = np.linalg.solve(A[lane], b[lane])
            except np.linalg.LinAlgError:
                continue
    result: Array = solved
    return result


def drift(e: Equations, y: Array) -> tuple[NDArray[np.int64], Array]:
    """By lane the state that moves most, as a share of itself, and its dx/dt."""
    with np.errstate(all="ignore"):
        f = e.kernel.rhs(0.0, y, e.held)
        share = np.abs(f) / np.maximum(np.abs(y), VISIBLE * e.scale)
    share[np.array(e.kernel.program.mass) == 0] = 0.0
    which = np.argmax(np.nan_to_num(share, nan=np.inf), axis=0)
    return which, f[which, np.arange(y.shape[1])]
