"""Reference states of exergy: Ξ = G − Σ μ^ref n + …, with references that do not depend on standard
states (formalism §5).

| store | reference |
|---|---|
| a solute that is only moved | its concentration in the reference bath, else in another bath, else
its mean over the cells, else its held concentration |
| solutes in cells that reactions convert into each other, one for one | their mean concentration,
which is their equilibrium where μ° is equal |
| an impermeant | its own concentration at the declared volume |
| species that equilibria alone turn into each other | as above where that is free; the others so
that the references satisfy the equilibria |
| the states of a carrier | an even distribution, with ligands at their potential when free |
| solvent | the reference bath at the declared volume; pure water where a reaction produces or
consumes it |

Each reference multiplies a sum that no process changes, so that fluxes and powers do not depend on
the choice; a step of temperature changes the terms by R ΔT. Where a reaction makes two particles
out of one, its standard energy refers to c°, and so do the references of its participants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache

import sympy as sp

from .. import symbols
from ..declare.bound_expression import BoundExpression, BoundExpressions
from ..declare.osmotic_coefficient import osmolarity
from ..declare.places import Compartment, Place
from ..declare.reaction import Participant
from ..declare.species import Species
from ..symbols import R, T, c0, n0
from . import free_energy, interconversion
from .impermeants import Impermeant
from .potentials import coefficients, used_standard
from .system import System


class References:
    """The references of a model's stores."""

    def __init__(self, model: System, impermeants: Sequence[Impermeant]) -> None:
        self.model, self.impermeants = model, impermeants
        self._levels: dict[str, sp.Expr | None] = {}

    def level(self, species: Species) -> sp.Expr | None:
        """c^ref of a species that is only moved; None for one that some transporter produces or
        consumes, whose whole supply counts.
        """
        if species.name not in self._levels:
            self._levels[species.name] = (
                self._equilibrated[species.name][1]
                if species.name in self._equilibrated
                else None
                if species in self.model.transformed
                else self._level(species)
            )
        return self._levels[species.name]

    @cached_property
    def _equilibrated(self) -> dict[str, tuple[sp.Expr, sp.Expr | None]]:
        """μ^ref and c^ref of the species that equilibria alone turn into each other."""
        reactions = self.model.interconverted
        if not reactions:
            return {}
        every = {s.name: s for net in reactions.values() for s in net}
        bathed = [s for s in every.values() if any(s in r.contents for r in self.model.reservoirs)]
        bathed.sort(key=lambda s: s.is_proton)
        follow = interconversion.references(reactions, bathed)
        free = {n: self._level(s) for n, s in every.items() if s not in follow}
        if any(level is None for level in free.values()):  # empty cells
            return {}
        own = {n: self._worth(every[n], level) for n, level in free.items() if level is not None}
        found: dict[str, tuple[sp.Expr, sp.Expr | None]] = {n: (own[n], free[n]) for n in own}
        for s, row in follow.items():
            worth = sp.Add(
                *(sp.Rational(x.numerator, x.denominator) * own[n] for n, x in row.items())
            )
            found[s.name] = worth, _at(worth - used_standard(self.model, s, None))
        return found

    def _level(self, species: Species) -> sp.Expr | None:
        cells = self.model.compartments
        for bath in sorted(self.model.reservoirs, key=lambda r: r is not self.model.reference):
            if species in bath.contents and bath.contents[species].value > 0:
                return bath.contents[species].symbol
        # as declared: a held pool is outside the exergy
        held = [p.held[species].value for p in cells if species in p.held]
        mean = _mean([(p, species) for p in cells if species in p.contents])
        return sp.Float(max(held)) if mean is None and any(held) else mean

    @cached_property
    def mixed(self) -> dict[str, sp.Expr]:
        """c^ref by pool of the solutes in cells that reactions convert into each other, one for
        one.
        """
        own = {
            f"{p.name}.{s.name}": (p, s)
            for p in self.model.compartments
            for s in p.contents
            if s in self.model.transformed and s.name not in self._equilibrated
        }
        group = {pool: {pool} for pool in own}
        unequal: set[str] = set()  # pools of reactions that are not one for one
        for process in self.model.processes:
            net = {x.pool: n for x, n in process.reaction.net.items() if x.pool in own}
            joined = set[str]().union(*(group[pool] for pool in net))
            group |= dict.fromkeys(joined, joined)
            unequal |= set(net) if sum(net.values()) else set()
        references: dict[str, sp.Expr] = {}
        for pool, members in group.items():
            mean = None if members & unequal else _mean([own[name] for name in sorted(members)])
            if mean is not None:
                references[pool] = mean
        return references

    def worth(self, species: Species, place: Place | None = None) -> sp.Expr:
        """μ^ref of a species in a place; 0 where there is none."""
        if species.name in self._equilibrated:
            return self._equilibrated[species.name][0]
        c = self.level(species)
        return sp.S.Zero if c is None else self._worth(species, c, place)

    def _worth(self, species: Species, c: sp.Expr, place: Place | None = None) -> sp.Expr:
        level = free_energy.activity(c, coefficients(species))
        return used_standard(self.model, species, place) + _log(level, c0)

    def of(self, participant: Participant) -> sp.Expr:
        """μ^ref of a participant of a reaction, except the solvent."""
        if participant.is_state:
            return self._carriers[participant.pool][0]
        if participant.pool in self.mixed:
            assert participant.species is not None
            c, species = self.mixed[participant.pool], participant.species
            return _log(free_energy.activity(c, coefficients(species)), c0)
        assert participant.species is not None
        return self.worth(participant.species, participant.place)

    @cached_property
    def _carriers(self) -> dict[str, tuple[sp.Expr, sp.Expr]]:
        """μ^ref and n^ref of the states of carriers."""
        references: dict[str, tuple[sp.Expr, sp.Expr]] = {}
        for t in self.model.transporters:
            if t.total is not None:
                share = t.total.expression / len(t.states)
                for state in t.states:
                    energy = _ligands(self.worth, state) + _log(share, n0)
                    references[state.pool] = (energy, share)
        return references

    @cached_property
    def reacts(self) -> bool:
        """Whether some reaction produces or consumes the solvent, which is then measured against
        pure water, since its energy is part of ΔG°.
        """
        return any(species.is_solvent for species in self.model.transformed)

    def pressure(self) -> sp.Expr:
        """∂G/∂W of the solvent's reference: that of the bath, or of pure water."""
        bath = self.model.reference
        return symbols.pressure(bath.name) if bath and not self.reacts else sp.S.Zero

    def exergies(self, stores: BoundExpressions) -> dict[str, BoundExpression]:
        """Ξ by store."""
        model, bath = self.model, self.model.reference
        references = dict(self._carriers)
        total, pushed = sp.S.Zero, sp.S.Zero
        if bath and not self.reacts:
            total = sp.Add(
                *(osmolarity(c.symbol, coefficients(s)) for s, c in bath.contents.items())
            )
            pushed = sp.S.Zero if bath.pressure is None else bath.pressure.symbol
        osmotic: list[sp.Expr] = []
        for place in model.compartments:
            W, rest = symbols.volume(place.name), total
            for s in place.contents:
                name = f"{place.name}.{s.name}"
                c = self.mixed.get(name, self.level(s))
                if c is not None:
                    level = free_energy.activity(c, coefficients(s))
                    worth = _log(level, c0) if name in self.mixed else self.worth(s, place)
                    strength = osmolarity(c, coefficients(s))
                    references[name] = (worth, strength * W)
                    rest -= strength
            if place.name in model.swelling:
                grown = W - place.volume.symbol
                osmotic.append((R * T * rest - pushed) * grown)
        for x in self.impermeants:
            references[x.pool] = (_log(x.symbol / x.place.volume.symbol, c0), x.symbol)
        return free_energy.exergy(stores.formulas, references, sp.Add(*osmotic))


def _mean(pools: list[tuple[Compartment, Species]]) -> sp.Expr | None:
    """The concentration of pools once they are mixed; None where they are empty."""
    if not any(place.contents[s].value for place, s in pools):
        return None
    volumes = [place.volume.symbol for place, _ in pools]
    amounts = [place.contents[s].symbol * W for (place, s), W in zip(pools, volumes, strict=True)]
    return amounts[0] / volumes[0] if len(pools) == 1 else sp.Add(*amounts) / sp.Add(*volumes)


@lru_cache(maxsize=256)
def _log(level: sp.Expr, standard: sp.Symbol) -> sp.Expr:
    return R * T * sp.log(level / standard)


def _at(energy: sp.Expr) -> sp.Expr:
    """The concentration of a chemical potential less μ°."""
    return c0 * sp.exp(energy / (R * T))


def _ligands(worth: Callable[[Species], sp.Expr], state: Participant) -> sp.Expr:
    """Σ μ^ref of the ligands of a carrier state, if they were free."""
    return _weighted_sum(tuple((n, worth(s)) for s, n in state.bound))


@lru_cache(maxsize=256)
def _weighted_sum(terms: tuple[tuple[int, sp.Expr], ...]) -> sp.Expr:
    return sp.Add(*(n * x for n, x in terms))
