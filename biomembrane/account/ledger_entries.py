"""The entries of the ledger, its lines and their sums, as labelled arrays."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..assemble.ledger_accounts import LedgerLayout
from ..assemble.state import CARRIER
from ..solve.ledger_totals import COMPONENTS, UNIT, WITHOUT_ELECTRODES, LedgerTotals
from ..solve.trajectory import Trajectory
from .display_names import labels
from .ledger_lines import GROUPS, LINES

if TYPE_CHECKING:
    import xarray as xr


class Entries:
    """Entries, lines and sums of the ledger; energies in pJ since the start, as
    :class:`xarray.DataArray` over ``time`` and the dimensions of a scan.
    """

    def __init__(self, trajectory: Trajectory, books: LedgerTotals | None = None) -> None:
        self._t = trajectory
        self._books = LedgerTotals(trajectory) if books is None else books
        self._ledger_layout: LedgerLayout = self._books.ledger_layout
        self.transporters = self._ledger_layout.transporters

    @cached_property
    def labels(self) -> dict[str, str]:
        """The label of each transporter in tables and figures; no two are equal."""
        return labels(self._t.model)

    # --- entries

    def _labelled(
        self, values: Any, axes: dict[str, Any], name: str, unit: str = UNIT
    ) -> xr.DataArray:
        """Values (*axes, time, lane) as an array with named dimensions."""
        import xarray as xr

        t = self._t
        lead = values.shape[:-2]
        shaped = t.shaped(values.reshape(-1, *values.shape[-2:]))
        dims = [d for d in axes if not isinstance(axes[d], tuple)] or (
            ["entry"] if "process" in axes else []
        )
        time = ("time", t.times, {"units": "s", "long_name": "time"})
        coords = {**axes, "time": time, **t.parameters.coords}
        array = xr.DataArray(
            shaped.reshape(*lead, *shaped.shape[1:]),
            dims=(*dims, "time", *t.dims),
            coords=coords,
            name=name,
        )
        array.attrs = {"units": unit, "long_name": name}
        return array

    @cached_property
    def flow(self) -> xr.DataArray:
        """Energy from store to process, dims ``entry``, ``time``; process, store, species, place,
        role and component are coordinates.
        """
        named = {k: ("entry", v) for k, v in self._ledger_layout.labels.items()}
        return self._labelled(self._books.flow, named, GROUPS["flow"])

    @cached_property
    def dissipation(self) -> xr.DataArray:
        """Energy dissipated by each process, ∫ J·A dt."""
        return self._labelled(
            self._books.dissipation,
            {"process": list(self._t.kernel.program.names["dissipation"])},
            GROUPS["dissipation"],
        )

    @cached_property
    def uphill(self) -> xr.Dataset:
        """The part of each process that ran uphill, J·A < 0, since the start: ``energy`` = ∫
        max(−J·A, 0) dt [pJ], ``duration`` [s], and their shares ``energy_share`` of ∫ |J·A| dt and
        ``time_share`` of the time since the start.  Zero where a law is proved.

        Integrated by the solver along its own steps; where the sign changes within a step, the
        duration is accurate to a fraction of that step.
        """
        import xarray as xr

        axes = {"process": list(self._t.kernel.program.names["dissipation"])}
        energy = self._labelled(self._books.uphill_energy, axes, GROUPS["uphill_energy"])
        duration = self._labelled(self._books.uphill_time, axes, GROUPS["uphill_time"], "s")
        gross, elapsed = self.dissipation + 2 * energy, energy.time
        dataset = xr.Dataset({"energy": energy, "duration": duration})
        for name, part, whole in (
            ("energy_share", energy, gross),
            ("time_share", duration, elapsed),
        ):
            dataset[name] = (
                (part / whole.where(whole > 0))
                .fillna(0.0)
                .where(part.notnull())
                .transpose(*energy.dims)
            )
            long_name = name.replace("_", " ") + " with J·A < 0"
            dataset[name].attrs = {"units": "1", "long_name": long_name}
        return dataset

    @cached_property
    def free(self) -> xr.DataArray:
        """Energy that loops of hosted cycles made from nothing since the start, ∫ J·ε dt by loop
        [pJ], with J the flux around the loop and ε its residual, RT ln(Π k⁺/Π k⁻) less its
        affinity.  The sum over the loops of a cycle is independent of the choice of spanning tree;
        negative values are energy lost.
        """
        names = list(self._books.gained)
        shape = (0, *self._books.flow.shape[1:])
        values = np.array(list(self._books.gained.values())) if names else np.zeros(shape)
        return self._labelled(values, {"loop": names}, "energy made from nothing")

    def uphill_shares(self) -> dict[str, tuple[float, float, float]]:
        """(share of the time, energy [pJ], share of the energy) of the processes that ran uphill,
        at the end; of a scan the mean.
        """
        last = self.uphill.isel(time=-1).mean(
            [d for d in self.uphill.dims if d not in ("time", "process")]
        )
        rows = zip(
            last.process.values,
            last.time_share.values,
            last.energy.values,
            last.energy_share.values,
            strict=True,
        )
        return {str(p): (float(t), float(e), float(s)) for p, t, e, s in rows if t > 0 or e > 0}

    @cached_property
    def exergy(self) -> xr.DataArray:
        """Exergy gained by each store, Ξ − Ξ(0), from the state alone."""
        return self._labelled(
            self._books.exergy,
            {"store": list(self._t.kernel.program.names["exergy"])},
            GROUPS["exergy"],
        )

    @property
    def entries(self) -> xr.DataArray:
        """The entries as a dense array over process, store (with its component) and time."""
        flat, ledger_layout = self.flow, self._ledger_layout
        keys = [f"{s.name} ({s.component})" for s in ledger_layout.store]
        rows, columns = list(dict.fromkeys(ledger_layout.process)), list(dict.fromkeys(keys))
        values = np.zeros((len(rows), len(columns), *flat.shape[1:]))
        for k, (p, s) in enumerate(zip(ledger_layout.process, keys, strict=True)):
            values[rows.index(p), columns.index(s)] += flat.values[k]
        return self._dense(values, {"process": rows, "store": columns}, flat)

    def _dense(self, values: Any, axes: dict[str, list[str]], like: xr.DataArray) -> xr.DataArray:
        import xarray as xr

        rest = {k: v for k, v in like.coords.items() if set(v.dims) <= set(like.dims[1:])}
        return xr.DataArray(
            values,
            dims=(*axes, *like.dims[1:]),
            coords={**axes, **rest},
            name=like.name,
            attrs=like.attrs,
        )

    # --- the lines of the table

    def _line(self, name: str) -> xr.DataArray:
        return self._labelled(
            getattr(self._books, name),
            {},
            LINES[name],
            "1" if name == "residual_relative" else UNIT,
        )

    @cached_property
    def spent(self) -> xr.DataArray:
        """Energy given by held pools (ATP and its products)."""
        return self._line("spent")

    @cached_property
    def baths(self) -> xr.DataArray:
        """Energy given by the baths, relative to the reference bath, by species; negative where
        energy was delivered to them.
        """
        return self._labelled(
            self._books.baths, {"species": self._ledger_layout.baths}, LINES["supplied"]
        )

    @cached_property
    def supplied(self) -> xr.DataArray:
        """Energy given by baths, summed over the species that gave energy."""
        return self._line("supplied")

    @cached_property
    def imposed(self) -> xr.DataArray:
        """Energy that protocols put in by changing parameters: ∫ ∂Ξ/∂t dt, and a jump of Ξ at each
        break.
        """
        return self._line("imposed")

    @cached_property
    def dosed(self) -> xr.DataArray:
        """Exergy of what events added to pools, or set: Ξ after less Ξ before, at the parameters
        before.
        """
        return self._line("dosed")

    @cached_property
    def electrodes(self) -> xr.DataArray:
        """Work of electrodes, ∫ V·I dt, or ∫ V_command·I dt through a series resistance; negative
        where they took energy out.
        """
        return self._line("electrodes")

    @cached_property
    def stepped(self) -> xr.DataArray:
        """Work of voltage clamps in the moments at which their commands jump, ∫ V dq over the
        charge of the capacitors, which jumps too.
        """
        return self._line("stepped")

    def imposed_by_store(self) -> dict[str, float]:
        """Energy that protocols put into each store of Ξ until the end of a single run [pJ];
        stores that they left unchanged are not listed.
        """
        parts = self._books.imposed_parts[:, self._t.reached - 1, 0]
        return {
            name: float(x)
            for name, x in zip(self._t.kernel.program.names["exergy"], parts, strict=False)
            if x
        }

    @cached_property
    def delivered(self) -> xr.DataArray:
        """Work handed on to baths, summed over the species that took energy."""
        return self._line("delivered")

    @cached_property
    def stored(self) -> xr.DataArray:
        """Gain of exergy of the cell, from the state alone."""
        return self._line("stored")

    @cached_property
    def dissipated(self) -> xr.DataArray:
        """Energy turned into heat."""
        return self._line("dissipated")

    @cached_property
    def relaxed(self) -> xr.DataArray:
        """Exergy that turned to heat where constraints, such as that of a process at equilibrium,
        jumped: Ξ before − after, at fixed totals; at breaks, and at the start from the amounts as
        declared.  Such fast processes dissipate nothing else.  Negative where an event set a
        quantity that a constraint determines, which then returns, and where a bath supplied what
        jumped.
        """
        return self._line("relaxed")

    @cached_property
    def unpaid(self) -> xr.DataArray:
        """Energy that loops of hosted cycles made from nothing, summed over the cycles that made
        any; :attr:`free` gives it by loop.
        """
        return self._line("unpaid")

    @cached_property
    def released(self) -> xr.DataArray:
        """Gradient energy taken in by coupled transporters, those that move more than one carrier
        of energy (for instance the energy from the sodium gradient).
        """
        return self._line("released")

    @cached_property
    def residual(self) -> xr.DataArray:
        """The imbalance of the ledger: energy given, by electrodes too, − ΔΞ − Σ dissipated."""
        return self._line("residual")

    @cached_property
    def passed(self) -> xr.DataArray:
        """The energy that passed through: the largest of the energies spent, supplied and imposed,
        dissipated, and stored or drawn.
        """
        return self._line("passed")

    @cached_property
    def rounding(self) -> float:
        """The floating-point uncertainty of ΔΞ [pJ]: 1e-14 of RT Σn and of the terms of Ξ."""
        return float(np.max(self._books.rounding))

    @cached_property
    def residual_relative(self) -> xr.DataArray:
        """Residual divided by the energy that passed through; 0 where the residual is within
        rounding.
        """
        return self._line("residual_relative")

    # --- views

    @cached_property
    def transfers(self) -> xr.DataArray:
        """Energy that each transporter took (+) or gave (−), by carrier of energy: dims
        transporter, carrier, component, time.
        """
        ledger_layout, flow = self._ledger_layout, self._books.flow
        components = COMPONENTS if ledger_layout.electrodes else WITHOUT_ELECTRODES
        values = np.zeros(
            (
                len(ledger_layout.transporters),
                len(ledger_layout.carriers),
                len(components),
                *flow.shape[1:],
            )
        )
        for row, t, c, store in zip(
            flow, ledger_layout.transporter, ledger_layout.carrier, ledger_layout.store, strict=True
        ):
            values[
                ledger_layout.transporters.index(t),
                ledger_layout.carriers.index(c),
                components.index(store.component),
            ] += row
        axes = {
            "transporter": ledger_layout.transporters,
            "carrier": ledger_layout.carriers,
            "component": list(components),
        }
        return self._labelled(values, axes, GROUPS["flow"])

    def by(self, what: str) -> xr.DataArray:
        """Energies in groups: ``"process"`` and ``"transporter"`` the energy dissipated by each,
        ``"store"`` the exergy gained by each, ``"ion"`` the energy gained by the cell per species
        with its chemical and electrical parts, ``"role"`` the energy given by held pools, baths,
        cell and carriers.
        """
        groupings = ("process", "transporter", "store", "ion", "role")
        errors.among(what, groupings, "ledger.by(…)", " | ".join(groupings))
        if what == "process":
            return self.dissipation
        if what == "store":
            return self.exergy
        if what == "transporter":
            owner = {p.name: p.transporter for p in self._t.model.processes}
            groups = [
                [i for i, p in enumerate(self.dissipation.process.values) if owner[str(p)] == t]
                for t in self.transporters
            ]
            return self._dense(
                np.array([self.dissipation.values[g].sum(axis=0) for g in groups]),
                {"transporter": self.transporters},
                self.dissipation,
            )
        store, flow = self._ledger_layout.store, self._books.flow
        if what == "role":
            roles = ["held", "bath", "cell", "carrier"]
            roles += ["electrode"] if self._ledger_layout.electrodes else []
            sums_by_role = np.array([flow[[s.role == n for s in store]].sum(axis=0) for n in roles])
            return self._labelled(sums_by_role, {"role": roles}, GROUPS["flow"])
        names = list(dict.fromkeys(s.species for s in store if s.role == "cell"))
        keys = [(s.role, s.species, s.component) for s in store]
        parts = list(WITHOUT_ELECTRODES)
        sums = [
            [-flow[[part == ("cell", n, c) for part in keys]].sum(axis=0) for c in parts]
            for n in names
        ]
        gained = np.array(sums).reshape(len(names), len(parts), *flow.shape[1:])
        return self._labelled(gained, {"species": names, "component": parts}, "energy gained")

    def efficiency(self, transporter: str) -> xr.DataArray:
        """Energy given out divided by energy taken in by a transporter since the start; NaN where
        it took in none.
        """
        errors.among(transporter, self.transporters, "ledger.efficiency(…)", "a transporter")
        moved = self.transfers.sel(transporter=transporter).sum("component", skipna=False)
        moved = moved.sel(carrier=[c for c in moved.carrier.values if c != CARRIER])
        taken = moved.clip(min=0).sum("carrier", skipna=False)
        given = (-moved).clip(min=0).sum("carrier", skipna=False)
        ratio = given / taken.where(taken > 0)
        ratio.attrs = {"units": "1", "long_name": f"efficiency of {transporter}"}
        return ratio
