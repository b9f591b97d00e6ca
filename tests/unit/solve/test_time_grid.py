"""Output times: even up to an end, or as they are given, always from 0 on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane import Q, errors
from biomembrane.solve.time_grid import POINTS, output_times

TIMES = st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=6, unique=True).map(sorted)


@given(st.floats(1e-6, 1e6))
def test_an_end_gives_an_even_grid(minutes: float) -> None:
    grid = output_times(Q(minutes, "min"), None)
    assert (grid.first, len(grid.times), grid.times[0]) == (0, POINTS, 0)
    assert grid.times[-1] == pytest.approx(60 * minutes)
    np.testing.assert_allclose(np.diff(grid.times), 60 * minutes / (POINTS - 1))


@given(TIMES, st.booleans())
def test_times_are_kept_and_zero_stands_before_them(times: Any, begins: bool) -> None:
    asked = [0.0, *times] if begins else times
    grid = output_times(None, Q(asked, "s"))
    assert grid.times[0] == 0
    np.testing.assert_allclose(grid.times[grid.first :], asked)
    assert grid.first == (not begins)


@pytest.mark.parametrize(
    ("until", "times"),
    [(None, None), (Q(1, "s"), Q([0, 1], "s")), (Q(0, "s"), None), (Q(-1, "s"), None),
     (Q([1, 2], "s"), None), (None, Q([1, 1], "s")), (None, Q([2, 1], "s")),
     (None, Q([-1, 1], "s")), (None, Q([], "s")), (None, Q([[0, 1], [2, 3]], "s"))],
)  # fmt: skip
def test_what_is_no_grid_is_refused(until: Any, times: Any) -> None:
    with pytest.raises(errors.BadSettings):
        output_times(until, times)


def test_times_with_units_of_their_own_are_told_with_one_for_all() -> None:
    with pytest.raises(errors.NotANumber) as told:
        output_times(None, ["1 min", "90 s"])
    assert told.value.advice == "times=Q([1, 1.5], 'minute')"
