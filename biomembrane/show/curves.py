"""Curves of one panel, as :mod:`response` and :mod:`run_comparison` draw them: labels, sizes, the
title of the ordinate and the ends of the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from . import figure_axes
from . import style as look
from .series import Series, with_unit
from .text_layout import text_sizes, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .figure_types import LengthLike

    Array = NDArray[np.float64]

MOST_LINES = 12  # that can still be told apart


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of a panel; ``order``: index of its series and of its member of the family; ``total``:
    a sum of others.
    """

    label: str
    colour: str
    x: Array
    y: Array
    order: tuple[int, int] = (0, 0)
    total: bool = False


def merge_identical(series: Sequence[Series]) -> list[Series]:
    """Series of one colour whose numbers coincide as one, labelled with all their names; totals
    named as sums.
    """
    kept: list[Series] = []
    for each in series:
        twin = next((i for i, other in enumerate(kept) if _identical(each, other)), None)
        if twin is None:
            kept.append(each)
        else:
            kept[twin] = replace(kept[twin], label=f"{kept[twin].label}, {each.label}")
    if len(kept) == 1:
        return [replace(kept[0], total=False)]
    single_total = sum(each.total for each in kept) == 1
    return [
        replace(each, label="sum" if single_total else f"sum, {each.label}") if each.total else each
        for each in kept
    ]


def _identical(one: Series, other: Series) -> bool:
    return other.colour == one.colour and np.array_equal(other.values, one.values, equal_nan=True)


def peak(series: Sequence[Series], where: str) -> float:
    """The largest magnitude.  Raises OutOfDomain where there is no number."""
    peaks = [
        float(np.nanmax(np.abs(each.values))) for each in series if np.isfinite(each.values).any()
    ]
    if not peaks:
        raise errors.OutOfDomain(
            where=where,
            wanted="lanes that ran to completion",
            got="none",
            advice="run.data.status says why",
        )
    return max(peaks)


def axes_for_curves(
    ax: Axes | None, curves: Sequence[Curve], width: LengthLike, heading: str, where: str
) -> Axes:
    """Axes as tall as the labels of the curves need."""
    inches = look.width_inches(width)
    _, small = text_sizes()
    room = figure_axes.label_room(inches * 72)
    lines = sum(len(wrap(c.label, room, small).split("\n")) for c in curves)
    height = max(inches * (0.66 if inches < 4.6 else 0.45), (1.35 * small * lines + 7 * small) / 72)
    return figure_axes.axes_for(ax, width, height, heading, where)


def heading(source: Any) -> str:
    """The model's name, or the title of a dataset, for the metadata of the figure."""
    return str(getattr(source, "model_name", "") or getattr(source, "attrs", {}).get("title", ""))


def ordinate_title(axes: Axes, series: Sequence[Series], unit: str) -> str:
    """The title of the ordinate, in lines as long as fit beside it; a single variable is named
    there, because its lines may not name it.
    """
    kinds = dict.fromkeys(each.kind for each in series)
    labels = dict.fromkeys(each.label for each in series)
    if len(kinds) == len(labels) == 1:
        kinds = dict.fromkeys([series[0].title])
    elif len({each.place for each in series}) == 1 and series[0].place:
        kinds = dict.fromkeys(f"{kind} in {series[0].place}" for kind in kinds)
    em, _ = text_sizes()
    return wrap(with_unit("; ".join(kinds), unit), 0.95 * figure_axes.height(axes), em)


def label_curves(axes: Axes, curves: Sequence[Curve], *, own: bool) -> None:
    """Write the label of each curve at its end; ``own``: the figure is ours to lay out."""
    endings = [_ending(c) for c in curves if np.isfinite(c.y).any()]
    figure_axes.label_ends(axes, endings, own=own)


def _ending(curve: Curve) -> figure_axes.Ending:
    last = np.flatnonzero(np.isfinite(curve.y) & np.isfinite(curve.x))[-1]
    return figure_axes.Ending(float(curve.x[last]), float(curve.y[last]), curve.label, curve.colour)
