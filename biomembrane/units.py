"""The one border that units cross.  Inside are floats of the internal system; outside everything
has a unit.

:func:`Q` makes a quantity, :func:`strip` takes the unit off (strictly, by dimension),
:func:`restore` puts one on. Text is read by the grammar of :mod:`.user_text`; pint is imported here
and nowhere else, and never sees the text of a user.
"""

from __future__ import annotations

import copyreg
import math
import re
import sys
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import errors, user_text
from .dimension import BASE, EXAMPLES, ONE, TEMPERATURE, Dimension, dimension, example

if TYPE_CHECKING:
    from .quantity_types import ArrayLike, Number, Quantity, QuantityLike

_PINT_BASE = {
    "[length]": "m",
    "[mass]": "kg",
    "[time]": "s",
    "[current]": "A",
    "[temperature]": "K",
    "[substance]": "mol",
}


@lru_cache(maxsize=1)
def registry() -> Any:
    """The registry of every quantity here: ``units.txt``, where osmol and equivalent count moles
    (of particles, of charges).

    Quantities of other registries are welcome at the border; nobody else's registry is touched.
    """
    import pint

    made: Any = pint.UnitRegistry(
        files(__package__) / "units.txt", autoconvert_offset_to_baseunit=True
    )
    copyreg.pickle(
        made.Quantity, lambda q: (Q, (q.magnitude, unit_of(q)))
    )  # pint would take it to a registry of its own
    return made


def Q(value: Number | ArrayLike | QuantityLike, unit: str | None = None) -> Quantity:
    """A quantity: ``Q(140, "mM")``, ``Q([1, 2], "mV")``, ``Q("10 min")``, ``Q(37, "degC")`` (turned
    into kelvin at once).

    Units are read as papers print them: ``mmol l-1``, ``µA/cm²``, ``nmol·mg⁻¹·min⁻¹``.  A quantity
    alone is the quantity.

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
    parsed = (
        _parsed(unit)
        if isinstance(unit, str)
        and (type(value) is float or (type(value) is np.ndarray and value.dtype == float))
        else None
    )
    if (
        parsed is not None
        and not isinstance(parsed, user_text.Unreadable)
        and not _offset_unit(parsed)
    ):
        return registry().Quantity(value, parsed)  # type: ignore[no-any-return]  # the common case, without words for an error
    if unit is None:
        if is_quantity(value) or isinstance(value, str):
            return quantity(value, f"Q({errors.shown(value, 40)})")  # type: ignore[no-any-return]
        where, advice = (
            f"Q({errors.shown(value, 40)})",
            'Q(5, "mM"), or Q(5, "1") for a pure number',
        )
        raise errors.BareNumber(
            where=where, wanted="a number and a unit", got="no unit", advice=advice
        )
    where = f"Q({errors.shown(value, 40)}, {errors.shown(unit, 40)})"
    if is_quantity(value):
        advice = f"Q('{errors.shown(value)}').to({errors.shown(unit, 40)})"
        raise errors.NotANumber(
            where=where,
            wanted="a number beside the unit",
            got=f"the quantity {errors.shown(value)}",
            advice=advice,
        )
    good = (
        unit
        if isinstance(unit, str) and not isinstance(_parsed(unit), user_text.Unreadable)
        else "mM"
    )
    number = _number(value, where, f"Q(1, {good!r})")
    return _absolute(registry().Quantity(number, _unit(unit, where)))  # type: ignore[no-any-return]


def quantity(
    value: Any,
    where: str,
    wanted: str = "a number followed by a unit, such as '10 min'",
    advice: str = "",
) -> Any:
    """What means a quantity, text or one of another registry, as one of this registry; everything
    else as it is.

    Raises ``NotANumber`` or ``UnknownUnit`` for text that means none, ``UnitMismatch`` for a unit
    that is made of nothing known here.
    """
    if isinstance(value, str):
        return _told(value, where, wanted, advice)
    return _home(value, where) if is_quantity(value) else value


def as_quantity(value: Any, where: str) -> Any:
    """The quantity that a value means: itself, what its text says, or a pure number."""
    made = quantity(value, where)
    return made if is_quantity(made) else Q(_number(value, where, "Q(1, '1')"), "1")


def _told(text: str, where: str, wanted: str, advice: str) -> Any:
    found = user_text.leading(text)
    if found is None:
        unit = text.strip()
        known = unit and not isinstance(_parsed(unit), user_text.Unreadable)
        raise errors.NotANumber(
            where=where,
            wanted=wanted,
            got=errors.shown(text),
            advice=advice or f"Q(1, {unit if known else 'mM'!r})",
        )
    if not math.isfinite(found[0]):
        raise errors.NotFinite(
            where=where,
            wanted="a finite number",
            got=errors.shown(text),
            advice="a number below 1.8e308",
        )
    return _absolute(registry().Quantity(found[0], _unit(found[1] or "1", where, text)))


def _number(
    value: Any, where: str, advice: str, wanted: str = "a number or an array of numbers"
) -> Any:
    """A float, or an array of floats, of what is nothing but real numbers: no flags, text, dates,
    complex numbers or masks.
    """
    found = value if type(value) is float else user_text.numbers(value)
    if found is None:
        raise errors.NotANumber(where=where, wanted=wanted, got=errors.shown(value), advice=advice)
    return found


def _unit(unit: Any, where: str, text: str = "") -> Any:
    """The unit of this registry that a text means; ``text``: the whole that it was read from."""
    if not isinstance(unit, str):
        got = f"{errors.shown(unit)}, of type {type(unit).__name__}"
        raise errors.UnknownUnit(
            where=where,
            wanted="a unit as text, such as 'mM'",
            got=got,
            advice="'mM'",
            unit=errors.shown(unit),
        )
    found = _parsed(unit)
    if isinstance(found, user_text.Unreadable):
        number = None if text else user_text.leading(unit)
        if number and number[1] and not isinstance(_parsed(number[1]), user_text.Unreadable):
            advice = f"Q({number[0]:g}, {number[1]!r})"
        else:
            near = " or ".join(
                repr(text)
                for text in found.instead
                if not isinstance(_parsed(text), user_text.Unreadable)
            )
            advice = (
                f"did you mean {near}?"
                if near
                else "a unit of SI, or one of its kin, as in 'mmol/L', 'uF/cm^2' or '1/s'"
            )
        got = f"{errors.shown(text or unit)}: {errors.shown(found.why)[1:-1]}"
        wanted = "a unit such as 'mM', 'um^2', 'uF/cm^2', '1/s'"
        raise errors.UnknownUnit(
            where=where, wanted=wanted, got=got, advice=advice, unit=unit[:100]
        )
    return found


@lru_cache(maxsize=512)
def _parsed(text: str) -> Any:
    """The unit of this registry that a text means, or why it means none."""
    try:
        powers = user_text.unit(text)
    except user_text.Unreadable as problem:
        return problem.with_traceback(None)
    parts: dict[str, Fraction] = {}
    for name, exponent in powers:
        known = user_text.named(name)
        if known is None:
            return user_text.Unreadable(
                f"{name!r} is not known", *_instead(user_text.typed(text), name)
            )
        if len(powers) > 1 or exponent != 1:
            known = user_text.FROM_ZERO.get(known, known)
        parts[known] = parts.get(known, Fraction(0)) + exponent
    return _made({name: exponent for name, exponent in parts.items() if exponent})


def _made(parts: dict[str, Fraction]) -> Any:
    """The unit of these powers of known units, if a double holds its size both in SI and inside."""
    from pint.util import UnitsContainer

    pint = registry()
    for name in parts:
        pint.get_name(name)  # which is how pint gets to know a prefixed unit
    unit = pint.Unit(
        UnitsContainer(
            {name: int(e) if e.denominator == 1 else float(e) for name, e in parts.items()}
        )
    )
    if not _offset_unit(unit):
        try:
            known = _known(unit._units)
            sound = known is not None and 1e-150 < known.factor < 1e150
        except (OverflowError, ValueError, ZeroDivisionError):
            sound = False
        if not sound:
            return user_text.Unreadable("a unit beyond all size")
    return unit


def _instead(text: str, name: str) -> list[str]:
    """The text with a name that is near the unknown one put in its place; nothing where none is, or
    where several differ in size.
    """
    units, prefixes = user_text.names()
    found: dict[str, set[str]] = {}
    for prefix in ("", *(p for p in prefixes if p not in {"M", "G", "T", "h", "da"})):
        rest = name.removeprefix(prefix)
        if not rest or not name.startswith(prefix):
            continue
        for base, kept in units.items():
            if prefix and kept in user_text.WHOLE:
                continue
            same = rest.lower() == base.lower() or rest == 2 * base
            if same or (
                min(len(rest), len(base)) > 1
                and len(rest + base) > 4
                and user_text.alike(rest, base)
            ):
                found.setdefault("near" if same else "far", set()).add(prefix + base)
    near = found.get("near") or found.get("far") or set()
    size = {(known.dimension, known.factor) for known in map(_sized, near) if known}
    best = min(near, key=lambda other: (user_text.distance(name, other), other), default="")
    return (
        [re.sub(rf"(?<![A-Za-z_µ]){re.escape(name)}(?![A-Za-z_])", best, text)]
        if len(size) == 1
        else []
    )


def _sized(name: str) -> _Known | None:
    unit = _parsed(name)
    return None if isinstance(unit, user_text.Unreadable) else _known(unit._units)


def _absolute(quantity: Any) -> Any:
    """A temperature on a scale that begins elsewhere as one in kelvin; everything else as it is."""
    return quantity.to("kelvin") if _offset_unit(quantity.units) else quantity


@lru_cache(maxsize=512)
def _offset_unit(unit: Any) -> bool:
    return str(unit) in user_text.FROM_ZERO


def is_quantity(value: Any) -> bool:
    """Whether this is a pint quantity, of this registry or another."""
    pint = sys.modules.get("pint")  # where it is not loaded there are none
    return pint is not None and isinstance(value, pint.Quantity)


def is_plain(value: Any) -> bool:
    """Whether this is one number: a float, or a quantity of this registry."""
    return type(value) is float or (
        hasattr(value, "_magnitude")
        and type(value) is registry().Quantity
        and type(value._magnitude) is float
    )


def _home(quantity: Any, where: str) -> Any:
    """The quantity in this registry, in its own unit where that means the same here, else in SI."""
    number = _number(quantity.magnitude, where, "Q(5, 'mM')")
    if (
        type(quantity) is registry().Quantity
    ):  # pint lets anything be its number: a Decimal, which no float can be added to
        return _absolute(
            quantity
            if number is quantity.magnitude
            else registry().Quantity(number, quantity.units)
        )
    try:
        base = type(quantity)(number, quantity.units).to_base_units()
        unit = _parsed(str(base.units))
    except Exception as problem:  # noqa: BLE001  units of someone else's make
        unit = user_text.Unreadable(str(problem))
    if isinstance(unit, user_text.Unreadable):
        strange = (str(name) for name in dict(quantity.dimensionality) if name not in _PINT_BASE)
        got, advice = (
            f"{errors.shown(quantity)} ({next(strange, unit.why)})",
            "express it in these, or leave it out",
        )
        raise errors.UnitMismatch(
            where=where, wanted="a unit made of " + ", ".join(BASE), got=got, advice=advice
        )
    made, own = registry().Quantity(base.magnitude, unit), _parsed(str(quantity.units))
    if isinstance(own, user_text.Unreadable):
        return made
    here = _absolute(registry().Quantity(number, own))
    same = here.dimensionality == made.dimensionality and np.allclose(
        here.to_base_units().magnitude, made.to_base_units().magnitude, 1e-9, 0
    )
    return here if same else made


def dimension_of(quantity: Any) -> Dimension:
    """The dimension of a quantity."""
    return _known_of(quantity).dimension


def unit_of(quantity: Any) -> str:
    """The unit of a quantity as :func:`Q` reads it."""
    return _known_of(quantity).text


def _known_of(quantity: Any) -> _Known:
    known = (
        _known(quantity._units) if type(quantity) is registry().Quantity else None
    )  # asked for its unit it would make a new one each time
    if known is None:
        known = _known(_home(quantity, errors.shown(quantity))._units)
    assert (
        known is not None
    )  # no scale of its own in this registry but of temperatures, which are in kelvin now
    return known


def strip(
    given: Any, dim: Dimension | tuple[Dimension, ...], where: str, *, advice: str = ""
) -> Any:
    """The float (or array) of a quantity, given as such or as text, in the internal system.

    ``dim``: the dimension that is due, or several that are allowed.  ``where`` names the argument
    for the error text. Raises ``NotANumber``, ``BareNumber``, ``UnknownUnit``, ``UnitMismatch``,
    ``NotFinite``.  Plain numbers are accepted only where ``dim`` is dimensionless.
    """
    allowed = dim if isinstance(dim, tuple) else (dim,)
    if type(given) is registry().Quantity:  # the common case, without the words for an error
        known, number = _known(given._units), given._magnitude
        plain = type(number) is float or (type(number) is np.ndarray and number.dtype == float)
        if plain and known is not None and known.dimension in allowed:
            return _finite(_times(number, known.factor, inverse=True), where, given)
    elif type(given) is float and ONE in allowed:
        return _finite(given, where, given)
    wanted, due = _due(allowed)
    if is_labelled(given):
        return strip(
            labelled(given, where), dim, where, advice=advice or f"attrs={{'units': {due!r}}}"
        )
    taken = quantity(given, where, f"a number with {wanted}", advice or f"'1 {due}'")
    if not is_quantity(taken):
        number = _number(taken, where, advice or f"Q(1, {due!r})", f"a number with {wanted}")
        if ONE not in allowed:
            got = errors.shown(given)
            listed = (
                got
                if not isinstance(given, np.ndarray)
                else repr(given.tolist())
                if given.size <= 12
                else "values"
            )
            raise errors.BareNumber(
                where=where, wanted=wanted, got=got, advice=advice or f"Q({listed}, {due!r})"
            )
        return _finite(number, where, given)
    known = _known_of(taken)
    if known.dimension not in allowed:
        if isinstance(given, str) and not known.dimension:
            raise errors.BareNumber(
                where=where,
                wanted=wanted,
                got=errors.shown(given),
                advice=advice or repr(f"{given.strip()} {due}"),
            )
        number = f"{taken.magnitude:g}" if np.ndim(taken.magnitude) == 0 else "…"
        degree = (
            {"coulomb": "degC", "farad": "degF"}.get(known.text) if TEMPERATURE in allowed else None
        )
        told = f"{known.text}s, not degrees" if degree else str(known.dimension)
        got, hint = f"{errors.shown(taken)} ({told})", f"Q({number}, {(degree or due)!r})"
        raise errors.UnitMismatch(where=where, wanted=wanted, got=got, advice=advice or hint)
    number = _number(taken.magnitude, where, advice or f"Q(1, {due!r})")
    return _finite(_times(number, known.factor, inverse=True), where, given)


def scalar(
    given: Any, dim: Dimension | tuple[Dimension, ...], where: str, *, advice: str = ""
) -> float:
    """The float of one quantity in the internal system.

    Raises as :func:`strip`, and ``NotANumber`` for an array.
    """
    made = strip(given, dim, where, advice=advice)
    if not isinstance(made, float):
        got = f"an array of shape {np.shape(made)}"
        hint = advice or f"Q(1, {_due(dim if isinstance(dim, tuple) else (dim,))[1]!r})"
        raise errors.NotANumber(where=where, wanted="one number", got=got, advice=hint)
    return made


def is_labelled(value: Any) -> bool:
    """Whether this is an array or a variable of xarray."""
    xarray = sys.modules.get("xarray")
    return xarray is not None and isinstance(value, (xarray.DataArray, xarray.Variable))


def labelled(array: Any, where: str) -> Any:
    """The values of a labelled array as a quantity, by the unit that it tells."""
    unit = array.attrs.get("units", "1")
    return _absolute(
        registry().Quantity(
            _number(array.values, where, "numbers as the array's values"), _unit(unit, where)
        )
    )


class _Known(NamedTuple):
    dimension: Dimension
    factor: float
    text: str


@lru_cache(maxsize=512)
def _known(units: Any) -> _Known | None:
    """What a unit of this registry is; None where it needs more care."""
    one = registry().Quantity(1.0, units)
    if _offset_unit(one.units):
        return None
    powers = dict(one.units.dimensionality)
    found = dimension(
        **{
            _PINT_BASE[name]: Fraction(power).limit_denominator(1000)
            for name, power in powers.items()
        }
    )
    return _Known(found, _factor(found, float(one.to_base_units().magnitude)), str(one.units))


@lru_cache(maxsize=256)
def _due(allowed: tuple[Dimension, ...]) -> tuple[str, str]:
    """What is wanted where one of these dimensions is allowed, in words, and a unit for it."""
    units = [like(d) for d in allowed if d]
    wanted = " or ".join(
        [f"a unit like {' or '.join(map(repr, units))}"] * bool(units)
        + ["a pure number"] * (ONE in allowed)
    )
    return wanted, units[0] if units else "1"


def _finite(number: Any, where: str, given: Any) -> Any:
    if not (math.isfinite(number) if isinstance(number, float) else np.all(np.isfinite(number))):
        got = errors.shown(given)
        raise errors.NotFinite(
            where=where,
            wanted="a finite number",
            got=got,
            advice="look for 0/0, an overflow or a missing datum in what gave it",
        )
    return number


@lru_cache(maxsize=256)
def like(dim: Dimension) -> str:
    """A unit that people use for this dimension and that :func:`Q` reads, for error texts."""
    if dim in EXAMPLES or not dim:
        return example(dim)
    return next(
        (unit for unit in _RARE if dimension_of(Q(1.0, unit)) == dim),
        example(dim).replace("·", "*"),
    )


def restore(number: Any, unit: str) -> Quantity:
    """The quantity in ``unit`` of an internal float or array."""
    return Q(_times(number, from_internal(unit)), unit)


def inward(unit: str) -> tuple[float, float]:
    """What a number in ``unit`` is multiplied with and divided by to be internal; one of the two is
    1, so that decades stay exact.
    """
    factor = from_internal(unit)
    return (1.0, factor) if factor >= 1 else (_times(1.0, factor, inverse=True), 1.0)


def _times(number: Any, factor: float, *, inverse: bool = False) -> Any:
    """number·factor (or number/factor), dividing by the larger of the two so that decades stay
    exact.
    """
    up = (factor >= 1) != inverse
    big = (
        factor
        if factor >= 1
        else (
            round(1 / factor)
            if math.isclose(1 / factor, round(1 / factor), rel_tol=1e-14)
            else 1 / factor
        )
    )
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
    """The unit of a CF attribute as :func:`Q` reads it: ``fmol s-1`` becomes ``fmol*s**-1``; other
    units stay.
    """
    return (
        re.sub(r"\s+", "*", re.sub(r"([A-Za-zµ°%])(-?[0-9]+)", r"\1**\2", unit.strip()))
        if _CF_UNIT.fullmatch(unit.strip())
        else unit
    )


_CF_UNIT = re.compile(r"[A-Za-zµ°%]+(-?[0-9]+)?(\s+[A-Za-zµ°%]+(-?[0-9]+)?)*")
_RARE = (
    "1/s/mM",
    "1/s/mM^2",
    "1/s/mM^3",
    "pmol/cm^2",
    "fmol/s/mM",
    "fmol^2/fJ/s",
    "fmol^2/fJ/s/um^2",
    "nS/fmol",
)  # where ``EXAMPLES`` has none
