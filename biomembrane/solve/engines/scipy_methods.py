"""SciPy's implicit methods with the analytic Jacobian: the reference solver."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ... import errors, user_text
from ...compile.kernel import Kernel
from ...compile.numpy_kernel import kernel
from ...compile.program import QUADRATURES, Program
from ...compile.rosenbrock.event_location import INSTANT
from ...compile.rosenbrock.tableau import PAST, SHARE
from ..engine_protocols import check_count, check_tolerances
from ..event_effects import NO_NUMBER, Passage, first_root
from ..problem import ROUNDING, Array, Block, Problem, empty
from ..status import Outcome, Status

_METHODS = ("Radau", "BDF", "LSODA")
_GAUSS = (1 + np.polynomial.legendre.leggauss(4)[0]) / 2
# Radau IIA solves the equations exactly at its own nodes; between them stiff fluxes along the
# polynomial are off
_NODES = {"Radau": np.array([(4 - 6**0.5) / 10, (4 + 6**0.5) / 10, 1.0])}
_CHUNK = 4096  # quadrature nodes evaluated at once
_HALVES = 12  # times that the ledger may halve a step
# error of the rules in units of Δ₃²/Δ₁, as in :mod:`biomembrane.compile.rosenbrock.tableau`
_WRONG = 2e-2
_SEEN = np.linspace(0.0625, 1.0, 16)  # where a step is looked at for amounts below zero
_JUDGED = ("drift", "dissipation")  # groups whose error the ledger controls


@dataclass(frozen=True)
class SciPy:
    """``SciPy("Radau")``, ``"BDF"`` or ``"LSODA"``; ``rtol`` relative, ``atol`` as a share of rtol
    times the typical size of each state, ``max_steps`` for each part of a run between breaks.

    The ledger is integrated along each step at the collocation nodes of Radau IIA, or at four
    Gauss–Legendre nodes on the dense output of the other methods; inside a step by the integral of
    the interpolant through the nodes.  Where the powers vary more than the nodes can tell, the
    ledger halves the step until they do not.  A step that goes below zero is made again, shorter.
    """

    method: str = "Radau"
    rtol: float = 1e-8
    atol: float = 1e-3
    max_steps: int = 100_000
    first_step: float | None = field(default=None)

    def __post_init__(self) -> None:
        if not isinstance(self.method, str) or self.method not in _METHODS:
            got, advice = errors.shown(self.method), errors.nearest(self.method, _METHODS)
            raise errors.BadSettings(
                where="SciPy(method)", wanted=", ".join(_METHODS), got=got, advice=advice
            )
        check_tolerances(self, "SciPy")
        check_count(self, "SciPy", "max_steps", 1)
        first = None if self.first_step is None else user_text.numbers(self.first_step)
        if self.first_step is not None and not (isinstance(first, float) and 0 < first < np.inf):
            got, advice = errors.shown(self.first_step), "SciPy(first_step=1e-6), or leave it out"
            raise errors.BadSettings(
                where="SciPy(first_step=…)",
                wanted="seconds above zero, as a number",
                got=got,
                advice=advice,
            )
        object.__setattr__(self, "first_step", first)

    @property
    def threads(self) -> int:
        """One: SciPy holds Python's lock."""
        return 1

    @property
    def careful(self) -> bool:
        """No: its ledger halves steps instead."""
        return False

    def alone(self) -> SciPy:
        """Itself."""
        return self

    def at(self, rtol: float) -> SciPy:
        """The same with another relative tolerance."""
        return replace(self, rtol=rtol)

    def prepare(self, program: Program, lanes: int) -> SciPyProgram:  # noqa: ARG002
        """Nothing to do: it calls the Python functions of the program, a lane after another.

        Raises:
            BadSettings: a program with constraints.
        """
        _refuse_constraints(program)
        return SciPyProgram(self, program)

    def solve(self, problem: Problem) -> Block:
        """Prepare the program of a problem and integrate it."""
        return self.prepare(problem.kernel.program, problem.runs).integrate(problem)


@dataclass(frozen=True)
class SciPyProgram:
    """A program, with the settings by which it is integrated."""

    settings: SciPy
    program: Program

    def integrate(self, problem: Problem) -> Block:
        """See :class:`~biomembrane.solve.engine_protocols.Compiled`."""
        made = empty(problem)
        statuses = list(made.statuses)
        passage = Passage(problem, problem.table(), made.turns) if self.program.events else None
        made.rows[:] = np.nan
        for lane in range(problem.lanes):
            if problem.cancel.asked:
                made.rows[lane:] = np.nan
                break
            march = _March(
                self.settings, kernel(self.program), problem, lane, made.turns[lane], passage
            )
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter(
                    "ignore"
                )  # SciPy warns of singular factors on the way to a status that we report
                march.run()
            made.rows[lane] = march.rows[:, : made.rows.shape[2]]
            made.end[lane] = march.rows[-1]
            made.least[lane] = march.least
            made.steps[lane], statuses[lane] = march.count, march.status
        problem.hush(made.least)
        return replace(made, statuses=statuses, met=passage.finished(statuses) if passage else None)


class _March:
    """One lane, step by step and part by part; fills its ``rows`` as it goes."""

    def __init__(
        self,
        settings: SciPy,
        functions: Kernel,
        problem: Problem,
        lane: int,
        turns: Array,
        passage: Passage | None,
    ) -> None:
        self.settings, self.problem, self.lane, self.turns, self.passage = (
            settings,
            problem,
            lane,
            turns,
            passage,
        )
        self.kernel, self.times = functions, problem.times
        self.size = len(problem.y0)
        self.scale = problem.scale[:, lane]
        self.floor = np.where(problem.positive, -ROUNDING * self.scale, -np.inf)
        self.places = _NODES.get(settings.method, _GAUSS)
        self.rows = np.full((len(self.times), problem.width), np.nan)
        self.least = np.full(len(functions.program.outputs["dissipation"]), np.inf)
        self.books = np.zeros(
            problem.width - self.size
        )  # quadratures up to the part that is running
        self.count = self.budget = 0
        self.status = Status(Outcome.DONE, float(self.times[-1]))
        self.fired: tuple[float, int] | None = None  # the event that ended what was integrated last
        self.mute = 0

    def run(self) -> None:
        problem, start = self.problem, float(self.times[0])
        y = problem.y0[:, self.lane]
        self.rows[0] = [*y, *self.books]
        longest = problem.longest[:, self.lane]
        for part, stop in enumerate(problem.stops[:, self.lane]):
            self.longest = float(longest[part])
            self.constants = (
                self.passage.constants(start, self.lane)
                if self.passage
                else problem.lane_constants(part, self.lane)
            )
            self.budget += self.settings.max_steps
            if part:
                self.turns[part - 1] = y
            y = self._part(y, start, float(stop))
            while self.fired and self.status.ok:
                start, _ = self.fired
                y = self._fire(y)
                if not self.status.ok or start >= stop:
                    break
                y = self._part(y, start, float(stop))
            start = float(stop)
            if not self.status.ok or start >= self.times[-1]:
                break
        if not self.status.ok:
            self.status = problem.stopped(self.lane, self.status, y)
        self.least[np.isinf(self.least)] = 0.0

    def _fire(self, y: Array) -> Array:
        """The state from which an event lets the lane go on."""
        assert self.passage
        assert self.fired
        (time, self.mute), self.fired = self.fired, None
        at = np.array([self.lane])
        after = self.passage.fire(at, np.array([self.mute]), np.array([time]), y[:, None])
        made: Array = after[:, 0]
        self.status = self.passage.wrong(at, np.array([time]), after).get(self.lane, self.status)
        self.constants = self.passage.constants(time, self.lane)
        self.rows[self.times == time, : self.size] = made
        return made

    def _part(self, y: Array, start: float, stop: float) -> Array:
        """Integrate from ``start`` to ``stop``; gives the state there."""
        self.steps, self.inside = [start], list[Any]()
        if not self._regular(start, y) or stop <= start:
            return y
        solver = self._solver(y, start, stop, self.settings.first_step)
        while solver.status == "running":
            before = solver.y.copy()
            if not self._step(solver):
                break
            dense, h = solver.dense_output(), solver.t - solver.t_old
            least = np.min(dense(solver.t_old + h * _SEEN), axis=1)
            if np.any(least < self.floor):
                if h <= 1e-12 * (solver.t + 1e-4 * stop):
                    i = int(np.argmin((least - self.floor) / self.scale))
                    reason = f"it would be {least[i]:.3g} at t = {solver.t:.6g} s"
                    self.status = Status(
                        Outcome.NEGATIVE, float(solver.t_old), Outcome.NEGATIVE.because(reason), i
                    )
                    break
                self.count += 1
                solver = self._solver(
                    before, solver.t_old, stop, h / 4
                )  # walk up to where the pool is empty
                continue
            if self.passage:
                root = self._root(solver, dense)
                if not self.status.ok:
                    break
                if root is not None:
                    self.count += 1
                    solver = self._solver(
                        before, solver.t_old, root, root - solver.t_old
                    )  # a step that ends there
                    continue
                if self.fired and self.fired[0] == solver.t_old:
                    break
            self._accept(solver, dense)
            if self.fired:
                break
            self.mute = 0
            if (
                solver.status == "finished" and solver.t < stop
            ):  # of a step that was to end at an event, and did not come to it
                solver = self._solver(solver.y, solver.t, stop, h)
        self._account()
        made: Array = self.inside[-1](self.steps[-1]) if self.inside else y
        return made

    def _step(self, solver: Any) -> bool:
        """One step; else the status says why there is none."""
        if self.count >= self.budget:
            self._stop(
                Outcome.TOO_MANY_STEPS,
                solver.t,
                solver.y * np.nan,
                f"{self.budget} steps were not enough",
            )
            return False
        try:
            message = solver.step()
        except (ValueError, np.linalg.LinAlgError) as problem:  # SciPy's LU refuses NaN
            if self._regular(solver.t, solver.y):
                self._stop(
                    Outcome.NOT_FINITE, solver.t, solver.y, f"a stage is not finite ({problem})"
                )
            return False
        if solver.status == "failed":
            self._stop(
                Outcome.COLLAPSED,
                solver.t,
                self.kernel.rhs(solver.t, solver.y, self.constants),
                str(message),
            )
        elif not np.all(np.isfinite(solver.y)):
            self._stop(Outcome.NOT_FINITE, solver.t_old, solver.y, "a state is not finite")
        return self.status.ok

    def _root(self, solver: Any, dense: Any) -> float | None:
        """When an event is inside a step; where it is at the start or the end of it, it has
        ``fired``.
        """
        begin, end = float(solver.t_old), float(solver.t)
        found = first_root(self.kernel, self.constants, begin, end, dense, self.mute)
        if found is None:
            return None
        time, which = found
        if math.isnan(time):
            self._stop(
                Outcome.NOT_FINITE,
                begin,
                solver.y,
                NO_NUMBER.format(event=self.kernel.program.events[which].name),
            )
            self.status = replace(self.status, state=None)
            return None
        near = INSTANT * (end + 1e-4 * float(self.times[-1]))
        if end - time <= near or time - begin <= near:
            self.fired = end if end - time <= near else begin, which
            return None
        return time

    def _regular(self, t: float, y: Array) -> bool:
        """Whether dx/dt and its slopes are finite; else the status says where they are not."""
        f, slopes = (
            self.kernel.rhs(t, y, self.constants),
            self.kernel.call("jacobian", t, y, self.constants),
        )
        if not np.all(np.isfinite(f)) or not np.all(np.isfinite(y)):
            self._stop(Outcome.NOT_FINITE, t, f, "the rate of change is not finite")
        elif not np.all(np.isfinite(slopes)):
            suspect = np.zeros(self.size)
            suspect[np.asarray(self.kernel.program.sparsity[1])[~np.isfinite(slopes)]] = np.nan
            self._stop(Outcome.NOT_FINITE, t, suspect, "the slope of a rate is not finite")
        return self.status.ok

    def _solver(self, y: Array, start: float, stop: float, first: float | None) -> Any:
        from scipy import integrate  # a quarter of a second, which the native engine need not spend

        s, k, c = self.settings, self.kernel, self.constants
        made = getattr(integrate, s.method)(
            lambda t, y: k.rhs(t, y, c), start, y, stop, rtol=max(s.rtol, 1e-13),
            atol=s.rtol * s.atol * self.scale,
            jac=lambda t, y: k.jacobian(t, y, c), first_step=min(first,
            stop - start) if first else None, max_step=self.longest,
        )  # fmt: skip
        if hasattr(made, "solve_lu"):
            made.solve_lu = _rested(made)
        return made

    def _accept(self, solver: Any, dense: Any) -> None:
        first, last = np.searchsorted(self.times, [solver.t_old, solver.t], side="right")
        self.rows[first:last, : self.size] = dense(self.times[first:last]).T
        self.steps.append(float(solver.t))
        self.inside.append(dense)
        self.count += 1

    def _stop(self, kind: Outcome, time: float, suspect: Array, reason: str) -> None:
        wrong = np.flatnonzero(~np.isfinite(suspect))
        message = kind.because(
            reason, solver=f"SciPy({self.settings.method!r}, ", more=10 * self.settings.max_steps
        )
        self.status = Status(
            kind,
            float(time),
            message,
            int(wrong[0]) if len(wrong) and kind is not Outcome.TOO_MANY_STEPS else None,
        )

    # --- the ledger

    def _account(self) -> None:
        """Integrals along the steps of the part, at the output times in it and in all, and the
        least dissipation at any node.
        """
        if not self.inside:
            return
        edges, values = self._refined()
        self.least = np.minimum(
            self.least,
            values[len(values) - len(self.least) :].reshape(len(self.least), -1).min(axis=1),
        )
        values, h = values[:, :, 1:], np.diff(edges)
        done = np.zeros((len(self.books), len(edges)))
        np.cumsum(values @ weights(self.places, np.ones(1))[0] * h, axis=1, out=done[:, 1:])
        first, last = np.searchsorted(self.times, [edges[0], edges[-1]], side="right")
        times = self.times[first:last]
        step = np.clip(np.searchsorted(edges, times, side="left") - 1, 0, len(h) - 1)
        inside = weights(self.places, (times - edges[step]) / h[step])
        rows = done[:, step] + h[step] * np.einsum("mts,ts->mt", values[:, step], inside)
        self.rows[first:last, self.size :] = (rows + self.books[:, None]).T
        self.books = self.books + done[:, -1]

    def _refined(self) -> tuple[Array, Array]:
        """Edges of the intervals of the ledger, and the powers (row, interval, node) at the
        beginning and at the nodes of each.
        """
        edges, owner = np.array(self.steps), np.arange(len(self.inside))
        values = self._powers(edges[:-1], edges[1:], owner)
        for _ in range(_HALVES):
            chosen = np.flatnonzero(self._coarse(values, np.diff(edges)))
            if not len(chosen):
                break
            begin, end = edges[chosen], edges[chosen + 1]
            middle = (begin + end) / 2
            halves = [
                self._powers(a, b, owner[chosen]) for a, b in ((begin, middle), (middle, end))
            ]
            values[:, chosen] = halves[0]
            values = np.insert(values, chosen + 1, halves[1], axis=1)
            owner, edges = (
                np.insert(owner, chosen + 1, owner[chosen]),
                np.insert(edges, chosen + 1, middle),
            )
        return edges, values

    def _powers(self, begin: Array, end: Array, owner: Any) -> Array:
        nodes = begin[:, None] + (end - begin)[:, None] * np.concatenate([[0.0], self.places])
        t = nodes.ravel()
        y = np.concatenate(
            [self.inside[k](at) for k, at in zip(owner.tolist(), nodes, strict=True)], axis=1
        )
        chunks = [(t[k : k + _CHUNK], y[:, k : k + _CHUNK]) for k in range(0, len(t), _CHUNK)]
        groups = [
            np.concatenate([self.kernel.call(g, *at, self.constants) for at in chunks], axis=1)
            for g in QUADRATURES
        ]
        return np.concatenate(groups).reshape(len(self.books), *nodes.shape)

    def _coarse(self, values: Array, h: Array) -> Any:
        """Which intervals are too long for the rule, by the third divided difference of the
        powers.
        """
        counts = [len(self.kernel.program.outputs[g]) for g in QUADRATURES]
        judged = np.repeat([g in _JUDGED for g in QUADRATURES], counts)
        g = values[judged]
        if not len(g):
            return np.zeros(len(h), dtype=bool)
        places = np.concatenate([[0.0], self.places])[-4:]
        third = g[..., -4:] @ np.array([1 / np.prod(a - places[places != a]) for a in places])
        spread = np.max(np.abs(g - g[..., :1]), axis=2)
        wrong = np.nansum(_WRONG * third**2 / np.maximum(spread, 1e-300), axis=0) * h
        energy = np.abs(g[..., 1:] @ weights(self.places, np.ones(1))[0] * h)
        before = np.abs(
            np.cumsum(energy, axis=1) - energy + np.abs(self.books[judged])[:, None]
        ).sum(axis=0)
        made: Any = wrong > self.settings.rtol * (SHARE * energy.sum(axis=0) + PAST * before)
        return made


def _refuse_constraints(program: Program) -> None:
    """SciPy's methods solve dx/dt = f, without a mass matrix."""
    if program.algebraic:
        named = [program.states[i] for i in program.algebraic[:4]] + ["…"] * (
            len(program.algebraic) > 4
        )
        raise errors.BadSettings(
            where="simulate(solver=SciPy(…))",
            wanted="a model whose states all have a rate: SciPy's methods take no mass matrix",
            got=f"constraints that determine {', '.join(named)}",
            advice="solver=bm.solvers.Native(), or the model in its finite-rate form",
        )


def _rested(solver: Any) -> Callable[[Any, Array], Array]:
    """``solver.solve_lu`` with Newton corrections of a few units in the last place of the state
    taken as none.

    At rest, SciPy takes a correction that rounding keeps from shrinking for divergence, and makes
    ever smaller steps.
    """
    solve = solver.solve_lu

    def rested(factors: Any, right: Array) -> Array:
        correction: Array = solve(factors, right)
        still = np.all(np.abs(correction) <= 4 * np.finfo(float).eps * np.abs(solver.y))
        return np.zeros_like(correction) if still else correction

    return rested


def weights(nodes: Array, theta: Array) -> Array:
    """Weights (theta, node) that integrate the interpolant through ``nodes`` of [0, 1] from 0 to
    ``theta``.
    """
    powers = np.arange(len(nodes))
    coefficients = np.linalg.inv(
        nodes[:, None] ** powers
    )  # (power, node) of the Lagrange polynomials
    made: Array = (theta[:, None] ** (powers + 1) / (powers + 1)) @ coefficients
    return made
