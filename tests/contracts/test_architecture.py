"""The rules of the house that no linter knows."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "biomembrane"
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes())
    for path in sorted(PACKAGE.rglob("*.py"))
}

MAX_FILE, MAX_FUNCTION = 400, 60
HEAVY = {"matplotlib", "pint", "scipy", "sympy", "xarray"}
UNSAFE_CALLS = {
    "eval",
    "exec",
    "parse_expr",
    "sympify",
    "S",
}  # sympy's S(...) and sympify evaluate text
UNSAFE_MODULES = {"dill", "marshal", "pickle", "shelve"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def nodes(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> list[tuple[str, ast.AST]]:
    return [
        (file, node)
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, kind)
    ]


def imported(node: ast.AST) -> set[str]:
    """Top-level names of the outside packages that an import statement loads."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and not node.level:
        return {str(node.module).partition(".")[0]}
    return set()


def on_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: neither bodies of functions nor what is there for
    types only.
    """
    for child in ast.iter_child_nodes(node):
        typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not typing and not isinstance(child, FUNCTIONS):
            yield child
            yield from on_import(child)


def importers(package: str) -> set[str]:
    return {file for file, node in nodes((ast.Import, ast.ImportFrom)) if package in imported(node)}


def test_files_are_short() -> None:
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert lengths
    assert not {file: n for file, n in lengths.items() if n > MAX_FILE}


def test_functions_are_short() -> None:
    """Docstrings aside, which are long on protocols."""
    lengths = {}
    for file, f in nodes(FUNCTIONS):
        first = f.body[1] if ast.get_docstring(f) and len(f.body) > 1 else f.body[0]
        lengths[f"{file}:{f.name}"] = f.end_lineno - first.lineno + 1
    assert not {where: n for where, n in lengths.items() if n > MAX_FUNCTION}


def test_nothing_inside_imports_the_root() -> None:
    """`from . import units` is the submodule; `from . import Model` would be the public door."""
    offenders = []
    for file, node in nodes((ast.Import, ast.ImportFrom)):
        if isinstance(node, ast.Import):
            wrong = any(alias.name == "biomembrane" for alias in node.names)
        elif node.level == 0:
            wrong = node.module == "biomembrane"
        else:
            at_root = node.module is None and node.level == len(Path(file).parts)
            wrong = at_root and not all(
                (PACKAGE / alias.name).is_dir() or (PACKAGE / f"{alias.name}.py").is_file()
                for alias in node.names
            )
        if wrong:
            offenders.append(f"{file}:{node.lineno}")
    assert not offenders


def test_the_door_is_light() -> None:
    code = "import sys, biomembrane; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(done.stdout.split())


def test_pint_stays_at_the_unit_border() -> None:
    allowed = {"units/registry.py", "units/quantities.py", "quantity_types.py"}
    assert importers("pint") <= allowed  # the last is not loaded by what runs


def test_matplotlib_stays_inside_functions_of_show() -> None:
    assert all(file.startswith("show/") for file in importers("matplotlib"))
    assert not {
        f"{file}:{node.lineno}"
        for file, tree in TREES.items()
        for node in on_import(tree)
        if "matplotlib" in imported(node)
    }


def test_text_from_users_is_never_evaluated() -> None:
    called = {
        (file, name)
        for file, node in nodes(ast.Call)
        if (name := getattr(node.func, "id", getattr(node.func, "attr", None))) in UNSAFE_CALLS
    }
    assert called <= {("compile/numpy_kernel.py", "exec")}
    assert not set().union(*map(importers, UNSAFE_MODULES))


def test_imports_keep_to_their_floors() -> None:
    pytest.importorskip("importlinter")
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
