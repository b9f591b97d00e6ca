"""Loops of a kinetic diagram: each is a claim of its own, Π r⁺ against Π r⁻ with the sum of the
affinities of its steps.

The amounts of the states cancel around a loop, so that the condition is Π k⁺/Π k⁻ = exp(A_ext/RT)
(formalism §6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from .. import symbols
from ..declare.checks.certificate import Verdict
from ..declare.cycle import Cycle
from ..declare.diagram import Walk, members
from ..symbols import T, n0
from .claim import Claim, Level, claims
from .evaluation import FIXED
from .one_way_split import splits


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop: its steps with their directions, and its claim."""

    walk: Walk
    claim: Claim
    cycle: Cycle
    steps: tuple[Claim, ...]  # of all processes of the cycle

    def flux(self, at: Mapping[str, float]) -> float:
        """The net flux around the loop [fmol/s] at steady state: N_T (Π k⁺ − Π k⁻)·Σ_loop/Σ (Hill
        1989), with Σ the sum over all spanning trees and Σ_loop over those that lead into the loop.
        ``at``: concentrations [mM] by name and ``"V"`` [V]; by default the declared values.
        """
        first = self.steps[0]
        values = {x.symbol: at.get(x.name, x.usual) for step in self.steps for x in step.levels}
        values |= {symbols.amount(state.pool): 1.0 for state in self.cycle.states}
        values |= FIXED | {T: first.temperature}
        values |= {} if first.voltage is None else {first.voltage: at.get("V", 0.0)}

        def number(e: sp.Expr) -> float:
            numbers = {s: values.get(s, first.values.get(str(s))) for s in e.free_symbols}
            return float(e.xreplace({s: sp.Float(x) for s, x in numbers.items()}))

        rates = np.array([tuple(map(number, _pair(step))) for step in self.steps])
        (weight,) = self.cycle.diagram.weights([self.walk], *rates.T)
        ahead, back = (
            math.prod(float(rates[step][::way][side]) for step, way in self.walk) for side in (0, 1)
        )
        return number(self.cycle.total.expression) * weight * (ahead - back)

    @property
    def row(self) -> NDArray[np.float64]:
        """The loop as a row of the cycle matrix Z."""
        return self.cycle.diagram.row(self.walk)


def loops(cycle: Cycle, temperature: float) -> tuple[list[Loop], list[Loop]]:
    """The independent loops of a diagram (an integer basis of the null space of its incidence
    matrix), and all simple loops.
    """
    steps, names = claims(cycle, temperature), cycle.diagram.names()
    basis, every = cycle.diagram.shown()
    built = {
        members(walk): _loop(cycle, steps, walk, names[members(walk)]) for walk in (*basis, *every)
    }
    return [built[members(walk)] for walk in basis], [built[members(walk)] for walk in every]


def _loop(cycle: Cycle, steps: Sequence[Claim], walk: Walk, name: str) -> Loop:
    ahead, back = sp.S.One, sp.S.One
    for k, way in walk:
        up, down = _pair(steps[k])[::way]
        ahead, back = ahead * up, back * down
    change: dict[str, int] = {}
    level: dict[str, Level] = {}
    for k, way in walk:
        for x in steps[k].levels:
            level[x.name] = x
            change[x.name] = change.get(x.name, 0) + way * x.change
    levels = tuple(Level(n, x.symbol, change[n], x.usual, x.charge) for n, x in level.items())
    # the amounts of the states cancel around the loop
    alone = {symbols.amount(state.pool): n0 for state in cycle.states}
    charge = sum((Fraction(way) * Fraction(str(steps[k].charge)) for k, way in walk), Fraction(0))
    affinities = (way * steps[k].reduced_affinity.xreplace(alone) for k, way in walk)
    claim = replace(
        steps[0],
        name=f"{cycle.name}:{name}",
        reaction=_net(levels),
        reduced_affinity=sp.Add(*affinities),
        proved=Verdict.PROVEN if all(steps[k].proved for k, _ in walk) else "",
        kind="cycle",
        levels=levels,
        flux=None,
        charge=float(charge),
        forward=ahead.xreplace(alone),
        reverse=back.xreplace(alone),
    )
    return Loop(walk, claim, cycle, tuple(steps))


def _pair(step: Claim) -> tuple[sp.Expr, sp.Expr]:
    if step.forward is not None and step.reverse is not None:
        return step.forward, step.reverse
    assert step.flux is not None
    return next(iter(splits(step.flux)))


def _net(levels: Sequence[Level]) -> str:
    """The net reaction of one turn of the loop, over the solutes."""

    order = list(dict.fromkeys(x.name.partition("@")[0] for x in levels))
    by_species = sorted(levels, key=lambda x: order.index(x.name.partition("@")[0]))

    def side(sign: int) -> str:
        return " + ".join(
            (f"{abs(x.change)} " if abs(x.change) > 1 else "") + x.name
            for x in by_species
            if x.change * sign > 0
        )

    return f"{side(-1)} ⇌ {side(1)}" if any(x.change for x in levels) else "nothing moves"


@dataclass(frozen=True)
class ErrorAttribution:
    """The steps that best explain the errors of all loops, each alone, and the least-squares
    corrections of all steps [kJ/mol]; ``alone``: whether one step explains all errors.
    """

    culprits: tuple[str, ...]
    corrections: dict[str, float]
    alone: bool


def attribute_error(
    basis: Sequence[Loop], off: Sequence[float], steps: Sequence[str], tolerance: float
) -> ErrorAttribution:
    """Generalised least squares with equal weights of ln(k⁺/k⁻): the smallest corrections x with Z
    x = −ε, and the best single step.

    A step is a culprit if a change of it alone leaves the least of x, in every basis of loops.
    """
    Z = np.array([loop.row for loop in basis])
    inverse = np.linalg.pinv(Z)
    smallest = inverse @ np.array(off)
    effects = inverse @ Z  # column r: what a change of step r does to the loops
    left = []
    for column in effects.T:
        weight = column @ column
        explained = column * (column @ smallest / weight) if weight > 1e-12 else 0.0
        left.append(smallest - explained)
    size = [float(np.linalg.norm(rest)) for rest in left]
    best = min(size)
    named = tuple(
        s
        for s, rest in zip(steps, size, strict=True)
        if rest <= best + 1e-9 * np.linalg.norm(smallest)
    )
    alone = float(np.max(np.abs(Z @ left[size.index(best)]))) <= tolerance
    return ErrorAttribution(
        named, {s: float(-x) for s, x in zip(steps, smallest, strict=True)}, alone
    )
