"""The functions of a model over lanes: dx/dt, its Jacobian and ∂f/∂t, sparse LU and solve, ledger integrands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arrays import CODES, Whole, arrays, strata
from .ir import Function, splat
from .program import Program
from .roll import CONST, LEAF, LOAD, NOBODY, POINTERS, Recorder, Rolled, Tape, instruction
from .sparse import Plan, plan

_FAR = 1 << 40
_LOCAL = 4  # what depends on more cells than these belongs to none of them
_POINT = ("%t", "%y", "%c")


@dataclass(frozen=True)
class Shape:
    """Sizes that the driver needs: states, quadratures, the processes that end them, Jacobian and LU entries, states with ∂f/∂t, constants.

    ``owners`` (the cell of each state) is there if the code is rolled; ``scratch`` are the rows that rolled functions use behind those of
    their last array but J and ∂f/∂t: f_rhs and f_jac behind f, f_quad behind g, f_lu and f_solve behind A.
    """

    states: int
    quadratures: int
    processes: int
    jacobian: int
    factors: int
    clocked: tuple[int, ...]
    constants: int
    plan: Plan
    owners: tuple[int, ...] = ()
    scratch: dict[str, int] = field(default_factory=dict)


def quadratures(program: Program) -> list[int]:
    """Nodes that ride along as quadratures: ledger entries, then dissipations."""
    return program.outputs["entry"] + program.outputs["dissipation"]


def shape(program: Program, constants: int) -> Shape:
    """The sizes of a program."""
    made = plan(len(program.states), zip(*program.sparsity, strict=True), program.owners)
    zero = program.graph.zero
    clocked = tuple(i for i, node in enumerate(program.outputs["dfdt"]) if node != zero)
    processes = len(program.outputs["dissipation"])
    sizes = (len(program.states), len(quadratures(program)), processes, len(program.sparsity[0]), len(made.index))
    return Shape(*sizes, clocked, constants, made, program.owners)


def straight(program: Program, name: str, arguments: str, outputs: Sequence[tuple[int, str, int]], slots: dict[int, int]) -> Function:
    """Straight-line code for (node, pointer, index) outputs; nodes in ``slots`` come from the constants."""
    g = program.graph
    f = Function(name, arguments)
    value: dict[int, str] = {}
    for i in _needed(program, [node for node, _, _ in outputs], slots):
        node = g.nodes[i]
        if node[0] == "const":
            value[i] = splat(node[1])
        elif i in slots:
            value[i] = f.get("%c", slots[i])
        elif node[0] == "in":
            value[i] = f.load("%t") if node[1] == "t" else f.get("%y", node[2])
        else:
            value[i] = instruction(f, node[0], [value[a] for a in node[1:]])
    for root, pointer, index in outputs:
        f.put(value[root], pointer, index)
    f.say("ret void")
    return f


def _needed(program: Program, roots: Sequence[int], slots: dict[int, int]) -> list[int]:
    g = program.graph
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        i = stack.pop()
        if i not in seen:
            seen.add(i)
            if i not in slots and g.nodes[i][0] not in ("const", "in"):
                stack.extend(g.nodes[i][1:])
    return sorted(seen)


def functions(program: Program, slots: dict[int, int], made: Shape) -> list[Function]:
    """f_rhs, f_jac (with f and ∂f/∂t), f_quad, f_lu and f_solve; of a large model rolled, which fills ``made.scratch``."""
    out = program.outputs
    rhs = [(node, "%f", i) for i, node in enumerate(out["rhs"])]
    jacobian = [(node, "%J", k) for k, node in enumerate(out["jacobian"])]
    clock = [(out["dfdt"][i], "%d", k) for k, i in enumerate(made.clocked)]
    quads = [(node, "%g", k) for k, node in enumerate(quadratures(program))]
    groups = [("f_rhs", "%f", rhs), ("f_jac", "%f", rhs + jacobian + clock), ("f_quad", "%g", quads)]
    heads = {"f_rhs": (*_POINT, "%f"), "f_jac": (*_POINT, "%f", "%J", "%d"), "f_quad": (*_POINT, "%g")}
    if made.owners:
        rows = {"%f": made.states, "%g": made.quadratures}
        tapes = [(name, heads[name], _tape(program, outputs, slots), (last, rows[last])) for name, last, outputs in groups]
        algebra = ("%A", made.factors)
        tapes += [("f_lu", ("%J", "%s", "%A"), _factor_tape(program, made), algebra), ("f_solve", ("%A", "%b"), _solve_tape(made), algebra)]
        rolled = [Rolled(tape, name, head, base) for name, head, tape, base in tapes]
        made.scratch.update({f.name: f.scratch for f in rolled})
        return [*rolled]
    unrolled = [straight(program, name, _pointers(heads[name]), outputs, slots) for name, _, outputs in groups]
    return [*unrolled, _factor(program, made), _solve(made)]


def _pointers(names: Sequence[str]) -> str:
    return ", ".join(f"ptr noalias {name}" for name in names)


def _factor(program: Program, made: Shape) -> Function:
    """LU of I·s − J, with reciprocals of the pivots on the diagonal."""
    f = Function("f_lu", "ptr noalias %J, ptr noalias %s, ptr noalias %A")
    index, order = made.plan.index, made.plan.order
    place = {entry: k for k, entry in enumerate(zip(*program.sparsity, strict=True))}
    s = f.load("%s")
    value = {}
    for i, j in index:
        base = s if i == j else splat(0.0)
        value[i, j] = f.sub(base, f.get("%J", place[i, j])) if (i, j) in place else base
    for n, k in enumerate(order):
        value[k, k] = f.div(splat(1.0), value[k, k])
        later = order[n + 1 :]
        right = [j for j in later if (k, j) in index]
        for i in later:
            if (i, k) in index:
                value[i, k] = f.mul(value[i, k], value[k, k])
                for j in right:
                    value[i, j] = f.sub(value[i, j], f.mul(value[i, k], value[k, j]))
    for entry, k in index.items():
        f.put(value[entry], "%A", k)
    f.say("ret void")
    return f


def _solve(made: Shape) -> Function:
    """b ← (LU)⁻¹ b."""
    f = Function("f_solve", "ptr noalias %A, ptr noalias %b")
    index, order = made.plan.index, made.plan.order
    b = {i: f.get("%b", i) for i in order}
    for n, k in enumerate(order):
        for i in order[n + 1 :]:
            if (i, k) in index:
                b[i] = f.sub(b[i], f.mul(f.get("%A", index[i, k]), b[k]))
    for n in range(len(order) - 1, -1, -1):
        k = order[n]
        for j in order[n + 1 :]:
            if (k, j) in index:
                b[k] = f.sub(b[k], f.mul(f.get("%A", index[k, j]), b[j]))
        b[k] = f.mul(b[k], f.get("%A", index[k, k]))
    for i in order:
        f.put(b[i], "%b", i)
    f.say("ret void")
    return f


def _tape(program: Program, outputs: Sequence[tuple[int, str, int]], slots: dict[int, int]) -> Tape:
    """The operations under the outputs, each owned by the first cell of those that it reads."""
    a = arrays(program.graph)
    held = np.array(list(slots), dtype=np.int64)
    slot = np.full(len(a.op), -1)
    slot[held] = list(slots.values())
    nodes = np.flatnonzero(a.reach([node for node, _, _ in outputs], held))
    place = np.full(len(a.op) + 1, -1)  # one more, so that −1 stays −1
    place[nodes] = np.arange(len(nodes))
    slot, kind, op = slot[nodes], a.kind[nodes], a.op[nodes]
    leaf = (slot >= 0) | (op == LOAD) | (op == CONST)
    pointer = np.where(slot >= 0, POINTERS.index("%c"), np.where(kind == 0, POINTERS.index("%t"), POINTERS.index("%y")))
    op = np.where(slot >= 0, LOAD, op)
    args = np.where(leaf[:, None], -1, place[a.args[nodes]])
    index, level = np.where(slot >= 0, slot, a.index[nodes]), np.where(leaf, 0, a.level[nodes])
    cells = np.array(program.owners, dtype=np.int64) + 1
    near = _near(op, args, level, np.where((slot < 0) & (kind == 1), cells[a.index[nodes] % len(cells)], _FAR))
    owner = np.where(leaf, LEAF, np.where(near < _FAR, near, NOBODY))
    put = np.array([(place[node], POINTERS.index(p), k) for node, p, k in outputs], dtype=np.int64).reshape(-1, 3).T
    row = np.where(put[1] == POINTERS.index("%J"), np.array(program.sparsity[0], dtype=np.int64)[np.minimum(put[2], len(program.sparsity[0]) - 1)], put[2])
    bare = np.flatnonzero(leaf[put[0]])  # outputs that are constants or inputs are copied by the cell of their row
    own = np.where(np.isin(put[1][bare], [POINTERS.index("%f"), POINTERS.index("%J")]), cells[row[bare] % len(cells)], NOBODY)
    copies = np.stack([put[0][bare], np.full(len(bare), -1), np.full(len(bare), -1)], axis=1)
    put[0][bare] = len(nodes) + np.arange(len(bare))

    def more(values: Any, fill: Any) -> Any:
        return np.concatenate([values, np.broadcast_to(fill, len(bare))])

    value, index, pointer = more(a.value[nodes], 0.0), more(index, -1), more(pointer, -1)
    return Tape(more(op, CODES["copy"]), np.concatenate([args, copies]), value, pointer, index, more(owner, own), more(level, 1), put)


def _near(op: Whole, args: Whole, level: Whole, cells: Whole) -> Whole:
    """The first of the cells that each node depends on, _FAR for none; dependence on more than _LOCAL of them is forgotten."""
    near = np.full((len(op) + 1, _LOCAL), _FAR)  # the last row is of the argument −1
    near[:-1, 0] = cells
    for nodes in strata(level)[1:]:
        found = np.sort(near[args[nodes]].reshape(len(nodes), -1), axis=1)
        found[:, 1:][found[:, 1:] == found[:, :-1]] = _FAR
        found.sort(axis=1)
        near[nodes] = np.where(found[:, _LOCAL : _LOCAL + 1] < _FAR, _FAR, found[:, :_LOCAL])
    return np.asarray(near[:-1, 0])


def _levels(made: Shape) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Rows below and columns right of each pivot, in the order of elimination."""
    turn = {k: n for n, k in enumerate(made.plan.order)}
    below: dict[int, list[int]] = {k: [] for k in turn}
    right: dict[int, list[int]] = {k: [] for k in turn}
    for i, j in made.plan.index:
        if turn[i] > turn[j]:
            below[j].append(i)
        elif turn[i] < turn[j]:
            right[i].append(j)
    for each in (*below.values(), *right.values()):
        each.sort(key=turn.__getitem__)
    return below, right


def _factor_tape(program: Program, made: Shape) -> Tape:
    """As :func:`_factor`; an operation is owned by the cell of its pivot."""
    tape, index, owner = Recorder(), made.plan.index, [1 + k for k in made.owners]
    below, right = _levels(made)
    turn = {k: n for n, k in enumerate(made.plan.order)}
    place = {entry: k for k, entry in enumerate(zip(*program.sparsity, strict=True))}
    do = tape.do
    s, zero = tape.load("%s", 0), tape.constant(0.0)
    value = {}
    for i, j in index:
        mine = owner[i] if turn[i] < turn[j] else owner[j]
        base = s if i == j else zero
        value[i, j] = do(mine, "sub", base, tape.load("%J", place[i, j])) if (i, j) in place else base
    for k in made.plan.order:
        mine, pivots = owner[k], [(j, value[k, j]) for j in right[k]]
        inverse = value[k, k] = do(mine, "rcp", value[k, k])
        for i in below[k]:
            ratio = value[i, k] = do(mine, "mul", value[i, k], inverse)
            for j, upper in pivots:
                value[i, j] = do(mine, "less", value[i, j], ratio, upper)
    for (i, j), k in index.items():
        tape.put(value[i, j], "%A", k, owner[i] if turn[i] < turn[j] else owner[j])
    return tape.tape()


def _solve_tape(made: Shape) -> Tape:
    """As :func:`_solve`; b is read before it is written because a copy is taken wherever no operation precedes its other uses."""
    tape, index, owner = Recorder(), made.plan.index, [1 + k for k in made.owners]
    below, right = _levels(made)
    b = {k: tape.load("%b", k) for k in made.plan.order}
    for k in made.plan.order:
        if b[k] < len(b):
            b[k] = tape.do(owner[k], "copy", b[k])
        for i in below[k]:
            b[i] = tape.do(owner[k], "less", b[i], tape.load("%A", index[i, k]), b[k])
    for k in reversed(made.plan.order):
        for j in right[k]:
            b[k] = tape.do(owner[k], "less", b[k], tape.load("%A", index[k, j]), b[j])
        b[k] = tape.do(owner[k], "mul", b[k], tape.load("%A", index[k, k]))
    for k in made.plan.order:
        tape.put(b[k], "%b", k, owner[k])
    return tape.tape()
