"""Curves over a scan (current against potential, flux against concentration …), and runs laid over
one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from . import drawn_variables, figure_axes
from . import style as look
from .style import DASHES, digits

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from ..quantity_types import TimeLike
    from .course_contents import RunLike
    from .figure_types import ResultLike, VariableLike, VariablesLike

    Array = NDArray[np.float64]

_MOST = 12  # lines that can still be told apart
_CROSS = "×"
_FLAT = 1e-6  # of a curve, and of the largest in its panel: what is smaller is zero


@dataclass(frozen=True, eq=False)
class _Curve:
    label: str
    colour: str
    x: Array
    y: Array
    order: tuple[int, int] = (0, 0)  # which series, which member of the family
    total: bool = False


@errors.keywords
def response(
    scan: ResultLike,
    of: VariablesLike = "current",
    *,
    along: VariableLike | None = None,
    at: TimeLike | None = None,
    reversal: bool = False,
    ax: Axes | None = None,
    width: str | float = "single",
    style: str = "cell",
) -> Axes:
    """Curves over a scan: current or flux against potential, concentration, density or whatever was
    scanned; one line a variable.

    A second scan dimension gives a family of lines, named at their ends by its values.  Dots are
    the lanes; axes are logarithmic where what was scanned is spaced by ratios; lanes that did not
    come to their end are crosses at the bottom.  Currents are F z J of each transporter and their
    sum over each membrane [pA]: positive charge that leaves the inside counts positive (formalism
    §8).  Fluxes count in the written direction of the process; a kinetic cycle shows the step that
    turns most.

    Args:
        scan: a run, kept scan, saved run or dataset over one or two scan dimensions; or an array
            over them with ``attrs["units"]``, ``of`` then has no meaning.
        of: ``"current"``; a variable (``"potential"``, ``"flux"``, ``"concentration"`` …) with all
            its members; a member (``"cell.Na"``, ``"GLUT2"``, a membrane); a pair ``("current",
            "K_leak")``; a line of the ledger (``"spent"``); an array; or a list of these, of one
            unit.
        along: what runs along the abscissa: a scan dimension, a dotted parameter that was scanned,
            or a variable or pair, as ``of`` takes it, for an I–V curve over the potential that was
            reached; default the first scan dimension.
        at: the time, as ``"10 s"``; default the last.
        reversal: tell at the end of each line where it crosses zero, between lanes by a straight
            line.
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`; without effect on the
            size where ``ax`` is given.

    Raises:
        WrongType: what is no scan over one or two dimensions.
        UnknownName: a variable, a dimension, a width or a style that does not exist.
        BareNumber: an array or a time without a unit.
        UnitMismatch: variables of several units, or a time in a unit of another dimension.
        OutOfDomain: a time beyond the run, or no number to draw.
    """
    where = "response(…)"
    made = [
        drawn_variables.moment(each, at, where) for each in drawn_variables.series(scan, of, where)
    ]
    dims = list(dict.fromkeys(dim for each in made for dim in each.dims))
    if not 1 <= len(dims) <= 2 or any(set(each.dims) != set(dims) for each in made):
        got = f"one over {', '.join(dims)}" if dims else "no scan dimension"
        advice = (
            "one lane along the others: data.isel(…)"
            if dims
            else "bm.simulate(model, until=…, parameters={'blood.K': an array})"
        )
        raise errors.WrongType(
            where=where, wanted="a scan over one or two dimensions", got=got, advice=advice
        )
    abscissa, title, dim = _abscissa(scan, made[0], along, at, where)
    curves, unit = _curves(_distinct(made), abscissa, dim, dims, where)
    log = drawn_variables.even_ratios(np.concatenate([c.x for c in curves])) and not isinstance(
        abscissa, drawn_variables.Series
    )
    if reversal:
        curves = _reversed(curves, title, log=log)
    with look.style(style):
        axes = figure_axes.axes_for(
            ax, width, style, _height(curves, width, style), _heading(scan), where
        )
        failed = _draw(axes, curves, log=log)
        axes.set_xlabel(
            title + (f"\n{_CROSS} lanes that did not come to their end" if failed else "")
        )
        axes.set_ylabel(_ordinate(axes, _distinct(made), unit))
        figure_axes.zero_lines(axes, x=not log)
        figure_axes.label_ends(
            axes, [_ending(c) for c in curves if np.isfinite(c.y).any()], own=ax is None
        )
    return axes


def _abscissa(
    scan: Any, first: drawn_variables.Series, along: Any, at: Any, where: str
) -> tuple[drawn_variables.Coordinate | drawn_variables.Series, str, str]:
    """What runs along the abscissa, its title, and the scan dimension that orders the points."""
    if type(scan).__name__ != "DataArray":
        data = drawn_variables.dataset(scan, where)
        along = drawn_variables.plain(
            data, along, [*map(str, first.values.coords), *drawn_variables.known(data)]
        )
    if (
        along is None
        or (isinstance(along, str) and along in first.values.coords)
        or (isinstance(along, str) and along in first.dims)
    ):
        chosen = drawn_variables.coordinate(
            first.values,
            first.dims[0] if along is None else along,
            f"{where}, along=…",
            drawn_variables.labels(scan),
        )
        return chosen, chosen.title, chosen.dim
    if type(scan).__name__ == "DataArray":
        errors.among(
            along,
            [*first.dims, *map(str, first.values.coords)],
            f"{where}, along=…",
            "a dimension or coordinate of the array",
        )
    if isinstance(along, str) and type(scan).__name__ != "DataArray":
        known = [*first.dims, *map(str, first.values.coords), *drawn_variables.known(data)]
        errors.among(
            along,
            known,
            f"{where}, along=…",
            "a scan dimension, a coordinate along one, or a variable",
        )
    found = drawn_variables.series(scan, along, f"{where}, along=…")
    if len(found) > 1 and all(
        np.array_equal(found[0].values, each.values, equal_nan=True) for each in found[1:]
    ):
        found = found[:1]  # membranes in parallel
    if len(found) > 1:
        got, advice = (
            ", ".join(each.label for each in found),
            f"along=({errors.shown(along)}, {found[0].label!r})",
        )
        raise errors.WrongType(
            where=f"{where}, along=…", wanted="one variable", got=got, advice=advice
        )
    one = drawn_variables.moment(found[0], at, f"{where}, along=…")
    return one, drawn_variables.titled(drawn_variables.named(one), one.unit), first.dims[0]


def _distinct(made: Sequence[drawn_variables.Series]) -> list[drawn_variables.Series]:
    """Series that coincide under one name."""
    kept: list[drawn_variables.Series] = []
    for each in made:
        same = [
            i
            for i, other in enumerate(kept)
            if other.colour == each.colour
            and np.array_equal(other.values, each.values, equal_nan=True)
        ]
        if same:
            kept[same[0]] = replace(kept[same[0]], label=f"{kept[same[0]].label}, {each.label}")
        else:
            kept.append(each)
    totals = [each for each in kept if each.total]
    alone = len(totals) == 1 < len(kept)
    names = {id(each): "sum" if alone else f"sum, {each.label}" for each in totals if len(kept) > 1}
    return [
        replace(each, label=names.get(id(each), each.label), total=each.total and len(kept) > 1)
        for each in kept
    ]


def _curves(
    made: Sequence[drawn_variables.Series],
    abscissa: drawn_variables.Coordinate | drawn_variables.Series,
    dim: str,
    dims: Sequence[str],
    where: str,
) -> tuple[list[_Curve], str]:
    """Lines in the SI prefix that fits, and their unit."""
    family = next((d for d in dims if d != dim), None)
    members = _family(made[0], family) if family else [""]
    if len(made) * len(members) > _MOST:
        got, advice = (
            f"{len(made)} times {len(members)} lines",
            "fewer variables in of=…, or figures.map(scan, of=…)",
        )
        raise errors.OutOfDomain(
            where=where, wanted=f"at most {_MOST} lines", got=got, advice=advice
        )
    factor, unit = look.scaled(made[0].unit, _peak(made, where))
    curves = []
    for i, each in enumerate(made):
        for k, member in enumerate(members):
            y, x = each.values.isel({family: k}) if family else each.values, abscissa.values
            if isinstance(abscissa, drawn_variables.Series) and family:
                x = abscissa.values.isel({family: k})
            colour = (
                figure_axes.shades(each.colour, len(members))[k] if len(made) == 1 else each.colour
            )
            label = (
                member
                if len(made) == 1 and member
                else f"{each.label}, {member}"
                if member
                else each.label
            )
            curve = _Curve(
                label,
                colour,
                np.asarray(x, float),
                np.asarray(y, float) * factor,
                (i, k),
                each.total,
            )
            order = (
                np.argsort(curve.x, kind="stable")
                if isinstance(abscissa, drawn_variables.Coordinate)
                else slice(None)
            )
            curves.append(replace(curve, x=curve.x[order], y=curve.y[order]))
    return curves, unit


def _peak(made: Sequence[drawn_variables.Series], where: str) -> float:
    """The largest number.  Raises OutOfDomain where there is none."""
    sizes = [
        float(np.nanmax(np.abs(each.values))) for each in made if np.isfinite(each.values).any()
    ]
    if not sizes:
        raise errors.OutOfDomain(
            where=where,
            wanted="lanes that came to their end",
            got="none",
            advice="run.data.status says why",
        )
    return max(sizes)


def _family(each: drawn_variables.Series, dim: str) -> list[str]:
    """The values along a dimension as they stand at the lines."""
    coords = each.values.coords
    if dim in coords and coords[dim].dtype.kind not in "iuf":
        return [str(x) for x in coords[dim].values]
    made = drawn_variables.coordinate(each.values, dim, "response(…)")
    texts = [figure_axes.number(float(x)) for x in made.values]
    return [
        drawn_variables.tied(f"{text} {drawn_variables.unit_text(made.unit)}".strip(), f"{dim} ")
        for text in texts
    ]


def _reversed(curves: Sequence[_Curve], title: str, *, log: bool) -> list[_Curve]:
    unit = title.rpartition("(")[2].rstrip(")") if title.endswith(")") else ""
    made, found = [], False
    panel = max(float(np.nanmax(np.abs(c.y), initial=0.0)) for c in curves)
    for curve in curves:
        zeros = crossings(curve.x, curve.y, log=log, least=_FLAT * panel)
        found |= bool(zeros)
        told = ", ".join(drawn_variables.tied(f"{digits(x)} {unit}".strip()) for x in zeros)
        made.append(replace(curve, label=f"{curve.label}: 0 at {told}") if zeros else curve)
    if not found:
        got, advice = "curves of one sign", "a wider scan, or reversal=False"
        raise errors.OutOfDomain(
            where="response(…, reversal=True)",
            wanted="a curve that crosses zero",
            got=got,
            advice=advice,
        )
    return made


def crossings(x: Array, y: Array, *, log: bool = False, least: float = 0.0) -> list[float]:
    """Where a line through points changes its sign, by straight lines between neighbours (over ln x
    where ``log``).

    Points below a millionth of the curve's size, or below ``least``, count as zero; a curve that
    lies at zero over several points, or touches it without a change of sign, does not cross there.
    """
    u = np.log(x) if log else x
    y = np.where(
        np.abs(y) <= max(least, _FLAT * float(np.nanmax(np.abs(y), initial=0.0))),
        np.where(np.isnan(y), y, 0.0),
        y,
    )
    made = []
    for i in range(len(u) if np.any(np.nan_to_num(y)) else 0):
        b = y[i + 1] if i + 1 < len(u) else np.nan
        if y[i] == 0 and b != 0 and (i == 0 or not y[i - 1] * b > 0) and not (i and y[i - 1] == 0):
            made.append(float(u[i]))
        elif y[i] * b < 0:
            made.append(float(u[i] - y[i] * (u[i + 1] - u[i]) / (b - y[i])))
    return [float(np.exp(v)) for v in made] if log else made


def _height(curves: Sequence[_Curve], width: str | float, style: str) -> float:
    """Room for the labels [in]."""
    inches = look.width_inches(width, style)
    _, small = look.text_sizes()
    lines = sum(
        len(look.wrap(c.label, figure_axes.label_room(inches * 72), small).split("\n"))
        for c in curves
    )
    return max(inches * (0.66 if inches < 4.6 else 0.45), (1.35 * small * lines + 7 * small) / 72)


def _heading(source: Any) -> str:
    return str(getattr(source, "model_name", "") or getattr(source, "attrs", {}).get("title", ""))


def _draw(axes: Axes, curves: Sequence[_Curve], *, log: bool) -> bool:
    """Lines with a dash and a mark of their own; whether lanes failed."""
    import matplotlib as mpl

    thick = float(mpl.rcParams["lines.linewidth"])
    if log:
        axes.set_xscale("log")
    x = np.concatenate([c.x for c in curves])
    low, high = (float(np.nanmin(x)), float(np.nanmax(x)))
    axes.set_xlim(*figure_axes.span(x, log=log) if low == high else (low, high))
    axes.set_ylim(*figure_axes.span(np.concatenate([c.y for c in curves]), zero=True))
    figure_axes.ticked(axes.xaxis, *axes.get_xlim(), 5, log=log, lanes=x[np.isfinite(x)])
    figure_axes.ticked(axes.yaxis, *axes.get_ylim(), 6)
    for n, curve in enumerate(curves):
        dash = DASHES[n % len(DASHES)] if not curve.total else "-"
        every = max(1, len(curve.x) // 12)
        size, weight = 2.6 * thick, thick * (1.6 if curve.total else 1.0)
        axes.plot(
            curve.x, curve.y, color=curve.colour, linestyle=dash, linewidth=weight,
            marker=figure_axes.MARKS[n % len(figure_axes.MARKS)],
            markersize=size, markevery=every, markeredgewidth=0,
            label=curve.label.replace(look.TIE, " "), clip_on=False,
        )  # fmt: skip
    gone = sorted(
        {
            float(v)
            for c in curves
            for v, y in zip(c.x, c.y, strict=True)
            if np.isfinite(v) and not np.isfinite(y)
        }
    )
    if gone:
        axes.plot(
            gone,
            [0.0] * len(gone),
            "x",
            color=figure_axes.GREY,
            markersize=4 * thick,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )
    return bool(gone)


def _ordinate(axes: Axes, made: Sequence[drawn_variables.Series], unit: str) -> str:
    """The title of the ordinate, in lines as long as fit beside it; one variable is named there,
    for its lines may not.
    """
    kinds = dict.fromkeys(each.kind for each in made)
    labels = dict.fromkeys(each.label for each in made)
    if len(kinds) == len(labels) == 1:
        kinds = dict.fromkeys([drawn_variables.named(made[0])])
    elif len({each.place for each in made}) == 1 and made[0].place:
        kinds = dict.fromkeys(f"{kind} in {made[0].place}" for kind in kinds)
    em, _ = look.text_sizes()
    tall = float(axes.get_position().height * axes.figure.get_size_inches()[1]) * 72  # type: ignore[union-attr]
    return look.wrap(drawn_variables.titled("; ".join(kinds), unit), 0.95 * tall, em)


def _ending(curve: _Curve) -> figure_axes.Ending:
    last = np.flatnonzero(np.isfinite(curve.y) & np.isfinite(curve.x))[-1]
    return figure_axes.Ending(float(curve.x[last]), float(curve.y[last]), curve.label, curve.colour)


@errors.keywords
def compare(
    runs: Mapping[str, RunLike | xr.Dataset],
    of: VariablesLike = "potential",
    *,
    ax: Axes | None = None,
    width: str | float = "single",
    style: str = "cell",
) -> Axes:
    """Time courses of several runs in one panel, each line named at its end; a run has one dash, a
    variable one colour.

    Args:
        runs: ``{"label": run}``, fresh or saved, each of one lane; times need not agree.
        of: variables of one unit, as in :func:`response`: ``"potential"``, ``"cell.Na"``,
            ``["cell.Na", "cell.K"]``, ``("current", "K_leak")``,
            ``"spent"`` …
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    Membranes that share their potential are one line.

    Raises:
        WrongType: what is no mapping of runs, or a scan of several lanes.
        UnknownName: a variable, a width or a style that does not exist.
        UnitMismatch: variables of several units.
        OutOfDomain: no number to draw.
    """
    where = "compare(…)"
    if (
        not isinstance(runs, Mapping)
        or not runs
        or not all(isinstance(name, str) and name for name in runs)
    ):
        advice = "figures.compare({'control': run, 'ouabain': blocked}, of='potential')"
        raise errors.WrongType(
            where=where, wanted="runs by label", got=errors.shown(runs), advice=advice
        )
    for label, run in runs.items():
        drawn_variables.one_lane(run, f"{where}, run {label!r}")
    found = {
        label: _distinct(drawn_variables.series(run, of, f"{where}, run {label!r}"))
        for label, run in runs.items()
    }
    every = [each for made in found.values() for each in made]
    units = dict.fromkeys(each.unit for each in every)
    if len(units) > 1:
        raise errors.UnitMismatch(
            where=where,
            wanted="one unit in all runs",
            got=", ".join(units),
            advice="runs of one model, or one call each",
        )
    if any("time" not in each.values.dims or each.values.sizes["time"] < 2 for each in every):
        raise errors.WrongType(
            where=where,
            wanted="time courses",
            got="values without a time",
            advice="runs with until=, not of their last state alone",
        )
    if len(every) > _MOST:
        got = f"{len(every)} lines"
        raise errors.OutOfDomain(
            where=where,
            wanted=f"at most {_MOST} lines",
            got=got,
            advice="fewer variables in of=…, or fewer runs",
        )
    factor, unit = look.scaled(every[0].unit, _peak(every, where))
    clock, tick = figure_axes.clock(max(float(each.values.time[-1]) for each in every))
    curves = _courses(found, factor, clock)
    with look.style(style):
        axes = figure_axes.axes_for(
            ax,
            width,
            style,
            _height(curves, width, style),
            _heading(next(iter(runs.values()))),
            where,
        )
        _lay(axes, curves)
        axes.set_xlabel(f"Time ({tick})")
        axes.set_ylabel(_ordinate(axes, every, unit))
        figure_axes.zero_lines(axes, x=False)
        figure_axes.label_ends(
            axes, [_ending(c) for c in curves if np.isfinite(c.y).any()], own=ax is None
        )
    return axes


def _courses(
    found: Mapping[str, Sequence[drawn_variables.Series]], factor: float, clock: float
) -> list[_Curve]:
    """By run and variable: one variable shows its runs in shades of its colour, several show
    theirs.
    """
    names = list(dict.fromkeys(each.label for made in found.values() for each in made))
    curves = []
    for k, (label, made) in enumerate(found.items()):
        for each in made:
            colour = (
                figure_axes.shades(each.colour, len(found))[k] if len(names) == 1 else each.colour
            )
            text = (
                label
                if len(names) == 1
                else each.label
                if len(found) == 1
                else f"{each.label}, {label}"
            )
            x, y = (
                np.asarray(each.values.time, float) * clock,
                np.asarray(each.values, float) * factor,
            )
            curves.append(_Curve(text, colour, x, y, (names.index(each.label), k)))
    return curves


def _lay(axes: Axes, curves: Sequence[_Curve]) -> None:
    import matplotlib as mpl

    thick = float(mpl.rcParams["lines.linewidth"])
    x = np.concatenate([c.x for c in curves])
    axes.set_xlim(float(x.min()), float(x.max()))
    axes.set_ylim(*figure_axes.span(np.concatenate([c.y for c in curves])))
    figure_axes.ticked(axes.xaxis, *axes.get_xlim(), 5)
    figure_axes.ticked(axes.yaxis, *axes.get_ylim(), 6)
    for curve in curves:
        dash = DASHES[curve.order[1] % len(DASHES)]
        axes.plot(
            curve.x, curve.y, color=curve.colour, linestyle=dash, linewidth=thick, label=curve.label
        )
