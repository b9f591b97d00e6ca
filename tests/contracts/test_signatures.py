"""Public signatures say what is accepted: ``Any`` stands only where anything is."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import typing

import pytest
from public import Public, callables, reached

import biomembrane as bm
from biomembrane import Q

PUBLIC = list(callables())
ANYTHING = {  # each says why in a comment beside it
    ("figures.panels", "options"), ("Study.run", "options"), ("Study.run", "return"),
    ("Run.baths_by_lane", "return"),
}  # fmt: skip


def test_nothing_takes_anything():
    found = {
        (p.name, name)
        for p in PUBLIC
        for name, annotation in p.function.__annotations__.items()
        if re.search(r"\bAny\b", str(annotation))
    }
    assert found == ANYTHING


@pytest.mark.parametrize("public", PUBLIC, ids=lambda p: p.name)
def test_every_argument_is_annotated(public: Public):
    bare = [
        name for name, p in public.parameters.items() if p.annotation is inspect.Parameter.empty
    ]
    assert not bare


def test_types_are_public_aliases():
    aliases = {
        name.removeprefix("typing."): thing
        for name, thing in reached().items()
        if name.startswith("typing.")
    }
    assert sorted(aliases) == sorted(bm.typing.__all__)
    for name, alias in aliases.items():
        assert not isinstance(alias, str), f"{name} is text at run time"
        assert alias | None is not None, name


def test_aliases_hold_what_they_say():
    kinds = tuple(typing.get_origin(a) or a for a in typing.get_args(bm.typing.QuantityLike))
    assert isinstance(Q(5, "mM"), kinds)
    assert isinstance("5 mM", kinds)
    assert not isinstance(5.0, kinds)
    members = {typing.get_origin(a) or a for a in typing.get_args(bm.typing.ParameterLike)}
    assert {str, bm.Parameter} < members
    assert bm.Protocol in typing.get_args(bm.typing.ValueLike)


def test_types_are_not_loaded_by_what_uses_them():
    """Aliases are for type checkers; a run must not pay for them."""
    loads = (
        "import sys, biomembrane as bm; bm.Model, bm.simulate, bm.laws, bm.library, bm.figures,"
        " bm.Study"
    )
    tells = (
        "print([m for m in sys.modules if m.startswith('biomembrane') and m.endswith('_types')])"
    )
    told = subprocess.run(
        [sys.executable, "-c", f"{loads}; {tells}"], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
