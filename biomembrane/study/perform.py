"""The list of studies, and the result of one of them as plain data."""

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
FIRST = "enterocyte"  # the shipped study that a reader meets first


class Asked(NamedTuple):
    """A study to perform: ``model`` is a shipped name or a path, ``name`` of its
    results, ``folder`` where its files go.
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
    with_study = [
        name for name, text in texts.items() if re.search(r"^def reproduce\(", text, re.MULTILINE)
    ]
    return sorted(with_study, key=lambda name: (name != FIRST, name))


def asked(names: Sequence[str] = (), out: Path | None = None) -> list[Asked]:
    """The studies of these names, by default all that are shipped, each file once; of two with
    one name the second becomes ``name_2``.

    Raises UnknownName for a name that is no study, before anything runs.
    """
    by_path: dict[Path, Asked] = {}
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
        base = title(model)
        names_taken = {each.name.casefold() for each in by_path.values()}
        name = next(
            name
            for k in range(1, len(names) + 2)
            if (name := f"{base}_{k}" if k > 1 else base).casefold() not in names_taken
        )
        by_path.setdefault(path, Asked(model, name, None if out is None else out / name))
    return list(by_path.values())


def title(name: str) -> str:
    """The name of a study: the folder of a ``model.py``, or the file."""
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
    """One study as plain data; what it raises is a miss, and what it found before that is kept.

    Raises UnknownName, WrongType for no file.
    """
    from .study import Study

    path = shipped_models.found(model)
    study, question, failed = Study(name or title(model), folder=folder), "", list[Result]()
    any_error: tuple[type[BaseException], ...] = (
        Exception,
        SystemExit,
    )  # any failure is one line of the table, and the other studies go on
    with redirect_stdout(sys.stderr):  # standard output belongs to the table
        try:
            module = shipped_models.module(model)
            question = _question(module)
            with chdir("."):  # restores the working directory
                module.reproduce(study)
            question = study.question or question
        except any_error as error:
            failed.append(_raised(path, error))
        for each in list(study.figures):
            try:
                study.save_figure(each, suffixes)
            except any_error as error:
                failed.append(_raised(path, error, f"figure {each}: "))
    try:
        if not failed and all(a.wanted is None for a in study.answers):
            failed = [_miss("no number was compared")]
        result: Result = json.loads(json.dumps(_plain(study, question, failed), allow_nan=False))
    except Exception as error:  # noqa: BLE001  a study may put anything where its answers are
        misses = (*failed, _raised(path, error, "its results cannot be written as JSON: "))
        return _plain(Study(study.name), question, misses)
    return result


def lost_result(name: str, reason: str) -> Result:
    """The result of a study that left nothing but the reason."""
    from .study import Study

    return _plain(Study(name), "", [_miss(reason)])


def _question(module: Any) -> str:
    """QUESTION, or else the first paragraph of the module's docstring."""
    docstring = getattr(module, "__doc__", None)
    return str(getattr(module, "QUESTION", shipped_models.first_paragraph(docstring)))


def _miss(text: str, error: BaseException | None = None) -> Result:
    """A miss: one line of text, and the parts of the error behind it."""
    parts = dict.fromkeys(PARTS, "")
    if isinstance(error, errors.BiomembraneError):
        values = (error.headline, error.where, error.wanted, error.got, error.advice)
        parts = {
            name: str(part)[: errors.LONGEST] for name, part in zip(PARTS, values, strict=True)
        }
    return {"said": text, "kind": type(error).__name__ if error is not None else "", **parts}


def _raised(path: Path, error: BaseException, before: str = "") -> Result:
    """What a study raised and where, in one line."""
    kind = type(error).__name__
    if isinstance(error, errors.ModelFailed):
        text = f"{error.where}: {error.got}"
    elif isinstance(error, errors.CorruptFile):
        text = f"{error.where}: wanted {error.wanted}, got {error.got}"
    else:
        message = (
            f"{error.headline}: {error.got}"
            if isinstance(error, errors.BiomembraneError)
            else errors.said(error)
        )
        line = shipped_models.line_of(path, error)
        text = f"{kind} in {path.name} line {line}: {message}" if line else f"{kind}: {message}"
    return _miss(before + " ".join(text.split())[:400], error)


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
