"""Stores of the double-entry ledger, which processes draw on and feed, each with its potential.

A participant has up to two stores: a chemical one (μ less that of the reference bath) and an
electrical one (F z φ of its charges). Entry[process, store] = −ν·potential·J is the power that the
store gives to the process; a row sums to J·A.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sympy as sp

from ..declare.bound_expression import BoundExpression
from ..declare.checks.certificate import Verdict
from ..declare.places import Compartment, Membrane
from ..declare.reaction import Participant
from ..declare.transporter import Process
from .free_energy import total
from .potentials import molar, net
from .reference_state import References
from .system import System
from .weighted_sum import weighted

ELECTRODE = "electrode"  # the carrier of energy that stands for the work of all electrodes


class Role(StrEnum):
    """Kind of a store: in the model, or outside it and maintained by what is not modelled."""

    CELL = "cell"
    BATH = "bath"
    HELD = "held"
    CARRIER = "carrier"
    ELECTRODE = "electrode"


class Component(StrEnum):
    """The part of the free energy that a store holds."""

    CHEMICAL = "chemical"
    ELECTRICAL = "electrical"
    OSMOTIC = "osmotic"
    WORK = "work"  # of an electrode, which holds none


@dataclass(frozen=True, slots=True)
class Store:
    """One store; ``entries``: (process, ν·potential) as formulas."""

    name: str
    species: str
    place: str
    role: Role
    component: Component
    entries: tuple[tuple[str, BoundExpression], ...]


def stores_of(model: System, references: References) -> tuple[Store, ...]:
    """All stores in the order of first use."""
    entries: dict[tuple[str, Component], dict[str, BoundExpression]] = {}
    owners: dict[tuple[str, Component], tuple[str, str, Role]] = {}
    potentials: dict[str, list[tuple[Component, BoundExpression]]] = {}
    for process in model.processes:
        for participant, n in process.net.items():
            pool = f"{participant.pool}.drained" if participant.drained else participant.pool
            if pool not in potentials:
                potentials[pool] = _potentials(model, references, participant)
            for component, potential in potentials[pool]:
                if component is Component.ELECTRICAL and not _has_field(model, process):
                    continue
                key = (pool, component)
                if key not in owners:
                    role = _role(participant, component)
                    owners[key] = (*_species_and_place(process, participant, component), role)
                entries.setdefault(key, {})[process.name] = potential * (
                    n if isinstance(n, sp.Expr) else sp.Integer(n)
                )
        if process.certificate.verdict is Verdict.DRIVEN:
            given = _given(model, process, references)
            if given is not None:
                key = (f"{process.name}.drive", Component.OSMOTIC)
                owners[key] = (f"drive of {process.name}", process.on.name, Role.BATH)
                entries.setdefault(key, {})[process.name] = given
    return tuple(
        Store(name, *owners[name, component], component, tuple(row.items()))
        for (name, component), row in entries.items()
    )


def _given(model: System, process: Process, references: References) -> BoundExpression | None:
    """Potential of what drives a process: less its work per mole, that on charges, and that of what
    it adds to the solvent of all places together.
    """
    added = sp.Add(*(n * w.per_mole for w, n in process.net.items() if w.is_solvent))
    charges = [(molar(-z), model.circuit.phi[p]) for p, z in process.charge_moved.items()]
    parts = [weighted([(added, references.pressure()), *charges])]
    if process.work is not None:
        parts.append(-process.work)
    parts = [part for part in parts if part.local != 0]
    return total(parts) if parts else None


def _species_and_place(
    process: Process, participant: Participant, component: Component
) -> tuple[str, str]:
    """Species and place of a store; for the states of a carrier, both are the name of their
    transporter.
    """
    if participant.is_source:
        by_electrode = component is Component.WORK
        return (ELECTRODE, process.name) if by_electrode else ("charge", process.on.name)
    if participant.species is None or participant.place is None:
        return process.transporter, process.transporter
    if participant.drained:
        return participant.species.name, f"drain of {participant.place.name}"
    return participant.species.name, participant.place.name


def _has_field(model: System, process: Process) -> bool:
    """Whether the charges of a process are in a field: where V is undefined they cancel, and no
    species has an electrical share.
    """
    return not isinstance(process.on, Membrane) or model.circuit.has_voltage(process.on)


def _role(participant: Participant, component: Component) -> Role:
    if participant.is_state:
        return Role.CARRIER
    if participant.is_source and component is Component.WORK:
        return Role.ELECTRODE
    if component is Component.ELECTRICAL:
        return Role.CELL  # charges are stored on the membranes, whoever holds the ion
    if isinstance(participant.place, Compartment) and not participant.drained:
        return Role.HELD if participant.species in participant.place.held else Role.CELL
    return Role.BATH


def _potentials(
    model: System, references: References, participant: Participant
) -> list[tuple[Component, BoundExpression]]:
    potentials: list[tuple[Component, BoundExpression]] = []
    if participant.is_solvent:
        v = participant.per_mole
        return [
            (Component.OSMOTIC, weighted([(v, participant.potential), (-v, references.pressure())]))
        ]
    if participant.is_source:
        potentials.append((Component.WORK, BoundExpression(participant.potential)))
    else:
        level = net(participant.potential, references.of(participant))
        potentials.append((Component.CHEMICAL, level))
    charge = weighted([(molar(z), model.circuit.phi[p]) for p, z in participant.charges])
    if charge.names:
        potentials.append((Component.ELECTRICAL, charge))
    return potentials
