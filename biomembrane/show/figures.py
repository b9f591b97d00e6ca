"""Figures of a run: its time courses and the flow of its energy, at the exact width of a journal column.

Both return a :class:`matplotlib.figure.Figure` that keeps its style when it is written: ``energy_flow(run).savefig("energy.pdf")``.
Nothing here touches pyplot or the global rcParams.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import errors
from . import sankey
from .style import (
    COLOURS,
    DASHES,
    IONS,
    colour_of,
    digits,
    extent,
    ink,
    new_figure,
    percent,
    pretty,
    scaled,
    spread,
    unit_text,
    width_inches,
    wrap,
)
from .style import save as save
from .style import style as style  # the arguments `style` below hide it, hence
from .style import style as styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_MOST = 8  # lines a panel, so that each can be told from the others
_INPUTS, _SUMS = ("supply", "input"), ("spent", "dissipated", "delivered", "stored")


class LedgerLike(Protocol):
    """What the figures read of a ledger; energies in pJ over time."""

    residual: xr.DataArray
    residual_relative: xr.DataArray
    spent: xr.DataArray
    dissipated: xr.DataArray
    stored: xr.DataArray

    def flows(self) -> Sequence[sankey.FlowLike]: ...


class RunLike(Protocol):
    """What the figures read of a run."""

    data: xr.Dataset
    ledger: LedgerLike
    model_name: str


# --- time courses


@dataclass(frozen=True)
class _Line:
    label: str
    y: Array
    colour: str
    dash: Any = "-"
    thin: bool = False


@dataclass
class _Panel:
    name: str
    unit: str
    lines: list[_Line] = field(default_factory=list)
    log: bool = False
    zero: bool = False
    more: int = 0

    def most(self) -> _Panel:
        """The same panel with its largest lines only; ``more`` says how many are left out."""
        if len(self.lines) > _MOST:
            large = sorted(self.lines, key=lambda line: -float(np.nanmax(np.abs(line.y))))[:_MOST]
            self.more = len(self.lines) - _MOST
            self.lines = [line for line in self.lines if line in large]
        return self

    def readable(self) -> _Panel:
        """The same panel in the SI prefix that suits its largest value."""
        peak = max(float(np.nanmax(np.abs(line.y))) for line in self.lines)
        factor, self.unit = scaled(self.unit, peak)
        if factor != 1:
            self.lines = [replace(line, y=line.y * factor) for line in self.lines]
        return self


def traces(run: RunLike, *, width: str | float = "single", style: str = "cell") -> Figure:
    """Time courses of a run, in panels that share the time axis (s, min or h as fits).

    From top to bottom, as far as the model has them: membrane potential (mV); ions (mM; logarithmic where they span more than a
    factor of 30); other solutes that change (mM), with the bath levels thin and dashed; volume (pL), where it changes; fluxes
    (fmol/s), each in the colour of what drives it; energy spent, dissipated and stored (pJ, with the prefix that fits).
    ``width``: ``single``, ``middle`` or ``double`` column of the journal, or a number of mm; ``style``: see :func:`style`.
    """
    data = _one_lane(run, "traces")
    time = np.asarray(data["time"].values, float)
    if time.size < 2:
        raise errors.WrongType(where="traces(run)", wanted="a time course", got=f"{time.size} time points")
    panels = [panel.most().readable() for panel in _panels(run, data, time) if panel.lines]
    with styled(style):
        return _draw_traces(panels, time, width_inches(width, style), style, str(data.attrs.get("title", run.model_name)))


def _one_lane(run: RunLike, what: str) -> xr.Dataset:
    """The data of a run without scan dimensions."""
    own = {"time", "pool", "membrane", "compartment", "process", "store"}
    names = [name for name in ("concentration", "potential", "volume", "flux") if name in run.data]
    scanned = sorted({str(dim) for name in names for dim in run.data[name].dims} - own)
    if scanned:
        pick = ", ".join(f"{dim}=…" for dim in scanned)
        raise errors.WrongType(where=f"{what}(run)", wanted="a run without scan dimensions", got=f"a scan over {', '.join(scanned)}",
                               advice=f"select one lane first: {what}(run.sel({pick}))")  # fmt: skip
    return run.data


def _columns(array: xr.DataArray, dim: str) -> Iterator[tuple[str, Array]]:
    """Name and time course of every entry along ``dim``."""
    values = np.asarray(array.transpose("time", dim).values, float)
    for i, name in enumerate(array[dim].values):
        yield str(name), values[:, i]


def _panels(run: RunLike, data: xr.Dataset, time: Array) -> Iterator[_Panel]:
    if "potential" in data:
        lines = [
            _Line(name, y, COLOURS["charge"], DASHES[i % len(DASHES)])
            for i, (name, y) in enumerate(_columns(data["potential"], "membrane"))
        ]
        yield _Panel("Potential", "mV", lines)
    if "concentration" in data:
        yield from _solutes(run, data["concentration"], time)
    if "volume" in data:
        volumes = [(name, y) for name, y in _columns(data["volume"], "compartment") if np.ptp(y) > 1e-3 * np.max(np.abs(y))]
        yield _Panel(
            "Volume", "pL", [_Line(name, y, COLOURS["charge"], DASHES[i % len(DASHES)]) for i, (name, y) in enumerate(volumes)]
        )
    if "flux" in data:
        yield _fluxes(run, data["flux"])
    colours = {"spent": COLOURS["ATP"], "dissipated": COLOURS["heat"], "stored": COLOURS["charge"], "delivered": COLOURS["Cl"]}
    sums = {name: getattr(run.ledger, name, None) for name in _SUMS}
    courses = {name: np.asarray(each.values, float) for name, each in sums.items() if getattr(each, "dims", ()) == ("time",)}
    yield _Panel(
        "Energy",
        "pJ",
        [_Line(name, y, colours[name], DASHES[i % len(DASHES)]) for i, (name, y) in enumerate(courses.items())],
        zero=True,
    )


def _solutes(run: RunLike, array: xr.DataArray, time: Array) -> Iterator[_Panel]:
    """The panels of the ions and of the other solutes; carriers are no solutes, and what is held constant is no trace."""
    kinds = array["pool_kind"].values if "pool_kind" in array.coords else ["solute"] * array.sizes["pool"]
    tags = zip(array["pool_species"].values, array["pool_place"].values, kinds, strict=True)
    rows = [(str(s), str(p), y) for (s, p, kind), (_, y) in zip(tags, _columns(array, "pool"), strict=True) if kind == "solute"]
    ions = [row for row in rows if row[0] in IONS]
    rest = [row for row in rows if row[0] not in IONS and np.ptp(row[2]) > 1e-6 * np.max(np.abs(row[2]))]
    yield _concentrations("Ions", ions, [])
    baths: dict[str, dict[str, Any]] = getattr(run, "baths", None) or {}
    species = {row[0] for row in rest}
    levels = [
        (s, place, np.broadcast_to(np.asarray(c, float), time.shape))
        for place, held in baths.items()
        for s, c in held.items()
        if s in species
    ]
    yield _concentrations("Solutes", rest, levels)


def _concentrations(name: str, rows: list[tuple[str, str, Array]], levels: list[tuple[str, str, Array]]) -> _Panel:
    """One panel: colour by species, dashes by place; the label leaves out what all lines share."""
    everywhere = list(dict.fromkeys(place for _, place, _ in [*rows, *levels]))
    inside = list(dict.fromkeys(place for _, place, _ in rows))
    only = {species for species, _, _ in [*rows, *levels]}
    outside = everywhere[len(inside) :]

    def line(species: str, place: str, y: Array, *, bath: bool) -> _Line:
        label = pretty(species) if len(everywhere) == 1 else place if len(only) == 1 else f"{pretty(species)} {place}"
        dash = DASHES[1 + outside.index(place) % (len(DASHES) - 1)] if bath else DASHES[inside.index(place) % len(DASHES)]
        return _Line(label, y, colour_of(species), dash, thin=bath)

    lines = [line(*row, bath=False) for row in rows] + [line(*row, bath=row[1] in outside) for row in levels]
    title = pretty(only.pop()).capitalize() if len(only) == 1 else f"{name}, {inside[0]}" if len(everywhere) == 1 else name
    values = np.concatenate([each.y for each in lines]) if lines else np.ones(1)
    positive = values[values > 0]
    log = positive.size == values.size and float(positive.max()) > 30 * float(positive.min())
    return _Panel(title, "mM", lines, log=log)


def _fluxes(run: RunLike, array: xr.DataArray) -> _Panel:
    """Every process in the colour of what pays for it most; processes that share one differ by their dashes."""
    payers: dict[str, tuple[float, str]] = {}
    for flow in run.ledger.flows():
        if flow.kind in _INPUTS:
            payers[flow.target] = max(payers.get(flow.target, (0.0, "")), (flow.energy, flow.source))
    lines: list[_Line] = []
    for name, y in _columns(array, "process"):
        colour = colour_of(payers[name][1] if name in payers else name)
        same = sum(line.colour == colour for line in lines)
        lines.append(_Line(name, y, colour, DASHES[same % len(DASHES)]))
    return _Panel("Flux", str(array.attrs.get("units", "fmol s-1")), lines, zero=True)


def _draw_traces(panels: list[_Panel], time: Array, width: float, name: str, heading: str) -> Figure:
    """Set the panels by hand: one column, or two where the page is wide; a constrained layout would cost as much as all else."""
    import matplotlib

    em, small = (float(matplotlib.rcParams[key]) for key in ("font.size", "xtick.labelsize"))
    page = width * 72
    columns = 2 if page > 50 * em and len(panels) > 2 else 1
    rows = -(-len(panels) // columns)
    top, gap, bottom = 1.5 * em, 1.6 * em, 3.2 * em
    tall = [max(7.5 * em, 1.25 * small * (len(panel.lines) + bool(panel.more))) for panel in panels]
    groups = [range(start, min(start + rows, len(panels))) for start in range(0, len(panels), rows)]
    needs = [sum(tall[i] for i in group) + gap * (len(group) - 1) for group in groups]
    for group, need in zip(groups, needs, strict=True):  # the shorter column is stretched to end where the other does
        for i in group:
            tall[i] += (max(needs) - need) / len(group)
    height = top + max(needs) + bottom
    ticks = [_ticks(*_limits(panel), 4, log=panel.log) for panel in panels]
    left = 3.2 * em + 4.5 + max(extent(text, small).width for _, texts in ticks for text in texts)
    right = 1.6 * em + max(extent(text, small).width for p in panels for text in [*(line.label for line in p.lines), *_more(p)])
    factor, unit = _clock(float(time[-1] - time[0]))
    figure = new_figure(width, height / 72, name, heading)
    for i, panel in enumerate(panels):
        column, row = divmod(i, rows)
        x, y = column * page / columns, height - top - sum(tall[column * rows : i + 1]) - gap * row
        box = (x + left) / page, y / height, (page / columns - left - right) / page, tall[i] / height
        axes = figure.add_axes(box)
        axes.set_ylabel(wrap(panel.name, tall[i], em) + f"\n({unit_text(panel.unit)})")
        axes.yaxis.set_label_coords((2.6 * em - left) / (box[2] * page), 0.5)
        _draw_panel(axes, panel, time * factor, ticks[i], tall[i], box[2] * page)
        last = i == groups[column][-1]
        at, texts = _ticks(time[0] * factor, time[-1] * factor, 5)
        axes.set_xticks(at, texts if last else [""] * len(at))
        if last:
            axes.set_xlabel(f"Time ({unit})")
        if len(panels) > 1:
            figure.text(
                x / page, (y + tall[i] + 0.2 * em) / height, chr(ord("A") + i), size=matplotlib.rcParams["axes.titlesize"]
            )
    return figure


def _draw_panel(axes: Axes, panel: _Panel, time: Array, ticks: tuple[list[float], list[str]], tall: float, wide: float) -> None:
    """Lines with their names at their ends, moved apart where they would meet; ``tall`` and ``wide`` are the panel's size [pt]."""
    import matplotlib
    from matplotlib.collections import LineCollection

    em, small, thick = (float(matplotlib.rcParams[key]) for key in ("font.size", "xtick.labelsize", "lines.linewidth"))
    low, high = _limits(panel)
    if panel.log:
        axes.set_yscale("log")
    axes.minorticks_off()
    axes.set_yticks(*ticks)
    axes.set(xlim=(time[0], time[-1]), ylim=(low, high))
    if panel.zero and low < 0 < high:
        axes.axhline(0, color="#BBBBBB", linewidth=0.5 * thick, zorder=0)
    for line in panel.lines:
        axes.plot(time, line.y, color=line.colour, linestyle=line.dash, linewidth=thick * (0.7 if line.thin else 1.0))

    scale = np.log if panel.log else np.asarray
    ends = [float(line.y[np.isfinite(line.y)][-1]) for line in panel.lines]
    ends = [float((scale(end) - scale(low)) / (scale(high) - scale(low))) * tall for end in ends]
    labels = sorted(
        [
            *((end, line.label, line.colour) for end, line in zip(ends, panel.lines, strict=True)),
            *((0.0, text, COLOURS["heat"]) for text in _more(panel)),
        ]
    )
    step = 1.22 * small
    places = spread(
        [end - step / 2 for end, *_ in labels], [step] * len(labels), min(-step / 2, tall - step * len(labels)), tall + step / 2
    )
    leaders, inks = [], []
    for (end, text, colour), place in zip(labels, places, strict=True):
        middle = (place + step / 2) / tall
        axes.text(
            1 + em / wide, middle, text, transform=axes.transAxes, size=small, color=ink(colour), va="center", clip_on=False
        )
        if abs(middle * tall - end) > 0.25 * step and text not in _more(panel):
            leaders.append([(1.0, end / tall), (1 + 0.85 * em / wide, middle)])
            inks.append(colour)
    axes.add_collection(
        LineCollection(leaders, colors=inks, linewidths=0.5 * thick, transform=axes.transAxes, clip_on=False), autolim=False
    )


def _more(panel: _Panel) -> list[str]:
    return [f"{panel.more} smaller not drawn"] if panel.more else []


def _limits(panel: _Panel) -> tuple[float, float]:
    """Range of the ordinate, with some air; in the logarithmic case in equal ratios."""
    values = np.concatenate([line.y[np.isfinite(line.y)] for line in panel.lines])
    low, high = float(values.min()), float(values.max())
    if panel.log:
        air = (high / low) ** 0.06
        return low / air, high * air
    air = 0.06 * (high - low) if high - low > 1e-6 * max(abs(low), abs(high)) else 0.05 * max(abs(high), 1e-6)
    return low - air, high + air


def _ticks(low: float, high: float, most: int, *, log: bool = False) -> tuple[list[float], list[str]]:
    """Places and texts of the ticks between ``low`` and ``high``, at most about ``most`` of them."""
    from matplotlib.ticker import MaxNLocator

    if log:
        powers = range(int(np.ceil(np.log10(low))), int(np.floor(np.log10(high))) + 1)
        if len(powers) >= 2:
            at = [10.0**power for power in powers[:: -(-len(powers) // (most + 1))]]
        else:
            at = [
                m * 10.0**p
                for p in range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
                for m in (1, 2, 5)
                if low <= m * 10.0**p <= high
            ]
        return at, [f"{each:g}" if at[0] >= 1e-3 else digits(each).replace("1.0×", "") for each in at]
    inside = [float(tick) for tick in MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    slack = 1e-9 * (high - low)
    at = [round(tick, 12) + 0.0 for tick in inside if low - slack <= tick <= high + slack]
    decimals = max((len(f"{tick:.10g}".partition(".")[2]) for tick in at if "e" not in f"{tick:.10g}"), default=0)
    return at, [f"{tick:.{decimals}f}".replace("-", "−") for tick in at]


def _clock(span: float) -> tuple[float, str]:
    """Factor and unit for a time axis that spans ``span`` [s]."""
    for limit, factor, unit in ((1.0, 1e3, "ms"), (180.0, 1.0, "s"), (3 * 3600.0, 1 / 60, "min"), (72 * 3600.0, 1 / 3600, "h")):
        if span <= limit:
            return factor, unit
    return 1 / 86400, "d"


# --- the flow of energy


def energy_flow(run: RunLike, *, width: str | float = "double", style: str = "cell") -> Figure:
    """Where the free energy goes: a Sankey diagram from the supplies (left) to stores, baths and heat (right).

    The width of a ribbon is energy over the whole run (pJ, with the prefix that fits), its colour is what carries it; per cent
    are of all that entered.  Bars are stores (coloured) and transporters (dark); heat runs along the bottom.  The line under the
    picture closes the books.  Flows below 0.2 % of what entered are not drawn; the note says how much they are.
    ``width``: ``single``, ``middle`` or ``double`` column of the journal, or a number of mm; ``style``: see :func:`style`.
    """
    import matplotlib

    data = _one_lane(run, "energy_flow")
    flows = list(run.ledger.flows())
    if not any(flow.energy > 0 for flow in flows):
        raise errors.WrongType(where="energy_flow(run)", wanted="flows of energy", got="a run in which no energy flowed")
    with styled(style):
        em, small = (float(matplotlib.rcParams[key]) for key in ("font.size", "xtick.labelsize"))
        inches = width_inches(width, style)
        page, margin = inches * 72, 0.4 * em
        diagram = sankey.arrange(flows, page - 2 * margin, em, text=(em, small))
        notes = [line for note in _closing(run, flows, diagram) for line in wrap(note, page - 2 * margin, small).split("\n")]
        foot = (1.3 * len(notes) * small) + 1.5 * em
        height = diagram.height + foot + margin
        figure = new_figure(inches, height / 72, style, str(data.attrs.get("title", run.model_name)))
        _paint(figure, diagram, margin, foot)
        for i, note in enumerate(reversed(notes)):
            figure.text(margin / page, (margin + 1.3 * small * i) / height, note, size=small, va="bottom")
    return figure


def _closing(run: RunLike, flows: Sequence[sankey.FlowLike], diagram: sankey.Diagram) -> list[str]:
    """The line that closes the books, and the note on what is too small to draw."""

    def net(kind: str) -> float:
        return sum(flow.energy * (-1 if flow.source == kind else 1) for flow in flows if flow.kind == kind)

    factor, unit = scaled("pJ", diagram.total)
    residual, relative = (float(each.values.reshape(-1)[-1]) for each in (run.ledger.residual, run.ledger.residual_relative))
    spent, stored, delivered, heat = (
        f"{kind} {digits(net(name) * factor)} {unit}"
        for kind, name in zip(("spent", "stored", "delivered", "heat"), ("supply", "stored", "delivered", "heat"), strict=True)
    )
    lines = [
        f"{spent} = {stored} + {delivered} + {heat}; residual {digits(residual * factor)} {unit} ({digits(relative)} of the energy that passed)"
    ]
    if diagram.merged:
        small = sum(flow.energy for flow in diagram.merged)
        count = f"{len(diagram.merged)} flows" if len(diagram.merged) > 1 else "1 flow"
        lines.append(
            f"not drawn: {count} below 0.2 % of the input, together {digits(small * factor)} {unit} ({percent(small / diagram.total)})"
        )
    return lines


def _paint(figure: Figure, diagram: sankey.Diagram, dx: float, dy: float) -> None:
    """Ribbons, bars and labels of a diagram, moved by (dx, dy) [pt]."""
    import matplotlib
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from matplotlib.transforms import Affine2D

    em, small = (float(matplotlib.rcParams[key]) for key in ("font.size", "xtick.labelsize"))
    points = Affine2D().translate(dx, dy).scale(1 / 72) + figure.dpi_scale_trans
    width, height = (72 * inches for inches in figure.get_size_inches())

    def patches(paths: list[Path], colours: list[str], order: float, alpha: float) -> None:
        figure.add_artist(PathCollection(paths, facecolors=colours, linewidths=0, alpha=alpha, transform=points, zorder=order))

    def box(x: float, y: float, wide: float, tall: float) -> Path:
        return Path(
            [(x - wide / 2, y), (x + wide / 2, y), (x + wide / 2, y + tall), (x - wide / 2, y + tall), (x, y)], closed=True
        )

    # Heat lies behind, thin ribbons in front of thick ones.
    links = sorted(diagram.links, key=lambda link: (link.kind != "heat", -link.energy))
    patches([Path(*sankey.outline(link, em)) for link in links], [link.colour for link in links], 1, 0.45)
    bars = [(node.x, node.y, diagram.bar, max(node.height, 0.5)) for node in diagram.nodes]
    patches([box(*bar) for bar in bars], [node.colour for node in diagram.nodes], 3, 1.0)
    above = [node.y + node.height + 0.15 * em for node in diagram.nodes]
    for node, y in zip(diagram.nodes, above, strict=True):
        name, value = node.text
        middle = y + extent(value, small).height
        place = {"ha": "center", "va": "bottom", "linespacing": 1.0, "zorder": 4}
        figure.text((dx + node.x) / width, (dy + y) / height, value, size=small, color="#444444", **place)
        figure.text((dx + node.x) / width, (dy + middle) / height, name, size=em, **place)
