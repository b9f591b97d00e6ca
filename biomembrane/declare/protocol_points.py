"""Times and values of protocols: pairs, their order, sums of times, and pieces that are joined."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import dimension as d
from .. import errors, units

Points = tuple[NDArray[np.float64], Any]  # times [s], and the values there


def as_text(value: Any) -> str:
    """A time or a value as text that tells it from others."""
    if units.is_labelled(value):
        return repr(value.to_dict())
    if units.is_quantity(value):
        magnitude = np.asarray(value.magnitude, dtype=float)
        return f"{magnitude.tolist()!r} {value.units}"
    return repr(value)


def pairs(
    where: str, given: Sequence[Any], example: str
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    for k, pair in enumerate(given, start=1):
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise errors.BadSettings(
                where=where, wanted="pairs (time, value)", got=_pair(pair), advice=example
            )
        if _is_time(pair[1]) and not _is_time(pair[0]):
            time, value = errors.shown(pair[1]), errors.shown(pair[0])
            raise errors.BadSettings(
                where=where,
                wanted="pairs (time, value)",
                got=f"({value}, {time})",
                advice=f"({time}, {value}), time first",
            )
        if not hasattr(pair[0], "attrs") or "units" in pair[0].attrs:  # simulate tells of others
            units.strip(pair[0], d.TIME, f"{where}, time {k}")
    return tuple(t for t, _ in given), tuple(v for _, v in given)


def _is_time(value: Any) -> bool:
    """Whether something is a time with its unit."""
    try:
        units.strip(value, d.TIME, "")
    except errors.BiomembraneError:
        return False
    return True


def check_order(times: Sequence[Any], where: str, example: str) -> None:
    """Raise ``BadSettings`` where times common to all lanes decrease."""
    common = [t for t in times if _is_time(t) and not units.is_labelled(t)]
    numbers = [units.strip(t, d.TIME, where) for t in common]
    if len(numbers) < len(times) or not all(isinstance(t, float) for t in numbers):
        return
    if any(later < earlier for earlier, later in pairwise(numbers)):
        raise errors.BadSettings(
            where=where,
            wanted="times that do not go back",
            got=", ".join(map(errors.shown, times)),
            advice=example,
        )


def _pair(given: Any) -> str:
    """What was given in place of a pair, in words."""
    if isinstance(given, (tuple, list)):
        return f"{type(given).__name__} of {', '.join(map(errors.shown, given))}"
    return errors.shown(given)


def plus(start: Any, step: Any, times: int) -> Any:
    """start + times·step, for quantities and for arrays with units."""
    if not hasattr(start, "attrs") and not hasattr(step, "attrs"):
        return start + times * step
    unit = start.attrs["units"] if hasattr(start, "attrs") else step.attrs["units"]
    total = numbers_in(start, unit) + times * numbers_in(step, unit)
    total.attrs = {"units": unit}
    return total


def numbers_in(value: Any, unit: str) -> Any:
    """The numbers of a quantity or a labelled array in ``unit``."""
    if not hasattr(value, "attrs"):
        return value.to(units.from_udunits(unit)).magnitude
    if value.attrs["units"] == unit:
        return value
    old, new = (units.from_udunits(text) for text in (value.attrs["units"], unit))
    return value * (units.from_internal(new) / units.from_internal(old))


def waveform(times: Any, values: Any, where: str) -> tuple[Any, Any]:
    """Times and values of a measured waveform, arrays with units that are checked.

    Raises BadSettings, NotFinite, the unit errors.
    """
    example = "Protocol.waveform(Q([0, 1, 2], 'ms'), Q([-70, -65, -70], 'mV'))"
    seconds = units.strip(times, d.TIME, f"{where}, times")
    t, v = (
        units.labelled(x, f"{where}, {name}")
        if units.is_labelled(x)
        else units.as_quantity(x, where)
        for name, x in (("times", times), ("values", values))
    )
    numbers = units.strip(v, units.dimension_of(v), f"{where}, values")
    if np.ndim(seconds) != 1 or np.shape(seconds) != np.shape(numbers) or len(seconds) < 2:
        raise errors.BadSettings(
            where=where, wanted="two arrays of one length, of two samples or more",
            got=f"{_shape(seconds)} times and {_shape(numbers)} values", advice=example,
        )  # fmt: skip
    back = np.flatnonzero(np.diff(seconds) < 0)
    if seconds[0] < 0 or len(back):
        at = int(back[0]) if len(back) else 0
        got = (
            f"{seconds[at]:.6g} s, then {seconds[at + 1]:.6g} s" if len(back) else "a negative time"
        )
        raise errors.BadSettings(
            where=f"{where}, times", wanted="times from 0 s on that do not go back", got=got,
            advice="sort the samples by time, and subtract the first time",
        )  # fmt: skip
    return t, v


def _shape(x: Any) -> str:
    return " × ".join(map(str, np.shape(x))) or "one"


def points(steps: bool, times: Sequence[Any], values: Sequence[Any], where: str) -> Points:
    """The course as straight lines between points, with two at a jump.

    Raises BadSettings for arrays that a scan varies.
    """
    for given in (*times, *values):
        if units.is_labelled(given):
            raise errors.BadSettings(
                where=where, wanted="protocols of quantities",
                got="an array that a scan varies", advice="one protocol of all pieces",
            )  # fmt: skip
    t = np.concatenate(
        [np.zeros(0), *(np.atleast_1d(units.strip(x, d.TIME, where)) for x in times)]
    )
    given = [units.as_quantity(x, where) for x in values]
    unit = given[0].units
    v = np.concatenate([np.atleast_1d(x.to(unit).magnitude) for x in given])
    if steps:
        t, v = np.concatenate([[0.0], np.repeat(t, 2)]), np.repeat(v, 2)[:-1]
    return t, units.Q(v, unit_text(given[0]))


def unit_text(quantity: Any) -> str:
    """The unit of a quantity as text."""
    return units.unit_of(quantity)


def joined(first: Points, second: Points, at: float, where: str) -> Points:
    """The first course until ``at`` [s], then the second, whose own time begins there.

    Raises UnitMismatch where the two have different dimensions.
    """
    (t0, v0), (t1, v1) = first, second
    if units.dimension_of(v0) != units.dimension_of(v1):
        raise errors.UnitMismatch(
            where=where, wanted=f"values like those before, in {units.unit_of(v0)}",
            got=f"values in {units.unit_of(v1)}", advice="protocols of one parameter",
        )  # fmt: skip
    before, after = v0.magnitude, v1.to(v0.units).magnitude
    kept = t0 < at
    last = np.interp(at, t0, before) if kept.any() else before[0]
    if t1[0] > 0:
        t1, after = np.concatenate([[0.0], t1]), np.concatenate([[after[0]], after])
    t = np.concatenate([t0[kept], [at], t1 + at])
    v = np.concatenate([before[kept], [last], after])
    return t, units.Q(v, unit_text(v0))
