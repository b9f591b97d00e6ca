"""The books as numbers: every line of the ledger from the entries, for all lanes at once."""

from __future__ import annotations

import weakref
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .. import constants, units
from ..assemble.model import Model
from ..assemble.stores import Store
from ..compile.program import Program
from ..solve.trajectory import Trajectory
from .roles import Roles, roles

Array = NDArray[np.float64]
UNIT = "pJ"
CARRIER = "carrier states"
COMPONENTS = ("chemical", "electrical", "osmotic")


class Chart:
    """What each entry of a model's books is: its process and transporter, its store, and the name under which it is carried."""

    def __init__(self, model: Model, program: Program) -> None:
        pairs = [name.rsplit("|", 1) for name in program.names["entry"]]
        owner = {p.name: p.transporter for p in model.processes}
        self.roles: Roles = roles(model)
        self.process = [p for p, _ in pairs]
        self.store: list[Store] = [model.ledger_stores[int(k)] for _, k in pairs]
        self.transporter = [owner[p] for p in self.process]
        self.carrier = [self.roles.carried(t, s) for t, s in zip(self.transporter, self.store, strict=True)]
        self.transporters = [t.name for t in model.transporters]
        self.carriers = list(dict.fromkeys(self.carrier))
        self.baths = list(dict.fromkeys(s.species for s in self.store if s.role == "bath"))
        self.dissipation = list(program.names["dissipation"])
        self.exergy = list(program.names["exergy"])
        rank, kind = {t: i for i, t in enumerate(self.transporters)}, {c: i for i, c in enumerate(self.carriers)}
        places = zip(self.transporter, self.carrier, self.store, strict=True)
        self.places = [(rank[t], kind[c], COMPONENTS.index(s.component)) for t, c, s in places]
        self.gradients = np.array([c != CARRIER and c not in self.roles.fuels for c in self.carriers], dtype=bool)
        self.weights = self._weights(len(program.names["drift"]))

    def _weights(self, drifts: int) -> Array:
        """(quadrature, sum): spent, by bath species, by transporter and carrier, dissipated."""
        entries, species, carriers = len(self.store), len(self.baths), len(self.carriers)
        made = np.zeros((entries + drifts + len(self.dissipation), 2 + species + len(self.transporters) * carriers))
        for k, store in enumerate(self.store):
            if store.role == "held":
                made[k, 0] = 1.0
            if store.role == "bath":
                made[k, 1 + self.baths.index(store.species)] = 1.0
            t, c, _ = self.places[k]
            made[k, 1 + species + t * carriers + c] = 1.0
        made[entries + drifts :, -1] = 1.0
        return made


_charts: weakref.WeakKeyDictionary[Program, Chart] = weakref.WeakKeyDictionary()


def chart(model: Model, program: Program) -> Chart:
    """The chart of a program, made once."""
    if program not in _charts:
        _charts[program] = Chart(model, program)
    return _charts[program]


class Books:
    """Energies since the start [pJ] as arrays (time, lane), or (member, time, lane) where they are by store, process or species."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.t = trajectory
        self.chart = chart(trajectory.model, trajectory.kernel.program)
        self.scale = units.from_internal(UNIT)

    @cached_property
    def flow(self) -> Array:
        """What the store of each entry gave to its process."""
        return self.t.entries * self.scale

    @cached_property
    def dissipation(self) -> Array:
        """∫ J·A dt by process."""
        return self.t.dissipation * self.scale

    @cached_property
    def exergy(self) -> Array:
        """Ξ − Ξ(0) by store."""
        made: Array = self.t.exergy * self.scale
        return made

    @cached_property
    def _sums(self) -> Array:
        """(sum, time, lane) by :attr:`Chart.weights`."""
        rows = self.t.block.rows[:, :, self.t.block.sizes[0] :]
        made: Array = (rows @ self.chart.weights).transpose(2, 1, 0) * self.scale
        return made

    @cached_property
    def spent(self) -> Array:
        made: Array = self._sums[0]
        return made

    @cached_property
    def baths(self) -> Array:
        """By species."""
        return self._sums[1 : 1 + len(self.chart.baths)]

    @cached_property
    def inward(self) -> Array:
        """(transporter, carrier, time, lane): what each took in, negative where it gave."""
        first, shape = 1 + len(self.chart.baths), (len(self.chart.transporters), len(self.chart.carriers))
        made: Array = self._sums[first:-1].reshape(*shape, *self._sums.shape[1:])
        return made

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
        if not self.t.kernel.program.names["drift"] and len(self.t.constants) == 1:
            return np.zeros_like(self.spent)
        made: Array = self.t.imposed.sum(axis=0) * self.scale
        return made

    @cached_property
    def dissipated(self) -> Array:
        made: Array = self._sums[-1]
        return made

    @cached_property
    def released(self) -> Array:
        inward = self.inward
        coupled = (inward < 0).any(axis=1) & (inward > 0).any(axis=1)
        taken = inward[:, self.chart.gradients].clip(min=0).sum(axis=1)
        made: Array = np.where(coupled, taken, np.where(np.isnan(taken), np.nan, 0.0)).sum(axis=0)
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
        """Residual over what passed; 0 where nothing passed and nothing is off by more than rounding."""
        off, passed = abs(self.residual), self.passed
        still = (passed <= self.rounding) & (off <= self.rounding)
        with np.errstate(all="ignore"):
            made: Array = np.where(still, 0.0, off / np.where(passed > 0, passed, np.nan))
        return made
