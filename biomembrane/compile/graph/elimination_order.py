"""Static sparse elimination: an order with diagonal pivots, and the pattern that it fills
(Markowitz 1957).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush


@dataclass(frozen=True)
class Plan:
    """``order`` of the pivots; ``index`` of each stored entry of L and U together."""

    order: tuple[int, ...]
    index: dict[tuple[int, int], int]


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
