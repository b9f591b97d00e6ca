"""COPASI through basico: LSODA on the SBML."""

from __future__ import annotations

from typing import Any

import antimony
import basico
import numpy as np

from .. import text
from ..workload import COLUMNS, END, PARAMETERS, TIMES, Array
from .base import Peer


class Basico(Peer):
    """One model, whose initial parameter values are set before each run."""

    title = "COPASI"
    packages = ("copasi-basico", "python-copasi")
    sets = 60

    def build(self) -> None:
        antimony.clearPreviousLoads()
        if antimony.loadAntimonyString(text.antimony()) < 0:
            raise RuntimeError(antimony.getLastError())
        self.model: Any = basico.load_model_from_string(antimony.getSBMLString(None))

    def solve(self, parameters: Array, rtol: float) -> Array:
        for name, value in zip(PARAMETERS, parameters, strict=True):
            basico.set_parameters(name, exact=True, initial_value=float(value), model=self.model)
        found = basico.run_time_course(
            start_time=0, duration=END, intervals=len(TIMES), r_tol=rtol, a_tol=rtol * 1e-4,
            max_steps=1_000_000, method="deterministic",
            model=self.model, use_initial_values=True,
        )  # fmt: skip
        columns = {c.removeprefix("Values[").removesuffix("]"): c for c in found.columns}
        return np.asarray(found[[columns[name] for name in COLUMNS]].values[1:])
