"""Kinetic laws: one-way rates r⁺, r⁻ ≥ 0 [fmol/s] with RT ln(r⁺/r⁻) = A, or J = L·A with L ≥ 0.

A law is a formula over a :class:`~biomembrane.declare.site.Site`.  The reverse rate is never free
but follows from the affinity, so that no choice of parameters can break the second law (formalism
§4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sympy as sp

from .. import dimension as d
from .. import errors
from ..symbols import F, R, T
from .barriers import Barrier, ConstantField, Eyring, split
from .laws_by_function import Empirical, Pair
from .rates import Law, Rates, times
from .reduced_affinity import exact
from .reduced_cycle import ReducedCycle
from .saturable_law import Saturable
from .site import Site

if TYPE_CHECKING:
    from .parameter_types import ParameterLike

__all__ = [
    "GHK", "Barrier", "ConstantField", "Elementary", "Empirical", "Eyring", "Law", "Ohmic",
    "Onsager", "Pair", "Rates", "ReducedCycle", "Saturable", "Site", "Water",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


def _by_affinity(prefactor: sp.Expr, site: Site, barrier: Barrier) -> Rates:
    """r⁺ = prefactor·b⁺·Π a^ν⁺, and r⁻ by detailed balance."""
    plus, minus = split(barrier, site)
    forward = prefactor * plus * site.product(site.reaction.reactants, activities=True)
    reverse = (
        prefactor
        * minus
        * site.product(site.reaction.products, activities=True)
        * sp.exp(site.standard)
    )
    return Rates(forward, reverse)


@dataclass(frozen=True)
class Elementary:
    """Mass action: r⁺ = κ b⁺(Qu) Π (c/c°)^ν⁺, r⁻ = κ b⁻(Qu) Π (c/c°)^ν⁻ e^{ΔG°/RT}.

    ``rate``: κ as a flux ("fmol/s") or per membrane area ("pmol/cm^2/s"), at activities of 1.
    """

    rate: ParameterLike
    barrier: Barrier = field(default_factory=Eyring)

    def rates(self, site: Site) -> Rates:
        return _by_affinity(site.per_area("rate", self.rate, d.FLUX), site, self.barrier)


@dataclass(frozen=True)
class GHK:
    """Goldman–Hodgkin–Katz flux of one solute: r± = P·area·B(±Qu)·c.

    ``permeability``: "cm/s".  For a neutral solute J = P·area·Δc.  Goldman 1943; Hodgkin & Katz
    1949.
    """

    permeability: ParameterLike

    def rates(self, site: Site) -> Rates:
        sides = (site.reaction.reactants, site.reaction.products)
        if (
            any(len(s) != 1 or s[0][0] != 1 or not s[0][1].is_solute for s in sides)
            or sides[0][0][1].species != sides[1][0][1].species
        ):
            raise errors.BadReaction(
                where=f"{site.name}, GHK",
                wanted="one solute that crosses, 'K@in -> K@out'",
                got=str(site.reaction),
                advice="laws.Elementary or laws.Saturable for coupled transport",
            )
        P = site.parameter("permeability", self.permeability, d.PERMEABILITY)
        plus, minus = ConstantField()(site.reduced_work)
        forward, reverse = (
            times(P * site.area, b, site.product(side))
            for b, side in zip((plus, minus), sides, strict=True)
        )
        return Rates(forward, reverse)


@dataclass(frozen=True)
class Ohmic:
    """J = g·A/(QF)²: the current is g·(V − E), E the reversal potential of the reaction.

    ``conductance``: of the membrane ("nS") or per area ("mS/cm^2").
    """

    conductance: ParameterLike

    def rates(self, site: Site) -> Rates:
        if not site.charge:
            raise errors.ChargeImbalance(
                where=f"{site.name}, Ohmic",
                wanted="a reaction that moves charge",
                got=str(site.reaction),
                advice="laws.Onsager for electroneutral transport",
            )
        g = site.per_area("conductance", self.conductance, d.CONDUCTANCE)
        return Rates(conductance=g / (exact(site.charge) * F) ** 2)


@dataclass(frozen=True)
class Onsager:
    """J = L·A, near equilibrium (Onsager 1931).  ``coefficient``: L in mol²/J/s, or per area."""

    coefficient: ParameterLike

    def rates(self, site: Site) -> Rates:
        return Rates(conductance=site.per_area("coefficient", self.coefficient, d.ONSAGER))


@dataclass(frozen=True)
class Water:
    """Volume flow L_p·area·ΔP, P the hydrostatic less the osmotic pressure (Kedem & Katchalsky
    1958).

    ``permeability``: hydraulic, "cm/s/bar", or osmotic P_f, "cm/s", which is L_p·RT/v_w.
    """

    permeability: ParameterLike

    def rates(self, site: Site) -> Rates:
        water = [w for w in site.participants if w.is_solvent]
        if len(water) != 2 or len(site.participants) != 2:
            advice = "library.water(membrane), or Transporter(…, species=(H2O,)) with library.H2O"
            raise errors.BadReaction(
                where=f"{site.name}, Water",
                wanted="'H2O@out -> H2O@in'",
                got=str(site.reaction),
                advice=advice,
            )
        L = site.parameter("permeability", self.permeability, (d.HYDRAULIC, d.PERMEABILITY))
        v = site.molar_volume(water[0])
        if site.dims[L] == d.HYDRAULIC:
            return Rates(conductance=L * site.area / v**2)
        return Rates(conductance=L * site.area / (v * R * T))
