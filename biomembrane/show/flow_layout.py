"""Layout of the flow of energy: layers from left to right, few crossings, ribbons as wide as the
energy they carry.

Nothing is drawn here: :func:`arrange` turns flows [pJ] into bars, ribbons and labels at places
[pt], which ``figures`` paints. The method is Sugiyama's (longest-path layers, dummies on long
links, barycentre sweeps); heights follow by weighted isotonic regression, so that ribbons run
straight where they can.  Heat is one river along the bottom.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .flow_columns import Columns, alleys, bend, set_columns
from .flow_parts import FlowLike, Link, Sheet, Slot
from .text_layout import spread

# A sink that gives is a source of its own.
DRAWN = {
    "stored": "drawn from stores",
    "delivered": "drawn from baths",
    "baths": "drawn from baths",
    "heat": "uphill for free",
}
PROTOCOLS = ("protocols", "taken out by protocols")
# of the smallest flow drawn otherwise: how small flows imposed by protocols may be, and those into
# the stores they feed
_PROTOCOL_SHARE = 0.05
_SURPLUS = frozenset({"stored", "delivered"})
SINKS = frozenset({"heat", "stored", "delivered", "imposed"})  # kinds of flow that end
_LABEL_GAP, _LANE_GAP = 0.55, 0.35  # between slots with and without a label [em]


@dataclass(frozen=True)
class Diagram:
    """Where everything lies on the sheet, ``height`` [pt] tall.

    ``total`` [pJ] is the energy that passed, ``scale`` [pt/pJ] how wide a ribbon is; ``merged`` are
    the flows too small to draw; ``outside``: where flows begin and end.
    """

    sheet: Sheet
    nodes: list[Slot]
    links: list[Link]
    merged: list[FlowLike]
    total: float
    height: float
    scale: float
    outside: frozenset[str] = frozenset()

    @property
    def left_in(self) -> float:
        """Energy that enters by flows too small to draw [pJ]."""
        return sum(flow.energy for flow in self.merged if flow.source in self.outside)

    @property
    def left_out(self) -> float:
        """Energy that leaves by flows too small to draw [pJ]."""
        return sum(flow.energy for flow in self.merged if flow.target in self.outside)


def arrange(
    flows: Iterable[FlowLike], sheet: Sheet, total: float, threshold: float = 0.002
) -> Diagram:
    """Lay ``flows`` out on ``sheet``; shares are of ``total`` [pJ], the energy that passed, and
    flows below ``threshold`` of it are left to ``merged``.
    """
    given = [flow for flow in flows if flow.energy > 0]
    links, merged = _links_to_draw(given, threshold * total)
    _break_cycles(links)
    layers = _build_layers(links)
    _order_layers(layers)
    flow = max(
        0.21 * sheet.width, 8 * sheet.em
    )  # the height that all the energy takes, side by side
    best = flow / max(total, *(sum(slot.energy for slot in layer) for layer in layers))
    columns = set_columns(layers, links, sheet, total, best)
    height = _stack_layers(layers, sheet, columns.scale)
    height = _route_links(links, layers, sheet, columns, height)
    nodes = [slot for layer in layers for slot in layer if slot.name]
    return Diagram(sheet, nodes, links, merged, total, height, columns.scale, _outside(given))


# --- which flows, in which layers


def _outside(flows: Sequence[FlowLike]) -> frozenset[str]:
    """Names at which flows begin or end: supplies and sinks.

    Transporters and gradients give what they take; a held pool need not.
    """
    gives, takes = {flow.source for flow in flows}, {flow.target for flow in flows}
    held = {flow.source for flow in flows if flow.kind == "supply"} - {
        flow.target for flow in flows if flow.kind != "output"
    }
    return frozenset((gives ^ takes) | held | {*DRAWN, *SINKS, *PROTOCOLS})


def _links_to_draw(flows: Sequence[FlowLike], least: float) -> tuple[list[Link], list[FlowLike]]:
    """Links to draw, and the flows below ``least`` [pJ], which are too small to draw."""
    links: dict[tuple[str, str], Link] = {}
    merged: list[FlowLike] = []
    protocol_ends = {
        end
        for flow in flows
        if _by_protocol(flow) and flow.energy >= _PROTOCOL_SHARE * least
        for end in (flow.source, flow.target)
    }
    for flow in flows:
        by_protocol = _by_protocol(flow) or (
            flow.kind in _SURPLUS and {flow.source, flow.target} & protocol_ends
        )
        if flow.energy < (_PROTOCOL_SHARE * least if by_protocol else least):
            merged.append(flow)
            continue
        source = DRAWN.get(flow.source, flow.source)
        link = links.setdefault((source, flow.target), Link(source, flow.target, 0.0, flow.kind))
        link.energy += flow.energy
    return list(links.values()), merged


def _by_protocol(flow: FlowLike) -> bool:
    return flow.source == PROTOCOLS[0] or flow.target == PROTOCOLS[1]


def _break_cycles(links: list[Link]) -> None:
    """Mark as ``back`` the links that would close a cycle; the widest links stay forward, so that
    the loops are thin.
    """
    after: dict[str, set[str]] = defaultdict(set)
    for link in sorted(links, key=lambda link: -link.energy):
        reachable, front = {link.target}, [link.target]
        while front:
            new = after[front.pop()] - reachable
            reachable |= new
            front += new
        link.back = link.source in reachable
        if not link.back:
            after[link.source].add(link.target)


def _depths(links: Sequence[Link]) -> dict[str, int]:
    """Layer of each node: longest path from the sources; sources stand just before what they feed,
    sinks in the last layer.
    """
    depth = dict.fromkeys((name for link in links for name in (link.source, link.target)), 0)
    ahead = [link for link in links if not link.back]
    for _ in depth:  # Bellman–Ford: without cycles, one round per node is enough
        for link in ahead:
            depth[link.target] = max(depth[link.target], depth[link.source] + 1)
    fed, giving = {link.target for link in ahead}, {link.source for link in ahead}
    last = max(depth.values(), default=0)
    for name in depth:
        if name not in giving and any(link.target == name and link.kind in SINKS for link in ahead):
            depth[name] = last
        elif name not in fed and name in giving:
            depth[name] = min(depth[link.target] for link in ahead if link.source == name) - 1
    return depth


def _build_layers(links: list[Link]) -> list[list[Slot]]:
    """Slots of every layer, with a passage wherever a link skips a layer."""
    depth = _depths(links)
    inflow: dict[str, float] = defaultdict(float)
    outflow: dict[str, float] = defaultdict(float)
    for link in links:
        outflow[link.source] += link.energy
        inflow[link.target] += link.energy
    warm = {link.target for link in links if link.kind == "heat"}
    layers: list[list[Slot]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    slots: dict[str, Slot] = {}
    for name, layer in depth.items():
        slots[name] = Slot(name, layer, max(inflow[name], outflow[name]), river=name in warm)
        layers[layer].append(slots[name])
    for link in links:
        ends = slots[link.source], slots[link.target]
        link.path = [ends[0], ends[1]]
        if link.back:
            for end in ends:
                end.loops.append(link)
            continue
        passages = [
            Slot("", k, link.energy, river=link.kind == "heat")
            for k in range(ends[0].layer + 1, ends[1].layer)
        ]
        link.path[1:1] = passages
        for passage in passages:
            layers[passage.layer].append(passage)
        for left, right in pairwise(link.path):
            left.after.append((right, link))
            right.before.append((left, link))
    return layers


# --- order within the layers


def _order_layers(layers: list[list[Slot]], rounds: int = 12) -> None:
    """Sort every layer, top first, so that little energy crosses: barycentre sweeps in both
    directions, of which the best order is kept.
    """
    best: list[list[Slot]] = []
    least = float("inf")
    for turn in range(rounds):
        ahead = turn % 2 == 0
        for k in range(1, len(layers)) if ahead else range(len(layers) - 2, -1, -1):
            _sort_layer(layers[k], layers[k - 1 if ahead else k + 1], ahead=ahead)
        crossed = _crossings(layers)
        if crossed < least:
            least, best = crossed, [list(layer) for layer in layers]
    layers[:] = best
    # Heat: what joined first lies lowest, so that the lanes of the river never cross.
    for left, right in pairwise(layers):
        rank = {id(slot): i for i, slot in enumerate(left)}
        right.sort(
            key=lambda slot: (
                slot.river,
                min((rank[id(o)] for o, _ in slot.before), default=0) if slot.river else 0,
            )
        )


def _sort_layer(layer: list[Slot], beside: list[Slot], *, ahead: bool) -> None:
    """Sort a layer by the mean rank of its neighbours in the layer ``beside`` it; the river stays
    at the bottom.
    """
    rank = {id(slot): i for i, slot in enumerate(beside)}
    place = {id(slot): i for i, slot in enumerate(layer)}

    def centre(slot: Slot) -> float:
        near = [
            (rank[id(other)], link.energy) for other, link in (slot.before if ahead else slot.after)
        ]
        weight = sum(energy for _, energy in near)
        return sum(where * energy for where, energy in near) / weight if weight else place[id(slot)]

    layer.sort(key=lambda slot: (slot.river, centre(slot)))


def _crossings(layers: list[list[Slot]]) -> float:
    """Energy that crosses [pJ]: the thinner of each pair of crossing links; crossing heat counts
    half, it lies behind.
    """
    total = 0.0
    for left, right in pairwise(layers):
        rank = {id(slot): i for i, slot in enumerate(right)}
        links = [(i, to, link) for i, slot in enumerate(left) for to, link in slot.after]
        ends = [
            (i, rank[id(to)], link.energy * (0.5 if link.kind == "heat" else 1.0))
            for i, to, link in links
        ]
        for n, (a, b, thick) in enumerate(ends):
            total += sum(
                min(thick, other) for c, d, other in ends[n + 1 :] if (a - c) * (b - d) < 0
            )
    return total


# --- widths and heights


def _gap(upper: Slot, lower: Slot, em: float) -> float:
    """Free space between two neighbours of a layer [pt]; lanes of the river touch."""
    if upper.river and lower.river:
        return 0.0
    return (_LABEL_GAP if upper.name or lower.name or lower.river else _LANE_GAP) * em


def _stack_layers(layers: list[list[Slot]], sheet: Sheet, scale: float) -> float:
    """Set ``height`` and ``y`` of every slot; ``scale`` [pt/pJ].

    Returns the height of the whole [pt].
    """
    em, height = sheet.em, 0.0
    for layer in layers:
        for slot in layer:
            slot.height = slot.energy * scale
        height = max(
            height,
            sum(
                _total_height(slot, above, em)
                for above, slot in zip([None, *layer], layer, strict=False)
            ),
        )
    for layer in layers:
        top = height
        for above, slot in zip([None, *layer], layer, strict=False):
            top -= _total_height(slot, above, em)
            slot.y = top
    for turn in range(25):
        for layer in layers if turn % 2 == 0 else reversed(layers):
            _straighten(layer, height, em, ahead=turn % 2 == 0)
    return height


def _total_height(slot: Slot, above: Slot | None, em: float) -> float:
    """Height of a slot with its label and the gap to the one above [pt]."""
    return slot.height + slot.room.height + (_gap(above, slot, em) if above else 0.0)


def _straighten(layer: list[Slot], height: float, em: float, *, ahead: bool) -> None:
    """Move the slots of a layer to where their links before (or after) run straight; heat stays at
    the bottom.
    """
    ground = 0.0
    rising = layer[::-1]
    floating = [slot for slot in rising if not slot.river]
    for slot, above in zip(rising, [*rising[1:], None], strict=True):
        if slot.river:
            slot.y = ground
            ground += _total_height(slot, None, em) + (_gap(above, slot, em) if above else 0.0)
    wanted, weights = [], []
    for slot in floating:
        beside = [pair for pair in (slot.before if ahead else slot.after) if not pair[0].river]
        pulls = [
            (
                _link_height(other, link, out=ahead) - _link_height(slot, link, out=not ahead),
                link.energy,
            )
            for other, link in beside
        ]
        weight = sum(energy for _, energy in pulls)
        wanted.append(
            slot.y + sum(move * energy for move, energy in pulls) / weight if weight else slot.y
        )
        weights.append(weight or 1e-9)
    sizes = [
        _total_height(slot, above, em)
        for slot, above in zip(floating, [*floating[1:], None], strict=False)
    ]
    for slot, y in zip(floating, spread(wanted, sizes, ground, height, weights), strict=True):
        slot.y = y


def _link_height(slot: Slot, link: Link, *, out: bool) -> float:
    """Middle of where ``link`` leaves or enters a slot [pt]: loops uppermost, then its neighbours
    from the top down.
    """
    if not slot.name:
        return slot.y + slot.height / 2
    beside = sorted(slot.after if out else slot.before, key=lambda pair: -pair[0].y)
    top = slot.y + slot.height
    for other in (
        *(loop for loop in slot.loops if slot is loop.path[0 if out else -1]),
        *(pair[1] for pair in beside),
    ):
        thick = other.energy * slot.height / slot.energy
        if other is link:
            return top - thick / 2
        top -= thick
    raise KeyError(link)  # a link is always at both of its ends


def _route_links(
    links: list[Link], layers: list[list[Slot]], sheet: Sheet, columns: Columns, height: float
) -> float:
    """Set the ``width`` and the ``points`` of every link [pt]; returns the height with the lanes of
    the loops above.
    """
    gaps: list[list[tuple[Link, float, float]]] = [[] for _ in layers]
    for link in links:
        link.width = link.energy * columns.scale
    shortest_first = sorted(
        links, key=lambda link: link.path[0].layer - link.path[-1].layer
    )  # short loops lie below long ones
    climbs = alleys(columns, shortest_first, sheet)
    for link in shortest_first:
        first, last = link.path[0], link.path[-1]
        link.points = [(first.x, _link_height(first, link, out=True))]
        if link.back:
            height += _LANE_GAP * sheet.em + link.width
            lane, (right, left) = height - link.width / 2, climbs[id(link)]
            link.points += [
                (right, lane),
                (left, lane),
                (last.x, _link_height(last, link, out=False)),
            ]
            continue
        for left_slot, right_slot in pairwise(link.path):
            gaps[left_slot.layer].append(
                (
                    link,
                    _link_height(left_slot, link, out=True),
                    _link_height(right_slot, link, out=False),
                )
            )
    for k, gap in enumerate(gaps[:-1]):
        begin, end = bend(k, layers, [(y, goal, link.width / 2) for link, y, goal in gap], sheet)
        for link, y, goal in gap:
            link.points += [(begin, y), (end, goal)]
    for link in (link for link in links if not link.back):
        link.points.append((link.path[-1].x, link.points[-1][1]))
    return height
