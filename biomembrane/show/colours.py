"""One fixed colour per ion, dashes, shades, and colours that are readable as text."""

from __future__ import annotations

import re
import zlib
from typing import Any

# Okabe and Ito for the ions; the others lie at least 20 CIE units away, for normal sight and for
# deuteranopia.
COLOURS: dict[str, str] = {
    "Na": "#0072B2", "K": "#D55E00", "Cl": "#009E73", "Ca": "#CC79A7", "H": "#E69F00",
    "glucose": "#882255", "ATP": "#7A6000", "charge": "#222222", "heat": "#8A8078",
}  # fmt: skip
OTHERS = ("#56B4E9", "#332288", "#117733", "#999933", "#AA4499")
GREY = "#888888"
DASHES: tuple[Any, ...] = (
    "-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2)), (0, (10, 2)), (0, (2, 2)),
    (0, (5, 1.2, 1, 1.2, 1, 1.2)), (0, (1, 3)),
    (0, (10, 1.5, 3, 1.5)),
)  # fmt: skip
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def colour_of(name: str) -> str:
    """The colour of a species or of the store that is named after it: 'Na', 'cell.Na' and 'Na⁺
    gradient' are all blue.
    """
    plain = re.sub(r"[⁰¹²³⁴-⁹]*[⁺⁻]|\d*[+-](?![\w])", "", name).translate(
        _LOWERED
    )  # without the charge
    words = re.findall(r"[A-Za-z]+\d*", plain)
    canonical = {key.lower(): key for key in COLOURS}
    for word in reversed(words) if "." in name else words:
        if word in COLOURS or (len(word) > 2 and word.lower() in canonical):
            return COLOURS[canonical[word.lower()]]
    if "potential" in name or "electric" in name:
        return COLOURS["charge"]
    return OTHERS[zlib.crc32((words[0] if words else name).encode()) % len(OTHERS)]


def ink(colour: str, shade: float = 0.25) -> str:
    """``colour`` darkened towards black by the fraction ``shade``, for text that is read on
    white.
    """
    return "#" + "".join(
        f"{round(int(colour[i : i + 2], 16) * (1 - shade)):02X}" for i in (1, 3, 5)
    )


def shades(colour: str, count: int) -> list[str]:
    """A colour from dark to light, for lines of one kind; a dark one begins as it is."""
    darkest = 0.5 if luminance(colour) > 0.06 else 0.0
    colours = []
    for k in range(count):
        part = darkest - (darkest + 0.45) * k / max(count - 1, 1) if count > 1 else 0.0
        colours.append(ink(colour, part) if part >= 0 else _paler(colour, -part))
    return colours


def _paler(colour: str, share: float) -> str:
    return "#" + "".join(
        f"{round(255 - (255 - int(colour[i : i + 2], 16)) * (1 - share)):02X}" for i in (1, 3, 5)
    )


def luminance(colour: str) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable(colour: str) -> str:
    """The colour, darkened until text in it stands out from white (contrast 4.5:1 or more)."""
    darker = ink(colour)
    while luminance(darker) > 0.18:
        darker = ink(darker, 0.1)
    return darker


def lightness(colour: str) -> float:
    """L* of CIELAB, 0 for black to 100 for white."""
    Y = luminance(colour)
    return 116 * Y ** (1 / 3) - 16 if Y > 0.008856 else 903.3 * Y
