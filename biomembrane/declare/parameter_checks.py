"""Checks of declared parameters: usual values, and one parameter of each name."""

from __future__ import annotations

import math

from .. import errors, units
from ..dimension import CONCENTRATION
from .parameter import Declared


def check_usual(p: Declared, value: float, where: str) -> None:
    """Warn with :class:`~biomembrane.errors.Unusual` of a temperature, a potential or a content of
    a place that hardly any cell has.
    """
    owners = ("the compartment", "the reservoir")
    if p.dimension == CONCENTRATION and p.owner.startswith(owners):
        kind = "content"
    else:
        kind = "temperature" if p.name == "temperature" else p.name.rpartition(".")[2]
    lowest, highest, unit = _USUAL.get(kind, (-math.inf, math.inf, ""))
    if not lowest <= value <= highest:
        given = errors.shown(units.restore(value, p.unit))
        least, most = (f"{units.restore(x, unit):g~P}" for x in (lowest, highest))
        span = f"{least} to {most}" if lowest else f"at most {most}"
        hint = f"; is '{value:g} degC' meant?" if kind == "temperature" and value < 100 else ""
        errors.unusual(f"{where} = {given}, where cells have {span}{hint}")


# lowest and highest in the internal system, and a unit to print
_USUAL = {
    "temperature": (250.0, 400.0, "K"),
    "potential": (-1.0, 1.0, "V"),
    "content": (0.0, 2e4, "M"),
}


def joined(first: Declared, second: Declared, where: str) -> Declared:
    """The first of two parameters declared under one name.

    Raises ``DuplicateName`` unless they are the same parameter of the same owner.
    """
    same_owner = first.owner == second.owner
    alike = all(
        getattr(first, name) == getattr(second, name)
        for name in ("value", "dimension", "dependence", "coefficients")
    )
    if same_owner and alike:
        return first
    texts = [errors.shown(first.quantity), errors.shown(second.quantity)]
    if texts[0] == texts[1] and first.value != second.value:
        in_one_unit = (first.quantity.magnitude, second.quantity.to(first.unit).magnitude)
        texts = [f"{number} {first.unit}" for number in errors.apart(*in_one_unit)]
    if same_owner:
        key = first.name.rpartition(".")[2]
        raise errors.DuplicateName(
            where=where,
            wanted="one value for one name",
            got=" and ".join(texts),
            advice=f"another key than {key!r} for one of the two",
        )
    raise errors.DuplicateName(
        where=where,
        wanted="one owner of each dotted name",
        got=f"{texts[0]} of {first.owner} and {texts[1]} of {second.owner}",
        advice="give one of the two objects another name",
    )
