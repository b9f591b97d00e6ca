"""Loops of a kinetic diagram: each is a claim of its own, Π r⁺ against Π r⁻ with the affinities of its steps added up.

The amounts of the states cancel around a loop, so that what is judged is Π k⁺/Π k⁻ = exp(A_ext/RT) (formalism §6).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ... import symbols
from ...declare.cycle import Cycle
from ...declare.diagram import Walk
from ...declare.reaction import Participant
from ...declare.walks import loop_names, steps_of, walks
from ...symbols import T, n0
from .claim import Claim, Level, claims
from .evaluate import FIXED
from .split import splits


@dataclass(frozen=True, eq=False)
class Loop:
    """One way around: its steps with direction, and the claim that it makes."""

    walk: Walk
    claim: Claim
    cycle: Cycle
    steps: tuple[Claim, ...]  # of all processes of the cycle

    def flux(self, at: Mapping[str, float]) -> float:
        """The net flux around the loop [fmol/s] at steady state: N_T (Π k⁺ − Π k⁻)·Σ_loop/Σ (Hill 1989), with Σ the sum over all spanning trees and
        Σ_loop over those that lead into the loop.  ``at``: concentrations [mM] by name and ``"V"`` [V]; others are as declared.
        """
        first = self.steps[0]
        known = {x.symbol: at.get(x.name, x.usual) for step in self.steps for x in step.levels}
        known |= {symbols.amount(state.pool): 1.0 for state in self.cycle.states} | FIXED | {T: first.temperature}
        known |= {} if first.voltage is None else {first.voltage: at.get("V", 0.0)}

        def number(e: sp.Expr) -> float:
            return float(e.xreplace({s: sp.Float(known.get(s, first.values.get(str(s)))) for s in e.free_symbols}))

        order = {state.label: k for k, state in enumerate(self.cycle.states)}
        ends = [tuple(order[_state(side)] for side in (p.reaction.reactants, p.reaction.products)) for p in self.cycle.processes]
        rates = [tuple(map(number, _pair(step))) for step in self.steps]
        leaving = np.zeros((len(order), len(order)))
        for (a, b), (up, down) in zip(ends, rates, strict=True):
            leaving[a, a] += up
            leaving[a, b] -= up
            leaving[b, b] += down
            leaving[b, a] -= down
        others = [k for k in range(len(order)) if k not in {ends[step][0] for step, _ in self.walk} | {ends[step][1] for step, _ in self.walk}]
        trees = sum(float(np.linalg.det(np.delete(np.delete(leaving, k, 0), k, 1))) for k in range(len(order)))
        around = [math.prod(rates[step][::way][k] for step, way in self.walk) for k in (0, 1)]
        assert self.cycle.total is not None
        total = number(self.cycle.total.expression)
        return total * (around[0] - around[1]) * float(np.linalg.det(leaving[np.ix_(others, others)])) / trees

    def row(self, steps: int) -> NDArray[np.float64]:
        """The loop as a row of the cycle matrix Z."""
        made = np.zeros(steps)
        for k, way in self.walk:
            made[k] += way
        return made


def loops(cycle: Cycle, temperature: float) -> tuple[list[Loop], list[Loop]]:
    """The independent loops of a diagram (a basis of the null space of its steps, in whole numbers), and all simple ones."""
    ends = [tuple(_state(side) for side in (p.reaction.reactants, p.reaction.products)) for p in cycle.processes]
    made = claims(cycle, temperature)
    basis, chosen = walks(ends, [state.label for state in cycle.states])
    named = loop_names(cycle.name, [p.step for p in cycle.processes], ends, (*basis, *chosen))
    built = {steps_of(w): _loop(cycle, made, w, named[steps_of(w)]) for w in (*basis, *chosen)}
    return [built[steps_of(w)] for w in basis], [built[steps_of(w)] for w in chosen]


def _state(side: Sequence[tuple[int, Participant]]) -> str:
    return next(who.label for _, who in side if who.is_state)


def _loop(cycle: Cycle, made: Sequence[Claim], walk: Walk, name: str) -> Loop:
    forward, reverse = sp.S.One, sp.S.One
    for k, way in walk:
        up, down = _pair(made[k])[::way]
        forward, reverse = forward * up, reverse * down
    change: dict[str, int] = {}
    level: dict[str, Level] = {}
    for k, way in walk:
        for x in made[k].levels:
            level[x.name] = x
            change[x.name] = change.get(x.name, 0) + way * x.change
    levels = tuple(Level(n, x.symbol, change[n], x.usual, x.charge) for n, x in level.items())
    alone = {symbols.amount(state.pool): n0 for state in cycle.states}  # they cancel around the loop
    charge = sum((Fraction(way) * Fraction(str(made[k].charge)) for k, way in walk), Fraction(0))
    said = {
        "name": name,
        "reaction": _net(levels),
        "drive": sp.Add(*(way * made[k].drive.xreplace(alone) for k, way in walk)),
        "proved": "proven" if all(made[k].proved for k, _ in walk) else "",
    }
    claim = replace(
        made[0],
        **said,
        kind="cycle",
        levels=levels,
        flux=None,
        charge=float(charge),
        forward=forward.xreplace(alone),
        reverse=reverse.xreplace(alone),
    )
    return Loop(walk, claim, cycle, tuple(made))


def _pair(step: Claim) -> tuple[sp.Expr, sp.Expr]:
    if step.forward is not None and step.reverse is not None:
        return step.forward, step.reverse
    assert step.flux is not None
    return next(iter(splits(step.flux)))


def _net(levels: Sequence[Level]) -> str:
    """What once around does outside of the transporter."""

    order = list(dict.fromkeys(x.name.partition("@")[0] for x in levels))
    told = sorted(levels, key=lambda x: order.index(x.name.partition("@")[0]))

    def side(sign: int) -> str:
        return " + ".join((f"{abs(x.change)} " if abs(x.change) > 1 else "") + x.name for x in told if x.change * sign > 0)

    return f"{side(-1)} ⇌ {side(1)}" if any(x.change for x in levels) else "nothing moves"


@dataclass(frozen=True)
class Blame:
    """Which step alone would explain what all loops are off by [kJ/mol], and the least-squares corrections of all steps."""

    culprits: tuple[str, ...]
    corrections: dict[str, float]
    alone: bool  # one step explains all


def blame(basis: Sequence[Loop], off: Sequence[float], steps: Sequence[str], tolerance: float) -> Blame:
    """Generalised least squares with equal weights of ln(k⁺/k⁻): the smallest corrections x with Z x = −ε, and the best single step.

    A step is a culprit when a change of it alone leaves least of x, whichever basis the loops are told in.
    """
    Z = np.array([loop.row(len(steps)) for loop in basis])
    back = np.linalg.pinv(Z)
    smallest, seen = back @ np.array(off), back @ Z  # a change of step r is seen by the loops as the column r
    left = []
    for column in seen.T:
        weight = column @ column
        left.append(smallest - column * (column @ smallest / weight) if weight > 1e-12 else smallest)
    size = [float(np.linalg.norm(rest)) for rest in left]
    best = min(size)
    named = tuple(s for s, rest in zip(steps, size, strict=True) if rest <= best + 1e-9 * np.linalg.norm(smallest))
    alone = float(np.max(np.abs(Z @ left[size.index(best)]))) <= tolerance
    return Blame(named, {s: float(-x) for s, x in zip(steps, smallest, strict=True)}, alone)
