"""Faults planted at random do not pass, and sound laws do: a short round of
``tests/planted.py``.
"""

import pytest
from planted import PASSING, SPOILT, faults, sounds


def test_planted_faults_do_not_pass() -> None:
    """One of each kind, at one of the temperatures in turn; the script takes all of them."""
    for kind, k, verdicts, _ in faults(len(SPOILT), seed=7, at=1):
        assert not set(verdicts) & set(PASSING), (kind, k)


@pytest.mark.parametrize("seed", [7])
def test_sound_laws_pass(seed: int) -> None:
    assert [
        (kind, k, verdict) for kind, k, verdict, _ in sounds(10, seed) if verdict not in PASSING
    ] == []
