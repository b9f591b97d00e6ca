"""What transporters and gradients are called in tables and figures: no two alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..assemble.ledger_accounts import LedgerLayout
from ..assemble.model import Model
from ..assemble.state import CARRIER
from ..declare.species import Species

PUT_IN, TAKEN_OUT = "protocols", "taken out by protocols"
WORDS = (
    "heat",
    "stored",
    "delivered",
    "baths",
    PUT_IN,
    TAKEN_OUT,
    CARRIER,
)  # nodes that are no transporters


def distinct(given: Iterable[tuple[str, str]], taken: Iterable[str] = ()) -> dict[str, str]:
    """Labels by name, from pairs (name, label): where two are equal, or one is ``taken``, the name
    stands beside it.
    """
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
    stores = [
        *WORDS,
        *model.ledger_layout.carriers,
        *node_names(model.ledger_layout, model.species).values(),
    ]
    return distinct([(t.name, t.label) for t in model.transporters], stores)


def node_names(ledger_layout: LedgerLayout, species: Mapping[str, Species]) -> dict[str, str]:
    """By carrier, the name of its store: no two alike."""
    carriers = dict.fromkeys([*ledger_layout.carriers, *ledger_layout.fuel_of.values(), *species])
    known = {
        s: species[s].label if s in species else s
        for s in carriers
        if s != CARRIER and s not in ledger_layout.fuels
    }
    gradients = {s: f"{label} gradient" for s, label in distinct(known.items()).items()}
    return {CARRIER: CARRIER} | gradients | {s: s for s in carriers if s in ledger_layout.fuels}
