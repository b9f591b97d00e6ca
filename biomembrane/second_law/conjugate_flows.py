"""Conjugate flows and forces of transporters at given concentrations and voltage.

Each species that crosses has a flow J_i into the inside and a force X_i = μ̃_out − μ̃_in = RT
ln(c_out/c_in) − z F V; the rest of a reaction, such as the hydrolysis of ATP, has its turnover and
its affinity.  Then Σ J_i X_i is the power dissipated.  A kinetic diagram is taken at its steady
state (:mod:`~biomembrane.declare.cycle_stationary_state`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import sympy as sp

from .. import constants, errors, symbols
from ..declare.cycle import Cycle
from ..declare.diagram import slowest_last
from ..declare.places import Compartment, Membrane, contents
from ..declare.reaction import Participant
from ..declare.standard_energies import standard_in
from ..declare.transporter import Process, Transporter
from ..symbols import R, T, n0
from .claim import definitions, level
from .evaluation import Array, Box, Functions, Variable
from .forces import Force, Forces, independent
from .one_way_split import splits

__all__ = ["Declaration", "Flows", "Force", "nets"]
Declaration = Transporter | Cycle


def _usual_readings(parts: Sequence[Declaration], on: Membrane) -> dict[str, float]:
    """Usual values of what laws read beyond the solutes and V of the membrane: these scale all
    flows of a process alike.
    """
    read = {r.symbol: r.usual for part in parts for p in part.processes for r in p.readings}
    read |= {
        symbols.volume(place.name): place.volume.value
        for place in (on.inside, on.outside)
        if isinstance(place, Compartment)
    }
    return {str(symbol): value for symbol, value in read.items()}


class Flows:
    """Flows of transporters on one membrane as functions of the concentrations of their solutes and
    of the voltage.

    Coordinates are ln c of every solute, then V; ``coordinates(numbers)`` gives them from numbers
    by pool [mM] and ``"V"`` [V]. ``asked``: names of forces to be preferred as independent ones
    where one force has several names.
    """

    def __init__(
        self,
        parts: Sequence[Declaration],
        temperature: float = constants.BODY_TEMPERATURE,
        asked: Sequence[str] = (),
    ) -> None:
        self.parts, self.RT, self.asked = tuple(parts), constants.GAS * temperature, tuple(asked)
        self.on = _membrane(self.parts)
        solutes = {w.pool: w for part in parts for p in part.processes for w in p.solutes}
        self.solutes: dict[str, Participant] = solutes
        usual = {pool: level(participant, pool, 0).usual for pool, participant in solutes.items()}
        variables = [
            Variable(symbols.concentration(p), p, c, c / 10, c * 10, log=True, unit="mM")
            for p, c in usual.items()
        ]
        variables.append(
            Variable(symbols.potential(self.on.name), "V", 0.0, -0.15, 0.15, log=False, unit="V")
        )
        values = {n: p.value for part in parts for n, p in part.parameters.items()} | {
            str(self.on.area.symbol): self.on.area.value
        }
        values |= {
            str(x.symbol): x.value for part in parts for p in part.processes for x in p.own_states
        }
        values |= _usual_readings(parts, self.on)
        self.box = Box(tuple(variables), values, temperature)
        self.names = [v.name for v in variables]
        self.diagrams = [_Diagram(part, self.box, self.basis) for part in parts]

    # --- forces

    @cached_property
    def basis(self) -> Forces:
        """The independent forces, and the others in terms of these."""
        return independent(
            [net for part in self.parts for net in nets(part)], self.solutes, self.on, self.asked
        )

    @property
    def forces(self) -> dict[str, Force]:
        """The independent forces by name: of species that cross, and of the rest of the net
        reactions.
        """
        return self.basis.by_name

    @property
    def absent(self) -> list[str]:
        """Pools that are declared at 0 mM; their usual concentration here is 1 mM."""
        return [
            pool
            for pool, participant in self.solutes.items()
            if participant.place
            and participant.species
            and contents(participant.place)[participant.species].value == 0
        ]

    def coordinates(self, numbers: Mapping[str, float] | None = None) -> Array:
        """Coordinates (variable,) from numbers by pool [mM] and ``"V"`` [V]; default the usual."""
        given = dict(numbers or {})
        return np.array(
            [
                np.log(given.get(v.name, v.usual)) if v.log else given.get(v.name, v.usual)
                for v in self.box.variables
            ]
        )

    def force(self, name: str, x: Array) -> Array:
        """X [J/mol] at coordinates (variable, …)."""
        f = self.forces[name]
        total = -f.charge * constants.FARADAY * x[-1]
        for pool, n in f.changes.items():
            k = self.names.index(pool)
            total = total - n * (
                self.RT * (x[k] - np.log(constants.STANDARD_CONCENTRATION)) + self._standard(pool)
            )
        return np.asarray(total)

    def _standard(self, pool: str) -> float:
        participant = self.solutes[pool]
        standard = standard_in(participant.species, participant.place)
        return 0.0 if standard is None else standard.value_at(self.box.temperature)

    @cached_property
    def _levers(self) -> list[int]:
        """The indices of the levers among the coordinates."""
        return [self.names.index(f.lever) for f in self.forces.values()]

    def at_force(self, name: str, value: float | Array, x: Array) -> Array:
        """Coordinates with the lever of a force (and where it must be, those of others) moved so
        that it alone has a value [J/mol].
        """
        expanded = x[(...,) + (None,) * np.ndim(value)]
        moved = np.array(np.broadcast_to(expanded, (*x.shape, *np.shape(value))))
        shift = (np.asarray(value) - self.force(name, x)) / self.RT
        per_lever = self.basis.moves[:, list(self.forces).index(name)]
        for k, per in zip(self._levers, per_lever, strict=True):
            if per:
                moved[k] = x[k] + per * shift
        return moved

    # --- flows

    def __call__(self, names: Sequence[str], x: Array) -> Array:
        """J [fmol/s] by name, at coordinates (variable, state)."""
        rows = [list(self.forces).index(n) for n in names]
        flows: Array = sum((each.flows(x) for each in self.diagrams), start=np.zeros(()))[rows]
        return flows

    def slopes(self, names: Sequence[str], x: Array) -> Array:
        """∂J/∂X [fmol²/(fJ·s)] by (flow, force) at one state (variable,), exact, through the
        levers.
        """
        return self.sloped(names, x)[0]

    def sloped(self, names: Sequence[str], x: Array) -> tuple[Array, Array]:
        """The slopes, and the sum of the absolute values of their terms."""
        rows = [list(self.forces).index(n) for n in names]
        parts = [each.slopes(x) for each in self.diagrams]
        moves = self.basis.moves[:, rows]
        slopes, sizes = (
            sum((part[k] for part in parts), start=np.zeros(()))[rows][:, self._levers]
            for k in range(2)
        )
        return slopes @ moves / self.RT, sizes @ abs(moves) / self.RT


class _Diagram:
    """The flows of one transporter at given concentrations; of a cycle at steady state."""

    def __init__(self, part: Declaration, box: Box, basis: Forces) -> None:
        self.part = part
        derived = definitions(part)
        alone = {symbols.amount(state.pool): n0 for state in part.states}
        rates = [(p, *_pair(p)) for p in part.processes]
        self.pairs = Functions(
            [e.xreplace(derived).xreplace(alone) for _, up, down in rates for e in (up, down)], box
        )
        every = _every(part)
        self.shares = np.array([[float(x) for x in basis.share(net)] for net in every]).reshape(
            len(every), len(basis.by_name)
        )
        if isinstance(part, Cycle):
            self.diagram = part.diagram
            self.ends = self.diagram.ends
            self.total = float(Functions([part.total.expression], box)(box.usual[:, None])[0, 0])

    def one_way(self, x: Array) -> tuple[Array, Array]:
        """One-way fluxes (process, state)."""
        r = self.pairs(x)
        if not self.part.states:
            return r[0::2], r[1::2]
        n = self._steady(r[0::2], r[1::2])
        return r[0::2] * n[[a for a, _ in self.ends]], r[1::2] * n[[b for _, b in self.ends]]

    def _steady(self, up: Array, down: Array) -> Array:
        """Amounts of the states (state, …)."""
        return self.total * self.diagram.occupancy(up, down)

    def flows(self, x: Array) -> Array:
        """(force, state)."""
        up, down = self.one_way(x)
        if not self.part.states:
            return self.shares.T @ (up - down)
        flows = np.empty((self.shares.shape[1], x.shape[1]))
        for k in range(x.shape[1]):
            chords, shares = self._loops(up[:, k], down[:, k])
            flows[:, k] = shares.T @ (up[chords, k] - down[chords, k])
        return flows

    def fluxes(self, x: Array) -> Array:
        """Net fluxes (process, state); those of a tree of fast steps follow from the slow ones that
        close its loops.
        """
        up, down = self.one_way(x)
        if not self.part.states:
            net: Array = up - down
            return net
        orders = [slowest_last(up[:, k], down[:, k]) for k in range(x.shape[1])]
        closing = [list(self.diagram.chords(order)) for order in orders]
        rows = [
            self.diagram.loops(order).T @ (up - down)[chords, k]
            for k, (order, chords) in enumerate(zip(orders, closing, strict=True))
        ]
        return np.array(rows).T

    def _loops(self, up: Array, down: Array) -> tuple[list[int], Array]:
        """The slow steps that close loops of fast ones, and shares of the loops (loop, force)."""
        order = slowest_last(up, down)
        # in terms of the loops whose net reactions are known
        known = self.diagram.loops(order)[:, list(self.diagram.chords())]
        return list(self.diagram.chords(order)), known @ self.shares

    def slopes(self, x: Array) -> tuple[Array, Array]:
        """∂J/∂coordinate (force, variable) at one state, and the sum of the absolute values of its
        terms.
        """
        r, dr = self.pairs(x[:, None])[:, 0], self.pairs.slopes(x[:, None])[:, :, 0]
        up, down, dup, ddown = r[0::2], r[1::2], dr[0::2], dr[1::2]
        if not self.part.states:
            return self.shares.T @ (dup - ddown), abs(self.shares).T @ (abs(dup) + abs(ddown))
        n, dn = self.diagram.occupancy_slopes(up, down, dup, ddown)
        first, last = ([e[k] for e in self.ends] for k in range(2))
        ahead = self.total * (dup * n[first][:, None] + up[:, None] * dn[first])
        back = self.total * (ddown * n[last][:, None] + down[:, None] * dn[last])
        chords, shares = self._loops(up * n[first], down * n[last])
        return shares.T @ (ahead - back)[chords], abs(shares).T @ (abs(ahead) + abs(back))[chords]


def _pair(process: Process) -> tuple[sp.Expr, sp.Expr]:
    """Two expressions whose difference is the flux."""
    rates = process.rates
    if rates.conductance is not None:
        return rates.conductance * R * T * process.certificate.reduced_affinity, sp.S.Zero
    if rates.flux is not None and rates.forward is None:
        return next(splits(rates.flux), (rates.flux, sp.S.Zero))
    assert rates.forward is not None
    assert rates.reverse is not None
    return rates.forward, rates.reverse


def _every(part: Declaration) -> list[dict[str, int]]:
    """Net reactions over the solutes: of the transporter, or of each fundamental loop, including
    those that move nothing.
    """
    moved = [{w.pool: n for w, n in p.reaction.net.items() if w.is_solute} for p in part.processes]
    if isinstance(part, Transporter):
        return moved
    net_reactions = []
    for row in part.diagram.loops():
        net: dict[str, int] = {}
        for way, step in zip(row, moved, strict=True):
            for pool, n in step.items():
                net[pool] = net.get(pool, 0) + int(way) * n
        net_reactions.append({p: n for p, n in net.items() if n})
    return net_reactions


def nets(part: Declaration) -> list[dict[str, int]]:
    """Net reactions over the solutes: of the transporter, or of each independent loop that moves
    something, walked as most of its steps are written.
    """
    ways = (
        [1]
        if isinstance(part, Transporter)
        else [1 if row.sum() >= 0 else -1 for row in part.diagram.loops()]
    )
    return [
        {pool: way * n for pool, n in net.items()}
        for way, net in zip(ways, _every(part), strict=True)
        if net
    ]


def _membrane(parts: Sequence[Declaration]) -> Membrane:
    places = {id(part.on): part.on for part in parts}
    (on,) = places.values() if len(places) == 1 else (None,)
    if not isinstance(on, Membrane):
        got = ", ".join(place.name for place in places.values())
        advice = "transporters of one membrane, such as coupling([pump, leak])"
        raise errors.BadPlace(
            where="coupling(…)", wanted="transporters on one membrane", got=got, advice=advice
        )
    for process in (p for part in parts for p in part.processes):
        if process.slaved:
            raise errors.BadReaction(
                where="coupling(…)",
                wanted="transport with a flux that follows from forces",
                got=f"{process.name}, at equilibrium at all times, whose force is 0",
                advice="leave it out, or give it a rate=",
            )
        if process.reaction.has_solvent:
            got, advice = (
                f"{process.reaction} in {process.name}",
                "leave water out: the solvent's force is a pressure",
            )
            raise errors.BadReaction(
                where="coupling(…)", wanted="transport of solutes", got=got, advice=advice
            )
    return on


def tight_ratio(
    flows: Flows, parts: Sequence[Declaration], first: str, second: str
) -> float | None:
    """J₁/J₂ of the only net reaction that moves both; None where there is none, or several."""
    ratios = set()
    order = list(flows.forces)
    for part in parts:
        for net in nets(part):
            shares = flows.basis.share(net)
            a, b = (shares[order.index(n)] for n in (first, second))
            if a and b:
                ratios.add(float(a / b))
    return ratios.pop() if len(ratios) == 1 else None
