"""The stationary state of one transporter at clamped levels, many lanes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...compile.clamped import ClampedProgram
from ...compile.numpy_kernel import kernel
from ...constants import FARADAY
from ...declare.cycle import Cycle
from ...declare.places import Membrane
from ...declare.transporter import Transporter
from .equations import Array

BISECTIONS = 70


@dataclass(frozen=True, eq=False)
class Turning:
    """By lane: ``flux`` and ``affinity`` (process, lane) [fmol/s, J/mol], ``produced`` (solute,
    lane), what comes into its place, ``current`` (lane,) [fA], outward positive, ``carriers``
    (lane,) [fmol] or None, and ``occupancy`` (state, lane) of its states.
    """

    flux: Array
    affinity: Array
    produced: Array
    current: Array
    carriers: Array | None
    occupancy: Array


class Alone:
    """A transporter that turns at clamped levels."""

    def __init__(self, transporter: Transporter | Cycle, clamped: ClampedProgram) -> None:
        self.transporter, self.clamped = transporter, clamped
        self.kernel = kernel(clamped.program)
        processes = transporter.processes
        pools = (s.pool for p in processes for s in p.net if s.is_solute)
        self.solutes = list(dict.fromkeys(pools))
        self.counts = np.zeros((len(self.solutes), len(processes)))
        self.charges = np.zeros(len(processes))  # elementary charges moved to the inside
        inside = transporter.on.inside.name if isinstance(transporter.on, Membrane) else ""
        for k, p in enumerate(processes):
            self.charges[k] = float(p.reaction.charge_moved().get(inside, 0))
            for s, count in p.reaction.net.items():
                if s.is_solute:
                    self.counts[self.solutes.index(s.pool), k] = float(count)
        self.streams = [(k, each) for k, p in enumerate(processes) for each in p.carried]
        self.carried_counts = np.zeros((len(self.solutes), len(self.streams)))
        self.carried_charges = np.zeros(len(self.streams))  # moved to the inside, per mole of it
        for j, (_, each) in enumerate(self.streams):
            for sign, s in each.ends:
                self.carried_counts[self.solutes.index(s.pool), j] += sign
                self.carried_charges[j] += sign * float(dict(s.charges).get(inside, 0))

    @property
    def states(self) -> list[str]:
        """Labels of its carrier states."""
        return [s.label for s in self.transporter.states]

    @property
    def most_charge(self) -> float:
        """The most elementary charges that a process, or a solute that it carries, moves."""
        return float(np.abs([*self.charges, *self.carried_charges]).max())

    def at(self, levels: Array, inputs: Sequence[Any]) -> Turning:
        """Its stationary state at ``levels`` (clamped, lane) and these parameters."""
        lanes, size = levels.shape[1], len(self.states)
        held = self.kernel.bind(list(inputs))
        y = np.concatenate([levels, np.ones((size, lanes))])
        carriers: Any = None
        if self.kernel.program.outputs["total"]:
            carriers = self.kernel.call("total", 0.0, y, held)[0]
        shares = np.zeros((0, lanes))
        if isinstance(self.transporter, Cycle):
            up, down = (self.kernel.call(way, 0.0, y, held) for way in ("forward", "reverse"))
            with np.errstate(all="ignore"):
                shares = self.transporter.diagram.occupancy(up, down)
            y[len(levels) :] = shares * carriers
        flux, affinity = (self.kernel.call(group, 0.0, y, held) for group in ("flux", "affinity"))
        produced, moved = self.counts @ flux, self.charges @ flux
        if self.streams:
            carried = self.kernel.call("carried", 0.0, y, held) * flux[[k for k, _ in self.streams]]
            produced = produced + self.carried_counts @ carried
            moved = moved + self.carried_charges @ carried
        return Turning(flux, affinity, produced, -FARADAY * moved, carriers, shares)

    def overall(self) -> tuple[Array, float] | None:
        """How often each step takes part in one turn of the whole, and the elementary charges that
        it moves to the inside; None where there are several loops.
        """
        if not isinstance(self.transporter, Cycle):
            one = len(self.charges) == 1 and not self.streams
            return (np.ones(1), float(self.charges[0])) if one else None
        loops = self.transporter.diagram.loops()
        if len(loops) != 1:
            return None
        turn = np.asarray(loops[0], dtype=float)
        return turn, float(turn @ self.charges)


def bisected(f: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where f (lane,) changes its sign between two abscissae; NaN in lanes in which it does not."""
    first, last = f(low), f(high)
    with np.errstate(all="ignore"):
        fine = first * last <= 0
    sign = np.where(last >= first, 1.0, -1.0)
    low, high = low.copy(), high.copy()
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        with np.errstate(all="ignore"):
            above = sign * f(middle) > 0
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(fine, 0.5 * (low + high), np.nan)
