"""A hash-consed expression graph: equal sub-expressions are one node, and a node's arguments come before it.

Nodes are tuples: ``("const", value)``, ``("in", kind, index)`` with kind ``t``, ``y`` or ``p``, and ``(op, *arguments)``.  Lowering takes a
sympy expression to a node; differentiation is forward mode over the sparse dependence on the state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy as sp

from ..declare.formula import Formula
from ..symbols import DB, B

Node = tuple[Any, ...]  # ("const", float) | ("in", str, int) | (op, int, …)

UNARY = {sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tanh: "tanh", sp.Abs: "abs", B: "B"}
NARY = {sp.Add: "add", sp.Mul: "mul", sp.Max: "max", sp.Min: "min"}
FOLD: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "abs": abs,
    "expm1": math.expm1,
    "sqrt": math.sqrt,
}


@lru_cache(maxsize=8192)
def inputs(expression: sp.Expr) -> tuple[sp.Symbol, ...]:
    """The symbols of an expression, in one order."""
    return tuple(sorted(expression.free_symbols, key=str))


Step = tuple[str, Any, Any]  # an operation and what it works on: numbers of earlier steps, a symbol, a constant, an exponent


@lru_cache(maxsize=8192)
def tape(expression: sp.Expr) -> tuple[Step, ...]:
    """The steps that lower an expression, arguments first: read off sympy once, replayed wherever the expression comes up under other names."""
    steps: list[Step] = []
    _record(expression, steps, {})
    return tuple(steps)


def _record(e: sp.Expr, steps: list[Step], memo: dict[sp.Basic, int]) -> int:
    """Append the steps of a sub-expression unless they are there, and give the number of its last."""
    if e not in memo:
        steps.append(_step(e, steps, memo))
        memo[e] = len(steps) - 1
    return memo[e]


def _step(e: sp.Expr, steps: list[Step], memo: dict[sp.Basic, int]) -> Step:
    """The last step of an expression, once those before it are taken."""
    if e.is_Symbol:
        return ("symbol", e, None)
    if e.is_number and e.is_real:
        return ("const", float(e), None)
    if e.is_Pow and e.exp.is_Rational and e.exp.q == 2:
        steps.append(("sqrt", _record(e.base, steps, memo), ()))
        return ("power", len(steps) - 1, int(e.exp.p))
    if e.is_Pow and e.exp.is_Integer:
        return ("power", _record(e.base, steps, memo), int(e.exp))
    if isinstance(e, DB):
        return (f"B{int(e.args[0])}", _record(e.args[1], steps, memo), ())
    name = "pow" if e.is_Pow and not isinstance(e, sp.exp) else NARY.get(e.func) or UNARY.get(e.func)
    if name is None:
        raise NotImplementedError(f"no rule to compile {e.func.__name__}; use sums, products, powers, exp, log, tanh, sin, cos, Abs, Max, Min and B")
    first, *rest = (_record(arg, steps, memo) for arg in e.args)
    if e.func not in NARY:
        return (name, first, tuple(rest))
    if not rest:
        return ("power", first, 1)
    for other in rest[:-1]:
        steps.append(_joined(name, first, other))
        first = len(steps) - 1
    return _joined(name, first, rest[-1])


def _joined(name: str, first: int, second: int) -> Step:
    return (name, first, second if name in ("add", "mul") else (second,))


class Graph:
    """Grows only; ``nodes[i]`` is the node, ``level[i]`` its longest way from a leaf, ``free[i]`` whether neither y nor t enters."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.values: list[float | None] = []
        self.level: list[int] = []
        self.free: list[bool] = []
        self._index: dict[Node, int] = {}
        self.zero, self.one = self.const(0.0), self.const(1.0)

    def _put(self, node: Node) -> int:
        found = self._index.get(node)
        if found is not None:
            return found
        leaf, level, free = node[0] == "const" or node[0] == "in", 0, True
        if leaf:
            free = node[0] == "const" or node[1] == "p"
        else:
            levels, frees = self.level, self.free
            for a in node[1:]:
                level = max(level, levels[a])
                free = free and frees[a]
        self._index[node] = made = len(self.nodes)
        self.nodes.append(node)
        self.values.append(node[1] if node[0] == "const" else None)
        self.level.append(level if leaf else level + 1)
        self.free.append(free)
        return made

    def value(self, i: int) -> float | None:
        """The number of a constant node."""
        return self.values[i]

    def const(self, x: float) -> int:
        return self._put(("const", float(x)))

    def input(self, kind: str, index: int = 0) -> int:
        return self._put(("in", kind, index))

    def add(self, a: int, b: int) -> int:
        x, y = self.values[a], self.values[b]
        if x is not None and y is not None:
            return self.const(x + y)
        if x == 0.0:
            return b
        if y == 0.0:
            return a
        nodes = self.nodes
        if nodes[b][0] == "neg":
            return self.sub(a, nodes[b][1])
        if nodes[a][0] == "neg":
            return self.sub(b, nodes[a][1])
        return self._put(("add", a, b) if a < b else ("add", b, a))

    def sub(self, a: int, b: int) -> int:
        x, y = self.values[a], self.values[b]
        if x is not None and y is not None:
            return self.const(x - y)
        if a == b:
            return self.zero
        if y == 0.0:
            return a
        if x == 0.0:
            return self.neg(b)
        if self.nodes[b][0] == "neg":
            return self.add(a, self.nodes[b][1])
        return self._put(("sub", a, b))

    def neg(self, a: int) -> int:
        x = self.values[a]
        if x is not None:
            return self.const(-x)
        if self.nodes[a][0] == "neg":
            return int(self.nodes[a][1])
        if self.nodes[a][0] == "sub":
            return self.sub(self.nodes[a][2], self.nodes[a][1])
        return self._put(("neg", a))

    def mul(self, a: int, b: int) -> int:
        """A product as core·free, where ``free`` is all that needs parameters only, so that it can be hoisted, and signs come first."""
        (x, f), (y, g), one = self._factors(a), self._factors(b), self.one
        free = g if f == one else f if g == one else self._scaled(f, g)
        core = y if x is None else x if y is None else self._put(("mul", x, y) if x < y else ("mul", y, x))
        if core is None or free == self.zero:
            return free
        if free == one:
            return core
        value = self.values[free]
        if self.nodes[free][0] == "neg" or (value is not None and value < 0):
            return self._put(("neg", self.mul(core, self.neg(free))))
        return self._put(("mul", core, free))

    def _factors(self, i: int) -> tuple[int | None, int]:
        """(core, free) of a node; no core where it needs parameters only."""
        if self.free[i]:
            return None, i
        node = self.nodes[i]
        if node[0] == "neg":
            core, free = self._factors(node[1])
            return core, self.neg(free)
        return (node[1], node[2]) if node[0] == "mul" and self.free[node[2]] else (i, self.one)

    def _scaled(self, a: int, b: int) -> int:
        """A product of two nodes that need parameters only, as ±(what is not a number)·number."""
        (x, f), (y, g) = self._number(a), self._number(b)
        size = f * g
        if size == 0.0 or (x is None and y is None):
            return self.const(size)
        core = y if x is None else x if y is None else self._put(("mul", min(x, y), max(x, y)))
        assert core is not None
        made = core if abs(size) == 1.0 else self._put(("mul", core, self.const(abs(size))))
        return self._put(("neg", made)) if size < 0 else made

    def _number(self, i: int) -> tuple[int | None, float]:
        """(node, number) whose product a node is; no node where it is a number."""
        value = self.value(i)
        if value is not None:
            return None, value
        op, *rest = self.nodes[i]
        if op == "neg":
            node, number = self._number(rest[0])
            return node, -number
        factor = self.value(rest[1]) if op == "mul" else None
        return (i, 1.0) if factor is None else (rest[0], factor)

    def rcp(self, a: int) -> int:
        x = self.values[a]
        if x:
            return self.const(1.0 / x)
        op, *rest = self.nodes[a]
        if op == "rcp":
            return int(rest[0])
        if op == "neg":
            return self.neg(self.rcp(rest[0]))
        if op == "mul" and (self.value(rest[1]) or (self.free[rest[1]] and not self.free[a])):
            return self.mul(self.rcp(rest[0]), self.rcp(rest[1]))
        return self._put(("rcp", a))

    def power(self, a: int, n: int) -> int:
        """a to a whole power, by squaring."""
        if n < 0:
            return self.rcp(self.power(a, -n))
        if n == 0:
            return self.one
        half = self.power(a, n // 2) if n > 1 else self.one
        return self.mul(self.mul(half, half), a) if n % 2 else self.mul(half, half)

    def call(self, op: str, *arguments: int) -> int:
        x = self.value(arguments[0]) if len(arguments) == 1 else None
        if x is not None and op in FOLD and abs(x) < 700:
            return self.const(FOLD[op](x))
        if x is not None and op == "log" and x > 0:
            return self.const(math.log(x))
        if x == 0.0 and op == "B":
            return self.one
        return self._put((op, *arguments))

    # --- lowering

    def lower(self, what: sp.Expr | Formula, env: Mapping[sp.Symbol, int], memo: dict[sp.Basic, int]) -> int:
        """The node of an expression or a formula; ``env`` maps the symbols, ``memo`` keeps the expressions met so far."""
        if isinstance(what, Formula) and not what.names:
            what = what.local
        if isinstance(what, Formula):
            names = what.names
            here = {s: self.lower(names.get(s, s), env, memo) for s in inputs(what.local)}
            return self._replay(tape(what.local), here)
        if what not in memo:
            memo[what] = env[what] if what.is_Symbol else self._replay(tape(what), env)
        return memo[what]

    def _replay(self, steps: Iterable[Step], env: Mapping[sp.Symbol, int]) -> int:
        made: list[int] = []
        put, add, mul = made.append, self.add, self.mul
        for op, a, b in steps:
            if op == "mul":
                put(mul(made[a], made[b]))
            elif op == "symbol":
                put(env[a])
            elif op == "add":
                put(add(made[a], made[b]))
            elif op == "power":
                put(self.power(made[a], b))
            elif op == "const":
                put(self.const(a))
            else:
                put(self.call(op, made[a], *(made[i] for i in b)))
        return made[-1]

    # --- differentiation

    def partials(self, i: int) -> list[tuple[int, int]]:
        """(argument, ∂node/∂argument) of a node."""
        op, *a = self.nodes[i]
        if op in ("const", "in"):
            return []
        if op in ("add", "sub"):
            return [(a[0], self.one), (a[1], self.one if op == "add" else self.const(-1.0))]
        if op == "mul":
            return [(a[0], a[1]), (a[1], a[0])]
        if op in ("max", "min"):
            gap = self.sub(a[0], a[1]) if op == "max" else self.sub(a[1], a[0])
            return [(a[0], self.call("select", gap, self.one, self.zero)), (a[1], self.call("select", gap, self.zero, self.one))]
        if op == "select":
            return [(a[1], self.call("select", a[0], self.one, self.zero)), (a[2], self.call("select", a[0], self.zero, self.one))]
        if op == "pow":
            return [(a[0], self.mul(a[1], self.call("pow", a[0], self.sub(a[1], self.one)))), (a[1], self.mul(i, self.call("log", a[0])))]
        return [(a[0], self._slope(op, a[0], i))]

    def _slope(self, op: str, x: int, i: int) -> int:
        if op == "neg":
            return self.const(-1.0)
        if op == "rcp":
            return self.neg(self.mul(i, i))
        if op == "exp":
            return i
        if op == "expm1":
            return self.call("exp", x)
        if op == "log":
            return self.rcp(x)
        if op == "sqrt":
            return self.mul(self.const(0.5), self.rcp(i))
        if op == "sin":
            return self.call("cos", x)
        if op == "cos":
            return self.neg(self.call("sin", x))
        if op == "tanh":
            return self.sub(self.one, self.mul(i, i))
        if op == "abs":
            return self.call("select", x, self.one, self.const(-1.0))
        if op in ("B", "B1"):
            return self.call("B1" if op == "B" else "B2", x)
        raise NotImplementedError(f"no derivative of {op}")

    def reachable(self, roots: Iterable[int], stop: Container[int] = ()) -> list[int]:
        """Nodes under the roots, arguments first; not looking under those of ``stop``."""
        seen = set()
        stack = list(roots)
        while stack:
            i = stack.pop()
            if i not in seen:
                seen.add(i)
                if self.nodes[i][0] not in ("const", "in") and i not in stop:
                    stack.extend(self.nodes[i][1:])
        return sorted(seen)

    def jacobian(self, roots: Sequence[int]) -> dict[tuple[int, int], int]:
        """Nonzero ∂root/∂y by (row, state)."""
        slopes: dict[int, dict[int, int]] = {}
        for i in self.reachable(roots):
            node = self.nodes[i]
            if node[0] == "in":
                if node[1] == "y":
                    slopes[i] = {node[2]: self.one}
            elif not self.free[i] and any(a in slopes for a in node[1:]):
                slopes[i] = self._chain(i, slopes)
        return {(row, j): d for row, root in enumerate(roots) for j, d in sorted(slopes.get(root, {}).items()) if d != self.zero}

    def _chain(self, i: int, slopes: Mapping[int, dict[int, int]]) -> dict[int, int]:
        total: dict[int, int] = {}
        for argument, partial in self.partials(i):
            for j, d in slopes.get(argument, {}).items():
                term = d if partial == self.one else self.mul(partial, d)
                total[j] = self.add(total[j], term) if j in total else term
        return total

    def time_derivative(self, roots: Sequence[int]) -> list[int]:
        """∂root/∂t at fixed state."""
        clock = self.input("t")
        slopes: dict[int, dict[int, int]] = {}
        depends = {clock}
        for i in self.reachable(roots):
            node = self.nodes[i]
            if i == clock:
                slopes[i] = {0: self.one}
            elif node[0] not in ("const", "in") and any(a in depends for a in node[1:]):
                depends.add(i)
                slopes[i] = self._chain(i, slopes)
        return [slopes.get(r, {}).get(0, self.zero) for r in roots]
