"""A short round of the fuzzer: whatever stands for whichever argument, the answer is an error in
words or means what was said.
"""

from __future__ import annotations

import math
from random import Random

import pytest
from fuzz import nonsense, oracle, rounds

import biomembrane as bm
from biomembrane import errors, units


@pytest.mark.parametrize("seed", [f"suite:{k}" for k in range(6)])
def test_nonsense_is_told_in_words(seed: str) -> None:
    """Random calls, some of their arguments replaced or spoilt; ``python tests/fuzz/run.py`` tries
    as many as wanted.
    """
    faults = []
    for k in range(60):
        name, _, fault = rounds.one(f"{seed}:{k}")
        if fault is not None:
            faults.append(f"{name}: {fault}")
    assert not faults, "\n".join(faults)


def test_accepted_text_means_what_python_reads() -> None:
    """Units and quantities by the grammar of papers: what is accepted has the size and dimension
    that another parser gives it.
    """
    rng, accepted = Random(11), 0
    for _ in range(400):
        text = rounds._text(rng)
        try:
            made = bm.Q(text)
        except errors.BiomembraneError:
            continue
        accepted += 1
        means = oracle.quantity(text)
        assert means is not None, text
        assert oracle.same(made, *means), text
        again = bm.Q(str(made))
        assert units.unit_of(again) == units.unit_of(made)
        assert math.isclose(again.magnitude, made.magnitude, rel_tol=1e-12)
    assert accepted > 60


def test_the_fuzzer_sees_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument that passes unread, a raw error and empty words are faults; so a round without
    faults says something.
    """
    calls = rounds.calls.every()
    sound = calls["balance"]
    seen = set()
    for made in (lambda **_: None, lambda **_: 1 / 0, _wordless):
        monkeypatch.setitem(calls, "balance", rounds.calls.Call(made, sound.given, sound.means))
        found = [rounds.one(f"see:{k}", "balance")[2] for k in range(30)]
        seen |= {fault.kind for fault in found if fault}
    assert seen == {"nonsense accepted", "raw traceback", "poor words"}


def _wordless(**_: object) -> None:
    raise errors.BadSettings(where="balance")


def test_a_fault_comes_again() -> None:
    """An input is known by its seed."""
    first, second = (nonsense.text(Random("1:7"), "140 mM") for _ in range(2))
    assert first == second
    assert rounds.one("1:7")[:2] == rounds.one("1:7")[:2]
