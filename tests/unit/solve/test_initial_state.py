"""Stationary shares of the states of a carrier: of one chain and of many, to the bit the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from biomembrane.solve.initial_state import stationary

_RATES = st.one_of(
    st.just(0.0), st.floats(-8, 8).map(lambda x: 10**x), st.sampled_from([np.nan, np.inf, -1.0])
)


@given(data=st.data())
def test_many_chains_are_its_singles(data: Any) -> None:
    """Whatever the rates: sound, cut off, or no numbers at all, where a chain stays evenly spread
    and its neighbours do not.
    """
    size, lanes = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 3))
    K = data.draw(arrays(float, (size, size, lanes), elements=_RATES, fill=st.just(1.0)))
    before = K.copy()
    together = stationary(K)
    assert np.array_equal(K, before, equal_nan=True)
    assert np.array_equal(together, np.stack([stationary(K[..., k]) for k in range(lanes)], axis=1))
    assert together.sum(axis=0) == pytest.approx(1.0, rel=1e-14)


def test_two_states_are_shared_by_their_rates() -> None:
    """p₀/p₁ = k₁₀/k₀₁, however rare the second is."""
    assert stationary(np.array([[0.0, 3e12], [2e-9, 0.0]])) == pytest.approx(
        [1.0, 2e-9 / 3e12], rel=1e-15
    )


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_a_chain_that_falls_apart_is_evenly_spread(bad: float) -> None:
    assert stationary(np.array([[0.0, bad], [1.0, 0.0]])).tolist() == [0.5, 0.5]
