"""The books as numbers: every line of the ledger from the entries, for all lanes at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .. import constants, units
from ..assemble.chart import CARRIER
from .standing import standing
from .trajectory import Trajectory

Array = NDArray[np.float64]
UNIT = "pJ"
COMPONENTS = ("chemical", "electrical", "osmotic")


class Books:
    """Energies since the start [pJ] as arrays (time, lane), or (member, time, lane) where they are by store, process or species."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.t = trajectory
        self.chart = trajectory.model.chart
        self.summed = trajectory.kernel.program.summed
        self.scale = units.from_internal(UNIT)

    @cached_property
    def empty(self) -> dict[str, tuple[str, ...]]:
        """Baths and held pools at 0 mM, whose potential is −∞, with the processes that touch them."""
        _, inputs = self.t.parameters.parts(self.t.lanes, float(self.t.block.times[-1]))
        baths = standing(self.t.model).baths
        return {name: used for name, (place, used) in baths.items() if any(np.any(np.equal(part[place], 0)) for part in inputs)}

    @cached_property
    def flow(self) -> Array:
        """What the store of each entry gave to its process."""
        return self.t.entries * self.scale

    @cached_property
    def dissipation(self) -> Array:
        """∫ J·A dt by process."""
        return self.t.dissipation * self.scale

    def _uphill(self, which: str) -> Array:
        made = np.zeros_like(self.t.dissipation)
        rows = {name: k for k, name in enumerate(self.t.kernel.program.names["dissipation"])}
        for name, row in zip(self.t.kernel.program.names["uphill"], self.t.uphill, strict=True):
            process, _, kind = name.rpartition("|")
            if kind == which:
                made[rows[process]] = row
        return np.where(np.isnan(self.t.dissipation), np.nan, made)

    @cached_property
    def uphill_energy(self) -> Array:
        """∫ max(−J·A, 0) dt by process."""
        return self._uphill("power") * self.scale

    @cached_property
    def uphill_time(self) -> Array:
        """Time with J·A < 0 by process [s]."""
        return self._uphill("time")

    @cached_property
    def gained(self) -> dict[str, Array]:
        """∫ J·ε dt by loop that does not close, what it made from nothing."""
        rows = zip(self.t.kernel.program.names["uphill"], self.t.uphill, strict=True)
        return {name.removesuffix("|loop"): row * self.scale for name, row in rows if name.endswith("|loop")}

    @cached_property
    def unpaid(self) -> Array:
        """What loops that do not close made from nothing, summed over the cycles that made any in all."""
        of: dict[str, Array] = {}
        for name, row in self.gained.items():
            cycle = name.partition(":")[0]
            of[cycle] = of.get(cycle, np.zeros_like(row)) + row
        return self._where_run(sum((total.clip(min=0) for total in of.values()), start=np.zeros_like(self.spent)))

    @cached_property
    def exergy(self) -> Array:
        """Ξ − Ξ(0) by store."""
        made: Array = self.t.exergy * self.scale
        return made

    @cached_property
    def _sums(self) -> Array:
        """(sum, time, lane) by :attr:`~biomembrane.assemble.chart.Chart.sums`."""
        if self.summed:
            return self.flow
        made = np.zeros((len(self.chart.sums), *self.flow.shape[1:]))
        for row, members in zip(self.flow, self.chart.member, strict=True):
            for k in members:
                made[k] += row
        return self._where_run(made)

    @cached_property
    def spent(self) -> Array:
        made: Array = self._sums[0]
        return made

    @cached_property
    def baths(self) -> Array:
        """By species."""
        return self._sums[1 : 1 + len(self.chart.baths)]

    @cached_property
    def supplied(self) -> Array:
        made: Array = self.baths.clip(min=0).sum(axis=0)
        return made

    @cached_property
    def delivered(self) -> Array:
        made: Array = (-self.baths).clip(min=0).sum(axis=0)
        return made

    @cached_property
    def stored(self) -> Array:
        made: Array = self.exergy.sum(axis=0)
        return made

    @cached_property
    def imposed(self) -> Array:
        return self._where_run(self.imposed_parts.sum(axis=0))

    def _where_run(self, line: Array) -> Array:
        """NaN where a lane did not come, also of what is zero without a number."""
        gone = np.isnan(self.dissipation).any(axis=0)
        return np.where(gone, np.nan, line) if gone.any() else line

    @cached_property
    def imposed_parts(self) -> Array:
        """By store."""
        if not self.t.kernel.program.names["drift"] and len(self.t.constants) == 1:
            return np.zeros((1, *self.spent.shape))
        made: Array = self.t.imposed * self.scale
        return made

    @cached_property
    def dissipated(self) -> Array:
        made: Array = self.dissipation.sum(axis=0)
        return made

    @cached_property
    def released(self) -> Array:
        """What gradients gave to coupled transporters, those that took from one carrier and gave to another."""
        made = np.zeros_like(self.spent)
        kinds = {
            t: [(k, c) for k, (what, *who) in enumerate(self.chart.sums) if what == "taken" and who[0] == t for c in who[1:]]
            for t in self.chart.transporters
        }
        for pairs in kinds.values():
            taken = self._sums[[k for k, _ in pairs]]
            coupled = (taken < 0).any(axis=0) & (taken > 0).any(axis=0)
            gradients = [c != CARRIER and c not in self.chart.fuels for _, c in pairs]
            given = taken[gradients].clip(min=0).sum(axis=0)
            made += np.where(coupled | np.isnan(given), given, 0.0)
        return made

    @cached_property
    def residual(self) -> Array:
        made: Array = self.spent + self.supplied + self.imposed - self.delivered - self.stored - self.dissipated
        return made

    @cached_property
    def passed(self) -> Array:
        made: Array = np.maximum.reduce([self.spent + self.supplied + abs(self.imposed), abs(self.dissipated), abs(self.stored)])
        return made

    @cached_property
    def rounding(self) -> Array:
        """What ΔΞ is uncertain by in floating point, by lane: 1e-14 of RT Σn and of the terms of Ξ."""
        k, pools = self.t.kernel, self.t.model.pools
        first = self.t.block.y[:, 0]
        terms = np.abs(k.call("exergy", 0.0, first, self.t.constants[0])).sum(axis=0)
        amounts = [i for i, p in enumerate(pools) if p.kind in ("solute", "carrier")]
        made: Array = (terms + constants.GAS * constants.BODY_TEMPERATURE * np.abs(first[amounts]).sum(axis=0)) * 1e-14 * self.scale
        return made

    @cached_property
    def residual_relative(self) -> Array:
        """Residual over what passed; 0 where nothing is off by more than rounding."""
        off, passed = abs(self.residual), self.passed
        with np.errstate(all="ignore"):
            made: Array = np.where(off <= self.rounding, 0.0, off / np.where(passed > 0, passed, np.nan))
        return made
