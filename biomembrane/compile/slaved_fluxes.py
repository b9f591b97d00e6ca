"""Fluxes of equilibria: what keeps A at 0 while all else changes the state.

    0 = dA/dt = ∂A/∂x (N_s J_s + N_f J_f) + ∂A/∂t

is solved for J_f, the fluxes of the equilibria, from those of all other processes, J_s; the matrix
−∂A/∂x N_f is symmetric and positive definite, for A is the slope of G along the columns N_f.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from .. import symbols
from ..assemble.model import Model
from .graph.builder import Graph
from .graph.differentiate import along, differentiate

Coefficients = dict[int, int]  # nodes by column


def put_slaved_fluxes(
    model: Model, g: Graph, env: dict[sp.Symbol, int], memo: dict[sp.Basic, int]
) -> None:
    """Add the fluxes of the equilibria to ``env``."""
    fast = [p.name for p in model.processes if p.slaved]
    if not fast:
        return
    affinities = [env[symbols.affinity(p)] for p in fast]
    slopes = differentiate(g, affinities, g.inputs("y", len(model.states)))
    drifts = along(g, affinities, {env[symbols.t]: g.one})
    position = {x.name: i for i, x in enumerate(model.states)}
    columns = {
        name: {position[row]: g.lower(n, env, memo) for row, n in model.N[name].items()}
        for name in model.N
    }
    slow = {n: column for n, column in columns.items() if n not in fast}
    changes = _changes(g, slow, {n: env[symbols.flux(n)] for n in slow})
    rows: list[Coefficients] = []
    right: list[int] = []
    for k in range(len(fast)):
        slope = {j: node for (row, j), node in slopes.items() if row == k}
        rows.append({f: _product(g, slope, columns[name]) for f, name in enumerate(fast)})
        right.append(g.neg(g.add(_product(g, slope, changes), drifts[k])))
    for name, node in zip(fast, _solved(g, rows, right), strict=True):
        env[symbols.flux(name)] = node


def _changes(
    g: Graph, columns: Mapping[str, Mapping[int, int]], fluxes: Mapping[str, int]
) -> Coefficients:
    """N·J by state."""
    changes: Coefficients = {}
    for name, column in columns.items():
        for state, n in column.items():
            changes[state] = g.add(changes.get(state, g.zero), g.mul(n, fluxes[name]))
    return changes


def _product(g: Graph, row: Mapping[int, int], column: Mapping[int, int]) -> int:
    total = g.zero
    for j, slope in row.items():
        if j in column:
            total = g.add(total, g.mul(slope, column[j]))
    return total


def _solved(g: Graph, rows: Sequence[Coefficients], right: Sequence[int]) -> list[int]:
    """The solution of a symmetric definite system, by elimination without a search for pivots."""
    size, matrix, b = len(rows), [dict(row) for row in rows], [*right]
    for k in range(size):
        pivot = g.rcp(matrix[k][k])
        for i in range(k + 1, size):
            if matrix[i].get(k, g.zero) == g.zero:
                continue
            share = g.mul(matrix[i][k], pivot)
            for j in range(k + 1, size):
                matrix[i][j] = g.sub(matrix[i][j], g.mul(share, matrix[k][j]))
            b[i] = g.sub(b[i], g.mul(share, b[k]))
    x = [g.zero] * size
    for k in reversed(range(size)):
        total = b[k]
        for j in range(k + 1, size):
            total = g.sub(total, g.mul(matrix[k][j], x[j]))
        x[k] = g.mul(total, g.rcp(matrix[k][k]))
    return x
