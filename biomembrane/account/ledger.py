"""The double-entry energy ledger.

entry[process, store] = ∫ −ν·potential·J dt is the energy that a store gave to a process.  Each row sums to what the process
dissipated, each column to what the store lost.  Potentials are taken against the reference bath, so that

    ATP spent + given by other baths = ΔΞ stored + Σ dissipated + residual

where the left and the dissipation are integrals along the solver's steps and ΔΞ comes from the state alone: the residual is a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import constants, errors, units
from ..assemble.stores import Store
from ..solve.simulate import Trajectory
from .roles import Roles, roles

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

UNIT = "pJ"
CARRIER = "carrier states"


@dataclass(frozen=True)
class Flow:
    """One ribbon of the energy-flow picture: ``energy`` > 0 [pJ] from ``source`` to ``target``."""

    source: str
    target: str
    energy: float
    kind: str


class Ledger:
    """The books of a run; energies in pJ since the start, as :class:`xarray.DataArray` over ``time`` and the scan's dimensions.

    ``print(ledger)`` shows the table, :meth:`check` raises unless the books close and no process ran uphill for free.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self._t = trajectory
        model, program = trajectory.model, trajectory.kernel.program
        self.stores: tuple[Store, ...] = model.ledger_stores
        pairs = [name.rsplit("|", 1) for name in program.names["entry"]]
        self._process = [p for p, _ in pairs]
        self._store = [self.stores[int(k)] for _, k in pairs]
        owner = {p.name: p.transporter for p in model.processes}
        self._transporter = [owner[p] for p in self._process]
        self._roles: Roles = roles(model)
        self.transporters = [t.name for t in model.transporters]
        self.labels = {t.name: t.label for t in model.transporters}

    # --- raw material

    def _array(self, values: Any, dim: str, coords: dict[str, Any], name: str) -> xr.DataArray:
        import xarray as xr

        dims = tuple(self._t.parameters.dims)
        reached = self._t.times if dims else self._t.times[: len(self._t.solutions[0].t)]
        values = values[:, : len(reached)]
        time = ("time", reached, {"units": "s", "long_name": "time"})
        made = xr.DataArray(
            values * units.from_internal(UNIT), dims=(dim, "time", *dims), coords={**coords, "time": time, **self._t.parameters.coords}, name=name
        )
        made.attrs = {"units": UNIT, "long_name": name}
        return made

    @cached_property
    def flow(self) -> xr.DataArray:
        """Energy from store to process, dims ``entry``, ``time``; process, store, species, place, role and component are coordinates."""
        facts = {f: ("entry", [getattr(s, f) for s in self._store]) for f in ("species", "place", "role", "component")}
        coords = {
            "process": ("entry", self._process),
            "transporter": ("entry", self._transporter),
            "store": ("entry", [s.name for s in self._store]),
            **facts,
        }
        coords["carrier"] = ("entry", [self._roles.carried(t, s) for t, s in zip(self._transporter, self._store, strict=True)])
        return self._array(self._t.stack(lambda _, s: s.entries), "entry", coords, "energy given by the store")

    @cached_property
    def dissipation(self) -> xr.DataArray:
        """∫ J·A dt by process."""
        coords = {"process": list(self._t.kernel.program.names["dissipation"])}
        return self._array(self._t.stack(lambda _, s: s.dissipation), "process", coords, "energy dissipated")

    @cached_property
    def exergy(self) -> xr.DataArray:
        """Ξ − Ξ(0) by store, from the state alone."""

        def pick(lane: int, s: Any) -> Any:
            values = self._t.kernel.call("exergy", s.t, s.y, self._t.constants(lane))
            return values - values[:, :1]

        return self._array(self._t.stack(pick), "store", {"store": list(self._t.kernel.program.names["exergy"])}, "exergy gained")

    @property
    def entries(self) -> xr.DataArray:
        """The books as a dense array over process, store (with its component) and time."""
        flat = self.flow
        keys = [f"{s.name} ({s.component})" for s in self._store]
        rows, columns = list(dict.fromkeys(self._process)), list(dict.fromkeys(keys))
        values = np.zeros((len(rows), len(columns), *flat.shape[1:]))
        for k, (p, s) in enumerate(zip(self._process, keys, strict=True)):
            values[rows.index(p), columns.index(s)] += flat.values[k]
        return self._dense(values, {"process": rows, "store": columns}, flat)

    def _dense(self, values: Any, axes: dict[str, list[str]], like: xr.DataArray) -> xr.DataArray:
        import xarray as xr

        rest = {k: v for k, v in like.coords.items() if set(v.dims) <= set(like.dims[1:])}
        return xr.DataArray(values, dims=(*axes, *like.dims[1:]), coords={**axes, **rest}, name=like.name, attrs=like.attrs)

    def _sum(self, mask: Sequence[bool]) -> xr.DataArray:
        return self._dense(self.flow.values[np.asarray(mask, dtype=bool)].sum(axis=0), {}, self.flow)

    # --- the lines of the table

    @cached_property
    def spent(self) -> xr.DataArray:
        """Energy given by held pools (ATP and its products)."""
        return self._sum([s.role == "held" for s in self._store])

    @cached_property
    def baths(self) -> xr.DataArray:
        """Energy given by the baths against the reference bath, by species; negative where it was delivered to them."""
        names = list(dict.fromkeys(s.species for s in self._store if s.role == "bath"))
        parts = [self._sum([s.role == "bath" and s.species == n for s in self._store]).values for n in names]
        return self._dense(np.array(parts).reshape(len(names), *self.flow.shape[1:]), {"species": names}, self.flow)

    @cached_property
    def supplied(self) -> xr.DataArray:
        """Energy given by baths, summed over the species that gave."""
        return _kept(self.baths.clip(min=0).sum("species", skipna=False), self.flow)

    @cached_property
    def delivered(self) -> xr.DataArray:
        """Work handed on to baths, summed over the species that took."""
        return _kept((-self.baths).clip(min=0).sum("species", skipna=False), self.flow)

    @cached_property
    def stored(self) -> xr.DataArray:
        """Gain of exergy of the cell, from the state alone."""
        return _kept(self.exergy.sum("store", skipna=False), self.exergy)

    @cached_property
    def dissipated(self) -> xr.DataArray:
        """Energy turned into heat."""
        return _kept(self.dissipation.sum("process", skipna=False), self.dissipation)

    @cached_property
    def released(self) -> xr.DataArray:
        """Gradient energy that coupled transporters took in (what sodium paid, say)."""
        inward = self.transfers.sum("component", skipna=False)
        coupled = (inward < 0).any("carrier") & (inward > 0).any("carrier")
        gradients = [c for c in inward.carrier.values if c != CARRIER and c not in self._roles.fuels]
        return _kept(inward.sel(carrier=gradients).clip(min=0).where(coupled, 0.0).sum(["carrier", "transporter"], skipna=False), self.flow)

    @cached_property
    def residual(self) -> xr.DataArray:
        """What the books are off by."""
        return _kept(self.spent + self.supplied - self.delivered - self.stored - self.dissipated, self.flow)

    @cached_property
    def passed(self) -> xr.DataArray:
        """The energy that passed through: the largest of what was spent and supplied, dissipated, and stored or drawn."""
        made = self.spent + self.supplied
        for other in (abs(self.dissipated), abs(self.stored)):
            made = made.where(made > other, other)
        return _kept(made, self.flow)

    @cached_property
    def rounding(self) -> float:
        """What ΔΞ is uncertain by in floating point [pJ]: 1e-14 of RT Σn and of the terms of Ξ."""
        k = self._t.kernel
        amounts = [i for i, p in enumerate(self._t.model.pools) if p.kind in ("solute", "carrier")]
        content = 0.0
        for lane, s in enumerate(self._t.solutions):
            terms = np.abs(k.call("exergy", 0.0, s.y[:, 0], self._t.constants(lane))).sum()
            content = max(content, float(terms + constants.GAS * constants.BODY_TEMPERATURE * np.abs(s.y[amounts, 0]).sum()))
        return content * 1e-14 * units.from_internal(UNIT)

    @cached_property
    def residual_relative(self) -> xr.DataArray:
        """Residual over the energy that passed through; 0 where nothing passed and nothing is off by more than rounding."""
        still = (self.passed <= self.rounding) & (abs(self.residual) <= self.rounding)
        made = (abs(self.residual) / self.passed.where(self.passed > 0)).where(~still, 0.0)
        made.attrs = {"units": "1", "long_name": "relative residual"}
        return made

    # --- views

    @cached_property
    def transfers(self) -> xr.DataArray:
        """Energy that each transporter took (+) or gave (−), by what carried it: dims transporter, carrier, component, time."""
        flat = self.flow
        carriers = list(dict.fromkeys(flat.carrier.values.tolist()))
        components = ["chemical", "electrical", "osmotic"]
        values = np.zeros((len(self.transporters), len(carriers), len(components), *flat.shape[1:]))
        for k in range(flat.sizes["entry"]):
            at = (
                self.transporters.index(self._transporter[k]),
                carriers.index(str(flat.carrier.values[k])),
                components.index(self._store[k].component),
            )
            values[at] += flat.values[k]
        return self._dense(values, {"transporter": self.transporters, "carrier": carriers, "component": components}, flat)

    def by(self, what: str) -> xr.DataArray:
        """Energies grouped: ``"process"`` dissipated by process, ``"transporter"`` dissipated by transporter, ``"store"`` exergy gained by
        store, ``"ion"`` energy gained by the cell per species with its chemical and electrical parts, ``"role"`` given by held pools, baths,
        cell and carriers.
        """
        if what == "process":
            return self.dissipation
        if what == "store":
            return self.exergy
        if what == "transporter":
            owner = {p.name: p.transporter for p in self._t.model.processes}
            groups = [[i for i, p in enumerate(self.dissipation.process.values) if owner[str(p)] == t] for t in self.transporters]
            return self._dense(
                np.array([self.dissipation.values[g].sum(axis=0) for g in groups]), {"transporter": self.transporters}, self.dissipation
            )
        if what == "role":
            names = ["held", "bath", "cell", "carrier"]
            return self._dense(np.array([self._sum([s.role == n for s in self._store]).values for n in names]), {"role": names}, self.flow)
        if what == "ion":
            names = list(dict.fromkeys(s.species for s in self._store if s.role == "cell"))
            parts = ["chemical", "electrical", "osmotic"]
            values = [[-self._sum([(s.role, s.species, s.component) == ("cell", n, c) for s in self._store]).values for c in parts] for n in names]
            return self._dense(np.array(values).reshape(len(names), 3, *self.flow.shape[1:]), {"species": names, "component": parts}, self.flow)
        known = ("process", "transporter", "store", "ion", "role")
        raise errors.UnknownName(where="ledger.by(…)", wanted=" | ".join(known), got=repr(what), advice=errors.nearest(str(what), known))

    def efficiency(self, transporter: str) -> xr.DataArray:
        """Output over input of a transporter, by what it took in and gave out since the start; NaN where it took nothing."""
        if transporter not in self.transporters:
            raise errors.UnknownName(
                where="ledger.efficiency(…)",
                wanted="a transporter",
                got=repr(transporter),
                advice=errors.nearest(str(transporter), self.transporters),
            )
        moved = self.transfers.sel(transporter=transporter).sum("component", skipna=False)
        moved = moved.sel(carrier=[c for c in moved.carrier.values if c != CARRIER])
        taken, given = moved.clip(min=0).sum("carrier", skipna=False), (-moved).clip(min=0).sum("carrier", skipna=False)
        made = given / taken.where(taken > 0)
        made.attrs = {"units": "1", "long_name": f"efficiency of {transporter}"}
        return made

    def flows(self) -> list[Flow]:
        """The books of a single run as ribbons of an energy-flow picture; see :class:`Flow`."""
        from .picture import flows

        return flows(self)

    def to_frame(self) -> pd.DataFrame:
        """One row an entry at the last time."""
        last = self.flow.isel(time=-1).rename("energy_pJ")
        return last.to_dataframe().reset_index(drop=True).drop(columns=["time"])

    # --- judgement

    @property
    def least_dissipation(self) -> dict[str, float]:
        """By process, the smallest dissipated power met at any quadrature node of any lane [fW]."""
        least = np.min([s.least for s in self._t.solutions], axis=0)
        return dict(zip(self._t.kernel.program.names["dissipation"], map(float, least), strict=True))

    def check(self, rtol: float | None = None) -> Ledger:
        """The ledger itself, if the books close to ``rtol`` of the energy that passed and no process dissipated less than nothing.

        ``rtol``: default a hundred times the solver's, and at least 1e-12.  Raises BooksDoNotClose, UphillForFree.
        """
        limit = max(100 * self._t.solver.rtol, 1e-12) if rtol is None else rtol
        off = abs(self.residual.isel(time=-1)) - self.rounding
        worst = float((off.clip(min=0) / self.passed.isel(time=-1).where(lambda x: x > 0, 1.0)).max())
        if not worst <= limit:
            raise errors.BooksDoNotClose(
                where=f"ledger of {self._t.model.name!r}",
                wanted=f"a residual below {limit:.1g} of the energy that passed",
                got=f"{worst:.3g}",
                advice="a tighter rtol in the solver; if that does not help, a law or a potential is wrong",
            )
        # a state may lie below zero by the solver's tolerance between its steps, and a rate with it
        span = float(self._t.times[-1]) or 1.0
        allowed = limit * float(self.passed.isel(time=-1).max()) / units.from_internal(UNIT) / span
        for process, power in self.least_dissipation.items():
            if power < -allowed:
                raise errors.UphillForFree(
                    where=f"process {process}",
                    wanted="J·A ≥ 0 at every step",
                    got=f"{power:.3g} fW",
                    advice="an Empirical law breaks the second law here",
                )
        return self

    def __str__(self) -> str:
        from .table import text

        return text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from .table import html

        return html(self)


def _kept(made: xr.DataArray, like: xr.DataArray) -> xr.DataArray:
    made.attrs = dict(like.attrs)
    return made
