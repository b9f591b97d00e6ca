"""Breaks of protocols: times and values of steps and ramps, read from the parameters of a run or a
file.

A dataset has them as text (``parameters_json``), and as coordinates where a scan varied them, so
that a fresh run, a lane of a scan and a saved run are drawn alike.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import dimension, errors, units
from ..numerals import shortest

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Course = tuple[Array, Array]  # times [s] and values

_OVER = r"scanned over \S+(?:, \S+)*"
_POINT = re.compile(rf"(\S+ second|{_OVER}) (.+)")


@dataclass(frozen=True)
class Breaks:
    """Breaks of one parameter: ``times`` [s], in order, and ``values`` as text; steps have one more
    value, which holds before the first time.
    """

    ramps: bool
    times: tuple[float, ...]
    values: tuple[str, ...]

    @property
    def jumps(self) -> list[float]:
        """Times [s] at which the value jumps: all of steps, and those of ramps that occur twice."""
        return [
            t
            for t, before in zip(self.times, (-math.inf, *self.times), strict=False)
            if not self.ramps or t == before
        ]

    def course(self, dim: dimension.Dimension, first: float, last: float) -> Course:
        """The value, in the internal unit of ``dim``, from ``first`` to ``last`` [s]; steps have
        vertical edges.
        """
        values = np.array([units.scalar(text, dim, "a protocol") for text in self.values])
        if self.ramps:
            x, y = (
                np.array([-np.inf, *self.times, np.inf]),
                np.array([values[0], *values, values[-1]]),
            )
        else:
            x, y = np.repeat([-np.inf, *self.times, np.inf], 2)[1:-1], np.repeat(values, 2)
        inside = (x > first) & (x < last)
        return np.array([first, *x[inside], last]), np.array(
            [_at(x, y, first), *y[inside], _at(x, y, last)]
        )


def _at(x: Array, y: Array, t: float) -> float:
    """Value from ``t`` on: linear between the points, which begin and end at infinity."""
    k = int(np.searchsorted(x[:-1], t, side="right"))
    length = x[k] - x[k - 1]
    return float(
        y[k - 1] + (y[k] - y[k - 1]) * ((t - x[k - 1]) / length if math.isfinite(length) else 0.0)
    )


def breaks(data: xr.Dataset) -> dict[str, Breaks]:
    """Steps and ramps of a single run, by parameter; formulas have none, and unreadable text is
    left out.
    """
    try:
        parameters = json.loads(str(data.attrs.get("parameters_json", "{}")))
    except json.JSONDecodeError:
        return {}
    read = (
        {name: _read(data, name, *str(text).split(": ", 1)) for name, text in parameters.items()}
        if isinstance(parameters, dict)
        else {}
    )
    return {
        name: parameter_breaks
        for name, parameter_breaks in read.items()
        if parameter_breaks is not None
    }


def _read(data: xr.Dataset, name: str, kind: str, text: str = "") -> Breaks | None:
    """Parse ``steps: 5 millimolar, at 7 second 1 millimolar``, or ramps, which begin ``at``."""
    if kind not in ("steps", "ramps"):
        return None
    first_value, *later = re.split(r"(?:^|, )at ", text)
    matches = [_POINT.fullmatch(text_part) for text_part in later]
    texts = [
        *([first_value] if kind == "steps" else []),
        *(match[2] if match else "" for match in matches),
    ]
    try:
        times = [
            units.scalar(
                _number_text(data, f"{name}.time_{k}", match[1] if match else ""),
                dimension.TIME,
                name,
            )
            for k, match in enumerate(matches, 1)
        ]
    except errors.BiomembraneError:
        return None
    values = [
        _number_text(data, f"{name}.value_{k}", text_part) for k, text_part in enumerate(texts, 1)
    ]
    order = sorted(range(len(times)), key=times.__getitem__)
    return Breaks(
        kind == "ramps",
        tuple(times[k] for k in order),
        (*values[: len(values) - len(times)], *(values[k - len(times)] for k in order)),
    )


def _number_text(data: xr.Dataset, name: str, text: str) -> str:
    """A number of a protocol with its unit: of the coordinate, where a scan varied it, or else
    ``text``.
    """
    scanned = data.coords.get(name)
    if scanned is None or scanned.size != 1:
        return text
    return (
        f"{shortest(scanned.values.reshape(-1)[0])}"
        f" {units.from_udunits(str(scanned.attrs.get('units', '1')))}"
    )


def jumps(breaks_of: dict[str, Breaks], ending: str = "") -> list[float]:
    """Times [s] at which a parameter jumps whose name ends with ``ending``."""
    return sorted(
        {
            t
            for name, parameter_breaks in breaks_of.items()
            if name.endswith(ending)
            for t in parameter_breaks.jumps
        }
    )


def edged(time: Array, y: Array, at: list[float]) -> Course:
    """A sampled course with a vertical edge at each jump of a parameter where the numbers jump,
    too.

    The last number before a jump holds up to it and the first one after it from it on; two jumps
    between neighbouring times are joined by a straight line, because nothing is known between them.
    A course whose slope does not change (at the start: from that after it) has no edge.
    """
    jump_times = np.array(at)
    first, past = (
        np.searchsorted(jump_times, time[:-1], side="right"),
        np.searchsorted(jump_times, time[1:], side="right"),
    )
    change = np.diff(y)
    rate = np.roll(change / np.diff(time), 1)
    rate[0] = change[1] / (time[2] - time[1]) if len(time) > 2 else 0.0
    edges = np.flatnonzero(
        (past > first) & (np.abs(change - rate * np.diff(time)) > 0.5 * np.abs(change))
    )
    x = np.concatenate(
        [np.stack([jump_times[first[edges]], jump_times[past[edges] - 1]], 1).reshape(-1), time]
    )
    values = np.concatenate([np.stack([y[edges], y[edges + 1]], 1).reshape(-1), y])
    rank = np.concatenate(
        [np.repeat(edges, 2) + np.tile([0.4, 0.6], len(edges)), np.arange(len(time))]
    )
    order = np.argsort(rank, kind="stable")
    return x[order], values[order]
