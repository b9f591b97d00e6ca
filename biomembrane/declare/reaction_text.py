"""The text of a reaction: ``3 Na@in + 2 K@out -> …`` as counts, names and places."""

from __future__ import annotations

import re
from functools import lru_cache

from .. import errors
from .parameter import MOST

_TERM = re.compile(
    r"\s*(?:([0-9]+)\s*\*?\s*)?([A-Za-z][\w+\-]*?)(?:@([A-Za-z][\w+\-]*))?\s*\Z", re.ASCII
)
_ARROW = re.compile(r"<->|<=>|⇌|->|→|=")

Side = list[tuple[int, str, str]]


def terms(text: str, where: str) -> tuple[Side, Side]:
    """(count, name, place) of both sides; the place is empty where no ``@`` is given."""
    errors.expect(
        text, str, where, "a reaction as text", "'Na@out + glucose@out -> Na@in + glucose@in'"
    )
    try:
        left, right = _terms(text)
    except errors.BadReaction as problem:
        raise errors.BadReaction(
            where=where, wanted=problem.wanted, got=problem.got, advice=problem.advice
        ) from None
    return list(left), list(right)


@lru_cache(maxsize=1024)
def _terms(text: str) -> tuple[tuple[tuple[int, str, str], ...], ...]:
    sides = _ARROW.split(text)
    if len(sides) != 2:
        raise errors.BadReaction(
            wanted="two sides with one arrow '->' or '<->'",
            got=errors.shown(text),
            advice="'K@in -> K@out'",
        )
    return tuple(
        tuple(_term(piece, text) for piece in re.split(r"\s\+\s", f" {side} ")) for side in sides
    )


def _term(piece: str, text: str) -> tuple[int, str, str]:
    match = _TERM.match(piece)
    if not match:
        empty = f"nothing beside an arrow or a plus in {errors.shown(text)}"
        raise errors.BadReaction(
            wanted="terms such as '2 Na@out' joined by ' + '",
            got=errors.shown(piece.strip()) if piece.strip() else empty,
            advice="write an integer, a blank, a species, '@', a place",
        )
    digits = match[1] or "1"
    count = int(digits) if len(digits) < 8 else MOST + 1
    if not 1 <= count <= MOST:
        raise errors.BadReaction(
            wanted=f"coefficients from 1 to {MOST:,}",
            got=errors.shown(piece.strip()),
            advice="leave it out, or correct the number",
        )
    return count, match[2], match[3] or ""
