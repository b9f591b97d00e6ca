"""Walks once around the loops of a kinetic diagram, and the one name that each loop has in audits, proofs, couplings and ledgers."""

from __future__ import annotations

from collections.abc import Sequence

from .diagram import Walk

MOST = 64  # simple loops that are shown one by one; beyond it the independent ones only
Ends = Sequence[tuple[str, ...]]  # of each step, the labels of the states that it joins


def walks(ends: Ends, order: Sequence[str]) -> tuple[list[Walk], list[Walk]]:
    """The independent loops of the states in this order, and all simple ones, or the independent ones where there are more than :data:`MOST`."""
    basis, every = _basis(ends, order), _simple(ends, order)
    return basis, every if len(every) <= MOST else basis


def loop_names(owner: str, steps: Sequence[str], ends: Ends, found: Sequence[Walk]) -> dict[frozenset[int], str]:
    """The name of each loop by its steps: the states it passes, ``owner:A–B–C–A``; where several pass the same states, also which of the steps
    that join the same two states it takes.
    """
    pairs = [frozenset(pair) for pair in ends]
    every = {steps_of(walk): walk for walk in found}
    through = {key: {pairs[k] for k in key} for key in every}
    made = {}
    for key, walk in every.items():
        states = [ends[k][::way][0] for k, way in walk]
        made[key] = f"{owner}:{'–'.join((*states, states[0]))}"
        if sum(other == through[key] for other in through.values()) > 1:
            made[key] += f" by {' and '.join(steps[k] for k in sorted(key) if pairs.count(pairs[k]) > 1)}"
    return made


def around(ends: Ends, row: Sequence[float]) -> Walk:
    """The walk that takes the steps of a row of Z (loop, step)."""
    ways = {k: int(way) for k, way in enumerate(row) if way}
    walk = [next(iter(ways.items()))]
    while len(walk) < len(ways):
        k, way = walk[-1]
        here = ends[k][::way][1]
        walk.append(next((n, w) for n, w in ways.items() if n != k and n not in dict(walk) and ends[n][::w][0] == here))
    return forward(tuple(walk))


def steps_of(walk: Walk) -> frozenset[int]:
    """Which steps a walk takes: what tells one loop from another, whichever way and from wherever it is walked."""
    return frozenset(k for k, _ in walk)


def _basis(ends: Ends, order: Sequence[str]) -> list[Walk]:
    """Fundamental loops: each step outside a spanning tree closes one."""
    parent: dict[str, tuple[int, int, str] | None] = {order[0]: None}
    used: set[int] = set()
    while len(parent) < len(order):
        for k, (a, b) in enumerate(ends):
            if (a in parent) != (b in parent):
                new, old, way = (b, a, 1) if a in parent else (a, b, -1)
                parent[new] = (k, way, old)
                used.add(k)
    found = []
    for k, (a, b) in enumerate(ends):
        if k not in used:
            up, down = _climb(parent, b), _climb(parent, a)
            shared = {s for s, _ in up} & {s for s, _ in down}
            back = [(s, -w) for s, w in up if s not in shared]
            forth = [(s, w) for s, w in reversed(down) if s not in shared]
            found.append(((k, 1), *back, *forth))
    return [forward(w) for w in found]


def _climb(parent: dict[str, tuple[int, int, str] | None], state: str) -> list[tuple[int, int]]:
    """Steps from a state to the root, each with the direction in which the tree was grown."""
    made = []
    here = parent[state]
    while here is not None:
        k, way, state = here
        made.append((k, way))
        here = parent[state]
    return made


def _simple(ends: Ends, order: Sequence[str]) -> list[Walk]:
    """Every loop that meets no state twice, up to a few more than :data:`MOST`."""
    rank = {name: i for i, name in enumerate(order)}
    links: dict[str, list[tuple[int, int, str]]] = {name: [] for name in order}
    for k, (a, b) in enumerate(ends):
        links[a].append((k, 1, b))
        links[b].append((k, -1, a))
    found: dict[frozenset[int], Walk] = {}
    for start in order:
        stack: list[tuple[str, Walk, frozenset[str]]] = [(start, (), frozenset([start]))]
        while stack and len(found) <= MOST:
            here, walk, seen = stack.pop()
            for k, way, there in links[here]:
                if any(k == used for used, _ in walk) or rank[there] < rank[start]:
                    continue
                if there == start:
                    found.setdefault(steps_of((*walk, (k, way))), (*walk, (k, way)))
                elif there not in seen:
                    stack.append((there, (*walk, (k, way)), seen | {there}))
    return [forward(w) for w in sorted(found.values(), key=lambda w: (len(w), w))]


def forward(walk: Walk) -> Walk:
    """The same loop, walked so that most steps are taken as written, from the step that is listed first."""
    made = walk if sum(way for _, way in walk) >= 0 else tuple((k, -way) for k, way in reversed(walk))
    first = min(range(len(made)), key=lambda i: made[i][0])
    return (*made[first:], *made[:first])
