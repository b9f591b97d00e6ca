"""The program of a model: named inputs, one graph, named groups of outputs, without units."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from .. import caching, constants, symbols
from ..assemble import electrodes
from ..assemble.model import Model
from .graph import lowering
from .graph.builder import Graph, inputs
from .graph.differentiate import along, differentiate
from .graph.shared_exponentials import polish
from .linearisation import put_derivatives
from .pivots import pivoted
from .program_outputs import Outputs, add_energy_flows, add_observables
from .slaved_fluxes import put_slaved_fluxes

#: Values of the symbols that are constants, in the internal system (n° is 1 fmol).
FIXED = {
    symbols.R: constants.GAS,
    symbols.F: constants.FARADAY,
    symbols.c0: constants.STANDARD_CONCENTRATION,
    symbols.n0: 1.0,
    symbols.N_A: constants.AVOGADRO * 1e-15,
}

# states beyond which code is rolled; straight code compiles faster, and runs no slower, below
LARGE = 60


@dataclass(frozen=True, eq=False)
class Program:
    """The functions that a kernel computes, of M dx/dt = f(t, x), as nodes of a graph.

    ``mass``: diagonal of M by state, 1, or 0 where a constraint 0 = f of index 1 stands (the
    constraints determine the states in whose rows they stand). ``states`` and ``parameters`` name
    the inputs in order; ``outputs`` maps a group to the nodes of its members and ``names`` to their
    names, which are tuples where two things name a member: (process, index of the store) of an
    entry, (name, ``Uphill``), (row, column). ``sparsity``: rows and columns of the Jacobian.
    ``summed``: whether entries are added up to what the lines of the ledger need. ``owners``
    numbers the cell of each state (its place, or the inside of its membrane); ``rolled``: whether
    what repeats from cell to cell is printed once and run in loops.

    Groups: ``initial`` (x0), ``scale`` (typical size of each state), ``impermeant`` (amounts),
    ``closure`` (what must be 0 of RT where equilibrium constants are given twice),
    ``rhs`` (f, named by the states for which its rows are declared; constraints stand in rows of
    other algebraic states where they would have no pivot in their own), ``jacobian`` (values at
    ``sparsity``), ``dfdt``, ``concentration``, ``potential``, ``volume``, ``flux``, ``affinity``,
    ``forward``, ``reverse``, ``dissipation``, ``entry`` (ledger, power from store to process),
    ``exergy`` (by store), ``drift`` (∂Ξ/∂t of the stores that a protocol changes), ``uphill`` (of
    each process without proof the power with J·A < 0, then 1 where it is so; then the power that
    each open loop makes), ``protocol`` (parameters that are functions of time) and ``energy`` (G);
    of a ``careful`` program also ``along``, derivatives of all quadratures along a direction. With
    events also ``event`` (functions that rise through zero) and ``set`` (new values that the
    ``events`` set, one event after the other). A ``linear`` program also has the derivatives of
    :mod:`.linearisation`.
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
        return caching.state_without_cache(self)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Lengths of the groups in an output row: states, then each group of quadratures."""
        return (len(self.states), *(len(self.outputs[group]) for group in QUADRATURES))


# groups that a solver integrates along its steps, in the order of a row
QUADRATURES = ("entry", "drift", "uphill", "dissipation")


@dataclass(frozen=True)
class Event:
    """Ends a segment of a run where ``rising``, an expression in the symbols of the model and of
    time, rises through zero; then ``sets`` pools and parameters, by name, to the values of
    expressions in the state before, and ``ends`` the run.
    """

    name: str
    rising: sp.Expr
    sets: tuple[tuple[str, sp.Expr], ...] = ()
    ends: bool = False


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
    events: tuple[Event, ...] = (), linear: bool = False,
) -> Program:  # fmt: skip
    """The program of a model, in which some parameters are functions of time and ``events`` end
    segments; built once.

    ``summed``: the entries of the ledger are added up to what its lines need
    (``Model.ledger_layout.sums``) before they are integrated. ``careful``: with the derivatives by
    which the careful driver corrects the powers of slaved processes, except in a large model.
    ``linear``: with the derivatives by states and parameters that :mod:`.linearisation` adds.
    """
    with _building:
        cache = caching.cache_of(model)
        key = (Program, forms, summed, careful and len(model.states) <= LARGE, events, linear)
        if key not in cache:
            with caching.garbage_collection_paused():
                cache[key] = _build(model, *key[1:])
        built: Program = cache[key]
        return built


def _build(
    model: Model,
    forms: tuple[Form, ...],
    summed: bool,
    careful: bool = False,
    events: tuple[Event, ...] = (),
    linear: bool = False,
) -> Program:
    """See :func:`program`."""
    g = Graph()
    extra = [name for form in forms for name in form.inputs]
    env, added = _environment(g, model, forms, extra)
    out = Outputs(g, env, {})
    lowering.define(g, [(e.symbol, e.formula) for e in model.equations], env, out.memo)
    put_slaved_fluxes(model, g, env, out.memo)
    out.put("initial", out.lower(model.initial.formulas))
    rhs = {x.name: env[symbols.rate_of_change(x.name)] for x in model.states}
    out.put("scale", out.lower(model.scale.formulas))
    out.put("impermeant", {x.pool: env[x.symbol] for x in model.impermeants})
    out.put("closure", out.lower(model.standards.closures))
    rhs, jacobian = _slopes(model, g, rhs)
    out.put("rhs", rhs)
    out.put("jacobian", jacobian)
    time_dependent = bool(forms) or _depends_on_time(model)
    drifts = [g.zero] * len(rhs)
    if time_dependent:
        drifts = along(g, list(rhs.values()), {env[symbols.t]: g.one})
    out.put("dfdt", dict(zip(rhs, drifts, strict=True)))
    add_observables(model, out)
    add_energy_flows(model, out, summed, time_dependent)
    if careful:
        out.put("along", _directional(model, out))
    if events:
        _put_events(events, out, env | added)
    if linear:
        put_derivatives(out, len(model.states), len(model.parameters))
    out.put("protocol", {f.parameter: env[model.symbol(f.parameter)] for f in forms})
    return Program(
        states=tuple(x.name for x in model.states),
        parameters=(*model.parameters, *extra),
        graph=g,
        outputs=polish(g, out.outputs),
        names=out.names,
        sparsity=(tuple(i for i, _ in jacobian), tuple(j for _, j in jacobian)),
        summed=summed,
        owners=_owners(model),
        rolled=len(model.states) > LARGE,
        events=events,
        mass=tuple(int(x.constraint is None) for x in model.states),
    )


def _environment(
    g: Graph, model: Model, forms: tuple[Form, ...], extra: list[str]
) -> tuple[dict[sp.Symbol, int], dict[sp.Symbol, int]]:
    """Nodes of the symbols that the model declares, where the symbol of a parameter with a form
    stands for that form; and of the ``extra`` inputs of forms.
    """
    env: dict[sp.Symbol, int] = {s: g.const(v) for s, v in FIXED.items()}
    env[symbols.t] = g.input("t")
    env |= {x.symbol: g.input("y", i) for i, x in enumerate(model.states)}
    env |= {p.symbol: g.input("p", i) for i, p in enumerate(model.parameters.values())}
    added = {
        symbols.protocol_input(name): g.input("p", len(model.parameters) + i)
        for i, name in enumerate(extra)
    }
    env |= {model.symbol(f.parameter): g.lower(f.expression, env | added, {}) for f in forms}
    moved = {f.parameter for f in forms}
    for p in electrodes.moving(model.circuit, model.clamped) if model.clamped else ():
        node = env[p.symbol]
        slope = along(g, [node], {env[symbols.t]: g.one}) if p.name in moved else [g.zero]
        env[symbols.slope(p.name)] = slope[0]
    return env, added


def _slopes(
    model: Model, g: Graph, rhs: dict[str, int]
) -> tuple[dict[str, int], dict[tuple[int, int], int]]:
    """f and its Jacobian, with constraints in rows in which they have a pivot."""
    jacobian = differentiate(g, list(rhs.values()), g.inputs("y", len(rhs)))
    rows = pivoted(model, jacobian)
    if not rows:
        return rhs, jacobian
    order, place = list(rhs), {row: i for i, row in enumerate(rows)}
    moved = {(place[row], column): node for (row, column), node in jacobian.items()}
    return {order[row]: rhs[order[row]] for row in rows}, dict(sorted(moved.items()))


def _depends_on_time(model: Model) -> bool:
    """Whether time stands in an equation of the model."""
    # equal laws share their expression
    distinct = {id(e.formula.local): e.formula.local for e in model.equations}
    return any(symbols.t in inputs(local) for local in distinct.values())


def _directional(model: Model, out: Outputs) -> dict[str, int]:
    """Derivatives of all quadratures along a direction, whose components are inputs after the
    states.
    """
    g, n = out.g, len(model.states)
    direction = {g.input("y", i): g.input("y", n + i) for i in range(n)}
    powers = [node for group in QUADRATURES for node in out.outputs[group]]
    return {str(k): node for k, node in enumerate(along(g, powers, direction))}


def _put_events(events: tuple[Event, ...], out: Outputs, env: dict[sp.Symbol, int]) -> None:
    g, memo = out.g, out.memo
    out.put("event", {e.name: g.lower(e.rising, env, memo) for e in events})
    values = {
        f"{e.name}|{name}": g.lower(value, env, memo) for e in events for name, value in e.sets
    }
    out.put("set", values)


def _owners(model: Model) -> tuple[int, ...]:
    """Number of the cell that each state belongs to."""
    inside = {
        m.name: m.inside.name if m.inside in model.compartments else m.outside.name
        for m in model.membranes
    }
    cells: dict[str, int] = {}
    return tuple(cells.setdefault(inside.get(x.place, x.place), len(cells)) for x in model.states)
