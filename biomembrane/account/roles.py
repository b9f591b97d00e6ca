"""What each store carries for a transporter: an ion it moves, the fuel it burns, its own carrier states."""

from __future__ import annotations

from dataclasses import dataclass

from ..assemble.model import Model
from ..assemble.stores import Store


@dataclass(frozen=True)
class Roles:
    """``fuel``: by transporter, the name of what it makes or uses up (ATP) and the species that belong to it."""

    fuel: dict[str, tuple[str, frozenset[str]]]

    @property
    def fuels(self) -> frozenset[str]:
        """Names of all fuels."""
        return frozenset(name for name, _ in self.fuel.values())

    def carried(self, transporter: str, store: Store) -> str:
        """The name under which a store's energy enters a transporter's books."""
        if store.role == "carrier":
            return "carrier states"
        name, members = self.fuel.get(transporter, ("", frozenset[str]()))
        return name if store.species in members else store.species


def roles(model: Model) -> Roles:
    """Species that a transporter as a whole makes or uses up are its fuel, named by the first that is used up."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for t in model.transporters:
        net: dict[str, int] = {}
        for process in t.processes:
            for who, n in process.reaction.net.items():
                if who.species in model.transformed:
                    net[who.species.name] = net.get(who.species.name, 0) + n
        if net:
            found[t.name] = (next((s for s, n in net.items() if n < 0), next(iter(net))), frozenset(net))
    return Roles(found)
