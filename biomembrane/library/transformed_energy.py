"""Energies of ionisable reactants at a pH, a pMg, an ionic strength and a temperature, by
Alberty's Legendre transform with the extended Debye–Hückel equation (Alberty 2003).

A reactant is the sum of its forms, which differ by bound H⁺ and Mg²⁺ and are in equilibrium:

    g_i(T, I) = h_i + (g_i − h_i)·T/T₀ − z_i²·RTα·√I/(1 + 1.6·√I)          of a form
    g_i′ = g_i − N_H,i·(g_H + RT ln[H⁺]) − N_Mg,i·(g_Mg + RT ln[Mg²⁺])
    G′ = g₁′ − RT ln Σ_i exp(−(g_i′ − g₁′)/RT)                             of the reactant

Energies here have water at unit activity taken out, one for each O of the formula, and count H⁺ and
Mg²⁺ as zero: N_H is that of the form less two for each O. [H⁺] = 10^(−pH) M, a concentration.

The same functions serve numbers and symbols.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import sympy as sp

from .. import constants, symbols
from ..declare.bound_expression import BoundExpression
from ..declare.temperature_dependence import Factor
from ..symbols import R, T, c0

REFERENCE = 298.15  # K, of the tables


class Form(NamedTuple):
    """One form of a reactant, water taken out.

    ``energy`` and ``enthalpy`` [J/mol] at 298.15 K and I = 0, against H⁺ and Mg²⁺ of I = 0;
    ``screened``: z² less 1 for each H⁺ and 4 for each Mg²⁺, which the ionic strength acts on;
    ``hydrogens`` and ``magnesiums`` that it holds.
    """

    name: str
    charge: int
    energy: float
    enthalpy: float
    screened: int
    hydrogens: int
    magnesiums: int


class DebyeHuckel(NamedTuple):
    """RTα = aT − bT² + cT³ [J/mol/√M] and B [1/√M]."""

    a: float
    b: float
    c: float
    B: float

    def energy(self, kelvin: Any, ionic_strength: float) -> Any:
        """RTα·√I/(1 + B√I) [J/mol], by which a form with z² = 1 is lower."""
        return (self.a * kelvin - self.b * kelvin**2 + self.c * kelvin**3) * self._root(
            ionic_strength
        )

    def enthalpy(self, kelvin: float, ionic_strength: float) -> float:
        """The same of the enthalpy: (bT² − 2cT³)·√I/(1 + B√I)."""
        return (self.b * kelvin**2 - 2 * self.c * kelvin**3) * self._root(ionic_strength)

    def _root(self, ionic_strength: float) -> float:
        root = math.sqrt(ionic_strength)
        return root / (1 + self.B * root)


class Levels(NamedTuple):
    """What the energies depend on: T [K], I [M], ln[H⁺] and ln[Mg²⁺] relative to 1 M, as numbers
    or symbols; without ``magnesium`` its complexes do not count.
    """

    kelvin: Any
    ionic_strength: float
    hydrogen: Any
    magnesium: Any | None


def form_energies(
    forms: Sequence[Form], water: DebyeHuckel, at: Levels, gas: Any = constants.GAS
) -> list[Any]:
    """g_i′ [J/mol] of each form that counts."""
    RT = gas * at.kelvin
    lowered = water.energy(at.kelvin, at.ionic_strength)
    energies = []
    for form in forms:
        if form.magnesiums and at.magnesium is None:
            continue
        own = form.enthalpy + (form.energy - form.enthalpy) * at.kelvin / REFERENCE
        own -= form.screened * lowered
        own -= form.hydrogens * RT * at.hydrogen
        energies.append(own - form.magnesiums * RT * at.magnesium if form.magnesiums else own)
    return energies


def potential(
    energies: Sequence[Any],
    RT: Any,
    exp: Callable[[Any], Any] = math.exp,
    log: Callable[[Any], Any] = math.log,
) -> Any:
    """G′ [J/mol] of a reactant: −RT ln Σ exp(−g′/RT), counted from the first form."""
    first, *others = energies
    if not others:
        return first
    return first - RT * log(1 + sum(exp((first - other) / RT) for other in others))


def shares(energies: Sequence[float], RT: float) -> list[float]:
    """The fraction of a reactant in each form."""
    least = min(energies)
    weights = [math.exp((least - energy) / RT) for energy in energies]
    return [weight / sum(weights) for weight in weights]


@dataclass(frozen=True)
class TransformedEnergy:
    """The standard energy of a reactant as a function of temperature, and of [H⁺] and [Mg²⁺]
    where these are parameters of a model, named ``hydrogen`` and ``magnesium``.

    The value declared is that in the solution ``at_start``; what changes is added to it.
    """

    forms: tuple[Form, ...]
    water: DebyeHuckel
    start: Levels
    hydrogen: str = ""
    magnesium: str = ""
    factors: tuple[Factor, ...] = ()  # none scales it

    @property
    def at(self) -> float:
        """The temperature of the value declared [K]."""
        return float(self.start.kelvin)

    def energy(self, at: Levels) -> float:
        """G′ [J/mol] in a solution."""
        RT = constants.GAS * at.kelvin
        return float(potential(form_energies(self.forms, self.water, at), RT))

    @property
    def declared(self) -> float:
        """The standard energy in the solution in which it is declared [J/mol]."""
        return self.energy(self.start)

    def value(self, reference: float, numbers: tuple[float, ...], kelvin: float) -> float:
        """The standard energy at a temperature; ``numbers``: [H⁺] and [Mg²⁺] [mM] where they are
        parameters.
        """
        levels = [math.log(x / constants.STANDARD_CONCENTRATION) for x in numbers]
        hydrogen = levels.pop(0) if self.hydrogen else self.start.hydrogen
        magnesium = levels.pop(0) if self.magnesium else self.start.magnesium
        now = Levels(kelvin, self.start.ionic_strength, hydrogen, magnesium)
        return reference + self.energy(now) - self.energy(self.start)

    def formula(self, reference: sp.Symbol) -> BoundExpression:
        """The standard energy in the symbols of a model, of that of the value declared."""
        names: dict[sp.Symbol, sp.Expr] = {_VALUE: reference}
        if self.hydrogen:
            names[_H] = symbols.declared(self.hydrogen, "nonnegative")
        if self.magnesium:
            names[_MG] = symbols.declared(self.magnesium, "nonnegative")
        return BoundExpression(_formula(self), names)


_VALUE = symbols.parameter("@.reference", real=True)
_H, _MG = symbols.parameter("@.H"), symbols.parameter("@.Mg")


@lru_cache(maxsize=256)
def _formula(energy: TransformedEnergy) -> sp.Expr:
    start = energy.start
    hydrogen = sp.log(_H / c0) if energy.hydrogen else sp.Float(start.hydrogen)
    magnesium = sp.log(_MG / c0) if energy.magnesium else start.magnesium
    now = Levels(T, start.ionic_strength, hydrogen, magnesium)
    energies = form_energies(energy.forms, energy.water, now, R)
    moved = potential(energies, R * T, sp.exp, sp.log)
    return _VALUE + moved - sp.Float(energy.energy(start))


@dataclass(frozen=True)
class EnergyConditions:
    """How the standard energy of a species depends on the solution: on temperature, and on [H⁺]
    and [Mg²⁺], which are fixed or those of the place that it is in.

    ``at``: the solution in which the standard energy is declared; ``follows``: the ions of the
    place that it follows, of ("H", "Mg").
    """

    forms: tuple[Form, ...]
    water: DebyeHuckel
    at: Levels
    follows: tuple[str, ...] = ()

    def dependence(self, levels: tuple[tuple[str, float], ...] = ()) -> TransformedEnergy:
        """The dependence where the ions that it follows have these names and values [mM]."""
        names = dict(zip(self.follows, levels, strict=True))
        given = {
            ion: math.log(value / constants.STANDARD_CONCENTRATION)
            for ion, (_, value) in names.items()
        }
        start = self.at._replace(
            hydrogen=given.get("H", self.at.hydrogen), magnesium=given.get("Mg", self.at.magnesium)
        )
        hydrogen, magnesium = (names.get(ion, ("",))[0] for ion in ("H", "Mg"))
        return TransformedEnergy(self.forms, self.water, start, hydrogen, magnesium)
