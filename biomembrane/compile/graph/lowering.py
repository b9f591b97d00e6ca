"""Formulas lowered many at a time: those of one recipe whose symbols are all there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy as sp

from ...declare.bound_expression import BoundExpression
from .builder import Graph, Recipe, inputs, read


def define(
    g: Graph,
    definitions: Sequence[tuple[sp.Symbol, BoundExpression]],
    env: dict[sp.Symbol, int],
    memo: dict[sp.Basic, int],
) -> None:
    """Put the node of each symbol into ``env``; a definition may use those before it."""
    for wave in _waves(definitions):
        nodes = lower(g, [formula for _, formula in wave], env, memo)
        for (symbol, _), node in zip(wave, nodes, strict=True):
            env[symbol] = node


def lower(
    g: Graph,
    formulas: Iterable[BoundExpression],
    env: dict[sp.Symbol, int],
    memo: dict[sp.Basic, int],
) -> list[int]:
    """The nodes of formulas whose symbols are all in ``env``."""
    made: dict[int, int] = {}
    alike: dict[Recipe, list[tuple[int, list[int]]]] = {}
    for k, formula in enumerate(formulas):
        if formula.names:
            recipe = read(formula.local)
            alike.setdefault(recipe, []).append((k, g.given(recipe, formula.names, env, memo)))
        else:
            made[k] = g.lower(formula, env, memo)
    for recipe, found in alike.items():
        if recipe.symbols:
            nodes = g.rows(recipe, [given for _, given in found], recipe.follow)
            made.update(zip((k for k, _ in found), (row[0] for row in nodes), strict=True))
        else:
            made |= dict.fromkeys((k for k, _ in found), recipe.follow(g, [])[0])
    return [made[k] for k in range(len(made))]


def _waves(
    definitions: Sequence[tuple[sp.Symbol, BoundExpression]],
) -> list[list[tuple[sp.Symbol, BoundExpression]]]:
    """Definitions that need none but those of earlier waves."""
    turn: dict[sp.Expr, int] = {}
    waves: list[list[tuple[sp.Symbol, BoundExpression]]] = []
    for symbol, formula in definitions:
        names, mine = formula.names, 0
        for s in inputs(formula.local):
            e = names.get(s, s)
            needed = turn.get(e)
            if needed is None:
                needed = turn[e] = (
                    0 if e.is_Symbol else max((turn.get(x, 0) for x in inputs(e)), default=0)
                )
            mine = max(mine, needed)
        turn[symbol] = mine + 1
        if mine == len(waves):
            waves.append([])
        waves[mine].append((symbol, formula))
    return waves
