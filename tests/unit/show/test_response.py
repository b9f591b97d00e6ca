"""Curves and maps over a scan, and runs laid over one another: the numbers drawn are those of the
data.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from drawn import check_clear, check_file
from matplotlib.figure import Figure

import biomembrane as bm
from biomembrane import Q, constants, errors, figures
from biomembrane.show import colours, drawn_variables, text_layout
from biomembrane.show.response import crossings
from biomembrane.show.scan_coordinates import spaced_by_ratios
from biomembrane.show.series import with_unit

V = np.linspace(-120.0, 40.0, 9)


def scanned(values: Any, unit: str, dim: str) -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=dim, attrs={"units": unit})


@cache
def cell() -> bm.Model:
    return bm.load("resting_cell")


@cache
def clamped() -> bm.Run:
    """An instant of the cell at nine potentials and two baths."""
    scan = {"membrane.potential": scanned(V, "mV", "V"), "bath.K": scanned([2, 20], "mM", "K_o")}
    return bm.simulate(cell(), times=Q([1e-3], "s"), parameters=scan)


@cache
def rested() -> bm.Run:
    scan = {
        "bath.K": scanned(np.geomspace(1, 100, 5), "mM", "K_o"),
        "K_leak.permeability": scanned([1e-7, 3e-7, 1e-6], "cm/s", "P"),
    }
    return bm.simulate(cell(), times=Q([0, 30, 60], "s"), parameters=scan)


def line(axes: Any, label: str) -> Any:
    return next(each for each in axes.lines if each.get_label() == label)


def test_currents_are_charge_times_flux_and_sum_over_the_membrane() -> None:
    run = clamped().isel(V=0, K_o=0)
    pump, leaks = (
        drawn_variables.series(run, of, "test")[0].values
        for of in (("current", "NaKATPase"), ("current", "K_leak"))
    )
    per = constants.FARADAY * 1e-3
    np.testing.assert_allclose(
        pump, run.data.flux.sel(process="NaKATPase") * per, rtol=1e-12
    )  # 3 Na⁺ out for 2 K⁺ in
    np.testing.assert_allclose(leaks, run.data.flux.sel(process="K_leak") * per, rtol=1e-12)
    chloride = drawn_variables.series(run, ("current", "Cl_leak"), "test")[0].values
    np.testing.assert_allclose(
        chloride, -run.data.flux.sel(process="Cl_leak") * per, rtol=1e-12
    )  # anions that leave are inward current
    total, *each = (s.values for s in drawn_variables.series(run, "current", "test"))
    np.testing.assert_allclose(total, sum(each), rtol=1e-12, atol=1e-12)


def test_membrane_current_charges_the_capacitor() -> None:
    """C dV/dt = −I: the sign and the size of the current are those of the potential's own
    equation.
    """
    run = bm.simulate(
        cell(),
        times=Q(np.linspace(0, 2e-4, 21), "s"),
        parameters={"membrane.potential": Q(0, "mV")},
    )
    I = np.asarray(drawn_variables.series(run, ("current", "membrane"), "test")[0].values, float)  # noqa: E741
    t, v = run.data.time.values, run.data.potential.values[:, 0]
    C = 5.0  # pF: 500 µm² at 1 µF/cm²
    np.testing.assert_allclose(
        C * (v[-1] - v[0]) / 1e3, -np.trapezoid(I, t), rtol=1e-4
    )  # pF·mV is fC, pA·s is pC


def test_response_draws_the_data_against_the_potential_that_was_reached() -> None:
    run = clamped()
    axes = figures.response(run, ("flux", "K_leak"), along="potential")
    for k, label in enumerate(("K_o 2 mM", "K_o 20 mM")):
        np.testing.assert_allclose(
            line(axes, label).get_xdata(),
            run.data.potential.isel(time=-1, membrane=0, K_o=k),
            rtol=1e-12,
        )
        ratio = (
            line(axes, label).get_ydata()
            / run.data.flux.sel(process="K_leak").isel(time=-1, K_o=k).values
        )
        assert ratio == pytest.approx(ratio[0], rel=1e-12)
        assert ratio[0] in (pytest.approx(1.0), pytest.approx(1e3))
    assert "mV" in axes.get_xlabel()
    assert axes.get_xscale() == "linear"


def test_reversal_of_a_leak_is_its_nernst_potential() -> None:
    at = {"membrane.potential": scanned(np.linspace(-120, -60, 61), "mV", "V")}
    run = bm.simulate(cell(), times=Q([1e-9], "s"), parameters=at)
    axes = figures.response(run, ("current", "K_leak"), reversal=True, along="V", at="1 ns")
    nernst = 1e3 * constants.GAS * 310.15 / constants.FARADAY * np.log(4.5 / 130)
    told = next(t.get_text() for t in axes.texts)
    assert float(told.partition("0 at ")[2].split()[0].replace("−", "-")) == pytest.approx(
        nernst, abs=0.06
    )
    with pytest.raises(errors.OutOfDomain, match="crosses zero"):
        figures.response(run, "potential", along="V", reversal=True)


def test_crossings_are_exact_for_straight_lines() -> None:
    x = np.array([1.0, 2.0, 4.0])
    assert crossings(x, np.array([-1.0, 1.0, 5.0])) == [pytest.approx(1.5)]
    assert crossings(x, np.array([-1.0, 0.0, 1.0])) == [2.0]
    assert crossings(x, np.log(x) - np.log(3), log=True) == [pytest.approx(3.0)]
    assert crossings(x, np.array([np.nan, 1.0, 2.0])) == []


@pytest.mark.parametrize(("y", "where"), [
    ([0, 0, 0, 0], []), ([1e-20, -1e-20, 1e-20, 5], []), ([0, 0, 0, 1], []), ([-1, 0, 0, 1], []),
    ([1, 0, 1, 2], []), ([0, 1, 2, 3], [1]),
    ([-3, -2, -1, 0], [4]), ([-1, 1, 1, -1], [1.5, 3.5]), ([1, np.nan, -1, -2], []),
])  # fmt: skip
def test_a_curve_that_lies_at_zero_does_not_cross_it(y: list[float], where: list[float]) -> None:
    """A blocked pump, a rectifier, rounding: no crossing but where the sign changes at one
    place.
    """
    assert crossings(np.arange(1.0, 5.0), np.array(y, float)) == pytest.approx(where)


def test_what_is_small_beside_its_panel_does_not_cross() -> None:
    y = np.array([[-1.0, 1e-9], [0.5, -1e-9], [2.0, 1e-9]])
    array = xr.DataArray(
        y,
        dims=("V", "P"),
        coords={"V": [-50.0, 0.0, 50.0], "P": [1.0, 2.0]},
        attrs={"units": "pA"},
        name="current",
    )
    labels = [line.get_label() for line in figures.response(array, reversal=True).lines]
    assert sum(": 0 at" in str(label) for label in labels) == 1


def test_axes_follow_the_spacing_and_the_unit_of_the_scan() -> None:
    axes = figures.response(rested(), "potential", along="bath.K")
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "bath K⁺ (mM)"
    assert axes.get_ylabel().replace("\n", " ").endswith("(mV)")
    assert {t.get_text() for t in axes.texts} == {
        "P 1.0×10⁻⁷ cm s⁻¹",
        "P 3.0×10⁻⁷ cm s⁻¹",
        "P 1.0×10⁻⁶ cm s⁻¹",
    }
    assert spaced_by_ratios(np.array([2.0, 5, 10, 20]))
    assert not spaced_by_ratios(np.linspace(1, 10, 10))
    assert not spaced_by_ratios(np.array([-1.0, 1, 10, 100]))


@pytest.mark.parametrize("width", [85, 174])
def test_scans_are_drawn_clearly(width: float) -> None:
    check_clear(figures.response(rested(), "potential", width=width))
    check_clear(figures.map(rested(), "potential", width=width), rotated=False)
    check_clear(
        figures.response(
            clamped(), ("current", "membrane"), along="potential", reversal=True, width=width
        )
    )


def test_map_holds_the_numbers_and_hatches_what_failed() -> None:
    data = rested().data.copy(deep=True)
    whole = figures.map(data, "cell.Na", x="bath.K", y="K_leak.permeability")
    assert whole.get_xscale() == whole.get_yscale() == "log"
    levels = whole.collections[0].levels  # type: ignore[attr-defined]
    last = data.concentration.sel(pool="cell.Na").isel(time=-1)
    assert levels[0] <= float(last.min()) <= levels[1]
    assert levels[-2] <= float(last.max()) <= levels[-1]
    assert not whole.patches
    data.concentration[-1, :, 0, 0] = np.nan
    broken = figures.map(data, "cell.Na")
    assert len(broken.patches) == 1  # a corner belongs to one field
    assert broken.patches[0].get_hatch()
    assert "hatched" in broken.get_xlabel()
    assert "did not come" in figures.response(data, "cell.Na").get_xlabel()


def test_a_saved_scan_and_an_array_are_drawn_alike(tmp_path: Path) -> None:
    saved = bm.open_run(bm.save(rested(), tmp_path / "scan.nc"))
    array = rested().data.potential.isel(time=-1, membrane=0)
    drawn = [figures.response(each, "potential") for each in (rested(), saved, array)]
    for axes in drawn[1:]:
        for one, two in zip(drawn[0].lines, axes.lines, strict=True):
            np.testing.assert_array_equal(one.get_ydata(), two.get_ydata())
    check_file(lambda: figures.response(saved, "spent"), tmp_path)
    check_file(lambda: figures.map(saved, "spent"), tmp_path)


def test_axes_that_are_given_are_drawn_into() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert figures.response(rested(), "potential", ax=left) is left
    assert figures.map(rested(), "potential", ax=right) is right
    assert (
        figures.compare({"a": rested().isel(K_o=0, P=0)}, ax=figure.add_subplot()).figure is figure
    )


def test_compare_overlays_the_courses_of_each_run(tmp_path: Path) -> None:
    runs = {"low": rested().isel(K_o=0, P=0), "high": rested().isel(K_o=4, P=0)}
    axes = figures.compare(runs, ["cell.Na", "cell.K"])
    for label, run in runs.items():
        for species, shown in (("Na", "Na⁺"), ("K", "K⁺")):
            drawn = line(axes, f"{shown}, {label}")
            np.testing.assert_allclose(
                drawn.get_ydata(), run.data.concentration.sel(pool=f"cell.{species}"), rtol=1e-12
            )
            np.testing.assert_allclose(drawn.get_xdata(), run.data.time, rtol=1e-12)
    assert axes.get_xlabel() == "Time (s)"
    dashes = {
        label: {line(axes, f"{shown}, {label}").get_linestyle() for shown in ("Na⁺", "K⁺")}
        for label in runs
    }
    assert dashes["low"].isdisjoint(dashes["high"])
    check_clear(axes)
    check_clear(figures.compare(runs, "spent"))
    check_file(lambda: figures.compare(runs, "potential"), tmp_path)


def test_lines_of_one_kind_differ_in_grey() -> None:
    for colour in ("#0072B2", "#222222", "#E69F00", "#882255"):
        shades = [colours.luminance(c) for c in colours.shades(colour, 3)]
        assert all(b > a + 0.01 for a, b in zip(shades, shades[1:], strict=False))
        assert all(
            colours.luminance(colours.readable(c)) <= 0.18 for c in colours.shades(colour, 3)
        )


def test_errors_say_what_to_do() -> None:
    scan, lane = rested(), rested().isel(K_o=0, P=0)
    with pytest.raises(errors.UnknownName, match="NaKATPase"):
        figures.response(scan, "NaKATPas")
    with pytest.raises(errors.UnknownName, match="K_o"):
        figures.response(scan, "potential", along="K_i")
    with pytest.raises(errors.WrongType, match="no scan dimension"):
        figures.response(lane, "potential")
    with pytest.raises(errors.WrongType, match=r"figures\.response"):
        figures.map(scan.data.potential.isel(time=-1, membrane=0, P=0))
    with pytest.raises(errors.WrongType, match="one variable"):
        figures.map(scan, "flux")
    with pytest.raises(errors.WrongType, match="both along K_o"):
        figures.map(scan, "potential", x="K_o", y="bath.K")
    with pytest.raises(errors.BareNumber, match="units"):
        figures.map(xr.DataArray(np.ones((2, 2)), dims=("a", "b")))
    with pytest.raises(errors.UnitMismatch, match="mM, mV"):
        figures.compare({"a": lane}, ["cell.Na", "potential"])
    with pytest.raises(errors.WrongType, match=r"run\.sel\(K_o=…, P=…\)"):
        figures.compare({"a": scan}, "potential")
    with pytest.raises(errors.WrongType, match="label"):
        figures.compare([lane], "potential")  # type: ignore[arg-type]
    with pytest.raises(errors.OutOfDomain, match="60 s"):
        figures.response(scan, "potential", at="2 h")
    with pytest.raises(errors.OutOfDomain, match=r"figures\.map"):
        figures.response(scan, "current")
    with pytest.raises(errors.WrongType, match="axes"):
        figures.map(scan, "potential", ax=Figure())  # type: ignore[arg-type]
    with pytest.raises(errors.OutOfDomain, match="ran to completion"):
        figures.response(scan.data.potential.isel(membrane=0).where(False))
    old = scan.data.copy()
    del old.attrs["system_json"]
    with pytest.raises(errors.UnknownName, match="system_json"):
        figures.response(old, "current")


def test_titles_say_place_time_and_labels_of_transporters() -> None:
    axes = figures.map(rested(), "cell.Na", x="bath.K", y="K_leak.permeability", at="30 s")
    assert axes.get_ylabel().startswith("K⁺ leak: permeability (")
    bar = next(each for each in axes.figure.axes if each is not axes)
    assert bar.get_ylabel().replace("\n", " ") == "Na⁺ in cell: concentration at 30 s (mM)"
    runs = {"control": bm.simulate(cell(), until="10 s")}
    assert figures.compare(runs, ["cell.Na", "cell.K"]).get_ylabel() == "Concentration in cell (mM)"


def test_labels_of_contours_lie_inside() -> None:
    axes = figures.map(rested(), "cell.Na", x="bath.K", y="K_leak.permeability")
    axes.figure.draw_without_rendering()
    frame = axes.get_window_extent()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert boxes
    assert all(
        frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        for box in boxes
    )


def test_numbers_of_an_abscissa_do_not_touch_in_a_narrow_figure() -> None:
    x = np.geomspace(1.2345e-8, 9.8765e-8, 6)
    array = xr.DataArray(
        np.arange(6.0),
        dims="P",
        coords={"P": ("P", x, {"units": "cm/s"})},
        attrs={"units": "mM"},
        name="concentration",
    )
    axes = figures.response(array, width=50)
    axes.figure.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in axes.get_xticklabels() if tick.get_text()]
    assert len(boxes) > 1
    assert all(right.x0 > left.x1 for left, right in zip(boxes, boxes[1:], strict=False))


def test_no_line_breaks_between_a_number_and_its_unit() -> None:
    from biomembrane.show import style as look

    with look.style("cell"):
        for room in range(40, 120, 5):
            lines = text_layout.wrap(
                with_unit("Flux of what is carried", "fmol s-1"), room, 7
            ).split("\n")
            assert not any(line.endswith("(fmol") for line in lines)


def test_a_part_of_a_scan_is_drawn_from_its_data() -> None:
    with pytest.raises(errors.UnknownName, match=r"figures\.response\(run\.data\.sel\(P=…\), …\)"):
        rested().sel(P=3e-7)
    axes = figures.response(rested().data.sel(P=3e-7), "potential", along="bath.K")
    np.testing.assert_array_equal(
        line(axes, "membrane").get_ydata(), rested().data.potential.isel(time=-1, membrane=0, P=1)
    )


def test_an_array_is_drawn_under_the_name_of_a_variable_only_where_it_is_one() -> None:
    """xarray keeps name, meaning and unit under arithmetic: what the scan does not hold is told to
    be computed.
    """
    potential = rested().data.potential.sel(membrane="membrane", P=3e-7)
    Na, K = (rested().data.concentration.sel(pool=f"cell.{ion}", P=3e-7) for ion in ("Na", "K"))
    assert "computed" not in figures.response(rested(), potential).get_ylabel()
    assert "computed" in figures.response(rested(), potential - potential.isel(time=0)).get_ylabel()
    assert "computed" in figures.response(rested(), Na / K).get_ylabel()
    own = (Na / K).rename("ratio").assign_attrs(units="1", long_name="Na/K")
    assert "computed" not in figures.response(rested(), own).get_ylabel()
