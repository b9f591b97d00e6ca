"""Pseudo-arclength continuation of a steady state in one parameter (Keller 1977), through folds and
past Hopf points, with the exact ∂F/∂x and ∂F/∂p.

A point is v = (u, q): logarithms of amounts, other states and the parameter in their typical sizes.
The next one is where F = 0 on the plane at right angles to the tangent, a step ds away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from ...compile.kernel import Kernel
from ...compile.numpy_kernel import kernel
from ...compile.program import program
from ..task import Task
from .equations import Array, Equations, groups
from .newton import solve_lanes
from .stability import eigenvalues

FIRST, LEAST, FARTHEST = 1e-2, 1e-9, 0.1  # steps ds
ROUNDS, SETTLED, NEARLY = 10, 1e-12, 1e-9  # of the corrector
BEND = 0.94  # least cosine between tangents
LOCATED = 60  # bisections of a special point


class Special(StrEnum):
    """What a point of a branch is."""

    NONE = "regular"
    FOLD = "fold"
    HOPF = "Hopf"
    CROSSING = "branch point"


class Ending(StrEnum):
    """Why a branch ends."""

    RANGE = "the end of the range"
    POINTS = "as many points as were asked for"
    CLOSED = "back where it began"
    STUCK = "no next point was found"


@dataclass(frozen=True, eq=False)
class Point:
    """A point of a branch: states, parameter, tangent in scaled coordinates, arclength from the
    start, number of growing modes, and what it is.
    """

    y: Array
    p: float
    tangent: Array
    along: float
    growing: int = 0
    critical: float = 0.0  # real part of the pair or eigenvalue nearest to the axis
    kind: Special = Special.NONE


@dataclass(frozen=True, eq=False)
class Line:
    """One parameter in its range, as the coordinate q: its logarithm, or a share of the range."""

    index: int
    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        return self.low > 0 and self.high > 10 * self.low

    @property
    def span(self) -> float:
        return float(np.log(self.high / self.low)) if self.logarithmic else self.high - self.low

    def slope(self, p: float) -> float:
        """dp/dq."""
        return p * self.span if self.logarithmic else self.span

    def moved(self, p: float, dq: float) -> float:
        return p * float(np.exp(dq * self.span)) if self.logarithmic else p + dq * self.span

    def distance(self, a: float, b: float) -> float:
        """q(b) − q(a)."""
        return (float(np.log(b / a)) if self.logarithmic else b - a) / self.span


class Curve:
    """F(x, p) = 0 of one lane of a task, with its derivatives."""

    def __init__(self, task: Task, line: Line, inputs: list[float], scale: Array,
                 totals_move: bool, y0: Array) -> None:  # fmt: skip
        self.task, self.line, self.inputs = task, line, list(inputs)
        self.linear: Kernel = kernel(program(task.model, linear=True))
        self.scale, self.totals_move, self.y0 = scale, totals_move, y0
        names = self.linear.program.names
        self.rows = _column(names["rhs_by_parameter"], line.index)
        self.start_rows = _column(names["initial_by_parameter"], line.index)
        self._equations = groups(task.model, task.kernel, task.kernel.bind(self.inputs),
                                 self.inputs, y0, scale)[0][1]  # fmt: skip

    def at(self, p: float) -> Equations:
        """The equations at a value of the parameter."""
        inputs = [*self.inputs]
        inputs[self.line.index] = p
        held = self.task.kernel.bind(inputs)
        e = replace(self._equations, held=held)
        if self.totals_move:
            declared = self.task.kernel.call("initial", 0.0, np.zeros_like(self.y0), held)
            e = replace(e, totals=e.sums(declared))
        return e

    def by_parameter(self, y: Array, p: float, e: Equations) -> Array:
        """∂F/∂p (row,)."""
        inputs = [*self.inputs]
        inputs[self.line.index] = p
        held = self.linear.bind(inputs)
        slope = np.zeros(len(y))
        with np.errstate(all="ignore"):
            values = self.linear.call("rhs_by_parameter", 0.0, y, held)[:, 0]
        for at, row in self.rows:
            slope[row] += values[at]
        slope[e.free] = 0.0
        if self.totals_move and self.start_rows:
            starts = self.linear.call("initial_by_parameter", 0.0, y, held)[:, 0]
            moved = np.zeros((len(y), 1))
            for at, row in self.start_rows:
                moved[row] += starts[at]
            slope[e.free] = -e.sums(moved)[:, 0]
        return slope

    def matrix(self, y: Array, p: float, e: Equations) -> Array:
        """∂F/∂(u, q) (row, column)."""
        own = e.jacobian(y)[:, :, 0] * e.sizes(y)[:, 0]
        return np.column_stack([own, self.by_parameter(y, p, e) * self.line.slope(p)])

    # --- points

    def tangent(self, y: Array, p: float, before: Array) -> Array:
        """The unit tangent that points as ``before``."""
        M = np.vstack([self.matrix(y, p, self.at(p)), before])
        right = np.zeros(len(M))
        right[-1] = 1.0
        t = solve_lanes(M[:, :, None], right[:, None])[:, 0]
        return t / self.norm(t)

    def norm(self, v: Array) -> float:
        return float(np.sqrt(self.inner(v, v)))

    def inner(self, a: Array, b: Array) -> float:
        """Scalar product: the mean over the states, and the parameter."""
        return float(a[:-1] @ b[:-1]) / max(1, len(a) - 1) + float(a[-1] * b[-1])

    def moved(self, y: Array, p: float, dv: Array) -> tuple[Array, float]:
        e = self._equations
        sizes = e.sizes(y)
        own = e.positive[:, None] & (sizes == y)
        du = dv[:-1, None]
        with np.errstate(over="ignore"):
            after = np.where(own, y * np.exp(np.clip(du, -5, 5)), y + sizes * du)
        return after, self.line.moved(p, float(dv[-1]))

    def corrected(
        self, y: Array, p: float, plane: Array, *, fixed: bool = False
    ) -> tuple[Array, float] | None:
        """The point of the branch on the plane through this one at right angles to ``plane``;
        ``fixed``: at this value of the parameter.  None where Newton's method does not settle.
        """
        row = np.zeros(len(plane)) if fixed else plane / np.append(
            np.full(len(plane) - 1, max(1, len(plane) - 1)), 1.0)  # fmt: skip
        if fixed:
            row[-1] = 1.0
        off, best = 0.0, np.inf
        for _ in range(ROUNDS):
            e = self.at(p)
            M = np.vstack([self.matrix(y, p, e), row])
            right = -np.append(e.residual(y)[:, 0], off)
            dv = solve_lanes(M[:, :, None], right[:, None])[:, 0]
            size = float(np.abs(dv).max())
            if not size < 1.0:
                return None
            y, p = self.moved(y, p, dv)
            off += float(row @ dv)
            if size <= SETTLED or (size <= NEARLY and size >= 0.5 * best):
                return y, p
            best = min(best, size)
        return None

    def point(self, y: Array, p: float, before: Array, along: float) -> Point:
        """A point with its tangent and the signs that change at special points."""
        values = eigenvalues(self.at(p), y)[:, 0]
        growing = int((values.real > 0).sum()) if len(values) else 0
        nearest = values[np.argmin(np.abs(values.real))] if len(values) else 0j
        return Point(y, p, self.tangent(y, p, before), along, growing, float(nearest.real))


def _column(pairs: Any, index: int) -> list[tuple[int, int]]:
    """Places and rows of the derivatives by one parameter."""
    return [(at, row) for at, (row, column) in enumerate(pairs) if column == index]


def traced(curve: Curve, first: Point, direction: float, most: int) -> tuple[list[Point], Ending]:
    """Points of the branch from the first one on, that not included, and why it ends."""
    points: list[Point] = []
    here = replace(first, tangent=direction * first.tangent)
    ds = FIRST
    while len(points) < most:
        found, ds = _next(curve, here, ds)
        if found is None:
            return points, Ending.STUCK
        if not curve.line.low <= found.p <= curve.line.high:
            edge = _at_edge(curve, here, found)
            if edge is not None:
                points += [*_special(curve, here, edge), edge]
            return points, Ending.RANGE
        points += [*_special(curve, here, found), found]
        if len(points) > 10 and _met(curve, first, here, found):
            return points, Ending.CLOSED
        here = found
    return points, Ending.POINTS


def _next(curve: Curve, here: Point, ds: float) -> tuple[Point | None, float]:
    """The next point, and the step to try after it."""
    while ds >= LEAST:
        y, p = curve.moved(here.y, here.p, ds * here.tangent)
        settled = curve.corrected(y, p, here.tangent)
        if settled is not None:
            found = curve.point(*settled, here.tangent, here.along + ds)
            cosine = curve.inner(found.tangent, here.tangent)
            if cosine >= BEND and np.isfinite(found.tangent).all():
                return found, min(FARTHEST, ds * (1.5 if cosine > 0.5 * (1 + BEND) else 1.0))
        ds *= 0.5
    return None, ds


def _at_edge(curve: Curve, here: Point, beyond: Point) -> Point | None:
    """The point at the end of the range, between two points."""
    p = curve.line.high if beyond.p > curve.line.high else curve.line.low
    share = curve.line.distance(here.p, p) / curve.line.distance(here.p, beyond.p)
    y, _ = curve.moved(here.y, here.p, share * (beyond.along - here.along) * here.tangent)
    settled = curve.corrected(y, p, here.tangent, fixed=True)
    if settled is None:
        return None
    along = here.along + share * (beyond.along - here.along)
    return curve.point(settled[0], p, here.tangent, along)


def _met(curve: Curve, first: Point, here: Point, found: Point) -> bool:
    """Whether a branch has come back to its first point between two others."""
    near = abs(curve.line.distance(first.p, found.p)) < 0.5 * FARTHEST
    size = np.maximum(curve.at(first.p).sizes(first.y), 1e-9 * curve.scale)
    same = bool(np.all(np.abs(found.y - first.y) < 0.5 * FARTHEST * size))
    a, b = (curve.line.distance(first.p, x.p) for x in (here, found))
    return near and same and a * b <= 0


# --- special points


def _special(curve: Curve, here: Point, there: Point) -> Iterator[Point]:
    """Special points between two neighbours, located by bisection along the step."""
    if here.tangent[-1] * there.tangent[-1] < 0:
        yield from _located(curve, here, there, lambda x: float(x.tangent[-1]), Special.FOLD)
    elif here.growing != there.growing:
        pair = abs(here.growing - there.growing) >= 2
        sign = np.sign(there.growing - here.growing)
        kind = Special.HOPF if pair else Special.CROSSING

        def crossed(x: Point) -> float:
            """Real part of the mode that crosses the axis, with the sign of the step."""
            return float(sign * _crossing(curve, x, pair=pair))

        yield from _located(curve, here, there, crossed, kind)


def _crossing(curve: Curve, x: Point, *, pair: bool) -> float:
    """Real part of the complex pair, or of the real eigenvalue, that is nearest to the axis."""
    values = eigenvalues(curve.at(x.p), x.y)[:, 0]
    of_kind = values[(np.abs(values.imag) > 0) == pair]
    chosen = of_kind if len(of_kind) else values
    return float(chosen.real[np.argmin(np.abs(chosen.real))])


def _located(
    curve: Curve, here: Point, there: Point, test: Callable[[Point], float], kind: Special
) -> Iterator[Point]:
    """The point between two others at which a test function changes its sign (regula falsi,
    Illinois).
    """
    a, b = 0.0, there.along - here.along
    fa, fb = test(here), test(there)
    if fa * fb > 0:
        return
    best = here
    for _ in range(LOCATED):
        s = (a * fb - b * fa) / (fb - fa) if fb != fa else 0.5 * (a + b)
        settled = curve.corrected(*curve.moved(here.y, here.p, s * here.tangent), here.tangent)
        if settled is None:
            return
        best = curve.point(*settled, here.tangent, here.along + s)
        f = test(best)
        if f == 0 or abs(b - a) <= 1e-14:
            break
        if f * fb < 0:
            a, fa, b, fb = b, fb, s, f
        else:
            fa, b, fb = fa / 2, s, f
        if abs(f) < 1e-14:
            break
    yield replace(best, kind=kind)
