"""Axes for figures of one panel: made at a journal's width or given, ticks in print, and labels at
the ends of lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from . import style as look
from .colours import readable
from .print_format import digits, four_digits, tick_texts
from .text_layout import extent, spread, text_sizes, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .figure_types import LengthLike

_LETTERS = "ABCDEFGH"
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<")


def axes_for(ax: Any, width: LengthLike, height: float | None, heading: str, where: str) -> Axes:
    """The given axes, or those of a new figure ``width`` wide and ``height`` [in] high;
    call it inside :func:`style`.

    Raises WrongType, UnknownName, OutOfDomain.
    """
    if ax is not None:
        from matplotlib.axes import Axes

        errors.expect(ax, Axes, f"{where}, ax=…", "axes of matplotlib", "ax=figure.subplots()")
        return ax  # type: ignore[no-any-return]
    inches = look.width_inches(width)
    figure = look.new_figure(inches, height or inches * (0.66 if inches < 4.6 else 0.45), heading)
    figure.set_layout_engine("constrained", w_pad=0.06, h_pad=0.05)
    return figure.add_subplot()


@errors.keywords
def panels(  # Any: options are matplotlib's
    count: int,
    *,
    height: LengthLike,
    width: LengthLike = "single",
    style: str | None = None,
    **options: Any,
) -> tuple[Figure, list[Axes]]:
    """An empty figure with panels side by side, lettered A, B, …, for figures of your own.

    Make it and draw into it inside ``with bm.figures.style(…):``, so that widths and texts are of
    one style.

    Args:
        count: of panels, 1 to 8.
        height: of the figure, a length; a number is of mm.
        width: ``single``, ``middle`` or ``double`` column of the journal, or such a length.
        style: see :func:`~biomembrane.show.figures.style`; default the style in force.
        options: of matplotlib's ``Figure.subplots``, such as ``sharey`` and ``width_ratios``.

    Returns:
        The figure and its axes.

    Raises:
        UnknownName: a width or a style that does not exist.
        OutOfDomain: a count that is no integer from 1 to 8, or a size that is not from 20 to 2000
            mm.
        UnitMismatch: a size in a unit that is no length.
    """
    where = "panels(…)"
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= len(_LETTERS):
        wanted = f"an integer from 1 to {len(_LETTERS)}"
        raise errors.OutOfDomain(
            where=where,
            wanted=wanted,
            got=errors.shown(count),
            advice="bm.figures.panels(2, height=55)",
        )
    with look.style(style):
        figure = look.new_figure(
            look.width_inches(width), look.millimetres(height, "height", "height=55")
        )
        figure.set_layout_engine("constrained")
        axes = list(np.ravel(figure.subplots(1, count, **options)))
        for letter, ax in zip(_LETTERS, axes, strict=False):
            ax.set_title(letter, loc="left", fontsize=8, fontweight="bold")
    return figure, axes


def settle(axes: Axes, *, own: bool) -> None:
    """Thin the numbers of the abscissa, and fix the layout of a figure of our own (``own``)."""
    figure: Any = axes.figure
    lay_out(figure)
    thin(axes)
    if own:
        figure.set_layout_engine("none")


def lay_out(figure: Any) -> None:
    """Let the figure's own layout engine place the axes."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def most_ticks(axes: Axes) -> int:
    """How many numbers have room along the abscissa, as the figure is laid out now."""
    lay_out(axes.figure)
    _, small = text_sizes()
    return int(min(6, max(2, axes.get_window_extent().width * 72 / axes.figure.dpi / (5 * small))))


def thin(axes: Axes) -> None:
    """Keep every n-th number of the abscissa, so that none touches the next; all marks stay."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    locator, formatter = axes.xaxis.get_major_locator(), axes.xaxis.get_major_formatter()
    if not (isinstance(locator, FixedLocator) and isinstance(formatter, FixedFormatter)):
        return
    _, small = text_sizes()
    texts, at = list(formatter.seq), [float(x) for x in locator()]
    scale = 72 / axes.figure.dpi
    middles = [float(axes.transData.transform((x, axes.get_ylim()[0]))[0]) * scale for x in at]
    halves = [extent(text, small).width / 2 for text in texts]
    for every in range(1, len(at) + 1):
        kept = range(0, len(at), every)
        if all(
            middles[j] - halves[j] - middles[i] - halves[i] > 0.5 * small
            for i, j in zip(kept, kept[1:], strict=False)
        ):
            break
    axes.xaxis.set_major_formatter(
        FixedFormatter([text if k in kept else "" for k, text in enumerate(texts)])
    )


def height(axes: Axes) -> float:
    """Height of the axes [pt], as the figure is laid out now."""
    return float(axes.get_position().height * axes.figure.get_size_inches()[1]) * 72  # type: ignore[union-attr]


def span(values: Any, *, log: bool = False, zero: bool = False) -> tuple[float, float]:
    """Limits around numbers, with a margin; ``zero``: including zero where it is near."""
    v = np.asarray(values, float)
    v = v[np.isfinite(v)]
    low, high = (float(v.min()), float(v.max())) if v.size else (0.0, 1.0)
    if log:
        air = (high / low) ** 0.06 if high > low else 1.5
        return low / air, high * air
    if zero and low > 0 and low < 0.4 * high:
        low = 0.0
    if zero and high < 0 and high > 0.4 * low:
        high = 0.0
    air = (
        0.06 * (high - low)
        if high - low > 1e-9 * max(abs(low), abs(high))
        else 0.05 * max(abs(high), 1e-6)
    )
    return low - air * (low != 0.0 or not zero), high + air * (high != 0.0 or not zero)


def ticked(
    axis: Any, low: float, high: float, most: int, *, log: bool = False, lanes: Any = ()
) -> None:
    """Ticks at round numbers between the limits, with a true minus sign; at the ``lanes`` of a scan
    where they are few and far apart.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

    places = np.unique(np.asarray(lanes, float))
    scaled, ends = (np.log(places), np.log([low, high])) if log else (places, np.array([low, high]))
    if 1 < places.size <= 6 and np.min(np.diff(scaled)) > 0.14 * (ends[1] - ends[0]):
        at, texts = list(places), [four_digits(float(x)) for x in places]
    elif log:
        decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
        fine = [m * 10.0**p for p in decades for m in (1, 2, 5) if low <= m * 10.0**p <= high]
        coarse = [10.0**p for p in decades if low <= 10.0**p <= high]
        at = (
            fine if len(fine) <= most + 1 or len(coarse) < 2 else coarse[:: -(-len(coarse) // most)]
        )
        texts = [f"{x:g}" if 1e-3 <= x < 1e5 else digits(x).replace("1.0×", "") for x in at]
    else:
        inside = [
            float(t) for t in MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        ]
        slack = 1e-9 * (high - low)
        at = [t if abs(t) > slack else 0.0 for t in inside if low - slack <= t <= high + slack]
        texts = tick_texts(at)
    axis.set_major_locator(FixedLocator(at))
    axis.set_major_formatter(FixedFormatter(texts))
    axis.set_minor_locator(NullLocator())


def zero_lines(axes: Axes, *, x: bool) -> None:
    """Lines at zero, where they lie inside the axes."""
    low, high = sorted(axes.get_ylim())
    if low < 0 < high:
        axes.axhline(0, color="#BBBBBB", linewidth=0.5, zorder=0)
    low, high = sorted(axes.get_xlim())
    if x and low < 0 < high:
        axes.axvline(0, color="#BBBBBB", linewidth=0.5, zorder=0)


@dataclass(frozen=True)
class Ending:
    """The end of a line, in data coordinates, and its label."""

    x: float
    y: float
    text: str
    colour: str


def label_ends(axes: Axes, endings: Sequence[Ending], *, own: bool) -> None:
    """Write names beside the right edge at the ends of their lines, moved apart where they would
    overlap; to be called when everything else is drawn.
    """
    from matplotlib.collections import LineCollection

    em, small = text_sizes()
    wide = float(axes.figure.get_size_inches()[0]) * 72  # type: ignore[union-attr]
    texts = [wrap(e.text, label_room(wide), small) for e in endings]
    drawn = [
        axes.text(
            1,
            0.5,
            text,
            transform=axes.transAxes,
            size=small,
            color=readable(e.colour),
            va="center",
            ha="left",
            clip_on=False,
        )
        for e, text in zip(endings, texts, strict=True)
    ]
    for text in drawn:  # its distance from the edge, in points, so that the layout knows it
        text.set_x(1 + 0.8 * em / max(0.6 * wide, 1))
    settle(axes, own=own)
    box = axes.get_window_extent()
    points = 72 / axes.figure.dpi
    tall, across = box.height * points, box.width * points
    ends = [
        axes.transAxes.inverted().transform(axes.transData.transform((e.x, e.y))) for e in endings
    ]
    order = sorted(range(len(endings)), key=lambda i: ends[i][1])
    sizes = [1.02 * extent(texts[i], small).height for i in order]
    wanted = [float(ends[i][1]) * tall - size / 2 for i, size in zip(order, sizes, strict=True)]
    places = spread(wanted, sizes, min(0.0, tall - sum(sizes)), tall)
    leaders, inks = [], []
    for i, place, size in zip(order, places, sizes, strict=True):
        middle = (place + size / 2) / tall
        drawn[i].set_position((1 + 0.8 * em / across, middle))
        x, y = (float(v) for v in ends[i])
        if abs(middle - y) * tall > 0.25 * size or x < 1 - 0.5 * em / across:
            leaders.append([(min(x, 1.0), y), (1 + 0.65 * em / across, middle)])
            inks.append(endings[i].colour)
    lines = LineCollection(
        leaders, colors=inks, linewidths=0.5, transform=axes.transAxes, clip_on=False
    )
    axes.add_collection(lines, autolim=False)


def label_room(wide: float) -> float:
    """Width of the labels at the ends of lines in a figure ``wide`` [pt]."""
    return max(0.3 * wide, 8 * text_sizes()[0])
