"""Engines are asked by protocol: one that nobody has heard of runs models, scans, lazy scans and
books like the two that are shipped.
"""

from __future__ import annotations

import ast
import pickle
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import biomembrane as bm
from biomembrane import Q
from biomembrane.compile.kernel import Kernel
from biomembrane.compile.numpy_kernel import kernel
from biomembrane.compile.program import Program, program
from biomembrane.results.lazy_scan import Lazy
from biomembrane.solve.engine_protocols import Compiled, Solver
from biomembrane.solve.problem import Block, Problem

TIMES = Q([0.0, 5.0, 60.0], "s")
LEVELS = xr.DataArray([3.0, 4.0, 5.0], dims="K_o", attrs={"units": "mM"})


@dataclass(frozen=True)
class Foreign:
    """An engine of someone else's, which counts what it is asked; it happens to integrate by ours,
    lane by lane.
    """

    rtol: float = 1e-8
    atol: float = 1e-3
    threads: int = 2
    careful: bool = False

    def alone(self) -> Foreign:
        return replace(self, threads=1)

    def at(self, rtol: float) -> Foreign:
        return replace(self, rtol=rtol)

    def prepare(self, program: Program, lanes: int) -> Compiled:
        return Ready(program, bm.solvers.Native(rtol=self.rtol).prepare(program, lanes))


@dataclass(frozen=True)
class Ready:
    program: Program
    inner: Compiled

    def integrate(self, problem: Problem) -> Block:
        return self.inner.integrate(problem)


def _conforms(solver: Solver, functions: Kernel) -> tuple[Solver, Kernel]:
    """For the type checker: what is shipped, and the foreign one, are what the protocols say."""
    return solver, functions


SOLVERS: list[Solver] = [bm.solvers.Native(), bm.solvers.SciPy(), Foreign()]
solvers = pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: type(s).__name__)


@solvers
def test_a_run_a_scan_and_a_lazy_scan(solver: Solver) -> None:
    """Every way of running a model takes every engine, and the numbers agree."""
    model = bm.load("resting_cell")
    _conforms(solver, kernel(program(model)))
    alone = bm.simulate(model, times=TIMES, parameters={"bath.K": Q(4, "mM")}, solver=solver)
    alone.ledger.check()
    keep = bm.Keep(["amount"], times="final")
    scan = bm.simulate(model, times=TIMES, parameters={"bath.K": LEVELS}, solver=solver, keep=keep)
    lazy = bm.simulate(
        model, times=TIMES, parameters={"bath.K": LEVELS.chunk(K_o=2)}, solver=solver, keep=keep
    )
    assert isinstance(lazy, Lazy)
    assert lazy.recipe.solver.threads == 1
    wanted = alone.data.amount.isel(time=-1)
    for made in (scan.data, lazy.data.compute()):
        np.testing.assert_allclose(made.amount.isel(K_o=1).squeeze(), wanted, rtol=1e-7)
        assert (made.status == 0).all()


@solvers
def test_a_tighter_one_is_of_the_same_kind(solver: Solver) -> None:
    """``at`` changes the tolerance alone, ``alone`` the threads alone."""
    tighter, lone = solver.at(1e-10), solver.alone()
    assert (type(tighter), tighter.rtol, tighter.atol, tighter.threads) == (
        type(solver),
        1e-10,
        solver.atol,
        solver.threads,
    )
    assert (type(lone), lone.rtol, lone.threads) == (type(solver), solver.rtol, 1)


@pytest.mark.parametrize("solver", SOLVERS[:2], ids=["Native", "SciPy"])
def test_what_is_prepared_travels(solver: Solver) -> None:
    """A compiled program crosses to another process, and a prepared model gives the same there."""
    prepared = bm.prepare(
        bm.load("resting_cell"), vary={"bath.K": "mM"}, until=Q(1, "s"), solver=solver
    )
    there: Any = pickle.loads(pickle.dumps(prepared))
    np.testing.assert_array_equal(there([4.0]).data.amount, prepared([4.0]).data.amount)


def test_nothing_asks_which_solver_it_has() -> None:
    """No ``isinstance`` on a solver in the package, and no module but theirs and the default's
    names one.
    """
    asked, named = [], set()
    root = Path(bm.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "isinstance"
            ):
                kinds = {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)}
                asked += (
                    [f"{path.name}:{node.lineno}"]
                    if kinds & {"Native", "SciPy", "NativeProgram", "SciPyProgram"}
                    else []
                )
            if (
                isinstance(node, ast.ImportFrom)
                and any(a.name in ("Native", "SciPy") for a in node.names)
                and node.module != "native"
            ):
                named.add(path.relative_to(root).as_posix())
    assert not asked
    assert named <= {
        "cli/run_command.py",
        "solve/engines/native.py",
        "solve/solvers.py",
        "solve/task.py",
    }
