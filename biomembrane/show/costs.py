"""The energetic cost of transport: the ledger of a run per mole of cargo, as bars that add up to
what was spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from . import figure_axes
from . import style as look
from .colours import COLOURS, GREY, colour_of
from .print_format import digits, percent, pretty
from .result_data import System, one_lane, system, time_index
from .text_layout import text_sizes, wrap

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from ..quantity_types import TimeLike
    from .course_contents import RunLike
    from .figure_types import LengthLike

    Array = NDArray[np.float64]

_LEAST = 0.002  # of what was spent: smaller bars are drawn as one
_NOTHING = 1e-6  # of what was spent
_ROUGH = 0.01  # of the cargo: how much leaving out every other output time may change it


@dataclass(frozen=True)
class _Bar:
    label: str
    energy: float  # pJ
    colour: str
    heat: bool


@dataclass(frozen=True)
class Cargo:
    """What was carried: ``amount`` [fmol] into ``place``, within ``doubt``, from output time
    ``first`` to ``last``.
    """

    species: str
    place: str
    through: str | None
    amount: float
    doubt: float
    first: int
    last: int

    @property
    def title(self) -> str:
        """The cargo in words."""
        return f"{pretty(self.species)} into {self.place}" + (
            f" through {self.through}" if self.through else ""
        )


@errors.keywords
def costs(
    run: RunLike,
    cargo: str = "glucose",
    *,
    into: str | None = None,
    through: str | None = None,
    over: tuple[TimeLike, TimeLike] | None = None,
    ax: Axes | None = None,
    width: LengthLike = "single",
    style: str | None = None,
) -> Axes:
    """Cost per transporter, in kJ per mole of cargo: each bar begins where the one above ends, and
    the last ends at the total supplied.

    Bars are the heat of each transporter, what was handed on to baths, by species, and what the
    cell stored (to the left where it was used up); their sum is what was spent (with what baths
    supplied and protocols imposed), the vertical line: the ledger's identity, divided by the cargo.
    Per cent are of that line.

    The cargo is ∫ Σ ν J dt over the processes that bring it into a place, by the trapezoid rule
    over the output times.

    Args:
        run: a run or a saved run, of one lane.
        cargo: name of the species.
        into: the place that it is carried into; default the bath that gained most, or, where none
            did, the compartment.
        through: a transporter or a process to which the count is confined; default all.
        over: (from, to), as ``("5 min", "10 min")``; default the whole run.
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    Raises:
        WrongType: not a run, or a scan of several lanes.
        UnknownName: a cargo, a place, a transporter, a width or a style that does not exist.
        OutOfDomain: no cargo arrived, or so few output times that half of them would change its
            amount by more than 1 %.
        BareNumber: a time without a unit.
        UnitMismatch: a time in a unit of another dimension.
    """
    where = "costs(…)"
    data = one_lane(run, where)
    ledger = getattr(run, "ledger", None)
    if not (hasattr(ledger, "baths") and hasattr(ledger, "by")):
        advice = "a run, or one that bm.save(run, …) wrote whole"
        raise errors.WrongType(
            where=where, wanted="a run with its whole ledger", got=errors.shown(run), advice=advice
        )
    carried = carry(data, cargo, into, through, over, where)
    bars, given = _bars(ledger, carried)
    with look.style(style):
        em, _ = text_sizes()
        kept = _merged(bars, sum(given.values()))
        height = (1.75 * em * len(kept) + 9.5 * em) / 72
        axes = figure_axes.axes_for(ax, width, height, str(getattr(run, "model_name", "")), where)
        _draw(axes, kept, given, carried)
        figure_axes.ticked(axes.xaxis, *axes.get_xlim(), figure_axes.most_ticks(axes))
        figure_axes.settle(axes, own=ax is None)
    return axes


# --- the cargo


def carry(
    data: xr.Dataset, cargo: str, into: str | None, through: str | None, over: Any, where: str
) -> Cargo:
    """How much of a species went where; see :func:`costs`."""
    description = system(data, where)
    errors.among(cargo, description.charges, f"{where}, cargo=…", "a species of the model")
    if "flux" not in data or "time" not in data.flux.dims:
        raise errors.UnknownName(
            where=where,
            wanted="fluxes over time",
            got="a result that kept none",
            advice="simulate without keep=",
        )
    owners = dict(
        zip(map(str, data.process.values), map(str, data.transporter.values), strict=True)
    )
    moved = _moved(description, owners, cargo)
    if not moved:
        raise errors.OutOfDomain(
            where=where,
            wanted="a species that crosses a membrane",
            got=errors.shown(cargo),
            advice="cargo='glucose'",
        )
    if into is not None:
        errors.among(into, moved, f"{where}, into=…", f"a place that {cargo} reaches")
    if through is not None:
        processes = {p for row in moved.values() for p in row}
        errors.among(
            through,
            [*dict.fromkeys(owners[p] for p in processes), *processes],
            f"{where}, through=…",
            f"what carries {cargo}",
        )
        moved = {
            place: {p: n for p, n in row.items() if through in (p, owners[p])}
            for place, row in moved.items()
        }
    first, last = _time_range(data, over, where)
    amounts = {place: _amount(data, row, first, last) for place, row in moved.items() if row}
    place = into or _destination(data, cargo, {name: n for name, (n, _) in amounts.items()})
    amount, doubt = amounts.get(place, (0.0, 0.0))
    if not amount > 0:
        got, advice = (
            f"{amount:.4g} fmol",
            "into= the place that gained it, or a later over=('5 min', '10 min')",
        )
        raise errors.OutOfDomain(
            where=where, wanted=f"net transport of {cargo} into {place}", got=got, advice=advice
        )
    if doubt > _ROUGH * amount:
        got, advice = (
            f"{amount:.4g} ± {doubt:.2g} fmol",
            "simulate with more times=, or over= a part of the run where fluxes change slowly",
        )
        raise errors.OutOfDomain(
            where=where,
            wanted=f"output times that tell the amount of {cargo} to 1 %",
            got=got,
            advice=advice,
        )
    return Cargo(
        cargo, place, description.labels.get(through or "", through), amount, doubt, first, last
    )


def _moved(description: System, owners: dict[str, str], cargo: str) -> dict[str, dict[str, int]]:
    """Coefficients of the cargo by place and process, of transporters that have it on two sides:
    what one produces or consumes is no cargo.
    """
    sides: dict[str, set[str]] = {}
    terms: list[tuple[str, str, int]] = []
    for process, (_, _, net) in description.processes.items():
        for pool, n in net.items():
            place, _, species = pool.partition(".")
            if species == cargo:
                sides.setdefault(owners[process], set()).add(place)
                terms.append((place, process, n))
    moved: dict[str, dict[str, int]] = {}
    for place, process, n in terms:
        if len(sides[owners[process]]) > 1:
            moved.setdefault(place, {})[process] = n
    return moved


def _time_range(data: xr.Dataset, over: Any, where: str) -> tuple[int, int]:
    if over is None:
        first, last = 0, data.sizes["time"] - 1
    else:
        if not isinstance(over, (tuple, list)) or len(over) != 2:
            advice = "over=('5 min', '10 min')"
            raise errors.WrongType(
                where=f"{where}, over=…",
                wanted="two times, from and to",
                got=errors.shown(over),
                advice=advice,
            )
        first, last = (time_index(data.time, t, where) for t in over)
    if last - first < 2:
        raise errors.OutOfDomain(
            where=f"{where}, over=…",
            wanted="a span of three output times or more",
            got=f"{last - first + 1}",
            advice="simulate with more times=",
        )
    return first, last


def _amount(data: xr.Dataset, row: dict[str, int], first: int, last: int) -> tuple[float, float]:
    """∫ Σ ν J dt [fmol] by the trapezoid rule, and how much it changes with every other time left
    out.
    """
    part = (
        data.flux.isel(time=slice(first, last + 1))
        .sel(process=list(row))
        .transpose("process", "time")
    )
    rate, t = np.array(list(row.values()), float) @ part.values, np.asarray(part.time, float)
    half = np.unique([*range(0, t.size, 2), t.size - 1])
    fine, coarse = float(np.trapezoid(rate, t)), float(np.trapezoid(rate[half], t[half]))
    return fine, abs(fine - coarse)


def _destination(data: xr.Dataset, cargo: str, amounts: dict[str, float]) -> str:
    """The bath that gained most, or else the compartment that did."""
    pools = {str(p) for p in data.pool.values}
    baths = {place: n for place, n in amounts.items() if f"{place}.{cargo}" not in pools and n > 0}
    candidates = baths or amounts
    return max(candidates, key=lambda place: candidates[place])


# --- the energies


def _bars(ledger: Any, carried: Cargo) -> tuple[list[_Bar], dict[str, float]]:
    """Where the energy went over the time range, and what supplied it [pJ]."""

    def passed(line: Any) -> Any:
        return line.isel(time=carried.last) - line.isel(time=carried.first)

    heat, baths = passed(ledger.by("transporter")), passed(ledger.baths)
    labels: dict[str, str] = ledger.labels
    bars = [
        _Bar(labels[str(t)], float(heat.sel(transporter=t)), COLOURS["heat"], heat=True)
        for t in heat.transporter.values
    ]
    bars.sort(key=lambda bar: -bar.energy)
    taken = {str(s): -float(baths.sel(species=s)) for s in baths.species.values}
    bars += [
        _Bar(f"handed on, {pretty(s)}", e, colour_of(s), heat=False)
        for s, e in taken.items()
        if e > 0
    ]
    stored = float(passed(ledger.stored))
    if stored:
        bars.append(
            _Bar(
                "stored in the cell" if stored > 0 else "drawn from the cell",
                stored,
                COLOURS["charge"],
                heat=False,
            )
        )
    given = {
        "spent": float(passed(ledger.spent)),
        "supplied": -sum(e for e in taken.values() if e < 0),
        "imposed": float(passed(ledger.imposed)),
    }
    if not sum(given.values()) > 0:
        got, advice = (
            f"{sum(given.values()):.4g} pJ",
            "a run in which something was spent; figures.energy_flow(run) draws any",
        )
        raise errors.OutOfDomain(
            where="costs(…)", wanted="energy that was spent", got=got, advice=advice
        )
    return bars, given


def _merged(bars: Sequence[_Bar], total: float) -> list[_Bar]:
    """Merge the bars that are too small to draw, into one of each kind."""
    merged = []
    for heat, name in ((True, "smaller"), (False, "smaller, handed on")):
        small = [bar for bar in bars if bar.heat is heat and abs(bar.energy) < _LEAST * total]
        merged += [bar for bar in bars if bar.heat is heat and bar not in small]
        if len(small) == 1:
            merged += small if abs(small[0].energy) > _NOTHING * total else []
        elif sum(abs(bar.energy) for bar in small) > _NOTHING * total:
            colour = COLOURS["heat"] if heat else GREY
            merged.append(
                _Bar(f"{len(small)} {name}", sum(bar.energy for bar in small), colour, heat)
            )
    return merged


def _draw(axes: Axes, bars: Sequence[_Bar], given: dict[str, float], carried: Cargo) -> None:
    """Draw bars from top to bottom, each from where the last one ended, and their numbers in a
    column at the right.
    """
    _, small = text_sizes()
    per, total = 1 / carried.amount, sum(given.values()) / carried.amount  # pJ/fmol is kJ/mol
    starts = np.concatenate([[0.0], np.cumsum([bar.energy * per for bar in bars])])
    for k, bar in enumerate(bars):
        axes.barh(
            k,
            bar.energy * per,
            left=starts[k],
            height=0.66,
            color=bar.colour,
            edgecolor="#333333" if bar.heat else "#FFFFFF",
            linewidth=0.4,
            hatch="" if bar.heat else "////",
        )
        if k + 1 < len(bars):
            axes.plot([starts[k + 1]] * 2, [k + 0.33, k + 0.67], color="#333333", linewidth=0.4)
        text = (
            f"{digits(bar.energy * per)} "
            f" ({'−' * (bar.energy < 0)}{percent(abs(bar.energy * per) / total)})"
        )
        axes.text(
            1.02,
            k,
            text,
            transform=axes.get_yaxis_transform(),
            size=small,
            va="center",
            ha="left",
            clip_on=False,
        )
    axes.axvline(total, color="#000000", linewidth=1.0, linestyle=(0, (4, 1.5)))
    axes.axvline(0, color="#333333", linewidth=0.5)
    low, high = min(0.0, *starts), max(total, *starts)
    axes.set_xlim(low - (0.04 * (high - low) if low < 0 else 0), high + 0.04 * (high - low))
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars], size=small)
    axes.tick_params(axis="y", length=0)
    words = {"spent": "spent", "supplied": "supplied by baths", "imposed": "imposed by protocols"}
    parts = [
        f"{words[name]} {digits(e * per)}"
        for name, e in given.items()
        if abs(e) > 1e-6 * total / per
    ]
    equation = " + ".join(parts).replace("+ −", "− ") + (
        f" = {digits(total)}" if len(parts) > 1 else ""
    )
    page_width = 72 * float(axes.figure.get_size_inches()[0]) if axes.figure is not None else 200  # type: ignore[union-attr]
    axes.set_title(
        wrap(f"dashed: {equation} kJ/mol", 0.6 * page_width, small), size=small, loc="left"
    )
    doubt = f" ± {carried.doubt:.1g}" if carried.doubt > 0.0005 * carried.amount else ""
    hatchings = [word for word, mark in (("handed on", "handed on"), ("stored", "stored in"),
        ("drawn from the cell", "drawn from"))
               if any(mark in bar.label for bar in bars if not bar.heat)]  # fmt: skip
    note = f"{digits(carried.amount)}{doubt} fmol; grey: heat of transporters" + (
        f"; hatched: {', '.join(hatchings)}" if hatchings else ""
    )
    title = wrap(f"kJ per mol of {carried.title}", 0.7 * page_width, small)
    axes.set_xlabel(f"{title}\n{wrap(note, 0.7 * page_width, small)}", size=small)
