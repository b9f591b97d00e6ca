"""State variables: dx/dt = N·J + rate, each with where it starts and what it works against.

A small class for each thing that a model declares: a solute in a compartment, a state of a carrier,
the charge of a node, the volume of a compartment, a state with an equation of its own.  The rest of
the package asks what a state has (a conjugate, a concentration, a unit), never what it is.
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
from ..declare.places import Compartment
from ..declare.transporter import Transporter
from ..dimension import Dimension
from ..symbols import F, R, T
from . import initial_contents
from .stoichiometry import Circuit

CARRIER = "carrier states"  # the carrier of energy that all states of kinetic cycles are


@dataclass(frozen=True, eq=False, kw_only=True)
class StateVariable:
    """One component of the state vector, dx/dt = N·J + rate, or 0 = constraint.

    Attributes:
        name: dotted name, one of its own in the model.
        symbol: of x.
        place: the place, or the membrane of a carrier; ``label`` is the name there.
        initial: x(0), of the parameters.
        scale: a typical size, for absolute tolerances.
        conjugate: the symbol of ∂G/∂x, which is μ, φ or P; without one a state is outside the free
            energy, and so outside the books.
        concentration: its symbol, of what is dissolved.
        rate: what moves it besides the processes, per second; none of what only processes change.
        constraint: what is 0 at all times and so determines x, in place of a rate of change.
        positive: whether it cannot fall below zero.
        given_by: name of the parameter that says x(0), if it is of no use after the start.
        dimension, unit: of x, in the internal system.
        quantum: what it is counted in where sums of states are conserved: 1 mol, or F for charges;
            none of what is in no such sum.
        carried_as: the carrier of energy that the ledger counts its exergy with, if it has one.
        kind: the word for it in results, on which nothing depends.
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
            raise ValueError(f"{self.name}: the work of a rate that no process has is in no books")

    @property
    def is_amount(self) -> bool:
        """Whether it counts particles [fmol]."""
        return self.dimension == d.AMOUNT

    @property
    def spent_at_start(self) -> frozenset[str]:
        """Names of the parameters that say what there is at the start, and nothing of later."""
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
        """Nothing: capacitances act all along, and potentials are told apart."""
        return frozenset()


class Volume(StateVariable):
    """The volume of a compartment that takes up or loses solvent, which is not counted."""

    dimension, unit, quantum, kind = d.VOLUME, "pL", None, "volume"


class OwnRate(StateVariable):
    """A pure number with an equation of its own."""

    dimension, unit, quantum, kind = d.ONE, "1", None, "auxiliary"


def states(
    compartments: Sequence[Compartment],
    transporters: Sequence[Transporter | Cycle],
    circuit: Circuit,
    swelling: Collection[str],
    start: Mapping[str, sp.Expr],
    own: Sequence[Auxiliary],
) -> tuple[StateVariable, ...]:
    """The state vector: what each place holds, its charge and volume, carriers, own equations."""
    made: list[StateVariable] = []
    charge = _charges(circuit, start)
    for place in compartments:
        made += _solutes(place)
        if place.name in charge:
            made.append(charge.pop(place.name))
        if place.name in swelling:
            made.append(_volume(place))
    made += charge.values()
    for t in transporters:
        made += _carriers(t)
    return (*made, *map(_auxiliary, own))


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


def _charges(circuit: Circuit, start: Mapping[str, sp.Expr]) -> dict[str, NodeCharge]:
    """By place, in the order of the nodes."""
    initial, scale = initial_contents.charges(circuit, start), dict[str, BoundExpression]()
    for block in circuit.blocks:
        own = (_thermal(block.matrix[i, i]) for i in range(len(block.nodes)))  # C·RT/F
        scale |= {
            n: BoundExpression(size, block.names) for n, size in zip(block.nodes, own, strict=True)
        }
    return {n: _charge(n, initial[n], scale[n]) for n in circuit.nodes}


def _charge(node: str, initial: BoundExpression, scale: BoundExpression) -> NodeCharge:
    return NodeCharge(
        name=f"{node}.charge",
        symbol=symbols.charge(node),
        place=node,
        label="charge",
        initial=initial,
        scale=scale,
        conjugate=symbols.electric_potential(node),
        positive=False,
    )


@lru_cache(maxsize=256)
def _thermal(capacitance: sp.Expr) -> sp.Expr:
    return capacitance * R * T / F


def _volume(place: Compartment) -> Volume:
    n, W = place.name, BoundExpression(place.volume.symbol)
    name, x, P = place.volume.name, symbols.volume(n), symbols.pressure(n)
    said = {"name": name, "symbol": x, "place": n, "label": "volume", "given_by": name}
    return Volume(**said, initial=W, scale=W, conjugate=P)


def _carriers(t: Transporter | Cycle) -> Iterator[Amount]:
    if t.total is None:
        return
    share = BoundExpression(t.total.local / len(t.states), t.total.names)  # until they are relaxed
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
