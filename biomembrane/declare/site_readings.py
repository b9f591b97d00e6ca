"""What a law may read at its site beside the solutes, states and V there: numbers with units, T, R
and F, volumes, and quantities from elsewhere in the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols, units
from ..dimension import Dimension
from .parameter import Parameter
from .places import Compartment, Membrane, Place, Reservoir
from .readings import Concentration, Flux, Occupancy, Potential, Reading, Volume

if TYPE_CHECKING:
    from ..quantity_types import QuantityLike


class Readings:
    """The part of a :class:`~biomembrane.laws.Site` that reads; ``readings`` are what it has read
    by name.
    """

    name: str
    on: Membrane | Compartment
    readings: dict[Reading, None]
    R, F, T = symbols.R, symbols.F, symbols.T

    def local(self, symbol: sp.Symbol, name: sp.Expr, dim: Dimension) -> sp.Symbol:
        """See :meth:`~biomembrane.laws.Site.local`."""
        raise NotImplementedError

    def _read(self, reading: Reading) -> sp.Symbol:
        self.readings[reading] = None
        return self.local(reading.local, reading.symbol, reading.dimension)

    def quantity(self, value: QuantityLike) -> sp.Expr:
        """A number with a unit in a formula: ``site.V / site.quantity("1 mV")`` is V in mV.

        It is part of the formula.  What is to be shown in tables with its source, scanned or fitted
        is declared with :meth:`~biomembrane.laws.Site.parameter` instead.

        Args:
            value: one quantity, or its text.

        Returns:
            An expression of the quantity's dimension.

        Raises:
            WrongType: a :class:`~biomembrane.Parameter`, whose source would be lost.
            BareNumber: a number without a unit.
            UnknownUnit: text whose unit is not known.
            NotANumber: an array, or text that is no quantity.
            NotFinite: NaN or infinity.
        """
        where = f"{self.name}, site.quantity({errors.shown(value, 40)})"
        if isinstance(value, Parameter):
            raise errors.WrongType(
                where=where,
                wanted="a quantity: a number in a formula has no source and no temperature factor",
                got="a Parameter",
                advice="site.parameter('K_d', value, bm.dimension.CONCENTRATION)",
            )
        quantity = units.quantity(value, where)
        if not units.is_quantity(quantity):
            raise errors.BareNumber(
                where=where,
                wanted="a quantity with a unit",
                got=errors.shown(value),
                advice="site.quantity('10 mV'); a pure number stands in the formula as it is",
            )
        dim, unit = units.dimension_of(quantity), units.unit_of(quantity)
        units.scalar(quantity, dim, where)
        number = sp.Rational(repr(float(quantity.magnitude)))
        size = 1 / units.from_internal(unit)
        if not dim and size == 1:
            return number
        return number * self.local(symbols.unit(units.udunits(unit)), sp.Float(size), dim)

    def elsewhere(self, name: str) -> sp.Symbol:
        """A concentration in any place of the model, ``"Ca@er"``, also of an impermeant.

        The model checks the name when it is built.

        Args:
            name: ``"Ca@er"`` or ``"er.Ca"``, by the name of the place.

        Raises:
            UnknownName: a name that is not of this form.
        """
        species, at, place = str(name).partition("@")
        if not at:
            place, _, species = str(name).rpartition(".")
        if not isinstance(name, str) or not species or not place or place in ("in", "out"):
            raise errors.UnknownName(
                where=f"law of {self.name}, site.elsewhere(…)",
                wanted="a solute with the name of its place, such as 'Ca@er'",
                got=errors.shown(name),
                advice="site['Ca@in'] reads the sides of the law's own membrane",
            )
        return self._read(Concentration(f"{place}.{species}"))

    def volume(self, place: str | Place) -> sp.Symbol:
        """The solvent volume of a compartment, as it is at each time.

        Args:
            place: ``"in"`` or ``"out"``, or any compartment of the model or its name.

        Raises:
            BadPlace: a reservoir, whose volume has no end.
            WrongType: an object that is no place.
        """
        sides = _sides(self.on)
        where = f"law of {self.name}, site.volume({errors.shown(place, 40)})"
        errors.expect(
            place, (str, Compartment, Reservoir), where, "a compartment or its name", "'in'"
        )
        word = place if isinstance(place, str) else place.name
        found = place if isinstance(place, (Compartment, Reservoir)) else sides.get(word)
        if word == "out" and found is None:
            raise errors.BadPlace(
                where=where, wanted="a place of a law inside one compartment",
                got="'out'", advice="site.volume('in')",
            )  # fmt: skip
        if isinstance(found, Reservoir):
            raise errors.BadPlace(
                where=where,
                wanted="a compartment, which has a volume",
                got=f"the reservoir {found.name!r}",
                advice="site.volume('in'), or the name of a compartment",
            )
        side = next((key for key in ("in", "out") if sides.get(key) is found), None)
        if found is None or side is None:
            return self._read(Volume(word))
        return self.local(symbols.volume(f"@{side}"), symbols.volume(found.name), d.VOLUME)

    def potential(self, membrane: str | Membrane) -> sp.Symbol:
        """V of any membrane of the model, inside minus outside; ``site.V`` is that of its own.

        Args:
            membrane: the membrane or its name; the model checks it when it is built.

        Raises:
            WrongType: an object that is no membrane.
        """
        where = f"law of {self.name}, site.potential(…)"
        errors.expect(membrane, (str, Membrane), where, "a membrane or its name", "'apical'")
        return self._read(Potential(membrane if isinstance(membrane, str) else membrane.name))

    def flux(self, process: Any) -> sp.Symbol:
        """The flux J of another process of the model in its written direction, as it is at each
        time; a modulator must make something of it that is never negative.

        Args:
            process: the transporter or its name; of a cycle the name of a step, ``"SGLT1:C1-C2"``.
                The model checks it when it is built, and that no law reads its own flux by way of
                others.

        Raises:
            UnknownName: the transporter itself.
        """
        name = process if isinstance(process, str) else getattr(process, "name", process)
        if not isinstance(name, str) or name.partition(":")[0] == self.name:
            raise errors.UnknownName(
                where=f"law of {self.name}, site.flux(…)",
                wanted="another process of the model",
                got=errors.shown(name),
                advice="the name of another transporter, such as 'NKE'",
            )
        return self._read(Flux(name))

    def _named(self, key: Any) -> sp.Symbol | None:
        """What a key means that is no solute of either side: the state of a channel, ``"Kv.O"``, or
        an impermeant.
        """
        owner, dot, state = str(key).rpartition(".")
        sides = _sides(self.on)
        if dot and "@" not in state and owner not in (self.name, *(p.name for p in sides.values())):
            return self._read(Occupancy(key))
        species, at, word = str(key).partition("@")
        place = (
            sides.get(word) if at else next((p for p in sides.values() if p.name == owner), None)
        )
        if isinstance(place, Compartment) and (species if at else state) in _impermeants(place):
            return self._read(Concentration(f"{place.name}.{species if at else state}"))
        return None


def _sides(on: Membrane | Compartment) -> dict[str, Place]:
    """The places that a law touches, by side and by name."""
    sides: dict[str, Place] = (
        {"in": on.inside, "out": on.outside} if isinstance(on, Membrane) else {"in": on}
    )
    return {p.name: p for p in sides.values()} | sides


def _impermeants(place: Compartment) -> tuple[str, ...]:
    """Names of the impermeants that a place has, or may have once the model balances it."""
    balanced = () if place.balance is None else ("X", "Y")
    return (*(s.name for s in place.fixed), *balanced)
