"""Newton's method for steady states, and its fallback, pseudo-transient continuation.

Corrections are changes of logarithms of amounts and are limited.  Where Newton's method does not
settle, implicit Euler steps follow the course of the model itself,

    (D/Δt − ∂F/∂z) δ = F,   D = ∂x/∂z in rows of dx/dt and 0 in others,

and Δt grows as corrections become small, until they are Newton's (Kelley & Keyes 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .equations import Array, Equations

ROUNDS, STEPS = 16, 400  # of Newton's method, and of pseudo-transient continuation
LIMIT, WANTED = 2.0, 0.5  # largest correction of a logarithm in a round; in a step of time
SETTLED, NEARLY = 1e-11, 1e-7  # corrections of the last round, and of one that rounding stops
POLISH = 4  # rounds without progress at the limit of rounding
SHRINK, LEAST = 0.02, -0.5  # least factor of an amount; below this correction it is 1 + δ
VISIBLE = 1e-9  # of its typical size: what an amount below is off by does not matter


@dataclass(frozen=True, eq=False)
class Found:
    """States (state, lane), whether each lane is at rest, and the rounds that it took."""

    y: Array
    settled: NDArray[np.bool_]
    rounds: NDArray[np.int64]


def solve_lanes(A: Array, b: Array) -> Array:
    """Solutions (state, lane) of A (row, state, lane) x = b (row, lane), each row scaled by its
    largest entry; NaN in lanes that have none.
    """
    rows = np.moveaxis(A, 2, 0)
    with np.errstate(all="ignore"):
        largest = np.abs(rows).max(axis=2, initial=0.0)
        largest = np.where(largest > 0, largest, 1.0)
        scaled, wanted = rows / largest[:, :, None], (b.T / largest)[:, :, None]
    sound = np.isfinite(scaled).all(axis=(1, 2)) & np.isfinite(wanted).all(axis=(1, 2))
    solved = np.full(wanted.shape[:2], np.nan)
    if not sound.any():
        return solved.T
    try:
        solved[sound] = np.linalg.solve(scaled[sound], wanted[sound])[:, :, 0]
    except np.linalg.LinAlgError:
        for lane in np.flatnonzero(sound).tolist():
            solved[lane] = np.linalg.lstsq(scaled[lane], wanted[lane, :, 0], rcond=1e-14)[0]
    return solved.T


def moved(e: Equations, y: Array, sizes: Array, delta: Array) -> Array:
    """The states after a correction: amounts by a factor, others by a sum."""
    with np.errstate(over="ignore"):
        factor = np.where(delta > LEAST, np.exp(delta), np.maximum(1 + delta, SHRINK))
    own = e.positive[:, None] & (sizes == y)
    other = y + sizes * delta
    other = np.where(e.positive[:, None], np.maximum(other, 0.0), other)
    result: Array = np.where(own, y * factor, other)
    return result


def error_of(y: Array, sizes: Array, delta: Array, scale: Array) -> Array:
    """The largest relative correction of a state, by lane."""
    with np.errstate(all="ignore"):
        each = np.abs(delta) * sizes / (np.abs(y) + VISIBLE * scale)
        free = np.abs(delta) * sizes / scale
    return np.nan_to_num(np.minimum(each, free + each * (sizes == y)).max(axis=0), nan=np.inf)


def newton(e: Equations, start: Array, rounds: int = ROUNDS) -> Found:
    """Newton's method from ``start`` (state, lane), with limited corrections."""
    y, lanes = start.copy(), start.shape[1]
    settled, counts = np.zeros(lanes, dtype=bool), np.zeros(lanes, dtype=np.int64)
    going, best, stalled = np.arange(lanes), np.full(lanes, np.inf), np.zeros(lanes, dtype=int)
    part = e
    for _ in range(rounds):
        if not len(going):
            break
        x = y[:, going]
        sizes = part.sizes(x)
        delta = solve_lanes(part.jacobian(x) * sizes, -part.residual(x))
        error = error_of(x, sizes, delta, part.scale)
        largest = np.abs(delta).max(axis=0)
        share = np.minimum(1.0, LIMIT / np.where(largest > 0, largest, 1.0))
        after = moved(part, x, sizes, share * delta)
        lost = ~np.isfinite(after).all(axis=0)
        better = error < best[going]
        y[:, going] = np.where(lost | ((error <= NEARLY) & ~better), x, after)
        counts[going] += 1
        stalled[going] = np.where(better, 0, stalled[going] + 1)
        best[going] = np.minimum(best[going], error)
        done = (error <= SETTLED) | ((best[going] <= NEARLY) & (stalled[going] >= POLISH))
        settled[going[done & ~lost]] = True
        left = ~(done | lost)
        if not left.all():
            going = going[left]
            part = e.of(going)
    return Found(y, settled, counts)


def transient(e: Equations, start: Array, steps: int = STEPS) -> Found:
    """Pseudo-transient continuation from ``start`` (state, lane), then Newton's method."""
    y, lanes = start.copy(), start.shape[1]
    counts, going, part = np.zeros(lanes, dtype=np.int64), np.arange(lanes), e
    near = np.zeros(lanes, dtype=bool)
    span = _first(e, y)
    for _ in range(steps):
        if not len(going):
            break
        x = y[:, going]
        sizes, residual = part.sizes(x), part.residual(x)
        A = -part.jacobian(x) * sizes
        rows = np.flatnonzero(part.differential)
        A[rows, rows] += sizes[rows] / span[going]
        delta = solve_lanes(A, residual)
        largest = np.nan_to_num(np.abs(delta).max(axis=0), nan=np.inf)
        after = moved(part, x, sizes, np.clip(delta, -LIMIT, LIMIT))
        fine = (largest <= LIMIT) & np.isfinite(part.residual(after)).all(axis=0)
        y[:, going] = np.where(fine, after, x)
        counts[going] += 1
        with np.errstate(all="ignore"):
            span[going] *= np.clip(WANTED / largest, 0.2, 50.0)
        near[going] = fine & (largest <= 1e-6)
        left = ~near[going] & (span[going] > 1e-300)
        if not left.all():
            going = going[left]
            part = e.of(going)
    found = newton(e.of(np.flatnonzero(near)), y[:, near])
    settled = np.zeros(lanes, dtype=bool)
    y[:, near], settled[near] = found.y, found.settled
    counts[near] += found.rounds
    return Found(y, settled, counts)


def _first(e: Equations, y: Array) -> Array:
    """A first step of time (lane,) in which no state changes by more than half its size."""
    rows = e.differential
    with np.errstate(all="ignore"):
        speed = np.abs(e.residual(y)[rows] / e.sizes(y)[rows]).max(axis=0, initial=0.0)
    return WANTED / np.clip(np.nan_to_num(speed, nan=1.0, posinf=1e12), 1e-9, 1e12)
