"""The stationary state of a Markov chain without subtractions, and sums over its forests.

States are eliminated one by one (Grassmann, Taksar & Heyman, Oper. Res. 33, 1107, 1985) with sums,
products and quotients of rates only, so that every occupancy has all its digits, however far apart
the rates are.  One elimination serves single chains, as Python numbers, many chains at once, as
arrays, and derivatives, as numbers that carry them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rates = list[list[Any]]  # rates[from][to]; entries [i][i] are never read


def eliminated(rates: Rates, kept: int = 1) -> Iterator[Any]:
    """Eliminate the states after the first ``kept``, the last one first, in place.

    Yields the total rate out of each state, before it is eliminated.
    """
    for n in range(len(rates) - 1, kept - 1, -1):
        leaving = rates[n]
        out = sum(leaving[:n])
        yield out
        for row in rates[:n]:
            row[n] = share = row[n] / out
            for m in range(n):
                row[m] = row[m] + share * leaving[m]


def occupied(rates: Rates, one: Any) -> list[Any]:
    """The share of each state, from rates eliminated to the first; ``one`` is 1 in their type."""
    weights = [one]
    for n in range(1, len(rates)):
        weights.append(sum(share * row[n] for share, row in zip(weights, rates, strict=False)))
    total = sum(weights)
    return [share / total for share in weights]


def rows(a: Array, order: Sequence[int] | None = None) -> Rates:
    """Rates a[i, j, …] as lists, of Python numbers for one chain; in an order of the states."""
    chosen = a if order is None else a[np.ix_(order, order)]
    lists: Rates = chosen.tolist() if a.ndim == 2 else [[*row] for row in chosen]
    return lists


def shares(a: Array) -> Array:
    """The share of each state (state, …), of rates a[i, j, …] from i to j that connect them all."""
    rates = rows(a)
    for _ in eliminated(rates):
        pass
    return np.array(occupied(rates, np.ones(a.shape[2:])[()]))


def forests(a: Array, kept: Sequence[int]) -> float:
    """Σ over all forests of one chain that lead every other state to one of those kept.

    It is the determinant of the rate matrix without the rows and columns of those kept.
    """
    order = [*kept, *(s for s in range(len(a)) if s not in set(kept))]
    total = 1.0
    for out in eliminated(rows(a, order), len(kept)):
        total *= out
        if not total:  # a state that leads nowhere
            break
    return total


def sloped_shares(a: Array, da: Array) -> tuple[Array, Array]:
    """Shares (state,) and their derivatives (state, variable), for da[i, j, variable]."""
    both = zip(a.tolist(), da, strict=True)
    rates = [[Sloped(x, dx) for x, dx in zip(row, slopes, strict=True)] for row, slopes in both]
    for _ in eliminated(rates):
        pass
    occupancies = occupied(rates, Sloped(1.0, np.zeros(da.shape[2:])))
    return np.array([x.value for x in occupancies]), np.array([x.slope for x in occupancies])


@dataclass(frozen=True, slots=True)
class Sloped:
    """A number with its derivatives with respect to some variables."""

    value: float
    slope: Array

    def __add__(self, other: Sloped) -> Sloped:
        return Sloped(self.value + other.value, self.slope + other.slope)

    def __radd__(self, other: int) -> Sloped:
        """Added to the 0 that a sum starts from."""
        return self

    def __mul__(self, other: Sloped) -> Sloped:
        return Sloped(self.value * other.value, self.slope * other.value + self.value * other.slope)

    def __truediv__(self, other: Sloped) -> Sloped:
        ratio = self.value / other.value
        return Sloped(ratio, (self.slope - ratio * other.slope) / other.value)
