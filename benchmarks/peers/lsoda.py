"""numbalsoda: LSODA on a right-hand side that numba compiles; ensembles by numba's threads."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numbalsoda import lsoda, lsoda_sig

from .. import text
from ..workload import TIMES, Array, start
from .base import Peer


class NumbaLSODA(Peer):
    """The numba idiom: a C callback, and a parallel loop without Python in it."""

    title = "numbalsoda"
    packages = ("numbalsoda", "numba")
    sets = 400

    def build(self) -> None:
        plain = text.function(
            "t, y, out, p", {"exp": math.exp, "log": math.log, "cos": math.cos}, out="out"
        )
        self.callback = numba.cfunc(lsoda_sig)(plain)
        self.address = self.callback.address
        y0, times = start(), np.concatenate([[0.0], TIMES])

        def one(p: Any, rtol: float, address: int) -> Any:
            found, _ = lsoda(address, y0, times, p, rtol, rtol * 1e-4)
            return found[1:]

        def many(sets: Any, rtol: float, address: int) -> Any:
            made = np.empty((sets.shape[0], 500, 26))
            for k in numba.prange(sets.shape[0]):
                found, _ = lsoda(address, y0, times, sets[k], rtol, rtol * 1e-4)
                made[k] = found[1:]
            return made

        self.one, self.many = numba.njit(one), numba.njit(parallel=True)(many)

    def solve(self, parameters: Array, rtol: float) -> Array:
        return np.asarray(self.one(parameters, rtol, self.address))

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array:
        numba.set_num_threads(cores)
        return np.asarray(self.many(sets, rtol, self.address))
