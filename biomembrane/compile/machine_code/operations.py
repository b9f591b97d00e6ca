"""The functions of a model as tapes of operations: outputs of the graph, LU and solve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..graph.arrays import CODES, Whole, arrays, strata
from ..graph.elimination_order import Plan
from ..program import Program
from .tape import CONST, LEAF, LOAD, NOBODY, POINTERS, Recorder, Tape

_FAR = 1 << 40
_LOCAL = 4  # what depends on more cells than these belongs to none of them


def model(program: Program, outputs: Sequence[tuple[int, str, int]], slots: dict[int, int]) -> Tape:
    """The operations under the (node, pointer, index) outputs, which belong to nobody yet."""
    a = arrays(program.graph)
    slot = np.full(len(a.op), -1)
    slot[list(slots)] = list(slots.values())
    nodes = np.array(
        program.graph.reachable([node for node, _, _ in outputs], slots), dtype=np.int64
    )
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
    places = {p: k for k, p in enumerate(POINTERS)}
    stores = (
        np.array([(node, places[p], k) for node, p, k in outputs], dtype=np.int64).reshape(-1, 3).T
    )
    stores[0] = place[stores[0]]
    bare = np.flatnonzero(leaf[stores[0]])  # outputs that are constants or inputs are copied
    copies = np.stack([stores[0][bare], np.full(len(bare), -1), np.full(len(bare), -1)], axis=1)
    stores[0][bare] = len(nodes) + np.arange(len(bare))

    def more(values: Any, fill: Any) -> Any:
        return np.concatenate([values, [fill] * len(bare)]) if len(bare) else values

    op, value = more(np.where(slot >= 0, LOAD, op), CODES["copy"]), more(a.value[nodes], 0.0)
    owner = more(np.where(leaf, LEAF, NOBODY), NOBODY)
    return Tape(
        op,
        np.concatenate([args, copies]),
        value,
        more(pointer, -1),
        more(index, -1),
        owner,
        more(level, 1),
        stores,
    )


def owned(tape: Tape, program: Program) -> Tape:
    """The same, each operation owned by the first cell of those that it depends on; a copy by that
    of its row.
    """
    cells = np.array(program.owners, dtype=np.int64) + 1
    state = (tape.op == LOAD) & (tape.pointer == POINTERS.index("%y"))
    near = _near(
        tape.args, tape.level, np.where(state, cells[np.where(state, tape.index, 0)], _FAR)
    )
    owner = np.where(tape.owner == LEAF, LEAF, np.where(near < _FAR, near, NOBODY))
    node, pointer, index = tape.outputs
    for name, rows in (("%f", cells), ("%J", cells[list(program.sparsity[0])])):
        bare = (tape.op[node] == CODES["copy"]) & (pointer == POINTERS.index(name))
        owner[node[bare]] = rows[index[bare]]
    return replace(tape, owner=owner)


def _near(args: Whole, level: Whole, cells: Whole) -> Whole:
    """The first of the cells that each node depends on, _FAR for none; dependence on more than
    _LOCAL of them is forgotten.
    """
    near = np.full((len(args) + 1, _LOCAL), _FAR)  # the last row is of the argument −1
    near[:-1, 0] = cells
    for nodes in strata(level)[1:]:
        nearest = np.sort(near[args[nodes]].reshape(len(nodes), 3 * _LOCAL), axis=1)
        nearest[:, 1:][nearest[:, 1:] == nearest[:, :-1]] = _FAR
        nearest.sort(axis=1)
        near[nodes] = np.where(nearest[:, _LOCAL : _LOCAL + 1] < _FAR, _FAR, nearest[:, :_LOCAL])
    return np.asarray(near[:-1, 0])


def factor(
    plan: Plan,
    sparsity: tuple[Sequence[int], Sequence[int]],
    mass: Sequence[int],
    owners: Sequence[int] = (),
) -> Tape:
    """LU of M·s − J; an operation is owned by the cell of its pivot."""
    tape, owner, turn = Recorder(), _cells(plan, owners), plan.turn
    place = {entry: k for k, entry in enumerate(zip(*sparsity, strict=True))}
    s, zero = tape.load("%s", 0), tape.constant(0.0)
    mine = [owner[i] if turn[i] < turn[j] else owner[j] for i, j in plan.index]
    value: list[int] = []
    for n, (i, j) in enumerate(plan.index):
        base = s if i == j and mass[i] else zero
        value.append(
            tape.do(mine[n], "sub", base, tape.load("%J", place[i, j])) if (i, j) in place else base
        )
    for op, k, entry, a, b in plan.factor():
        value[entry] = tape.do(owner[k], op, value[entry], *[value[x] for x in (a, b) if x >= 0])
    for n, node in enumerate(value):
        tape.put(node, "%A", n, mine[n])
    return tape.tape()


def solve(plan: Plan, owners: Sequence[int] = ()) -> Tape:
    """b ← (LU)⁻¹ b.

    An element that no operation of the way down changes is copied first: it is read again after it
    may have been stored.
    """
    tape, owner = Recorder(), _cells(plan, owners)
    b = {k: tape.load("%b", k) for k in plan.order}
    for k in set(b).difference(*plan.sides[0].values()):
        b[k] = tape.do(owner[k], "copy", b[k])
    for op, k, state, entry, other in plan.solve():
        given = [b[state], tape.load("%A", entry)]
        b[state] = tape.do(owner[k], op, *given, *([b[other]] if other >= 0 else []))
    for k in plan.order:
        tape.put(b[k], "%b", k, owner[k])
    return tape.tape()


def _cells(plan: Plan, owners: Sequence[int]) -> list[int]:
    return [1 + k for k in owners] or [NOBODY] * len(plan.order)
