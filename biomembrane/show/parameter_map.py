"""A variable over two parameters of a scan, as filled contours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..numerals import lasting
from . import drawn_variables, figure_axes
from . import style as look
from .colours import GREY
from .print_format import scaled, tick_texts
from .result_data import transporter_labels
from .scan_coordinates import Coordinate, coordinate, spaced_by_ratios
from .series import Series, at_time, unbroken, with_unit
from .text_layout import text_sizes, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..quantity_types import TimeLike
    from .figure_types import LengthLike, ResultLike, VariableLike

    Array = NDArray[np.float64]

_LEVELS = 7
_EDGE = 0.07  # of the width and height: nearer to the edge a label would be clipped


@errors.keywords
def map(  # noqa: A001  figures.map
    scan: ResultLike,
    of: VariableLike = "potential",
    *,
    x: str | None = None,
    y: str | None = None,
    at: TimeLike | None = None,
    ax: Axes | None = None,
    width: LengthLike = "single",
    style: str | None = None,
) -> Axes:
    """A variable over two scan parameters: filled contours with labelled lines, in a map that is
    even in grey and for every eye (cividis).

    Between lanes values are interpolated along straight lines; the line at zero is thick; dots are
    the lanes.  Fields with a corner that did not run to completion are hatched.  Axes are
    logarithmic where a coordinate is spaced by ratios.

    Args:
        scan: a run, kept scan, saved run or dataset over two scan dimensions; or an array over them
            with ``attrs["units"]``.
        of: one variable: a member (``"cell.Na"``, ``"GLUT2"``), a pair ``("current", "K_leak")``, a
            line of the ledger, a variable whose members
            agree (the potentials of membranes in parallel); see :func:`response`.
        x, y: scan dimensions or dotted parameters that run over one; default the first and the
            second.
        at: the time, as ``"10 s"``; default the last.
        ax: axes to draw into; default a new figure.  The bar of colours takes its room from them.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    Raises:
        WrongType: not a scan over two dimensions, or ``of`` that is several variables.
        UnknownName: a variable, a dimension, a width or a style that does not exist.
        BareNumber: an array or a time without a unit.
        OutOfDomain: a time beyond the run, or no number to draw.
    """
    where = "map(…)"
    series = at_time(_single_series(scan, of, where), at, where)
    first, second = _coordinates(series, x, y, transporter_labels(scan), where)
    first, second, values = _ordered(first, second, series, where)
    factor, unit = scaled(series.unit, float(np.nanmax(np.abs(values))))
    with look.style(style):
        heading = str(getattr(scan, "model_name", ""))
        inches = look.width_inches(width)
        height = inches * (0.78 if inches < 4.6 else 0.55)
        axes = figure_axes.axes_for(ax, width, height, heading, where)
        title = with_unit(series.title + _time(series), unit)
        _paint(axes, first, second, values * factor, title)
        figure_axes.settle(axes, own=ax is None)
    return axes


def _single_series(scan: Any, of: Any, where: str) -> Series:
    """The one variable that ``of`` names, or several whose numbers agree.  Raises WrongType."""
    candidates = drawn_variables.series(scan, of, where)
    labels = ", ".join(each.label for each in candidates)
    if all(
        np.array_equal(candidates[0].values, each.values, equal_nan=True) for each in candidates[1:]
    ):
        return replace(candidates[0], label=labels)
    raise errors.WrongType(
        where=f"{where}, of=…",
        wanted="one variable",
        got=labels,
        advice=(
            f"of=({errors.shown(of)}, {candidates[0].label!r})"
            if isinstance(of, str)
            else "one of them"
        ),
    )


def _coordinates(
    series: Series, x: str | None, y: str | None, labels: Mapping[str, str], where: str
) -> tuple[Coordinate, Coordinate]:
    """The coordinates along x and y; what is not given is the other dimension.

    Raises UnknownName, WrongType.
    """
    if len(series.dims) != 2:
        raise errors.WrongType(
            where=where,
            wanted="a scan over two dimensions",
            got=f"one over {', '.join(series.dims)}" if series.dims else "no scan dimension",
            advice=(
                "one lane along the others: data.isel(…)"
                if len(series.dims) > 2
                else "figures.response(scan, of=…)"
            ),
        )

    def along(name: str, axis: str) -> Coordinate:
        return coordinate(series.values, name, f"{where}, {axis}=…", labels)

    def other(given: Coordinate) -> str:
        return next(d for d in series.dims if d != given.dim)

    if x is None and y is not None:
        second = along(y, "y")
        first = along(other(second), "x")
    else:
        first = along(series.dims[0] if x is None else x, "x")
        second = along(other(first) if y is None else y, "y")
    if first.dim == second.dim:
        raise errors.WrongType(
            where=where,
            wanted="two dimensions",
            got=f"x and y both along {first.dim}",
            advice=f"y={other(first)!r}",
        )
    return first, second


def _time(series: Series) -> str:
    """At which time the values are, where they have one."""
    if "time" not in series.values.coords:
        return ""
    return f" at {unbroken(lasting(float(series.values.time)))}"


def _ordered(
    first: Coordinate, second: Coordinate, series: Series, where: str
) -> tuple[Coordinate, Coordinate, Array]:
    """Coordinates in ascending order, and the values (y, x).  Raises OutOfDomain."""
    values = np.asarray(series.values.transpose(second.dim, first.dim).values, float)
    across, up = np.argsort(first.values, kind="stable"), np.argsort(second.values, kind="stable")
    first = replace(first, values=first.values[across])
    second = replace(second, values=second.values[up])
    for each in (first, second):
        if each.values.size < 2 or not np.all(np.diff(each.values) > 0):
            raise errors.OutOfDomain(
                where=where,
                wanted="different values along x and y",
                got=f"{each.name}: {errors.shown(each.values.tolist())}",
                advice="two or more different values along each",
            )
    values = values[up][:, across]
    if not np.isfinite(values).any():
        raise errors.OutOfDomain(
            where=where,
            wanted="lanes that ran to completion",
            got="none",
            advice="scan.data.status says why",
        )
    return first, second, values


def _paint(axes: Axes, first: Coordinate, second: Coordinate, values: Array, title: str) -> None:
    """Contours, lanes, what failed, axes and the bar of colours."""
    for axis, each in ((axes.xaxis, first), (axes.yaxis, second)):
        log = spaced_by_ratios(each.values)
        getattr(axes, f"set_{axis.axis_name}scale")("log" if log else "linear")
        getattr(axes, f"set_{axis.axis_name}lim")(each.values[0], each.values[-1])
        figure_axes.ticked(
            axis, float(each.values[0]), float(each.values[-1]), 5, log=log, lanes=each.values
        )
    levels = _levels(values)
    filled = axes.contourf(
        first.values,
        second.values,
        np.ma.masked_invalid(values),
        levels=levels,
        cmap="cividis",
        corner_mask=False,
    )
    _hatch(axes, first.values, second.values, values)
    if np.nanmax(values) > np.nanmin(values) and min(values.shape) >= 2:
        _contour_lines(axes, first.values, second.values, values, levels)
    X, Y = np.meshgrid(first.values, second.values)
    axes.plot(
        X.ravel(), Y.ravel(), ".", color="#FFFFFF", markeredgecolor="#000000",
        markeredgewidth=0.3, markersize=2.4, clip_on=False, zorder=5,
    )  # fmt: skip
    failed = not np.isfinite(values).all()
    note = "\nhatched: lanes that did not come to their end" if failed else ""
    axes.set_xlabel(first.title + note)
    axes.set_ylabel(second.title)
    _colour_bar(axes, filled, levels, title)


def _contour_lines(axes: Axes, x: Array, y: Array, values: Array, levels: list[float]) -> None:
    """Labelled lines at the inner levels, white on dark colours; the line at zero is thick."""
    em, small = text_sizes()
    inner, middle = levels[1:-1], 0.5 * (levels[0] + levels[-1])
    settings: dict[str, Any] = {
        "levels": inner,
        "colors": ["#FFFFFF" if level < middle else "#000000" for level in inner],
        "linewidths": [1.4 if level == 0 else 0.6 for level in inner],
        "linestyles": "-",
        "corner_mask": False,
    }
    lines = axes.contour(x, y, np.ma.masked_invalid(values), **settings)
    texts = dict(zip(inner, tick_texts(inner), strict=True))
    if places := _label_places(axes, lines):
        axes.clabel(lines, fmt=texts, fontsize=small, inline_spacing=0.3 * em, manual=places)


def _colour_bar(axes: Axes, filled: Any, levels: list[float], title: str) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator

    em, _ = text_sizes()
    bar = axes.figure.colorbar(filled, ax=axes)
    bar.ax.yaxis.set_major_locator(FixedLocator(levels))
    bar.ax.yaxis.set_major_formatter(FixedFormatter(tick_texts(levels)))
    bar.ax.minorticks_off()
    bar.outline.set_linewidth(0.5)
    bar.set_label(wrap(title, figure_axes.height(axes), em))


def _label_places(axes: Axes, lines: Any) -> list[tuple[float, float]]:
    """For each line the middle of its longest part that is not near the edge, where its label has
    room.
    """
    to_axes, places = axes.transData + axes.transAxes.inverted(), []
    for path in lines.get_paths():
        parts = []
        for points in path.to_polygons(closed_only=False):
            at = to_axes.transform(points)
            fine = np.linspace(0, len(at) - 1, 40 * len(at))
            at = np.column_stack([np.interp(fine, np.arange(len(at)), at[:, k]) for k in (0, 1)])
            parts.append(at[np.all((at > _EDGE) & (at < 1 - _EDGE), axis=1)])
        longest = max(parts, key=len, default=np.empty((0, 2)))
        if len(longest):
            x, y = to_axes.inverted().transform(longest[len(longest) // 2])
            places.append((float(x), float(y)))
    return places


def _levels(values: Array) -> list[float]:
    """Round numbers from below the least value to above the largest."""
    from matplotlib.ticker import MaxNLocator

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        air = 0.05 * abs(low) or 1.0
        return [low - air, low + air]
    ticks = MaxNLocator(_LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    kept = [float(v) for v in ticks]
    while len(kept) > 2 and kept[1] <= low:
        kept = kept[1:]
    while len(kept) > 2 and kept[-2] >= high:
        kept = kept[:-1]
    step = kept[1] - kept[0]
    return [0.0 if abs(v) < 1e-9 * step else v for v in kept]


def _hatch(axes: Axes, x: Array, y: Array, values: Array) -> None:
    """Hatch the fields of which a corner has no number."""
    from matplotlib.patches import Rectangle

    bad = ~np.isfinite(values)
    fields = bad[:-1, :-1] | bad[1:, :-1] | bad[:-1, 1:] | bad[1:, 1:]
    for j, i in zip(*np.nonzero(fields), strict=True):
        box = Rectangle(
            (x[i], y[j]), x[i + 1] - x[i], y[j + 1] - y[j], facecolor="#FFFFFF",
            edgecolor=GREY, hatch="//////", linewidth=0, zorder=1.5,
        )  # fmt: skip
        axes.add_patch(box)
