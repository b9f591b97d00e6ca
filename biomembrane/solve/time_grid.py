"""Output times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..dimension import TIME

POINTS = 301  # output times of a run for which none are given


@dataclass(frozen=True, eq=False)
class Grid:
    """Output ``times`` in seconds from 0 on, where every run starts; from the ``first`` of them on
    they were asked for.
    """

    times: NDArray[np.float64]
    first: int = 0


def output_times(until: Any, times: Any, function: str = "simulate") -> Grid:
    """An even grid up to ``until``, or the ``times`` themselves.

    Raises BadSettings, and as :func:`~biomembrane.units.strip`.
    """
    if until is not None and times is not None:
        got, advice = (
            f"until={errors.shown(until)} and times={errors.shown(times)}",
            "times= alone; the run ends at the last of them",
        )
        raise errors.BadSettings(where=function, wanted="until= or times=", got=got, advice=advice)
    if times is None:
        if until is None:
            raise errors.BadSettings(
                where=function,
                wanted="until= or times=",
                got="neither",
                advice="until=Q(10, 'min')",
            )
        end = _time(until, f"{function}(until=…)")
        if np.ndim(end) or end <= 0:
            advice = "until=Q(10, 'min'); several output times go into times="
            raise errors.BadSettings(
                where=f"{function}(until=…)",
                wanted="one positive time",
                got=errors.shown(until),
                advice=advice,
            )
        return Grid(np.linspace(0.0, end, POINTS))
    _one_unit(times, f"{function}(times=…)")
    grid = np.atleast_1d(np.asarray(units.strip(times, TIME, f"{function}(times=…)"), dtype=float))
    if grid.ndim != 1 or not grid.size or np.any(np.diff(grid) <= 0) or grid[0] < 0:
        advice = "times=Q(np.linspace(0, 10, 101), 'min')"
        raise errors.BadSettings(
            where=f"{function}(times=…)",
            wanted="increasing times from 0 on",
            got=errors.shown(times),
            advice=advice,
        )
    return Grid(grid) if grid[0] == 0 else Grid(np.concatenate([[0.0], grid]), 1)


def _one_unit(times: Any, where: str) -> None:
    """Raise ``NotANumber`` for a list of times each of which has a unit of its own."""
    if (
        not isinstance(times, (list, tuple))
        or not times
        or not all(isinstance(t, str) or units.is_quantity(t) for t in times)
    ):
        return
    read = [units.quantity(t, where) for t in times]
    unit = units.unit_of(read[0])
    numbers = [
        float(f"{units.scalar(t, TIME, where) * units.from_internal(unit):.12g}") for t in read
    ]
    wanted, example = (
        "times with one unit for all",
        "[" + ", ".join(f"{x:g}" for x in numbers) + "]",
    )
    raise errors.NotANumber(
        where=where, wanted=wanted, got=errors.shown(times), advice=f"times=Q({example}, {unit!r})"
    )


def _time(until: Any, where: str) -> Any:
    return units.strip(
        units.quantity(until, where, "a time such as '10 min'", "until='10 min'"), TIME, where
    )
