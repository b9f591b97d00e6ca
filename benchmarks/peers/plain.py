"""SciPy's LSODA on lambdified sympy with the analytic Jacobian."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from .. import text
from ..workload import END, TIMES, Array, start, tolerance
from .base import Peer


class SciPy(Peer):
    """What a careful user writes without further packages."""

    title = "SciPy LSODA"
    packages = ("scipy", "sympy")
    sets = 40

    def build(self) -> None:
        t, y, p = (
            sp.Symbol("t", real=True),
            sp.symbols("y:26", real=True),
            sp.symbols("p:12", real=True),
        )
        slopes, powers = text.function("t, y, p", {"exp": sp.exp, "log": sp.log, "cos": sp.cos})(
            t, y, p
        )
        rows = [*slopes, *powers]
        self.rhs = sp.lambdify([t, y, p], rows, modules=[{"log": _log}, "math"], cse=True)
        self.jacobian = sp.lambdify(
            [t, y, p], sp.Matrix(rows).jacobian(y), modules="numpy", cse=True
        )

    def solve(self, parameters: Array, rtol: float) -> Array:
        p = parameters.tolist()

        def slope(t: float, y: Array) -> Any:
            return self.rhs(t, y.tolist(), p)

        def jacobian(t: float, y: Array) -> Any:
            return self.jacobian(t, y.tolist(), p)

        found = solve_ivp(
            slope,
            (0, END),
            start(),
            method="LSODA",
            t_eval=TIMES,
            rtol=rtol,
            atol=tolerance(rtol),
            jac=jacobian,
        )
        if not found.success:
            raise RuntimeError(found.message)
        return np.asarray(found.y.T)


def _log(x: float) -> float:
    """NaN where a trial state of LSODA is negative, as compiled code has it."""
    return math.log(x) if x > 0 else math.nan
