"""When a formula of time moves and when it rests: found by enclosing it, so that a peak between two
samples is not lost.

The run of each lane is cut into cells.  A cell is understood when the bounds of the formula over it
hold little more than the step between its two ends, or its slope keeps one sign; the others are cut
again, until all are understood or the budget of cells is spent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ... import symbols
from .bounds import Array, bounds, uneven
from .edges import kinks

Flags = NDArray[np.bool_]
FIRST, PIECES, ROUNDS = 64, 8, 12  # cells at first, of each that is cut, and how often
BUDGET = 8192  # cells of a lane
LANES = 64  # looked at together
FINE = 1e-3  # of the range of a formula: smaller changes inside a cell are not looked for
# of the range: a cell in which it moves further is cut, though it may move one way, so that each
# turn is bracketed
STEEP = 0.25
STILL = 1e-6  # of the range: a smaller step is rest
SLACK = 1.5  # without a slope, bounds may hold so many times the step between the ends
REST = 8  # a rest is so many times as long as the first cell of what follows
AROUND = 2  # lengths of a stretch on either side that it is compared with
MOST = 512  # breaks of a formula in a lane
EDGES = 4096  # edges of a formula in a single run; MOST in each lane of a scan
UNCLEAR = 1e-6  # of a run: a shorter stretch is too short to matter


@dataclass(frozen=True)
class Motion:
    """What a formula does in one lane: ``breaks`` where motion begins after a rest, ends in one, or
    becomes suddenly quick; the ``lowest`` and the ``highest`` value seen, NaN where one is not
    finite.

    ``unclear``: the longest stretch that seems to rest, though the bounds leave room for more; 0 if
    there is none.  ``crowded``: there are more breaks than are given.
    """

    breaks: Array
    lowest: float
    highest: float
    unclear: float
    crowded: bool


def motions(expression: sp.Expr, values: Mapping[str, Any], end: float, lanes: int) -> list[Motion]:
    """How ``expression`` of the time moves from 0 to ``end`` in each lane; its other symbols are
    ``values`` by name, as numbers or by lane.
    """
    own = {
        s: np.broadcast_to(np.asarray(values[s.name], dtype=float), lanes)
        for s in expression.free_symbols
        if s is not symbols.t
    }
    formula = _Formula.of(expression)
    found_motions: list[Motion] = []
    for first in range(0, lanes, LANES):
        some = {s: x[first : first + LANES] for s, x in own.items()}
        cells = _Cells.begun(formula, some, end, min(LANES, lanes - first))
        for _ in range(ROUNDS):
            rough = cells.rough
            if not rough.any():
                break
            cells = cells.cut(rough)
        found_motions += cells.motions(end)
    if expression.has(sp.Max, sp.Min, sp.Abs):
        edges, crowded = kinks(expression, own, end, lanes, EDGES if lanes == 1 else MOST)
        found_motions = [
            replace(m, breaks=np.union1d(m.breaks, at), crowded=m.crowded or bool(many))
            for m, at, many in zip(found_motions, edges, crowded, strict=True)
        ]
    return found_motions


@dataclass(frozen=True)
class _Formula:
    """A formula and its slope in time, where it has one everywhere."""

    value: sp.Expr
    slope: sp.Expr | None

    @classmethod
    def of(cls, value: sp.Expr) -> _Formula:
        return cls(value, None if value.has(sp.Max, sp.Min, sp.Abs) else sp.diff(value, symbols.t))


@dataclass(frozen=True, eq=False)
class _Cells:
    """Cells by lane and time: their ends, the values there, and the bounds between; ``starts`` of
    the lanes among them.
    """

    formula: _Formula
    known: Mapping[sp.Symbol, Array]
    lane: NDArray[np.int64]
    # low, high, value at low, value at high, lower bound, upper bound, whether it may turn inside
    rows: Array

    @classmethod
    def begun(
        cls, formula: _Formula, known: Mapping[sp.Symbol, Array], end: float, lanes: int
    ) -> _Cells:
        edges = np.tile(end * uneven(FIRST), (lanes, 1))
        return cls._seen(formula, known, np.repeat(np.arange(lanes), FIRST), edges)

    @classmethod
    def _seen(
        cls,
        formula: _Formula,
        known: Mapping[sp.Symbol, Array],
        lane: NDArray[np.int64],
        edges: Array,
    ) -> _Cells:
        """Cells between neighbouring edges (group, edge); ``lane`` by cell."""
        low, high = edges[:, :-1].ravel(), edges[:, 1:].ravel()
        here = {s: x[lane] for s, x in known.items()}
        with np.errstate(all="ignore"):
            first, last = (np.add(*bounds(formula.value, here, t, t)) / 2 for t in (low, high))
            below, above = bounds(formula.value, here, low, high)
            turns = above - below > SLACK * np.abs(last - first)
            if formula.slope is not None:
                least, most = bounds(formula.slope, here, low, high)
                rise, fall = (
                    np.maximum(most, 0.0) * (high - low),
                    np.minimum(least, 0.0) * (high - low),
                )
                smooth = np.isfinite(
                    above - below
                )  # or there may be a pole, and a slope says nothing
                above = np.where(smooth, np.fmin(above, np.fmin(first + rise, last - fall)), above)
                below = np.where(smooth, np.fmax(below, np.fmax(first + fall, last - rise)), below)
                turns = ~smooth | ~((least >= 0) | (most <= 0))
        return cls(formula, known, lane, np.array([low, high, first, last, below, above, turns]))

    def _by_lane(self, reduce: Any, values: Any) -> Array:
        """One number for each lane, given to each of its cells."""
        by_cell: Array = reduce.reduceat(values, np.flatnonzero(np.diff(self.lane, prepend=-1)))[
            self.lane
        ]
        return by_cell

    @property
    def rough(self) -> Flags:
        """Cells in which more may happen than their ends show, in lanes whose budget is not
        spent.
        """
        return self._open & (self._by_lane(np.add, 1.0 + PIECES * self._open) <= BUDGET)

    @property
    def _open(self) -> Flags:
        low, high, first, last, below, above, turns = self.rows
        with np.errstate(all="ignore"):
            top, bottom = (
                self._by_lane(np.maximum, np.fmax(first, last)),
                self._by_lane(np.minimum, np.fmin(first, last)),
            )
            widest = self._by_lane(np.maximum, above) - self._by_lane(np.minimum, below)
            least = (
                FINE * (top - bottom)
                + np.where(np.isfinite(widest), 1e-6 * widest, 0.0)
                + 1e-12 * np.abs(first)
            )
            beyond = (above > top + least) | (below < bottom - least)
            steep = np.abs(last - first) > STEEP * (top - bottom) + 1e-12 * np.abs(first)
            wide: Flags = (~(above - below <= least) & (turns > 0) | beyond | steep) & (high > low)
        return wide

    def cut(self, which: Flags) -> _Cells:
        """The same with some cells in pieces; only these are looked at anew."""
        low, high = self.rows[:2, which]
        edges = low[:, None] + (high - low)[:, None] * uneven(PIECES)
        edges[:, -1] = high
        new = self._seen(self.formula, self.known, np.repeat(self.lane[which], PIECES), edges)
        lane = np.concatenate([self.lane[~which], new.lane])
        rows = np.concatenate([self.rows[:, ~which], new.rows], axis=1)
        order = np.lexsort((rows[0], lane))
        return _Cells(self.formula, self.known, lane[order], rows[:, order])

    def motions(self, end: float) -> list[Motion]:
        """What the cells of each lane say."""
        edges = np.flatnonzero(np.diff(self.lane, prepend=-1, append=self.lane[-1] + 1))
        hidden = self._open
        poles = np.isinf(self.rows[5] - self.rows[4]) & (
            self.rows[1] - self.rows[0] < UNCLEAR * end
        )
        return [
            _Lane(self.rows[:, a:b], hidden[a:b], end).motion(pole=bool(poles[a:b].any()))
            for a, b in zip(edges, edges[1:], strict=False)
        ]


class _Lane:
    """The cells of one lane."""

    def __init__(self, rows: Array, hidden: Flags, end: float) -> None:
        self.low, self.high, self.first, self.last = rows[:4]
        self.values = np.append(self.first, self.last[-1])
        self.hidden, self.end = hidden, end

    def motion(self, *, pole: bool) -> Motion:
        if pole or not np.all(np.isfinite(self.values)):
            return Motion(np.zeros(0), np.nan, np.nan, 0.0, crowded=False)
        lowest, highest = float(self.values.min()), float(self.values.max())
        moves = (
            np.abs(self.last - self.first)
            > STILL * (highest - lowest) + 1e-14 * np.abs(self.values).max()
        )
        times = np.unique([*self._rests(moves), *self._peaks()])
        inside = times[(times > 0) & (times < self.end)]
        longest = max(
            (self.high[b] - self.low[a] for a, b in _runs(self.hidden & ~moves)), default=0.0
        )
        unclear = float(longest) if longest > UNCLEAR * self.end else 0.0
        return Motion(inside[:MOST], lowest, highest, unclear, crowded=len(inside) > MOST)

    def _rests(self, moves: Flags) -> list[float]:
        """Where motion begins after a rest, or ends in one."""
        runs = _runs(moves)
        before = [0.0, *(self.high[b] for _, b in runs)]
        after = [*(self.low[a] for a, _ in runs[1:]), self.end]
        long = [(a, b, p, n) for (a, b), p, n in zip(runs, before, after, strict=False)]
        times = [
            self.low[a]
            for a, _, p, _ in long
            if self.low[a] - p >= REST * (self.high[a] - self.low[a])
        ]
        return times + [
            self.high[b]
            for _, b, _, n in long
            if n - self.high[b] >= REST * (self.high[b] - self.low[b])
        ]

    def _peaks(self) -> list[float]:
        """Ends of the shortest stretches of small cells in which more happens, beside a straight
        line, than around them.
        """
        stretches: list[tuple[int, int]] = []
        size = 0.5 * self.end / FIRST
        while runs := _runs(self.high - self.low < size):
            inner = [r for r in runs if self._stands_out(*r)]
            stretches = [
                r for r in stretches if not any(a <= r[1] and r[0] <= b for a, b in inner)
            ] + inner
            size /= PIECES
        return [t for a, b in stretches for t in (self.low[a], self.high[b])]

    def _stands_out(self, a: int, b: int) -> bool:
        length = self.high[b] - self.low[a]
        line = np.interp(
            self.low[a : b + 1], [self.low[a], self.high[b]], [self.first[a], self.last[b]]
        )
        i, j = np.searchsorted(
            self.low, [self.low[a] - AROUND * length, self.high[b] + AROUND * length]
        )
        around = (self.values[max(i - 1, 0) : a + 1], self.values[b + 1 : j + 1])
        return bool(
            np.max(np.abs(self.first[a : b + 1] - line))
            > max(float(np.ptp(x)) for x in around if len(x))
        )


def _runs(flags: Flags) -> list[tuple[int, int]]:
    """First and last index of each stretch that is true."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
