"""Stores of the double-entry ledger: what processes draw on and feed, each with its potential.

A participant has up to two: a chemical one (μ less that of the reference bath) and an electrical one (F z φ of its charges).
Entry[process, store] = −ν·potential·J is the power that the store gives to the process; a row sums to J·A.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from .. import symbols
from ..declare.formula import Formula
from ..declare.places import Compartment, Membrane
from ..declare.reaction import Participant
from ..declare.transporter import Process
from .levels import molar, net, weighted

if TYPE_CHECKING:
    from .model import Model


@dataclass(frozen=True, slots=True)
class Store:
    """``role``: cell, bath, held, carrier; ``component``: chemical, electrical, osmotic.  ``entries``: (process, ν·potential) as formulas."""

    name: str
    species: str
    place: str
    role: str
    component: str
    entries: tuple[tuple[str, Formula], ...]


def stores_of(model: Model) -> tuple[Store, ...]:
    """All stores in the order of first use."""
    found: dict[tuple[str, str], dict[str, Formula]] = {}
    facts: dict[tuple[str, str], tuple[str, str, str]] = {}
    known: dict[str, list[tuple[str, Formula]]] = {}
    for process in model.processes:
        for who, n in process.reaction.net.items():
            if who.pool not in known:
                known[who.pool] = _potentials(model, who)
            for component, potential in known[who.pool]:
                if component == "electrical" and not _felt(model, process):
                    continue
                key = (who.pool, component)
                if key not in facts:
                    facts[key] = (who.species.name if who.species else process.transporter, _where(who), _role(who, component))
                found.setdefault(key, {})[process.name] = potential * sp.Integer(n)
    return tuple(Store(name, *facts[name, component], component, tuple(entries.items())) for (name, component), entries in found.items())


def _felt(model: Model, process: Process) -> bool:
    """Whether charges of a process see a field: where V has no value they cancel, and no species has an electrical share."""
    return not isinstance(process.on, Membrane) or model.circuit.has_voltage(process.on)


def _where(who: Participant) -> str:
    return who.place.name if who.place else who.pool.rpartition(".")[0]


def _role(who: Participant, component: str) -> str:
    if who.kind == "state":
        return "carrier"
    if component == "electrical":
        return "cell"  # charges are stored on the membranes, whoever holds the ion
    if isinstance(who.place, Compartment):
        return "held" if who.species in who.place.held else "cell"
    return "bath"


def _potentials(model: Model, who: Participant) -> list[tuple[str, Formula]]:
    made: list[tuple[str, Formula]] = []
    if who.kind == "water":
        assert who.species is not None
        assert who.place is not None
        v = who.species.declared_molar_volume.symbol
        return [("osmotic", weighted([(v, symbols.pressure(who.place.name)), (-v, model.references.pressure())]))]
    made.append(("chemical", net(symbols.chemical(who.pool), model.references.of(who))))
    charge = weighted([(molar(z), model.circuit.phi[p]) for p, z in who.charges])
    if charge.names:
        made.append(("electrical", charge))
    return made
