"""Warnings are told at the line of the user's, each time that another line causes them."""

from __future__ import annotations

import warnings
from pathlib import Path

from contracts.lazy_leak import MODEL

import biomembrane as bm
from biomembrane import Q, errors

PACKAGE = Path(bm.__file__).parent
PULSE = bm.Protocol.pulses("1 mM", "2 mM", start="2 s", width="10 ms")


def test_a_reducer_that_misses_a_pulse_is_told_at_each_line() -> None:
    how = {"times": Q([0, 5, 10], "s"), "parameters": {"bath.S": PULSE}}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for keep in (bm.Keep(["concentration"], reduce=["mean"]),) * 2:
            bm.simulate(MODEL, keep=keep, **how)
        bm.simulate(MODEL, keep=keep, **how)
    unseen = [w for w in told if w.category is errors.Unseen]
    assert {w.filename for w in unseen} == {__file__}
    assert len({w.lineno for w in unseen}) == 2


def test_one_function_finds_the_line() -> None:
    """A number of frames is wrong as soon as a function is wrapped."""
    others = [p for p in PACKAGE.rglob("*.py") if p.name != "notices.py"]
    assert not [p.name for p in others if "warnings.warn(" in p.read_text()]
