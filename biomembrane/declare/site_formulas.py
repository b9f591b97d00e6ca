"""Formulas of a site, made once for all places: local symbols are the same at each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
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
def product_of(factors: tuple[tuple[int, sp.Expr, sp.Expr], ...]) -> sp.Expr:
    """Π (level/scale)^count; once for all places, for local symbols are the same at each."""
    return sp.Mul(*((level / scale) ** count for count, level, scale in factors))


@lru_cache(maxsize=256)
def reduced(V: sp.Expr) -> sp.Expr:
    return symbols.F * V / (R * T)


@lru_cache(maxsize=256)
def work(charge: int | Fraction, V: sp.Expr) -> sp.Expr:
    return exact(charge) * reduced(V)


@lru_cache(maxsize=1024)
def standard_of(energies: tuple[tuple[int, sp.Expr], ...]) -> sp.Expr:
    return sp.Add(*(n * energy for n, energy in energies)) / (R * T)


@lru_cache(maxsize=1024)
def drive_of(
    standard: sp.Expr,
    reduced_work: sp.Expr,
    levels: tuple[tuple[int, sp.Symbol, sp.Expr, bool], ...],
) -> sp.Expr:
    """A/RT from (ν, level, scale, whether it counts as volume)."""
    terms = [-standard, -reduced_work]
    terms += [
        -n * scale * level / (R * T) if volume else -n * ln(level / scale)
        for n, level, scale, volume in levels
    ]
    return sp.Add(*terms)


@lru_cache(maxsize=64)
def unit_activity(volume: sp.Symbol, pressure: sp.Symbol) -> sp.Expr:
    return sp.exp(volume * pressure / (R * T))


def narrowed(known: Collection[sp.Symbol], expressions: Iterable[sp.Expr]) -> dict[sp.Symbol, str]:
    """The domain of each known symbol that cannot be zero where it stands."""
    found: dict[sp.Symbol, str] = {}
    for node in _nodes(expressions) if known else ():
        if isinstance(node, sp.log):
            inner, above = node.args[0], True
        elif node.is_Pow and not node.exp.is_nonnegative:
            inner, above = node.base, not node.exp.is_integer
        elif node.is_Pow and not node.exp.is_integer:
            inner, above = node.base, node.base.is_nonnegative is None
        else:
            continue
        for factor in sp.Mul.make_args(inner):
            if factor in known and (above or node.exp.is_negative or not node.exp.is_number):
                bare = above or bool(factor.is_nonnegative)
                found[factor] = "positive" if bare or found.get(factor) == "positive" else "nonzero"
    return found


def _nodes(expressions: Iterable[sp.Expr]) -> Iterator[sp.Basic]:
    """Each distinct node under the expressions once, for laws share much of what they are made
    of.
    """
    left, seen = [*expressions], set[sp.Basic]()
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left += node.args
            yield node
