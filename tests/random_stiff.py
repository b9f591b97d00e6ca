"""Random stiff cells: parameters and contents a thousandfold up and down, pools that are empty or
nearly so, at tolerances that are loose or tight.

``PYTHONPATH=tests python tests/random_stiff.py --lanes 10000 --rtol 1e-3 1e-8 --seed 0 --radau
500`` runs that many lanes at each tolerance, as scans in the native engine.  Of lanes that are done
none may have open books or an amount below zero, and none of a sample may differ from SciPy's
Radau.  It prints how the lanes ended; the suite runs a short round.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import xarray as xr

import biomembrane as bm
from biomembrane import Q, laws, units
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na
from biomembrane.solve.problem import ROUNDING, books_limit
from biomembrane.solve.trajectory import Trajectory

Drawn = Mapping[str, np.ndarray]  # concentrations [mM], or below zero: factors of what is declared
TIMES = np.concatenate([[0.0], np.logspace(-5, 3, 25)])
RADAU = 1e-9  # tolerance of the reference
# a done lane may differ from it by so many times rtol of the largest value and of the typical size
# of its pool
ABOVE = 30.0


@dataclass(frozen=True)
class Kind:
    """A cell, and what is drawn for its lanes."""

    model: Callable[[], bm.Model]
    draw: Callable[[np.random.Generator, int], Drawn]


def factors(rng: np.random.Generator, lanes: int, decades: float = 3.0) -> np.ndarray:
    return 10 ** rng.uniform(-decades, decades, lanes)


def contents(rng: np.random.Generator, lanes: int, typical: float) -> np.ndarray:
    """Concentrations around a typical one, a tenth of them empty and a tenth next to empty."""
    made = typical * factors(rng, lanes)
    made[rng.random(lanes) < 0.1] = 0.0
    made[rng.random(lanes) < 0.1] = 1e-12
    return made


# --- cells


def _place(
    outside: Mapping[bm.Species, float], inside: Mapping[bm.Species, float], *, charged: bool
) -> bm.Membrane:
    bath = bm.Reservoir("bath", {s: Q(c, "mM") for s, c in outside.items()})
    held = bm.balance(charge=-1) if charged else None
    cell = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={s: Q(c, "mM") for s, c in inside.items()},
        impermeant=held,
    )
    capacitance = Q(1, "uF/cm^2") if charged else None
    return bm.Membrane("m", inside=cell, outside=bath, area=Q(400, "um^2"), capacitance=capacitance)


@cache
def neuron() -> bm.Model:
    """KCC2 with leaks."""
    m = _place({Na: 140, K: 5, Cl: 145}, {Na: 10, K: 130, Cl: 5}, charged=True)
    return bm.Model("neuron", [lib.KCC2(m), *(lib.leak(s, m) for s in (Na, K, Cl))])


def _neuron(rng: np.random.Generator, lanes: int) -> Drawn:
    salt = rng.uniform(100, 200, lanes)
    pools = {
        "cell.K": salt,
        "cell.Na": np.minimum(contents(rng, lanes, 10), 500),
        "cell.Cl": np.minimum(contents(rng, lanes, 0.5), 0.9 * salt),
    }
    return pools | {
        name: -factors(rng, lanes)
        for name in ("KCC2.coefficient", "K_leak.permeability", "Cl_leak.permeability")
    }


@cache
def chain() -> bm.Model:
    """A -> B -> C and back in a closed cell, by mass action and by a saturable enzyme."""
    A, B, C = (bm.Species(n, moieties={"x": 1}) for n in "ABC")
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={A: Q(1, "mM"), B: Q(1, "mM"), C: Q(1, "mM")}
    )
    first = bm.Transporter("first", "A@cell -> B@cell", cell, laws.Elementary(rate=Q(1, "fmol/s")))
    second = bm.Transporter(
        "second", "B@cell -> C@cell", cell, laws.Elementary(rate=Q(1, "fmol/s"))
    )
    third = bm.Transporter(
        "third", "2 C@cell -> 2 A@cell", cell, laws.Elementary(rate=Q(1, "fmol/s"))
    )
    return bm.Model("chain", [first, second, third])


def _chain(rng: np.random.Generator, lanes: int) -> Drawn:
    rates = {f"{name}.rate": -factors(rng, lanes) for name in ("first", "second", "third")}
    return rates | {
        "cell.A": factors(rng, lanes),
        "cell.B": contents(rng, lanes, 1),
        "cell.C": contents(rng, lanes, 1),
    }


@cache
def shell() -> bm.Model:
    """A leak, and a coupled pathway of J = L·A, into a cell that may be empty."""
    S, D = bm.Species("S"), bm.Species("D")
    m = _place({S: 4, D: 1}, {S: 1, D: 1}, charged=False)
    leaks = [
        bm.Transporter(
            f"{s.name}_leak",
            f"{s.name}@out -> {s.name}@in",
            m,
            laws.GHK(permeability=Q(1e-5, "cm/s")),
        )
        for s in (S, D)
    ]
    coupled = laws.Onsager(coefficient=Q(1e-21, "mol^2/J/s"))
    return bm.Model(
        "shell", [*leaks, bm.Transporter("both", "S@out + D@out -> S@in + D@in", m, coupled)]
    )


def _shell(rng: np.random.Generator, lanes: int) -> Drawn:
    speeds = {
        name: -factors(rng, lanes)
        for name in ("S_leak.permeability", "D_leak.permeability", "both.coefficient")
    }
    return speeds | {
        "cell.S": contents(rng, lanes, 1),
        "cell.D": contents(rng, lanes, 1),
        "bath.S": 4 * factors(rng, lanes, 2),
    }


@cache
def buffered() -> bm.Model:
    """A weak acid that equilibrates far faster than its protons leak."""
    H, HA, A = (
        bm.Species("H", 1, formula="H"),
        bm.Species("HA", 0, formula="HC"),
        bm.Species("A", -1, formula="C"),
    )
    m = _place({H: 4e-5, K: 5}, {H: 1e-4, HA: 10, A: 10, K: 150}, charged=True)
    meets = laws.Elementary(rate=Q(1, "fmol/s"))
    acid = bm.Transporter("acid", "HA@cell -> A@cell + H@cell", m.inside, meets)
    return bm.Model(
        "buffered", [lib.leak(H, m, permeability=Q(0.01, "cm/s")), lib.leak(K, m), acid]
    )


def _buffered(rng: np.random.Generator, lanes: int) -> Drawn:
    speeds = {
        name: -factors(rng, lanes)
        for name in ("acid.rate", "H_leak.permeability", "K_leak.permeability")
    }
    return speeds | {"cell.HA": contents(rng, lanes, 1), "cell.H": 1e-4 * factors(rng, lanes)}


@cache
def epithelium() -> bm.Model:
    return bm.load("enterocyte")


def _epithelium(rng: np.random.Generator, lanes: int) -> Drawn:
    speeds = {
        name: -factors(rng, lanes)
        for name in ("SGLT1.density", "K_leak.permeability", "NaKATPase.density")
    }
    return speeds | {
        "cell.glucose": contents(rng, lanes, 1),
        "lumen.glucose": factors(rng, lanes),
        "cell.Na": 15 * rng.uniform(0.1, 2, lanes),
    }


KINDS = {
    "neuron": Kind(neuron, _neuron), "chain": Kind(chain, _chain), "shell": Kind(shell, _shell),
    "buffered": Kind(buffered, _buffered),
    "epithelium": Kind(epithelium, _epithelium),
}  # fmt: skip


# --- judging


def parameters(kind: str, seed: int, lanes: int) -> dict[str, xr.DataArray]:
    """What is drawn for that many lanes of a kind, as a scan takes it."""
    k = KINDS[kind]
    model, rng = k.model(), np.random.default_rng([seed, *kind.encode()])
    made = {}
    for name, values in k.draw(rng, lanes).items():
        p = model.parameter(name)
        factor = np.all(values < 0)
        size, unit = (
            (units.restore(p.value, p.unit).magnitude, str(p.unit)) if factor else (1.0, "mM")
        )
        made[name] = xr.DataArray(size * abs(values), dims="lane", attrs={"units": unit})
    return made


def faults(t: Trajectory) -> dict[str, np.ndarray]:
    """Lanes that are done and should not be, by what is wrong."""
    run = bm.Run(t)
    done = np.array([s.ok for s in t.statuses])
    amounts = [i for i, p in enumerate(t.model.states) if p.positive]
    scale = np.atleast_2d(t.kernel.call("scale", 0.0, t.block.y[:, 0], t.constants[0]).T).T[amounts]
    low = np.nanmin(t.block.y[amounts] / np.where(scale > 0, scale, 1.0)[:, None], axis=(0, 1))
    off = run.ledger.residual_relative.values[-1]
    return {
        "negative": np.flatnonzero(done & (low < -1.01 * ROUNDING)),
        "open": np.flatnonzero(done & ~(off <= books_limit(t.solver.rtol))),
    }


def differs(t: Trajectory, lane: int, given: Mapping[str, xr.DataArray]) -> float | None:
    """How far a lane is from Radau, in units of rtol; None where Radau did not come to the end."""
    chosen = {name: Q(float(a[lane]), a.attrs["units"]) for name, a in given.items()}
    try:
        other = bm.simulate(
            t.model,
            times=Q(TIMES, "s"),
            parameters=chosen,
            solver=bm.solvers.SciPy("Radau", rtol=RADAU),
        )
    except bm.errors.SimulationStopped:
        return None
    if not other.status.ok:
        return None
    mine, theirs = t.block.y[:, :, lane], other.trajectory.block.y[:, :, 0]
    size = np.maximum(
        abs(theirs).max(axis=1),
        1e-3 * abs(t.kernel.call("scale", 0.0, theirs[:, 0], other.trajectory.constants[0])),
    )
    return float(np.max(abs(mine - theirs) / size[:, None])) / t.solver.rtol


def judge(kind: str, lanes: int, rtol: float, seed: int, radau: int) -> Counter[str]:
    """How the lanes of a kind end; raises AssertionError at the first that is done and should not
    be.
    """
    given = parameters(kind, seed, lanes)
    run = bm.simulate(
        KINDS[kind].model(),
        times=Q(TIMES, "s"),
        parameters=given,
        solver=bm.solvers.Native(rtol=rtol),
    )
    t = run.trajectory
    for what, found in faults(t).items():
        assert not len(found), (
            f"{kind}, rtol {rtol:g}, seed {seed}: {what} in done lanes {found[:10].tolist()} of"
            f" {lanes}"
        )
    seen = Counter(s.kind for s in t.statuses)
    sample = np.random.default_rng(seed).permutation(np.flatnonzero([s.ok for s in t.statuses]))[
        :radau
    ]
    for lane in sample.tolist():
        off = differs(t, lane, given)
        seen["compared" if off is not None else "Radau stopped"] += 1
        assert off is None or off < ABOVE, (
            f"{kind}, rtol {rtol:g}, seed {seed}, lane {lane} of {lanes}: {off:.3g} rtol from Radau"
        )
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lanes", type=int, default=1000)
    parser.add_argument(
        "--rtol", type=float, nargs="+", default=[1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--radau", type=int, default=0)
    options = parser.parse_args()
    for rtol in options.rtol:
        began, total = time.perf_counter(), Counter[str]()
        for kind in KINDS:
            seen = judge(
                kind,
                options.lanes // len(KINDS),
                rtol,
                options.seed,
                options.radau // len(KINDS) // len(options.rtol),
            )
            total += seen
            sys.stdout.write(f"  {kind}: {dict(seen)}\n")
        sys.stdout.write(f"rtol {rtol:g}: {dict(total)}, {time.perf_counter() - began:.0f} s\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
