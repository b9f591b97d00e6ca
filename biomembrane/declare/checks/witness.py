"""Witness states: reproducible physiological states at which an expression is evaluated."""

from __future__ import annotations

import random
from collections.abc import Mapping

import sympy as sp

from ... import constants
from ...symbols import N_A, F, R, T, c0, n0, t
from ...units import from_internal

LONGEST = 300  # characters of an expression in an error text
CONSTANTS = {
    R: constants.GAS,
    F: constants.FARADAY,
    T: constants.BODY_TEMPERATURE,
    c0: constants.STANDARD_CONCENTRATION,
    n0: 1.0,
    N_A: constants.AVOGADRO * 1e-15,
    t: 0.0,
}


def states(
    expr: sp.Expr, values: Mapping[str, float], count: int = 24
) -> list[tuple[dict[sp.Symbol, float], str]]:
    """States of the symbols of ``expr``, each with its text in units.

    Declared parameters have their ``values``, concentrations lie between 0.01 and 300 mM, and
    |V| ≤ 150 mV.
    """
    rng = random.Random(20261122)  # noqa: S311  reproducible witnesses
    drawn = []
    for _ in range(count):
        state = dict(CONSTANTS)
        shown = []
        for symbol in sorted(expr.free_symbols - set(state), key=str):
            name = str(symbol)
            if name in values:
                state[symbol] = values[name]
            elif name.startswith("V["):
                state[symbol] = rng.uniform(-0.15, 0.15)
                shown.append(f"{name} = {state[symbol] * from_internal('mV'):.3g} mV")
            elif not symbol.is_nonnegative:
                state[symbol] = rng.uniform(-2e4, 2e4)
            else:
                state[symbol] = 10 ** rng.uniform(-2, 2.5)
            if name.startswith("c[") and name not in values:
                shown.append(f"{name} = {state[symbol]:.3g} mM")
        drawn.append((state, ", ".join(shown) or "any state"))
    return drawn


def value_at(expr: sp.Expr, state: Mapping[sp.Symbol, float]) -> float:
    """The value of an expression at a state; NaN where it is not real."""
    value = expr.subs({s: state[s] for s in expr.free_symbols}).evalf()
    return float(value) if value.is_real else float("nan")


def abbreviated(expr: sp.Expr) -> str:
    """An expression for an error text, cut where it is long."""
    text = str(sp.sstr(expr)).replace("@[", "[")  # of units
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
