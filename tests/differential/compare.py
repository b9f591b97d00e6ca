"""Both builders on one system: every number of the one against the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from differential import packaged
from differential.course import Course, course, part_at
from differential.independent import Physics
from differential.processes import R
from differential.system import System

RTOL = 1e-8  # of the package's solver
MARGIN = 100.0  # how many of its tolerances a run may be off by, as its own ledger is judged
EXACT = 1e-9  # agreement of two formulas at one state


@dataclass
class Verdict:
    """How many numbers were compared, by kind, the worst of each in tolerances, and what is off."""

    seed: int
    count: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)
    off: list[str] = field(default_factory=list)

    def judge(self, kind: str, name: str, theirs: Any, ours: Any, tolerance: Any) -> None:
        """Compare arrays over time."""
        theirs, ours = np.broadcast_arrays(np.asarray(theirs, float), np.asarray(ours, float))
        with np.errstate(all="ignore"):
            off = np.abs(theirs - ours) / tolerance
        off = np.where(
            np.isfinite(theirs) & np.isfinite(ours), off, np.inf
        )  # what is no number agrees with nothing
        self.count[kind] += off.size
        worst = float(off.max(initial=0.0))
        self.worst[kind] = max(worst, self.worst.get(kind, 0.0))
        if worst > 1:
            k = int(off.argmax())
            self.off.append(
                f"seed {self.seed}, {kind} {name}: {theirs.ravel()[k]:.9g} against"
                f" {ours.ravel()[k]:.9g} ({worst:.3g} tolerances)"
            )


def compare(seed: int, system: System) -> Verdict:
    """Run a system by both; what seems off is looked at again by a finer oracle.

    Raises what the package raises.
    """
    run = packaged.simulate(system)
    pools = {p.name for p in run.model.pools}
    physics = Physics(
        system, next((r.name for r in system.rooms if f"{r.name}.charge" not in pools), "")
    )
    verdict = _compared(seed, run, physics, 1e-8)
    return _compared(seed, run, physics, 1e-11) if verdict.off else verdict


def _compared(seed: int, run: Any, physics: Physics, rtol: float) -> Verdict:
    made, verdict = course(physics, rtol), Verdict(seed)
    y = np.array(
        [
            run.trajectory.block.y[[p.name for p in run.model.pools].index(name), :, 0]
            for name in physics.states
        ]
    )
    size = np.abs(made.states).max(axis=1)
    for name, theirs, ours, scale in zip(physics.states, y, made.states, size, strict=True):
        verdict.judge("state", name, theirs, ours, MARGIN * RTOL * (scale + _floor(physics, name)))
    _formulas(verdict, physics, run, y)
    _books(verdict, physics, run, made)
    return verdict


def _floor(physics: Physics, name: str) -> float:
    """What is small for a state: a hundredth of 1 mM, of its share of carriers, of C·RT/F."""
    if name in physics.carriers:
        return 1e-2 * physics.carriers[name].numbers["carriers"]
    if name.endswith(".charge"):
        k = physics.nodes.index(name.removesuffix(".charge"))
        return 1e-2 * physics.C[k, k] * 0.0267
    return 1e-2


def _formulas(verdict: Verdict, physics: Physics, run: Any, y: Any) -> None:
    """Concentrations, potentials, volumes, affinities, fluxes and powers at the package's own
    states.
    """
    theirs = {
        name: _by_name(run.data[name])
        for name in ("concentration", "potential", "volume", "flux", "affinity", "dissipation")
        if name in run.data
    }
    for k, t in enumerate(physics.system.times):
        now = physics.now(t, y[:, [k]], part_at(physics, t))
        for name in physics.solute:
            verdict.judge(
                "concentration",
                name,
                theirs["concentration"][name][k],
                now.level[name][0],
                EXACT * abs(now.level[name][0]),
            )
        for w in physics.system.walls:
            if np.isfinite(
                theirs["potential"].get(w.name, np.full(k + 1, np.nan))[k]
            ):  # has a value at all
                V = 1e3 * np.ravel(now.phi[w.inside] - now.phi[w.outside])[0]
                verdict.judge(
                    "potential", w.name, theirs["potential"][w.name][k], V, EXACT * (abs(V) + 1)
                )
        for room, volume in theirs.get("volume", {}).items():
            verdict.judge("volume", room, volume[k], np.ravel(now.volume[room])[0], EXACT)
        J, slack = physics.fluxes(now, 1)[:, 0], _sensitivity(physics, t, y[:, k])
        for p, flux, loose in zip(physics.processes, J, slack, strict=True):
            A = float(np.ravel(physics.affinity(now, p.net))[0])
            tolerance = EXACT * abs(flux) + 1e-12 * loose + 1e-300
            verdict.judge("flux", p.name, theirs["flux"][p.name][k], flux, tolerance)
            verdict.judge(
                "affinity",
                p.name,
                theirs["affinity"][p.name][k],
                A / 1e3,
                EXACT * R * 300 / 1e3 * (1 + abs(A) / (R * 300)),
            )
            power = (tolerance * abs(A) + EXACT * R * 300 * (abs(flux) + loose * 1e-6)) / 1e3
            verdict.judge(
                "dissipation", p.name, theirs["dissipation"][p.name][k], flux * A / 1e3, power
            )


def _by_name(array: Any) -> dict[str, Any]:
    """Courses (time,) by their names."""
    (dim,) = (d for d in array.dims if d != "time")
    return dict(zip(map(str, array[dim].values), array.transpose(dim, "time").values, strict=True))


def _sensitivity(physics: Physics, t: float, y: Any) -> Any:
    """Σ |∂J/∂ln x| by process: what rounding of the states does to a flux that is the difference of
    two.
    """
    step = 1e-6
    many = np.repeat(y[:, None], len(y) + 1, axis=1)
    many[np.arange(len(y)), np.arange(len(y))] *= 1 + step
    J = physics.fluxes(physics.now(t, many, part_at(physics, t)), len(y) + 1)
    return np.abs(J[:, :-1] - J[:, -1:]).sum(axis=1) / step


def _books(verdict: Verdict, physics: Physics, run: Any, made: Course) -> None:
    """Every entry, store and line of the ledger [pJ]."""
    ledger, pJ = run.ledger, 1e-3
    heats = _by_name(ledger.dissipation)
    keys = [(p.name, pool, what) for p, pool, what in physics.entries]
    flow = ledger.flow
    theirs = {
        (str(p), str(s), str(c)): x
        for p, s, c, x in zip(
            flow.process.values, flow.store.values, flow.component.values, flow.values, strict=True
        )
    }
    verdict.judge("entries", "their number", len(theirs), len(keys), 0.5)
    entries = dict(zip(keys, made.entries * pJ, strict=True))
    energy = {
        p.name: sum(np.abs(x) for key, x in entries.items() if key[0] == p.name)
        for p in physics.processes
    }
    total = sum(energy.values()) + pJ * R * 300 * 1e-2 * max(
        made.states[physics.row[s]].max() for s in physics.solute
    )
    total = total + pJ * (np.abs(sum(made.imposed.values())) + np.abs(sum(made.exergy.values())))
    zero = np.zeros(len(physics.system.times))
    for key in dict.fromkeys([*keys, *theirs]):
        verdict.judge(
            "entry",
            "|".join(key),
            theirs.get(key, zero),
            entries.get(key, zero),
            MARGIN * RTOL * total,
        )
    for p in physics.processes:
        heat = sum(x for key, x in entries.items() if key[0] == p.name)
        verdict.judge("heat", p.name, heats[p.name], heat, MARGIN * RTOL * total)
    stores = dict(zip(map(str, ledger.exergy.store.values), ledger.exergy.values, strict=True))
    for store in dict.fromkeys([*stores, *made.exergy]):
        verdict.judge(
            "exergy",
            store,
            stores.get(store, zero),
            made.exergy.get(store, zero) * pJ,
            MARGIN * RTOL * total,
        )
    for name, ours in lines(physics, made, entries).items():
        verdict.judge("line", name, getattr(ledger, name), ours, MARGIN * RTOL * total)
    verdict.judge(
        "line", "released", ledger.released, _released(physics, entries), MARGIN * RTOL * total
    )


def lines(
    physics: Physics, made: Course, entries: dict[tuple[str, str, str], Any]
) -> dict[str, Any]:
    """The lines of the table by hand [pJ], and the residual, which must vanish."""
    zero = np.zeros(len(physics.system.times))
    spent = sum(
        (
            x
            for (_, pool, what), x in entries.items()
            if pool in physics.held and what == "chemical"
        ),
        zero,
    )
    baths = {}
    for bath in physics.system.baths:
        for (_, pool, what), x in entries.items():
            place, _, solute = pool.rpartition(".")
            if place == bath.name and what != "electrical":
                baths[solute] = baths.get(solute, zero) + x
    supplied = sum((x.clip(min=0) for x in baths.values()), zero)
    delivered = sum(((-x).clip(min=0) for x in baths.values()), zero)
    stored = sum(made.exergy.values(), zero) * 1e-3
    imposed = sum(made.imposed.values(), zero) * 1e-3
    dissipated = sum(entries.values(), zero)
    residual = spent + supplied + imposed - delivered - stored - dissipated
    found = {
        "spent": spent,
        "supplied": supplied,
        "delivered": delivered,
        "stored": stored,
        "imposed": imposed,
        "dissipated": dissipated,
    }
    return (
        found
        | {"residual": zero}
        | ({} if np.all(np.isfinite(residual)) else {"residual": residual})
    )


def _released(physics: Physics, entries: dict[tuple[str, str, str], Any]) -> Any:
    """What gradients gave to transporters that move more than one carrier of energy."""
    zero = np.zeros(len(physics.system.times))
    made = zero
    for m in physics.system.movers:
        taken: dict[str, Any] = {}
        own = {p.name for p in physics.processes if p.mover == m.name}
        fuel = set(_fuel(physics, m.name))
        for (process, pool, _), x in entries.items():
            if process in own and pool not in physics.carriers:
                solute = pool.rpartition(".")[2]
                kind = "fuel" if solute in fuel else solute
                taken[kind] = taken.get(kind, zero) + x
        if len(taken) > 1:
            made = made + sum((x.clip(min=0) for kind, x in taken.items() if kind != "fuel"), zero)
    return made


def _fuel(physics: Physics, mover: str) -> Iterator[str]:
    """Solutes that a transporter as a whole makes or uses up."""
    net: Counter[str] = Counter()
    for p in physics.processes:
        if p.mover == mover:
            for pool, n in _solutes(physics, p.net):
                net[pool.rpartition(".")[2]] += n
    yield from (s for s, n in net.items() if n and s in physics.transformed)


def _solutes(physics: Physics, net: dict[str, int]) -> Iterator[tuple[str, int]]:
    made: Counter[str] = Counter()
    for pool, n in net.items():
        if pool not in physics.carriers and not pool.endswith(".H2O"):
            made[pool] += n
    yield from made.items()
