"""The ranges of voltage and concentrations over which an audit is asked for, ``audit(over=…)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import dimension as d
from .. import errors, units
from ..declare.solute_names import dotted, renamed
from .claim import Claim

Ranges = Mapping[str, tuple[float, float]]  # low and high by name of a level [mM], or "V" [V]
_LEVELS = "'V' or a participant, such as 'Na@cell', 'cell.Na' or, at one membrane, 'Na@in'"


def parse_ranges(
    over: Mapping[str, Any], every: Sequence[Claim], sides: Sequence[tuple[str, str]] = ()
) -> dict[str, tuple[float, float]]:
    """Low and high by the name of a level, from ``over``, in which participants may be named in
    every accepted way.
    """
    example = "over={'V': (Q(-100, 'mV'), Q(50, 'mV'))}"
    errors.expect(over, Mapping, "audit(over=…)", "{name: (low, high)}", example)
    levels = ("V", *(level.name for claim in every for level in claim.levels))
    names = {dotted(name, ())[0]: name for name in levels}
    resolved = renamed(over, sides, names, "audit(over=…)")
    ranges = {}
    for written, (given, pair) in zip(over, resolved.items(), strict=True):
        where = f"audit(over={{{errors.shown(written)}: …}})"
        if not isinstance(given, str) or given not in names:
            errors.among(given, list(names.values()), where, _LEVELS)
        name = names.get(given, given)
        ranges[name] = _low_and_high(name, pair, where)
    return ranges


def _low_and_high(name: str, pair: Any, where: str) -> tuple[float, float]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise errors.WrongType(
            where=where,
            wanted="a pair of quantities, low and high",
            got=errors.shown(pair),
            advice="(Q(1, 'mM'), Q(150, 'mM'))",
        )
    dimension = d.VOLTAGE if name == "V" else d.CONCENTRATION
    low, high = (units.scalar(q, dimension, where) for q in pair)
    if not low < high or (name != "V" and low <= 0):
        raise errors.OutOfDomain(
            where=where,
            wanted="low < high" + ("" if name == "V" else ", both above zero"),
            got=errors.shown(pair),
            advice="the smaller number first",
        )
    return low, high
