"""The ledger of a saved result that holds it entry by entry, without the model."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.empty_baths import empty_baths
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
    """The parts of a trajectory that the ledger needs, read from a dataset; arrays are (member,
    time, lane).
    """

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
            SimpleNamespace(
                name=n,
                transporter=t,
                rates=SimpleNamespace(reason=reason),
                certificate=SimpleNamespace(exempt=reason is not None),
            )
            for n, t, reason in self.facts["processes"]
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
            constants_in_words=self.facts.get("constants", ()),
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
        self.block = SimpleNamespace(times=times, min_dissipation=least)

    @property
    def statuses(self) -> list[Status]:
        """How each lane ended."""
        pools = self.data.culprit.values.ravel()
        ends = zip(
            self.data.status.values.ravel(), self.data.end.values.ravel(), pools, strict=True
        )
        return [Status(Outcome.of(k), float(t), "", None if p < 0 else int(p)) for k, t, p in ends]

    def shaped(self, values: Array) -> Array:
        """Values (member, time, lane) as (member, time, *dims)."""
        return values.reshape(*values.shape[:2], *self.dims.values())

    def lanes(self, name: str, *axes: str) -> Array:
        """A variable of the file as (*axes, lane)."""
        variable = self.data[name].transpose(*axes, *self.dims)
        array: Array = variable.values.reshape(*variable.shape[: len(axes)], -1)
        return array


class FiledLayout(LedgerLayout):
    """The chart of accounts from the labels of the entries."""

    def __init__(self, t: Filed) -> None:
        labels = {name: [str(x) for x in t.data[f"entry_{name}"].values] for name in ENTRY}
        self.process, self.transporter = labels["process"], labels["transporter"]
        self.carrier = labels["carrier"]
        columns = [labels[name] for name in ("store", "species", "place", "role", "component")]
        self.store = [
            Store(name, species, place, _member(Role, role), _member(Component, component), ())
            for name, species, place, role, component in zip(*columns, strict=True)
        ]
        self.fuel = {
            name: [(fuel, frozenset(members)) for fuel, members in parts]
            for name, parts in t.facts["fuel"].items()
        }
        self.conversions = frozenset(t.facts.get("conversions", ()))  # none in an older file
        self.transporters = list(t.facts["transporters"])
        self.carriers = list(dict.fromkeys(self.carrier))
        self.baths = list(dict.fromkeys(s.species for s in self.store if s.role is Role.BATH))
        self.electrodes = [s.place for s in self.store if s.role is Role.ELECTRODE]


def _member(kind: type[E], text: str) -> E:
    """The member of an enumeration that a file names.  Raises CorruptFile."""
    try:
        return kind(text)
    except ValueError:
        raise errors.CorruptFile(
            where=f"a saved run, entry_{kind.__name__.lower()}", wanted=" | ".join(kind),
            got=errors.shown(text), advice="save the run again",
        ) from None  # fmt: skip


class FiledTotals(LedgerTotals):
    """The ledger's totals from its entries in a file; lines are computed from them as in memory."""

    t: Any

    def __init__(self, t: Filed) -> None:
        self.t = t
        self.ledger_layout, self.summed, self.scale = FiledLayout(t), False, 1.0

    @cached_property
    def empty(self) -> dict[str, tuple[str, ...]]:
        if "touched" not in self.t.facts:  # of an older file
            return {name: tuple(used) for name, used in self.t.facts["empty"].items()}
        return {
            name: tuple(self.t.facts["touched"].get(name, ())) for name in empty_baths(self.t.data)
        }

    @cached_property
    def flow(self) -> Array:
        flow: Array = self.t.lanes("ledger_flow", "entry", "time")
        return flow

    @cached_property
    def dissipation(self) -> Array:
        dissipation: Array = self.t.lanes("ledger_dissipation", "process", "time")
        return dissipation

    def _uphill(self, which: Uphill) -> Array:
        name = {Uphill.POWER: "ledger_uphill_energy", Uphill.TIME: "ledger_uphill_time"}[which]
        if name not in self.t.data:
            return np.where(np.isnan(self.dissipation), np.nan, 0.0)
        uphill: Array = self.t.lanes(name, "process", "time")
        return uphill

    @cached_property
    def gained(self) -> dict[str, Array]:
        if "ledger_free" not in self.t.data:
            return {}
        loops = map(str, self.t.data["loop"].values)
        return dict(zip(loops, self.t.lanes("ledger_free", "loop", "time"), strict=True))

    @cached_property
    def cycle_of(self) -> dict[str, str]:
        if not self.gained:
            return {}
        if "loop_cycle" not in self.t.data.coords:
            raise errors.CorruptFile(
                where="a saved run",
                wanted="the cycle of each loop, loop_cycle",
                got="a file of an older version without it",
                advice="run the model again and bm.save(run, …)",
            )
        return dict(zip(self.gained, map(str, self.t.data.loop_cycle.values), strict=True))

    @cached_property
    def exergy(self) -> Array:
        exergy: Array = self.t.lanes("ledger_exergy", "store", "time")
        return exergy

    @cached_property
    def imposed(self) -> Array:
        imposed: Array = self.t.lanes("ledger_imposed", "time")
        return imposed

    @cached_property
    def relaxed(self) -> Array:
        return self._newer_line("relaxed")

    def _newer_line(self, name: str) -> Array:
        """A line that older files do not have."""
        if f"ledger_{name}" not in self.t.data:
            return self._where_run(np.zeros_like(self.dissipated))
        line: Array = self.t.lanes(f"ledger_{name}", "time")
        return line

    @cached_property
    def stepped(self) -> Array:
        return self._newer_line("stepped")

    @cached_property
    def dosed(self) -> Array:
        return self._newer_line("dosed")

    @cached_property
    def imposed_parts(self) -> Array:
        if "ledger_imposed_by_store" not in self.t.data:
            return np.zeros_like(self.exergy)
        parts: Array = self.t.lanes("ledger_imposed_by_store", "store", "time")
        return parts

    @cached_property
    def swung(self) -> Array:
        if "ledger_swung" not in self.t.data:
            return np.zeros_like(self.rounding)
        swung: Array = self.t.lanes("ledger_swung")
        return swung

    @cached_property
    def rounding(self) -> Array:
        rounding: Array = self.t.lanes("ledger_rounding")
        return rounding


class FiledLedger(Ledger):
    """The energy ledger of a saved run, with all of :class:`~biomembrane.Ledger`."""

    def __init__(self, data: xr.Dataset) -> None:
        t: Any = Filed(data)
        self._t, self._books = t, FiledTotals(t)
        self._ledger_layout = self._books.ledger_layout
        self.transporters, self.labels = self._ledger_layout.transporters, dict(t.facts["labels"])
