"""How far a law without a reverse rate is from detailed balance.

A flux r⁺ with no r⁻ exceeds the consistent one, r⁺(1 − e^{−A/RT}), by 1/(e^{A/RT} − 1) of it:
little far from equilibrium, without bound near it, and it runs uphill where A < 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import constants
from .claim import Claim
from .counterexample import SAMPLES, Uphill
from .evaluation import Box, Functions

Bin = tuple[float, float, float]
EDGES = (-np.inf, 0.0, 1.0, 2.0, 4.0, 8.0, np.inf)  # of A/RT in the direction of the flux


def relative_excess(claim: Claim, box: Box) -> tuple[int, tuple[Bin, ...]]:
    """The direction of the flux, and in bins of A: (median A [kJ/mol], share of the box, relative
    excess of J over the consistent J(1 − e^{−|A|/RT})).
    """
    assert claim.net is not None
    J, reduced_affinity = Functions([claim.net, claim.reduced_affinity], box)(box.sample(SAMPLES))
    direction = -1 if np.any(J < 0) else 1
    RT = constants.GAS * claim.temperature / 1000
    along = direction * reduced_affinity
    bins = []
    for low, high in zip(EDGES[:-1], EDGES[1:], strict=True):
        inside = along[(along >= low) & (along < high)]
        if len(inside):
            median = float(np.median(inside))
            excess = float(1 / np.expm1(median)) if median > 0 else float("nan")
            bins.append((direction * median * RT, len(inside) / len(along), excess))
    return direction, tuple(bins)


def describe(direction: int, bins: Sequence[Bin], uphill: Uphill | None) -> str:
    """The excess in words: where the flux runs uphill, and by how much it is too fast elsewhere."""
    too_fast = [
        f"{100 * excess:.{0 if excess > 0.1 else 2 if excess > 1e-4 else 5}f} % at"
        f" A = {A:.3g} kJ/mol"
        for A, _, excess in bins
        if direction * A > 0
    ]
    against = "no state in the range has an opposing A"
    if uphill:
        share = f"less than {100 / SAMPLES:.2g}"
        if uphill.share:
            share = f"{float(f'{100 * uphill.share:.2g}'):g}"  # 100, not 1e+02
        against = f"it runs uphill in {share} % of the range"
    if not too_fast:
        return against
    sign = ">" if direction > 0 else "<"
    return f"{against}; where A {sign} 0 it is too fast by {', '.join(too_fast)}"
