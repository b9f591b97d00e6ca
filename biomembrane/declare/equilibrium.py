"""Equilibria: reactions whose affinity is 0 at all times, and the same with a finite rate."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..symbols import c0, ln
from .bound_expression import BoundExpression
from .checks.certificate import Certificate, Verdict
from .parameter import check_name
from .places import Compartment, Membrane
from .rates import Rates, times
from .reaction import Reaction
from .reaction_parser import parse
from .site import Site
from .source import check_text
from .transporter import Process, Transporter, build

if TYPE_CHECKING:
    from .parameter_types import ParameterLike
    from .species import Species

LN10 = sp.Float(math.log(10))


@dataclass(frozen=True)
class MassAction:
    """r⁺ = k W Π c^ν⁺ and r⁻ = r⁺-like by detailed balance, with the forward constant k of the
    reaction as written, W the volume of its compartment; or κ as :class:`.laws.Elementary` has it.
    """

    rate: ParameterLike

    def rates(self, site: Site) -> Rates:
        forward, reverse = site.reaction.reactants, site.reaction.products
        order = sum(n for n, w in forward if w.is_solute)
        constant = d.RATE / d.CONCENTRATION ** (order - 1)
        if isinstance(site.on, Membrane):
            prefactor = site.per_area("rate", self.rate, d.FLUX, long_name=_long(site))
        else:
            k = site.parameter("rate", self.rate, (constant, d.FLUX), long_name=_long(site))
            prefactor = k if site.dims[k] == d.FLUX else k * _volume(site, site.on) * c0**order
        half = sp.exp(-site.reduced_work / 2)
        return Rates(
            times(prefactor, half, site.product(forward, activities=True)),
            times(prefactor, 1 / half, site.product(reverse, activities=True))
            * sp.exp(site.standard),
        )


def _long(site: Site) -> str:
    return f"forward rate constant of {site.name}"


def _volume(site: Site, place: Compartment) -> sp.Symbol:
    return site.local(symbols.volume("@in"), symbols.volume(place.name), d.VOLUME)


@errors.keywords
class Equilibrium(Transporter):
    """A reaction that is at equilibrium at all times, A = 0; or, with ``rate=``, one that goes
    there at a finite rate and obeys detailed balance.

    The amounts that it moves follow from its constant and from what it conserves of them.  It
    dissipates nothing; its flux follows from those of all other processes, by dA/dt = 0, and is a
    column of the energy ledger like theirs.

    Args:
        reaction: ``"HHepes@cell <-> Hepes@cell + H@cell"``.  Water is at unit activity and is left
            out.
        on: the compartment in which it is, or a membrane where it joins a solute of a compartment
            to that of a bath, ``"CO2@in <-> CO2@out"``; then it moves no charge.
        pK: −log₁₀ of the constant of the reaction as written, with concentrations in mol/l.
        K: the constant itself, Π c^ν of products over reactants, with its unit: ``"30 nM"`` for a
            dissociation.  Neither pK nor K: the constant follows from the standard energies of the
            species.
        rate: forward rate constant of the reaction as written: 1/s or, of the order two, 1/(M s),
            times the volume of the compartment; or the flux at activities of 1 (fmol/s; on a
            membrane also per area).  The reverse one follows from the constant.
        name: its parameters are ``name.pK``, ``name.K`` and ``name.rate``; by default the first
            species and the place, ``HHepes_cell``.
        label: how figures write it; default the name.
        species: species that the reaction names and no place holds: the solvent, ``(H2O,)``, with a
            rate only.

    Constants and energies of a model must agree: where they determine one of them twice, around a
    loop or beside declared standard energies, they are compared.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no place, or text is no text.
        BadReaction: text that is no reaction, the solvent, charge that crosses a membrane, or no
            solute in a compartment.
        MissingSpecies: a participant that its place does not hold.
        UnbalancedReaction: atoms or moieties appear or vanish.
        ChargeImbalance: charge appears or vanishes.
        ConventionMismatch: standard energies of different conventions, or neither a constant nor
            energies.
        DuplicateName: both pK and K.
        BareNumber: a K or a rate without a unit.
        UnitMismatch: a K or a rate in a unit of another dimension.
        OutOfDomain: a K that is not above zero, or a rate below it.
    """

    def __init__(
        self,
        reaction: str,
        on: Membrane | Compartment,
        *,
        pK: ParameterLike | float | None = None,
        K: ParameterLike | None = None,
        rate: ParameterLike | None = None,
        name: str = "",
        label: str = "",
        species: tuple[Species, ...] = (),
    ) -> None:
        errors.expect(name, str, "Equilibrium, name", "text", "name='hepes'")
        parsed = parse(reaction, on, name or "Equilibrium", species)
        name = check_name(name or _name(parsed, on), "Equilibrium, name")
        check_text(label, f"{name}, label=…", "label='HEPES'")
        site = Site(name, parsed, on)
        log_constant = _constant(site, pK, K)
        _ = site.standard  # records declared energies, with which a constant must agree
        if log_constant is not None:
            vars(site)["standard"] = -log_constant
        law = None if rate is None else MassAction(rate)
        process = _slaved(site) if law is None else build(site, law, None, {})
        if log_constant is not None:
            process = replace(process, log_constant=BoundExpression(log_constant, site.names))
        held = {
            "name": name, "reaction": reaction, "on": on, "law": law, "modulator": None,
            "label": label or name, "species": species, "processes": (process,),
            "parameters": dict(site.parameters), "derived": {}, "states": (), "total": None,
        }  # fmt: skip
        for field, value in held.items():
            object.__setattr__(self, field, value)

    @property
    def instant(self) -> bool:
        """Whether A = 0 at all times, without a rate."""
        return self.processes[0].slaved


def _name(reaction: Reaction, on: Membrane | Compartment) -> str:
    first = reaction.reactants[0][1] if reaction.reactants else reaction.products[0][1]
    return f"{first.species.name if first.species else first.label}_{on.name}"


def _constant(site: Site, pK: Any, K: Any) -> sp.Expr | None:
    """ln of the constant in c°, from the parameter that gives it; None where energies do."""
    if pK is not None and K is not None:
        raise errors.DuplicateName(
            where=site.name,
            wanted="one equilibrium constant",
            got="both pK and K",
            advice="pK=7.5, or K=Q(30, 'nM')",
        )
    if pK is not None:
        long_name = f"pK of {site.name}"
        return -LN10 * site.parameter("pK", pK, d.ONE, domain="real", long_name=long_name)
    if K is None:
        _check_energies(site)
        return None
    net = sum(n for w, n in site.reaction.net.items() if w.is_solute)
    long_name = f"equilibrium constant of {site.name}"
    dim = d.CONCENTRATION**net
    symbol = site.parameter("K", K, dim, domain="positive", long_name=long_name)
    return ln(symbol / c0**net)


def _check_energies(site: Site) -> None:
    """Raise unless some species that is produced or consumed has a standard energy; nothing needs
    one where species are only moved.
    """
    from .reaction_balance import net_species

    changed = net_species(site.reaction)
    if changed and all(s.declared_standard is None for s in changed):
        raise errors.ConventionMismatch(
            where=f"{site.name}, pK=…",
            wanted="an equilibrium constant, or standard energies of its species",
            got="neither",
            advice="pK=7.5, K=Q(30, 'nM'), or Species(…, standard=Q(…, 'kJ/mol'), convention=…)",
        )


def _check_instant(site: Site) -> None:
    """Raise ``BadReaction`` where a constraint A = 0 could not be met, or would move charge or
    solvent at once.
    """
    where, reaction = f"{site.name}, reaction", site.reaction
    if reaction.has_solvent:
        raise errors.BadReaction(
            where=where, wanted="solutes alone, water being at unit activity", got=str(reaction),
            advice="leave the solvent out; or rate=… for a reaction that takes up water",
        )  # fmt: skip
    if reaction.charge_moved():
        raise errors.BadReaction(
            where=where, wanted="a reaction that moves no charge between places", got=str(reaction),
            advice="rate=…, or a leak of a high permeability, which has a finite current",
        )  # fmt: skip
    own = [w for w in reaction.net if isinstance(w.place, Compartment) and w.species]
    if not any(w.species in w.place.contents for w in own):  # type: ignore[union-attr]
        raise errors.BadReaction(
            where=where, wanted="at least one solute among the contents of a compartment",
            got=f"{reaction}, of baths and held solutes, which cannot follow",
            advice="move one from held= to contents=",
        )  # fmt: skip


def _slaved(site: Site) -> Process:
    """The process of an equilibrium without a rate."""
    _check_instant(site)
    affinity = BoundExpression(site.reduced_affinity, site.names)
    statement = "A = 0 at all times: it dissipates nothing"
    return Process(
        site.name, site.name, site.reaction, site.on, Rates(), site.names,
        Certificate(Verdict.EQUILIBRIUM, statement, affinity),
    )  # fmt: skip
