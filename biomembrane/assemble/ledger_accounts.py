"""The chart of accounts: what each entry of the ledger is, under which name its store is carried,
and which sums make the lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from .energy_stores import Role, Store
from .state import CARRIER
from .system import System

if TYPE_CHECKING:
    from ..declare.species import Species


class LedgerLayout:
    """Entries in order, each with its process, transporter, store and carrier.

    ``carrier``: an ion that is moved, the fuel that is burnt (with what belongs to it), or the
    carrier's own states.  ``sums`` name what the lines of the table are made of: ``("spent",)``,
    ``("bath", species)``, ``("taken", transporter, carrier)``; ``member`` gives the sums of each
    entry by their index.
    """

    def __init__(self, model: System, stores: Sequence[Store]) -> None:
        owner = {p.name: p.transporter for p in model.processes}
        entries = [(process, store) for store in stores for process, _ in store.entries]
        self.fuel = _fuel(model)
        self.process = [process for process, _ in entries]
        self.store: list[Store] = [store for _, store in entries]
        self.transporter = [owner[p] for p in self.process]
        self.carrier = [
            self._carried(t, s) for t, s in zip(self.transporter, self.store, strict=True)
        ]
        self.transporters = [t.name for t in model.transporters]
        self.carriers = list(dict.fromkeys(self.carrier))
        self.baths = list(dict.fromkeys(s.species for s in self.store if s.role is Role.BATH))

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """What is known of each entry: process, transporter, store, species, place, role, component
        and carrier.
        """
        facts = {
            f: [getattr(s, f) for s in self.store]
            for f in ("species", "place", "role", "component")
        }
        return {
            "process": self.process,
            "transporter": self.transporter,
            "store": [s.name for s in self.store],
            **facts,
            "carrier": self.carrier,
        }

    @property
    def fuels(self) -> frozenset[str]:
        """Names of all fuels."""
        return frozenset(name for parts in self.fuel.values() for name, _ in parts)

    @cached_property
    def fuel_of(self) -> dict[str, str]:
        """Names of the fuels by what belongs to them."""
        return {
            member: name
            for parts in reversed(self.fuel.values())
            for name, members in parts
            for member in members
        }

    def _carried(self, transporter: str, store: Store) -> str:
        if store.role is Role.CARRIER:
            return CARRIER
        return next(
            (name for name, members in self.fuel.get(transporter, ()) if store.species in members),
            store.species,
        )

    @cached_property
    def sums(self) -> list[tuple[str, ...]]:
        pairs = dict.fromkeys(
            ("taken", t, c) for t, c in zip(self.transporter, self.carrier, strict=True)
        )
        return [("spent",), *(("bath", s) for s in self.baths), *pairs]

    @cached_property
    def gradients(self) -> list[list[int]]:
        """By coupled transporter, one that moves more than one carrier besides its own states: its
        sums over those that are not its fuel.
        """
        taken: dict[str, list[int]] = {}
        for k, (what, *who) in enumerate(self.sums):
            if what == "taken" and who[1] != CARRIER:
                taken.setdefault(who[0], []).append(k)
        fuels = {t: {name for name, _ in parts} for t, parts in self.fuel.items()}
        return [
            [k for k in sums if self.sums[k][2] not in fuels.get(t, ())]
            for t, sums in taken.items()
            if len(sums) > 1
        ]

    @cached_property
    def member(self) -> list[list[int]]:
        place = {name: i for i, name in enumerate(self.sums)}
        made = []
        for t, c, store in zip(self.transporter, self.carrier, self.store, strict=True):
            names: list[tuple[str, ...]] = [("taken", t, c)]
            names += (
                [("spent",)]
                if store.role is Role.HELD
                else [("bath", store.species)]
                if store.role is Role.BATH
                else []
            )
            made.append([place[name] for name in names])
        return made


def _fuel(model: System) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """By transporter: species that it as a whole makes or uses up, each conversion apart, named by
    the first that is used up.

    Species that share no atom and no moiety, even by way of others, belong to different
    conversions: one may pay for the other, as the oxidation of glucose does for ATP.  A conversion
    has one name in all transporters, that of one which does little else.
    """
    net: dict[str, dict[Species, int]] = {}
    for t in model.transporters:
        net[t.name] = {}
        for who, n in (pair for process in t.processes for pair in process.reaction.net.items()):
            if who.species in model.transformed:
                net[t.name][who.species] = net[t.name].get(who.species, 0) + n
        net[t.name] = {
            species: n for species, n in net[t.name].items() if n
        }  # what only crosses a membrane is none
    parts = {name: _apart(made) for name, made in net.items() if made}
    known: dict[frozenset[str], str] = {}
    for name in sorted(parts, key=lambda name: len(parts[name])):
        for members in parts[name]:
            used = [s.name for s in members if net[name][s] < 0]
            known.setdefault(
                frozenset(s.name for s in members), (used or [s.name for s in members])[0]
            )
    named = {
        name: [frozenset(s.name for s in members) for members in made]
        for name, made in parts.items()
    }
    return {name: [(known[members], members) for members in made] for name, made in named.items()}


def _apart(made: Iterable[Species]) -> list[list[Species]]:
    """Species in groups that share atoms or moieties, all in the order given."""
    groups: list[tuple[set[str], list[Species]]] = []
    for species in made:
        holds, members = {*species.composition(), *species.moieties}, [species]
        for group in [g for g in groups if not holds.isdisjoint(g[0])]:
            groups.remove(group)
            holds, members = holds | group[0], [*group[1], *members]
        groups.append((holds, members))
    return [members for _, members in groups]
