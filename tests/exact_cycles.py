"""Random kinetic diagrams against a solve of their own in 60 digits, which shares nothing with the
package but what was declared.

``PYTHONPATH=tests python tests/exact_cycles.py --count 200`` compares as many as asked for; the
suite a few.  For each diagram: rates from the text of its steps, a steady state by Gaussian
elimination, fluxes by pool, L by central differences of 1e-20, the head by bisection.
"""

import argparse
import itertools
import math
import sys
import time
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from mpmath import mp, mpf

import biomembrane as bm
from biomembrane.declare.reaction_text import terms
from biomembrane.testing.random_models import ModelSpec, model_specs
from biomembrane.testing.spec_models import build

DIGITS = 60
GAS, FARADAY, BODY = (
    mpf("8.31446261815324"),
    mpf("96485.33212331001"),
    mpf("310.15"),
)  # J/(mol K), C/mol, K
STEP = mpf("1e-20")


@dataclass
class Exact:
    """A cycle as numbers: steps as (from, to, solutes left, solutes right, ln k⁺, ln k⁻, charge
    inward); ``levels`` in mM by pool.
    """

    cycle: bm.Cycle
    levels: dict[str, Any]
    V: Any

    def __post_init__(self) -> None:
        made, self.RT = self.cycle, GAS * BODY
        self.order = [s.label for s in made.states]
        inside = {
            s.label: mpf(str(float(dict(s.charges).get(made.on.inside.name, 0))))
            for s in made.states
        }
        self.total = mpf(made.parameters[f"{made.name}.density"].value) * self._per_density()
        closing = {
            k
            for text in made.close
            for k, (given, _) in enumerate(made.steps)
            if self._ends(given) == self._ends(text)
        }
        self.steps, waiting = [], []
        for k, ((text, _), process) in enumerate(zip(made.steps, made.processes, strict=True)):
            left, right = terms(text, "")
            a, b = (next(s for _, s, word in side if not word) for side in (left, right))
            took, gave = (
                [(n, s, self._pool(s, word)) for n, s, word in side if word]
                for side in (left, right)
            )
            name = process.name.partition(":")[2]
            moved = (
                inside[b]
                - inside[a]
                + sum(
                    n * self._charge(s)
                    for n, s, pool in gave
                    if pool.startswith(made.on.inside.name + ".")
                )
            )
            moved -= sum(
                n * self._charge(s)
                for n, s, pool in took
                if pool.startswith(made.on.inside.name + ".")
            )
            up = mp.log(mpf(made.parameters[f"{made.name}.{name}.forward"].value))
            down = (
                None
                if k in closing
                else mp.log(mpf(made.parameters[f"{made.name}.{name}.reverse"].value))
            )
            (waiting if down is None else self.steps).append([a, b, took, gave, up, down, moved])
        for step in waiting:
            step[5] = self._closed(step)
        self.steps += waiting
        self.theta = getattr(made.barrier, "theta", None)

    def _per_density(self) -> Any:
        """From a density per µm² to fmol on the whole membrane."""
        return mpf(self.cycle.on.area.value) / mpf("6.02214076e8")

    def _ends(self, text: str) -> set[str]:
        return {s for side in terms(text, "") for _, s, word in side if not word}

    def _pool(self, species: str, word: str) -> str:
        return f"{(self.cycle.on.inside if word == 'in' else self.cycle.on.outside).name}.{species}"

    def _solute(self, species: str) -> Any:
        return next(
            s
            for p in self.cycle.processes
            for w in p.solutes
            for s in [w.species]
            if s is not None and s.name == species
        )

    def _charge(self, species: str) -> Any:
        return self._solute(species).charge

    def standard(self, species: str) -> Any:
        name = f"{species}.standard_energy"
        return mpf(self.cycle.parameters[name].value) if name in self.cycle.parameters else mpf(0)

    def _energy(self, pool: str) -> Any:
        """μ°/RT less the logarithm of 1 M in mM."""
        return self.standard(pool.partition(".")[2]) / self.RT - mp.log(1000)

    def _closed(self, step: list[Any]) -> Any:
        """ln k⁻ of a step from a walk along the others: Σ ln(k⁺/k⁻) around is −Σ ν μ°/RT."""
        seen: dict[str, Any] = {step[0]: mpf(0)}
        while step[1] not in seen:
            for a, b, took, gave, up, down, _ in self.steps:
                gap = -(up - down) - self._moved(took, gave)
                if (a in seen) != (b in seen):
                    seen |= {b: seen[a] + gap} if a in seen else {a: seen[b] - gap}
        return step[4] + seen[step[1]] - seen[step[0]] + self._moved(step[2], step[3])

    def _moved(self, took: list[Any], gave: list[Any]) -> Any:
        return sum(n * self._energy(pool) for n, _, pool in gave) - sum(
            n * self._energy(pool) for n, _, pool in took
        )

    def gained(self, logs: dict[str, Any]) -> dict[str, Any]:
        """What each pool gains [fmol/s] at ln c of all pools."""
        size, rates = len(self.order), []
        M, right = mp.zeros(size), mp.zeros(size, 1)
        for a, b, took, gave, up, down, moved in self.steps:
            u = moved * FARADAY * self.V / self.RT
            plus, minus = (
                (-self.theta * u, (1 - self.theta) * u)
                if self.theta is not None
                else (_bernoulli(u), _bernoulli(-u))
            )
            r = mp.exp(up + plus + sum(n * logs[pool] for n, _, pool in took))
            s = mp.exp(down + minus + sum(n * logs[pool] for n, _, pool in gave))
            i, j = self.order.index(a), self.order.index(b)
            rates.append((i, j, r, s))
            M[i, i] -= r
            M[j, i] += r
            M[j, j] -= s
            M[i, j] += s
        for k in range(size):
            M[size - 1, k] = mpf(1)
        right[size - 1] = self.total
        n = mp.lu_solve(M, right)
        made: dict[str, Any] = dict.fromkeys(logs, mpf(0))
        for (_, _, took, gave, *_), (i, j, r, s) in zip(self.steps, rates, strict=True):
            J = r * n[i] - s * n[j]
            for sign, side in ((-1, took), (1, gave)):
                for count, _, pool in side:
                    made[pool] += sign * count * J
        return made


def _bernoulli(x: Any) -> Any:
    """ln(x/(eˣ − 1))."""
    return mp.log(x / mp.expm1(x)) if x else mpf(0)


@dataclass
class Pair:
    """Two forces of an exact cycle, each with its changes by pool and its lever, as the package
    names them.
    """

    exact: Exact
    forces: dict[str, Any]
    names: tuple[str, str]

    def logs(self, X: dict[str, Any]) -> dict[str, Any]:
        """ln c with the forces at values, each set by its lever alone."""
        made = {pool: mp.log(c) for pool, c in self.exact.levels.items()}
        for name, value in X.items():
            f = self.forces[name]
            made[f.lever] += (value - self.force(name, made)) / self.exact.RT / f.sign
        return made

    def force(self, name: str, logs: dict[str, Any]) -> Any:
        f = self.forces[name]
        total = -mpf(f.charge) * FARADAY * self.exact.V
        return total - sum(
            mpf(n)
            * (self.exact.RT * (logs[p] - mp.log(1000)) + self.exact.standard(p.partition(".")[2]))
            for p, n in f.changes.items()
        )

    def flows(self, X: dict[str, Any]) -> list[Any]:
        gained = self.exact.gained(self.logs(X))
        return [gained[self.forces[n].lever] * -self.forces[n].sign for n in self.names]

    def L(self, rest: dict[str, Any]) -> Any:
        zero = rest | dict.fromkeys(self.names, mpf(0))
        columns = []
        for name in self.names:
            h = STEP * self.exact.RT
            up, down = (self.flows(zero | {name: way * h}) for way in (1, -1))
            columns.append([(a - b) / (2 * h) for a, b in zip(up, down, strict=True)])
        return [[columns[j][i] for j in range(2)] for i in range(2)]

    def head(self, X: dict[str, Any], near: float) -> Any:
        """X₂ where J₂ = 0, by the secant method from near the answer, until 40 digits stand."""

        def J(x: Any) -> Any:
            return self.flows(X | {self.names[1]: x})[1]

        x0, x1 = mpf(near) * (1 - mpf("1e-6")) + STEP, mpf(near)
        f0, f1 = J(x0), J(x1)
        for _ in range(12):
            if abs(x1 - x0) <= abs(x1) * mpf("1e-40") or f1 == f0:
                break
            x0, f0, x1 = x1, f1, x1 - f1 * (x1 - x0) / (f1 - f0)
            f1 = J(x1)
        return x1


@dataclass
class Worst:
    """How many pairs were compared, in how many cycles, and the largest differences."""

    cycles: int = 0
    pairs: int = 0
    heads: int = 0
    L: float = 0.0
    q: float = 0.0
    head: float = 0.0


def compare(cycle: bm.Cycle, worst: Worst) -> None:
    """All pairs of forces of a cycle; L relative to √(LᵢᵢLⱼⱼ), q and the head (relative, or in RT
    where it is less) within 1e-8.
    """
    from biomembrane.second_law.conjugate_flows import Flows

    names = list(Flows([cycle]).forces)
    if len(names) < 2:
        return
    worst.cycles += 1
    for one, two in itertools.combinations(names[::-1] if worst.cycles % 2 else names, 2):
        c = bm.coupling(cycle, one, two)
        forces = dict(c.flows.forces)
        levels = {
            n: mpf(v.usual)
            for n, v in zip(c.flows.names, c.flows.box.variables, strict=True)
            if v.log
        }
        pair = Pair(Exact(cycle, levels, mpf(0)), forces, (one, two))
        rest = dict.fromkeys(c.moved, mpf(0))
        L = pair.L(rest)
        size = [mp.sqrt(abs(L[k][k])) for k in range(2)]
        if min(size) == 0 or not float(min(size)) ** 2 > 1e-250:
            continue
        worst.pairs += 1
        worst.L = max(
            worst.L,
            *(
                float(abs(mpf(c.L[i, j]) - L[i][j]) / (size[i] * size[j]))
                for i in range(2)
                for j in range(2)
            ),
        )
        q = (L[0][1] + L[1][0]) / (2 * size[0] * size[1])
        worst.q = max(worst.q, float(abs(mpf(c.q) - q)))
        if math.isfinite(c.head) and c.head:
            worst.heads += 1
            X1 = (
                pair.force(one, {p: mp.log(x) for p, x in levels.items()})
                if not rest
                else pair.force(one, pair.logs(rest))
            )
            head = pair.head(rest | {one: X1}, c.head)
            worst.head = max(
                worst.head,
                float(abs(mpf(c.head) - head) / max(abs(head), pair.exact.RT * mpf("1e-3"))),
            )
        assert max(worst.L, worst.q, worst.head) < 1e-8, f"{worst}\n{cycle}\n{c}\n{L}"


def judge(count: int, start: int = 0) -> Worst:
    """Compares until that many cycles with two forces or more were met; raises at the first that
    differs.
    """
    worst = Worst()

    @seed(start)
    @settings(
        max_examples=4 * count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(model_specs(kinds=("cycle",), topologies=("cell",), most=1))
    def each(spec: ModelSpec) -> None:
        if worst.cycles < count:
            with mp.workdps(DIGITS):
                compare(replace(build(spec).transporters[0], modulator=None), worst)  # type: ignore[arg-type]

    each()
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    sys.stdout.write(f"{judge(options.count, options.seed)}, {time.perf_counter() - began:.0f} s\n")


if __name__ == "__main__":
    main()
