"""Small things whose printed numbers can be followed."""

import re
from functools import cache
from typing import Any

from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, laws
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
PUMP = "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in"


def constant(site: Any) -> Any:
    return site.parameter("J", Q(0.2, "fmol/s"), d.FLUX)


ONE_WAY = bm.Transporter("pump", PUMP, ON, laws.Empirical(flux=constant, reason="constant"))


@cache
def model() -> bm.Model:
    return bm.Model(
        "two",
        [bm.library.NaKATPase(ON), bm.library.leak(Na, ON), bm.library.leak(K, ON)],
        potential={ON: Q(-60, "mV")},
    )


@cache
def run() -> bm.Run:
    return bm.simulate(model(), until=Q(10, "s"))


def cells(html: Any) -> list[list[str]]:
    """The rows of all tables, and the headings of what folds."""
    rows = re.findall(r"<summary>.*?</summary>|<tr>.*?</tr>", str(html))
    return [re.findall(r"<(?:td|th|summary)[^>]*>(.*?)</(?:td|th|summary)>", row) for row in rows]
