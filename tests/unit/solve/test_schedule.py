"""Protocols laid out in time: the inputs of the part that holds a time give the value at it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biomembrane.solve.schedule import Timed, schedule

END = 10.0
VALUE, SLOPE, ORIGIN, OTHER = range(4)
TIMES = st.lists(st.floats(0, 15).map(lambda t: round(t, 3)), min_size=2, max_size=5, unique=True)
LEVELS = st.lists(st.floats(-5, 5), min_size=6, max_size=6)


def at(t: float, stops: Any, parts: Any, lane: int) -> float:
    """What the part that holds a time says of it."""
    k = int(np.searchsorted(stops[:, lane], t, side="right"))
    held = [np.broadcast_to(x, stops.shape[1])[lane] for x in parts[min(k, len(parts) - 1)]]
    return float(held[VALUE] + held[SLOPE] * (t - held[ORIGIN]))


@given(TIMES, LEVELS, st.floats(0, 9.99))
def test_a_ramp_is_the_line_through_its_points(times: Any, levels: Any, t: float) -> None:
    points = tuple(levels[: len(times)])
    ramp = Timed(VALUE, SLOPE, ORIGIN, tuple(times), points, ramps=True)
    stops, parts = schedule([ramp], [0.0, 0.0, 0.0, 7.0], 1, END)
    order = np.argsort(times)
    wanted = np.interp(t, np.array(times)[order], np.array(points)[order])
    assert at(t, stops, parts, 0) == pytest.approx(wanted, abs=1e-6)
    assert all(part[OTHER] == 7.0 for part in parts)


@given(TIMES, LEVELS, st.floats(0, 9.99))
def test_steps_hold_the_last_value(times: Any, levels: Any, t: float) -> None:
    steps = Timed(VALUE, None, None, tuple(times), tuple(levels[: len(times) + 1]), ramps=False)
    stops, parts = schedule([steps], [0.0, 0.0, 0.0, 0.0], 1, END)
    order = np.argsort(times)
    passed = int((np.array(times)[order] <= t).sum())
    wanted = levels[0] if not passed else levels[1 + order[passed - 1]]
    assert at(t, stops, parts, 0) == wanted


@given(st.lists(TIMES, min_size=1, max_size=4))
def test_each_lane_has_its_own_breaks(lanes: Any) -> None:
    count = min(map(len, lanes))
    times = tuple(np.array([lane[k] for lane in lanes]) for k in range(count))
    steps = Timed(VALUE, None, None, times, tuple(float(k) for k in range(count + 1)), ramps=False)
    stops, parts = schedule([steps], [0.0] * 4, len(lanes), END)
    assert len(stops) == len(parts)
    assert (np.diff(stops, axis=0) >= 0).all()
    assert (stops[-1] == END).all()
    for lane, own in enumerate(lanes):
        inside = sorted({t for t in own[:count] if 0 < t < END})
        assert sorted(set(stops[:, lane]) - {END}) == inside


def test_nothing_timed_is_one_part() -> None:
    stops, parts = schedule([], [1.0, 2.0], 3, END)
    assert stops.tolist() == [[END] * 3]
    assert parts == [[1.0, 2.0]]


def test_more_breaks_change_no_input() -> None:
    stops, parts = schedule([], [1.0], 2, END, np.array([[4.0, 5.0], [END, END]]))
    assert stops.tolist() == [[4.0, 5.0], [END, END]]
    assert parts == [[1.0], [1.0]]


def test_points_have_names_counted_from_one() -> None:
    steps = Timed(VALUE, None, None, (1.0,), (2.0, 3.0), ramps=False)
    assert steps.named("bath.K") == [
        (("", None), ("bath.K.value_1", 2.0)),
        (("bath.K.time_1", 1.0), ("bath.K.value_2", 3.0)),
    ]
    ramp = Timed(VALUE, SLOPE, ORIGIN, (1.0,), (2.0,), ramps=True)
    assert ramp.named("V") == [(("V.time_1", 1.0), ("V.value_1", 2.0))]
