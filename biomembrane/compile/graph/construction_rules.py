"""The nodes of a graph and the rules by which they are made: equal sub-expressions are one node,
and a node's arguments come before it.

Nodes are tuples: ``("const", value)``, ``("in", kind, index)`` with kind ``t``, ``y`` or ``p``, and
``(op, *arguments)``.  The *kind* of a node is all that a rule may look at: its operation and the
kinds of its arguments, the number of a constant, but not which input it hangs on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ... import caching

Node = tuple[Any, ...]  # ("const", float) | ("in", str, int) | (op, int, …)
#: an operation and what it works on: numbers of earlier steps, a symbol, a constant, an exponent
Step = tuple[str, Any, Any]

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
    """Kinds by number, those of arguments first: ``nodes[k]`` is the tuple of a node of that kind
    with kinds in the place of arguments; ``level`` its longest way from a leaf; ``free`` whether
    neither y nor t enters.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.level: list[int] = []
        self.free: list[bool] = []
        self._index: dict[Node, int] = {}

    def read(self, nodes: Sequence[Node], kinds: list[int]) -> None:
        """Append the kinds of further nodes, to those of the nodes before them."""
        known, put = self._index.get, kinds.append
        for node in nodes:
            op = node[0]
            if len(node) == 3 and op != "in":
                kind: Node = (op, kinds[node[1]], kinds[node[2]])
            elif op in LEAVES:
                kind = node[:2]
            else:
                kind = (op, *[kinds[a] for a in node[1:]])
            found = known(kind)
            put(self._new(kind) if found is None else found)

    def _new(self, kind: Node) -> int:
        self._index[kind] = made = len(self.nodes)
        self.nodes.append(kind)
        levels, frees = self.level, self.free
        if kind[0] in LEAVES:
            level, free = 0, kind[0] == "const" or kind[1] == "p"
        elif len(kind) == 3:
            _, a, b = kind
            level, free = 1 + (max(levels[b], levels[a])), frees[a] and frees[b]
        else:
            level, free = 1 + max([levels[k] for k in kind[1:]]), all(frees[k] for k in kind[1:])
        levels.append(level)
        frees.append(free)
        return made


class Rules:
    """Grows only; ``nodes[i]`` is the node, ``values[i]`` its number if it is one, ``free[i]``
    whether neither y nor t enters.
    """

    def __init__(self, known: Kinds | None = None) -> None:
        self.known = known or Kinds()
        self.nodes: list[Node] = []
        self._kinds: list[int] = []
        self.values: list[float | None] = []
        self.free: list[bool] = []
        self.index: dict[Node, int] = {}
        self.zero, self.one = self.const(0.0), self.const(1.0)

    def __getstate__(self) -> dict[str, Any]:
        return caching.state_without_cache(self)

    def _put(self, node: Node) -> int:
        found = self.index.get(node)
        if found is not None:
            return found
        op, frees = node[0], self.free
        if op in LEAVES:
            free = op == "const" or node[1] == "p"
        elif len(node) == 3:
            free = frees[node[1]] and frees[node[2]]
        else:
            free = all(frees[a] for a in node[1:])
        self.index[node] = made = len(self.nodes)
        self.nodes.append(node)
        self.values.append(node[1] if op == "const" else None)
        frees.append(free)
        return made

    @property
    def kinds(self) -> list[int]:
        """The kind of each node, looked up when it is first asked for."""
        if len(self._kinds) < len(self.nodes):
            self.known.read(
                list.__getitem__(self.nodes, slice(len(self._kinds), None)), self._kinds
            )
        return self._kinds

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
        frees, one = self.free, self.one
        x, f = (None, a) if frees[a] else self._factors(a)
        y, g = (None, b) if frees[b] else self._factors(b)
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
        if node[0] == "mul":
            return (node[1], node[2]) if self.free[node[2]] else (i, self.one)
        if node[0] == "neg":
            core, free = self._factors(node[1])
            return core, self.neg(free)
        return i, self.one

    def _scaled(self, a: int, b: int) -> int:
        """A product of two nodes that need parameters only, as ±(what is not a number)·number."""
        (x, f), (y, g) = self._number(a), self._number(b)
        size = f * g
        core = (
            y
            if x is None
            else x
            if y is None
            else self._put(("mul", x, y) if x < y else ("mul", y, x))
        )
        if core is None or size == 0.0:
            return self.const(size)
        made = core if abs(size) == 1.0 else self._put(("mul", core, self.const(abs(size))))
        return self._put(("neg", made)) if size < 0 else made

    def _number(self, i: int) -> tuple[int | None, float]:
        """(node, number) whose product a node is; no node where it is a number."""
        value = self.values[i]
        if value is not None:
            return None, value
        node = self.nodes[i]
        if node[0] == "mul":
            factor = self.values[node[2]]
            return (i, 1.0) if factor is None else (node[1], factor)
        if node[0] == "neg":
            core, number = self._number(node[1])
            return core, -number
        return i, 1.0

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
        if n < 2:
            return a if n else self.one
        half = self.power(a, n // 2)
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

    def replay(self, steps: Iterable[Step], given: Sequence[int]) -> int:
        """The last of the steps of an expression whose symbols are the given nodes."""
        made: list[int] = []
        put, add, mul = made.append, self.add, self.mul
        for op, a, b in steps:
            if op == "mul":
                put(mul(made[a], made[b]))
            elif op == "symbol":
                put(given[a])
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
        if self.nodes[i][0] == "select":
            return self._slopes_of_branches(i, slopes)
        total: dict[int, int] = {}
        for argument, partial in self.partials(i):
            for j, d in slopes.get(argument, {}).items():
                term = d if partial == self.one else self.mul(partial, d)
                total[j] = self.add(total[j], term) if j in total else term
        return total

    def _slopes_of_branches(
        self, i: int, slopes: Mapping[int, Mapping[int, int]]
    ) -> dict[int, int]:
        """Derivatives of a choice: those of the chosen branch alone, for the other may have none
        there.
        """
        _, condition, first, second = self.nodes[i]
        a, b = slopes.get(first, {}), slopes.get(second, {})
        columns = [*a, *(j for j in b if j not in a)]
        chosen = {}
        for j in columns:
            up, down = a.get(j, self.zero), b.get(j, self.zero)
            chosen[j] = up if up == down else self.call("select", condition, up, down)
        return chosen
