"""Concentrations that a place declares, read as parameters ``place.species``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import errors
from ..dimension import CONCENTRATION
from .parameter import Declared, declare
from .parameter_checks import check_usual
from .species import Species

#: cell.volume, cell.charge and the like are a place's own
RESERVED = ("volume", "charge", "potential", "solids", "pressure", "wall")


def owner_of(place: Any) -> str:
    """What a parameter belongs to, in the words of errors: ``the compartment 'cell'``."""
    return f"the {type(place).__name__.lower()} {place.name!r}"


def declared_contents(place: Any, argument: str, given: Any = None) -> dict[Species, Declared]:
    """The concentrations given as an argument of a place, by species, checked."""
    given = getattr(place, argument) if given is None else given
    where = f"{type(place).__name__}({place.name!r}), {argument}"
    if not isinstance(given, Mapping):
        impermeant = "balance(charge=-1), or {protein: Q(100, 'mM')}"
        raise errors.WrongType(
            where=where,
            wanted="a mapping of Species to concentrations",
            got=f"{errors.shown(given)}, of type {type(given).__name__}",
            advice=impermeant if argument == "impermeant" else "{Na: Q(140, 'mM')}",
        )
    contents: dict[Species, Declared] = {}
    for species, value in given.items():
        _check_solute(species, where)
        if argument != "impermeant" and not isinstance(species.charge, int):
            raise errors.WrongType(
                where=where,
                wanted="species of whole charges",
                got=f"{species.name}, of mean valence {species.charge:g}",
                advice=f"impermeant={species.name}, for what never leaves",
            )
        if species.name in {s.name for s in contents}:
            raise errors.DuplicateName(
                where=where,
                wanted="each species once",
                got=f"two species named {species.name!r}",
                advice="give one of them another name",
            )
        name = f"{place.name}.{species.name}"
        contents[species] = concentration = declare(
            name,
            value,
            CONCENTRATION,
            long_name=f"concentration of {species.label} in {place.name}",
            owner=owner_of(place),
        )
        check_equivalents(species, concentration.unit, concentration.value, name)
        check_usual(concentration, concentration.value, name)
    return contents


def _check_solute(species: Any, where: str) -> None:
    """Raise unless this is a species that can be dissolved under its name."""
    errors.expect(
        species, Species, where, "Species as keys", "from biomembrane.library import Na, K, Cl"
    )
    if species.is_solvent or (species.composition() == {"H": 2, "O": 1} and not species.charge):
        raise errors.WrongType(
            where=where,
            wanted="solutes",
            got=f"{species.name}, the solvent",
            advice=(
                "leave it out: the place's volume is its amount; a reaction names it with"
                " species=(H2O,), library.H2O, at unit activity"
            ),
        )
    if species.name in RESERVED:
        reserved = " or ".join(map(repr, RESERVED))
        raise errors.BadName(
            where=where,
            wanted=f"another name than {reserved}, which the place itself uses",
            got=repr(species.name),
            advice=f"'{species.name}_1'",
        )


def check_equivalents(species: Species, unit: str, value: float, where: str) -> None:
    """Raise ``AmbiguousUnit`` for equivalents of a species without exactly one charge.

    Equivalents count charges, concentrations here count particles.
    """
    if "equivalent" in unit and abs(species.charge) != 1:
        charges, advice = "no charge", f"Q({value:g}, 'mM')"
        if species.charge:
            charges = f"{species.charge:+d} charges"
            advice = f"Q({value / abs(species.charge):g}, 'mM'), if charges are meant"
        raise errors.AmbiguousUnit(
            where=where,
            wanted="particles per volume",
            got=f"{unit} of {species.name}, which has {charges}",
            advice=advice,
            unit=unit,
            species=species.name,
        )
