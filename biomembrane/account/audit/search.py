"""Counter-examples: states where a flux runs uphill, J·A < 0.

The box is sampled, the worst few states are pushed further along the gradient, and what is found is made plain: every variable that can go
back to its usual value does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from .claim import Claim
from .evaluate import Array, Box, Functions

SAMPLES = 2048
STARTS = 6
LEAST = 1e-7  # of RT: an affinity below this has no sign


@dataclass(frozen=True)
class Uphill:
    """A state with J·A < 0: coordinates in the box, A/RT and J there, and the share of the box where it is so."""

    x: Array
    drive: float
    flux: float
    share: float


def uphill(claim: Claim, box: Box) -> Uphill | None:
    """The state where a flux runs furthest uphill, or None where none is found."""
    assert claim.net is not None
    functions = Functions([claim.net, claim.drive], box)
    x = box.sample(SAMPLES)
    J, drive = functions(x)
    fine = np.isfinite(J) & np.isfinite(drive)
    if not np.any(fine):
        return None
    scale = float(np.median(np.abs(J[fine]))) * 1e-6 or 1e-30

    def height(values: Array) -> Array:
        """A where J < 0, −A where J > 0: positive where it runs uphill, in RT."""
        made: Array = -values[1] * np.sign(values[0]) * (np.abs(values[0]) > scale)
        return np.where(np.isfinite(made), made, -np.inf)

    up = height(functions(x))
    starts = [x[:, k] for k in np.argsort(-up)[:STARTS]]
    if up.max() <= LEAST and box.variables:
        starts = [_pushed(functions, box, start, scale) for start in starts]
    found = np.array(starts).T
    heights = height(functions(found))
    best = int(np.argmax(heights))
    if heights[best] <= LEAST:
        return None
    at = _plain(functions, box, found[:, best], height)
    J, drive = functions(at[:, None])[:, 0]
    return Uphill(at, float(drive), float(J), float(np.mean(up > LEAST)))


def _pushed(functions: Functions, box: Box, start: Array, scale: float) -> Array:
    """Down the gradient of A·J/√(J² + j²), within the box; j is small beside J."""
    soft = 1e3 * scale

    def value(x: Array) -> tuple[float, Array]:
        J, drive = functions(x[:, None])[:, 0]
        dJ, dA = functions.slopes(x[:, None])[:, :, 0]
        norm = np.hypot(J, soft)
        slope = drive * soft**2 / norm**3 * dJ + J / norm * dA
        return (float(drive * J / norm), slope) if np.isfinite(drive * J) and np.all(np.isfinite(slope)) else (np.inf, np.zeros_like(x))

    made: Array = minimize(value, start, jac=True, method="L-BFGS-B", bounds=box.bounds, options={"maxiter": 60}).x
    return made


def _plain(functions: Functions, box: Box, x: Array, height: object) -> Array:
    """The state with each variable at its usual value, one after another, as long as it stays a counter-example half as high."""
    assert callable(height)
    least = height(functions(x[:, None]))[0] / 2
    for k, usual in enumerate(box.usual):
        tried = x.copy()
        tried[k] = usual
        if height(functions(tried[:, None]))[0] >= least:
            x = tried
    return x
