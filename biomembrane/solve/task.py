"""From a model and settings to a trajectory: one lane, or all lanes of a scan."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..assemble.model import Model
from ..compile.kernel import Kernel
from ..compile.numpy_kernel import kernel, plain
from ..compile.program import Event, program
from . import constraints, initial_checks
from .continuation import onward, unused
from .engine_protocols import Compiled, Solver
from .engines.native import Native
from .event_effects import check, laid
from .initial_state import ENTRY, Start, begin, initial, open_up
from .model_index import model_index
from .open_books import closed
from .parameter_set import ParameterSet
from .problem import MANY, Cancel, Problem
from .protocol_breaks import breaks
from .read_parameters import check_breaks, resolve
from .trajectory import Trajectory

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Task:
    """A run or a scan that is ready to be solved, some lanes at a time."""

    model: Model
    parameters: ParameterSet
    kernel: Kernel
    solver: Solver
    compiled: Compiled
    times: NDArray[np.float64]
    start: Start
    compile_time: float
    first: int = 0  # of the output times that were asked for

    def trajectory(
        self, lanes: slice, rows: NDArray[np.float64] | None = None, cancel: Cancel | None = None
    ) -> Trajectory:
        """Solve some lanes; their states and quadratures go to ``rows`` (lane, time, row) if that
        is given.
        """
        began = time.perf_counter()
        count = len(range(*lanes.indices(self.parameters.lanes)))
        stops, inputs = self.parameters.parts(lanes, float(self.times[-1]))
        constants = [self.kernel.prepare(p) for p in inputs]
        single = not self.parameters.dims and plain(
            constants[0]
        )  # ten times as fast as arrays of one
        known = model_index(self.model)
        cycles = [states for states in known.cycles if not self.start.tells(states)]
        y0 = initial(self.kernel, constants[0], cycles, None if single else count).reshape(
            -1, count
        )
        self.start.put(y0, lanes)
        seen = y0[:, 0] if single else y0
        if self.parameters.changed or self.start.state is not None:
            initial_checks.check(
                self.model, self.kernel, constants[0], inputs[0], seen, lanes, self.parameters.dims
            )
        scale = self.kernel.call("scale", 0.0, seen, constants[0]).reshape(-1, count)
        scale = np.where(scale > 0, scale, 1.0)
        entry, algebraic = (
            self.solver.rtol * self.solver.atol * ENTRY * scale,
            self.kernel.program.algebraic,
        )
        before = y0.copy() if algebraic else y0
        open_up(self.kernel, constants[0], y0, known.positive, entry)
        if algebraic:
            scale = constraints.follow(
                self.kernel,
                constants[0],
                y0,
                y0 - before,
                ~(known.accounted | known.positive),
                scale,
            )
            constraints.meet(
                self.kernel, constants[0], y0, scale, known.positive, lanes, self.parameters.dims
            )
        curved = not all(form.line for form in self.parameters.forms)
        problem = Problem(
            self.kernel, constants, stops, y0, self.times, scale, known.positive, known.volumes,
            self.runs, curved, rows, cancel or Cancel(),
            accounted=known.accounted,
            inputs=inputs if self.kernel.program.events else None,
            temperature=inputs[0][known.places["temperature"]],
        )  # fmt: skip
        block = self.compiled.integrate(problem)
        timing = {"compile": self.compile_time}
        made = Trajectory(
            self.model,
            self.parameters,
            self.kernel,
            self.solver,
            lanes,
            constants,
            stops,
            block,
            timing,
            self.first,
        )
        made = closed(laid(made), problem, self.careful)
        timing["solve"] = time.perf_counter() - began
        return made

    @property
    def runs(self) -> int:
        """How many runs it counts as: a scan is many, for a part of it, down to a lane, must give
        the bits of the whole.
        """
        return _many(self.parameters)

    def careful(self) -> Kernel:
        """The kernel of the careful driver, built when it is needed."""
        own = self.kernel.program
        return kernel(
            program(
                self.model,
                self.parameters.forms,
                summed=own.summed,
                careful=True,
                events=own.events,
            )
        )

    @property
    def width(self) -> int:
        """Length of a row."""
        return sum(self.kernel.program.sizes)


def _many(parameters: ParameterSet) -> int:
    return max(MANY, parameters.lanes) if parameters.dims else 1


def chosen_solver(model: Any, solver: Any) -> Solver:
    """The solver of a run, once it is seen that the model is one, and the solver too.

    Raises WrongType.
    """
    if not isinstance(model, Model):
        advice = (
            f"bm.load({model!r})" if isinstance(model, str) else "bm.Model('cell', [transporters])"
        )
        raise errors.WrongType(
            where="simulate(model, …)", wanted="a Model", got=errors.shown(model), advice=advice
        )
    made: Solver = Native() if solver is None else solver
    if isinstance(made, type) or not callable(getattr(made, "prepare", None)):
        advice = "solver=bm.solvers.SciPy('Radau', rtol=1e-8)"
        raise errors.WrongType(
            where="simulate(solver=…)",
            wanted="a solver of biomembrane.solvers",
            got=errors.shown(solver),
            advice=advice,
        )
    return made


def prepare(
    model: Model, times: NDArray[np.float64], *, first: int = 0,
    parameters: Mapping[str, Any] | None = None, start: Any = None,
    solver: Solver | None = None, summed: bool = False, events: tuple[Event, ...] = (),
) -> Task:  # fmt: skip
    """Check everything that can be checked before a run; see :func:`biomembrane.simulate` for the
    arguments.
    """
    solver = chosen_solver(model, solver)
    begun = begin(model, start)
    chosen = replace(
        resolve(model, onward(model, parameters, start)), begun=unused(model, start), start=begun
    )
    begun.fits(chosen.dims, chosen.coords)
    check_breaks(model, chosen, float(times[-1]))
    began = time.perf_counter()
    check(model, chosen, events)
    made = kernel(program(model, chosen.forms, summed=summed, events=events))
    compiled = solver.prepare(made.program, _many(chosen))
    if not all(form.line for form in chosen.forms):
        chosen = replace(chosen, breaks=breaks(model, chosen, made, float(times[-1])))
    return Task(
        model, chosen, made, solver, compiled, times, begun, time.perf_counter() - began, first
    )
