"""Ten thousand steady states at once, and how many random starts find the states of five cells.

    python benchmarks/steady_states.py

Prints two tables.  Needs the tests' folder on ``PYTHONPATH`` for the bistable patch.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from resting import rectifying

import biomembrane as bm

LANES, STARTS = 10_000, 100
CELLS = ("resting_cell", "enterocyte", "osmosis", "mitochondrion")


def batch() -> None:
    """Random bath K⁺ and pump densities of the pump–leak cell."""
    model, rng = bm.load("resting_cell"), np.random.default_rng(1)
    pumps = model.parameter("NaKATPase.density")
    varied = {
        "bath.K": (rng.uniform(2, 12, LANES), "mM"),
        pumps.name: (pumps.quantity.magnitude * rng.uniform(0.3, 3, LANES), pumps.unit),
    }
    parameters = {
        name: xr.DataArray(values, dims="lane", attrs={"units": unit})
        for name, (values, unit) in varied.items()
    }
    bm.steady_state(model)
    began, used = time.perf_counter(), time.process_time()
    rest = bm.steady_state(model, parameters=parameters)
    solved = time.perf_counter() - began
    data = rest.data
    wall, spent = time.perf_counter() - began, time.process_time() - used
    residual = float(abs(rest.ledger.residual_relative).max())
    print(f"{LANES} steady states of the pump–leak cell: {solved:.2f} s, {wall:.2f} s with labels"
          f" ({spent:.2f} s of processor time); {rest.failed} failed, {int(data.stable.sum())}"
          f" stable, largest residual {residual:.1e}")  # fmt: skip


def starts() -> None:
    """Random starts of four cells and of a bistable patch."""
    models = [bm.load(name) for name in CELLS] + [rectifying()]
    for model in models:
        began = time.perf_counter()
        rest = bm.steady_state(model, starts=STARTS + 1)
        found = rest.data.found.values
        print(f"  {model.name:<14}{int(found.sum()) - 1:>4} of {STARTS} starts found a state;"
              f" states {found.tolist()}, stable {rest.stable.values.astype(int).tolist()},"
              f" {time.perf_counter() - began:.1f} s")  # fmt: skip


if __name__ == "__main__":
    batch()
    starts()
