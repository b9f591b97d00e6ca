"""Time courses: which panels, what their range is, where edges stand, and that no two lines look
alike.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from builders import cell
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from pictures import check_labels, make_run
from unit.show.drawn_courses import BALANCE, DRAW

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import Na
from biomembrane.show import colours, figures, panel

# --- panels


@pytest.mark.parametrize("what", DRAW)
def test_scans_are_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"run\.sel\(density=…\)"):
        DRAW[what](make_run(scan=3))


def test_panels_and_their_labels() -> None:
    figure = figures.traces(make_run())
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "Potential\n(mV)",
        "Ions, cell\n(mM)",
        "Glucose\n(mM)",
        "Flux\n(fmol s⁻¹)",
        "Energy\n(pJ)",
    ]
    assert [text.get_text() for text in figure.texts] == list("ABCDE")
    assert figure.axes[-1].get_xlabel() == "Time (min)"
    said = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {
        "basolateral, apical",
        "Na⁺",
        "K⁺",
        "Cl⁻",
        "cell",
        "blood",
        "lumen",
        "SGLT1",
        "spent",
    } <= said
    assert "ATP" not in said  # it is held, so it is no trace


def test_one_ion_one_colour() -> None:
    ions = figures.traces(make_run()).axes[1]
    assert [line.get_color() for line in ions.lines] == [
        colours.COLOURS[ion] for ion in ("Na", "K", "Cl")
    ]


def test_wide_ranges_are_logarithmic() -> None:
    run = make_run()
    assert figures.traces(run).axes[1].get_yscale() == "linear"
    run.data["concentration"][:, 0] *= 1e-5
    check_labels(figures.traces(run))
    assert figures.traces(run).axes[1].get_yscale() == "log"


def test_many_fluxes_are_all_drawn() -> None:
    """Eight a panel; of what is more than three panels hold the number is told."""
    run = make_run()
    many = np.concatenate([run.data["flux"].values * 1.05**k for k in range(6)], axis=1)

    def drawn(count: int) -> Figure:
        fluxes = {"flux": (("time", "process"), many[:, :count])}
        data = (
            run.data.drop_dims("process")
            .assign(fluxes)
            .assign_coords(process=[f"p{i}" for i in range(count)])
        )
        return figures.traces(SimpleNamespace(**{**vars(run), "data": data}), panels="flux")

    check_labels(drawn(15))
    assert [
        len([text for text in axes.texts if text.get_text()[0] == "p"]) for axes in drawn(15).axes
    ] == [8, 7]
    crowd = drawn(30)
    assert len(crowd.axes) == 3
    assert any(text.get_text() == "6 smaller not drawn" for text in crowd.axes[-1].texts)


# --- range


def jumping(run: Any, *, step: bool = False) -> Any:
    """V starts at 0 mV and settles near −70; with a step of 15 mV in the middle."""
    V = np.full(run.data.potential.shape, -70.0) + np.linspace(0, 0.5, 301)[:, None]
    V[0] = 0.0
    V[150:] += 15.0 if step else 0.0
    return SimpleNamespace(
        **{
            **vars(run),
            "data": run.data.assign(potential=(("time", "membrane"), V, {"units": "mV"})),
        }
    )


def test_a_jump_at_the_start_leaves_the_range_and_is_told() -> None:
    figure = figures.traces(jumping(make_run()))
    axes = figure.axes[0]
    assert -70.1 < axes.get_ylim()[0] < -70.0 < -69.5 < axes.get_ylim()[1] < -69.4
    assert [text.get_text() for text in axes.texts if "scale" in text.get_text()] == [
        "off scale at the start: 0 mV"
    ]
    assert [line.get_marker() for line in axes.lines if line.get_marker() != "None"] == ["^"]
    check_labels(figure)
    whole = figures.traces(make_run(), panels="potential").axes[0]  # −60 to −71, all along
    assert not any("scale" in text.get_text() for text in whole.texts)
    assert whole.get_ylim()[1] > -60


def test_what_happens_later_stays_in_the_range() -> None:
    """Only a jump at the start leaves it, and only where outputs are close enough to draw one."""
    low, high = (
        figures.traces(jumping(make_run(), step=True), panels="potential").axes[0].get_ylim()
    )
    assert low < -70 < -55 < -54.5 < high < 0
    run = jumping(make_run())
    run.data = run.data.isel(time=slice(None, None, 15))
    assert figures.traces(run, panels="potential").axes[0].get_ylim()[1] > 0


@given(st.lists(st.floats(2e-3, 1e3), min_size=1, max_size=30))
def test_fluxes_are_grouped_by_size(peaks: list[float]) -> None:
    """Each once, the larger first; in a group none is flattened, and eight are the most, but for
    the last of three.
    """
    made = panel.groups(peaks)
    assert sorted(itertools.chain(*made)) == list(range(len(peaks)))
    assert len(made) <= 3
    for one, two in itertools.pairwise(made):
        assert min(peaks[i] for i in one) >= max(peaks[i] for i in two)
    for group in made[:-1] if len(made) == 3 else made:
        assert len(group) <= panel.MOST
        assert max(peaks[i] for i in group) <= 20.001 * min(peaks[i] for i in group)
    if max(peaks) <= 20 * min(peaks) and len(peaks) <= panel.MOST:
        assert len(made) == 1


def test_a_large_flux_does_not_flatten_the_rest() -> None:
    run = make_run()
    run.data["flux"][:, 1] *= 300
    large, small = figures.traces(run, panels="flux").axes
    assert (large.get_ylabel()[:13], small.get_ylabel()[:13]) == (
        "Large fluxes\n",
        "Small fluxes\n",
    )
    assert [text.get_text() for text in large.texts if "scale" not in text.get_text()] == [
        "Na leak"
    ]
    tallest = max(map(abs, small.get_ylim()))
    assert all(
        np.abs(line.get_ydata()).max() > 0.04 * tallest
        for line in small.lines
        if len(line.get_xdata()) > 2
    )
    check_labels(figures.traces(run))


# --- which line is which


@given(
    st.lists(
        st.tuples(st.sampled_from([*colours.COLOURS.values(), *colours.OTHERS]), st.integers(0, 8)),
        min_size=1,
        max_size=8,
    )
)
def test_no_two_lines_look_alike(looks: list[tuple[str, int]]) -> None:
    """In colour and in grey: lines of one dash differ in lightness."""
    x = np.array([0.0, 1.0])
    made = panel.distinct(
        [panel.Line(str(i), x, x + i, colour, dash) for i, (colour, dash) in enumerate(looks)]
    )
    for one, two in itertools.combinations(made, 2):
        assert (
            colours.DASHES[one.dash] != colours.DASHES[two.dash]
            or grey(one.colour, two.colour) > 19.9
        )


def grey(one: str, two: str) -> float:
    """Difference of lightness, CIE L* of 0 to 100 (IEC 61966-2-1 for the luminance)."""

    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4

    Y = [
        sum(
            w * linear(int(c[i : i + 2], 16) / 255)
            for w, i in ((0.2126, 1), (0.7152, 3), (0.0722, 5))
        )
        for c in (one, two)
    ]
    a, b = (116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y for y in Y)
    return abs(a - b)


def test_channels_of_one_ion_are_told_apart() -> None:
    """Seven that are driven by the same gradient have its colour, and a dash each; so have their
    places.
    """
    sizes = [1e-8 * 1.3**i for i in range(7)]
    parts = [
        lambda m, i=i, P=P: lib.leak(Na, m, permeability=Q(P, "cm/s"), name=f"channel_{i}")
        for i, P in enumerate(sizes)
    ]
    model = cell(lambda m: [part(m) for part in parts], {Na: 12.0}, {Na: 140.0}, impermeant=BALANCE)
    axes = figures.traces(bm.simulate(model, until="20 s"), panels="flux").axes[0]
    drawn = [line for line in axes.lines if len(np.asarray(line.get_xdata())) > 2]
    assert {line.get_color() for line in drawn} == {colours.COLOURS["Na"]}
    assert len({str(line._unscaled_dash_pattern) for line in drawn}) == 7
