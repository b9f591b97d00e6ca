"""Exact differentiation of a graph, forward mode: one pass for states, parameters, time, or any
direction in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain

from . import templates
from .builder import Graph
from .construction_rules import Rules

_NONE: dict[int, int] = {}
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
    slopes = dict(seeds)
    for alike in g.alike(g.between(seeds, roots)):
        if len(alike) < templates.FEW:
            for i in alike:
                slopes[i] = g.chain(i, slopes)
        else:
            _all(g, alike, slopes)
    found = ((row, slopes.get(root, {})) for row, root in enumerate(roots))
    return {(row, j): d for row, each in found for j, d in sorted(each.items()) if d != g.zero}


def along(g: Graph, roots: Sequence[int], direction: Direction) -> list[int]:
    """The derivative of each root along one direction, the zero node where there is none."""
    found = differentiate(g, roots, [direction])
    return [found.get((row, 0), g.zero) for row in range(len(roots))]


def _all(g: Graph, nodes: Sequence[int], slopes: dict[int, dict[int, int]]) -> None:
    """The derivatives of nodes of one kind, those alike at once by which columns their arguments
    have.
    """
    cases: dict[tuple[tuple[int, ...], ...], list[tuple[int, Iterable[int], list[int]]]] = {}
    for i in nodes:
        own = [slopes.get(a, _NONE) for a in g.nodes[i][1:]]
        turn: dict[int, int] = {}
        pattern = tuple([tuple([turn.setdefault(j, len(turn)) for j in each]) for each in own])
        if turn:
            cases.setdefault(pattern, []).append(
                (i, turn, [i, *chain.from_iterable(map(dict.values, own))])
            )
    for pattern, found in cases.items():
        rows = g.rows(
            ("chain", pattern), [given for *_, given in found], partial(_chain, pattern=pattern)
        )
        for (i, columns, _), row in zip(found, rows, strict=True):
            slopes[i] = dict(zip(columns, row, strict=True))


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
