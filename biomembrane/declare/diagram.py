"""Kinetic diagrams as graphs: spanning trees, and the independent loops that the other steps close (King & Altman 1956; Hill 1989)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Walk = tuple[tuple[int, int], ...]  # (step, ±1) once around


@dataclass(frozen=True)
class Diagram:
    """``size`` states and steps that lead from one to another, ``ends`` as (from, to)."""

    size: int
    ends: tuple[tuple[int, int], ...]

    def tree(self, order: Sequence[int] | None = None) -> tuple[int, ...]:
        """The steps of a spanning tree, taken greedily in an order (Kruskal); as they are listed unless told."""
        return _tree(self, tuple(range(len(self.ends)) if order is None else order))

    def loops(self, order: Sequence[int] | None = None) -> NDArray[np.float64]:
        """Z (loop, step): a fundamental loop for each step outside of the tree, walked as that step is written."""
        return _loops(self, tuple(range(len(self.ends)) if order is None else order))

    def chords(self, order: Sequence[int] | None = None) -> tuple[int, ...]:
        """The steps outside of the tree, one a loop."""
        kept = set(self.tree(order))
        return tuple(k for k in range(len(self.ends)) if k not in kept)

    def path(self, tree: Sequence[int], start: int, goal: int) -> Walk:
        """The steps of a tree from one state to another."""
        links: dict[int, list[tuple[int, int, int]]] = {s: [] for s in range(self.size)}
        for k in tree:
            a, b = self.ends[k]
            links[a].append((k, 1, b))
            links[b].append((k, -1, a))
        stack: list[tuple[int, int, Walk]] = [(start, -1, ())]
        while stack:
            here, came, walk = stack.pop()
            if here == goal:
                return walk
            stack += [(there, k, (*walk, (k, way))) for k, way, there in links[here] if k != came]
        raise ValueError(f"no path from state {start} to {goal}")


@lru_cache(maxsize=1024)
def _tree(made: Diagram, order: tuple[int, ...]) -> tuple[int, ...]:
    root = list(range(made.size))

    def find(s: int) -> int:
        while root[s] != s:
            root[s] = root[root[s]]
            s = root[s]
        return s

    kept = []
    for k in order:
        a, b = (find(s) for s in made.ends[k])
        if a != b:
            root[a] = b
            kept.append(k)
    return tuple(kept)


@lru_cache(maxsize=1024)
def _loops(made: Diagram, order: tuple[int, ...]) -> NDArray[np.float64]:
    tree = made.tree(order)
    chords = made.chords(order)
    Z = np.zeros((len(chords), len(made.ends)))
    for row, k in enumerate(chords):
        a, b = made.ends[k]
        Z[row, k] = 1.0
        for step, way in made.path(tree, b, a):
            Z[row, step] += way
    Z.flags.writeable = False
    return Z
