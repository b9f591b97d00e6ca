"""Osmotic coefficients: φ(c) = φ₀ + Σ Bₖ cᵏ, and the potential that belongs to it.

With G = RT n [φ₀(ln(c/c°) − 1) + Σ Bₖ cᵏ/k] the osmotic pressure is −∂G/∂W = RT φ c and the
chemical potential ∂G/∂n = RT [φ₀ ln(c/c°) + Σ Bₖ cᵏ (k + 1)/k], so that c dμ = dπ (Gibbs–Duhem).
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from ..symbols import c0
from .species import Species


def molarity(pool: str) -> sp.Symbol:
    """n/W of a solute with an osmotic coefficient [mM], of which c is the activity."""
    return sp.Symbol(f"n/W[{pool}]", positive=True)


def excess(c: sp.Expr, coefficients: Sequence[sp.Expr]) -> sp.Expr:
    """G/(RT n), φ₀(ln(c/c°) − 1) + Σ Bₖ cᵏ/k."""
    first, *virial = coefficients
    terms = [B * c**k / k for k, B in enumerate(virial, start=1)]
    return sp.Add(first * (sp.log(c / c0) - 1), *terms)


def log_activity(c: sp.Expr, coefficients: Sequence[sp.Expr]) -> sp.Expr:
    """(μ − μ°)/RT = φ₀ ln(c/c°) + Σ Bₖ cᵏ (k + 1)/k."""
    first, *virial = coefficients
    terms = [B * c**k * sp.Rational(k + 1, k) for k, B in enumerate(virial, start=1)]
    return sp.Add(first * sp.log(c / c0), *terms)


def osmolarity(c: sp.Expr, coefficients: Sequence[sp.Expr]) -> sp.Expr:
    """φ c; c itself without coefficients."""
    if not coefficients:
        return c
    first, *virial = coefficients
    return sp.Add(first * c, *(B * c ** (k + 1) for k, B in enumerate(virial, start=1)))


def osmotic_strength(species: Species, c: float) -> float:
    """φ c [mM] of a species at a concentration, as declared."""
    values = [q.value for q in species.declared_osmotic]
    return c * sum(B * c**k for k, B in enumerate(values)) if values else c
