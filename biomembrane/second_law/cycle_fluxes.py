"""Fluxes and affinities of the loops of kinetic diagrams: the paths of energy, and the loops that
slip (Hill 1989).

Around a loop κ the one-way fluxes are J_κ± = N Π_κ± Σ_κ/Σ, where Π_κ± are the products of its
rates, Σ_κ sums the forests that lead every other state to the loop, and Σ the spanning trees of all
states.  Then Σ_κ J_κ A_κ with A_κ = RT ln(Π_κ⁺/Π_κ⁻) is the dissipation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..declare.cycle import Cycle
from ..declare.transporter import Transporter
from .conjugate_flows import Flows
from .cycles import loops
from .evaluation import Array


@dataclass(frozen=True)
class CycleFlux:
    """One loop (or a transporter of one reaction) at a state: ``flux`` J_κ⁺ − J_κ⁻ [fmol/s],
    ``affinity`` RT ln(J_κ⁺/J_κ⁻), or that of the reaction of the transporter [J/mol],
    ``dissipation`` their product [fW]; ``couples``: whether it moves both of the two flows.
    """

    name: str
    reaction: str
    forward: float
    reverse: float
    affinity: float
    couples: bool

    @property
    def flux(self) -> float:
        return self.forward - self.reverse

    @property
    def dissipation(self) -> float:
        return self.flux * self.affinity if self.flux else 0.0


def cycles(flows: Flows, x: Array, pair: Sequence[str]) -> tuple[CycleFlux, ...]:
    """All simple loops at coordinates (variable,); of very large diagrams only the independent
    ones, whose sum then falls short of the dissipation.
    """
    fluxes: list[CycleFlux] = []
    X = np.array([float(flows.force(name, x)) for name in flows.forces])
    rows = [list(flows.forces).index(name) for name in pair]
    for part, diagram in zip(flows.parts, flows.diagrams, strict=True):
        r = diagram.pairs(x[:, None])[:, 0]
        if isinstance(part, Transporter):
            for k, process in enumerate(part.processes):
                up, down = float(r[2 * k]), float(r[2 * k + 1])
                affinity = float(diagram.shares[k] @ X)
                couples = bool(diagram.shares[k, rows].all())
                reaction = str(process.reaction)
                fluxes.append(CycleFlux(process.name, reaction, up, down, affinity, couples))
        else:
            fluxes += _loops(part, flows, r, diagram.total, diagram.shares[:, rows])
    return tuple(fluxes)


def _loops(part: Cycle, flows: Flows, r: Array, total: float, shares: Array) -> list[CycleFlux]:
    chords = list(part.diagram.chords())
    every = loops(part, flows.box.temperature)[1]
    weights = part.diagram.weights([loop.walk for loop in every], r[0::2], r[1::2])
    fluxes = []
    for loop, weight in zip(every, weights, strict=True):
        ahead, back = (
            np.array([r[2 * k + (way != side)] for k, way in loop.walk]) for side in (1, -1)
        )
        moved = loop.row[chords] @ shares
        up, down = float(total * weight * ahead.prod()), float(total * weight * back.prod())
        affinity = flows.RT * float(np.log(ahead / back).sum())
        name, reaction, couples = loop.claim.name, loop.claim.reaction, bool(moved.all())
        fluxes.append(CycleFlux(name, reaction, up, down, affinity, couples))
    return fluxes
