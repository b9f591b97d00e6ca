"""Species, numbers and units in print."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from ..numerals import raised, typeset

IONS = {
    "Na": "Na⁺", "K": "K⁺", "Cl": "Cl⁻", "Ca": "Ca²⁺", "H": "H⁺", "Mg": "Mg²⁺", "Li": "Li⁺",
    "Rb": "Rb⁺", "Cs": "Cs⁺",
    "HCO3": "HCO₃⁻", "NH4": "NH₄⁺", "OH": "OH⁻", "Br": "Br⁻", "I": "I⁻", "F": "F⁻", "NO3": "NO₃⁻",
    "Zn": "Zn²⁺", "Ba": "Ba²⁺",
}  # fmt: skip
_PREFIXES = ("a", "f", "p", "n", "µ", "m", "", "k", "M", "G")


def pretty(species: str) -> str:
    """A species as it is printed: Na becomes Na⁺."""
    return IONS.get(species, species)


def digits(value: float) -> str:
    """``value`` to three significant digits, with a true minus sign and ×10ⁿ where it is very large
    or small.
    """
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size == 0:
        return "0"
    if not 1e-3 <= size < 1e5:
        return typeset(f"{value:.1e}", "×")
    decimals = max(
        0, 2 - math.floor(math.log10(float(f"{size:.2e}")))
    )  # of the rounded number: 9.999 is 10.0
    return typeset(f"{value:.{decimals}f}")


def percent(share: float) -> str:
    """A share in per cent with two or three significant digits: 62 %, 7.0 %, 0.35 %."""
    return (
        f"{100 * share:.0f} %"
        if share >= 0.0995
        else f"{100 * share:.1f} %"
        if share >= 0.00995
        else f"{100 * share:.2g} %"
    )


def scaled(unit: str, peak: float) -> tuple[float, str]:
    """Factor and unit that bring ``peak`` [unit] between 1 and 1000: ('pJ', 2e4) gives (1e-3,
    'nJ').

    The unit stays where the numbers are easily read already (0.1 to 1000) or where it has no SI
    prefix to move.
    """
    match = re.match(r"(a|f|p|n|µ|u|m|k|M|G)?(J|mol|M|L|W|A)\b(.*)", unit)
    if match is None or not math.isfinite(peak) or peak == 0 or 0.1 <= abs(peak) < 1000:
        return 1.0, unit
    here = _PREFIXES.index((match[1] or "").replace("u", "µ"))
    steps = math.floor(math.log10(abs(peak)) / 3 + 1e-12)
    there = min(max(here + steps, 0), len(_PREFIXES) - 1)
    return 1000.0 ** (here - there), _PREFIXES[there] + match[2] + match[3]


def unit_text(unit: str) -> str:
    """A CF unit as it is printed: 'fmol s-1' becomes 'fmol s⁻¹', '1' becomes nothing."""
    return "" if unit == "1" else re.sub(r"(?<=[A-Za-z])-?\d+\b", lambda m: raised(m[0]), unit)


def four_digits(x: float) -> str:
    """A number in four digits, without an exponent where it is easily read."""
    if x and not 1e-3 <= abs(x) < 1e6:
        return digits(x)
    return np.format_float_positional(float(f"{x:.4g}"), trim="-").replace("-", "−")


def time_unit(time: float) -> tuple[float, str]:
    """Factor and unit for an axis that spans ``time`` [s]."""
    for limit, factor, unit in (
        (1.0, 1e3, "ms"),
        (180.0, 1.0, "s"),
        (3 * 3600.0, 1 / 60, "min"),
        (72 * 3600.0, 1 / 3600, "h"),
    ):
        if time <= limit:
            return factor, unit
    return 1 / 86400, "d"


def tick_texts(at: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as the finest of them needs."""
    if at and not 1e-3 <= max(map(abs, at)) < 1e5:
        return [digits(x) for x in at]
    decimals = max(
        (len(f"{x:.6g}".partition(".")[2]) for x in at if "e" not in f"{x:.6g}"), default=0
    )
    return [f"{x:.{decimals}f}".replace("-", "−") for x in at]
