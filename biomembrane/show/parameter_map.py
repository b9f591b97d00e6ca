"""A variable over two parameters of a scan, as filled contours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..numerals import lasting
from . import drawn_variables, figure_axes
from . import style as look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..quantity_types import TimeLike
    from .figure_types import ResultLike, VariableLike

    Array = NDArray[np.float64]

_LEVELS = 7
_EDGE = 0.07  # of the width and height: nearer to the edge a label would be cut


@errors.keywords
def map(  # noqa: A001  figures.map
    scan: ResultLike,
    of: VariableLike = "potential",
    *,
    x: str | None = None,
    y: str | None = None,
    at: TimeLike | None = None,
    ax: Axes | None = None,
    width: str | float = "single",
    style: str = "cell",
) -> Axes:
    """A variable over two scan parameters: filled contours with labelled lines, in a map that is
    even in grey and for every eye (cividis).

    Between lanes values are interpolated along straight lines; the line at zero is thick; dots are
    the lanes.  Fields with a corner that did not come to its end are hatched.  Axes are logarithmic
    where a coordinate is spaced by ratios.

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
        WrongType: what is no scan over two dimensions, or ``of`` that is several variables.
        UnknownName: a variable, a dimension, a width or a style that does not exist.
        BareNumber: an array or a time without a unit.
        OutOfDomain: a time beyond the run, or no number to draw.
    """
    where = "map(…)"
    one = drawn_variables.moment(_one(scan, of, where), at, where)
    if len(one.dims) != 2:
        got = f"one over {', '.join(one.dims)}" if one.dims else "no scan dimension"
        advice = (
            "one lane along the others: data.isel(…)"
            if len(one.dims) > 2
            else "figures.response(scan, of=…)"
        )
        raise errors.WrongType(
            where=where, wanted="a scan over two dimensions", got=got, advice=advice
        )
    told = drawn_variables.labels(scan)
    first = (
        drawn_variables.coordinate(
            one.values, one.dims[0] if x is None else x, f"{where}, x=…", told
        )
        if x is not None or y is None
        else None
    )
    second = (
        drawn_variables.coordinate(one.values, y, f"{where}, y=…", told) if y is not None else None
    )
    first = first or drawn_variables.coordinate(
        one.values, next(d for d in one.dims if second and d != second.dim), f"{where}, x=…", told
    )
    second = second or drawn_variables.coordinate(
        one.values, next(d for d in one.dims if d != first.dim), f"{where}, y=…", told
    )
    if first.dim == second.dim:
        advice = f"y={next(d for d in one.dims if d != first.dim)!r}"
        raise errors.WrongType(
            where=where,
            wanted="two dimensions",
            got=f"x and y both along {first.dim}",
            advice=advice,
        )
    first, second, values = _ordered(first, second, one, where)
    factor, unit = look.scaled(one.unit, float(np.nanmax(np.abs(values))))
    with look.style(style):
        heading = str(getattr(scan, "model_name", ""))
        inches = look.width_inches(width, style)
        axes = figure_axes.axes_for(
            ax, width, style, inches * (0.78 if inches < 4.6 else 0.55), heading, where
        )
        _paint(
            axes,
            first,
            second,
            values * factor,
            drawn_variables.titled(drawn_variables.named(one) + _time(one), unit),
        )
        figure_axes.settle(axes, own=ax is None)
    return axes


def _one(scan: Any, of: Any, where: str) -> drawn_variables.Series:
    found = drawn_variables.series(scan, of, where)
    if all(np.array_equal(found[0].values, each.values, equal_nan=True) for each in found[1:]):
        return replace(found[0], label=", ".join(each.label for each in found))
    told = ", ".join(each.label for each in found)
    advice = (
        f"of=({errors.shown(of)}, {found[0].label!r})" if isinstance(of, str) else "one of them"
    )
    raise errors.WrongType(where=f"{where}, of=…", wanted="one variable", got=told, advice=advice)


def _time(one: drawn_variables.Series) -> str:
    """At which time the values are, where they have one."""
    return (
        f" at {drawn_variables.tied(lasting(float(one.values.time)))}"
        if "time" in one.values.coords
        else ""
    )


def _ordered(
    first: drawn_variables.Coordinate,
    second: drawn_variables.Coordinate,
    one: drawn_variables.Series,
    where: str,
) -> tuple[drawn_variables.Coordinate, drawn_variables.Coordinate, Array]:
    """Coordinates that rise, and the values (y, x)."""
    values = np.asarray(one.values.transpose(second.dim, first.dim).values, float)
    across, up = np.argsort(first.values, kind="stable"), np.argsort(second.values, kind="stable")
    first, second = (
        replace(first, values=first.values[across]),
        replace(second, values=second.values[up]),
    )
    for each in (first, second):
        if each.values.size < 2 or not np.all(np.diff(each.values) > 0):
            got, advice = (
                f"{each.name}: {errors.shown(each.values.tolist())}",
                "two or more different values along each",
            )
            raise errors.OutOfDomain(
                where=where, wanted="different values along x and y", got=got, advice=advice
            )
    values = values[up][:, across]
    if not np.isfinite(values).any():
        raise errors.OutOfDomain(
            where=where,
            wanted="lanes that came to their end",
            got="none",
            advice="scan.data.status says why",
        )
    return first, second, values


def _paint(
    axes: Axes,
    first: drawn_variables.Coordinate,
    second: drawn_variables.Coordinate,
    values: Array,
    title: str,
) -> None:
    """Contours, lanes, what failed, axes and the bar of colours."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    for axis, each in ((axes.xaxis, first), (axes.yaxis, second)):
        log = drawn_variables.even_ratios(each.values)
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
    em, small = look.text_sizes()
    if np.nanmax(values) > np.nanmin(values) and min(values.shape) >= 2:
        inner = levels[1:-1]
        weights = [1.4 if level == 0 else 0.6 for level in inner]
        middle = 0.5 * (levels[0] + levels[-1])
        inks = ["#FFFFFF" if level < middle else "#000000" for level in inner]
        shown: dict[str, Any] = {
            "levels": inner,
            "colors": inks,
            "linewidths": weights,
            "linestyles": "-",
            "corner_mask": False,
        }
        lines = axes.contour(first.values, second.values, np.ma.masked_invalid(values), **shown)
        fmt = dict(zip(inner, figure_axes.even(inner), strict=True))
        if places := _inside(axes, lines):
            axes.clabel(lines, fmt=fmt, fontsize=small, inline_spacing=0.3 * em, manual=places)
    X, Y = np.meshgrid(first.values, second.values)
    axes.plot(
        X.ravel(),
        Y.ravel(),
        ".",
        color="#FFFFFF",
        markeredgecolor="#000000",
        markeredgewidth=0.3,
        markersize=2.4,
        clip_on=False,
        zorder=5,
    )
    failed = not np.isfinite(values).all()
    axes.set_xlabel(
        first.title + ("\nhatched: lanes that did not come to their end" if failed else "")
    )
    axes.set_ylabel(second.title)
    bar = axes.figure.colorbar(filled, ax=axes)
    bar.ax.yaxis.set_major_locator(FixedLocator(levels))
    bar.ax.yaxis.set_major_formatter(FixedFormatter(figure_axes.even(levels)))
    bar.ax.minorticks_off()
    bar.outline.set_linewidth(0.5)
    tall = float(axes.get_position().height * axes.figure.get_size_inches()[1]) * 72  # type: ignore[union-attr]
    bar.set_label(look.wrap(title, tall, em))


def _inside(axes: Axes, lines: Any) -> list[tuple[float, float]]:
    """For each line the middle of its longest part that is not near the edge, where its label has
    room.
    """
    to_axes, made = axes.transData + axes.transAxes.inverted(), []
    for path in lines.get_paths():
        parts = []
        for points in path.to_polygons(closed_only=False):
            at = to_axes.transform(points)
            fine = np.linspace(0, len(at) - 1, 40 * len(at))
            at = np.column_stack([np.interp(fine, np.arange(len(at)), at[:, k]) for k in (0, 1)])
            parts.append(at[np.all((at > _EDGE) & (at < 1 - _EDGE), axis=1)])
        longest = max(parts, key=len, default=np.empty((0, 2)))
        if len(longest):
            made.append(
                _pair(
                    axes.transData.inverted().transform(
                        axes.transAxes.transform(longest[len(longest) // 2])
                    )
                )
            )
    return made


def _pair(point: Array) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _levels(values: Array) -> list[float]:
    """Round numbers from below the least value to above the largest."""
    from matplotlib.ticker import MaxNLocator

    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        air = 0.05 * abs(low) or 1.0
        return [low - air, low + air]
    made = MaxNLocator(_LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    kept = [float(v) for v in made]
    while len(kept) > 2 and kept[1] <= low:
        kept = kept[1:]
    while len(kept) > 2 and kept[-2] >= high:
        kept = kept[:-1]
    step = kept[1] - kept[0]
    return [0.0 if abs(v) < 1e-9 * step else v for v in kept]


def _hatch(axes: Axes, x: Array, y: Array, values: Array) -> None:
    """Fields with a corner without a number."""
    from matplotlib.patches import Rectangle

    bad = ~np.isfinite(values)
    fields = bad[:-1, :-1] | bad[1:, :-1] | bad[:-1, 1:] | bad[1:, 1:]
    for j, i in zip(*np.nonzero(fields), strict=True):
        box = Rectangle(
            (x[i], y[j]),
            x[i + 1] - x[i],
            y[j + 1] - y[j],
            facecolor="#FFFFFF",
            edgecolor=figure_axes.GREY,
            hatch="//////",
            linewidth=0,
            zorder=1.5,
        )
        axes.add_patch(box)
