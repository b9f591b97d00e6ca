"""Parameters: a quantity, its source, and its dotted name in a model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import errors, symbols, units
from ..dimension import CONCENTRATION, Dimension
from .publication import Reference

if TYPE_CHECKING:
    from ..quantity_types import Quantity, QuantityLike

KINDS = ("measured", "fitted", "derived", "assumed")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*\Z")
LONGEST = 100  # characters of a name, which becomes part of names in files


def check_name(name: Any, what: str) -> str:
    """The name itself, if it can be part of a dotted name."""
    if isinstance(name, str) and len(name) > LONGEST:
        raise errors.BadName(
            where=what,
            wanted=f"a name of at most {LONGEST} characters",
            got=f"{errors.shown(name, 40)}, {len(name)} characters",
            advice="a short name; label= may be longer",
        )
    if not isinstance(name, str) or not _NAME.match(name):
        valid = re.sub(r"[^A-Za-z0-9_+\-]+", "_", name).strip("_") if isinstance(name, str) else ""
        raise errors.BadName(
            where=what,
            wanted="a letter, then letters, digits, '_', '+' or '-'",
            got=errors.shown(name),
            advice=repr(valid) if _NAME.match(valid) else "for instance 'Na' or 'K_leak'",
        )
    return name


def check_text(text: Any, where: str, example: str) -> None:
    """Raise ``WrongType`` unless ``text`` is text."""
    errors.expect(text, str, where, "text", example)


MOST = 10**6  # no species has more charges or groups, no reaction larger coefficients


def whole(number: Any, where: str, wanted: str, advice: str) -> int:
    """The integer itself.  Raises ``NotANumber``, and ``OutOfDomain`` beyond a million."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise errors.NotANumber(where=where, wanted=wanted, got=errors.shown(number), advice=advice)
    if abs(number) > MOST:
        raise errors.OutOfDomain(
            where=where,
            wanted=f"{wanted}, at most {MOST:,}",
            got=errors.shown(number),
            advice=advice,
        )
    return number


@errors.keywords
@dataclass(frozen=True)
class Source:
    """The source of a number.

    Args:
        kind: measured, fitted, derived or assumed.
        citation: names the work (free text); needed unless the number is assumed.
        doi: identifier of the work.
        where: the table or equation in the work.
        preparation: cell, tissue or expression system.
        temperature: at which it was measured, as text.
        note: anything else that the reader should know.
        key: BibTeX key of the sheet that holds the number.
        reference: the publication as its sheet describes it.

    Raises:
        BadSource: another kind, or no citation.
        WrongType: an argument that is no text, or a reference of another class.
    """

    kind: str
    citation: str = ""
    doi: str = ""
    where: str = ""
    preparation: str = ""
    temperature: str = ""
    note: str = ""
    key: str = ""
    reference: Reference | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            raise errors.BadSource(
                where="Source(kind=…)",
                wanted=" | ".join(KINDS),
                got=errors.shown(self.kind),
                advice=errors.nearest(self.kind, KINDS),
            )
        for name in ("citation", "doi", "where", "preparation", "temperature", "note", "key"):
            check_text(getattr(self, name), f"Source({self.kind!r}), {name}", f"{name}='…'")
        if self.reference is not None:
            errors.expect(
                self.reference,
                Reference,
                f"Source({self.kind!r}), reference",
                "a Reference of a sheet",
                "lib.sheet('smith_crampin_2004').reference",
            )
        if self.kind != "assumed" and not self.citation:
            raise errors.BadSource(
                where=f"Source({self.kind!r})",
                wanted="a citation",
                got="none",
                advice="citation='Smith & Crampin 2004', or kind='assumed'",
            )

    def __str__(self) -> str:
        doi = f"doi:{self.doi}" if self.doi else ""
        parts = (self.kind, self.citation, self.where, doi, self.note)
        return "; ".join(part for part in parts if part)


OWN = Source("assumed", note="given by the user")


@errors.keywords
@dataclass(frozen=True)
class Parameter:
    """A quantity with its source: ``Parameter(Q(15.5, "mM"), Source("fitted", "Smith 2004"))``.

    Args:
        quantity: one number with its unit; text such as ``"15.5 mM"`` is read.
        source: its source.
        sd: standard deviation, in a unit of the same dimension.

    Raises:
        BareNumber: a number without a unit.
        UnknownUnit: text whose unit is not known.
        MissingSource: no source.
        UnitMismatch: ``sd`` in a unit of another dimension.
        OutOfDomain: ``sd`` below zero.
    """

    if TYPE_CHECKING:  # what is kept, and what is given
        quantity: Quantity
        source: Source | None
        sd: QuantityLike | None

        def __init__(
            self,
            quantity: QuantityLike,
            source: Source | None = None,
            sd: QuantityLike | None = None,
        ) -> None: ...

    else:
        quantity: QuantityLike
        source: Source | None = None
        sd: QuantityLike | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantity", units.quantity(self.quantity, "Parameter(quantity)"))
        if not units.is_quantity(self.quantity):
            shown = errors.shown(self.quantity)
            bare = isinstance(self.quantity, (int, float)) and not isinstance(self.quantity, bool)
            raise errors.BareNumber(
                where="Parameter(quantity)",
                wanted="a quantity with a unit",
                got=shown,
                advice=f"Parameter(Q({shown if bare else '15.5'}, 'mM'), source=…)",
            )
        if not isinstance(self.source, Source):
            raise errors.MissingSource(
                where=f"Parameter({errors.shown(self.quantity)})",
                wanted="source=Source(kind, citation, …)",
                got=errors.shown(self.source),
                advice="source=Source('assumed', note='why') if there is no better one",
            )
        if self.sd is not None:
            name = f"Parameter({errors.shown(self.quantity)}), sd"
            declare(name, self.sd, units.dimension_of(self.quantity))


def as_parameter(value: Any) -> Any:
    """A :class:`Parameter` of a quantity or of its text; everything else unchanged, to be checked
    where it is declared.
    """
    return Parameter(value, OWN) if units.is_quantity(value) or isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter of a model: dotted name, internal value, dimension, the user's unit, domain,
    source and owner.
    """

    name: str
    value: float
    dimension: Dimension
    unit: str
    domain: str = "nonnegative"
    source: Source = field(default=OWN)
    long_name: str = ""
    owner: str = ""

    @property
    def symbol(self) -> sp.Symbol:
        """Its symbol in every formula; the domain is what sympy may assume."""
        return symbols.declared(self.name, self.domain)

    @property
    def quantity(self) -> Quantity:
        """The value in the user's unit."""
        return units.restore(self.value, self.unit)

    def __repr__(self) -> str:
        return (
            f"<{self.name} = {errors.shown(self.quantity)}, {_DOMAINS[self.domain][0]};"
            f" {self.source}>"
        )


def check_usual(p: Declared, value: float, where: str) -> None:
    """Warn with :class:`~biomembrane.errors.Unusual` of a temperature, a potential or a content of
    a place that hardly any cell has.
    """
    owners = ("the compartment", "the reservoir")
    if p.dimension == CONCENTRATION and p.owner.startswith(owners):
        kind = "content"
    else:
        kind = "temperature" if p.name == "temperature" else p.name.rpartition(".")[2]
    lowest, highest, unit = _USUAL.get(kind, (-math.inf, math.inf, ""))
    if not lowest <= value <= highest:
        given = errors.shown(units.restore(value, p.unit))
        least, most = (f"{units.restore(x, unit):g~P}" for x in (lowest, highest))
        span = f"{least} to {most}" if lowest else f"at most {most}"
        hint = f"; is '{value:g} degC' meant?" if kind == "temperature" and value < 100 else ""
        errors.unusual(f"{where} = {given}, where cells have {span}{hint}")


# lowest and highest in the internal system, and a unit to print
_USUAL = {
    "temperature": (250.0, 400.0, "K"),
    "potential": (-1.0, 1.0, "V"),
    "content": (0.0, 2e4, "M"),
}


def joined(first: Declared, second: Declared, where: str) -> Declared:
    """The first of two parameters declared under one name.

    Raises ``DuplicateName`` unless they are the same parameter of the same owner.
    """
    same_owner = first.owner == second.owner
    if same_owner and (first.value, first.dimension) == (second.value, second.dimension):
        return first
    texts = [errors.shown(first.quantity), errors.shown(second.quantity)]
    if texts[0] == texts[1] and first.value != second.value:
        in_one_unit = (first.quantity.magnitude, second.quantity.to(first.unit).magnitude)
        texts = [f"{number} {first.unit}" for number in errors.apart(*in_one_unit)]
    if same_owner:
        key = first.name.rpartition(".")[2]
        raise errors.DuplicateName(
            where=where,
            wanted="one value for one name",
            got=" and ".join(texts),
            advice=f"another key than {key!r} for one of the two",
        )
    raise errors.DuplicateName(
        where=where,
        wanted="one owner of each dotted name",
        got=f"{texts[0]} of {first.owner} and {texts[1]} of {second.owner}",
        advice="give one of the two objects another name",
    )


_DOMAINS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "positive": ("a number above zero", lambda x: x > 0),
    "nonnegative": ("zero or more", lambda x: x >= 0),
    "real": ("any finite number", math.isfinite),
    "nonzero": ("any finite number but zero", lambda x: math.isfinite(x) and x != 0),
    "fraction": ("a number from 0 to 1", lambda x: 0 <= x <= 1),
}


def inside(value: float, domain: str) -> bool:
    """Whether a number lies in the named domain."""
    return _DOMAINS[domain][1](value)


def check_domain(value: float, domain: str, where: str, given: Any, hint: str = "") -> None:
    """Raise ``OutOfDomain`` unless ``value`` lies in the named domain.

    ``given``: what the user gave, as text, as a quantity or as a function that returns one;
    ``hint``: advice on a value below zero.
    """
    if not isinstance(domain, str) or domain not in _DOMAINS:
        raise errors.BadSettings(
            where=f"{where}, domain=…",
            wanted=" | ".join(_DOMAINS),
            got=errors.shown(domain),
            advice=errors.nearest(domain, _DOMAINS),
        )
    wanted, inside = _DOMAINS[domain]
    if not inside(value):
        if value < 0:
            advice = f"check the sign{hint}"
        elif value == 0:
            advice = "a value above zero; leave out what is not there"
        else:
            advice = "a share, not a percentage"
        got = given() if callable(given) else given
        raise errors.OutOfDomain(
            where=where,
            wanted=wanted,
            got=got if isinstance(got, str) else errors.shown(got),
            advice=advice,
        )


def declare(
    name: str,
    value: Any,
    dims: Dimension | tuple[Dimension, ...],
    *,
    domain: str = "nonnegative",
    long_name: str = "",
    hint: str = "",
    owner: str = "",
) -> Declared:
    """The parameter ``name``, after checks of unit, finiteness and domain.

    ``name`` is dotted, ``owner`` says whose it is, in words for errors.
    """
    given, source = value, OWN
    if isinstance(value, Parameter):
        given, source = value.quantity, value.source or OWN
    number = units.strip(given, dims, name)
    if getattr(number, "ndim", 0):
        raise errors.NotANumber(
            where=name,
            wanted="one number",
            got=f"an array of shape {number.shape}",
            advice=f"give arrays to simulate(parameters={{{name!r}: …}})",
        )
    quantity = units.as_quantity(given, name)
    check_domain(number, domain, name, quantity, hint)
    dim, unit = units.dimension_of(quantity), units.unit_of(quantity)
    return Declared(name, number, dim, unit, domain, source, long_name, owner)


def table(declared: Mapping[str, Declared]) -> list[tuple[str, str, str]]:
    """Rows (name, value with unit, source) for reprs and reports."""
    return [(d.name, f"{d.quantity:.6g~P}", str(d.source)) for d in declared.values()]
