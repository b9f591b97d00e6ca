"""ε = RT ln(r⁺/r⁻) − A of a claim, and what it is made of: a constant, a charge, an order in each species.

Where forward and reverse rates are known, ln(r⁺/r⁻) is evaluated over the box and a linear form in V and ln c is fitted, which is exact
wherever both are monomials.  Where they are not, the manifold J = 0 is found by bisection and its normal is compared with that of A.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import sympy as sp

from ... import constants
from .claim import Claim
from .evaluate import Array, Box, Functions
from .split import splits

STATES = 192
EXACT = 1e-6  # of RT: what is left of a linear form when it holds
WARM = np.array([283.0, 288.0, 293.0, 298.0, 303.0, 308.0, 313.0])  # K


@dataclass(frozen=True)
class Residual:
    """ε/RT over the box.

    ``form``: ``linear`` (``terms`` tell all), ``nonlinear``, ``forward only``, ``reverse only``, ``one way`` (the flux never changes sign,
    and how it does so is not known) or ``opaque``.  ``terms`` are what a linear form of ε/RT holds: ``""`` the constant at c°, and by
    variable 1/V or order.  ``size`` is the largest |ε|/RT in the box; ``warming`` d(ε/RT)/dT per kelvin at zero voltage.
    """

    form: Literal["linear", "nonlinear", "forward only", "reverse only", "one way", "opaque"]
    terms: dict[str, float] = field(default_factory=dict)
    size: float = 0.0
    at: Array | None = None  # the state of the largest |ε|
    signed: float = 0.0  # ε/RT there
    warming: float = 0.0
    stalls: bool = False  # found from J = 0, not from the rates
    drive: dict[str, float] = field(default_factory=dict)  # the linear form of A/RT


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
        made = _of_rates(claim, box, forward, reverse)
        if made is not None and made.form == "linear":
            return made
        best = best or made
    from_zero = _of_zero(claim, box)
    return from_zero if from_zero is not None and from_zero.form == "linear" else best or from_zero or Residual("opaque")


def _of_rates(claim: Claim, box: Box, forward: sp.Expr, reverse: sp.Expr) -> Residual | None:
    functions = Functions([forward, reverse, claim.drive], box)
    for x in (box.sample(STATES), box.still().sample(STATES)):  # rates that take mV for V leave the range of numbers
        up, down, drive = functions(x)
        fine = (up > 0) & (down > 0) & np.isfinite(up) & np.isfinite(down) & np.isfinite(drive)
        if fine.sum() > STATES // 2:
            break
    else:
        return None
    x, off = x[:, fine], np.log(up[fine]) - np.log(down[fine]) - drive[fine]
    fit = _linear(x, off, box)
    warming = _warming(claim, box, forward, reverse)
    return Residual("nonlinear" if fit is None else "linear", fit or {}, *_largest(x, off), warming, drive=_linear(x, drive[fine], box) or {})


def _largest(x: Array, off: Array) -> tuple[float, Array, float]:
    k = int(np.argmax(np.abs(off)))
    return float(abs(off[k])), x[:, k], float(off[k])


def _linear(x: Array, off: Array, box: Box) -> dict[str, float] | None:
    """Coefficients of a linear form, the constant at ln(c/c°) = 0; None where it is none."""
    columns = np.vstack([np.ones(x.shape[1]), x])
    fit, *_ = np.linalg.lstsq(columns.T, off)
    if np.max(np.abs(fit @ columns - off)) > EXACT * max(1.0, float(np.max(np.abs(off)))):
        return None
    standard = sum(c * np.log(constants.STANDARD_CONCENTRATION) for c, v in zip(fit[1:], box.variables, strict=True) if v.log and v.unit == "mM")
    return {"": float(fit[0] + standard)} | {v.name: float(c) for c, v in zip(fit[1:], box.variables, strict=True)}


def _warming(claim: Claim, box: Box, forward: sp.Expr, reverse: sp.Expr) -> float:
    """d(ε/RT)/dT at zero voltage; 0 where r⁺/r⁻ does not depend on T there, as constants measured at one temperature do not, and where
    ε is an energy that does not.
    """
    functions = Functions([forward, reverse, claim.drive], box, warm=True)
    x = np.vstack([np.repeat(box.usual[:, None], len(WARM), axis=1), WARM])  # the usual voltage is none
    up, down, drive = functions(x)
    with np.errstate(all="ignore"):
        ratio = np.log(up) - np.log(down)
    if not np.all(np.isfinite(ratio)) or np.ptp(ratio) < EXACT or np.ptp((ratio - drive) * WARM) < EXACT * WARM[0]:
        return 0.0
    return float(np.polyfit(WARM, ratio - drive, 1)[0])


# --- from the manifold of no flux

_FAR = (20.0, 30.0)  # how far a variable is moved in search of J = 0: in widths of its range, or as a logarithm


def _of_zero(claim: Claim, box: Box) -> Residual | None:
    """The linear form of ε from the normal of J = 0, up to a factor that is chosen so that most terms agree with A."""
    assert claim.net is not None
    functions = Functions([claim.net, claim.drive], box)
    x = box.sample(STATES)
    if not np.all(np.isfinite(functions(x)[0])):
        return None
    for k, v in enumerate(box.variables):
        if claim.drive.has(v.symbol) and claim.net.has(v.symbol):
            roots = _roots(functions, x, k, _FAR[1] if v.log else _FAR[0] * (v.high - v.low))
            if roots is not None:
                return _from_roots(box, functions, roots, k)
    J = functions(x)[0]
    return Residual("one way") if np.all(J > 0) or np.all(J < 0) else None


def _roots(functions: Functions, x: Array, k: int, wide: float) -> Array | None:
    """States with J = 0 reached by moving one variable, for the samples where there is one."""
    low, high = x.copy(), x.copy()
    low[k] -= wide
    high[k] += wide
    sign = [np.sign(functions(end)[0]) for end in (low, high)]
    fine = sign[0] * sign[1] < 0
    if fine.sum() < STATES // 2:
        return None
    low, high, first = low[:, fine], high[:, fine], sign[0][fine]
    for _ in range(60):
        middle = (low + high) / 2
        left = np.sign(functions(middle)[0]) == first
        low, high = np.where(left, middle, low), np.where(left, high, middle)
    return (low + high) / 2


def _from_roots(box: Box, functions: Functions, roots: Array, k: int) -> Residual:
    drive = functions(roots)[1]  # A/RT where the flux stops: −ε/RT
    others = np.vstack([np.ones(roots.shape[1]), np.delete(roots, k, axis=0)])
    fit, *_ = np.linalg.lstsq(others.T, roots[k])
    if np.max(np.abs(fit @ others - roots[k])) > EXACT * max(1.0, float(np.max(np.abs(roots[k])))):
        return Residual("nonlinear", {}, *_largest(roots, -drive), stalls=True)
    normal = np.insert(-fit, k + 1, 1.0)  # constant, then every variable; J = 0 where it vanishes
    x = box.sample(STATES)
    columns, (J, A) = np.vstack([np.ones(STATES), x]), functions(x)
    wanted, *_ = np.linalg.lstsq(columns.T, A)
    width = np.insert(np.ptp(box.bounds, axis=1), 0, 1.0)  # terms are compared by what they do across the box
    due, found = wanted * width, normal * width
    scales = [w / n for w, n in zip(due[1:], found[1:], strict=True) if abs(n) > EXACT * np.abs(found).max() and abs(w) > EXACT * np.abs(due).max()]
    if not scales:
        return Residual("nonlinear", {}, *_largest(roots, -drive), stalls=True)
    scale = min(scales, key=lambda s: (int(np.sum(np.abs(s * found - due) > 1e-5 * np.abs(due).max())), abs(np.log(abs(s)))))
    if np.mean(np.sign(scale * normal @ columns) * np.sign(J)) < 0:  # the flux runs against its own stall
        scale = -scale
    off = (scale * normal - wanted) @ columns
    off[np.abs(off) < EXACT] = 0.0
    return Residual("linear", _linear(x, off, box) or {}, *_largest(x, off), stalls=True, drive=_linear(x, wanted @ columns, box) or {})
