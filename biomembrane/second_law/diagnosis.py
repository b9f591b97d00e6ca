"""The cause of a residual, read off its terms.

ε/RT is a number, a multiple of V and multiples of ln c; each kind of mistake leaves a pattern of
its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import constants
from .claim import Claim, Level
from .evaluation import PRESSURE
from .residual import EXACT, Residual

ROUNDING = 0.05  # kJ/mol
WARMER = 15.0  # K, how far a temperature factor is followed
SMALL = 1e-4  # of an order or of an elementary charge, beside rounding
THOUSAND = math.log(1e3)
PH = (6.3, 8.2)  # the pH values at which standard energies are tabulated, and those of cells


@dataclass(frozen=True)
class Excess:
    """The terms of ε in the field's units: kJ/mol at 1 M and 0 mV, elementary charges inward,
    orders by species.
    """

    constant: float
    charge: float
    orders: dict[str, float]
    RT: float  # kJ/mol
    temperature: float
    #: of ε/RT on what is neither voltage nor a level: by its logarithm, or by itself where it may
    #: be negative
    strange: dict[str, float]

    @property
    def orders_wrong(self) -> bool:
        return bool(self.strange) or any(self.orders.values())

    @property
    def terms(self) -> dict[str, float]:
        made = {"constant": self.constant} if abs(self.constant) > 1e-6 else {}
        made |= {"charge": self.charge} if self.charge else {}
        return made | {name: x for name, x in self.orders.items() if x} | self.strange


def excess(claim: Claim, found: Residual) -> Excess:
    """What is left, without what is rounding."""
    RT = constants.GAS * claim.temperature / 1000
    names = {level.name for level in claim.levels}
    per_volt = found.terms.get("V", 0.0)
    charge = -per_volt * constants.GAS * claim.temperature / constants.FARADAY
    orders = {n: _snapped(x) for n, x in found.terms.items() if n in names}
    strange = {
        n: x
        for n, x in found.terms.items()
        if n not in {"", "V", *names} and abs(x) * (PRESSURE if n.startswith("P[") else 1) > SMALL
    }
    return Excess(found.terms[""] * RT, _snapped(charge), orders, RT, claim.temperature, strange)


def _snapped(x: float) -> float:
    near = round(x * 2) / 2
    return near if abs(x - near) < SMALL else x


def cause(claim: Claim, found: Residual, e: Excess) -> tuple[str, str]:
    """One word and a sentence."""
    multiple = _multiple(found)
    if (
        multiple is not None and abs(multiple + 1) < SMALL
    ):  # before Q10: a standard energy that is swapped as well warms the wrong way
        return (
            "direction",
            "r⁺/r⁻ = e^(−A/RT): forward and reverse are swapped, the flux runs uphill everywhere",
        )
    if claim.paired and claim.kind != "cycle" and multiplied(found):
        return (
            "order",
            (
                f"r⁺/r⁻ = exp({multiplied(found):g} A/RT): of one-way rates exp(A/RT) is asked, of"
                " a net flux its sign alone"
            ),
        )
    if abs(found.warming) * WARMER * e.RT >= ROUNDING:
        said = (
            f"r⁺/r⁻ changes with temperature {math.exp(10 * found.warming):.3g}-fold per 10 K more"
            " than A/RT does"
        )
        return (
            "Q10",
            (
                f"{said}: the Q10 of the two directions do not belong together; kJ/mol {WARMER:g} K"
                " away"
            ),
        )
    wrong = {n: x for n, x in e.orders.items() if x}
    if _decadic(claim, e):
        said = (
            "log10 stands where ln is due, or the other way round: a factor of ln 10 = 2.303"
            " between the voltage and the logarithms"
        )
        return "unit", said
    if wrong or e.strange:
        return _orders(claim, e, wrong)
    charged = abs(e.charge) * constants.FARADAY * 1e-4  # kJ/mol at 100 mV
    if charged > max(ROUNDING, 0.02 * abs(e.constant)):
        word, said = _charge(claim, e)
        return word, said + (
            f"; beside it a constant of {e.constant:+.3g} kJ/mol"
            if abs(e.constant) > ROUNDING
            else ""
        )
    return _constant(claim, e)


def _decadic(claim: Claim, e: Excess) -> bool:
    """Whether all orders, or the charge alone, are off by ln 10 or its inverse."""
    if e.strange:
        return False
    due = {level.name: -level.change for level in claim.levels if level.change}
    ratios = [1 + e.orders.get(n, 0.0) / x for n, x in due.items()]
    if not e.charge:
        pairs = [ratios]
    elif claim.charge and not any(e.orders.values()):
        pairs = [[1 + e.charge / claim.charge]]
    else:
        return False
    return any(
        rs and all(abs(r - f) < 1e-3 * f for r in rs)
        for rs in pairs
        for f in (math.log(10), 1 / math.log(10))
    )


def _multiple(found: Residual) -> float | None:
    """k where ln(r⁺/r⁻) = k·A/RT."""
    if not found.reduced_affinity:
        return None
    top = max(found.reduced_affinity, key=lambda n: abs(found.reduced_affinity[n]))
    if abs(found.reduced_affinity[top]) < EXACT:  # no affinity at all, but for rounding
        return None
    k = found.terms[top] / found.reduced_affinity[top]
    off = max(abs(found.terms[n] - k * x) for n, x in found.reduced_affinity.items())
    return 1 + k if off < 1e-5 * abs(found.reduced_affinity[top]) else None


def multiplied(found: Residual) -> float | None:
    """k > 0, k ≠ 1, where r⁺/r⁻ = e^{kA/RT}: the flux has the sign of A all the same."""
    k = _multiple(found)
    return k if k is not None and k > 0 and abs(k - 1) > SMALL else None


def off_multiple(found: Residual, k: float) -> float:
    """By how much A/RT differs from 0 where k·A/RT with what is left beside it vanishes."""
    return abs(found.terms[""] - (k - 1) * found.reduced_affinity[""]) / k


def _orders(claim: Claim, e: Excess, wrong: dict[str, float]) -> tuple[str, str]:
    levels = {level.name: level for level in claim.levels}
    swapped = [n for n in wrong if _swapped(levels, e, n)]
    if swapped:
        species = " and ".join(dict.fromkeys(n.partition("@")[0] for n in swapped))
        return (
            "sides",
            f"{species} of the two sides are swapped: the rates take the inside for the outside",
        )
    said = []
    for name, x in wrong.items():
        law, due = -levels[name].change + x, -levels[name].change
        if law == 0:
            said.append(
                f"{name} is left out of r⁺/r⁻ (order {due:g} is due){_baked(e, wrong, name)}"
            )
        else:
            said.append(f"{name} enters r⁺/r⁻ with order {law:g} where the reaction has {due:g}")
    said += [f"r⁺/r⁻ and A/RT do not depend alike on {name}" for name in e.strange]
    if e.charge:
        said.append(
            f"the voltage with {claim.charge + e.charge:g} e per turnover where {claim.charge:g}"
            " cross"
        )
    return "order", "; ".join(said)


def _swapped(levels: dict[str, Level], e: Excess, name: str) -> bool:
    species = name.partition("@")[0]
    others = [n for n in levels if n.partition("@")[0] == species and n != name]
    if len(others) != 1:
        return False
    other = others[0]
    return all(
        abs(-levels[a].change + e.orders.get(a, 0.0) + levels[b].change) < SMALL
        for a, b in ((name, other), (other, name))
    )


def _baked(e: Excess, wrong: dict[str, float], name: str) -> str:
    """The concentration that a constant stands for, where one species alone is left out."""
    if len(wrong) > 1 or e.strange or abs(e.constant) < ROUNDING:
        return ""
    c = constants.STANDARD_CONCENTRATION * math.exp(-e.constant / e.RT / wrong[name])
    return f"; a number stands for it, worth {c:.3g} mM" if 1e-6 < c < 1e4 else ""


def _charge(claim: Claim, e: Excess) -> tuple[str, str]:
    due, law = claim.charge, claim.charge + e.charge
    said = f"r⁺/r⁻ senses {law:.4g} e per turnover, while {due:g} cross to the inside"
    if abs(law + due) < SMALL:
        return "voltage sign", f"the voltage enters with the wrong sign: {said}"
    if abs(law) < SMALL:
        return "charge", f"the voltage is left out: {said}"
    if due:
        decades = math.log10(abs(law / due))
        if abs(decades - 3 * round(decades / 3)) < 0.03 and round(decades / 3):
            return "unit", f"the voltage is off by a power of a thousand (mV for V): {said}"
        warm = e.temperature * due / law
        if 273 <= warm <= 320 and abs(law / due - 1) < 0.12:
            return "charge", f"{said}; F/RT taken at {warm:.1f} K would do this"
    return "charge", said


def _constant(claim: Claim, e: Excess) -> tuple[str, str]:
    size, x = abs(e.constant), abs(e.constant) / e.RT
    if size < ROUNDING:
        return "rounding", f"closes to {1000 * e.constant:+.2g} J/mol: rounding of the digits given"
    protons = abs(
        sum(
            level.change
            for level in claim.levels
            if level.name.partition("@")[0] in ("H", "H+", "H⁺", "proton")
        )
    )  # made or used
    pH = x / math.log(10) / (protons or 1)
    thousands = round(x / THOUSAND)
    if thousands and abs(x - thousands * THOUSAND) * e.RT < ROUNDING:
        return (
            "unit",
            (
                f"off by {e.constant:+.4g} kJ/mol = {thousands}·RT ln 10³: a concentration or"
                " constant in another power of a thousand (mM for M)"
            ),
        )
    if PH[0] <= pH <= PH[1] and (protons or _splits_phosphate(claim)):
        close = f"close to {f'{protons}·' if protons > 1 else ''}RT ln 10^pH (pH {pH:.3g})"
        return (
            "convention",
            (
                f"off by {e.constant:+.4g} kJ/mol, {close}: an apparent standard energy ΔG°′ beside"
                " explicit H⁺, or the reverse"
            ),
        )
    if claim.kind == "cycle":
        return (
            "constant",
            (
                f"the loop does not close: Π k⁺/Π k⁻ is {math.exp(e.constant / e.RT):.4g} times"
                " what its affinity asks"
            ),
        )
    return (
        "constant",
        (
            f"the constants imply a standard energy that is off by {e.constant:+.4g} kJ/mol:"
            " Haldane's relation is not kept"
        ),
    )


def _splits_phosphate(claim: Claim) -> bool:
    """Whether a nucleotide is split or made, whose energies come with and without H⁺."""
    changed = {level.name.partition("@")[0].lower() for level in claim.levels if level.change}
    return any(name.endswith("atp") for name in changed) or any(
        name.endswith(("nadh", "nadph")) for name in changed
    )
