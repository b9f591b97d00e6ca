"""Expressions of a claim as functions of its variables: the voltage and the logarithms of positive
quantities; all parameters have their declared values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from .. import constants
from ..compile.graph.arrays import Sweep
from ..compile.graph.builder import Graph
from ..compile.graph.differentiate import differentiate
from ..compile.numpy_functions import ARRAYS
from ..symbols import N_A, F, R, T, c0, is_fraction, n0, t
from .claim import Claim

Array = NDArray[np.float64]
VOLTAGE = 0.15  # V to both sides of zero
PRESSURE = 1e6  # Pa, hydrostatic less osmotic
CORNERS = 10  # variables combined freely; further ones move with the first
DECADES = 1.0  # of a concentration to both sides of its usual value
FIXED = {
    R: constants.GAS, F: constants.FARADAY, c0: constants.STANDARD_CONCENTRATION, n0: 1.0,
    N_A: constants.AVOGADRO * 1e-15, t: 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """One axis of the box; if ``log``, its coordinate is ln of the symbol's value.  ``usual``,
    ``low`` and ``high`` are values of the symbol itself.
    """

    symbol: sp.Symbol
    name: str
    usual: float
    low: float
    high: float
    log: bool
    unit: str

    def bounds(self) -> tuple[float, float]:
        """The range of the coordinate."""
        return (
            (float(np.log(self.low)), float(np.log(self.high)))
            if self.log
            else (self.low, self.high)
        )

    def number(self, x: Any) -> Any:
        """The value of the symbol at a coordinate."""
        return np.exp(x) if self.log else x


@dataclass(frozen=True, eq=False)
class Box:
    """The states at which a claim is assessed; by default physiological."""

    variables: tuple[Variable, ...]
    values: Mapping[str, float] = field(repr=False)
    temperature: float

    @cached_property
    def bounds(self) -> Array:
        """The range of each coordinate (variable, 2)."""
        return np.array([v.bounds() for v in self.variables]).reshape(len(self.variables), 2)

    @cached_property
    def usual(self) -> Array:
        """The coordinates of the usual state (variable,)."""
        return np.array([np.log(v.usual) if v.log else v.usual for v in self.variables])

    def with_low_voltage(self) -> Box:
        """The same box with a thousandth of the range of the voltage."""
        return replace(
            self,
            variables=tuple(
                replace(v, low=v.low / 1e3, high=v.high / 1e3) if v.name == "V" else v
                for v in self.variables
            ),
        )

    def corners(self) -> Array:
        """The corners of the box (variable, state), or some of them where there are more than a
        thousand.
        """
        n = len(self.variables)
        ways = np.arange(2 ** min(n, CORNERS))
        pick = (ways[None, :] >> (np.arange(n)[:, None] % CORNERS)) & 1
        return np.where(pick == 1, self.bounds[:, 1:], self.bounds[:, :1])

    def sample(self, count: int, seed: int = 20261122) -> Array:
        """Random states (variable, state), uniform in the box."""
        low, high = self.bounds[:, :1], self.bounds[:, 1:]
        return low + (high - low) * np.random.default_rng(seed).random((len(self.variables), count))


def claim_box(claim: Claim, over: Mapping[str, tuple[float, float]]) -> Box:
    """The box of a claim; ``over`` replaces ranges by name [mM, V]."""
    # the rates and not their difference, where a symbol may cancel
    c = claim
    expressions = (c.reduced_affinity, c.flux, c.forward, c.reverse, c.conductance)
    used = set().union(*(e.free_symbols for e in expressions if e is not None))
    levels = {level.symbol: level for level in claim.levels}
    variables = []
    for symbol in sorted(used - set(FIXED) - {T}, key=str):
        name = str(symbol)
        if name in claim.values:
            continue
        if symbol == claim.voltage:
            low, high = over.get("V", over.get(name, (-VOLTAGE, VOLTAGE)))
            variables.append(Variable(symbol, "V", 0.0, low, high, log=False, unit="V"))
        elif symbol in levels:
            level = levels[symbol]
            low, high = over.get(
                level.name, (level.usual * 10**-DECADES, level.usual * 10**DECADES)
            )
            variables.append(
                Variable(
                    symbol,
                    level.name,
                    float(np.sqrt(low * high)) if level.name in over else level.usual,
                    low,
                    high,
                    log=True,
                    unit="mM",
                )
            )
        elif name.startswith("P["):
            variables.append(Variable(symbol, name, 0.0, -PRESSURE, PRESSURE, log=False, unit="Pa"))
        elif symbol.is_positive:
            variables.append(Variable(symbol, name, 1.0, 0.1, 10.0, log=True, unit="1"))
        elif symbol.is_nonnegative:
            high = 1.0 if is_fraction(symbol) else 10.0
            variables.append(Variable(symbol, name, high / 2, 0.0, high, log=False, unit="1"))
        else:
            variables.append(Variable(symbol, name, 0.0, -1.0, 1.0, log=False, unit="1"))
    return Box(tuple(variables), claim.values, claim.temperature)


class Functions:
    """Expressions over a box, and their slopes: ``(expression, state)`` and ``(expression,
    variable, state)``.
    """

    def __init__(self, expressions: Sequence[sp.Expr], over: Box, *, warm: bool = False) -> None:
        """``warm``: the temperature is a further variable, the last one."""
        self.graph, self.count = Graph(), len(expressions)
        g = self.graph
        env = {symbol: g.const(x) for symbol, x in FIXED.items()}
        for i, v in enumerate(over.variables):
            env[v.symbol] = g.call("exp", g.input("y", i)) if v.log else g.input("y", i)
        self.size = len(over.variables) + warm
        env[T] = g.input("y", self.size - 1) if warm else g.const(over.temperature)
        for expression in expressions:
            for symbol in expression.free_symbols - set(env):
                env[symbol] = g.const(over.values[str(symbol)])
        memo: dict[sp.Basic, int] = {}
        self.roots = [g.lower(e, env, memo) for e in expressions]
        self._values = Sweep(g, self.roots, {}, ARRAYS)

    def __call__(self, x: Array) -> Array:
        values: Array = self._values(0.0, x, (), (), x.shape[1])
        return values

    @cached_property
    def _slopes(self) -> tuple[list[tuple[int, int]], Sweep]:
        by_place = differentiate(self.graph, self.roots, self.graph.inputs("y", self.size))
        return list(by_place), Sweep(self.graph, list(by_place.values()), {}, ARRAYS)

    def slopes(self, x: Array) -> Array:
        """∂expression/∂variable."""
        places, sweep = self._slopes
        slopes = np.zeros((self.count, self.size, x.shape[1]))
        if places:
            rows = sweep(0.0, x, (), (), x.shape[1])
            for (row, column), values in zip(places, rows, strict=True):
                slopes[row, column] = values
        return slopes
