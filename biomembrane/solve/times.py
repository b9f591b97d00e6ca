"""Output times."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..dimension import TIME

POINTS = 301  # output times of a run for which none are given


def _read(until: str) -> Any:
    """A time given as text."""
    said = {"where": "simulate(until=…)", "wanted": "a time such as '10 min'", "got": errors.shown(until)}
    try:
        made = units.Q(until)
    except errors.BiomembraneError as problem:
        advice = problem.advice if isinstance(problem, errors.UnknownUnit) else "until='10 min'"
        raise type(problem)(**said, advice=advice) from None
    if not units.dimension_of(made):
        raise errors.BareNumber(**said, advice=f"until={until.strip()[:40] + ' s'!r}")
    return made


def output_times(until: Any, times: Any, who: str = "simulate") -> NDArray[np.float64]:
    """Output times in seconds, from 0; ``times`` wins over an even grid to ``until``."""
    end = None if until is None else units.strip(_read(until) if isinstance(until, str) else until, TIME, "simulate(until=…)")
    if end is not None and (np.ndim(end) or end <= 0):
        advice = "until=Q(10, 'min'); several output times go into times="
        raise errors.BadSettings(where="simulate(until=…)", wanted="one time after 0", got=errors.shown(until), advice=advice)
    if times is None:
        if end is None:
            raise errors.BadSettings(where="simulate", wanted="until= or times=", got="neither", advice="until=Q(10, 'min')")
        return np.linspace(0.0, end, POINTS)
    grid = np.atleast_1d(np.asarray(units.strip(times, TIME, f"{who}(times=…)"), dtype=float))
    if grid.ndim != 1 or not grid.size or np.any(np.diff(grid) <= 0) or grid[0] < 0:
        advice = "times=Q(np.linspace(0, 10, 101), 'min')"
        raise errors.BadSettings(where=f"{who}(times=…)", wanted="increasing times from 0 on", got=errors.shown(times), advice=advice)
    grid = grid if grid[0] == 0 else np.concatenate([[0.0], grid])
    return grid if end is None or end <= grid[-1] else np.append(grid, end)
