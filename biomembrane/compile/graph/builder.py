"""A hash-consed expression graph: equal sub-expressions are one node, and a node's arguments come
before it.

Lowering takes a sympy expression to a node; :mod:`.differentiate` differentiates.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
import sympy as sp

from ...declare.bound_expression import BoundExpression, free
from ...symbols import DB, B
from .arrays import arrays
from .construction_rules import LEAVES, Rules, Step
from .templates import Ask, Stencils

MANY = 20_000  # nodes from which arrays are quicker

UNARY = {
    sp.exp: "exp",
    sp.log: "log",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tanh: "tanh",
    sp.Abs: "abs",
    B: "B",
}
NARY = {sp.Add: "add", sp.Mul: "mul", sp.Max: "max", sp.Min: "min"}


@lru_cache(maxsize=8192)
def inputs(expression: sp.Expr) -> tuple[sp.Symbol, ...]:
    """The symbols of an expression, in one order."""
    return tuple(sorted(free(expression), key=attrgetter("name")))


@dataclass(frozen=True, eq=False)
class Recipe:
    """How to lower an expression, and the symbols that it needs, in one order; a step ``symbol``
    says which.
    """

    symbols: tuple[sp.Symbol, ...]
    steps: tuple[Step, ...]

    def follow(self, rules: Rules, given: Sequence[int]) -> list[int]:
        """The node of the expression of these nodes."""
        return [rules.replay(self.steps, given)]


@lru_cache(maxsize=8192)
def read(expression: sp.Expr) -> Recipe:
    """The recipe of an expression, arguments first: read off sympy once, followed wherever the
    expression comes up under other names.
    """
    own, steps = inputs(expression), list[Step]()
    _record(expression, steps, {})
    place = {s: k for k, s in enumerate(own)}
    return Recipe(own, tuple([(op, place[a] if op == "symbol" else a, b) for op, a, b in steps]))


def nameless(expression: sp.Expr) -> BoundExpression:
    """An expression as a formula of numbered symbols, so that those which differ in names alone
    share one recipe.
    """
    own = sorted(expression.free_symbols, key=attrgetter("name"))
    names = {
        sp.Symbol(f"#{k}", positive=s.is_positive or None, real=True): s for k, s in enumerate(own)
    }
    return BoundExpression(expression.xreplace({s: local for local, s in names.items()}), names)


def _record(e: sp.Expr, steps: list[Step], memo: dict[sp.Basic, int]) -> int:
    """Append the steps of a sub-expression unless they are there, and give the number of its
    last.
    """
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
    if isinstance(e, sp.Piecewise):
        return _branches(e.args, steps, memo)
    name = (
        "pow" if e.is_Pow and not isinstance(e, sp.exp) else NARY.get(e.func) or UNARY.get(e.func)
    )
    if name is None:
        raise NotImplementedError(
            f"no rule to compile {e.func.__name__}; use sums, products, powers, exp, log, tanh,"
            " sin, cos, Abs, Max, Min, Piecewise and B"
        )
    first, *rest = (_record(arg, steps, memo) for arg in e.args)
    if e.func not in NARY:
        return (name, first, tuple(rest))
    if not rest:
        return ("power", first, 1)
    for other in rest[:-1]:
        steps.append(_joined(name, first, other))
        first = len(steps) - 1
    return _joined(name, first, rest[-1])


def _branches(
    pairs: Sequence[tuple[sp.Expr, Any]], steps: list[Step], memo: dict[sp.Basic, int]
) -> Step:
    """The step of a piecewise expression: the first branch whose condition holds; the last one
    always does.
    """
    (expression, condition), *others = pairs
    then = _record(expression, steps, memo)
    if not others:
        return ("power", then, 1)
    steps.append(_branches(others, steps, memo))
    otherwise = len(steps) - 1
    at, holds = _condition(condition, steps, memo)
    return ("select", at, (then, otherwise) if holds else (otherwise, then))


def _condition(condition: Any, steps: list[Step], memo: dict[sp.Basic, int]) -> tuple[int, bool]:
    """The number of a step, and whether the condition holds where it is ≥ 0, or where it is not."""
    if isinstance(condition, sp.Not):
        at, holds = _condition(condition.args[0], steps, memo)
        return at, not holds
    if isinstance(condition, (sp.And, sp.Or)):
        marks = [_mark(c, steps, memo) for c in condition.args]
        first = marks[0]
        for other in marks[1:]:
            name = "min" if isinstance(condition, sp.And) else "max"
            steps.append((name, first, (other,)))
            first = len(steps) - 1
        return first, True
    low, high = condition.lhs, condition.rhs
    if isinstance(condition, (sp.Gt, sp.Ge)):
        low, high = high, low
    # high − low ≥ 0; a strict one holds where low − high ≥ 0 does not
    strict = isinstance(condition, (sp.Gt, sp.Lt))
    gap = low - high if strict else high - low
    return _record(gap, steps, memo), not strict


def _mark(condition: Any, steps: list[Step], memo: dict[sp.Basic, int]) -> int:
    """The number of a step that is 1 where a condition holds, else −1."""
    at, holds = _condition(condition, steps, memo)
    signs = [len(steps), len(steps) + 1]
    steps.extend([("const", 1.0, None), ("const", -1.0, None)])
    steps.append(("select", at, tuple(signs if holds else signs[::-1])))
    return len(steps) - 1


def _joined(name: str, first: int, second: int) -> Step:
    return (name, first, second if name in ("add", "mul") else (second,))


class Graph(Rules):
    """Lowers expressions; what comes up again and again, as in a model of many cells, by
    stencils.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stencils = Stencils(self)

    def rows(self, key: Hashable, inputs: Sequence[Sequence[int]], ask: Ask) -> list[Sequence[int]]:
        """What ``ask`` makes of rows of input nodes; ``key`` tells the cases apart."""
        return self._stencils.many(key, inputs, ask)

    def alike(self, chosen: Iterable[int]) -> Iterator[list[int]]:
        """The chosen nodes kind by kind, arguments first, for the kinds of arguments have the lower
        numbers.
        """
        kind = self.kinds.__getitem__
        for _, nodes in groupby(sorted(chosen, key=kind), key=kind):
            yield [*nodes]

    # --- lowering

    def lower(
        self,
        what: sp.Expr | BoundExpression,
        env: Mapping[sp.Symbol, int],
        memo: dict[sp.Basic, int],
    ) -> int:
        """The node of an expression or a formula; ``env`` maps the symbols, ``memo`` keeps the
        expressions met so far.
        """
        if isinstance(what, BoundExpression) and not what.names:
            what = what.local
        if isinstance(what, BoundExpression):
            recipe = read(what.local)
            return recipe.follow(self, self.given(recipe, what.names, env, memo))[0]
        if what not in memo:
            memo[what] = env[what] if what.is_Symbol else self._plain(what, env)
        return memo[what]

    def _plain(self, expression: sp.Expr, env: Mapping[sp.Symbol, int]) -> int:
        recipe = read(expression)
        return recipe.follow(self, [env[s] for s in recipe.symbols])[0]

    def given(
        self,
        recipe: Recipe,
        names: Mapping[sp.Symbol, sp.Expr],
        env: Mapping[sp.Symbol, int],
        memo: dict[sp.Basic, int],
    ) -> list[int]:
        """The nodes of what the symbols of a recipe stand for."""
        found = []
        for s in recipe.symbols:
            e = names.get(s, s)
            node = env.get(e)
            if node is None:
                node = memo.get(e)
            if node is None:
                node = memo[e] = self.lower(nameless(e), env, memo)
            found.append(node)
        return found

    def reachable(self, roots: Iterable[int], stop: Collection[int] = ()) -> list[int]:
        """Nodes under the roots, arguments first; not looking under those of ``stop``."""
        if len(self.nodes) > MANY:
            large: list[int] = np.flatnonzero(arrays(self).reach(roots, [*stop])).tolist()
            return large
        seen = set()
        stack = list(roots)
        while stack:
            i = stack.pop()
            if i not in seen:
                seen.add(i)
                if self.nodes[i][0] not in ("const", "in") and i not in stop:
                    stack.extend(self.nodes[i][1:])
        return sorted(seen)

    def between(self, inputs: Collection[int], roots: Iterable[int]) -> list[int]:
        """Nodes under the roots that depend on the inputs, these not among them, arguments
        first.
        """
        if len(self.nodes) > MANY:
            a, given = arrays(self), np.fromiter(inputs, dtype=np.int64, count=len(inputs))
            live = a.reach(roots) & a.above(given)
            live[given] = False
            large: list[int] = np.flatnonzero(live).tolist()
            return large
        nodes, touched, found = self.nodes, set(inputs), []
        for i in self.reachable(roots):
            node = nodes[i]
            if node[0] not in LEAVES and not touched.isdisjoint(node[1:]) and i not in touched:
                touched.add(i)
                found.append(i)
        return found
