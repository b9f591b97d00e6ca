"""The chart of accounts: the entries of the ledger, the carrier of energy of each, and the sums
that make the lines.
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

    ``carrier``: an ion that is moved, the fuel that is consumed (with its products), or the states
    of a carrier.  ``sums`` name the sums from which the lines of the table are computed:
    ``("spent",)``, ``("bath", species)``, ``("electrode", name)``,
    ``("taken", transporter, carrier)``; ``member`` gives the
    sums that each entry is part of, by index.
    """

    def __init__(self, model: System, stores: Sequence[Store]) -> None:
        owner = {p.name: p.transporter for p in model.processes}
        entries = [(process, store) for store in stores for process, _ in store.entries]
        self.fuel = _fuel(model)
        self.conversions = frozenset(model.interconverted)
        self.process = [process for process, _ in entries]
        self.store: list[Store] = [store for _, store in entries]
        self.transporter = [owner[p] for p in self.process]
        rows = zip(self.transporter, self.store, strict=True)
        self.carrier = [self._carrier_of(transporter, store) for transporter, store in rows]
        self.transporters = [t.name for t in model.transporters]
        self.carriers = list(dict.fromkeys(self.carrier))
        self.baths = list(dict.fromkeys(s.species for s in self.store if s.role is Role.BATH))
        self.electrodes = [e.name for e in model.electrodes]

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """Labels of the entries: process, transporter, store, species, place, role, component and
        carrier.
        """
        of_store = ("species", "place", "role", "component")
        return {
            "process": self.process,
            "transporter": self.transporter,
            "store": [s.name for s in self.store],
            **{label: [getattr(s, label) for s in self.store] for label in of_store},
            "carrier": self.carrier,
        }

    @property
    def fuels(self) -> frozenset[str]:
        """Names of all fuels."""
        return frozenset(name for parts in self.fuel.values() for name, _ in parts)

    @cached_property
    def fuel_of(self) -> dict[str, str]:
        """Name of the fuel that each species belongs to."""
        return {
            member: name
            for parts in reversed(self.fuel.values())
            for name, members in parts
            for member in members
        }

    def _carrier_of(self, transporter: str, store: Store) -> str:
        if store.role is Role.CARRIER:
            return CARRIER
        fuels = self.fuel.get(transporter, ())
        return next((name for name, members in fuels if store.species in members), store.species)

    @cached_property
    def sums(self) -> list[tuple[str, ...]]:
        pairs = dict.fromkeys(
            ("taken", t, c) for t, c in zip(self.transporter, self.carrier, strict=True)
        )
        baths = (("bath", s) for s in self.baths)
        return [("spent",), *baths, *(("electrode", e) for e in self.electrodes), *pairs]

    @property
    def supplies(self) -> int:
        """How many of the sums, from the first on, are supplies."""
        return 1 + len(self.baths) + len(self.electrodes)

    @cached_property
    def gradients(self) -> list[list[int]]:
        """By coupled transporter (one that moves more than one carrier besides its own states): its
        sums over carriers that are not its fuel.
        """
        taken: dict[str, list[int]] = {}
        apart = {*self.conversions, *self.electrodes}
        for k, (kind, *names) in enumerate(self.sums):
            if kind == "taken" and names[1] != CARRIER and names[0] not in apart:
                taken.setdefault(names[0], []).append(k)
        fuels = {t: {name for name, _ in parts} for t, parts in self.fuel.items()}
        return [
            [k for k in sums if self.sums[k][2] not in fuels.get(t, ())]
            for t, sums in taken.items()
            if len(sums) > 1
        ]

    @cached_property
    def member(self) -> list[list[int]]:
        index = {name: i for i, name in enumerate(self.sums)}
        members = []
        for t, c, store in zip(self.transporter, self.carrier, self.store, strict=True):
            names: list[tuple[str, ...]] = [("taken", t, c)]
            if store.role is Role.HELD:
                names.append(("spent",))
            elif store.role is Role.BATH:
                names.append(("bath", store.species))
            elif store.role is Role.ELECTRODE:
                names.append(("electrode", store.place))
            members.append([index[name] for name in names])
        return members


def _fuel(model: System) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """By transporter: species that it as a whole produces or consumes, in separate conversions,
    each named by the first species that is consumed.

    Species that share no atom and no moiety, even by way of others, belong to different
    conversions: one may pay for the other, as the oxidation of glucose does for ATP.  A conversion
    has one name in all transporters, that in the transporter with the fewest conversions.
    """
    net: dict[str, dict[Species, int]] = {}
    for t in (t for t in model.transporters if t.name not in model.interconverted):
        sums: dict[Species, int] = {}
        for participant, n in (pair for p in t.processes for pair in p.reaction.net.items()):
            if participant.species in model.transformed:
                sums[participant.species] = sums.get(participant.species, 0) + n
        # 0 for species that only cross a membrane
        net[t.name] = {species: n for species, n in sums.items() if n}
    conversions = {name: _conversions(changed) for name, changed in net.items() if changed}
    fuels: dict[frozenset[str], str] = {}
    for name in sorted(conversions, key=lambda name: len(conversions[name])):
        for members in conversions[name]:
            consumed = [s.name for s in members if net[name][s] < 0]
            names = [s.name for s in members]
            fuels.setdefault(frozenset(names), (consumed or names)[0])
    members_by_name = {
        name: [frozenset(s.name for s in members) for members in groups]
        for name, groups in conversions.items()
    }
    return {
        name: [(fuels[members], members) for members in groups]
        for name, groups in members_by_name.items()
    }


def _conversions(changed: Iterable[Species]) -> list[list[Species]]:
    """Species in groups that share atoms or moieties, all in the order given."""
    groups: list[tuple[set[str], list[Species]]] = []
    for species in changed:
        parts, members = {*species.composition(), *species.moieties}, [species]
        for group in [g for g in groups if not parts.isdisjoint(g[0])]:
            groups.remove(group)
            parts, members = parts | group[0], [*group[1], *members]
        groups.append((parts, members))
    return [members for _, members in groups]
