"""What a law gives: its rates; and what a law is: a class with one method, ``rates(site)``."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Protocol

import sympy as sp

from .rates_given import Rates
from .site import Site

__all__ = ["Law", "Rates", "times"]


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
