"""Formulas of time over cells of time: their bounds, and edges to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ... import symbols
from ...intervals import enclosed

Array = NDArray[np.float64]


def uneven(pieces: int) -> Array:
    """Edges from 0 to 1 that fall in step with no period."""
    k = np.arange(pieces + 1)
    shares: Array = (k + 0.4 * np.sin(2.0 * k) * (k % pieces > 0)) / pieces
    return shares


def bounds(
    expression: sp.Expr, values: Mapping[sp.Symbol, Array], first: Array, last: Array
) -> tuple[Array, Array]:
    """Bounds by cell, from ``first`` to ``last``; infinite where there are none."""
    memo: dict[Any, tuple[Array, Array]] = {s: (x, x) for s, x in values.items()}
    memo[symbols.t] = (first, last)
    with np.errstate(all="ignore"):
        below, above = (np.broadcast_to(x, first.shape) for x in enclosed(expression, memo))
    return np.where(np.isnan(below), -np.inf, below), np.where(np.isnan(above), np.inf, above)
