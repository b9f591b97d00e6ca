"""The declared system: places, membranes, circuit, parameters, states, and the stoichiometric
matrix of its processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

from .. import dimension as d
from .. import errors, symbols
from ..constants import BODY_TEMPERATURE, FARADAY
from ..declare.auxiliary_state import StateEquation, auxiliaries
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode, protocols_of
from ..declare.identity import Compared
from ..declare.open_loops import OpenLoop
from ..declare.parameter import Declared, Parameter, check_name, declare
from ..declare.parameter_checks import check_usual
from ..declare.places import Compartment, Membrane, Place, Reservoir
from ..declare.places import contents as contents_of
from ..declare.protocol import Protocol
from ..declare.reduced_affinity import exact
from ..declare.solute_names import meant
from ..declare.source import Source
from ..declare.species import Species
from ..declare.transporter import Process, Transporter
from . import checks, electrodes, initial_contents, initial_potentials, own_starts, stoichiometry
from .conserved_totals import constrained
from .electroneutrality import neutralised
from .interconversion import interconverted
from .standard_energies import standard_energies
from .state import StateVariable, states
from .stoichiometry import Circuit


class System(Compared):
    """Transporters on membranes between places, collected and checked; see :class:`.model.Model`
    for arguments and attributes.
    """

    def __init__(
        self,
        name: str,
        transporters: Sequence[Transporter | Cycle | Electrode | StateEquation],
        *,
        potential: Mapping[Membrane, Any] | None = None,
        temperature: Any = None,
        reference: Reservoir | None = None,
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = check_name(name, "Model, name")
        parts, given = checks.with_states(transporters)
        self.transporters = checks.transporters(name, parts)
        self.processes: tuple[Process, ...] = tuple(
            p for t in self.transporters for p in t.processes
        )
        self.membranes = checks.membranes(self.transporters, potential)
        self.places: dict[str, Place] = stoichiometry.places(
            self.membranes,
            [*(t.on for t in self.transporters), *(p for t in self.transporters for p in t.joins)],
        )
        self.compartments = [p for p in self.places.values() if isinstance(p, Compartment)]
        self.reservoirs = [p for p in self.places.values() if isinstance(p, Reservoir)]
        self.swelling, self.osmotic, self.wet = _where_water_goes(self.processes)
        self.circuit: Circuit = stoichiometry.circuit(self.places, self.membranes, self.processes)
        electrodes.check(self.electrodes, self.circuit)
        self.clamped = electrodes.clamped_nodes(self.electrodes, self.circuit)
        self.reference = checks.reference(self.reservoirs, self.membranes, reference)
        self.species: dict[str, Species] = checks.species(self.places.values(), self.processes)
        self.transformed = checks.transformed(self.transporters)
        self.interconverted = interconverted(self.transporters)
        declared = [_temperature(name, temperature)]
        self.constants = checks.constants(name, constants)
        declared += self.constants
        declared += initial_contents.declared(self.places.values(), self.membranes)
        potentials, self.start = initial_potentials.starting(
            self.membranes, self.circuit, potential or {}, self.electrodes
        )
        self.auxiliaries = auxiliaries(
            (*given, *(x for p in self.processes for x in p.own_states)), name,
            {*self.membranes, *self.places.values()}
        )  # fmt: skip
        initial_potentials.check_read(self.circuit, [*self.processes, *self.auxiliaries])
        declared += potentials
        declared += [
            p for t in (*self.transporters, *self.auxiliaries) for p in t.parameters.values()
        ]
        self.parameters: dict[str, Declared] = checks.unique(declared)
        with_states = [c.name for c in self.compartments if c.contents]
        with_states += [*self.circuit.nodes, *self.swelling]
        checks.carriers(self.transporters, self.parameters, with_states)
        starts = own_starts.starts(
            self.auxiliaries, self.parameters, self.places, self.membranes, self.start
        )
        self.states: tuple[StateVariable, ...] = states(
            self.compartments, self.transporters, self.circuit, self.swelling, self.start,
            self.auxiliaries, starts, self.clamped
        )  # fmt: skip
        self.pools: tuple[StateVariable, ...] = tuple(
            x for x in self.states if x.conjugate is not None
        )
        rows = {x.symbol: x.name for x in self.pools}
        names = set(rows.values())
        self.N: dict[str, dict[str, sp.Expr]] = {
            p.name: stoichiometry.column(p, rows, names) for p in self.processes
        }
        self.standards = standard_energies(name, self.processes, self.parameters)
        self._constrain()

    def _constrain(self) -> None:
        """Put constraints in place of the rates of what equilibria and ΣI = 0 determine."""
        states = neutralised(self.name, self.states, self.processes, self.circuit.neutral)
        states = constrained(self.name, states, self.processes, self.N)
        self.states, self.pools = states, tuple(x for x in states if x.conjugate is not None)

    def _content(self) -> tuple[Any, ...]:
        return (
            self.transporters, self.membranes, self.parameters, self.reference, self.auxiliaries
        )  # fmt: skip

    @property
    def faraday(self) -> float:
        """F in fC/fmol: that of the SI, unless the model has a value of its own."""
        return next((p.value for p in self.constants if p.symbol == symbols.F), FARADAY)

    @property
    def constants_in_words(self) -> tuple[str, ...]:
        """The constants that are not those of the SI, each as ``F = …``."""
        return tuple(f"{p.name} = {errors.shown(p.quantity)}" for p in self.constants)

    def symbol(self, name: str) -> sp.Symbol:
        """The symbol of a parameter."""
        return self.parameter(name).symbol

    def parameter(self, name: str) -> Declared:
        """The declared parameter of a name: ``cell.Na``, ``Na@cell``, or ``Na@in`` where that is
        one place.  Raises ``UnknownName`` with the nearest names.
        """
        if isinstance(name, str) and name in self.parameters:
            return self.parameters[name]
        wanted = "a parameter, bath concentration or initial amount, such as 'cell.Na' or 'Na@cell'"
        return self.parameters[
            meant(name, self.sides, self.parameters, f"model {self.name!r}", wanted)
        ]

    @cached_property
    def electrodes(self) -> tuple[Electrode, ...]:
        """Its electrodes."""
        return tuple(t for t in self.transporters if isinstance(t, Electrode))

    @cached_property
    def protocols(self) -> Mapping[str, Protocol]:
        """Protocols that electrodes hold, by parameter; a run may be given others."""
        return protocols_of(self.electrodes)

    @property
    def sides(self) -> list[tuple[str, str]]:
        """Names of the inside and the outside of each membrane."""
        return [(m.inside.name, m.outside.name) for m in self.membranes]

    @cached_property
    def concentrations(self) -> dict[str, Species]:
        """Species by the dotted names of the parameters that are concentrations."""
        return {c.name: s for place in self.places.values() for s, c in contents_of(place).items()}

    @cached_property
    def electrogenic(self) -> dict[str, sp.Expr]:
        """By process that moves net charge across a membrane with a potential, the elementary
        charges that leave the inside per mole; those of a stream depend on what it carries.
        """
        moved = {
            p.name: p.charge_moved.get(p.on.inside.name, 0)
            for p in self.processes
            if isinstance(p.on, Membrane) and self.circuit.has_voltage(p.on)
        }
        out = {n: -(z if isinstance(z, sp.Expr) else exact(z)) for n, z in moved.items()}
        return {n: z for n, z in out.items() if z != 0}

    @property
    def open_loops(self) -> tuple[OpenLoop, ...]:
        """The loops of hosted cycles that do not close."""
        cycles = (t for t in self.transporters if isinstance(t, Cycle))
        return tuple(loop for cycle in cycles for loop in cycle.open_loops)

    @property
    def unaccounted(self) -> tuple[str, ...]:
        """Names of the states without a share in the free energy, which are outside the ledger."""
        return tuple(x.name for x in self.states if x.conjugate is None and not x.helper)

    @property
    def matrix(self) -> sp.Matrix:
        """N as a matrix: pools by processes."""
        return sp.Matrix(
            [[self.N[r.name].get(p.name, 0) for r in self.processes] for p in self.pools]
        )

    @cached_property
    def invariants(self) -> list[dict[str, Fraction]]:
        """Moieties and Γ: each is Σ weight·pool, with charges counted in units of F."""
        # pools that only processes change
        return self._conserved(x for x in self.pools if x.rate is None and x.constraint is None)

    @property
    def moieties(self) -> list[dict[str, Fraction]]:
        """The invariants of all pools that processes change, also those with constraints, which
        must conserve them.
        """
        return self._conserved(x for x in self.pools if x.rate is None)

    def _conserved(self, pools: Iterable[StateVariable]) -> list[dict[str, Fraction]]:
        quantum = {x.name: x.quantum for x in pools if x.quantum is not None}
        constant = [
            part
            for p in self.processes
            for part in stoichiometry.parts(self.N[p.name], (each.symbol for each in p.carried))
        ]
        columns = [
            {row: Fraction(sp.Rational(c / quantum[row])) for row, c in N.items() if row in quantum}
            for N in constant
        ]
        return stoichiometry.invariants(list(quantum), columns)


def _where_water_goes(processes: Iterable[Process]) -> tuple[set[str], set[str], set[str]]:
    """Names of the compartments whose volume a process changes, of the places that exchange water
    across a membrane, and of the membranes and places of the processes with water.
    """
    moved = [
        (w.place, p.on)
        for p in processes
        if p.reaction.has_solvent
        for w in p.reaction.net
        if w.is_solvent and w.place and not w.drained
    ]
    swelling = {place.name for place, _ in moved if isinstance(place, Compartment)}
    osmotic = {place.name for place, on in moved if isinstance(on, Membrane)}
    return swelling, osmotic, {p.on.name for p in processes if p.reaction.has_solvent}


def _temperature(model: str, given: Any) -> Declared:
    """The temperature, 37 °C where none is given."""
    declared = declare(
        "temperature",
        _body_temperature() if given is None else given,
        d.TEMPERATURE,
        domain="positive",
        long_name="temperature",
        owner="the model",
    )
    check_usual(declared, declared.value, f"Model({model!r}), temperature")
    return declared


def _body_temperature() -> Parameter:
    from ..units import Q

    return Parameter(Q(BODY_TEMPERATURE, "kelvin"), Source("assumed", note="default of Model"))
