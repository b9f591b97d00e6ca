"""Units in the form of the CF conventions, as netCDF files hold them."""

from __future__ import annotations

import re

from .quantities import Q
from .registry import registry

_CF_UNIT = re.compile(r"[A-Za-zµ°%]+(-?[0-9]+)?(\s+[A-Za-zµ°%]+(-?[0-9]+)?)*")


def udunits(unit: str) -> str:
    """The unit in the form of the CF conventions: ``fmol s-1``, ``1`` for a pure number."""
    parts = dict(Q(1.0, unit).unit_items())
    symbol = registry().get_symbol
    ordered = sorted(parts.items(), key=lambda part: -float(part[1]))  # type: ignore[arg-type]
    return " ".join(symbol(n) if p == 1 else f"{symbol(n)}{p:g}" for n, p in ordered) or "1"


def from_udunits(unit: str) -> str:
    """The unit of a CF attribute as :func:`Q` reads it: ``fmol s-1`` becomes ``fmol*s**-1``.

    Units in another form are returned unchanged.
    """
    text = unit.strip()
    if not _CF_UNIT.fullmatch(text):
        return unit
    return re.sub(r"\s+", "*", re.sub(r"([A-Za-zµ°%])(-?[0-9]+)", r"\1**\2", text))
