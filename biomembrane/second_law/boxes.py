"""Bounds of an expression over boxes: interval arithmetic with a rounding allowance, and the sign
of a factor by adaptive splitting.

Each cell gets an enclosure of the expression, node by node, tightened by the mean-value form where
slopes are known.  A cell of unknown sign is halved along the variable that moves the value most.
The number of cells is bounded; if some are undecided then, so is the sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ..intervals import ULPS, Array, Pair, enclosed, padded
from ..symbols import DB

CELLS, ROUNDS = 4000, 60  # evaluated in all, and rounds of halving
TRIES = 256  # random states evaluated first
ROUNDING = 1e-12  # of the terms of a sum at the state: a smaller value has no sign
SLOPES = 150  # operations; a larger expression is enclosed without its slopes


@dataclass(frozen=True)
class Axis:
    """A variable of a box; if ``log``, its coordinate is the logarithm of the symbol."""

    symbol: sp.Symbol
    low: float
    high: float
    log: bool


class Enclosure:
    """Bounds of an expression in the symbols of the axes, which has no other symbols."""

    def __init__(self, expression: sp.Expr, axes: Sequence[Axis]) -> None:
        self.expression = expression
        self.axes = [a for a in axes if expression.has(a.symbol)]
        self.widths = np.array([[max(a.high - a.low, 1e-300)] for a in self.axes]).reshape(
            len(self.axes), 1
        )

    @cached_property
    def slopes(self) -> list[sp.Expr] | None:
        """∂expression/∂coordinate for each axis; None where it is large or not differentiable."""
        e = self.expression
        if not self.axes or e.count_ops() > SLOPES or e.has(sp.Max, sp.Min, sp.Abs, DB):
            return None
        return [sp.diff(e, a.symbol) * (a.symbol if a.log else 1) for a in self.axes]

    def sampled(self) -> tuple[Array, Array, Array, Array]:
        """Random states, bounds of the value at each, and the rounding error there."""
        low, high = self.start()
        x = low + (high - low) * np.random.default_rng(20261128).random((len(self.axes), TRIES))
        with np.errstate(all="ignore"):
            memo = self._leaves(x, x)
            below, above = enclosed(self.expression, memo)
            return x, *_without_nan(below, above, TRIES), self._rounding(memo, TRIES)

    def _rounding(self, memo: dict[sp.Basic, Pair], cells: int) -> Array:
        """A bound of the rounding error that holds at every state of a cell, from the least size of
        the terms there.
        """
        parts = [memo[a] for a in self.expression.args] if self.expression.is_Add else []
        size = sum(
            (np.maximum(np.maximum(low, -high), 0.0) for low, high in parts), np.zeros(cells)
        )
        return np.where(np.isfinite(size), ROUNDING * size, 0.0)

    def start(self) -> Pair:
        """The whole box as one cell, ends ``(axis, 1)``."""
        ends = np.array([(a.low, a.high) for a in self.axes]).reshape(len(self.axes), 2)
        return ends[:, :1], ends[:, 1:]

    def __call__(self, low: Array, high: Array) -> tuple[Array, Array, Array, Array]:
        """Lower and upper bounds by cell, the rounding error in it, and by how much each axis may
        move the value ``(axis, cell)``.
        """
        with np.errstate(all="ignore"):
            memo = self._leaves(low, high)
            below, above = enclosed(self.expression, memo)
            width = high - low
            slack = self._rounding(memo, width.shape[1])
            if self.slopes is None:
                return *_without_nan(below, above, width.shape[1]), slack, width / self.widths
            middle = (low + high) / 2
            least, most = enclosed(self.expression, self._leaves(middle, middle))
            moved = np.zeros_like(width)
            for k, slope in enumerate(self.slopes):
                s = np.maximum(*map(np.abs, enclosed(slope, memo)))
                moved[k] = np.where(width[k] > 0, s * width[k] / 2, 0.0)
            swing = moved.sum(axis=0) * (1 + ULPS * 8)
            fine = np.isfinite(swing)
            below = np.where(fine, np.fmax(below, least - swing), below)
            above = np.where(fine, np.fmin(above, most + swing), above)
            moved = np.where(np.isfinite(moved), moved, width)
            return *_without_nan(below, above, width.shape[1]), slack, moved

    def _leaves(self, low: Array, high: Array) -> dict[sp.Basic, Pair]:
        bounds: dict[sp.Basic, Pair] = {}
        for a, x, y in zip(self.axes, low, high, strict=True):
            bounds[a.symbol] = padded(np.exp(x), np.exp(y)) if a.log else (x, y)
        return bounds


def _without_nan(below: Any, above: Any, cells: int) -> Pair:
    lower, upper = np.broadcast_to(below, cells), np.broadcast_to(above, cells)
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)


@dataclass(frozen=True)
class Sign:
    """``+1`` or ``-1`` where proved over the whole box, else 0; ``below`` and ``above`` are states
    at which the value is negative and positive, where such were found.
    """

    sign: int
    below: dict[sp.Symbol, float] | None = None
    above: dict[sp.Symbol, float] | None = None


def sign(expression: sp.Expr, axes: Sequence[Axis]) -> Sign:
    """The sign of an expression over the box, up to the rounding of its terms at each state; cells
    are halved until the sign of each is known.
    """
    enclosure = Enclosure(expression, axes)
    low, high = enclosure.start()
    states: dict[int, dict[sp.Symbol, float]] = {}  # at which the value has each sign

    def note(sign: int, decided: NDArray[np.bool_], x: Array) -> None:
        """Keep the first of the states x (axis, state) at which the sign is decided."""
        if sign not in states and np.any(decided):
            state = x[:, int(np.argmax(decided))]
            states[sign] = {a.symbol: float(c) for a, c in zip(enclosure.axes, state, strict=True)}

    if enclosure.axes:
        x, least, most, slack = enclosure.sampled()
        note(1, least > slack, x)
        note(-1, most < -slack, x)
        if len(states) == 2:
            return Sign(0, states[-1], states[1])
    most_cells = CELLS * 100 // (100 + expression.count_ops())
    evaluated, possible = 0, {1: True, -1: True}
    for _ in range(ROUNDS):
        below, above, slack, moved = enclosure(low, high)
        evaluated += len(below)
        middle = (low + high) / 2
        note(1, below > slack, middle)
        note(-1, above < -slack, middle)
        if len(states) == 2:
            return Sign(0, states[-1], states[1])
        undecided = (below < -slack) & (above > slack)
        possible = {
            1: possible[1] and bool(np.all(undecided | (below >= -slack))),
            -1: possible[-1] and bool(np.all(undecided | (above <= slack))),
        }
        if not np.any(undecided):
            proved = 1 if possible[1] else -1 if possible[-1] else 0
            return Sign(proved, states.get(-1), states.get(1))
        if not enclosure.axes or evaluated > most_cells:
            break
        low, high = _halved(low[:, undecided], high[:, undecided], moved[:, undecided])
    return Sign(0, states.get(-1), states.get(1))


def _halved(low: Array, high: Array, moved: Array) -> Pair:
    """The cells, each halved along the axis that may move its value most."""
    k, cells = np.argmax(np.where(high > low, moved, -1.0), axis=0), np.arange(low.shape[1])
    middle = (low[k, cells] + high[k, cells]) / 2
    first, second = high.copy(), low.copy()
    first[k, cells], second[k, cells] = middle, middle
    return np.hstack([low, second]), np.hstack([first, high])


def within(expression: sp.Expr, axes: Sequence[Axis], limit: float) -> bool:
    """Whether |expression| ≤ ``limit`` is proved over the box."""
    return sign(limit - expression, axes).sign == 1 and sign(limit + expression, axes).sign == 1
