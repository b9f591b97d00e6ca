"""Constants, occupied states and processes, from first principles: no import of the package."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from differential.system import FUEL, SOLUTES, Mover
from scipy import constants as codata

F = codata.value("Faraday constant")
R = codata.R
C0 = 1000.0  # mM
DATA = Path(__file__).parents[2] / "biomembrane" / "library" / "data"


@cache
def sheet(name: str) -> dict[str, float]:
    """The numbers of a paper, as its file has them."""
    read = tomllib.loads((DATA / f"{name}.toml").read_text("utf-8"))
    return {key: float(entry["value"]) for key, entry in read["parameters"].items()}


V_WATER = sheet("species")["V_w"]  # m³/mol


def bernoulli(x: Any) -> Any:
    """x/(eˣ − 1)."""
    small = np.abs(x) < 1e-5
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 - x / 2 + x * x / 12, safe / np.expm1(safe))


def bound(mover: Mover) -> list[dict[str, int]]:
    """What each state of a carrier holds, the first being empty."""
    found: dict[int, dict[str, int]] = {0: {}}
    while len(found) < len(mover.inside):
        for s in mover.steps:
            for a, b, taken, given in ((s.a, s.b, s.left, s.right), (s.b, s.a, s.right, s.left)):
                if a in found and b not in found:
                    found[b] = dict(found[a])
                    for sign, side in ((1, taken), (-1, given)):
                        for n, what, _ in side:
                            if what not in FUEL:
                                found[b][what] = found[b].get(what, 0) + sign * n
    return [found[i] for i in range(len(mover.inside))]


def bound_charge(mover: Mover) -> list[float]:
    """Elementary charges of what each state holds."""
    return [float(sum(n * SOLUTES[s].charge for s, n in held.items())) for held in bound(mover)]


@dataclass
class Process:
    """``net``: ν by pool, the products less the reactants; ``rate``: J [fmol/s] of what
    :class:`Now` shows.
    """

    name: str
    mover: str
    on: str
    net: dict[str, int]
    rate: Callable[[Now], Any]


@dataclass
class Now:
    """A state read: concentrations, amounts of carriers, potentials, volumes and pressures by
    name.
    """

    t: float
    T: Any
    p: dict[str, Any]
    level: dict[str, Any]
    phi: dict[str, Any]
    volume: dict[str, Any]
    pressure: dict[str, Any]
    charges: dict[str, Any] = field(default_factory=dict)
