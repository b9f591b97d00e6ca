"""Reactions: ``3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in``.

A reaction is a sum of signed terms over *participants*.  A participant knows the charge that it
lays on each place: a solute its own charge on its place, a carrier state its charge coordinate on
the inside and the rest on the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

import sympy as sp

from .. import symbols
from ..symbols import c0, n0
from .places import Compartment, Membrane, Place, contents
from .species import Species


class Kind(StrEnum):
    """Kinds of participants in a reaction."""

    SOLUTE = "solute"
    SOLVENT = "water"
    STATE = "state"  # of a carrier
    SOURCE = "source"  # of an electrode


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant in a reaction: a solute, the solvent, a carrier state, or the source of an
    electrode.

    ``pool`` is its dotted name; ``charges`` are elementary charges by place, integers as ``int``,
    which adds ten times faster; ``bound`` are the solutes that a carrier state holds, with counts.
    ``drained`` is what has left its place for good, as it was there.
    """

    pool: str
    kind: Kind
    label: str
    charges: tuple[tuple[str, int | Fraction], ...] = ()
    species: Species | None = None
    place: Place | None = None
    bound: tuple[tuple[Species, int], ...] = ()
    drained: bool = False

    def __hash__(self) -> int:
        return hash(self.pool)

    @property
    def is_solute(self) -> bool:
        return self.kind is Kind.SOLUTE

    @property
    def is_solvent(self) -> bool:
        return self.kind is Kind.SOLVENT

    @property
    def is_state(self) -> bool:
        return self.kind is Kind.STATE

    @property
    def is_source(self) -> bool:
        return self.kind is Kind.SOURCE

    @property
    def row(self) -> str:
        """Its row of N: its own, or for the solvent the volume of its place."""
        if self.drained:
            return ""
        return f"{self.place.name}.volume" if self.is_solvent and self.place else self.pool

    @property
    def per_mole(self) -> sp.Expr:
        """What one mole adds to that row: 1, or for the solvent its molar volume [m³/mol]."""
        if self.is_solvent and self.species:
            return self.species.declared_molar_volume.symbol
        return sp.S.One

    @property
    def potential(self) -> sp.Symbol:
        """∂G/∂x of that row: μ [J/mol] without the electrical part, or for the solvent P [Pa] of
        its place.
        """
        if self.is_solvent and self.place:
            return symbols.pressure(self.place.name)
        return symbols.chemical_potential(self.pool)

    @property
    def unit_level(self) -> sp.Symbol:
        """The level of its standard potential: c° of a solute, n° of a carrier state."""
        return n0 if self.is_state else c0


@dataclass(frozen=True)
class Reaction:
    """Reactants and products with positive integer coefficients; ``net`` is products less
    reactants.
    """

    reactants: tuple[tuple[int, Participant], ...]
    products: tuple[tuple[int, Participant], ...]

    @cached_property
    def net(self) -> dict[Participant, int]:
        net: dict[Participant, int] = {}
        for sign, side in ((-1, self.reactants), (1, self.products)):
            for count, participant in side:
                net[participant] = net.get(participant, 0) + sign * count
        return {participant: n for participant, n in net.items() if n}

    @property
    def has_solvent(self) -> bool:
        """Whether the solvent takes part."""
        return any(participant.is_solvent for participant in self.net)

    @property
    def states(self) -> tuple[Participant, ...]:
        """The carrier states that take part; for a step of a kinetic diagram, the state that it
        leaves and then the state that it enters.
        """
        return tuple(
            participant
            for side in (self.reactants, self.products)
            for _, participant in side
            if participant.is_state
        )

    def charge_moved(self) -> dict[str, int | Fraction]:
        """Elementary charges that each place gains per turnover."""
        return self._charge_moved

    @cached_property
    def _charge_moved(self) -> dict[str, int | Fraction]:
        gained: dict[str, int | Fraction] = {}
        for participant, n in self.net.items():
            for place, z in participant.charges:
                gained[place] = gained.get(place, 0) + n * z
        return {place: z for place, z in gained.items() if z}

    def __str__(self) -> str:
        def side(terms: tuple[tuple[int, Participant], ...]) -> str:
            return " + ".join(f"{n} {w.label}" if n > 1 else w.label for n, w in terms) or "∅"

        return f"{side(self.reactants)} ⇌ {side(self.products)}"


def dissolved(place: Place, species: Species) -> Participant:
    """The participant that a solute of a place is."""
    charges = ((place.name, species.charge),) if species.charge else ()
    pool, label = f"{place.name}.{species.name}", f"{species.label}@{place.name}"
    return Participant(pool, Kind.SOLUTE, label, charges, species, place)


def solutes_at(on: Membrane | Compartment) -> dict[str, Participant]:
    """Every solute declared on either side of a membrane, or in a compartment, by its name
    ``"Ca@in"``.
    """
    places: dict[str, Place] = (
        {"in": on.inside, "out": on.outside} if isinstance(on, Membrane) else {"in": on}
    )
    return {
        f"{species.name}@{word}": dissolved(place, species)
        for word, place in places.items()
        for species in contents(place)
    }
