"""A lane is done only if its energy books close: lanes whose books are open run again with care, and say so if that does not help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .. import collection
from ..compile.numpy import Kernel
from .books import Books
from .native import Native
from .problem import Block, Problem, Solver, Status, books_limit
from .trajectory import Trajectory

Array = NDArray[np.float64]
Chosen = NDArray[np.int64]
OPEN = "open books"
_ROUGH = 1e-4  # the tolerance at which the energy that passes is sought
_SHARES = (1.0, 0.1, 0.01)  # of rtol, one attempt after the other


def closed(made: Trajectory, problem: Problem, careful: Callable[[], Kernel]) -> Trajectory:
    """The trajectory, in which lanes whose books were open have been run again: with powers mended at every node (``careful`` gives the kernel
    for it), then with tighter tolerances.  Those that stay open end with that status.
    """
    if _fine(made):
        return made
    books = Books(replace(made, block=made.block.ends()))
    lanes = open_lanes(made, books)
    if not len(lanes) or books.empty:  # RT ln 0 has no bound, and the ledger says so
        return made
    passed = books.passed[-1] / books.scale
    for kernel, solver in _attempts(problem, made.solver, careful):
        _put(made.block, lanes, _again(made, problem, lanes, kernel, solver, passed))
        books = Books(replace(made, block=made.block.ends()))
        lanes = open_lanes(made, books)
        if not len(lanes) or problem.cancel.asked:
            break
    _mark(made, books, lanes)
    return made


@dataclass(frozen=True, eq=False)
class _Outside:
    """Of a kernel: which entries are supplies from outside, by supply (row, entry), and the constants that the exergy depends on."""

    supplies: Array
    slots: list[int]


def _outside(made: Trajectory) -> _Outside:
    k, chart = made.kernel, made.model.chart
    held = collection.held(k)
    if _Outside not in held:
        rows = 1 + len(chart.baths)
        supplies = np.eye(rows, len(chart.sums))
        if not k.program.summed:
            supplies = np.zeros((rows, len(chart.member)))
            for column, members in enumerate(chart.member):
                supplies[[m for m in members if m < rows], column] = 1.0
        used = k.program.graph.reachable(k.program.outputs["exergy"], k.slots)
        held[_Outside] = _Outside(supplies, [k.slots[i] for i in used if i in k.slots])
    found: _Outside = held[_Outside]
    return found


def _fine(made: Trajectory) -> bool:
    """Whether all lanes are done and close, quickly: False where that takes a closer look."""
    block, k = made.block, made.kernel
    if any(s.kind not in ("done", "cancelled") for s in block.statuses):
        return False
    known, first, last = _outside(made), made.constants[0], made.constants[-1]
    for before, after in pairwise(made.constants):
        if any(np.any(before[s] != after[s]) for s in known.slots):
            return False
    n, entries, drift, *_, processes = k.program.sizes
    end, y0 = block.end, block.rows[:, 0, :n]
    given = end[:, n : n + entries] @ known.supplies.T
    imposed, lost = end[:, n + entries : n + entries + drift].sum(axis=1), end[:, end.shape[1] - processes :].sum(axis=1)
    with np.errstate(all="ignore"):
        old, new = (k.call("exergy", t, y.T if made.dims else y[0], c) for t, y, c in ((0.0, y0, first), (block.times[-1], end[:, :n], last)))
        stored = np.atleast_1d((new - old).sum(axis=0))
        passed = np.maximum.reduce([given[:, 0] + given[:, 1:].clip(min=0).sum(axis=1) + abs(imposed), abs(lost), abs(stored)])
        off = abs(given.sum(axis=1) + imposed - stored - lost)
        return bool(np.all(np.isfinite(off) & (off <= books_limit(made.solver.rtol) * passed)))


def open_lanes(made: Trajectory, books: Books) -> Chosen:
    """Lanes that came to their end with a residual beyond the limit, and those that were given up for it."""
    with np.errstate(all="ignore"):
        off = abs(books.residual[-1])
        fits = np.isfinite(off) & (off - books.rounding <= books_limit(made.solver.rtol) * books.passed[-1])
    return np.array([k for k, s in enumerate(made.block.statuses) if s.kind == OPEN or (s.ok and not fits[k])], dtype=np.int64)


def _attempts(problem: Problem, solver: Solver, careful: Callable[[], Kernel]) -> Iterator[tuple[Kernel, Solver]]:
    native = isinstance(solver, Native)
    kernel = careful() if native else problem.kernel
    for share in _SHARES if native else _SHARES[1:]:
        rtol = max(1e-13, share * solver.rtol)
        yield kernel, replace(solver, rtol=rtol)  # type: ignore[type-var]


def _again(made: Trajectory, problem: Problem, lanes: Chosen, kernel: Kernel, solver: Solver, passed: Array) -> Block:
    """The chosen lanes alone, with the energy that passed the first time to measure errors by; it is sought roughly where that is not known."""
    _, inputs = made.parameters.parts(made.lanes, float(problem.times[-1]))
    old = [[c[lanes] if np.ndim(c) else c for c in part] for part in made.constants]
    taken = [[x[lanes] if np.ndim(x) else x for x in part] for part in inputs]
    constants = [kernel.prepare(part) for part in taken]
    rows = np.empty((len(lanes), *made.block.rows.shape[1:]))
    some = replace(
        problem, kernel=kernel, constants=constants, stops=problem.stops[:, lanes], y0=problem.y0[:, lanes], scale=problem.scale[:, lanes],
        rows=rows, energy=np.nan_to_num(passed[lanes], posinf=0.0),
    )  # fmt: skip
    if solver.rtol < _ROUGH and not np.all(np.isfinite(passed[lanes])):
        rough = replace(made, block=replace(solver, rtol=_ROUGH).solve(replace(some, rows=None)).ends())  # type: ignore[type-var]
        seen = Books(replace(rough, constants=old, stops=some.stops)).passed[-1] / Books(rough).scale
        some = replace(some, energy=np.nan_to_num(np.where(np.isfinite(passed[lanes]), passed[lanes], seen), posinf=0.0))
    return solver.solve(some)


def _put(block: Block, lanes: Chosen, other: Block) -> None:
    """Replace lanes by those of another block, unless they had come farther."""
    old, new = block.statuses, other.statuses
    better = [k for k, lane in enumerate(lanes.tolist()) if new[k].ok or not old[lane].ok]
    for name in ("rows", "end", "turns", "least", "steps", "rejected"):
        getattr(block, name)[lanes[better]] = getattr(other, name)[better]
    for k in better:
        old[lanes[k]] = new[k]


def _mark(made: Trajectory, books: Books, lanes: Chosen) -> None:
    for lane in lanes.tolist():
        status, solver = made.block.statuses[lane], made.solver
        off = books.residual_relative[-1, lane]
        got = f"they are off by {off:.2g} of the energy that passed" if status.ok else "the powers change faster than the states"
        remedy = f"{type(solver).__name__}(rtol={solver.rtol / 100:.0e})"
        message = f"the energy books do not close to {books_limit(solver.rtol):.0e}: {got}; try {remedy}, or keep to the states"
        made.block.statuses[lane] = Status(OPEN, status.time, message, None)
