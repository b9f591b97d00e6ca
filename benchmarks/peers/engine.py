"""biomembrane itself: the cell of :mod:`benchmarks.cell`, by the public call."""

from __future__ import annotations

import numpy as np

import biomembrane as bm

from .. import cell
from ..workload import TIMES, Array


class Engine:
    """Rodas5P in lanes of machine code, the ledger along the way; ensembles by its own threads."""

    title = "biomembrane"
    packages = ("biomembrane", "llvmlite")
    sets = 10_000

    def build(self) -> None:
        self.model = cell.build()

    def _run(self, sets: Array, rtol: float, cores: int) -> bm.Run:
        solver = bm.solvers.Native(rtol=rtol, threads=cores)
        return bm.simulate(self.model, times=bm.Q(TIMES, "s"), parameters=cell.scan(sets), solver=solver)

    def _columns(self, run: bm.Run, lane: int, parameters: Array) -> Array:
        s = run.trajectory.solutions[lane]
        shown = np.concatenate([cell.states(s.y, parameters), cell.integrals(self.model, s.entries, s.dissipation)])
        return shown[:, 1:].T  # without the start

    def solve(self, parameters: Array, rtol: float) -> Array:
        return self._columns(self._run(parameters, rtol, 1), 0, parameters)

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Array:
        run = self._run(sets, rtol, cores)
        return np.array([self._columns(run, lane, p) for lane, p in enumerate(sets)])

    def final(self, sets: Array, rtol: float, cores: int) -> tuple[Array, Array]:
        """(set, 26) at the end, and which sets reached it."""
        solver = bm.solvers.Native(rtol=rtol, threads=cores)
        run = bm.simulate(self.model, times=bm.Q(TIMES[-1:], "s"), parameters=cell.scan(sets), solver=solver)
        found = np.full((len(sets), 26), np.nan)
        done = np.array([s.status.ok for s in run.trajectory.solutions])
        for lane in np.flatnonzero(done):
            found[lane] = self._columns(run, int(lane), sets[lane])[-1]
        return found, done
