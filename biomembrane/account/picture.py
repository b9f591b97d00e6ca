"""The books as ribbons: supplies, protocols, transporters, gradients and sinks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from .. import errors
from ..assemble.chart import Chart
from ..assemble.state import CARRIER
from .ledger import Flow

if TYPE_CHECKING:
    from ..assemble.model import Model
    from ..declare.species import Species
    from .ledger import Ledger

PUT_IN, TAKEN_OUT = "protocols", "taken out by protocols"
_SINKS = {PUT_IN: TAKEN_OUT, "baths": "delivered"}
WORDS = ("heat", "stored", "delivered", "baths", PUT_IN, TAKEN_OUT, CARRIER)  # nodes that are no transporters


def distinct(given: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Labels by name, from pairs (name, label): where two are equal, or one is ``taken``, the name stands beside it."""
    pairs = list(given)
    used = [label for _, label in pairs] + list(taken)
    made: dict[str, str] = {}
    for name, label in pairs:
        shown = label if used.count(label) == 1 else f"{label} ({name})"
        while shown in made.values() or (shown != label and shown in used):
            shown += "′"
        made[name] = shown
    return made


def labels(model: Model) -> dict[str, str]:
    """How each transporter is shown: no two alike, and none like a store, a supply or a sink."""
    stores = [*WORDS, *model.chart.carriers, *_nodes(model.chart, model.species).values()]
    return distinct([(t.name, t.label) for t in model.transporters], stores)


def flows(ledger: Ledger) -> list[Flow]:
    """Ribbons of a single run, which sum to the lines of the ledger.

    A transporter takes from fuels and gradients (``supply``, ``input``) and gives to them (``output``) and to heat; one that ran uphill for
    free takes from "heat" (``uphill``).  A gradient's surplus is ``stored`` in the cell or ``delivered`` to baths, species by species; what was
    drawn down comes from "stored" or "baths".  What protocols put in comes from "protocols", and goes to the gradient of its species or, where
    it changed no
    solute's worth alone, to "stored".  Carrier states are a gradient too; a fuel that the cell holds as contents comes from "stored".
    """
    if ledger._t.dims:
        raise errors.BadSettings(
            where="ledger.flows()", wanted="one lane", got="a scan over " + ", ".join(ledger._t.dims), advice="run.isel(…).ledger.flows()"
        )
    nodes = _nodes(ledger._chart, ledger._t.model.species)
    last = ledger.transfers.isel(time=-1).sum("component")
    heat = ledger.by("transporter").isel(time=-1)
    made: list[Flow] = []
    for transporter in ledger.transporters:
        label = ledger.labels[transporter]
        for carrier in map(str, last.carrier.values):
            energy = float(last.sel(transporter=transporter, carrier=carrier))
            made += _either(nodes[carrier], label, energy, "supply" if carrier in ledger._chart.fuels else "input", "output")
        made += _either(label, "heat", float(heat.sel(transporter=transporter)), "heat", "uphill")
    return [*made, *_surplus(ledger, nodes)]


def _either(one: str, two: str, energy: float, there: str, back: str) -> list[Flow]:
    """A flow of that kind from the one to the other, or of the other kind back; none where nothing flowed."""
    if energy > 0:
        return [Flow(one, two, energy, there)]
    return [Flow(two, _SINKS.get(one, one), -energy, back)] if energy < 0 else []


def _nodes(chart: Chart, species: Mapping[str, Species]) -> dict[str, str]:
    """By carrier, the name of its store: no two alike."""
    carriers = dict.fromkeys([*chart.carriers, *chart.fuel_of.values(), *species])
    known = {s: species[s].label if s in species else s for s in carriers if s != CARRIER and s not in chart.fuels}
    gradients = {s: f"{label} gradient" for s, label in distinct(known.items()).items()}
    return {CARRIER: CARRIER} | gradients | {s: s for s in carriers if s in chart.fuels}


def _surplus(ledger: Ledger, nodes: dict[str, str]) -> Iterator[Flow]:
    chart, flat = ledger._chart, ledger.flow.isel(time=-1)
    kept: dict[tuple[str, str], float] = {}
    given: dict[tuple[str, str], float] = {}
    for value, carrier, store in zip(flat.values, chart.carrier, chart.store, strict=True):
        if store.role == "bath":
            given[carrier, store.species] = given.get((carrier, store.species), 0.0) + float(value)
        elif store.role != "held":
            kept[carrier, store.role] = kept.get((carrier, store.role), 0.0) - float(value)
    apart = 0.0
    for store_name, energy in ledger.imposed_by_store().items():
        owner = _carrier(chart, ledger._t.model, store_name)
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


def _carrier(chart: Chart, model: Model, store: str) -> str | None:
    """Which carrier of energy a store of Ξ is counted with: a solute that can change, or carrier states; else none."""
    owner = next((x.carried_as for x in model.pools if x.name == store), None)
    return None if owner is None else chart.fuel_of.get(owner, owner)
