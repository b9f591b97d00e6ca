"""Time courses of several runs in one panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from . import drawn_variables, figure_axes
from . import style as look
from .colours import DASHES, shades
from .curves import (
    MOST_LINES,
    Curve,
    axes_for_curves,
    heading,
    label_curves,
    merge_identical,
    ordinate_title,
    peak,
)
from .print_format import scaled, time_unit
from .result_data import one_lane
from .series import Series

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from .course_contents import RunLike
    from .figure_types import LengthLike, VariablesLike


@errors.keywords
def compare(
    runs: Mapping[str, RunLike | xr.Dataset],
    of: VariablesLike = "potential",
    *,
    ax: Axes | None = None,
    width: LengthLike = "single",
    style: str | None = None,
) -> Axes:
    """Time courses of several runs in one panel, each line named at its end; a run has one dash, a
    variable one colour.

    Args:
        runs: ``{"label": run}``, fresh or saved, each of one lane; times need not agree.
        of: variables of one unit, as in :func:`response`: ``"potential"``, ``"cell.Na"``,
            ``["cell.Na", "cell.K"]``, ``("current", "K_leak")``, ``"spent"`` …
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    Membranes that share their potential are one line.

    Raises:
        WrongType: not a mapping of runs, or a scan of several lanes.
        UnknownName: a variable, a width or a style that does not exist.
        UnitMismatch: variables of several units.
        OutOfDomain: no number to draw.
    """
    where = "compare(…)"
    series_of = _series_of(runs, of, where)
    every = [each for group in series_of.values() for each in group]
    factor, unit = scaled(every[0].unit, peak(every, where))
    clock, tick = time_unit(max(float(each.values.time[-1]) for each in every))
    curves = _curves(series_of, factor, clock)
    with look.style(style):
        first = next(iter(runs.values()))
        axes = axes_for_curves(ax, curves, width, heading(first), where)
        _draw(axes, curves)
        axes.set_xlabel(f"Time ({tick})")
        axes.set_ylabel(ordinate_title(axes, every, unit))
        figure_axes.zero_lines(axes, x=False)
        label_curves(axes, curves, own=ax is None)
    return axes


def _series_of(runs: Mapping[str, Any], of: Any, where: str) -> dict[str, list[Series]]:
    """The series of each run, by its label."""
    if (
        not isinstance(runs, Mapping)
        or not runs
        or not all(isinstance(name, str) and name for name in runs)
    ):
        raise errors.WrongType(
            where=where,
            wanted="runs by label",
            got=errors.shown(runs),
            advice="figures.compare({'control': run, 'ouabain': blocked}, of='potential')",
        )
    for label, run in runs.items():
        one_lane(run, f"{where}, run {label!r}")
    series_of = {
        label: merge_identical(drawn_variables.series(run, of, f"{where}, run {label!r}"))
        for label, run in runs.items()
    }
    every = [each for group in series_of.values() for each in group]
    units = dict.fromkeys(each.unit for each in every)
    if len(units) > 1:
        raise errors.UnitMismatch(
            where=where,
            wanted="one unit in all runs",
            got=", ".join(units),
            advice="runs of one model, or one call each",
        )
    if any("time" not in each.values.dims or each.values.sizes["time"] < 2 for each in every):
        raise errors.WrongType(
            where=where,
            wanted="time courses",
            got="values without a time",
            advice="runs with until=, not of their last state alone",
        )
    if len(every) > MOST_LINES:
        raise errors.OutOfDomain(
            where=where,
            wanted=f"at most {MOST_LINES} lines",
            got=f"{len(every)} lines",
            advice="fewer variables in of=…, or fewer runs",
        )
    return series_of


def _curves(series_of: Mapping[str, Sequence[Series]], factor: float, clock: float) -> list[Curve]:
    """Curves by run and variable: of one variable, runs are shades of its colour; of several, each
    keeps its colour.
    """
    names = list(dict.fromkeys(each.label for group in series_of.values() for each in group))
    curves = []
    for k, (label, group) in enumerate(series_of.items()):
        for each in group:
            colour, text = each.colour, f"{each.label}, {label}"
            if len(names) == 1:
                colour, text = shades(each.colour, len(series_of))[k], label
            elif len(series_of) == 1:
                text = each.label
            x = np.asarray(each.values.time, float) * clock
            y = np.asarray(each.values, float) * factor
            curves.append(Curve(text, colour, x, y, (names.index(each.label), k)))
    return curves


def _draw(axes: Axes, curves: Sequence[Curve]) -> None:
    import matplotlib as mpl

    thick = float(mpl.rcParams["lines.linewidth"])
    x = np.concatenate([c.x for c in curves])
    axes.set_xlim(float(x.min()), float(x.max()))
    axes.set_ylim(*figure_axes.span(np.concatenate([c.y for c in curves])))
    figure_axes.ticked(axes.xaxis, *axes.get_xlim(), 5)
    figure_axes.ticked(axes.yaxis, *axes.get_ylim(), 6)
    for curve in curves:
        dash = DASHES[curve.order[1] % len(DASHES)]
        axes.plot(
            curve.x, curve.y, color=curve.colour, linestyle=dash, linewidth=thick, label=curve.label
        )
