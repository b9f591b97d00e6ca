"""The free energy G(x), store by store, and the potentials that are its derivatives.

    G = Σ n_i [μ_i° + RT(ln(n_i/(W c°)) − 1)] + Σ n_s [μ_s° + RT(ln(n_s/n°) − 1)] + ½ qᵀ C⁻¹ q

Impermeants are solutes like the others; held pools and reservoirs sit outside.  Potentials are taken by sympy and typed nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp

from .. import symbols
from ..symbols import R, T, c0, n0
from .network import Circuit


def solute(n: sp.Expr, W: sp.Expr, standard: sp.Expr) -> sp.Expr:
    """Free energy of an ideally dilute solute."""
    return n * (standard + R * T * (sp.log(n / (W * c0)) - 1))


def carrier(n: sp.Expr, standard: sp.Expr) -> sp.Expr:
    """Free energy of a carrier state."""
    return n * (standard + R * T * (sp.log(n / n0) - 1))


def capacitor(circuit: Circuit) -> sp.Expr:
    """½ qᵀ C⁻¹ q."""
    q = sp.Matrix([symbols.charge(n) for n in circuit.nodes])
    return (q.T * circuit.inverse * q)[0] / 2 if len(circuit.nodes) else sp.S.Zero


def derivatives(stores: Mapping[str, sp.Expr], states: Iterable[sp.Symbol]) -> dict[sp.Symbol, sp.Expr]:
    """∂G/∂x for each state, from the stores that hold it."""
    holding: dict[sp.Symbol, list[sp.Expr]] = {}
    for term in stores.values():
        for symbol in term.free_symbols:
            holding.setdefault(symbol, []).append(term)
    return {x: sp.Add(*(sp.expand_mul(sp.diff(term, x)) for term in holding.get(x, ()))) for x in states}


def exergy(stores: Mapping[str, sp.Expr], references: Mapping[str, tuple[sp.Expr, sp.Expr]], osmotic: sp.Expr) -> dict[str, sp.Expr]:
    """Ξ = G − Σ μ^ref n − (∂G/∂W)^ref W, store by store (formalism §5).

    ``references``: by store, μ^ref·n and c^ref·W, so that a solute's share is RT W[c ln(c/c^ref) − c + c^ref]; ``osmotic``: what is left of
    RT W Σ c^bath.
    """
    made = dict(stores)
    for store, (worth, displaced) in references.items():
        made[store] = made[store] - worth + R * T * displaced
    made["osmotic"] = osmotic
    return made
