"""Elastic walls: the energy U of a compartment's volume, whose slope is a hydrostatic pressure.

U is part of the free energy G, so that the pressure, its work and the stored elastic energy follow
from one function: p = ∂U/∂W (formalism §2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.integrals.manualintegrate import manualintegrate

from .. import dimension as d
from .. import errors
from .bound_expression import BoundExpression
from .checks.dimensions import check_dimension
from .checks.witness import states, value_at
from .geometry import Geometry
from .identity import Compared
from .parameter import Declared

if TYPE_CHECKING:
    from .parameter_types import ParameterLike

GeometryFunction = Callable[[Geometry], sp.Expr]  # a user's function of the geometry
COMPLIANCE = d.VOLUME / d.PRESSURE


@errors.keywords
@dataclass(frozen=True, eq=False)
class Wall(Compared):
    """The elastic wall of a compartment: ``Compartment(…, wall=Wall(compliance="0.1 fL/Pa"))``.

    One of four arguments says how it yields.  V is the volume with solids, V₀ that of the relaxed
    wall; the pressure is that above the surroundings, and a wall that is linear pulls below V₀ as
    it pushes above it.

    Args:
        compliance: C = dV/dp; p = (V − V₀)/C.
        modulus: volumetric elastic modulus ε = V₀ dp/dV; p = ε (V − V₀)/V₀.
        pressure: a function of the :class:`~biomembrane.declare.geometry.Geometry` that gives p,
            which is integrated to the energy.
        energy: a function of the geometry that gives U.
        relaxed: V₀; default the volume at the start, with solids.

    A function reads ``w.volume()`` (solvent), ``w.total_volume()`` and ``w.parameter(key, value,
    dimension)``.  Parameters are named ``cell_wall.compliance``.

    Raises:
        BadSettings: none of the four, more than one, or ``relaxed`` beside a function.
        WrongType: ``pressure`` or ``energy`` that is no function; when the compartment is made, one
            that gives no expression.
        BareNumber: when the compartment is made, a number without a unit.
        UnitMismatch: then, a unit of another dimension.
        OutOfDomain: then, a compliance, a modulus or a volume that is not above zero.
        DimensionError: then, a function that gives no pressure or no energy.
    """

    compliance: ParameterLike | None = None
    modulus: ParameterLike | None = None
    pressure: GeometryFunction | None = None
    energy: GeometryFunction | None = None
    relaxed: ParameterLike | None = None
    _loose = ("pressure", "energy")
    name = "wall"

    def __post_init__(self) -> None:
        ways = ("compliance", "modulus", "pressure", "energy")
        given = [way for way in ways if getattr(self, way) is not None]
        if len(given) != 1:
            raise errors.BadSettings(
                where="Wall(…)",
                wanted="one of compliance=, modulus=, pressure= and energy=",
                got=" and ".join(given) or "none",
                advice="Wall(compliance=Q(0.1, 'fL/Pa')), or Wall(modulus=Q(5, 'MPa'))",
            )
        if given[0] in ("pressure", "energy"):
            function = getattr(self, given[0])
            if isinstance(function, type) or not callable(function):
                raise errors.WrongType(
                    where=f"Wall({given[0]}=…)",
                    wanted="a function of the geometry",
                    got=errors.shown(function),
                    advice=f"{given[0]}=lambda w: w.parameter(…) * w.total_volume(); a number is"
                    " a bath's: Reservoir(…, pressure=…)",
                )
            if self.relaxed is not None:
                raise errors.BadSettings(
                    where=f"Wall({given[0]}=…, relaxed=…)",
                    wanted="the relaxed volume as a parameter of the function",
                    got=f"relaxed={errors.shown(self.relaxed)}",
                    advice="w.parameter('relaxed', Q(1, 'pL'), bm.dimension.VOLUME)",
                )

    def _content(self) -> tuple[Any, ...]:
        return self.compliance, self.modulus, self.pressure, self.energy, self.relaxed


@dataclass(frozen=True, eq=False)
class BoundWall:
    """A wall of one compartment: U [fJ] and p [Pa] as formulas, with their parameters."""

    energy: BoundExpression
    pressure: BoundExpression
    parameters: dict[str, Declared]

    def content(self) -> tuple[Any, ...]:
        """What is compared: the formula and the parameters."""
        return self.energy.local, dict(self.energy.names), self.parameters


def bound(wall: Wall, geometry: Geometry, start: sp.Expr) -> BoundWall:
    """A wall with the volumes of its compartment; ``start`` is the total volume at the start in the
    symbols of the model.
    """
    if wall.energy is not None:
        U = geometry.evaluated(wall.energy, d.ENERGY, "energy")
    elif wall.pressure is not None:
        U = _integral(geometry.evaluated(wall.pressure, d.PRESSURE, "pressure"), geometry)
    else:
        U = _linear(wall, geometry, start)
    p = _one_sided(sp.diff(U, geometry.volume("in")))
    check_dimension(p, d.PRESSURE, geometry.dims, geometry.process, "pressure")
    return BoundWall(geometry.bound(U), geometry.bound(p), geometry.parameters)


def _one_sided(p: sp.Expr) -> sp.Expr:
    """A slope in which H(x) Max(0, x) is Max(0, x), as of a wall that only pushes."""

    def without(product: sp.Expr) -> sp.Expr:
        steps = {f.args[0] for f in product.args if isinstance(f, sp.Heaviside)}
        kinks = [f.as_base_exp()[0] for f in product.args]
        idle = {x for x in steps if sp.Max(0, x) in kinks}
        return sp.Mul(*(f for f in product.args if not _is_step(f, idle)))

    return p.replace(lambda e: e.is_Mul and e.has(sp.Heaviside), without)


def _is_step(factor: sp.Expr, of: set[sp.Expr]) -> bool:
    return isinstance(factor, sp.Heaviside) and factor.args[0] in of


def _linear(wall: Wall, geometry: Geometry, start: sp.Expr) -> sp.Expr:
    """U = (V − V₀)²/(2C), or ε (V − V₀)²/(2V₀)."""
    if wall.relaxed is None:
        V0 = geometry.standing_for("relaxed", start, d.VOLUME)
    else:
        V0 = geometry.parameter("relaxed", wall.relaxed, d.VOLUME, domain="positive")
    stretch = geometry.total_volume("in") - V0
    if wall.compliance is not None:
        C = geometry.parameter("compliance", wall.compliance, COMPLIANCE, domain="positive")
        return stretch**2 / (2 * C)
    assert wall.modulus is not None
    e = geometry.parameter("modulus", wall.modulus, d.PRESSURE, domain="positive")
    return e * stretch**2 / (2 * V0)


def _integral(p: sp.Expr, geometry: Geometry) -> sp.Expr:
    """∫ p dW, checked against p at witness states."""
    W = geometry.volume("in")
    U = manualintegrate(sp.expand(p), W)
    if not U.has(sp.Integral):
        slope = sp.diff(U, W) - p
        values = {n: q.value for n, q in geometry.parameters.items()}
        for at, _ in states(p, values, 6):
            if abs(value_at(slope, at)) > 1e-9 * abs(value_at(p, at)):
                break
        else:
            return U
    raise errors.WrongType(
        where=f"{geometry.process}, pressure",
        wanted="a pressure whose integral over the volume has a closed form",
        got=str(p),
        advice="the energy itself: Wall(energy=lambda w: …)",
    )
