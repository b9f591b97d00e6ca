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

from biomembrane import Q, errors
from biomembrane.numerals import typeset

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"(?<!`)<!--=\s*(\w+)\.(\w+)\s+(\S+?)(?:\s+(\S[^>]*?))?\s*-->([^<]*)<!---->")
LOOKS = re.compile(r"(?<!`)<!--\s*=")
FORMAT = re.compile(r"\+?,?(\.[0-9]{1,2})?[efg%]")
Numbers = Mapping[tuple[str, str], tuple[float | None, str]]


class Wrong(ValueError):
    """What cannot be inserted, in one line."""


def texts() -> list[Path]:
    """Every page that may hold numbers of models."""
    return [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "models").glob("*/README.md"))]


def numbers(results: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[float | None, str]]:
    """(value, unit) by (model, answer).  Raises Wrong where two studies have one name."""
    made: dict[tuple[str, str], tuple[float | None, str]] = {}
    seen: set[str] = set()
    for r in results:
        if r["model"] in seen:
            raise Wrong(f"two studies are called {r['model']}")
        seen.add(r["model"])
        made |= {(r["model"], a["name"]): (a["computed"]["value"], a["computed"]["unit"]) for a in r["answers"]}
    return made


def printed(value: float | None, unit: str, form: str, other: str | None) -> str:
    """A number as the texts show it, with a true minus sign and its unit.  Raises Wrong."""
    if value is None:
        raise Wrong("the study gives no number, but NaN or infinity")
    if not FORMAT.fullmatch(form):
        raise Wrong(f"{form!r} is no format such as .2f, .3g, .1e or .1%")
    share = form.endswith("%")
    wanted = "1" if share and other is None else other
    if share and other not in (None, "1", "%"):
        raise Wrong(f"a percentage has no unit {other}")
    if wanted not in (None, unit):
        try:
            value = float(Q(value, unit).to("1" if share else wanted).magnitude)
        except (errors.BiomembraneError, ValueError, TypeError, AttributeError) as problem:
            raise Wrong(f"{unit} cannot be given in {'per cent' if share else wanted}: {str(problem).splitlines()[0]}") from None
        unit = str(wanted)
    text = typeset(format(value, form)).replace("%", " %")
    return text if share or unit == "1" else f"{text} {unit}"


def inserted(text: str, found: Numbers) -> str:
    """The text with the numbers as they are now.  Raises Wrong, which names the mark."""

    def one(match: re.Match[str]) -> str:
        model, name, form, unit, _ = match.groups()
        mark = match[0][: match.start(5) - match.start()]
        if (model, name) not in found:
            raise Wrong(f"{mark} no study gives {model}.{name}")
        try:
            return mark + printed(*found[model, name], form, unit) + "<!---->"
        except Wrong as problem:
            raise Wrong(f"{mark} {problem}") from None

    whole = [m.start() for m in MARK.finditer(text)]
    for start in (m.start() for m in LOOKS.finditer(text)):
        if start not in whole:
            line = text[start : start + 60].splitlines()[0]
            raise Wrong(f"{line} is not well formed: <!--=model.answer format unit-->number<!---->")
    return MARK.sub(one, text)


def stale(old: str, new: str) -> Iterator[str]:
    """What a page says, and what it should say."""
    for was, now in zip(MARK.finditer(old), MARK.finditer(new), strict=True):
        if was[5] != now[5]:
            yield f"{was[1]}.{was[2]} is {now[5]}, the text says {was[5]}"


def read(folder: Path) -> Numbers:
    """The numbers of ``results.json``.  Raises Wrong for a file that is none, and for studies that miss."""
    try:
        models = json.loads((folder / "results.json").read_text("utf-8"))["models"]
        missed = [r["model"] for r in models if r["misses"]]
        found = numbers(models)
    except OSError as problem:
        raise Wrong(f"{folder / 'results.json'}: {problem.strerror}; 'biomembrane reproduce --out {folder}' writes it") from None
    except (KeyError, TypeError, IndexError, json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise Wrong(f"{folder / 'results.json'} is not what 'biomembrane reproduce' writes: {type(problem).__name__}") from None
    if missed:
        raise Wrong(f"{folder / 'results.json'}: {', '.join(missed)} missed; no number is taken from there")
    return found


def figures(folder: Path) -> dict[Path, Path]:
    """Where the figures that the READMEs of the models show come from.  Raises Wrong for one that no study drew."""
    made = {}
    for page in (ROOT / "models").glob("*/README.md"):
        for name in re.findall(r"!\[[^\]]*\]\((\w+\.svg)\)", page.read_text("utf-8")):
            made[page.with_name(name)] = source = folder / page.parent.name / name
            if not source.is_file():
                raise Wrong(f"{page.relative_to(ROOT)} shows {name}, and {source} is not there")
    return made


def renewed(found: Numbers) -> dict[Path, tuple[str, str]]:
    """Each page as it is and as it should be.  Raises Wrong, which names the page."""
    made = {}
    for path in texts():
        text = path.read_text("utf-8")
        try:
            made[path] = text, inserted(text, found)
        except Wrong as problem:
            raise Wrong(f"{path.relative_to(ROOT)}: {problem}") from None
    return made


def main(arguments: list[str] | None = None) -> int:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("folder", type=Path, help="what 'biomembrane reproduce --out' wrote")
    made.add_argument("--check", action="store_true", help="write nothing")
    options = made.parse_args(arguments)
    try:
        pages, drawn = renewed(read(options.folder)), figures(options.folder)
    except Wrong as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    old = [f"{path.relative_to(ROOT)}: {line}" for path, (was, now) in pages.items() for line in stale(was, now)]
    print("\n".join(old) if old else "every number in the texts is that of its model")  # noqa: T201
    if options.check:
        return int(bool(old))
    for path, (_, now) in pages.items():
        path.write_text(now, "utf-8")
    for target, source in drawn.items():
        shutil.copyfile(source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
