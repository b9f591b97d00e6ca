"""SciPy's implicit methods with the analytic Jacobian: the reference solver."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import errors
from .problem import Array, Problem, Solution, Status, check_tolerances

_METHODS = ("Radau", "BDF", "LSODA")
_GAUSS = (1 + np.polynomial.legendre.leggauss(4)[0]) / 2
# Radau IIA solves the equations exactly at its own nodes; between them stiff fluxes along the polynomial are off
_NODES = {"Radau": np.array([(4 - 6**0.5) / 10, (4 + 6**0.5) / 10, 1.0])}
_CHUNK = 4096  # quadrature nodes evaluated at once


@dataclass(frozen=True)
class SciPy:
    """``SciPy("Radau")``, ``"BDF"`` or ``"LSODA"``; ``rtol`` relative, ``atol`` as a share of rtol times the typical size of each state.

    The ledger is integrated along each step at the collocation nodes of Radau IIA, or at four Gauss–Legendre nodes on the dense output
    of the other methods; inside a step by the integral of the interpolant through the nodes.
    """

    method: str = "Radau"
    rtol: float = 1e-8
    atol: float = 1e-3
    max_steps: int = 100_000
    first_step: float | None = field(default=None)

    def __post_init__(self) -> None:
        if self.method not in _METHODS:
            raise errors.BadSettings(
                where="SciPy(method)", wanted=", ".join(_METHODS), got=repr(self.method), advice=errors.nearest(str(self.method), _METHODS)
            )
        check_tolerances(self, "SciPy")

    def solve(self, problem: Problem) -> list[Solution]:
        """See :class:`~biomembrane.solve.problem.Solver`."""
        made = []
        for lane in range(problem.lanes):
            march = _March(self, problem, lane)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # SciPy warns of singular factors on the way to a status that we report
                march.run()
            made.append(march.solution())
        return made


class _March:
    """One lane, step by step."""

    def __init__(self, settings: SciPy, problem: Problem, lane: int) -> None:
        self.settings, self.problem, self.lane = settings, problem, lane
        self.kernel, self.constants = problem.kernel, problem.lane_constants(lane)
        self.y0, self.scale = problem.y0[:, lane], problem.scale[:, lane]
        self.times = problem.times
        self.t = [float(self.times[0])]
        self.steps = [float(self.times[0])]
        self.y = [self.y0]
        self.floor = -10 * settings.rtol * settings.atol * self.scale
        self.places = _NODES.get(settings.method, _GAUSS)
        self.nodes: list[Array] = []
        self.states: list[Array] = []
        self.status = Status("done", float(self.times[-1]))

    def run(self) -> None:
        start, end = float(self.times[0]), float(self.times[-1])
        f0 = self.kernel.rhs(start, self.y0, self.constants)
        if not np.all(np.isfinite(f0)) or not np.all(np.isfinite(self.y0)):
            self._stop("not finite", start, f0, "the rate of change is not finite at the start")
            return
        if end <= start:
            return
        solver = self._solver(start, end)
        while solver.status == "running":
            if len(self.steps) > self.settings.max_steps:
                self._stop("too many steps", solver.t, solver.y * np.nan, f"{self.settings.max_steps} steps were not enough")
                break
            try:
                message = solver.step()
            except (ValueError, np.linalg.LinAlgError) as problem:  # SciPy's LU refuses NaN
                self._stop(
                    "not finite", solver.t, self.kernel.rhs(solver.t, solver.y, self.constants), f"the Jacobian or a stage is not finite ({problem})"
                )
                break
            if solver.status == "failed":
                self._stop("collapsed", solver.t, self.kernel.rhs(solver.t, solver.y, self.constants), str(message))
                break
            if not self._accept(solver):
                break
            if self.problem.progress is not None:
                self.problem.progress((self.lane + (solver.t - start) / (end - start)) / self.problem.lanes)

    def _solver(self, start: float, end: float) -> Any:
        from scipy import integrate  # a quarter of a second, which the native engine need not spend

        s, k, c = self.settings, self.kernel, self.constants
        return getattr(integrate, s.method)(
            lambda t, y: k.rhs(t, y, c), start, self.y0, end, rtol=max(s.rtol, 1e-13), atol=s.rtol * s.atol * self.scale,
            jac=lambda t, y: k.jacobian(t, y, c), first_step=min(s.first_step, end - start) if s.first_step else None,
        )  # fmt: skip

    def _accept(self, solver: Any) -> bool:
        if not np.all(np.isfinite(solver.y)):
            self._stop("not finite", solver.t_old, solver.y, "a state is not finite")
            return False
        low = np.where(self.problem.positive, solver.y - self.floor, 1.0)
        if np.any(low < 0):
            i = int(np.argmin(low / self.scale))
            self.status = Status("negative", float(solver.t_old), f"it would be {solver.y[i]:.3g} at t = {solver.t:.6g} s", i)
            return False
        dense = solver.dense_output()
        first = np.searchsorted(self.times, solver.t_old, side="right")
        last = np.searchsorted(self.times, solver.t, side="right")
        outputs = self.times[first:last]
        nodes = solver.t_old + (solver.t - solver.t_old) * self.places
        inside = dense(np.concatenate([nodes, outputs]))
        self.nodes.append(nodes)
        self.states.append(inside[:, : len(nodes)])
        self.t += outputs.tolist()
        self.y += list(inside[:, len(nodes) :].T)
        self.steps.append(float(solver.t))
        return True

    def _stop(self, kind: str, time: float, suspect: Array, message: str) -> None:
        wrong = np.flatnonzero(~np.isfinite(suspect))
        self.status = Status(kind, float(time), message, int(wrong[0]) if len(wrong) and kind != "too many steps" else None)

    def solution(self) -> Solution:
        t, y, steps = np.array(self.t), np.array(self.y).T, np.array(self.steps)
        entries, _ = self._integrate("entry", t, steps)
        dissipation, least = self._integrate("dissipation", t, steps)
        return Solution(t, y, entries, dissipation, least, len(steps) - 1, 0, self.status)

    def _integrate(self, group: str, times: Array, steps: Array) -> tuple[Array, Array]:
        """Integrals from the start to each of the times, and the least value at any node."""
        members, stages = len(self.kernel.program.outputs[group]), len(self.places)
        if not self.nodes:
            return np.zeros((members, len(times))), np.zeros(members)
        t, y = np.concatenate(self.nodes), np.concatenate(self.states, axis=1)
        call = self.kernel.call
        values = np.concatenate([call(group, t[k : k + _CHUNK], y[:, k : k + _CHUNK], self.constants) for k in range(0, len(t), _CHUNK)], axis=1)
        values = values.reshape(members, -1, stages)
        h = np.diff(steps)
        done = np.zeros((members, len(steps)))
        np.cumsum(values @ weights(self.places, np.ones(1))[0] * h, axis=1, out=done[:, 1:])
        step = np.clip(np.searchsorted(steps, times, side="left") - 1, 0, len(h) - 1)
        inside = weights(self.places, (times - steps[step]) / h[step])
        return done[:, step] + h[step] * np.einsum("mts,ts->mt", values[:, step], inside), values.min(axis=(1, 2))


def weights(nodes: Array, theta: Array) -> Array:
    """Weights (theta, node) that integrate the interpolant through ``nodes`` of [0, 1] from 0 to ``theta``."""
    powers = np.arange(len(nodes))
    coefficients = np.linalg.inv(nodes[:, None] ** powers)  # (power, node) of the Lagrange polynomials
    made: Array = (theta[:, None] ** (powers + 1) / (powers + 1)) @ coefficients
    return made
