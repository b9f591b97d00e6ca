"""Flows that are driven from outside: perfusion, and growth or dilution of a volume.

What drives a flow is no part of the model.  Its rate is given, and its work is a supply: the
hydrostatic pressure that it overcomes, and all that it takes to swell a volume against ∂G/∂W.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..declare.bound_expression import BoundExpression
from ..declare.carried import Carried, share_symbol
from ..declare.checks.certificate import Certificate, Verdict
from ..declare.osmotic_coefficient import molarity
from ..declare.parameter import Declared, check_name, declare
from ..declare.places import Compartment, Place, Reservoir, contents
from ..declare.rates import Law, Rates
from ..declare.reaction import Kind, Participant, Reaction, dissolved
from ..declare.source import check_text
from ..declare.species import Species
from ..declare.transporter import Process, Transporter
from ..symbols import R, T
from .species import H2O

if TYPE_CHECKING:
    from ..declare.parameter_types import ParameterLike

DRIVEN = "driven from outside"
VOLUME_FLOW = d.VOLUME / d.TIME


@dataclass(frozen=True)
class _Given:
    """A flux that is given; nothing in the model determines it."""

    def rates(self, site: Any) -> Rates:  # noqa: ARG002  of a law
        return Rates(flux=sp.S.Zero, reason=DRIVEN)


class _Driven(Transporter):
    """A transporter of one process whose flux is given."""

    def _settle(self, process: Process, parameters: dict[str, Declared]) -> None:
        set_field: Any = object.__setattr__
        check_text(self.label, f"{self.name}, label=…", "label='perfusion'")
        set_field(self, "label", self.label or self.name)
        set_field(self, "law", _Given())
        set_field(self, "processes", (process,))
        volume = H2O.declared_molar_volume
        set_field(self, "parameters", parameters | {volume.name: volume})

    def _rate(self, given: Any, dims: Any, domain: str, words: str) -> Declared:
        return declare(
            f"{self.name}.rate", given, dims, domain=domain, long_name=f"{words} {self.name}",
            owner=f"the transporter {self.name!r}",
        )  # fmt: skip

    def with_temperature(self, **_: Any) -> Any:
        """Raises BadSettings: its rate is given.

        Raises:
            BadSettings: always.
        """
        raise errors.BadSettings(
            where=f"{self.name}.with_temperature(…)",
            wanted="a transporter whose rates follow from a law",
            got="a flow that is driven from outside, at a rate that is given",
            advice="a Protocol for its rate, where that changes with temperature",
        )

    @property
    def certificate(self) -> Certificate:
        """Why its flux follows from no affinity."""
        return self.processes[0].certificate

    def __repr__(self) -> str:
        return f"<{self.name}: {self.processes[0].reaction}; {self.certificate.verdict}>"


@errors.keywords
@dataclass(frozen=True, eq=False, repr=False)
class Flow(_Driven):
    """A stream of solution from one place to another, at a given volume per time.

    It carries every solute at its concentration upstream, and the solvent: J_i = Q c_i, dW/dt = ±Q.
    What it carries mixes downstream, which dissipates Q RT Σ [c ln(c/c′) − c + c′] ≥ 0; the work
    against a hydrostatic pressure, Q (p′ − p), and on the charge that is carried is booked as a
    supply, ``drive of name``.

    Args:
        name: dotted name ``name.rate``; its flux is that of the solvent.
        source: the place upstream; what cannot leave it, as impermeants, is not allowed there.
        into: the place downstream; None for a drain, which takes the solution as it is, so that
            its exergy is handed on and nothing is dissipated.
        rate: volume per time, zero or more; a Protocol may vary it.
        overflow: True for a chamber of constant volume: as much leaves ``into`` to a drain, well
            mixed, as comes in.
        label: how figures write it; default the name.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: a place of another kind, or ``overflow`` that is no flag.
        BadPlace: no compartment at either end, one place at both, impermeants that would have to
            leave, or an overflow of a reservoir.
        MissingSpecies: a solute that the place downstream does not hold.
        ChargeImbalance: a bath upstream that is not electroneutral.
        BareNumber: a rate without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: a rate below zero.
    """

    reaction: str = field(init=False, default="")
    on: Compartment = field(init=False, repr=False)
    law: Law = field(init=False, repr=False)
    source: Place
    into: Place | None = None
    rate: ParameterLike = field(kw_only=True)
    overflow: bool = field(default=False, kw_only=True)
    modulator: None = field(init=False, repr=False, default=None)
    species: tuple[Species, ...] = field(init=False, repr=False, default=(H2O,))

    def __post_init__(self) -> None:
        check_name(self.name, "Flow, name")
        self._check_places()
        ends = [place for place in (self.into, self.source) if isinstance(place, Compartment)]
        object.__setattr__(self, "on", ends[0])
        rate = self._rate(self.rate, VOLUME_FLOW, "nonnegative", "volume flow of")
        object.__setattr__(self, "rate", rate)
        v = H2O.declared_molar_volume.symbol
        legs = [(self.source, self.into)]
        if self.overflow:
            legs.append((ends[0], None))
        first, last = _solvent(self.source), _solvent(legs[-1][0], drained=True)
        if self.into is not None and not self.overflow:
            last = _solvent(self.into)
        reaction = Reaction(((1, first),), ((1, last),))
        carried = [c for k, leg in enumerate(legs) for c in _carried(self.name, k, leg, v)]
        work = v * (_hydrostatic(legs[-1][1] or legs[-1][0]) - _hydrostatic(self.source))
        self._settle(
            Process(
                self.name, self.name, reaction, self.on,
                Rates(flux=rate.symbol / v, reason=DRIVEN), {},
                Certificate(Verdict.DRIVEN, _MIXES, _affinity(reaction, carried, work)),
                carried=tuple(carried), work=None if work == 0 else BoundExpression(work),
            ),
            {rate.name: rate},
        )  # fmt: skip

    @property
    def joins(self) -> tuple[Place, ...]:
        """The places at its ends."""
        return (self.source,) if self.into is None else (self.source, self.into)

    def _check_places(self) -> None:
        where = f"Flow({self.name!r})"
        for key, place in (("source", self.source), ("into", self.into)):
            if not isinstance(place, (Compartment, Reservoir)) and not (
                key == "into" and place is None
            ):
                raise errors.WrongType(
                    where=f"{where}, {key}=…", wanted="a Compartment or a Reservoir",
                    got=errors.shown(place), advice="the place itself, not its name",
                )  # fmt: skip
        if not isinstance(self.overflow, bool):
            raise errors.WrongType(
                where=f"{where}, overflow=…", wanted="True or False",
                got=errors.shown(self.overflow), advice="overflow=True",
            )  # fmt: skip
        self._check_ends(where)
        for place in (self.source, *((self.into,) if self.overflow and self.into else ())):
            if isinstance(place, Compartment) and (place.fixed or place.balance is not None):
                raise errors.BadPlace(
                    where=where,
                    wanted="a place upstream all of whose solutes can leave",
                    got=f"{place.name}, with impermeants",
                    advice=f"contents= in place of impermeant= of {place.name}",
                )
        if isinstance(self.source, Reservoir):
            _check_neutral(self.source, where)
        self._check_held(where)

    def _check_ends(self, where: str) -> None:
        """Raise ``BadPlace`` unless the flow changes a compartment."""
        ends = [p for p in (self.source, self.into) if p is not None]
        wrong = ""
        if not any(isinstance(p, Compartment) for p in ends):
            wrong = (
                "two reservoirs, which no flow changes" if len(ends) > 1 else "a reservoir alone"
            )
        elif self.source is self.into:
            wrong = f"{self.source.name} at both"
        elif self.overflow and not isinstance(self.into, Compartment):
            wrong = "an overflow of what is no compartment"
        if wrong:
            raise errors.BadPlace(
                where=where, wanted="two different ends, a compartment at one of them", got=wrong,
                advice="Flow('perfusion', bath, chamber, rate=Q(1, 'mL/min'), overflow=True)",
            )  # fmt: skip

    def _check_held(self, where: str) -> None:
        if self.into is None:
            return
        lacking = [s.name for s in contents(self.source) if s not in contents(self.into)]
        if lacking:
            entries = ", ".join(f"{name}: Q(0, 'mM')" for name in lacking)
            raise errors.MissingSpecies(
                where=where, wanted=f"{' and '.join(lacking)} in {self.into.name} too",
                got="contents: " + (", ".join(s.name for s in contents(self.into)) or "nothing"),
                advice=f"add {entries} to contents= of {self.into.name}", species=tuple(lacking),
            )  # fmt: skip


_MIXES = (
    "driven from outside; what it carries mixes downstream, RT Σ [c ln(c/c′) − c + c′] ≥ 0 per"
    " volume, and its work is a supply"
)


@errors.keywords
@dataclass(frozen=True, eq=False, repr=False)
class VolumeChange(_Driven):
    """Growth or shrinkage of a compartment at a given rate: solvent enters, and what is dissolved
    is diluted.

    dW/dt = rate, or rate·W where the rate is one per time (exponential growth).  The work that it
    takes, (∂G/∂W − ∂G/∂W of the reference bath) dW/dt, is booked as a supply, ``drive of name``;
    nothing is dissipated.

    Args:
        name: dotted name ``name.rate``; its flux is that of the solvent.
        of: the compartment.
        rate: volume per time, or one per time; negative for shrinkage.  A Protocol may vary it.
        label: how figures write it; default the name.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: ``of`` is no compartment.
        BareNumber: a rate without a unit.
        UnitMismatch: a unit of another dimension.
    """

    reaction: str = field(init=False, default="")
    on: Compartment = field(init=False, repr=False)
    law: Law = field(init=False, repr=False)
    of: Compartment
    rate: ParameterLike = field(kw_only=True)
    modulator: None = field(init=False, repr=False, default=None)
    species: tuple[Species, ...] = field(init=False, repr=False, default=(H2O,))

    def __post_init__(self) -> None:
        check_name(self.name, "VolumeChange, name")
        where = f"VolumeChange({self.name!r}), of"
        errors.expect(self.of, Compartment, where, "a Compartment", "the cell itself, not its name")
        object.__setattr__(self, "on", self.of)
        rate = self._rate(self.rate, (VOLUME_FLOW, d.RATE), "real", "rate of")
        object.__setattr__(self, "rate", rate)
        v, water = H2O.declared_molar_volume.symbol, _solvent(self.of)
        speed = (
            rate.symbol
            if rate.dimension == VOLUME_FLOW
            else rate.symbol * symbols.volume(self.of.name)
        )
        reaction, work = Reaction((), ((1, water),)), v * water.potential
        statement = "driven from outside; all that it takes is a supply, and nothing is dissipated"
        self._settle(
            Process(
                self.name, self.name, reaction, self.of, Rates(flux=speed / v, reason=DRIVEN), {},
                Certificate(Verdict.DRIVEN, statement, BoundExpression(sp.S.Zero)),
                work=BoundExpression(work),
            ),
            {rate.name: rate},
        )  # fmt: skip


def _solvent(place: Place, *, drained: bool = False) -> Participant:
    label = f"{H2O.label}@{'drain' if drained else place.name}"
    return Participant(
        f"{place.name}.{H2O.name}", Kind.SOLVENT, label, (), H2O, place, drained=drained
    )


def _hydrostatic(place: Place) -> sp.Expr:
    """Hydrostatic pressure of a place."""
    if isinstance(place, Compartment):
        return symbols.hydrostatic(place.name) if place.elastic is not None else sp.S.Zero
    return sp.S.Zero if place.pressure is None else place.pressure.symbol


def _carried(name: str, leg: int, ends: tuple[Place, Place | None], v: sp.Symbol) -> list[Carried]:
    """Every solute of the place upstream, at its concentration."""
    source, sink = ends
    carried = []
    for s, declared in contents(source).items():
        held = isinstance(source, Reservoir) or s in getattr(source, "held", {})
        c = declared.symbol if held else symbols.concentration(declared.name)
        if s.declared_osmotic and not held:
            c = molarity(declared.name)
        up = dissolved(source, s)
        down = Participant(
            up.pool, up.kind, f"{s.label}@drain", (), s, source, drained=True
        ) if sink is None else dissolved(sink, s)  # fmt: skip
        symbol = share_symbol(name, f"{s.name}{'_out' if leg else ''}")
        chemical = ((symbol, up.potential), (-symbol, down.potential))
        carried.append(Carried(symbol, up, down, BoundExpression(v * c), chemical))
    return carried


def _affinity(reaction: Reaction, carried: list[Carried], work: sp.Expr) -> BoundExpression:
    """A/RT in the symbols of the model, without the electrical part."""
    terms = [-n * w.per_mole * w.potential for w, n in reaction.net.items()]
    terms += [weight * level for each in carried for weight, level in each.chemical]
    return BoundExpression(sp.Add(*terms, work) / (R * T))


def _check_neutral(bath: Reservoir, where: str) -> None:
    """Raise ``ChargeImbalance`` where a bath would carry net charge along."""
    charges = [s.charge * c.value for s, c in bath.contents.items()]
    if abs(sum(charges)) > 1e-3 * sum(map(abs, charges)):
        raise errors.ChargeImbalance(
            where=where,
            wanted=f"an electroneutral solution from {bath.name}",
            got=f"{sum(charges):+.4g} mM of charge left over",
            advice=f"add the ion that is missing to contents= of {bath.name}",
        )
