"""Kinetic cycles of few states."""

import itertools
from typing import Any

from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q
from biomembrane.library import Cl, K, Na, glucose

ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
ONE = {"forward": Q(10, "1/s"), "reverse": Q(10, "1/s")}


def cycle(steps: Any, states: str, **kw: Any) -> bm.Cycle:
    return bm.Cycle(
        "carrier",
        ON,
        density=Q(1, "fmol"),
        states=states,
        steps=steps,
        **({"reason": "to be judged"} | kw),
    )


def complete(size: int) -> bm.Cycle:
    """Every state turns into every other."""
    names = [f"E{k}" for k in range(size)]
    return cycle(
        [(f"{a} <-> {b}", ONE) for a, b in itertools.combinations(names, 2)], " ".join(names)
    )


def carrier(first: float = 10.0, charge: Any = None) -> bm.Cycle:
    """Na⁺ binds outside, crosses, leaves inside; the way back is written against it."""
    steps = [
        ("E1 + Na@out <-> E2", {"forward": Q(first, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E2 <-> E3", {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}),
        ("E3 <-> E4 + Na@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("E1 <-> E4", {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}),
    ]
    return cycle(steps, "E1 E2 E3 E4", charge={"E2": 1, "E3": 1} if charge is None else charge)
