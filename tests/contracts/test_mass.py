"""M dx/dt = f with 0 and 1 in M: the method keeps its order, every way to emit code solves the
same, and what cannot be is told.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from stiff import P, Y, compiled, solve
from strategies import fewer

from biomembrane import errors, solvers
from biomembrane.compile.machine_code import model_functions, module
from biomembrane.compile.numpy_kernel import Kernel
from biomembrane.compile.program import Program
from biomembrane.compile.rosenbrock import driver, tableau
from biomembrane.solve import constraints
from biomembrane.solve.engines.native import Native
from biomembrane.solve.problem import Block, Problem
from biomembrane.symbols import t

A, C = Y[:2]


@dataclass(frozen=True)
class Index1:
    """``rhs`` with its ``mass``, from ``start`` to 1; ``truth`` (state,) at a time."""

    rhs: Sequence[Any]
    mass: Sequence[int]
    truth: Any

    @property
    def start(self) -> Any:
        return np.array(self.truth(0.0), dtype=float)


PROBLEMS = {
    "Kaps at ε = 0": Index1([-A + C**2, A - C * (1 + C)], (0, 1),
        lambda x: [np.exp(-2 * x), np.exp(-x)]),
    "driven by time": Index1(
        [C, (A * sp.cos(3 * t) - C) * (1 + A**2)], (1, 0),
        lambda x: [y := np.exp(np.sin(3 * x) / 3), y * np.cos(3 * x)]
    ),
    "two constraints, the first of which needs the second": Index1(
        [Y[1] - Y[0] - Y[2], 12 * (Y[0] - Y[2]) * sp.cos(4 * t),
            sp.log(Y[0] / Y[2] / 2) + Y[1] - Y[0] - Y[2]], (0, 1, 0),
        lambda x: [2 / 3 * (y := np.exp(np.sin(4 * x))), y, y / 3],
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Even(Problem):
    """A problem that is taken in steps of one length, once the first few have grown to it."""

    step: float = 1.0

    @property
    def max_step(self) -> Any:
        return np.full(self.segment_ends.shape, self.step)


def in_steps(k: Kernel, start: Any, step: float, times: Sequence[float]) -> Block:
    held, wide, none = (
        k.bind(np.zeros(len(P))),
        np.full((len(start), 1), 1e6),
        np.zeros(len(start), bool),
    )
    return Native(rtol=1e-2).solve(
        Even(
            k,
            [held],
            np.array([[times[-1]]]),
            start[:, None],
            np.array(times),
            wide,
            none,
            none,
            step=step,
        )
    )


@pytest.mark.parametrize("name", PROBLEMS)
def test_order_of_convergence(name: str) -> None:
    """In steps of one length the error at the end falls with the fifth power of the step, that
    between the steps with the fourth.
    """
    p = PROBLEMS[name]
    k, steps, inner = (
        compiled(p.rhs, mass=p.mass),
        1 / np.array([5.0, 10.0, 20.0, 40.0]),
        [0.0, *np.linspace(0.31, 0.93, 7), 1.0],
    )
    found = []
    for step in steps:
        made = in_steps(k, p.start, step, inner)
        assert made.statuses[0].ok
        assert made.rejected[0] == 0
        off = np.abs(made.y[:, :, 0] - np.array([p.truth(x) for x in inner]).T).max(axis=0)
        found.append((off[-1], off.max()))
    orders = [np.polyfit(np.log(steps), np.log(off), 1)[0] for off in np.array(found).T]
    assert orders[0] >= 4.5
    assert orders[1] >= 3.5


@pytest.mark.parametrize("runs", [1, 9])
@pytest.mark.parametrize("way", ["straight", "careful", "rolled", "tables"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_way_to_emit_code(
    name: str, way: str, runs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Straight and rolled code, loops over tables, the careful driver; one lane and eight: solution
    and quadratures as exact as rtol asks.
    """
    if way == "tables":
        monkeypatch.setattr(model_functions, "_DENSE", 0)
    p = PROBLEMS[name]
    k = compiled(
        p.rhs,
        [Y[0] ** 2, Y[1]],
        p.mass,
        rolled=way in ("rolled", "tables"),
        careful=way == "careful",
    )
    made = solve(k, np.repeat(p.start[:, None], runs, axis=1), [0.0, 0.5, 1.0], 1e-8)
    x, weights = np.polynomial.legendre.leggauss(20)
    at = np.array([p.truth(each) for each in (1 + x) / 2])
    sums = weights / 2 @ np.stack([at[:, 0] ** 2, at[:, 1]], axis=1)
    for lane in range(runs):
        assert made.statuses[lane].ok
        assert made.y[:, 2, lane] == pytest.approx(np.array(p.truth(1.0)), rel=1e-8)
        assert made.y[:, 1, lane] == pytest.approx(np.array(p.truth(0.5)), rel=1e-7)
        assert made.end[lane, len(p.mass) :] == pytest.approx(sums, rel=1e-7)


@fewer(0.2)
@given(st.data())
def test_elimination_leaves_the_mass_out(data: st.DataObject) -> None:
    """(M s − J) x = b in machine code, for random patterns and masses, however it is emitted."""
    n, rolled = (
        data.draw(st.integers(1, 6)),
        data.draw(st.sampled_from([None, 0, model_functions._DENSE])),
    )
    mass = data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    pattern = data.draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)))) | {
        (i, i) for i in range(n)
    }
    rhs = [sum(P[0] * Y[j] for i, j in sorted(pattern) if i == row) for row in range(n)]
    k = compiled(rhs, mass=mass, rolled=rolled is not None)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(model_functions, "_DENSE", rolled or 0)
        machine = module.CompiledModel(k.program, module.WIDE)
    rng = np.random.default_rng(n)
    rows, columns = (np.array(each, dtype=int) for each in k.program.sparsity)
    values = np.where(rows == columns, -20.0, rng.uniform(-1, 1, len(rows)))
    dense = 30.0 * np.diag(mass)
    dense[rows, columns] -= values
    b = rng.uniform(-1, 1, n)
    room = machine.shape.scratch
    arrays = {
        "J": values,
        "s": np.array([30.0]),
        "A": np.zeros(machine.shape.factors + max([0, *room.values()])),
        "b": b,
    }
    held = {name: module.aligned(len(each), 8) for name, each in arrays.items()}
    for name, each in arrays.items():
        held[name][:] = each[:, None]
    for function, names in (("f_lu", "JsA"), ("f_solve", "Ab")):
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(names))(
            machine.code.address(function)
        )
        call(*(held[name].ctypes.data for name in names))
    assert dense @ held["b"][:, 3] == pytest.approx(b, rel=1e-12, abs=1e-12)


def test_without_constraints_all_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """M is 1 unless it is said otherwise; then the driver has not a line more, and the one for
    constraints gives the same bits.
    """
    k = compiled([-(A**2), A - C])
    assert k.program.mass == (1, 1)
    assert k.program.algebraic == ()
    loops = [
        driver.drive(tableau.RODAS5P, module.WIDE, constrained=on).text() for on in (False, True)
    ]
    assert len(loops[0]) < len(loops[1])
    usual = solve(k, [1.0, 0.5], [0.0, 0.3, 1.0], 1e-8)
    monkeypatch.setattr(Program, "algebraic", (0,))  # the driver alone asks it
    other = solve(compiled([-(A**2), A - C]), [1.0, 0.5], [0.0, 0.3, 1.0], 1e-8)
    assert np.array_equal(usual.rows, other.rows)


@pytest.mark.parametrize("lanes_", [1, 3])
def test_constraints_that_change_at_a_break(lanes_: int) -> None:
    """Where a part of a run begins, the algebraic states go to where its constraints hold, the
    others stay: pieces of exponentials.
    """
    rates = np.array([[1.0, 1.0, 1.0], [3.0, 0.5, 40.0], [0.2, 7.0, 1e-3]])[:, :lanes_]
    stops = np.array([[0.5, 0.2, 0.7], [0.8, 0.9, 0.71], [1.0, 1.0, 1.0]])[:, :lanes_]
    k = compiled([-C, sp.log(C / (P[0] * A))], [C], (1, 0))
    constants = [k.bind([part, *[0.0] * (len(P) - 1)]) for part in rates]
    times = np.linspace(0, 1, 41)
    made = solve(
        k, np.ones((2, lanes_)), times, 1e-9, stops=stops, constants=constants, positive=True
    )
    same = [k.bind([np.full(lanes_, part[0]), *[0.0] * (len(P) - 1)]) for part in rates]
    alike = np.repeat(stops[:, :1], lanes_, axis=1)
    alone = solve(k, np.ones((2, lanes_)), times, 1e-9, stops=alike, constants=same, positive=True)
    assert np.array_equal(alone.rows[0], made.rows[0])  # no lane sees that another one settles
    for lane in range(lanes_):
        ends = np.array([0.0, *stops[:, lane]])
        decay = np.array([rates[:, lane] @ np.diff(np.minimum(ends, x)) for x in times])
        part = np.minimum(
            np.searchsorted(stops[:, lane], times, side="right"), 2
        )  # the next one from a break on
        assert made.statuses[lane].ok
        assert made.y[0, :, lane] == pytest.approx(np.exp(-decay), rel=1e-7)
        assert made.y[1, :, lane] == pytest.approx(rates[part, lane] * np.exp(-decay), rel=1e-7)
        assert made.end[lane, 2] == pytest.approx(1 - np.exp(-decay[-1]), rel=1e-7)


def met(k: Kernel, y: Any, positive: Any = False) -> Any:
    """Consistent values near y (state,) or (state, lane)."""
    y = np.atleast_2d(np.array(y, dtype=float).T).T
    dims = {} if y.shape[1] == 1 else {"lane": y.shape[1]}
    free = np.broadcast_to(positive, len(y))
    constraints.meet(
        k, k.bind(np.zeros(len(P))), y, np.ones(y.shape), free, slice(0, y.shape[1]), dims
    )
    return y


def test_consistent_initial_values() -> None:
    """Newton finds the algebraic states for each lane, leaves the differential ones as they are,
    and amounts above zero.
    """
    k = compiled([Y[1] - Y[0] - Y[2], 0, sp.log(Y[0] / Y[2] / 2)], mass=(0, 1, 0))
    y = met(k, [[5.0, 1e-9, 1.0], [3.0, 3.0, 0.3], [1e-8, 0.5, 1e3]], positive=True)
    assert y[1].tolist() == [3.0, 3.0, 0.3]
    assert y[0] == pytest.approx(2 * y[1] / 3, rel=1e-12)
    assert y[2] == pytest.approx(y[1] / 3, rel=1e-12)
    at = met(compiled([C, A**3 + A + C - 10], mass=(1, 0)), [2.0, -3.0])
    assert at[:, 0].tolist() == [2.0, 0.0]
    far = met(
        compiled([C, sp.tanh(C - 3 * A)], mass=(1, 0)), [1.0, 0.0]
    )  # of which whole corrections run away
    assert far[1, 0] == pytest.approx(3.0, rel=1e-12)


@pytest.mark.parametrize(
    ("rhs", "named", "dull"),
    [
        ([Y[1] - Y[0] - Y[2], 1, sp.log(Y[0] + Y[2] ** 2)], "y0|y2", 0.5),
        ([Y[1] - Y[0], 1, (Y[2] - Y[1]) ** 2], "y2", 1.0),
        ([A - C, 1, 1 / Y[2]], "y2", 0.0),
    ],
)
def test_a_singular_block_names_the_constraint(rhs: Sequence[Any], named: str, dull: float) -> None:
    """Constraints that follow from others, that have no slope or no value are refused by name, with
    the lane.
    """
    k = compiled(rhs, mass=(0, 1, 0))
    with pytest.raises(
        errors.SingularConstraint, match=f"the constraint of ({named}) at position lane=1"
    ) as told:
        met(k, [[1.0, 1.0], [1.0, 1.0], [2.0, dull]])
    assert "y0, y2" in told.value.wanted


def test_constraints_that_cannot_be_met() -> None:
    """x² + 1 = 0 has no solution: Newton says so, and whose constraint it is."""
    with pytest.raises(errors.ConstraintNotMet, match="the constraint of y1"):
        met(compiled([1, C**2 + 1], mass=(1, 0)), [1.0, 0.7])


def test_scipy_has_no_mass_matrix() -> None:
    """SciPy's methods refuse a model with constraints before they begin, and say what does it."""
    p = PROBLEMS["Kaps at ε = 0"]
    k = compiled(p.rhs, mass=p.mass)
    none, held = np.zeros(2, bool), [k.bind(np.zeros(len(P)))]
    problem = Problem(
        k,
        held,
        np.ones((1, 1)),
        p.start[:, None],
        np.array([0.0, 1.0]),
        np.ones((2, 1)),
        none,
        none,
    )
    with pytest.raises(errors.BadSettings, match="no mass matrix") as told:
        solvers.SciPy("Radau").solve(problem)
    assert "y0" in told.value.got
    assert "Native" in told.value.advice
