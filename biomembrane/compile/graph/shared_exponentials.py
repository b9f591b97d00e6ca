"""Cheaper forms of what occurs with both signs: once derivatives are taken, e^{−x} is 1/e^x and
B(−x) shares the exponential of B(x).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from .arrays import CODES, arrays
from .builder import Graph
from .construction_rules import Rules

_PAIRED = ("exp", "B", "B1")
_CODES = [CODES[op] for op in _PAIRED]


def polish(g: Graph, outputs: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Output groups in which the members of such pairs have been replaced.

    B(x) = B(|x|) + max(−x, 0) and B′(−x) = −1 − B′(x) add numbers of one sign, so that nothing is
    lost near or far from 0.
    """
    a, nodes = arrays(g), g.nodes
    live = a.reach([root for roots in outputs.values() for root in roots])
    found = [i for i in np.flatnonzero(live & np.isin(a.op, _CODES)).tolist() if not g.free[i]]
    present = {nodes[i] for i in found}
    pairs = {(op, x) for op, x in present if (op, g.neg(x)) in present and nodes[x][0] != "neg"}
    bases = {
        i: int(nodes[x][1]) if nodes[x][0] == "neg" else x for i in found for x in nodes[i][1:]
    }
    paired = {i for i in found if (nodes[i][0], bases[i]) in pairs}
    to = [*range(len(nodes))]
    for alike in g.alike(
        np.flatnonzero(live & a.above(np.array([*paired], dtype=np.int64))).tolist()
    ):
        op = nodes[alike[0]][0]
        some = [i for i in alike if i in paired]
        if some:
            negative = bases[some[0]] != nodes[some[0]][1]
            _into(
                to,
                some,
                g.rows(
                    (op, negative),
                    [[to[bases[i]]] for i in some],
                    partial(_replaced, op=op, negative=negative),
                ),
            )
        rest = [i for i in alike if i not in paired] if some else alike
        _into(
            to,
            rest,
            g.rows(op, [[to[x] for x in nodes[i][1:]] for i in rest], partial(_made, op=op)),
        )
    return {group: [to[root] for root in roots] for group, roots in outputs.items()}


def _into(to: list[int], nodes: Sequence[int], rows: Sequence[Sequence[int]]) -> None:
    """What becomes of nodes."""
    for i, row in zip(nodes, rows, strict=True):
        (to[i],) = row


def _made(g: Rules, given: Sequence[int], *, op: str) -> list[int]:
    return [g.make(op, *given)]


def _replaced(g: Rules, given: Sequence[int], *, op: str, negative: bool) -> list[int]:
    """op(x), or op(−x), by what both share."""
    (x,) = given
    if op == "exp":
        shared = g.call("exp", x)
        return [g.rcp(shared) if negative else shared]
    shared = g.call(op, g.call("abs", x))
    if op == "B":
        less = (
            (x, g.zero) if negative else (g.zero, g.neg(x))
        )  # of a tie the first has the slope, as |x| has that of x
        return [g.add(shared, g.call("max", *less))]
    mirrored = g.sub(g.const(-1.0), shared)
    return [g.call("select", x, *((mirrored, shared) if negative else (shared, mirrored)))]
