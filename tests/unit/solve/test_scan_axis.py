"""The axis of a scan, and a figure of panels for what the library does not draw."""

from __future__ import annotations

import math

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from builders import RT, patch
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.library import K


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5))
def test_numbers_and_a_quantity_are_the_same_axis(values):
    one, other = bm.axis("K_o", values, "mM"), bm.axis("K_o", Q(values, "mM"))
    assert one.dims == other.dims == ("K_o",)
    assert one.values.tolist() == other.values.tolist() == values
    assert Q(1, one.attrs["units"]) == Q(1, other.attrs["units"])
    assert not one.coords


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((5, [1.0], "mM"), errors.BadName), (("K o", [1.0], "mM"), errors.BadName),
        (("K_o", [1.0]), errors.BareNumber),
        (("K_o", [1.0], "flurbs"), errors.UnknownUnit), (("K_o", [], "mM"), errors.WrongType),
        (("K_o", 5.0, "mM"), errors.WrongType),
        (("K_o", [[1.0]], "mM"), errors.WrongType), (("K_o", ["1"], "mM"), errors.WrongType),
        (("K_o", [True], "mM"), errors.WrongType),
        (("K_o", [math.nan], "mM"), errors.NotFinite), (("K_o", Q([1.0], "mM"), "mM"),
        errors.WrongType), (("K_o", [1.0], 5), errors.WrongType),
    ],
)  # fmt: skip
def test_what_an_axis_needs(given, error):
    with pytest.raises(error) as caught:
        bm.axis(*given)
    assert caught.value.advice


def test_parameters_of_one_axis_go_together_and_of_two_are_combined():
    """A = RT ln(c_in/c_out): ten on both sides of one axis, ten and all other ratios over two."""
    model, times = patch(lambda on: [lib.leak(K, on)], {K: 40}, {K: 4}, V=0), Q([0.0, 1e-9], "s")
    inside = range(20, 60, 20)
    pair = {"bath.K": bm.axis("x", [2, 4], "mM"), "cell.K": bm.axis("x", inside, "mM")}
    together = bm.simulate(model, times=times, parameters=pair).data.affinity.isel(
        time=0, process=0
    )
    np.testing.assert_allclose(together, RT * math.log(10) / 1e3, rtol=1e-9)
    each = bm.simulate(
        model, times=times, parameters=pair | {"cell.K": bm.axis("y", inside, "mM")}
    ).data.affinity.isel(time=0, process=0)
    np.testing.assert_allclose(
        each.transpose("x", "y"), RT / 1e3 * np.log([[10, 20], [5, 10]]), rtol=1e-9
    )


def test_an_axis_is_the_array_that_one_would_write():
    xr.testing.assert_identical(
        bm.axis("n", np.arange(3), "1"),
        xr.DataArray([0.0, 1.0, 2.0], dims="n", attrs={"units": "1"}),
    )


def test_panels_are_lettered_and_as_wide_as_a_column():
    before = dict(mpl.rcParams)
    figure, axes = bm.figures.panels(3, height=50, sharey=True)
    assert [ax.get_title("left") for ax in axes] == ["A", "B", "C"]
    assert figure.get_size_inches() * 25.4 == pytest.approx((85, 50))
    assert axes[0].get_shared_y_axes().joined(axes[0], axes[2])
    assert dict(mpl.rcParams) == before
    for count, height in ((0, 50), (9, 50), (True, 50), (2.0, 50), (2, 1), (2, math.nan)):
        with pytest.raises(errors.OutOfDomain):
            bm.figures.panels(count, height=height)
    with pytest.raises(errors.BareNumber):
        bm.figures.panels(2, height="50")
    with pytest.raises(errors.UnknownName):
        bm.figures.panels(2, height=50, style="newspaper")
