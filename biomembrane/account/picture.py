"""The books as ribbons: supplies, transporters, gradients and sinks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from ..assemble.chart import CARRIER
from .ledger import Flow

if TYPE_CHECKING:
    from .ledger import Ledger


def flows(ledger: Ledger) -> list[Flow]:
    """Ribbons of a single run.

    A transporter takes from fuels and gradients (``supply``, ``input``) and gives to gradients (``output``) and heat.  A gradient's surplus is
    ``stored`` in the cell or ``delivered`` to baths; what was drawn down comes from "stored" or "baths".  Carrier states are a gradient too.
    """
    if ledger._t.dims:
        raise errors.BadSettings(
            where="ledger.flows()", wanted="one lane", got="a scan over " + ", ".join(ledger._t.dims), advice="run.isel(…).ledger.flows()"
        )
    model = ledger._t.model
    last = ledger.transfers.isel(time=-1).sum("component")
    heat = ledger.by("transporter").isel(time=-1)
    made: list[Flow] = []
    for transporter in ledger.transporters:
        label = ledger.labels[transporter]
        for carrier in last.carrier.values:
            energy = float(last.sel(transporter=transporter, carrier=carrier))
            fuel = carrier in ledger._chart.fuels
            node = str(carrier) if fuel else gradient(str(carrier), model.species[carrier].label if carrier in model.species else str(carrier))
            if energy > 0:
                made.append(Flow(node, label, energy, "supply" if fuel else "input"))
            elif energy < 0:
                made.append(Flow(label, node, -energy, "output"))
        lost = float(heat.sel(transporter=transporter))
        if lost > 0:
            made.append(Flow(label, "heat", lost, "heat"))
    return made + _surplus(ledger)


def gradient(species: str, label: str) -> str:
    """Name of the store of a species."""
    return species if species == CARRIER else f"{label} gradient"


def _surplus(ledger: Ledger) -> list[Flow]:
    model, flat = ledger._t.model, ledger.flow.isel(time=-1)
    kept: dict[tuple[str, str], float] = {}
    for value, carrier, role in zip(flat.values, flat.carrier.values, flat.role.values, strict=True):
        if str(carrier) not in ledger._chart.fuels:
            kept[str(carrier), str(role)] = kept.get((str(carrier), str(role)), 0.0) - float(value)
    made = []
    for (carrier, role), gained in kept.items():
        node = gradient(carrier, model.species[carrier].label if carrier in model.species else carrier)
        kind, far = ("delivered", "baths") if role == "bath" else ("stored", "stored")
        if gained > 0:
            made.append(Flow(node, "delivered" if role == "bath" else "stored", gained, kind))
        elif gained < 0:
            made.append(Flow(far, node, -gained, "supply" if role == "bath" else kind))
    return made
