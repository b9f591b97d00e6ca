"""Curves over a scan: current against potential, flux against concentration …"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from . import drawn_variables, figure_axes
from . import style as look
from .colours import DASHES, GREY, shades
from .curves import (
    MOST_LINES,
    Curve,
    axes_for_curves,
    heading,
    label_curves,
    merge_identical,
    ordinate_title,
    peak,
)
from .print_format import digits, four_digits, scaled
from .result_data import dataset, name_in_result, transporter_labels
from .scan_coordinates import Coordinate, coordinate, spaced_by_ratios
from .series import Series, at_time, printed_unit, unbroken, with_unit
from .text_layout import TIE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..quantity_types import TimeLike
    from .figure_types import LengthLike, ResultLike, VariableLike, VariablesLike

    Array = NDArray[np.float64]

_CROSS = "×"
_FLAT = 1e-6  # of a curve, and of the largest in its panel: what is smaller is zero


@errors.keywords
def response(
    scan: ResultLike,
    of: VariablesLike = "current",
    *,
    along: VariableLike | None = None,
    at: TimeLike | None = None,
    reversal: bool = False,
    ax: Axes | None = None,
    width: LengthLike = "single",
    style: str | None = None,
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
        reversal: write at the end of each line where it crosses zero, interpolated linearly
            between lanes.
        ax: axes to draw into; default a new figure.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`; without effect on the
            size where ``ax`` is given.

    Raises:
        WrongType: not a scan over one or two dimensions.
        UnknownName: a variable, a dimension, a width or a style that does not exist.
        BareNumber: an array or a time without a unit.
        UnitMismatch: variables of several units, or a time in a unit of another dimension.
        OutOfDomain: a time beyond the run, or no number to draw.
    """
    where = "response(…)"
    series = [at_time(each, at, where) for each in drawn_variables.series(scan, of, where)]
    dims = _scan_dims(series, where)
    abscissa, title, dim = _abscissa(scan, series[0], along, at, where)
    series = merge_identical(series)
    curves, unit = _curves(series, abscissa, dim, dims, where)
    log = isinstance(abscissa, Coordinate) and spaced_by_ratios(
        np.concatenate([c.x for c in curves])
    )
    if reversal:
        curves = _with_reversals(curves, title, log=log)
    with look.style(style):
        axes = axes_for_curves(ax, curves, width, heading(scan), where)
        failed = _draw(axes, curves, log=log)
        note = f"\n{_CROSS} lanes that did not come to their end" if failed else ""
        axes.set_xlabel(title + note)
        axes.set_ylabel(ordinate_title(axes, series, unit))
        figure_axes.zero_lines(axes, x=not log)
        label_curves(axes, curves, own=ax is None)
    return axes


def _scan_dims(series: Sequence[Series], where: str) -> list[str]:
    """The scan dimensions, one or two, which all series share.  Raises WrongType."""
    dims = list(dict.fromkeys(dim for each in series for dim in each.dims))
    if 1 <= len(dims) <= 2 and all(set(each.dims) == set(dims) for each in series):
        return dims
    raise errors.WrongType(
        where=where,
        wanted="a scan over one or two dimensions",
        got=f"one over {', '.join(dims)}" if dims else "no scan dimension",
        advice=(
            "one lane along the others: data.isel(…)"
            if dims
            else "bm.simulate(model, until=…, parameters={'blood.K': an array})"
        ),
    )


def _abscissa(
    scan: Any, first: Series, along: Any, at: Any, where: str
) -> tuple[Coordinate | Series, str, str]:
    """What runs along the abscissa, its title, and the scan dimension that orders the points."""
    is_array = type(scan).__name__ == "DataArray"
    coordinates, variables = list(map(str, first.values.coords)), []
    if not is_array:
        data = dataset(scan, where)
        variables = drawn_variables.drawable_names(data)
        along = name_in_result(data, along, [*coordinates, *variables])
    where = f"{where}, along=…"
    if along is None or (isinstance(along, str) and along in (*coordinates, *first.dims)):
        name = first.dims[0] if along is None else along
        chosen = coordinate(first.values, name, where, transporter_labels(scan))
        return chosen, chosen.title, chosen.dim
    allowed = [*first.dims, *coordinates, *variables]
    if is_array:
        errors.among(along, allowed, where, "a dimension or coordinate of the array")
    elif isinstance(along, str):
        errors.among(
            along, allowed, where, "a scan dimension, a coordinate along one, or a variable"
        )
    candidates = drawn_variables.series(scan, along, where)
    if any(
        not np.array_equal(candidates[0].values, each.values, equal_nan=True)
        for each in candidates[1:]
    ):  # membranes in parallel have one potential
        raise errors.WrongType(
            where=where,
            wanted="one variable",
            got=", ".join(each.label for each in candidates),
            advice=f"along=({errors.shown(along)}, {candidates[0].label!r})",
        )
    variable = at_time(candidates[0], at, where)
    return variable, with_unit(variable.title, variable.unit), first.dims[0]


def _curves(
    series: Sequence[Series],
    abscissa: Coordinate | Series,
    dim: str,
    dims: Sequence[str],
    where: str,
) -> tuple[list[Curve], str]:
    """Curves in the SI prefix that fits, and their unit."""
    family = next((d for d in dims if d != dim), None)
    members = _family_labels(series[0], family) if family else [""]
    if len(series) * len(members) > MOST_LINES:
        raise errors.OutOfDomain(
            where=where,
            wanted=f"at most {MOST_LINES} lines",
            got=f"{len(series)} times {len(members)} lines",
            advice="fewer variables in of=…, or figures.map(scan, of=…)",
        )
    factor, unit = scaled(series[0].unit, peak(series, where))
    curves = []
    for i, each in enumerate(series):
        for k, member in enumerate(members):
            lane = {family: k} if family else {}
            y = np.asarray(each.values.isel(lane), float) * factor
            if isinstance(abscissa, Coordinate):
                order = np.argsort(abscissa.values, kind="stable")
                x, y = abscissa.values[order], y[order]
            else:
                x = np.asarray(abscissa.values.isel(lane), float)
            colour, label = each.colour, f"{each.label}, {member}" if member else each.label
            if len(series) == 1:
                colour, label = shades(colour, len(members))[k], member or label
            curves.append(Curve(label, colour, x, y, (i, k), each.total))
    return curves, unit


def _family_labels(series: Series, dim: str) -> list[str]:
    """The values along the second dimension as they stand at the lines."""
    coords = series.values.coords
    if dim in coords and coords[dim].dtype.kind not in "iuf":
        return [str(x) for x in coords[dim].values]
    along = coordinate(series.values, dim, "response(…)")
    unit = printed_unit(along.unit)
    texts = [four_digits(float(x)) for x in along.values]
    return [unbroken(f"{text} {unit}".strip(), f"{dim} ") for text in texts]


def _with_reversals(curves: Sequence[Curve], title: str, *, log: bool) -> list[Curve]:
    """Curves whose labels say where they cross zero.  Raises OutOfDomain where none does."""
    unit = title.rpartition("(")[2].rstrip(")") if title.endswith(")") else ""
    largest = max(float(np.nanmax(np.abs(c.y), initial=0.0)) for c in curves)
    labelled, any_zero = [], False
    for curve in curves:
        zeros = crossings(curve.x, curve.y, log=log, least=_FLAT * largest)
        any_zero |= bool(zeros)
        places = ", ".join(unbroken(f"{digits(x)} {unit}".strip()) for x in zeros)
        labelled.append(replace(curve, label=f"{curve.label}: 0 at {places}") if zeros else curve)
    if not any_zero:
        raise errors.OutOfDomain(
            where="response(…, reversal=True)",
            wanted="a curve that crosses zero",
            got="curves of one sign",
            advice="a wider scan, or reversal=False",
        )
    return labelled


def crossings(x: Array, y: Array, *, log: bool = False, least: float = 0.0) -> list[float]:
    """Where a curve through points changes its sign, by straight lines between neighbours (over
    ln x where ``log``).

    Points below a millionth of the curve's size, or below ``least``, count as zero; a curve that
    is zero over several points, or touches zero without a change of sign, does not cross there.
    """
    u = np.log(x) if log else x
    threshold = max(least, _FLAT * float(np.nanmax(np.abs(y), initial=0.0)))
    y = np.where((np.abs(y) <= threshold) & ~np.isnan(y), 0.0, y)
    zeros = []
    for i in range(len(u) if np.any(np.nan_to_num(y)) else 0):
        b = y[i + 1] if i + 1 < len(u) else np.nan
        if y[i] == 0 and b != 0 and (i == 0 or not y[i - 1] * b > 0) and not (i and y[i - 1] == 0):
            zeros.append(float(u[i]))
        elif y[i] * b < 0:
            zeros.append(float(u[i] - y[i] * (u[i + 1] - u[i]) / (b - y[i])))
    return [float(np.exp(v)) for v in zeros] if log else zeros


def _draw(axes: Axes, curves: Sequence[Curve], *, log: bool) -> bool:
    """Draw lines with a dash and a mark of their own; gives whether lanes failed."""
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
        weight = thick * (1.6 if curve.total else 1.0)
        axes.plot(
            curve.x, curve.y, color=curve.colour, linestyle=dash, linewidth=weight,
            marker=figure_axes.MARKS[n % len(figure_axes.MARKS)], markersize=2.6 * thick,
            markevery=max(1, len(curve.x) // 12), markeredgewidth=0,
            label=curve.label.replace(TIE, " "), clip_on=False,
        )  # fmt: skip
    failed = sorted({float(v) for c in curves for v in c.x[np.isfinite(c.x) & ~np.isfinite(c.y)]})
    if failed:
        axes.plot(
            failed, [0.0] * len(failed), "x", color=GREY, markersize=4 * thick,
            transform=axes.get_xaxis_transform(), clip_on=False,
        )  # fmt: skip
    return bool(failed)
