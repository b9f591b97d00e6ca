"""Panels: which are drawn, in which order, and into which axes."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import pytest
from builders import cell
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pictures import boxes, make_run
from unit.show.drawn_courses import BALANCE

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane.library import K
from biomembrane.show import figures

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
