"""The functions of a model over lanes: dx/dt, its Jacobian and ∂f/∂t, sparse LU and solve, ledger
integrands.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..llvm.ir import Function, splat
from ..program import Program
from ..shape import Shape, quadratures
from . import operations, rolled_code, table_loops
from .rolled_code import Cut, Rolled, Tabled, cut, instruction

_DENSE = 100  # products of elimination for a state, from which loops over tables cost little
_POINT = ("%t", "%y", "%c")


def straight(
    program: Program,
    name: str,
    arguments: str,
    outputs: Sequence[tuple[int, str, int]],
    slots: dict[int, int],
) -> Function:
    """Straight-line code for (node, pointer, index) outputs; nodes in ``slots`` come from the
    constants.
    """
    g = program.graph
    f = Function(name, arguments)
    value: dict[int, str] = {}
    for i in g.reachable([node for node, _, _ in outputs], slots):
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


def functions(program: Program, slots: dict[int, int], made: Shape) -> list[Function]:
    """f_rhs, f_jac (with f and ∂f/∂t), f_quad, f_lu, f_solve and, of a careful program, f_both and
    f_mend; of a large model rolled, which fills ``made.scratch``.
    """
    out = program.outputs
    rhs = [(node, "%f", i) for i, node in enumerate(out["rhs"])]
    jacobian = [(node, "%J", k) for k, node in enumerate(out["jacobian"])]
    clock = [(out["dfdt"][i], "%d", k) for k, i in enumerate(made.clocked)]
    quads = [(node, "%g", k) for k, node in enumerate(quadratures(program))]
    groups = [
        ("f_rhs", "%f", rhs),
        ("f_jac", "%f", rhs + jacobian + clock),
        ("f_quad", "%g", quads),
    ]
    heads = {
        "f_rhs": (*_POINT, "%f"),
        "f_jac": (*_POINT, "%f", "%J", "%d"),
        "f_quad": (*_POINT, "%g"),
    }
    more = (
        [
            straight(
                program,
                "f_event",
                _pointers(heads["f_quad"]),
                [(node, "%g", k) for k, node in enumerate(out["event"])],
                slots,
            )
        ]
        if program.events
        else []
    )
    if made.owners:
        rows = {"%f": made.states, "%g": made.quadratures}
        rolled: list[Tabled] = []
        for name, last, outputs in groups:
            rolled.append(
                Rolled(
                    cut(Cut(operations.model(program, outputs, slots))),
                    name,
                    heads[name],
                    (last, rows[last]),
                )
            )
        rolled += _algebra(program, made)
        made.scratch.update({f.name: f.scratch for f in rolled})
        return [*rolled, *more]
    if "along" in out:  # of the careful driver
        groups.append(("f_mend", "%g", [(node, "%g", k) for k, node in enumerate(out["along"])]))
        groups.append(("f_both", "%g", rhs + quads))  # of the same fluxes, to the last bit
        heads |= {"f_mend": heads["f_quad"], "f_both": (*_POINT, "%f", "%g")}
    unrolled = [
        straight(program, name, _pointers(heads[name]), outputs, slots)
        for name, _, outputs in groups
    ]
    return [*unrolled, _factor(program, made), _solve(made), *more]


def _algebra(program: Program, made: Shape) -> list[Tabled]:
    """LU and solve: rolled where cells repeat, else loops over tables."""
    _, below, right = operations.sides(made.plan)
    down = None
    if sum(len(below[k]) * len(right[k]) for k in below) < _DENSE * made.states:
        down = Cut(operations.factor(made.plan, program.sparsity, made.owners, made.mass))
    if down is None or len(down.seldom()) > rolled_code.BUDGET:
        return [
            table_loops.factor(made.plan, program.sparsity, made.mass),
            table_loops.solve(made.plan),
        ]
    up = Cut(operations.solve(made.plan, made.owners))
    base = ("%A", made.factors)
    return [
        Rolled(cut(down), "f_lu", ("%J", "%s", "%A"), base),
        Rolled(cut(up), "f_solve", ("%A", "%b"), base),
    ]


def _pointers(names: Sequence[str]) -> str:
    return ", ".join(f"ptr noalias {name}" for name in names)


def _factor(program: Program, made: Shape) -> Function:
    """LU of M·s − J, with reciprocals of the pivots on the diagonal."""
    f = Function("f_lu", "ptr noalias %J, ptr noalias %s, ptr noalias %A")
    index, order = made.plan.index, made.plan.order
    place = {entry: k for k, entry in enumerate(zip(*program.sparsity, strict=True))}
    s = f.load("%s")
    value = {}
    for i, j in index:
        base = s if i == j and made.mass[i] else splat(0.0)
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
    """b ← (LU)⁻¹ b; every sum takes its terms in the order in which they are known, for the time is
    that of the longest chain.
    """
    f = Function("f_solve", "ptr noalias %A, ptr noalias %b")
    index, order = made.plan.index, made.plan.order
    b = {i: f.get("%b", i) for i in order}
    known = dict.fromkeys(order, 0)

    def less(i: int, others: Sequence[int]) -> None:
        for k in sorted((k for k in others if (i, k) in index), key=lambda k: known[k]):
            b[i] = f.sub(b[i], f.mul(f.get("%A", index[i, k]), b[k]))
            known[i] = max(known[i], known[k]) + 1

    for n, i in enumerate(order):
        less(i, order[:n])
    for n in range(len(order) - 1, -1, -1):
        i = order[n]
        less(i, order[n + 1 :])
        b[i] = f.mul(b[i], f.get("%A", index[i, i]))
        known[i] += 1
    for i in order:
        f.put(b[i], "%b", i)
    f.say("ret void")
    return f
