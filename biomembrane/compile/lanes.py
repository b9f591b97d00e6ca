"""The functions of a model over lanes: dx/dt, its Jacobian and ∂f/∂t, sparse LU and solve, ledger integrands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .ir import LANES, VEC, Function, splat
from .numpy import NEAR, TANH
from .program import Program
from .sparse import Plan, plan

_POINT = "ptr noalias %t, ptr noalias %y, ptr noalias %c"


@dataclass(frozen=True)
class Shape:
    """Sizes that the driver needs: states, quadratures, the processes that end them, Jacobian and LU entries, states with ∂f/∂t, constants."""

    states: int
    quadratures: int
    processes: int
    jacobian: int
    factors: int
    clocked: tuple[int, ...]
    constants: int
    plan: Plan


def quadratures(program: Program) -> list[int]:
    """Nodes that ride along as quadratures: ledger entries, what a protocol adds to the exergy, then dissipations."""
    return program.outputs["entry"] + program.outputs["drift"] + program.outputs["dissipation"]


def shape(program: Program, constants: int) -> Shape:
    """The sizes of a program."""
    made = plan(len(program.states), zip(*program.sparsity, strict=True))
    zero = program.graph.zero
    clocked = tuple(i for i, node in enumerate(program.outputs["dfdt"]) if node != zero)
    processes = len(program.outputs["dissipation"])
    return Shape(len(program.states), len(quadratures(program)), processes, len(program.sparsity[0]), len(made.index), clocked, constants, made)


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
            value[i] = _instruction(f, node[0], [value[a] for a in node[1:]])
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


_INFIX = {"add": "fadd", "sub": "fsub", "mul": "fmul"}
_INTRINSIC = {"abs": "fabs", "sqrt": "sqrt"}


def _instruction(f: Function, op: str, a: list[str]) -> str:
    if op in _INFIX:
        return f.op(_INFIX[op], a[0], a[1])
    if op == "neg":
        return f.do(f"fneg {VEC} {a[0]}")
    if op == "rcp":
        return f.div(splat(1.0), a[0])
    if op in _INTRINSIC:
        return f.do(f"call {VEC} @llvm.{_INTRINSIC[op]}.v{LANES}f64({VEC} {a[0]})")
    if op == "select":
        return f.select(f.compare("oge", a[0], splat(0.0)), a[1], a[2])
    if op == "net":
        size = f.do(f"call {VEC} @llvm.fabs.v{LANES}f64({VEC} {a[2]})")
        near = f.mul(f.mul(f.add(a[0], a[1]), a[2]), f.horner(f.mul(a[2], a[2]), TANH))
        return f.select(f.compare("olt", size, splat(NEAR)), near, f.sub(a[0], a[1]))
    if op in ("max", "min"):
        return f.select(f.compare("ogt" if op == "max" else "olt", a[0], a[1]), a[0], a[1])
    return f.call(f"m_{op}", *a)


def functions(program: Program, slots: dict[int, int], made: Shape) -> list[Function]:
    """f_rhs, f_jac (with f and ∂f/∂t), f_quad, f_lu and f_solve."""
    out = program.outputs
    rhs = [(node, "%f", i) for i, node in enumerate(out["rhs"])]
    jacobian = [(node, "%J", k) for k, node in enumerate(out["jacobian"])]
    clock = [(out["dfdt"][i], "%d", k) for k, i in enumerate(made.clocked)]
    return [
        straight(program, "f_rhs", f"{_POINT}, ptr noalias %f", rhs, slots),
        straight(program, "f_jac", f"{_POINT}, ptr noalias %f, ptr noalias %J, ptr noalias %d", rhs + jacobian + clock, slots),
        straight(program, "f_quad", f"{_POINT}, ptr noalias %g", [(node, "%g", k) for k, node in enumerate(quadratures(program))], slots),
        _factor(program, made),
        _solve(made),
    ]


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
