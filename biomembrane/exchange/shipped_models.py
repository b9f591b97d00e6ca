"""Models shipped with the package, and models in files of the user's own."""

from __future__ import annotations

import ast
import importlib.util
import re
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
    """The folder of the shipped models: inside an installed package, next to it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_models"
    return inside if inside.is_dir() else package.parent / "models"


def names() -> list[str]:
    """Names of the shipped models."""
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
    return first_paragraph(ast.get_docstring(tree)), str(constants.get("QUESTION", ""))


def first_paragraph(docstring: str | None) -> str:
    """The first paragraph of a docstring, on one line; empty where there is none."""
    return " ".join(re.split(r"\n\s*\n", (docstring or "").strip(), maxsplit=1)[0].split())


def is_own(name: Any) -> bool:
    """Whether a name means a file of the user's own, not a shipped model."""
    return str(name) not in names()


def found(name: Any) -> Path:
    """The file of a model.  Raises WrongType, UnknownName."""
    given = read_path(name, "load(…)", "bm.load('enterocyte')")
    if not is_own(name):
        return folder() / str(name) / "model.py"
    is_folder = exists(given, "load(…)") and given.is_dir()
    path = (given / "model.py" if is_folder else given).absolute()
    if not exists(path, "load(…)") or not path.is_file() or path.suffix != ".py":
        raise errors.UnknownName(
            where="load(…)",
            wanted="a shipped model or a path to a model.py",
            got=errors.shown(str(name)),
            advice=errors.nearest(str(name)[:200], names()),
        )
    return path


def module(name: str | Path) -> ModuleType:
    """Run the module of a shipped model, or of a ``model.py`` of your own: a program that you
    choose to run.

    The name of a shipped model means that model, even where a folder has the same name; the folder
    is written './enterocyte'.

    Raises:
        WrongType: neither a name nor a path.
        UnknownName: neither a shipped model nor a file.
        CorruptFile: a file without a function ``build()``.
        ModelFailed: the file raised an error, which is the cause; errors of this package keep their
            class.
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
    loaded = importlib.util.module_from_spec(spec)
    previous = sys.modules.get(spec.name)
    sys.modules[spec.name] = loaded  # while it runs: dataclasses look themselves up there
    try:
        with _errors_located(path, "a Python module that runs"):
            spec.loader.exec_module(loaded)
    finally:
        if previous is None:
            sys.modules.pop(spec.name, None)
        else:
            sys.modules[spec.name] = previous
    if not callable(getattr(loaded, "build", None)):
        wanted, advice = "a function build() that returns a Model", "def build() -> bm.Model: …"
        raise errors.CorruptFile(where=str(path), wanted=wanted, got="none", advice=advice)
    return loaded


def built(module: ModuleType, name: str | Path) -> Model:
    """The model that the ``build()`` of a module returns.

    Raises WrongType, ModelFailed, and the errors of the declarations in it.
    """
    from ..assemble.model import Model

    with _errors_located(Path(str(module.__file__)), "a build() that returns a Model"):
        model = module.build()
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

    The name of a shipped model means that model, even where a folder has the same name; the folder
    is written './enterocyte'.

    Raises:
        WrongType: neither a name nor a path, or a ``build()`` that returns no Model.
        UnknownName: neither a shipped model nor a file.
        CorruptFile: a file without a function ``build()``.
        ModelFailed: the file raised an error, which is the cause; errors of this package keep their
            class.
    """
    return built(module(name), name)


@contextmanager
def _errors_located(path: Path, wanted: str) -> Iterator[None]:
    """Add file and line to errors that a model file raises; ours keep their class."""
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
    line = line_of(path, problem)
    got = f"{type(problem).__name__}: {errors.said(problem)}"
    where = f"{path}, line {line}" if line else str(path)
    advice = "correct the file; its traceback says where"
    return errors.ModelFailed(
        where=where, wanted=wanted, got=got, advice=advice, path=str(path), line=line
    )


def line_of(path: Path, problem: BaseException) -> int:
    """The last line of the file that the error passed through; 0 for none."""
    frames = reversed(tracebacks.extract_tb(problem.__traceback__))
    return next((f.lineno or 0 for f in frames if f.filename == str(path)), 0)


def traceback(problem: BaseException) -> list[str]:
    """The traceback of an error that a model file raised, without frames of this package; empty for
    all other errors.
    """
    cause = problem.__cause__
    if not isinstance(problem, errors.ModelFailed) or cause is None:
        return []
    formatted = tracebacks.TracebackException.from_exception(cause, compact=True)
    ours = str(Path(__file__).resolve().parent.parent)
    frames = [f for f in formatted.stack if not f.filename.startswith((ours, "<frozen"))]
    formatted.stack = tracebacks.StackSummary.from_list(frames[-10:])
    return [
        "In the model file (most recent call last):\n",
        *formatted.stack.format(),
        *formatted.format_exception_only(),
    ]
