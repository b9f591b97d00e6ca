"""The variables of a result: what they are called, over which dimension they run, and their
numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import units
from ..assemble.model import Model
from ..solve.problem import come
from ..solve.status import Outcome
from ..solve.trajectory import Trajectory

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Variable:
    """``dim`` that its members run over, unit and meaning."""

    dim: str
    unit: str
    long_name: str


VARIABLES = {
    "amount": Variable("pool", "fmol", "amount"), "concentration": Variable("pool", "mM",
    "concentration"),
    "potential": Variable("membrane", "mV", "membrane potential, inside less outside"),
    "volume": Variable("compartment", "pL", "solvent volume"),
    "flux": Variable("process", "fmol/s", "flux in the written direction"),
    "affinity": Variable("process", "kJ/mol", "affinity"),
    "dissipation": Variable("process", "pW", "dissipated power"),
    "auxiliary": Variable("auxiliary_state", "1", "state with an equation of its own"),
}  # fmt: skip


def present(model: Model) -> dict[str, Variable]:
    """The variables that a result of the model has: those with members, and those of pools."""
    return {n: v for n, v in VARIABLES.items() if v.dim == "pool" or labels(model, v.dim)}


def _states(model: Model, variable: str) -> list[int]:
    """The states whose numbers a variable is: amounts, or states outside the books."""
    chosen = [x.conjugate is None if variable == "auxiliary" else x.is_amount for x in model.states]
    return [i for i, mine in enumerate(chosen) if mine]


HELD = ("amount", "auxiliary")  # variables that are states themselves


def labels(model: Model, dim: str) -> list[str]:
    """Names along a dimension."""
    things: dict[str, Iterable[Any]] = {
        "pool": [model.states[i] for i in _states(model, "amount")],
        "auxiliary_state": [model.states[i] for i in _states(model, "auxiliary")],
        "membrane": model.membranes, "compartment": model.compartments, "process": model.processes,
    }  # fmt: skip
    return [x.name for x in things[dim]]


def values(trajectory: Trajectory, name: str) -> Array:
    """(member, time, lane) in the variable's unit; carriers have no concentration, and some
    membranes no potential (NaN).
    """
    if name in HELD:
        index = _states(trajectory.model, name)
        made: Array = trajectory.block.rows[:, :, index].transpose(2, 1, 0)
        return made
    got = trajectory.observe(name) * units.from_internal(VARIABLES[name].unit)
    for lane, status in enumerate(trajectory.statuses):
        if not status.ok:  # what does not depend on the state has a number there, too
            got[
                :,
                (
                    0
                    if status.kind is Outcome.CANCELLED
                    else come(trajectory.block.times, status.time)
                ) :,
                lane,
            ] = np.nan
    return _every(trajectory, name, got)


def sides(trajectory: Trajectory, name: str) -> Array:
    """At the breaks of protocols (member, break, lane), in the variable's unit: before each, then
    after each.
    """
    if name in HELD:
        index = _states(trajectory.model, name)
        both = (trajectory.block.turns, trajectory.block.onsets)
        return np.concatenate([states[:, :, index].transpose(2, 1, 0) for states in both], axis=1)
    return _every(
        trajectory, name, trajectory.sides(name) * units.from_internal(VARIABLES[name].unit)
    )


def _every(trajectory: Trajectory, name: str, got: Array) -> Array:
    """With a row of NaN for each member that has no value, as a membrane without capacitor."""
    there = trajectory.kernel.program.names[name]
    every = labels(trajectory.model, VARIABLES[name].dim)
    if len(there) == len(every):
        return got
    full = np.full((len(every), *got.shape[1:]), np.nan)
    full[[every.index(n) for n in there]] = got
    return full


def protocols(trajectory: Trajectory) -> dict[str, tuple[Array, str, str]]:
    """By parameter that changes in time, by a protocol or where an event sets it: (time, lane)
    values, unit, meaning.
    """
    program, made = trajectory.kernel.program, {}
    shown = dict(zip(program.names["protocol"], trajectory.observe("protocol"), strict=True))
    for timed in trajectory.parameters.timed:
        name = program.parameters[timed.value]
        shown.setdefault(name, trajectory.input(timed.value))
    for index in trajectory.event_inputs:
        shown.setdefault(program.parameters[index], trajectory.input(index))
    for name, value in shown.items():
        p = trajectory.model.parameter(name)
        made[name] = (
            value * units.from_internal(p.unit),
            units.udunits(p.unit),
            p.long_name or name,
        )
    return made


def coordinates(model: Model) -> dict[str, Any]:
    """Labels of every dimension, with what is known of each pool and process."""
    pools = [x for x in model.states if x.is_amount]
    facts = {"pool_species": "label", "pool_place": "place", "pool_kind": "kind"}
    made: dict[str, Any] = {
        dim: labels(model, dim)
        for dim in ("pool", "membrane", "compartment", "process", "auxiliary_state")
    }
    made |= {name: ("pool", [getattr(p, field) for p in pools]) for name, field in facts.items()}
    return made | {"transporter": ("process", [p.transporter for p in model.processes])}
