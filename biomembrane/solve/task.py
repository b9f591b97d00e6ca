"""Tasks: a run or a scan with everything that its solution needs, and the trajectory it gives."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..assemble.model import Model
from ..compile.declared_events import events_of
from ..compile.kernel import Kernel
from ..compile.numpy_kernel import kernel, plain
from ..compile.program import program
from . import constraints, initial_checks
from .continuation import onward, unused
from .engine_protocols import Compiled, Solver
from .engines.native import Native
from .event_effects import check, split_at_events
from .given_start import Start, read_start
from .initial_state import TRACE, fill_traces, initial
from .model_index import model_index
from .open_books import balance_ledgers
from .parameter_set import ParameterSet
from .problem import MANY, Cancel, Problem, bound
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
        """Solve some lanes; their states and quadratures are written to ``rows`` (lane, time, row)
        if that is given.
        """
        began = time.perf_counter()
        segment_ends, inputs = self.parameters.segments(lanes, float(self.times[-1]))
        constants = bound(self.kernel, inputs, segment_ends.shape[1])
        y0, scale, given = self.initial(lanes, constants[0], inputs[0])
        index = model_index(self.model)
        problem = Problem(
            self.kernel, constants, segment_ends, y0, self.times, scale, index.positive,
            index.volumes, self.runs, not self._linear, rows, cancel or Cancel(),
            accounted=index.accounted,
            inputs=inputs if self.kernel.program.events else None,
            temperature=inputs[0][index.places["temperature"]],
            kinks=self.parameters.kinks(lanes, segment_ends, inputs),
        )  # fmt: skip
        if self.parameters.changed:
            dims = self.parameters.dims
            initial_checks.closures(self.model, self.kernel, constants, y0, lanes, dims)
        block = self.compiled.integrate(problem)
        timing = {"compile": self.compile_time}
        trajectory = Trajectory(
            self.model, self.parameters, self.kernel, self.solver, lanes, constants, segment_ends,
            block, timing, self.first, given,
        )  # fmt: skip
        trajectory = balance_ledgers(split_at_events(trajectory), problem, self.careful)
        timing["solve"] = time.perf_counter() - began
        return trajectory

    def initial(
        self, lanes: slice, constants: Sequence[Any], inputs: Sequence[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None]:
        """x(0) and typical sizes, (state, lane), with traces in empty pools and constraints met;
        and x(0) before that, where there are constraints.
        """
        kernel, dims = self.kernel, self.parameters.dims
        index, algebraic = model_index(self.model), kernel.program.algebraic
        count = len(range(*lanes.indices(self.parameters.lanes)))
        single = not dims and plain(constants)  # ten times as fast as arrays of one
        cycles = [states for states in index.cycles if not self.start.gives(states)]
        y0 = initial(kernel, constants, cycles, None if single else count).reshape(-1, count)
        self.start.apply(y0, lanes)
        state = y0[:, 0] if single else y0
        if self.parameters.changed or self.start.state is not None:
            try:
                initial_checks.check(self.model, kernel, constants, inputs, state, lanes, dims)
            except (errors.ChargeImbalance, errors.NoRoom) as problem:
                raise self.start.explained(problem, self.model) from None
        scale = kernel.call("scale", 0.0, state, constants).reshape(-1, count)
        scale = np.where(scale > 0, scale, 1.0)
        trace = self.solver.rtol * self.solver.atol * TRACE * scale
        before = y0.copy() if algebraic else y0
        fill_traces(kernel, constants, y0, index.positive, trace)
        if algebraic:
            totals = ~(index.accounted | index.positive)
            totals[[*algebraic]] = False
            scale = constraints.follow(kernel, constants, y0, y0 - before, totals, scale)
            given = y0.copy()
            constraints.meet(kernel, constants, y0, scale, index.positive, lanes, dims)
        return y0, scale, given if algebraic else None

    @property
    def _linear(self) -> bool:
        """Whether protocols move parameters along straight lines only."""
        return all(form.line for form in self.parameters.forms)

    @property
    def runs(self) -> int:
        """Number of runs that decides the code: a scan is many even where it has one lane, so that
        each part of it has the bits of the whole.
        """
        return _runs(self.parameters)

    def careful(self) -> Kernel:
        """The kernel that corrects powers at every node, built when it is needed."""
        own, forms = self.kernel.program, self.parameters.forms
        careful = program(self.model, forms, summed=own.summed, careful=True, events=own.events)
        return kernel(careful)

    @property
    def width(self) -> int:
        """Length of a row."""
        return sum(self.kernel.program.sizes)


def _runs(parameters: ParameterSet) -> int:
    return max(MANY, parameters.lanes) if parameters.dims else 1


def chosen_solver(model: Any, solver: Any) -> Solver:
    """The solver of a run, the native one by default.

    Raises WrongType unless the model and the solver are such.
    """
    if not isinstance(model, Model):
        advice = (
            f"bm.load({model!r})" if isinstance(model, str) else "bm.Model('cell', [transporters])"
        )
        raise errors.WrongType(
            where="simulate(model, …)", wanted="a Model", got=errors.shown(model), advice=advice
        )
    chosen: Solver = Native() if solver is None else solver
    if isinstance(chosen, type) or not callable(getattr(chosen, "prepare", None)):
        advice = "solver=bm.solvers.SciPy('Radau', rtol=1e-8)"
        raise errors.WrongType(
            where="simulate(solver=…)",
            wanted="a solver of biomembrane.solvers",
            got=errors.shown(solver),
            advice=advice,
        )
    return chosen


def make_task(
    model: Model, times: NDArray[np.float64], *, first: int = 0,
    parameters: Mapping[str, Any] | None = None, start: Any = None,
    solver: Solver | None = None, summed: bool = False, events: Any = (),
) -> Task:  # fmt: skip
    """A task, after everything that can be checked before a run has been checked; see
    :func:`biomembrane.simulate` for the arguments.
    """
    solver = chosen_solver(model, solver)
    initial_state = read_start(model, start)
    given = resolve(model, onward(model, parameters, start))
    given = replace(given, begun=unused(model, start), start=initial_state)
    initial_state.fits(given.dims, given.coords)
    end = float(times[-1])
    check_breaks(model, given, end)
    began = time.perf_counter()
    events = events_of(model, events)
    check(model, given, events)
    functions = kernel(program(model, given.forms, summed=summed, events=events))
    compiled = solver.prepare(functions.program, _runs(given))
    if not all(form.line for form in given.forms):
        given = replace(given, breaks=breaks(model, given, functions, end))
    compile_time = time.perf_counter() - began
    return Task(
        model, given, functions, solver, compiled, times, initial_state, compile_time, first
    )
