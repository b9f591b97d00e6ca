"""The nodes of a graph and the rules by which they are made: equal sub-expressions are one node,
and a node's arguments come before it.

Nodes are tuples: ``("const", value)``, ``("in", kind, index)`` with kind ``t``, ``y`` or ``p``, and
``(op, *arguments)``.  The *kind* of a node is all that a rule may look at: its operation and the
kinds of its arguments, the number of a constant, but not which input it hangs on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sympy as sp

from ... import caching

Node = tuple[Any, ...]  # ("const", float) | ("in", str, int) | (op, int, …)
Step = tuple[
    str, Any, Any
]  # an operation and what it works on: numbers of earlier steps, a symbol, a constant, an exponent

LEAVES, JOINS = ("const", "in"), ("add", "sub", "mul", "neg", "rcp")
FOLD: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "abs": abs,
    "expm1": math.expm1,
    "sqrt": math.sqrt,
}


class Kinds:
    """Kinds by number: ``nodes[k]`` is the tuple of a node of that kind with kinds in the place of
    arguments; ``level`` its longest way from a leaf; ``free`` whether neither y nor t enters.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.level: list[int] = []
        self.free: list[bool] = []
        self._index: dict[Node, int] = {}

    def of(self, node: Node) -> int:
        """The number of a kind, a new one where there is none yet."""
        found = self._index.get(node)
        if found is not None:
            return found
        self._index[node] = made = len(self.nodes)
        self.nodes.append(node)
        leaf = node[0] in ("const", "in")
        self.level.append(0 if leaf else 1 + max(self.level[k] for k in node[1:]))
        self.free.append(
            node[0] == "const" or node[1] == "p" if leaf else all(self.free[k] for k in node[1:])
        )
        return made


class Rules:
    """Grows only; ``nodes[i]`` is the node, ``values[i]`` its number if it is one, ``free[i]``
    whether neither y nor t enters; ``kinds[i]`` its kind, if kinds are known here.
    """

    def __init__(self, known: Kinds | None = None) -> None:
        self.known = known
        self.nodes: list[Node] = []
        self.kinds: list[int] = []
        self.values: list[float | None] = []
        self.free: list[bool] = []
        self.index: dict[Node, int] = {}
        self.zero, self.one = self.const(0.0), self.const(1.0)

    def __getstate__(self) -> dict[str, Any]:
        return caching.bare(self)

    def _put(self, node: Node) -> int:
        found = self.index.get(node)
        if found is not None:
            return found
        op, free = node[0], True
        if op in LEAVES:
            free = op == "const" or node[1] == "p"
        else:
            frees = self.free
            for a in node[1:]:
                free = free and frees[a]
        self.index[node] = made = len(self.nodes)
        self.nodes.append(node)
        self.values.append(node[1] if op == "const" else None)
        self.free.append(free)
        if self.known is not None:
            kinds = self.kinds
            kinds.append(
                self.known.of(
                    node
                    if op == "const"
                    else node[:2]
                    if op == "in"
                    else (op, *[kinds[a] for a in node[1:]])
                )
            )
        return made

    def swaps(self, a: int, b: int) -> bool:
        """Whether the factors of a product node stand in the order of their numbers: both or none
        of them parameters, neither a number.
        """
        return self.values[b] is None and self.free[a] == self.free[b]

    def value(self, i: int) -> float | None:
        """The number of a constant node."""
        return self.values[i]

    def const(self, x: float) -> int:
        return self._put(("const", float(x)))

    def input(self, kind: str, index: int = 0) -> int:
        return self._put(("in", kind, index))

    def inputs(self, kind: str, count: int) -> list[int]:
        """The first inputs of a kind: states ``y`` or parameters ``p``."""
        return [self.input(kind, k) for k in range(count)]

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
        """A product as core·free, where ``free`` is all that needs parameters only, so that it can
        be hoisted, and signs come first.
        """
        (x, f), (y, g), one = self._factors(a), self._factors(b), self.one
        free = g if f == one else f if g == one else self._scaled(f, g)
        core = (
            y
            if x is None
            else x
            if y is None
            else self._put(("mul", x, y) if x < y else ("mul", y, x))
        )
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

    def replay(self, steps: Iterable[Step], env: Mapping[sp.Symbol, int]) -> int:
        """The last of the steps of an expression whose symbols are these nodes."""
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
                put(self.make(op, made[a], *(made[i] for i in b)))
        return made[-1]

    def make(self, op: str, *arguments: int) -> int:
        """A node of any operation, by its rule."""
        if op not in JOINS:
            return self.call(op, *arguments)
        made: int = getattr(self, op)(*arguments)
        return made

    # --- derivatives

    def partials(self, i: int) -> list[tuple[int, int]]:
        """(argument, ∂node/∂argument) of a node."""
        op, *a = self.nodes[i]
        if op in ("const", "in"):
            return []
        if op in ("add", "sub"):
            return [(a[0], self.one), (a[1], self.one if op == "add" else self.const(-1.0))]
        if op == "mul":
            return [(a[0], a[1]), (a[1], a[0])]
        if op == "net":  # r⁺ − r⁻, whatever way it is computed
            return [(a[0], self.one), (a[1], self.const(-1.0))]
        if op in ("max", "min"):
            gap = self.sub(a[0], a[1]) if op == "max" else self.sub(a[1], a[0])
            return [
                (a[0], self.call("select", gap, self.one, self.zero)),
                (a[1], self.call("select", gap, self.zero, self.one)),
            ]
        if op == "select":
            return [
                (a[1], self.call("select", a[0], self.one, self.zero)),
                (a[2], self.call("select", a[0], self.zero, self.one)),
            ]
        if op == "pow":
            return [
                (a[0], self.mul(a[1], self.call("pow", a[0], self.sub(a[1], self.one)))),
                (a[1], self.mul(i, self.call("log", a[0]))),
            ]
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

    def chain(self, i: int, slopes: Mapping[int, Mapping[int, int]]) -> dict[int, int]:
        """Derivatives of a node by column, by the chain rule, from those that are known of its
        arguments.
        """
        total: dict[int, int] = {}
        for argument, partial in self.partials(i):
            for j, d in slopes.get(argument, {}).items():
                term = d if partial == self.one else self.mul(partial, d)
                total[j] = self.add(total[j], term) if j in total else term
        return total
