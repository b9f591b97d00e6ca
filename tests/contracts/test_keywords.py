"""A misspelt keyword of a public call is told with the nearest, once for all of them."""

from __future__ import annotations

import pickle

import pytest
from public import callables

import biomembrane as bm
from biomembrane import errors
from biomembrane import library as lib

BY_HAND = (
    "Study.",
    "Run.",
    "Ledger.",
    "Prepared.",
    "laws.",
    "solvers.",
    "testing.",
    "dimension.",
    "typing.",
)
MADE = [p for p in callables() if not p.name.startswith(BY_HAND)]
TOLD = [
    p
    for p in MADE
    if p.owner is None
    or (p.name.endswith("__init__") and p.owner.__name__ not in ("Run", "Ledger"))
]
TAKES = [
    p
    for p in TOLD
    if len(p.parameters) > 1
    and not p.name.startswith(("errors.", "save", "Protocol", "Q"))
    and p.name != "figures.save"
]


@pytest.mark.parametrize("public", TAKES, ids=lambda p: p.name)
def test_the_nearest_keyword_is_told(public):
    *_, last = public.parameters
    if public.name == "figures.panels":
        last = "height"
    thing = bm
    for part in public.name.removesuffix(".__init__").split("."):
        thing = getattr(thing, part)
    if public.name == "figures.panels":
        return  # its other keywords are matplotlib's
    with pytest.raises(errors.UnknownKeyword) as caught:
        thing(**{f"{last}x": 1})
    assert caught.value.keyword == f"{last}x"
    assert repr(last) in caught.value.advice
    assert last in caught.value.wanted
    assert isinstance(caught.value, TypeError)


def test_the_message():
    with pytest.raises(TypeError) as caught:
        lib.leak(lib.K, None, permeabilty="1e-7 cm/s")
    assert (
        str(caught.value)
        == "no argument has this name.\n  where   leak(…)\n  wanted  an argument of leak: species,"
        " on, permeability, name\n  got     permeabilty=…\n  try     did you mean"
        " 'permeability'?"
    )


def test_other_type_errors_pass_as_they_are():
    with pytest.raises(TypeError, match="missing 1 required") as caught:
        lib.leak(lib.K)
    assert not isinstance(caught.value, errors.BiomembraneError)

    def breaks(site):
        return site + 1

    @errors.keywords
    def calls(formula):
        return formula(object())

    with pytest.raises(TypeError, match="unsupported operand"):
        calls(breaks)


def test_functions_travel_by_name():
    for function in (bm.simulate, lib.leak, bm.axis, bm.figures.traces):
        assert pickle.loads(pickle.dumps(function)) is function
