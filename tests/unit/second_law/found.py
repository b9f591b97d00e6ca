"""A membrane for small audits."""

from typing import Any

from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q
from biomembrane import dimension as d
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


# --- whole audits


def constant(site: Any) -> Any:
    return site.parameter("J", Q(0.2, "fmol/s"), d.FLUX)


# --- diagrams


def diagram(first: float = 10.0, slip: float = 1.0, charge: Any = None) -> bm.Cycle:
    """A Na⁺ carrier of four states with a slip across, closed unless told otherwise."""
    steps = [
        ("E1 + Na@out <-> E2", {"forward": Q(first, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E2 <-> E3", {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}),
        ("E3 <-> E4 + Na@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("E4 <-> E1", {"forward": Q(50, "1/s"), "reverse": Q(100, "1/s")}),
        ("E2 <-> E4 + Na@in", {"forward": Q(10 * slip, "1/s"), "reverse": Q(1, "1/mM/s")}),
    ]
    charge = {"E2": 1, "E3": 1} if charge is None else charge
    return bm.Cycle(
        "carrier",
        ON,
        density=Q(1, "fmol"),
        states="E1 E2 E3 E4",
        steps=steps,
        charge=charge,
        reason="to be judged",
    )
