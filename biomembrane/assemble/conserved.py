"""What the processes of a model conserve, over all its states: the left null space of its
stoichiometry, in exact numbers.

As :attr:`~biomembrane.assemble.system.System.invariants`, with volumes, and with states whose own
rate is a sum of fluxes, as totals that fast processes conserve are.  A process that carries what
the state says counts as several, of which one is without what it carries, and the others are a mole
of each solute that it carries: what all of them conserve, it conserves whatever it carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from .. import caching, symbols
from ..declare.transporter import Process
from . import stoichiometry
from .model import Model
from .state import StateVariable

Row = dict[str, sp.Expr]  # coefficients by process, or by the share that one carries


@dataclass(frozen=True, eq=False)
class Conserved:
    """Sums Σ weight·x/unit that no process changes, nor any processes whose fluxes a constraint
    keeps in balance, as the currents into an electroneutral place.

    ``sums``: weights by state; ``free``: the state in whose equation, or constraint, each sum can
    stand, since that follows from the others; ``bound``: a state that follows from each sum;
    ``unit`` of each state that is changed by processes: 1, F, or
    the molar volume that a solvent's volume is counted in; ``columns``: by process, and by each
    share that one carries, changes of the states in these units.
    """

    sums: tuple[Mapping[str, Fraction], ...]
    free: tuple[str, ...]
    bound: tuple[str, ...]
    unit: Mapping[str, sp.Expr]
    columns: Mapping[str, Mapping[str, Fraction]]


def conserved(model: Model, idle: frozenset[str] = frozenset()) -> Conserved:
    """The conserved sums of a model in which the processes ``idle`` do not run, found once."""
    held = caching.cache_of(model)
    if (Conserved, idle) not in held:
        held[Conserved, idle] = _found(model, idle)
    found: Conserved = held[Conserved, idle]
    return found


def _found(model: Model, idle: frozenset[str]) -> Conserved:
    rows = {x.name: _row(model, x) for x in model.states}
    balanced = {x.name for x in model.states if x.constraint is not None}
    units: dict[str, sp.Expr] = {}
    columns: dict[str, dict[str, Fraction]] = {}
    for p in model.processes:
        columns |= {part: {} for part in _parts(p)}
    stopped = {part for p in model.processes if p.name in idle for part in _parts(p)}
    for name, row in rows.items():
        read = None if row is None else _counted(row)
        if read is None:
            continue
        units[name], numbers = read
        for part, number in numbers.items():
            if part not in stopped:
                columns[part][name] = number
    # solutes go first, so that of a charge and its ions the equation of the charge is left out
    order = sorted(units, key=lambda name: (name in balanced, units[name] != 1))
    found = stoichiometry.invariants(order, list(columns.values()))
    in_how_many = {name: sum(name in each for each in found) for name in order}
    sums, free, bound = list[dict[str, Fraction]](), list[str](), list[str]()
    for each in found:
        states = {n: weight for n, weight in each.items() if n not in balanced}
        stands = next(n for n in reversed(each) if in_how_many[n] == 1 and each[n] == 1)
        follow = [stands] if stands in states else [n for n in states if n not in bound]
        if follow:
            sums.append(states)
            free.append(stands)
            bound.append(follow[0])
    return Conserved(tuple(sums), tuple(free), tuple(bound), units, columns)


def _parts(process: Process) -> tuple[str, ...]:
    """Its name, and those of the shares that it carries."""
    return (process.name, *(each.symbol.name for each in process.carried))


def _row(model: Model, x: StateVariable) -> Row | None:
    """dx/dt, or what a constraint keeps at 0, as coefficients of fluxes; None where it is no such
    sum.
    """
    row: Row = {}
    for p in model.processes:
        if x.name in model.N[p.name]:
            _add(row, p, model.N[p.name][x.name])
    formula = x.rate
    if x.constraint is not None:
        row, formula = {}, x.constraint
    if formula is None:
        return {part: c for part, c in row.items() if c != 0}
    fluxes = {symbols.flux(p.name): p for p in model.processes}
    shares = {each.symbol for p in model.processes for each in p.carried}
    expression = sp.expand(formula.expression)
    if not expression.free_symbols <= {*fluxes, *shares, symbols.F} or not (
        expression.free_symbols & {*fluxes}
    ):
        return None if x.constraint is not None or expression != 0 else row
    for term in sp.Add.make_args(expression):
        found = [s for s in term.free_symbols if s in fluxes]
        if len(found) != 1 or (term / found[0]).free_symbols & {*fluxes}:
            return row if term == 0 else None
        _add(row, fluxes[found[0]], term / found[0])
    return {part: c for part, c in row.items() if c != 0}


def _add(row: Row, process: Process, coefficient: sp.Expr) -> None:
    """Add a coefficient of a flux, part by part."""
    found = stoichiometry.parts({"": coefficient}, (each.symbol for each in process.carried))
    for name, part in zip(_parts(process), found, strict=True):
        if part:
            row[name] = row.get(name, sp.S.Zero) + part[""]


def _counted(row: Row) -> tuple[sp.Expr, dict[str, Fraction]] | None:
    """The unit that all coefficients share, and how many of it each is; None where they share
    none.
    """
    unit, numbers = None, {}
    for part, c in row.items():
        number, rest = c.as_coeff_Mul()
        if not number.is_Rational or (unit is not None and rest != unit):
            return None
        unit, numbers[part] = rest, Fraction(int(number.p), int(number.q))
    return sp.S.One if unit is None else unit, numbers
