"""Cheaper forms of what occurs with both signs: once derivatives are taken, e^{−x} is 1/e^x and B(−x) shares the exponential of B(x)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .graph import Graph

_PAIRED = ("exp", "B", "B1")


def polish(g: Graph, outputs: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """Output groups in which the members of such pairs have been replaced.

    B(x) = B(|x|) + max(−x, 0) and B′(−x) = −1 − B′(x) add numbers of one sign, so that nothing is lost near or far from 0.
    """
    order = g.reachable(root for roots in outputs.values() for root in roots)
    present = {g.nodes[i] for i in order if g.nodes[i][0] in _PAIRED}
    pairs = {(op, x) for op, x in present if (op, g.neg(x)) in present and g.nodes[x][0] != "neg"}
    if not pairs:
        return dict(outputs)
    made: dict[int, int] = {}  # only what changes
    nodes, changed = g.nodes, made.keys()
    for i in order:
        node = nodes[i]
        op = node[0]
        if op in {"const", "in"}:
            continue
        if op in _PAIRED:
            x = node[1]
            base = int(nodes[x][1]) if nodes[x][0] == "neg" else x
            if (op, base) in pairs and not g.free[i]:
                made[i] = _replaced(g, op, made.get(base, base), x != base)
                continue
        if not changed.isdisjoint(node[1:]):
            made[i] = _again(g, op, [made.get(a, a) for a in map(int, node[1:])])
    return {group: [made.get(root, root) for root in roots] for group, roots in outputs.items()}


def _replaced(g: Graph, op: str, x: int, negative: bool) -> int:
    """op(x), or op(−x), by what both share."""
    if op == "exp":
        shared = g.call("exp", x)
        return g.rcp(shared) if negative else shared
    shared, signed = g.call(op, g.call("abs", x)), g.neg(x) if negative else x
    if op == "B":
        return g.add(shared, g.call("max", g.neg(signed), g.zero))
    return g.call("select", signed, shared, g.sub(g.const(-1.0), shared))


def _again(g: Graph, op: str, arguments: list[int]) -> int:
    join: dict[str, Callable[..., int]] = {"add": g.add, "sub": g.sub, "mul": g.mul, "neg": g.neg, "rcp": g.rcp}
    return join[op](*arguments) if op in join else g.call(op, *arguments)
