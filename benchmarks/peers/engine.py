"""biomembrane itself: the cell of :mod:`benchmarks.cell`, by the public call."""

from __future__ import annotations

from typing import Any

import numpy as np

import biomembrane as bm

from .. import cell
from ..workload import TIMES, Array
from .base import Peer

_WHOLE = bm.Keep(variables=("amount", "potential", "volume", "ledger_dissipation", "ledger_spent"))


class Engine(Peer):
    """Rodas5P in lanes of machine code, the ledger along the way; ensembles by its own threads.

    A run is a call of what :func:`biomembrane.prepare` made with an array of numbers, as every peer
    is given one, and is timed to its :class:`biomembrane.Run`; an ensemble to its labelled dataset
    of amounts, voltage, volume, heat by process and energy spent: 38 numbers at each of the 500
    times, of which the workload's 26 follow.
    """

    title = "biomembrane"
    packages = ("biomembrane", "llvmlite")
    sets = 10_000

    def build(self) -> None:
        self.model = cell.build()
        self.start = cell.shares()
        self.times = bm.Q(TIMES, "s")
        self.prepared: dict[float, bm.Prepared] = {}

    def _run(self, scan: dict[str, Any], rtol: float, cores: int, keep: Any) -> Any:
        solver = bm.solvers.Native(rtol=rtol, threads=cores)
        return bm.simulate(
            self.model,
            times=self.times,
            parameters=scan,
            start=self.start,
            keep=keep,
            solver=solver,
        )

    def solve(self, parameters: Array, rtol: float) -> Any:
        if rtol not in self.prepared:
            solver = bm.solvers.Native(rtol=rtol, threads=1)
            self.prepared[rtol] = bm.prepare(
                self.model, vary=cell.VARY, times=self.times, parameters=cell.protocol(),
                start=self.start, solver=solver
            )  # fmt: skip
        return self.prepared[rtol](parameters * cell.FACTORS)

    def ensemble(self, sets: Array, rtol: float, cores: int) -> Any:
        return self._run(cell.scan(sets), rtol, cores, _WHOLE).data

    def shown(self, result: Any, parameters: Array, lane: int | None = None) -> Array:
        if lane is not None:
            return cell.columns(result.isel(set=lane), parameters)[1:]  # without the start
        t = result.trajectory
        powers = cell.integrals(
            t.kernel.program, self.model.ledger_stores, t.entries, t.dissipation
        )
        return np.asarray(np.concatenate([cell.states(t.block.y, parameters), powers])[:, 1:, 0].T)

    def final(self, scan: dict[str, Any], rtol: float, cores: int) -> Any:
        """Amounts, voltage, volume and the lines of the books at the end, as a dataset; ``status``
        is 0 where a set reached it.
        """
        return self._run(scan, rtol, cores, "final").data
