"""Potentials as derivatives of G."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

import sympy as sp

from .. import symbols
from ..declare.areas import StateArea
from ..declare.bound_expression import BoundExpression, BoundExpressions
from ..declare.checks.certificate import Verdict
from ..declare.electrode import potential_of
from ..declare.osmotic_coefficient import molarity, osmolarity
from ..declare.parameter import Declared
from ..declare.places import Compartment, Place, Reservoir, contents
from ..declare.species import Species
from ..declare.standard_energies import standard_name
from ..declare.transporter import Process
from ..symbols import F, R, T
from . import electrodes, free_energy
from .impermeants import Impermeant
from .system import System
from .weighted_sum import weighted


def bath_pressure(bath: Reservoir) -> sp.Expr:
    """Hydrostatic less osmotic pressure of a bath."""
    strength = sp.Add(*(osmolarity(c.symbol, coefficients(s)) for s, c in bath.contents.items()))
    osmotic = -R * T * strength
    return osmotic if bath.pressure is None else bath.pressure.symbol + osmotic


def used_standard(model: System, species: Species | None, place: Place | None) -> sp.Expr:
    """μ° in a place where the model has it (some reaction produces or consumes the species): a
    parameter, or what follows from the constants of equilibria; else zero.
    """
    if species is None:
        return sp.S.Zero
    declared = model.parameters.get(standard_name(species, place))
    if declared is not None:
        return declared.used
    return model.standards.energies.get(species.name, sp.S.Zero)


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
            stores[name] = _solute(symbols.amount(name), W, used_standard(model, s, place), s)
    stores |= {
        x.pool: _solute(x.symbol, symbols.volume(x.place.name), sp.S.Zero, x.species)
        for x in impermeants
    }
    stores |= {_wall(p.name): p.elastic.energy for p in model.compartments if p.elastic}
    for t in model.transporters:
        for state in t.states:
            stores[state.pool] = free_energy.carrier(
                symbols.amount(state.pool), symbols.state_energy(state.pool)
            )
    if model.circuit.blocks:
        stores["capacitor"] = free_energy.total([block.energy() for block in model.circuit.blocks])
    return stores


def _solute(
    n: sp.Symbol, W: sp.Symbol, standard: sp.Expr, species: Species | None
) -> BoundExpression:
    """Free energy of a solute, ideal or not."""
    if species is None or not species.declared_osmotic:
        return free_energy.solute(n, W, standard)
    return free_energy.nonideal(n, W, standard, coefficients(species))


def coefficients(species: Species) -> tuple[sp.Symbol, ...]:
    """Symbols of its osmotic coefficient; none where it is ideal."""
    return tuple(declared.symbol for declared in species.declared_osmotic)


def _slopes(
    model: System, stores: BoundExpressions, states: Iterable[sp.Symbol]
) -> dict[sp.Expr, BoundExpression]:
    """∂G/∂x of states; for capacitors block by block, since a charge acts within its block only.

    The slope of a wall is the hydrostatic pressure, which its place has already.
    """
    pressed = {symbols.volume(p.name): p.name for p in model.compartments if p.elastic}
    others = {"capacitor", *(_wall(name) for name in pressed.values())}
    solutes = [store for name, store in stores.formulas.items() if name not in others]
    slopes = free_energy.derivatives(
        [*solutes, *(block.energy() for block in model.circuit.blocks)],
        states,
        {m.area.symbol: m.area.formula for m in model.membranes if isinstance(m.area, StateArea)},
    )
    for W, name in pressed.items():
        if W in slopes:
            own = BoundExpression(symbols.hydrostatic(name))
            slopes[W] = free_energy.total([slopes[W], own])
    return slopes


def _wall(place: str) -> str:
    """The store of a wall."""
    return f"{place}.wall"


def levels(model: System, stores: BoundExpressions) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """μ, c, φ, V and P as derivatives of G (places with a state) or from the parameters
    (reservoirs, held pools).
    """
    yield from _geometry(model)
    slopes = _slopes(model, stores, [x.symbol for x in model.pools])
    held = {symbols.charge(n) for n in model.clamped}
    for x in (x for x in model.pools if x.symbol not in held):
        slope = slopes[x.symbol]
        assert x.conjugate is not None
        yield x.conjugate, slope
        if x.concentration is not None:
            yield (
                x.concentration,
                free_energy.concentration(
                    slope, used_standard(model, model.species[x.label], model.places[x.place])
                ),
            )
            if model.species[x.label].declared_osmotic:
                ratio = x.symbol / symbols.volume(x.place)
                yield molarity(x.name), BoundExpression(ratio)
    yield from _pressures(model, stores)
    for node, clamp in model.clamped.items():
        phi = symbols.electric_potential(node)
        yield phi, electrodes.potential(node, clamp, model.circuit)
    for place in model.places.values():
        outside: Mapping[Species, Declared] = (
            place.held if isinstance(place, Compartment) else place.contents
        )
        for s, declared in outside.items():
            c = symbols.concentration(declared.name)
            yield c, BoundExpression(free_energy.activity(declared.symbol, coefficients(s)))
            mu = free_energy.dilute(c, used_standard(model, s, place))
            yield symbols.chemical_potential(declared.name), mu
        if isinstance(place, Reservoir):
            yield symbols.pressure(place.name), BoundExpression(bath_pressure(place))
    for m in filter(model.circuit.has_voltage, model.membranes):
        yield (
            symbols.potential(m.name),
            net(model.circuit.phi[m.inside.name], model.circuit.phi[m.outside.name]),
        )
    for e in model.electrodes:
        yield e.source.potential, potential_of(e)


def _geometry(model: System) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """Volumes that do not change, areas that follow volumes, and hydrostatic pressures."""
    for place in model.compartments:
        if place.name not in model.swelling:
            yield symbols.volume(place.name), BoundExpression(place.volume.symbol)
    for m in model.membranes:
        if isinstance(m.area, StateArea):
            yield m.area.symbol, m.area.formula
    for place in model.compartments:
        if place.elastic is not None:
            yield symbols.hydrostatic(place.name), place.elastic.pressure


def _pressures(
    model: System, stores: BoundExpressions
) -> Iterator[tuple[sp.Symbol, BoundExpression]]:
    """∂G/∂W of places of constant volume that solvent is drained from."""
    drained = {
        w.place.name
        for p in model.processes
        for w in p.reaction.net
        if w.drained and w.is_solvent and w.place and w.place.name not in model.swelling
    }
    volumes = {symbols.volume(name): name for name in sorted(drained)}
    for W, slope in _slopes(model, stores, volumes).items():
        yield symbols.pressure(volumes[W]), slope


def net(up: sp.Expr, down: sp.Expr) -> BoundExpression:
    """``up`` − ``down``."""
    return weighted([(sp.S.One, up), (sp.S.NegativeOne, down)])


def affinity(process: Process, phi: Mapping[str, sp.Expr]) -> BoundExpression:
    """A = −Σ ν μ − F Σ z φ; what drives a process adds its work, and moves charges itself; 0 of an
    ideal source of current, which V drives nowhere.
    """
    if process.certificate.verdict is Verdict.SUPPLY:
        return BoundExpression(sp.S.Zero)
    terms = [(-n * w.per_mole, w.potential) for w, n in process.reaction.net.items()]
    terms += [term for each in process.carried for term in each.chemical]
    if process.certificate.verdict is not Verdict.DRIVEN:
        terms += [(molar(-z), phi[place]) for place, z in process.charge_moved.items()]
    if process.work is None:
        return weighted(terms)
    return free_energy.total([weighted(terms), process.work])


@lru_cache(maxsize=256)
def molar(charge: int | Fraction | sp.Expr) -> sp.Expr:
    """Charge of a mole [C/mol]."""
    if isinstance(charge, sp.Expr):
        return charge * F
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
