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
from ..declare.auxiliary_state import Auxiliary
from ..declare.bound_expression import BoundExpression
from ..declare.cycle import Cycle
from ..declare.electrode import Electrode
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
        kind: its kind in words, for results; nothing depends on it.
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
    dimension: ClassVar[Dimension]
    unit: ClassVar[str]
    quantum: ClassVar[sp.Expr | None]
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if self.conjugate is not None and self.rate is not None:
            raise ValueError(f"{self.name}: the ledger has no entry for a rate outside processes")

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


class Solute(Amount):
    """The amount of a solute in a compartment."""

    kind = "solute"


class NodeCharge(StateVariable):
    """The charge of a node of the capacitor network; it has either sign."""

    dimension, unit, quantum, kind = d.CHARGE, "fC", F, "charge"

    @property
    def spent_at_start(self) -> frozenset[str]:
        """None: capacitances act at all times, and potentials are treated separately."""
        return frozenset()


class Volume(StateVariable):
    """The volume of a compartment that takes up or loses solvent."""

    dimension, unit, quantum, kind = d.VOLUME, "pL", None, "volume"


class OwnRate(StateVariable):
    """A dimensionless state with an equation of its own."""

    dimension, unit, quantum, kind = d.ONE, "1", None, "auxiliary"


def states(
    compartments: Sequence[Compartment],
    transporters: Sequence[Transporter | Cycle | Electrode],
    circuit: Circuit,
    swelling: Collection[str],
    start: Mapping[str, sp.Expr],
    own: Sequence[Auxiliary],
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
    return (*vector, *map(_auxiliary, own))


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
) -> dict[str, NodeCharge]:
    """Charges by node, in the order of the nodes; ``clamps`` determine those of some."""
    initial, scale = initial_contents.charges(circuit, start), dict[str, BoundExpression]()
    for block in circuit.blocks:
        for i, node in enumerate(block.nodes):
            scale[node] = BoundExpression(_thermal_charge(block.matrix[i, i]), block.names)
    held = {n: electrodes.constraint(n, circuit) for n in clamps}
    return {n: _charge(n, initial[n], scale[n], held.get(n)) for n in circuit.nodes}


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


def _auxiliary(x: Auxiliary) -> OwnRate:
    return OwnRate(
        name=x.name,
        symbol=x.symbol,
        place=x.on.name,
        label=x.name,
        initial=BoundExpression(x.declared_start.symbol),
        given_by=x.declared_start.name,
        scale=BoundExpression(sp.S.One),
        rate=x.formula,
        positive=x.domain != "real",
    )
