"""Values at the start of states with an equation of their own: as declared, or the steady value for
what else there is then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import sympy as sp

from .. import errors, symbols
from ..declare.auxiliary_state import StateEquation
from ..declare.bound_expression import BoundExpression, free
from ..declare.osmotic_coefficient import molarity
from ..declare.parameter import Declared
from ..declare.places import Compartment, Membrane, Place, contents
from ..declare.species import Species
from . import free_energy


def starts(
    own: Sequence[StateEquation],
    parameters: Mapping[str, Declared],
    places: Mapping[str, Place],
    membranes: Sequence[Membrane],
    phi: Mapping[str, sp.Expr],
) -> dict[str, BoundExpression]:
    """x(0) by name, in the unit of x, as expressions of the parameters; ``phi``: φ(0) by place.

    Raises BadSettings.
    """
    if not own:
        return {}
    at, by_name = _levels(places, membranes, phi), {x.name: x for x in own}
    known = {s for p in parameters.values() for s in (p.symbol, p.used)} | set(_ALWAYS)
    known |= {  # which the model derives
        symbols.amount(name)
        for place in places.values()
        if isinstance(place, Compartment)
        for name in _impermeant(place)
    }
    found: dict[str, BoundExpression] = {}
    read = {y.name for x in own for y in x.own_states if x.declared_start is None}

    def visit(x: StateEquation) -> None:
        if x.name not in found:
            for y in x.own_states:  # made before x, so that there is no circle
                visit(by_name[y.name])
            found[x.name] = _start(x, at, known)
            if x.name in read:  # written out only where another start needs it
                at[x.symbol] = found[x.name].expression

    for x in own:
        visit(x)
    return found


_ALWAYS = (symbols.R, symbols.F, symbols.T, symbols.c0, symbols.n0, symbols.N_A)


def _levels(
    places: Mapping[str, Place], membranes: Sequence[Membrane], phi: Mapping[str, sp.Expr]
) -> dict[sp.Expr, sp.Expr]:
    """Potentials, concentrations and volumes at the start, by symbol."""
    at: dict[sp.Expr, sp.Expr] = {
        symbols.potential(m.name): phi[m.inside.name] - phi[m.outside.name]
        for m in membranes
        if m.inside.name in phi and m.outside.name in phi
    }
    for place in places.values():
        for s, declared in contents(place).items():
            at[symbols.concentration(declared.name)] = _level(declared.symbol, s)
            at[molarity(declared.name)] = declared.symbol
        if isinstance(place, Compartment):
            at[symbols.volume(place.name)] = place.volume.symbol
            for name, impermeant in _impermeant(place).items():
                c = symbols.amount(name) / place.volume.symbol
                at[symbols.concentration(name)] = _level(c, impermeant)
    return at


def _level(c: sp.Expr, species: Species | None) -> sp.Expr:
    """What laws read of a concentration: the activity, of a solute with an osmotic coefficient."""
    declared = () if species is None else species.declared_osmotic
    return free_energy.activity(c, tuple(x.symbol for x in declared))


def _impermeant(place: Compartment) -> dict[str, Species | None]:
    """The impermeants that a place may have, by dotted name."""
    found: dict[str, Species | None] = {s.name: s for s in place.fixed}
    found |= {} if place.balance is None else dict.fromkeys(("X", "Y"))
    return {f"{place.name}.{name}": s for name, s in found.items()}


def _start(
    x: StateEquation, at: Mapping[sp.Expr, sp.Expr], known: AbstractSet[sp.Symbol]
) -> BoundExpression:
    if x.declared_start is not None:
        return BoundExpression(x.declared_start.symbol / x.size_of_unit)
    assert x.steady_state is not None
    formula = x.steady_state
    names = {s: formula.names.get(s, s).xreplace(at) for s in free(formula.local)}
    for expression in names.values():
        unknown = expression.free_symbols - known
        if unknown:
            read = ", ".join(sorted(map(str, unknown)))
            raise errors.BadSettings(
                where=f"{x.name}, start",
                wanted="a value at the start, which follows from potentials and contents only",
                got=f"a steady value that reads {read}",
                advice=f"{type(x).__name__}({x.name!r}, …, start=0.5)",
            )
    return BoundExpression(formula.local, names)
