"""How the value of a parameter depends on temperature, by its Q10, its activation energy or an
enthalpy.

| given | value at T, of the value k at the temperature T₀ |
|---|---|
| ``q10`` | k·Q^((T − T₀)/10 K) |
| ``activation_energy`` | k·exp(E/R·(1/T₀ − 1/T)) (Arrhenius) |
| ``enthalpy`` of an equilibrium or dissociation constant | k·exp(ΔH/R·(1/T₀ − 1/T)) (van 't Hoff) |
| ``enthalpy`` of a standard energy | H + (μ − H)·T/T₀ (Gibbs–Helmholtz) |
| ``enthalpy`` of a pK, by its name | pK − ΔH/(R ln 10)·(1/T₀ − 1/T) (van 't Hoff) |

Laws are proved in symbols that stand for the value at T, so that what holds for every value holds
at every temperature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

import sympy as sp

from .. import constants, symbols
from ..symbols import R, T
from .bound_expression import BoundExpression

TEN = 10.0  # K
LN10 = math.log(10)
SAME = 1.0  # K: temperatures that differ by less, such as 310 K and 37 °C, are taken as one


class Kind(StrEnum):
    """What is given; also the last part of its dotted name."""

    Q10 = "q10"
    ACTIVATION_ENERGY = "activation_energy"
    ENTHALPY = "enthalpy"


class Shape(StrEnum):
    """How what is given moves the value."""

    SCALED = "scaled"  # a factor each
    ENERGY = "energy"  # Gibbs–Helmholtz
    PK = "pK"  # −log₁₀ of a constant that is scaled


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor of the value at T: what is given, the symbol of its number, and its power."""

    kind: Kind
    coefficient: sp.Symbol
    power: int = 1


class Dependence(Protocol):
    """The value of a parameter as a function of temperature and of other parameters."""

    @property
    def at(self) -> float:
        """The temperature at which the value declared holds [K]."""

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors that scale it, if it is scaled."""

    def formula(self, reference: sp.Symbol) -> BoundExpression:
        """The value at T, of the symbol of the value declared."""

    def value(self, reference: float, numbers: tuple[float, ...], kelvin: float) -> float:
        """The value at a temperature, of the one declared and of the numbers it depends on."""


class StandardDependence(Dependence, Protocol):
    """That of a standard energy, whose value follows from it."""

    @property
    def declared(self) -> float:
        """The value declared [J/mol]."""


class Conditions(Protocol):
    """How the standard energy of a species depends on the solution that it is in.

    ``follows``: names of the species of its place whose concentrations it depends on.
    """

    @property
    def follows(self) -> tuple[str, ...]:
        """Names of species of the place."""

    def dependence(self, levels: tuple[tuple[str, float], ...] = ()) -> StandardDependence:
        """The dependence where these have the names and values [mM] of parameters."""


@dataclass(frozen=True, slots=True)
class TemperatureDependence:
    """The value of a parameter at T: that at the temperature ``at`` [K] times the ``factors``, or
    by its own formula where it is a standard energy or a pK.
    """

    at: float
    factors: tuple[Factor, ...]
    shape: Shape = Shape.SCALED

    def formula(self, reference: sp.Symbol) -> BoundExpression:
        """The value at T, of the symbol of the value at ``at``."""
        names: dict[sp.Symbol, sp.Expr] = {_VALUE: reference, _AT: sp.Float(self.at)}
        names |= {_COEFFICIENTS[k]: f.coefficient for k, f in enumerate(self.factors)}
        powers = tuple((f.kind, f.power) for f in self.factors)
        return BoundExpression(_formula(self.shape, powers), names)

    def value(self, reference: float, numbers: tuple[float, ...], kelvin: float) -> float:
        """The value at a temperature, of the value at ``at`` and the numbers of the factors."""
        if self.shape is Shape.ENERGY:
            return numbers[0] + (reference - numbers[0]) * kelvin / self.at
        exponents = (
            f.power * _exponent(f.kind, number, self.at, kelvin)
            for f, number in zip(self.factors, numbers, strict=True)
        )
        if self.shape is Shape.PK:
            return reference - sum(exponents) / LN10
        return reference * math.exp(sum(exponents))


_VALUE, _AT = (symbols.parameter(f"@.{name}", real=True) for name in ("reference", "at"))
_COEFFICIENTS = tuple(symbols.parameter(f"@.coefficient{k}", real=True) for k in range(2))


@lru_cache(maxsize=64)
def _formula(shape: Shape, powers: tuple[tuple[Kind, int], ...]) -> sp.Expr:
    if shape is Shape.ENERGY:
        enthalpy = _COEFFICIENTS[0]
        return enthalpy + (_VALUE - enthalpy) * T / _AT
    exponents = []
    for x, (kind, power) in zip(_COEFFICIENTS, powers, strict=False):
        if kind is Kind.Q10:
            exponents.append(power * sp.log(x) * (T - _AT) / sp.Float(TEN))
        else:
            exponents.append(power * x / R * (1 / _AT - 1 / T))
    if shape is Shape.PK:
        return _VALUE - sp.Add(*exponents) / sp.Float(LN10)
    return _VALUE * sp.exp(sp.Add(*exponents))


def _exponent(kind: Kind, number: float, at: float, kelvin: float) -> float:
    if kind is Kind.Q10:
        return math.log(number) * (kelvin - at) / TEN
    return number / constants.GAS * (1 / at - 1 / kelvin)


def energy_of(q10: float, first: float, second: float) -> float:
    """E [J/mol] = R·T₁·T₂·ln Q10/(10 K), with which Arrhenius gives the ratio of the rates at T₁
    and T₂ that Q10 gives; at T₁ = T₂ that of the slopes.
    """
    return constants.GAS * first * second * math.log(q10) / TEN


def q10_of(energy: float, first: float, second: float) -> float:
    """Q10 = exp(E·(10 K)/(R·T₁·T₂)), the inverse of :func:`energy_of`."""
    return math.exp(energy * TEN / (constants.GAS * first * second))
