"""Checks of arguments, and a note on errors that a user's own functions raise."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from .mistake import BiomembraneError
from .wording import nearest, shown

RAISED = "raised in"


def expect(
    value: object, kind: type | tuple[type, ...], where: str, wanted: str, advice: str
) -> None:
    """Raise ``WrongType`` unless the value is an instance of ``kind``."""
    if not isinstance(value, kind):
        from .declaration_errors import WrongType

        raise WrongType(where=where, wanted=wanted, got=shown(value), advice=advice)


@contextmanager
def of_users(function: object, where: str) -> Iterator[None]:
    """Let a user's own error pass, with a note of the function and the argument that it was."""
    try:
        yield
    except BiomembraneError:
        raise
    except Exception as problem:
        if not any(note.startswith(RAISED) for note in getattr(problem, "__notes__", ())):
            problem.add_note(f"{RAISED} {shown(function)}, given as {where}")
        raise


def among(name: object, known: Collection[str], where: str, wanted: str) -> None:
    """Raise ``UnknownName`` unless the name is one of these."""
    if not isinstance(name, str) or name not in known:
        from .declaration_errors import UnknownName

        raise UnknownName(
            where=where,
            wanted=wanted,
            got=shown(name),
            advice=nearest(name, list(known)) or "print what it is asked of",
        )
