"""The chart of accounts: what each entry of the ledger is, under which name its store is carried, and which sums make the lines."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from .stores import Store

if TYPE_CHECKING:
    from .model import Model

CARRIER = "carrier states"


class Chart:
    """Entries in order, each with its process, transporter, store and carrier.

    ``carrier``: an ion that is moved, the fuel that is burnt (with what belongs to it), or the carrier's own states.  ``sums`` name what the
    lines of the table are made of: ``("spent",)``, ``("bath", species)``, ``("taken", transporter, carrier)``; ``member`` gives the sums of
    each entry by their index.
    """

    def __init__(self, model: Model) -> None:
        owner = {p.name: p.transporter for p in model.processes}
        entries = [(process, store) for store in model.ledger_stores for process, _ in store.entries]
        self.fuel = _fuel(model)
        self.process = [process for process, _ in entries]
        self.store: list[Store] = [store for _, store in entries]
        self.transporter = [owner[p] for p in self.process]
        self.carrier = [self._carried(t, s) for t, s in zip(self.transporter, self.store, strict=True)]
        self.transporters = [t.name for t in model.transporters]
        self.carriers = list(dict.fromkeys(self.carrier))
        self.baths = list(dict.fromkeys(s.species for s in self.store if s.role == "bath"))

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """What is known of each entry: process, transporter, store, species, place, role, component and carrier."""
        facts = {f: [getattr(s, f) for s in self.store] for f in ("species", "place", "role", "component")}
        return {"process": self.process, "transporter": self.transporter, "store": [s.name for s in self.store], **facts, "carrier": self.carrier}

    @property
    def fuels(self) -> frozenset[str]:
        """Names of all fuels."""
        return frozenset(name for name, _ in self.fuel.values())

    @cached_property
    def fuel_of(self) -> dict[str, str]:
        """Names of the fuels by what belongs to them."""
        return {member: name for name, members in reversed(self.fuel.values()) for member in members}

    def _carried(self, transporter: str, store: Store) -> str:
        if store.role == "carrier":
            return CARRIER
        name, members = self.fuel.get(transporter, ("", frozenset[str]()))
        return name if store.species in members else store.species

    @cached_property
    def sums(self) -> list[tuple[str, ...]]:
        pairs = dict.fromkeys(("taken", t, c) for t, c in zip(self.transporter, self.carrier, strict=True))
        return [("spent",), *(("bath", s) for s in self.baths), *pairs]

    @cached_property
    def gradients(self) -> list[list[int]]:
        """By coupled transporter, one that moves more than one carrier besides its own states: its sums over those that are not its fuel."""
        taken: dict[str, list[int]] = {}
        for k, (what, *who) in enumerate(self.sums):
            if what == "taken" and who[1] != CARRIER:
                taken.setdefault(who[0], []).append(k)
        fuel = {t: name for t, (name, _) in self.fuel.items()}
        return [[k for k in sums if self.sums[k][2] != fuel.get(t)] for t, sums in taken.items() if len(sums) > 1]

    @cached_property
    def member(self) -> list[list[int]]:
        place = {name: i for i, name in enumerate(self.sums)}
        made = []
        for t, c, store in zip(self.transporter, self.carrier, self.store, strict=True):
            names: list[tuple[str, ...]] = [("taken", t, c)]
            names += [("spent",)] if store.role == "held" else [("bath", store.species)] if store.role == "bath" else []
            made.append([place[name] for name in names])
        return made


def _fuel(model: Model) -> dict[str, tuple[str, frozenset[str]]]:
    """By transporter: species that it as a whole makes or uses up, named by the first that is used up."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for t in model.transporters:
        net: dict[str, int] = {}
        for process in t.processes:
            for who, n in process.reaction.net.items():
                if who.species in model.transformed:
                    net[who.species.name] = net.get(who.species.name, 0) + n
        turned = {s: n for s, n in net.items() if n}  # what only crosses a membrane is none
        if turned:
            found[t.name] = (next((s for s, n in turned.items() if n < 0), next(iter(turned))), frozenset(turned))
    return found
