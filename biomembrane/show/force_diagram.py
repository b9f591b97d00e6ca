"""Force diagram: the electrochemical potential of each ion on both sides of each membrane, chemical
and electrical parts as arrows.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import constants, errors, units
from ..dimension import CONCENTRATION, TEMPERATURE
from . import figure_axes
from . import style as look
from .colours import COLOURS, GREY, colour_of
from .print_format import digits, pretty
from .result_data import one_lane, system, time_index, unit_of
from .text_layout import text_sizes, wrap

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyArrowPatch

    from ..quantity_types import TimeLike
    from .course_contents import RunLike
    from .figure_types import LengthLike

_HEAD = 0.75  # height of the title of a membrane, by that of a row
_PER = constants.FARADAY * 1e-6  # kJ/mol in a mV
_STILL = 0.005  # kJ/mol: nearer to equilibrium than is printed


@dataclass(frozen=True)
class Force:
    """Electrochemical potential inside minus outside [kJ/mol]: RT ln(c_in/c_out) and zFV;
    concentrations [mM], V [mV] (NaN where there is none).
    """

    membrane: str
    inside: str
    outside: str
    species: str
    charge: float
    within: float
    without: float
    potential: float
    chemical: float
    electrical: float

    @property
    def total(self) -> float:
        """What a mole gains that goes in: positive is uphill."""
        return self.chemical + self.electrical


@errors.keywords
def forces(
    run: RunLike | xr.Dataset,
    *,
    at: TimeLike | None = None,
    species: Sequence[str] | None = None,
    membranes: Sequence[str] | None = None,
    millivolts: bool = True,
    ax: Axes | None = None,
    width: LengthLike = "single",
    style: str | None = None,
) -> Axes:
    """Force diagram: for each membrane and solute, the electrochemical potential inside minus that
    outside, and its two parts as arrows.

    Each row starts at 0, the level outside: the thin arrow is the chemical part RT ln(c_in/c_out),
    the dark one the electrical part zFV from where it ends, the bar their sum.  Right of 0,
    positive, is uphill for what goes in; the text says which way it runs
    passively.  V is inside
    minus outside (formalism §8).

    Args:
        run: a run or a saved run, of one lane.
        at: the time, as ``"10 s"``; default the last.
        species: names; default every solute that is on both sides of the membrane.
        membranes: names; default all.
        millivolts: a second axis above, Δμ/F in mV.
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    What is at 0 mM on a side is left out unless it is asked for.

    Raises:
        WrongType: not a run, or a scan of several lanes.
        UnknownName: a species, a membrane, a width or a style that does not exist.
        OutOfDomain: a time beyond the run, or a species at 0 mM that was asked for.
        NoVoltage: a charged species at a membrane without a potential.
        BareNumber: a time without a unit.
        UnitMismatch: a time in a unit of another dimension.
    """
    where = "forces(…)"
    rows, left_out = measured(run, at=at, species=species, membranes=membranes, where=where)
    with look.style(style):
        em, _ = text_sizes()
        groups = {force.membrane for force in rows}
        lines = 3.1 * (len(rows) + _HEAD * len(groups)) + (12 if millivolts else 9)
        heading = str(getattr(run, "model_name", ""))
        axes = figure_axes.axes_for(ax, width, em * lines / 72, heading, where)
        arrows = _draw(axes, rows, left_out)
        millivolt_axis = _millivolt_axis(axes) if millivolts else None
        most = figure_axes.most_ticks(axes)
        _set_heads(axes, arrows)
        figure_axes.ticked(axes.xaxis, *axes.get_xlim(), most)
        if millivolt_axis is not None:
            low, high = axes.get_xlim()
            figure_axes.ticked(millivolt_axis.xaxis, low / _PER, high / _PER, most)
        figure_axes.settle(axes, own=ax is None)
    return axes


# --- the numbers


def measured(
    run: Any,
    *,
    at: Any = None,
    species: Sequence[str] | None = None,
    membranes: Sequence[str] | None = None,
    where: str = "forces(…)",
) -> tuple[list[Force], list[str]]:
    """The forces at one time, and what was left out, in words; see :func:`forces`."""
    data = one_lane(run, where)
    description = system(data, where)
    chosen = _names(membranes, description.membranes, f"{where}, membranes=…", "a membrane")
    k = time_index(data.time, at, where) if "time" in data.dims else 0
    RT = constants.GAS * _level(data, "temperature", k, where)
    charges = description.charges
    asked = _names(species, charges, f"{where}, species=…", "a species")
    solutes_of = _solutes_by_place(data)
    forces_found: list[Force] = []
    left_out: list[str] = []
    for membrane in chosen:
        inside, outside = description.membranes[membrane]
        V = _potential(data, membrane, k)
        within_reach = solutes_of.get(outside, ())
        shared = [s for s in solutes_of.get(inside, ()) if s in within_reach and s in charges]
        for name in shared if species is None else [s for s in asked if s in shared]:
            c_in, c_out = (_level(data, f"{place}.{name}", k, where) for place in (inside, outside))
            if c_in > 0 and c_out > 0:
                z = charges[name]
                electrical = _electrical(name, z, V, membrane, where)
                chemical = RT * math.log(c_in / c_out) / 1e3
                forces_found.append(
                    Force(membrane, inside, outside, name, z, c_in, c_out, V, chemical, electrical)
                )
            elif species is None:
                left_out.append(f"{pretty(name)} ({membrane}): 0 mM on a side")
            else:
                raise errors.OutOfDomain(
                    where=where,
                    wanted="some of it on both sides: RT ln c has no bound at 0",
                    got=f"{name} at {c_in:g} mM in {inside}, {c_out:g} mM in {outside}",
                    advice="leave it out",
                )
    missing = [s for s in species or () if s not in {f.species for f in forces_found}]
    if not forces_found or missing:
        raise errors.OutOfDomain(
            where=where,
            wanted="solutes on both sides of a membrane",
            got=f"none of {', '.join(missing)}" if missing else "none",
            advice="species= or membranes= left out",
        )
    return forces_found, left_out


def _electrical(species: str, z: float, V: float, membrane: str, where: str) -> float:
    """zFV [kJ/mol].  Raises NoVoltage for an ion where V is NaN."""
    if not z:
        return 0.0
    if not math.isfinite(V):
        raise errors.NoVoltage(
            where=where,
            wanted=f"the potential of {membrane}, for {species}",
            got="none at this time",
            advice=f"species= without charge, or membranes= other than {membrane!r}",
            membrane=membrane,
        )
    return z * constants.FARADAY * V * 1e-6


def _potential(data: xr.Dataset, membrane: str, k: int) -> float:
    """V at output time ``k`` [mV], NaN where the result kept none."""
    if "potential" not in data:
        return math.nan
    return float(data.potential.isel(time=k).sel(membrane=membrane))


def _names(given: Any, allowed: Any, where: str, wanted: str) -> list[str]:
    """The names that were given, each once; all where none were.  Raises WrongType, UnknownName."""
    if given is None:
        return list(allowed)
    if isinstance(given, str) or not isinstance(given, (list, tuple)) or not given:
        raise errors.WrongType(
            where=where,
            wanted=f"a list of names, each {wanted}",
            got=errors.shown(given),
            advice=f"[{next(iter(allowed))!r}]",
        )
    for name in given:
        errors.among(name, allowed, where, wanted)
    return list(dict.fromkeys(given))


def _solutes_by_place(data: xr.Dataset) -> dict[str, list[str]]:
    """Solutes by place, from the names of parameters."""
    solutes: dict[str, list[str]] = {}
    for name in json.loads(data.attrs["parameters_json"]):
        place, dot, species = name.partition(".")
        if dot:
            solutes.setdefault(place, []).append(species)
    return solutes


def _level(data: xr.Dataset, name: str, k: int, where: str) -> float:
    """A concentration [mM] or the temperature [K] at output time ``k``: of the state, of a
    protocol, as it was scanned, or as it was set.
    """
    dim = TEMPERATURE if name == "temperature" else CONCENTRATION
    if "pool" in data.coords and name in {str(p) for p in data.pool.values}:
        if "concentration" not in data:
            raise errors.UnknownName(
                where=where,
                wanted=f"the concentration of {name}",
                got="a result that kept none",
                advice="keep=['concentration', 'potential']",
            )
        return float(data.concentration.isel(time=k).sel(pool=name))
    if name in data.data_vars or name in data.coords:
        array = data[name]
        value = array.isel(time=k) if "time" in array.dims else array
        return float(value) / units.from_internal(units.from_udunits(unit_of(array)))
    used: dict[str, str] = json.loads(data.attrs["parameters_json"])
    if name not in used:
        raise errors.UnknownName(
            where=where,
            wanted=f"the value of {name}",
            got="a result without it",
            advice="run the model again",
        )
    return float(units.scalar(units.quantity(used[name], where), dim, f"{where}, {name}"))


# --- the picture


def _draw(
    axes: Axes, rows: Sequence[Force], left_out: Sequence[str]
) -> list[tuple[FancyArrowPatch, float]]:
    """Rows from top to bottom in groups of a membrane; names at the left, sums and directions at
    the right.

    Returns the arrows with their lengths [kJ/mol].
    """
    _, small = text_sizes()
    ends = [x for force in rows for x in (0.0, force.chemical, force.total)]
    low, high = min(ends), max(ends)
    air = 0.08 * (high - low) or 1.0
    axes.set_xlim(low - air, high + air)
    y, places, names = 0.0, [], []
    arrows: list[tuple[FancyArrowPatch, float]] = []
    for k, force in enumerate(rows):
        if k == 0 or rows[k - 1].membrane != force.membrane:
            y += _HEAD
            _draw_heading(axes, force, y - 0.04)
        y += 0.5
        arrows += _draw_row(axes, force, y)
        places.append(y)
        names.append(f"{pretty(force.species)} in {_mM(force.within)}\nout {_mM(force.without)}")
        axes.text(
            1.02, y, "\n".join(_direction(force)), transform=axes.get_yaxis_transform(),
            size=small, va="center", clip_on=False,
        )  # fmt: skip
        y += 0.5
    axes.set_ylim(y + 0.05, -0.1)
    axes.axvline(0, color="#333333", linewidth=0.6, zorder=0)
    axes.set_yticks(places, names, size=small)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure_axes.ticked(axes.xaxis, *axes.get_xlim(), 5)
    _explain(axes, left_out)
    return arrows


def _draw_heading(axes: Axes, force: Force, y: float) -> None:
    """The membrane with its sides and its potential."""
    finite = math.isfinite(force.potential)
    potential = f"V = {digits(force.potential)} mV" if finite else "no potential"
    axes.text(
        0, y, f"{force.membrane} ({force.inside} in, {force.outside} out)\n{potential}",
        transform=axes.get_yaxis_transform(), size=text_sizes()[1], va="bottom",
        weight="bold", clip_on=False,
        bbox={"facecolor": "#FFFFFF", "edgecolor": "none", "pad": 0.5},
    )  # fmt: skip


def _draw_row(axes: Axes, force: Force, y: float) -> list[tuple[FancyArrowPatch, float]]:
    """The chemical arrow, the electrical one from its end, and the sum as a bar."""
    from matplotlib.patches import FancyArrowPatch

    colour, dark = colour_of(force.species), COLOURS["charge"]
    parts: list[tuple[float, float, float, str, Any]] = [
        (0.0, force.chemical, y - 0.26, colour, "-")
    ]
    if force.charge:
        parts.append((force.chemical, force.total, y - 0.02, dark, (0, (2, 1))))
    axes.barh(
        y + 0.24, force.total, height=0.2, color=colour, edgecolor="#333333", linewidth=0.4,
        label=force.species,
    )  # fmt: skip
    arrows = []
    for start, end, height, ink, dash in parts:
        if abs(end - start) > 1e-9:
            arrow = FancyArrowPatch(
                (start, height), (end, height), arrowstyle="-|>", mutation_scale=1, shrinkA=0,
                shrinkB=0,
            )  # fmt: skip
            arrow.set(linestyle=dash, linewidth=1.3, color=ink, clip_on=False)
            axes.add_patch(arrow)
            arrows.append((arrow, abs(end - start)))
    for x, a, b in ((force.chemical, y - 0.26, y - 0.02), (force.total, y - 0.02, y + 0.14)):
        if force.charge:
            axes.plot([x, x], [a, b], color=GREY, linewidth=0.4, zorder=0)
    return arrows


def _set_heads(axes: Axes, arrows: Sequence[tuple[FancyArrowPatch, float]]) -> None:
    """Make the heads of arrows no longer than their arrow, as the figure is laid out now; lengths
    in kJ/mol.
    """
    low, high = axes.get_xlim()
    scale = axes.get_window_extent().width * 72 / axes.figure.dpi / (high - low)
    for arrow, length in arrows:
        points = length * scale
        arrow.set_arrowstyle(
            "-|>", head_width=min(1.6, 0.5 * points), head_length=min(3.0, 0.9 * points)
        )


def _mM(c: float) -> str:
    text = f"{c:.3g}" if 1e-3 <= c < 1e4 else digits(c)
    return f"{text} mM"


def _direction(force: Force) -> tuple[str, str]:
    """The sum with its sign, and the direction of the passive flux."""
    if abs(force.total) < _STILL:
        return "0.00", "at equilibrium"
    signed = f"{force.total:+.2f}".replace("-", "−")
    return (
        (f"{signed}, uphill", "leaves by itself")
        if force.total > 0
        else (f"{signed}, downhill", "enters by itself")
    )


def _explain(axes: Axes, left_out: Sequence[str]) -> None:
    """What the arrows are, and the sign convention, as the title of the abscissa."""
    _, small = text_sizes()
    wide = 72 * float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]
    lines = [
        "electrochemical potential, inside minus outside (kJ/mol)",
        "0: level outside; positive: uphill for what goes in",
        "arrow in colour: chemical, RT ln(in/out); dashed: electrical, zFV; bar: sum",
        *([f"not drawn: {', '.join(left_out)}"] if left_out else []),
    ]
    axes.set_xlabel("\n".join(wrap(line, 0.72 * wide, small) for line in lines), size=small)


def _millivolt_axis(axes: Axes) -> Any:
    """A second axis above, Δμ/F in mV."""
    second = axes.secondary_xaxis(
        "top", functions=(lambda x: np.asarray(x) / _PER, lambda x: np.asarray(x) * _PER)
    )
    _, small = text_sizes()
    second.set_xlabel("the same, divided by F (mV)", size=small, labelpad=0.6 * small)
    return second
