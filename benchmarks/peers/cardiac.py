"""Myokit: C generated and compiled, CVODES."""

from __future__ import annotations

import myokit
import numpy as np

from .. import text
from ..workload import COLUMNS, END, PARAMETERS, TIMES, Array
from .base import Peer


class Myokit(Peer):
    """One simulation object, whose constants are set before each run."""

    title = "Myokit"
    packages = ("myokit",)
    sets = 200

    def build(self) -> None:
        model = myokit.parse_model(text.myokit())
        model.validate()
        self.simulation = myokit.Simulation(model)
        self.logged = [f"c.{name}" for name in COLUMNS]

    def solve(self, parameters: Array, rtol: float) -> Array:
        s = self.simulation
        s.reset()
        s.set_tolerance(rtol * 1e-4, rtol)
        for name, value in zip(PARAMETERS, parameters, strict=True):
            s.set_constant(f"c.{name}", value)
        found = s.run(END + 1e-6, log=self.logged, log_times=TIMES)
        return np.array([found[name] for name in self.logged]).T
