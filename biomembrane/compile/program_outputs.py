"""Observables and energy flows as output groups of a program."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import sympy as sp

from .. import symbols
from ..assemble.model import Model
from ..assemble.potentials import protons
from ..declare.bound_expression import BoundExpression
from ..declare.osmotic_coefficient import molarity
from .graph import lowering
from .graph.builder import Graph
from .graph.construction_rules import Rules
from .graph.differentiate import along

LEVEL = 1e-9  # of RT: affinities below are taken for zero
Label = TypeVar("Label")


class Uphill(StrEnum):
    """Kinds of members of the group ``uphill``, named with a process or a loop."""

    POWER = "power"  # of a process that runs uphill
    TIME = "time"  # 1 while it does
    LOOP = "loop"  # made from nothing by a loop that does not close


class Outputs:
    """Groups of output nodes on a graph, with the names of their members."""

    def __init__(self, g: Graph, env: dict[sp.Symbol, int], memo: dict[sp.Basic, int]) -> None:
        self.g, self.env, self.memo = g, env, memo
        self.outputs: dict[str, list[int]] = {}
        self.names: dict[str, tuple[Any, ...]] = {}

    def lower(self, formulas: Mapping[Label, BoundExpression]) -> dict[Label, int]:
        """Nodes of expressions, under the same labels."""
        nodes = lowering.lower(self.g, formulas.values(), self.env, self.memo)
        return dict(zip(formulas, nodes, strict=True))

    def put(self, group: str, members: Mapping[Any, int]) -> None:
        self.outputs[group], self.names[group] = list(members.values()), tuple(members)


def add_observables(model: Model, out: Outputs) -> None:
    """Concentrations, potentials, volumes, affinities and fluxes."""
    env, solutes = out.env, [x for x in model.states if x.concentration is not None]
    charged = filter(model.circuit.has_voltage, model.membranes)
    # of a solute with an osmotic coefficient c is the activity
    level = {x.name: env[x.concentration] for x in solutes if x.concentration is not None}
    out.put("concentration", {n: env.get(molarity(n), c) for n, c in level.items()})
    out.put("pH", {n: _pH(out, env[symbols.concentration(c)]) for n, c in protons(model).items()})
    out.put("potential", {m.name: env[symbols.potential(m.name)] for m in charged})
    out.put("volume", {c.name: env[symbols.volume(c.name)] for c in model.compartments})
    pressed = any(c.elastic is not None for c in model.compartments)
    hydrostatic = {
        c.name: env.get(symbols.hydrostatic(c.name), out.g.zero) for c in model.compartments
    }
    out.put("pressure", hydrostatic if pressed else {})
    out.put("affinity", {p.name: env[symbols.affinity(p.name)] for p in model.processes})
    fluxes = process_fluxes(out, [p.name for p in model.processes])
    out.put("flux", fluxes)
    moved = {n: BoundExpression(z) for n, z in model.electrogenic.items()}
    charges = out.lower(moved)
    charge = env[symbols.F]
    currents = {n: out.g.mul(out.g.mul(charge, z), fluxes[n]) for n, z in charges.items()}
    out.put("current", {n: currents.get(n, out.g.zero) for n in fluxes} if charges else {})
    out.put("reversal", _reversals(model, out, charges))
    out.put("area", {m.name: env[m.area.symbol] for m in model.membranes})
    shares = [each.symbol for p in model.processes for each in p.carried]
    out.put("carried", {share.name: env[share] for share in shares})
    out.put(
        "electrode_current", {e.name: out.g.mul(charge, fluxes[e.name]) for e in model.electrodes}
    )
    pairs = [p.name for p in model.processes if symbols.forward(p.name) in env]
    out.put("forward", {n: env[symbols.forward(n)] for n in pairs})
    out.put("reverse", {n: env[symbols.reverse(n)] for n in pairs})


def _pH(out: Outputs, concentration: int) -> int:
    """−log₁₀ of a concentration in mol/l."""
    g = out.g
    level = g.call("log", g.mul(concentration, g.rcp(out.env[symbols.c0])))
    return g.mul(g.const(-1 / math.log(10)), level)


def _reversals(model: Model, out: Outputs, charges: Mapping[str, int]) -> dict[str, int]:
    """V − A/(zF), at which the affinity of a process is zero; electrodes have none."""
    g, env, electrodes = out.g, out.env, {e.name for e in model.electrodes}
    nodes = {}
    for p in model.processes:
        if p.name in charges and p.name not in electrodes:
            per_volt = g.rcp(g.mul(charges[p.name], env[symbols.F]))
            fall = g.mul(env[symbols.affinity(p.name)], per_volt)
            nodes[p.name] = g.sub(env[symbols.potential(p.on.name)], fall)
    return nodes


def process_fluxes(out: Outputs, processes: list[str]) -> dict[str, int]:
    """J = r⁺ − r⁻ by way of the affinity, so that sign(J) = sign(A) in floating point too."""
    env, gas, temperature = out.env, out.env[symbols.R], out.env[symbols.T]
    pairs = [n for n in processes if symbols.forward(n) in env]

    def net(g: Rules, given: Sequence[int]) -> list[int]:
        forward, reverse, affinity, *thermal = given
        return [g.call("net", forward, reverse, g.mul(affinity, g.rcp(g.mul(*thermal))))]

    rows = [
        (env[symbols.forward(n)], env[symbols.reverse(n)], env[symbols.affinity(n)]) for n in pairs
    ]
    nodes = out.g.rows("net", [(*row, gas, temperature) for row in rows], net)
    fluxes = dict(zip(pairs, (node for (node,) in nodes), strict=True))
    return {n: fluxes[n] if n in fluxes else env[symbols.flux(n)] for n in processes}


def _product(g: Rules, given: Sequence[int]) -> list[int]:
    return [g.mul(*given)]


def _given(g: Rules, given: Sequence[int]) -> list[int]:
    """Power that a store gives, from potential and flux."""
    return [g.neg(g.mul(*given))]


def _summed(model: Model, g: Graph, entries: list[int]) -> dict[tuple[str, ...], int]:
    """Sums of entries that the lines of the ledger need."""
    totals = [g.zero] * len(model.ledger_layout.sums)
    for node, members in zip(entries, model.ledger_layout.member, strict=True):
        for k in members:
            totals[k] = g.add(totals[k], node)
    return dict(zip(model.ledger_layout.sums, totals, strict=True))


def _uphill(model: Model, out: Outputs, flux: dict[str, int]) -> dict[tuple[str, Uphill], int]:
    """Power of each process without proof where it runs uphill, and 1 where it does; affinities
    below ``LEVEL``·RT count as zero.
    """
    g = out.g
    level = g.mul(g.const(LEVEL), g.mul(out.env[symbols.R], out.env[symbols.T]))
    dissipation = dict(zip(out.names["dissipation"], out.outputs["dissipation"], strict=True))
    powers, times = {}, {}
    for p in model.processes:
        if p.certificate.exempt:
            powers[p.name, Uphill.POWER] = g.call("max", g.neg(dissipation[p.name]), g.zero)
            bound = g.add(dissipation[p.name], g.mul(level, g.call("abs", flux[p.name])))
            times[p.name, Uphill.TIME] = g.call("select", bound, g.zero, g.one)
    return powers | times | _gained(model, out, flux)


def _gained(model: Model, out: Outputs, flux: dict[str, int]) -> dict[tuple[str, Uphill], int]:
    """Power that each loop that does not close makes from nothing, J·ε."""
    g = out.g
    powers = {}
    for loop in model.open_loops:
        shares = [g.mul(g.const(share), flux[process]) for process, share in loop.shares.items()]
        turnover = functools.reduce(g.add, shares)
        excess = out.lower({loop.name: loop.excess})[loop.name]
        powers[loop.name, Uphill.LOOP] = g.mul(turnover, excess)
    return powers


def add_energy_flows(model: Model, out: Outputs, summed: bool, time_dependent: bool) -> None:
    """Dissipation, ledger entries, exergy and the energy G."""
    g = out.g
    flux = dict(zip(out.names["flux"], out.outputs["flux"], strict=True))
    affinity = dict(zip(out.names["affinity"], out.outputs["affinity"], strict=True))
    slaved = {p.name for p in model.processes if p.slaved}  # A = 0, whatever floats leave of it
    free = [n for n in flux if n not in slaved]
    losses = g.rows("product", [(flux[n], affinity[n]) for n in free], _product)
    lost = dict(zip(free, (row[0] for row in losses), strict=True))
    out.put("dissipation", {n: lost.get(n, g.zero) for n in flux})
    out.put("uphill", _uphill(model, out, flux))
    stores = enumerate(model.ledger_stores)
    potentials = out.lower(
        {(process, k): potential for k, store in stores for process, potential in store.entries}
    )
    factors = [(node, flux[process]) for (process, _), node in potentials.items()]
    powers = g.rows("given", factors, _given)
    entries = dict(zip(potentials, (row[0] for row in powers), strict=True))
    out.put("entry", _summed(model, g, list(entries.values())) if summed else entries)
    out.put("exergy", out.lower(model.exergy.formulas))
    out.put("drift", _drifts(out) if time_dependent else {})
    energy = functools.reduce(g.add, out.lower(model.stores.formulas).values(), g.zero)
    out.put("energy", {"G": energy})


def _drifts(out: Outputs) -> dict[str, int]:
    """∂Ξ/∂t of the stores that a protocol changes."""
    slopes = along(out.g, out.outputs["exergy"], {out.env[symbols.t]: out.g.one})
    by_store = zip(out.names["exergy"], slopes, strict=True)
    return {name: slope for name, slope in by_store if slope != out.g.zero}
