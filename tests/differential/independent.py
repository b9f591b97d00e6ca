"""Membrane physics from first principles, in numpy and scipy alone: nothing of the package is imported.

Mass, charge, volume and energy are written down by hand from the description of a system (formalism §1 to §6):

    dn/dt = Σ ν J        dq/dt = F Σ ν z J        dW/dt = Σ ν v J
    A = −Σ ν μ̃,  μ̃ = μ° + RT ln(c/c°) + F Σ z φ,  φ = C⁻¹ q,  P = −RT Σ c
    entry[process, pool] = ∫ −ν (potential − that of the reference bath) J dt

Units: fmol, pL, mM, fC, V, s, J/mol, Pa; areas in 10⁻¹⁵ m², so that no factor appears.  Arrays of states are (state, k).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import constants as codata
from scipy.integrate import solve_ivp

from differential.description import FUEL, SOLUTES, Mover, Step, System, Term

F = codata.value("Faraday constant")
R = codata.R
C0 = 1000.0  # mM
DATA = Path(__file__).parents[2] / "biomembrane" / "library" / "data"


@cache
def sheet(name: str) -> dict[str, float]:
    """The numbers of a paper, as its file has them."""
    read = tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))
    return {key: float(entry["value"]) for key, entry in read["parameters"].items()}


V_WATER = sheet("species")["V_w"]  # m³/mol


def bernoulli(x: Any) -> Any:
    """x/(eˣ − 1)."""
    small = np.abs(x) < 1e-5
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 - x / 2 + x * x / 12, safe / np.expm1(safe))


def bound(mover: Mover) -> list[dict[str, int]]:
    """What each state of a carrier holds, the first being empty."""
    found: dict[int, dict[str, int]] = {0: {}}
    while len(found) < len(mover.inside):
        for s in mover.steps:
            for a, b, taken, given in ((s.a, s.b, s.left, s.right), (s.b, s.a, s.right, s.left)):
                if a in found and b not in found:
                    found[b] = dict(found[a])
                    for sign, side in ((1, taken), (-1, given)):
                        for n, what, _ in side:
                            if what not in FUEL:
                                found[b][what] = found[b].get(what, 0) + sign * n
    return [found[i] for i in range(len(mover.inside))]


def bound_charge(mover: Mover) -> list[float]:
    """Elementary charges of what each state holds."""
    return [float(sum(n * SOLUTES[s].charge for s, n in held.items())) for held in bound(mover)]


@dataclass
class Process:
    """``net``: ν by pool, the products less the reactants; ``rate``: J [fmol/s] of what :class:`Now` shows."""

    name: str
    mover: str
    on: str
    net: dict[str, int]
    rate: Callable[[Now], Any]


@dataclass
class Now:
    """A state read: concentrations, amounts of carriers, potentials, volumes and pressures by name."""

    t: float
    T: Any
    p: dict[str, Any]
    level: dict[str, Any]
    phi: dict[str, Any]
    volume: dict[str, Any]
    pressure: dict[str, Any]
    charges: dict[str, Any] = field(default_factory=dict)


class Physics:
    """One system: its states, its processes, its books."""

    def __init__(self, system: System, ground: str = "") -> None:
        self.system = system
        self.grounded = {b.name for b in system.baths if not b.floating} or {ground or system.rooms[-1].name}  # only differences of φ matter
        self.places = [*(b.name for b in system.baths), *(r.name for r in system.rooms)]
        self.sides = {w.name: {"in": w.inside, "out": w.outside} for w in system.walls} | {r.name: {"": r.name} for r in system.rooms}
        self.area = {w.name: w.area * 1e3 for w in system.walls}
        self.solute = {f"{r.name}.{s}": (r.name, s) for r in system.rooms for s in r.contents}
        self.fixed = {f"{b.name}.{s}": (b.name, s) for b in system.baths for s in b.contents}
        self.held = {f"{r.name}.{s}": (r.name, s) for r in system.rooms for s in r.held}
        self.carriers = {f"{m.name}.E{i + 1}": m for m in system.movers for i in range(len(m.inside))}
        self.pool = self.solute | self.fixed | self.held
        self.base = {f"{b.name}.{s}": c for b in system.baths for s, c in b.contents.items()}
        self.base |= {f"{r.name}.{s}": c for r in system.rooms for s, c in r.held.items()}
        self.base |= {"temperature": system.temperature} | {
            f"{m.name}.permeability": m.numbers["size"] * 1e-4 for m in system.movers if m.kind == "ghk"
        }
        self.processes = [p for m in system.movers for p in self._processes(m)]
        wet = {m.on for m in system.movers if m.kind == "water"}
        self.swelling = [r.name for r in system.rooms if any(r.name in self.sides[w].values() for w in wet)]
        self.transformed = set(FUEL) if system.burns else set()
        if any(m.on in {r.name for r in system.rooms} for m in system.movers):
            self.transformed |= {"hexA", "hexB"}
        self._circuit()
        self.states = [*self.solute, *self.carriers, *(f"{n}.charge" for n in self.nodes), *(f"{r}.volume" for r in self.swelling)]
        self.row = {s: i for i, s in enumerate(self.states)}
        self._impermeants()
        self.entries = self._entries()
        self.N = self._matrix()

    # --- what is there

    def _circuit(self) -> None:
        """Places that hold charge, and C [fF]: those behind a capacitor that are not grounded."""
        solid = [w for w in self.system.walls if w.capacitance is not None]
        touched = {p for w in solid for p in (w.inside, w.outside)}
        self.nodes = [p for p in self.places if p in touched and p not in self.grounded]
        index = {n: i for i, n in enumerate(self.nodes)}
        C = np.zeros((len(index), len(index)))
        for w in solid:
            c = w.capacitance * 1e-2 * w.area * 1e3  # µF/cm² is 10⁻² F/m²
            for p in (w.inside, w.outside):
                if p in index:
                    C[index[p], index[p]] += c
            if w.inside in index and w.outside in index:
                C[index[w.inside], index[w.outside]] -= c
                C[index[w.outside], index[w.inside]] -= c
        self.C = C
        self.inverse = np.linalg.inv(C)
        zero = next(self.system.phi[p] for p in self.places if p in self.grounded)
        self.q0 = C @ np.array([(self.system.phi[n] - zero) * 1e-3 for n in self.nodes])

    def _impermeants(self) -> None:
        """Amounts [fmol] of what never leaves, and who they are: so much charge and osmolarity as is missing, where a balance is asked for."""
        self.impermeant: dict[str, float] = {}
        self.place_of: dict[str, str] = {}
        charge = dict(zip(self.nodes, self.q0, strict=True))
        for room in self.system.rooms:
            if room.impermeant == "balance":
                ions = sum(SOLUTES[s].charge * c for s, c in room.contents.items()) * room.volume
                x = (charge.get(room.name, 0.0) / F - ions) / room.valence
                y = (sum(self.system.baths[0].contents.values()) - sum(room.contents.values())) * room.volume - x
                found = {"X": x, "Y": y}
            else:
                found = {s: c * room.volume for s, (_, c) in (room.impermeant or {}).items()}
            for s, n in found.items():
                self.impermeant[f"{room.name}.{s}"] = n
                self.place_of[f"{room.name}.{s}"] = room.name

    def charges(self, pool: str) -> dict[str, float]:
        """Elementary charges that one of a pool lays on each place."""
        if pool not in self._charges:
            self._charges[pool] = self._charges_of(pool)
        return self._charges[pool]

    @cached_property
    def _charges(self) -> dict[str, dict[str, float]]:
        return {}

    def _charges_of(self, pool: str) -> dict[str, float]:
        if pool in self.carriers:
            mover, i = self.carriers[pool], int(pool.rpartition(".E")[2]) - 1
            sides, whole = self.sides[mover.on], bound_charge(mover)[i]
            return {sides["in"]: mover.inside[i], sides["out"]: whole - mover.inside[i]}
        place, s = self.pool.get(pool, ("", ""))
        return {place: float(SOLUTES[s].charge)} if s and SOLUTES[s].charge else {}

    def _held_by(self, mover: Mover) -> list[dict[str, int]]:
        if mover.name not in self._known_bound:
            self._known_bound[mover.name] = bound(mover)
        return self._known_bound[mover.name]

    @cached_property
    def _known_bound(self) -> dict[str, list[dict[str, int]]]:
        return {}

    # --- what happens

    def _pools(self, on: str, terms: Sequence[Term]) -> list[tuple[int, str]]:
        return [(n, f"{self.sides[on][side]}.{s}") for n, s, side in terms]

    def _processes(self, m: Mover) -> list[Process]:
        if m.steps:
            return [self._step(m, s) for s in m.steps]
        left, right = self._pools(m.on, m.left), self._pools(m.on, m.right)
        net: dict[str, int] = {}
        for sign, side in ((-1, left), (1, right)):
            for n, pool in side:
                net[pool] = net.get(pool, 0) + sign * n
        law = getattr(self, f"_{m.kind}")(m, left, right, net)
        gate = self._gate(m)
        return [Process(m.name, m.name, m.on, net, lambda now: gate(now) * law(now))]

    def _gate(self, m: Mover) -> Callable[[Now], Any]:
        if m.gate == "solute":
            pool = f"{self.sides[m.on]['in']}.{'K' if m.name[-1] in '02468' else 'Ca'}"
            return lambda now: now.level[pool] / (now.level[pool] + 30.0)
        if m.gate == "voltage":
            return lambda now: 1 / (1 + np.exp(self.u(now, m.on)))
        if m.gate == "clock":
            return lambda now: np.exp(np.sin(0.1 * now.t) - now.t / 60)
        return lambda now: 1.0

    def u(self, now: Now, on: str) -> Any:
        """FV/RT of a membrane."""
        sides = self.sides[on]
        if "in" not in sides:
            return 0.0
        return F * (now.phi[sides["in"]] - now.phi[sides["out"]]) / (R * now.T)

    def affinity(self, now: Now, net: dict[str, int]) -> Any:
        """−Σ ν μ̃ [J/mol]."""
        return -sum(n * (self.chemical(now, pool) + F * sum(z * now.phi[p] for p, z in self.charges(pool).items())) for pool, n in net.items())

    def chemical(self, now: Now, pool: str) -> Any:
        """μ without the electrical part; of water its pressure times its volume."""
        if pool.endswith(".H2O"):
            return V_WATER * now.pressure[pool.rpartition(".")[0]]
        if pool in self.carriers:
            return self.carrier_energy(now.T, pool) + R * now.T * np.log(now.level[pool])
        return self.standard(pool) + R * now.T * np.log(now.level[pool] / C0)

    def standard(self, pool: str) -> float:
        return 1e3 * (SOLUTES[self.pool[pool][1]].energy or 0.0)

    def _pair(self, m: Mover, net: dict[str, int]) -> Callable[[Now], tuple[Any, Any]]:
        """b⁺ and b⁻ of the charge that is moved inward."""
        inside = self.sides[m.on].get("in", "")
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())
        return lambda now: self._barrier(m.theta, charge * self.u(now, m.on))

    @staticmethod
    def _barrier(theta: float | None, Qu: Any) -> tuple[Any, Any]:
        return (bernoulli(Qu), bernoulli(-Qu)) if theta is None else (np.exp(-theta * Qu), np.exp((1 - theta) * Qu))

    @staticmethod
    def _product(now: Now, side: Sequence[tuple[int, str]], scale: float = 1.0) -> Any:
        made: Any = 1.0
        for n, pool in side:
            made = made * (now.level[pool] / scale) ** n
        return made

    def _released(self, now: Now, net: dict[str, int]) -> Any:
        """ΔG°/RT."""
        return sum(n * self.standard(pool) for pool, n in net.items()) / (R * now.T)

    def _elementary(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        pair, k = self._pair(m, net), m.numbers["rate"]

        def J(now: Now) -> Any:
            plus, minus = pair(now)
            return k * (plus * self._product(now, left, C0) - minus * np.exp(self._released(now, net)) * self._product(now, right, C0))

        return J

    def _ghk(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        inside = self.sides[m.on]["in"]
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())

        def J(now: Now) -> Any:
            x = charge * self.u(now, m.on)
            P = now.p[f"{m.name}.permeability"] * 1e-2
            return P * self.area[m.on] * (bernoulli(x) * self._product(now, left) - bernoulli(-x) * self._product(now, right))

        return J

    def _ohmic(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        inside = self.sides[m.on]["in"]
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())
        g = m.numbers["size"] * 10 * 1e6  # nS in 10⁻¹⁵ S
        return lambda now: g * self.affinity(now, net) / (charge * F) ** 2

    def _onsager(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        return lambda now: m.numbers["size"] * 1e-4 * self.affinity(now, net)

    def _empirical(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        return lambda now: 0.01 * m.numbers["size"] * (self._product(now, left) - m.numbers["bias"] * self._product(now, right))

    def _water(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        if "L_p" in m.numbers:
            L = m.numbers["L_p"] * 1e-5 * 1e-2 / 1e5  # of 10⁻⁵ cm/s/bar
            return lambda now: L * self.area[m.on] * self.affinity(now, net) / V_WATER**2
        return lambda now: m.numbers["P_f"] * 1e-2 * self.area[m.on] * self.affinity(now, net) / (V_WATER * R * now.T)

    def _saturable(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        pair = self._pair(m, net)
        half = {f"{self.sides[m.on][side]}.{s}": m.numbers[f"half {s}@{side}"] for _, s, side in (*m.left, *m.right)}

        def J(now: Now) -> Any:
            plus, _ = pair(now)
            x = math.prod((now.level[pool] / half[pool]) ** n for n, pool in left)
            filled = [math.prod((1 + now.level[pool] / half[pool]) ** n for n, pool in side) for side in (left, right)]
            D = filled[0] * filled[1] if m.binding == "simultaneous" else filled[0] + filled[1] - 1
            return -m.numbers["size"] * 10 * plus * x / D * np.expm1(-self.affinity(now, net) / (R * now.T))

        return J

    def _reduced(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        """Three lumped states at their steady state, by linear algebra; the last reverse constant closes the cycle."""
        k = [m.numbers[f"k{i}"] for i in range(5)]
        inside = self.sides[m.on]["in"]
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())

        def J(now: Now) -> Any:
            Qu = charge * self.u(now, m.on)
            last = k[0] * k[1] * k[2] / (k[3] * k[4]) * np.exp(self._released(now, net) + Qu / 2) * self._product(now, right, C0)
            first = k[0] * self._product(now, left, C0) * np.exp(-Qu / 2)
            forward, reverse = np.broadcast_arrays(first, k[1], k[2]), np.broadcast_arrays(k[3], k[4], last)
            shares = steady([(i, (i + 1) % 3, f, r) for i, (f, r) in enumerate(zip(forward, reverse, strict=True))], 3)
            return m.numbers["size"] * 1e-3 * (forward[1] * shares[1] - reverse[1] * shares[2])

        return J

    def _pump(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        """Smith & Crampin 2004: four lumped states; k₋₃ is what the energy of hydrolysis leaves."""
        s = sheet("smith_crampin_2004")
        inside, outside = self.sides[m.on]["in"], self.sides[m.on]["out"]
        carriers = m.numbers["density"] * self.area[m.on] * 1e-3 / codata.N_A * 1e15

        def J(now: Now) -> Any:
            c, u = now.level, self.u(now, m.on)
            Ni = c[f"{inside}.Na"] / (s["K_d_Na_i"] * np.exp(s["Delta"] * u / 3))
            Ne = c[f"{outside}.Na"] / (s["K_d_Na_e"] * np.exp((1 + s["Delta"]) * u / 3))
            Ki, Ke = c[f"{inside}.K"] / s["K_d_K_i"], c[f"{outside}.K"] / s["K_d_K_e"]
            T = c[f"{inside}.ATP"] / s["K_d_MgATP"]
            Di, De = (1 + Ni) ** 3 + (1 + Ki) ** 2 - 1, (1 + Ne) ** 3 + (1 + Ke) ** 2 - 1
            forward = [s["k1_forward"] * Ni**3 / Di, s["k2_forward"], s["k3_forward"] * Ke**2 / De, s["k4_forward"] * T / (1 + T)]
            reverse = [s["k1_reverse"] * c[f"{inside}.ADP"], s["k2_reverse"] * Ne**3 / De, 1.0, s["k4_reverse"] * Ki**2 / Di]
            closing = np.prod(np.broadcast_arrays(*forward), axis=0) / np.prod(np.broadcast_arrays(*reverse), axis=0)
            reverse[2] = closing * np.exp(-self.affinity(now, net) / (R * now.T))
            rates = [np.broadcast_arrays(f, r, closing)[:2] for f, r in zip(forward, reverse, strict=True)]
            shares = steady([(i, (i + 1) % 4, *pair) for i, pair in enumerate(rates)], 4)
            return carriers * (rates[1][0] * shares[1] - rates[1][1] * shares[2])

        return J

    # --- carriers with states

    def _step(self, m: Mover, s: Step) -> Process:
        a, b = f"{m.name}.E{s.a + 1}", f"{m.name}.E{s.b + 1}"
        left, right = self._pools(m.on, s.left), self._pools(m.on, s.right)
        net = {a: -1, b: 1}
        for sign, side in ((-1, left), (1, right)):
            for n, pool in side:
                net[pool] = net.get(pool, 0) + sign * n
        pair, gate = None, self._gate(m)

        def J(now: Now) -> Any:
            nonlocal pair
            pair = pair or self._pair(m, net)
            plus, minus = pair(now)
            k = s.reverse if s.reverse is not None else self._closing(m, s, left, right, now.T)
            up = s.forward * plus * now.level[a] * self._product(now, left)
            return gate(now) * (up - k * minus * now.level[b] * self._product(now, right))

        return Process(f"{m.name}:E{s.a + 1}-E{s.b + 1}", m.name, m.on, net, J)

    def _moved(self, on: str, s: Step) -> tuple[int, float]:
        """Net order of a step in solutes, and Σ ν μ° of them."""
        left, right = self._pools(on, s.left), self._pools(on, s.right)
        order = sum(n for n, _ in right) - sum(n for n, _ in left)
        return order, sum(n * self.standard(p) for n, p in right) - sum(n * self.standard(p) for n, p in left)

    def _gap(self, on: str, s: Step, reverse: float, T: Any) -> Any:
        """μ°_b − μ°_a of a step whose constants are all given."""
        order, standard = self._moved(on, s)
        return -R * T * (np.log(s.forward / reverse) - order * np.log(C0)) - standard

    def _levels(self, m: Mover, T: Any) -> list[Any]:
        """μ°_s − μ°_1 of all states, from the steps of which both constants are given."""
        if (m.name, T) in self._known_levels:
            return self._known_levels[m.name, T]
        found: dict[int, Any] = {0: 0.0}
        known = [s for s in m.steps if s.reverse is not None]
        while len(found) < len(m.inside):
            for s in known:
                gap = self._gap(m.on, s, s.reverse or 1.0, T)
                if s.a in found and s.b not in found:
                    found[s.b] = found[s.a] + gap
                elif s.b in found and s.a not in found:
                    found[s.a] = found[s.b] - gap
        self._known_levels[m.name, T] = made = [found[i] for i in range(len(m.inside))]
        return made

    def carrier_energy(self, T: Any, pool: str) -> Any:
        m = self.carriers[pool]
        return self._levels(m, T)[int(pool.rpartition(".E")[2]) - 1]

    @cached_property
    def _known_levels(self) -> dict[tuple[str, float], list[Any]]:
        return {}

    def _closing(self, m: Mover, s: Step, left: Any, right: Any, T: Any) -> Any:
        """The reverse constant that lets no work come out of a loop."""
        levels = self._levels(m, T)
        order, standard = self._moved(m.on, s)
        return s.forward * np.exp((levels[s.b] - levels[s.a] + standard) / (R * T)) * C0**-order

    # --- states

    def parameters(self, t: Any, part: int) -> dict[str, Any]:
        """Values at a time (which may be complex) in the part of the run between two breaks."""
        made = dict(self.base)
        start = self.breaks[part]
        for x in self.system.timed:
            if x.kind == "steps":
                made[x.name] = x.values[sum(start >= b for b in x.times)]
            elif x.kind == "ramps":
                (t0, t1), (v0, v1) = x.times, x.values
                made[x.name] = v0 if start < t0 else v1 if start >= t1 else v0 + (v1 - v0) * (t - t0) / (t1 - t0)
            else:
                made[x.name] = x.values[0] * (1 + x.values[1] * np.sin(np.pi * t / x.times[0]) ** 2)
        return made

    @cached_property
    def breaks(self) -> list[float]:
        """Starts of the parts."""
        end = self.system.times[-1]
        return sorted({0.0, *(b for x in self.system.timed if x.kind != "swing" for b in x.times if 0 < b < end)})

    def now(self, t: Any, y: Any, part: int) -> Now:
        p = self.parameters(t, part)
        T = p["temperature"]
        W: dict[str, Any] = {r.name: y[self.row[f"{r.name}.volume"]] if r.name in self.swelling else r.volume for r in self.system.rooms}
        level = {pool: y[self.row[pool]] / W[place] for pool, (place, _) in self.solute.items()}
        pressure = {b.name: -R * T * sum(p[f"{b.name}.{s}"] for s in b.contents) for b in self.system.baths}
        for r in self.system.rooms:
            inert = sum(n for pool, n in self.impermeant.items() if self.place_of[pool] == r.name) / W[r.name]
            pressure[r.name] = -R * T * (sum(level[f"{r.name}.{s}"] for s in r.contents) + inert)
        level |= {pool: p[pool] for pool in (*self.fixed, *self.held)} | {pool: y[self.row[pool]] for pool in self.carriers}
        phi: dict[str, Any] = dict.fromkeys(self.places, 0.0)
        q = np.array([y[self.row[f"{n}.charge"]] for n in self.nodes])
        phi |= dict(zip(self.nodes, self.inverse @ q, strict=True))
        return Now(t, T, p, level, phi, W, pressure, dict(zip(self.nodes, q, strict=True)))

    def start(self) -> Any:
        """x(0): contents as declared, carriers at the steady state of their cycle in them."""
        y = np.zeros(len(self.states))
        volume = {r.name: r.volume for r in self.system.rooms}
        for r in self.system.rooms:
            for s, c in r.contents.items():
                y[self.row[f"{r.name}.{s}"]] = c * r.volume
        for n, q in zip(self.nodes, self.q0, strict=True):
            y[self.row[f"{n}.charge"]] = q
        for r in self.swelling:
            y[self.row[f"{r}.volume"]] = volume[r]
        for m in (m for m in self.system.movers if m.steps):
            names = [f"{m.name}.E{i + 1}" for i in range(len(m.inside))]
            y[[self.row[n] for n in names]] = 1.0
            now, own = self.now(0.0, y, 0), [p for p in self.processes if p.mover == m.name]
            edges = []
            for s, p in zip(m.steps, own, strict=True):
                one_way = []
                for at in (names[s.a], names[s.b]):
                    level = {n: float(n == at) for n in names}
                    one_way.append(abs(p.rate(Now(0.0, now.T, now.p, now.level | level, now.phi, now.volume, now.pressure))))
                edges.append((s.a, s.b, np.array([one_way[0]]), np.array([one_way[1]])))
            y[[self.row[n] for n in names]] = steady(edges, len(names))[:, 0] * m.numbers["carriers"]
        return y

    # --- the books

    def _entries(self) -> list[tuple[Process, str, str]]:
        """(process, pool, component): what the potential of each participant has, at all."""
        made = []
        for p in self.processes:
            for pool in p.net:
                if pool.endswith(".H2O"):
                    made.append((p, pool, "osmotic"))
                    continue
                made.append((p, pool, "chemical"))
                if any(z and place in self.nodes for place, z in self.charges(pool).items()):
                    made.append((p, pool, "electrical"))
        return made

    def against(self, p: dict[str, Any], solute: str) -> Any:
        """c^ref of what is only moved: in the first bath that holds it, else its mean over the cells, else as it is held."""
        if solute in self.transformed:
            return None
        outside = [p[f"{b.name}.{solute}"] for b in self.system.baths if solute in b.contents]
        return next(iter(outside), self._mean([pool for pool, (_, s) in self.solute.items() if s == solute], solute))

    def _mean(self, pools: Sequence[str], solute: str = "") -> Any:
        """The concentration of pools of cells together, once mixed, as declared."""
        rooms = {r.name: r for r in self.system.rooms}
        owners = [(rooms[self.solute[pool][0]], self.solute[pool][1]) for pool in pools]
        if not owners:
            return max((r.held[solute] for r in rooms.values() if solute in r.held), default=None)
        return sum(r.contents[s] * r.volume for r, s in owners) / sum(r.volume for r, _ in owners)

    @cached_property
    def mixed(self) -> dict[str, float]:
        """c^ref by pool of what reactions in cells turn into each other one for one: all of it mixed."""
        own = [pool for pool, (_, s) in self.solute.items() if s in self.transformed]
        touching = [{pool: n for pool, n in process.net.items() if pool in own} for process in self.processes]
        made = {}
        for pool in own:
            group = {pool}
            while (more := set().union(group, *(set(met) for met in touching if group & set(met)))) != group:
                group = more
            if all(sum(met.values()) == 0 for met in touching if group & set(met)):
                made[pool] = self._mean(sorted(group))
        return made

    def worth(self, now: Now, solute: str) -> Any:
        """μ of a solute in its reference; 0 for what reactions make or use."""
        c = self.against(now.p, solute)
        return 0.0 if c is None else 1e3 * (SOLUTES[solute].energy or 0.0) + R * now.T * np.log(c / C0)

    def powers(self, now: Now, J: Any) -> Any:
        """−ν·potential·J by entry [fW]."""
        own = {pool: self.chemical(now, pool) - self._base(now, pool) for pool in self._touched}
        chemical = _rows(own.values(), J.shape[1])
        electrical = F * self._lay @ _rows((now.phi[p] for p in self.places), J.shape[1])
        process, pool, electric, n = self._index
        return -n[:, None] * np.where(electric[:, None], electrical[pool], chemical[pool]) * J[process]

    @cached_property
    def _touched(self) -> list[str]:
        return list(dict.fromkeys(pool for _, pool, _ in self.entries))

    @cached_property
    def _lay(self) -> Any:
        """Charges (pool, place) that each pool lays on each place."""
        return np.array([[self.charges(pool).get(place, 0.0) for place in self.places] for pool in self._touched])

    @cached_property
    def _index(self) -> tuple[Any, Any, Any, Any]:
        names = [p.name for p in self.processes]
        rows = [(names.index(p.name), self._touched.index(pool), what == "electrical", float(p.net[pool])) for p, pool, what in self.entries]
        process, pool, electric, n = zip(*rows, strict=True)
        return np.array(process), np.array(pool), np.array(electric), np.array(n)

    def _base(self, now: Now, pool: str) -> Any:
        """What the potential of a pool is measured against."""
        if pool.endswith(".H2O"):
            return V_WATER * now.pressure[self.system.baths[0].name] if self.system.baths else 0.0
        if pool in self.carriers:
            m = self.carriers[pool]
            held = self._held_by(m)[int(pool.rpartition(".E")[2]) - 1]
            even = m.numbers["carriers"] / len(m.inside)
            return sum(n * self.worth(now, s) for s, n in held.items()) + R * now.T * np.log(even)
        if pool in self.mixed:
            return R * now.T * np.log(self.mixed[pool] / C0)
        return self.worth(now, self.pool[pool][1])

    def exergy(self, now: Now, y: Any) -> dict[str, Any]:
        """Ξ by store [fJ]: G less what each thing is worth in its reference, so that an ideal solute has RT (n ln(c/c^ref) − n + n^ref)."""
        made: dict[str, Any] = {}
        RT, W, declared = R * now.T, now.volume, {r.name: r.volume for r in self.system.rooms}
        osmotic: Any = 0.0
        for r in self.system.rooms:
            rest = sum(now.p[f"{b.name}.{s}"] for b in self.system.baths[:1] for s in b.contents)
            for s in r.contents:
                pool = f"{r.name}.{s}"
                n, c = y[self.row[pool]], self.mixed.get(pool, self.against(now.p, s))
                made[pool] = n * (self.standard(pool) + RT * (np.log(n / (W[r.name] * C0)) - 1) - self._base(now, pool))
                if c is not None:
                    made[pool] = made[pool] + RT * c * W[r.name]
                    rest = rest - c
            if r.name in self.swelling:
                osmotic = osmotic + RT * rest * (W[r.name] - declared[r.name])
        for pool, n in self.impermeant.items():
            made[pool] = n * RT * np.log(declared[self.place_of[pool]] / W[self.place_of[pool]])
        for pool, m in self.carriers.items():
            n, even = y[self.row[pool]], m.numbers["carriers"] / len(m.inside)
            made[pool] = n * (self.carrier_energy(now.T, pool) + RT * (np.log(n) - 1) - self._base(now, pool)) + RT * even
        if self.nodes:
            q = np.array([now.charges[n] for n in self.nodes])
            made["capacitor"] = 0.5 * sum(q * (self.inverse @ q))
        made["osmotic"] = osmotic
        return made

    # --- in time

    def fluxes(self, now: Now, size: int) -> Any:
        """J (process, k) [fmol/s]."""
        return _rows((p.rate(now) for p in self.processes), size)

    def _matrix(self) -> Any:
        """N: what each process does to each state."""
        N = np.zeros((len(self.states), len(self.processes)))
        for k, p in enumerate(self.processes):
            for pool, n in p.net.items():
                place = pool.rpartition(".")[0]
                if pool in self.row:
                    N[self.row[pool], k] += n
                elif pool.endswith(".H2O") and place in self.swelling:
                    N[self.row[f"{place}.volume"], k] += n * V_WATER
                for at, z in self.charges(pool).items():
                    if at in self.nodes:
                        N[self.row[f"{at}.charge"], k] += F * n * z
        return N


def _rows(values: Any, size: int) -> Any:
    """Rows (…, k) of numbers or arrays."""
    listed = list(values)
    made = np.empty((len(listed), size), complex if any(np.iscomplexobj(v) for v in listed) else float)
    for row, v in zip(made, listed, strict=True):
        row[:] = v
    return made


def steady(edges: Sequence[tuple[int, int, Any, Any]], size: int) -> Any:
    """Stationary shares (state, k) of a kinetic diagram from its edges (a, b, forward, reverse), by a linear solve."""
    k = len(edges[0][2]) if np.ndim(edges[0][2]) else 1
    K = np.zeros((k, size, size))
    for a, b, up, down in edges:
        K[:, b, a] += up
        K[:, a, a] -= up
        K[:, a, b] += down
        K[:, b, b] -= down
    K[:, -1, :] = 1.0
    goal = np.zeros((k, size, 1))
    goal[:, -1] = 1.0
    return np.linalg.solve(K, goal)[:, :, 0].T


@dataclass
class Course:
    """What a system does: states (state, time), entries (entry, time), what was imposed on Ξ and Ξ − Ξ(0), by store (time,)."""

    states: Any
    entries: Any
    imposed: dict[str, Any]
    exergy: dict[str, Any]


def course(physics: Physics, rtol: float = 1e-10) -> Course:
    """The states of a system at its output times, with LSODA, and its books by Gauss's quadrature of the powers along the steps."""
    stores, times = list(physics.exergy(physics.now(0.0, physics.start(), 0), physics.start())), np.array(physics.system.times)
    breaks = [*physics.breaks, float(times[-1])]
    size = np.maximum(np.abs(physics.start()), _scale(physics))
    y, sums = physics.start(), np.zeros(len(physics.entries) + len(stores))
    states, books = np.zeros((len(y), len(times))), np.zeros((len(sums), len(times)))
    states[:, 0] = y
    for part, (begin, end) in enumerate(zip(breaks, breaks[1:], strict=False)):
        if part:  # what a step of a parameter does to the exergy
            before, after = (physics.exergy(physics.now(begin, y, at), y) for at in (part - 1, part))
            sums[len(physics.entries) :] += [after[s] - before[s] for s in stores]
            books[:, times == begin] = sums[:, None]
        rhs = _right(physics, part, size)
        made = _solved(rhs, begin, end, y / size, rtol)
        edges = np.unique([*made.t, *times[(times > begin) & (times < end)], *np.linspace(begin, end, 65)])
        steps = _passed(physics, part, stores, edges, lambda t, sol=made.sol: sol(t) * size[:, None])
        so_far = sums[:, None] + np.cumsum(steps, axis=1)
        for k in np.flatnonzero((times > begin) & (times <= end)):
            states[:, k] = made.sol(times[k]) * size
            books[:, k] = so_far[:, np.searchsorted(edges, times[k]) - 1]
        y, sums = made.y[:, -1] * size, so_far[:, -1]
    entries, imposed = np.split(books, [len(physics.entries)])
    return Course(states, entries, dict(zip(stores, imposed, strict=True)), _exergies(physics, states, stores))


def _solved(rhs: Callable[[float, Any], Any], begin: float, end: float, w: Any, rtol: float) -> Any:
    """By BDF, and with more care where it tries an amount below zero, which no logarithm takes."""
    rare = 1e-10 * rtol  # for states of carriers that hardly anyone is in, whose energy is a logarithm
    for method, least in (("BDF", rtol if rtol > 1e-10 else rare), ("BDF", rare), ("Radau", rare)):
        try:
            with np.errstate(invalid="ignore"):
                made = solve_ivp(
                    rhs, (begin, end), w, method, dense_output=True, rtol=rtol, atol=least, jac=_jacobian(rhs), max_step=(end - begin) / 32
                )
        except ValueError:  # no number in the Jacobian
            continue
        if made.success and np.isfinite(made.y).all():
            return made
    raise ArithmeticError("no step of any method stays where logarithms are defined")


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def _passed(physics: Physics, part: int, stores: Sequence[str], edges: Any, states: Callable[[Any], Any]) -> Any:
    """∫ power dt of each entry, then ∫ ∂Ξ/∂t dt of each store, over each interval between the edges (sum, interval) [fJ]."""
    half = np.diff(edges) / 2
    t = ((edges[:-1] + half)[:, None] + half[:, None] * _NODES).ravel()
    y = states(t)
    now = physics.now(t, y, part)
    rows = [physics.powers(now, physics.fluxes(now, len(t)))]
    drift = np.zeros((len(stores), len(t)))
    if any(x.kind != "steps" for x in physics.system.timed):  # by a complex step, which loses no digits
        moved = physics.exergy(physics.now(t + 1e-30j, y, part), y)
        drift = np.imag(_rows(moved.values(), len(t))) / 1e-30
    rows.append(drift)
    made = np.concatenate(rows).reshape(-1, len(half), len(_NODES))
    return (made * _WEIGHTS).sum(axis=2) * half


def part_at(physics: Physics, t: float) -> int:
    """The part that holds at a time; from a break on it is the next."""
    return max(i for i, b in enumerate(physics.breaks) if b <= t)


def _exergies(physics: Physics, states: Any, stores: Sequence[str]) -> dict[str, Any]:
    """Ξ − Ξ(0) by store."""
    rows = []
    for t, y in zip(physics.system.times, states.T, strict=True):
        made = physics.exergy(physics.now(t, y, part_at(physics, t)), y)
        rows.append([made[s] for s in stores])
    table = np.array(rows, float)
    return dict(zip(stores, (table - table[0]).T, strict=True))


def _scale(physics: Physics) -> Any:
    made = np.ones(len(physics.states))
    for name, row in physics.row.items():
        if name.endswith(".charge"):
            node = physics.nodes.index(name.removesuffix(".charge"))
            made[row] = physics.C[node, node] * 0.0267
        elif name in physics.carriers:
            made[row] = physics.carriers[name].numbers["carriers"] / len(physics.carriers[name].inside)
    return made


def _right(physics: Physics, part: int, size: Any) -> Callable[[float, Any], Any]:
    """dx/dt of states (state,) or (state, k) in units of ``size``."""

    def rhs(t: float, w: Any) -> Any:
        many = w.reshape(len(w), -1)
        J = physics.fluxes(physics.now(t, many * size[:, None], part), many.shape[1])
        return (physics.N @ J / size[:, None]).reshape(w.shape)

    return rhs


def _jacobian(rhs: Callable[[float, Any], Any]) -> Callable[[float, Any], Any]:
    """By differences, all columns at once."""

    def jac(t: float, w: Any) -> Any:
        step = 1e-7 * np.maximum(np.abs(w), 1e-3)
        made = rhs(t, np.concatenate([w[:, None] + np.diag(step), w[:, None]], axis=1))
        return (made[:, :-1] - made[:, -1:]) / step

    return jac
