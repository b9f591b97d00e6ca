"""Public docstrings: sections that a reader and a machine can read, and that say what the code
does.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap

import pytest
from public import Public, callables

from biomembrane import errors

PUBLIC = list(callables())
SECTIONS = ("Args", "Returns", "Raises", "Attributes", "Yields")
_ENTRY = re.compile(r"(?P<names>\w+(?:, \w+| and \w+)*): (?P<text>\S.*)")


def section(doc: str, name: str) -> list[str] | None:
    """The lines of a section without their indent; None where there is none."""
    lines = doc.splitlines()
    if f"{name}:" not in lines:
        return None
    start = lines.index(f"{name}:") + 1
    end = next(
        (k for k in range(start, len(lines)) if lines[k] and not lines[k].startswith(" ")),
        len(lines),
    )
    return [line.removeprefix("    ") for line in lines[start:end] if line.strip()]


def entries(doc: str, name: str) -> dict[str, str] | None:
    """What a section says of each name; a line that is not indented further begins an entry."""
    lines = section(doc, name)
    if lines is None:
        return None
    made: dict[str, str] = {}
    for line in lines:
        if line.startswith(" "):
            continue
        found = _ENTRY.fullmatch(line)
        assert found, f"{name}: no entry: {line!r}"
        for each in re.split(r", | and ", found["names"]):
            assert each not in made, f"{name}: {each} twice"
            made[each] = found["text"]
    return made


def test_sections_are_read():
    doc = (
        "What.\n\nArgs:\n    a, b: two\n        of them.\n    c: one.\n\nRaises:\n    WrongType: of"
        " a kind."
    )
    assert entries(doc, "Args") == {"a": "two", "b": "two", "c": "one."}
    assert entries(doc, "Raises") == {"WrongType": "of a kind."}
    assert entries(doc, "Returns") is None
    with pytest.raises(AssertionError, match="no entry"):
        entries("What.\n\nRaises:\n    WrongType, UnknownName.", "Raises")


@pytest.mark.parametrize("public", PUBLIC, ids=lambda p: p.name)
def test_raises_names_one_class_a_line(public: Public):
    told = entries(public.doc, "Raises") or {}
    for name in told:
        kind = getattr(errors, name, getattr(builtins, name, None))
        assert isinstance(kind, type), f"{public.name}: {name} is no error"
        assert issubclass(kind, BaseException), f"{public.name}: {name} is no error"
    rest = re.sub(r"^Raises:$", "", public.doc, flags=re.MULTILINE)
    assert not re.search(r"\bRaises\b", rest), (
        f"{public.name} tells errors outside of a Raises section"
    )


def raised(function: object) -> set[str]:
    """Errors of ours that a function's own body raises."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except OSError:  # a function that Hypothesis made
        return set()
    implied = {"expect": "WrongType", "among": "UnknownName"}
    found = set()
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == "errors"
        ):
            found.add(implied.get(node.func.attr, node.func.attr))
    return {name for name in found if isinstance(getattr(errors, name, None), type)}


@pytest.mark.parametrize("public", [p for p in PUBLIC if p.owner is None], ids=lambda p: p.name)
def test_what_a_function_raises_itself_is_told(public: Public):
    missing = raised(public.function) - set(entries(public.doc, "Raises") or {})
    assert not missing, f"{public.name} raises {', '.join(sorted(missing))} and does not say so"


@pytest.mark.parametrize(
    "public", [p for p in PUBLIC if section(p.doc, "Args")], ids=lambda p: p.name
)
def test_args_are_those_of_the_signature(public: Public):
    told, known = set(entries(public.doc, "Args") or {}), set(public.parameters)
    assert told == known, (
        f"{public.name}: not told {sorted(known - told)}, not there {sorted(told - known)}"
    )


@pytest.mark.parametrize(
    "public",
    [
        p
        for p in PUBLIC
        if p.owner is None and len(p.parameters) > 1 and not p.name.startswith("errors.")
    ],
    ids=lambda p: p.name,
)
def test_functions_of_several_arguments_tell_each(public: Public):
    assert section(public.doc, "Args"), f"{public.name} has no Args section"


@pytest.mark.parametrize(
    "public", [p for p in PUBLIC if not p.name.endswith("rates")], ids=lambda p: p.name
)
def test_every_public_callable_says_what_it_is(public: Public):
    assert public.doc.strip(), public.name
