"""scikit-SUNDAE: CVODE on a right-hand side that numba compiles."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from sksundae import cvode

from .. import text
from ..workload import NOMINAL, TIMES, Array, start, tolerance
from .base import Peer


class Sundae(Peer):
    """BDF with differenced Jacobians."""

    title = "scikit-SUNDAE"
    packages = ("scikit-sundae", "numba")
    sets = 100

    def build(self) -> None:
        plain = text.function(
            "t, y, p, out", {"exp": math.exp, "log": math.log, "cos": math.cos}, out="out"
        )
        self.rhs = numba.njit(plain)
        self.rhs(0.0, start(), NOMINAL, np.empty(26))  # compiled here, not in each forked process

    def solve(self, parameters: Array, rtol: float) -> Array:
        rhs = self.rhs

        def slope(t: float, y: Any, out: Any) -> None:
            rhs(t, y, parameters, out)

        solver = cvode.CVODE(
            slope, method="BDF", rtol=rtol, atol=tolerance(rtol), max_num_steps=100_000
        )
        found = solver.solve(np.concatenate([[0.0], TIMES]), start())
        if not found.success:
            raise RuntimeError(found.message)
        return np.asarray(found.y[1:])
