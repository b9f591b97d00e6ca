"""Hypothesis profiles (chosen by ``HYPOTHESIS_PROFILE``) and markers given by folder."""

import gc
import os
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
from hypothesis import Phase, settings

HERE = Path(__file__).parent

settings.register_profile("dev", max_examples=16, deadline=None)
CI_PHASES = (
    Phase.explicit,
    Phase.reuse,
    Phase.generate,
)  # a failure is shrunk at one's desk, not while others wait
settings.register_profile(
    "ci", max_examples=16, derandomize=True, deadline=None, print_blob=True, phases=CI_PHASES
)
settings.register_profile("nightly", max_examples=1000, deadline=None, print_blob=True)
settings.register_profile(
    "mutation",
    derandomize=True,
    deadline=None,
    max_examples=20,
    phases=(Phase.explicit, Phase.generate),
    database=None,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(HERE).parent
        if folder.parts:
            item.add_marker(folder.parts[0])


def pytest_collection_finish() -> None:
    """Spare the garbage collector what was imported: a tenth of the suite was spent on looking
    through it.  Tests of lifetimes collect for themselves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
