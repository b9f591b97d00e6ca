"""A lane by its label: the number that was given finds the lane that was run with it, in whatever
unit, and no other number finds any.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell
from hypothesis import given, settings
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.results.lanes import nearest_places

S = bm.Species("S")
START = Q([0.0], "s")


@cache
def model() -> bm.Model:
    return cell(lambda on: [lib.leak(S, on, permeability=Q(1e-4, "cm/s"))], {S: 9}, {S: 1})


def scan(name: str, values: Any, unit: str, dims: str = "x", **coords: Any) -> bm.Run:
    return bm.simulate(
        model(),
        times=START,
        parameters={name: xr.DataArray(values, dims=dims, coords=coords, attrs={"units": unit})},
    )


@pytest.mark.parametrize(
    ("name", "unit", "values", "other", "factor"),
    [
        ("bath.S", "nM", [200.0, 7.0, 31.0], "M", 1e-9),
        ("membrane.area", "cm^2", [2e-6, 1e-6], "um^2", 1e8),
        ("temperature", "degC", [0.0, 4.5, 37.0], "K", None),
    ],
)
@pytest.mark.parametrize("dims", ["x", "own"])
def test_the_number_that_was_given_finds_its_lane(
    name: str, unit: str, values: list[float], other: str, factor: float | None, dims: str
) -> None:
    """As a number, as text and as a quantity, also where the dimension is called as the
    parameter.
    """
    dim = name if dims == "own" else "x"
    made = scan(name, values, unit, dim)
    for k, x in enumerate(values):
        want = made.isel(**{dim: k}).trajectory.parameters.base
        elsewhere = Q(x + 273.15, "K") if factor is None else Q(x * factor, other)
        for label in (x, f"{x} {unit}", elsewhere):
            assert (made.sel(**{dim: label}).trajectory.parameters.base == want).all()
    assert made.data[dim].attrs["units"] == unit
    assert made.data[dim].values.tolist() == values


@given(
    labels=st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=8,
        unique=True),
    off=st.sampled_from([1e-9, -1e-8, 3e-5, -1e-3, 0.3, -0.4, 7.0]), k=st.integers(0, 7),
)  # fmt: skip
@settings(max_examples=120, deadline=None)
def test_no_number_finds_a_lane_that_it_does_not_name(
    labels: list[float], off: float, k: int
) -> None:
    """Within a millionth of its label, or of the gap to the next, a number finds it; else the error
    tells the nearest.
    """
    x = labels[k % len(labels)]
    gap = min((abs(x - y) for y in labels if y != x), default=0.0)
    size = max(abs(x), gap)
    value, data = x + off * size, xr.Dataset(coords={"x": ("x", labels)})
    if not all(abs(value - y) > 2 * abs(value - x) for y in labels if y != x):
        return
    if abs(off) < 1e-7 and gap > 1e-6 * abs(x):
        assert nearest_places(data, ["x"], {"x": value}) == {"x": labels.index(x)}
    elif abs(off) > 1e-5 and size:
        with pytest.raises(errors.UnknownName, match="the nearest label is"):
            nearest_places(data, ["x"], {"x": value})


def test_a_label_of_several_lanes_is_no_label_of_one() -> None:
    for coords, label in (({"x": [1.0, 2.0, 1.0]}, 1.0), ({"x": ["a", "b", "a"]}, "a")):
        with pytest.raises(errors.BadSettings, match="2 lanes"):
            scan("bath.S", [1.0, 2.0, 3.0], "mM", **coords).sel(x=label)


def test_days_and_nonsense_are_looked_up_as_they_are() -> None:
    days = np.array(["2026-01-02", "2026-03-04"], dtype="datetime64[ns]")
    made = scan("bath.S", [1.0, 2.0], "mM", x=days)
    assert made.sel(x="2026-03-04").baths["bath"]["S"] == 2
    for wrong in ("2026-03-05", "tomorrow", 3.5):
        with pytest.raises(errors.UnknownName):
            made.sel(x=wrong)


def test_the_digest_knows_the_same_numbers_in_another_unit() -> None:
    """Also where the labels are the values, in the user's unit."""
    pairs = [("bath.S", "bath.S"), ("bath.S", "x")]
    for name, dim in pairs:
        one, two = (
            scan(name, values, unit, dim).data.attrs["parameters_hash"]
            for values, unit in (([2.0, 4.0], "mM"), ([2e3, 4e3], "uM"))
        )
        assert one == two


def test_a_scan_goes_on_under_labels_in_another_unit() -> None:
    """The same lanes in micromolar go on; in another order they are refused."""
    first = scan("bath.S", [2.0, 4.0], "mM")
    for values, fits in (([2e3, 4e3], True), ([4e3, 2e3], False)):
        more = {"bath.S": xr.DataArray(values, dims="x", attrs={"units": "uM"})}
        if fits:
            bm.simulate(model(), times=START, parameters=more, start=first)
        else:
            with pytest.raises(errors.BadSettings, match="own labels"):
                bm.simulate(model(), times=START, parameters=more, start=first)
