"""Integration of one lane by a SciPy method: step by step, segment by segment, event by event."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from ...compile.kernel import Kernel
from ...compile.rosenbrock.event_location import INSTANT
from ..event_effects import NO_NUMBER, EventEffects, first_root
from ..problem import ROUNDING, Array, Problem
from ..status import Outcome, Status
from .step_quadratures import StepQuadratures

_GAUSS = (1 + np.polynomial.legendre.leggauss(4)[0]) / 2
# Radau IIA solves the equations exactly at its own nodes; between them stiff fluxes along the
# polynomial are off
_NODES = {"Radau": np.array([(4 - 6**0.5) / 10, (4 + 6**0.5) / 10, 1.0])}
_SAMPLES = np.linspace(0.0625, 1.0, 16)  # shares of a step at which amounts are checked for sign


class Settings(Protocol):
    """Settings of a SciPy method, as :class:`.scipy_methods.SciPy` has them."""

    @property
    def method(self) -> str: ...

    @property
    def rtol(self) -> float: ...

    @property
    def atol(self) -> float: ...

    @property
    def max_steps(self) -> int: ...

    @property
    def first_step(self) -> float | None: ...


class LaneIntegration:
    """Integration of one lane of a problem; fills its ``rows`` (time, row) as it goes.

    ``min_dissipation`` (process,); ``count``: steps taken; ``status``: how it ended; ``fired``:
    time and number of the event that ended the last piece; ``mute``: the events that are not armed
    at the start of the next (bits).
    """

    def __init__(
        self, settings: Settings, kernel: Kernel, problem: Problem, lane: int, break_states: Array,
        effects: EventEffects | None,
    ) -> None:  # fmt: skip
        self.settings, self.kernel, self.problem = settings, kernel, problem
        self.lane, self.break_states, self.ffects = lane, break_states, effects
        self.times = problem.times
        self.size = len(problem.y0)
        self.scale = problem.scale[:, lane]
        self.floor = np.where(problem.positive, -ROUNDING * self.scale, -np.inf)
        self.nodes = _NODES.get(settings.method, _GAUSS)
        self.rows = np.full((len(self.times), problem.width), np.nan)
        self.min_dissipation = np.full(len(kernel.program.outputs["dissipation"]), np.inf)
        self.quadratures = np.zeros(problem.width - self.size)  # up to the last break or event
        self.count = self.budget = 0
        self.status = Status(Outcome.DONE, float(self.times[-1]))
        self.fired: tuple[float, int] | None = None
        self.mute = 0

    def run(self) -> None:
        """Integrate from the first output time to the last, or to where the lane stops."""
        problem, start = self.problem, float(self.times[0])
        y = problem.y0[:, self.lane]
        self.rows[0] = [*y, *self.quadratures]
        max_step = problem.max_step[:, self.lane]
        for segment, stop in enumerate(problem.segment_ends[:, self.lane]):
            self.max_step = float(max_step[segment])
            self.constants = (
                self.ffects.constants(start, self.lane)
                if self.ffects
                else problem.lane_constants(segment, self.lane)
            )
            self.budget += self.settings.max_steps
            if segment:
                self.break_states[segment - 1] = y
            y = self._integrate(y, start, float(stop))
            while self.fired and self.status.ok:
                start, _ = self.fired
                y = self._fire(y)
                if not self.status.ok or start >= stop:
                    break
                y = self._integrate(y, start, float(stop))
            start = float(stop)
            if not self.status.ok or start >= self.times[-1]:
                break
        if not self.status.ok:
            self.status = problem.stop_status(self.lane, self.status, y)
        self.min_dissipation[np.isinf(self.min_dissipation)] = 0.0

    def _fire(self, y: Array) -> Array:
        """State after the event that has fired."""
        assert self.ffects
        assert self.fired
        (time, self.mute), self.fired = self.fired, None
        lanes, times = np.array([self.lane]), np.array([time])
        after = self.ffects.fire(lanes, np.array([self.mute]), times, y[:, None])
        state: Array = after[:, 0]
        ended = self.ffects.ended(lanes, np.array([self.mute]), times)
        wrong = self.ffects.wrong(lanes, times, after)
        self.status = (ended | wrong).get(self.lane, self.status)
        self.constants = self.ffects.constants(time, self.lane)
        self.rows[self.times == time, : self.size] = state
        return state

    def _integrate(self, y: Array, start: float, stop: float) -> Array:
        """Integrate from ``start`` to ``stop``, or to the first event; returns the state there."""
        self.edges, self.dense = [start], list[Any]()
        if not self._regular(start, y) or stop <= start:
            return y
        solver = self._solver(y, start, stop, self.settings.first_step)
        while solver.status == "running":
            before = solver.y.copy()
            if not self._step(solver):
                break
            dense, h = solver.dense_output(), solver.t - solver.t_old
            shorter = self._towards_empty(solver, dense, stop)
            if not self.status.ok:
                break
            if shorter is not None:
                self.count += 1
                solver = self._solver(before, solver.t_old, stop, shorter)
                continue
            if self.ffects:
                root = self._root(solver, dense)
                if not self.status.ok:
                    break
                if root is not None:  # repeat the step so that it ends there
                    self.count += 1
                    solver = self._solver(before, solver.t_old, root, root - solver.t_old)
                    continue
                if self.fired and self.fired[0] == solver.t_old:
                    break
            self._accept(solver, dense)
            if self.fired:
                break
            self.mute = 0
            if solver.status == "finished" and solver.t < stop:  # the event was not reached
                solver = self._solver(solver.y, solver.t, stop, h)
        self._add_quadratures()
        end: Array = self.dense[-1](self.edges[-1]) if self.dense else y
        return end

    def _towards_empty(self, solver: Any, dense: Any, stop: float) -> float | None:
        """A shorter step where an amount falls below zero in this one; the lane stops where the
        step cannot be shortened.
        """
        h = solver.t - solver.t_old
        lowest = np.min(dense(solver.t_old + h * _SAMPLES), axis=1)
        if not np.any(lowest < self.floor):
            return None
        if h <= 1e-12 * (solver.t + 1e-4 * stop):
            i = int(np.argmin((lowest - self.floor) / self.scale))
            reason = f"it would be {lowest[i]:.3g} at t = {solver.t:.6g} s"
            negative = Outcome.NEGATIVE
            self.status = Status(negative, float(solver.t_old), negative.because(reason), i)
        return float(h / 4)

    def _step(self, solver: Any) -> bool:
        """Take one step; False, with the reason in ``status``, where that fails."""
        if self.count >= self.budget:
            reason = f"{self.budget} steps were not enough"
            self._stop(Outcome.TOO_MANY_STEPS, solver.t, solver.y * np.nan, reason)
            return False
        try:
            message = solver.step()
        except (ValueError, np.linalg.LinAlgError) as problem:  # SciPy's LU refuses NaN
            if self._regular(solver.t, solver.y):
                reason = f"a stage is not finite ({problem})"
                self._stop(Outcome.NOT_FINITE, solver.t, solver.y, reason)
            return False
        if solver.status == "failed":
            rates = self.kernel.rhs(solver.t, solver.y, self.constants)
            self._stop(Outcome.COLLAPSED, solver.t, rates, str(message))
        elif not np.all(np.isfinite(solver.y)):
            self._stop(Outcome.NOT_FINITE, solver.t_old, solver.y, "a state is not finite")
        return self.status.ok

    def _root(self, solver: Any, dense: Any) -> float | None:
        """Time of the first event inside a step; at the start or the end of the step it has
        ``fired`` instead.
        """
        begin, end = float(solver.t_old), float(solver.t)
        root = first_root(self.kernel, self.constants, begin, end, dense, self.mute)
        if root is None:
            return None
        time, which = root
        if math.isnan(time):
            reason = NO_NUMBER.format(event=self.kernel.program.events[which].name)
            self._stop(Outcome.NOT_FINITE, begin, solver.y, reason)
            self.status = replace(self.status, state=None)
            return None
        near = INSTANT * (end + 1e-4 * float(self.times[-1]))
        if end - time <= near or time - begin <= near:
            self.fired = end if end - time <= near else begin, which
            return None
        return time

    def _regular(self, t: float, y: Array) -> bool:
        """Whether dx/dt and the Jacobian are finite; if not, ``status`` says where."""
        f = self.kernel.rhs(t, y, self.constants)
        slopes = self.kernel.call("jacobian", t, y, self.constants)
        if not np.all(np.isfinite(f)) or not np.all(np.isfinite(y)):
            self._stop(Outcome.NOT_FINITE, t, f, "the rate of change is not finite")
        elif not np.all(np.isfinite(slopes)):
            suspect = np.zeros(self.size)
            suspect[np.asarray(self.kernel.program.sparsity[1])[~np.isfinite(slopes)]] = np.nan
            self._stop(Outcome.NOT_FINITE, t, suspect, "the slope of a rate is not finite")
        return self.status.ok

    def _solver(self, y: Array, start: float, stop: float, first: float | None) -> Any:
        """A solver of SciPy from ``start`` to ``stop``."""
        from scipy import integrate  # a quarter of a second, which the native engine need not spend

        s, k, c = self.settings, self.kernel, self.constants
        solver = getattr(integrate, s.method)(
            lambda t, y: k.rhs(t, y, c), start, y, stop,
            rtol=max(s.rtol, 1e-13), atol=s.rtol * s.atol * self.scale,
            jac=lambda t, y: k.jacobian(t, y, c),
            first_step=min(first, stop - start) if first else None, max_step=self.max_step,
        )  # fmt: skip
        if hasattr(solver, "solve_lu"):
            solver.solve_lu = _without_rounding(solver)
        return solver

    def _accept(self, solver: Any, dense: Any) -> None:
        """Take over a step, with the output times in it."""
        first, last = np.searchsorted(self.times, [solver.t_old, solver.t], side="right")
        self.rows[first:last, : self.size] = dense(self.times[first:last]).T
        self.edges.append(float(solver.t))
        self.dense.append(dense)
        self.count += 1

    def _stop(self, kind: Outcome, time: float, suspect: Array, reason: str) -> None:
        """End the lane; the state at fault is the first that is not finite in ``suspect``."""
        at_fault = np.flatnonzero(~np.isfinite(suspect))
        more = 10 * self.settings.max_steps
        message = kind.because(reason, solver=f"SciPy({self.settings.method!r}, ", more=more)
        named = len(at_fault) and kind is not Outcome.TOO_MANY_STEPS
        self.status = Status(kind, float(time), message, int(at_fault[0]) if named else None)

    def _add_quadratures(self) -> None:
        """Integrate the powers along the accepted steps, at the output times in them and in all."""
        if not self.dense:
            return
        edges = np.array(self.edges)
        steps = StepQuadratures(
            self.kernel, self.constants, self.nodes, self.settings.rtol, edges, self.dense,
            self.quadratures,
        )  # fmt: skip
        first, last = np.searchsorted(self.times, [edges[0], edges[-1]], side="right")
        rows, self.quadratures, lowest = steps.integrals(self.times[first:last])
        self.rows[first:last, self.size :] = rows
        self.min_dissipation = np.minimum(self.min_dissipation, lowest)


def _without_rounding(solver: Any) -> Callable[[Any, Array], Array]:
    """``solver.solve_lu`` in which Newton corrections of a few units in the last place of the state
    are 0.

    At rest, SciPy takes a correction that rounding keeps from shrinking for divergence, and makes
    ever smaller steps.
    """
    solve = solver.solve_lu

    def solve_lu(factors: Any, right: Array) -> Array:
        correction: Array = solve(factors, right)
        negligible = np.all(np.abs(correction) <= 4 * np.finfo(float).eps * np.abs(solver.y))
        return np.zeros_like(correction) if negligible else correction

    return solve_lu
