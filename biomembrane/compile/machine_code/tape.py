"""Tapes: lists of scalar operations, each of which has an owner, the cell that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ..graph.arrays import CODES, Whole

LEAF, NOBODY = -1, 0  # owners of loads and constants, and of operations that belong to no cell
CONST, LOAD = 0, 1
POINTERS = ("%t", "%y", "%c", "%f", "%J", "%d", "%g", "%s", "%A", "%b", "%w")
PLACES = {pointer: k for k, pointer in enumerate(POINTERS)}
SCRATCH = PLACES["%w"]


@dataclass(eq=False)
class Tape:
    """Operations and leaves, arguments before their users: ``op`` by place in ``OPS``, loads from
    ``pointer`` at ``index``, constants of ``value``.

    ``owner``: the cell, LEAF for leaves; ``level``: length of the longest path from a leaf;
    ``outputs`` (3, output): node, pointer, index; none is a leaf.
    """

    op: Whole
    args: Whole
    value: NDArray[np.float64]
    pointer: Whole
    index: Whole
    owner: Whole
    level: Whole
    outputs: Whole


class Recorder:
    """Builds a tape operation by operation."""

    def __init__(self) -> None:
        # op, three arguments, pointer, index, owner
        self._rows: list[tuple[int, int, int, int, int, int, int]] = []
        self._values: dict[int, float] = {}
        self._level: list[int] = []
        self._outputs: list[tuple[int, int, int]] = []

    def constant(self, value: float) -> int:
        self._values[len(self._rows)] = value
        return self._leaf(CONST, -1, -1)

    def load(self, pointer: str, index: int) -> int:
        return self._leaf(LOAD, PLACES[pointer], index)

    def _leaf(self, op: int, pointer: int, index: int) -> int:
        self._rows.append((op, -1, -1, -1, pointer, index, LEAF))
        self._level.append(0)
        return len(self._level) - 1

    def do(self, owner: int, op: str, a: int, b: int = -1, c: int = -1) -> int:
        level = self._level
        top = level[a]
        if b >= 0 and level[b] > top:
            top = level[b]
        if c >= 0 and level[c] > top:
            top = level[c]
        self._rows.append((CODES[op], a, b, c, -1, -1, owner))
        level.append(top + 1)
        return len(level) - 1

    def put(self, node: int, pointer: str, index: int, owner: int) -> None:
        """Store a node; a leaf is copied by the owner."""
        node = node if self._level[node] else self.do(owner, "copy", node)
        self._outputs.append((node, PLACES[pointer], index))

    def tape(self) -> Tape:
        rows = np.fromiter(
            chain.from_iterable(self._rows), dtype=np.int64, count=7 * len(self._rows)
        ).reshape(-1, 7)
        value = np.zeros(len(rows))
        value[list(self._values)] = list(self._values.values())
        level, outputs = (
            np.array(self._level, dtype=np.int64),
            np.array(self._outputs, dtype=np.int64).reshape(-1, 3).T,
        )
        return Tape(
            rows[:, 0], rows[:, 1:4], value, rows[:, 4], rows[:, 5], rows[:, 6], level, outputs
        )
