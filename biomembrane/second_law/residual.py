"""The error ε = RT ln(r⁺/r⁻) − A of a claim and its terms: a constant, a charge, an order in each
species.

Where forward and reverse rates are known, ln(r⁺/r⁻) is evaluated over the box and a linear form in
V and ln c is fitted, which is exact wherever both are monomials.  Where they are not, the manifold
J = 0 is found by bisection and its normal is compared with that of A.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from .. import constants
from .claim import Claim
from .evaluation import Array, Box, Functions, Variable
from .one_way_split import splits

STATES = 192
CLIMBS = 4  # states from which the largest |ε| is searched for
EXACT = 1e-6  # of RT: the residual of a linear form that holds
WARM = np.array([283.15, 288.15, 293.15, 298.15, 303.15, 308.15, 313.15])  # K


@dataclass(frozen=True)
class Residual:
    """ε/RT over the box.

    ``form``: ``linear`` (``terms`` give it), ``nonlinear``, ``forward only``, ``reverse only``,
    ``one way`` (the flux never changes sign, for reasons not known) or ``opaque``.  ``terms`` of
    the linear form of ε/RT: ``""`` the constant at c°, and by variable 1/V or order.  ``size`` is
    the largest |ε|/RT in the box, ``at`` the state and ``signed`` ε/RT there; ``warming`` is
    d(ε/RT)/dT per kelvin at zero voltage.  ``stalls``: it was found from J = 0, not from the rates;
    ``reduced_affinity``: the linear form of A/RT.
    """

    form: Literal["linear", "nonlinear", "forward only", "reverse only", "one way", "opaque"]
    terms: dict[str, float] = field(default_factory=dict)
    size: float = 0.0
    at: Array | None = None
    signed: float = 0.0
    warming: float = 0.0
    stalls: bool = False
    reduced_affinity: dict[str, float] = field(default_factory=dict)


def residual(claim: Claim, box: Box) -> Residual:
    """The residual of a claim in its box."""
    pairs: Iterable[tuple[sp.Expr, sp.Expr]] = ()
    if claim.forward is not None and claim.reverse is not None:
        pairs = [(claim.forward, claim.reverse)]
    elif claim.flux is not None:
        pairs = splits(claim.flux)
    best: Residual | None = None
    for forward, reverse in pairs:
        if forward.is_zero or reverse.is_zero:
            return Residual("reverse only" if forward.is_zero else "forward only")
        from_rates = _from_rates(claim, box, forward, reverse)
        if from_rates is not None and from_rates.form == "linear":
            return from_rates
        best = best or from_rates
    if claim.paired and best is not None:  # the rates count, not where the flux stops
        return best
    from_zero = _from_zero_flux(claim, box)
    if from_zero is not None and from_zero.form == "linear":
        return from_zero
    return best or from_zero or Residual("opaque")


def _from_rates(claim: Claim, box: Box, forward: sp.Expr, reverse: sp.Expr) -> Residual | None:
    functions = Functions([forward, reverse, claim.reduced_affinity], box)
    # rates that take mV for V overflow in the whole box
    for states in (box, box.with_low_voltage()):
        x = states.sample(STATES)
        up, down, reduced_affinity = functions(x)
        finite = np.isfinite(up) & np.isfinite(down) & np.isfinite(reduced_affinity)
        fine = (up > 0) & (down > 0) & finite
        if fine.sum() > STATES // 2:
            break
    else:
        return None
    x, off = x[:, fine], np.log(up[fine]) - np.log(down[fine]) - reduced_affinity[fine]
    fit = _linear(x, off, box)
    warming = _warming(claim, box, forward, reverse)
    drives = _linear(x, reduced_affinity[fine], box) or {}
    if fit is not None:
        return Residual("linear", fit, *_furthest(fit, states), warming, reduced_affinity=drives)
    return Residual(
        "nonlinear", {}, *_climbed(functions, states, x), warming, reduced_affinity=drives
    )


def _furthest(fit: dict[str, float], box: Box) -> tuple[float, Array, float]:
    """The largest of a linear form over the box, which lies at a corner: its size, the state, and
    the form there; of two equal sizes the positive one.
    """
    slopes = np.array([fit[v.name] for v in box.variables])
    low, high = box.bounds.T
    ends = []
    for up in (True, False):
        x = np.where((slopes > 0) == up, high, low)
        terms = (fit[v.name] * (c - _standard(v)) for v, c in zip(box.variables, x, strict=True))
        ends.append((fit[""] + sum(terms), x))
    (top, at), (bottom, below) = ends
    if abs(top) >= abs(bottom) * (1 - 1e-9):
        return float(abs(top)), at, float(top)
    return float(abs(bottom)), below, float(bottom)


def _standard(v: Variable) -> float:
    """The coordinate of c°, zero for variables other than concentrations."""
    return float(np.log(constants.STANDARD_CONCENTRATION)) if v.log and v.unit == "mM" else 0.0


def _climbed(functions: Functions, box: Box, x: Array) -> tuple[float, Array, float]:
    """The largest |ε|/RT, by ascent from the largest of the samples and of the corners."""

    def value(at: Array) -> Array:
        with np.errstate(all="ignore"):
            up, down, reduced_affinity = functions(at)
            error = np.log(up) - np.log(down) - reduced_affinity
        return np.where(np.isfinite(error), error, 0.0)

    def objective(at: Array, sign: float) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            r, dr = functions(at[:, None])[:2, 0], functions.slopes(at[:, None])[:, :, 0]
            slope = dr[0] / r[0] - dr[1] / r[1] - dr[2]
        slope = np.where(np.isfinite(slope), slope, 0.0)
        return -sign * float(value(at[:, None])[0]), -sign * slope

    tried = np.hstack([x, box.corners()])
    size = value(tried)
    for k in np.argsort(-np.abs(size))[:CLIMBS]:
        end = minimize(
            objective,
            tried[:, k],
            args=(float(np.sign(size[k])),),
            jac=True,
            bounds=box.bounds,
            options={"maxfun": 60},
        ).x
        tried = np.hstack([tried, end[:, None]])
    size = value(tried)
    k = int(np.argmax(np.abs(size)))
    return float(abs(size[k])), tried[:, k], float(size[k])


def _largest(x: Array, off: Array) -> tuple[float, Array, float]:
    """The largest |value|, its state and the value there."""
    k = int(np.argmax(np.abs(off)))
    return float(abs(off[k])), x[:, k], float(off[k])


def _linear(x: Array, off: Array, box: Box) -> dict[str, float] | None:
    """Coefficients of a linear form, the constant at ln(c/c°) = 0; None if it is not linear."""
    columns = np.vstack([np.ones(x.shape[1]), x])
    fit, *_ = np.linalg.lstsq(columns.T, off)
    if np.max(np.abs(fit @ columns - off)) > EXACT * max(1.0, float(np.max(np.abs(off)))):
        return None
    standard = sum(c * _standard(v) for c, v in zip(fit[1:], box.variables, strict=True))
    return {"": float(fit[0] + standard)} | {
        v.name: float(c) for c, v in zip(fit[1:], box.variables, strict=True)
    }


def _warming(claim: Claim, box: Box, forward: sp.Expr, reverse: sp.Expr) -> float:
    """d(ε/RT)/dT at zero voltage; 0 where r⁺/r⁻ does not depend on T there, as constants measured
    at one temperature do not, and where ε is an energy that does not.
    """
    functions = Functions([forward, reverse, claim.reduced_affinity], box, warm=True)
    # the usual voltage is zero
    x = np.vstack([np.repeat(box.usual[:, None], len(WARM), axis=1), WARM])
    up, down, reduced_affinity = functions(x)
    with np.errstate(all="ignore"):
        ratio = np.log(up) - np.log(down)
    if (
        not np.all(np.isfinite(ratio))
        or np.ptp(ratio) < EXACT
        or np.ptp((ratio - reduced_affinity) * WARM) < EXACT * WARM[0]
    ):
        return 0.0
    return float(np.polyfit(WARM, ratio - reduced_affinity, 1)[0])


# --- from the manifold J = 0

# how far a variable is moved in search of J = 0: in widths of its range, or as a logarithm
_FAR = (20.0, 30.0)


def _far(v: Variable) -> float:
    return _FAR[1] if v.log else _FAR[0] * (v.high - v.low)


def _from_zero_flux(claim: Claim, box: Box) -> Residual | None:
    """The linear form of ε from the normal of J = 0, up to a factor that is chosen so that most
    terms agree with A.
    """
    assert claim.net is not None
    functions = Functions([claim.net, claim.reduced_affinity], box)
    x = box.sample(STATES)
    if not np.all(np.isfinite(functions(x)[0])):
        return None
    for k, v in enumerate(box.variables):
        if claim.reduced_affinity.has(v.symbol) and claim.net.has(v.symbol):
            roots = _roots(functions, x, k, _far(v))
            if roots is not None:
                return _from_roots(claim, box, functions, roots, k)
    J = functions(x)[0]
    return Residual("one way") if np.all(J > 0) or np.all(J < 0) else None


def _roots(functions: Functions, x: Array, k: int, wide: float) -> Array | None:
    """States with J = 0 reached by moving one variable, for the samples where there is one."""
    low, high = x.copy(), x.copy()
    low[k] -= wide
    high[k] += wide
    sign = [np.sign(functions(end)[0]) for end in (low, high)]
    fine = sign[0] * sign[1] < 0
    if 2 * fine.sum() < fine.size or not np.any(fine):
        return None
    low, high, first = low[:, fine], high[:, fine], sign[0][fine]
    for _ in range(60):
        middle = (low + high) / 2
        left = np.sign(functions(middle)[0]) == first
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low + high) / 2


def _from_roots(claim: Claim, box: Box, functions: Functions, roots: Array, k: int) -> Residual:
    """The residual from states with J = 0 reached by moving variable k: linear if they lie
    on a plane.
    """
    reduced_affinity = functions(roots)[1]  # A/RT where the flux stops: −ε/RT
    others = np.vstack([np.ones(roots.shape[1]), np.delete(roots, k, axis=0)])
    fit, *_ = np.linalg.lstsq(others.T, roots[k])
    if np.max(np.abs(fit @ others - roots[k])) > EXACT * max(1.0, float(np.max(np.abs(roots[k])))):
        edges = _roots(functions, box.corners(), k, _far(box.variables[k]))
        roots = roots if edges is None else np.hstack([roots, edges])
        return Residual("nonlinear", {}, *_largest(roots, -functions(roots)[1]), stalls=True)
    normal = np.insert(-fit, k + 1, 1.0)  # constant, then every variable; J = 0 where it vanishes
    x = box.sample(STATES)
    columns, (J, A) = np.vstack([np.ones(STATES), x]), functions(x)
    of_affinity, *_ = np.linalg.lstsq(columns.T, A)
    # terms are compared by their effect across the box
    width = np.insert(np.ptp(box.bounds, axis=1), 0, 1.0)
    due, of_normal = of_affinity * width, normal * width
    scales = [
        w / n
        for w, n in zip(due[1:], of_normal[1:], strict=True)
        if abs(n) > EXACT * np.abs(of_normal).max() and abs(w) > EXACT * np.abs(due).max()
    ]
    if not scales:
        return Residual("nonlinear", {}, *_largest(roots, -reduced_affinity), stalls=True)

    def disagreement(scale: float) -> tuple[int, float]:
        differing = np.abs(scale * of_normal - due) > 1e-5 * np.abs(due).max()
        return int(np.sum(differing)), abs(np.log(abs(scale)))

    scale = min(scales, key=disagreement)
    along = np.sign(scale * normal @ columns) * np.sign(J)
    # the flux has the wrong sign everywhere, or in part of the box if a factor changes its sign
    if np.all(along <= 0):
        scale = -scale
    off = (scale * normal - of_affinity) @ columns
    off[np.abs(off) < EXACT] = 0.0
    fit = _linear(x, off, box) or {}
    fit = {n: 0.0 if np.all(off == 0) else c for n, c in fit.items()}
    drives = _linear(x, of_affinity @ columns, box) or {}
    warming = _warming_of_zero_flux(claim, box)
    return Residual(
        "linear", fit, *_furthest(fit, box), warming, stalls=True, reduced_affinity=drives
    )


def _warming_of_zero_flux(claim: Claim, box: Box) -> float:
    """d(ε/RT)/dT from where the flux stops, at the usual state with one variable moved, if possible
    a concentration; 0 in the cases of :func:`_warming`, and where the flux stops at the same place
    at every temperature.
    """
    assert claim.net is not None
    for k in sorted(range(len(box.variables)), key=lambda k: not box.variables[k].log):
        v = box.variables[k]
        off_at, due, place = [], [], []
        moves_both = claim.reduced_affinity.has(v.symbol) and claim.net.has(v.symbol)
        for kelvin in WARM if moves_both else ():
            warm_box = replace(box, temperature=float(kelvin))
            warm = Functions([claim.net, claim.reduced_affinity], warm_box)
            roots = _roots(warm, box.usual[:, None], k, _far(v))
            if roots is None:
                break
            off_at.append(-float(warm(roots)[1][0]))
            due.append(float(warm(box.usual[:, None])[1][0]))
            place.append(float(roots[k, 0]))
        if len(off_at) < len(WARM):
            continue
        off, ratio = np.array(off_at), np.array(off_at) + np.array(due)
        still = (
            np.ptp(ratio) < EXACT
            or np.ptp(off * WARM) < EXACT * WARM[0]
            or np.ptp(place) < EXACT * abs(place[0])
        )
        return 0.0 if still else float(np.polyfit(WARM, off, 1)[0])
    return 0.0
