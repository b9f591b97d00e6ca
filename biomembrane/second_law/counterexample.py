"""Counter-examples: states where a flux runs uphill, J·A < 0.

The box is sampled, the worst few states are pushed further along the gradient, and the worst of all
is simplified: every variable that can go back to its usual value does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from .claim import Claim
from .evaluation import Array, Box, Functions

SAMPLES = 2048
STARTS = 6
PUSHES = 2  # of the starts, where a counter-example is known already
STATES = 64
STEPS = 150  # evaluations of a push
LEAST = 1e-7  # of RT: an affinity below this has no sign
SMALL = 1e-6  # of the median of |J|: a flux below this has none
TINY = 1e-30  # the same where most fluxes are zero
SOFT = 1e3  # of the smallest flux: how sharply its sign is felt


@dataclass(frozen=True)
class Uphill:
    """A state with J·A < 0: coordinates in the box, A/RT and J there, and the share of the box
    where it is so; ``worst`` is the largest
    |A|/RT of all such states, edges of the box included.
    """

    x: Array
    reduced_affinity: float
    flux: float
    share: float
    worst: float = 0.0


def find_uphill(
    claim: Claim,
    box: Box,
    at: Sequence[Mapping[sp.Symbol, float]] = (),
    *,
    furthest: bool = False,
    affinities: Sequence[sp.Expr] = (),
) -> Uphill | None:
    """The state where a flux runs furthest uphill, or None where none is found.

    Args:
        claim: with a net flux.
        box: the states to search.
        at: coordinates by symbol to try besides the samples, such as those at which a factor
            changes its sign.
        furthest: whether to search for a larger |A| beyond the samples where they already hold a
            counter-example.
        affinities: further affinities [RT] against which the flux must run as well.
    """
    assert claim.net is not None
    functions = Functions([claim.net, claim.reduced_affinity], box)
    others = Functions(affinities, box)
    x = box.sample(SAMPLES)
    J, reduced_affinity = functions(x)
    fine = np.isfinite(J) & np.isfinite(reduced_affinity)
    if not np.any(fine):
        return None
    scale = float(np.median(np.abs(J[fine]))) * SMALL or TINY

    def height(x: Array) -> Array:
        """A where J < 0, −A where J > 0: positive where it runs uphill, in RT."""
        J, reduced_affinity = functions(x)
        against = -np.sign(J) * (np.abs(J) > scale)
        least = against * reduced_affinity
        for other in others(x) if affinities else ():
            least = np.minimum(least, against * other)
        return np.where(np.isfinite(least), least, -np.inf)

    up = height(x)
    tried = np.hstack(
        [x, box.corners(), *(_with_coordinates(box, x[:, :STATES], state) for state in at)]
    )
    high = height(tried)
    starts = [tried[:, k] for k in np.argsort(-high)[:STARTS]]
    none = high.max() <= LEAST
    if box.variables and (none or furthest):
        starts += [
            _pushed(functions, box, start, SOFT * scale)
            for start in (starts if none else starts[:PUSHES])
        ]
    candidates = np.array(starts).T
    heights = height(candidates)
    best = int(np.argmax(heights))
    if heights[best] <= LEAST:
        return None
    state = _simplified(box, candidates[:, best], height)
    J, reduced_affinity = functions(state[:, None])[:, 0]
    return Uphill(
        state, float(reduced_affinity), float(J), float(np.mean(up > LEAST)), float(heights[best])
    )


def _with_coordinates(box: Box, x: Array, state: Mapping[sp.Symbol, float]) -> Array:
    """The states x with those coordinates that ``state`` gives."""
    states = x.copy()
    for k, v in enumerate(box.variables):
        if v.symbol in state:
            states[k] = state[v.symbol]
    return states


def stops_at_equilibrium(claim: Claim, box: Box) -> bool:
    """Whether the flux changes from back to forth where A does: in states moved along one variable
    to A = ±RT/1000.
    """
    assert claim.net is not None
    functions = Functions([claim.net, claim.reduced_affinity], box)
    x = box.sample(STATES)
    slopes = functions.slopes(x)[1]
    k = int(np.argmax(np.abs(slopes).min(axis=1) * np.ptp(box.bounds, axis=1)))
    if not np.all(slopes[k]):
        return False
    J = []
    for reduced_affinity in (-1e-3, 0.0, 1e-3):
        at = x.copy()
        # A/RT is linear in every coordinate
        at[k] += (reduced_affinity - functions(x)[1]) / slopes[k]
        J.append(functions(at)[0])
    with np.errstate(invalid="ignore"):  # fluxes out of range
        return bool(np.all((J[0] < 0) & (J[2] > 0) & (np.abs(J[1]) < 1e-6 * (J[2] - J[0]))))


def _pushed(functions: Functions, box: Box, start: Array, soft: float) -> Array:
    """The state that a descent along the gradient reaches within the box."""

    def objective(x: Array) -> tuple[float, Array]:
        return _slope(functions, x, soft)

    options = {"maxfun": STEPS}
    end: Array = minimize(objective, start, jac=True, bounds=box.bounds, options=options).x
    return end


def _slope(functions: Functions, x: Array, soft: float) -> tuple[float, Array]:
    """A·J/√(J² + j²), which is |A| with the sign of J·A where |J| ≫ j, and its gradient."""
    J, reduced_affinity = functions(x[:, None])[:, 0]
    dJ, dA = functions.slopes(x[:, None])[:, :, 0]
    norm = np.hypot(J, soft)
    with np.errstate(invalid="ignore"):  # 0·∞ where a slope is infinite
        slope = reduced_affinity * soft**2 / norm**3 * dJ + J / norm * dA
        value = float(reduced_affinity * J / norm)
    return (value, slope) if np.all(np.isfinite([value, *slope])) else (np.inf, np.zeros_like(x))


def _simplified(box: Box, x: Array, height: Callable[[Array], Array]) -> Array:
    """The state with each variable at its usual value, or next to it in the box, one after another,
    while half of the height is left.
    """
    least = height(x[:, None])[0] / 2
    for k, usual in enumerate(np.clip(box.usual, *box.bounds.T)):
        tried = x.copy()
        tried[k] = usual
        if height(tried[:, None])[0] >= least:
            x = tried
    return x
