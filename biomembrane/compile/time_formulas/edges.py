"""Where a formula of time has an edge: the roots of what stands in Abs, Max and Min, isolated by
enclosure.

Quadrature along a step takes powers to be smooth inside it; an edge has to be the end of a step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ... import symbols
from .bounds import Array, bounds, uneven

FIRST, PIECES, ROUNDS = 64, 8, 14  # cells at first, of each that is cut, and how often
BUDGET = 65536  # cells of a lane that are looked at
HALVINGS = 60  # of a cell with one root


def kinks(
    expression: sp.Expr, values: Mapping[sp.Symbol, Array], end: float, lanes: int, most: int
) -> tuple[list[Array], NDArray[np.bool_]]:
    """Times inside (0, end) by lane, sorted, and by lane whether there are more than ``most``, of
    which the first are given, or a cell is left in which nothing is known.
    """
    roots: list[list[Array]] = [[] for _ in range(lanes)]
    crowded = np.zeros(lanes, bool)
    for switch in set(_switches(expression)):
        if switch.has(symbols.t):
            lane, at, lost = _roots(switch, values, end, lanes)
            crowded |= lost
            for k in np.unique(lane):
                roots[k].append(at[lane == k])
    apart = [_apart(np.sort(np.concatenate([np.zeros(0), *some])), end) for some in roots]
    crowded |= np.array([len(some) > most for some in apart])
    return [some[:most] for some in apart], crowded


def _switches(expression: sp.Expr) -> Iterator[sp.Expr]:
    """What changes its sign where the formula has an edge."""
    for node in expression.atoms(sp.Abs):
        yield node.args[0]
    for node in expression.atoms(sp.Max, sp.Min):
        yield from (a - b for a, b in combinations(node.args, 2))


def _apart(times: Array, end: float) -> Array:
    """Without those outside the run, and without what is one time told twice."""
    inside = times[(times > 1e-12 * end) & (times < (1 - 1e-12) * end)]
    return inside[np.diff(inside, prepend=-end) > 1e-12 * end]


def _roots(
    switch: sp.Expr, values_of: Mapping[sp.Symbol, Array], end: float, lanes: int
) -> tuple[NDArray[np.int64], Array, NDArray[np.bool_]]:
    """Lane and time of each root, and by lane whether some cells stayed unclear."""
    slope = None if switch.has(sp.Max, sp.Min, sp.Abs) else sp.diff(switch, symbols.t)
    edges = end * uneven(FIRST)
    lane, low, high = (
        np.repeat(np.arange(lanes), FIRST),
        np.tile(edges[:-1], lanes),
        np.tile(edges[1:], lanes),
    )
    sure: list[tuple[NDArray[np.int64], Array, Array]] = []
    spent = np.zeros(lanes, np.int64)
    for left in range(ROUNDS, -1, -1):
        here = {s: x[lane] for s, x in values_of.items()}
        below, above = bounds(switch, here, low, high)
        may = (below <= 0) & (above >= 0) & ~((below == 0) & (above == 0))
        lane, low, high = lane[may], low[may], high[may]
        here = {s: x[lane] for s, x in values_of.items()}
        single = np.zeros(len(lane), bool)
        if slope is not None:
            least, largest = bounds(slope, here, low, high)
            single = (least > 0) | (largest < 0)
        sure.append((lane[single], low[single], high[single]))
        lane, low, high = lane[~single], low[~single], high[~single]
        spent += np.bincount(lane, minlength=lanes) * PIECES
        go = spent[lane] <= BUDGET
        if not left or not go.all():  # what is left is halved as if it held one root
            stay = ~go if left else np.ones(len(lane), bool)
            sure.append((lane[stay], low[stay], high[stay]))
            lane, low, high = lane[~stay], low[~stay], high[~stay]
        cut = low[:, None] + (high - low)[:, None] * uneven(PIECES)
        cut[:, -1] = high
        lane, low, high = np.repeat(lane, PIECES), cut[:, :-1].ravel(), cut[:, 1:].ravel()
        if not len(lane):
            break
    lane, low, high = (np.concatenate(x) for x in zip(*sure, strict=True))
    here = {s: x[lane] for s, x in values_of.items()}
    first, last = (_values(switch, here, x) for x in (low, high))
    crosses = (np.sign(first) * np.sign(last) < 0) | (last == 0)
    lane, low, high, first = lane[crosses], low[crosses], high[crosses], first[crosses]
    return (
        lane,
        _halved(switch, {s: x[lane] for s, x in values_of.items()}, low, high, first),
        spent > BUDGET,
    )


def _values(switch: sp.Expr, inputs: Mapping[sp.Symbol, Array], at: Array) -> Array:
    values: Array = np.add(*bounds(switch, inputs, at, at)) / 2
    return values


def _halved(
    switch: sp.Expr, values_of: Mapping[sp.Symbol, Array], low: Array, high: Array, first: Array
) -> Array:
    for _ in range(HALVINGS if len(low) else 0):
        middle = (low + high) / 2
        same = np.sign(_values(switch, values_of, middle)) == np.sign(first)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return high
