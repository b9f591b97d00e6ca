"""The Jacobian of a large graph: forward mode, nodes of one kind at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from .arrays import INPUT, KINDS, Whole, arrays
from .rules import Rules

if TYPE_CHECKING:
    from .graph import Graph


def jacobian(g: Graph, roots: Sequence[int]) -> dict[tuple[int, int], int]:
    """Nonzero ∂root/∂y by (row, state)."""
    a, made = arrays(g), _Slopes(len(g.nodes))
    live = np.flatnonzero(a.reach(roots))
    for alike in g.alike(live[~np.array(g.free, dtype=bool)[live]]):
        if a.op[alike[0]] != INPUT:
            made.chain(g, alike, a.args[alike, : len(g.nodes[alike[0]]) - 1])
        elif a.kind[alike[0]] == KINDS.index("y"):
            made.put(alike, a.index[alike][:, None], np.full((len(alike), 1), g.one))
    return {(row, j): d for row, root in enumerate(roots) for j, d in made.of(root) if d != g.zero}


class _Slopes:
    """Derivatives of nodes in blocks of equal width: by which states, and the nodes of the derivatives."""

    def __init__(self, size: int) -> None:
        self.block, self.row = np.full(size, -1), np.zeros(size, dtype=np.int64)
        self.states: list[Whole] = []
        self.slopes: list[Whole] = []

    def put(self, nodes: Whole, states: Whole, slopes: Whole) -> None:
        """A block more."""
        self.block[nodes], self.row[nodes] = len(self.states), np.arange(len(nodes))
        self.states.append(states)
        self.slopes.append(slopes)

    def of(self, node: int) -> list[tuple[int, int]]:
        """(state, derivative) of a node, in the order of the states."""
        b, row = self.block[node], self.row[node]
        return sorted(zip(self.states[b][row].tolist(), self.slopes[b][row].tolist(), strict=True)) if b >= 0 else []

    def chain(self, g: Graph, nodes: Whole, arguments: Whole) -> None:
        """Derivatives of nodes of one kind from those of their arguments."""
        found: dict[int, list[tuple[Whole, Whole, Whole]]] = {}
        for rows in _equal(self.block[arguments]):
            known = [(b, self.row[argument]) for b, argument in zip(self.block[arguments[rows[0]]], arguments[rows].T, strict=True)]
            ends = [*accumulate((self.states[b].shape[1] if b >= 0 else 0 for b, _ in known), initial=0)]
            if ends[-1]:
                states, slopes = (np.concatenate([of[b][row] for b, row in known if b >= 0], axis=1) for of in (self.states, self.slopes))
                first = _first(states)
                for some in _equal(first):
                    heads, number = np.unique(first[some[0]], return_inverse=True)
                    pattern = tuple(tuple(number[start:end].tolist()) for start, end in zip(ends[:-1], ends[1:], strict=True))
                    given = np.concatenate([nodes[rows[some], None], slopes[some]], axis=1)
                    made = g.rows(("chain", pattern), given.tolist(), partial(_chain, pattern=pattern))
                    found.setdefault(len(heads), []).append((nodes[rows[some]], states[some][:, heads], np.array(made, dtype=np.int64)))
        for parts in found.values():
            self.put(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _chain(rules: Rules, given: Sequence[int], *, pattern: Sequence[tuple[int, ...]]) -> list[int]:
    return rules.chain(given[0], pattern, given[1:])


def _equal(rows: Whole) -> Iterator[Whole]:
    """Indices of equal rows."""
    if np.all(rows == rows[0]):
        yield np.arange(len(rows))
    else:
        which = np.unique(rows, axis=0, return_inverse=True)[1].ravel()
        for k in range(int(which.max()) + 1):
            yield np.flatnonzero(which == k)


def _first(rows: Whole) -> Whole:
    """For every entry the place where its number first stands in its row."""
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    new = np.ones(rows.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    start = np.maximum.accumulate(np.where(new, np.arange(rows.shape[1]), 0), axis=1)
    made = np.empty_like(rows)
    np.put_along_axis(made, order, np.take_along_axis(order, start, axis=1), axis=1)
    return made
