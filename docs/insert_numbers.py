"""Numbers and figures of the texts, from what ``biomembrane reproduce`` found: never typed.

A number stands in a text as ``<!--=enterocyte.glucose_cell .2f mM-->6.18 mM<!---->``: model and answer, a format, a unit if it is not the
answer's own.  ``python docs/insert_numbers.py FOLDER`` writes the numbers of ``FOLDER/results.json`` into the texts and copies the figures that the
READMEs of the models show; with ``--check`` nothing is written, and exit status 1 says that a number is stale.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"(?<!`)<!--=\s*(\w+)\.(\w+)\s+(\S+?)(?:\s+(\S[^>]*?))?\s*-->([^<]*)<!---->")
LOOKS = re.compile(r"(?<!`)<!--\s*=")
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
Numbers = Mapping[tuple[str, str], tuple[float, str]]


def texts() -> list[Path]:
    """Every page that may hold numbers of models."""
    return [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "models").glob("*/README.md"))]


def numbers(results: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[float, str]]:
    """(value, unit) by (model, answer)."""
    return {(r["model"], a["name"]): (a["computed"]["value"], a["computed"]["unit"]) for r in results for a in r["answers"]}


def printed(value: float, unit: str, form: str, other: str | None) -> str:
    """A number as the texts show it, with a true minus sign and its unit."""
    from biomembrane import Q

    if other is not None and other != unit:
        value, unit = float(Q(value, unit).to(other).magnitude), other
    text, e, power = format(value, form).partition("e")
    if e:
        text += f"·10{str(int(power)).translate(_RAISED)}"
    return text.replace("-", "−").replace("%", " %") + ("" if unit == "1" or text.endswith("%") else f" {unit}")


def inserted(text: str, found: Numbers) -> str:
    """The text with the numbers as they are now.  Raises KeyError for a number that no study gives."""

    def one(match: re.Match[str]) -> str:
        model, name, form, unit, _ = match.groups()
        if (model, name) not in found:
            message = f"no study gives {model}.{name}"
            raise KeyError(message)
        return match[0][: match.start(5) - match.start()] + printed(*found[model, name], form, unit) + "<!---->"

    if len(LOOKS.findall(text)) != len(MARK.findall(text)):
        message = "a mark is not well formed: <!--=model.answer format unit-->number<!---->"
        raise ValueError(message)
    return MARK.sub(one, text)


def stale(path: Path, found: Numbers) -> Iterator[str]:
    """What a page says, and what it should say."""
    text = path.read_text("utf-8")
    for old, new in zip(MARK.finditer(text), MARK.finditer(inserted(text, found)), strict=True):
        if old[5] != new[5]:
            yield f"{path.relative_to(ROOT)}: {old[1]}.{old[2]} is {new[5]}, the text says {old[5]}"


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("folder", type=Path, help="what 'biomembrane reproduce --out' wrote")
    made.add_argument("--check", action="store_true", help="write nothing")
    options = made.parse_args()
    found = numbers(json.loads((options.folder / "results.json").read_text("utf-8"))["models"])
    old = [line for path in texts() for line in stale(path, found)]
    print("\n".join(old) if old else "every number in the texts is that of its model")  # noqa: T201
    if options.check:
        return int(bool(old))
    for path in texts():
        path.write_text(inserted(path.read_text("utf-8"), found), "utf-8")
    for path in (ROOT / "models").glob("*/README.md"):
        for name in re.findall(r"!\[[^\]]*\]\((\w+\.svg)\)", path.read_text("utf-8")):
            shutil.copyfile(options.folder / path.parent.name / name, path.with_name(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
