"""A state with its own equation, which laws may read beside solutes and voltages."""

from __future__ import annotations

import sympy as sp

from .. import symbols
from .identity import Compared


class OwnState(Compared):
    """A pure number with its own equation, which a law reads as ``site[state]``.

    ``value`` is its initial value; ``domain`` is that of its symbol.
    """

    name: str
    domain: str

    @property
    def value(self) -> float:
        """The initial value."""
        raise NotImplementedError

    @property
    def symbol(self) -> sp.Symbol:
        """Its symbol in the equations of the model."""
        return symbols.declared(f"x[{self.name}]", self.domain)
