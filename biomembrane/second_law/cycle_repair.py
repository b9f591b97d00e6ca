"""The repair of a kinetic diagram: rate constants projected on those that close every loop.

The corrections of ln(k⁺/k⁻) are the smallest by least squares; k⁺ and k⁻ of each step take half
each.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from .. import constants
from ..declare.cycle import Cycle
from ..declare.parameter import Parameter
from ..declare.source import Source
from ..units import as_quantity
from .audit import audit
from .cycles import attribute_error, loops
from .finding import Audit
from .repair_report import Repair


def repair_cycle(cycle: Cycle, before: Audit) -> Repair:
    """The repair of a hosted cycle whose loops do not close."""
    basis, every = loops(cycle, constants.BODY_TEMPERATURE)
    names = [p.step for p in cycle.processes]
    # by identity, for names of loops may be equal
    findings = {id(loop): finding for loop, finding in zip(every, before, strict=True)}
    off = [findings[id(loop)].terms.get("constant", 0.0) for loop in basis]
    corrections = attribute_error(basis, off, names, 0.0).corrections
    RT = constants.GAS * constants.BODY_TEMPERATURE / 1000
    exempt = {p.step for p in cycle.processes if p.certificate.exempt}
    steps, changed, close = [], [], list(cycle.close)
    for (text, given), name in zip(cycle.steps, names, strict=True):
        step = dict(given)
        for direction, share in (("forward", 0.5), ("reverse", -0.5)):
            if direction in given and abs(corrections[name]) > 1e-9:
                factor = math.exp(share * corrections[name] / RT)
                step[direction] = _scaled(given[direction], factor)
                full_name = f"{cycle.name}.{name}.{direction}"
                changed.append((full_name, _quantity(given[direction]), _quantity(step[direction])))
        steps.append((text, step))
        close += [text] if name in exempt else []
    repaired = replace(cycle, steps=steps, close=close, reason="")
    method = "rate constants projected on closed loops"
    return Repair(cycle, repaired, method, before, audit(repaired), tuple(changed))


def _quantity(given: Any) -> Any:
    if isinstance(given, Parameter):
        return given.quantity
    return as_quantity(given, "make_consistent(…)")


def _scaled(given: Any, factor: float) -> Parameter:
    """A rate constant times a factor, with the correction noted in its source."""
    note = f"times {factor:.6g}, so that every loop closes"
    source = given.source if isinstance(given, Parameter) else None
    if source is not None and source.citation:
        note = f"{source.note}; {note}" if source.note else note
        source = replace(source, kind="derived", note=note)
    else:
        source = Source("assumed", note=note)
    if isinstance(given, Parameter):
        return replace(given, quantity=_quantity(given) * factor, source=source)
    return Parameter(_quantity(given) * factor, source)
