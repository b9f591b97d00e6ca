"""Sound laws: every reaction in every way that people write them."""

from collections.abc import Callable
from typing import Any

import sympy as sp

import biomembrane as bm
from biomembrane.second_law.claim import Claim

from .laws import (
    CARRIER,
    DG,
    EAAT,
    GLUT,
    KCC,
    NBC,
    NCX,
    NHE,
    NKCC,
    ON,
    RT,
    SGLT,
    SIX,
    NaK,
    c,
    cycle,
    exp,
    q10,
    said,
    u,
)

SOUND: list[tuple[str, Callable[[], Any]]] = []

# --- sound laws: every reaction in every way that people write them

REACTIONS: dict[str, tuple[str, float]] = {
    "K channel": ("K@in -> K@out", 0.0), "Cl channel": ("Cl@in -> Cl@out", 0.0),
    "Ca channel": ("Ca@out -> Ca@in", 0.0), "GLUT": (GLUT, 0.0),
    "SGLT": (SGLT, 0.0), "NKCC": (NKCC, 0.0), "KCC": (KCC, 0.0), "NCX": (NCX, 0.0),
    "NBC": (NBC, 0.0), "NHE": (NHE, 0.0), "EAAT": (EAAT, 0.0),
    "pump": (NaK, DG), "ATPase": ("ATP@in -> ADP@in + Pi@in", DG),
    "AE1": ("HCO3@in + Cl@out -> HCO3@out + Cl@in", 0.0),
    "MCT": ("lactate@in + H@in -> lactate@out + H@out", 0.0),
    "SERCA": ("2 Ca@in + ATP@in -> 2 Ca@out + ADP@in + Pi@in", DG),
    "transaminase": ("lactate@in -> alanine@in", 3.5),
}  # fmt: skip


def sides(blank: Claim) -> tuple[Any, Any, Any]:
    """Π c^ν of both sides, and the equilibrium constant in mM."""
    up, down = (
        sp.Mul(*((x.symbol / x.usual) ** abs(x.change) for x in blank.levels if x.change * s < 0))
        for s in (1, -1)
    )
    scale = sp.Mul(*((sp.Float(x.usual) / 1000) ** x.change for x in blank.levels))
    return up, down, scale


def mass_action(b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    return 0.7 * (up * exp(-b.charge * u / 2) - down * scale * exp(energy / RT + b.charge * u / 2))


def modular(b: Claim, energy: Any) -> Any:
    D = sp.Mul(*((1 + x.symbol / (0.4 * x.usual)) ** abs(x.change) for x in b.levels if x.change))
    return mass_action(b, energy) / D / (1 + c("citrulline@in") / 0.2)


def expanded(b: Claim, energy: Any) -> Any:
    extra = 1 + b.levels[0].symbol / b.levels[0].usual + exp(0.3 * u)
    return sp.expand(mass_action(b, energy) * extra)


def one_barrier(b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    return (
        0.2
        * (up * exp(-0.8 * b.charge * u) - down * scale * exp(energy / RT + 0.2 * b.charge * u))
        / (up + down + 1)
    )


def affinity_tanh(b: Claim, _: Any) -> Any:
    return 3.0 * sp.tanh(b.reduced_affinity / 2)


def affinity_factor(b: Claim, _: Any) -> Any:
    return 0.4 * sides(b)[0] * (1 - exp(-b.reduced_affinity)) / (2 + sides(b)[0])


def linear(b: Claim, _: Any) -> Any:
    return 1e-4 * sp.expand(RT * b.reduced_affinity)


def constant_field(b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    z = b.charge
    if not z:
        return 0.1 * (up - down * scale * exp(energy / RT))
    return 0.3 * z * u * (down * scale * exp(energy / RT) - up * exp(-z * u)) / (exp(-z * u) - 1)


def one_fraction(b: Claim, energy: Any) -> Any:
    first = b.levels[0]
    return sp.together(
        mass_action(b, energy) / (1 + first.symbol / first.usual) + 0.2 * mass_action(b, energy)
    )


def matched_q10(b: Claim, energy: Any) -> Any:
    return q10(2.7) * mass_action(b, energy) / (1 + q10(1.5) * sides(b)[0])


WAYS = (
    mass_action,
    modular,
    expanded,
    one_barrier,
    affinity_tanh,
    affinity_factor,
    linear,
    constant_field,
    one_fraction,
    matched_q10,
)


def _sound(name: str, way: Any) -> Claim:
    reaction, energy = REACTIONS[name]
    blank = said(name, reaction, sp.S.Zero, energy)
    return said(name, reaction, way(blank, sp.Float(energy * 1e3)), energy)


for k, name in enumerate(REACTIONS):
    for j in range(4):
        way = WAYS[(3 * k + j * 2 + k // 5) % len(WAYS)]
        SOUND.append(
            (
                f"{name}, {way.__name__.replace('_', ' ')}",
                lambda name=name, way=way: _sound(name, way),
            )
        )
SOUND.append(("GLUT2 of Afshar", lambda: cycle(CARRIER)))
SOUND.append(("a cycle with its leak closed", lambda: cycle(SIX[:6], {}, close=["C6 <-> C1"])))
SOUND.append(("the pump of the library", lambda: bm.library.NaKATPase(ON)))
SOUND.append(("the symporter of the library", lambda: bm.library.SGLT1(ON)))
