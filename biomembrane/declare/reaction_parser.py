"""Reactions from text, resolved against the places and checked for balance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import errors
from .places import Compartment, Membrane, Place, Reservoir, contents
from .reaction import Kind, Participant, Reaction, dissolved
from .reaction_balance import balanced
from .reaction_text import terms
from .species import Species


def parse(
    text: str, on: Membrane | Compartment, where: str, extra: tuple[Species, ...] = ()
) -> Reaction:
    """Read and check a reaction on a membrane or inside a compartment.

    ``extra``: species that need no contents (the solvent).
    """
    if not isinstance(on, (Membrane, Compartment)):
        reservoir = "make a Membrane between the reservoir and another place"
        raise errors.WrongType(
            where=f"{where}, on=…",
            wanted="a Membrane or a Compartment",
            got=errors.shown(on),
            advice=(
                reservoir if isinstance(on, Reservoir) else "the membrane itself, not its name"
            ),
        )
    check_solvents(extra, where)
    where = f"{where}, reaction"
    sides = terms(text, where)
    names: dict[str, list[str]] = {}  # by the place as written
    for _, name, word in (*sides[0], *sides[1]):
        names.setdefault(word, []).append(name)
    reactants, products = (
        tuple(
            (n, participant_at(name, word, on, where, extra, names[word])) for n, name, word in side
        )
        for side in sides
    )
    return balanced(Reaction(reactants, products), where)


def check_solvents(extra: tuple[Species, ...], where: str) -> None:
    """Raise ``WrongType`` unless ``extra`` are species with the molar volume of a solvent."""
    where = f"{where}, species=…"
    if not isinstance(extra, (tuple, list)) or not all(isinstance(s, Species) for s in extra):
        raise errors.WrongType(
            where=where,
            wanted="a tuple of Species",
            got=errors.shown(extra),
            advice="species=(H2O,)",
        )
    for species in extra:
        if not species.is_solvent:
            raise errors.WrongType(
                where=where,
                wanted="the solvent, which has a molar volume",
                got=repr(species),
                advice=(
                    "solutes stand in contents= of their places; species=(H2O,) with library.H2O,"
                    f" not {species.name}"
                ),
            )


def participant_at(
    name: str,
    word: str,
    on: Membrane | Compartment,
    where: str,
    extra: tuple[Species, ...] = (),
    others: Iterable[str] = (),
) -> Participant:
    """The participant that ``name@word`` means at the place or membrane ``on``.

    ``extra``: species that need no contents (the solvent); ``others``: names of the other
    participants at that place, for the error.
    """
    place = _place(name, word, on, where)
    for species in extra:
        if species.name == name:
            label = f"{species.label}@{place.name}"
            pool = f"{place.name}.{name}"
            return Participant(pool, Kind.SOLVENT, label, (), species, place)
    present = contents(place)
    for species in present:
        if species.name == name:
            return dissolved(place, species)
    if name in {s.name for s in getattr(place, "fixed", ())}:
        raise errors.MissingSpecies(
            where=where,
            wanted=f"{name} among the contents of {place.name}",
            got=f"{name} is impermeant there",
            advice="move it from impermeant= to contents=",
            species=(name,),
        )
    available = {s.name for s in (*present, *extra)}
    lacking = [name, *(n for n in dict.fromkeys(others) if n != name and n not in available)]
    near = errors.nearest(name, [s.name for s in present], 1)
    raise errors.MissingSpecies(
        where=where,
        wanted=f"{' and '.join(lacking)} in {place.name}",
        got="contents: " + (", ".join(s.name for s in present) or "nothing"),
        advice=near if near.startswith("did") else _how_to_add(lacking, place, on),
        species=tuple(lacking),
    )


def _place(name: str, word: str, on: Membrane | Compartment, where: str) -> Place:
    """The place that ``@word`` means at a membrane or in a compartment."""
    if isinstance(on, Membrane):
        place = on.side(word)
        known = f"@in ({on.inside.name}) or @out ({on.outside.name})"
        names: tuple[str, ...] = ("in", "out", on.inside.name, on.outside.name)
        example = f"{name}@in or {name}@out"
    else:
        place = on if word in ("", "in", on.name) else None
        known, names = f"@{on.name}", (on.name,)
        example = f"{name}@{on.name}, or on= a membrane for what crosses one"
    if place is None:
        near = errors.nearest(word, names, 1) if word else ""
        raise errors.BadReaction(
            where=where,
            wanted=f"{name} at a place: {known}",
            got=f"{name}@{word}" if word else f"{name} without a place",
            advice=near if near.startswith("did") else example,
        )
    return place


# mM that metabolism keeps in a cell, for advice
_FUEL = {"ATP": 4, "ADP": 0.4, "Pi": 4, "MgATP": 4, "MgADP": 0.03, "HPO4": 2}


def _how_to_add(names: Sequence[str], place: Place, on: Membrane | Compartment) -> str:
    """Advice where a place lacks these species."""
    if names[0] == "H2O":
        return "species=(H2O,), with library.H2O, makes it the solvent"
    other = None if isinstance(on, Compartment) else on.outside if place is on.inside else on.inside
    there = set() if other is None else {s.name for s in contents(other)}
    across = [name for name in names if name in there]
    fuel = isinstance(place, Compartment) and all(name in _FUEL for name in names)
    entries = ", ".join(f"{name}: Q({_FUEL[name] if fuel else 1:g}, 'mM')" for name in names)
    advice = f"add {entries} to {'held' if fuel else 'contents'}= of {place.name}"
    if fuel:
        advice += ", which metabolism keeps"
    if across and other is not None:
        advice += f"; {' and '.join(across)} stands in {other.name}, on the other side of {on.name}"
    return advice
