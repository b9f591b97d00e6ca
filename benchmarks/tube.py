"""Scaling in size: an epithelial tube of N cells in series, each an enterocyte coupled to its
neighbour by gap junctions.

Run as ``python -m benchmarks.tube 10``: one line ``JSON {…}`` with the times to declare, assemble
and compile [s] and the time per cell and step [s].  Every cell has 20 processes: pump, six leaks,
the seven steps of SGLT1, GLUT2, KCC2 and the four junctions (the last cell has none).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from typing import Any

import numpy as np

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose

CELLS = (1, 2, 5, 10, 20, 50, 100, 200)
UNTIL = 600.0  # s
_BRIEF = 1e-3  # s, a run of few steps: what it costs is not the steps' and is taken off
_SPEND = 1.5  # seconds of repeats
_LEAKS = {"basal": {Na: 5e-9, K: 2e-6, Cl: 4e-7}, "apical": {Na: 2e-9, K: 3e-7, Cl: 1e-7}}  # cm/s
_JUNCTION = {Na: 5e-6, K: 5e-6, Cl: 5e-6, glucose: 2e-6}  # cm/s, over 10 µm²


def _cell(
    number: int, share: float, lumen: bm.Reservoir, blood: bm.Reservoir
) -> tuple[bm.Compartment, bm.Membrane, list[Any]]:
    """One cell with its membranes' transporters; ``share`` from 0 to 1 sets its contents apart from
    its neighbours'.
    """
    n = f"_{number}"
    cell = bm.Compartment(
        "cell" + n, volume=Q(1, "pL"), held={ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")},
        impermeant=bm.balance(charge=-1),
        contents={Na: Q(11 + 4 * share, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"),
            glucose: Q(4 - 3 * share, "mM")},
    )  # fmt: skip
    c = lib.sheet("membrane_typical")["specific_capacitance"]
    apical = bm.Membrane(
        "apical" + n, inside=cell, outside=lumen, area=Q(200, "um^2"), capacitance=c
    )
    basal = bm.Membrane("basal" + n, inside=cell, outside=blood, area=Q(400, "um^2"), capacitance=c)
    density = lib.sheet("membrane_typical")["NaK_density_epithelium"]
    parts: list[Any] = [
        lib.NaKATPase(basal, density=density, name="pump" + n),
        lib.SGLT1(apical, data="eskandari_2005", name="SGLT1" + n),
    ]
    parts += [lib.GLUT2(basal, name="GLUT2" + n), lib.KCC2(basal, name="KCC2" + n)]
    for side, membrane in (("basal", basal), ("apical", apical)):
        parts += [
            lib.leak(s, membrane, permeability=Q(P, "cm/s"), name=f"{s.name}_{side}{n}")
            for s, P in _LEAKS[side].items()
        ]
    return cell, basal, parts


def build(cells: int) -> bm.Model:
    """The tube: lumen and blood are shared, neighbours joined by membranes that store no charge."""
    lumen = bm.Reservoir(
        "lumen", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(1, "mM")}
    )
    blood = bm.Reservoir(
        "blood", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(5, "mM")}
    )
    parts: list[Any] = []
    potential = {}
    before: bm.Compartment | None = None
    for number in range(cells):
        cell, basal, own = _cell(number, number / max(1, cells - 1), lumen, blood)
        parts += own
        potential[basal] = Q(-60, "mV")
        if before is not None:
            junction = bm.Membrane(
                f"junction_{number}", inside=before, outside=cell, area=Q(10, "um^2")
            )
            parts += [
                bm.Transporter(
                    f"gap_{s.name}_{number}",
                    f"{s.name}@in -> {s.name}@out",
                    junction,
                    laws.GHK(permeability=Q(P, "cm/s")),
                )
                for s, P in _JUNCTION.items()
            ]
        before = cell
    return bm.Model(f"tube_{cells}", parts, potential=potential, reference=blood)


def measure(cells: int, rtol: float) -> dict[str, Any]:
    """Times of each stage, from the declaration to the step, with the processor's own, which
    neighbours on the machine disturb less.

    Machine code is built anew.
    """
    from biomembrane.compile.program import program

    os.environ["BIOMEMBRANE_CACHE"] = "off"
    marks, spent = [time.perf_counter()], [time.process_time()]

    def lap() -> float:
        marks.append(time.perf_counter())
        spent.append(time.process_time())
        return marks[-1] - marks[-2]

    model = build(cells)
    made: dict[str, Any] = {"cells": cells, "declare": lap()}
    assert model.equations
    made["assemble"] = lap()
    program(model)
    made["program"] = lap()
    _timed(model, _BRIEF, rtol, once=True)
    first = lap()
    made["cpu"] = dict(
        zip(("declare", "assemble", "program", "compile"), np.diff(spent).tolist(), strict=True)
    )  # the last with one run
    idle, few, _ = _timed(model, _BRIEF, rtol)
    made["compile"] = first - idle
    whole, steps, run = _timed(model, UNTIL, rtol)
    made |= {
        "ready": sum(made[k] for k in ("declare", "assemble", "program", "compile")),
        "steps": steps,
        "run": whole,
        "idle": idle,
    }
    made |= {
        "states": len(model.pools),
        "processes": len(model.processes),
        "per_cell_step": (whole - idle) / (steps - few) / cells,
    }
    return made | {
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "status": run.status.kind,
    }


def _timed(
    model: bm.Model, until: float, rtol: float, *, once: bool = False
) -> tuple[float, int, bm.Run]:
    """Shortest time of a run [s], which neighbours on the machine disturb least, and the steps that
    it attempts.
    """
    solver = bm.solvers.Native(rtol=rtol, threads=1)
    spent: list[float] = []
    while not spent or (not once and (len(spent) < 3 or (len(spent) < 20 and sum(spent) < _SPEND))):
        began = time.perf_counter()
        run = bm.simulate(model, times=Q(np.array([until]), "s"), solver=solver)
        spent.append(time.perf_counter() - began)
    return min(spent), run.solution.steps + run.solution.rejected, run


def main() -> None:
    """Measure one size."""
    read = argparse.ArgumentParser(prog="python -m benchmarks.tube", description=__doc__)
    read.add_argument("cells", type=int)
    read.add_argument("--rtol", type=float, default=1e-6)
    given = read.parse_args()
    print("JSON " + json.dumps(measure(given.cells, given.rtol)))


if __name__ == "__main__":
    main()
