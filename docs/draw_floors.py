"""The picture of the floors in ``architecture.md``, drawn from the import contract in
``pyproject.toml``.

``python docs/draw_floors.py`` writes it; with ``--check`` nothing is written, and exit status 1
says that it is stale.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PLACE = re.compile(r"(?<=<!-- floors -->\n)```text\n.*?```", re.DOTALL)


def floors() -> list[list[str]]:
    """Names of rooms and modules, floor by floor, the highest first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [[name.strip("() ") for name in layer.split("|")] for layer in layers]


def about(name: str) -> str:
    """The first sentence of what a room or a module says of itself."""
    path = ROOT / "biomembrane" / name
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    first = re.split(r"(?<=\.)\s", paragraph)[0]
    return first.removeprefix(f"{name.replace('_', ' ').capitalize()}: ")


def picture() -> str:
    """A line for each room, a rule between floors."""
    lines = []
    for floor in floors():
        lines += [f"  {name:<14}{about(name)}" for name in floor]
        lines.append("  " + "─" * 12)
    return "```text\n" + "\n".join(lines[:-1]) + "\n```"


def main() -> int:
    """Write the picture, or say that it is stale."""
    text = PAGE.read_text("utf-8")
    made = PLACE.sub(lambda _: picture(), text)
    if "--check" in sys.argv[1:]:
        return int(made != text)
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
