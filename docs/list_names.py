"""The page of public names, ``names.md``: every name behind ``biomembrane``, how it is called and
what it is in a sentence.

``python docs/list_names.py`` writes it; with ``--check`` nothing is written, and exit status 1 says
that it is stale.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import biomembrane as bm

PAGE = Path(__file__).resolve().parent / "names.md"
HEAD = """# Public names

What `import biomembrane as bm` reaches. A name that is not here is not public: it may change
without notice. `docs/list_names.py` writes this page from the package, and a test compares the two;
`help(bm.simulate)` shows arguments, results and errors. Sections such as "formalism §4" are those
of [the formalism](formalism.md).
"""
OWN = ("library.explicit", "library.metabolism")  # modules behind a module


def names(module: ModuleType) -> list[str]:
    """``__all__`` of a module, or what it holds of ours."""
    listed = getattr(module, "__all__", None)
    found = listed or [
        n for n, x in vars(module).items() if not n.startswith("_") and _ours(x, module)
    ]
    return sorted(set(found) - {"__version__"})


def _ours(thing: Any, module: ModuleType) -> bool:
    if isinstance(thing, ModuleType):
        return thing.__name__.removeprefix("biomembrane.") in OWN
    home = getattr(thing, "__module__", None) or type(thing).__module__
    return (
        home.startswith("biomembrane")
        if home != "builtins"
        else module.__name__.endswith("dimension")
    )


def about(thing: Any) -> str:
    """The first sentence of what a thing says of itself; of an object without words of its own,
    what it prints as.
    """
    own = isinstance(thing, (type, ModuleType)) or inspect.isfunction(thing)
    if not own:
        return f"a table of {len(thing)}" if isinstance(thing, dict) else f"`{thing}`"
    first = re.split(
        r"(?<=[.:;])\s", " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    )[0].rstrip(".:;")
    return (
        re.sub(r":\w+:`[~!]?(?:[\w.]*\.)?(\w+)`", r"`\1`", first)
        .replace("``", "`")
        .replace("|", "\\|")
    )


def aliases() -> dict[str, str]:
    """What the comment beside each alias of a type says."""
    found = {}
    for file in (PAGE.parent.parent / "biomembrane").rglob("*_types.py"):
        found |= dict(
            re.findall(r"^(\w+): TypeAlias = .*  # (.*)$", file.read_text("utf-8"), re.MULTILINE)
        )
    return found


def called(name: str, thing: Any) -> str:
    """The name as code, with the names of the arguments that a function needs."""
    if not inspect.isfunction(thing):
        return f"`{name}`"
    known = inspect.signature(thing).parameters.values()
    needed = [
        p.name
        for p in known
        if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]
    return f"`{name}({', '.join([*needed, *['…'] * (len(needed) < len(known))])})`"


def rows(prefix: str, module: ModuleType) -> list[str]:
    """A line of a table for each name."""
    words = aliases() if module is bm.typing else {}
    things = {n: getattr(module, n) for n in names(module)}
    shown = {n: x for n, x in things.items() if module is not bm or not isinstance(x, ModuleType)}
    return [f"| {called(prefix + n, x)} | {words.get(n) or about(x)} |" for n, x in shown.items()]


def sections(prefix: str, module: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """The modules that a module holds, and those that these hold and that list their names."""
    for name in names(module):
        found = getattr(module, name)
        if isinstance(found, ModuleType) and (module is bm or hasattr(found, "__all__")):
            yield f"{prefix}{name}", found
            yield from sections(f"{prefix}{name}.", found)


def page() -> str:
    """The whole page."""
    table = ["", "| name | |", "|---|---|"]
    lines = [HEAD, "## biomembrane", *table, *rows("bm.", bm)]
    for name, module in sections("", bm):
        lines += [
            "",
            f"## bm.{name}",
            "",
            f"{about(module)}.",
            *table,
            *rows(f"bm.{name}.", module),
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page, or say that it is stale."""
    made = page()
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or made != PAGE.read_text("utf-8"))
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
