"""Stores of the double-entry ledger: what processes draw on and feed, each with its potential.

A participant has up to two: a chemical one (μ less that of the reference bath) and an electrical one (F z φ of its charges).
Entry[process, store] = −ν·potential·J is the power that the store gives to the process; a row sums to J·A.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy as sp

from .. import symbols
from ..declare.places import Compartment
from ..declare.reaction import Participant
from ..symbols import F

if TYPE_CHECKING:
    from .model import Model


@dataclass(frozen=True)
class Store:
    """``role``: cell, bath, held, carrier; ``component``: chemical, electrical, osmotic.  ``entries``: (process, ν·potential)."""

    name: str
    species: str
    place: str
    role: str
    component: str
    entries: tuple[tuple[str, sp.Expr], ...]


def stores_of(model: Model) -> tuple[Store, ...]:
    """All stores in the order of first use."""
    found: dict[tuple[str, str], dict[str, sp.Expr]] = {}
    facts: dict[tuple[str, str], tuple[str, str, str]] = {}
    for process in model.processes:
        for who, n in process.reaction.net.items():
            for component, potential in _potentials(model, who):
                key = (who.pool, component)
                role = _role(who, component)
                facts.setdefault(key, (who.species.name if who.species else process.transporter, _where(who), role))
                entries = found.setdefault(key, {})
                entries[process.name] = entries.get(process.name, sp.S.Zero) + n * potential
    return tuple(Store(name, *facts[name, component], component, tuple(entries.items())) for (name, component), entries in found.items())


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


def _potentials(model: Model, who: Participant) -> list[tuple[str, sp.Expr]]:
    from .contents import held_reference, reference_potential

    made: list[tuple[str, sp.Expr]] = []
    if who.kind == "water":
        assert who.species is not None
        assert who.place is not None
        v = symbols.parameter(f"{who.species.name}.molar_volume", positive=True)
        base = symbols.pressure(model.reference.name) if model.reference else sp.S.Zero
        return [("osmotic", v * (symbols.pressure(who.place.name) - base))]
    worth = held_reference(model, who) if who.species is None else reference_potential(model, who.species)
    chemical = symbols.chemical(who.pool) - worth
    made.append(("chemical", chemical))
    charge = sum((F * sp.Rational(z.numerator, z.denominator) * model.circuit.phi[p] for p, z in who.charges), sp.S.Zero)
    if charge != 0:
        made.append(("electrical", charge))
    return made
