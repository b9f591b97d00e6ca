"""Files that tests copy and spoil."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.files.untrusted import lazy

import biomembrane as bm
from biomembrane import Q


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run and a scan in files, to be copied."""
    folder = tmp_path_factory.mktemp("saved")
    bm.save(bm.simulate(bm.load("resting_cell"), until=Q(1, "s")), folder / "run.nc")
    bm.save(lazy(), folder / "scan.zarr")
    return folder
