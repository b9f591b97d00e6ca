"""Transporters: a reaction at a membrane or in a compartment with its law, proved when made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from .. import errors, symbols
from ..html import collapsible, join, table
from . import carried as streams
from .barriers import Eyring
from .bound_expression import BoundExpression, free
from .carried import Carried
from .checks.certificate import Certificate, Verdict
from .checks.certified_once import LawAtSite, certify
from .identity import Compared
from .parameter import Declared, check_name
from .parameter import table as parameter_rows
from .places import Compartment, Membrane, Place
from .rates import Law, Rates
from .reaction import Participant, Reaction
from .reaction_parser import parse
from .readable_state import OwnState
from .readings import Reading
from .site import Site
from .source import check_text
from .species import Species
from .temperature_factor import Scalable
from .transporter_latex import transporter_latex
from .user_expressions import evaluated, expressed


@dataclass(frozen=True, eq=False)
class Process(Compared):
    """One reaction with its rates and their certificate, as models are assembled from.

    ``local`` are the rates in the symbols of the site, ``names`` the model's expressions for these
    and ``rates`` the rates in them.  ``modulating_solutes`` are solutes that the rates read and
    that take no part in the reaction, ``own_states`` the states with an equation of their own that
    they read, ``readings`` what they read elsewhere in the model; ``step`` is its name within a
    kinetic diagram.  ``log_constant`` is the logarithm of its equilibrium constant in c°, where
    that is a parameter; else standard energies give it.  ``carried`` are solutes that it takes
    along, ``net`` and ``charge_moved`` the changes per mole with these, and ``work`` what drives it
    adds to the affinity [J/mol].
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
    readings: tuple[Reading, ...] = ()
    log_constant: BoundExpression | None = field(default=None, repr=False, hash=False)
    carried: tuple[Carried, ...] = ()
    work: BoundExpression | None = None

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
            comparable(self.log_constant),
            tuple(each.content() for each in self.carried),
            comparable(self.work),
        )

    @cached_property
    def net(self) -> dict[Participant, int | sp.Expr]:
        """Change of each participant per mole of the process, what it carries included."""
        return streams.net(self.reaction.net, self.carried)

    @cached_property
    def charge_moved(self) -> dict[str, int | Fraction | sp.Expr]:
        """Elementary charges that each place gains per mole of the process."""
        return streams.charge_moved(self.reaction.charge_moved(), self.carried)

    @cached_property
    def solutes(self) -> tuple[Participant, ...]:
        """The solutes that its rates may read: those of the reaction, including catalysts, and
        those that modulate them.
        """
        terms = (*self.reaction.reactants, *self.reaction.products)
        along = (participant for each in self.carried for _, participant in each.ends)
        everyone = (*(participant for _, participant in terms), *along, *self.modulating_solutes)
        return tuple(dict.fromkeys(p for p in everyone if p.is_solute))

    @property
    def modulated_by(self) -> tuple[str, ...]:
        """Names of what its rates read beyond its membrane's solutes and V: gates and other states
        with an equation of their own, shares of channels, quantities from elsewhere.
        """
        return (*(x.name for x in self.own_states), *(x.name for x in self.readings))

    @property
    def slaved(self) -> bool:
        """Whether it is at equilibrium at all times, so that its flux follows from all others."""
        return self.certificate.verdict is Verdict.EQUILIBRIUM

    def reads(self, symbol: sp.Symbol) -> bool:
        """Whether its rates depend on a symbol of the model."""
        local = {key for key, name in self.names.items() if name == symbol} | {symbol}
        rates = (self.local.forward, self.local.reverse, self.local.conductance, self.local.flux)
        return any(rate is not None and free(rate) & local for rate in rates)

    @cached_property
    def shown(self) -> Rates:
        """The rates in the symbols of the model, with units as symbols, for print and proof."""
        return self.local.mapped(lambda rate: BoundExpression(rate, self.names).shown)

    @property
    def units(self) -> dict[sp.Symbol, sp.Expr]:
        """Units in its formulas, with their numbers in the internal system."""
        return {s: e for s, e in self.names.items() if e.is_number}

    @cached_property
    def rates(self) -> Rates:
        """The rates in the symbols of the model."""
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
        advice = "laws.GHK(permeability=Q(1e-7, 'cm/s'))"
        if isinstance(law, type) and fields:
            advice = f"laws.{law.__name__}({fields})"
        raise errors.WrongType(
            where=f"{where}, law=…",
            wanted="a law of biomembrane.laws",
            got=errors.shown(law),
            advice=advice,
        )
    rates, factor = read(law, site, modulator)
    if factor is not None:
        rates = rates.mapped(lambda rate: factor * rate)
    affinity = site.reduced_affinity  # records its symbols at the site
    dims = frozenset(site.dims.items())
    local = frozenset((symbol, formula.local) for symbol, formula in derived.items())
    law_at_site = LawAtSite(rates, factor, affinity, dims, local)
    verdict, statement = certify(law_at_site, site.names, site.parameters, where)
    return Process(
        where,
        site.name,
        site.reaction,
        site.on,
        rates,
        site.names,
        Certificate(verdict, statement, BoundExpression(affinity, site.names)),
        tuple(site.modulating_solutes),
        site.step,
        tuple(site.own_states),
        tuple(site.readings),
    )


def read(
    law: Law, site: Site, modulator: Callable[[Site], sp.Expr] | None = None
) -> tuple[Rates, sp.Expr | None]:
    """The rates of a law and its modulator at the site, with the domains of their parameters
    settled.
    """
    with errors.of_users(law, f"{site.process}, law=…"):
        result = law.rates(site)
    rates = _complete(result, site.process)
    factor = None if modulator is None else evaluated(modulator, site, "modulator")
    every = (rates.forward, rates.reverse, rates.conductance, rates.flux, factor)
    expressions = [expression for expression in every if expression is not None]
    settled = dict(zip(expressions, site.settled(*expressions), strict=True))
    return rates.mapped(settled.__getitem__), None if factor is None else settled[factor]


def _complete(rates: Any, where: str) -> Rates:
    """The rates of a law, each an expression: a pair, a conductance or a flux."""
    where_law = f"{where}, law=…"
    advice = (
        "laws.Rates(forward, reverse), laws.Rates(conductance=…) or laws.Rates(flux=…, reason=…)"
    )
    if not isinstance(rates, Rates):
        raise errors.WrongType(
            where=where_law, wanted="a law that gives Rates", got=errors.shown(rates), advice=advice
        )
    names = ("forward", "reverse", "conductance", "flux")
    given = tuple(name for name in names if getattr(rates, name) is not None)
    if given not in _COMPLETE:
        raise errors.WrongType(
            where=where_law,
            wanted="Rates of forward and reverse, or of one other",
            got=" and ".join(given) or "nothing",
            advice=advice,
        )
    expressions = {name: expressed(getattr(rates, name), f"{where}, {name}") for name in given}
    return replace(rates, **expressions)


# the fields of Rates that a law may give
_COMPLETE = (("forward", "reverse"), ("conductance",), ("flux",), ("forward", "reverse", "flux"))


@errors.keywords
@dataclass(frozen=True, eq=False)
class Transporter(Compared, Scalable):
    """A transporter of one reaction.

    Args:
        name: dotted names ``name.parameter``; fluxes are positive in the written direction.
        reaction: ``"Na@out + glucose@out -> Na@in + glucose@in"``; ``@in`` and ``@out`` are the
            membrane's sides.
        on: the membrane, or a compartment for a reaction inside it.
        law: of :mod:`biomembrane.laws`.
        modulator: a function of the site that gives a non-negative pure number (open probability,
            inhibition) and may read any solute on either side, ``site["Ca@in"]``; it multiplies
            both one-way rates and thus does no work.
        label: how figures write it; default the name.
        species: species that the reaction names and no place holds: the solvent, ``(H2O,)``.

    All mistakes are found here and not later.

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
        set_field: Any = object.__setattr__
        check_text(self.label, f"{self.name}, label=…", "label='K⁺ leak'")
        set_field(self, "label", self.label or self.name)
        set_field(self, "processes", (build(site, self.law, self.modulator, {}),))
        set_field(self, "parameters", dict(site.parameters))

    @property
    def joins(self) -> tuple[Place, ...]:
        """Places that it touches beside those of its membrane."""
        return ()

    @property
    def sensing(self) -> dict[str, str]:
        """By process, the charge that it moves and in which direction, or that V is sensed without
        a charge.
        """
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
        return transporter_latex(self)


def content_of(transporter: Any) -> tuple[Any, ...]:
    """What is compared of a transporter or a cycle: processes with their rates, and parameters with
    their sources.
    """
    derived = {symbol: comparable(formula) for symbol, formula in transporter.derived.items()}
    return (
        transporter.label, transporter.on, transporter.processes, transporter.parameters,
        transporter.states, derived, comparable(transporter.total),
    )  # fmt: skip


def comparable(formula: BoundExpression | None) -> Any:
    """A formula as it can be compared."""
    return formula and (formula.local, dict(formula.names))


def sensed(process: Process, barrier: Any = None) -> str:
    """The charge that a process moves through the field, as ``"2 e inward"`` or ``"1 e outward"``;
    empty where it neither moves charge nor reads the voltage.
    """
    on = process.on
    charge = (
        process.reaction.charge_moved().get(on.inside.name, 0) if isinstance(on, Membrane) else 0
    )
    if abs(float(charge)) > 1e-9:  # valences that were computed may not cancel exactly
        theta = f" (θ = {barrier.theta:g})" if isinstance(barrier, Eyring) else ""
        way = "inward" if charge > 0 else "outward"
        return f"{abs(float(charge)):g} e {way}{theta}"
    return "V without moving charge" if _reads_voltage(process) else ""


def _reads_voltage(process: Process) -> bool:
    """Whether V occurs in its rates as written; the A of a conductance does not count."""
    rates = [getattr(process.local, way) for way in ("forward", "reverse", "conductance", "flux")]
    return any(e is not None and symbols.potential("@") in free(e) for e in rates)


def sensing(transporter: Any) -> tuple[dict[str, str], dict[str, str]]:
    """By process, how V is sensed; and the charge moved through the field by processes whose rates
    do not depend on V.

    Proved rates sense the charge of their reaction; of others it is known only whether they read V.
    """
    sensed_by, unsensed = dict[str, str](), dict[str, str]()
    for process in transporter.processes:
        name, text = process.name, transporter.sensing[process.name]
        # a step of a cycle has a known barrier even where it is exempt
        as_given = (
            process.certificate.exempt
            and transporter.total is None
            and text.endswith(("inward", "outward"))
        )
        if as_given and not _reads_voltage(process):
            unsensed[name] = text
        elif text:
            note = f"through its given rates (its reaction moves {text})"
            sensed_by[name] = note if as_given else text
    return sensed_by, unsensed


def html_of(transporter: Any) -> str:
    """Reactions with their charges, certificates and parameters, for a notebook."""
    rows = [
        (
            p.name,
            str(p.reaction),
            transporter.sensing[p.name],
            p.certificate.verdict,
            p.certificate.statement,
        )
        for p in transporter.processes
    ]
    numbers = parameter_rows(transporter.parameters)
    body = join(
        table(rows, ("process", "reaction", "charge moved", "second law", "")),
        table(numbers, ("name", "value", "source")),
    )
    return collapsible(f"{transporter.label} on {transporter.on.name}", body, open=True)
