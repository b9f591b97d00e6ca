"""Numbers and figures of the texts, from what ``biomembrane reproduce`` found: never typed.

A number stands in a text as ``<!--=enterocyte.glucose_cell .2f mM-->6.18 mM<!---->``: model and
answer, a format, a unit if it is not the answer's own.  ``python docs/insert_numbers.py FOLDER``
writes the numbers of ``FOLDER/results.json`` into the texts and copies the figures that the READMEs
of the models show; with ``--check`` nothing is written, and exit status 1 says that a number is
stale.  Pages of your own are named behind the folder.
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
from biomembrane.numerals import counted, typeset

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(r"(?<!`)<!--=\s*(\w+)\.(\w+)\s+(\S+?)(?:\s+(\S[^>]*?))?\s*-->([^<]*)<!---->")
LOOKS = re.compile(r"(?<!`)<!--\s*=")
FORMAT = re.compile(r"\+?,?(\.[0-9]{1,2})?[efg%]")
Numbers = Mapping[tuple[str, str], tuple[float | None, str]]


class Wrong(ValueError):
    """What cannot be inserted, a line each."""


def texts() -> list[Path]:
    """Every page that may hold numbers of models."""
    return [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "models").glob("*/README.md"))]


def numbers(
    results: Iterable[Mapping[str, Any]],
) -> dict[tuple[str, str], tuple[float | None, str]]:
    """(value, unit) by (model, answer).  Raises Wrong where two studies have one name."""
    made: dict[tuple[str, str], tuple[float | None, str]] = {}
    seen: set[str] = set()
    for r in results:
        if r["model"] in seen:
            raise Wrong(f"two studies are called {r['model']}")
        seen.add(r["model"])
        made |= {
            (r["model"], a["name"]): (a["computed"]["value"], a["computed"]["unit"])
            for a in r["answers"]
        }
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
            raise Wrong(
                f"{unit} cannot be given in {'per cent' if share else wanted}:"
                f" {str(problem).splitlines()[0]}"
            ) from None
        unit = str(wanted)
    digits = format(value, form)
    if value and not re.search("[1-9]", digits.partition("e")[0]):
        raise Wrong(
            f"{form} leaves no digit of {value:.3g} {unit}: .1e, .2g or a smaller unit does"
        )
    text = typeset(digits).replace("%", " %")
    return text if share or unit == "1" else f"{text} {unit}"


def inserted(text: str, found: Numbers) -> str:
    """The text with the numbers as they are now; marks of studies that are not among them stay.

    Raises Wrong, a line for each mark.
    """
    faults, ran = [], {model for model, _ in found}

    def one(match: re.Match[str]) -> str:
        model, name, form, unit, _ = match.groups()
        mark = match[0][: match.start(5) - match.start()]
        if model not in ran:
            return match[0]
        try:
            if (model, name) not in found:
                known = [answer for of, answer in found if of == model]
                fault = f"no study gives {model}.{name}; {errors.nearest(name, known)}"
                raise Wrong(fault)  # noqa: TRY301
            return mark + printed(*found[model, name], form, unit) + "<!---->"
        except Wrong as problem:
            faults.append((match.start(), f"{mark} {problem}"))
            return match[0]

    whole = [m.start() for m in MARK.finditer(text)]
    for start in (m.start() for m in LOOKS.finditer(text)):
        if start not in whole:
            line = text[start : start + 60].splitlines()[0]
            faults.append(
                (start, f"{line} is not well formed: <!--=model.answer format unit-->number<!---->")
            )
    made = MARK.sub(one, text)
    if faults:
        raise Wrong("\n".join(said for _, said in sorted(faults)))
    return made


def stale(old: str, new: str) -> Iterator[str]:
    """What a page says, and what it should say."""
    for was, now in zip(MARK.finditer(old), MARK.finditer(new), strict=True):
        if was[5] != now[5]:
            yield f"{was[5]} → {now[5]} ({was[1]}.{was[2]})"


def told(pages: Mapping[Path, tuple[str, str]], found: Numbers, *, check: bool) -> list[str]:
    """What changes, a line each, then how many numbers there are, and of which studies none was
    run.
    """
    ran = {model for model, _ in found}
    lines = [
        f"{shown(path)}: {line}" for path, (was, now) in pages.items() for line in stale(was, now)
    ]
    marks = [mark for _, now in pages.values() for mark in MARK.finditer(now)]
    left = [mark for mark in marks if mark[1] not in ran]
    checked = len(marks) - len(left)
    word = "stale" if check else "renewed"
    said = (
        f"{counted(checked, 'number')} in {counted(len(pages), 'page')}: {len(lines)} {word},"
        f" {checked - len(lines)} as they are"
    )
    if left:
        said += (
            f"; {len(left)} left alone, of studies that were not run:"
            f" {', '.join(sorted({mark[1] for mark in left}))}"
        )
    return [*lines, said]


def shown(path: Path) -> str:
    """A page in a message."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def read(folder: Path) -> Numbers:
    """The numbers of ``results.json``.

    Raises Wrong for a file that is none, and for studies that miss.
    """
    try:
        models = json.loads((folder / "results.json").read_text("utf-8"))["models"]
        missed = [r["model"] for r in models if r["misses"]]
        found = numbers(models)
    except OSError as problem:
        raise Wrong(
            f"{folder / 'results.json'}: {problem.strerror}; 'biomembrane reproduce --out {folder}'"
            " writes it"
        ) from None
    except (KeyError, TypeError, IndexError, json.JSONDecodeError, UnicodeDecodeError) as problem:
        raise Wrong(
            f"{folder / 'results.json'} is not what 'biomembrane reproduce' writes:"
            f" {type(problem).__name__}"
        ) from None
    if missed:
        raise Wrong(
            f"{folder / 'results.json'}: {', '.join(missed)} missed; no number is taken from there"
        )
    return found


def figures(folder: Path, found: Numbers) -> dict[Path, Path]:
    """Where the figures that the READMEs of the models that were run show come from.

    Raises Wrong, a line for each that no study drew.
    """
    made, faults, ran = {}, [], {model for model, _ in found}
    for page in sorted((ROOT / "models").glob("*/README.md")):
        for name in (
            re.findall(r"!\[[^\]]*\]\((\w+\.svg)\)", page.read_text("utf-8"))
            if page.parent.name in ran
            else ()
        ):
            made[page.with_name(name)] = source = folder / page.parent.name / name
            if not source.is_file():
                faults.append(f"{shown(page)} shows {name}, and {source} is not there")
    if faults:
        raise Wrong("\n".join(faults))
    return made


def renewed(found: Numbers, pages: Iterable[Path]) -> dict[Path, tuple[str, str]]:
    """Each page as it is and as it should be.

    Raises Wrong, a line for each fault, which names the page.
    """
    made, faults = {}, []
    for path in pages:
        try:
            text = path.read_text("utf-8")
            made[path] = text, inserted(text, found)
        except (OSError, UnicodeDecodeError) as problem:
            faults.append(f"{shown(path)}: cannot be read: {errors.said(problem)}")
        except Wrong as problem:
            faults += [f"{shown(path)}: {line}" for line in str(problem).splitlines()]
    if faults:
        raise Wrong("\n".join(faults))
    return made


def main(arguments: list[str] | None = None) -> int:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("folder", type=Path, help="what 'biomembrane reproduce --out' wrote")
    made.add_argument(
        "pages",
        type=Path,
        nargs="*",
        help="texts with marks (default: docs/ and the models' READMEs, with their figures)",
    )
    made.add_argument("--check", action="store_true", help="write nothing")
    options = made.parse_args(arguments)
    try:
        found = read(options.folder)
        pages, drawn = (
            renewed(found, options.pages or texts()),
            ({} if options.pages else figures(options.folder, found)),
        )
    except Wrong as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    print("\n".join(told(pages, found, check=options.check)))  # noqa: T201
    if options.check:
        return int(any(was != now for was, now in pages.values()))
    for path, (_, now) in pages.items():
        path.write_text(now, "utf-8")
    for target, source in drawn.items():
        shutil.copyfile(source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
