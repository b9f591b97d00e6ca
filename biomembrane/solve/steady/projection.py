"""States that have given conserved sums and are nearest to others in relative entropy: amounts are
x = r exp(Σ λ w), with multipliers λ by Newton's method on a convex function.
"""

from __future__ import annotations

import numpy as np

from .equations import Array, Equations
from .newton import solve_lanes

ROUNDS, LIMIT = 60, 3.0
SETTLED = 1e-12


def projected(e: Equations, reference: Array) -> Array:
    """States (state, lane) with the sums of the equations; lanes in which there are none stay as
    they are.
    """
    result = _balanced(e, reference) if len(e.free) else reference.copy()
    signed = np.flatnonzero(~e.positive[e.bound])
    rows = e.bound[signed]
    off = (e.totals - e.sums(result))[signed]
    result[rows] += (
        off / np.broadcast_to(e.weights, (*e.weights.shape[:2], off.shape[1]))[signed, rows]
    )
    return result


def _balanced(e: Equations, reference: Array) -> Array:
    """With amounts that make the sums right."""
    positive, lanes = e.positive, reference.shape[1]
    weights = np.broadcast_to(e.weights, (*e.weights.shape[:2], lanes))
    mixed = (e.weights[:, positive] != 0).any(axis=(1, 2))
    own, others = weights[mixed][:, positive], weights[mixed][:, ~positive]
    wanted = e.totals[mixed] - np.einsum("ksl,sl->kl", others, reference[~positive])
    r = reference[positive]
    size = np.abs(own).max(axis=1, initial=0.0)
    size = np.where(size > 0, size, 1.0)  # F, in sums of charges
    own, wanted = own / size[:, None], wanted / size
    multipliers = np.zeros((int(mixed.sum()), lanes))
    for _ in range(ROUNDS):
        with np.errstate(all="ignore"):
            x = r * np.exp(np.einsum("ksl,kl->sl", own, multipliers))
            off = wanted - np.einsum("ksl,sl->kl", own, x)
            hessian = np.einsum("ksl,sl,jsl->kjl", own, x, own)
        step = np.nan_to_num(solve_lanes(hessian, off))
        largest = np.abs(np.einsum("ksl,kl->sl", own, step)).max(axis=0, initial=0.0)
        multipliers += step * np.minimum(1.0, LIMIT / np.where(largest > 0, largest, 1.0))
        if np.all(largest <= SETTLED):
            break
    with np.errstate(all="ignore"):
        x = r * np.exp(np.einsum("ksl,kl->sl", own, multipliers))
        off = np.abs(wanted - np.einsum("ksl,sl->kl", own, x))
        fine = (off <= 1e-9 * np.einsum("ksl,sl->kl", np.abs(own), x)).all(axis=0)
    result = reference.copy()
    result[positive] = np.where(fine & np.isfinite(x).all(axis=0), x, r)
    return result
