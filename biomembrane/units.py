"""The one border that units cross.  Inside are floats of the internal system; outside everything has a unit.

:func:`Q` makes a quantity, :func:`strip` takes the unit off (strictly, by dimension), :func:`restore` puts one on.
pint is imported here and nowhere else.
"""

from __future__ import annotations

import copyreg
import math
import re
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import errors
from .dimension import BASE, EXAMPLES, ONE, Dimension, dimension, example

if TYPE_CHECKING:
    from pint import Quantity as _Quantity

    Quantity = _Quantity[Any]

_PINT_BASE = {"[length]": "m", "[mass]": "kg", "[time]": "s", "[current]": "A", "[temperature]": "K", "[substance]": "mol"}


@lru_cache(maxsize=1)
def registry() -> Any:
    """The registry of every quantity here: ``units.txt``, where osmol and equivalent count moles (of particles, of charges).

    Quantities of other registries are welcome at the border; nobody else's registry is touched.
    """
    import pint

    made = pint.UnitRegistry(files(__package__) / "units.txt", autoconvert_offset_to_baseunit=True)
    copyreg.pickle(made.Quantity, lambda q: (Q, (q.magnitude, unit_of(q))))  # pint would take it to a registry of its own
    return made


def Q(value: Any, unit: str | None = None) -> Quantity:
    """A quantity: ``Q(140, "mM")``, ``Q([1, 2], "mV")``, ``Q("10 min")``, ``Q(37, "degC")`` (turned into kelvin at once).

    Raises :class:`~biomembrane.errors.UnknownUnit`, :class:`~biomembrane.errors.BareNumber` (no unit given) or
    :class:`~biomembrane.errors.NotANumber`.
    """
    if unit is None:
        if not isinstance(value, str):
            raise errors.BareNumber(
                where=f"Q({errors.shown(value, 40)})",
                wanted="a number and a unit",
                got="no unit",
                advice='Q(5, "mM"), or Q(5, "1") for a pure number',
            )
        value, unit = _split(value)
    parsed = _parsed(unit) if isinstance(unit, str) and (type(value) is float or (type(value) is np.ndarray and value.dtype == float)) else None
    if parsed is not None and not _offset_unit(parsed):  # the common case, without the words for an error
        return registry().Quantity(value, parsed)  # type: ignore[no-any-return]
    where = f"Q({errors.shown(value, 40)}, {errors.shown(unit, 40)})"
    made: Quantity = registry().Quantity(_number(value, where, f"Q(1, {unit!r})"), _unit(unit, where))
    return made.to("kelvin") if _offset(made) else made


def _split(text: str) -> tuple[float, str]:
    found = _LEADING_NUMBER.match(text.strip())
    if not found:
        unit = text.strip() if text.strip() and _parsed(text) is not None else "mM"
        raise errors.NotANumber(
            where=f"Q({errors.shown(text, 40)})",
            wanted="a number followed by a unit, such as '10 min'",
            got=errors.shown(text),
            advice=f"Q(1, {unit!r})",
        )
    return float(found[0]), text.strip()[found.end() :].strip() or "1"


def _number(value: Any, where: str, advice: str, wanted: str = "a number or an array of numbers") -> Any:
    if isinstance(value, (bool, str)) or value is None:
        raise errors.NotANumber(where=where, wanted=wanted, got=errors.shown(value), advice=advice)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise errors.NotANumber(where=where, wanted=wanted, got=errors.shown(value), advice=advice) from None
    return float(array) if array.ndim == 0 else array


def _unit(unit: Any, where: str) -> Any:
    if not isinstance(unit, str):
        got = f"{errors.shown(unit)}, of type {type(unit).__name__}"
        raise errors.UnknownUnit(where=where, wanted="a unit as text, such as 'mM'", got=got, advice="'mM'")
    found = _parsed(unit)
    if found is None:
        number = _LEADING_NUMBER.match(unit.strip())
        rest = unit.strip()[number.end() :].strip() if number else ""
        advice = f"Q({number[0]}, {rest!r})" if number and rest and _parsed(rest) is not None else errors.nearest(unit, _COMMON)
        raise errors.UnknownUnit(where=where, wanted="a unit such as 'mM', 'um^2', 'uF/cm^2', '1/s'", got=errors.shown(unit), advice=advice)
    return found


@lru_cache(maxsize=512)
def _parsed(unit: str) -> Any:
    text = unit.strip() or "1"
    try:
        parsed = registry().parse_expression(f"1{text}" if text.startswith("/") else text)
    except Exception:  # noqa: BLE001  pint raises many kinds, some of them its tokenizer's
        return None
    quantity = parsed if is_quantity(parsed) else registry().Quantity(parsed, "dimensionless")
    return quantity.units if quantity.magnitude == 1 else None


def _offset(quantity: Any) -> bool:
    return _offset_unit(quantity.units)


@lru_cache(maxsize=512)
def _offset_unit(unit: Any) -> bool:
    return str(unit) == "degree_Celsius"


def is_quantity(value: Any) -> bool:
    """Whether this is a pint quantity, of this registry or another."""
    kind = type(value)  # asked first, for pint makes a new Unit whenever the quantity itself is asked
    return all(hasattr(kind, name) or hasattr(value, name) for name in ("magnitude", "units"))


def is_plain(value: Any) -> bool:
    """Whether this is one number: a float, or a quantity of this registry."""
    return type(value) is float or (hasattr(value, "_magnitude") and type(value) is registry().Quantity and type(value._magnitude) is float)


def dimension_of(quantity: Any) -> Dimension:
    """The dimension of a quantity."""
    common = _common(quantity)
    found = common.dimension if common else _dimension_of(id(type(quantity)), quantity.units)
    if isinstance(found, str):
        advice = "express it in these, or leave it out"
        raise errors.UnitMismatch(where=str(quantity), wanted="a unit made of " + ", ".join(BASE), got=found, advice=advice)
    return found


@lru_cache(maxsize=512)
def _dimension_of(_registry: int, unit: Any) -> Dimension | str:  # units of two registries must not meet, not even as keys
    """The dimension of a pint unit, or what of it is none of ours."""
    powers = dict(unit.dimensionality)
    strange = next((str(name) for name in powers if name not in _PINT_BASE), None)
    return strange or dimension(**{_PINT_BASE[name]: Fraction(power).limit_denominator(1000) for name, power in powers.items()})


def unit_of(quantity: Any) -> str:
    """The unit of a quantity as :func:`Q` reads it."""
    common = _common(quantity)
    return common.text if common else _text(id(type(quantity)), quantity.units)


@lru_cache(maxsize=512)
def _text(_registry: int, unit: Any) -> str:
    return str(unit)


def strip(quantity: Any, dim: Dimension | tuple[Dimension, ...], where: str, *, advice: str = "") -> Any:
    """The float (or array) of ``quantity`` in the internal system.

    ``dim``: the dimension that is due, or several that are allowed.  ``where`` names the argument for the error text.
    Raises ``NotANumber``, ``BareNumber``, ``UnitMismatch``, ``NotFinite``.  Plain numbers are accepted only where ``dim`` is dimensionless.
    """
    allowed = dim if isinstance(dim, tuple) else (dim,)
    if type(quantity) is registry().Quantity:  # the common case, without the words for an error
        known, number = _known(quantity._units), quantity._magnitude
        if known is not None and known.dimension in allowed and type(number) in (float, np.ndarray):
            return _finite(_times(number, known.factor, inverse=True), where, quantity)
    elif type(quantity) is float and ONE in allowed:
        return _finite(quantity, where, quantity)
    wanted, due = _due(allowed)
    if not is_quantity(quantity) and hasattr(quantity, "attrs") and hasattr(quantity, "dims"):  # pint prints itself when asked for more
        unit = quantity.attrs.get("units", "1")
        text = from_udunits(unit) if isinstance(unit, str) else unit
        _unit(text, where)
        return strip(
            Q(_number(quantity.values, where, "numbers as the array's values"), text), dim, where, advice=advice or f"attrs={{'units': {due!r}}}"
        )
    if not is_quantity(quantity):
        quoted = isinstance(quantity, str) and _LEADING_NUMBER.match(quantity.strip())
        number = _number(quantity, where, advice or (f"Q({quantity!r})" if quoted else f"Q(1, {due!r})"), f"a number with {wanted}")
        if ONE not in allowed:
            got = errors.shown(quantity)
            raise errors.BareNumber(where=where, wanted=wanted, got=got, advice=advice or f"Q({got}, {due!r})")
        return _finite(number, where, quantity)
    if not isinstance(quantity, registry().Quantity):
        quantity = Q(quantity.magnitude, unit_of(quantity))
    found = dimension_of(quantity)
    if found not in allowed:
        number = f"{quantity.magnitude:g}" if np.ndim(quantity.magnitude) == 0 else "…"
        raise errors.UnitMismatch(where=where, wanted=wanted, got=f"{errors.shown(quantity)} ({found})", advice=advice or f"Q({number}, {due!r})")
    if _offset(quantity):
        quantity = quantity.to("kelvin")
    return _finite(_times(quantity.magnitude, from_internal(unit_of(quantity)), inverse=True), where, quantity)


class _Known(NamedTuple):
    dimension: Dimension
    factor: float
    text: str


@lru_cache(maxsize=512)
def _known(units: Any) -> _Known | None:
    """What a unit of this registry is; None where it needs more care."""
    quantity = registry().Quantity(1.0, units)
    found, text = (f(id(type(quantity)), quantity.units) for f in (_dimension_of, _text))
    if _offset(quantity) or isinstance(found, str):
        return None
    return _Known(found, _factor(found, float(quantity.to_base_units().magnitude)), str(text))


def _common(quantity: Any) -> _Known | None:
    """The same of a quantity of this registry, looked up without asking it for its unit, which makes a new one each time."""
    return _known(quantity._units) if type(quantity) is registry().Quantity else None


@lru_cache(maxsize=256)
def _due(allowed: tuple[Dimension, ...]) -> tuple[str, str]:
    """What is wanted where one of these dimensions is allowed, in words, and a unit for it."""
    units = [like(d) for d in allowed if d]
    wanted = " or ".join([f"a unit like {' or '.join(map(repr, units))}"] * bool(units) + ["a pure number"] * (ONE in allowed))
    return wanted, units[0] if units else "1"


def _finite(number: Any, where: str, given: Any) -> Any:
    if not (math.isfinite(number) if isinstance(number, float) else np.all(np.isfinite(number))):
        got = errors.shown(given)
        raise errors.NotFinite(where=where, wanted="a finite number", got=got, advice="look for 0/0, an overflow or a missing datum in what gave it")
    return number


@lru_cache(maxsize=256)
def like(dim: Dimension) -> str:
    """A unit that people use for this dimension and that :func:`Q` reads, for error texts."""
    if dim in EXAMPLES or not dim:
        return example(dim)
    return next((unit for unit in _RARE if dimension_of(Q(1.0, unit)) == dim), example(dim).replace("·", "*"))


def restore(number: Any, unit: str) -> Quantity:
    """The quantity in ``unit`` of an internal float or array."""
    return Q(_times(number, from_internal(unit)), unit)


def inward(unit: str) -> tuple[float, float]:
    """What a number in ``unit`` is multiplied with and divided by to be internal; one of the two is 1, so that decades stay exact."""
    factor = from_internal(unit)
    return (1.0, factor) if factor >= 1 else (_times(1.0, factor, inverse=True), 1.0)


def _times(number: Any, factor: float, *, inverse: bool = False) -> Any:
    """number·factor (or number/factor), dividing by the larger of the two so that decades stay exact."""
    up = (factor >= 1) != inverse
    big = factor if factor >= 1 else round(1 / factor) if math.isclose(1 / factor, round(1 / factor), rel_tol=1e-14) else 1 / factor
    return number * big if up else number / big


@lru_cache(maxsize=512)
def from_internal(unit: str) -> float:
    """Factor from the internal system to ``unit``: ``from_internal("mV") == 1000``."""
    one = Q(1.0, unit)
    return _factor(dimension_of(one), float(one.to_base_units().magnitude))


def _factor(dim: Dimension, base: float) -> float:
    """From the internal system to a unit that is so much in SI."""
    factor = 10.0**dim.decade / base
    exact = 10.0 ** round(math.log10(factor))
    return exact if math.isclose(factor, exact, rel_tol=1e-13) else factor


def udunits(unit: str) -> str:
    """The unit in the form of the CF conventions: ``fmol s-1``, ``1`` for a pure number."""
    parts = dict(Q(1.0, unit).unit_items())
    symbol = registry().get_symbol
    ordered = sorted(parts.items(), key=lambda part: -float(part[1]))  # type: ignore[arg-type]
    return " ".join(symbol(n) if p == 1 else f"{symbol(n)}{p:g}" for n, p in ordered) or "1"


def from_udunits(unit: str) -> str:
    """The unit of a CF attribute as :func:`Q` reads it: ``fmol s-1`` becomes ``fmol*s**-1``; other units stay."""
    return re.sub(r"\s+", "*", re.sub(r"([A-Za-zµ°%])(-?\d+)", r"\1**\2", unit.strip())) if _CF_UNIT.fullmatch(unit.strip()) else unit


_CF_UNIT = re.compile(r"[A-Za-zµ°%]+(-?\d+)?(\s+[A-Za-zµ°%]+(-?\d+)?)*")
_LEADING_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMON = (
    "mM", "uM", "nM", "mol/L", "mmol/L", "mV", "V", "um", "um^2", "cm^2", "pL", "fL", "pF", "uF/cm^2", "S/m^2", "mS/cm^2", "s", "ms", "min", "hour",
    "1/s", "kJ/mol", "J/mol", "degC", "kelvin", "cm/s", "m/s", "fmol", "fmol/s", "1/um^2", "Pa", "kPa", "osmol", "equivalent",
)  # fmt: skip
_RARE = ("1/s/mM", "1/s/mM^2", "1/s/mM^3", "pmol/cm^2", "fmol/s/mM", "fmol^2/fJ/s", "fmol^2/fJ/s/um^2", "nS/fmol")  # where ``EXAMPLES`` has none
