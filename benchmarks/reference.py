"""The reference solution: SciPy's Radau at rtol 1e-12, for the nominal set and the first sets of
the ensemble; kept in ``out/``.
"""

from __future__ import annotations

import hashlib
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from . import text
from .workload import END, NOMINAL, SCALE, TIMES, Array, ensemble, start

FOLDER = Path(__file__).parent / "out"
RTOL = 1e-12


def solve(parameters: Array, rtol: float = RTOL) -> Array:
    """(time, 26) of one set; all columns are integrated as states."""
    from scipy.integrate import solve_ivp

    rhs = _compiled()

    def slope(t: float, y: Array) -> Array:
        made = np.empty(len(SCALE))
        rhs(t, y, parameters, made)
        return made

    with np.errstate(
        over="ignore"
    ):  # in SciPy's own differences, of integrals that no rate depends on
        found = solve_ivp(
            slope, (0, END), start(), method="Radau", t_eval=TIMES, rtol=rtol, atol=SCALE * 1e-14
        )
    if not found.success:
        raise RuntimeError(f"the reference solution stopped: {found.message}")
    return np.asarray(found.y.T)


@cache
def _compiled() -> Any:
    """The right-hand side, by numba where it is installed."""
    plain = text.function(
        "t, y, p, out", {"exp": math.exp, "log": math.log, "cos": math.cos}, out="out"
    )
    try:
        import numba
    except ImportError:
        return lambda t, y, p, out: plain(t, y.tolist(), p.tolist(), out)
    return numba.njit(plain)


def reference(members: int) -> Array:
    """(1 + members, time, 26): the nominal set, then the first ``members`` of the ensemble; solved
    once and kept.
    """
    digest = hashlib.sha256(f"{text.python('t, y, p')}{RTOL}{TIMES.tolist()}".encode()).hexdigest()[
        :16
    ]
    path = FOLDER / f"reference-{digest}.npy"
    known = np.load(path) if path.exists() else np.empty((0, len(TIMES), len(SCALE)))
    sets = np.vstack([NOMINAL, ensemble(members)])
    if len(known) < len(sets):
        known = np.concatenate([known, [solve(p) for p in sets[len(known) :]]])
        FOLDER.mkdir(exist_ok=True)
        np.save(path, known)
    return np.asarray(known[: len(sets)])
