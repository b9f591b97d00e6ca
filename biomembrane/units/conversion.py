"""Factors between units and the internal system, exact for decades."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from ..dimension import EXAMPLES, Dimension, example
from .quantities import Q, dimension_of
from .registry import internal_factor

# units where ``EXAMPLES`` has none
_RARE = (
    "1/s/mM", "1/s/mM^2", "1/s/mM^3", "pmol/cm^2", "fmol/s/mM", "fmol^2/fJ/s", "fmol^2/fJ/s/um^2",
    "nS/fmol",
)  # fmt: skip


@lru_cache(maxsize=256)
def like(dim: Dimension) -> str:
    """A common unit of this dimension that :func:`Q` reads, for error texts."""
    if dim in EXAMPLES or not dim:
        return example(dim)
    matching = (unit for unit in _RARE if dimension_of(Q(1.0, unit)) == dim)
    return next(matching, example(dim).replace("·", "*"))


@lru_cache(maxsize=512)
def from_internal(unit: str) -> float:
    """Factor from the internal system to ``unit``: ``from_internal("mV") == 1000``."""
    quantity = Q(1.0, unit)
    return internal_factor(dimension_of(quantity), float(quantity.to_base_units().magnitude))


def inward(unit: str) -> tuple[float, float]:
    """Multiplier and divisor that turn a number in ``unit`` into an internal one.

    One of the two is 1, so that decades stay exact.
    """
    factor = from_internal(unit)
    return (1.0, factor) if factor >= 1 else (scaled(1.0, factor, inverse=True), 1.0)


def scaled(number: Any, factor: float, *, inverse: bool = False) -> Any:
    """number·factor (or number/factor), dividing by the larger of the two so that decades stay
    exact.
    """
    multiplies = (factor >= 1) != inverse
    if factor >= 1:
        large = factor
    else:
        large = 1 / factor
        if math.isclose(large, round(large), rel_tol=1e-14):
            large = round(large)
    return number * large if multiplies else number / large
