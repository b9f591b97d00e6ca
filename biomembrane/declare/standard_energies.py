"""The standard energy of a species where it is: the same everywhere, or one that follows the pH and
the pMg of its place.
"""

from __future__ import annotations

from dataclasses import replace

from .. import errors
from .parameter import Declared
from .places import Compartment, Place, contents
from .species import Species


def standard_in(species: Species | None, place: Place | None) -> Declared | None:
    """μ° of a species in a place, as a parameter; None where it has none.

    Raises MissingSpecies, ConventionMismatch where the place does not hold what the energy follows.
    """
    general = None if species is None else species.declared_standard
    if species is None or general is None or species.conditions is None:
        return general
    followed = species.conditions.follows
    if not followed:
        return general
    if place is None:
        return None
    ions = tuple(_held(ion, species, place) for ion in followed)
    dependence = species.conditions.dependence(tuple((ion.name, ion.value) for ion in ions))
    return replace(
        general,
        name=standard_name(species, place),
        value=dependence.declared,
        long_name=f"standard potential of {species.name} in {place.name} ({species.convention})",
        at=dependence.at,
        dependence=dependence,
        coefficients=ions,
    )


def standard_name(species: Species, place: Place | None) -> str:
    """The name of μ° of a species in a place."""
    own = place is not None and species.conditions is not None and species.conditions.follows
    prefix = f"{place.name}." if place is not None and own else ""
    return f"{prefix}{species.name}.standard_energy"


def _held(ion: str, species: Species, place: Place) -> Declared:
    """The concentration of an ion that a place holds; above zero."""
    where = f"{species.name} in {place.name}"
    held = place.held if isinstance(place, Compartment) else place.contents
    for other, concentration in held.items():
        if other.name == ion and concentration.value > 0:
            return concentration
    if any(other.name == ion for other in contents(place)) and isinstance(place, Compartment):
        raise errors.ConventionMismatch(
            where=where,
            wanted=f"{ion} held at a concentration above zero: an apparent energy follows it",
            got=f"{ion} in contents of {place.name}, or at zero",
            advice=f"held={{{ion}: …}}, or explicit species, library.metabolism.species(…)",
        )
    raise errors.MissingSpecies(
        where=where,
        wanted=f"{ion}, whose concentration its standard energy follows",
        got="none",
        advice=f"{ion} of the library in {place.name}, held= of a compartment; or a fixed pH and"
        " pMg, library.metabolism.Solution(…).reactants()",
        species=(ion,),
    )
