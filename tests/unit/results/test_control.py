"""Control coefficients: summation theorems, differences of steady states, and what is refused."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from resting import brusselator, gated

import biomembrane as bm
from biomembrane import Q, errors

BY = ["bath.K", "NaKATPase.density", "temperature", "cell.Cl"]


@cache
def resting() -> bm.Model:
    return bm.load("resting_cell")


@settings(max_examples=4)
@given(st.floats(2, 20), st.floats(0.3, 3))
def test_summation_theorems(K_o: float, pumps: float) -> None:
    """Of all processes together a flux is of first order, and a state of order zero."""
    p = resting().parameter("NaKATPase.density")
    changed = {"bath.K": Q(K_o, "mM"), p.name: Q(pumps * p.quantity.magnitude, p.unit)}
    summed = bm.control(bm.steady_state(resting(), parameters=changed)).sum("cause", skipna=False)
    flux = summed.flux_control.values
    assert flux[np.isfinite(flux)] == pytest.approx(1, abs=1e-9)
    assert np.isfinite(flux).sum() == 3  # Cl⁻ is at equilibrium
    assert summed.concentration_control.values == pytest.approx(0, abs=1e-9)
    assert summed.potential_response.values == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("make", [brusselator, gated], ids=["brusselator", "gated"])
def test_summation_where_laws_are_not_proved_and_where_gates_move(make: object) -> None:
    summed = bm.control(bm.steady_state(make())).sum("cause")  # type: ignore[operator]
    if "concentration_control" in summed:
        assert summed.concentration_control.values == pytest.approx(0, abs=1e-9)
        assert summed.flux_control.values == pytest.approx(1, abs=1e-9)
    else:
        assert summed.potential_response.values == pytest.approx(0, abs=1e-9)


def test_a_parameter_controls_as_differences_say() -> None:
    model, h = resting(), 1e-4
    exact = bm.control(bm.steady_state(model), by=BY)
    for name in BY:
        p = model.parameter(name)
        x = float(p.quantity.magnitude)
        up, down = (
            bm.steady_state(model, parameters={name: Q(x * (1 + s), p.unit)}).data for s in (h, -h)
        )
        mine = exact.sel(cause=name)
        c = (np.log(up.concentration) - np.log(down.concentration)) / (2 * h)
        assert mine.concentration_control.values == pytest.approx(c.values, abs=1e-7)
        V = (up.potential - down.potential) / (2 * h)
        assert mine.potential_response.values == pytest.approx(V.values, abs=1e-4)
        J = np.log(up.flux.values[:3] / down.flux.values[:3]) / (2 * h)
        assert mine.flux_control.values[:3] == pytest.approx(J, abs=1e-6)


def test_closed_form_of_control() -> None:
    """X = A/out and Y = B·out/(turn·A): exponents are control coefficients."""
    by = ["A.rate", "out.rate", "B.rate", "turn.rate"]
    found = bm.control(bm.steady_state(brusselator()), by=by).concentration_control
    assert found.sel(pool="cell.X").values == pytest.approx([1, -1, 0, 0], abs=1e-12)
    assert found.sel(pool="cell.Y").values == pytest.approx([-1, 1, 1, -1], abs=1e-12)


def test_a_scan_is_controlled_lane_by_lane() -> None:
    levels = xr.DataArray([3.0, 5.0], dims="K_o", attrs={"units": "mM"})
    many = bm.control(bm.steady_state(resting(), parameters={"bath.K": levels}), by=["bath.K"])
    one = bm.control(bm.steady_state(resting(), parameters={"bath.K": Q(3, "mM")}), by=["bath.K"])
    assert many.potential_response.sel(K_o=3).values == pytest.approx(
        one.potential_response.values, rel=1e-9
    )


def test_what_control_refuses() -> None:
    rest = bm.steady_state(resting())
    with pytest.raises(errors.WrongType, match="a list of dotted names"):
        bm.control(rest, by="bath.K")
    with pytest.raises(errors.UnknownName):
        bm.control(rest, by=["bath.Q"])
    with pytest.raises(errors.WrongType, match="a SteadyState"):
        bm.control(resting())  # type: ignore[arg-type]
    onward = bm.steady_state(resting(), start=rest)
    with pytest.raises(errors.BadSettings, match=r"cell\.Cl, which sets what the model holds"):
        bm.control(onward, by=["cell.Cl"])
