"""Figures of laws: how tightly flows are coupled, and what a repair changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from . import style as look
from .colours import COLOURS, GREY, colour_of, ink
from .print_format import digits, pretty, scaled, unit_text
from .text_layout import text_sizes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..second_law.coupling import Coupling
    from ..second_law.repair import Repair
    from .figure_types import LengthLike

_SHAPE = 0.42  # height of a figure of two panels by its width


@errors.keywords
def coupling(result: Coupling, *, width: LengthLike = "double", style: str | None = None) -> Figure:
    """Two coupled flows: left both flows over the driven force, with level flow and static head
    marked; right the efficiency between them.

    The dashed curve is Kedem and Caplan's, for forces near equilibrium and the same degree of
    coupling q; dots are the largest values.

    Args:
        result: what :func:`~biomembrane.coupling` gave.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    Raises:
        WrongType: the result is no coupling.
        UnknownName: a width or a style that does not exist.
    """
    from ..second_law.coupling import Coupling as CouplingResult

    errors.expect(
        result,
        CouplingResult,
        "figures.coupling(…)",
        "what coupling(…) gives",
        "figures.coupling(bm.coupling(transporter))",
    )
    curve = result.curve
    X2 = curve.X2.values
    driving, driven = pretty(result.driving), pretty(result.driven)
    with look.style(style):
        inches = look.width_inches(width)
        figure = look.new_figure(inches, inches * _SHAPE, result.name)
        figure.set_layout_engine("constrained")
        left, right = figure.subplots(1, 2)
        factor, unit = scaled("fmol/s", float(max(abs(curve.J1).max(), abs(curve.J2).max())))
        colours = _distinct_colours(result.driving, result.driven)
        for name, label, colour in (("J1", driving, colours[0]), ("J2", driven, colours[1])):
            left.plot(X2, curve[name].values * factor, color=colour, label=f"$J$ {label}")
        _axes(left, f"force of {driven} (kJ/mol)", f"flow ({unit_text(unit)})")
        left.axvline(0, color=GREY, lw=0.6)
        left.axhline(0, color=GREY, lw=0.6)
        if np.isfinite(result.head):
            left.plot(
                [result.head / 1e3], [0], "o", color=colours[1], ms=3.5, clip_on=False, zorder=5
            )
            left.annotate(
                "static head",
                (result.head / 1e3, 0),
                (0, -11),
                textcoords="offset points",
                ha="center",
                color=ink(colours[1]),
            )
        left.plot(
            [0], [float(result.at(0.0)[1][0]) * factor], "s", color=colours[1], ms=3.2, zorder=5
        )
        left.annotate(
            "level flow",
            (0, float(result.at(0.0)[1][0]) * factor),
            (5, -9),
            textcoords="offset points",
            color=ink(colours[1]),
        )
        left.margins(y=0.15)
        left.legend(loc="best", frameon=False)
        _efficiencies(right, result, COLOURS["heat"])
    return figure


def _efficiencies(axes: Axes, result: Coupling, grey: str) -> None:
    """η over the driven force as a share of static head, real and near equilibrium."""
    share = np.linspace(0, 1, 161)
    axes.plot(
        share,
        100 * result.efficiency(share * result.head),
        color="black",
        label=f"at {digits(result.X1 / 1e3)} kJ/mol",
    )
    if np.isfinite(result.q):
        axes.plot(
            share,
            100 * result.linear_efficiency(share),
            color=grey,
            ls=(0, (4, 1.5)),
            label=f"near equilibrium, $q$ = {digits(result.q)}",
        )
    best, largest = result.best
    for x, y, colour in (
        (best / result.head if result.head else 0.0, largest, "black"),
        (_best_share(result.q), result.best_linear, grey),
    ):
        if not np.isfinite(y):
            continue
        axes.plot([x], [100 * y], "o", color=colour, ms=3.5, zorder=5)
        axes.annotate(
            f"{digits(100 * y)} %",
            (x, 100 * y),
            (0, 4),
            textcoords="offset points",
            ha="center",
            color=colour,
        )
    _axes(axes, "driven force / static head", "efficiency (%)")
    axes.set_xlim(0, 1)
    axes.set_ylim(
        0, 1.45 * 100 * float(np.nanmax([largest, result.best_linear, 1e-3]))
    )  # room for the legend
    axes.legend(loc="upper left", frameon=False)


def _best_share(q: float) -> float:
    """Where η is largest near equilibrium, as a share of static head: (1 − √(1 − q²))/q²."""
    return float((1 - np.sqrt(max(1 - q**2, 0.0))) / q**2) if q else 0.0


@errors.keywords
def repair(result: Repair, *, width: LengthLike = "double", style: str | None = None) -> Figure:
    """What a repair changes: the flux before (dashed) and after over the force of its first solute,
    left, and over the voltage, right.

    A flux that grows without bound leaves the frame.  With one force the curves must pass through
    the origin of the left panel.

    Args:
        result: what :func:`~biomembrane.make_consistent` gave.
        width, style: as for :func:`~biomembrane.show.figures.energy_flow`.

    Raises:
        WrongType: the result is no repair.
        UnknownName: a width or a style that does not exist.
    """
    from ..second_law.repair import Repair as RepairResult

    errors.expect(
        result,
        RepairResult,
        "figures.repair(…)",
        "what make_consistent(…) gives",
        "figures.repair(bm.make_consistent(transporter))",
    )
    with look.style(style):
        inches = look.width_inches(width)
        figure = look.new_figure(inches, inches * _SHAPE, result.given.name)
        figure.set_layout_engine("constrained")
        for axes, data, dim in zip(
            figure.subplots(1, 2),
            (result.along_affinity(), result.along_voltage()),
            ("X", "V"),
            strict=True,
        ):
            high = _frame_limit(np.abs(data.before.values), np.abs(data.after.values))
            factor, unit = scaled("fmol/s", high)
            x = data[dim].values
            axes.plot(
                x,
                data.before.values * factor,
                color=COLOURS["K"],
                ls=(0, (4, 1.5)),
                label=f"before: {result.before.verdict}",
            )
            axes.plot(
                x,
                data.after.values * factor,
                color=COLOURS["Na"],
                label=f"after: {result.after.verdict}",
            )
            axes.axhline(0, color=GREY, lw=0.6)
            axes.axvline(0, color=GREY, lw=0.6)
            note = f"\n{data.attrs['note']}" if data.attrs else ""
            _axes(
                axes,
                f"{data[dim].attrs['long_name']} ({unit_text(data[dim].attrs['units'])}){note}",
                f"flow ({unit_text(unit)})",
            )
            axes.set_xlim(x[0], x[-1])
            shown = (
                np.clip(np.concatenate([data.before.values, data.after.values, [0.0]]), -high, high)
                * factor
            )
            axes.set_ylim(
                np.nanmin(shown) - 0.06 * np.ptp(shown), np.nanmax(shown) + 0.06 * np.ptp(shown)
            )
        _changes(figure.axes[0], result)
        figure.axes[0].legend(loc="best", frameon=False)
    return figure


def _changes(axes: Axes, result: Repair) -> None:
    """How much the flux changes on either side of equilibrium, in the half of the panel where that
    is: a curve may leave the frame.
    """
    for side, x, align in (("A < −RT", 0.02, "left"), ("A > RT", 0.98, "right")):
        share = (result.change or {}).get(f"median where {side}")
        if share is not None:
            text = f"{side}: {digits(100 * share)} %" if share else f"{side}: unchanged"
            axes.text(
                x, 0.02, text, transform=axes.transAxes, ha=align, va="bottom", color=ink(GREY)
            )
    if result.change:
        axes.set_title(
            "median change of the flux, below and above equilibrium",
            fontsize=text_sizes()[1],
            color=ink(GREY),
        )


def _frame_limit(before: Any, after: Any) -> float:
    """A height that shows both curves; a flux that grows without bound may leave the frame."""
    return 1.3 * float(
        max(np.nanmax(np.minimum(before, after)), np.nanmedian(before), np.nanmedian(after), 1e-12)
    )


def _axes(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _distinct_colours(first: str, second: str) -> tuple[Any, Any]:
    """Two different colours for the two flows."""
    first_colour, second_colour = colour_of(first), colour_of(second)
    return first_colour, second_colour if second_colour != first_colour else COLOURS["K"]
