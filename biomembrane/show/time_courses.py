"""Time courses of a run in small panels that share the time axis, each line named at its end.

The panels are placed here and the labels moved apart by :func:`text_layout.spread`: a constrained
layout would take as long as everything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from .. import errors
from . import style as look
from .course_contents import KEYS, Contents, RunLike, one_lane, split
from .panel import Panel, draw, ticks
from .print_format import time_unit
from .text_layout import extent, text_sizes, wrap

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from .figure_types import LengthLike

_EXAMPLE = "panels=('potential', 'flux')"


@overload
def traces(
    run: RunLike,
    *,
    panels: str | Sequence[str] | None = ...,
    ax: None = ...,
    width: LengthLike = ...,
    style: str | None = ...,
) -> Figure: ...
@overload
def traces(
    run: RunLike,
    *,
    panels: str | Sequence[str] | None = ...,
    ax: Axes,
    width: LengthLike = ...,
    style: str | None = ...,
) -> Axes: ...
@overload
def traces(
    run: RunLike,
    *,
    panels: str | Sequence[str] | None = ...,
    ax: Sequence[Axes] | NDArray[np.object_],
    width: LengthLike = ...,
    style: str | None = ...,
) -> tuple[Axes, ...]: ...
@errors.keywords
def traces(
    run: RunLike,
    *,
    panels: str | Sequence[str] | None = None,
    ax: Axes | Sequence[Axes] | NDArray[np.object_] | None = None,
    width: LengthLike = "single",
    style: str | None = None,
) -> Figure | Axes | tuple[Axes, ...]:
    """Time courses of a run, in panels that share the time axis (s, min or h as fits).

    From top to bottom, as far as the model has them: ``potential`` (mV); ``gates``, their open
    fractions; ``ions`` (mM; logarithmic where they span more than a factor of 30) with the baths
    that a protocol changes; ``pH`` of cells and baths, −log₁₀ of the concentration of H⁺ in mol/L,
    which is that of the activity only as far as the solutions are ideal, as the model takes them;
    other ``solutes`` that change (mM), with the bath levels thin; ``volume`` (pL), where it
    changes; ``flux`` (fmol/s), each in the colour of what drives it, in two or three panels where
    one is twenty times another or there are more than eight; ``energy`` spent, supplied by baths,
    imposed by protocols, dissipated, stored and delivered (pJ).  Fluxes and energies take the SI
    prefix that fits.

    Potential and fluxes may jump at the very start, before the ions have moved at all.  Where that
    takes more than 30 % of the range it is left out of the range; an arrowhead and a note
    above the panel say how far it goes.  Where a protocol jumps, baths, fluxes, stored and imposed
    energy have vertical edges.

    Args:
        run: a run, fresh or saved, or one lane of a scan.
        panels: which, by the names above, in this order; default all there are.
        ax: Axes to draw into, one for each panel (one alone, or a sequence), as
            ``figure.subplots(2)`` gives them; ``width`` has no meaning
            then.  As many Axes as names leave fluxes in one panel each.
        width: ``single``, ``middle`` or ``double`` column of the journal, or a length (a number is
            of mm).
        style: see :func:`style`; default the style in force.

    Returns:
        The Figure; with ``ax`` the Axes, as they were given (a sequence as a tuple).

    Raises:
        WrongType: not a run, a scan of several lanes, or no Axes.
        UnknownName: a panel, a width or a style that does not exist.
        BadSettings: more or fewer Axes than panels, or a panel for the second time.
        OutOfDomain: a width that is not from 20 to 2000 mm.
    """
    data = one_lane(run, "traces")
    if data.sizes.get("time", 0) < 2:
        got, advice = (
            f"{data.sizes.get('time', 0)} time points",
            "a run with until=, not of its final state alone",
        )
        raise errors.WrongType(where="traces(run)", wanted="a time course", got=got, advice=advice)
    chosen = _panels_asked_for(Contents(run, data), panels)
    with look.style(style):
        if ax is None:
            inches = look.width_inches(width)
            parts = [part for panel in chosen for part in split(panel)]
            return _draw_page(parts, inches, str(data.attrs.get("title", run.model_name)))
        return _draw_into(chosen, ax)


def _panels_asked_for(contents: Contents, panels: str | Sequence[str] | None) -> list[Panel]:
    """The panels that were asked for.  Raises WrongType, UnknownName, BadSettings."""
    if panels is None:
        all_panels = contents.panels
        if not all_panels:
            raise errors.WrongType(
                where="traces(run)",
                wanted="a run that kept time courses",
                got="none of them",
                advice="simulate without keep=",
            )
        return all_panels
    names = [panels] if isinstance(panels, str) else panels
    where = "traces(run, panels=…)"
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise errors.WrongType(
            where=where, wanted="names of panels", got=errors.shown(panels), advice=_EXAMPLE
        )
    if not names or len(set(names)) < len(names):
        raise errors.BadSettings(
            where=where,
            wanted="one panel or more, each once",
            got=errors.shown(panels),
            advice=_EXAMPLE,
        )
    chosen = []
    for name in names:
        errors.among(name, KEYS, where, "a panel")
        panel = contents.panel(name)
        if panel is None:
            present = ", ".join(each.key for each in contents.panels) or "none"
            wanted, advice = (
                f"a panel that this run has: {present}",
                "leave it out, or keep more of the run",
            )
            raise errors.UnknownName(
                where=where,
                wanted=wanted,
                got=f"{name}, of which there is nothing to show",
                advice=advice,
            )
        chosen.append(panel)
    return chosen


@dataclass(frozen=True)
class _Page:
    """Sizes of a page of panels [pt]: its columns, the panels in each of them, how tall each is,
    and the room left and right of it.
    """

    width: float
    columns: int
    rows: int
    tall: list[float]
    left: float
    right: float
    room: float
    top: float
    gap: float
    bottom: float

    @property
    def groups(self) -> list[range]:
        """Which panels stand in one column."""
        return [
            range(start, min(start + self.rows, len(self.tall)))
            for start in range(0, len(self.tall), self.rows)
        ]

    @property
    def height(self) -> float:
        """Of the whole."""
        return (
            self.top
            + max(sum(self.tall[i] for i in g) + self.gap * (len(g) - 1) for g in self.groups)
            + self.bottom
        )

    @property
    def wide(self) -> float:
        """Width of each panel."""
        return self.width / self.columns - self.left - self.right

    def corner(self, i: int) -> tuple[float, float]:
        """Lower left corner of a panel with the room left of it."""
        column, row = divmod(i, self.rows)
        return (
            column * self.width / self.columns,
            self.height - self.top - sum(self.tall[column * self.rows : i + 1]) - self.gap * row,
        )


def _page(panels: Sequence[Panel], width: float, numbers: Sequence[Sequence[str]]) -> _Page:
    """One column of panels, or two where the page is wide; the shorter is stretched to end where
    the other does.
    """
    em, small = text_sizes()
    columns = 2 if width > 50 * em and len(panels) > 2 else 1
    rows = -(-len(panels) // columns)
    room = max(0.3 * width / columns, 8 * em)
    beside = [[extent(text, small) for text in panel.texts(room, small)] for panel in panels]
    tall = [max(7.5 * em, 1.05 * sum(each.height for each in texts)) for texts in beside]
    left = (
        3.2 * em
        + 4.5
        + max((extent(text, small).width for texts in numbers for text in texts), default=0.0)
    )
    right = 1.6 * em + max(each.width for texts in beside for each in texts)
    page = _Page(width, columns, rows, tall, left, right, room, 1.7 * em, 1.7 * em, 3.2 * em)
    full = page.height - page.top - page.bottom
    for group in page.groups:
        spare = full - page.gap * (len(group) - 1) - sum(tall[i] for i in group)
        for i in group:
            tall[i] += spare / len(group)
    return page


def _draw_page(panels: Sequence[Panel], inches: float, heading: str) -> Figure:
    import matplotlib as mpl

    em, _ = text_sizes()
    marks = [ticks(*panel.limits(), 4, log=panel.log) for panel in panels]
    page = _page(panels, inches * 72, [texts for _, texts in marks])
    figure = look.new_figure(inches, page.height / 72, heading)
    for i, panel in enumerate(panels):
        (x, y), tall = page.corner(i), page.tall[i]
        axes = figure.add_axes(
            (
                (x + page.left) / page.width,
                y / page.height,
                page.wide / page.width,
                tall / page.height,
            )
        )
        axes.set_ylabel(wrap(panel.title, tall, em))
        axes.yaxis.set_label_coords((2.6 * em - page.left) / page.wide, 0.5)
        _panel(
            axes,
            panel,
            marks[i],
            (tall, page.wide, page.room),
            last=any(i == group[-1] for group in page.groups),
        )
        if len(panels) > 1:
            figure.text(
                x / page.width,
                (y + tall + 0.2 * em) / page.height,
                chr(ord("A") + i),
                size=mpl.rcParams["axes.titlesize"],
            )
    return figure


def _panel(
    axes: Axes,
    panel: Panel,
    marks: tuple[list[float], list[str]],
    size: tuple[float, float, float],
    *,
    last: bool,
) -> None:
    """The panel and its axis of time, which has numbers and a name where it is the ``last`` of its
    column.
    """
    x = panel.lines[0].x
    factor, unit = time_unit(float(x[-1] - x[0]))
    draw(axes, panel, factor, marks, *size)
    at, texts = ticks(float(x[0]) * factor, float(x[-1]) * factor, 5)
    axes.set_xticks(at, texts if last else [""] * len(at))
    if last:
        axes.set_xlabel(f"Time ({unit})")


def _draw_into(chosen: Sequence[Panel], ax: Any) -> Axes | tuple[Axes, ...]:
    """Each panel into Axes that were given.  Raises WrongType, BadSettings."""
    import numpy as np
    from matplotlib.axes import Axes

    alone = isinstance(ax, Axes)
    given = [ax] if alone else list(np.ravel(np.asarray(ax, dtype=object)))
    where = "traces(run, ax=…)"
    if not all(isinstance(each, Axes) for each in given):
        raise errors.WrongType(
            where=where,
            wanted="Axes, or a sequence of them",
            got=errors.shown(ax),
            advice="ax=figure.subplots(2)",
        )
    if len(set(map(id, given))) < len(given):
        raise errors.BadSettings(
            where=where,
            wanted="Axes, each once",
            got="the same Axes twice",
            advice="ax=figure.subplots(2)",
        )
    parts = [part for panel in chosen for part in split(panel)]
    if len(given) == len(chosen):
        parts = [panel.tidy() for panel in chosen]
    if len(given) != len(parts):
        names = ", ".join(panel.key for panel in chosen)
        wanted = f"{len(chosen)} Axes, one for each of {names}" + (
            f", or {len(parts)} with fluxes by their size" if len(parts) > len(chosen) else ""
        )
        advice = (
            f"panels={chosen[0].key!r}" if len(given) == 1 else f"ax=figure.subplots({len(chosen)})"
        )
        raise errors.BadSettings(
            where=where, wanted=wanted, got=f"{len(given)} Axes", advice=advice
        )
    em, small = text_sizes()
    for axes, panel in zip(given, parts, strict=True):
        tall, wide = (
            72 * length / axes.figure.dpi for length in (axes.bbox.height, axes.bbox.width)
        )
        _panel(
            axes,
            panel,
            ticks(*panel.limits(), 4, log=panel.log),
            (tall, wide, max(0.5 * wide, 8 * em)),
            last=True,
        )
        axes.set_ylabel(panel.title, size=em)
        axes.xaxis.label.set_size(em)
        axes.tick_params(labelsize=small)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return given[0] if alone else tuple(given)
