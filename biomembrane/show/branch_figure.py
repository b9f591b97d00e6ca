"""A branch of steady states: stable parts as lines, unstable ones dashed, special points marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from . import drawn_variables, figure_axes
from . import style as look
from .curves import (
    MOST_LINES,
    Curve,
    axes_for_curves,
    label_curves,
    merge_identical,
    ordinate_title,
    peak,
)
from .print_format import scaled
from .result_data import dataset
from .scan_coordinates import coordinate, spaced_by_ratios
from .series import Series
from .text_layout import text_sizes

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from .figure_types import LengthLike, ResultLike, VariablesLike

UNSTABLE = (0, (2.5, 1.5))  # dashes
MARKS = {"fold": "o", "Hopf": "D", "branch_point": "s"}


@errors.keywords
def branch(
    followed: ResultLike,
    of: VariablesLike = "potential",
    *,
    ax: Axes | None = None,
    width: LengthLike = "single",
    style: str | None = None,
) -> Axes:
    """A branch of steady states over the parameter that was followed: stable states as full lines,
    unstable ones dashed; folds, Hopf points and branch points are marked and named.

    Args:
        followed: what :func:`~biomembrane.follow` gave, or its data.
        of: as for :func:`~biomembrane.show.figures.response`: ``"potential"``, ``"cell.Na"``,
            ``("flux", "K_leak")``, or a list of these, of one unit.
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`; without effect on the
            size where ``ax`` is given.

    Raises:
        WrongType: not a branch.
        UnknownName: a variable, a width or a style that does not exist.
        BareNumber: an array without a unit.
        UnitMismatch: variables of several units.
        OutOfDomain: no number to draw, or too many lines.
    """
    where = "branch(…)"
    data = dataset(followed, where)
    if "followed" not in data.attrs or "special" not in data:
        raise errors.WrongType(
            where=where, wanted="a branch, or its data", got=errors.shown(followed),
            advice="bm.follow(model, 'bath.K', between=(…, …))",
        )  # fmt: skip
    series = merge_identical(drawn_variables.series(data, of, where))
    if len(series) > MOST_LINES:
        raise errors.OutOfDomain(
            where=where, wanted=f"at most {MOST_LINES} lines", got=f"{len(series)} lines",
            advice="fewer variables in of=…",
        )  # fmt: skip
    along = coordinate(data[data.attrs["followed"]], data.attrs["followed"], where)
    curves, unit = _curves(series, np.asarray(data[data.attrs["followed"]].values), where)
    log = spaced_by_ratios(np.unique(along.values)) and along.values.min() > 0
    with look.style(style):
        title = str(data.attrs.get("title", ""))
        axes = axes_for_curves(ax, curves, width, title, where)
        _draw(axes, curves, data, log=log)
        axes.set_xlabel(along.title)
        axes.set_ylabel(ordinate_title(axes, series, unit))
        label_curves(axes, curves, own=ax is None)
    return axes


def _curves(series: list[Series], x: Any, where: str) -> tuple[list[Curve], str]:
    """Curves along the branch, in the SI prefix that fits, and their unit."""
    factor, unit = scaled(series[0].unit, peak(series, where))
    return [
        Curve(s.label, s.colour, x, np.asarray(s.values, float) * factor, (k, 0))
        for k, s in enumerate(series)
    ], unit


def _draw(axes: Axes, curves: list[Curve], data: xr.Dataset, *, log: bool) -> None:
    import matplotlib as mpl

    thick = float(mpl.rcParams["lines.linewidth"])
    if log:
        axes.set_xscale("log")
    x = curves[0].x
    axes.set_xlim(float(x.min()), float(x.max()))
    axes.set_ylim(*figure_axes.span(np.concatenate([c.y for c in curves])))
    figure_axes.ticked(axes.xaxis, *axes.get_xlim(), 5, log=log)
    figure_axes.ticked(axes.yaxis, *axes.get_ylim(), 6)
    figure_axes.zero_lines(axes, x=not log)
    stable = data.stable.values.astype(bool)
    for curve in curves:
        for first, last, is_stable in _parts(stable):
            axes.plot(
                curve.x[first:last], curve.y[first:last], color=curve.colour, linewidth=thick,
                linestyle="-" if is_stable else UNSTABLE, clip_on=False,
            )  # fmt: skip
    _mark(axes, curves, data, thick)


def _parts(stable: Any) -> list[tuple[int, int, bool]]:
    """Runs of points between which stability does not change; neighbours share a point."""
    parts, first = [], 0
    for k in range(1, len(stable) + 1):
        if k == len(stable) or stable[k] != stable[first]:
            more = int(not stable[first])
            parts.append((max(0, first - more), min(len(stable), k + more), not more))
            first = k
    return parts


def _mark(axes: Axes, curves: list[Curve], data: xr.Dataset, thick: float) -> None:
    """Marks at the special points of each curve, named once."""
    names = str(data.special.attrs["flag_meanings"]).split()
    _, small = text_sizes()
    named = set[str]()
    for k in np.flatnonzero(data.special.values):
        name = names[int(data.special.values[k])]
        for curve in curves:
            axes.plot(
                curve.x[k], curve.y[k], MARKS[name], color=curve.colour, clip_on=False,
                markersize=3.2 * thick, markerfacecolor="white", markeredgewidth=0.8 * thick,
            )  # fmt: skip
        if name not in named:
            named.add(name)
            middle = 0.5 * sum(axes.get_xlim())
            side = 1 if curves[0].x[k] < middle else -1
            axes.annotate(
                name.replace("_", " "), (curves[0].x[k], curves[0].y[k]), size=small,
                xytext=(5 * side, 0), textcoords="offset points", va="center",
                ha="left" if side > 0 else "right",
            )  # fmt: skip
