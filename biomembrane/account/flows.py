"""Conjugate flows and forces of transporters at given concentrations and voltage.

Each species that crosses has a flow J_i into the inside and a force X_i = μ̃_out − μ̃_in = RT ln(c_out/c_in) − z F V; what is left of a
reaction, such as the hydrolysis of ATP, has its turnover and its affinity.  Then Σ J_i X_i is the power dissipated.  A kinetic diagram
is taken at its steady state, M n = 0 with Σ n = N, and its slopes follow from M dn = −dM n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from .. import constants, errors, symbols
from ..declare.cycle import Cycle
from ..declare.places import Membrane
from ..declare.reaction import Participant
from ..declare.transporter import Process, Transporter
from ..symbols import R, T, n0
from .audit.claim import level
from .audit.evaluate import Array, Box, Functions, Variable
from .audit.split import splits

Declaration = Transporter | Cycle


@dataclass(frozen=True)
class Force:
    """One conjugate pair: ``changes`` are those of one unit of flow by pool, ``charge`` what it moves to the inside; ``lever`` is the pool
    whose level moves the force, by RT per unit of its logarithm times ``sign``.
    """

    name: str
    changes: Mapping[str, float]
    charge: float
    lever: str
    sign: int


class Flows:
    """Flows of transporters on one membrane as functions of the levels of their solutes and of the voltage.

    Coordinates are ln c of every solute, then V; ``coordinates(numbers)`` makes them from numbers by pool [mM] and ``"V"`` [V].
    """

    def __init__(self, parts: Sequence[Declaration], temperature: float = constants.BODY_TEMPERATURE) -> None:
        self.parts, self.RT = tuple(parts), constants.GAS * temperature
        self.on = _membrane(self.parts)
        solutes = {w.pool: w for part in parts for p in part.processes for w in p.solutes}
        self.solutes: dict[str, Participant] = solutes
        usual = {pool: level(who, pool, 0).usual for pool, who in solutes.items()}
        made = [Variable(symbols.concentration(p), p, c, c / 10, c * 10, log=True, unit="mM") for p, c in usual.items()]
        made.append(Variable(symbols.potential(self.on.name), "V", 0.0, -0.15, 0.15, log=False, unit="V"))
        values = {n: p.value for part in parts for n, p in part.parameters.items()} | {f"{self.on.name}.area": self.on.area.value}
        self.box = Box(tuple(made), values, temperature)
        self.names = [v.name for v in made]
        self._diagrams = [_Diagram(part, self.box) for part in parts]

    # --- forces

    @cached_property
    def forces(self) -> dict[str, Force]:
        """Species that cross, and what is left of the net reactions."""
        found: dict[str, Force] = {}
        for part in self.parts:
            for net in nets(part):
                left = dict(net)
                for pool, n in net.items():
                    who = self.solutes[pool]
                    assert who.species is not None
                    other = f"{self.on.outside.name}.{who.species.name}"
                    if who.place is self.on.inside and left.get(other) == -n:
                        name = who.species.name
                        found.setdefault(name, Force(name, {other: -1, pool: 1}, who.species.charge, pool, -1))
                        del left[other], left[pool]
                if left:
                    made = self._reaction(left)
                    found.setdefault(made.name, made)
        return found

    def _reaction(self, left: Mapping[str, int]) -> Force:
        """The force of a reaction, counted by the first of its reactants."""
        first = min(left, key=lambda pool: (left[pool] > 0, pool))
        species = self.solutes[first].species
        assert species is not None
        changes = {pool: n / abs(left[first]) for pool, n in left.items()}
        charge = sum(n * float(dict(self.solutes[pool].charges).get(self.on.inside.name, 0)) for pool, n in changes.items())
        return Force(species.name, changes, charge, first, 1)

    def coordinates(self, numbers: Mapping[str, float] | None = None) -> Array:
        given = dict(numbers or {})
        return np.array([np.log(given.get(v.name, v.usual)) if v.log else given.get(v.name, v.usual) for v in self.box.variables])

    def force(self, name: str, x: Array) -> Array:
        """X [J/mol] at coordinates (variable, …)."""
        f = self.forces[name]
        total = -f.charge * constants.FARADAY * x[-1]
        for pool, n in f.changes.items():
            k = self.names.index(pool)
            total = total - n * (self.RT * (x[k] - np.log(constants.STANDARD_CONCENTRATION)) + self._standard(pool))
        return np.asarray(total)

    def _standard(self, pool: str) -> float:
        species = self.solutes[pool].species
        assert species is not None
        return self.box.values.get(f"{species.name}.standard_energy", 0.0)

    def at_force(self, name: str, value: float | Array, x: Array) -> Array:
        """Coordinates with the lever of a force moved so that it has a value [J/mol]."""
        f = self.forces[name]
        k = self.names.index(f.lever)
        made = np.array(np.broadcast_to(x[(...,) + (None,) * np.ndim(value)], (*x.shape, *np.shape(value))))
        made[k] = x[k] + f.sign * (np.asarray(value) - self.force(name, x)) / self.RT
        return made

    # --- flows

    def __call__(self, names: Sequence[str], x: Array) -> Array:
        """J [fmol/s] by name, at coordinates (variable, state)."""
        gained = sum((d.gained(x) for d in self._diagrams), start=_Gained.none())
        return np.array([gained.of(self.forces[n]) for n in names])

    def slopes(self, names: Sequence[str], x: Array) -> Array:
        """∂J/∂X [fmol²/fJ/s·…] by (flow, force) at one state (variable,): exact, by way of the levers."""
        gained = sum((d.sloped(x[:, None]) for d in self._diagrams), start=_Gained.none())
        columns = [self.names.index(self.forces[n].lever) for n in names]
        signs = np.array([self.forces[n].sign for n in names])
        made: Array = np.array([gained.of(self.forces[n])[columns] for n in names])[:, :, 0] * signs / self.RT
        return made


@dataclass(frozen=True)
class _Gained:
    """What each pool gains, or the slopes of it."""

    by_pool: Mapping[str, Any]

    @classmethod
    def none(cls) -> _Gained:
        return cls({})

    def __add__(self, other: _Gained) -> _Gained:
        pools = {**self.by_pool, **other.by_pool}
        return _Gained({p: self.by_pool.get(p, 0.0) + other.by_pool.get(p, 0.0) for p in pools})

    def of(self, force: Force) -> Any:
        """The flow of a force: what its lever gains (or, where the lever is a reactant, loses)."""
        return self.by_pool[force.lever] * -force.sign


class _Diagram:
    """One transporter: fluxes of its processes at given levels, for a cycle at steady state."""

    def __init__(self, part: Declaration, box: Box) -> None:
        self.part = part
        derived = {s: f.expression for s, f in part.derived.items()}
        alone = {symbols.amount(state.pool): n0 for state in part.states}
        rates = [(p, *_pair(p)) for p in part.processes]
        self.pairs = Functions([e.xreplace(derived).xreplace(alone) for _, up, down in rates for e in (up, down)], box)
        self.order = [s.label for s in part.states]
        if part.total is not None:
            self.ends = [_ends(p, self.order) for p in part.processes]
            self.total = float(Functions([part.total.expression], box)(box.usual[:, None])[0, 0])

    def fluxes(self, x: Array) -> Array:
        """(process, state)."""
        r = self.pairs(x)
        up, down = r[0::2], r[1::2]
        if not self.order:
            made: Array = up - down
            return made
        n = self._steady(up, down)
        return np.array([up[k] * n[a] - down[k] * n[b] for k, (a, b) in enumerate(self.ends)])

    def _matrix(self, up: Array, down: Array) -> Array:
        """M (state of x, row, column); the last row sums the states."""
        size = len(self.order)
        M = np.zeros((up.shape[1], size, size))
        for k, (a, b) in enumerate(self.ends):
            for row, column, rate in ((a, a, -up[k]), (b, a, up[k]), (b, b, -down[k]), (a, b, down[k])):
                M[:, row, column] += rate
        M[:, -1] = 1.0
        return M

    def _steady(self, up: Array, down: Array) -> Array:
        M = self._matrix(up, down)
        right = np.zeros((len(M), len(self.order), 1))
        right[:, -1] = self.total
        made: Array = np.asarray(np.linalg.solve(M, right)[:, :, 0].T, dtype=float)
        return made

    def gained(self, x: Array) -> _Gained:
        return self._summed(self.fluxes(x))

    def sloped(self, x: Array) -> _Gained:
        """Slopes of what pools gain, by (variable, state)."""
        r, dr = self.pairs(x), self.pairs.slopes(x)
        up, down, dup, ddown = r[0::2], r[1::2], dr[0::2], dr[1::2]
        if not self.order:
            return self._summed(dup - ddown)
        n, M = self._steady(up, down), self._matrix(up, down)
        slopes = np.zeros((len(self.ends), dr.shape[1], x.shape[1]))
        for v in range(dr.shape[1]):
            dM = self._matrix(dup[:, v], ddown[:, v])
            dM[:, -1] = 0.0
            dn = -np.linalg.solve(M, dM @ n.T[:, :, None])[:, :, 0].T
            for k, (a, b) in enumerate(self.ends):
                slopes[k, v] = dup[k, v] * n[a] + up[k] * dn[a] - ddown[k, v] * n[b] - down[k] * dn[b]
        return self._summed(slopes)

    def _summed(self, fluxes: Array) -> _Gained:
        made: dict[str, Any] = {}
        for p, J in zip(self.part.processes, fluxes, strict=True):
            for who, n in p.reaction.net.items():
                if who.kind == "solute":
                    made[who.pool] = made.get(who.pool, 0.0) + n * J
        return _Gained(made)


def _pair(process: Process) -> tuple[sp.Expr, sp.Expr]:
    """Two expressions whose difference is the flux."""
    rates = process.rates
    if rates.conductance is not None:
        return rates.conductance * R * T * process.certificate.drive, sp.S.Zero
    if rates.flux is not None and rates.forward is None:
        return next(splits(rates.flux), (rates.flux, sp.S.Zero))
    assert rates.forward is not None
    assert rates.reverse is not None
    return rates.forward, rates.reverse


def _ends(process: Process, order: Sequence[str]) -> tuple[int, int]:
    sides = (process.reaction.reactants, process.reaction.products)
    first, last = (next(order.index(w.label) for _, w in side if w.kind == "state") for side in sides)
    return first, last


def nets(part: Declaration) -> list[dict[str, int]]:
    """Net reactions over the solutes: of the transporter, or of each independent loop."""
    if isinstance(part, Transporter):
        return [{w.pool: n for w, n in p.reaction.net.items() if w.kind == "solute"} for p in part.processes]
    from .audit.loops import loops

    found = []
    for loop in loops(part, constants.BODY_TEMPERATURE)[0]:
        net: dict[str, int] = {}
        for k, way in loop.walk:
            for w, n in part.processes[k].reaction.net.items():
                if w.kind == "solute":
                    net[w.pool] = net.get(w.pool, 0) + way * n
        found.append({p: n for p, n in net.items() if n})
    return [net for net in found if net]


def _membrane(parts: Sequence[Declaration]) -> Membrane:
    places = {id(part.on): part.on for part in parts}
    (on,) = places.values() if len(places) == 1 else (None,)
    if not isinstance(on, Membrane):
        got = ", ".join(place.name for place in places.values())
        advice = "transporters of one membrane, such as coupling([pump, leak])"
        raise errors.BadPlace(where="coupling(…)", wanted="transporters on one membrane", got=got, advice=advice)
    for process in (p for part in parts for p in part.processes):
        if any(w.kind == "water" for w in process.reaction.net):
            got, advice = f"{process.reaction} in {process.name}", "leave water out: the solvent's force is a pressure"
            raise errors.BadReaction(where="coupling(…)", wanted="transport of solutes", got=got, advice=advice)
    return on
