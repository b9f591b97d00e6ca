"""The kinetic diagram: states, steps between them, spanning trees, loops, and the stationary state.

Trees and loops: King & Altman 1956; Hill 1989.  The stationary state is computed without
subtractions, see :mod:`.cycle_stationary_state`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import caching
from . import cycle_stationary_state

Array = NDArray[np.float64]
Pair = tuple[Array, Array]
Found = TypeVar("Found")
MOST = 64  # simple loops that are shown one by one; beyond it the independent ones only
Work = Callable[[tuple[int, ...]], Found]
Walk = tuple[tuple[int, int], ...]  # (step, ±1) once around, or from one state to another


@dataclass(frozen=True)
class Diagram:
    """A kinetic diagram: names of ``states`` and ``steps``, and ``ends`` (from, to) by step, as
    indices of states.

    An order of steps decides which of them a spanning tree takes first (Kruskal); by default the
    tree grows :meth:`outward`.
    """

    states: tuple[str, ...]
    steps: tuple[str, ...]
    ends: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, states: Iterable[str], steps: Iterable[tuple[str, str, str]]) -> Diagram:
        """From names: each step is (name, from, to)."""
        known, listed = tuple(states), tuple(steps)
        rank = {state: k for k, state in enumerate(known)}
        ends = tuple((rank[a], rank[b]) for _, a, b in listed)
        return cls(known, tuple(name for name, _, _ in listed), ends)

    def __getstate__(self) -> dict[str, Any]:
        return caching.state_without_cache(self)

    # --- trees

    def outward(self, among: Iterable[int] | None = None) -> tuple[int, ...]:
        """Steps in the order in which a tree grows from the first state, then the remaining ones.

        It grows in passes over the steps as they are listed.
        """
        left = tuple(range(len(self.ends)) if among is None else among)
        reached, grown, before = {0}, dict[int, None](), -1
        while len(grown) > before:
            before = len(grown)
            for k in left:
                if len(reached.intersection(self.ends[k])) == 1:
                    reached.update(self.ends[k])
                    grown[k] = None
        return (*grown, *(k for k in left if k not in grown))

    def tree(self, order: Sequence[int] | None = None) -> tuple[int, ...]:
        """The steps of a spanning tree; one per component if the order does not connect all."""
        return self._kept("tree", order, self._spanning)

    def chords(self, order: Sequence[int] | None = None) -> tuple[int, ...]:
        """The steps outside of the tree, one a loop."""
        kept = set(self.tree(order))
        return tuple(k for k in range(len(self.ends)) if k not in kept)

    def paths(self, tree: Sequence[int], start: int = 0) -> dict[int, Walk]:
        """For each state that is reached, the steps of a tree that lead to it from ``start``."""
        links: dict[int, list[tuple[int, int, int]]] = {s: [] for s in range(len(self.states))}
        for k in tree:
            a, b = self.ends[k]
            links[a].append((k, 1, b))
            links[b].append((k, -1, a))
        paths: dict[int, Walk] = {start: ()}
        frontier = [start]
        while frontier:
            state = frontier.pop()
            for k, direction, neighbour in links[state]:
                if neighbour not in paths:
                    paths[neighbour] = (*paths[state], (k, direction))
                    frontier.append(neighbour)
        return paths

    def levels(self, rises: Sequence[Any], tree: Sequence[int], zero: Any) -> list[Any]:
        """The level of each state above the first, from the rise of each step of a tree."""
        paths = self.paths(tree)
        return [sum((way * rises[k] for k, way in paths[s]), zero) for s in range(len(self.states))]

    # --- loops

    def walks(self, order: Sequence[int] | None = None) -> tuple[Walk, ...]:
        """The fundamental loops: each chord of the tree closes one, whose walk starts with it."""
        return self._kept("walks", order, self._fundamental)

    def loops(self, order: Sequence[int] | None = None) -> Array:
        """Z (loop, step): the fundamental loops as rows, a basis of all."""
        return self._kept("loops", order, self._matrix)

    def shown(self) -> tuple[tuple[Walk, ...], tuple[Walk, ...]]:
        """The independent loops, and all simple ones, walked forward.

        Where there are more than :data:`MOST` of these, the independent ones twice.
        """
        basis, every = (tuple(map(forward, walks)) for walks in (self.walks(), self.simple(MOST)))
        return basis, every if len(every) <= MOST else basis

    def names(self, more: Iterable[Walk] = ()) -> dict[frozenset[int], str]:
        """By their steps, names of the loops shown and of ``more``: ``A–B–C–A``, the states passed.

        Where several pass the same states, also which of the steps between the same two it takes.
        """
        _, every = self.shown()
        return self._names((*every, *map(forward, more))) | self._names(every)

    def simple(self, most: int) -> tuple[Walk, ...]:
        """Every loop that visits no state twice, short ones first, up to a few beyond ``most``."""
        links: list[list[tuple[int, int, int]]] = [[] for _ in self.states]
        for k, (a, b) in enumerate(self.ends):
            links[a].append((k, 1, b))
            links[b].append((k, -1, a))
        loops: dict[frozenset[int], Walk] = {}
        for start in range(len(self.states)):
            stack: list[tuple[int, Walk, frozenset[int]]] = [(start, (), frozenset([start]))]
            while stack and len(loops) <= most:
                state, walk, visited = stack.pop()
                for k, direction, neighbour in links[state]:
                    if any(k == used for used, _ in walk) or neighbour < start:
                        continue
                    if neighbour == start:
                        loops.setdefault(members((*walk, (k, direction))), (*walk, (k, direction)))
                    elif neighbour not in visited:
                        stack.append((neighbour, (*walk, (k, direction)), visited | {neighbour}))
        return tuple(sorted(loops.values(), key=lambda walk: (len(walk), walk)))

    def row(self, walk: Walk) -> Array:
        """A loop as a row of Z."""
        row = np.zeros(len(self.steps))
        for k, direction in walk:
            row[k] = direction
        return row

    def around(self, walk: Walk) -> tuple[str, ...]:
        """The states that a loop visits, once around from its start."""
        states = [self.states[self.ends[k][::direction][0]] for k, direction in walk]
        return (*states, states[0])

    # --- the stationary state, at rates (step, …) ``up``, as a step is written, and ``down``

    def rates(self, up: Array, down: Array) -> Array:
        """a[i, j]: the rate from state i to j, of all steps together."""
        size = len(self.states)
        a = np.zeros((size, size, *np.shape(up)[1:]))
        for k, (i, j) in enumerate(self.ends):
            if i != j:
                a[i, j] += up[k]
                a[j, i] += down[k]
        return a

    def occupancy(self, up: Array, down: Array) -> Array:
        """The share of each state (state, …)."""
        return cycle_stationary_state.shares(self.rates(up, down))

    def occupancy_slopes(self, up: Array, down: Array, dup: Array, ddown: Array) -> Pair:
        """Shares (state,) and their derivatives (state, variable); slopes are (step, variable)."""
        return cycle_stationary_state.sloped_shares(self.rates(up, down), self.rates(dup, ddown))

    def weights(self, walks: Iterable[Walk], up: Array, down: Array) -> list[float]:
        """Σ_κ/Σ of loops (Hill 1989): forests that lead to the loop, by trees that lead to a state.

        Times the carriers and the product of the rates once around, it is the one-way flux there.
        """
        a = self.rates(up, down)
        trees = math.fsum(cycle_stationary_state.forests(a, [s]) for s in range(len(self.states)))
        met = [sorted({s for k, _ in walk for s in self.ends[k]}) for walk in walks]
        return [cycle_stationary_state.forests(a, states) / trees for states in met]

    # --- implementation

    def _kept(self, what: str, order: Sequence[int] | None, work: Work[Found]) -> Found:
        """The result of ``work`` for an order, kept."""
        known = caching.cache_of(self)
        key = (what, None if order is None else tuple(order))
        if key not in known:
            caching.limit(known)  # orders by traffic are many
            known[key] = work(self.outward() if key[1] is None else key[1])
        value: Found = known[key]
        return value

    def _names(self, walks: Sequence[Walk]) -> dict[frozenset[int], str]:
        pairs = [frozenset(ends) for ends in self.ends]
        through = {members(walk): frozenset(pairs[k] for k, _ in walk) for walk in walks}
        alike = Counter(through.values())
        names = {members(walk): "–".join(self.around(walk)) for walk in walks}
        for steps in names:
            if alike[through[steps]] > 1:
                taken = [k for k in sorted(steps) if pairs.count(pairs[k]) > 1]
                names[steps] += " by " + " and ".join(self.steps[k] for k in taken)
        return names

    def _spanning(self, order: tuple[int, ...]) -> tuple[int, ...]:
        root = list(range(len(self.states)))

        def find(s: int) -> int:
            while root[s] != s:
                root[s] = root[root[s]]
                s = root[s]
            return s

        kept = []
        for k in order:
            a, b = (find(s) for s in self.ends[k])
            if a != b:
                root[a] = b
                kept.append(k)
        return tuple(kept)

    def _fundamental(self, order: tuple[int, ...]) -> tuple[Walk, ...]:
        tree = self.tree(order)
        ends = [(k, *self.ends[k]) for k in self.chords(order)]
        return tuple(((k, 1), *self.paths(tree, b)[a]) for k, a, b in ends)

    def _matrix(self, order: tuple[int, ...]) -> Array:
        walks = self.walks(order)
        Z = np.array([self.row(walk) for walk in walks]).reshape(len(walks), len(self.ends))
        Z.flags.writeable = False
        return Z


def members(walk: Walk) -> frozenset[int]:
    """The steps of a walk, whatever its direction and its start."""
    return frozenset(k for k, _ in walk)


def forward(walk: Walk) -> Walk:
    """The same loop with most steps in their written direction, and the first step first."""
    reverse = tuple((k, -direction) for k, direction in reversed(walk))
    turned = walk if sum(direction for _, direction in walk) >= 0 else reverse
    first = min(range(len(turned)), key=lambda i: turned[i][0])
    return (*turned[first:], *turned[:first])


def slowest_last(up: Array, down: Array) -> tuple[int, ...]:
    """The steps in order of their traffic, the larger one-way flux, the fastest first.

    A net flux is best taken where least cancels in it.  A step outside a spanning tree of the
    fastest ones closes a loop whose slowest step it is, and whose flux is its own; the fluxes of
    the tree follow from these.
    """
    return tuple(int(k) for k in np.argsort(-np.maximum(up, down), kind="stable"))
