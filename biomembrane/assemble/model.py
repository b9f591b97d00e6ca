"""The model: everything declared, assembled into one free energy, one matrix N and one list of
equations.  Immutable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy as sp

from .. import caching, errors, symbols
from ..declare.auxiliary_state import StateEquation
from ..declare.bound_expression import BoundExpression, BoundExpressions
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.held_protocol import text as protocol_text
from ..declare.places import Membrane, Reservoir
from ..declare.transporter import Process, Transporter
from ..symbols import T
from . import display, electrodes, potentials, readings
from .energy_stores import Store, stores_of
from .expression_digest import digest
from .impermeants import impermeants
from .ledger_accounts import LedgerLayout
from .reference_state import References
from .system import System
from .temperature_table import TemperatureTable, tell, temperature_table

if TYPE_CHECKING:
    from ..quantity_types import QuantityLike


class Group(StrEnum):
    """The quantity that an equation gives."""

    DERIVED = "derived"  # constants that follow from parameters
    POTENTIAL = "potential"  # levels and potentials of places
    AFFINITY = "affinity"
    RATE = "rate"  # one-way, or a conductance
    FLUX = "flux"
    BALANCE = "balance"  # dx/dt, or what must be 0 of a state with a constraint


@dataclass(frozen=True, slots=True)
class Equation:
    """``symbol = expression``."""

    symbol: sp.Symbol
    formula: BoundExpression
    group: Group

    @property
    def expression(self) -> sp.Expr:
        """The formula written out."""
        return self.formula.expression


@errors.keywords
class Model(System):
    """A cell, an epithelium, a network: transporters on membranes between places.

    Args:
        name: of the model.
        transporters: :class:`~biomembrane.declare.transporter.Transporter`,
            :class:`~biomembrane.declare.cycle.Cycle` and
            :class:`~biomembrane.declare.electrode.Electrode` objects; the model has the places and
            membranes that they are on, and the gates and other states that they read.  Such a state
            that nothing reads may stand in the list too.
        potential: V at the start, by membrane.  A membrane with a capacitance that is not named
            starts at 0 V, unless the potentials that are given imply another value.
        temperature: default 37 °C.
        reference: the reservoir against which exergy is measured; default the one behind the
            largest membrane area.
        constants: values of ``R`` and ``F`` instead of those of the SI, for comparison with a paper
            that used others; they become parameters, and ledgers say so.

    Attributes:
        parameters: every parameter, bath concentration and initial amount by dotted name.
        transporters: as given, transporters and cycles.
        states: the state vector, dx/dt = N·J + rate.
        pools: those that have a share in G(x), the rows of N.
        processes: the columns of N.
        N: ``{process: {pool: coefficient}}``; ``matrix`` is the same as a sympy matrix.
        equations: ordered assignments from states to dx/dt.
        energy: G(x), a sympy expression [fJ].
        invariants: combinations of pools that no process changes.
        start: φ(0) by place, as expressions of the potentials at the start.

    Raises:
        BadName: a name that dotted names cannot hold.
        WrongType: no transporters, an object that is not a transporter or cycle, or a potential of
            an object that is not a membrane.
        DuplicateName: two different objects of one name.
        UnknownName: a potential of a membrane that the model does not have, or what a law reads by
            name and the model does not have.
        BadPlace: a reference that the model does not have, or potentials that contradict each
            other.
        NoVoltage: a potential at the start between places that no capacitor joins.
        ChargeImbalance: charge that has nowhere to go, or a place that cannot be electroneutral.
        NoRoom: ions that leave no room for the impermeants of :func:`~biomembrane.balance`.
        ConventionMismatch: standard energies of different conventions.
        BareNumber: a potential or a temperature without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: a temperature that is not above zero, or a constant far from that of the SI.
        CircularReading: laws that read each other's flux.
        BadSettings: a gate that needs a start of its own.
    """

    @caching.garbage_collection_paused()
    def __init__(
        self,
        name: str,
        transporters: Sequence[Transporter | Cycle | Electrode | StateEquation],
        *,
        potential: Mapping[Membrane, QuantityLike] | None = None,
        temperature: QuantityLike | None = None,
        reference: Reservoir | None = None,
        constants: Mapping[str, QuantityLike] | None = None,
    ) -> None:
        super().__init__(
            name,
            transporters,
            potential=potential,
            temperature=temperature,
            reference=reference,
            constants=constants,
        )
        self.impermeants = impermeants(self)
        tell(self.name, self.parameters)
        self.readings = readings.checked(self, self.impermeants)
        self.evaluated = readings.in_order(self.processes)
        self._frozen = True

    def __setattr__(self, name: str, value: Any) -> None:
        if getattr(self, "_frozen", False) and not isinstance(
            getattr(type(self), name, None), cached_property
        ):
            raise AttributeError(f"a Model is immutable; build another with another {name}")
        object.__setattr__(self, name, value)

    # --- expressions

    @cached_property
    def stores(self) -> BoundExpressions:
        """G by store: each solute, impermeant and carrier state, and the capacitor."""
        return BoundExpressions(potentials.energies(self, self.impermeants))

    @cached_property
    def energy(self) -> sp.Expr:
        """G(x) [fJ]."""
        return sp.Add(*self.stores.values())

    @cached_property
    def references(self) -> References:
        """The references against which the exergy of each store is measured."""
        return References(self, self.impermeants)

    @cached_property
    def exergy(self) -> BoundExpressions:
        """Ξ(x) by store, against :attr:`reference` [fJ]."""
        return BoundExpressions(self.references.exergies(self.stores))

    @cached_property
    def initial(self) -> BoundExpressions:
        """x(0) by pool, as expressions of the parameters; carriers are spread evenly over their
        states before these relax.
        """
        return BoundExpressions({x.name: x.initial for x in self.states})

    @cached_property
    def scale(self) -> BoundExpressions:
        """A typical size of each pool, for absolute tolerances: 1 mM, an even share of the
        carriers, C·RT/F, the volume.
        """
        return BoundExpressions({x.name: x.scale for x in self.states})

    @cached_property
    def ledger_stores(self) -> tuple[Store, ...]:
        """All stores that processes draw on or feed, with their potentials."""
        return stores_of(self, self.references)

    @cached_property
    def ledger_layout(self) -> LedgerLayout:
        """The entries of the ledger and their labels."""
        return LedgerLayout(self, self.ledger_stores)

    def _definitions(self) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
        """Values at the temperature of the model, then what transporters derive from these."""
        for p in self.parameters.values():
            if p.dependence is not None:
                yield p.used, p.formula
        for transporter in self.transporters:
            yield from transporter.derived.items()

    @cached_property
    @caching.garbage_collection_paused()
    def equations(self) -> tuple[Equation, ...]:
        """Assignments in order: derived constants, potentials, rates, affinities, fluxes,
        balances.
        """
        equations: list[Equation] = []

        def add(group: Group, symbol: sp.Symbol, formula: BoundExpression) -> None:
            equations.append(Equation(symbol, formula, group))

        add(Group.DERIVED, T, BoundExpression(self.symbol("temperature")))
        for symbol, formula in self._definitions():
            add(Group.DERIVED, symbol, formula)
        for x in self.impermeants:
            add(Group.DERIVED, x.symbol, x.amount)
        for symbol, formula in potentials.levels(self, self.stores):
            add(Group.POTENTIAL, symbol, formula)
        for symbol, formula in readings.definitions(self, self.readings, self.impermeants):
            add(Group.POTENTIAL, symbol, formula)
        clamped = electrodes.currents(self.electrodes, self.circuit, self.N)
        for process in sorted(self.evaluated, key=lambda p: p.name in clamped):
            A = symbols.affinity(process.name)
            for each in process.carried:
                add(Group.RATE, each.symbol, each.share)
            add(Group.AFFINITY, A, potentials.affinity(process, self.circuit.phi))
            if process.name in clamped:
                add(Group.FLUX, symbols.flux(process.name), clamped[process.name])
            elif not process.slaved:
                equations += _flux(process)
        for state in self.states:
            if state.rate is not None:
                add(Group.RATE, symbols.own_rate(state.name), state.rate)
        for symbol, formula in potentials.balances(self):
            add(Group.BALANCE, symbol, formula)
        return tuple(equations)

    @cached_property
    def temperature_table(self) -> TemperatureTable:
        """Which parameters move with temperature, and which stay at that of their source."""
        return temperature_table(self.parameters)

    @cached_property
    def hash(self) -> str:
        """Digest of the equations and of every parameter: two models of one hash run alike."""
        known: dict[sp.Basic, str] = {}
        equations = [(e.symbol.name, digest(e.expression, known)) for e in self.equations]
        text = repr(equations) + repr([(p.name, p.value, p.unit) for p in self.parameters.values()])
        text += "".join(f" 0 = {x.name}" for x in self.states if x.constraint is not None)
        text += "".join(f" {name}: {protocol_text(p)}" for name, p in self.protocols.items())
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        counts = {
            "place": self.places,
            "membrane": self.membranes,
            "transporter": self.transporters,
            "state": self.states,
        }
        parts = ", ".join(
            f"{len(x)} {noun if len(x) == 1 else noun + 's'}" for noun, x in counts.items()
        )
        return f"<Model {self.name!r}: {parts}>"

    def _repr_html_(self) -> str:
        return display.html(self, self.impermeants)

    def _repr_latex_(self) -> str:
        return display.latex(self, self.energy)


def _flux(process: Process) -> Iterator[Equation]:
    """The rates of a process, and its flux."""
    name, rates = process.name, process.local
    J = symbols.flux(name)
    if rates.flux is not None:
        yield Equation(J, BoundExpression(rates.flux, process.names), Group.FLUX)
    elif rates.forward is not None and rates.reverse is not None:
        up, down = symbols.forward(name), symbols.reverse(name)
        yield Equation(up, BoundExpression(rates.forward, process.names), Group.RATE)
        yield Equation(down, BoundExpression(rates.reverse, process.names), Group.RATE)
        yield Equation(J, potentials.net(up, down), Group.FLUX)
    else:
        L = symbols.conductance(name)
        yield Equation(L, BoundExpression(rates.conductance, process.names), Group.RATE)
        yield Equation(J, BoundExpression(L * symbols.affinity(name)), Group.FLUX)
