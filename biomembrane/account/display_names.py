"""Labels of transporters and gradients in tables and figures; no two are equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..assemble.ledger_accounts import LedgerLayout
from ..assemble.model import Model
from ..assemble.state import CARRIER
from ..declare.species import Species

PUT_IN, TAKEN_OUT = "protocols", "taken out by protocols"
# nodes of the energy-flow picture that are not transporters
WORDS = ("heat", "stored", "delivered", "baths", PUT_IN, TAKEN_OUT, CARRIER)


def distinct(given: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Labels by name, from pairs (name, label): where two labels are equal, or one is ``taken``,
    the name is added in parentheses.
    """
    pairs = list(given)
    used = [label for _, label in pairs] + list(taken)
    unique: dict[str, str] = {}
    for name, label in pairs:
        shown = label if used.count(label) == 1 else f"{label} ({name})"
        while shown in unique.values() or (shown != label and shown in used):
            shown += "′"
        unique[name] = shown
    return unique


def labels(model: Model) -> dict[str, str]:
    """The label of each transporter: no two are equal, and none equals that of a store, a supply or
    a sink.
    """
    stores = [
        *WORDS,
        *model.ledger_layout.carriers,
        *node_names(model.ledger_layout, model.species).values(),
    ]
    return distinct([(t.name, t.label) for t in model.transporters], stores)


def node_names(ledger_layout: LedgerLayout, species: Mapping[str, Species]) -> dict[str, str]:
    """The name of the store of each carrier of energy; no two are equal."""
    carriers = dict.fromkeys([*ledger_layout.carriers, *ledger_layout.fuel_of.values(), *species])
    species_labels = {
        s: species[s].label if s in species else s
        for s in carriers
        if s != CARRIER and s not in ledger_layout.fuels
    }
    gradients = {s: f"{label} gradient" for s, label in distinct(species_labels.items()).items()}
    return {CARRIER: CARRIER} | gradients | {s: s for s in carriers if s in ledger_layout.fuels}
