"""Published-style fluxes drawn at random: sound ones, of which none may be flagged, and ones with a
fault planted, of which none may pass.

    PYTHONPATH=tests python tests/planted.py --faults 200 --sound 100 --seed 1

A sound law is a form of the literature over a random reaction with random numbers.  A fault spoils
it in a way that the gallery does not: in a thin slice, by a high power, in one direction only, by a
factor that changes its sign, by a logarithm of another base.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp
from gallery import RT, V, exp, q10, sides, u
from planted_forms import Draw, blank, excluding, filled, hill, nernst, number, pair, sound, two_way

import biomembrane as bm
from biomembrane import constants
from biomembrane.second_law.claim import Claim
from biomembrane.symbols import F, R, T, c0

PASSING = ("proven", "consistent")
WARMTHS = (288.15, 298.15, 310.15)  # K, at which faults are audited


# --- faults


def bump(draw: Draw, b: Claim) -> Any:
    """1 in a slice of 0.1 mV or of some 1 % of a concentration (1 µM of 0.1 mM), next to 0
    elsewhere.
    """
    if draw.random() < 0.5:
        return exp(-(((V - sp.Float(round(0.24 * draw.random() - 0.12, 4))) / sp.Float(1e-4)) ** 2))
    x = draw.choice([x for x in b.levels if x.change])
    at = sp.Float(x.usual * 10 ** (1.6 * draw.random() - 0.8))
    return exp(-(((x.symbol - at) / (at / 100)) ** 2))


def thin_factor(draw: Draw, b: Claim, energy: Any) -> Any:
    return two_way(draw, b, energy) * (1 - number(draw, 1.5, 5) * bump(draw, b))


def thin_side(draw: Draw, b: Claim, energy: Any) -> Any:
    up, down = pair(draw, b, energy)
    return (up * (1 + number(draw, 1, 9) * bump(draw, b)) - down) / filled(draw, b)


def high_power(draw: Draw, b: Claim, energy: Any) -> Any:
    """A term that is small in all of the range but its edge."""
    up, down = pair(draw, b, energy)
    x = draw.choice([x for x in b.levels if x.change])
    return (up - down * (1 + (x.symbol / (9.5 * x.usual)) ** draw.randint(20, 60))) / excluding(
        draw, b
    )


def one_way_warming(draw: Draw, b: Claim, energy: Any) -> Any:
    up, down = pair(draw, b, energy)
    return (q10(float(number(draw, 1.5, 4))) * up - down) / filled(draw, b)


def turning(draw: Draw, b: Claim, energy: Any) -> Any:
    x = draw.choice([x for x in b.levels if x.change])
    z = x.symbol / (x.usual * number(draw, 0.3, 6))
    return two_way(draw, b, energy) * draw.choice(
        [1 - z, 1 - z**4, sp.Float(0.3) - 1 / (1 + z), sp.cos(z) + sp.Float(0.2)]
    )


def other_half(draw: Draw, b: Claim, energy: Any) -> Any:
    """Another half-saturation in the denominator of one direction."""
    up, down = pair(draw, b, energy)
    x = b.levels[0]
    k = number(draw)
    return up / (1 + x.symbol / (k * x.usual)) - down / (
        1 + x.symbol / (k * number(draw, 1.5, 4) * x.usual)
    )


def decadic(draw: Draw, b: Claim, energy: Any) -> Any:
    return nernst(draw, b, energy).replace(
        lambda e: isinstance(e, sp.log), lambda e: e / sp.Float(2.302585092994046)
    )


def missing(draw: Draw, b: Claim, energy: Any) -> Any:
    up, down = pair(draw, b, energy)
    x = draw.choice([x for x in b.levels if x.change])
    return (up - down * (x.symbol / x.usual) ** draw.choice([-1, 1, 2])) / filled(draw, b)


def extra_path(draw: Draw, b: Claim, energy: Any) -> Any:
    """A small one-way path beside a sound one."""
    up, down = pair(draw, b, energy)
    return (up - down) / filled(draw, b) + number(draw, 1e-3, 1e-1) * draw.choice([up, -down])


def shifted(draw: Draw, b: Claim, _: Any) -> Any:
    return hill(draw, b) * sp.tanh(
        b.reduced_affinity / 2 + draw.choice([-1, 1]) * number(draw, 0.05, 1)
    )


def fixed_heat(draw: Draw, b: Claim, energy: Any) -> Any:
    """The voltage in units of 25.7 mV plus a factor, whatever the temperature."""
    up, down, scale = sides(b)
    v = V / sp.Float(0.0257) * number(draw, 1.05, 1.3)
    return (
        number(draw)
        * (up * exp(-b.charge * v / 2) - down * scale * exp(energy / RT + b.charge * v / 2))
        / filled(draw, b)
    )


def power_of_ratio(draw: Draw, b: Claim, energy: Any) -> Any:
    """One direction to a power."""
    up, down = pair(draw, b, energy)
    return (up ** number(draw, 1.1, 2) - down) / filled(draw, b)


SPOILT: dict[str, tuple[Callable[..., Any], bool | None]] = {
    "thin factor": (thin_factor, True), "thin side": (thin_side, True),
    "high power": (high_power, None), "Q10 on one side": (one_way_warming, None),
    "factor that turns": (turning, None), "K on one side": (other_half, None),
    "log10": (decadic, True), "term missing": (missing, None),
    "one-way path": (extra_path, None), "shift": (shifted, None), "F/RT": (fixed_heat, True),
    "power": (power_of_ratio, None),
}  # fmt: skip


def fault(draw: Draw, kind: str, kelvin: float) -> Claim:
    """At the temperature at which it is audited."""
    made, charged = SPOILT[kind]
    b, energy = blank(draw, charged=charged)
    b = replace(b, temperature=kelvin)
    law = made(draw, b, energy)
    return (
        replace(b, forward=law[0], reverse=law[1])
        if isinstance(law, tuple)
        else replace(b, flux=law)
    )


# --- rounds


def judged(claim: Claim) -> tuple[str, str, float]:
    """Verdict, cause and seconds."""
    begun = time.process_time()
    (found,) = bm.audit(claim)
    return found.verdict, found.cause, time.process_time() - begun


def far_power(draw: Draw, b: Claim, energy: Any) -> Any:
    """Positive factors of the ratio X = r⁺/r⁻ less a high power with a small number, which wins in
    the far corner of the box alone.
    """
    up, down = pair(draw, b, energy)
    X, n = sp.powsimp(up / down), draw.randint(2, 4)
    small = sp.exp(-n * furthest(b) * sp.Float(round(0.5 + 0.4 * draw.random(), 3)))
    written = (
        sp.expand((X - 1) * (1 - sp.Float(float(small)) * X**n))
        if draw.random() < 0.5
        else (X - 1) * (1 - sp.Float(float(small)) * X**n)
    )
    return down * written / filled(draw, b)


def furthest(b: Claim) -> float:
    """A/RT in the corner of the box, without the standard energy."""
    at = {x.symbol: x.usual * (10.0 if x.change < 0 else 0.1) for x in b.levels}
    at |= {
        V: -0.15 if b.charge > 0 else 0.15,
        F: constants.FARADAY,
        R: constants.GAS,
        T: 310.15,
        c0: 1000.0,
    }
    return float(b.reduced_affinity.xreplace({s: sp.Float(x) for s, x in at.items()}))


def hidden(draw: Draw, b: Claim, energy: Any) -> Any:
    """A factor that is tiny where it turns, beside another that is large there: their product is
    neither.
    """
    n, small = draw.randint(3, 6), draw.random()
    g = exp(n * u) * (1 + sp.tanh(u) / number(draw, 2, 5)) - sp.Float(
        math.exp(-n * (3 + 2 * small))
    )
    x = draw.choice([x for x in b.levels if x.change])
    z, at = x.symbol / sp.Float(x.usual), 10 ** -(0.2 + 0.6 * small)
    h = z ** (2 * n) - sp.Float(at ** (2 * n))
    return two_way(draw, b, energy) * draw.choice([g * exp(-n * u), h / z ** (2 * n)])


def nearly_equal(draw: Draw, b: Claim, energy: Any) -> tuple[Any, Any]:
    """One-way rates with sums that nearly vanish somewhere, and whose numbers are the same but for
    a small share.
    """
    up, down = pair(draw, b, energy)
    x = draw.choice([x for x in b.levels if x.change])
    z, e = (
        x.symbol / sp.Float(x.usual * 10 ** (1.2 * draw.random() - 0.6)),
        10 ** -(3 + 10 * draw.random()),
    )
    one, other = (
        z**2 - (2 - sp.Float(e * k, 20)) * z + 1 for k in draw.choice([(1, 9), (5, 1), (1, 2)])
    )
    return up * one, down * other


def warm_field(draw: Draw, b: Claim, energy: Any) -> Any:
    """Voltage and temperature coupled: sound at the temperature of the audit, whatever the voltage,
    and at no other.
    """
    up, down = pair(draw, b, energy)
    warmth = (T - b.temperature) / number(draw, 10, 60)
    turn = 1 - number(draw, 20, 200) * sp.Max(
        0, sp.Abs(u) - sp.Float(0.15 * constants.FARADAY / (constants.GAS * float(b.temperature)))
    )
    return draw.choice(
        [
            up - down * exp(u**2 * warmth),
            up * exp(u * warmth) - down,
            (up - down) * turn,
            (up - down) * (1 + 3 * u * warmth),
        ]
    )


def at_the_edge(draw: Draw, b: Claim, energy: Any) -> Any:
    """A factor that turns within a few thousandths of the box's edge: of the voltage, a
    concentration or the temperature.
    """
    x = draw.choice([x for x in b.levels if x.change])
    by = sp.Float(1 - 10 ** -(2 + 1.5 * draw.random()))
    way = draw.choice([1, -1])
    turns = [
        by * sp.Float(0.15) - way * V,
        1 - x.symbol / (10 * by * sp.Float(x.usual)),
        x.symbol / sp.Float(x.usual) * by - sp.Float(0.1),
        (273.15 + 40 * by) - T,
    ]
    return two_way(draw, b, energy) * draw.choice(turns)


def kinked(draw: Draw, b: Claim, energy: Any) -> Any:
    """Kinks far from the middle of the box, beyond which the factor falls steeply."""
    x = draw.choice([x for x in b.levels if x.change])
    steep, z = number(draw, 50, 5000), x.symbol / sp.Float(x.usual)
    kinks = [
        sp.Max(0, sp.Abs(V) - sp.Float(0.145)) * 100,
        sp.Max(0, z - number(draw, 8, 9.7)),
        sp.Abs(z - 9) + z - 9,
    ]
    return two_way(draw, b, energy) * (1 - steep * draw.choice(kinks))


SPOILT |= {
    "far power": (far_power, None), "hidden factor": (hidden, True),
    "nearly equal": (nearly_equal, None), "T and V": (warm_field, True),
    "edge": (at_the_edge, True), "kink": (kinked, True),
}  # fmt: skip


def faults(
    count: int, seed: int, at: int = len(WARMTHS)
) -> list[tuple[str, int, Counter[str], float]]:
    """(kind, number, verdicts, longest time) of planted faults, kind after kind.

    Each is judged ``at`` so many of the temperatures, in turn.
    """
    kinds = sorted(SPOILT)
    made = []
    for k in range(count):
        kind = kinds[k % len(kinds)]
        warmths = [WARMTHS[(k + i) % len(WARMTHS)] for i in range(at)]
        told = [
            judged(fault(random.Random(seed * 100_000 + k), kind, kelvin)) for kelvin in warmths
        ]
        made.append(
            (
                kind,
                k,
                Counter(verdict for verdict, _, _ in told),
                max(seconds for *_, seconds in told),
            )
        )
    return made


def sounds(count: int, seed: int) -> list[tuple[str, int, str, float]]:
    made = []
    for k in range(count):
        kind, claim = sound(random.Random(seed * 100_000 + k))
        verdict, _, seconds = judged(claim)
        made.append((kind, k, verdict, seconds))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("faults", 200), ("sound", 100), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    spoilt, plain = faults(asked.faults, asked.seed), sounds(asked.sound, asked.seed)
    passed = [(kind, k) for kind, k, verdicts, _ in spoilt if any(v in PASSING for v in verdicts)]
    flagged = [(kind, k, verdict) for kind, k, verdict, _ in plain if verdict not in PASSING]
    total: Counter[str] = sum((verdicts for *_, verdicts, _ in spoilt), Counter())
    say = sys.stdout.write
    say(
        f"{len(spoilt)} faults at {len(WARMTHS)} temperatures: {dict(total)}; passed:"
        f" {passed or 'none'}\n"
    )
    say(
        f"{len(plain)} sound: {dict(Counter(v for *_, v, _ in plain))}; flagged:"
        f" {flagged or 'none'}\n"
    )
    say(f"longest: {max((s for *_, s in (*spoilt, *plain)), default=0.0):.2f} s\n")
    return 1 if passed or flagged else 0


if __name__ == "__main__":
    raise SystemExit(main())
