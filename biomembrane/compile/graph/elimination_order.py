"""Static sparse elimination: an order with diagonal pivots, the pattern that it fills (Markowitz
1957), and the operations of LU and of a solve, which every printer of machine code takes from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

Step = tuple[str, int, int, int, int]  # operation, pivot, target, what it works with


@dataclass(frozen=True)
class Plan:
    """``order`` of the pivots; ``index`` of each stored entry of L and U together."""

    order: tuple[int, ...]
    index: dict[tuple[int, int], int]

    @cached_property
    def turn(self) -> dict[int, int]:
        """When each pivot has its turn."""
        return {k: n for n, k in enumerate(self.order)}

    @cached_property
    def sides(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """Rows below and columns right of each pivot, in the order of elimination."""
        turn = self.turn
        below: dict[int, list[int]] = {k: [] for k in turn}
        right: dict[int, list[int]] = {k: [] for k in turn}
        for i, j in self.index:
            if turn[i] > turn[j]:
                below[j].append(i)
            elif turn[i] < turn[j]:
                right[i].append(j)
        for each in (*below.values(), *right.values()):
            each.sort(key=turn.__getitem__)
        return below, right

    @property
    def products(self) -> int:
        """How many products LU takes."""
        below, right = self.sides
        return sum(len(below[k]) * len(right[k]) for k in self.order)

    def factor(self) -> Iterator[Step]:
        """LU in place, as (operation, pivot, entry, other entries): ``rcp`` of a pivot, which stays
        as its reciprocal, ``mul`` by it, and ``less``, a − b·c.
        """
        index, (below, right) = self.index, self.sides
        for k in self.order:
            pivot = index[k, k]
            yield "rcp", k, pivot, -1, -1
            for i in below[k]:
                ratio = index[i, k]
                yield "mul", k, ratio, pivot, -1
                for j in right[k]:
                    yield "less", k, index[i, j], ratio, index[k, j]

    def solve(self) -> Iterator[Step]:
        """b ← (LU)⁻¹ b as (operation, pivot, state, entry, other state): row by row down, then up.

        Every sum takes its terms in the order in which they are known, for the time of a run alone
        is that of the longest chain.
        """
        index, (below, right) = self.index, self.sides
        known = dict.fromkeys(self.order, 0)
        left: dict[int, list[int]] = {k: [] for k in self.order}
        for k in self.order:
            for i in below[k]:
                left[i].append(k)
        for i in self.order:
            for k in sorted(left[i], key=known.__getitem__):
                known[i] = max(known[i], known[k]) + 1
                yield "less", k, i, index[i, k], k
        for k in reversed(self.order):
            for j in sorted(right[k], key=known.__getitem__):
                known[k] = max(known[k], known[j]) + 1
                yield "less", k, k, index[k, j], j
            known[k] += 1
            yield "mul", k, k, index[k, k], -1


def plan(size: int, pattern: Iterable[tuple[int, int]], owners: Sequence[int] = ()) -> Plan:
    """The pivot of least Markowitz count each time; every diagonal entry is stored.

    With owners (the cell of each state) what touches only its own cell goes first, then cell by
    cell, in Markowitz order of the cells: alike cells are eliminated alike, and a chain of cells
    from one end to the other.
    """
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for i, j in pattern:
        rows[i].add(j)
        columns[j].add(i)
    rank = _ranks(rows, owners) if owners else [0] * size
    filled = {(i, j) for i in range(size) for j in rows[i]}
    count = [(len(rows[p]) - 1) * (len(columns[p]) - 1) for p in range(size)]
    heap = [(rank[p], count[p], p) for p in range(size)]
    heapify(heap)
    order: list[int] = []
    done = [False] * size
    while heap:
        _, n, k = heappop(heap)
        if done[k] or n != count[k]:
            continue
        done[k] = True
        order.append(k)
        below, right = columns[k] - {k}, rows[k] - {k}
        for i in below:
            rows[i].discard(k)
            rows[i] |= right
            filled |= {(i, j) for j in right}
        for j in right:
            columns[j].discard(k)
            columns[j] |= below
        for p in below | right:
            new = (len(rows[p]) - 1) * (len(columns[p]) - 1)
            if new != count[p]:
                count[p] = new
                heappush(heap, (rank[p], new, p))
    return Plan(tuple(order), {entry: n for n, entry in enumerate(sorted(filled))})


def _ranks(rows: Sequence[set[int]], owners: Sequence[int]) -> list[int]:
    """0 for states that touch no other cell; for the others the place of their cell in the
    elimination of cells.
    """
    pairs = {
        (owners[i], owners[j]) for i, row in enumerate(rows) for j in row if owners[i] != owners[j]
    }
    both = pairs | {(b, a) for a, b in pairs}
    place = {cell: n for n, cell in enumerate(plan(max(owners) + 1, both).order)}
    outer = {i for i, row in enumerate(rows) for j in row if owners[i] != owners[j]}
    outer |= {j for i, row in enumerate(rows) for j in row if owners[i] != owners[j]}
    return [1 + place[owners[i]] if i in outer else 0 for i in range(len(rows))]
