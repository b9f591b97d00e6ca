"""A cell from which a solute leaks, with events of the contract of parts that end at run time: its
concentration falls as c₁ + (c₀ − c₁) exp(−kt) with k = PA/V.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest

import biomembrane as bm
from biomembrane import Q, symbols
from biomembrane import library as lib
from biomembrane.compile.program import Event
from biomembrane.results.run import Run
from biomembrane.solve import lane_batches
from biomembrane.solve.engine_protocols import Solver
from biomembrane.solve.task import make_task

Z = bm.Species("Z")
K, FULL, OUT, LOW = 0.25, 10.0, 1.0, 4.0  # 1/s, mM
SOLVERS = [bm.solvers.Native(), bm.solvers.SciPy()]
solvers = pytest.mark.parametrize("solver", SOLVERS, ids=["Native", "SciPy"])
C, T = symbols.concentration("cell.Z"), symbols.t


def fall(low: float = LOW, rate: float = K) -> float:
    """How long the concentration takes from 10 mM to ``low``."""
    return math.log((FULL - OUT) / (low - OUT)) / rate


@cache
def leaky() -> bm.Model:
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={Z: Q(FULL, "mM")})
    wall = bm.Membrane(
        "wall", inside=cell, outside=bm.Reservoir("bath", {Z: Q(OUT, "mM")}), area=Q(250, "um^2")
    )
    return bm.Model("leaky", [lib.leak(Z, wall, permeability=Q(1e-4, "cm/s"))])


def event(sets: Any = (), low: Any = LOW, name: str = "low") -> Event:
    return Event(name, low - C, tuple(sets))


def amount() -> Any:
    return leaky().states[0].symbol


REFILL = event([("cell.Z", amount() * FULL / C)])  # to 10 mM, whatever the volume
FASTER = event([("Z_leak.permeability", 2 * leaky().symbol("Z_leak.permeability"))])


def run(
    *events: Event, times: Any = (0.0, 30.0), parameters: Any = None, solver: Solver | None = None
) -> Run:
    task = make_task(
        leaky(), np.array(times, float), parameters=parameters, solver=solver, events=events
    )
    return Run(lane_batches.whole(task, None)[0])


def concentration(made: Run) -> Any:
    return made.data.concentration.squeeze().values
