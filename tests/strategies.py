"""How many examples a property gets, and points from which a state is made; what is drawn else lies
in :mod:`biomembrane.testing`.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st


def fewer(share: float) -> settings:
    """A share of the profile's examples, for properties that build or run a model each time."""
    return settings(max_examples=max(4, int(settings().max_examples * share)))


def unit_vectors(size: int = 48) -> st.SearchStrategy[list[float]]:
    """Points of the unit cube, from which :func:`condition` makes a state."""
    return st.lists(st.floats(0.0, 1.0), min_size=size, max_size=size)
