"""What a law gives: its rates; and what a law is: a class with one method, ``rates(site)``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import sympy as sp

from .site import Site


@dataclass(frozen=True)
class Rates:
    """The rates of a law: a pair of one-way rates [fmol/s], a conductance [mol²/J/s], or a flux
    [fmol/s] with the reason for its exemption.

    An exempt law that gives both one-way rates has all three: ``flux`` is their difference.
    """

    forward: sp.Expr | None = None
    reverse: sp.Expr | None = None
    conductance: sp.Expr | None = None
    flux: sp.Expr | None = None
    reason: str = ""

    def mapped(self, change: Callable[[sp.Expr], sp.Expr]) -> Rates:
        """The same kind of rates with ``change`` applied to each."""
        rates = {
            name: getattr(self, name) for name in ("forward", "reverse", "conductance", "flux")
        }
        return replace(
            self, **{name: change(rate) for name, rate in rates.items() if rate is not None}
        )


class Law(Protocol):
    """A kinetic law: ``rates(site)`` declares its parameters at the site and returns its
    :class:`Rates` [fmol/s].

    For every state with positive concentrations and all parameters in their domains, r± ≥ 0 and
    ln(r⁺/r⁻) = A/RT identically.  The transporter checks this when it is made (dimension, sign,
    proof) and keeps the certificate.
    """

    def rates(self, site: Site) -> Rates: ...


@lru_cache(maxsize=4096)
def times(*factors: sp.Expr) -> sp.Expr:
    """The product of the factors; equal products are one object."""
    return math.prod(factors[1:], start=factors[0])
