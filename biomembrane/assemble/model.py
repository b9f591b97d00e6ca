"""The model: everything declared, brought into one free energy, one N and one list of equations.  Immutable."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from .. import caching, constants, symbols
from .. import dimension as d
from ..declare.auxiliary_state import auxiliaries
from ..declare.bound_expression import Formula, Formulas
from ..declare.cycle import Cycle
from ..declare.identity import Compared
from ..declare.parameter import Declared, check_name, check_usual, declare
from ..declare.places import Compartment, Membrane, Place, Reservoir
from ..declare.places import contents as contents_of
from ..declare.solute_names import meant
from ..declare.species import Species
from ..declare.transporter import Process, Transporter
from ..symbols import T
from . import checks, initial_potentials, pools, potentials, stoichiometry
from .ledger_accounts import Chart
from .reference_state import References
from .state import StateVariable, states
from .stoichiometry import Circuit
from .stores import Store, stores_of


class Group(StrEnum):
    """What an equation gives."""

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
    formula: Formula
    group: Group

    @property
    def expression(self) -> sp.Expr:
        """The formula written out."""
        return self.formula.expression


class Model(Compared):
    """A cell, an epithelium, a network: transporters on membranes between places.

    Args:
        name: of the model.
        transporters: :class:`~biomembrane.declare.transporter.Transporter` and :class:`~biomembrane.declare.cycle.Cycle` objects; places
            and membranes are those that they stand on.
        potential: V at the start, by membrane.  A membrane with a capacitance that is not named starts at 0 V, unless those that are
            named say what it has.
        temperature: default 37 °C.
        reference: the reservoir against which exergy is measured; default the one behind the largest membrane area.

    Attributes:
        parameters: every parameter, bath concentration and initial amount by dotted name.
        states: the state vector, dx/dt = N·J + rate.
        pools: those that have a share in G(x), the rows of N.
        processes: the columns of N.
        N: ``{process: {pool: coefficient}}``; ``matrix`` is the same as a sympy matrix.
        equations: ordered assignments from states to dx/dt.
        energy: G(x), a sympy expression [fJ].
        invariants: combinations of pools that no process changes.
        start: φ(0) by place, as expressions of the potentials at the start.

    Raises: WrongType, DuplicateName, ChargeImbalance, NoRoom, ConventionMismatch, BadPlace, NoVoltage, UnknownName.
    """

    @caching.put_off()
    def __init__(
        self,
        name: str,
        transporters: Sequence[Transporter | Cycle],
        *,
        potential: Mapping[Membrane, Any] | None = None,
        temperature: Any = None,
        reference: Reservoir | None = None,
    ) -> None:
        self.name = check_name(name, "Model, name")
        self.transporters = checks.transporters(name, transporters)
        self.processes: tuple[Process, ...] = tuple(p for t in self.transporters for p in t.processes)
        self.membranes = checks.membranes(self.transporters, potential)
        self.places: dict[str, Place] = stoichiometry.places(self.membranes, [t.on for t in self.transporters])
        self.compartments = [p for p in self.places.values() if isinstance(p, Compartment)]
        self.reservoirs = [p for p in self.places.values() if isinstance(p, Reservoir)]
        self.swelling = {w.place.name for p in self.processes for w in p.reaction.net if w.is_solvent and isinstance(w.place, Compartment)}
        self.osmotic = {w.place.name for p in self.processes for w in p.reaction.net if w.is_solvent and w.place and isinstance(p.on, Membrane)}
        self.wet = {p.on.name for p in self.processes if p.reaction.has_solvent}
        self.circuit: Circuit = stoichiometry.circuit(self.places, self.membranes, self.processes)
        self.reference = checks.reference(self.reservoirs, self.membranes, reference)
        self.species: dict[str, Species] = checks.species(self.places.values(), self.processes)
        self.transformed = checks.transformed(self.transporters)
        kelvin = constants.BODY_TEMPERATURE if temperature is None else temperature
        declared = [
            declare(
                "temperature",
                kelvin if temperature is not None else _kelvin(),
                d.TEMPERATURE,
                domain="positive",
                long_name="temperature",
                owner="the model",
            )
        ]
        check_usual(declared[0], declared[0].value, f"Model({name!r}), temperature")
        declared += pools.declared(self.places.values(), self.membranes)
        chosen, self.start = initial_potentials.starting(self.membranes, self.circuit, potential or {})
        self.auxiliaries = auxiliaries(
            (x for p in self.processes for x in p.own_states), name, {*self.membranes, *self.places.values()}
        )  # fmt: skip
        initial_potentials.check_read(self.circuit, [*self.processes, *self.auxiliaries])
        declared += chosen
        declared += [p for t in (*self.transporters, *self.auxiliaries) for p in t.parameters.values()]
        self.parameters: dict[str, Declared] = checks.unique(declared)
        filled = [c.name for c in self.compartments if c.contents]
        checks.carriers(self.transporters, self.parameters, [*filled, *self.circuit.nodes, *self.swelling])
        self.states: tuple[StateVariable, ...] = states(
            self.compartments, self.transporters, self.circuit, self.swelling, self.start, self.auxiliaries
        )  # fmt: skip
        self.pools: tuple[StateVariable, ...] = tuple(x for x in self.states if x.conjugate is not None)
        rows = {x.symbol: x.name for x in self.pools}
        names = set(rows.values())
        self.N: dict[str, dict[str, sp.Expr]] = {p.name: stoichiometry.column(p, rows, names) for p in self.processes}
        self.impermeants = pools.impermeants(self)
        self._frozen = True

    def _content(self) -> tuple[Any, ...]:
        return self.transporters, self.membranes, self.parameters, self.reference

    def __setattr__(self, name: str, value: Any) -> None:
        if getattr(self, "_frozen", False) and not isinstance(getattr(type(self), name, None), cached_property):
            raise AttributeError(f"a Model is immutable; build another with another {name}")
        object.__setattr__(self, name, value)

    # --- expressions

    def symbol(self, name: str) -> sp.Symbol:
        """The symbol of a parameter."""
        return self.parameter(name).symbol

    def parameter(self, name: str) -> Declared:
        """The declared parameter of this name: ``cell.Na``, ``Na@cell``, or ``Na@in`` where that is one place.  Raises ``UnknownName`` with the
        nearest names.
        """
        if isinstance(name, str) and name in self.parameters:
            return self.parameters[name]
        wanted = "a parameter, bath concentration or initial amount, such as 'cell.Na' or 'Na@cell'"
        return self.parameters[meant(name, self.sides, self.parameters, f"model {self.name!r}", wanted)]

    @property
    def sides(self) -> list[tuple[str, str]]:
        """Names of the inside and the outside of each membrane."""
        return [(m.inside.name, m.outside.name) for m in self.membranes]

    @cached_property
    def concentrations(self) -> dict[str, Species]:
        """By the dotted name of each parameter that is a concentration in a place, of what it is one."""
        return {c.name: s for place in self.places.values() for s, c in contents_of(place).items()}

    @cached_property
    def stores(self) -> Formulas:
        """G by store: each solute, impermeant and carrier state, and the capacitor."""
        return Formulas(potentials.energies(self))

    @cached_property
    def energy(self) -> sp.Expr:
        """G(x) [fJ]."""
        return sp.Add(*self.stores.values())

    @cached_property
    def references(self) -> References:
        """What the exergy of each store is measured against."""
        return References(self)

    @cached_property
    def exergy(self) -> Formulas:
        """Ξ(x) by store, against :attr:`reference` [fJ]."""
        return Formulas(self.references.exergies())

    @cached_property
    def initial(self) -> Formulas:
        """x(0) by pool, as expressions of the parameters; carriers stand evenly before they are relaxed."""
        return Formulas({x.name: x.initial for x in self.states})

    @cached_property
    def scale(self) -> Formulas:
        """A typical size of each pool, for absolute tolerances: 1 mM, an even share of the carriers, C·RT/F, the volume."""
        return Formulas({x.name: x.scale for x in self.states})

    @cached_property
    def ledger_stores(self) -> tuple[Store, ...]:
        """Every store that a process draws on or feeds, with its potential."""
        return stores_of(self)

    @cached_property
    def chart(self) -> Chart:
        """What each entry of the ledger is."""
        return Chart(self)

    @cached_property
    @caching.put_off()
    def equations(self) -> tuple[Equation, ...]:
        """Assignments in order: derived constants, potentials, rates, affinities, fluxes, balances."""
        made: list[Equation] = []

        def put(group: Group, symbol: sp.Symbol, formula: Formula) -> None:
            made.append(Equation(symbol, formula, group))

        put(Group.DERIVED, T, Formula(self.symbol("temperature")))
        for transporter in self.transporters:
            for symbol, formula in transporter.derived.items():
                put(Group.DERIVED, symbol, formula)
        for x in self.impermeants:
            put(Group.DERIVED, x.symbol, x.amount)
        for symbol, formula in potentials.levels(self):
            put(Group.POTENTIAL, symbol, formula)
        for process in self.processes:
            name, rates = process.name, process.local
            A, J = symbols.affinity(name), symbols.current(name)
            put(Group.AFFINITY, A, potentials.affinity(process, self.circuit.phi))
            if rates.flux is not None:
                put(Group.FLUX, J, Formula(rates.flux, process.names))
            elif rates.forward is not None and rates.reverse is not None:
                up, down = symbols.forward(name), symbols.reverse(name)
                put(Group.RATE, up, Formula(rates.forward, process.names))
                put(Group.RATE, down, Formula(rates.reverse, process.names))
                put(Group.FLUX, J, potentials.net(up, down))
            else:
                L = symbols.conductance(name)
                put(Group.RATE, L, Formula(rates.conductance, process.names))
                put(Group.FLUX, J, Formula(L * A))
        for state in self.states:
            if state.rate is not None:
                put(Group.RATE, symbols.own_rate(state.name), state.rate)
        for symbol, formula in potentials.balances(self):
            put(Group.BALANCE, symbol, formula)
        return tuple(made)

    @property
    def unaccounted(self) -> tuple[str, ...]:
        """Names of the states that have no share in the free energy, and so are outside the energy books."""
        return tuple(x.name for x in self.states if x.conjugate is None)

    @property
    def matrix(self) -> sp.Matrix:
        """N as a matrix: pools by processes."""
        return sp.Matrix([[self.N[r.name].get(p.name, 0) for r in self.processes] for p in self.pools])

    @cached_property
    def invariants(self) -> list[dict[str, Fraction]]:
        """Moieties and Γ: each is Σ weight·pool, with charges counted in units of F."""
        moved = [x for x in self.pools if x.rate is None and x.constraint is None]  # by processes alone
        quantum = {x.name: x.quantum for x in moved if x.quantum is not None}
        columns = [{row: Fraction(sp.Rational(c / quantum[row])) for row, c in col.items() if row in quantum} for col in self.N.values()]
        return stoichiometry.invariants(list(quantum), columns)

    @cached_property
    def hash(self) -> str:
        """Digest of the equations and of every parameter: two models of one hash run alike."""
        text = repr([(str(e.symbol), sp.srepr(e.expression)) for e in self.equations]) + repr(
            [(p.name, p.value, p.unit) for p in self.parameters.values()]
        )
        text += "".join(f" 0 = {x.name}" for x in self.states if x.constraint is not None)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        counts = {"place": self.places, "membrane": self.membranes, "transporter": self.transporters, "state": self.states}
        said = ", ".join(f"{len(x)} {what if len(x) == 1 else what + 's'}" for what, x in counts.items())
        return f"<Model {self.name!r}: {said}>"

    def _repr_html_(self) -> str:
        from .display import html

        return html(self)

    def _repr_latex_(self) -> str:
        from .display import latex

        return latex(self)


def _kelvin() -> Any:
    from ..units import Q

    return Q(constants.BODY_TEMPERATURE, "kelvin")
