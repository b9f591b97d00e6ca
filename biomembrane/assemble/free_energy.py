"""The free energy G(x), store by store, and the potentials that are its derivatives.

    G = Σ n_i [μ_i° + RT(ln(n_i/(W c°)) − 1)] + Σ n_s [μ_s° + RT(ln(n_s/n°) − 1)] + ½ qᵀ C⁻¹ q

Impermeants are solutes like the others; held pools and reservoirs are outside G.  Potentials are
derived by sympy, never written by hand.  All solutes share one formula under many names, which is
differentiated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import sympy as sp

from .. import symbols
from ..declare.bound_expression import BoundExpression
from ..declare.osmotic_coefficient import excess, log_activity
from ..symbols import R, T, c0, n0

_n, _W, _c = symbols.amount("@"), symbols.volume("@"), symbols.concentration("@")
_standard = symbols.parameter("@.standard", real=True)
_reference_energy = sp.Symbol("worth@", real=True)
_reference_amount = sp.Symbol("displaced@", real=True)


@lru_cache(maxsize=16)
def _ideal(standard: sp.Expr, scale: sp.Expr) -> sp.Expr:
    return _n * (standard + R * T * (sp.log(_n / scale) - 1))


def solute(n: sp.Symbol, W: sp.Symbol, standard: sp.Expr) -> BoundExpression:
    """Free energy of an ideally dilute solute."""
    return BoundExpression(
        _ideal(_standard if standard else sp.S.Zero, _W * c0), {_n: n, _W: W, _standard: standard}
    )


def nonideal(
    n: sp.Symbol, W: sp.Symbol, standard: sp.Expr, coefficients: tuple[sp.Symbol, ...]
) -> BoundExpression:
    """Free energy of a solute with an osmotic coefficient."""
    names = {_n: n, _W: W, _standard: standard, **dict(zip(_virial, coefficients, strict=False))}
    count = len(coefficients)
    return BoundExpression(_real(_standard if standard else sp.S.Zero, count), names)


#: φ₀ and the coefficients of c, c², …; more than anyone has measured
_virial = tuple(symbols.parameter(f"@.osmotic_{k}", real=bool(k)) for k in range(20))


@lru_cache(maxsize=16)
def _real(standard: sp.Expr, count: int) -> sp.Expr:
    return _n * (standard + R * T * excess(_n / _W, _virial[:count]))


def activity(c: sp.Expr, coefficients: tuple[sp.Symbol, ...]) -> sp.Expr:
    """c° e^{(μ − μ°)/RT} at the concentration c."""
    return c0 * sp.exp(log_activity(c, coefficients)) if coefficients else c


def carrier(n: sp.Symbol, standard: sp.Expr) -> BoundExpression:
    """Free energy of a carrier state."""
    return BoundExpression(_ideal(_standard, n0), {_n: n, _standard: standard})


@lru_cache(maxsize=1024)
def _slope(expression: sp.Expr, x: sp.Symbol) -> sp.Expr:
    return sp.expand_mul(sp.diff(expression, x))


def derivatives(
    stores: Iterable[BoundExpression],
    states: Iterable[sp.Symbol],
    following: Mapping[sp.Expr, BoundExpression] | None = None,
) -> dict[sp.Expr, BoundExpression]:
    """∂G/∂x for each state, from the stores that hold it.

    ``following`` are symbols that are functions of states, such as areas; what they add comes by
    the chain rule.
    """
    holding: dict[sp.Expr, list[BoundExpression]] = {x: [] for x in states}
    for store in stores:
        for symbol in store.local.free_symbols:
            x = store.names.get(symbol, symbol)
            if x in holding:
                holding[x].append(BoundExpression(_slope(store.local, symbol), store.names))
            elif following and x in following:
                outer, inner = _slope(store.local, symbol), following[x]
                for own in inner.local.free_symbols:
                    if (state := inner.names.get(own, own)) in holding:
                        both = outer * sp.diff(inner.local, own)
                        names = {**store.names, **inner.names}
                        holding[state].append(BoundExpression(both, names))
    return {x: total(slopes) for x, slopes in holding.items()}


@lru_cache(maxsize=64)
def _concentration(slope: sp.Expr, standard: sp.Expr) -> sp.Expr:
    return c0 * sp.exp((slope - standard) / (R * T))


def concentration(slope: BoundExpression, standard: sp.Expr) -> BoundExpression:
    """c = c° exp((μ − μ°)/RT)."""
    return BoundExpression(
        _concentration(slope.local, _standard if standard else sp.S.Zero),
        {**slope.names, _standard: standard},
    )


@lru_cache(maxsize=4)
def _dilute(standard: sp.Expr) -> sp.Expr:
    return standard + R * T * sp.log(_c / c0)


def dilute(c: sp.Symbol, standard: sp.Expr) -> BoundExpression:
    """μ = μ° + RT ln(c/c°)."""
    return BoundExpression(
        _dilute(_standard if standard else sp.S.Zero), {_c: c, _standard: standard}
    )


def total(formulas: list[BoundExpression]) -> BoundExpression:
    """The sum of formulas."""
    return (
        formulas[0]
        if len(formulas) == 1
        else BoundExpression(sp.Add(*(f.expression for f in formulas)))
    )


@lru_cache(maxsize=16)
def _against(store: sp.Expr) -> sp.Expr:
    return store - _reference_energy * _n + R * T * _reference_amount


def exergy(
    stores: Mapping[str, BoundExpression],
    references: Mapping[str, tuple[sp.Expr, sp.Expr]],
    osmotic: sp.Expr,
) -> dict[str, BoundExpression]:
    """Ξ = G − Σ μ^ref n − (∂G/∂W)^ref W, store by store (formalism §5).

    ``references``: by store, μ^ref and n^ref, so that its share is RT[n ln(n/n^ref) − n + n^ref];
    ``osmotic``: the remaining part of (RT Σ c^bath − p^bath) W.
    """
    shares = dict(stores)
    for name, (energy, amount) in references.items():
        store = stores[name]
        names = {**store.names, _reference_energy: energy, _reference_amount: amount}
        shares[name] = BoundExpression(_against(store.local), names)
    shares["osmotic"] = BoundExpression(osmotic)
    return shares
