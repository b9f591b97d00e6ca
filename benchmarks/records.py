"""What a run measures, and the processes that it measures in."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Record:
    """One number.

    ``ratio``: how many times better biomembrane is than ``peer`` (above 1: faster, more sets a
    second); ``error``: the largest error achieved, as :func:`benchmarks.workload.error` has it;
    ``note``: why there is no value, or what it was measured on.
    """

    name: str
    metric: str
    value: float | None
    unit: str
    peer: str
    ratio: float | None = None
    error: float | None = None
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """For JSON: no NaN, no infinity."""
        return {
            k: None if isinstance(v, float) and not math.isfinite(v) else v
            for k, v in asdict(self).items()
        }


@dataclass(frozen=True)
class Answer:
    """JSON lines of a process, its wall time [s] and, where it failed, the end of what it wrote."""

    lines: list[dict[str, Any]]
    wall: float
    problem: str = ""

    def first(self, key: str) -> Any:
        """The first value of ``key``, or None."""
        return next((line[key] for line in self.lines if key in line), None)


def ask(
    module: str, *arguments: str, env: Mapping[str, str] | None = None, limit: float = 900
) -> Answer:
    """Run ``python -m benchmarks.module arguments`` on its own and read what it says; it is stopped
    after ``limit`` seconds.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    compiled = {
        k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"
    }  # ours as the peers', whose bytecode pip has written
    began = time.perf_counter()
    try:
        done = subprocess.run(  # noqa: S603, our own modules
            command,
            cwd=ROOT,
            env={**compiled, "PYTHONPATH": path, **(env or {})},
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer([], limit, f"stopped after {limit:.0f} s")
    wall = time.perf_counter() - began
    lines = [
        json.loads(line.removeprefix("JSON "))
        for line in done.stdout.splitlines()
        if line.startswith("JSON ")
    ]
    problem = (
        ""
        if done.returncode == 0
        else (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    )
    return Answer(lines, wall, problem)


def at_error(points: Sequence[tuple[float, float]], error: float) -> float | None:
    """Time at an error, log-log between (error, time) points; None beyond a factor of two outside
    them.
    """
    found = sorted((math.log(e), math.log(t)) for e, t in points if e > 0)
    x = math.log(error)
    if len(found) < 2 or not found[0][0] - math.log(2) <= x <= found[-1][0] + math.log(2):
        return None
    k = min(
        max(next((i for i, (e, _) in enumerate(found) if e >= x), len(found) - 1), 1),
        len(found) - 1,
    )
    (e0, t0), (e1, t1) = found[k - 1], found[k]
    return math.exp(t0 + (t1 - t0) * (x - e0) / (e1 - e0))
