"""Schedule of protocols: the segments of a run between breaks, lane by lane, and the inputs that
hold in each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TIMES, VALUES = "time_", "value_"  # of a protocol, counted from 1, as a scan labels them


@dataclass(frozen=True, eq=False)
class Timed:
    """A parameter that changes at breaks: the inputs of its value, its slope and the origin of the
    slope; ``times`` of the breaks and ``values``, one more for steps (``values[0]`` holds before
    the first break) and as many for ramps.
    """

    value: Any
    slope: Any
    origin: Any
    times: tuple[Any, ...]
    values: tuple[Any, ...]
    ramps: bool

    def taken(self, take: Callable[[Any], Any]) -> Timed:
        """With each time and value replaced."""
        return replace(
            self, times=tuple(map(take, self.times)), values=tuple(map(take, self.values))
        )

    def named(self, parameter: str) -> list[tuple[tuple[str, Any], tuple[str, Any]]]:
        """(name, time) and (name, value) of each point; steps begin with a value that has no
        time.
        """
        times = [
            *([] if self.ramps else [("", None)]),
            *((f"{parameter}.{TIMES}{k + 1}", t) for k, t in enumerate(self.times)),
        ]
        return list(
            zip(
                times,
                ((f"{parameter}.{VALUES}{k + 1}", v) for k, v in enumerate(self.values)),
                strict=True,
            )
        )

    def indexed(self, index: Mapping[str, int]) -> Timed:
        """With inputs by number instead of name."""
        return replace(
            self,
            value=index[self.value],
            slope=index.get(self.slope),
            origin=index.get(self.origin),
        )

    def laid(self, lanes: int, least: float) -> tuple[Array, Array]:
        """Times and values (break, lane) in the order of the times; times below ``least`` are the
        start.
        """
        times = np.array([np.broadcast_to(t, lanes) for t in self.times]).reshape(
            len(self.times), lanes
        )
        times[times < least] = 0.0
        values = np.array([np.broadcast_to(v, lanes) for v in self.values])
        order, first = np.argsort(times, axis=0, kind="stable"), 0 if self.ramps else 1
        values[first:] = np.take_along_axis(values[first:], order, axis=0)
        return np.take_along_axis(times, order, axis=0), values

    def at(self, start: Array, times: Array, values: Array) -> dict[int, Array]:
        """Inputs in the segment that begins at ``start`` (lane,), from what :meth:`laid` gave."""
        passed = (times <= start).sum(axis=0)
        if not self.ramps:
            return {self.value: _pick(values, passed)}
        moving = (passed > 0) & (passed < len(times))
        (t0, v0), (t1, v1) = ((_pick(times, k), _pick(values, k)) for k in (passed - 1, passed))
        slope = np.where(moving, (v1 - v0) / np.where(t1 > t0, t1 - t0, 1.0), 0.0)
        begin = np.where(moving, v0 + slope * (start - t0), v0)
        return {self.value: begin, self.slope: slope, self.origin: start}


def _pick(array: Array, k: NDArray[np.int64]) -> Array:
    """The k-th row, lane by lane."""
    picked: Array = np.take_along_axis(array, np.clip(k, 0, len(array) - 1)[None], axis=0)[0]
    return picked


def schedule(
    timed: Sequence[Timed], inputs: Sequence[Any], lanes: int, end: float, more: Array | None = None
) -> tuple[Array, list[list[Any]]]:
    """Ends of the segments (segment, lane), and the inputs of each; segments without length come
    last and end at ``end``.

    ``more``: breaks (break, lane) at which no input changes.
    """
    more = np.zeros((0, lanes)) if more is None else more
    if not timed and not len(more):
        return np.full((1, lanes), end), [list(inputs)]
    by_lane = [each.laid(lanes, 1e-16 * end) for each in timed]
    breaks = [t for times, _ in by_lane for t in times] + list(
        np.broadcast_to(more, (len(more), lanes))
    )
    segment_ends = np.full((len(breaks) + 1, lanes), end)
    if breaks:
        segment_ends[:-1] = np.sort(np.array(breaks), axis=0)
        segment_ends[(segment_ends <= 0) | (segment_ends > end)] = end
        segment_ends[1:][np.diff(segment_ends, axis=0) == 0] = end
        segment_ends.sort(axis=0)
        useful = (segment_ends < end).any(axis=1)
        segment_ends = segment_ends[: int(useful.sum()) + 1]
    segments = []
    for k in range(len(segment_ends)):
        held = list(inputs)
        start = segment_ends[k - 1] if k else np.zeros(lanes)
        for each, arrays in zip(timed, by_lane, strict=True):
            for index, value in each.at(start, *arrays).items():
                held[index] = value
        segments.append(held)
    return segment_ends, segments
