"""The steady state of a kinetic diagram without a subtraction, its slopes, and the fluxes around its loops.

States are eliminated one by one by Grassmann, Taksar and Heyman (Oper. Res. 33, 1107, 1985): only sums, products and quotients of rates,
so that every occupancy has all its digits however far apart the rates are.  Slopes are those of the same sums, by the product rule.
A net flux is read where least cancels in it: of a spanning tree of the fastest steps every step left out is a loop, whose flux is that
of the step, its slowest; the fluxes of the tree follow from those.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..declare.diagram import Diagram

Array = NDArray[np.float64]


def directed(diagram: Diagram, up: Array, down: Array) -> Array:
    """a[i, j]: the rate from state i to j, of all steps together; ``up`` and ``down`` are (step, …)."""
    a = np.zeros((diagram.size, diagram.size, *up.shape[1:]))
    for k, (i, j) in enumerate(diagram.ends):
        if i != j:
            a[i, j] += up[k]
            a[j, i] += down[k]
    return a


def occupancy(a: Array) -> Array:
    """The share of each state (state, …), of rates a[i, j] (state, state, …)."""
    shares, _ = occupancy_slopes(a, np.zeros((*a.shape, 0)))
    return shares


def occupancy_slopes(a: Array, da: Array) -> tuple[Array, Array]:
    """Shares (state, …) and their derivatives (state, …, variable), for da[i, j] (state, state, …, variable)."""
    a, da = a.copy(), da.copy()
    size = len(a)
    for k in range(size - 1, 0, -1):
        out, dout = a[k, :k].sum(axis=0), da[k, :k].sum(axis=0)
        share = a[:k, k] / out
        dshare = (da[:k, k] - share[..., None] * dout) / out[..., None]
        a[:k, k], da[:k, k] = share, dshare
        da[:k, :k] += dshare[:, None] * a[k, :k][None, ..., None] + share[:, None, ..., None] * da[k, :k][None]
        a[:k, :k] += share[:, None] * a[k, :k][None]
    n, dn = np.zeros(a.shape[1:]), np.zeros(da.shape[1:])
    n[0] = 1.0
    for k in range(1, size):
        n[k] = (n[:k] * a[:k, k]).sum(axis=0)
        dn[k] = (dn[:k] * a[:k, k][..., None] + n[:k][..., None] * da[:k, k]).sum(axis=0)
    total, dtotal = n.sum(axis=0), dn.sum(axis=0)
    shares: Array = n / total
    return shares, (dn - shares[..., None] * dtotal) / total[..., None]


def trees(a: Array, kept: Sequence[int]) -> Array:
    """Σ of all forests that lead every other state to one of those kept: the determinant of what is left of the rates."""
    others = [s for s in range(len(a)) if s not in kept]
    order = [*kept, *others]
    b = a[np.ix_(order, order)].copy()
    made = np.ones(a.shape[2:])
    for k in range(len(b) - 1, len(kept) - 1, -1):
        out = b[k, :k].sum(axis=0)
        made = made * out
        share = b[:k, k] / out
        b[:k, :k] += share[:, None] * b[k, :k][None]
    return made


def slowest_last(up: Array, down: Array) -> tuple[int, ...]:
    """The steps in order of their traffic, the larger one-way flux, the fastest first."""
    return tuple(int(k) for k in np.argsort(-np.maximum(up, down), kind="stable"))
