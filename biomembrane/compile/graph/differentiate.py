"""Exact differentiation of a graph, forward mode: one pass for states, parameters, time, or any
direction in them.

Small graphs are walked node by node; in those of many cells the nodes of one kind are taken at a
time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate

import numpy as np

from .arrays import Whole, arrays
from .builder import Graph
from .construction_rules import LEAVES, Rules

Direction = Mapping[int, int]  # the slope of each input node that changes


def differentiate(
    g: Graph, roots: Sequence[int], wrt: Sequence[int | Direction]
) -> dict[tuple[int, int], int]:
    """The nonzero derivatives of the roots, nodes by (row, column).

    A column is an input node, of a state, a parameter or the time (``g.inputs("y", n)`` are all
    states), or a direction: the derivative along it is Σ ∂root/∂input · slope.  Rows come in order,
    and the columns of a row.
    """
    seeds: dict[int, dict[int, int]] = {}
    for column, each in enumerate(wrt):
        for node, slope in each.items() if isinstance(each, Mapping) else ((each, g.one),):
            seeds.setdefault(node, {})[column] = slope
    found = (_kind_by_kind if g.again else _node_by_node)(g, roots, seeds)
    return {
        (row, j): d
        for row, slopes in enumerate(found)
        for j, d in sorted(slopes.items())
        if d != g.zero
    }


def along(g: Graph, roots: Sequence[int], direction: Direction) -> list[int]:
    """The derivative of each root along one direction, the zero node where there is none."""
    found = differentiate(g, roots, [direction])
    return [found.get((row, 0), g.zero) for row in range(len(roots))]


def _node_by_node(
    g: Graph, roots: Sequence[int], seeds: Mapping[int, dict[int, int]]
) -> list[dict[int, int]]:
    slopes, nodes = dict(seeds), g.nodes
    untouched = slopes.keys().isdisjoint
    for i in g.reachable(roots):
        node = nodes[i]
        if node[0] not in LEAVES and not untouched(node[1:]):
            slopes[i] = g.chain(i, slopes)
    return [slopes.get(root, {}) for root in roots]


def _kind_by_kind(
    g: Graph, roots: Sequence[int], seeds: Mapping[int, dict[int, int]]
) -> list[dict[int, int]]:
    a, made = arrays(g), _Slopes(len(g.nodes))
    inputs = np.array(list(seeds), dtype=np.int64)
    for width in {len(each) for each in seeds.values()}:
        alike = [
            (node, *each.keys(), *each.values())
            for node, each in seeds.items()
            if len(each) == width
        ]
        rows = np.array(alike, dtype=np.int64)
        made.put(rows[:, 0], rows[:, 1 : 1 + width], rows[:, 1 + width :])
    live = a.reach(roots) & a.above(inputs)
    live[inputs] = False
    for nodes in g.alike(np.flatnonzero(live)):
        made.chain(g, nodes, a.args[nodes, : len(g.nodes[nodes[0]]) - 1])
    return [made.of(root) for root in roots]


class _Slopes:
    """Derivatives of nodes in blocks of equal width: by which columns, and the nodes of the
    derivatives.
    """

    def __init__(self, size: int) -> None:
        self.block, self.row = np.full(size, -1), np.zeros(size, dtype=np.int64)
        self.columns: list[Whole] = []
        self.slopes: list[Whole] = []

    def put(self, nodes: Whole, columns: Whole, slopes: Whole) -> None:
        """A block more."""
        self.block[nodes], self.row[nodes] = len(self.columns), np.arange(len(nodes))
        self.columns.append(columns)
        self.slopes.append(slopes)

    def of(self, node: int) -> dict[int, int]:
        """The derivatives of a node by column."""
        b, row = self.block[node], self.row[node]
        return (
            dict(zip(self.columns[b][row].tolist(), self.slopes[b][row].tolist(), strict=True))
            if b >= 0
            else {}
        )

    def chain(self, g: Graph, nodes: Whole, arguments: Whole) -> None:
        """Derivatives of nodes of one kind from those of their arguments."""
        found: dict[int, list[tuple[Whole, Whole, Whole]]] = {}
        for rows in _equal(self.block[arguments]):
            known = [
                (b, self.row[argument])
                for b, argument in zip(
                    self.block[arguments[rows[0]]], arguments[rows].T, strict=True
                )
            ]
            ends = [
                *accumulate(
                    (self.columns[b].shape[1] if b >= 0 else 0 for b, _ in known), initial=0
                )
            ]
            if ends[-1]:
                both = self.columns, self.slopes
                columns, slopes = (
                    np.concatenate([of[b][row] for b, row in known if b >= 0], axis=1)
                    for of in both
                )
                first = _first(columns)
                for some in _equal(first):
                    heads, number = np.unique(first[some[0]], return_inverse=True)
                    pattern = tuple(
                        tuple(number[start:end].tolist())
                        for start, end in zip(ends[:-1], ends[1:], strict=True)
                    )
                    given = np.concatenate([nodes[rows[some], None], slopes[some]], axis=1)
                    made = g.rows(
                        ("chain", pattern), given.tolist(), partial(_chain, pattern=pattern)
                    )
                    found.setdefault(len(heads), []).append(
                        (nodes[rows[some]], columns[some][:, heads], np.array(made, dtype=np.int64))
                    )
        for parts in found.values():
            self.put(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _chain(rules: Rules, given: Sequence[int], *, pattern: Sequence[tuple[int, ...]]) -> list[int]:
    """Derivatives of the first node: ``pattern`` numbers by what each argument is differentiated,
    the other nodes are these derivatives.
    """
    i, *slopes = given
    ends = accumulate(map(len, pattern), initial=0)
    own = {
        a: dict(zip(p, slopes[first:], strict=False))
        for a, p, first in zip(rules.nodes[i][1:], pattern, ends, strict=False)
    }
    total = rules.chain(i, own)
    return [
        total.get(j, rules.zero)
        for j in range(1 + max((j for p in pattern for j in p), default=-1))
    ]


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
