"""Membrane physics from first principles, in numpy and scipy alone: nothing of the package is
imported.

Mass, charge, volume and energy are written down by hand from the description of a system (formalism
§1 to §6):

    dn/dt = Σ ν J        dq/dt = F Σ ν z J        dW/dt = Σ ν v J
    A = −Σ ν μ̃,  μ̃ = μ° + RT ln(c/c°) + F Σ z φ,  φ = C⁻¹ q,  P = −RT Σ c
    entry[process, pool] = ∫ −ν (potential − that of the reference bath) J dt

Units: fmol, pL, mM, fC, V, s, J/mol, Pa; areas in 10⁻¹⁵ m², so that no factor appears.  Arrays of
states are (state, k).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from differential.processes import V_WATER, F, Now, R, bound, bound_charge
from differential.rates import Rates, steady
from differential.system import FUEL, SOLUTES, Mover, System


class Kinetics(Rates):
    """One system: its states, its processes, its books."""

    def __init__(self, system: System, ground: str = "") -> None:
        self.system = system
        self.grounded = {b.name for b in system.baths if not b.floating} or {
            ground or system.rooms[-1].name
        }  # only differences of φ matter
        self.places = [*(b.name for b in system.baths), *(r.name for r in system.rooms)]
        self.sides = {w.name: {"in": w.inside, "out": w.outside} for w in system.walls} | {
            r.name: {"": r.name} for r in system.rooms
        }
        self.area = {w.name: w.area * 1e3 for w in system.walls}
        self.solute = {f"{r.name}.{s}": (r.name, s) for r in system.rooms for s in r.contents}
        self.fixed = {f"{b.name}.{s}": (b.name, s) for b in system.baths for s in b.contents}
        self.held = {f"{r.name}.{s}": (r.name, s) for r in system.rooms for s in r.held}
        self.carriers = {
            f"{m.name}.E{i + 1}": m for m in system.movers for i in range(len(m.inside))
        }
        self.pool = self.solute | self.fixed | self.held
        self.base = {f"{b.name}.{s}": c for b in system.baths for s, c in b.contents.items()}
        self.base |= {f"{r.name}.{s}": c for r in system.rooms for s, c in r.held.items()}
        self.base |= {"temperature": system.temperature} | {
            f"{m.name}.permeability": m.numbers["size"] * 1e-4
            for m in system.movers
            if m.kind == "ghk"
        }
        self.processes = [p for m in system.movers for p in self._processes(m)]
        wet = {m.on for m in system.movers if m.kind == "water"}
        self.swelling = [
            r.name for r in system.rooms if any(r.name in self.sides[w].values() for w in wet)
        ]
        self.transformed = set(FUEL) if system.burns else set()
        if any(m.on in {r.name for r in system.rooms} for m in system.movers):
            self.transformed |= {"hexA", "hexB"}
        self._circuit()
        self.states = [
            *self.solute,
            *self.carriers,
            *(f"{n}.charge" for n in self.nodes),
            *(f"{r}.volume" for r in self.swelling),
        ]
        self.row = {s: i for i, s in enumerate(self.states)}
        self._impermeants()
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
        """Amounts [fmol] of what never leaves, and who they are: so much charge and osmolarity as
        is missing, where a balance is asked for.
        """
        self.impermeant: dict[str, float] = {}
        self.place_of: dict[str, str] = {}
        charge = dict(zip(self.nodes, self.q0, strict=True))
        for room in self.system.rooms:
            if room.impermeant == "balance":
                ions = sum(SOLUTES[s].charge * c for s, c in room.contents.items()) * room.volume
                x = (charge.get(room.name, 0.0) / F - ions) / room.valence
                y = (
                    sum(self.system.baths[0].contents.values()) - sum(room.contents.values())
                ) * room.volume - x
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
                made[x.name] = (
                    v0
                    if start < t0
                    else v1
                    if start >= t1
                    else v0 + (v1 - v0) * (t - t0) / (t1 - t0)
                )
            else:
                made[x.name] = x.values[0] * (1 + x.values[1] * np.sin(np.pi * t / x.times[0]) ** 2)
        return made

    @cached_property
    def breaks(self) -> list[float]:
        """Starts of the parts."""
        end = self.system.times[-1]
        return sorted(
            {
                0.0,
                *(
                    b
                    for x in self.system.timed
                    if x.kind != "swing"
                    for b in x.times
                    if 0 < b < end
                ),
            }
        )

    def now(self, t: Any, y: Any, part: int) -> Now:
        p = self.parameters(t, part)
        T = p["temperature"]
        W: dict[str, Any] = {
            r.name: y[self.row[f"{r.name}.volume"]] if r.name in self.swelling else r.volume
            for r in self.system.rooms
        }
        level = {pool: y[self.row[pool]] / W[place] for pool, (place, _) in self.solute.items()}
        pressure = {
            b.name: -R * T * sum(p[f"{b.name}.{s}"] for s in b.contents) for b in self.system.baths
        }
        for r in self.system.rooms:
            inert = (
                sum(n for pool, n in self.impermeant.items() if self.place_of[pool] == r.name)
                / W[r.name]
            )
            pressure[r.name] = -R * T * (sum(level[f"{r.name}.{s}"] for s in r.contents) + inert)
        level |= {pool: p[pool] for pool in (*self.fixed, *self.held)} | {
            pool: y[self.row[pool]] for pool in self.carriers
        }
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
                    one_way.append(
                        abs(
                            p.rate(
                                Now(
                                    0.0,
                                    now.T,
                                    now.p,
                                    now.level | level,
                                    now.phi,
                                    now.volume,
                                    now.pressure,
                                )
                            )
                        )
                    )
                edges.append((s.a, s.b, np.array([one_way[0]]), np.array([one_way[1]])))
            y[[self.row[n] for n in names]] = (
                steady(edges, len(names))[:, 0] * m.numbers["carriers"]
            )
        return y

    # --- in time

    def fluxes(self, now: Now, size: int) -> Any:
        """J (process, k) [fmol/s]."""
        return rows_of((p.rate(now) for p in self.processes), size)

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


def rows_of(values: Any, size: int) -> Any:
    """Rows (…, k) of numbers or arrays."""
    listed = list(values)
    made = np.empty(
        (len(listed), size), complex if any(np.iscomplexobj(v) for v in listed) else float
    )
    for row, v in zip(made, listed, strict=True):
        row[:] = v
    return made
