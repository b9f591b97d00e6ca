"""Charge coordinates Q_s of carrier states: as given by state, or from the charge that each step
moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from .. import errors
from .diagram import Diagram
from .diagram_steps import Step, charges
from .places import Place

ROUNDING = 1e-9  # elementary charges: valences that were computed need not add up exactly


def charge_coordinates(
    charge: Any, name: str, diagram: Diagram, steps: Sequence[Step], inside: Place
) -> dict[str, int | Fraction]:
    """Q_s by state: as given, or from the valence of each step, counted from the first state on."""
    given = _by_state(charge, diagram.states, f"{name}, charge=…")
    with_valence = [s.name for s in steps if s.valence is not None]
    if not with_valence:
        return given
    if charge:
        raise errors.BadCycle(
            where=f"{name}, charge=…",
            wanted="charges by state or by step",
            got=f"charge= and the valence of {', '.join(with_valence)}",
            advice="leave charge= out, or 'valence' in the steps",
        )
    _check_loops(name, diagram, steps, inside)
    rises = [(s.valence or Fraction(0)) - charge_carried(s, inside) for s in steps]  # Q_b − Q_a
    levels = diagram.levels(rises, diagram.tree(), Fraction(0))
    return dict(zip(diagram.states, levels, strict=True))


def charge_carried(step: Step, inside: Place) -> int | Fraction:
    """Charge that the solutes of a step bring to the inside."""
    return sum(
        (
            n * z
            for participant, n in step.reaction.net.items()
            if participant.is_solute
            for place, z in participant.charges
            if place == inside.name
        ),
        0,
    )


def _check_loops(name: str, diagram: Diagram, steps: Sequence[Step], inside: Place) -> None:
    """Raise ``ChargeImbalance`` unless valences add up to what crosses, around every loop."""
    for chord, walk in zip(diagram.chords(), diagram.walks(), strict=True):
        path = [(steps[k], direction) for k, direction in sorted(walk)]
        total = sum(direction * (step.valence or 0) for step, direction in path)
        crossing = sum(direction * charge_carried(step, inside) for step, direction in path)
        if abs(float(total - crossing)) > ROUNDING:
            parts = (f"{s.name} {float(direction * (s.valence or 0)):+g}" for s, direction in path)
            raise errors.ChargeImbalance(
                where=f"{name}, the loop closed by '{steps[chord].text}'",
                wanted=f"valences that add up to {float(crossing):+g} e once around",
                got=f"{float(total):+g} e, of " + ", ".join(parts),
                advice=(
                    "valence is what a step moves inward in its written direction; it is 0 where it"
                    " is not given"
                ),
            )


def _by_state(charge: Any, states: Sequence[str], where: str) -> dict[str, int | Fraction]:
    """Q_s by state as given, 0 where it is not."""
    errors.expect(
        charge, Mapping, where, "{state: elementary charges}", f"charge={{{states[0]!r}: -2}}"
    )
    coordinates: dict[str, int | Fraction] = dict.fromkeys(states, 0)
    for name, value in charge.items():
        if name not in coordinates:
            raise errors.UnknownName(
                where=where,
                wanted=f"states, of {' '.join(states)}",
                got=errors.shown(name),
                advice=errors.nearest(name, states),
            )
        coordinates[name] = charges(value, f"{where} of {name}", f"charge={{{name!r}: -2}}")
    return coordinates
