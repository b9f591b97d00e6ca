"""Linear and hosted laws on one membrane."""

from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.library import Cl, K, Na, glucose

CELL = bm.Compartment(
    "cell",
    volume=Q(1, "pL"),
    contents=mM({Na: 10, K: 140, Cl: 10, glucose: 2}),
    held=mM(FUEL),
    impermeant=bm.balance(charge=-1),
)
ON = membrane(CELL, bm.Reservoir("bath", mM(SALINE | {glucose: 5})))
SYMPORT = "Na@out + glucose@out -> Na@in + glucose@in"


def linear(name: str, reaction: str, L: float) -> bm.Transporter:
    return bm.Transporter(name, reaction, ON, laws.Onsager(coefficient=Q(L, "fmol^2/fJ/s")))
