"""A task whose solution is a steady state, and the trajectory of one second at rest that it gives:
what a run has, it has.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ... import errors
from ...assemble.model import Model
from ...compile.numpy_kernel import kernel
from ...compile.program import QUADRATURES, program
from ..continuation import onward, unused
from ..given_start import read_start
from ..model_index import model_index
from ..parameter_set import ParameterSet
from ..problem import Block, Problem
from ..read_parameters import resolve
from ..status import Outcome, Status
from ..task import Task
from ..trajectory import Trajectory
from .equations import Array
from .search import Rest

SPAN = 1.0  # s: energies in this time are powers


@dataclass(frozen=True)
class Newton:
    """Settings under which steady states are found: the relative accuracy of their books, and the
    share of it that fills empty pools.
    """

    rtol: float = 1e-10
    atol: float = 1e-3


def steady_task(model: Model, parameters: Mapping[str, Any] | None, start: Any, where: str) -> Task:
    """A task without an engine, once everything that can be checked has been.

    Raises BadSettings for what changes in time, and as :func:`..task.make_task`.
    """
    if not isinstance(model, Model):
        advice = f"bm.load({model!r})" if isinstance(model, str) else "bm.Model('cell', [parts])"
        raise errors.WrongType(
            where=f"{where}(model, …)", wanted="a Model", got=errors.shown(model), advice=advice
        )
    initial = read_start(model, start)
    given = resolve(model, onward(model, parameters, start))
    given = replace(given, begun=unused(model, start), start=initial)
    initial.fits(given.dims, given.coords)
    moved = given.moved(model)
    if moved or given.timed or given.forms:
        raise errors.BadSettings(
            where=f"{where}(parameters=…)", wanted="values that stay",
            got=f"a protocol for {', '.join(moved) or 'a parameter'}",
            advice="a number, or an array of numbers for a scan; simulate(model, …) runs protocols",
        )  # fmt: skip
    began = time.perf_counter()
    functions = kernel(program(model))
    out = functions.program.outputs
    clocked = [
        x.name
        for x, node in zip(model.states, out["dfdt"], strict=True)
        if node != functions.program.graph.zero
    ]
    if clocked:
        raise errors.BadSettings(
            where=f"{where}(model, …)", wanted="laws that do not depend on time",
            got=f"{', '.join(clocked)} changed by a law that reads the time",
            advice="a law without site.t, or simulate(model, …)",
        )  # fmt: skip
    settings: Any = Newton()
    nothing: Any = None
    times = np.array([0.0, SPAN])
    spent = time.perf_counter() - began
    return Task(model, given, functions, settings, nothing, times, initial, spent)


@dataclass(frozen=True, eq=False)
class Begun:
    """All lanes of a task at their start: parameters, the kernel's constants of them, states and
    typical sizes (state, lane).
    """

    inputs: Sequence[Any]
    held: Sequence[Any]
    y0: Array
    scale: Array


def begun(task: Task) -> Begun:
    """The start of all lanes."""
    lanes = slice(0, task.parameters.lanes)
    inputs = task.parameters.inputs(lanes)
    held = task.kernel.bind(inputs)
    y0, scale, _ = task.initial(lanes, held, inputs)
    return Begun(inputs, held, y0, scale)


def resting_trajectory(
    task: Task, chosen: ParameterSet, held: Sequence[Any], scale: Array, rest: Rest, spent: float
) -> Trajectory:
    """One second at rest: states that stay, energies that grow with the powers there."""
    k, lanes = task.kernel, rest.y.shape[1]
    powers = np.concatenate(
        [k.call(group, 0.0, rest.y, held).reshape(-1, lanes) for group in QUADRATURES]
    )
    powers[:, ~rest.settled] = np.nan
    rows = np.zeros((lanes, 2, sum(k.program.sizes)))
    rows[:, :, : len(rest.y)] = rest.y.T[:, None]
    rows[:, 1, len(rest.y) :] = SPAN * powers.T
    rows[~rest.settled] = np.nan
    index = model_index(task.model)
    ends = np.full((1, lanes), SPAN)
    dissipation = k.call("dissipation", 0.0, rest.y, held).reshape(-1, lanes).T
    problem = Problem(
        k, [held], ends, rest.y, task.times, scale, index.positive, index.volumes,
        accounted=index.accounted,
        temperature=chosen.inputs(slice(0, lanes))[index.places["temperature"]],
    )  # fmt: skip
    problem.zero_rounding(dissipation)
    statuses = [
        Status(Outcome.DONE, SPAN) if fine else moving(task.model, rest, lane)
        for lane, fine in enumerate(rest.settled.tolist())
    ]
    block = Block(
        task.times, rows, rows[:, 1].copy(), np.zeros((lanes, 0, len(rest.y))), dissipation,
        statuses, rest.rounds, np.zeros(lanes, dtype=np.int64), k.program.sizes,
    )  # fmt: skip
    timing = {"compile": task.compile_time, "solve": spent}
    return Trajectory(
        task.model, chosen, k, task.solver, slice(0, lanes), [held], ends, block, timing
    )


def moving(model: Model, rest: Rest, lane: int) -> Status:
    """Why a lane is not at rest: which pool still moves, and how fast."""
    which = int(rest.culprit[lane])
    if which < 0:
        return Status(Outcome.NO_REST, 0.0, "no further steady state was found")
    x, speed = model.states[which], float(rest.speed[lane])
    per = "1/s" if x.unit == "1" else f"{x.unit}/s"
    return Status(Outcome.NO_REST, 0.0, f"{x.name} still moves, by {speed:+.3g} {per}", which)
