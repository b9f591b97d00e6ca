"""The ledger as ribbons between supplies, protocols, transporters, gradients and sinks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors
from ..assemble.energy_stores import ELECTRODE, Role
from ..assemble.ledger_accounts import LedgerLayout
from ..assemble.state import CARRIER
from .display_names import PUT_IN, TAKEN_OUT, node_names
from .ledger_entries import Entries

if TYPE_CHECKING:
    from ..assemble.model import Model

_SINKS = {PUT_IN: TAKEN_OUT, "baths": "delivered"}


@dataclass(frozen=True)
class Flow:
    """One ribbon of the energy-flow picture: ``energy`` > 0 [pJ] from ``source`` to ``target``."""

    source: str
    target: str
    energy: float
    kind: str


def flows(ledger: Entries) -> list[Flow]:
    """Ribbons of a single run, which sum to the lines of the ledger.

    A transporter takes energy from fuels and gradients (``supply``, ``input``) and gives it to them
    (``output``) and to heat; one that ran uphill for free takes it from "heat" (``uphill``).  The
    surplus of a gradient is ``stored`` in the cell or ``delivered`` to baths, species by species; a
    gradient that was drawn down is fed from "stored" or "baths".  The work of protocols comes from
    "protocols" and goes to the gradient of its species or, where it did not change the energy of a
    single solute, to "stored"; that of electrodes
    comes from "electrode"; exergy lost where constraints jump goes from there to heat.  Carrier
    states count as a gradient; a fuel that the cell contains comes from "stored".
    """
    if ledger._t.dims:
        raise errors.BadSettings(
            where="ledger.flows()",
            wanted="one lane",
            got="a scan over " + ", ".join(ledger._t.dims),
            advice="run.isel(…).ledger.flows()",
        )
    nodes = node_names(ledger._ledger_layout, ledger._t.model.species)
    last = ledger.transfers.isel(time=-1).sum("component")
    heat = ledger.by("transporter").isel(time=-1)
    ribbons: list[Flow] = []
    supplies = {*ledger._ledger_layout.fuels, ELECTRODE}
    for transporter in ledger.transporters:
        label = ledger.labels[transporter]
        for carrier in map(str, last.carrier.values):
            energy = float(last.sel(transporter=transporter, carrier=carrier))
            ribbons += _ribbon(
                nodes[carrier],
                label,
                energy,
                "supply" if carrier in supplies else "input",
                "output",
            )
        dissipated = float(heat.sel(transporter=transporter))
        ribbons += _ribbon(label, "heat", dissipated, "heat", "uphill")
    relaxed, stepped, dosed = (
        float(x.isel(time=-1)) for x in (ledger.relaxed, ledger.stepped, ledger.dosed)
    )
    return [
        *ribbons,
        *_surplus(ledger, nodes),
        *_ribbon("stored", "heat", relaxed, "heat", "uphill"),
        *_ribbon(ELECTRODE, "stored", stepped, "supply", "output"),
        *_ribbon(PUT_IN, "stored", dosed, "supply", "imposed"),
    ]


def _ribbon(start: str, end: str, energy: float, forward: str, backward: str) -> list[Flow]:
    """A flow of kind ``forward`` from start to end, of kind ``backward`` the other way where the
    energy is negative, and none where it is zero.
    """
    if energy > 0:
        return [Flow(start, end, energy, forward)]
    return [Flow(end, _SINKS.get(start, start), -energy, backward)] if energy < 0 else []


def _surplus(ledger: Entries, nodes: dict[str, str]) -> Iterator[Flow]:
    ledger_layout, flow = ledger._ledger_layout, ledger.flow.isel(time=-1)
    gained: dict[tuple[str, str], float] = {}
    from_baths: dict[tuple[str, str], float] = {}
    for value, carrier, store in zip(
        flow.values, ledger_layout.carrier, ledger_layout.store, strict=True
    ):
        if store.role == "bath":
            key = carrier, store.species
            from_baths[key] = from_baths.get(key, 0.0) + float(value)
        elif store.role not in (Role.HELD, Role.ELECTRODE):
            key = carrier, store.role
            gained[key] = gained.get(key, 0.0) - float(value)
    unassigned = 0.0
    for store_name, energy in ledger.imposed_by_store().items():
        owner = _carrier(ledger_layout, ledger._t.model, store_name)
        if owner is None:
            unassigned += energy
            continue
        yield from _ribbon(PUT_IN, nodes[owner], energy, "supply", "imposed")
        role = "carrier" if owner == CARRIER else "cell"
        gained[owner, role] = gained.get((owner, role), 0.0) + energy
    yield from _ribbon(PUT_IN, "stored", unassigned, "supply", "imposed")
    for (carrier, _), energy in gained.items():
        yield from _ribbon(nodes[carrier], "stored", energy, "stored", "stored")
    for (carrier, _), energy in from_baths.items():
        yield from _ribbon("baths", nodes[carrier], energy, "supply", "delivered")


def _carrier(ledger_layout: LedgerLayout, model: Model, store: str) -> str | None:
    """The carrier of energy that a store of Ξ belongs to: a solute that can change, or carrier
    states; None for other stores.
    """
    owner = next((x.carried_as for x in model.pools if x.name == store), None)
    return None if owner is None else ledger_layout.fuel_of.get(owner, owner)
