"""A/RT and its parts as expressions.

Each is built once and serves all sites, because local symbols are the same at every site.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

import sympy as sp

from .. import symbols
from ..symbols import R, T, ln


@lru_cache(maxsize=1024)
def exact(number: float | Fraction | str) -> sp.Rational:
    """A declared pure number as the decimal that was written, so that charges cancel exactly."""
    return sp.Rational(str(number))


@lru_cache(maxsize=1024)
def activity_product(factors: tuple[tuple[int, sp.Expr, sp.Expr], ...]) -> sp.Expr:
    """Π (level/scale)^count, of (count, level, scale)."""
    return sp.Mul(*((level / scale) ** count for count, level, scale in factors))


@lru_cache(maxsize=256)
def reduced_voltage(V: sp.Expr) -> sp.Expr:
    """u = FV/RT."""
    return symbols.F * V / (R * T)


@lru_cache(maxsize=256)
def reduced_work(charge: int | Fraction, V: sp.Expr) -> sp.Expr:
    """Q·u of moving the charge Q [elementary charges] inward."""
    return exact(charge) * reduced_voltage(V)


@lru_cache(maxsize=1024)
def reduced_standard_energy(energies: tuple[tuple[int, sp.Expr], ...]) -> sp.Expr:
    """ΔG°/RT, of (ν, μ°)."""
    return sp.Add(*(n * energy for n, energy in energies)) / (R * T)


@lru_cache(maxsize=1024)
def reduced_affinity(
    standard: sp.Expr, work: sp.Expr, levels: tuple[tuple[int, sp.Symbol, sp.Expr, bool], ...]
) -> sp.Expr:
    """A/RT, of ΔG°/RT, Q·u and (ν, level, scale, whether it is the solvent).

    A solvent's level is its pressure and its scale the molar volume.
    """
    terms = [-standard, -work]
    terms += [
        -n * scale * level / (R * T) if solvent else -n * ln(level / scale)
        for n, level, scale, solvent in levels
    ]
    return sp.Add(*terms)


@lru_cache(maxsize=64)
def solvent_activity(molar_volume: sp.Symbol, pressure: sp.Symbol) -> sp.Expr:
    """e^{vP/RT}."""
    return sp.exp(molar_volume * pressure / (R * T))
