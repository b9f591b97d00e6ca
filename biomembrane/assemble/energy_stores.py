"""Stores of the double-entry ledger: what processes draw on and feed, each with its potential.

A participant has up to two: a chemical one (μ less that of the reference bath) and an electrical
one (F z φ of its charges). Entry[process, store] = −ν·potential·J is the power that the store gives
to the process; a row sums to J·A.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sympy as sp

from ..declare.bound_expression import BoundExpression
from ..declare.places import Compartment, Membrane
from ..declare.reaction import Participant
from ..declare.transporter import Process
from .potentials import molar, net, weighted
from .reference_state import References
from .system import System


class Role(StrEnum):
    """Whose a store is: within the model, or outside of it, kept by what is not modelled."""

    CELL = "cell"
    BATH = "bath"
    HELD = "held"
    CARRIER = "carrier"


class Component(StrEnum):
    """The part of the free energy that a store holds."""

    CHEMICAL = "chemical"
    ELECTRICAL = "electrical"
    OSMOTIC = "osmotic"


@dataclass(frozen=True, slots=True)
class Store:
    """``entries``: (process, ν·potential) as formulas."""

    name: str
    species: str
    place: str
    role: Role
    component: Component
    entries: tuple[tuple[str, BoundExpression], ...]


def stores_of(model: System, references: References) -> tuple[Store, ...]:
    """All stores in the order of first use."""
    found: dict[tuple[str, Component], dict[str, BoundExpression]] = {}
    facts: dict[tuple[str, Component], tuple[str, str, Role]] = {}
    known: dict[str, list[tuple[Component, BoundExpression]]] = {}
    for process in model.processes:
        for who, n in process.reaction.net.items():
            if who.pool not in known:
                known[who.pool] = _potentials(model, references, who)
            for component, potential in known[who.pool]:
                if component is Component.ELECTRICAL and not _felt(model, process):
                    continue
                key = (who.pool, component)
                if key not in facts:
                    facts[key] = (*_named(process, who), _role(who, component))
                found.setdefault(key, {})[process.name] = potential * sp.Integer(n)
    return tuple(
        Store(name, *facts[name, component], component, tuple(entries.items()))
        for (name, component), entries in found.items()
    )


def _named(process: Process, who: Participant) -> tuple[str, str]:
    """Species and place of a store; the states of a carrier stand under the name of their
    transporter, for both.
    """
    if who.species is None or who.place is None:
        return process.transporter, process.transporter
    return who.species.name, who.place.name


def _felt(model: System, process: Process) -> bool:
    """Whether charges of a process see a field: where V has no value they cancel, and no species
    has an electrical share.
    """
    return not isinstance(process.on, Membrane) or model.circuit.has_voltage(process.on)


def _role(who: Participant, component: Component) -> Role:
    if who.is_state:
        return Role.CARRIER
    if component is Component.ELECTRICAL:
        return Role.CELL  # charges are stored on the membranes, whoever holds the ion
    if isinstance(who.place, Compartment):
        return Role.HELD if who.species in who.place.held else Role.CELL
    return Role.BATH


def _potentials(
    model: System, references: References, who: Participant
) -> list[tuple[Component, BoundExpression]]:
    made: list[tuple[Component, BoundExpression]] = []
    if who.is_solvent:
        v = who.per_mole
        return [(Component.OSMOTIC, weighted([(v, who.potential), (-v, references.pressure())]))]
    made.append((Component.CHEMICAL, net(who.potential, references.of(who))))
    charge = weighted([(molar(z), model.circuit.phi[p]) for p, z in who.charges])
    if charge.names:
        made.append((Component.ELECTRICAL, charge))
    return made
