"""Measurements that only biomembrane has: ``python -m benchmarks.own final --sets 1000000``, one
line ``JSON {…}`` each.

``final``: final state and ledger of an ensemble, time and memory; ``failures``: sets with
parameters times or divided by up to 10; ``lanes``: time per set by the number of sets, one core;
``same``: whether the model is the workload's.
"""

from __future__ import annotations

import argparse
import os
import resource
import time

import numpy as np

from . import cell
from . import workload as w
from .peers.__main__ import peak, say
from .peers.engine import Engine


def final(engine: Engine, count: int, rtol: float, cores: int) -> None:
    """Time, memory beside the result, books of every set."""
    engine.final(cell.scan(w.ensemble(64)), rtol, cores)
    scan = cell.scan(w.ensemble(count))  # the sets are there before
    before = _now()
    began = time.perf_counter()
    data = engine.final(scan, rtol, cores)
    spent = time.perf_counter() - began
    memory, total = peak() - before - data.nbytes, peak()
    failed, worst = int((data.status != 0).sum()), float(data.ledger_residual_relative.max())
    say(
        sets=count,
        cores=cores,
        rtol=rtol,
        time=spent,
        memory=max(0, memory),
        total=total,
        result=data.nbytes,
        residual=worst,
        failed=failed,
    )


def _now() -> int:
    """Resident memory at this moment; the peak so far where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return peak()


def failures(engine: Engine, count: int, rtols: list[float], cores: int) -> None:
    """Sets that did not reach the end."""
    for rtol in rtols:
        began = time.perf_counter()
        data = engine.final(cell.scan(w.wide(count)), rtol, cores)
        spent = time.perf_counter() - began
        lost = (data.status.values != 0) | ~np.isfinite(data.ledger_residual.values)
        say(sets=count, rtol=rtol, time=spent, failed=int(lost.sum()))


def lanes(engine: Engine, rtol: float) -> None:
    """Time per set of 1 to 512 sets on one core."""
    for count in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
        sets = cell.scan(w.ensemble(count))
        spent = []
        for _ in range(5):
            began = time.perf_counter()
            engine.final(sets, rtol, 1)
            spent.append(time.perf_counter() - began)
        say(sets=count, time=float(np.median(spent)), rtol=rtol)


def main() -> None:
    """Read the arguments, run one mode."""
    read = argparse.ArgumentParser(prog="python -m benchmarks.own", description=__doc__)
    read.add_argument("mode", choices=("final", "failures", "lanes", "same"))
    read.add_argument("--rtol", type=float, nargs="+", default=[1e-6])
    read.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    read.add_argument("--sets", type=int, default=10_000)
    given = read.parse_args()
    if given.mode == "same":
        say(mismatch=cell.mismatch())
        return
    engine = Engine()
    engine.build()
    if given.mode == "final":
        final(engine, given.sets, given.rtol[0], given.cores)
    elif given.mode == "failures":
        failures(engine, given.sets, given.rtol, given.cores)
    else:
        lanes(engine, given.rtol[0])


if __name__ == "__main__":
    main()
