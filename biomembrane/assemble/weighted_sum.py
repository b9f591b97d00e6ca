"""Weighted sums of symbols, one expression for all with the same weights."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import sympy as sp

from ..declare.bound_expression import BoundExpression


@lru_cache(maxsize=1024)
def _sum(weights: tuple[sp.Expr, ...]) -> sp.Expr:
    return sp.Add(*(w * x for w, x in zip(weights, _local(len(weights)), strict=True)))


@lru_cache(maxsize=1024)
def _local(count: int) -> tuple[sp.Symbol, ...]:
    return tuple(sp.Symbol(f"@{k}", real=True) for k in range(count))


def weighted(terms: Iterable[tuple[sp.Expr, sp.Expr]]) -> BoundExpression:
    """Σ weight·x, one expression for all sums with the same weights."""
    nonzero = [(w, x) for w, x in terms if x != 0]
    names = dict(zip(_local(len(nonzero)), (x for _, x in nonzero), strict=True))
    return BoundExpression(_sum(tuple(w for w, _ in nonzero)), names)
