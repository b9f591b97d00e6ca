"""Every study that is asked for, in processes of their own; what comes back is plain data, and one page shows it."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from .. import errors
from ..exchange import shipped

Result = dict[str, Any]


def studies() -> list[str]:
    """Shipped models that answer a question, by name."""
    texts = {name: (shipped.folder() / name / "model.py").read_text(encoding="utf-8") for name in shipped.names()}
    return [name for name, text in texts.items() if re.search(r"^def reproduce\(", text, re.MULTILINE)]


def perform(name: str, folder: Path | None, suffixes: Sequence[str] = ("svg", "pdf")) -> Result:
    """One study as plain data; what it raises is kept as a miss, with what was found before."""
    from .study import Study

    try:
        with redirect_stdout(sys.stderr):  # standard output belongs to the table
            module = shipped.module(name)
    except errors.ModelFailed as problem:
        return _plain(Study(title(name)), "", [f"{problem.where}: {problem.got}"])
    if not callable(getattr(module, "reproduce", None)):
        wanted, advice = "a model.py with a function reproduce(study)", "def reproduce(study: bm.Study) -> None: …"
        raise errors.UnknownName(where=f"reproduce --only {name}", wanted=wanted, got="none", advice=advice)
    study, failed = Study(title(name), folder=folder), []
    try:
        with redirect_stdout(sys.stderr):
            module.reproduce(study)
            study.save_figures(suffixes)
    except (Exception, SystemExit) as problem:  # noqa: BLE001  whatever a study meets is one line of the table, and the others go on
        headline = f"{problem.headline}: {problem.got}" if isinstance(problem, errors.BiomembraneError) else errors.shown(problem, 300)
        path = Path(str(module.__file__))
        failed = [f"{type(problem).__name__} in {path.name} line {shipped.line_of(path, problem)}: {' '.join(headline.split())[:300]}"]
    if not failed and all(a.wanted is None for a in study.answers):
        failed = ["no number was compared"]
    return _plain(study, str(getattr(module, "QUESTION", "")), failed)


def _plain(study: Any, question: str, failed: list[str]) -> Result:
    residual = study.residual
    return {
        "model": study.name,
        "question": question,
        "answers": [a.to_dict() for a in study.answers],
        "runs": [
            {"label": r.label, "model": r.model, "lanes": r.lanes, "residual_relative": _finite(r.residual), "problem": r.problem}
            for r in study.records
        ],
        "residual_relative": _finite(residual),
        "audits": [{"model": j.model, "verdict": j.verdict, "hosted": dict(j.hosted), "problem": j.problem} for j in study.audits],
        "misses": [*failed, *study.misses],
        "figures": [str(f) for f in study.files if f.suffix == ".svg"],
        "files": [str(f) for f in study.files],
        "seconds": round(time.perf_counter() - study.began, 3),
    }


def _finite(x: float) -> float | None:
    return x if x - x == 0 else None


def reproduce(
    names: Sequence[str] = (), *, out: Path | None = None, jobs: int | None = None, tell: Callable[[int, int, Result], None] | None = None
) -> list[Result]:
    """Run studies, by default all that are shipped, and give what they found, in the order asked for.

    Args:
        names: of shipped models, or paths of model files with ``reproduce(study)``.
        out: folder for netCDF files and figures, one folder a study; None writes nothing.
        jobs: processes at once, default one a core.
        tell: called with (done, of, result) as each study ends.

    Raises UnknownName for a name that is no study.
    """
    chosen = list(dict.fromkeys(names)) or studies()
    for name in chosen:
        shipped.found(name)  # before anything runs
    made: dict[str, Result] = {}
    for done, (name, result) in enumerate(_performed(chosen, out, jobs or _cores()), 1):
        made[name] = result
        if tell is not None:
            tell(done, len(chosen), result)
    return [made[name] for name in chosen]


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def title(name: str) -> str:
    """What a study is called: the folder of a ``model.py``, or the file."""
    path = Path(name).resolve()
    return name if not shipped.is_own(name) else path.parent.name if path.name == "model.py" else path.stem


def _folders(names: Sequence[str], out: Path | None) -> dict[str, Path | None]:
    """A folder a study, also where two have one name."""
    made: dict[str, Path | None] = {}
    for name in names:
        called = title(name)
        while out is not None and out / called in made.values():
            called += "_"
        made[name] = None if out is None else out / called
    return made


def _performed(names: Sequence[str], out: Path | None, jobs: int) -> Iterator[tuple[str, Result]]:
    folders = _folders(names, out)
    if min(jobs, len(names)) <= 1:
        yield from ((name, perform(name, folders[name])) for name in names)
        return
    pool = ProcessPoolExecutor(min(jobs, len(names)), mp_context=get_context("spawn"))
    try:
        pending = {pool.submit(perform, name, folders[name]): name for name in names}
        for future in as_completed(pending):
            yield pending[future], future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
