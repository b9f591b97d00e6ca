"""Elementary functions of a graph in Python: with :mod:`math` for one state, numpy for many.

B(x) = x/(eˣ − 1) with its derivatives, the net flux of two one-way rates, and functions that give
infinity or NaN where Python would raise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

# least argument of a logarithm, so that an empty pool has a finite potential
TINY = 1e-300
SERIES = 0.5  # below this |x| the derivatives of B are summed as Taylor series
# Bernoulli numbers B_1, B_2, B_4, …: B(x) = Σ B_k x^k/k!
_NUMBERS = {
    1: -1 / 2,
    2: 1 / 6,
    4: -1 / 30,
    6: 1 / 42,
    8: -1 / 30,
    10: 5 / 66,
    12: -691 / 2730,
    14: 7 / 6,
    16: -3617 / 510,
    18: 43867 / 798,
}


def _taylor(order: int) -> list[float]:
    """Coefficients of the order-th derivative of B about 0, highest power first."""
    return [_NUMBERS.get(k, 0.0) / math.factorial(k - order) for k in range(18, order - 1, -1)]


COEFFICIENTS = {order: _taylor(order) for order in (1, 2)}


def _bernoulli_lanes(x: Any, order: int) -> Any:
    x = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        e = np.expm1(x)
        plain = np.where(x == 0, 1.0, x / e)
        if order == 0:
            return plain
        mirrored = plain + x
        first = (1.0 - mirrored) / e
        far = first if order == 1 else (2.0 * first + plain) / np.expm1(-x)
    return np.where(np.abs(x) < SERIES, np.polyval(COEFFICIENTS[order], x), far)


def _bernoulli(x: float, order: int) -> float:
    if order and abs(x) < SERIES:
        total = 0.0
        for c in COEFFICIENTS[order]:
            total = total * x + c
        return total
    if x > 700:
        return 0.0 if order == 0 else -0.0
    if x == 0:
        return 1.0
    e = math.expm1(x)
    plain = x / e
    if order == 0:
        return plain
    first = (1.0 - plain - x) / e
    return first if order == 1 else (2.0 * first + plain) / math.expm1(-x) if x > -700 else 0.0


# tanh(x/2)/x about 0 in x²: near equilibrium r⁺ − r⁻ cancels, and (r⁺ + r⁻) tanh(x/2) with x =
# ln(r⁺/r⁻) does not
NEAR = 0.1
TANH = [31 / 725760, -17 / 40320, 1 / 240, -1 / 24, 1 / 2]


def _net(forward: float, reverse: float, x: float) -> float:
    if not abs(x) < NEAR:
        return forward - reverse
    s, total = x * x, 0.0
    for c in TANH:
        total = total * s + c
    return (forward + reverse) * x * total


def _net_lanes(forward: Any, reverse: Any, x: Any) -> Any:
    near = (forward + reverse) * x * np.polyval(TANH, np.multiply(x, x))
    return np.where(np.abs(x) < NEAR, near, np.subtract(forward, reverse))


def _guarded(function: Callable[[float], float], over: float) -> Callable[[float], float]:
    def call(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return over
        except ValueError:
            return math.nan

    return call


def _log(x: float) -> float:
    return math.log(x) if x > TINY else math.nan if math.isnan(x) else _LOG_TINY


def _pow(x: float, n: float) -> float:
    try:
        power = x**n
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return power if isinstance(power, float) else math.nan


_LOG_TINY = math.log(TINY)
SCALARS: dict[str, Any] = {
    "exp": _guarded(math.exp, math.inf), "expm1": _guarded(math.expm1, math.inf), "log": _log,
    "sqrt": _guarded(math.sqrt, math.nan),
    "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "abs": abs, "pow": _pow, "max": max,
    "min": min,
    "B": lambda x: _bernoulli(x, 0), "B1": lambda x: _bernoulli(x, 1),
    "B2": lambda x: _bernoulli(x, 2),
    "select": lambda c, a, b: a if c >= 0 else b, "net": _net,
}  # fmt: skip
_ARRAYS: dict[str, Any] = {
    "exp": np.exp, "expm1": np.expm1, "log": lambda x: np.log(np.maximum(x, TINY)), "sqrt": np.sqrt,
    "sin": np.sin, "cos": np.cos,
    "tanh": np.tanh, "abs": np.abs, "pow": np.power, "max": np.maximum, "min": np.minimum,
    "B": lambda x: _bernoulli_lanes(x, 0), "B1": lambda x: _bernoulli_lanes(x, 1),
    "B2": lambda x: _bernoulli_lanes(x, 2),
    "select": lambda c, a, b: np.where(np.asarray(c) >= 0, a, b), "net": _net_lanes,
}  # fmt: skip
ARRAYS = _ARRAYS | {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "neg": np.negative,
    "rcp": lambda x: 1.0 / x,
}
