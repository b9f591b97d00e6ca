"""The ledger of a result that holds the books entry by entry, without its model."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.ledger import Ledger
from ..assemble.energy_stores import Component, Role, Store
from ..assemble.ledger_accounts import LedgerLayout
from ..compile.program_outputs import Uphill
from ..solve.ledger_totals import LedgerTotals
from ..solve.status import Outcome, Status
from .schema import ENTRY

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
E = TypeVar("E", bound=StrEnum)


class Filed:
    """What the books ask of a trajectory, from a dataset; arrays are (member, time, lane)."""

    def __init__(self, data: xr.Dataset) -> None:
        self.data = data
        self.facts: dict[str, Any] = json.loads(data.attrs["books_json"])
        self.dims = {str(d): int(n) for d, n in data.status.sizes.items()}
        self.times: Array = data.time.values
        self.reached = len(self.times)
        own = {name: v.variable for name, v in data.coords.items() if set(v.dims) <= set(self.dims)}
        self.parameters = SimpleNamespace(coords=own)
        self.solver = SimpleNamespace(rtol=float(json.loads(data.attrs["solver_json"])["rtol"]))
        processes = [
            SimpleNamespace(name=n, transporter=t, rates=SimpleNamespace(flux=why, reason=why))
            for n, t, why in self.facts["processes"]
        ]
        species = {
            name: SimpleNamespace(label=label) for name, label in self.facts["species"].items()
        }
        labels = [
            SimpleNamespace(name=n, label=self.facts["labels"][n])
            for n in self.facts["transporters"]
        ]
        pools = [SimpleNamespace(name=n, carried_as=carrier) for n, carrier in self.facts["pools"]]
        self.model = SimpleNamespace(
            name=data.attrs["title"], processes=processes, species=species, transporters=labels,
            pools=pools,
            unaccounted=self.facts["unaccounted"],
        )  # fmt: skip
        rows = {
            "dissipation": list(map(str, data.process.values)),
            "exergy": list(map(str, data.store.values)),
            "drift": (),
        }
        self.kernel = SimpleNamespace(program=SimpleNamespace(names=rows))
        span = float(data.attrs.get("span", self.facts.get("span")))
        times = self.times if self.times[-1] >= span else np.append(self.times, span)
        least = data.ledger_least_power.transpose(*self.dims, "process").values.reshape(
            -1, data.sizes["process"]
        )
        self.block = SimpleNamespace(times=times, least=least)

    @property
    def statuses(self) -> list[Status]:
        """How each lane ended."""
        pools = self.data.culprit.values.ravel()
        ends = zip(
            self.data.status.values.ravel(), self.data.end.values.ravel(), pools, strict=True
        )
        return [Status(Outcome.of(k), float(t), "", None if p < 0 else int(p)) for k, t, p in ends]

    def shaped(self, values: Array) -> Array:
        """(member, time, lane) as (member, time, *dims)."""
        return values.reshape(*values.shape[:2], *self.dims.values())

    def lanes(self, name: str, *axes: str) -> Array:
        """A variable of the file as (*axes, lane)."""
        found = self.data[name].transpose(*axes, *self.dims)
        made: Array = found.values.reshape(*found.shape[: len(axes)], -1)
        return made


class FiledLayout(LedgerLayout):
    """The chart of accounts from the labels of the entries."""

    def __init__(self, t: Filed) -> None:
        told = {what: [str(x) for x in t.data[f"entry_{what}"].values] for what in ENTRY}
        self.process, self.transporter, self.carrier = (
            told["process"],
            told["transporter"],
            told["carrier"],
        )
        rows = zip(
            *(told[f] for f in ("store", "species", "place", "role", "component")), strict=True
        )
        self.store = [
            Store(n, s, at, _one(Role, role), _one(Component, c), ()) for n, s, at, role, c in rows
        ]
        self.fuel = {
            name: [(fuel, frozenset(members)) for fuel, members in parts]
            for name, parts in t.facts["fuel"].items()
        }
        self.transporters = list(t.facts["transporters"])
        self.carriers = list(dict.fromkeys(self.carrier))
        self.baths = list(dict.fromkeys(s.species for s in self.store if s.role is Role.BATH))


def _one(kind: type[E], text: str) -> E:
    """The member that a file means.  Raises CorruptFile."""
    try:
        return kind(text)
    except ValueError:
        raise errors.CorruptFile(
            where=f"a saved run, entry_{kind.__name__.lower()}", wanted=" | ".join(kind),
            got=errors.shown(text), advice="save the run again",
        ) from None  # fmt: skip


class FiledTotals(LedgerTotals):
    """The books from their entries in a file; the lines follow as they do in memory."""

    t: Any

    def __init__(self, t: Filed) -> None:
        self.t = t
        self.ledger_layout, self.summed, self.scale = FiledLayout(t), False, 1.0

    @cached_property
    def empty(self) -> dict[str, tuple[str, ...]]:
        if "touched" not in self.t.facts:  # of an older file
            return {name: tuple(used) for name, used in self.t.facts["empty"].items()}
        return {
            name: tuple(self.t.facts["touched"].get(name, ()))
            for name in str(self.t.data.attrs["empty"]).split()
        }

    @cached_property
    def flow(self) -> Array:
        made: Array = self.t.lanes("ledger_flow", "entry", "time")
        return made

    @cached_property
    def dissipation(self) -> Array:
        made: Array = self.t.lanes("ledger_dissipation", "process", "time")
        return made

    def _uphill(self, which: Uphill) -> Array:
        name = {Uphill.POWER: "ledger_uphill_energy", Uphill.TIME: "ledger_uphill_time"}[which]
        return (
            self.t.lanes(name, "process", "time")
            if name in self.t.data
            else np.where(np.isnan(self.dissipation), np.nan, 0.0)
        )

    @cached_property
    def gained(self) -> dict[str, Array]:
        if "ledger_free" not in self.t.data:
            return {}
        return dict(
            zip(
                map(str, self.t.data["loop"].values),
                self.t.lanes("ledger_free", "loop", "time"),
                strict=True,
            )
        )

    @cached_property
    def cycle_of(self) -> dict[str, str]:
        if self.gained and "loop_cycle" not in self.t.data.coords:
            advice = "run the model again and bm.save(run, …)"
            raise errors.CorruptFile(
                where="a saved run", wanted="the cycle of each loop, loop_cycle",
                got="a file of an older version without it", advice=advice
            )  # fmt: skip
        return (
            dict(zip(self.gained, map(str, self.t.data.loop_cycle.values), strict=True))
            if self.gained
            else {}
        )

    @cached_property
    def exergy(self) -> Array:
        made: Array = self.t.lanes("ledger_exergy", "store", "time")
        return made

    @cached_property
    def imposed(self) -> Array:
        made: Array = self.t.lanes("ledger_imposed", "time")
        return made

    @cached_property
    def relaxed(self) -> Array:
        name = "ledger_relaxed"  # no file of before has it
        return (
            self.t.lanes(name, "time")
            if name in self.t.data
            else self._where_run(np.zeros_like(self.dissipated))
        )

    @cached_property
    def imposed_parts(self) -> Array:
        name = "ledger_imposed_by_store"
        return (
            self.t.lanes(name, "store", "time")
            if name in self.t.data
            else np.zeros_like(self.exergy)
        )

    @cached_property
    def swung(self) -> Array:
        return (
            self.t.lanes("ledger_swung")
            if "ledger_swung" in self.t.data
            else np.zeros_like(self.rounding)
        )

    @cached_property
    def rounding(self) -> Array:
        made: Array = self.t.lanes("ledger_rounding")
        return made


class FiledLedger(Ledger):
    """The energy books of a saved run: as :class:`~biomembrane.Ledger`."""

    def __init__(self, data: xr.Dataset) -> None:
        t: Any = Filed(data)
        self._t, self._books = t, FiledTotals(t)
        self._ledger_layout = self._books.ledger_layout
        self.transporters, self.labels = self._ledger_layout.transporters, dict(t.facts["labels"])
