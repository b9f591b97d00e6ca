"""The cause of a residual, read off its terms.

ε/RT is a constant, a multiple of V and multiples of ln c; each kind of mistake leaves its own
pattern.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import constants
from .claim import Claim, Level
from .evaluation import PRESSURE
from .residual import EXACT, Residual

ROUNDING = 0.05  # kJ/mol
WARMER = 15.0  # K: the distance at which the error of a temperature factor is given
SMALL = 1e-4  # of an order or of an elementary charge: less is rounding
THOUSAND = math.log(1e3)
PH = (6.3, 8.2)  # range of pH of cells and of tabulated standard energies


@dataclass(frozen=True)
class Excess:
    """The terms of ε in usual units: kJ/mol at 1 M and 0 mV, elementary charges inward, orders by
    species.

    ``strange``: the terms of ε/RT in quantities other than the voltage and the concentrations, by
    their logarithm, or by themselves where they may be negative.
    """

    constant: float
    charge: float
    orders: dict[str, float]
    RT: float  # kJ/mol
    temperature: float
    strange: dict[str, float]

    @property
    def orders_wrong(self) -> bool:
        return bool(self.strange) or any(self.orders.values())

    @property
    def terms(self) -> dict[str, float]:
        terms = {"constant": self.constant} if abs(self.constant) > 1e-6 else {}
        terms |= {"charge": self.charge} if self.charge else {}
        return terms | {name: x for name, x in self.orders.items() if x} | self.strange


def excess(claim: Claim, error: Residual) -> Excess:
    """The terms of a residual, without those that are rounding."""
    RT = constants.GAS * claim.temperature / 1000
    names = {level.name for level in claim.levels}
    per_volt = error.terms.get("V", 0.0)
    charge = -per_volt * constants.GAS * claim.temperature / constants.FARADAY
    orders = {n: _snapped(x) for n, x in error.terms.items() if n in names}
    strange = {
        n: x
        for n, x in error.terms.items()
        if n not in {"", "V", *names} and abs(x) * (PRESSURE if n.startswith("P[") else 1) > SMALL
    }
    return Excess(error.terms[""] * RT, _snapped(charge), orders, RT, claim.temperature, strange)


def _snapped(x: float) -> float:
    near = round(x * 2) / 2
    return near if abs(x - near) < SMALL else x


def cause(claim: Claim, error: Residual, e: Excess) -> tuple[str, str]:
    """The cause in one word, and in a sentence."""
    multiple = _multiple(error)
    # before Q10, for the temperature dependence of a swapped standard energy is swapped as well
    if multiple is not None and abs(multiple + 1) < SMALL:
        return (
            "direction",
            "r⁺/r⁻ = e^(−A/RT): forward and reverse are swapped, the flux runs uphill everywhere",
        )
    if claim.paired and claim.kind != "cycle" and multiplied(error):
        text = (
            f"r⁺/r⁻ = exp({multiplied(error):g} A/RT): one-way rates must have exp(A/RT), a net"
            " flux only its sign"
        )
        return "order", text
    if abs(error.warming) * WARMER * e.RT >= ROUNDING:
        text = (
            f"r⁺/r⁻ changes with temperature {math.exp(10 * error.warming):.3g}-fold per 10 K more"
            " than exp(A/RT) does: the Q10 of the two directions are inconsistent; the error is"
            f" that {WARMER:g} K away"
        )
        return "Q10", text
    wrong = {n: x for n, x in e.orders.items() if x}
    if _decadic(claim, e):
        text = (
            "log10 is used in place of ln, or the reverse: a factor of ln 10 = 2.303 between the"
            " voltage and the logarithms"
        )
        return "unit", text
    if wrong or e.strange:
        return _orders(claim, e, wrong)
    charged = abs(e.charge) * constants.FARADAY * 1e-4  # kJ/mol at 100 mV
    if charged > max(ROUNDING, 0.02 * abs(e.constant)):
        word, text = _charge(claim, e)
        if abs(e.constant) > ROUNDING:
            text += f"; in addition a constant of {e.constant:+.3g} kJ/mol"
        return word, text
    return _constant(claim, e)


def _decadic(claim: Claim, e: Excess) -> bool:
    """Whether all orders, or the charge alone, are wrong by a factor ln 10 or its inverse."""
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


def _multiple(error: Residual) -> float | None:
    """k where ln(r⁺/r⁻) = k·A/RT."""
    if not error.reduced_affinity:
        return None
    top = max(error.reduced_affinity, key=lambda n: abs(error.reduced_affinity[n]))
    if abs(error.reduced_affinity[top]) < EXACT:  # the affinity is zero up to rounding
        return None
    k = error.terms[top] / error.reduced_affinity[top]
    off = max(abs(error.terms[n] - k * x) for n, x in error.reduced_affinity.items())
    return 1 + k if off < 1e-5 * abs(error.reduced_affinity[top]) else None


def multiplied(error: Residual) -> float | None:
    """k > 0, k ≠ 1, where r⁺/r⁻ = e^{kA/RT}: the flux has the sign of A all the same."""
    k = _multiple(error)
    return k if k is not None and k > 0 and abs(k - 1) > SMALL else None


def off_multiple(error: Residual, k: float) -> float:
    """|A/RT| where ln(r⁺/r⁻), which is k·A/RT and a constant, vanishes."""
    return abs(error.terms[""] - (k - 1) * error.reduced_affinity[""]) / k


def _orders(claim: Claim, e: Excess, wrong: dict[str, float]) -> tuple[str, str]:
    levels = {level.name: level for level in claim.levels}
    swapped = [n for n in wrong if _swapped(levels, e, n)]
    if swapped:
        species = " and ".join(dict.fromkeys(n.partition("@")[0] for n in swapped))
        return (
            "sides",
            f"{species} of the two sides are swapped: the rates take the inside for the outside",
        )
    remarks = []
    for name, x in wrong.items():
        law, due = -levels[name].change + x, -levels[name].change
        if law == 0:
            replaced = _replaced_concentration(e, wrong, name)
            remarks.append(f"{name} is missing from r⁺/r⁻ (order {due:g} is expected){replaced}")
        else:
            remarks.append(f"{name} enters r⁺/r⁻ with order {law:g} where the reaction has {due:g}")
    remarks += [f"r⁺/r⁻ and A/RT depend differently on {name}" for name in e.strange]
    if e.charge:
        remarks.append(
            f"the voltage enters with {claim.charge + e.charge:g} e per turnover where"
            f" {claim.charge:g} cross"
        )
    return "order", "; ".join(remarks)


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


def _replaced_concentration(e: Excess, wrong: dict[str, float], name: str) -> str:
    """The concentration that a constant replaces, where only one species is missing."""
    if len(wrong) > 1 or e.strange or abs(e.constant) < ROUNDING:
        return ""
    c = constants.STANDARD_CONCENTRATION * math.exp(-e.constant / e.RT / wrong[name])
    return f"; a constant replaces it, worth {c:.3g} mM" if 1e-6 < c < 1e4 else ""


def _charge(claim: Claim, e: Excess) -> tuple[str, str]:
    due, law = claim.charge, claim.charge + e.charge
    text = f"r⁺/r⁻ senses {law:.4g} e per turnover, while {due:g} cross to the inside"
    if abs(law + due) < SMALL:
        return "voltage sign", f"the voltage enters with the wrong sign: {text}"
    if abs(law) < SMALL:
        return "charge", f"the voltage is left out: {text}"
    if due:
        decades = math.log10(abs(law / due))
        if abs(decades - 3 * round(decades / 3)) < 0.03 and round(decades / 3):
            return "unit", f"the voltage is off by a power of a thousand (mV for V): {text}"
        kelvin = e.temperature * due / law
        if 273 <= kelvin <= 320 and abs(law / due - 1) < 0.12:
            return "charge", f"{text}; F/RT taken at {kelvin:.1f} K would explain this"
    return "charge", text


def _constant(claim: Claim, e: Excess) -> tuple[str, str]:
    """The cause of an error that is a constant."""
    size, x = abs(e.constant), abs(e.constant) / e.RT
    if size < ROUNDING:
        return "rounding", f"closes to {1000 * e.constant:+.2g} J/mol: rounding of the digits given"
    changes = {level.name.partition("@")[0]: 0 for level in claim.levels}
    for level in claim.levels:
        changes[level.name.partition("@")[0]] += level.change
    protons = abs(sum(changes.get(name, 0) for name in ("H", "H+", "H⁺", "proton")))
    pH = x / math.log(10) / (protons or 1)
    thousands = round(x / THOUSAND)
    off = f"off by {e.constant:+.4g} kJ/mol"
    if thousands and abs(x - thousands * THOUSAND) * e.RT < ROUNDING:
        return "unit", (
            f"{off} = {thousands}·RT ln 10³: a concentration or constant is off by a power of a"
            " thousand (mM for M)"
        )
    if PH[0] <= pH <= PH[1] and (protons or _splits_phosphate(claim)):
        close = f"close to {f'{protons}·' if protons > 1 else ''}RT ln 10^pH (pH {pH:.3g})"
        return "convention", (
            f"{off}, {close}: an apparent standard energy ΔG°′ together with explicit H⁺, or the"
            " reverse"
        )
    if claim.kind == "cycle":
        factor = math.exp(e.constant / e.RT)
        return "constant", f"the loop does not close: Π k⁺/Π k⁻ is {factor:.4g} times exp(A/RT)"
    return "constant", (
        f"the constants imply a standard energy that is {off}: the Haldane relation is violated"
    )


def _splits_phosphate(claim: Claim) -> bool:
    """Whether a nucleotide changes, whose energies are tabulated with and without H⁺."""
    changed = {level.name.partition("@")[0].lower() for level in claim.levels if level.change}
    return any(name.endswith("atp") for name in changed) or any(
        name.endswith(("nadh", "nadph")) for name in changed
    )
