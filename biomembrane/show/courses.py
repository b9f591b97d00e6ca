"""Time courses of a run in small panels that share the time axis, each line named at its end.

The panels are set by hand and the labels moved apart by :func:`style.spread`: a constrained layout would cost as much as all else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .. import errors, units
from . import style as look
from .style import COLOURS, DASHES, colour_of, extent, pretty

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from .sankey import FlowLike

    Array = NDArray[np.float64]

_MOST = 8  # lines a panel, so that each can be told from the others
_SUMS = {  # of the ledger, with their colours
    "spent": COLOURS["ATP"], "supplied": "#56B4E9", "imposed": "#AA4499",
    "dissipated": COLOURS["heat"], "delivered": "#332288", "stored": COLOURS["charge"],
}  # fmt: skip


class LedgerLike(Protocol):
    """What the figures read of a ledger: energies [pJ] over time, and flows of energy [pJ] over the whole run."""

    @property
    def passed(self) -> xr.DataArray: ...
    @property
    def residual(self) -> xr.DataArray: ...
    @property
    def residual_relative(self) -> xr.DataArray: ...
    def flows(self) -> Sequence[FlowLike]: ...


class RunLike(Protocol):
    """What the figures read of a run."""

    @property
    def data(self) -> xr.Dataset: ...
    @property
    def ledger(self) -> LedgerLike: ...
    @property
    def model_name(self) -> str: ...


@dataclass(frozen=True, eq=False)
class _Line:
    label: str
    y: Array
    colour: str
    dash: Any = "-"
    thin: bool = False


@dataclass(frozen=True)
class _Panel:
    """Lines that share an ordinate.  ``settled``: a first jump may leave the range; ``more``: lines left out."""

    name: str
    unit: str
    lines: list[_Line]
    log: bool = False
    settled: bool = False
    more: int = 0

    def tidy(self) -> _Panel:
        """The same panel with lines that coincide under one name, only the largest where they are many, in a fitting SI prefix."""
        kept: list[_Line] = []
        for line in (line for line in self.lines if np.isfinite(line.y).any()):
            same = [
                i for i, other in enumerate(kept) if other.colour == line.colour and np.allclose(other.y, line.y, rtol=1e-4, atol=0, equal_nan=True)
            ]
            if same:
                kept[same[0]] = replace(kept[same[0]], label=f"{kept[same[0]].label}, {line.label}")
            else:
                kept.append(line)
        large = sorted(kept, key=lambda line: -float(np.nanmax(np.abs(line.y))))[:_MOST]
        factor, unit = look.scaled(self.unit, float(np.nanmax(np.abs(large[0].y)))) if large else (1.0, self.unit)
        lines = [replace(line, y=line.y * factor) for line in kept if line in large]
        return replace(self, lines=lines, unit=unit, more=len(kept) - len(lines))


def traces(run: RunLike, *, width: str | float = "single", style: str = "cell") -> Figure:
    """Time courses of a run, in panels that share the time axis (s, min or h as fits).

    From top to bottom, as far as the model has them: membrane potential (mV); ions (mM; logarithmic where they span more than a
    factor of 30); other solutes that change (mM), with the bath levels thin and dashed; volume (pL), where it changes; fluxes
    (fmol/s), each in the colour of what drives it, where a jump at the very start may leave the range; energy spent, supplied
    by baths, imposed by protocols, dissipated, stored and delivered (pJ).  Fluxes and energies take the SI prefix that fits.
    ``width``: ``single``, ``middle`` or ``double`` column of the journal, or a number of mm; ``style``: see :func:`style`.
    """
    data = one_lane(run, "traces")
    time = np.asarray(data["time"].values, float)
    if time.size < 2:
        raise errors.WrongType(
            where="traces(run)", wanted="a time course", got=f"{time.size} time points", advice="a run with until=, not of its final state alone"
        )
    panels = [panel for panel in (panel.tidy() for panel in _panels(run, data, time)) if panel.lines]
    with look.style(style):
        return _draw_traces(panels, time, look.width_inches(width, style), style, str(data.attrs.get("title", run.model_name)))


def one_lane(run: RunLike, what: str) -> xr.Dataset:
    """The data of a run without scan dimensions."""
    if type(getattr(run, "data", None)).__name__ != "Dataset" or not hasattr(run, "ledger"):
        advice = f"figures.{what}(bm.simulate(model, until='10 min'))"
        raise errors.WrongType(where=f"{what}(run)", wanted="a run, fresh or saved", got=errors.shown(run), advice=advice)
    own = {"time", "pool", "membrane", "compartment", "process", "store"}
    names = [name for name in ("concentration", "potential", "volume", "flux") if name in run.data]
    scanned = sorted({str(dim) for name in names for dim in run.data[name].dims} - own)
    if scanned:
        pick = ", ".join(f"{dim}=…" for dim in scanned)
        raise errors.WrongType(
            where=f"{what}(run)",
            wanted="a run without scan dimensions",
            got=f"a scan over {', '.join(scanned)}",
            advice=f"select one lane first: {what}(run.sel({pick}))",
        )
    return run.data


def _columns(array: xr.DataArray, dim: str) -> Iterator[tuple[str, Array]]:
    """Name and time course of every entry along ``dim``."""
    values = np.asarray(array.transpose("time", dim).values, float)
    for i, name in enumerate(array[dim].values):
        yield str(name), values[:, i]


def _panels(run: RunLike, data: xr.Dataset, time: Array) -> Iterator[_Panel]:
    def plain(array: xr.DataArray, dim: str) -> list[_Line]:
        return [_Line(name, y, COLOURS["charge"], _dash(i)) for i, (name, y) in enumerate(_columns(array, dim))]

    if "potential" in data:
        yield _Panel("Potential", "mV", plain(data["potential"].dropna("membrane", how="all"), "membrane"))
    if "concentration" in data:
        yield from _solutes(run, data, time)
    if "volume" in data:
        yield _Panel("Volume", "pL", [line for line in plain(data["volume"], "compartment") if _moves(line.y, 1e-3)])
    if "flux" in data:
        yield _fluxes(run, data["flux"])
    sums = [(name, getattr(run.ledger, name, None), colour) for name, colour in _SUMS.items()]
    energies = [(name, np.asarray(each.values, np.float64), colour) for name, each, colour in sums if each is not None and each.dims == ("time",)]
    peak = max((float(np.nanmax(np.abs(y))) for _, y, _ in energies if np.isfinite(y).any()), default=0.0)
    shown = [(name, y, colour) for name, y, colour in energies if name in {"spent", "dissipated", "stored"} or np.nanmax(np.abs(y)) > 1e-6 * peak]
    yield _Panel("Energy", "pJ", [_Line(name, y, colour, _dash(i)) for i, (name, y, colour) in enumerate(shown)])


def _dash(i: int) -> Any:
    return DASHES[i % len(DASHES)]


def _moves(y: Array, part: float) -> bool:
    """Whether ``y`` changes by more than a part of its size."""
    return bool(np.ptp(y) > part * np.max(np.abs(y)))


def _solutes(run: RunLike, data: xr.Dataset, time: Array) -> Iterator[_Panel]:
    """The panels of the ions and of the other solutes; carriers are no solutes, and what is held constant is no trace."""
    array = data["concentration"]
    kinds = array["pool_kind"].values if "pool_kind" in array.coords else ["solute"] * array.sizes["pool"]
    tags = zip(array["pool_species"].values, array["pool_place"].values, kinds, strict=True)
    rows = [(str(s), str(p), y) for (s, p, kind), (_, y) in zip(tags, _columns(array, "pool"), strict=True) if kind == "solute"]
    ions = [row for row in rows if row[0] in look.IONS]
    rest = [row for row in rows if row[0] not in look.IONS and _moves(row[2], 1e-6)]
    yield _concentrations("Ions", ions, [])
    baths: dict[str, dict[str, Any]] = getattr(run, "baths", None) or {}
    species = {row[0] for row in rest}
    levels = [(s, place, _level(data, f"{place}.{s}", c, time)) for place, held in baths.items() for s, c in held.items() if s in species]
    yield _concentrations("Solutes", rest, levels)


def _level(data: xr.Dataset, name: str, at_start: float, time: Array) -> Array:
    """A concentration of a bath [mM], as a protocol has it where one changes it."""
    if name not in data:
        return np.broadcast_to(np.asarray(at_start, float), time.shape)
    return np.asarray(data[name].values, float) / units.from_internal(units.from_udunits(data[name].attrs["units"]))


def _concentrations(name: str, rows: list[tuple[str, str, Array]], levels: list[tuple[str, str, Array]]) -> _Panel:
    """One panel: colour by species, dashes by place; the label leaves out what all lines share."""
    everywhere = list(dict.fromkeys(place for _, place, _ in [*rows, *levels]))
    inside = list(dict.fromkeys(place for _, place, _ in rows))
    only = {species for species, _, _ in [*rows, *levels]}
    outside = everywhere[len(inside) :]

    def line(species: str, place: str, y: Array, *, bath: bool) -> _Line:
        label = pretty(species) if len(everywhere) == 1 else place if len(only) == 1 else f"{pretty(species)} {place}"
        dash = DASHES[1 + outside.index(place) % (len(DASHES) - 1)] if bath else _dash(inside.index(place))
        return _Line(label, y, colour_of(species), dash, thin=bath)

    lines = [line(*row, bath=False) for row in rows] + [line(*row, bath=row[1] in outside) for row in levels]
    title = pretty(only.pop()).capitalize() if len(only) == 1 else f"{name}, {inside[0]}" if len(everywhere) == 1 else name
    values = np.concatenate([each.y for each in lines]) if lines else np.ones(1)
    positive = values[values > 0]
    log = positive.size == values.size and float(positive.max()) > 30 * float(positive.min())
    return _Panel(title, "mM", lines, log=log)


def _fluxes(run: RunLike, array: xr.DataArray) -> _Panel:
    """Every transporter in the colour of what pays for it most; those that share one differ by their dashes.

    A kinetic cycle has a process a step, all alike once it turns steadily: the step with the largest mean flux stands for it.
    """
    payers: dict[str, tuple[float, str]] = {}
    for flow in run.ledger.flows():
        if flow.kind in {"supply", "input"}:
            payers[flow.target] = max(payers.get(flow.target, (0.0, "")), (flow.energy, flow.source))
    names: dict[str, str] = getattr(run.ledger, "labels", {})
    owners = array["transporter"].values if "transporter" in array.coords else array["process"].values
    steps: dict[str, Array] = {}
    for owner, (_, y) in zip(owners, _columns(array, "process"), strict=True):
        label = names.get(str(owner), str(owner))
        steps[label] = max(steps.get(label, y), y, key=lambda each: float(np.nanmean(np.abs(each))))
    lines: list[_Line] = []
    for label, y in steps.items():
        colour = colour_of(payers[label][1] if label in payers else label)
        lines.append(_Line(label, y, colour, _dash(sum(line.colour == colour for line in lines))))
    return _Panel("Flux", str(array.attrs.get("units", "fmol s-1")), lines, settled=True)


def _draw_traces(panels: list[_Panel], time: Array, width: float, name: str, heading: str) -> Figure:
    """One column of panels, or two where the page is wide."""
    import matplotlib as mpl

    em, small = look.text_sizes()
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
    figure = look.new_figure(width, height / 72, name, heading)
    for i, panel in enumerate(panels):
        column, row = divmod(i, rows)
        x, y = column * page / columns, height - top - sum(tall[column * rows : i + 1]) - gap * row
        box = (x + left) / page, y / height, (page / columns - left - right) / page, tall[i] / height
        axes = figure.add_axes(box)
        axes.set_ylabel(look.wrap(panel.name, tall[i], em) + f"\n({look.unit_text(panel.unit)})")
        axes.yaxis.set_label_coords((2.6 * em - left) / (box[2] * page), 0.5)
        _draw_panel(axes, panel, time * factor, ticks[i], tall[i], box[2] * page)
        last = i == groups[column][-1]
        at, texts = _ticks(time[0] * factor, time[-1] * factor, 5)
        axes.set_xticks(at, texts if last else [""] * len(at))
        if last:
            axes.set_xlabel(f"Time ({unit})")
        if len(panels) > 1:
            figure.text(x / page, (y + tall[i] + 0.2 * em) / height, chr(ord("A") + i), size=mpl.rcParams["axes.titlesize"])
    return figure


def _draw_panel(axes: Axes, panel: _Panel, time: Array, ticks: tuple[list[float], list[str]], tall: float, wide: float) -> None:
    """Lines with their names at their ends, moved apart where they would meet; the panel is ``tall`` by ``wide`` [pt]."""
    import matplotlib as mpl
    from matplotlib.collections import LineCollection

    (em, small), thick = look.text_sizes(), float(mpl.rcParams["lines.linewidth"])
    low, high = _limits(panel)
    if panel.log:
        axes.set_yscale("log")
    axes.minorticks_off()
    axes.set_yticks(*ticks)
    axes.set(xlim=(time[0], time[-1]), ylim=(low, high))
    if low < 0 < high:
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
    places = look.spread([end - step / 2 for end, *_ in labels], [step] * len(labels), min(-step / 2, tall - step * len(labels)), tall + step / 2)
    leaders, inks = [], []
    for (end, text, colour), place in zip(labels, places, strict=True):
        middle = (place + step / 2) / tall
        axes.text(1 + em / wide, middle, text, transform=axes.transAxes, size=small, color=look.ink(colour), va="center", clip_on=False)
        if abs(middle * tall - end) > 0.25 * step and text not in _more(panel):
            leaders.append([(1.0, end / tall), (1 + 0.85 * em / wide, middle)])
            inks.append(colour)
    axes.add_collection(LineCollection(leaders, colors=inks, linewidths=0.5 * thick, transform=axes.transAxes, clip_on=False), autolim=False)


def _more(panel: _Panel) -> list[str]:
    return [f"{panel.more} smaller not drawn"] if panel.more else []


def _limits(panel: _Panel) -> tuple[float, float]:
    """Range of the ordinate, with some air; logarithmic: in equal ratios."""
    values = np.concatenate([line.y[np.isfinite(line.y)] for line in panel.lines])
    low, high = float(values.min()), float(values.max())
    later = np.concatenate([line.y[len(line.y) // 300 + 1 :] for line in panel.lines])
    later = later[np.isfinite(later)]
    if panel.settled and later.size and np.ptp(later) < 0.7 * (high - low):
        low, high = float(later.min()), float(later.max())
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
        return at, [f"{each:g}" if at[0] >= 1e-3 else look.digits(each).replace("1.0×", "") for each in at]
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
