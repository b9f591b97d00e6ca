"""Reducers over time, and a warning where something moves between the times that they use.

They use the output times that are kept and, for variables that follow from the state, both sides of
each break of a protocol, where the state is known too: a pulse between two output times is seen at
its ends, lane by lane.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..solve.trajectory import Trajectory
from .schema import REDUCTIONS, VARIABLES
from .variables import values_at_breaks

Array = NDArray[np.float64]


def _mean(a: Array, t: Array) -> Array:
    """Mean over time by the trapezoid rule; ``t`` is (time,) or (lane, time)."""
    if a.shape[1] == 1:
        return a[:, 0]
    when = np.broadcast_to(t, a.shape[:2])
    total = np.zeros((a.shape[0], *a.shape[2:]))
    for k in range(a.shape[1] - 1):  # in one order, whatever the memory layout of a chunk
        step = (when[:, k + 1] - when[:, k]).reshape(-1, *[1] * (a.ndim - 2))
        total += step * (a[:, k] + a[:, k + 1]) / 2
    mean: Array = total / (when[0, -1] - when[0, 0])
    return mean


_FUNCTIONS: tuple[Callable[[Array, Array], Array], ...] = (
    lambda a, _: a.min(axis=1), lambda a, _: a.max(axis=1), lambda a, _: a[:, -1], _mean,
)  # fmt: skip
REDUCERS = dict(zip(REDUCTIONS, _FUNCTIONS, strict=True))
METHODS = {"min": "minimum", "max": "maximum", "mean": "mean", "final": "point"}  # as CF calls them
_BOTH = " and both sides of each break of a protocol"
_OVER = {
    "min": "over the output times",
    "max": "over the output times",
    "mean": "by the trapezoid rule over the output times",
}
COVERAGE = {how: words + _BOTH for how, words in _OVER.items()} | {"final": "at the end of the run"}
LEDGER_COVERAGE = COVERAGE | _OVER  # of the books


def breaks_within(t: Trajectory, times: Array) -> NDArray[np.bool_]:
    """Which breaks lie within these times (break, lane)."""
    breaks = t.segment_ends[:-1]
    within: NDArray[np.bool_] = (breaks > times[0]) & (breaks < times[-1])
    return within


def with_breaks(t: Trajectory, name: str, value: Array, times: Array) -> tuple[Array, Array]:
    """``value`` (lane, time, member) and ``times``, with both sides of each break among them; with
    breaks, the times are (lane, time).
    """
    inside = breaks_within(t, times) if name in VARIABLES else np.zeros((0, 0), dtype=bool)
    if not inside.any():
        return value, times
    # breaks outside are put at the start, where they change nothing
    at = np.where(inside, t.segment_ends[:-1], times[0]).T
    edges = np.where(
        np.tile(inside, (2, 1)).T[..., None],
        values_at_breaks(t, name).transpose(2, 1, 0),
        value[:, :1],
    )
    before, after = np.split(edges, 2, axis=1)
    when = np.concatenate([at, np.broadcast_to(times, (len(at), len(times))), at], axis=1)
    order = np.argsort(when, axis=1, kind="stable")
    merged = np.concatenate([before, value, after], axis=1)
    merged = np.take_along_axis(merged, order[..., None], axis=1)
    return merged, np.take_along_axis(when, order, axis=1)


def moves_unseen(t: Trajectory, times: Array, taken: NDArray[np.int64], *, breaks: bool) -> bool:
    """Whether a part of a protocol lies between two output times, or a formula changes there.

    ``breaks``: whether the reducers use the breaks too.
    """
    inside = breaks_within(t, times)
    if not breaks:
        return bool((inside & ~np.isin(t.segment_ends[:-1], times)).any())
    begin, end = t.segment_ends[:-1], np.minimum(t.segment_ends[1:], times[-1])
    none = np.searchsorted(times, end, side="left") <= np.searchsorted(times, begin, side="right")
    grid = np.isin(begin, times) & np.isin(end, times)
    return bool((inside & (end > begin) & none & ~grid).any()) or _moves(t, times, taken)


def _moves(t: Trajectory, times: Array, taken: NDArray[np.int64]) -> bool:
    """Whether a formula departs from linear interpolation between its values at the output times by
    more than a twentieth of its range, tested at 257 times.
    """
    names = t.kernel.program.names["protocol"]
    rows = [
        names.index(f.parameter) for f in t.parameters.forms if not f.line and f.parameter in names
    ]
    if not rows or len(times) < 2:
        return False
    grid, lanes = np.linspace(times[0], times[-1], 257), t.segment_ends.shape[1]
    curve = np.zeros((len(rows), len(grid), lanes))
    for part, constants in enumerate(t.constants):
        states = np.zeros((t.kernel.size, len(grid), lanes))
        values = t.kernel.call("protocol", grid[:, None], states, constants)[rows]
        start = t.segment_ends[part - 1] if part else 0.0
        curve = np.where(grid[:, None] >= start, values, curve)
    ends = t.observe("protocol")[rows][:, taken]
    k = np.clip(np.searchsorted(times, grid, side="right") - 1, 0, len(times) - 2)
    share = ((grid - times[k]) / (times[k + 1] - times[k]))[:, None]
    chords = ends[:, k] * (1 - share) + ends[:, k + 1] * share
    allowed = 0.05 * np.ptp(curve, axis=1, keepdims=True) + 1e-12 * np.abs(curve)
    return bool((np.abs(curve - chords) > allowed).any())


def warn(*, function: bool) -> None:
    """Warn that something moves where the reducers do not look."""
    where = "at the output times only" if function else "at the output times and at the breaks only"
    text = (
        f"a protocol moves between output times: Keep(reduce=…) looks {where}; give more of them"
        " (times=…), some in each pulse or wave"
    )
    errors.warned(text, errors.Unseen)
