"""States with an equation of their own, as a law reads them."""

from __future__ import annotations

import sympy as sp

from .. import symbols
from .content import Compared


class OwnState(Compared):
    """A state with an equation of its own, a pure number, which a law may read as ``site[state]``; ``value``: where it starts."""

    name: str
    domain: str

    @property
    def value(self) -> float:
        raise NotImplementedError

    @property
    def symbol(self) -> sp.Symbol:
        return symbols.declared(f"x[{self.name}]", self.domain)
