"""The sizes of a program, as a driver needs them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .graph.elimination_order import Plan, plan
from .program import QUADRATURES, Program


@dataclass(frozen=True)
class Shape:
    """Sizes that the driver needs: states, quadratures, the processes that end them, the entries
    and drifts that begin them, Jacobian and LU entries, states with ∂f/∂t, constants.

    ``mass`` is that of the program.  ``rolled`` is too, and the elimination then goes by its cells,
    ``owners``; ``scratch`` are the rows that rolled functions use behind those of their last array
    but J and ∂f/∂t: f_rhs and f_jac behind f, f_quad behind g, f_lu and f_solve behind A.
    ``events``: functions whose roots end parts.
    """

    states: int
    quadratures: int
    processes: int
    entries: int
    drifts: int
    jacobian: int
    factors: int
    clocked: tuple[int, ...]
    constants: int
    plan: Plan
    events: int = 0
    owners: tuple[int, ...] = ()
    rolled: bool = False
    mass: tuple[int, ...] = ()
    scratch: dict[str, int] = field(default_factory=dict)


def quadratures(program: Program) -> list[int]:
    """Nodes that ride along as quadratures: ledger entries, what a protocol adds to the exergy,
    then dissipations.
    """
    return [node for group in QUADRATURES for node in program.outputs[group]]


def shape(program: Program, constants: int) -> Shape:
    """The sizes of a program."""
    elimination = plan(
        len(program.states),
        zip(*program.sparsity, strict=True),
        program.owners if program.rolled else (),
    )
    zero = program.graph.zero
    clocked = tuple(i for i, node in enumerate(program.outputs["dfdt"]) if node != zero)
    processes, entries, drifts = (
        len(program.outputs[group]) for group in ("dissipation", "entry", "drift")
    )
    sizes = (
        len(program.states),
        len(quadratures(program)),
        processes,
        entries,
        drifts,
        len(program.sparsity[0]),
        len(elimination.index),
    )
    return Shape(
        *sizes,
        clocked,
        constants,
        elimination,
        len(program.events),
        program.owners,
        program.rolled,
        program.mass,
    )
