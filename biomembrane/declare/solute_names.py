"""Names of a solute: ``cell.Na`` in results and parameters, ``Na@cell`` by its place, ``Na@in`` or
``Na@out`` by the side of a membrane.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from .. import errors

Sides = tuple[str, str]  # names of the inside and the outside of a membrane


def dotted(name: str, membranes: Iterable[Sides]) -> list[str]:
    """All dotted names that a name can mean; ``@in`` means the inside of every membrane."""
    species, at, word = name.partition("@")
    if not at:
        return [name]
    pairs = list(membranes)
    sides = {"in": [inside for inside, _ in pairs], "out": [outside for _, outside in pairs]}
    return list(dict.fromkeys(f"{place}.{species}" for place in sides.get(word) or [word]))


def spelled(name: str, membranes: Iterable[Sides]) -> str:
    """All names of the solute with this dotted name: ``'cell.Na', 'Na@cell' or 'Na@in'``."""
    place, _, species = name.rpartition(".")
    sides = [
        word for word, k in (("in", 0), ("out", 1)) if any(pair[k] == place for pair in membranes)
    ]
    return f"'{name}', " + " or ".join(f"'{species}@{word}'" for word in (place, *sides))


def meant(
    name: Any, membranes: Iterable[Sides], known: Collection[str], where: str, wanted: str
) -> str:
    """The one known dotted name that a name means.

    Raises UnknownName: for none, and for a side that is several places.
    """
    candidates = dotted(name, membranes) if isinstance(name, str) else []
    matches = [candidate for candidate in candidates if candidate in known]
    if len(matches) > 1:
        species = name.partition("@")[0]
        places = [match.rpartition(".")[0] for match in matches]
        raise errors.UnknownName(
            where=where,
            wanted="one place",
            got=f"{errors.shown(name)}, which is {' and '.join(matches)}",
            advice=" or ".join(f"'{species}@{place}'" for place in places),
        )
    if not matches:
        errors.among(name, known, where, wanted)
    return matches[0]


def renamed(
    given: Mapping[str, Any], membranes: Iterable[Sides], known: Collection[str], where: str
) -> dict[str, Any]:
    """The mapping under dotted names; unknown names stay, for the caller to refuse.

    Raises DuplicateName for two names of one solute.
    """
    pairs = list(membranes)
    values, as_given = dict[str, Any](), dict[str, str]()
    for name, value in given.items():
        by_place = isinstance(name, str) and "@" in name
        candidates = dotted(name, pairs) if by_place else []
        matches = [candidate for candidate in candidates if candidate in known]
        target = matches[0] if len(matches) == 1 else name
        if target in values:
            raise errors.DuplicateName(
                where=where,
                wanted="each name once",
                got=f"{as_given[target]!r} and {name!r}, which are one",
                advice=f"give {target} alone",
            )
        values[target], as_given[target] = value, name
    return values
