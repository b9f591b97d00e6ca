"""Transporters: a reaction at a place and a law for it, proved when they meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sympy as sp

from .. import errors, symbols
from ..html import collapsible, join, table
from . import transporter_latex
from .barriers import Eyring
from .bound_expression import BoundExpression, free
from .checks.certificate import Certificate
from .checks.certified_once import LawAtSite, certify
from .identity import Compared
from .parameter import Declared, check_name, check_text
from .parameter import table as parameter_rows
from .places import Compartment, Membrane
from .rates import Law, Rates
from .reaction import Participant, Reaction
from .reaction_parser import parse
from .readable_state import OwnState
from .site import Site
from .species import Species
from .user_expressions import evaluated, expressed


@dataclass(frozen=True, eq=False)
class Process(Compared):
    """One reaction with its rates and the certificate of them: what the assembly reads.

    ``local`` are the rates in the symbols of the site, ``names`` what these stand for, ``rates``
    the same written out; ``modulating_solutes`` are the solutes that its rates read and that take
    no part in the reaction, ``own_states`` those with an equation of their own that they read;
    ``step`` is its name within a kinetic diagram.
    """

    name: str
    transporter: str
    reaction: Reaction
    on: Membrane | Compartment
    local: Rates
    names: Mapping[sp.Symbol, sp.Expr] = field(repr=False, hash=False)
    certificate: Certificate
    modulating_solutes: tuple[Participant, ...] = ()
    step: str = ""
    own_states: tuple[OwnState, ...] = ()

    def _content(self) -> tuple[Any, ...]:
        return (
            self.transporter,
            self.reaction,
            self.on,
            self.local,
            dict(self.names),
            self.certificate.verdict,
            self.modulating_solutes,
            self.own_states,
        )

    @cached_property
    def solutes(self) -> tuple[Participant, ...]:
        """The solutes that its rates may read: those of the reaction, catalysts among them, and
        those sensed.
        """
        written = [who for _, who in (*self.reaction.reactants, *self.reaction.products)]
        return tuple(
            dict.fromkeys(who for who in (*written, *self.modulating_solutes) if who.is_solute)
        )

    def reads(self, symbol: sp.Symbol) -> bool:
        """Whether its rates depend on a symbol of the model."""
        local = {here for here, name in self.names.items() if name == symbol} | {symbol}
        given = (self.local.forward, self.local.reverse, self.local.conductance, self.local.flux)
        return any(rate is not None and free(rate) & local for rate in given)

    @cached_property
    def rates(self) -> Rates:
        return self.local.mapped(lambda rate: rate.xreplace(self.names))


def build(
    site: Site,
    law: Law,
    modulator: Callable[[Site], sp.Expr] | None,
    derived: Mapping[sp.Symbol, BoundExpression],
) -> Process:
    """Apply the law at the site and check the result: dimension, sign, detailed balance."""
    where = site.process
    if isinstance(law, type) or not callable(getattr(law, "rates", None)):
        fields = ", ".join(f"{name}=…" for name in getattr(law, "__dataclass_fields__", {}))
        advice = (
            f"laws.{law.__name__}({fields})"
            if isinstance(law, type) and fields
            else "laws.GHK(permeability=Q(1e-7, 'cm/s'))"
        )
        raise errors.WrongType(
            where=f"{where}, law=…",
            wanted="a law of biomembrane.laws",
            got=errors.shown(law),
            advice=advice,
        )
    rates, g = read(law, site, modulator)
    if g is not None:
        rates = rates.mapped(lambda rate: g * rate)
    case = LawAtSite(
        rates,
        g,
        site.reduced_affinity,
        frozenset(site.dims.items()),
        frozenset((s, f.local) for s, f in derived.items()),
    )
    verdict, statement = certify(case, site.names, site.parameters, where)
    proof = Certificate(verdict, statement, BoundExpression(site.reduced_affinity, site.names))
    return Process(
        where,
        site.name,
        site.reaction,
        site.on,
        rates,
        site.names,
        proof,
        tuple(site.modulating_solutes),
        site.step,
        tuple(site.own_states),
    )


def read(
    law: Law, site: Site, modulator: Callable[[Site], sp.Expr] | None = None
) -> tuple[Rates, sp.Expr | None]:
    """The rates of a law and its modulator at the site, with the domains of parameters settled in
    both alike.
    """
    with errors.of_users(law, f"{site.process}, law=…"):
        told = law.rates(site)
    rates = _complete(told, site.process)
    g = None if modulator is None else evaluated(modulator, site, "modulator")
    given = [
        rate
        for rate in (rates.forward, rates.reverse, rates.conductance, rates.flux, g)
        if rate is not None
    ]
    made = dict(zip(given, site.settled(*given), strict=True))
    return rates.mapped(made.__getitem__), None if g is None else made[g]


def _complete(rates: Any, where: str) -> Rates:
    """The rates of a law: a pair, or a conductance, or a flux, each an expression."""
    advice = (
        "laws.Rates(forward, reverse), laws.Rates(conductance=…) or laws.Rates(flux=…, reason=…)"
    )
    if not isinstance(rates, Rates):
        raise errors.WrongType(
            where=f"{where}, law=…",
            wanted="a law that gives Rates",
            got=errors.shown(rates),
            advice=advice,
        )
    given = [
        name
        for name in ("forward", "reverse", "conductance", "flux")
        if getattr(rates, name) is not None
    ]
    if given not in (
        ["forward", "reverse"],
        ["conductance"],
        ["flux"],
        ["forward", "reverse", "flux"],
    ):
        got = " and ".join(given) or "nothing"
        raise errors.WrongType(
            where=f"{where}, law=…",
            wanted="Rates of forward and reverse, or of one other",
            got=got,
            advice=advice,
        )
    return replace(
        rates, **{name: expressed(getattr(rates, name), f"{where}, {name}") for name in given}
    )


@dataclass(frozen=True, eq=False)
class Transporter(Compared):
    """A transporter of one reaction.

    Args:
        name: dotted names ``name.parameter``; fluxes are positive in the written direction.
        reaction: ``"Na@out + glucose@out -> Na@in + glucose@in"``; ``@in`` and ``@out`` are the
            membrane's sides.
        on: the membrane, or a compartment for a reaction inside it.
        law: of :mod:`biomembrane.laws`.
        modulator: a function of the site that gives a non-negative pure number (open probability,
            inhibition) and may read any solute
            on either side, ``site["Ca@in"]``; it multiplies both one-way rates, so it does no work.
        label: how figures write it; the name as it is given unless told.

        species: what the reaction names and no place holds: the solvent, ``(H2O,)``.

    All that is wrong is told here and not later.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``on`` is no place, ``law`` no law, or a function gives no expression.
        BadReaction: text that is no reaction, or a reaction that the law cannot serve.
        MissingSpecies: a participant that its place does not hold.
        UnbalancedReaction: atoms or moieties appear or vanish.
        ChargeImbalance: charge appears or vanishes.
        ConventionMismatch: standard energies of different conventions.
        BareNumber: a parameter without a unit.
        UnitMismatch: a parameter in a unit of another dimension.
        OutOfDomain: a parameter below zero, or outside the domain of its law.
        DimensionError: terms of different dimension.
        NegativeRate: a one-way rate that is not provably non-negative.
        SecondLawViolation: RT ln(r⁺/r⁻) is not A.
        SecondLawUndecided: neither proved nor disproved.
        MissingSource: an exempt law without its reason.
    """

    name: str
    reaction: str
    on: Membrane | Compartment
    law: Law
    modulator: Callable[[Site], sp.Expr] | None = field(default=None, kw_only=True)
    label: str = field(default="", kw_only=True)
    species: tuple[Species, ...] = field(default=(), kw_only=True)
    processes: tuple[Process, ...] = field(init=False, repr=False)
    parameters: dict[str, Declared] = field(init=False, repr=False)
    derived: dict[sp.Symbol, BoundExpression] = field(init=False, repr=False, default_factory=dict)
    states: tuple[Participant, ...] = field(init=False, repr=False, default=())
    total: BoundExpression | None = field(init=False, repr=False, default=None)
    _loose = ("law", "modulator")

    def _content(self) -> tuple[Any, ...]:
        return content_of(self)

    def __post_init__(self) -> None:
        check_name(self.name, "Transporter, name")
        site = Site(self.name, parse(self.reaction, self.on, self.name, self.species), self.on)
        put: Any = object.__setattr__
        check_text(self.label, f"{self.name}, label=…", "label='K⁺ leak'")
        put(self, "label", self.label or self.name)
        put(self, "processes", (build(site, self.law, self.modulator, {}),))
        put(self, "parameters", dict(site.parameters))

    @property
    def sensing(self) -> dict[str, str]:
        """By process, the charge that it moves inward, and whether it senses the voltage."""
        return {p.name: sensed(p) for p in self.processes}

    @property
    def certificate(self) -> Certificate:
        """The proof of local detailed balance, or why there is none."""
        return self.processes[0].certificate

    def __repr__(self) -> str:
        moved = f"; {self.sensing[self.name]}" if self.sensing[self.name] else ""
        return (
            f"<{self.name} on {self.on.name}: {self.processes[0].reaction}{moved};"
            f" {self.certificate.verdict}>"
        )

    def _repr_html_(self) -> str:
        return html_of(self)

    def _repr_latex_(self) -> str:
        return transporter_latex.transporter(self)


def content_of(made: Any) -> tuple[Any, ...]:
    """What a transporter or a cycle says: its processes with their rates, and its numbers with
    their sources.
    """
    derived = {symbol: said(formula) for symbol, formula in made.derived.items()}
    return (
        made.label,
        made.on,
        made.processes,
        made.parameters,
        made.states,
        derived,
        said(made.total),
    )


def said(formula: BoundExpression | None) -> Any:
    """A formula as it can be compared."""
    return formula and (formula.local, dict(formula.names))


def sensed(process: Process, barrier: Any = None) -> str:
    """What a process moves through the field, as ``"+2 e inward"``; nothing where it neither moves
    charge nor reads the voltage.
    """
    on = process.on
    charge = (
        process.reaction.charge_moved().get(on.inside.name, 0) if isinstance(on, Membrane) else 0
    )
    charge = charge if abs(float(charge)) > 1e-9 else 0  # of valences that were computed
    theta = f" (θ = {barrier.theta:g})" if charge and isinstance(barrier, Eyring) else ""
    return (
        f"{float(charge):+g} e inward{theta}"
        if charge
        else "V without moving charge"
        if _reads_voltage(process)
        else ""
    )


def _reads_voltage(process: Process) -> bool:
    """Whether V stands in its rates as they are written; the A of a conductance is not."""
    rates = [getattr(process.local, way) for way in ("forward", "reverse", "conductance", "flux")]
    return any(e is not None and symbols.potential("@") in free(e) for e in rates)


def sensing(made: Any) -> tuple[dict[str, str], dict[str, str]]:
    """By process, how V is sensed, and what charge moves through the field of processes whose rates
    leave V out.

    Rates that are proved sense the charge of their reaction; of others it is known only whether V
    stands in them.
    """
    read, unread = dict[str, str](), dict[str, str]()
    for p in made.processes:
        text = made.sensing[p.name]
        own = (
            p.certificate.exempt and made.total is None and text.endswith("inward")
        )  # no step of a cycle, whose barrier is known
        if own and not _reads_voltage(p):
            unread[p.name] = text
        elif text:
            read[p.name] = f"as its rates were given (its reaction moves {text})" if own else text
    return read, unread


def html_of(made: Any) -> str:
    """Reactions with their charges, certificates and parameters, for a notebook."""
    rows = [
        (
            p.name,
            str(p.reaction),
            made.sensing[p.name],
            p.certificate.verdict,
            p.certificate.statement,
        )
        for p in made.processes
    ]
    numbers = parameter_rows(made.parameters)
    body = join(
        table(rows, ("process", "reaction", "charge moved", "second law", "")),
        table(numbers, ("name", "value", "source")),
    )
    return collapsible(f"{made.label} on {made.on.name}", body, open=True)
