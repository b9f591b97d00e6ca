"""Layout of text: extent, line breaks, and boxes spread so that none overlap."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

TIE = "\u00a0"  # a space that no line breaks


def text_sizes() -> tuple[float, float]:
    """Sizes of names and of numbers [pt] in the current style."""
    import matplotlib as mpl

    return float(mpl.rcParams["font.size"]), float(mpl.rcParams["xtick.labelsize"])


class Extent(NamedTuple):
    """Width and height of a text [pt]."""

    width: float
    height: float


NO_EXTENT = Extent(0.0, 0.0)


@functools.lru_cache(maxsize=4096)
def _advance(text: str, size: float, families: tuple[str, ...]) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(family=list(families), size=size), ismath=False
    )
    return float(width)


def extent(text: str, size: float) -> Extent:
    """Extent of ``text`` of ``size`` [pt] in the font of the current style; lines are 1.2 sizes
    apart.
    """
    import matplotlib as mpl

    families = tuple(mpl.rcParams["font.family"])
    lines = text.split("\n")
    return Extent(max(_advance(line, size, families) for line in lines), 1.2 * size * len(lines))


def wrap(text: str, room: float, size: float) -> str:
    """``text`` of ``size`` [pt] broken into lines of at most ``room`` [pt]: at spaces but not at
    ties, after - and /, and within words as a last resort.
    """
    lines = [""]
    for piece in re.findall(r"[^ \n/-]*[/-]+[ \n]*|[^ \n/-]+[ \n]*", text):
        if lines[-1] and extent((lines[-1] + piece).rstrip(), size).width > room:
            lines.append("")
        lines[-1] += piece
        while extent(lines[-1].rstrip(), size).width > room and len(lines[-1].rstrip()) > 2:
            whole = lines.pop()
            fits = next(
                (
                    n
                    for n in range(len(whole.rstrip()) - 1, 1, -1)
                    if extent(whole[:n], size).width <= room
                ),
                1,
            )
            lines += [whole[:fits], whole[fits:]]
    return "\n".join(line.rstrip() for line in lines).replace(TIE, " ")


def spread(
    wanted: Sequence[float],
    sizes: Sequence[float],
    low: float,
    high: float,
    weights: Sequence[float] | None = None,
) -> list[float]:
    """Lower edges of boxes stacked in the given order, as near as possible to ``wanted`` and
    without overlap.

    ``sizes`` are the heights of the boxes with their gaps; all in one unit of length.  Least
    squares with the ``weights``, by pooling adjacent violators; the stack is then moved into [low,
    high], upwards first where it does not fit.
    """
    offsets = [0.0]
    for size in sizes:
        offsets.append(offsets[-1] + size)
    blocks: list[
        tuple[float, float, int]
    ] = []  # mean of (wanted − offset), weight, number of boxes
    for i, goal in enumerate(wanted):
        mean, weight, count = goal - offsets[i], 1.0 if weights is None else weights[i], 1
        while blocks and blocks[-1][0] >= mean:
            before, mass, boxes = blocks.pop()
            mean, weight, count = (
                (before * mass + mean * weight) / (mass + weight),
                mass + weight,
                count + boxes,
            )
        blocks.append((mean, weight, count))
    room = high - offsets[-1]
    starts = [max(low, min(mean, room)) for mean, _, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]
