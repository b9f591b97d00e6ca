"""The books as ribbons: supplies, protocols, transporters, gradients and sinks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors
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

    A transporter takes from fuels and gradients (``supply``, ``input``) and gives to them
    (``output``) and to heat; one that ran uphill for free takes from "heat" (``uphill``).  A
    gradient's surplus is ``stored`` in the cell or ``delivered`` to baths, species by species; what
    was drawn down comes from "stored" or "baths".  What protocols put in comes from "protocols",
    and goes to the gradient of its species or, where it changed no solute's worth alone, to
    "stored"; what constraints lost where they jump goes from there to heat.  Carrier states are a
    gradient too; a fuel that the cell holds as contents comes from "stored".
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
    made: list[Flow] = []
    for transporter in ledger.transporters:
        label = ledger.labels[transporter]
        for carrier in map(str, last.carrier.values):
            energy = float(last.sel(transporter=transporter, carrier=carrier))
            made += _either(
                nodes[carrier],
                label,
                energy,
                "supply" if carrier in ledger._ledger_layout.fuels else "input",
                "output",
            )
        made += _either(label, "heat", float(heat.sel(transporter=transporter)), "heat", "uphill")
    jumped = float(ledger.relaxed.isel(time=-1))
    return [*made, *_surplus(ledger, nodes), *_either("stored", "heat", jumped, "heat", "uphill")]


def _either(one: str, two: str, energy: float, there: str, back: str) -> list[Flow]:
    """A flow of that kind from the one to the other, or of the other kind back; none where nothing
    flowed.
    """
    if energy > 0:
        return [Flow(one, two, energy, there)]
    return [Flow(two, _SINKS.get(one, one), -energy, back)] if energy < 0 else []


def _surplus(ledger: Entries, nodes: dict[str, str]) -> Iterator[Flow]:
    ledger_layout, flat = ledger._ledger_layout, ledger.flow.isel(time=-1)
    kept: dict[tuple[str, str], float] = {}
    given: dict[tuple[str, str], float] = {}
    for value, carrier, store in zip(
        flat.values, ledger_layout.carrier, ledger_layout.store, strict=True
    ):
        if store.role == "bath":
            given[carrier, store.species] = given.get((carrier, store.species), 0.0) + float(value)
        elif store.role != "held":
            kept[carrier, store.role] = kept.get((carrier, store.role), 0.0) - float(value)
    apart = 0.0
    for store_name, energy in ledger.imposed_by_store().items():
        owner = _carrier(ledger_layout, ledger._t.model, store_name)
        if owner is None:
            apart += energy
            continue
        yield from _either(PUT_IN, nodes[owner], energy, "supply", "imposed")
        role = "carrier" if owner == CARRIER else "cell"
        kept[owner, role] = kept.get((owner, role), 0.0) + energy
    yield from _either(PUT_IN, "stored", apart, "supply", "imposed")
    for (carrier, _), gained in kept.items():
        yield from _either(nodes[carrier], "stored", gained, "stored", "stored")
    for (carrier, _), energy in given.items():
        yield from _either("baths", nodes[carrier], energy, "supply", "delivered")


def _carrier(ledger_layout: LedgerLayout, model: Model, store: str) -> str | None:
    """Which carrier of energy a store of Ξ is counted with: a solute that can change, or carrier
    states; else none.
    """
    owner = next((x.carried_as for x in model.pools if x.name == store), None)
    return None if owner is None else ledger_layout.fuel_of.get(owner, owner)
