"""PyBaMM: IDA through its IDAKLU solver, ensembles by its own threads."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("PYBAMM_DISABLE_TELEMETRY", "true")
import numpy as np
import pybamm

from .. import text
from ..workload import COLUMNS, END, PARAMETERS, TIMES, Array, start
from .base import Peer


class PyBaMM(Peer):
    """Every column is a variable of a bare model."""

    title = "PyBaMM IDAKLU"
    packages = ("pybamm", "pybammsolvers")
    sets = 100

    def build(self) -> None:
        self.model = pybamm.BaseModel()
        variables = [pybamm.Variable(name) for name in COLUMNS]
        inputs = [pybamm.InputParameter(name) for name in PARAMETERS]
        slopes, powers = text.function(
            "t, y, p", {"exp": pybamm.exp, "log": pybamm.log, "cos": pybamm.cos}
        )(pybamm.t, variables, inputs)
        self.model.rhs = dict(zip(variables, [*slopes, *powers], strict=True))
        self.model.initial_conditions = {
            v: pybamm.Scalar(float(x)) for v, x in zip(variables, start(), strict=True)
        }
        self.model.variables = dict(zip(COLUMNS, variables, strict=True))
        pybamm.Discretisation().process_model(self.model)
        places = {key.name: self.model.y_slices[key][0].start for key in self.model.rhs}
        self.order = [places[name] for name in COLUMNS]
        self.solvers: dict[tuple[float, int], Any] = {}

    def _run(self, rtol: float, cores: int, inputs: Any) -> Any:
        if (rtol, cores) not in self.solvers:
            options = {"num_threads": cores, "num_solvers": cores, "max_num_steps": 1_000_000}
            self.solvers[rtol, cores] = pybamm.IDAKLUSolver(
                rtol=rtol, atol=rtol * 1e-4, options=options
            )
        times = np.concatenate([[0.0], TIMES])
        return self.solvers[rtol, cores].solve(
            self.model, t_eval=[0, END], t_interp=times, inputs=inputs
        )

    def _columns(self, solution: Any) -> Array:
        at = np.searchsorted(np.asarray(solution.t), TIMES - 1e-9)
        return np.asarray(solution.y).T[at][:, self.order]

    def solve(self, parameters: Array, rtol: float) -> Array:
        return self._columns(
            self._run(rtol, 1, dict(zip(PARAMETERS, map(float, parameters), strict=True)))
        )

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array:
        inputs = [dict(zip(PARAMETERS, map(float, p), strict=True)) for p in sets]
        return np.array([self._columns(s) for s in self._run(rtol, cores, inputs)])
