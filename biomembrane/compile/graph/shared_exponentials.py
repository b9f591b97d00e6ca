"""Cheaper forms of what occurs with both signs: once derivatives are taken, e^{−x} is 1/e^x and
B(−x) shares the exponential of B(x).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from .arrays import CODES, Whole, arrays
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
    paired = np.array([i for i in found if (nodes[i][0], bases[i]) in pairs], dtype=np.int64)
    to, touched = np.arange(len(nodes)), np.flatnonzero(live & a.above(paired))
    if g.again:
        _kind_by_kind(g, touched, paired, bases, to)
    else:
        chosen, one = set(paired.tolist()), to.tolist()
        for i in touched.tolist():
            op, *given = nodes[i]
            if i in chosen:
                (one[i],) = _replaced(g, [one[bases[i]]], op=op, negative=bases[i] != given[0])
            else:
                one[i] = g.make(op, *[one[x] for x in given])
        to = np.array(one)
    return {group: to[roots].tolist() for group, roots in outputs.items()}


def _kind_by_kind(
    g: Graph, touched: Whole, paired: Whole, bases: Mapping[int, int], to: Whole
) -> None:
    """Put into ``to`` what becomes of the nodes that change."""
    nodes, mine = g.nodes, np.zeros(len(to), dtype=bool)
    mine[paired] = True
    for alike in g.alike(touched):
        op = nodes[alike[0]][0]
        chosen, rest = alike[mine[alike]], alike[~mine[alike]]
        if len(chosen):
            negative = bases[chosen[0]] != nodes[chosen[0]][1]
            x = to[[bases[i] for i in chosen.tolist()]]
            to[chosen] = [
                row[0]
                for row in g.rows(
                    (op, negative),
                    x[:, None].tolist(),
                    partial(_replaced, op=op, negative=negative),
                )
            ]
        if len(rest):
            given = to[[nodes[i][1:] for i in rest.tolist()]]
            to[rest] = [row[0] for row in g.rows(op, given.tolist(), partial(_made, op=op))]


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
