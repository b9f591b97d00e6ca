"""Areas that follow from the state: those of membranes that stretch or unfold as volumes change."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from .. import errors, symbols, units
from ..dimension import AREA
from .bound_expression import BoundExpression
from .geometry import Geometry, HasVolume
from .parameter import Declared

AreaFunction = Callable[[Geometry], sp.Expr]
#: volumes, relative to the start, at which an area must be positive
_VOLUMES = (1.0, 0.5, 0.75, 1.5, 2.0)


class Holds(HasVolume):
    """A compartment, with its volume at the start."""

    volume: Declared


@dataclass(frozen=True, eq=False)
class StateArea:
    """An area that is a function of volumes.

    ``formula`` in the symbols of the model, ``start`` with the declared volumes and ``value`` its
    number.
    """

    symbol: sp.Symbol
    formula: BoundExpression
    start: sp.Expr
    value: float
    parameters: dict[str, Declared]
    solids: tuple[Declared, ...]  # of the places
    volumes: dict[str, float]  # at the start, by place

    def content(self) -> tuple[object, ...]:
        """What is compared."""
        return self.formula.local, dict(self.formula.names), self.parameters

    def at(self, volumes: Mapping[str, float]) -> float:
        """Its value at other volumes, by place, and the declared parameters."""
        numbers = {p.symbol: p.value for p in (*self.parameters.values(), *self.solids)}
        numbers |= {symbols.volume(n): volumes.get(n, W) for n, W in self.volumes.items()}
        return _number(self.formula.expression, numbers)


def area_at(area: Declared | StateArea, volumes: Mapping[str, float]) -> float:
    """The value of an area at volumes by place."""
    return area.at(volumes) if isinstance(area, StateArea) else area.value


def state_area(membrane: str, function: AreaFunction, sides: Mapping[str, Holds]) -> StateArea:
    """The area that a user's function of the geometry gives.

    Raises WrongType, DimensionError, BadPlace, OutOfDomain.
    """
    geometry = Geometry(membrane, f"the membrane {membrane!r}", sides)
    formula = geometry.bound(geometry.evaluated(function, AREA, "area"))
    places = {p.name: p for p in sides.values()}
    read = {symbols.volume(n): p for n, p in places.items()}
    start = formula.expression.xreplace({W: p.volume.symbol for W, p in read.items()})
    solids = tuple(p.solids for p in places.values() if p.solids is not None)
    volumes = {n: p.volume.value for n, p in places.items()}
    symbol, parameters = sp.Symbol(f"area[{membrane}]", positive=True), dict(geometry.parameters)
    area = StateArea(symbol, formula, start, math.nan, parameters, solids, volumes)
    for factor in _VOLUMES:
        value = area.at({n: W * factor for n, W in volumes.items()})
        if not value > 0:
            raise errors.OutOfDomain(
                where=f"Membrane({membrane!r}), area",
                wanted="an area above zero, also at half and at twice the volume",
                got=f"{value * units.from_internal('um^2'):.4g} µm² at {factor:g} times the volume",
                advice="lambda m: (36*sympy.pi*m.volume('in')**2)**sympy.Rational(1, 3), a sphere",
            )
    return replace(area, value=area.at({}))


def _number(expression: sp.Expr, numbers: Mapping[sp.Symbol, float]) -> float:
    value = expression.subs(numbers).evalf()
    return float(value) if value.is_real else math.nan
