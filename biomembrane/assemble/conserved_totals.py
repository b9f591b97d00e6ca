"""What equilibria without a rate make of the states: the amounts that they move are determined by
A = 0 and by the totals that they conserve, which change as all other processes change them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import sympy as sp

from .. import errors, symbols
from ..declare.bound_expression import BoundExpression
from ..declare.transporter import Process
from ..symbols import R, T
from .elimination import Row, eliminate
from .state import StateVariable, Total
from .weighted_sum import weighted

Columns = Mapping[str, Mapping[str, sp.Expr]]


def constrained(
    model: str, states: tuple[StateVariable, ...], processes: Sequence[Process], N: Columns
) -> tuple[StateVariable, ...]:
    """The state vector with constraints on the amounts that equilibria move, and their totals.

    Raises ``DependentEquilibria`` where one equilibrium follows from the others.
    """
    fast = [p for p in processes if p.slaved]
    if not fast:
        return states
    known = {x.name: x for x in states}
    found = eliminate(
        {p.name: {row: Fraction(sp.Rational(n)) for row, n in N[p.name].items()} for p in fast},
        _order(fast, known),
    )
    if found.relations:
        raise _dependent(model, list(found.relations[0]))
    changed: dict[str, StateVariable] = {}
    for (pool, _), p in zip(found.solved.items(), _matched(found.solved, fast), strict=True):
        constraint = BoundExpression(symbols.affinity(p) / (R * T))
        changed[pool] = replace(known[pool], constraint=constraint)
    totals = []
    slow = [p.name for p in processes if not p.slaved]
    for free in (
        x.name for x in states if any(x.name in rest for rest, _ in found.solved.values())
    ):
        weights = {free: Fraction(1)} | {
            pool: -rest[free] for pool, (rest, _) in found.solved.items() if free in rest
        }
        total = _total(free, weights, known, slow, N)
        share = [
            (-sp.Rational(w.numerator, w.denominator), known[name].symbol)
            for name, w in weights.items()
        ]
        changed[free] = replace(
            known[free], constraint=weighted([(sp.S.One, total.symbol), *share])
        )
        totals.append(total)
    return (*(changed.get(x.name, x) for x in states), *totals)


def _order(fast: Sequence[Process], known: Mapping[str, StateVariable]) -> list[str]:
    """The pools of equilibria; first those that stand alone on a side, as a complex or an acid
    does, so that totals are sums and not differences.
    """
    alone: dict[str, int] = {}
    for p in fast:
        for side in (p.reaction.reactants, p.reaction.products):
            pools = [w.pool for _, w in side if w.pool in known]
            for pool in pools:
                alone[pool] = min(alone.get(pool, 9), len(pools))
    count = {pool: sum(pool in {w.pool for w in p.reaction.net} for p in fast) for pool in alone}
    return sorted(alone, key=lambda pool: (alone[pool], count[pool]))


def _matched(solved: Mapping[str, tuple[Row, Row]], fast: Sequence[Process]) -> list[str]:
    """An equilibrium for each solved pool, one in which it takes part where that can be."""
    left = {p.name: {w.pool for w in p.reaction.net} for p in fast}
    chosen = []
    for pool, (_, origin) in solved.items():
        names = [n for n in origin if n in left and pool in left[n]] or [
            n for n in left if pool in left[n]
        ]
        name = (names or list(left))[0]
        chosen.append(name)
        left.pop(name)
    return chosen


def _total(
    free: str, weights: Row, known: Mapping[str, StateVariable], slow: Sequence[str], N: Columns
) -> Total:
    """The total of a pool and of what equilibria turn it into."""
    exact = {name: sp.Rational(w.numerator, w.denominator) for name, w in weights.items()}
    changes = [
        (w * N[p][name], symbols.flux(p)) for p in slow for name, w in exact.items() if name in N[p]
    ]
    pool = known[free]
    return Total(
        name=f"{free}.total", symbol=symbols.amount(f"{free}.total"), place=pool.place,
        label="total", positive=False, scale=pool.scale,
        initial=weighted((w, known[name].initial.expression) for name, w in exact.items()),
        rate=weighted(changes), weights=tuple((name, float(w)) for name, w in weights.items()),
    )  # fmt: skip


def _dependent(model: str, names: list[str]) -> errors.BiomembraneError:
    *others, last = names
    return errors.DependentEquilibria(
        where=f"Model({model!r}), {' and '.join(names)}",
        wanted="equilibria that are independent: each fixes an amount that the others do not",
        got=f"{last}, which follows from {' and '.join(others) or 'baths alone'}",
        advice=f"leave {last} out, or give it a rate=",
        processes=tuple(names),
    )
