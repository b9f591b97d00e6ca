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
from . import drawn_variables, figure_axes
from . import style as look
from .style import COLOURS, colour_of, digits, pretty

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyArrowPatch

    from ..quantity_types import TimeLike
    from .course_contents import RunLike

_HEAD = 0.75  # height of the title of a membrane, by that of a row
_PER = constants.FARADAY * 1e-6  # kJ/mol in a mV
_STILL = 0.005  # kJ/mol: nearer to equilibrium than is printed


@dataclass(frozen=True)
class Force:
    """Electrochemical potential inside less outside [kJ/mol]: RT ln(c_in/c_out) and zFV;
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
    width: str | float = "single",
    style: str = "cell",
) -> Axes:
    """Force diagram: for each membrane and solute, the electrochemical potential inside less that
    outside, and its two parts as arrows.

    Each row starts at 0, the level outside: the thin arrow is the chemical part RT ln(c_in/c_out),
    the dark one the electrical part zFV from where it ends, the bar their sum.  Right of 0,
    positive, is uphill for what goes in; the text says which way it runs by itself.  V is inside
    less outside (formalism §8).

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
        WrongType: what is no run, or a scan of several lanes.
        UnknownName: a species, a membrane, a width or a style that does not exist.
        OutOfDomain: a time beyond the run, or a species at 0 mM that was asked for.
        NoVoltage: a charged species at a membrane without a potential.
        BareNumber: a time without a unit.
        UnitMismatch: a time in a unit of another dimension.
    """
    where = "forces(…)"
    found, left = measured(run, at=at, species=species, membranes=membranes, where=where)
    with look.style(style):
        em, _ = look.text_sizes()
        groups = list(dict.fromkeys(f.membrane for f in found))
        height = (
            3.1 * em * (len(found) + _HEAD * len(groups)) + (12 if millivolts else 9) * em
        ) / 72
        axes = figure_axes.axes_for(
            ax, width, style, height, str(getattr(run, "model_name", "")), where
        )
        arrows = _draw(axes, found, left)
        second = _second(axes) if millivolts else None
        most = figure_axes.most_ticks(axes)
        _heads(axes, arrows)
        figure_axes.ticked(axes.xaxis, *axes.get_xlim(), most)
        if second is not None:
            low, high = axes.get_xlim()
            figure_axes.ticked(second.xaxis, low / _PER, high / _PER, most)
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
    data = drawn_variables.one_lane(run, where)
    told = drawn_variables.system(data, where)
    chosen = _names(membranes, told.membranes, f"{where}, membranes=…", "a membrane")
    k = drawn_variables.position(data.time, at, where) if "time" in data.dims else 0
    T = _level(data, "temperature", k, where)
    found, left = [], []
    places = _contents(data)
    for name in chosen:
        inside, outside = told.membranes[name]
        shared = [
            s for s in places.get(inside, ()) if s in places.get(outside, ()) and s in told.charges
        ]
        asked = _names(species, told.charges, f"{where}, species=…", "a species")
        V = (
            float(data.potential.isel(time=k).sel(membrane=name))
            if "potential" in data
            else math.nan
        )
        for one in asked if species is not None else shared:
            if one not in shared:
                continue
            within, without = (
                _level(data, f"{place}.{one}", k, where) for place in (inside, outside)
            )
            z = told.charges[one]
            if not (within > 0 and without > 0):
                if species is not None:
                    got = f"{one} at {within:g} mM in {inside}, {without:g} mM in {outside}"
                    raise errors.OutOfDomain(
                        where=where,
                        wanted="some of it on both sides: RT ln c has no bound at 0",
                        got=got,
                        advice="leave it out",
                    )
                left.append(f"{pretty(one)} ({name}): 0 mM on a side")
                continue
            if z and not math.isfinite(V):
                advice = f"species= without charge, or membranes= other than {name!r}"
                wanted = f"the potential of {name}, for {one}"
                raise errors.NoVoltage(
                    where=where,
                    wanted=wanted,
                    got="none at this time",
                    advice=advice,
                    membrane=name,
                )
            chemical = constants.GAS * T * math.log(within / without) / 1e3
            electrical = z * constants.FARADAY * V * 1e-6 if z else 0.0
            found.append(
                Force(name, inside, outside, one, z, within, without, V, chemical, electrical)
            )
    missing = [s for s in species or () if s not in {f.species for f in found}]
    if not found or missing:
        got = f"none of {', '.join(missing)}" if missing else "none"
        raise errors.OutOfDomain(
            where=where,
            wanted="solutes on both sides of a membrane",
            got=got,
            advice="species= or membranes= left out",
        )
    return found, left


def _names(given: Any, known: Any, where: str, wanted: str) -> list[str]:
    if given is None:
        return list(known)
    if isinstance(given, str) or not isinstance(given, (list, tuple)) or not given:
        advice = f"[{next(iter(known))!r}]"
        raise errors.WrongType(
            where=where,
            wanted=f"a list of names, each {wanted}",
            got=errors.shown(given),
            advice=advice,
        )
    for name in given:
        errors.among(name, known, where, wanted)
    return list(dict.fromkeys(given))


def _contents(data: xr.Dataset) -> dict[str, list[str]]:
    """Solutes by place, from the names of parameters."""
    made: dict[str, list[str]] = {}
    for name in json.loads(data.attrs["parameters_json"]):
        place, dot, species = name.partition(".")
        if dot:
            made.setdefault(place, []).append(species)
    return made


def _level(data: xr.Dataset, name: str, k: int, where: str) -> float:
    """A concentration [mM] or the temperature [K] at output time ``k``: of the state, as a protocol
    had it, as it was scanned, or as it was set.
    """
    dim = TEMPERATURE if name == "temperature" else CONCENTRATION
    if name in {str(p) for p in data.pool.values} if "pool" in data.coords else False:
        if "concentration" not in data:
            advice = "keep=['concentration', 'potential']"
            raise errors.UnknownName(
                where=where,
                wanted=f"the concentration of {name}",
                got="a result that kept none",
                advice=advice,
            )
        return float(data.concentration.isel(time=k).sel(pool=name))
    if name in data.data_vars or name in data.coords:
        array = data[name]
        value, unit = (
            array.isel(time=k) if "time" in array.dims else array,
            str(array.attrs.get("units", "1")),
        )
        return float(value) / units.from_internal(units.from_udunits(unit))
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
    axes: Axes, found: Sequence[Force], left: Sequence[str]
) -> list[tuple[FancyArrowPatch, float]]:
    """Rows from top to bottom in groups of a membrane; names at the left, sums and directions at
    the right; gives the arrows with their lengths.
    """
    _, small = look.text_sizes()
    ends = [x for f in found for x in (0.0, f.chemical, f.total)]
    low, high = min(ends), max(ends)
    air = 0.08 * (high - low) or 1.0
    axes.set_xlim(low - air, high + air)
    row, places, names = 0.0, [], []
    arrows: list[tuple[FancyArrowPatch, float]] = []
    for k, force in enumerate(found):
        if k == 0 or found[k - 1].membrane != force.membrane:
            V = (
                "no potential"
                if not math.isfinite(force.potential)
                else f"V = {digits(force.potential)} mV"
            )
            head = f"{force.membrane} ({force.inside} in, {force.outside} out)\n{V}"
            row += _HEAD
            plain = {"facecolor": "#FFFFFF", "edgecolor": "none", "pad": 0.5}
            axes.text(
                0,
                row - 0.04,
                head,
                transform=axes.get_yaxis_transform(),
                size=small,
                va="bottom",
                weight="bold",
                clip_on=False,
                bbox=plain,
            )
        row += 0.5
        arrows += _row(axes, force, row)
        places.append(row)
        names.append(f"{pretty(force.species)} in {_mM(force.within)}\nout {_mM(force.without)}")
        axes.text(
            1.02,
            row,
            "\n".join(_told(force)),
            transform=axes.get_yaxis_transform(),
            size=small,
            va="center",
            clip_on=False,
        )
        row += 0.5
    axes.set_ylim(row + 0.05, -0.1)
    axes.axvline(0, color="#333333", linewidth=0.6, zorder=0)
    axes.set_yticks(places, names, size=small)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure_axes.ticked(axes.xaxis, *axes.get_xlim(), 5)
    _explained(axes, left)
    return arrows


def _row(axes: Axes, force: Force, y: float) -> list[tuple[FancyArrowPatch, float]]:
    """The chemical arrow, the electrical one from its end, and the sum as a bar."""
    from matplotlib.patches import FancyArrowPatch

    colour, dark = colour_of(force.species), COLOURS["charge"]
    parts: list[tuple[float, float, float, str, Any]] = [
        (0.0, force.chemical, y - 0.26, colour, "-")
    ]
    if force.charge:
        parts.append((force.chemical, force.total, y - 0.02, dark, (0, (2, 1))))
    axes.barh(
        y + 0.24,
        force.total,
        height=0.2,
        color=colour,
        edgecolor="#333333",
        linewidth=0.4,
        label=force.species,
    )
    arrows = []
    for start, end, height, ink, dash in parts:
        if abs(end - start) > 1e-9:
            arrow = FancyArrowPatch(
                (start, height),
                (end, height),
                arrowstyle="-|>",
                mutation_scale=1,
                shrinkA=0,
                shrinkB=0,
            )
            arrow.set(linestyle=dash, linewidth=1.3, color=ink, clip_on=False)
            axes.add_patch(arrow)
            arrows.append((arrow, abs(end - start)))
    for x, a, b in ((force.chemical, y - 0.26, y - 0.02), (force.total, y - 0.02, y + 0.14)):
        if force.charge:
            axes.plot([x, x], [a, b], color=figure_axes.GREY, linewidth=0.4, zorder=0)
    return arrows


def _heads(axes: Axes, arrows: Sequence[tuple[FancyArrowPatch, float]]) -> None:
    """Heads of arrows, no longer than their arrow, as the figure is laid out now; lengths in
    kJ/mol.
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


def _told(force: Force) -> tuple[str, str]:
    """The sum with its sign, and which way it runs by itself."""
    if abs(force.total) < _STILL:
        return "0.00", "at equilibrium"
    signed = f"{force.total:+.2f}".replace("-", "−")
    return (
        (f"{signed}, uphill", "runs out") if force.total > 0 else (f"{signed}, downhill", "runs in")
    )


def _explained(axes: Axes, left: Sequence[str]) -> None:
    """What the arrows are, and the sign convention, as the title of the abscissa."""
    _, small = look.text_sizes()
    wide = 72 * float(axes.figure.get_size_inches()[0])  # type: ignore[union-attr]
    told = [
        "electrochemical potential, inside less outside (kJ/mol)",
        "0: level outside; positive: uphill for what goes in",
        "arrow in colour: chemical, RT ln(in/out); dashed: electrical, zFV; bar: sum",
        *([f"not drawn: {', '.join(left)}"] if left else []),
    ]
    axes.set_xlabel("\n".join(look.wrap(each, 0.72 * wide, small) for each in told), size=small)


def _second(axes: Axes) -> Any:
    """The same in mV above."""
    second = axes.secondary_xaxis(
        "top", functions=(lambda x: np.asarray(x) / _PER, lambda x: np.asarray(x) * _PER)
    )
    _, small = look.text_sizes()
    second.set_xlabel("the same, divided by F (mV)", size=small, labelpad=0.6 * small)
    return second
