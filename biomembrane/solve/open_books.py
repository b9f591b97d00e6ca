"""A lane is done only if its energy books close: lanes whose books are open run again with care,
and say so if that does not help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import sub
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import caching
from ..compile.kernel import Kernel
from .engine_protocols import Solver
from .event_effects import laid
from .ledger_totals import LedgerTotals
from .problem import Block, Problem, books_limit
from .status import Outcome, Status
from .trajectory import Trajectory

Array = NDArray[np.float64]
Chosen = NDArray[np.int64]
_ROUGH = 1e-4  # the tolerance at which the energy that passes is sought
_SHARES = (1.0, 0.1, 0.01)  # of rtol, one attempt after the other


def closed(made: Trajectory, problem: Problem, careful: Callable[[], Kernel]) -> Trajectory:
    """The trajectory, in which lanes whose books were open have been run again: with powers mended
    at every node (``careful`` gives the kernel for it), then with tighter tolerances.  Those that
    stay open end with that status.
    """
    if fine(made):
        return made
    books = LedgerTotals(replace(made, block=made.block.ends()), strict=True)
    lanes = open_lanes(made, books)
    if not len(lanes) or books.empty:  # RT ln 0 has no bound, and the ledger says so
        return made
    passed = books.passed[-1] / books.scale
    for kernel, solver in _attempts(problem, made.solver, careful):
        _put(made.block, lanes, _again(made, problem, lanes, kernel, solver, passed))
        made = laid(made)
        books = LedgerTotals(replace(made, block=made.block.ends()), strict=True)
        lanes = open_lanes(made, books)
        if not len(lanes) or problem.cancel.asked:
            break
    if len(lanes):
        books = LedgerTotals(replace(made, block=made.block.ends()))
        _mark(made, books, open_lanes(made, books))
    return made


@dataclass(frozen=True, eq=False)
class _Known:
    """Of a kernel: ``sums`` (quadrature, sum) adds a row up to what held pools gave, what each bath
    gave, what a protocol did and the heat; ``slots``: constants that the exergy depends on.
    """

    sums: Array
    slots: list[int]


def _known(made: Trajectory) -> _Known:
    k, ledger_layout = made.kernel, made.model.ledger_layout
    held = caching.held(k)
    if _Known not in held:
        _, entries, drift, uphill, processes = k.program.sizes
        supplies = 1 + len(ledger_layout.baths)
        sums = np.zeros((entries + drift + uphill + processes, supplies + 2))
        for entry, members in enumerate(
            [(i,) for i in range(entries)] if k.program.summed else ledger_layout.member
        ):
            sums[entry, [i for i in members if i < supplies]] = 1.0
        sums[entries : entries + drift, -2] = 1.0
        sums[len(sums) - processes :, -1] = 1.0
        used = k.program.graph.reachable(k.program.outputs["exergy"], k.slots)
        held[_Known] = _Known(sums, [k.slots[i] for i in used if i in k.slots])
    found: _Known = held[_Known]
    return found


def fine(made: Trajectory) -> bool:
    """Whether all lanes are done and their books close, quickly: False where that takes a closer
    look.
    """
    block, k = made.block, made.kernel
    if block.met is not None or any(
        s.kind not in (Outcome.DONE, Outcome.CANCELLED) for s in block.statuses
    ):
        return False
    known, first, last = _known(made), made.constants[0], made.constants[-1]
    for before, after in pairwise(made.constants):
        if any(np.any(before[s] != after[s]) for s in known.slots):
            return False
    start, end, limit = block.rows[:, 0, : k.size], block.end, books_limit(made.solver.rtol)
    with np.errstate(all="ignore"):
        sums = end[:, k.size :] @ known.sums
        if made.dims:
            old, new = (
                k.call("exergy", 0.0, start.T, first),
                k.call("exergy", block.times[-1], end[:, : k.size].T, last),
            )
            return bool(np.all(_closes(sums.T, (new - old).sum(axis=0), limit)))
        gained = map(
            sub,
            k.one("exergy", float(block.times[-1]), end[0].tolist(), last),
            k.one("exergy", 0.0, start[0].tolist(), first),
        )
        return bool(
            _closes(sums[0].tolist(), sum(gained), limit)
        )  # in Python's own numbers, which is quicker


def _closes(sums: Any, stored: Any, limit: float) -> Any:
    """Whether the residual of :class:`.ledger_totals.Books` is finite and within the limit of what
    passed, in numbers or in arrays over lanes.
    """
    spent, *baths, imposed, lost = sums
    given = sum(baths)
    supplied = (given + sum(map(abs, baths))) / 2  # of baths that gave in all
    off = abs(spent + given + imposed - stored - lost)
    small = [
        off <= limit * passed
        for passed in (spent + supplied + abs(imposed), abs(lost), abs(stored))
    ]
    return (off - off == 0) & (small[0] | small[1] | small[2])


def open_lanes(made: Trajectory, books: LedgerTotals) -> Chosen:
    """Lanes that came to their end with a residual beyond the limit, and those that were given up
    for it.
    """
    fits = np.nan_to_num(books.residual_relative[-1], nan=np.inf) <= books_limit(made.solver.rtol)
    return np.array(
        [
            k
            for k, s in enumerate(made.block.statuses)
            if s.kind is Outcome.OPEN_BOOKS or (s.ok and not fits[k])
        ],
        dtype=np.int64,
    )


def _attempts(
    problem: Problem, solver: Solver, careful: Callable[[], Kernel]
) -> Iterator[tuple[Kernel, Solver]]:
    kernel = careful() if solver.careful else problem.kernel
    for share in _SHARES if solver.careful else _SHARES[1:]:
        yield kernel, solver.at(max(1e-13, share * solver.rtol))


def _again(
    made: Trajectory, problem: Problem, lanes: Chosen, kernel: Kernel, solver: Solver, passed: Array
) -> Block:
    """The chosen lanes alone, with the energy that passed the first time to measure errors by; it
    is sought roughly where that is not known.
    """
    _, inputs = made.parameters.parts(made.lanes, float(problem.times[-1]))
    old = [[c[lanes] if np.ndim(c) else c for c in part] for part in made.constants]
    taken = [[x[lanes] if np.ndim(x) else x for x in part] for part in inputs]
    constants = [kernel.prepare(part) for part in taken]
    rows = np.empty((len(lanes), *made.block.rows.shape[1:]))
    some = replace(
        problem,
        kernel=kernel,
        constants=constants,
        stops=problem.stops[:, lanes],
        y0=problem.y0[:, lanes],
        scale=problem.scale[:, lanes],
        rows=rows,
        energy=np.nan_to_num(passed[lanes], posinf=0.0),
        inputs=taken,
        temperature=(
            problem.temperature[lanes] if np.ndim(problem.temperature) else problem.temperature
        ),
    )
    if solver.rtol < _ROUGH and not np.all(np.isfinite(passed[lanes])):
        roughly = solver.at(_ROUGH).prepare(kernel.program, problem.runs)
        rough = replace(made, block=roughly.integrate(replace(some, rows=None)).ends())
        seen = (
            LedgerTotals(laid(replace(rough, constants=old, stops=some.stops), taken)).passed[-1]
            / LedgerTotals(rough).scale
        )
        some = replace(
            some,
            energy=np.nan_to_num(
                np.where(np.isfinite(passed[lanes]), passed[lanes], seen), posinf=0.0
            ),
        )
    return solver.prepare(kernel.program, problem.runs).integrate(some)


def _put(block: Block, lanes: Chosen, other: Block) -> None:
    """Replace lanes by those of another block, unless they had come farther."""
    old, new = block.statuses, other.statuses
    better = [k for k, lane in enumerate(lanes.tolist()) if new[k].ok or not old[lane].ok]
    kept = ["turns", *([] if block.settled is None else ["settled"])]
    for name in (
        "rows",
        "end",
        "least",
        "steps",
        "rejected",
        *([] if block.met is not None else kept),
    ):
        getattr(block, name)[lanes[better]] = getattr(other, name)[better]
    for k in better:
        old[lanes[k]] = new[k]
        if block.met is not None and other.met is not None:
            block.met[lanes[k]] = other.met[k]


def _mark(made: Trajectory, books: LedgerTotals, lanes: Chosen) -> None:
    for lane in lanes.tolist():
        status, solver = made.block.statuses[lane], made.solver
        off = books.residual_relative[-1, lane]
        got = (
            f"they are off by {off:.2g} of the energy that passed"
            if status.ok
            else "the powers change faster than the states"
        )
        remedy = Outcome.OPEN_BOOKS.remedy.format(
            solver=f"{type(solver).__name__}(", rtol=solver.rtol / 100
        )
        message = (
            f"the energy books do not close to {books_limit(solver.rtol):.0e}: {got}; {remedy};"
            " amounts and voltages are as exact as rtol asks"
        )
        made.block.statuses[lane] = Status(Outcome.OPEN_BOOKS, status.time, message, None)
