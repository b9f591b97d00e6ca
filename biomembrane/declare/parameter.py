"""Parameters: a quantity, its source, and its dotted name in a model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import errors, symbols, units
from ..dimension import MOLAR_ENERGY, ONE, TEMPERATURE, Dimension
from .bound_expression import BoundExpression
from .source import OWN, Source
from .temperature_dependence import SAME, Dependence, Factor, Kind, Shape, TemperatureDependence

if TYPE_CHECKING:
    from ..quantity_types import Number, Quantity, QuantityLike

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
class Parameter:
    """A quantity with its source: ``Parameter(Q(15.5, "mM"), Source("fitted", "Smith 2004"))``.

    Args:
        quantity: one number with its unit; text such as ``"15.5 mM"`` is read.
        source: its source.
        sd: standard deviation, in a unit of the same dimension.
        q10: the factor per 10 K, of a rate constant, permeability or conductance.
        activation_energy: instead, E of Arrhenius' law ("50 kJ/mol").
        enthalpy: of a standard energy, or ΔH of an equilibrium or dissociation constant.
        at: the temperature at which the value holds; default that of the source.

    Raises:
        BareNumber: a number without a unit.
        UnknownUnit: text whose unit is not known.
        MissingSource: no source, or a temperature dependence without ``at``.
        UnitMismatch: ``sd``, an energy or ``at`` in a unit of another dimension.
        OutOfDomain: ``sd`` below zero, or a Q10 or a temperature that is not above zero.
        BadSettings: two dependences, one that does not suit the dimension, or ``at`` against the
            temperature of the source.
    """

    if TYPE_CHECKING:  # what is kept, and what is given
        quantity: Quantity
        source: Source | None
        sd: QuantityLike | None
        q10: Number | QuantityLike | Parameter | None
        activation_energy: QuantityLike | Parameter | None
        enthalpy: QuantityLike | Parameter | None
        at: QuantityLike | None

        def __init__(
            self,
            quantity: QuantityLike,
            source: Source | None = None,
            sd: QuantityLike | None = None,
            *,
            q10: Number | QuantityLike | Parameter | None = None,
            activation_energy: QuantityLike | Parameter | None = None,
            enthalpy: QuantityLike | Parameter | None = None,
            at: QuantityLike | None = None,
        ) -> None: ...

    else:
        quantity: QuantityLike
        source: Source | None = None
        sd: QuantityLike | None = None
        q10: Number | QuantityLike | Parameter | None = field(default=None, kw_only=True)
        activation_energy: QuantityLike | Parameter | None = field(default=None, kw_only=True)
        enthalpy: QuantityLike | Parameter | None = field(default=None, kw_only=True)
        at: QuantityLike | None = field(default=None, kw_only=True)

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
        dimension = units.dimension_of(self.quantity)
        _dependence_of(self, f"Parameter({errors.shown(self.quantity)})", dimension)

    @property
    def dependence(self) -> Kind | None:
        """Which temperature dependence is given, if any."""
        given = (kind for kind in Kind if getattr(self, kind) is not None)
        return next(given, None)


def as_parameter(value: Any) -> Any:
    """A :class:`Parameter` of a quantity or of its text; everything else unchanged, to be checked
    where it is declared.
    """
    return Parameter(value, OWN) if units.is_quantity(value) or isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter of a model: dotted name, internal value, dimension, the user's unit, domain,
    source and owner; the temperature ``at`` which it holds [K], where it is stated, and how it
    depends on temperature, with the parameters of that ``dependence``.
    """

    name: str
    value: float
    dimension: Dimension
    unit: str
    domain: str = "nonnegative"
    source: Source = field(default=OWN)
    long_name: str = ""
    owner: str = ""
    at: float | None = None
    dependence: Dependence | None = None
    coefficients: tuple[Declared, ...] = ()

    @property
    def shape(self) -> Shape:
        """How it moves with temperature, if it does; a pure number named pK is one."""
        if self.dimension == MOLAR_ENERGY:
            return Shape.ENERGY
        named = self.dimension == ONE and self.name.rpartition(".")[2].startswith("pK")
        return Shape.PK if named else Shape.SCALED

    @property
    def used(self) -> sp.Symbol:
        """The symbol of its value at the temperature of the model, which laws use."""
        if self.dependence is None:
            return self.symbol
        return symbols.at_temperature(self.name, self.domain)

    @property
    def formula(self) -> BoundExpression:
        """Its value at the temperature of the model."""
        if self.dependence is None:
            return BoundExpression(self.symbol)
        return self.dependence.formula(self.symbol)

    def value_at(self, kelvin: float) -> float:
        """Its value at a temperature [K], internal."""
        if self.dependence is None:
            return self.value
        numbers = tuple(p.value for p in self.coefficients)
        return self.dependence.value(self.value, numbers, kelvin)

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
    of_law: bool = False,
) -> Declared:
    """The parameter ``name``, after checks of unit, finiteness and domain.

    ``name`` is dotted, ``owner`` says whose it is, in words for errors; a parameter ``of_law``, or
    a standard energy, may depend on temperature.
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
    made = Declared(name, number, dim, unit, domain, source, long_name, owner)
    return _warmed(made, value, of_law) if isinstance(value, Parameter) else made


def _warmed(made: Declared, given: Parameter, of_law: bool) -> Declared:
    """The declared parameter with the temperature and the dependence that are given."""
    at, kind, coefficient = _dependence_of(given, made.name, made.dimension)
    if kind is None or coefficient is None:
        return replace(made, at=at)
    factor_of_pK = made.shape is Shape.PK and kind is not Kind.ENTHALPY
    if not of_law or made.domain == "fraction" or factor_of_pK:
        advice = f"leave {kind}= out; rate constants, permeabilities, conductances, equilibrium"
        advice += " constants and standard energies take it"
        raise errors.BadSettings(
            where=made.name,
            wanted="a number that does not depend on temperature",
            got=f"{kind}={errors.shown(getattr(given, kind))}",
            advice="enthalpy='20 kJ/mol', with which a pK moves" if factor_of_pK else advice,
        )
    of = made.long_name or made.name
    coefficient = replace(
        coefficient, owner=made.owner, long_name=f"{kind.replace('_', ' ')} of {of}"
    )
    assert at is not None
    law = TemperatureDependence(at, (Factor(kind, coefficient.symbol),), made.shape)
    return replace(made, at=at, dependence=law, coefficients=(coefficient,))


def _dependence_of(
    given: Parameter, where: str, dim: Dimension
) -> tuple[float | None, Kind | None, Declared | None]:
    """The temperature at which a parameter holds, and its dependence, with the parameter that
    says it; each checked.
    """
    at = None
    if given.at is not None:
        at = declare(f"{where}, at", given.at, TEMPERATURE, domain="positive").value
    stated = None if given.source is None else _stated(given.source.temperature)
    if at is not None and stated is not None and abs(at - stated) > SAME:
        raise errors.BadSettings(
            where=f"{where}, at",
            wanted=f"the temperature of its source, {stated:g} K",
            got=f"{at:g} K",
            advice="leave at= out, or correct the source",
        )
    at = stated if at is None else at
    kinds = [kind for kind in Kind if getattr(given, kind) is not None]
    if not kinds:
        return at, None, None
    if len(kinds) > 1:
        raise errors.BadSettings(
            where=where,
            wanted="one temperature dependence",
            got=" and ".join(f"{kind}=" for kind in kinds),
            advice=f"leave {kinds[-1]}= out",
        )
    kind = kinds[0]
    _check_suits(kind, dim, where)
    if at is None:
        raise errors.MissingSource(
            where=f"{where}, {kind}",
            wanted="the temperature at which the value holds",
            got="none",
            advice="at='310 K', or the temperature of its source, Source(…, temperature='310 K')",
        )
    number = getattr(given, kind)
    if kind is Kind.Q10:
        return at, kind, declare(f"{where}.{kind}", number, ONE, domain="positive")
    return at, kind, declare(f"{where}.{kind}", number, MOLAR_ENERGY, domain="real")


def _check_suits(kind: Kind, dim: Dimension, where: str) -> None:
    """Raise ``BadSettings`` for a factor of an energy, or an enthalpy of what is in time."""
    in_time = dim != MOLAR_ENERGY and bool(dim.exponents[2])
    wrong = in_time if kind is Kind.ENTHALPY else dim == MOLAR_ENERGY
    if wrong:
        instead = Kind.ACTIVATION_ENERGY if kind is Kind.ENTHALPY else Kind.ENTHALPY
        raise errors.BadSettings(
            where=where,
            wanted=f"{instead}=, for a number in {dim}",
            got=f"{kind}=",
            advice=f"{instead}='50 kJ/mol', at='310 K'",
        )


def _stated(text: str) -> float | None:
    """The temperature [K] that a text states, if it is one: ``"310 K"``, ``"20 °C"``."""
    try:
        return units.scalar(text, TEMPERATURE, "temperature") if text else None
    except errors.BiomembraneError:  # "room temperature"
        return None


def table(declared: Mapping[str, Declared]) -> list[tuple[str, str, str]]:
    """Rows (name, value with unit, source) for reprs and reports."""
    return [(d.name, _shown(d), str(d.source)) for d in declared.values()]


def _shown(p: Declared) -> str:
    """The value with its unit, and the temperature at which it holds where it moves with it."""
    return f"{p.quantity:.6g~P}" + (f" at {p.at:g} K" if p.dependence else "")
