"""Pores that water and solutes share: Kedem and Katchalsky's flows as one Onsager law."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..declare.barriers import ConstantField
from ..declare.bound_expression import BoundExpression
from ..declare.carried import Carried, share_symbol
from ..declare.checks.certificate import Certificate
from ..declare.parameter import check_name
from ..declare.places import Membrane, contents
from ..declare.rates import Law, Rates, times
from ..declare.reaction import Participant, dissolved
from ..declare.reaction_parser import parse
from ..declare.site import Site
from ..declare.source import check_text
from ..declare.species import Species
from ..declare.transporter import Process, Transporter, build
from ..symbols import B, R, T, c0
from .species import H2O

if TYPE_CHECKING:
    from ..declare.parameter_types import ParameterLike
    from ..quantity_types import Number

#: ω, moles per area, time and pressure
SOLUTE_MOBILITY = d.SURFACE_FLUX / d.PRESSURE


@errors.keywords
@dataclass(frozen=True, eq=False, repr=False)
class Pore(Transporter):
    """A pore through which solvent drags solutes (Kedem & Katchalsky 1958), written inward.

        J_v = L_p [Δp − Δπ_impermeant − Σ σ RTΔc],    J_s = P Δc + (1 − σ) c̄ J_v,
        c̄ = Δc/Δln c,  P = ωRT

    is J = L·A with L = L_p w wᵀ + diag(0, ωc̄), w = (1, (1 − σ)c̄): symmetric (Onsager), and
    positive semidefinite for every σ where L_p ≥ 0 and P ≥ 0.  A reflection coefficient below 0
    (anomalous osmosis) or above 1 is therefore allowed.  Of an ion the field counts too, which
    gives a streaming current and electro-osmosis of one coefficient.  L is checked when the pore is
    made.

    Args:
        name: the flow of solution is the process ``name:flow``, diffusion ``name:glucose``.
        on: the membrane.
        water: hydraulic permeability L_p ("cm/s/bar"), or osmotic P_f ("cm/s").
        reflection: σ by solute; a solute that is not named is not dragged, as with σ = 1.
        permeability: P by solute ("cm/s"), or ω ("mol/m^2/s/Pa"), at zero volume flow; of those
            that diffuse through the pore.
        modulator: a function of the site that gives a non-negative pure number; it multiplies L_p
            and every P.
        label: how figures write it; default the name.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no membrane, or solutes that are no mapping of Species.
        MissingSpecies: a solute that is not on both sides.
        BareNumber: a permeability without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: a permeability below zero.
        NegativeRate: a modulator that may be negative.
        DimensionError: a modulator that is no pure number.
    """

    reaction: str = field(init=False, default="H2O@out -> H2O@in")
    law: Law = field(init=False, repr=False)
    water: ParameterLike = field(kw_only=True)
    reflection: Mapping[Species, ParameterLike | Number] = field(kw_only=True, default_factory=dict)
    permeability: Mapping[Species, ParameterLike] = field(kw_only=True, default_factory=dict)
    modulator: Callable[[Site], sp.Expr] | None = field(default=None, kw_only=True)
    species: tuple[Species, ...] = field(init=False, repr=False, default=(H2O,))

    def __post_init__(self) -> None:
        set_field: Any = object.__setattr__
        check_name(self.name, "Pore, name")
        check_text(self.label, f"{self.name}, label=…", "label='pore'")
        errors.expect(self.on, Membrane, f"{self.name}, on=…", "a membrane", "on=membrane")
        set_field(self, "label", self.label or self.name)
        set_field(self, "law", _Stream(self.water))
        for argument in ("reflection", "permeability"):
            set_field(self, argument, self._checked(argument))
        site = self._site("H2O@out -> H2O@in", "flow")
        flow = self._dragging(build(site, self.law, self.modulator, {}), site)
        processes, parameters = [flow], dict(site.parameters)
        for s, P in self.permeability.items():
            site = self._site(f"{s.name}@out -> {s.name}@in", s.name)
            processes.append(build(site, _Diffusion(s.name, P), self.modulator, {}))
            parameters |= site.parameters
        set_field(self, "processes", tuple(processes))
        set_field(self, "parameters", parameters)

    def _site(self, reaction: str, step: str) -> Site:
        return Site(self.name, parse(reaction, self.on, self.name, (H2O,)), self.on, step)

    def _checked(self, argument: str) -> dict[Species, Any]:
        """Solutes of one argument; raises unless both sides hold them."""
        where, given = f"{self.name}, {argument}=…", getattr(self, argument)
        errors.expect(given, Mapping, where, "values by Species", f"{argument}={{glucose: …}}")
        assert isinstance(self.on, Membrane)
        for s in given:
            errors.expect(s, Species, where, "Species as keys", "library.glucose, not its name")
            lacking = [p.name for p in (self.on.inside, self.on.outside) if s not in contents(p)]
            if lacking:
                raise errors.MissingSpecies(
                    where=where,
                    wanted=f"{s.name} on both sides of {self.on.name}",
                    got=f"none in {' and '.join(lacking)}",
                    advice=f"contents={{{s.name}: Q(0, 'mM'), …}} of {lacking[0]}; what does not"
                    " cross needs no reflection coefficient",
                    species=(s.name,),
                )
        return dict(given)

    def _dragging(self, flow: Process, site: Site) -> Process:
        """The flow of water with what it drags."""
        assert isinstance(self.on, Membrane)
        carried: list[Carried] = []
        drag, v = sp.S.Zero, site.molar_volume(site.participants[0])
        for s, value in self.reflection.items():
            key = f"reflection_{s.name}"
            words = f"reflection coefficient of {s.name} in {self.name}"
            sigma = site.parameter(key, value, d.ONE, domain="real", long_name=words)
            ends = [dissolved(place, s) for place in (self.on.outside, self.on.inside)]
            carried.append(_dragged(site, s, 1 - sigma, ends))
            outside, inside = map(site.level, ends)
            drag += (1 - sigma) * v * (outside - inside)
            if s.charge:
                drag -= _share(site, 1 - sigma, ends) * s.charge * site.u
        formula = flow.certificate.formula
        affinity = BoundExpression(formula.local + drag, site.names)
        statement = "J = L·A with L = L_p w wᵀ + diag(0, ωc̄) ⪰ 0, L_p ≥ 0 and ω ≥ 0"
        certificate = Certificate(flow.certificate.verdict, statement, affinity)
        return replace(flow, carried=tuple(carried), certificate=certificate)

    def __repr__(self) -> str:
        names = ", ".join(s.name for s in dict.fromkeys([*self.reflection, *self.permeability]))
        return f"<{self.name} on {self.on.name}: water with {names or 'no solute'}>"


def log_mean(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """(a − b)/ln(a/b), which is a where a = b and 0 where one is 0.

    Written with B, which is regular at a = b; a concentration of 10⁻¹² mM in the logarithm, far
    below one molecule in any cell, keeps its slope finite at 0.
    """
    least = c0 * sp.Float("1e-15")
    more, less = sp.Max(a, b), sp.Min(a, b)
    return more / B(-sp.log((more + least) / (less + least)))


def _share(site: Site, passing: sp.Expr, ends: list[Participant]) -> sp.Expr:
    """(1 − σ) c̄ v, what one mole of water drags along [mol/mol]."""
    mean = log_mean(*map(site.level, ends))
    return passing * site.molar_volume(site.participants[0]) * mean


def _dragged(site: Site, s: Species, passing: sp.Expr, ends: list[Participant]) -> Carried:
    """What the flow carries of one solute; its part of the affinity is (1 − σ) v RT Δc."""
    share = BoundExpression(_share(site, passing, ends), site.names)
    weight = (passing * site.molar_volume(site.participants[0])).xreplace(site.names) * R * T
    outside, inside = (symbols.concentration(x.pool) for x in ends)
    chemical = ((weight, outside), (-weight, inside))
    return Carried(share_symbol(site.process, s.name), ends[0], ends[1], share, chemical)


@dataclass(frozen=True)
class _Stream:
    """L_p·area/v² of the solution."""

    water: ParameterLike

    def rates(self, site: Site) -> Rates:
        words = f"permeability to water of {site.name}"
        L = site.parameter("water", self.water, (d.HYDRAULIC, d.PERMEABILITY), long_name=words)
        v = site.molar_volume(site.participants[0])
        if site.dims[L] == d.HYDRAULIC:
            return Rates(conductance=L * site.area / v**2)
        return Rates(conductance=L * site.area / (v * R * T))


@dataclass(frozen=True)
class _Diffusion:
    """P·area·B(±zu)·c, with P = ωRT."""

    solute: str
    permeability: ParameterLike

    def rates(self, site: Site) -> Rates:
        words = f"permeability to {self.solute} of {site.name}"
        P: sp.Expr = site.parameter(
            f"permeability_{self.solute}",
            self.permeability,
            (d.PERMEABILITY, SOLUTE_MOBILITY),
            long_name=words,
        )
        if site.dims[P] == SOLUTE_MOBILITY:
            P = P * R * T
        barriers = ConstantField()(site.reduced_work)
        sides = (site.reaction.reactants, site.reaction.products)
        forward, reverse = (
            times(P * site.area, b, site.product(side))
            for b, side in zip(barriers, sides, strict=True)
        )
        return Rates(forward, reverse)
