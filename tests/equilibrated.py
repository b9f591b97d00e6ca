"""Cells with equilibria that several tests share."""

from __future__ import annotations

from typing import Any

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import Cl, H, Na

BUFFER = lib.buffer("B", pK=7.5)
A = bm.Species("A", moieties={"m": 1})
B = bm.Species("B", moieties={"m": 1})
C = bm.Species("C", moieties={"m": 1})


def buffered(
    rate: Any = None, *, pH: float = 7.2, outside: float = 8.0, exchange: float = 2e5
) -> bm.Model:
    """10 mM of a buffer of pK 7.5 in 1 pL, that an exchanger titrates."""
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), impermeant=bm.balance(charge=-1),
        contents={Na: Q(20, "mM"), H: lib.at_pH(pH), **BUFFER.contents("10 mM", pH=pH)},
    )  # fmt: skip
    bath = bm.Reservoir("bath", {Na: Q(140, "mM"), Cl: Q(140, "mM"), H: lib.at_pH(outside)})
    on = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(100, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    law = bm.laws.Elementary(rate=Q(exchange, "fmol/s"))
    nhe = bm.Transporter("NHE", "Na@out + H@in -> Na@in + H@out", on, law)
    return bm.Model("buffered", [BUFFER.equilibrium(cell, rate=rate), nhe])


def vessel(*species: Any, **concentrations: float) -> bm.Compartment:
    """1 pL of these species, at 1 mM each if nothing else is said."""
    contents = {s: Q(concentrations.get(s.name, 1.0), "mM") for s in species}
    return bm.Compartment("cell", volume=Q(1, "pL"), contents=contents)
