"""Every study that is asked for, in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import errors
from .perform import Result, asked
from .workers import performed


def reproduce(
    names: Sequence[str] = (),
    *,
    out: Path | None = None,
    jobs: int | None = None,
    first: Callable[[Result], None] | None = None,
    tell: Callable[[int, int, Result], None] | None = None,
) -> list[Result]:
    """Run studies, by default all that are shipped, and give what they found, in the order asked
    for.

    Args:
        names: of shipped models, or paths of model files with ``reproduce(study)``.
        out: folder for netCDF files and figures, one folder a study; None writes nothing.
        jobs: processes at once, default one a core.
        first: called with the result of the first study, as soon as it is there.
        tell: called with (done, of, result) as each study ends.

    Raises UnknownName for a name that is no study, BadSettings for jobs that are no count.
    """
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise errors.BadSettings(
            where="reproduce(jobs=…)",
            wanted="an integer >= 1",
            got=errors.shown(jobs),
            advice="jobs=2",
        )
    chosen = asked(names, out)
    made: dict[int, Result] = {}
    for done, (k, result) in enumerate(performed(chosen, jobs or _cores()), 1):
        made[k] = result
        if first is not None and k == 0:
            first(result)
        if tell is not None:
            tell(done, len(chosen), result)
    return [made[k] for k in range(len(chosen))]


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
