"""Species that equilibria alone turn into each other, such as the forms of a buffer and H⁺.

No energy is gained or spent on them as on a fuel: their references of exergy satisfy the
equilibria, Σ ν μ^ref = 0, so that what a buffer takes up is counted once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.equilibrium import Equilibrium
from ..declare.reaction_balance import net_species
from ..declare.species import Species
from ..declare.transporter import Transporter
from . import checks
from .elimination import Row, eliminate


def interconverted(
    given: Iterable[Transporter | Cycle | Electrode],
) -> dict[str, dict[Species, int]]:
    """Net reactions of the equilibria, by name, of which no species is produced or consumed by
    another transporter, not even by way of others.
    """
    every = list(given)
    reactions = {
        t.name: net_species(t.processes[0].reaction) for t in every if isinstance(t, Equilibrium)
    }
    foreign = set(checks.transformed(t for t in every if not isinstance(t, Equilibrium)))
    while True:
        mixed = [n for n, net in reactions.items() if not foreign.isdisjoint(net)]
        if not mixed:
            return {name: net for name, net in reactions.items() if net}
        for name in mixed:
            foreign |= set(reactions.pop(name))


def references(
    reactions: Mapping[str, Mapping[Species, int]], free_first: Iterable[Species]
) -> dict[Species, Row]:
    """Of the species that follow, the combination of μ^ref of others that is theirs; ``free_first``
    come last among those that follow.
    """
    species = {s.name: s for net in reactions.values() for s in net}
    last = {s.name: k for k, s in enumerate(free_first)}
    count = {
        name: sum(s.name == name for net in reactions.values() for s in net) for name in species
    }
    order = sorted(species, key=lambda name: (last.get(name, -1), count[name]))
    found = eliminate(
        {name: {s.name: Fraction(n) for s, n in net.items()} for name, net in reactions.items()},
        order,
    )
    return {
        species[name]: {other: -x for other, x in rest.items()}
        for name, (rest, _) in found.solved.items()
    }
