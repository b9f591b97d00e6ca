"""Columns of the energy flow diagram: labels broken to fit side by side, with alleys between them
in which ribbons bend and loops rise.

Within a column every ribbon runs level, at a height that no label has; so no ribbon crosses a
label, whatever the width.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .. import errors
from .flow_parts import Link, Sheet, Slot
from .print_format import digits, percent, scaled
from .text_layout import Extent, extent, wrap

# Width of an alley [em], thinning of all ribbons, and whether numbers stand beside their units and
# words stay whole: the first that fits the page.
_ATTEMPTS = (
    (1.8, 1.0, True), (1.2, 1.0, True), (0.8, 1.0, True), (0.8, 0.6, True), (0.8, 0.35, True),
    (0.6, 0.2, True), (0.6, 0.6, False), (0.6, 0.2, False),
)  # fmt: skip
_CLEAR = 0.12  # between a label and what bends beside it [em]


@dataclass(frozen=True)
class Columns:
    """``scale`` [pt/pJ] is how wide a ribbon is; ``edges`` are the left and right end of the labels
    of each layer [pt].
    """

    scale: float
    edges: list[tuple[float, float]]


def set_columns(
    layers: list[list[Slot]], links: Sequence[Link], sheet: Sheet, total: float, scale: float
) -> Columns:
    """Break the labels of the widest layers until all stand side by side, and set ``x`` of every
    slot; ``scale`` is what would be best.

    Raises OutOfDomain where the page is too narrow.
    """
    excess = math.inf
    for alley, thin, whole in _ATTEMPTS:
        loops = _loop_room(links, len(layers), sheet, scale * thin)
        pads = [max(alley * sheet.em, room) for room in loops[1:-1]]
        half, missing = _half_widths(
            layers, sheet, total, sheet.width - sum(pads) - loops[0] - loops[-1], whole=whole
        )
        excess = min(excess, missing)
        if missing <= 0:
            return Columns(scale * thin, _place_columns(layers, half, pads, loops, sheet))
    raise errors.OutOfDomain(
        where="energy_flow(run, width=…)",
        wanted=f"{math.ceil(excess / 72 * 25.4)} mm more for {len(layers)} layers of labels",
        got=f"{sheet.width / 72 * 25.4:.0f} mm",
        advice="width='double' or a length such as '225 mm', or a style with smaller text",
    )


def _loop_room(links: Sequence[Link], layers: int, sheet: Sheet, scale: float) -> list[float]:
    """Room [pt] that loops need in each alley, from that before the first layer to that after the
    last.
    """
    rooms = [0.0] * (layers + 1)
    for k in (
        k for link in links if link.back for k in (link.path[0].layer + 1, link.path[-1].layer)
    ):
        rooms[k] += 4 * _CLEAR * sheet.em  # screens round the widths of letters up
    for link in (link for link in links if link.back):
        for k in (link.path[0].layer + 1, link.path[-1].layer):
            rooms[k] += link.energy * scale + _loop_radius(sheet)
    return rooms


def _loop_radius(sheet: Sheet) -> float:
    """Inner radius of the bends of a loop [pt]."""
    return 0.5 * sheet.em


def _half_widths(
    layers: list[list[Slot]], sheet: Sheet, total: float, room: float, *, whole: bool
) -> tuple[list[float], float]:
    """Half widths of the layers' labels [pt] once they are broken, and the width that is lacking
    for all to fit into ``room``.
    """
    half = [_fit_labels(layer, math.inf, sheet, total) / 2 for layer in layers]
    least = [_unbroken_width(layer, sheet, total) / 2 if whole else 0.0 for layer in layers]
    supple = set(range(len(layers)))
    while (missing := 2 * sum(half) - room) > 0 and supple:
        k = max(supple, key=half.__getitem__)
        goal = max(2 * half[k] - 0.5 * sheet.em, 2 * least[k])
        before, half[k] = half[k], _fit_labels(layers[k], goal + 1e-9, sheet, total) / 2
        if half[k] >= before or half[k] <= least[k]:
            supple.remove(k)
    return half, missing


def _place_columns(
    layers: list[list[Slot]], half: list[float], pads: list[float], loops: list[float], sheet: Sheet
) -> list[tuple[float, float]]:
    """Set ``x`` of every slot, in equal steps where the labels allow it; gives the edges of the
    labels."""
    needs = [a + b + pad for (a, b), pad in zip(pairwise(half), pads, strict=True)]
    span = sheet.width - half[0] - half[-1] - loops[0] - loops[-1]
    step = span / max(1, len(needs))
    for _ in needs:
        wide = [need for need in needs if need > step]
        step = (span - sum(wide)) / max(1, len(needs) - len(wide))
    x, edges = half[0] + loops[0], []
    for layer, own, need in zip(layers, half, [*needs, 0.0], strict=True):
        for slot in layer:
            slot.x = x
        edges.append((x - own, x + own))
        x += max(need, step)
    return edges


def _texts(slot: Slot, total: float) -> tuple[str, str, str]:
    """Name, energy and share of a bar."""
    factor, unit = scaled("pJ", total)
    return slot.name, f"{digits(slot.energy * factor)} {unit}", percent(slot.energy / total)


def _unbroken_width(layer: list[Slot], sheet: Sheet, total: float) -> float:
    """Width [pt] of the widest text of a layer when no word is broken, and no number leaves its
    unit.
    """
    widths = [sheet.bar]
    for name, number, share in (_texts(slot, total) for slot in layer if slot.name):
        widths += [
            extent(piece.rstrip(), sheet.em).width
            for piece in re.findall(r"[^\s/-]*[/-]+\s*|[^\s/-]+\s*", name.removesuffix(" gradient"))
        ]
        widths += [extent(piece, sheet.small).width for piece in (number, share)]
    return max(widths)


def _fit_labels(layer: list[Slot], room: float, sheet: Sheet, total: float) -> float:
    """Set the labels of a layer in columns of at most ``room``, and return what the widest takes
    [pt].
    """
    em, small, nodes = sheet.em, sheet.small, [slot for slot in layer if slot.name]
    words = [_texts(slot, total) for slot in nodes]
    joined = all(extent(f"{number} · {share}", small).width <= room for _, number, share in words)
    for slot, (full, number, share) in zip(nodes, words, strict=True):
        name = full if extent("gradient", em).width <= room else full.removesuffix(" gradient")
        value = f"{number} · {share}" if joined else wrap(number, room, small) + f"\n{share}"
        slot.text = wrap(name, room, em), value
        upper, lower = extent(slot.text[0], em), extent(value, small)
        slot.room = Extent(
            max(upper.width, lower.width, sheet.bar), upper.height + lower.height + 0.3 * em
        )
    return max((slot.room.width for slot in layer), default=0.0)


# --- where ribbons bend


def bend(
    k: int, layers: list[list[Slot]], climbs: Iterable[tuple[float, float, float]], sheet: Sheet
) -> tuple[float, float]:
    """From where to where [pt] the ribbons between layers k and k + 1 bend, all alike, which keeps
    them apart: beside the bars where no label is in the way, else in the alley.  ``climbs``: from,
    to, half the ribbon's width [pt].
    """
    spans = [(min(a, b) - half, max(a, b) + half) for a, b, half in climbs]
    away, near = (
        max(sheet.bar / 2, _label_reach(layer, spans, sheet)) for layer in layers[k : k + 2]
    )
    return layers[k][0].x + away, layers[k + 1][0].x - near


def _label_reach(layer: list[Slot], spans: list[tuple[float, float]], sheet: Sheet) -> float:
    """How far from its middle [pt] the labels of a layer go that a ribbon between these heights
    would meet.
    """
    labels = [(slot.y + slot.height, slot.room) for slot in layer if slot.name]
    met = (
        room.width / 2 + _CLEAR * sheet.em
        for y, room in labels
        for low, high in spans
        if low < y + room.height and high > y
    )
    return max(met, default=0.0)


def alleys(columns: Columns, links: Sequence[Link], sheet: Sheet) -> dict[int, tuple[float, float]]:
    """Where each loop climbs and where it comes down [pt], by the identity of its link: side by
    side in the alleys, clear of the labels.
    """
    last = len(columns.edges)
    taken_right = {k: columns.edges[k - 1][1] for k in range(1, last + 1)} | {0: -math.inf}
    free_left = {k: columns.edges[k][0] for k in range(last)}
    climbs = {}
    for link in (link for link in links if link.back):
        half, least = link.width / 2, _loop_radius(sheet) + _CLEAR * sheet.em
        k, m = link.path[0].layer + 1, link.path[-1].layer
        right, left = taken_right[k] + least + half, free_left[m] - least - half
        taken_right[k], free_left[m] = (
            right + half - _CLEAR * sheet.em,
            left - half + _CLEAR * sheet.em,
        )
        climbs[id(link)] = right, left
    return climbs
