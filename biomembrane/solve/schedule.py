"""Schedule of protocols: the segments of a run between breaks, lane by lane, and the inputs that
hold in each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import units

Array = NDArray[np.float64]
_FEW = 4096  # breaks times segments that are compared at once
_LEVEL = 1e-12  # of the values: a jump below is none
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

    def at(self, starts: Array, times: Array, values: Array) -> dict[int, Array]:
        """Inputs (segment, lane) in the segments that begin at ``starts``, from what :meth:`laid`
        gave.
        """
        passed = _passed(times, starts)
        if not self.ramps:
            return {self.value: _pick(values, passed)}
        moving = (passed > 0) & (passed < len(times))
        (t0, v0), (t1, v1) = ((_pick(times, k), _pick(values, k)) for k in (passed - 1, passed))
        slope = np.where(moving, (v1 - v0) / np.where(t1 > t0, t1 - t0, 1.0), 0.0)
        begin = np.where(moving, v0 + slope * (starts - t0), v0)
        return {self.value: begin, self.slope: slope, self.origin: starts}


Samples = tuple[Array]


@dataclass(frozen=True, eq=False)
class Sampled(Timed):
    """A measured waveform, the same in all lanes: ``times`` and ``values`` hold one array each."""

    def taken(self, take: Callable[[Any], Any]) -> Timed:  # noqa: ARG002
        """Itself: no lane has samples of its own."""
        return self

    def named(self, parameter: str) -> list[tuple[tuple[str, Any], tuple[str, Any]]]:  # noqa: ARG002
        """None: samples have no names of their own."""
        return []

    def laid(self, lanes: int, least: float) -> tuple[Array, Array]:  # noqa: ARG002
        """Times and values (sample, 1)."""
        times = np.where(self.times[0] < least, 0.0, self.times[0])
        return times[:, None], self.values[0][:, None]

    def text(self, unit: str) -> str:
        """Its samples in words, with a digest of them."""
        times, values = (np.ascontiguousarray(x[0]) for x in (self.times, self.values))
        digest = hashlib.sha256(times.tobytes() + values.tobytes()).hexdigest()[:16]
        low, high = (units.restore(float(x), unit) for x in (values.min(), values.max()))
        until = units.restore(float(times[-1]), "s")
        return (
            f"waveform: {len(times)} samples until {until:.6g~P}, from {low:.6g~P} to"
            f" {high:.6g~P}, digest {digest}"
        )


def _passed(times: Array, starts: Array) -> NDArray[np.int64]:
    """How many of the ordered ``times`` (break, lane) have passed at ``starts`` (segment, lane)."""
    if len(times) * len(starts) <= _FEW:
        few: NDArray[np.int64] = (times[None] <= starts[:, None]).sum(axis=1)
        return few
    by_lane = [
        np.searchsorted(times[:, lane % times.shape[1]], starts[:, lane], side="right")
        for lane in range(starts.shape[1])
    ]
    return np.stack(by_lane, axis=1)


def _pick(array: Array, k: NDArray[np.int64]) -> Array:
    """The k-th row, lane by lane, for each segment."""
    rows = np.clip(k, 0, len(array) - 1)
    picked: Array = (
        array[rows, 0] if array.shape[1] == 1 else np.take_along_axis(array, rows, axis=0)
    )
    return picked


def schedule(
    timed: Sequence[Timed], inputs: Sequence[Any], lanes: int, end: float,
    more: Array | None = None, *, single: bool = False
) -> tuple[Array, list[list[Any]]]:  # fmt: skip
    """Ends of the segments (segment, lane), and the inputs of each; segments without length come
    last and end at ``end``.

    ``more``: breaks (break, lane) at which no input changes.  ``single``: whether inputs are
    numbers, of one lane.
    """
    more = np.zeros((0, lanes)) if more is None else more
    if not timed and not len(more):
        return np.full((1, lanes), end), [list(inputs)]
    by_lane = [each.laid(lanes, 1e-16 * end) for each in timed]
    breaks = np.concatenate(
        [np.broadcast_to(t, (len(t), lanes)) for t in (*(times for times, _ in by_lane), more)]
    )
    segment_ends = np.full((len(breaks) + 1, lanes), end)
    if len(breaks):
        segment_ends[:-1] = np.sort(breaks, axis=0)
        segment_ends[(segment_ends <= 0) | (segment_ends > end)] = end
        segment_ends[1:][np.diff(segment_ends, axis=0) == 0] = end
        segment_ends.sort(axis=0)
        useful = (segment_ends < end).any(axis=1)
        segment_ends = segment_ends[: int(useful.sum()) + 1]
    starts = np.concatenate([np.zeros((1, lanes)), segment_ends[:-1]])
    segments = [list(inputs) for _ in starts]
    for each, arrays in zip(timed, by_lane, strict=True):
        for index, values in each.at(starts, *arrays).items():
            for held, value in zip(
                segments, values[:, 0].tolist() if single else values, strict=True
            ):
                held[index] = value
    return segment_ends, segments


def kinks(
    timed: Sequence[Timed], segment_ends: Array, segments: Sequence[Sequence[Any]], moved: Array
) -> NDArray[np.bool_]:
    """Whether nothing but slopes changes where each segment (segment, lane) begins; ``moved``
    (break, lane) are further breaks, which may be anything.
    """
    only = np.zeros(segment_ends.shape, dtype=bool)
    if not timed or not all(each.ramps for each in timed):
        return only
    ends = segment_ends[:-1]
    only[1:] = True
    for each in timed:
        value, slope, origin = (
            np.array([part[i] for part in segments]).reshape(len(segments), -1)
            for i in (each.value, each.slope, each.origin)
        )
        before = value[:-1] + slope[:-1] * (ends - origin[:-1])
        size = np.maximum(np.abs(value).max(axis=0), 1e-300)
        only[1:] &= np.abs(value[1:] - before) <= _LEVEL * size
    for row in moved:
        only[1:] &= ends != row
    return only
