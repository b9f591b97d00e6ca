"""Potentials as derivatives of G."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from .. import symbols
from ..declare.bound_expression import BoundExpression, BoundExpressions
from ..declare.checks.certificate import Verdict
from ..declare.electrode import potential_of
from ..declare.parameter import Declared
from ..declare.places import Compartment, Reservoir, contents
from ..declare.species import Species
from ..declare.transporter import Process
from ..symbols import F, R, T
from . import electrodes, free_energy
from .impermeants import Impermeant
from .system import System
from .weighted_sum import weighted


def used_standard(model: System, species: Species | None) -> sp.Expr:
    """μ° where the model has it (some reaction produces or consumes the species): a parameter, or
    what follows from the constants of equilibria; else zero.
    """
    return sp.S.Zero if species is None else model.standards.energies.get(species.name, sp.S.Zero)


def protons(model: System) -> dict[str, str]:
    """By place that contains H⁺, the name of its concentration."""
    return {
        place.name: declared.name
        for place in model.places.values()
        for s, declared in contents(place).items()
        if s.is_proton
    }


def energies(model: System, impermeants: Sequence[Impermeant]) -> dict[str, BoundExpression]:
    """G by store."""
    stores: dict[str, BoundExpression] = {}
    for place in model.compartments:
        W = symbols.volume(place.name)
        for s in place.contents:
            name = f"{place.name}.{s.name}"
            stores[name] = free_energy.solute(symbols.amount(name), W, used_standard(model, s))
    stores |= {
        x.pool: free_energy.solute(x.symbol, symbols.volume(x.place.name), sp.S.Zero)
        for x in impermeants
    }
    for t in model.transporters:
        for state in t.states:
            stores[state.pool] = free_energy.carrier(
                symbols.amount(state.pool), symbols.state_energy(state.pool)
            )
    if model.circuit.blocks:
        stores["capacitor"] = free_energy.total([block.energy() for block in model.circuit.blocks])
    return stores


def _slopes(model: System, stores: BoundExpressions) -> dict[sp.Expr, BoundExpression]:
    """∂G/∂x of every state; for capacitors block by block, since a charge acts within its block
    only.
    """
    solutes = [store for name, store in stores.formulas.items() if name != "capacitor"]
    return free_energy.derivatives(
        [*solutes, *(block.energy() for block in model.circuit.blocks)],
        [x.symbol for x in model.pools],
    )


def levels(model: System, stores: BoundExpressions) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """μ, c, φ, V and P as derivatives of G (places with a state) or from the parameters
    (reservoirs, held pools).
    """
    for compartment in model.compartments:
        if compartment.name not in model.swelling:
            yield symbols.volume(compartment.name), BoundExpression(compartment.volume.symbol)
    slopes = _slopes(model, stores)
    held = {symbols.charge(n) for n in model.clamped}
    for x in (x for x in model.pools if x.symbol not in held):
        slope = slopes[x.symbol]
        assert x.conjugate is not None
        yield x.conjugate, slope
        if x.concentration is not None:
            yield (
                x.concentration,
                free_energy.concentration(slope, used_standard(model, model.species[x.label])),
            )
    for node, clamp in model.clamped.items():
        phi = symbols.electric_potential(node)
        yield phi, electrodes.potential(node, clamp, model.circuit)
    for place in model.places.values():
        outside: Mapping[Species, Declared] = (
            place.held if isinstance(place, Compartment) else place.contents
        )
        for s, declared in outside.items():
            c = symbols.concentration(declared.name)
            yield c, BoundExpression(declared.symbol)
            mu = free_energy.dilute(c, used_standard(model, s))
            yield symbols.chemical_potential(declared.name), mu
        if isinstance(place, Reservoir):
            solutes = (declared.symbol for declared in place.contents.values())
            yield symbols.pressure(place.name), BoundExpression(-R * T * sp.Add(*solutes))
    for m in filter(model.circuit.has_voltage, model.membranes):
        yield (
            symbols.potential(m.name),
            net(model.circuit.phi[m.inside.name], model.circuit.phi[m.outside.name]),
        )
    for e in model.electrodes:
        yield e.source.potential, potential_of(e)


def net(up: sp.Expr, down: sp.Expr) -> BoundExpression:
    """``up`` − ``down``."""
    return weighted([(sp.S.One, up), (sp.S.NegativeOne, down)])


def affinity(process: Process, phi: Mapping[str, sp.Expr]) -> BoundExpression:
    """A = −Σ ν μ − F Σ z φ; 0 of an ideal source of current, which V drives nowhere."""
    reaction = process.reaction
    if process.certificate.verdict is Verdict.SUPPLY:
        return BoundExpression(sp.S.Zero)
    terms = [(-n * w.per_mole, w.potential) for w, n in reaction.net.items()]
    terms += [(molar(-z), phi[place]) for place, z in reaction.charge_moved().items()]
    return weighted(terms)


@lru_cache(maxsize=256)
def molar(charge: int | Fraction) -> sp.Expr:
    """Charge of a mole [C/mol]."""
    return sp.Rational(charge.numerator, charge.denominator) * F


def balances(model: System) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """dx/dt = N·J + rate, or the constraint that must be 0 instead, row by row."""
    rows: dict[str, list[tuple[sp.Expr, sp.Expr]]] = {x.name: [] for x in model.states}
    for process, column in model.N.items():
        for row, coefficient in column.items():
            rows[row].append((coefficient, symbols.flux(process)))
    for x in model.states:
        own = [] if x.rate is None else [(sp.S.One, symbols.own_rate(x.name))]
        changes = weighted([*rows[x.name], *own])
        yield symbols.rate_of_change(x.name), changes if x.constraint is None else x.constraint
