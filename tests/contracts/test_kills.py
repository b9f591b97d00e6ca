"""A short round of kills in mid-save; ``tests/kills.py`` has the long one."""

from __future__ import annotations

import os

import kills
import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the saves run in forks")
@pytest.mark.filterwarnings("ignore")  # dask and zarr warn of themselves
def test_a_save_killed_at_any_moment_leaves_what_was_or_goes_on() -> None:
    """Three kills of each kind; every one is judged in the script."""
    counts = kills.main(["--rounds", "3", "--seed", "7"])
    assert [count.kills for count in counts.values()] == [3, 3]
