"""Steady states of all lanes of a task: from its own start, and from random ones that have the same
conserved sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model_index import model_index
from ..task import Task
from . import minimum
from .equations import Array, Equations, Indices, groups
from .newton import Found, newton, transient
from .projection import projected
from .stability import Complex, drift, eigenvalues, is_stable

LIFT = 1e-4  # of its typical size: what the search begins with in an empty pool
SAME = 1e-6  # relative difference of two states that are one
SPREAD, WIDE, VOLTS = np.log(30.0), np.log(3.0), 4.0  # of random starts: amounts, others, charges
SMALL = 1e-9  # of its typical size: amounts below are compared in this unit


@dataclass(frozen=True, eq=False)
class Rest:
    """Steady states by lane: ``y`` (state, lane), NaN where none was found; ``eigenvalues`` (mode,
    lane) [1/s], the slowest to decay first, NaN beyond those of a lane; ``rounds`` that each took;
    where none was found ``culprit``, the state that still moved most, and its ``speed``.
    """

    y: Array
    settled: NDArray[np.bool_]
    stable: NDArray[np.bool_]
    eigenvalues: Complex
    rounds: Indices
    culprit: Indices
    speed: Array

    def of(self, lanes: Any) -> Rest:
        """The same of some lanes."""
        return Rest(*(getattr(self, f.name)[..., lanes] for f in fields(self)))


def at_rest(
    task: Task, held: Sequence[Any], inputs: Sequence[Any], y0: Array, scale: Array,
    start: Array | None = None, *, energy: bool = False,
) -> Rest:  # fmt: skip
    """The steady states with the conserved sums of ``y0`` (state, lane), sought from ``start``, by
    default the same.

    ``energy``: by the minimum of the free energy, in place of Newton's method.
    """
    result = _nothing(*y0.shape)
    begin = y0 if start is None else start
    for at, e in groups(task.model, task.kernel, held, inputs, y0, scale):
        first = np.where(e.positive[:, None], np.maximum(begin[:, at], LIFT * e.scale),
                         begin[:, at])  # fmt: skip
        if energy:
            mine = [x[at] if np.ndim(x) else x for x in inputs]
            found = minimum.least(task, e, mine, projected(e, first))
            _record(result, at, e, found, eigenvalues(e, found.y))
        else:
            _search(result, at, e, first, any_=start is not None)
    return result


def described(
    task: Task, held: Sequence[Any], inputs: Sequence[Any], y: Array, y0: Array, scale: Array
) -> Rest:
    """States that are known to be at rest, with their stability; those that conserve something have
    the sums of ``y0`` (state, lane or 1).
    """
    lanes = y.shape[1]
    every = np.broadcast_to(y0, y.shape)
    result = _nothing(len(y), lanes)
    for at, e in groups(task.model, task.kernel, held, inputs, every, scale):
        found = Found(y[:, at], np.ones(len(at), dtype=bool), np.zeros(len(at), dtype=np.int64))
        _record(result, at, e, found, eigenvalues(e, found.y))
    return result


def _nothing(states: int, lanes: int) -> Rest:
    """Lanes of which nothing is known."""
    return Rest(
        np.full((states, lanes), np.nan), np.zeros(lanes, dtype=bool), np.zeros(lanes, dtype=bool),
        np.full((states, lanes), np.nan, dtype=complex), np.zeros(lanes, dtype=np.int64),
        np.full(lanes, -1), np.zeros(lanes),
    )  # fmt: skip


def _search(result: Rest, at: Indices, e: Equations, first: Array, *, any_: bool) -> None:
    """Newton's method; where it does not settle, or, unless ``any_`` will do, at an unstable state,
    the course of the model itself, which may lead to a stable one.
    """
    found = newton(e, first)
    values = eigenvalues(e, np.where(found.settled, found.y, np.nan))
    again = np.flatnonzero(~found.settled if any_ else ~(found.settled & is_stable(values)))
    if len(again):
        part = e.of(again)
        other = transient(part, first[:, again])
        theirs = eigenvalues(part, np.where(other.settled, other.y, np.nan))
        better = ~found.settled[again] | (other.settled & is_stable(theirs))
        chosen = again[better]
        found.y[:, chosen], found.settled[chosen] = other.y[:, better], other.settled[better]
        found.rounds[again] += other.rounds
        values[:, chosen] = theirs[:, better]
    _record(result, at, e, found, values)


def _record(result: Rest, at: Indices, e: Equations, found: Found, values: Complex) -> None:
    result.settled[at], result.rounds[at] = found.settled, found.rounds
    result.y[:, at] = np.where(found.settled, found.y, np.nan)
    result.stable[at] = found.settled & is_stable(values)
    result.eigenvalues[: len(values), at] = values
    lost = np.flatnonzero(~found.settled)
    if len(lost):
        which, speed = drift(e.of(lost), found.y[:, lost])
        result.culprit[at[lost]], result.speed[at[lost]] = which, speed


def searches(
    task: Task, held: Sequence[Any], inputs: Sequence[Any], y0: Array, scale: Array, *,
    count: int, seed: int, energy: bool = False,
) -> list[Rest]:  # fmt: skip
    """The steady states to which so many random starts of each lane lead, all at once."""
    lanes = y0.shape[1]
    held, inputs = ([np.tile(x, count) if np.ndim(x) else x for x in each]
                    for each in (held, inputs))  # fmt: skip
    y0, scale = np.tile(y0, count), np.tile(scale, count)
    begin = random_starts(task, held, inputs, y0, scale, seed)
    found = at_rest(task, held, inputs, y0, scale, begin, energy=energy)
    parts = (slice(k * lanes, (k + 1) * lanes) for k in range(count))
    return [found.of(part) for part in parts]


def random_starts(
    task: Task, held: Sequence[Any], inputs: Sequence[Any], y0: Array, scale: Array, seed: int
) -> Array:
    """A random start for each lane (state, lane) with the conserved sums of ``y0``: amounts up to
    thirtyfold off, potentials up to about 100 mV; what equilibria share among them stays.
    """
    rng, index = np.random.default_rng(seed), model_index(task.model)
    wide: Any = np.where(index.accounted & ~index.volumes, SPREAD, WIDE)
    factors = np.exp(wide[:, None] * rng.uniform(-1, 1, y0.shape))
    free = y0 + scale * rng.uniform(-VOLTS, VOLTS, y0.shape)
    positive: NDArray[np.bool_] = index.positive[:, None]
    made = np.where(positive, np.maximum(y0, 0.01 * scale) * factors, free)
    for k, x in enumerate(task.model.states):  # what constraints tie together stays so
        if x.helper or (x.is_amount and x.constraint is not None):
            made[k] = y0[k]
    for at, e in groups(task.model, task.kernel, held, inputs, y0, scale):
        made[:, at] = projected(e, made[:, at])
    return made


def distinct(found: Sequence[Rest], scale: Array) -> tuple[list[list[int]], list[list[int]]]:
    """By lane, which of the searches found states that differ, in the order in which they did; and
    how many searches found each.
    """
    firsts: list[list[int]] = []
    counts: list[list[int]] = []
    for lane in range(scale.shape[1]):
        mine, many = list[int](), list[int]()
        for k, rest in enumerate(found):
            if not rest.settled[lane]:
                continue
            y = rest.y[:, lane]
            for n, other in enumerate(mine):
                theirs = found[other].y[:, lane]
                size = np.maximum(np.abs(theirs), SMALL * scale[:, lane])
                positive = np.abs(y - theirs) <= SAME * np.maximum(size, _signed(y, scale, lane))
                if positive.all():
                    many[n] += 1
                    break
            else:
                mine.append(k)
                many.append(1)
        firsts.append(mine)
        counts.append(many)
    return firsts, counts


def _signed(y: Array, scale: Array, lane: int) -> Array:
    """What states of either sign are compared in: their typical size where they are near 0."""
    return np.where(y < 0, scale[:, lane], np.abs(y))
