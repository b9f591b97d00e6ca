"""Sound laws in the forms of the literature, over random reactions with random numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp
from gallery import REACTIONS, RT, V, exp, ln, q10, said, sides, u

from biomembrane.second_law.claim import Claim
from biomembrane.symbols import F

Draw = random.Random


def number(draw: Draw, low: float = 0.1, high: float = 10.0) -> sp.Float:
    return sp.Float(round(low * (high / low) ** draw.random(), 4))


def blank(draw: Draw, *, charged: bool | None = None) -> tuple[Claim, Any]:
    """A reaction and its standard energy."""
    names = [
        n
        for n in REACTIONS
        if charged is None or bool(said(n, REACTIONS[n][0], sp.S.Zero).charge) == charged
    ]
    name = draw.choice(names)
    reaction, energy = REACTIONS[name]
    return said(name, reaction, sp.S.Zero, energy), sp.Float(energy * 1e3)


# --- sound forms: r⁺ and r⁻, of which the difference is the flux


def pair(draw: Draw, b: Claim, energy: Any) -> tuple[Any, Any]:
    """Both one-way rates of mass action with a barrier somewhere in the field."""
    up, down, scale = sides(b)
    theta, k = sp.Float(round(draw.random(), 2)), number(draw)
    return k * up * exp(-theta * b.charge * u), k * down * scale * exp(
        energy / RT + (1 - theta) * b.charge * u
    )


def filled(draw: Draw, b: Claim) -> Any:
    return sp.Mul(
        *((1 + x.symbol / (number(draw) * x.usual)) ** abs(x.change) for x in b.levels if x.change)
    )


def excluding(draw: Draw, b: Claim) -> Any:
    parts = [
        sp.Mul(
            *(
                (1 + x.symbol / (number(draw) * x.usual)) ** abs(x.change)
                for x in b.levels
                if x.change * s < 0
            )
        )
        for s in (1, -1)
    ]
    return parts[0] + parts[1] - 1


def ping_pong(draw: Draw, b: Claim) -> Any:
    terms = [x.symbol / (number(draw) * x.usual) for x in b.levels]
    return sp.Add(*terms, *(p * q for p, q in zip(terms, terms[1:], strict=False)))


def concerted(draw: Draw, b: Claim) -> Any:
    """Monod, Wyman and Changeux: the share of the active form, over all its sites."""
    x = b.levels[0].symbol / (number(draw) * b.levels[0].usual)
    return (1 + x) ** 4 / ((1 + x) ** 4 + number(draw, 1, 1e3) * (1 + x / 20) ** 4)


def gate(draw: Draw, _: Claim) -> Any:
    x = (V - sp.Float(round(0.1 * draw.random() - 0.05, 3))) / number(draw, 0.004, 0.02)
    return draw.choice(
        [
            1 / (1 + exp(x)),
            1 - 1 / (1 + exp(-x)),
            (1 + sp.tanh(x)) / 2,
            x**2 / (1 + x**2) + sp.Rational(1, 100),
            sp.Rational(11, 10) + sp.cos(x),
        ]
    )


def hill(draw: Draw, b: Claim) -> Any:
    x = b.levels[-1].symbol / (number(draw) * b.levels[-1].usual)
    return draw.choice(
        [
            1 / (1 + x ** number(draw, 1, 4)),
            1 - x / (1 + x),
            x**2 / (1 + x**2),
            1 / (1 + exp(x - 2)),
        ]
    )


FACTORS = (
    lambda d, b: 1 / filled(d, b),
    lambda d, b: 1 / excluding(d, b),
    lambda d, b: 1 / ping_pong(d, b),
    concerted,
    gate,
    hill,
)


def two_way(draw: Draw, b: Claim, energy: Any) -> Any:
    up, down = pair(draw, b, energy)
    return sp.Mul(*(f(draw, b) for f in draw.sample(FACTORS, draw.randint(1, 3)))) * (up - down)


def goldman(draw: Draw, b: Claim, energy: Any) -> Any:
    up, down, scale = sides(b)
    z = b.charge
    return (
        number(draw)
        * gate(draw, b)
        * z
        * u
        * (down * scale * exp(energy / RT) - up * exp(-z * u))
        / (exp(-z * u) - 1)
    )


def nernst(draw: Draw, b: Claim, energy: Any) -> Any:
    """g (V − E) with Nernst's E, or the reversal potential of several ions."""
    logs = sp.Add(*(x.change * ln(x.symbol / 1000) for x in b.levels))
    E = -(RT * logs + energy) / (b.charge * F)
    return -number(draw) * gate(draw, b) * hill(draw, b) * (V - E) * b.charge


def by_affinity(draw: Draw, b: Claim, _: Any) -> Any:
    x = b.reduced_affinity
    return hill(draw, b) * draw.choice(
        [sp.tanh(x / 2), 1 - exp(-x), x, sp.sinh(x / 4).rewrite(exp), x**3 + x]
    )


def king_altman(draw: Draw, b: Claim, energy: Any) -> Any:
    """Four states: binding, crossing, release, return."""
    from biomembrane.declare.reduced_cycle import ring

    up, down = pair(draw, b, energy)
    k = [number(draw, 1, 100) for _ in range(3)]
    made = ring(sp.Float(1), [k[0] * up, k[1], k[2], k[0]], [k[0], k[1], k[2] * down, k[0]])
    return made.forward - made.reverse


def warmed(draw: Draw, b: Claim, energy: Any) -> Any:
    return q10(float(number(draw, 1.2, 4))) * two_way(draw, b, energy)


def written_out(draw: Draw, b: Claim, energy: Any) -> Any:
    up, down = pair(draw, b, energy)
    return sp.expand((up - down) * (1 + b.levels[0].symbol / b.levels[0].usual)) / filled(draw, b)


FORMS: dict[str, tuple[Callable[..., Any], bool | None]] = {
    "two-way": (two_way, None), "constant field": (goldman, True), "ohmic": (nernst, True),
    "by affinity": (by_affinity, None),
    "King-Altman": (king_altman, None), "Q10": (warmed, None), "written out": (written_out, None),
}  # fmt: skip


def sound(draw: Draw) -> tuple[str, Claim]:
    """A published-style law that obeys the second law."""
    kind = draw.choice(sorted(FORMS))
    made, charged = FORMS[kind]
    b, energy = blank(draw, charged=charged)
    return kind, replace(b, flux=made(draw, b, energy))
