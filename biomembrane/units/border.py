"""Numbers on their way in and out: units are taken off, strictly by dimension, and put on again."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..constants import FARADAY
from ..dimension import AREA, MOLAR_CHARGE, ONE, TEMPERATURE, VOLUME, Dimension
from .conversion import from_internal, like, scaled
from .quantities import Q, facts_of, is_labelled, is_quantity, labelled, numeric, quantity
from .registry import facts, registry

if TYPE_CHECKING:
    from ..quantity_types import Quantity


def is_plain(value: Any) -> bool:
    """Whether this is one number: a float, or a quantity of this registry."""
    return type(value) is float or (
        hasattr(value, "_magnitude")
        and type(value) is registry().Quantity
        and type(value._magnitude) is float
    )


def strip(
    given: Any, dim: Dimension | tuple[Dimension, ...], where: str, *, advice: str = ""
) -> Any:
    """The float (or array) of a quantity, given as such or as text, in the internal system.

    ``dim``: the dimension, or several that are allowed; ``where`` names the argument for the error
    text.  Plain numbers are accepted only where ``dim`` is dimensionless.  Raises ``NotANumber``,
    ``BareNumber``, ``UnknownUnit``, ``UnitMismatch``, ``NotFinite``.
    """
    allowed = dim if isinstance(dim, tuple) else (dim,)
    if type(given) is registry().Quantity:  # the common case, without the words for an error
        known, number = facts(given._units), given._magnitude
        plain = type(number) is float or (type(number) is np.ndarray and number.dtype == float)
        if plain and known is not None and known.dimension in allowed:
            return _finite(scaled(number, known.factor, inverse=True), where, given)
    elif type(given) is float and ONE in allowed:
        return _finite(given, where, given)
    wanted, example = _wanted(allowed)
    if is_labelled(given):
        advice = advice or f"attrs={{'units': {example!r}}}"
        return strip(labelled(given, where), dim, where, advice=advice)
    value = quantity(given, where, f"a number with {wanted}", advice or f"'1 {example}'")
    if not is_quantity(value):
        number = numeric(value, where, advice or f"Q(1, {example!r})", f"a number with {wanted}")
        if ONE not in allowed:
            raise errors.BareNumber(
                where=where,
                wanted=wanted,
                got=errors.shown(given),
                advice=advice or f"Q({_listed(given)}, {example!r})",
            )
        return _finite(number, where, given)
    known = facts_of(value)
    if known.dimension not in allowed:
        if isinstance(given, str) and not known.dimension:
            raise errors.BareNumber(
                where=where,
                wanted=wanted,
                got=errors.shown(given),
                advice=advice or repr(f"{given.strip()} {example}"),
            )
        _refuse_unit(value, allowed, where, advice)
    number = numeric(value.magnitude, where, advice or f"Q(1, {example!r})")
    return _finite(scaled(number, known.factor, inverse=True), where, given)


def _listed(given: Any) -> str:
    """A number, or a short array as a list, as it can stand in advice."""
    if not isinstance(given, np.ndarray):
        return errors.shown(given)
    return repr(given.tolist()) if given.size <= 12 else "values"


def _refuse_unit(value: Any, allowed: tuple[Dimension, ...], where: str, advice: str) -> None:
    """Raise ``UnitMismatch``; 37 C and 98 F are coulombs and farads, where degrees may be meant."""
    wanted, example = _wanted(allowed)
    known = facts_of(value)
    meaning = str(known.dimension)
    number = f"{value.magnitude:g}" if np.ndim(value.magnitude) == 0 else "…"
    if TEMPERATURE in allowed and known.text in ("coulomb", "farad"):
        meaning = f"{known.text}s, not degrees"
        unit = {"coulomb": "degC", "farad": "degF"}[known.text]
        advice = advice or f"Q({number}, {unit!r})"
    raise errors.UnitMismatch(
        where=where,
        wanted=wanted,
        got=f"{errors.shown(value)} ({meaning})",
        advice=advice or _conversion(value, number, known.dimension, allowed, example),
    )


# by what a quantity is divided to get another: its name, and one with which the line can be run
_DIVISORS = {
    AREA: ("the area of the membrane", "Q(100, 'um^2')"),
    VOLUME: ("the volume of the compartment", "Q(1, 'pL')"),
    MOLAR_CHARGE: ("z·F, where z charges move", f"Q({FARADAY:.2f}, 'C/mol')"),
}


def _conversion(
    value: Any, number: str, given: Dimension, allowed: tuple[Dimension, ...], example: str
) -> str:
    """How to come from one dimension to another, where that is clear; else a quantity as an
    example.  The number that was given is never put before another unit.
    """
    quantity = f"Q({number}, '{value.units:~P}')" if number != "…" else "the quantity"
    for wanted in allowed:
        for divisor, (name, one) in _DIVISORS.items():
            if not (given.is_of_space or wanted.is_of_space):
                if given == wanted * divisor:
                    return f"divide it by {name}, as in {quantity} / {one}"
                if wanted == given * divisor:
                    return f"multiply it by {name}, as in {quantity} * {one}"
    return f"another quantity, for example Q(1, {example!r}); the number does not carry over"


def scalar(
    given: Any, dim: Dimension | tuple[Dimension, ...], where: str, *, advice: str = ""
) -> float:
    """The float of one quantity in the internal system.

    Raises as :func:`strip`, and ``NotANumber`` for an array.
    """
    number = strip(given, dim, where, advice=advice)
    if not isinstance(number, float):
        _, example = _wanted(dim if isinstance(dim, tuple) else (dim,))
        raise errors.NotANumber(
            where=where,
            wanted="one number",
            got=f"an array of shape {np.shape(number)}",
            advice=advice or f"Q(1, {example!r})",
        )
    return number


@lru_cache(maxsize=256)
def _wanted(allowed: tuple[Dimension, ...]) -> tuple[str, str]:
    """The allowed dimensions in words, and a unit as an example."""
    units = [like(dim) for dim in allowed if dim]
    words = [f"a unit like {' or '.join(map(repr, units))}"] if units else []
    if ONE in allowed:
        words.append("a pure number")
    return " or ".join(words), units[0] if units else "1"


def _finite(number: Any, where: str, given: Any) -> Any:
    if not (math.isfinite(number) if isinstance(number, float) else np.all(np.isfinite(number))):
        raise errors.NotFinite(
            where=where,
            wanted="a finite number",
            got=errors.shown(given),
            advice="look for 0/0, an overflow or a missing datum in what gave it",
        )
    return number


def restore(number: Any, unit: str) -> Quantity:
    """The quantity in ``unit`` of an internal float or array."""
    return Q(scaled(number, from_internal(unit)), unit)
