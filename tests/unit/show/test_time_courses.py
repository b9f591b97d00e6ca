"""Time courses: which panels, what their range is, where edges stand, and that no two lines look
alike.
"""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from builders import cell
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pictures import boxes, check_labels, make_run

import biomembrane as bm
from biomembrane import Protocol, Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import H, K, Na
from biomembrane.show import break_marks, colours, figures, panel

BALANCE = bm.balance(charge=-1)
DRAW = {"traces": figures.traces, "energy_flow": figures.energy_flow}

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


# --- protons and edges


@cache
def acid() -> bm.Run:
    """Protons that come in from a bath which turns acid, in steps that lie between outputs."""
    turns = Protocol.steps(
        Q(4e-5, "mM"), (Q(10.03, "s"), Q(4e-4, "mM")), (Q(10.05, "s"), Q(2e-3, "mM"))
    )
    parameters = {
        "bath.H": turns,
        "bath.K": Protocol.ramps((Q(5, "s"), Q(5, "mM")), (Q(8, "s"), Q(9, "mM"))),
    }
    parts = [(H, 1e-3), (K, 1e-7)]
    inside, outside = {H: 1e-4, K: 130}, {H: 4e-5, K: 5}
    model = cell(
        lambda m: [lib.leak(s, m, permeability=Q(P, "cm/s")) for s, P in parts],
        inside,
        outside,
        impermeant=BALANCE,
    )
    return bm.simulate(model, until="20 s", parameters=parameters)


def test_protons_are_drawn_as_pH() -> None:
    run = acid()
    figure = figures.traces(run, panels=("pH", "ions"))
    pH, ions = figure.axes
    assert pH.get_ylabel() == "pH\n(−log₁₀ c/M)"
    assert pH.get_yscale() == "linear"
    inside, bath = (np.asarray(line.get_ydata()) for line in pH.lines)
    assert inside == pytest.approx(
        -np.log10(run.data.concentration.sel(pool="cell.H").values * 1e-3), abs=1e-12
    )
    assert bath[[0, -1]] == pytest.approx([-np.log10(4e-8), -np.log10(2e-6)])
    assert not any("H⁺" in text.get_text() for text in ions.texts)
    assert {text.get_text() for text in ions.texts} == {"bath", "cell"}  # potassium alone is left
    check_labels(figure)


def test_steps_and_ramps_stand_as_they_were_given() -> None:
    """All their corners, also those of a step that no output saw; an edge of a flux is upright
    where the parameter jumps.
    """
    run = acid()
    bath = figures.traces(run, panels="pH").axes[0].lines[1]
    assert np.asarray(bath.get_xdata()) == pytest.approx([0, 10.03, 10.03, 10.05, 10.05, 20])
    assert np.asarray(bath.get_ydata()) == pytest.approx(
        -np.log10(np.repeat([4e-8, 4e-7, 2e-6], 2))
    )
    ramp = next(
        line
        for line in figures.traces(run, panels="ions").axes[0].lines
        if len(line.get_xdata()) == 4
    )
    assert np.asarray(ramp.get_xdata()) == pytest.approx([0, 5, 8, 20])
    assert np.asarray(ramp.get_ydata()) == pytest.approx([5, 5, 9, 9])
    flux, *_ = (
        line
        for line in figures.traces(run, panels="flux").axes[-1].lines
        if len(line.get_xdata()) > 301
    )
    x, y = np.asarray(flux.get_xdata()), np.asarray(flux.get_ydata())
    before, after = int(np.flatnonzero(x == 10.03)[0]), int(np.flatnonzero(x == 10.05)[0])
    assert (y[before], y[after]) == (
        y[before - 1],
        y[after + 1],
    )  # nothing is known between the two steps


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=30),
    st.lists(st.floats(0.01, 29), max_size=6),
    st.floats(0.1, 3),
)
def test_edges_go_through_every_output(y: list[float], at: list[float], step: float) -> None:
    time, values = np.arange(len(y)) * step, np.array(y)
    xs, ys = break_marks.edged(time, values, sorted(at))
    assert (np.diff(xs) >= 0).all()
    assert ys[np.searchsorted(xs, time, side="right") - 1].tolist() == y
    assert set(ys) <= set(y)  # nothing is invented
    assert set(xs) <= {*time, *at}
    line = break_marks.edged(time, 2.0 * time, sorted(at))
    assert line[0].tolist() == time.tolist()  # what goes on as before has no edge


def test_a_lane_and_a_file_are_drawn_as_the_run(tmp_path: Path) -> None:
    """Also where the scan varied the breaks."""
    when = xr.DataArray([3.05, 6.05], dims="when", attrs={"units": "s"})
    model = cell(
        lambda m: [lib.leak(K, m, permeability=Q(1e-7, "cm/s"))],
        {K: 130},
        {K: 5},
        impermeant=BALANCE,
    )

    def run(at: Any) -> Any:
        return bm.simulate(
            model,
            until="10 s",
            parameters={"bath.K": Protocol.steps(Q(5, "mM"), (at, Q(20, "mM")))},
        )

    scan = run(when)
    saved = bm.open_run(bm.save(scan, tmp_path / "scan.nc"))
    lane, filed, alone = scan.isel(when=1), saved.isel(when=1), run(Q(6.05, "s"))
    for draw in DRAW.values():
        one, two = (
            figures.save(draw(each), tmp_path / "it.svg").read_bytes() for each in (lane, filed)
        )
        assert one == two
    for first, second in zip(figures.traces(lane).axes, figures.traces(alone).axes, strict=True):
        for line, other in zip(first.lines, second.lines, strict=True):
            assert np.asarray(line.get_xydata()) == pytest.approx(
                np.asarray(other.get_xydata()), rel=1e-6, abs=1e-9
            )
    edge = [
        line.get_xdata() for line in figures.traces(saved.isel(when=1), panels="ions").axes[0].lines
    ]
    assert any(list(x) == [0, 6.05, 6.05, 10] for x in edge)


# --- which panels, and where


def test_panels_are_chosen_in_order() -> None:
    figure = figures.traces(make_run(), panels=("energy", "potential"))
    assert [axes.get_ylabel().split("\n")[0] for axes in figure.axes] == ["Energy", "Potential"]
    assert len(figures.traces(make_run(), panels="ions").axes) == 1
    assert not figures.traces(make_run(), panels="ions").texts  # a letter is for several


@pytest.mark.parametrize(
    ("panels", "kind", "word"),
    [
        ("potental", errors.UnknownName, "potential"), (("ions", "volume"), errors.UnknownName,
        "nothing to show"),
        ((), errors.BadSettings, "one panel"),
        (("ions", "ions"), errors.BadSettings, "each once"),
        (5, errors.WrongType, "names of panels"), ((5,), errors.WrongType, "names"),
    ],
)  # fmt: skip
def test_wrong_panels_are_told(panels: Any, kind: type[Exception], word: str) -> None:
    with pytest.raises(kind, match=word):
        figures.traces(make_run(), panels=panels)


def test_axes_that_are_given_are_drawn_into() -> None:
    """One or several come back as they were given; the rest of the figure and all settings stay."""
    before = dict(mpl.rcParams)
    figure = Figure(figsize=(7, 5))
    (one, other), (third, fourth) = figure.subplots(
        2, 2, gridspec_kw={"wspace": 1.0, "hspace": 0.5, "right": 0.8}
    )
    assert figures.traces(make_run(), panels="ions", ax=one) is one
    assert figures.traces(make_run(), panels=("potential", "flux"), ax=[other, third]) == (
        other,
        third,
    )
    assert one.get_ylabel() == "Ions, cell\n(mM)"
    assert third.get_xlabel() == "Time (min)"
    assert not fourth.lines
    assert len(figure.axes) == 4
    assert min(text.get_fontsize() for axes in (one, other, third) for text in axes.texts) >= 6
    assert dict(mpl.rcParams) == before
    boxes(figure)


def test_fluxes_by_size_need_axes_for_each() -> None:
    run = make_run()
    run.data["flux"][:, 1] *= 300
    assert isinstance(figures.traces(run, panels="flux", ax=Figure().subplots()), Axes)
    large, small = figures.traces(run, panels="flux", ax=Figure().subplots(2))
    assert (large.get_ylabel()[:5], small.get_ylabel()[:5]) == ("Large", "Small")
    with pytest.raises(errors.BadSettings, match="2 with fluxes by their size"):
        figures.traces(run, panels="flux", ax=Figure().subplots(3))
    with pytest.raises(errors.BadSettings, match="panels='potential'"):
        figures.traces(run, ax=Figure().subplots())
    with pytest.raises(errors.WrongType, match="Axes"):
        figures.traces(run, panels="flux", ax="here")


def test_a_law_at_rest_is_drawn_at_zero() -> None:
    """Nothing moves: the range is of the size of the unit, and says so."""
    still = cell(
        lambda m: [bm.Transporter("gate", "K@in -> K@out", m, laws.GHK(permeability=Q(0, "cm/s")))],
        {K: 5},
        {K: 5},
        impermeant=BALANCE,
    )
    axes = figures.traces(bm.simulate(still, until="1 s"), panels="flux").axes[0]
    assert axes.get_ylim() == (-1, 1)
