"""Time courses: protons as pH, and edges where a protocol has them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell
from hypothesis import given
from hypothesis import strategies as st
from pictures import check_labels
from unit.show.drawn_courses import BALANCE, DRAW

import biomembrane as bm
from biomembrane import Protocol, Q
from biomembrane import library as lib
from biomembrane.library import H, K
from biomembrane.show import break_marks, figures

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
