"""What a function of the geometry may read: volumes of places, and parameters that it declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..dimension import Dimension
from .bound_expression import BoundExpression
from .checks.dimensions import check_dimension
from .parameter import Declared, declare
from .parameter_checks import joined
from .user_expressions import evaluated

if TYPE_CHECKING:
    from .parameter_types import ParameterLike


class HasVolume(Protocol):
    """A place with a volume of solvent, and of solids if it has any."""

    @property
    def name(self) -> str: ...
    @property
    def solids(self) -> Declared | None: ...


class Geometry:
    """The symbols that a function of the geometry may use, such as the area of a membrane or the
    elastic energy of a wall.

    ``volume`` is that of the solvent, ``total_volume`` that with the solids; ``parameter``
    declares a parameter ``name.key``.
    """

    def __init__(self, name: str, owner: str, sides: Mapping[str, HasVolume]) -> None:
        self.process, self.owner, self.sides = name, owner, sides
        self.written_by_user = False
        self.parameters: dict[str, Declared] = {}
        self.dims: dict[sp.Symbol, Dimension] = {
            symbols.R: d.MOLAR_ENTROPY,
            symbols.T: d.TEMPERATURE,
        }
        self.names: dict[sp.Symbol, sp.Expr] = {}

    def _local(self, symbol: sp.Symbol, name: sp.Expr, dim: Dimension) -> sp.Symbol:
        self.dims[symbol], self.names[symbol] = dim, name
        return symbol

    def _place(self, side: str) -> tuple[str, HasVolume]:
        for word, place in self.sides.items():
            if side in (word, place.name):
                return word, place
        known = [*self.sides, *(place.name for place in self.sides.values())]
        raise errors.BadPlace(
            where=self.process,
            wanted="a compartment here, whose volume is known: " + (", ".join(known) or "none"),
            got=errors.shown(side),
            advice=errors.nearest(side, known),
        )

    def volume(self, side: str = "in") -> sp.Symbol:
        """Volume of the solvent of a compartment, by its side or its name.

        Raises:
            BadPlace: no compartment of that name or on that side.
        """
        word, place = self._place(side)
        return self._local(symbols.volume(f"@{word}"), symbols.volume(place.name), d.VOLUME)

    def total_volume(self, side: str = "in") -> sp.Expr:
        """Volume of a compartment with its solids.

        Raises:
            BadPlace: no compartment of that name or on that side.
        """
        word, place = self._place(side)
        if place.solids is None:
            return self.volume(side)
        local = symbols.parameter(f"@{word}.solids")
        return self.volume(side) + self._local(local, place.solids.symbol, d.VOLUME)

    def parameter(
        self,
        key: str,
        value: ParameterLike | float,
        dims: Dimension | tuple[Dimension, ...],
        *,
        domain: str = "nonnegative",
        long_name: str = "",
    ) -> sp.Symbol:
        """Declare the parameter ``name.key`` and return its symbol.

        Args:
            key: the last part of its dotted name.
            value: a quantity, text, a :class:`~biomembrane.Parameter`, or a number where ``dims``
                is ``dimension.ONE``.
            dims: its dimension, or several that are allowed, of :mod:`biomembrane.dimension`.
            domain: positive, nonnegative, real, nonzero or fraction.
            long_name: its name in tables.

        Raises:
            WrongType: ``dims`` is no dimension.
            BareNumber: a number without a unit.
            UnitMismatch: a unit of another dimension.
            OutOfDomain: a value outside its domain.
            DuplicateName: another value under the same name.
        """
        name = f"{self.process}.{key}"
        for dim in dims if isinstance(dims, tuple) else (dims,):
            example = f"parameter({key!r}, …, biomembrane.dimension.VOLUME)"
            errors.expect(dim, Dimension, name, "a dimension", example)
        words = long_name or f"{key.replace('_', ' ')} of {self.process}"
        declared = declare(name, value, dims, domain=domain, long_name=words, owner=self.owner)
        earlier = self.parameters.get(name, declared)
        self.parameters[name] = joined(earlier, declared, f"{self.process}, parameter {name!r}")
        return self._local(
            symbols.declared(f"@.{key}", domain), declared.symbol, declared.dimension
        )

    def standing_for(self, key: str, expression: sp.Expr, dim: Dimension) -> sp.Symbol:
        """A positive symbol for an expression in the symbols of the model."""
        return self._local(symbols.parameter(f"@.{key}", positive=True), expression, dim)

    def bound(self, formula: sp.Expr) -> BoundExpression:
        """A formula in local symbols with the model's names for these."""
        return BoundExpression(formula, dict(self.names))

    def evaluated(self, function: Any, dim: Dimension, what: str) -> sp.Expr:
        """The expression that a user's function of this geometry gives, of dimension ``dim``."""
        formula = evaluated(function, self, what)
        check_dimension(formula, dim, self.dims, self.process, what)
        return formula
