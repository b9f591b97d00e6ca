"""Models that come with the package, and models in files of the user's own."""

from __future__ import annotations

import ast
import importlib.util
import sys
import traceback as tracebacks
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .. import errors
from .atomic_files import exists, read_path

if TYPE_CHECKING:
    from ..assemble.model import Model


def folder() -> Path:
    """Where the shipped models are: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_models"
    return inside if inside.is_dir() else package.parent / "models"


def names() -> list[str]:
    """Shipped models by name."""
    return sorted(p.parent.name for p in folder().glob("*/model.py"))


def about(name: str) -> tuple[str, str]:
    """(summary, question) of a shipped model, read without running it."""
    tree = ast.parse((folder() / name / "model.py").read_text(encoding="utf-8"))
    constants = {
        t.id: n.value.value
        for n in tree.body
        if isinstance(n, ast.Assign) and isinstance(n.value, ast.Constant)
        for t in n.targets
        if isinstance(t, ast.Name)
    }
    return (ast.get_docstring(tree) or "").splitlines()[0], str(constants.get("QUESTION", ""))


def is_own(name: Any) -> bool:
    """Whether this names a file of the user's, not a shipped model."""
    return str(name) not in names()


def found(name: Any) -> Path:
    """Where a model is.  Raises WrongType, UnknownName."""
    given = read_path(name, "load(…)", "bm.load('enterocyte')")
    if not is_own(name):
        return folder() / str(name) / "model.py"
    there = exists(given, "load(…)")
    path = (given / "model.py" if there and given.is_dir() else given).absolute()
    if not exists(path, "load(…)") or not path.is_file() or path.suffix != ".py":
        advice = errors.nearest(str(name)[:200], names())
        raise errors.UnknownName(
            where="load(…)",
            wanted="a shipped model or a path to a model.py",
            got=errors.shown(str(name)),
            advice=advice,
        )
    return path


def module(name: str | Path) -> ModuleType:
    """The module of a shipped model, or of a ``model.py`` of your own: a program that you choose to
    run.

    A shipped name means the shipped model, even beside a folder of that name, which is written
    './enterocyte'.

    Raises:
        WrongType: what is no name or path.
        UnknownName: neither a shipped model nor a file.
        CorruptFile: a file without a function ``build()``.
        ModelFailed: what the file raised is its cause; an error of ours keeps its kind.
    """
    path = found(name)
    spec = importlib.util.spec_from_file_location(f"biomembrane_model_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise errors.CorruptFile(
            where=str(path),
            wanted="a Python module",
            got="nothing that can be imported",
            advice="name it model.py",
        )
    made = importlib.util.module_from_spec(spec)
    before = sys.modules.get(spec.name)
    sys.modules[spec.name] = made  # while it runs: dataclasses look themselves up there
    try:
        with _told(path, "a Python module that runs"):
            spec.loader.exec_module(made)
    finally:
        if before is None:
            sys.modules.pop(spec.name, None)
        else:
            sys.modules[spec.name] = before
    if not callable(getattr(made, "build", None)):
        wanted, advice = "a function build() that returns a Model", "def build() -> bm.Model: …"
        raise errors.CorruptFile(where=str(path), wanted=wanted, got="none", advice=advice)
    return made


def built(made: ModuleType, name: str | Path) -> Model:
    """What the ``build()`` of a module returns.

    Raises WrongType, ModelFailed, and what the declarations in it raise.
    """
    from ..assemble.model import Model

    with _told(Path(str(made.__file__)), "a build() that returns a Model"):
        model = made.build()
    if not isinstance(model, Model):
        raise errors.WrongType(
            where=f"{name}, build()",
            wanted="a Model",
            got=errors.shown(model),
            advice="return the bm.Model(…) that it builds",
        )
    return model


def load(name: str | Path) -> Model:
    """Build a shipped model by name, or one of your own by the path of its ``model.py``: a program
    that you choose to run.

    A shipped name means the shipped model, even beside a folder of that name, which is written
    './enterocyte'.

    Raises:
        WrongType: what is no name or path, or a ``build()`` that gives no Model.
        UnknownName: neither a shipped model nor a file.
        CorruptFile: a file without a function ``build()``.
        ModelFailed: what the file raised is its cause; an error of ours keeps its kind.
    """
    return built(module(name), name)


@contextmanager
def _told(path: Path, wanted: str) -> Iterator[None]:
    """What a model file raises, with the file and line; an error of ours keeps its kind."""
    try:
        yield
    except errors.BiomembraneError as problem:
        problem.add_note(f"  in      {path}, line {line_of(path, problem)}")
        raise
    except SyntaxError as problem:
        if problem.filename != str(path):  # of something that it imports
            raise _failed(path, wanted, problem) from problem
        line = (problem.text or "").strip()
        got, advice = str(problem.msg), f"correct the line: {line}" if line else "correct the line"
        raise errors.CorruptFile(
            where=f"{path}, line {problem.lineno}", wanted="a Python module", got=got, advice=advice
        ) from None
    except (Exception, SystemExit) as problem:
        raise _failed(path, wanted, problem) from problem


def _failed(path: Path, wanted: str, problem: BaseException) -> errors.BiomembraneError:
    at = line_of(path, problem)
    got = f"{type(problem).__name__}: {errors.said(problem)}"
    where = f"{path}, line {at}" if at else str(path)
    advice = "correct the file; its traceback says where"
    return errors.ModelFailed(
        where=where, wanted=wanted, got=got, advice=advice, path=str(path), line=at
    )


def line_of(path: Path, problem: BaseException) -> int:
    """The last line of the file that the error passed through; 0 for none."""
    return next(
        (
            f.lineno or 0
            for f in reversed(tracebacks.extract_tb(problem.__traceback__))
            if f.filename == str(path)
        ),
        0,
    )


def traceback(problem: BaseException) -> list[str]:
    """The traceback of what a model file raised, without our own frames; empty for all other
    errors.
    """
    cause = problem.__cause__
    if not isinstance(problem, errors.ModelFailed) or cause is None:
        return []
    made = tracebacks.TracebackException.from_exception(cause, compact=True)
    ours = str(Path(__file__).resolve().parent.parent)
    frames = [f for f in made.stack if not f.filename.startswith((ours, "<frozen"))]
    made.stack = tracebacks.StackSummary.from_list(frames[-10:])
    return [
        "In the model file (most recent call last):\n",
        *made.stack.format(),
        *made.format_exception_only(),
    ]
