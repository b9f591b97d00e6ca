"""Run studies, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import errors
from .perform import Result, asked
from .workers import perform_all


def reproduce(
    names: Sequence[str] = (),
    *,
    out: Path | None = None,
    jobs: int | None = None,
    first: Callable[[Result], None] | None = None,
    tell: Callable[[int, int, Result], None] | None = None,
) -> list[Result]:
    """Run studies, by default all that are shipped, and give their results in the order of
    ``names``.

    Args:
        names: of shipped models, or paths of model files with ``reproduce(study)``.
        out: folder for netCDF files and figures, one folder a study; None writes nothing.
        jobs: number of processes, default one per core.
        first: called with the result of the first study, as soon as it is available.
        tell: called with (done, of, result) as each study ends.

    Raises UnknownName for a name that is no study, BadSettings for ``jobs`` that is no integer ≥ 1.
    """
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise errors.BadSettings(
            where="reproduce(jobs=…)",
            wanted="an integer >= 1",
            got=errors.shown(jobs),
            advice="jobs=2",
        )
    chosen = asked(names, out)
    result_at: dict[int, Result] = {}
    for done, (k, result) in enumerate(perform_all(chosen, jobs or _cores()), 1):
        result_at[k] = result
        if first is not None and k == 0:
            first(result)
        if tell is not None:
            tell(done, len(chosen), result)
    return [result_at[k] for k in range(len(chosen))]


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
