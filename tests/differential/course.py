"""A system in time: its states by scipy's BDF, its books by Gauss's quadrature of the powers along
the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from differential.independent import Physics
from differential.kinetics import rows_of
from scipy.integrate import solve_ivp


@dataclass
class Course:
    """What a system does: states (state, time), entries (entry, time), what was imposed on Ξ and Ξ
    − Ξ(0), by store (time,).
    """

    states: Any
    entries: Any
    imposed: dict[str, Any]
    exergy: dict[str, Any]


def course(physics: Physics, rtol: float = 1e-10) -> Course:
    """The states of a system at its output timesand its books by Gauss's quadrature of the powers
    along the steps.
    """
    stores, times = (
        list(physics.exergy(physics.now(0.0, physics.start(), 0), physics.start())),
        np.array(physics.system.times),
    )
    breaks = [*physics.breaks, float(times[-1])]
    size = np.maximum(np.abs(physics.start()), _scale(physics))
    y, sums = physics.start(), np.zeros(len(physics.entries) + len(stores))
    states, books = np.zeros((len(y), len(times))), np.zeros((len(sums), len(times)))
    states[:, 0] = y
    for part, (begin, end) in enumerate(zip(breaks, breaks[1:], strict=False)):
        if part:  # what a step of a parameter does to the exergy
            before, after = (
                physics.exergy(physics.now(begin, y, at), y) for at in (part - 1, part)
            )
            sums[len(physics.entries) :] += [after[s] - before[s] for s in stores]
            books[:, times == begin] = sums[:, None]
        rhs = _right(physics, part, size)
        made = _solved(rhs, begin, end, y / size, rtol)
        edges = np.unique(
            [*made.t, *times[(times > begin) & (times < end)], *np.linspace(begin, end, 65)]
        )
        steps = _passed(
            physics, part, stores, edges, lambda t, sol=made.sol: sol(t) * size[:, None]
        )
        so_far = sums[:, None] + np.cumsum(steps, axis=1)
        for k in np.flatnonzero((times > begin) & (times <= end)):
            states[:, k] = made.sol(times[k]) * size
            books[:, k] = so_far[:, np.searchsorted(edges, times[k]) - 1]
        y, sums = made.y[:, -1] * size, so_far[:, -1]
    entries, imposed = np.split(books, [len(physics.entries)])
    return Course(
        states, entries, dict(zip(stores, imposed, strict=True)), _exergies(physics, states, stores)
    )


def _solved(rhs: Callable[[float, Any], Any], begin: float, end: float, w: Any, rtol: float) -> Any:
    """By BDF, and with more care where it tries an amount below zero, which no logarithm takes."""
    rare = (
        1e-10 * rtol
    )  # for states of carriers that hardly anyone is in, whose energy is a logarithm
    for method, least in (("BDF", rtol if rtol > 1e-10 else rare), ("BDF", rare), ("Radau", rare)):
        try:
            with np.errstate(invalid="ignore"):
                made = solve_ivp(
                    rhs,
                    (begin, end),
                    w,
                    method,
                    dense_output=True,
                    rtol=rtol,
                    atol=least,
                    jac=_jacobian(rhs),
                    max_step=(end - begin) / 32,
                )
        except ValueError:  # no number in the Jacobian
            continue
        if made.success and np.isfinite(made.y).all():
            return made
    raise ArithmeticError("no step of any method stays where logarithms are defined")


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def _passed(
    physics: Physics, part: int, stores: Sequence[str], edges: Any, states: Callable[[Any], Any]
) -> Any:
    """∫ power dt of each entry, then ∫ ∂Ξ/∂t dt of each store, over each interval between the edges
    (sum, interval) [fJ].
    """
    half = np.diff(edges) / 2
    t = ((edges[:-1] + half)[:, None] + half[:, None] * _NODES).ravel()
    y = states(t)
    now = physics.now(t, y, part)
    rows = [physics.powers(now, physics.fluxes(now, len(t)))]
    drift = np.zeros((len(stores), len(t)))
    if any(
        x.kind != "steps" for x in physics.system.timed
    ):  # by a complex step, which loses no digits
        moved = physics.exergy(physics.now(t + 1e-30j, y, part), y)
        drift = np.imag(rows_of(moved.values(), len(t))) / 1e-30
    rows.append(drift)
    made = np.concatenate(rows).reshape(-1, len(half), len(_NODES))
    return (made * _WEIGHTS).sum(axis=2) * half


def part_at(physics: Physics, t: float) -> int:
    """The part that holds at a time; from a break on it is the next."""
    return max(i for i, b in enumerate(physics.breaks) if b <= t)


def _exergies(physics: Physics, states: Any, stores: Sequence[str]) -> dict[str, Any]:
    """Ξ − Ξ(0) by store."""
    rows = []
    for t, y in zip(physics.system.times, states.T, strict=True):
        made = physics.exergy(physics.now(t, y, part_at(physics, t)), y)
        rows.append([made[s] for s in stores])
    table = np.array(rows, float)
    return dict(zip(stores, (table - table[0]).T, strict=True))


def _scale(physics: Physics) -> Any:
    made = np.ones(len(physics.states))
    for name, row in physics.row.items():
        if name.endswith(".charge"):
            node = physics.nodes.index(name.removesuffix(".charge"))
            made[row] = physics.C[node, node] * 0.0267
        elif name in physics.carriers:
            made[row] = physics.carriers[name].numbers["carriers"] / len(
                physics.carriers[name].inside
            )
    return made


def _right(physics: Physics, part: int, size: Any) -> Callable[[float, Any], Any]:
    """dx/dt of states (state,) or (state, k) in units of ``size``."""

    def rhs(t: float, w: Any) -> Any:
        many = w.reshape(len(w), -1)
        J = physics.fluxes(physics.now(t, many * size[:, None], part), many.shape[1])
        return (physics.N @ J / size[:, None]).reshape(w.shape)

    return rhs


def _jacobian(rhs: Callable[[float, Any], Any]) -> Callable[[float, Any], Any]:
    """By differences, all columns at once."""

    def jac(t: float, w: Any) -> Any:
        step = 1e-7 * np.maximum(np.abs(w), 1e-3)
        made = rhs(t, np.concatenate([w[:, None] + np.diag(step), w[:, None]], axis=1))
        return (made[:, :-1] - made[:, -1:]) / step

    return jac
