"""Hosted laws that the tests of the audit share."""

from typing import Any

import sympy as sp
from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import dimension as d
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.claim import claim
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T, potential

INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}
OUTSIDE = SALINE | {glucose: 5.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(INSIDE),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(OUTSIDE)),
)
PUMP = "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in"


def hosted(reaction: str, flux: Any, on: bm.Membrane = ON) -> bm.Transporter:
    """An empirical law."""
    return bm.Transporter("x", reaction, on, laws.Empirical(flux=flux, reason="to be judged"))


def P(s: Any, order: int = 1) -> Any:
    return s.parameter("P", Q(0.1, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


def half(s: Any, key: str = "K", value: float = 7.0) -> Any:
    return s.parameter(key, Q(value, "mM"), d.CONCENTRATION, domain="positive")


def only(x: Any, **kw: Any) -> Any:
    found = bm.audit(x, **kw)
    assert len(found.findings) == 1
    return found.findings[0]


# --- patterns of mistakes, with the size that follows in closed form


def coupled(s: Any, n: int = 2, z: float = 2.0, factor: float = 1.0, sugar: int = 1) -> Any:
    """A Na⁺–glucose symporter with order n in Na⁺, z charges and an equilibrium constant."""
    forward = s["Na@out"] ** n * s["glucose@out"] ** sugar * sp.exp(-z * s.u / 2)
    reverse = factor * s["Na@in"] ** n * s["glucose@in"] ** sugar * sp.exp(z * s.u / 2)
    return P(s, 3) * half(s) ** (3 - n - sugar) * (forward - reverse)


SYMPORT = "2 Na@out + glucose@out -> 2 Na@in + glucose@in"


# --- claims of other formats


def carrier(**said: Any) -> Any:
    """K⁺ out along its gradient."""
    V = potential("m")
    made = claim("leak", {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}, voltage=V, **said)
    inside, outside = (level.symbol for level in made.levels)
    flux = inside * sp.exp(FARADAY * V / (R * T)) - outside
    return claim(
        "leak", {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}, voltage=V, **({"flux": flux} | said)
    )


# --- loops


def diagram(reason: str = "as published", slip: float = 1.0, **kw: Any) -> bm.Cycle:
    """Four states with a slip across: two independent loops, three simple ones."""
    one = {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}
    steps = [
        ("E1 + Na@out <-> E2", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E2 <-> E3", one),
        ("E3 <-> E4 + Na@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("E4 <-> E1", {"forward": Q(50, "1/s"), "reverse": Q(100, "1/s")}),
        (
            "E2 + glucose@in <-> E4 + glucose@out + Na@in",
            {"forward": Q(slip, "1/s/mM"), "reverse": Q(0.1, "1/s/mM^2")},
        ),
    ]
    return bm.Cycle(
        "carrier",
        ON,
        density=Q(1, "fmol"),
        states="E1 E2 E3 E4",
        steps=steps,
        charge={"E2": 1, "E3": 1},
        reason=reason,
        **kw,
    )
