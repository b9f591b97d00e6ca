"""A run as a file holds it: everything that the books, the figures and a run that goes on from it
need, without the model.

``filed(run)`` is the run's data with the ledger entry by entry and line by line, the least power of
each process, what rounding does to ΔΞ, and the last state in the program's own units;
``books_json`` says what else the table tells.  :class:`FiledLedger` is the ledger again.
"""

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
from ..account.ledger_lines import LINES
from ..assemble.energy_stores import Component, Role, Store
from ..assemble.ledger_accounts import LedgerLayout
from ..compile.program import Uphill
from ..solve.ledger_totals import LedgerTotals
from ..solve.status import Outcome, Status
from .run import Run

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
E = TypeVar("E", bound=StrEnum)
ENTRY = ("process", "transporter", "store", "species", "place", "role", "component", "carrier")


def filed(run: Run) -> xr.Dataset:
    """What is saved of a run; see the top of this page."""
    import xarray as xr

    ledger, t, model = run.ledger, run.trajectory, run.model
    flow = ledger.flow.rename({c: f"entry_{c}" for c in ENTRY})
    lines = {f"ledger_{name}": getattr(ledger, name) for name in LINES}
    made = run.data.assign(
        ledger_flow=flow,
        ledger_dissipation=ledger.dissipation,
        ledger_exergy=ledger.exergy,
        **lines,
    )
    if t.kernel.program.names["uphill"]:
        made = made.assign(
            ledger_uphill_energy=ledger.uphill.energy, ledger_uphill_time=ledger.uphill.duration
        )
    if ledger.free.size:
        made = made.assign(ledger_free=ledger.free)
    if ledger._books.imposed_parts.any():
        made = made.assign(ledger_imposed_by_store=_imposed(ledger))
    dims, shape = tuple(t.dims), tuple(t.dims.values())
    facts = {
        "units": "fW",
        "long_name": "smallest dissipated power met at any node of the quadrature",
    }
    made["ledger_least_power"] = (("process", *dims), t.block.least.T.reshape(-1, *shape), facts)
    facts = {"units": "pJ", "long_name": "what exergy is uncertain by in floating point"}
    made["ledger_rounding"] = (dims, np.asarray(ledger._books.rounding).reshape(shape), facts)
    if ledger._books.swung.any():
        facts = {"units": "pJ", "long_name": "energy that protocols put in and took back"}
        made["ledger_swung"] = (dims, np.asarray(ledger._books.swung).reshape(shape), facts)
    names, state, _ = run.end_state
    made = made.assign_coords(state=names, state_unit=("state", [x.unit for x in model.states]))
    made["state_end"] = (
        ("state", *dims),
        state.reshape(-1, *shape),
        {"units": "1", "long_name": "state at the end, in state_unit"},
    )
    made.attrs |= {
        "baths_json": json.dumps(run.baths_by_lane),
        "books_json": json.dumps(_books(ledger), ensure_ascii=False),
    }
    assert isinstance(made, xr.Dataset)
    return made.transpose("time", ..., *dims)


def _imposed(ledger: Ledger) -> xr.DataArray:
    axes = {"store": list(ledger._t.kernel.program.names["exergy"])}
    return ledger._labelled(ledger._books.imposed_parts, axes, LINES["imposed"])


def _books(ledger: Ledger) -> dict[str, Any]:
    t, ledger_layout = ledger._t, ledger._ledger_layout
    return {
        "labels": ledger.labels,
        "transporters": ledger_layout.transporters,
        "processes": [
            [p.name, p.transporter, None if p.rates.flux is None else p.rates.reason]
            for p in t.model.processes
        ],
        "pools": [[x.name, x.carried_as] for x in t.model.pools],
        "unaccounted": list(t.model.unaccounted),
        "species": {name: s.label for name, s in t.model.species.items()},
        "fuel": {
            name: [[fuel, sorted(members)] for fuel, members in parts]
            for name, parts in ledger_layout.fuel.items()
        },
        "empty": {name: list(used) for name, used in ledger._books.empty.items()},
        "rtol": t.solver.rtol,
        "span": float(t.block.times[-1]),
    }


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
        self.solver = SimpleNamespace(rtol=float(self.facts["rtol"]))
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
        span = float(self.facts["span"])
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
        return {name: tuple(used) for name, used in self.t.facts["empty"].items()}

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
        return {name: name.partition(":")[0] for name in self.gained}

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
