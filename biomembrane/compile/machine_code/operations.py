"""The functions of a model as tapes of operations, each owned by a cell: outputs of the graph, LU
and solve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph.arrays import CODES, Whole, arrays, strata
from ..graph.elimination_order import Plan
from ..program import Program
from .rolled_code import CONST, LEAF, LOAD, NOBODY, POINTERS, Recorder, Tape

_FAR = 1 << 40
_LOCAL = 4  # what depends on more cells than these belongs to none of them


def model(program: Program, outputs: Sequence[tuple[int, str, int]], slots: dict[int, int]) -> Tape:
    """The operations under the (node, pointer, index) outputs, each owned by the first cell of
    those that it depends on.
    """
    a = arrays(program.graph)
    held = np.array(list(slots), dtype=np.int64)
    slot = np.full(len(a.op), -1)
    slot[held] = list(slots.values())
    nodes = np.flatnonzero(a.reach([node for node, _, _ in outputs], held))
    place = np.full(len(a.op) + 1, -1)  # one more, so that −1 stays −1
    place[nodes] = np.arange(len(nodes))
    slot, kind, op = slot[nodes], a.kind[nodes], a.op[nodes]
    leaf = (slot >= 0) | (op == LOAD) | (op == CONST)
    pointer = np.where(
        slot >= 0,
        POINTERS.index("%c"),
        np.where(kind == 0, POINTERS.index("%t"), POINTERS.index("%y")),
    )
    args = np.where(leaf[:, None], -1, place[a.args[nodes]])
    index, level = np.where(slot >= 0, slot, a.index[nodes]), np.where(leaf, 0, a.level[nodes])
    cells = np.array(program.owners, dtype=np.int64) + 1
    near = _near(
        args, level, np.where((slot < 0) & (kind == 1), cells[a.index[nodes] % len(cells)], _FAR)
    )
    owner = np.where(leaf, LEAF, np.where(near < _FAR, near, NOBODY))
    known = {p: k for k, p in enumerate(POINTERS)}
    put = np.array([(node, known[p], k) for node, p, k in outputs], dtype=np.int64).reshape(-1, 3).T
    put[0] = place[put[0]]
    bare = np.flatnonzero(
        leaf[put[0]]
    )  # outputs that are constants or inputs: copied by the cell of their row
    rows = {"%f": cells, "%J": cells[list(program.sparsity[0])]}
    own = [rows[p][k] if p in rows else NOBODY for _, p, k in (outputs[i] for i in bare.tolist())]
    copies = np.stack([put[0][bare], np.full(len(bare), -1), np.full(len(bare), -1)], axis=1)
    put[0][bare] = len(nodes) + np.arange(len(bare))

    def more(values: Any, fill: Any) -> Any:
        return np.concatenate(
            [values, np.broadcast_to(np.asarray(fill, dtype=values.dtype), len(bare))]
        )

    op, value = more(np.where(slot >= 0, LOAD, op), CODES["copy"]), more(a.value[nodes], 0.0)
    return Tape(
        op,
        np.concatenate([args, copies]),
        value,
        more(pointer, -1),
        more(index, -1),
        more(owner, own),
        more(level, 1),
        put,
    )


def _near(args: Whole, level: Whole, cells: Whole) -> Whole:
    """The first of the cells that each node depends on, _FAR for none; dependence on more than
    _LOCAL of them is forgotten.
    """
    near = np.full((len(args) + 1, _LOCAL), _FAR)  # the last row is of the argument −1
    near[:-1, 0] = cells
    for nodes in strata(level)[1:]:
        found = np.sort(near[args[nodes]].reshape(len(nodes), 3 * _LOCAL), axis=1)
        found[:, 1:][found[:, 1:] == found[:, :-1]] = _FAR
        found.sort(axis=1)
        near[nodes] = np.where(found[:, _LOCAL : _LOCAL + 1] < _FAR, _FAR, found[:, :_LOCAL])
    return np.asarray(near[:-1, 0])


def sides(plan: Plan) -> tuple[dict[int, int], dict[int, list[int]], dict[int, list[int]]]:
    """Turn of each pivot; rows below and columns right of it, in the order of elimination."""
    turn = {k: n for n, k in enumerate(plan.order)}
    below: dict[int, list[int]] = {k: [] for k in turn}
    right: dict[int, list[int]] = {k: [] for k in turn}
    for i, j in plan.index:
        if turn[i] > turn[j]:
            below[j].append(i)
        elif turn[i] < turn[j]:
            right[i].append(j)
    for each in (*below.values(), *right.values()):
        each.sort(key=turn.__getitem__)
    return turn, below, right


def factor(
    plan: Plan, sparsity: tuple[Sequence[int], Sequence[int]], owners: Sequence[int],
    mass: Sequence[int]
) -> Tape:  # fmt: skip
    """LU of M·s − J, with reciprocals of the pivots on the diagonal; an operation is owned by the
    cell of its pivot.
    """
    tape, owner = Recorder(), [1 + k for k in owners]
    do, (turn, below, right) = tape.do, sides(plan)
    place = {entry: k for k, entry in enumerate(zip(*sparsity, strict=True))}
    s, zero = tape.load("%s", 0), tape.constant(0.0)
    value = {}
    for i, j in plan.index:
        mine = owner[i] if turn[i] < turn[j] else owner[j]
        base = s if i == j and mass[i] else zero
        value[i, j] = (
            do(mine, "sub", base, tape.load("%J", place[i, j])) if (i, j) in place else base
        )
    for k in plan.order:
        mine, pivots = owner[k], [(j, value[k, j]) for j in right[k]]
        inverse = value[k, k] = do(mine, "rcp", value[k, k])
        for i in below[k]:
            ratio = value[i, k] = do(mine, "mul", value[i, k], inverse)
            for j, upper in pivots:
                value[i, j] = do(mine, "less", value[i, j], ratio, upper)
    for (i, j), k in plan.index.items():
        tape.put(value[i, j], "%A", k, owner[i] if turn[i] < turn[j] else owner[j])
    return tape.tape()


def solve(plan: Plan, owners: Sequence[int]) -> Tape:
    """b ← (LU)⁻¹ b.

    An element that no operation of the way down changes is copied first: it is read again after it
    may have been stored.
    """
    tape, index, owner = Recorder(), plan.index, [1 + k for k in owners]
    do, (_, below, right) = tape.do, sides(plan)
    b = {k: tape.load("%b", k) for k in plan.order}
    untouched = set(b) - {i for rows in below.values() for i in rows}
    for k in plan.order:
        if k in untouched:
            b[k] = do(owner[k], "copy", b[k])
        for i in below[k]:
            b[i] = do(owner[k], "less", b[i], tape.load("%A", index[i, k]), b[k])
    for k in reversed(plan.order):
        for j in right[k]:
            b[k] = do(owner[k], "less", b[k], tape.load("%A", index[k, j]), b[j])
        b[k] = do(owner[k], "mul", b[k], tape.load("%A", index[k, k]))
    for k in plan.order:
        tape.put(b[k], "%b", k, owner[k])
    return tape.tape()
