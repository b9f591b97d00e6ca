"""CasADi: CVODES with quadratures, on its virtual machine or compiled by the system's C
compiler.
"""

from __future__ import annotations

from typing import Any, ClassVar

import casadi
import numpy as np

from .. import text
from ..workload import START, TIMES, Array
from .base import Peer


class CasADi(Peer):
    """Integrals are CVODES quadratures under error control; ensembles by CasADi's own map over
    threads.
    """

    title = "CasADi"
    packages = ("casadi",)
    sets = 100
    options: ClassVar[dict[str, Any]] = {}

    def build(self) -> None:
        x, p, t = casadi.SX.sym("x", 18), casadi.SX.sym("p", 12), casadi.SX.sym("t")
        rhs = text.function("t, y, p", {"exp": casadi.exp, "log": casadi.log, "cos": casadi.cos})
        slopes, powers = rhs(t, x, p)
        self.dae = {
            "x": x,
            "p": p,
            "t": t,
            "ode": casadi.vertcat(*slopes),
            "quad": casadi.vertcat(*powers),
        }
        self.made: dict[tuple[float, int, str], Any] = {}

    def _integrator(self, rtol: float, count: int = 0, kind: str = "", cores: int = 1) -> Any:
        key = (rtol, count, kind)
        if key not in self.made:
            options = {
                "reltol": rtol, "abstol": rtol * 1e-4, "max_num_steps": 100_000,
                "linear_multistep_method": "bdf", "quad_err_con": True,
                "newton_scheme": "direct", **self.options,
            }  # fmt: skip
            made = casadi.integrator("I", "cvodes", self.dae, 0.0, TIMES.tolist(), options)
            self.made[key] = (
                made.map(count, kind, cores)
                if kind == "thread"
                else made.map(count)
                if count
                else made
            )
        return self.made[key]

    def solve(self, parameters: Array, rtol: float) -> Array:
        found = self._integrator(rtol)(x0=START, p=parameters)
        return np.hstack([np.array(found["xf"]).T, np.array(found["qf"]).T])

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array:
        n = len(sets)
        found = self._integrator(rtol, n, "thread" if cores > 1 else "serial", cores)(
            x0=np.tile(START, (n, 1)).T, p=sets.T
        )
        parts = [
            np.array(found[key]).reshape(rows, n, len(TIMES)).transpose(1, 2, 0)
            for key, rows in (("xf", 18), ("qf", 8))
        ]
        return np.concatenate(parts, axis=-1)


class CasADiCompiled(CasADi):
    """The same through gcc."""

    title = "CasADi, C"
    options: ClassVar[dict[str, Any]] = {
        "jit": True,
        "compiler": "shell",
        "jit_options": {"flags": ["-O3", "-march=native"], "compiler": "gcc"},
    }
