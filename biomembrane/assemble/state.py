"""State variables: dx/dt = N·J + rate, each with its initial value and conjugate potential.

There is a small class for each kind: a solute in a compartment, a state of a carrier, the charge of
a node, the volume of a compartment, a state with an equation of its own.  The rest of the package
asks which properties a state has (a conjugate, a concentration, a unit), never its class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import sympy as sp

from .. import dimension as d
from .. import symbols
from ..declare.auxiliary_state import StateEquation
from ..declare.bound_expression import BoundExpression
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
from ..declare.gate import Gate
from ..declare.places import Compartment
from ..declare.transporter import Transporter
from ..dimension import Dimension
from ..symbols import F, R, T
from . import electrodes, initial_contents
from .stoichiometry import Circuit

CARRIER = "carrier states"  # the carrier of energy that stands for all states of kinetic cycles


@dataclass(frozen=True, eq=False, kw_only=True)
class StateVariable:
    """One component of the state vector, dx/dt = N·J + rate, or 0 = constraint.

    Attributes:
        name: dotted name, unique in the model.
        symbol: symbol of x.
        place: the place, or the membrane of a carrier; ``label`` is the name there.
        initial: x(0) as an expression of the parameters.
        scale: a typical size, for absolute tolerances.
        conjugate: symbol of ∂G/∂x, which is μ, φ or P; a state without one is outside the free
            energy, and so outside the ledger.
        concentration: symbol of the concentration of a solute, else None.
        rate: rate of change that no process causes [1/s]; None where only processes change x.
        constraint: expression that is 0 at all times and so determines x, in place of dx/dt.
        positive: whether x cannot fall below zero.
        given_by: name of the parameter that gives x(0), if it has no other use.
        dimension, unit: of x, in the internal system.
        quantum: unit of x in conserved sums: 1 for amounts, F for charges; None for states in no
            such sum.
        carried_as: the carrier of energy under which the ledger counts its exergy, if any.
        variable: the variable of results that holds x itself, if one does.
        kind: its kind in words, for results; nothing depends on it.
        helper: whether it only serves to determine other states, and says nothing of its own.
        weights: by pool, of a sum of amounts that it is; empty for others.
    """

    name: str
    symbol: sp.Symbol
    place: str
    label: str
    initial: BoundExpression
    scale: BoundExpression
    conjugate: sp.Symbol | None = None
    concentration: sp.Symbol | None = None
    rate: BoundExpression | None = None
    constraint: BoundExpression | None = None
    positive: bool = True
    carried_as: str | None = None
    given_by: str | None = None
    weights: tuple[tuple[str, float], ...] = ()
    helper: ClassVar[bool] = False
    dimension: ClassVar[Dimension]
    quantum: ClassVar[sp.Expr | None]
    kind: ClassVar[str]
    variable: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if self.conjugate is not None and self.rate is not None:
            raise ValueError(f"{self.name}: the ledger has no entry for a rate outside processes")

    @property
    def unit(self) -> str:
        """Unit of x in the state vector."""
        raise NotImplementedError

    @property
    def is_amount(self) -> bool:
        """Whether it counts particles [fmol]."""
        return self.dimension == d.AMOUNT

    @property
    def spent_at_start(self) -> frozenset[str]:
        """Names of the parameters that only set the initial value."""
        return frozenset(s.name for s in self.initial.expression.free_symbols)


class Amount(StateVariable):
    """Particles: of a solute in a compartment, or of a state of a carrier."""

    dimension, unit, quantum, kind = d.AMOUNT, "fmol", sp.S.One, "carrier"
    variable = "amount"


class Solute(Amount):
    """The amount of a solute in a compartment."""

    kind = "solute"


class Total(StateVariable):
    """An amount that equilibria conserve."""

    dimension, unit, quantum, kind, helper = d.AMOUNT, "fmol", None, "total", True


class NodeCharge(StateVariable):
    """The charge of a node of the capacitor network; it has either sign."""

    dimension, unit, quantum, kind = d.CHARGE, "fC", F, "charge"

    @property
    def spent_at_start(self) -> frozenset[str]:
        """None: capacitances act at all times, and potentials are treated separately."""
        return frozenset()


class NodePotential(StateVariable):
    """φ of an electroneutral node, at which no net current flows into it."""

    dimension, unit, quantum, kind, helper = d.VOLTAGE, "V", None, "potential", True

    @property
    def spent_at_start(self) -> frozenset[str]:
        """None: it is only a guess that is given."""
        return frozenset()


class Volume(StateVariable):
    """The volume of a compartment that takes up or loses solvent."""

    dimension, unit, quantum, kind = d.VOLUME, "pL", None, "volume"


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnRate(StateVariable):
    """A state with an equation of its own; the vector holds its number in its own unit."""

    unit: str = "1"
    dimension, quantum, kind = d.ONE, None, "auxiliary"
    variable = "auxiliary"

    @property
    def spent_at_start(self) -> frozenset[str]:
        """Its start where it is given; what a steady value follows from acts at all times."""
        return frozenset() if self.given_by is None else frozenset({self.given_by})


class OpenFraction(OwnRate):
    """The open fraction of a gate."""

    kind, variable = "gate", "open_fraction"


def states(
    compartments: Sequence[Compartment],
    transporters: Sequence[Transporter | Cycle | Electrode],
    circuit: Circuit,
    swelling: Collection[str],
    start: Mapping[str, sp.Expr],
    own: Sequence[StateEquation],
    own_start: Mapping[str, BoundExpression],
    clamps: Mapping[str, Electrode],
) -> tuple[StateVariable, ...]:
    """The state vector: by compartment its solutes, charge and volume; then the other charges,
    carriers, and states with equations of their own.
    """
    vector: list[StateVariable] = []
    charge = _charges(circuit, start, clamps)
    for place in compartments:
        vector += _solutes(place)
        if place.name in charge:
            vector.append(charge.pop(place.name))
        if place.name in swelling:
            vector.append(_volume(place))
    vector += charge.values()
    for t in transporters:
        vector += _carriers(t)
    return (*vector, *(_own(x, own_start[x.name]) for x in own))


def _solutes(place: Compartment) -> Iterator[Solute]:
    W = BoundExpression(place.volume.symbol)  # 1 mM
    for s, concentration in place.contents.items():
        name = concentration.name
        yield Solute(
            name=name,
            symbol=symbols.amount(name),
            place=place.name,
            label=s.name,
            initial=initial_contents.start(place, concentration),
            scale=W,
            conjugate=symbols.chemical_potential(name),
            concentration=symbols.concentration(name),
            carried_as=s.name,
            given_by=name,
        )


def _charges(
    circuit: Circuit, start: Mapping[str, sp.Expr], clamps: Mapping[str, Electrode]
) -> dict[str, StateVariable]:
    """Charges by node, in the order of the nodes; ``clamps`` determine those of some; potentials of
    those without.
    """
    initial, scale = initial_contents.charges(circuit, start), dict[str, BoundExpression]()
    for block in circuit.blocks:
        for i, node in enumerate(block.nodes):
            scale[node] = BoundExpression(_thermal_charge(block.matrix[i, i]), block.at_start)
    held = {n: electrodes.constraint(n, circuit) for n in clamps}
    return {
        n: _potential(n, start[n])
        if n in circuit.neutral
        else _charge(n, initial[n], scale[n], held.get(n))
        for n in circuit.nodes
    }


def _potential(node: str, start: sp.Expr) -> NodePotential:
    return NodePotential(
        name=f"{node}.potential",
        symbol=symbols.electric_potential(node),
        place=node,
        label="potential",
        initial=BoundExpression(start),
        scale=BoundExpression(R * T / F),
        positive=False,
    )


def _charge(
    node: str, initial: BoundExpression, scale: BoundExpression, constraint: BoundExpression | None
) -> NodeCharge:
    return NodeCharge(
        name=f"{node}.charge",
        symbol=symbols.charge(node),
        place=node,
        label="charge",
        initial=initial,
        scale=scale,
        conjugate=symbols.electric_potential(node),
        constraint=constraint,
        positive=False,
    )


@lru_cache(maxsize=256)
def _thermal_charge(capacitance: sp.Expr) -> sp.Expr:
    """Charge of a capacitor at the thermal voltage, C·RT/F."""
    return capacitance * R * T / F


def _volume(place: Compartment) -> Volume:
    declared = BoundExpression(place.volume.symbol)
    return Volume(
        name=place.volume.name,
        symbol=symbols.volume(place.name),
        place=place.name,
        label="volume",
        initial=declared,
        scale=declared,
        conjugate=symbols.pressure(place.name),
        given_by=place.volume.name,
    )


def _carriers(t: Transporter | Cycle | Electrode) -> Iterator[Amount]:
    if t.total is None:
        return
    # even before they relax to their steady state
    share = BoundExpression(t.total.local / len(t.states), t.total.names)
    for s in t.states:
        yield Amount(
            name=s.pool,
            symbol=symbols.amount(s.pool),
            place=t.on.name,
            label=s.label,
            initial=share,
            scale=share,
            conjugate=symbols.chemical_potential(s.pool),
            carried_as=CARRIER,
        )


def _own(x: StateEquation, initial: BoundExpression) -> OwnRate:
    kind = OpenFraction if isinstance(x, Gate) else OwnRate
    start = x.declared_start
    return kind(
        name=x.name,
        symbol=x.symbol,
        place=x.on.name,
        label=x.name,
        initial=initial,
        given_by=None if start is None else start.name,
        scale=BoundExpression(sp.Float(x.size) if x.size != 1 else sp.S.One),
        rate=x.formula,
        positive=x.domain != "real",
        unit=x.unit,
    )
