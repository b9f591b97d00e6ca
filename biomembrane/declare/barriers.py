"""Barriers within the membrane: how the work of moving charge divides between forward and reverse
rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import sympy as sp

from .. import errors
from ..symbols import B
from .reduced_affinity import exact
from .site import Site
from .user_expressions import expressed
from .user_functions import called


class Barrier(Protocol):
    """A function of the reduced work Qu of moving a turnover's charge inward that gives b⁺ and b⁻,
    with b⁺/b⁻ = e^{−Qu}.
    """

    def __call__(self, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """b⁺ and b⁻."""


@dataclass(frozen=True)
class Eyring:
    """One sharp barrier at the fraction ``theta`` of the field: (e^{−θQu}, e^{(1−θ)Qu})."""

    theta: float = 0.5

    def __post_init__(self) -> None:
        number = isinstance(self.theta, (int, float)) and not isinstance(self.theta, bool)
        if not number or not 0 <= self.theta <= 1:
            raise errors.OutOfDomain(
                where="Eyring(theta=…)",
                wanted="a number from 0 to 1",
                got=errors.shown(self.theta),
                advice="Eyring(0.5), the middle of the membrane",
            )

    def __call__(self, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """b⁺ and b⁻ of the reduced work."""
        return _eyring(self.theta, reduced_work)


@lru_cache(maxsize=256)
def _eyring(theta: float, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    fraction = exact(theta)
    return sp.exp(-fraction * reduced_work), sp.exp((1 - fraction) * reduced_work)


@dataclass(frozen=True)
class ConstantField:
    """Goldman's constant field: (B(Qu), B(−Qu)) with B(x) = x/(eˣ − 1) (Goldman 1943)."""

    def __call__(self, reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        """b⁺ and b⁻ of the reduced work."""
        return _constant_field(reduced_work)


@lru_cache(maxsize=256)
def _constant_field(reduced_work: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    return B(reduced_work), B(-reduced_work)


def split(barrier: Any, site: Site) -> tuple[sp.Expr, sp.Expr]:
    """b⁺ and b⁻ of a barrier for the charge that the site's reaction moves."""
    where, advice = f"{site.process}, barrier=…", "laws.Eyring(0.5) or laws.ConstantField()"
    if isinstance(barrier, type) or not callable(barrier):
        raise errors.WrongType(
            where=where, wanted="a barrier", got=errors.shown(barrier), advice=advice
        )
    pair = called(barrier, where, site.reduced_work)
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise errors.WrongType(
            where=where,
            wanted="a barrier that gives the pair b⁺, b⁻",
            got=errors.shown(pair),
            advice=advice,
        )
    return expressed(pair[0], where), expressed(pair[1], where)
