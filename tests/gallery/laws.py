"""What the laws of the gallery are written with: numbers in mM, V and s at 37 °C."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from builders import FUEL, SALINE, membrane, mM

import biomembrane as bm
from biomembrane import Q, symbols
from biomembrane.declare.reaction_text import terms
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.claim import Claim, claim
from biomembrane.symbols import F, R, T

V = symbols.potential("m")
u = F * V / (R * T)
exp, ln = sp.exp, sp.log
RT = R * T
CHARGE = {
    "Na": 1,
    "K": 1,
    "Cl": -1,
    "Ca": 2,
    "H": 1,
    "HCO3": -1,
    "NH4": 1,
    "glutamate": -1,
    "MgATP": -2,
    "MgADP": -1,
    "HPO4": -2,
}
USUAL = {
    "Na": (12.0, 145.0), "K": (140.0, 4.5), "Cl": (8.0, 118.0), "Ca": (1e-4, 1.2),
    "H": (6.3e-5, 4e-5), "HCO3": (15.0, 24.0), "glucose": (1.0, 5.0),
    "NH4": (0.5, 0.1), "glutamate": (8.0, 0.02), "ATP": (4.0, 4.0), "ADP": (0.4, 0.4),
    "Pi": (4.0, 4.0), "MgATP": (4.0, 4.0), "MgADP": (0.03, 0.03),
    "HPO4": (2.0, 2.0), "citrulline": (0.3, 0.1), "lactate": (2.0, 1.0), "alanine": (1.5, 0.4),
}  # fmt: skip


def c(name: str) -> sp.Symbol:
    """A concentration [mM]."""
    return symbols.concentration(name)


def said(name: str, reaction: str, flux: Any = None, energy: float = 0.0, **what: Any) -> Claim:
    """A claim from a reaction's text; ``energy`` is ΔG° [kJ/mol] at 1 M."""
    changes: dict[str, int] = {}
    for sign, side in zip((-1, 1), terms(reaction, name), strict=True):
        for n, species, where in side:
            changes[f"{species}@{where}"] = changes.get(f"{species}@{where}", 0) + sign * n
    known = {
        k: (n, CHARGE.get(k.split("@")[0], 0), USUAL[k.split("@")[0]][k.endswith("@out")])
        for k, n in changes.items()
    }
    return claim(name, known, voltage=V, energy=sp.Float(energy * 1e3), flux=flux, **what)


@dataclass(frozen=True)
class Fault:
    """One planted fault."""

    name: str
    cause: str
    made: Callable[[], Any]
    also: tuple[str, ...] = ()


FAULTS: list[Fault] = []


def fault(cause: str, *also: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Adds what a function makes to the faults."""

    def add(made: Callable[[], Any]) -> Callable[[], Any]:
        FAULTS.append(Fault(made.__name__.replace("_", " "), cause, made, also))
        return made

    return add


# --- the laws that are spoilt

NaK = "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in"
SGLT = "2 Na@out + glucose@out -> 2 Na@in + glucose@in"
NKCC = "Na@out + K@out + 2 Cl@out -> Na@in + K@in + 2 Cl@in"
KCC = "K@in + Cl@in -> K@out + Cl@out"
NCX = "3 Na@out + Ca@in -> 3 Na@in + Ca@out"
NBC = "Na@out + 3 HCO3@out -> Na@in + 3 HCO3@in"
NHE = "Na@out + H@in -> Na@in + H@out"
GLUT = "glucose@out -> glucose@in"
EAAT = "3 Na@out + H@out + glutamate@out + K@in -> 3 Na@in + H@in + glutamate@in + K@out"
DG = -30.0  # kJ/mol, apparent energy of hydrolysis at 1 M


def pump(
    a: float = 3,
    b: float = 2,
    z: float = 1,
    back: float = 1.0,
    energy: float = DG,
    K_i: float = 20,
    sign: int = 1,
    reaction: str = NaK,
    extra: Any = 1,
) -> Claim:
    """A lumped 3:2 pump: mass action over common denominators, one charge out."""
    D = (1 + c("Na@in") / K_i) ** 3 * (1 + c("K@out") / 1.5) ** 2 * (1 + c("ATP@in") / 0.3)
    half = sign * z * u / 2
    forward = c("Na@in") ** a * c("K@out") ** b * c("ATP@in") * exp(half)
    equal = exp(sp.Float(energy * 1e3) / RT) / 1000
    reverse = (
        back
        * equal
        * c("Na@out") ** a
        * c("K@in") ** b
        * c("ADP@in")
        * c("Pi@in")
        * exp(-half)
        * extra
    )
    return said("pump", reaction, 4e-4 * (forward - reverse) / D, DG)


def sglt(
    n: float = 2, z: float = 2, back: float = 1.0, swap: bool = False, extra: Any = 1
) -> Claim:
    """2 Na⁺ : 1 glucose with a saturating denominator."""
    Na_o, Na_i = (c("Na@in"), c("Na@out")) if swap else (c("Na@out"), c("Na@in"))
    D = (1 + Na_o / 30) ** 2 * (1 + c("glucose@out") / 0.5) + (1 + Na_i / 40) ** 2 * (
        1 + c("glucose@in") / 20
    )
    return said(
        "SGLT",
        SGLT,
        extra
        * 0.02
        * (
            Na_o**n * c("glucose@out") * exp(-z * u / 2)
            - back * Na_i**n * c("glucose@in") * exp(z * u / 2)
        )
        / D,
    )


def nkcc(cl: int = 2, sign: int = 1) -> Claim:
    forward, reverse = (c(f"Na@{s}") * c(f"K@{s}") * c(f"Cl@{s}") ** cl for s in ("out", "in"))
    return said(
        "NKCC", NKCC, sign * 1e-4 * (forward - reverse) / (1 + 2e-6 * forward + 1e-6 * reverse)
    )


ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM({Na: 12.0, K: 140.0, Cl: 8.0, glucose: 1.0}),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(SALINE | {glucose: 5.0})),
)
Steps = list[tuple[str, float, str, float, str]]
SIX: Steps = [
    ("C1 + 2 Na@out <-> C2", 8e4, "1/M^2/s", 500, "1/s"),
    ("C2 + glucose@out <-> C3", 1e5, "1/M/s", 20, "1/s"),
    ("C3 <-> C4", 50, "1/s", 50, "1/s"),
    ("C4 <-> C5 + glucose@in", 800, "1/s", 12190, "1/M/s"),
    ("C5 <-> C6 + 2 Na@in", 10, "1/s", 4500, "1/M^2/s"),
    ("C6 <-> C1", 3, "1/s", 350, "1/s"),
    ("C2 <-> C5", 0.3, "1/s", 9.1e-4, "1/s"),
]  # Eskandari, Wright & Loo 2005, as in reference/science.md §3g
CARRIER: Steps = [
    ("Eo + glucose@out <-> So", 1000, "1/M/s", 12.6, "1/s"),
    ("So <-> Si", 1350, "1/s", 90, "1/s"),
    ("Si <-> Ei + glucose@in", 12.6, "1/s", 1000, "1/M/s"),
    ("Ei <-> Eo", 0.8, "1/s", 12, "1/s"),
]  # GLUT2 of Afshar 2021, as in reference/science.md §4


def cycle(steps: Steps, change: dict[int, float] | None = None, **kw: Any) -> bm.Cycle:
    """A diagram with some forward constants multiplied."""
    change = change or {}
    made = [
        (text, {"forward": Q(f * change.get(k, 1), a), "reverse": Q(r, b)})
        for k, (text, f, a, r, b) in enumerate(steps)
    ]
    names = list(
        dict.fromkeys(
            w
            for text, *_ in steps
            for w in text.replace("+", " ").replace("<->", " ").split()
            if "@" not in w and not w.isdigit()
        )
    )
    six = (
        {"C2": 0.6, "C3": 0.6, "C4": 0.6, "C5": 0.6, "C6": -1.4} if len(names) == 6 else {}
    )  # α′ = 0.3, δ = 0.7
    what = {"on": ON, "charge": six, "reason": "as published"} | kw
    return bm.Cycle(
        "cycle", density=Q(1, "fmol"), states=" ".join(sorted(names)), steps=made, **what
    )


def q10(factor: float) -> Any:
    return sp.Float(factor) ** ((T - sp.Float(310.15)) / 10)
