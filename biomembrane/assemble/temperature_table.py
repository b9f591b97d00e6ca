"""Which numbers of a model move with temperature, and which stay at that of their source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .. import constants, errors
from .. import dimension as d
from ..declare.parameter import Declared
from ..declare.source import OWN
from ..declare.temperature_dependence import SAME, Shape
from ..declare.temperature_factor import KEY
from ..html import table
from ..units import restore

# seconds in the unit, yet no rate; the last is the resistance of an electrode
_NO_RATE = (d.VOLTAGE, d.PRESSURE, d.ENERGY, d.POWER, d.ONE / d.CONDUCTANCE)
# owners of what has no temperature dependence, in words
_FIXED = ("the compartment", "the reservoir", "the membrane", "the model")
_SHOWN = 6  # names in a warning
_HEAD = ("parameter", "value", "at", "dependence", "value at T")


@dataclass(frozen=True, repr=False)
class TemperatureTable:
    """The parameters that in nature depend on temperature: rate constants, permeabilities,
    conductances, dissociation constants and standard energies.

    Attributes:
        kelvin: the temperature of the model.
        rows: name, value as declared, the temperature at which it holds, its dependence, and the
            value at the temperature of the model.
        stays: names of those of another temperature, or of one that is not stated, that do not
            move.  A number of the user's own without a temperature is one of the model's.
    """

    kelvin: float
    rows: tuple[tuple[str, str, str, str, str], ...]
    stays: tuple[str, ...]

    def __repr__(self) -> str:
        widths = [max(map(len, column)) for column in zip(_HEAD, *self.rows, strict=True)]
        lines = [
            "  ".join(f"{text:<{w}}" for text, w in zip(row, widths, strict=True)).rstrip()
            for row in (_HEAD, *self.rows)
        ]
        first = f"model at {self.kelvin:g} K; of another temperature, without a dependence:"
        return "\n".join([f"{first} {', '.join(self.stays) or 'none'}", *lines])

    def _repr_html_(self) -> str:
        return str(table(self.rows, _HEAD))


def temperature_table(parameters: Mapping[str, Declared]) -> TemperatureTable:
    """The table of a model's parameters."""
    kelvin, scaled = parameters["temperature"].value, _scaled(parameters)
    rows = tuple(_row(p, kelvin, p in scaled) for p in _thermal(parameters))
    return TemperatureTable(kelvin, rows, tuple(p.name for p in staying(parameters, kelvin)))


def staying(parameters: Mapping[str, Declared], kelvin: float) -> list[Declared]:
    """The parameters of another temperature than ``kelvin``, or an unknown one, that do not move.

    A bare number of the user's holds at the temperature of the model.
    """
    own, scaled = parameters["temperature"].value, _scaled(parameters)
    return [
        p
        for p in _thermal(parameters)
        if p.dependence is None and p not in scaled and not _holds(p, kelvin, own)
    ]


def tell(model: str, parameters: Mapping[str, Declared]) -> None:
    """Warn with :class:`~biomembrane.errors.NotAtTemperature` of a model that is not at 37 °C and
    has numbers of another temperature.
    """
    kelvin = parameters["temperature"].value
    if abs(kelvin - constants.BODY_TEMPERATURE) > SAME:
        _warn(f"Model({model!r}) is at {kelvin:g} K", staying(parameters, kelvin))


def tell_of_run(parameters: Mapping[str, Declared], asked: Iterable[float]) -> None:
    """The same of a run at temperatures that are not the model's."""
    own = parameters["temperature"].value
    away = [kelvin for kelvin in asked if abs(kelvin - own) > SAME]
    if away:
        furthest = max(away, key=lambda kelvin: abs(kelvin - own))
        _warn(f"a run of a model of {own:g} K at {furthest:g} K", staying(parameters, furthest))


def _warn(what: str, stays: list[Declared]) -> None:
    if not stays:
        return
    names = ", ".join(
        p.name + (f" ({p.at:g} K)" if p.at is not None else "") for p in stays[:_SHOWN]
    )
    more = f" and {len(stays) - _SHOWN} more" if len(stays) > _SHOWN else ""
    errors.not_at_temperature(
        f"{what}, and these numbers do not move with temperature: {names}{more}; give"
        " Parameter(…, q10=…, at=…), activation_energy= or enthalpy=, or"
        " transporter.with_temperature(…); q10=1 says that one is constant"
    )


def _thermal(parameters: Mapping[str, Declared]) -> list[Declared]:
    """Those that depend on temperature in nature, or by declaration."""
    given = [p for p in parameters.values() if not p.owner.startswith(_FIXED)]
    coefficients = {x.name for p in given for x in p.coefficients}
    return [
        p for p in given if p.dependence is not None or (p.name not in coefficients and _moves(p))
    ]


def _moves(p: Declared) -> bool:
    """Whether it is a rate, or what a rate is made of, a power of a concentration, a pK or a
    standard energy.
    """
    dim = p.dimension
    if p.owner.startswith("the species"):
        return dim == d.MOLAR_ENERGY  # and not its molar volume
    _, _, s, _, _, mol = dim.exponents
    concentration = mol != 0 and dim == d.CONCENTRATION**mol
    return p.shape is not Shape.SCALED or concentration or (s != 0 and dim not in _NO_RATE)


def _scaled(parameters: Mapping[str, Declared]) -> set[Declared]:
    """Those of a transporter with a temperature factor of its own, that multiplies all rates."""
    owners = {p.owner for p in parameters.values() if p.dependence and p.name.endswith(f".{KEY}")}
    return {p for p in parameters.values() if p.owner in owners}


def _holds(p: Declared, kelvin: float, own: float) -> bool:
    at = own if p.at is None and p.source == OWN else p.at
    return at is not None and abs(at - kelvin) <= SAME


def _row(p: Declared, kelvin: float, scaled: bool) -> tuple[str, str, str, str, str]:
    at = "" if p.at is None else f"{p.at:g} K"
    if p.dependence is None:
        how = ("by its transporter" if p.dimension.exponents[2] else "constant") if scaled else "–"
    elif p.dependence.factors:
        pairs = zip(p.dependence.factors, p.coefficients, strict=True)
        how = ", ".join(f"{f.kind.replace('_', ' ')} {c.quantity:.5g~P}" for f, c in pairs)
    else:
        how = ", ".join(["energies of formation", *(c.name for c in p.coefficients)])
    now = f"{restore(p.value_at(kelvin), p.unit):.6g~P}"
    return p.name, f"{p.quantity:.6g~P}", at, how, now
