"""The functions of a model over lanes: dx/dt, its Jacobian and ∂f/∂t, sparse LU and solve, ledger
integrands.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..graph.arrays import OPS
from ..llvm.ir import Function, splat
from ..program import Program
from ..shape import Shape, quadratures
from . import operations, partition, table_loops
from .partition import Partition, refined
from .rolled_code import RolledFunction, TableFunction, instruction
from .tape import CONST, LOAD, POINTERS, Tape

_DENSE = 100  # products of elimination for a state, from which loops over tables cost little
_POINT = ("%t", "%y", "%c")


def straight(tape: Tape, name: str, pointers: Sequence[str]) -> Function:
    """A tape as straight-line code."""
    f = Function(name, ", ".join(f"ptr noalias {p}" for p in pointers))
    value: list[str] = []
    columns = (tape.op, tape.args, tape.value, tape.pointer, tape.index)
    for op, given, x, pointer, index in zip(*(column.tolist() for column in columns), strict=True):
        if op == CONST:
            value.append(splat(x))
        elif op == LOAD:
            value.append(f.get(POINTERS[pointer], index) if index else f.load(POINTERS[pointer]))
        else:
            value.append(instruction(f, OPS[op], [value[a] for a in given if a >= 0]))
    for node, pointer, index in tape.outputs.T.tolist():
        f.put(value[node], POINTERS[pointer], index)
    f.say("ret void")
    return f


def functions(program: Program, slots: dict[int, int], sizes: Shape) -> list[Function]:
    """f_rhs, f_jac (with f and ∂f/∂t), f_quad, f_lu, f_solve and, of a careful program, f_both and
    f_mend; of a large model rolled, which fills ``made.scratch``.
    """
    out = program.outputs
    rhs = [(node, "%f", i) for i, node in enumerate(out["rhs"])]
    jacobian = [(node, "%J", k) for k, node in enumerate(out["jacobian"])]
    clock = [(out["dfdt"][i], "%d", k) for k, i in enumerate(sizes.clocked)]
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
    if "along" in out:  # of the careful driver
        groups.append(("f_mend", "%g", [(node, "%g", k) for k, node in enumerate(out["along"])]))
        groups.append(("f_both", "%g", rhs + quads))  # of the same fluxes, to the last bit
        heads |= {"f_mend": heads["f_quad"], "f_both": (*_POINT, "%f", "%g")}
    tapes = [
        (name, last, operations.model(program, outputs, slots)) for name, last, outputs in groups
    ]
    unrolled: list[Function] = []
    if program.events:
        events = operations.model(
            program, [(node, "%g", k) for k, node in enumerate(out["event"])], slots
        )
        unrolled.append(straight(events, "f_event", heads["f_quad"]))
    if not sizes.rolled:
        lu, solve = (
            operations.factor(sizes.plan, program.sparsity, sizes.mass),
            operations.solve(sizes.plan),
        )
        algebra = straight(lu, "f_lu", ("%J", "%s", "%A")), straight(solve, "f_solve", ("%A", "%b"))
        return [
            *(straight(tape, name, heads[name]) for name, _, tape in tapes),
            *algebra,
            *unrolled,
        ]
    rows = {"%f": sizes.states, "%g": sizes.quadratures}
    rolled: list[TableFunction] = []
    for name, last, tape in tapes:
        rolled.append(
            RolledFunction(
                refined(Partition(operations.owned(tape, program))),
                name,
                heads[name],
                (last, rows[last]),
            )
        )
    rolled += _algebra(program, sizes)
    sizes.scratch.update({f.name: f.scratch for f in rolled})
    return [*rolled, *unrolled]


def _algebra(program: Program, sizes: Shape) -> list[TableFunction]:
    """LU and solve: rolled where cells repeat, else loops over tables."""
    down = None
    if sizes.plan.products < _DENSE * sizes.states:
        down = Partition(operations.factor(sizes.plan, program.sparsity, sizes.mass, sizes.owners))
    if down is None or len(down.rare_operations()) > partition.BUDGET:
        return [
            table_loops.factor(sizes.plan, program.sparsity, sizes.mass),
            table_loops.solve(sizes.plan),
        ]
    up = Partition(operations.solve(sizes.plan, sizes.owners))
    base = ("%A", sizes.factors)
    return [
        RolledFunction(refined(down), "f_lu", ("%J", "%s", "%A"), base),
        RolledFunction(refined(up), "f_solve", ("%A", "%b"), base),
    ]
