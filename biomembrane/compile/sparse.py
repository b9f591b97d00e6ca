"""Static sparse elimination: an order with diagonal pivots, and the pattern that it fills (Markowitz 1957)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """``order`` of the pivots; ``index`` of each stored entry of L and U together."""

    order: tuple[int, ...]
    index: dict[tuple[int, int], int]


def plan(size: int, pattern: Iterable[tuple[int, int]]) -> Plan:
    """The pivot of least Markowitz count each time; every diagonal entry is stored."""
    rows: list[set[int]] = [{i} for i in range(size)]
    columns: list[set[int]] = [{i} for i in range(size)]
    for i, j in pattern:
        rows[i].add(j)
        columns[j].add(i)
    filled = {(i, j) for i in range(size) for j in rows[i]}
    left = set(range(size))
    order = []
    while left:
        k = min(left, key=lambda p: ((len(rows[p]) - 1) * (len(columns[p]) - 1), p))
        order.append(k)
        left.discard(k)
        below, right = columns[k] - {k}, rows[k] - {k}
        for i in below:
            rows[i].discard(k)
            rows[i] |= right
            filled |= {(i, j) for j in right}
        for j in right:
            columns[j].discard(k)
            columns[j] |= below
    return Plan(tuple(order), {entry: n for n, entry in enumerate(sorted(filled))})
