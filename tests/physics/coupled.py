"""A symporter between a cell and a bath."""

from typing import Any

from builders import FUEL, membrane, mM
from gallery import cycle

import biomembrane as bm
from biomembrane import Q
from biomembrane.library import Cl, K, Na, glucose

PARENT = [
    8e4,
    500,
    1e5,
    20,
    50,
    50,
    800,
    1.0971e7,
    10,
    50,
    3,
    35,
    0.3,
    0.82286,
]  # reference/science.md §2, the row that stalls at 13.1
INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 1.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(INSIDE),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM({Na: 145.0, K: 4.5, Cl: 149.5, glucose: 1.0})),
)
AT = {"V": Q(-60, "mV")}


def sglt(*, leak: float = 1.0, **kw: Any) -> bm.Cycle:
    """The six-state symporter of Parent 1992; ``leak`` scales its slip 2 ↔ 5, 0 leaves it out."""
    k = PARENT
    rows = [
        ("C1 + 2 Na@out <-> C2", k[0], "1/M^2/s", k[1], "1/s"),
        ("C2 + glucose@out <-> C3", k[2], "1/M/s", k[3], "1/s"),
        ("C3 <-> C4", k[4], "1/s", k[5], "1/s"), ("C4 <-> C5 + glucose@in", k[6], "1/s", k[7],
        "1/M/s"),
        ("C5 <-> C6 + 2 Na@in", k[8], "1/s", k[9], "1/M^2/s"),
        ("C6 <-> C1", k[10], "1/s", k[11], "1/s"),
    ]  # fmt: skip
    rows += [("C2 <-> C5", leak * k[12], "1/s", leak * k[13], "1/s")] if leak else []
    return cycle(
        rows, on=ON, reason="", close=["C4 <-> C5", *(["C2 <-> C5"] if leak else [])], **kw
    )
