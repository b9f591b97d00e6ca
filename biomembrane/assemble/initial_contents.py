"""Contents of the places at the start: amounts of solutes, and charges of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import sympy as sp

from .. import symbols
from ..declare.areas import StateArea
from ..declare.bound_expression import BoundExpression
from ..declare.parameter import Declared
from ..declare.places import Compartment, Membrane, Place, contents
from .stoichiometry import Circuit


def declared(places: Iterable[Place], membranes: Iterable[Membrane]) -> Iterator[Declared]:
    """Volumes, concentrations, areas and capacitances."""
    for place in places:
        if isinstance(place, Compartment):
            yield place.volume
            if place.solids is not None:
                yield place.solids
            if place.elastic is not None:
                yield from place.elastic.parameters.values()
            yield from place.held.values()
            yield from place.fixed.values()
            if place.chosen is not None:
                yield place.chosen
        elif place.pressure is not None:
            yield place.pressure
        yield from place.contents.values()
        for species in (*contents(place), *getattr(place, "fixed", ())):
            yield from species.declared_osmotic
    for m in membranes:
        if isinstance(m.area, StateArea):
            yield from m.area.parameters.values()
        else:
            yield m.area
        if m.capacitance is not None:
            yield m.capacitance


_c, VOLUME = symbols.parameter("@.c"), symbols.parameter("@.volume", positive=True)
_START = _c * VOLUME


def start(place: Compartment, concentration: Declared) -> BoundExpression:
    """Initial amount of a solute: concentration times volume."""
    return BoundExpression(_START, {_c: concentration.symbol, VOLUME: place.volume.symbol})


def charges(circuit: Circuit, at_start: Mapping[str, sp.Expr]) -> dict[str, BoundExpression]:
    """q(0) of the floating nodes: Q = C_L φ with φ from the potentials at the start."""
    q: dict[str, BoundExpression] = {}
    for block in circuit.blocks:
        phi = {symbols.electric_potential(f"@{i}"): at_start[n] for i, n in enumerate(block.nodes)}
        vector = tuple(symbol if value else sp.S.Zero for symbol, value in phi.items())
        rows = zip(block.nodes, _products(block.matrix, vector), strict=True)
        q |= {node: BoundExpression(row, block.at_start | phi) for node, row in rows}
    return q


@lru_cache(maxsize=64)
def _products(matrix: sp.ImmutableMatrix, vector: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    return tuple(matrix * sp.Matrix(vector))
