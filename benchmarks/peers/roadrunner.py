"""libRoadRunner: SBML compiled by LLVM, CVODE."""

from __future__ import annotations

import antimony
import numpy as np
from roadrunner import RoadRunner as Simulator

from .. import text
from ..workload import COLUMNS, END, PARAMETERS, TIMES, Array
from .base import Peer


class RoadRunner(Peer):
    """The SBML is translated from Antimony while it builds."""

    title = "libRoadRunner"
    packages = ("libroadrunner", "antimony")
    sets = 200

    def build(self) -> None:
        antimony.clearPreviousLoads()
        if antimony.loadAntimonyString(text.antimony()) < 0:
            raise RuntimeError(antimony.getLastError())
        self.machine = Simulator(antimony.getSBMLString(None))
        self.machine.timeCourseSelections = list(COLUMNS)

    def solve(self, parameters: Array, rtol: float) -> Array:
        r = self.machine
        r.reset()
        r.integrator.relative_tolerance, r.integrator.absolute_tolerance = rtol, rtol * 1e-4
        r.integrator.maximum_num_steps = 100_000
        for name, value in zip(PARAMETERS, parameters, strict=True):
            r.model[name] = value
        r.model.reset()  # to the initial states; the parameters it resets too are then set again
        for name, value in zip(PARAMETERS, parameters, strict=True):
            r.model[name] = value
        return np.array(r.simulate(0, END, len(TIMES) + 1))[1:]
