"""Loops of a hosted cycle whose published constants do not close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..symbols import R, T
from .bound_expression import BoundExpression
from .diagram import Diagram, members


@dataclass(frozen=True, eq=False)
class OpenLoop:
    """A loop of ``cycle`` that does not close, because of the constants of ``step``.

    ``excess`` is ε = RT ln(Π k⁺/Π k⁻) − A [J/mol] in the direction of that step; ``shares`` are, by
    process, the fraction of its flux that goes around the loop.
    """

    name: str
    cycle: str
    step: str
    excess: BoundExpression
    shares: Mapping[str, float]


def find_open_loops(
    cycle: str, diagram: Diagram, excesses: Mapping[str, BoundExpression]
) -> tuple[OpenLoop, ...]:
    """The loops that do not close, from ε/RT by the step that closes each.

    Shares are those of the projection of all fluxes on the loops, Σ_l J_l Z_l, so that Σ ε_l J_l
    does not depend on the choice of a tree.
    """
    if not excesses:
        return ()
    steps = diagram.steps
    order = sorted(range(len(steps)), key=lambda k: steps[k] in excesses)
    Z = diagram.loops(order)
    G = np.linalg.solve(Z @ Z.T, Z) if len(Z) else Z
    walks = diagram.walks(order)
    names = diagram.names(walks)
    loops = []
    for row, walk in zip(G, walks, strict=True):
        step = steps[walk[0][0]]
        if step in excesses:
            shares = {
                f"{cycle}:{name}": float(share)
                for name, share in zip(steps, row, strict=True)
                if abs(share) > 1e-12
            }
            name = f"{cycle}:{names[members(walk)]}"
            loops.append(OpenLoop(name, cycle, step, excesses[step] * (R * T), shares))
    return tuple(loops)
