"""One solute, several names: ``cell.Na`` in results and parameters, ``Na@cell`` by its place,
``Na@in`` or ``Na@out`` by the side of a membrane.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .. import errors

Sides = tuple[str, str]  # names of the inside and the outside of a membrane


def dotted(name: str, membranes: Iterable[Sides]) -> list[str]:
    """All that a name can mean, as dotted names: of a side as many as the membranes have places
    there.
    """
    species, at, word = name.partition("@")
    if not at:
        return [name]
    between = list(membranes)
    sides = {"in": [inside for inside, _ in between], "out": [outside for _, outside in between]}
    return list(dict.fromkeys(f"{place}.{species}" for place in sides.get(word) or [word]))


def spelled(name: str, membranes: Iterable[Sides]) -> str:
    """All that a dotted name may be called, ``'cell.Na', 'Na@cell' or 'Na@in'``."""
    place, _, species = name.rpartition(".")
    sides = [
        word for word, k in (("in", 0), ("out", 1)) if any(both[k] == place for both in membranes)
    ]
    return f"'{name}', " + " or ".join(f"'{species}@{word}'" for word in (place, *sides))


def meant(
    name: Any, membranes: Iterable[Sides], known: Collection[str], where: str, wanted: str
) -> str:
    """Which of the known dotted names it means.

    Raises UnknownName: for none, and for a side that is several places.
    """
    found = (
        [one for one in dotted(name, membranes) if one in known] if isinstance(name, str) else []
    )
    if len(found) > 1:
        places = [one.rpartition(".")[0] for one in found]
        advice = " or ".join(f"'{name.partition('@')[0]}@{place}'" for place in places)
        raise errors.UnknownName(
            where=where,
            wanted="one place",
            got=f"{errors.shown(name)}, which is {' and '.join(found)}",
            advice=advice,
        )
    if not found:
        errors.among(name, known, where, wanted)
    return found[0]


def renamed(
    given: Mapping[str, Any], membranes: Iterable[Sides], known: Collection[str], where: str
) -> dict[str, Any]:
    """What was given, under dotted names; names that mean nothing stay, for the caller to refuse.

    Raises DuplicateName for two names of one.
    """
    between, made, of = list(membranes), dict[str, Any](), dict[str, str]()
    for name, value in given.items():
        found = (
            [one for one in dotted(name, between) if one in known]
            if isinstance(name, str) and "@" in name
            else []
        )
        one = found[0] if len(found) == 1 else name
        if one in made:
            got = f"{of[one]!r} and {name!r}, which are one"
            raise errors.DuplicateName(
                where=where, wanted="each name once", got=got, advice=f"give {one} alone"
            )
        made[one], of[one] = value, name
    return made
