"""The program of a model: named inputs, one graph, named groups of outputs.

Unit-free; every printer starts here.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import sympy as sp

from .. import caching, constants, symbols
from ..assemble.model import Model
from ..declare.bound_expression import BoundExpression
from .graph import lowering
from .graph.builder import Graph, inputs
from .graph.construction_rules import Rules
from .graph.differentiate import along, differentiate
from .graph.shared_exponentials import polish
from .pivots import pivoted

#: Values of the symbols that are constants, in the internal system (n° is 1 fmol).
FIXED = {
    symbols.R: constants.GAS,
    symbols.F: constants.FARADAY,
    symbols.c0: constants.STANDARD_CONCENTRATION,
    symbols.n0: 1.0,
    symbols.N_A: constants.AVOGADRO * 1e-15,
}

LEVEL = 1e-9  # of RT
Label = TypeVar("Label")
# states beyond which code is rolled; straight code compiles faster, and runs no slower, below
LARGE = 60


@dataclass(frozen=True, eq=False)
class Program:
    """What a kernel computes: M dx/dt = f(t, x).

    ``mass`` is the diagonal of M, by state: 1, or 0 where f = 0 is a constraint that holds at all
    times (of index 1: the constraints determine the states in whose rows they stand). ``states``
    and ``parameters`` name the inputs in order; ``outputs`` maps a group to the nodes of its
    members and ``names`` to their names, which are tuples where two things tell a member: (process,
    index of the store) of an entry, (name, :class:`Uphill`), (row, column). Groups: ``initial``
    (x0), ``scale`` (typical size of each state), ``impermeant`` (amounts), ``rhs`` (f, by the
    states for which its rows are declared; constraints stand in rows of other algebraic states
    where they would have no pivot in their own), ``jacobian`` (values at ``sparsity``, rows then
    columns), ``dfdt``, ``concentration``, ``potential``, ``volume``, ``flux``, ``affinity``,
    ``forward``, ``reverse``, ``dissipation``, ``entry`` (ledger, power from store to process),
    ``exergy`` (by store), ``drift`` (∂Ξ/∂t of the stores that a protocol changes), ``uphill`` (of
    each process without proof: the power with J·A < 0, then 1 where it is so; then the power that
    each open loop makes), ``protocol`` (parameters that have a form in time) and ``energy`` (G); of
    a ``careful`` program also ``along``, derivatives of all quadratures along what stands behind
    the states. With events also ``event`` (what rises through zero) and ``set`` (new values of what
    each of the ``events`` sets, one after the other). ``owners`` numbers the cell of each state
    (its place, or the inside of its membrane); ``rolled`` says that what repeats from cell to cell
    is printed once and run in loops.
    """

    states: tuple[str, ...]
    parameters: tuple[str, ...]
    graph: Graph = field(repr=False)
    outputs: dict[str, list[int]] = field(repr=False)
    names: dict[str, tuple[Any, ...]] = field(repr=False)
    sparsity: tuple[tuple[int, ...], tuple[int, ...]] = field(repr=False)
    summed: bool = False
    owners: tuple[int, ...] = field(default=(), repr=False)
    rolled: bool = False
    events: tuple[Event, ...] = ()
    mass: tuple[int, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mass", self.mass or (1,) * len(self.states))

    @property
    def algebraic(self) -> tuple[int, ...]:
        """The states in whose rows constraints stand."""
        return tuple(i for i, m in enumerate(self.mass) if not m)

    def __getstate__(self) -> dict[str, Any]:
        return caching.bare(self)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths of what stands in a row: states, then each group of quadratures."""
        return (len(self.states), *(len(self.outputs[group]) for group in QUADRATURES))


class Uphill(StrEnum):
    """What a member of the group ``uphill`` is of, beside the name of a process or of a loop."""

    POWER = "power"  # that a process runs uphill with
    TIME = "time"  # 1 while it does
    LOOP = "loop"  # the power that a loop which does not close makes


QUADRATURES = (
    "entry",
    "drift",
    "uphill",
    "dissipation",
)  # groups that a solver integrates along its steps, in the order of a row


@dataclass(frozen=True)
class Event:
    """Ends a part of a run where ``rising``, an expression in the symbols of the model and of time,
    rises through zero; then pools and parameters, by name, are set to the values of expressions in
    the state before.
    """

    name: str
    rising: sp.Expr
    sets: tuple[tuple[str, sp.Expr], ...] = ()


@dataclass(frozen=True)
class Form:
    """A parameter as an expression of time, of itself and of further inputs, which it names."""

    parameter: str
    expression: sp.Expr
    inputs: tuple[str, ...]
    line: bool = False


def ramp(parameter: sp.Symbol, slope: str, origin: str) -> Form:
    """A straight line: parameter + slope·(t − origin)."""
    rise = symbols.protocol_input(slope) * (symbols.t - symbols.protocol_input(origin))
    return Form(parameter.name, parameter + rise, (slope, origin), line=True)


_building = threading.RLock()


def program(
    model: Model, forms: tuple[Form, ...] = (), *, summed: bool = False, careful: bool = False,
    events: tuple[Event, ...] = (),
) -> Program:  # fmt: skip
    """The program of a model, in which some parameters have the form of a function of time, and
    ``events`` end parts; built once.

    ``summed``: the entries of the ledger are added up to what its lines need (``Model.chart.sums``)
    before they are integrated. ``careful``: with what the careful driver needs to mend the powers
    of slaved processes; nothing more in a large model.
    """
    with _building:
        made = caching.held(model)
        key = (Program, forms, summed, careful and len(model.states) <= LARGE, events)
        if key not in made:
            with caching.put_off():
                made[key] = _build(model, *key[1:])
        found: Program = made[key]
        return found


def _build(
    model: Model,
    forms: tuple[Form, ...],
    summed: bool,
    careful: bool = False,
    events: tuple[Event, ...] = (),
) -> Program:
    g = Graph()
    env: dict[sp.Symbol, int] = {s: g.const(v) for s, v in FIXED.items()}
    env[symbols.t] = g.input("t")
    env |= {x.symbol: g.input("y", i) for i, x in enumerate(model.states)}
    env |= {p.symbol: g.input("p", i) for i, p in enumerate(model.parameters.values())}
    extra = [name for form in forms for name in form.inputs]
    added = {
        symbols.protocol_input(name): g.input("p", len(model.parameters) + i)
        for i, name in enumerate(extra)
    }
    env |= {model.symbol(f.parameter): g.lower(f.expression, env | added, {}) for f in forms}
    memo: dict[sp.Basic, int] = {}
    lowering.define(g, [(e.symbol, e.formula) for e in model.equations], env, memo)
    made = _Outputs(g, env, memo)
    made.put("initial", made.lowered(model.initial.formulas))
    rhs = {x.name: env[symbols.rate_of_change(x.name)] for x in model.states}
    made.put("scale", made.lowered(model.scale.formulas))
    made.put("impermeant", {x.pool: env[x.symbol] for x in model.impermeants})
    jacobian = differentiate(g, list(rhs.values()), g.inputs("y", len(rhs)))
    rows = pivoted(model, jacobian)
    if rows:
        order, place = list(rhs), {row: i for i, row in enumerate(rows)}
        rhs = {order[row]: rhs[order[row]] for row in rows}
        jacobian = dict(
            sorted(((place[row], column), node) for (row, column), node in jacobian.items())
        )
    made.put("rhs", rhs)
    made.put("jacobian", jacobian)
    distinct = {
        id(e.formula.local): e.formula.local for e in model.equations
    }  # equal laws share their expression
    clocked = bool(forms) or any(symbols.t in inputs(local) for local in distinct.values())
    made.put(
        "dfdt",
        dict(
            zip(
                rhs,
                (
                    along(g, list(rhs.values()), {env[symbols.t]: g.one})
                    if clocked
                    else [g.zero] * len(rhs)
                ),
                strict=True,
            )
        ),
    )
    _observe(model, made)
    _account(model, made, summed, clocked)
    if careful:
        pairs = {
            g.input("y", i): g.input("y", len(model.states) + i) for i in range(len(model.states))
        }
        powers = [node for group in QUADRATURES for node in made.outputs[group]]
        made.put("along", {str(k): node for k, node in enumerate(along(g, powers, pairs))})
    sparsity = (tuple(i for i, _ in jacobian), tuple(j for _, j in jacobian))
    if events:
        made.put("event", {e.name: g.lower(e.rising, env | added, memo) for e in events})
        made.put(
            "set",
            {
                f"{e.name}|{name}": g.lower(value, env | added, memo)
                for e in events
                for name, value in e.sets
            },
        )
    made.put("protocol", {f.parameter: env[model.symbol(f.parameter)] for f in forms})
    rolled = len(model.states) > LARGE
    names, outputs = tuple(x.name for x in model.states), polish(g, made.outputs)
    mass = tuple(int(x.constraint is None) for x in model.states)
    return Program(
        names,
        (*model.parameters, *extra),
        g,
        outputs,
        made.names,
        sparsity,
        summed,
        _owners(model),
        rolled,
        events,
        mass,
    )


def _owners(model: Model) -> tuple[int, ...]:
    inside = {
        m.name: m.inside.name if m.inside in model.compartments else m.outside.name
        for m in model.membranes
    }
    cells: dict[str, int] = {}
    return tuple(cells.setdefault(inside.get(x.place, x.place), len(cells)) for x in model.states)


class _Outputs:
    def __init__(self, g: Graph, env: dict[sp.Symbol, int], memo: dict[sp.Basic, int]) -> None:
        self.g, self.env, self.memo = g, env, memo
        self.outputs: dict[str, list[int]] = {}
        self.names: dict[str, tuple[Any, ...]] = {}

    def lowered(self, formulas: Mapping[Label, BoundExpression]) -> dict[Label, int]:
        return dict(
            zip(
                formulas,
                lowering.lower(self.g, formulas.values(), self.env, self.memo),
                strict=True,
            )
        )

    def put(self, group: str, members: Mapping[Any, int]) -> None:
        self.outputs[group], self.names[group] = list(members.values()), tuple(members)


def _observe(model: Model, made: _Outputs) -> None:
    env = made.env
    made.put(
        "concentration",
        {x.name: env[x.concentration] for x in model.states if x.concentration is not None},
    )
    made.put(
        "potential",
        {
            m.name: env[symbols.potential(m.name)]
            for m in filter(model.circuit.has_voltage, model.membranes)
        },
    )
    made.put("volume", {c.name: env[symbols.volume(c.name)] for c in model.compartments})
    made.put("affinity", {p.name: env[symbols.affinity(p.name)] for p in model.processes})
    made.put("flux", _fluxes(made, [p.name for p in model.processes]))
    pairs = [p.name for p in model.processes if symbols.forward(p.name) in env]
    made.put("forward", {n: env[symbols.forward(n)] for n in pairs})
    made.put("reverse", {n: env[symbols.reverse(n)] for n in pairs})


def _fluxes(made: _Outputs, processes: list[str]) -> dict[str, int]:
    """J = r⁺ − r⁻ by way of the affinity, so that sign(J) = sign(A) in floating point too."""
    env, gas, warmth = made.env, made.env[symbols.R], made.env[symbols.T]
    pairs = [n for n in processes if symbols.forward(n) in env]

    def net(g: Rules, given: Sequence[int]) -> list[int]:
        up, down, affinity, *thermal = given
        return [g.call("net", up, down, g.mul(affinity, g.rcp(g.mul(*thermal))))]

    given = [
        (env[symbols.forward(n)], env[symbols.reverse(n)], env[symbols.affinity(n)], gas, warmth)
        for n in pairs
    ]
    found = dict(zip(pairs, (row[0] for row in made.g.rows("net", given, net)), strict=True))
    return {n: found[n] if n in found else env[symbols.flux(n)] for n in processes}


def _product(g: Rules, given: Sequence[int]) -> list[int]:
    return [g.mul(*given)]


def _given(g: Rules, given: Sequence[int]) -> list[int]:
    """The power that a store gives."""
    return [g.neg(g.mul(*given))]


def _summed(model: Model, g: Graph, entries: list[int]) -> dict[tuple[str, ...], int]:
    """The sums of entries that the lines of the table need."""
    totals = [g.zero] * len(model.ledger_layout.sums)
    for node, members in zip(entries, model.ledger_layout.member, strict=True):
        for k in members:
            totals[k] = g.add(totals[k], node)
    return dict(zip(model.ledger_layout.sums, totals, strict=True))


def _uphill(model: Model, made: _Outputs, flux: dict[str, int]) -> dict[tuple[str, Uphill], int]:
    """Of each exempt process the power it runs uphill with, and whether it does; an affinity below
    ``LEVEL``·RT is none.
    """
    g = made.g
    level = g.mul(g.const(LEVEL), g.mul(made.env[symbols.R], made.env[symbols.T]))
    chosen = dict(zip(made.names["dissipation"], made.outputs["dissipation"], strict=True))
    powers, clocks = {}, {}
    for p in model.processes:
        if p.certificate.exempt:
            powers[p.name, Uphill.POWER] = g.call("max", g.neg(chosen[p.name]), g.zero)
            bound = g.add(chosen[p.name], g.mul(level, g.call("abs", flux[p.name])))
            clocks[p.name, Uphill.TIME] = g.call("select", bound, g.zero, g.one)
    return powers | clocks | _gained(model, made, flux)


def _gained(model: Model, made: _Outputs, flux: dict[str, int]) -> dict[tuple[str, Uphill], int]:
    """The power that each loop which does not close makes from nothing, J·ε."""
    g = made.g
    found = {}
    for loop in (x for t in model.transporters for x in getattr(t, "off", ())):
        around = functools.reduce(
            g.add, (g.mul(g.const(share), flux[process]) for process, share in loop.shares.items())
        )
        found[loop.name, Uphill.LOOP] = g.mul(
            around, made.lowered({loop.name: loop.excess})[loop.name]
        )
    return found


def _account(model: Model, made: _Outputs, summed: bool, clocked: bool) -> None:
    g = made.g
    flux = dict(zip(made.names["flux"], made.outputs["flux"], strict=True))
    drive = dict(zip(made.names["affinity"], made.outputs["affinity"], strict=True))
    losses = g.rows("product", [(flux[n], drive[n]) for n in flux], _product)
    made.put("dissipation", dict(zip(flux, (row[0] for row in losses), strict=True)))
    made.put("uphill", _uphill(model, made, flux))
    stores = enumerate(model.ledger_stores)
    potentials = made.lowered(
        {(process, k): potential for k, store in stores for process, potential in store.entries}
    )
    powers = g.rows(
        "given", [(node, flux[process]) for (process, _), node in potentials.items()], _given
    )
    entries = dict(zip(potentials, (row[0] for row in powers), strict=True))
    made.put("entry", _summed(model, g, list(entries.values())) if summed else entries)
    made.put("exergy", made.lowered(model.exergy.formulas))
    slopes = along(g, made.outputs["exergy"], {made.env[symbols.t]: g.one}) if clocked else []
    made.put(
        "drift",
        {
            name: slope
            for name, slope in zip(made.names["exergy"], slopes, strict=clocked)
            if slope != g.zero
        },
    )
    made.put(
        "energy",
        {"G": functools.reduce(g.add, made.lowered(model.stores.formulas).values(), g.zero)},
    )
