"""Exact derivatives of a program's outputs by its states and by its parameters: what a steady
state's sensitivities, its continuation and the minimum of its free energy need.
"""

from __future__ import annotations

from .graph.differentiate import differentiate
from .program_outputs import Outputs

#: groups with derivatives by state and by parameter
OBSERVED = ("flux", "affinity", "potential", "concentration", "volume")
#: groups with derivatives by parameter alone; those of f by state are the Jacobian
GIVEN = ("rhs", "initial")


def put_derivatives(out: Outputs, states: int, parameters: int) -> None:
    """Add the groups ``X_by_state`` and ``X_by_parameter``, whose members are named by (row,
    column), for the members X of other groups.
    """
    g = out.g
    by_state, by_parameter = g.inputs("y", states), g.inputs("p", parameters)
    for group in OBSERVED:
        out.put(f"{group}_by_state", differentiate(g, out.outputs[group], by_state))
    for group in (*OBSERVED, *GIVEN):
        out.put(f"{group}_by_parameter", differentiate(g, out.outputs[group], by_parameter))
