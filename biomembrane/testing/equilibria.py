"""The property of equilibria: A = 0, and fluxes that move the amounts along it."""

from __future__ import annotations

import numpy as np

from ..assemble.model import Model
from .properties import EXACT, Skip, counterexample, equilibria, for_all_states
from .states import State


def equilibria_hold(model: Model, *, examples: int = 40) -> int:
    """A = 0 of every equilibrium, and its flux is what moves the amounts along it: dx/dt = N·J, at
    states that meet the constraints.

    Args:
        model: to check.
        examples: states, an integer ≥ 1.

    Returns:
        How many states were checked.

    Raises:
        AssertionError: it does not hold; with a state in units.
    """
    slaved = equilibria(model)
    if not slaved:
        raise Skip("the model has no equilibria")
    found = 0

    def check(state: State) -> None:
        nonlocal found
        evaluator = state.evaluator()
        with np.errstate(all="ignore"):
            at = evaluator.met(state.y())
            if at is None:
                return
            slopes, J, A = evaluator.slopes(at), evaluator("flux", at), evaluator("affinity", at)
            gross = evaluator.gross(at)
        found += 1
        for name in slaved:
            assert abs(A[name]) <= EXACT * evaluator.RT, counterexample(
                "an equilibrium is off", name, state, A=(A[name], "kJ/mol")
            )
        moved = evaluator.N(at) @ np.array([J[p.name] for p in model.processes])
        pools = [k for k, x in enumerate(model.states) if x.conjugate is not None]
        for k, x, change, size in zip(pools, model.pools, moved, gross, strict=True):
            room = 1e-6 * max(abs(change), size, abs(slopes[k]))
            assert abs(slopes[k] - change) <= room, (
                f"{model.name}: {x.name} changes by {slopes[k]:.6g} fmol/s, its fluxes by"
                f" {change:.6g}, at the state {state!r}"
            )

    count = for_all_states(model, check, examples)
    if not found:
        raise Skip("no state was found that meets the constraints")
    return count
