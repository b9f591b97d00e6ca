"""Parameters: a quantity, where it is from, and the dotted name under which a model knows it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import errors, units
from ..dimension import Dimension

KINDS = ("measured", "fitted", "derived", "assumed")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*\Z")


def check_name(name: Any, what: str) -> str:
    """The name itself, if it can be part of a dotted name."""
    if not isinstance(name, str) or not _NAME.match(name):
        raise errors.BadName(where=what, wanted="a letter, then letters, digits, '_', '+' or '-'", got=repr(name), advice="for instance 'K_leak'")
    return name


@dataclass(frozen=True)
class Source:
    """Where a number is from.

    ``kind`` is one of measured, fitted, derived, assumed; ``citation`` names the work (free text), ``doi`` its identifier,
    ``where`` the table or equation in it, ``key`` the BibTeX key of the library's entry.
    """

    kind: str
    citation: str = ""
    doi: str = ""
    where: str = ""
    preparation: str = ""
    temperature: str = ""
    note: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise errors.BadSource(
                where="Source(kind=…)", wanted=" | ".join(KINDS), got=repr(self.kind), advice=errors.nearest(str(self.kind), KINDS)
            )
        if self.kind != "assumed" and not self.citation:
            raise errors.BadSource(
                where=f"Source({self.kind!r})", wanted="a citation", got="none", advice="citation='Smith & Crampin 2004', or kind='assumed'"
            )

    def __str__(self) -> str:
        parts = [self.kind, self.citation, self.where, f"doi:{self.doi}" if self.doi else "", self.note]
        return "; ".join(p for p in parts if p)


OWN = Source("assumed", note="given by the user")


@dataclass(frozen=True)
class Parameter:
    """A quantity with its source: ``Parameter(Q(15.5, "mM"), source=Source("fitted", "Smith & Crampin 2004"))``.

    ``sd`` is an optional standard deviation in a unit of the same dimension.
    """

    quantity: Any
    source: Source | None = None
    sd: Any = None

    def __post_init__(self) -> None:
        if not units.is_quantity(self.quantity):
            raise errors.BareNumber(
                where="Parameter", wanted="a quantity with a unit", got=repr(self.quantity), advice="Parameter(Q(15.5, 'mM'), source=…)"
            )
        if not isinstance(self.source, Source):
            raise errors.MissingSource(
                where=f"Parameter({self.quantity:~})", wanted="source=Source(kind, citation, …)", got=repr(self.source),
                advice="Source('assumed', note='why') if there is no better one",
            )  # fmt: skip
        if self.sd is not None:
            units.strip(self.sd, units.dimension_of(self.quantity), f"Parameter({self.quantity:~}), sd")


def as_parameter(value: Any) -> Any:
    """A :class:`Parameter` of a quantity; plain numbers pass through, for the border to judge."""
    return value if isinstance(value, Parameter) else Parameter(value, OWN) if units.is_quantity(value) else value


@dataclass(frozen=True)
class Declared:
    """A parameter as a model knows it: dotted name, internal float, dimension, the user's unit, domain and source."""

    name: str
    value: float
    dimension: Dimension
    unit: str
    domain: str = "nonnegative"
    source: Source = field(default=OWN)
    long_name: str = ""

    @property
    def quantity(self) -> Any:
        """The value in the user's unit."""
        return units.restore(self.value, self.unit)


_DOMAINS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "positive": ("a number above zero", lambda x: x > 0),
    "nonnegative": ("zero or more", lambda x: x >= 0),
    "real": ("any finite number", math.isfinite),
    "fraction": ("a number from 0 to 1", lambda x: 0 <= x <= 1),
}


def check_domain(value: float, domain: str, where: str, shown: str) -> None:
    """Raise ``OutOfDomain`` unless ``value`` lies in the named domain."""
    wanted, inside = _DOMAINS[domain]
    if not inside(value):
        raise errors.OutOfDomain(where=where, wanted=wanted, got=shown)


def declare(name: str, value: Any, dims: Dimension | tuple[Dimension, ...], *, domain: str = "nonnegative", long_name: str = "") -> Declared:
    """Take one number across the border: checked for unit, finiteness and domain; ``name`` is the dotted name."""
    given = as_parameter(value)
    quantity = given.quantity if isinstance(given, Parameter) else given
    number = units.strip(quantity, dims, name)
    if getattr(number, "ndim", 0):
        raise errors.NotANumber(
            where=name, wanted="one number", got=f"an array of shape {number.shape}", advice="give arrays to simulate(parameters={name: …})"
        )
    source = given.source if isinstance(given, Parameter) and given.source else OWN
    if not units.is_quantity(quantity):
        quantity = units.Q(number, "1")
    check_domain(number, domain, name, f"{quantity:~}")
    return Declared(name, number, units.dimension_of(quantity), str(quantity.units), domain, source, long_name)


def table(declared: Mapping[str, Declared]) -> list[tuple[str, str, str]]:
    """Rows (name, value with unit, source) for reprs and reports."""
    return [(d.name, f"{d.quantity:.6g~P}", str(d.source)) for d in declared.values()]
