"""What declaring a part costs, in calls of functions, which unlike seconds are the same on every
machine.
"""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from typing import Any

import pytest
from mistakes import cycle

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import K, Na

MOST = {"leak": 820, "pump": 6900, "cycle": 8200}  # a tenth above what they take
PARTS: dict[str, Callable[[bm.Membrane], Any]] = {
    "leak": lambda on: lib.leak(K, on),
    "pump": lib.NaKATPase,
    "cycle": lambda on: cycle(on=on),
}


def wall(k: int) -> bm.Membrane:
    """A membrane of its own, so that nothing is the same part as before."""
    saline = {
        Na: Q(140, "mM"),
        K: Q(5, "mM"),
        lib.ATP: Q(1, "mM"),
        lib.ADP: Q(1, "mM"),
        lib.Pi: Q(1, "mM"),
    }
    saline[lib.glucose] = Q(5, "mM")
    cell = bm.Compartment(f"cell{k}", volume=Q(1, "pL"), contents=saline)
    return bm.Membrane(
        f"wall{k}",
        inside=cell,
        outside=bm.Reservoir("bath", saline),
        area=Q(250, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )


@pytest.mark.parametrize("part", PARTS)
def test_a_part_like_one_before_is_declared_in_few_calls(part: str) -> None:
    """At another membrane: laws, certificates and loops are known by then."""
    first, second = wall(1), wall(2)
    PARTS[part](first)
    profile = cProfile.Profile()
    profile.runcall(PARTS[part], second)
    calls = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    assert calls < MOST[part]
