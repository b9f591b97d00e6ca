"""What happens in a membrane system, process by process, from first principles (formalism §3, §4
and §6): no import of the package.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from differential.processes import C0, V_WATER, F, Now, Process, R, bernoulli, sheet
from differential.system import SOLUTES, Mover, Step, System, Term
from scipy import constants as codata


class Rates:
    """Fluxes by law, read from a :class:`Now`; what is where is for
    :class:`~differential.kinetics.Kinetics` to say.
    """

    system: System
    sides: dict[str, dict[str, str]]
    area: dict[str, float]
    pool: dict[str, tuple[str, str]]
    carriers: dict[str, Mover]

    def charges(self, pool: str) -> dict[str, float]:
        """Elementary charges that one of a pool lays on each place."""
        raise NotImplementedError

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
        return lambda _: 1.0

    def u(self, now: Now, on: str) -> Any:
        """FV/RT of a membrane."""
        sides = self.sides[on]
        if "in" not in sides:
            return 0.0
        return F * (now.phi[sides["in"]] - now.phi[sides["out"]]) / (R * now.T)

    def affinity(self, now: Now, net: dict[str, int]) -> Any:
        """−Σ ν μ̃ [J/mol]."""
        return -sum(
            n
            * (
                self.chemical(now, pool)
                + F * sum(z * now.phi[p] for p, z in self.charges(pool).items())
            )
            for pool, n in net.items()
        )

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
        return (
            (bernoulli(Qu), bernoulli(-Qu))
            if theta is None
            else (np.exp(-theta * Qu), np.exp((1 - theta) * Qu))
        )

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
            return k * (
                plus * self._product(now, left, C0)
                - minus * np.exp(self._released(now, net)) * self._product(now, right, C0)
            )

        return J

    def _ghk(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        inside = self.sides[m.on]["in"]
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())

        def J(now: Now) -> Any:
            x = charge * self.u(now, m.on)
            P = now.p[f"{m.name}.permeability"] * 1e-2
            return (
                P
                * self.area[m.on]
                * (
                    bernoulli(x) * self._product(now, left)
                    - bernoulli(-x) * self._product(now, right)
                )
            )

        return J

    def _ohmic(self, m: Mover, _left: Any, _right: Any, net: Any) -> Callable[[Now], Any]:
        inside = self.sides[m.on]["in"]
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())
        g = m.numbers["size"] * 10 * 1e6  # nS in 10⁻¹⁵ S
        return lambda now: g * self.affinity(now, net) / (charge * F) ** 2

    def _onsager(self, m: Mover, _left: Any, _right: Any, net: Any) -> Callable[[Now], Any]:
        return lambda now: m.numbers["size"] * 1e-4 * self.affinity(now, net)

    def _empirical(self, m: Mover, left: Any, right: Any, _net: Any) -> Callable[[Now], Any]:
        return lambda now: (
            0.01
            * m.numbers["size"]
            * (self._product(now, left) - m.numbers["bias"] * self._product(now, right))
        )

    def _water(self, m: Mover, _left: Any, _right: Any, net: Any) -> Callable[[Now], Any]:
        if "L_p" in m.numbers:
            L = m.numbers["L_p"] * 1e-5 * 1e-2 / 1e5  # of 10⁻⁵ cm/s/bar
            return lambda now: L * self.area[m.on] * self.affinity(now, net) / V_WATER**2
        return lambda now: (
            m.numbers["P_f"]
            * 1e-2
            * self.area[m.on]
            * self.affinity(now, net)
            / (V_WATER * R * now.T)
        )

    def _saturable(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        pair = self._pair(m, net)
        half = {
            f"{self.sides[m.on][side]}.{s}": m.numbers[f"half {s}@{side}"]
            for _, s, side in (*m.left, *m.right)
        }

        def J(now: Now) -> Any:
            plus, _ = pair(now)
            x = math.prod((now.level[pool] / half[pool]) ** n for n, pool in left)
            filled = [
                math.prod((1 + now.level[pool] / half[pool]) ** n for n, pool in side)
                for side in (left, right)
            ]
            D = filled[0] * filled[1] if m.binding == "simultaneous" else filled[0] + filled[1] - 1
            return (
                -m.numbers["size"]
                * 10
                * plus
                * x
                / D
                * np.expm1(-self.affinity(now, net) / (R * now.T))
            )

        return J

    def _reduced(self, m: Mover, left: Any, right: Any, net: Any) -> Callable[[Now], Any]:
        """Three lumped states at their steady state, by linear algebra; the last reverse constant
        closes the cycle.
        """
        k = [m.numbers[f"k{i}"] for i in range(5)]
        inside = self.sides[m.on]["in"]
        charge = sum(n * self.charges(pool).get(inside, 0.0) for pool, n in net.items())

        def J(now: Now) -> Any:
            Qu = charge * self.u(now, m.on)
            last = (
                k[0]
                * k[1]
                * k[2]
                / (k[3] * k[4])
                * np.exp(self._released(now, net) + Qu / 2)
                * self._product(now, right, C0)
            )
            first = k[0] * self._product(now, left, C0) * np.exp(-Qu / 2)
            forward, reverse = (
                np.broadcast_arrays(first, k[1], k[2]),
                np.broadcast_arrays(k[3], k[4], last),
            )
            shares = steady(
                [
                    (i, (i + 1) % 3, f, r)
                    for i, (f, r) in enumerate(zip(forward, reverse, strict=True))
                ],
                3,
            )
            return m.numbers["size"] * 1e-3 * (forward[1] * shares[1] - reverse[1] * shares[2])

        return J

    def _pump(self, m: Mover, _left: Any, _right: Any, net: Any) -> Callable[[Now], Any]:
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
            forward = [
                s["k1_forward"] * Ni**3 / Di,
                s["k2_forward"],
                s["k3_forward"] * Ke**2 / De,
                s["k4_forward"] * T / (1 + T),
            ]
            reverse = [
                s["k1_reverse"] * c[f"{inside}.ADP"],
                s["k2_reverse"] * Ne**3 / De,
                1.0,
                s["k4_reverse"] * Ki**2 / Di,
            ]
            closing = np.prod(np.broadcast_arrays(*forward), axis=0) / np.prod(
                np.broadcast_arrays(*reverse), axis=0
            )
            reverse[2] = closing * np.exp(-self.affinity(now, net) / (R * now.T))
            rates = [
                np.broadcast_arrays(f, r, closing)[:2]
                for f, r in zip(forward, reverse, strict=True)
            ]
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
            k = s.reverse if s.reverse is not None else self._closing(m, s, now.T)
            up = s.forward * plus * now.level[a] * self._product(now, left)
            return gate(now) * (up - k * minus * now.level[b] * self._product(now, right))

        return Process(f"{m.name}:E{s.a + 1}-E{s.b + 1}", m.name, m.on, net, J)

    def _moved(self, on: str, s: Step) -> tuple[int, float]:
        """Net order of a step in solutes, and Σ ν μ° of them."""
        left, right = self._pools(on, s.left), self._pools(on, s.right)
        order = sum(n for n, _ in right) - sum(n for n, _ in left)
        return order, sum(n * self.standard(p) for n, p in right) - sum(
            n * self.standard(p) for n, p in left
        )

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

    def _closing(self, m: Mover, s: Step, T: Any) -> Any:
        """The reverse constant that lets no work come out of a loop."""
        levels = self._levels(m, T)
        order, standard = self._moved(m.on, s)
        return s.forward * np.exp((levels[s.b] - levels[s.a] + standard) / (R * T)) * C0**-order


def steady(edges: Sequence[tuple[int, int, Any, Any]], size: int) -> Any:
    """Stationary shares (state, k) of a kinetic diagram from its edges (a, b, forward, reverse), by
    a linear solve.
    """
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
