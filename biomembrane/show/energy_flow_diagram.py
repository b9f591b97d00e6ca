"""The flow of energy as a Sankey diagram: ribbons, bars, labels and the notes under it.

The layout is that of :mod:`flow_layout`; here it is painted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

from .. import errors
from . import style as look
from .colours import COLOURS, colour_of
from .course_contents import RunLike, one_lane
from .flow_layout import DRAWN, PROTOCOLS, Diagram, arrange
from .flow_parts import FlowLike, Link, Sheet
from .print_format import digits, percent, scaled
from .text_layout import extent, text_sizes, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

    from .figure_types import LengthLike

_DARK = "#333333"
_PAGE = 225 / 25.4 * 72  # height of a page of Cell Press [pt]
_THRESHOLDS = (0.002, 0.005, 0.01, 0.02, 0.05)  # flows below this part of the input are not drawn


@overload
def energy_flow(
    run: RunLike, *, ax: None = ..., width: LengthLike = ..., style: str | None = ...
) -> Figure: ...
@overload
def energy_flow(
    run: RunLike, *, ax: Axes, width: LengthLike = ..., style: str | None = ...
) -> Axes: ...
@errors.keywords
def energy_flow(
    run: RunLike, *, ax: Axes | None = None, width: LengthLike = "double", style: str | None = None
) -> Figure | Axes:
    """Where the free energy goes: a Sankey diagram from the supplies (left) to stores, baths and
    heat (right).

    The width of a ribbon is energy over the whole run (pJ, with the prefix that fits), its colour
    is what carries it; percentages are shares of the energy that passed, as in the ledger's table,
    which a line under the figure gives.  Bars are stores (coloured), transporters and protocols
    (dark); heat runs along the bottom, and what a process that ran uphill took from no source comes
    from "uphill for free".  The lines under the picture are those of the ledger.
    Flows below 0.2 % of
    what passed (more, where the figure would outgrow a page) are not drawn, except what protocols
    impose, from 0.01 % on; the note says how much they are, and how much of them comes into the
    picture and leaves it.

    Args:
        run: a run, fresh or saved, or one lane of a scan.
        ax: Axes to draw into, of which the frame is taken away; ``width`` has no meaning then, and
            they must be tall enough.
        width: ``single``, ``middle`` or ``double`` column of the journal, or a length (a number is
            of mm).
        style: see :func:`style`; default the style in force.

    Returns:
        The Figure; with ``ax`` the Axes.

    Raises:
        WrongType: not a run, a scan of several lanes, or no Axes.
        UnknownName: a width or a style that does not exist.
        OutOfDomain: a width that is not from 20 to 2000 mm, or Axes too small for the picture.
    """
    data = one_lane(run, "energy_flow")
    flows = list(run.ledger.flows())
    if not any(flow.energy > 0 for flow in flows):
        raise errors.WrongType(
            where="energy_flow(run)",
            wanted="flows of energy",
            got="a run in which no energy flowed",
            advice="a longer run, or figures.traces(run)",
        )
    with look.style(style):
        inches, tall = (look.width_inches(width), math.inf) if ax is None else _size(ax)
        em, small = text_sizes()
        page, margin = inches * 72, 0.4 * em
        diagram, threshold = _fit_page(
            flows, Sheet(page - 2 * margin, em, small), _final(run, "passed"), min(_PAGE, tall)
        )
        room = 0.97 * (page - 2 * margin)  # screens round the widths of letters up
        notes = [
            line
            for note in _notes(run, diagram, threshold)
            for line in wrap(note, room, small).split("\n")
        ]
        foot = 1.3 * len(notes) * small + 1.5 * em
        height = diagram.height + foot + margin
        if height > tall + 1e-6:
            mm, got = (
                f"{math.ceil(points / 72 * 25.4)} mm" for points in (height, math.floor(tall))
            )
            raise errors.OutOfDomain(
                where="energy_flow(run, ax=…)",
                wanted=f"Axes {mm} tall",
                got=got,
                advice="a taller figure, or no ax=",
            )
        heading = str(data.attrs.get("title", run.model_name))
        paper = (
            look.new_figure(inches, height / 72, heading)
            if ax is None
            else _frameless(ax, page, height)
        )
        _paint(paper, diagram, margin, foot)
        for i, note in enumerate(reversed(notes)):
            paper.text(
                margin,
                margin + 1.3 * small * i,
                note,
                size=small,
                va="bottom",
                transform=_points_to_pixels(paper),
            )
    return paper


def _size(ax: Any) -> tuple[float, float]:
    """Width [in] and height [pt] of Axes that were given.  Raises WrongType."""
    from matplotlib.axes import Axes as Given

    errors.expect(ax, Given, "energy_flow(run, ax=…)", "Axes", "ax=figure.subplots()")
    return float(ax.bbox.width / ax.figure.dpi), 72 * float(ax.bbox.height / ax.figure.dpi)


def _frameless(ax: Axes, width: float, height: float) -> Axes:
    """Axes without a frame, measured in pt, with the upper edge at ``height``."""
    ax.set_axis_off()
    ax.set(xlim=(0, width), ylim=(height - _size(ax)[1], height))
    return ax


def _points_to_pixels(paper: Figure | Axes) -> Any:
    """From points on the paper to pixels."""
    from matplotlib.figure import Figure as Page
    from matplotlib.transforms import Affine2D

    return (
        Affine2D().scale(1 / 72) + paper.dpi_scale_trans
        if isinstance(paper, Page)
        else paper.transData
    )


def _final(run: RunLike, line: str) -> float:
    """A line of the ledger at the end of the run [pJ]."""
    return float(getattr(run.ledger, line).values.reshape(-1)[-1])


def _fit_page(
    flows: Sequence[FlowLike], sheet: Sheet, passed: float, page: float
) -> tuple[Diagram, float]:
    """A diagram that fits the sheet and no taller than ``page`` [pt], if leaving out the smallest
    flows can make it so, and the share of what passed that they lie below.  Raises OutOfDomain
    where the sheet is too narrow.
    """
    largest, first_error = max(flow.energy for flow in flows), None
    total, fitting = passed or largest, None
    for threshold in _THRESHOLDS:
        if largest < threshold * total:
            break
        try:
            fitting = arrange(flows, sheet, total, threshold), threshold
        except errors.OutOfDomain as error:
            first_error = first_error or error
            continue
        if fitting[0].height <= page:
            break
    if fitting is None:
        raise first_error or AssertionError
    return fitting


def _notes(run: RunLike, diagram: Diagram, threshold: float) -> list[str]:
    """The ledger as an equation, the reference of the percentages, and the flows too small to
    draw.
    """
    factor, unit = scaled("pJ", diagram.total)

    def with_energy(name: str, energy: float) -> str:
        return f"{name} {digits(energy * factor)} {unit}"

    energies = {
        name: _final(run, name)
        for name in (*_SUPPLIED, "stored", "delivered", "dissipated", "relaxed")
    }
    names = {
        "supplied": "supplied by baths",
        "imposed": "imposed by protocols",
        "dosed": "by doses",
        "electrodes": "work of electrodes",
        "stepped": "by jumps of a voltage clamp",
        "dissipated": "heat",
        "relaxed": "heat of constraints that jump",
    }
    texts = {
        name: with_energy(names.get(name, name), x)
        for name, x in energies.items()
        if name in _ALWAYS or abs(x) > 1e-6 * diagram.total
    }
    supplied_side, used_side = (
        " + ".join(text for name, text in texts.items() if (name in _SUPPLIED) == side)
        for side in (True, False)
    )
    residual = with_energy("residual", _final(run, "residual"))
    share = f"{digits(_final(run, 'residual_relative'))} of the energy that passed"
    notes = [
        f"{supplied_side} = {used_side}; {residual} ({share})",
        with_energy("percentages are shares of the energy that passed,", diagram.total),
    ]
    if diagram.merged:
        small = sum(flow.energy for flow in diagram.merged)
        count = f"{len(diagram.merged)} flow" + "s" * (len(diagram.merged) > 1)
        together = f"{with_energy('together', small)} ({percent(small / diagram.total)})"
        through = f"{with_energy('in', diagram.left_in)}, {with_energy('out', diagram.left_out)}"
        notes.append(
            f"not drawn: {count} below {percent(threshold)} of the energy that passed, {together}:"
            f" {through}"
        )
    return notes


_SUPPLIED = ("spent", "supplied", "imposed", "dosed", "electrodes", "stepped")
_ALWAYS = ("spent", "stored", "delivered", "dissipated")


def _paint(paper: Figure | Axes, diagram: Diagram, dx: float, dy: float) -> None:
    """Ribbons, bars and labels of a diagram, moved by (dx, dy) [pt]."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from matplotlib.transforms import Affine2D

    em, small, bar = diagram.sheet.em, diagram.sheet.small, diagram.sheet.bar
    points = _points_to_pixels(paper)

    def patches(paths: list[Path], colours: list[str], order: float, alpha: float) -> None:
        moved = Affine2D().translate(dx, dy) + points
        paper.add_artist(
            PathCollection(
                paths, facecolors=colours, linewidths=0, alpha=alpha, transform=moved, zorder=order
            )
        )

    # Heat lies behind, thin ribbons in front of thick ones.
    links = sorted(diagram.links, key=lambda link: (link.kind != "heat", -link.energy))
    patches(
        [Path(*_outline(link, 0.5 * em)) for link in links],
        [_ribbon_colour(link) for link in links],
        1,
        0.45,
    )
    bars = [
        (node.x - bar / 2, node.y, node.x + bar / 2, node.y + max(node.height, 0.5))
        for node in diagram.nodes
    ]
    boxes = [
        Path([(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], closed=True)
        for x0, y0, x1, y1 in bars
    ]
    patches(boxes, [_bar_colour(node.name, links) for node in diagram.nodes], 3, 1.0)
    for node in diagram.nodes:
        name, value = node.text
        x, y = dx + node.x, dy + node.y + node.height + 0.15 * em
        line = y + extent(value, small).height
        paper.text(
            x,
            y,
            value,
            size=small,
            color="#444444",
            ha="center",
            va="bottom",
            linespacing=1.0,
            zorder=4,
            transform=points,
        )
        paper.text(
            x,
            line,
            name,
            size=em,
            ha="center",
            va="bottom",
            linespacing=1.0,
            zorder=4,
            transform=points,
        )


def _ribbon_colour(link: Link) -> str:
    """What a ribbon carries: the store that it leaves or fills, the supply, or heat."""
    if link.kind == "heat":
        return COLOURS["heat"]
    return colour_of(
        link.target
        if link.kind == "output" or link.source in (*DRAWN.values(), *PROTOCOLS)
        else link.source
    )


def _bar_colour(name: str, links: Sequence[Link]) -> str:
    """Stores and supplies have the colour of what they hold, heat its own; transporters and other
    sinks are dark.
    """
    if any(link.target == name and link.kind == "heat" for link in links):
        return COLOURS["heat"]
    gives = any(
        link.source == name and link.kind in {"supply", "input", "stored", "delivered"}
        for link in links
    )
    takes = any(link.target == name and link.kind == "output" for link in links)
    return (
        colour_of(name) if (gives or takes) and name not in (*DRAWN.values(), *PROTOCOLS) else _DARK
    )


def _outline(link: Link, least: float) -> tuple[list[tuple[float, float]], list[int]]:
    """Vertices [pt] and codes, as :class:`matplotlib.path.Path` takes them, of a ribbon; loops bend
    by ``least`` or more.
    """
    half = link.width / 2
    if link.back:
        return _loop_outline(link, half, least)
    upper = [(x, y + half) for x, y in link.points]
    lower = [(x, y - half) for x, y in reversed(link.points)]
    vertices, codes = [upper[0]], [1]
    for edge in (upper, lower):
        if edge is lower:
            vertices, codes = [*vertices, lower[0]], [*codes, 2]
        for (x0, y0), (x1, y1) in pairwise(edge):
            middle = (x0 + x1) / 2
            vertices += [(middle, y0), (middle, y1), (x1, y1)]
            codes += [4, 4, 4]
    return [*vertices, vertices[0]], [*codes, 79]


def _loop_outline(
    link: Link, half: float, least: float
) -> tuple[list[tuple[float, float]], list[int]]:
    """A ribbon that goes back: four left turns, out to the right, up, along its lane, and down into
    the left of its target.
    """
    start, (right, lane), (left, _), end = link.points
    bend = half + least  # radius of the centre line
    low, high = (right - bend, left + bend), lane - bend
    centres = ((low[0], start[1] + bend), (low[0], high), (low[1], high), (low[1], end[1] + bend))
    turns = [
        (x, y, math.radians(90 * corner - 90 + 7.5 * step))
        for corner, (x, y) in enumerate(centres)
        for step in range(13)
    ]
    outer = [
        (x + (bend + half) * math.cos(a), y + (bend + half) * math.sin(a)) for x, y, a in turns
    ]
    inner = [
        (x + (bend - half) * math.cos(a), y + (bend - half) * math.sin(a))
        for x, y, a in reversed(turns)
    ]
    mouth, source = (
        [(end[0], end[1] - half), (end[0], end[1] + half)],
        [(start[0], start[1] + half), (start[0], start[1] - half)],
    )
    ring = [*outer, *mouth, *inner, *source]
    return [*ring, ring[0]], [1, *[2] * (len(ring) - 1), 79]
