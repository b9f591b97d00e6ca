"""Models that come with the package, and models in files of the user's own."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

from .. import errors
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


def module(name: str | Path) -> ModuleType:
    """The module of a shipped model, or of a ``model.py`` of your own: a program that you choose to run.  Raises UnknownName, CorruptFile."""
    given = Path(name)
    path = given if given.suffix == ".py" else folder() / str(name) / "model.py"
    if given.is_dir():
        path = given / "model.py"
    if not path.is_file():
        advice = errors.nearest(str(name), names())
        raise errors.UnknownName(where="load(…)", wanted="a shipped model or a path to a model.py", got=repr(str(name)), advice=advice)
    spec = importlib.util.spec_from_file_location(f"biomembrane_model_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise errors.CorruptFile(where=str(path), wanted="a Python module", got="nothing that can be imported", advice="name it model.py")
    made = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(made)
    except SyntaxError as problem:
        line = (problem.text or "").strip()
        got, advice = str(problem.msg), f"correct the line: {line}" if line else "correct the line"
        raise errors.CorruptFile(where=f"{path}, line {problem.lineno}", wanted="a Python module", got=got, advice=advice) from None
    if not callable(getattr(made, "build", None)):
        wanted, advice = "a function build() that returns a Model", "def build() -> bm.Model: …"
        raise errors.CorruptFile(where=str(path), wanted=wanted, got="none", advice=advice)
    return made


def load(name: str | Path) -> Model:
    """Build a shipped model by name, or one of your own by the path of its ``model.py``."""
    made = module(name).build()
    if not isinstance(made, Model):
        raise errors.WrongType(where=f"{name}, build()", wanted="a Model", got=errors.shown(made), advice="return the bm.Model(…) that it builds")
    return made
