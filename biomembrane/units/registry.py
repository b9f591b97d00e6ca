"""The registry of units, and the unit that a text means: its dimension and its size."""

from __future__ import annotations

import copyreg
import math
import re
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from .. import user_text
from ..dimension import Dimension, dimension

# base units by the names that pint has for their dimensions
PINT_BASE = {
    "[length]": "m", "[mass]": "kg", "[time]": "s", "[current]": "A", "[temperature]": "K",
    "[substance]": "mol",
}  # fmt: skip


class UnitFacts(NamedTuple):
    """Dimension, factor from the internal system, and text of a unit."""

    dimension: Dimension
    factor: float
    text: str


@lru_cache(maxsize=1)
def registry() -> Any:
    """The registry of every quantity here: ``units.txt``, where osmol and equivalent count moles
    (of particles, of charges).

    Quantities of other registries are welcome at the border; nobody else's registry is touched.
    """
    import pint

    definitions = files(user_text.__package__ or "") / "units.txt"
    units: Any = pint.UnitRegistry(definitions, autoconvert_offset_to_baseunit=True)
    copyreg.pickle(units.Quantity, _reduced)  # pint would move it to a registry of its own
    return units


def _reduced(quantity: Any) -> tuple[Any, ...]:
    return _unpickled, (quantity.magnitude, str(quantity._units))


def _unpickled(magnitude: Any, unit: str) -> Any:
    return registry().Quantity(magnitude, parsed(unit))


@lru_cache(maxsize=512)
def parsed(text: str) -> Any:
    """The unit of this registry that a text means, or why it means none; never an error."""
    try:
        powers = user_text.unit(text)
    except user_text.Unreadable as problem:
        return problem.with_traceback(None)
    parts: dict[str, Fraction] = {}
    for name, exponent in powers:
        canonical = user_text.named(name)
        if canonical is None:
            return user_text.Unreadable(
                f"{name!r} is not known", *_suggestions(user_text.typed(text), name)
            )
        if len(powers) > 1 or exponent != 1:
            canonical = user_text.FROM_ZERO.get(canonical, canonical)
        parts[canonical] = parts.get(canonical, Fraction(0)) + exponent
    return _composed({name: exponent for name, exponent in parts.items() if exponent})


def _composed(parts: dict[str, Fraction]) -> Any:
    """The unit of these powers, if a double holds its size both in SI and in the internal
    system.
    """
    from pint.util import UnitsContainer

    units = registry()
    for name in parts:
        units.get_name(name)  # which is how pint gets to know a prefixed unit
    powers = {name: int(e) if e.denominator == 1 else float(e) for name, e in parts.items()}
    unit = units.Unit(UnitsContainer(powers))
    if not has_offset(unit):
        try:
            known = facts(unit._units)
            sound = known is not None and 1e-150 < known.factor < 1e150
        except (OverflowError, ValueError, ZeroDivisionError):
            sound = False
        if not sound:
            return user_text.Unreadable("a unit beyond all size")
    return unit


def _suggestions(text: str, name: str) -> list[str]:
    """The text with a similar unit in place of the unknown one; empty where none is similar, or
    where several differ in size.
    """
    units, prefixes = user_text.names()
    same, similar = set[str](), set[str]()
    for prefix in ("", *(p for p in prefixes if p not in {"M", "G", "T", "h", "da"})):
        rest = name.removeprefix(prefix)
        if not rest or not name.startswith(prefix):
            continue
        for base, canonical in units.items():
            if prefix and canonical in user_text.WHOLE:
                continue
            long = min(len(rest), len(base)) > 1 and len(rest + base) > 4
            if rest.lower() == base.lower() or rest == 2 * base:
                same.add(prefix + base)
            elif long and user_text.alike(rest, base):
                similar.add(prefix + base)
    near = same or similar
    sizes = {(known.dimension, known.factor) for known in map(_facts_by_name, near) if known}
    best = min(near, key=lambda other: (user_text.distance(name, other), other), default="")
    if len(sizes) != 1:
        return []
    return [re.sub(rf"(?<![A-Za-z_µ]){re.escape(name)}(?![A-Za-z_])", best, text)]


def _facts_by_name(name: str) -> UnitFacts | None:
    unit = parsed(name)
    return None if isinstance(unit, user_text.Unreadable) else facts(unit._units)


@lru_cache(maxsize=512)
def facts(units: Any) -> UnitFacts | None:
    """Facts of a unit of this registry; None for a temperature scale with an offset."""
    quantity = registry().Quantity(1.0, units)
    if has_offset(quantity.units):
        return None
    powers = dict(quantity.units.dimensionality)
    exponents = {
        PINT_BASE[name]: Fraction(power).limit_denominator(1000) for name, power in powers.items()
    }
    dim = dimension(**exponents)
    size = float(quantity.to_base_units().magnitude)
    return UnitFacts(dim, internal_factor(dim, size), str(quantity.units))


def internal_factor(dim: Dimension, base: float) -> float:
    """Factor from the internal system to a unit of the size ``base`` in SI, exact for decades."""
    factor = 10.0**dim.decade / base
    exact = 10.0 ** round(math.log10(factor))
    return exact if math.isclose(factor, exact, rel_tol=1e-13) else factor


def absolute(quantity: Any) -> Any:
    """A temperature in °C or °F as one in kelvin; everything else unchanged."""
    return quantity.to("kelvin") if has_offset(quantity.units) else quantity


@lru_cache(maxsize=512)
def has_offset(unit: Any) -> bool:
    """Whether the zero of this unit is not 0 K."""
    return str(unit) in user_text.FROM_ZERO
