"""What a law reads of the model by name, beyond the places that it touches.

A law knows its own membrane and the two places there.  What it reads elsewhere it names, and the
model checks the name when it is built: a concentration or a volume of any place, V of another
membrane, the flux of another process, the share of a channel's states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy as sp

from .. import dimension as d
from .. import symbols
from ..dimension import Dimension


@dataclass(frozen=True)
class Reading:
    """A quantity of the model under the name that results give it: ``er.Ca``, ``pump``, ``Kv.O``.

    ``usual`` is a value of it where only the law is at hand, in the internal system.
    """

    name: str
    dimension: ClassVar[Dimension]
    usual: ClassVar[float] = 1.0

    @staticmethod
    def of(name: str) -> sp.Symbol:
        """The symbol under a name."""
        raise NotImplementedError

    @property
    def symbol(self) -> sp.Symbol:
        """Its symbol in the model."""
        return self.of(self.name)

    @property
    def local(self) -> sp.Symbol:
        """Its symbol in a law."""
        return self.of(f"@{self.name}")


class Concentration(Reading):
    """A concentration anywhere, also of an impermeant."""

    dimension = d.CONCENTRATION
    of = staticmethod(symbols.concentration)


class Volume(Reading):
    """The solvent volume of a compartment."""

    dimension = d.VOLUME
    of = staticmethod(symbols.volume)


class Potential(Reading):
    """V of another membrane."""

    dimension = d.VOLTAGE
    usual = 0.0
    of = staticmethod(symbols.potential)


class Flux(Reading):
    """The flux of another process, in its written direction."""

    dimension = d.FLUX
    of = staticmethod(symbols.flux)


class Occupancy(Reading):
    """The share of a cycle's carriers that are in one state, from 0 to 1."""

    dimension = d.ONE
    usual = 0.5
    of = staticmethod(symbols.occupancy)
