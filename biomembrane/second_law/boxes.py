"""Bounds of an expression over boxes: interval arithmetic with a rounding allowance, and the sign
of a factor by adaptive splitting.

Each cell gets an enclosure of the expression, node by node, tightened by the mean-value form where
slopes are at hand.  A cell of unknown sign is halved along the variable that matters most; work is
bounded, and what is then left is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from ..intervals import ULPS, Array, Pair, enclosed, padded
from ..symbols import DB

CELLS, ROUNDS = 4000, 60  # looked at in all, and how often cells are halved
TRIES = 256  # states looked at first
ROUNDING = 1e-12  # of the terms of a sum at the state: within it a value has no sign
SLOPES = 150  # operations; a larger expression is enclosed without its slopes


@dataclass(frozen=True)
class Axis:
    """A variable of a box; ``log`` ones hold the logarithm of the symbol."""

    symbol: sp.Symbol
    low: float
    high: float
    log: bool


class Enclosure:
    """Bounds of an expression in the symbols of the axes; all else must be numbers."""

    def __init__(self, expression: sp.Expr, axes: Sequence[Axis]) -> None:
        self.expression = expression
        self.axes = [a for a in axes if expression.has(a.symbol)]
        self.widths = np.array([[max(a.high - a.low, 1e-300)] for a in self.axes]).reshape(
            len(self.axes), 1
        )

    @cached_property
    def slopes(self) -> list[sp.Expr] | None:
        """By axis; None where the expression is large or has kinks."""
        e = self.expression
        if not self.axes or e.count_ops() > SLOPES or e.has(sp.Max, sp.Min, sp.Abs, DB):
            return None
        return [sp.diff(e, a.symbol) * (a.symbol if a.log else 1) for a in self.axes]

    def tried(self) -> tuple[Array, Array, Array, Array]:
        """States at random, bounds of the value at each, and what is rounding there."""
        low, high = self.start()
        x = low + (high - low) * np.random.default_rng(20261128).random((len(self.axes), TRIES))
        with np.errstate(all="ignore"):
            memo = self._leaves(x, x)
            return x, *_known(*enclosed(self.expression, memo), TRIES), self._rounding(memo, TRIES)

    def _rounding(self, memo: dict[sp.Basic, Pair], cells: int) -> Array:
        """What is rounding at every state of a cell: of the least that its terms amount to
        there.
        """
        parts = [memo[a] for a in self.expression.args] if self.expression.is_Add else []
        size = sum(
            (np.maximum(np.maximum(low, -high), 0.0) for low, high in parts), np.zeros(cells)
        )
        return np.where(np.isfinite(size), ROUNDING * size, 0.0)

    def start(self) -> Pair:
        """One cell: the whole box, ``(axis, 1)``."""
        ends = np.array([(a.low, a.high) for a in self.axes]).reshape(len(self.axes), 2)
        return ends[:, :1], ends[:, 1:]

    def __call__(self, low: Array, high: Array) -> tuple[Array, Array, Array, Array]:
        """Lower and upper bounds by cell, what is rounding in it, and by how much each axis may
        move the value ``(axis, cell)``.
        """
        with np.errstate(all="ignore"):
            memo = self._leaves(low, high)
            below, above = enclosed(self.expression, memo)
            width = high - low
            slack = self._rounding(memo, width.shape[1])
            if self.slopes is None:
                return *_known(below, above, width.shape[1]), slack, width / self.widths
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
            return (
                *_known(below, above, width.shape[1]),
                slack,
                np.where(np.isfinite(moved), moved, width),
            )

    def _leaves(self, low: Array, high: Array) -> dict[sp.Basic, Pair]:
        made: dict[sp.Basic, Pair] = {}
        for a, x, y in zip(self.axes, low, high, strict=True):
            made[a.symbol] = padded(np.exp(x), np.exp(y)) if a.log else (x, y)
        return made


def _known(below: Any, above: Any, cells: int) -> Pair:
    lower, upper = np.broadcast_to(below, cells), np.broadcast_to(above, cells)
    return np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)


@dataclass(frozen=True)
class Sign:
    """``+1`` or ``-1`` where proved over the whole box, else 0 with, where seen, values of the axes
    at which it is below and above zero.
    """

    sign: int
    below: dict[sp.Symbol, float] | None = None
    above: dict[sp.Symbol, float] | None = None


def sign(expression: sp.Expr, axes: Sequence[Axis]) -> Sign:
    """The sign of an expression over the box, up to the rounding of its terms at each state; cells
    are halved until each is known.
    """
    enclosure = Enclosure(expression, axes)
    low, high = enclosure.start()
    seen: dict[int, dict[sp.Symbol, float]] = {}
    if enclosure.axes:
        x, least, most, slack = enclosure.tried()
        for way, certain in ((1, least > slack), (-1, most < -slack)):
            if np.any(certain):
                seen[way] = {
                    a.symbol: float(y)
                    for a, y in zip(enclosure.axes, x[:, int(np.argmax(certain))], strict=True)
                }
        if len(seen) == 2:
            return Sign(0, seen[-1], seen[1])
    most_cells = CELLS * 100 // (100 + expression.count_ops())
    looked, ways = 0, {1: True, -1: True}
    for _ in range(ROUNDS):
        below, above, slack, moved = enclosure(low, high)
        looked += len(below)
        for way, certain in ((1, below > slack), (-1, above < -slack)):
            if way not in seen and np.any(certain):
                k = int(np.argmax(certain))
                seen[way] = {
                    a.symbol: float(x)
                    for a, x in zip(enclosure.axes, (low[:, k] + high[:, k]) / 2, strict=True)
                }
        if len(seen) == 2:
            return Sign(0, seen[-1], seen[1])
        open_ = (below < -slack) & (above > slack)
        ways = {
            1: ways[1] and bool(np.all(open_ | (below >= -slack))),
            -1: ways[-1] and bool(np.all(open_ | (above <= slack))),
        }
        if not np.any(open_):
            return Sign(1 if ways[1] else -1 if ways[-1] else 0, seen.get(-1), seen.get(1))
        if not enclosure.axes or looked > most_cells:
            break
        low, high = _halved(low[:, open_], high[:, open_], moved[:, open_])
    return Sign(0, seen.get(-1), seen.get(1))


def _halved(low: Array, high: Array, moved: Array) -> Pair:
    k, cells = np.argmax(np.where(high > low, moved, -1.0), axis=0), np.arange(low.shape[1])
    middle = (low[k, cells] + high[k, cells]) / 2
    first, second = high.copy(), low.copy()
    first[k, cells], second[k, cells] = middle, middle
    return np.hstack([low, second]), np.hstack([first, high])


def within(expression: sp.Expr, axes: Sequence[Axis], limit: float) -> bool:
    """Whether |expression| ≤ ``limit`` is proved over the box."""
    return sign(limit - expression, axes).sign == 1 and sign(limit + expression, axes).sign == 1
