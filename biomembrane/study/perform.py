"""Which studies there are, and what one of them finds, as plain data."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from .. import errors
from ..exchange import shipped_models

Result = dict[str, Any]
PARTS = ("headline", "where", "wanted", "got", "try")  # of an error, as the command line gives them
FIRST = "enterocyte"  # of the shipped studies: the one that a reader meets first


class Asked(NamedTuple):
    """A study to perform: ``model`` is a shipped name or a path, ``name`` what its results are
    called, ``folder`` where its files go.
    """

    model: str
    name: str
    folder: Path | None


def studies() -> list[str]:
    """Shipped models that answer a question: the enterocyte, then all others by name."""
    texts = {
        name: (shipped_models.folder() / name / "model.py").read_text(encoding="utf-8")
        for name in shipped_models.names()
    }
    found = [
        name for name, text in texts.items() if re.search(r"^def reproduce\(", text, re.MULTILINE)
    ]
    return sorted(found, key=lambda name: (name != FIRST, name))


def asked(names: Sequence[str] = (), out: Path | None = None) -> list[Asked]:
    """The studies of these names, by default all that are shipped, each file once; of two of one
    name the second is called ``name_2``.

    Raises UnknownName for a name that is no study, before anything runs.
    """
    made: dict[Path, Asked] = {}
    for model in names or studies():
        path = shipped_models.found(model).resolve()
        if "reproduce" not in path.read_text(encoding="utf-8", errors="replace"):
            wanted, advice = (
                "a model.py with a function reproduce(study)",
                "def reproduce(study: bm.Study) -> None: …",
            )
            raise errors.UnknownName(
                where=f"reproduce --only {model}", wanted=wanted, got="none", advice=advice
            )
        called = title(model)
        taken = {each.name.casefold() for each in made.values()}
        name = next(
            name
            for k in range(1, len(names) + 2)
            if (name := f"{called}_{k}" if k > 1 else called).casefold() not in taken
        )
        made.setdefault(path, Asked(model, name, None if out is None else out / name))
    return list(made.values())


def title(name: str) -> str:
    """What a study is called: the folder of a ``model.py``, or the file."""
    path = Path(name).resolve()
    if not shipped_models.is_own(name) or path.suffix != ".py":
        return path.name
    return (path.parent.name if path.name == "model.py" else "") or path.stem


def perform(
    model: str,
    folder: Path | None,
    suffixes: Sequence[str] = ("svg", "pdf"),
    *,
    name: str | None = None,
) -> Result:
    """One study as plain data; what it raises is a miss, and what was found before is kept.

    Raises UnknownName, WrongType for no file.
    """
    from .study import Study

    path = shipped_models.found(model)
    study, question, failed = Study(name or title(model), folder=folder), "", list[Result]()
    wrong: tuple[type[BaseException], ...] = (
        Exception,
        SystemExit,
    )  # whatever a study meets is one line of the table, and the others go on
    with redirect_stdout(sys.stderr):  # standard output belongs to the table
        try:
            module = shipped_models.module(model)
            question = _question(module)
            with chdir("."):  # back to where it was
                module.reproduce(study)
            question = study.question or question
        except wrong as problem:
            failed.append(_told(path, problem))
        for each in list(study.figures):
            try:
                study.save_figure(each, suffixes)
            except wrong as problem:
                failed.append(_told(path, problem, f"figure {each}: "))
    try:
        if not failed and all(a.wanted is None for a in study.answers):
            failed = [_miss("no number was compared")]
        made: Result = json.loads(json.dumps(_plain(study, question, failed), allow_nan=False))
    except Exception as problem:  # noqa: BLE001  a study may put anything where its answers are
        misses = (*failed, _told(path, problem, "what it keeps cannot be told: "))
        return _plain(Study(study.name), question, misses)
    return made


def lost(name: str, why: str) -> Result:
    """The result of a study of which nothing is known but why."""
    from .study import Study

    return _plain(Study(name), "", [_miss(why)])


def _question(module: Any) -> str:
    """QUESTION, or else the first line of the module's docstring."""
    lines = (getattr(module, "__doc__", None) or "").strip().splitlines()
    return str(getattr(module, "QUESTION", lines[0].strip() if lines else ""))


def _miss(said: str, problem: BaseException | None = None) -> Result:
    """A miss in one line, ``said``, with the parts of the error that it was."""
    parts = dict.fromkeys(PARTS, "")
    if isinstance(problem, errors.BiomembraneError):
        given = (problem.headline, problem.where, problem.wanted, problem.got, problem.advice)
        parts = {name: str(part)[: errors.LONGEST] for name, part in zip(PARTS, given, strict=True)}
    return {"said": said, "kind": type(problem).__name__ if problem is not None else "", **parts}


def _told(path: Path, problem: BaseException, before: str = "") -> Result:
    """What a study raised and where, whatever its words do."""
    kind = type(problem).__name__
    if isinstance(problem, errors.ModelFailed):
        text = f"{problem.where}: {problem.got}"
    elif isinstance(problem, errors.CorruptFile):
        text = f"{problem.where}: wanted {problem.wanted}, got {problem.got}"
    else:
        said = (
            f"{problem.headline}: {problem.got}"
            if isinstance(problem, errors.BiomembraneError)
            else errors.said(problem)
        )
        line = shipped_models.line_of(path, problem)
        text = f"{kind} in {path.name} line {line}: {said}" if line else f"{kind}: {said}"
    return _miss(before + " ".join(text.split())[:400], problem)


def _plain(study: Any, question: str, failed: Sequence[Result]) -> Result:
    residual = study.residual
    return {
        "model": study.name,
        "question": question,
        "answers": [a.to_dict() for a in study.answers],
        "runs": [
            {
                "label": r.label,
                "model": r.model,
                "lanes": r.lanes,
                "residual_relative": _finite(r.residual),
                "problem": r.problem,
            }
            for r in study.records
        ],
        "residual_relative": _finite(residual),
        "printed": study.printed,
        "audits": [
            {"model": j.model, "verdict": j.verdict, "hosted": dict(j.hosted), "problem": j.problem}
            for j in study.audits
        ],
        "misses": [*(each["said"] for each in failed), *study.misses],
        "errors": list(failed),
        "figures": [str(f) for f in study.files if f.suffix == ".svg"],
        "files": [str(f) for f in study.files],
        "seconds": round(time.perf_counter() - study.began, 3),
    }


def _finite(x: float) -> float | None:
    return x if x - x == 0 else None
