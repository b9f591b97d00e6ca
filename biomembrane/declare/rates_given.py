"""The rates that a law gives: a pair, a conductance or a flux."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp


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
