"""A graph as arrays, for what must be fast on graphs of 10⁵ nodes and more: levels, reachability,
evaluation group by group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import caching
from .construction_rules import Rules

Whole = NDArray[np.int64]
CONST, INPUT = 0, 1
OPS = ("const", "in", "add", "sub", "mul", "neg", "rcp", "exp", "expm1", "log", "sin", "cos",
    "tanh", "abs", "sqrt", "pow", "max", "min",
       "select", "net", "B", "B1", "B2", "copy", "less")  # fmt: skip
CODES = {op: k for k, op in enumerate(OPS)}
KINDS = ("t", "y", "p")


@dataclass(frozen=True, eq=False)
class Arrays:
    """``op`` (node,) as places in ``OPS``; ``args`` (node, 3), −1 where there is none; ``value`` of
    constants; ``kind`` and ``index`` of inputs; ``level``: the longest way from a leaf.
    """

    op: Whole
    args: Whole
    value: NDArray[np.float64]
    kind: Whole
    index: Whole
    level: Whole

    @cached_property
    def strata(self) -> list[Whole]:
        """Nodes by level."""
        return strata(self.level)

    def above(self, chosen: Whole) -> NDArray[np.bool_]:
        """Nodes that depend on the chosen ones, these included."""
        seen = np.zeros(len(self.op) + 1, dtype=bool)  # the last is of the argument −1
        seen[chosen] = True
        for nodes in self.strata[1:]:
            seen[nodes] |= seen[self.args[nodes]].any(axis=1)
        return seen[:-1]

    def reach(self, roots: Iterable[int], stop: Any = ()) -> NDArray[np.bool_]:
        """Nodes under the roots, not looking under those of ``stop``."""
        seen = np.zeros(len(self.op), dtype=bool)
        roots = [*roots]
        seen[roots] = True
        top = self.level[roots].max(initial=0)
        closed = np.zeros(len(self.op), dtype=bool)
        closed[np.asarray(stop, dtype=np.int64)] = True
        for nodes in reversed(self.strata[1 : top + 1]):
            open_ = nodes[seen[nodes] & ~closed[nodes]]
            under = self.args[open_].ravel()
            seen[under[under >= 0]] = True
        return seen


def strata(level: Whole) -> list[Whole]:
    """Nodes by level, from the leaves up."""
    if not len(level):
        return []
    return np.split(np.argsort(level, kind="stable"), np.cumsum(np.bincount(level))[:-1])


def arrays(graph: Rules) -> Arrays:
    """The arrays of a graph as it stands; of one that has grown, only what is new is read."""
    held = caching.cache_of(graph)
    found: Arrays | None = held.get(Arrays)
    if found is None or len(found.op) < len(graph.nodes):
        new = _build(graph, 0 if found is None else len(found.op))
        both = (
            new
            if found is None
            else Arrays(
                *(
                    np.concatenate([getattr(a, f.name) for a in (found, new)])
                    for f in fields(Arrays)
                )
            )
        )
        found = held[Arrays] = both
    return found


def _build(graph: Rules, first: int) -> Arrays:
    nodes, known = graph.nodes[first:], graph.known
    kinds = np.array(graph.kinds[first:], dtype=np.int64)
    op = np.array([CODES[node[0]] for node in known.nodes], dtype=np.int64)[kinds]
    arity = np.array([len(node) - 1 for node in known.nodes], dtype=np.int64)[kinds]
    level = np.array(known.level, dtype=np.int64)[kinds]
    args = np.full((len(nodes), 3), -1, dtype=np.int64)
    value, kind, index = (
        np.full(len(nodes), np.nan),
        np.full(len(nodes), -1),
        np.full(len(nodes), -1),
    )
    for i in np.flatnonzero(op <= INPUT).tolist():
        if op[i] == CONST:
            value[i] = nodes[i][1]
        else:
            kind[i], index[i] = KINDS.index(nodes[i][1]), nodes[i][2]
    for k in range(3):
        chosen = np.flatnonzero((op > INPUT) & (arity > k))
        pick = map(itemgetter(k + 1), map(nodes.__getitem__, chosen.tolist()))
        args[chosen, k] = np.fromiter(pick, dtype=np.int64, count=len(chosen))
    return Arrays(op, args, value, kind, index, level)


class Sweep:
    """Evaluates chosen nodes level by level, equal operations at once; ``functions`` are ufuncs by
    name.
    """

    def __init__(
        self, graph: Rules, roots: Sequence[int], slots: dict[int, int], functions: dict[str, Any]
    ) -> None:
        a = arrays(graph)
        held = np.array(list(slots), dtype=np.int64)
        seen = a.reach(roots, held)
        place = np.cumsum(seen) - 1
        self.size, self.roots = int(seen.sum()), place[np.asarray(roots, dtype=np.int64)]
        where = np.full(len(a.op), -1)
        where[held] = list(slots.values())
        self.slots = (place[held[seen[held]]], where[held[seen[held]]])
        taken = where >= 0
        fixed = np.flatnonzero(seen & (a.op == CONST) & ~taken)
        self.fixed = (place[fixed], a.value[fixed])
        inputs = [np.flatnonzero(seen & ~taken & (a.kind == k)) for k in range(3)]
        self.inputs = [(place[i], a.index[i]) for i in inputs]
        self.work: list[tuple[Any, Whole, list[Whole]]] = []
        for nodes in strata(np.where(seen & ~taken, a.level, 0))[1:]:
            for op in sorted(set(a.op[nodes].tolist())):
                chosen = nodes[a.op[nodes] == op]
                given = a.args[chosen]
                self.work.append(
                    (
                        functions[OPS[op]],
                        place[chosen],
                        [place[column] for column in given.T if column[0] >= 0],
                    )
                )

    def __call__(self, t: Any, y: Any, c: Any, p: Any, lanes: int | None) -> NDArray[np.float64]:
        """Roots as ``(root,)`` or ``(root, lane)``."""
        v = np.empty((self.size,) if lanes is None else (self.size, lanes))

        def spread(x: Any) -> Any:
            return x[:, None] if lanes is not None and np.ndim(x) == 1 else x

        v[self.fixed[0]] = spread(self.fixed[1])
        for (to, source), values in zip([self.slots, *self.inputs[1:]], (c, y, p), strict=True):
            if len(to):
                v[to] = spread(np.asarray(values)[source])
        v[self.inputs[0][0]] = t
        with np.errstate(all="ignore"):
            for function, to, given in self.work:
                v[to] = function(*(v[x] for x in given))
        made: NDArray[np.float64] = v[self.roots]
        return made
