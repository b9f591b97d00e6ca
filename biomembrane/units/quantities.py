"""Quantities: made from numbers, from text, and from those of other registries."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, user_text
from ..dimension import BASE, Dimension
from .registry import PINT_BASE, UnitFacts, absolute, facts, has_offset, parsed, registry

if TYPE_CHECKING:
    from ..quantity_types import ArrayLike, Number, Quantity, QuantityLike


def Q(value: Number | ArrayLike | QuantityLike, unit: str | None = None) -> Quantity:
    """A quantity: ``Q(140, "mM")``, ``Q([1, 2], "mV")``, ``Q("10 min")``.

    ``Q(37, "degC")`` becomes kelvin at once.  Units are read as papers print them: ``mmol l-1``,
    ``µA/cm²``, ``nmol·mg⁻¹·min⁻¹``.  A quantity alone is returned as it is.

    Args:
        value: a number, an array of numbers, text with its unit, or a quantity.
        unit: of the number; left out where ``value`` has its own.

    Raises:
        BareNumber: a number without a unit.
        UnknownUnit: a unit that is not known or not text.
        NotANumber: text or an object where a number is due.
        NotFinite: text that is too large for a double.
        UnitMismatch: a quantity of another registry, of units that are made of nothing known here.
    """
    plain = type(value) is float or (type(value) is np.ndarray and value.dtype == float)
    if plain and isinstance(unit, str):  # the common case, without words for an error
        known = parsed(unit)
        if not isinstance(known, user_text.Unreadable) and not has_offset(known):
            return registry().Quantity(value, known)  # type: ignore[no-any-return]
    if unit is None:
        if is_quantity(value) or isinstance(value, str):
            return quantity(value, f"Q({errors.shown(value, 40)})")  # type: ignore[no-any-return]
        raise errors.BareNumber(
            where=f"Q({errors.shown(value, 40)})",
            wanted="a number and a unit",
            got="no unit",
            advice='Q(5, "mM"), or Q(5, "1") for a pure number',
        )
    where = f"Q({errors.shown(value, 40)}, {errors.shown(unit, 40)})"
    if is_quantity(value):
        raise errors.NotANumber(
            where=where,
            wanted="a number beside the unit",
            got=f"the quantity {errors.shown(value)}",
            advice=f"Q('{errors.shown(value)}').to({errors.shown(unit, 40)})",
        )
    example = unit if isinstance(unit, str) and _readable(unit) else "mM"
    number = numeric(value, where, f"Q(1, {example!r})")
    return absolute(registry().Quantity(number, unit_from_text(unit, where)))  # type: ignore[no-any-return]


def quantity(
    value: Any,
    where: str,
    wanted: str = "a number followed by a unit, such as '10 min'",
    advice: str = "",
) -> Any:
    """A quantity of this registry from text or from one of another registry; everything else
    unchanged.

    Raises ``NotANumber`` or ``UnknownUnit`` for text that is no quantity, ``UnitMismatch`` for
    units whose dimensions are not known here.
    """
    if isinstance(value, str):
        return _from_text(value, where, wanted, advice)
    return adopted(value, where) if is_quantity(value) else value


def as_quantity(value: Any, where: str) -> Any:
    """The quantity that a value means: itself, the one in its text, or a pure number."""
    result = quantity(value, where)
    return result if is_quantity(result) else Q(numeric(value, where, "Q(1, '1')"), "1")


def _readable(unit: str) -> bool:
    return not isinstance(parsed(unit), user_text.Unreadable)


def _from_text(text: str, where: str, wanted: str, advice: str) -> Any:
    leading = user_text.leading(text)
    if leading is None:
        unit = text.strip()
        example = unit if unit and _readable(unit) else "mM"
        raise errors.NotANumber(
            where=where,
            wanted=wanted,
            got=errors.shown(text),
            advice=advice or f"Q(1, {example!r})",
        )
    number, unit = leading
    if not math.isfinite(number):
        raise errors.NotFinite(
            where=where,
            wanted="a finite number",
            got=errors.shown(text),
            advice="a number below 1.8e308",
        )
    return absolute(registry().Quantity(number, unit_from_text(unit or "1", where, text)))


def numeric(
    value: Any, where: str, advice: str, wanted: str = "a number or an array of numbers"
) -> Any:
    """A float, or an array of floats, from real numbers only: no booleans, text, dates, complex
    or masked numbers.
    """
    number = value if type(value) is float else user_text.numbers(value)
    if number is None:
        raise errors.NotANumber(where=where, wanted=wanted, got=errors.shown(value), advice=advice)
    return number


def unit_from_text(unit: Any, where: str, text: str = "") -> Any:
    """The unit of this registry that a text means; ``text`` is the whole that it was read from."""
    if not isinstance(unit, str):
        raise errors.UnknownUnit(
            where=where,
            wanted="a unit as text, such as 'mM'",
            got=f"{errors.shown(unit)}, of type {type(unit).__name__}",
            advice="'mM'",
            unit=errors.shown(unit),
        )
    known = parsed(unit)
    if isinstance(known, user_text.Unreadable):
        raise errors.UnknownUnit(
            where=where,
            wanted="a unit such as 'mM', 'um^2', 'uF/cm^2', '1/s'",
            got=f"{errors.shown(text or unit)}: {errors.shown(known.why)[1:-1]}",
            advice=_unit_advice(unit, known, inside_text=bool(text)),
            unit=unit[:100],
        )
    return known


def _unit_advice(unit: str, problem: user_text.Unreadable, *, inside_text: bool) -> str:
    """Advice on a text that is no unit."""
    number = None if inside_text else user_text.leading(unit)
    if number and number[1] and _readable(number[1]):
        return f"Q({number[0]:g}, {number[1]!r})"
    near = " or ".join(repr(text) for text in problem.instead if _readable(text))
    if near:
        return f"did you mean {near}?"
    return "a unit of SI, or one of its kin, as in 'mmol/L', 'uF/cm^2' or '1/s'"


def is_quantity(value: Any) -> bool:
    """Whether this is a pint quantity, of this registry or another."""
    pint = sys.modules.get("pint")  # where it is not loaded there are none
    return pint is not None and isinstance(value, pint.Quantity)


def adopted(quantity: Any, where: str) -> Any:
    """The quantity in this registry, in its own unit where that means the same here, else in SI."""
    number = numeric(quantity.magnitude, where, "Q(5, 'mM')")
    if type(quantity) is registry().Quantity:
        if number is quantity.magnitude:
            return absolute(quantity)
        # pint accepts any magnitude, such as a Decimal, which no float can be added to
        return absolute(registry().Quantity(number, quantity.units))
    try:
        base = type(quantity)(number, quantity.units).to_base_units()
        unit = parsed(str(base.units))
    except Exception as problem:  # noqa: BLE001  units of someone else's make
        unit = user_text.Unreadable(str(problem))
    if isinstance(unit, user_text.Unreadable):
        strange = (str(name) for name in dict(quantity.dimensionality) if name not in PINT_BASE)
        raise errors.UnitMismatch(
            where=where,
            wanted="a unit made of " + ", ".join(BASE),
            got=f"{errors.shown(quantity)} ({next(strange, unit.why)})",
            advice="express it in these, or leave it out",
        )
    in_si, own = registry().Quantity(base.magnitude, unit), parsed(str(quantity.units))
    if isinstance(own, user_text.Unreadable):
        return in_si
    in_own = absolute(registry().Quantity(number, own))
    same = in_own.dimensionality == in_si.dimensionality and np.allclose(
        in_own.to_base_units().magnitude, in_si.to_base_units().magnitude, 1e-9, 0
    )
    return in_own if same else in_si


def dimension_of(quantity: Any) -> Dimension:
    """The dimension of a quantity."""
    return facts_of(quantity).dimension


def unit_of(quantity: Any) -> str:
    """The unit of a quantity as :func:`Q` reads it."""
    return facts_of(quantity).text


def facts_of(quantity: Any) -> UnitFacts:
    """Dimension, factor and text of the unit of a quantity."""
    # `_units`, because pint makes a new Unit each time it is asked for `units`
    known = facts(quantity._units) if type(quantity) is registry().Quantity else None
    if known is None:
        known = facts(adopted(quantity, errors.shown(quantity))._units)
    assert known is not None  # only temperature scales have none, and they are in kelvin now
    return known


def is_labelled(value: Any) -> bool:
    """Whether this is an array or a variable of xarray."""
    xarray = sys.modules.get("xarray")
    return xarray is not None and isinstance(value, (xarray.DataArray, xarray.Variable))


def labelled(array: Any, where: str) -> Any:
    """The values of a labelled array as a quantity, with the unit in its attributes."""
    unit = array.attrs.get("units", "1")
    number = numeric(array.values, where, "numbers as the array's values")
    return absolute(registry().Quantity(number, unit_from_text(unit, where)))
