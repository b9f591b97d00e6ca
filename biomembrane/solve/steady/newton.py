"""Newton's method for steady states, and its fallback, pseudo-transient continuation.

Corrections are changes of logarithms of amounts and are limited.  Where Newton's method does not
settle, implicit Euler steps follow the course of the model itself,

    (M/Δt − ∂f/∂x) Δx = f,

which keep the conserved sums, and Δt grows as corrections become small (Kelley & Keyes 1998).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .equations import Array, Equations

ROUNDS, STEPS = 12, 400  # of Newton's method, and of pseudo-transient continuation
LIMIT, WANTED = 2.0, 0.5  # largest correction of a logarithm in a round; in a step of time
SETTLED, NEARLY = 1e-11, 1e-7  # corrections of the last round, and of one that rounding stops
POLISH = 4  # rounds without progress at the limit of rounding
SHRINK, LEAST = 0.02, -0.5  # least factor of an amount; below this correction it is 1 + δ
CALM = 4  # steps of small corrections, over which Δt grows by five decades
NEAR = (1e-2, 1e-4, 1e-6)  # corrections at which Newton's method is tried
VISIBLY = 0.1  # of its typical size: a step may change an amount below by as much
VISIBLE = 1e-9  # of its typical size: what an amount below is off by does not matter


@dataclass(frozen=True, eq=False)
class Found:
    """States (state, lane), whether each lane is at rest, and the rounds that it took."""

    y: Array
    settled: NDArray[np.bool_]
    rounds: NDArray[np.int64]


def solve_lanes(A: Array, b: Array) -> Array:
    """Solutions (state, lane) of A (row, state, lane) x = b (row, lane), each row scaled by its
    largest entry; of a singular matrix the smallest one, NaN where there is none.
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
            b = wanted[lane, :, 0]
            x = np.linalg.lstsq(scaled[lane], b, rcond=1e-14)[0]
            if np.abs(scaled[lane] @ x - b).max() <= 1e-9 * np.abs(b).max():
                solved[lane] = x
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
    worst: Array = np.nan_to_num(
        np.minimum(each, free + each * (sizes == y)).max(axis=0), nan=np.inf
    )
    return worst


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
    """Pseudo-transient continuation from ``start`` (state, lane), then Newton's method; where that
    does not settle yet, on with the first.
    """
    y, lanes = start.copy(), start.shape[1]
    settled, counts = np.zeros(lanes, dtype=bool), np.zeros(lanes, dtype=np.int64)
    span, going = _first(e, y), np.arange(lanes)
    for near in NEAR:
        close = _marched(e, y, span, counts, going, near, steps)
        found = newton(e.of(close), y[:, close], 2 * ROUNDS)
        counts[close] += found.rounds
        y[:, close[found.settled]] = found.y[:, found.settled]
        settled[close[found.settled]] = True
        going = close[~found.settled]
        if not len(going):
            break
    return Found(y, settled, counts)


def _marched(
    e: Equations, y: Array, span: Array, counts: NDArray[np.int64], going: NDArray[np.int64],
    near: float, steps: int,
) -> NDArray[np.int64]:  # fmt: skip
    """Let the lanes ``going`` of ``y`` (state, lane) take implicit Euler steps, until corrections
    stay below ``near``; which did so.

    All rows of dx/dt take part, so that steps, being linear, keep the conserved sums.
    """
    close: list[NDArray[np.int64]] = []
    part = e.of(going)
    rows = np.flatnonzero(e.kernel.program.mass)
    algebraic = [*e.kernel.program.algebraic]
    calm = np.zeros(e.lanes, dtype=np.int64)
    for _ in range(steps):
        if not len(going):
            break
        x = y[:, going]
        sizes = part.sizes(x)
        with np.errstate(all="ignore"):
            A = -part.kernel.jacobian(0.0, x, part.held) * sizes
            f = part.kernel.rhs(0.0, x, part.held)
        A[rows, rows] += sizes[rows] / span[going]
        delta = solve_lanes(A, f)
        with np.errstate(all="ignore"):
            change = np.abs(delta) * sizes / np.maximum(sizes, VISIBLY * part.scale)
            moving = np.nan_to_num(change[rows].max(axis=0, initial=0.0), nan=np.inf)
            largest = np.nan_to_num(change.max(axis=0), nan=np.inf)
            kept = e.positive[rows, None] & (sizes == x)[rows]
            fine = (moving <= LIMIT) & (np.where(kept, delta[rows], 0.0) > -1).all(axis=0)
            fine &= np.isfinite(largest)
            after = x + sizes * delta
        after = np.where(e.positive[:, None], np.maximum(after, SHRINK * x), after)
        if algebraic:  # these are not held back by a short step, and follow in their own
            limited = np.clip(delta, -LIMIT, LIMIT)
            after[algebraic] = moved(part, x, sizes, limited)[algebraic]
        y[:, going] = np.where(fine, after, x)
        counts[going] += 1
        with np.errstate(all="ignore"):
            span[going] *= np.where(fine, np.clip(WANTED / moving, 0.5, 20.0), 0.2)
        calm[going] = np.where(fine & (largest <= near), calm[going] + 1, 0)
        done = calm[going] >= CALM
        left = ~done & (span[going] > 1e-300)
        if not left.all():
            close.append(going[done])
            going = going[left]
            part = e.of(going)
    return np.concatenate(close) if close else np.zeros(0, dtype=np.int64)


def _first(e: Equations, y: Array) -> Array:
    """A first step of time (lane,) in which no state changes by more than half its size."""
    rows = np.flatnonzero(e.kernel.program.mass)
    with np.errstate(all="ignore"):
        f = e.kernel.rhs(0.0, y, e.held)[rows]
        size = np.maximum(e.sizes(y), VISIBLY * e.scale)[rows]
        speed = np.abs(f / size).max(axis=0, initial=0.0)
    span: Array = WANTED / np.clip(np.nan_to_num(speed, nan=1.0, posinf=1e12), 1e-9, 1e12)
    return span
