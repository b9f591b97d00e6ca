"""What a law may read besides solutes and voltages: a state with an equation of its own."""

from __future__ import annotations

import sympy as sp

from .. import symbols
from .identity import Compared


class OwnState(Compared):
    """A pure number with an equation of its own, which a law may read as ``site[state]``.

    ``value`` is where it starts; ``domain`` is that of its symbol.
    """

    name: str
    domain: str

    @property
    def value(self) -> float:
        raise NotImplementedError

    @property
    def symbol(self) -> sp.Symbol:
        return symbols.declared(f"x[{self.name}]", self.domain)
