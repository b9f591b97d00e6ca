"""A lane is done only if its ledger balances: lanes with an open ledger are integrated again, with
corrected powers and tighter tolerances, and end with that status if this does not help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import sub
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import caching
from ..compile.kernel import Kernel
from .engine_protocols import Solver
from .event_effects import split_at_events
from .ledger_totals import LedgerTotals
from .problem import Block, Problem, books_limit, bound
from .status import Outcome, Status
from .trajectory import Trajectory

Array = NDArray[np.float64]
Chosen = NDArray[np.int64]
_ROUGH = 1e-4  # the tolerance at which the throughput of energy is estimated
_SHARES = (1.0, 0.1, 0.01)  # of rtol, in successive attempts


def balance_ledgers(
    trajectory: Trajectory, problem: Problem, careful: Callable[[], Kernel]
) -> Trajectory:
    """The trajectory, after lanes whose ledger did not balance have been integrated again: with
    powers corrected at every node (``careful`` gives the kernel for it), then with tighter
    tolerances.  Those that still do not balance end with that status.
    """
    if balanced(trajectory):
        return trajectory
    totals = LedgerTotals(replace(trajectory, block=trajectory.block.ends()), strict=True)
    lanes = open_lanes(trajectory, totals)
    if not len(lanes) or totals.empty:  # RT ln 0 has no bound, and the ledger says so
        return trajectory
    throughput = totals.passed[-1] / totals.scale
    for kernel, solver in _attempts(problem, trajectory.solver, careful):
        block = _rerun(trajectory, problem, lanes, kernel, solver, throughput)
        _replace_lanes(trajectory.block, lanes, block)
        trajectory = split_at_events(trajectory)
        totals = LedgerTotals(replace(trajectory, block=trajectory.block.ends()), strict=True)
        lanes = open_lanes(trajectory, totals)
        if not len(lanes) or problem.cancel.asked:
            break
    if len(lanes):
        totals = LedgerTotals(replace(trajectory, block=trajectory.block.ends()))
        _mark(trajectory, totals, open_lanes(trajectory, totals))
    return trajectory


@dataclass(frozen=True, eq=False)
class _BalanceSums:
    """``matrix`` (quadrature, sum) adds up a row of quadratures: what held pools gave, what each
    bath and each electrode gave, what a protocol did, and the heat; ``slots``: constants that the
    exergy depends on.
    """

    matrix: Array
    slots: list[int]


def _balance_sums(trajectory: Trajectory) -> _BalanceSums:
    """The sums of a kernel, computed once."""
    k, ledger_layout = trajectory.kernel, trajectory.model.ledger_layout
    cache = caching.cache_of(k)
    if _BalanceSums not in cache:
        _, entries, drift, uphill, processes = k.program.sizes
        supplies = ledger_layout.supplies
        matrix = np.zeros((entries + drift + uphill + processes, supplies + 2))
        summed = k.program.summed
        members = [(i,) for i in range(entries)] if summed else ledger_layout.member
        for entry, lines in enumerate(members):
            matrix[entry, [i for i in lines if i < supplies]] = 1.0
        matrix[entries : entries + drift, -2] = 1.0
        matrix[len(matrix) - processes :, -1] = 1.0
        used = k.program.graph.reachable(k.program.outputs["exergy"], k.slots)
        cache[_BalanceSums] = _BalanceSums(matrix, [k.slots[i] for i in used if i in k.slots])
    sums: _BalanceSums = cache[_BalanceSums]
    return sums


def balanced(trajectory: Trajectory) -> bool:
    """Whether all lanes are done and their ledgers balance, by a quick check: False where that
    takes a closer look.
    """
    block, k = trajectory.block, trajectory.kernel
    ended = (Outcome.DONE, Outcome.CANCELLED)
    if block.met is not None or any(s.kind not in ended for s in block.statuses):
        return False
    sums, first, last = _balance_sums(trajectory), trajectory.constants[0], trajectory.constants[-1]
    held = trajectory.stacked_constants
    if any(np.any(held[s][1:] != held[s][:-1]) for s in sums.slots):
        return False
    start, end, limit = block.rows[:, 0, : k.size], block.end, books_limit(trajectory.solver.rtol)
    time = block.times[-1]
    with np.errstate(all="ignore"):
        totals = end[:, k.size :] @ sums.matrix
        if trajectory.dims:
            old = k.call("exergy", 0.0, start.T, first)
            new = k.call("exergy", time, end[:, : k.size].T, last)
            return bool(np.all(_closes(totals.T, (new - old).sum(axis=0), limit)))
        # one run in Python's floats, which is quicker
        exergy = k.one("exergy", float(time), end[0].tolist(), last)
        gained = map(sub, exergy, k.one("exergy", 0.0, start[0].tolist(), first))
        return bool(_closes(totals[0].tolist(), sum(gained), limit))


def _closes(sums: Any, stored: Any, limit: float) -> Any:
    """Whether the residual of :class:`.ledger_totals.LedgerTotals` is finite and within the limit
    of the energy that passed, for numbers or arrays over lanes.
    """
    spent, *baths, imposed, lost = sums
    given = sum(baths)
    supplied = (given + sum(map(abs, baths))) / 2  # by baths that gave in all
    off = abs(spent + given + imposed - stored - lost)
    small = [
        off <= limit * passed
        for passed in (spent + supplied + abs(imposed), abs(lost), abs(stored))
    ]
    return (off - off == 0) & (small[0] | small[1] | small[2])


def open_lanes(trajectory: Trajectory, totals: LedgerTotals) -> Chosen:
    """Lanes that ended with a residual beyond the limit, or stopped because of it."""
    residual = np.nan_to_num(totals.residual_relative[-1], nan=np.inf)
    within = residual <= books_limit(trajectory.solver.rtol)
    statuses = enumerate(trajectory.block.statuses)
    lanes = [k for k, s in statuses if s.kind is Outcome.OPEN_BOOKS or (s.ok and not within[k])]
    return np.array(lanes, dtype=np.int64)


def _attempts(
    problem: Problem, solver: Solver, careful: Callable[[], Kernel]
) -> Iterator[tuple[Kernel, Solver]]:
    """Kernels and solvers for one attempt after the other."""
    kernel = careful() if solver.careful else problem.kernel
    for share in _SHARES if solver.careful else _SHARES[1:]:
        yield kernel, solver.at(max(1e-13, share * solver.rtol))


def _rerun(
    trajectory: Trajectory,
    problem: Problem,
    lanes: Chosen,
    kernel: Kernel,
    solver: Solver,
    throughput: Array,
) -> Block:
    """The chosen lanes alone.  Errors are measured by the ``throughput`` (lane,) of the first
    attempt [fJ], or where that is not finite, by that of a rough run.
    """
    _, inputs = trajectory.parameters.segments(trajectory.lanes, float(problem.times[-1]))
    old = [[c[lanes] if np.ndim(c) else c for c in part] for part in trajectory.constants]
    inputs = [[x[lanes] if np.ndim(x) else x for x in part] for part in inputs]
    temperature = problem.temperature
    known = throughput[lanes]
    chosen = replace(
        problem,
        kernel=kernel,
        constants=bound(kernel, inputs, len(lanes)),
        segment_ends=problem.segment_ends[:, lanes],
        y0=problem.y0[:, lanes],
        scale=problem.scale[:, lanes],
        rows=np.empty((len(lanes), *trajectory.block.rows.shape[1:])),
        energy=np.nan_to_num(known, posinf=0.0),
        inputs=inputs,
        temperature=temperature[lanes] if np.ndim(temperature) else temperature,
        kinks=None if problem.kinks is None else problem.kinks[:, lanes],
    )
    if solver.rtol < _ROUGH and not np.all(np.isfinite(known)):
        roughly = solver.at(_ROUGH).prepare(kernel.program, problem.runs)
        rough = replace(trajectory, block=roughly.integrate(replace(chosen, rows=None)).ends())
        cut = split_at_events(
            replace(rough, constants=old, segment_ends=chosen.segment_ends), inputs
        )
        estimate = LedgerTotals(cut).passed[-1] / LedgerTotals(rough).scale
        energy = np.where(np.isfinite(known), known, estimate)
        chosen = replace(chosen, energy=np.nan_to_num(energy, posinf=0.0))
    return solver.prepare(kernel.program, problem.runs).integrate(chosen)


def _replace_lanes(block: Block, lanes: Chosen, other: Block) -> None:
    """Replace lanes by those of another block, unless only the old ones are done."""
    old, new = block.statuses, other.statuses
    better = [k for k, lane in enumerate(lanes.tolist()) if new[k].ok or not old[lane].ok]
    names = ["rows", "end", "min_dissipation", "steps", "rejected"]
    if block.met is None:
        names += ["break_states", *([] if block.settled is None else ["settled"])]
    for name in names:
        getattr(block, name)[lanes[better]] = getattr(other, name)[better]
    for k in better:
        old[lanes[k]] = new[k]
        if block.met is not None and other.met is not None:
            block.met[lanes[k]] = other.met[k]


def _mark(trajectory: Trajectory, totals: LedgerTotals, lanes: Chosen) -> None:
    """Set the status of lanes whose ledger does not balance."""
    for lane in lanes.tolist():
        status, solver = trajectory.block.statuses[lane], trajectory.solver
        off = totals.residual_relative[-1, lane]
        reason = (
            f"they are off by {off:.2g} of the energy that passed"
            if status.ok
            else "the powers change faster than the states"
        )
        remedy = Outcome.OPEN_BOOKS.remedy.format(
            solver=f"{type(solver).__name__}(", rtol=solver.rtol / 100
        )
        message = (
            f"the energy books do not close to {books_limit(solver.rtol):.0e}: {reason}; {remedy};"
            " amounts and voltages are as exact as rtol asks"
        )
        trajectory.block.statuses[lane] = Status(Outcome.OPEN_BOOKS, status.time, message, None)
