"""A state with its own equation, which laws may read beside solutes and voltages."""

from __future__ import annotations

from functools import cached_property

import sympy as sp

from .. import symbols
from ..dimension import ONE, Dimension
from ..units import from_internal
from .identity import Compared


class OwnState(Compared):
    """A quantity with its own equation, which a law reads as ``site[state]``.

    The state vector and results hold it as a number in its own ``unit``; ``value`` is that number
    at the start, ``domain`` that of its symbol.
    """

    name: str
    domain: str
    unit: str = "1"
    dimension: Dimension = ONE

    @property
    def value(self) -> float:
        """The initial value, in its own unit."""
        raise NotImplementedError

    @property
    def symbol(self) -> sp.Symbol:
        """Its symbol in the state vector."""
        return symbols.declared(f"x[{self.name}]", self.domain)

    @cached_property
    def size_of_unit(self) -> sp.Expr:
        """Its unit in the internal system."""
        factor = from_internal(self.unit)
        return sp.S.One if factor == 1 else sp.Float(1 / factor)

    @property
    def expression(self) -> sp.Expr:
        """Its value in the internal system, as laws read it."""
        return self.symbol * self.size_of_unit
