"""Laws and rings to be repaired."""

from typing import Any

from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose

INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(INSIDE),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
UNIPORT, SYMPORT = "glucose@out -> glucose@in", "Na@out + glucose@out -> Na@in + glucose@in"


def hosted(flux: Any, reaction: str = UNIPORT, **more: Any) -> bm.Transporter:
    return bm.Transporter(
        "hosted", reaction, ON, laws.Empirical(flux=flux, reason="as published"), **more
    )


def constant(size: float) -> Any:
    return lambda s: (-1 if size < 0 else 1) * s.parameter("J", Q(abs(size), "fmol/s"), d.FLUX)


def ring(last: float, **more: Any) -> bm.Cycle:
    """Glucose carried by three states, whose loop closes if the last rate back is 50 per second."""
    steps = more.pop("steps", [])
    own = [
        ("A + glucose@out <-> B", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("B <-> C + glucose@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("C <-> A", {"forward": Q(50, "1/s"), "reverse": Q(last, "1/s")}),
    ]
    given = {"density": Q(1, "fmol"), "states": "A B C", "reason": "as published"} | more
    return bm.Cycle("ring", ON, steps=[*own, *steps], **given)
