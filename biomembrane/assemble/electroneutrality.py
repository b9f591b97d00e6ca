"""The electroneutral closure, C → 0: φ of a place without a capacitor is where ΣI = 0."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import sympy as sp

from .. import errors, symbols
from ..declare.reduced_affinity import exact
from ..declare.transporter import Process
from .state import StateVariable
from .weighted_sum import weighted


def neutralised(
    model: str,
    states: tuple[StateVariable, ...],
    processes: Sequence[Process],
    neutral: Collection[str],
) -> tuple[StateVariable, ...]:
    """The state vector with ΣI = 0 for the potentials of the places that hold no charge.

    Raises ``NoVoltage`` where nothing carries a current into one.
    """
    if not neutral:
        return states
    terms: dict[str, list[tuple[sp.Expr, sp.Expr]]] = {n: [] for n in neutral}
    for p in processes:
        for place, z in p.charge_moved.items():
            if place in terms:
                terms[place].append(
                    (z if isinstance(z, sp.Expr) else exact(z), symbols.flux(p.name))
                )
    changed = {}
    for place, currents in terms.items():
        if not currents:
            raise errors.NoVoltage(
                where=f"Model({model!r}), place {place!r}",
                wanted="a process that carries charge into it: V is where these currents cancel",
                got="none, and no capacitance",
                advice="a leak of an ion, or a capacitance above zero",
                membrane="",
            )
        changed[f"{place}.potential"] = weighted(currents)
    return tuple(replace(x, constraint=changed[x.name]) if x.name in changed else x for x in states)
