"""The figure of a branch: dashes where it is unstable, marks at special points, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn import check_clear, check_file
from resting import brusselator, rectifying

import biomembrane as bm
from biomembrane import Q, errors, figures


@pytest.fixture(scope="module")
def bent() -> bm.Branch:
    return bm.follow(rectifying(), "bath.K", between=(Q(1, "mM"), Q(60, "mM")))


def test_stable_parts_are_full_and_unstable_ones_dashed(bent: bm.Branch) -> None:
    axes = figures.branch(bent)
    lines = [
        line for line in axes.lines if len(line.get_xdata()) > 1 and line.get_marker() == "None"
    ]
    curves = [line for line in lines if len(line.get_xdata()) > 2]
    assert [line.get_linestyle() for line in curves] == ["-", "--", "-"]
    drawn = np.concatenate([np.asarray(line.get_ydata()) for line in curves])
    V = bent.data.potential.values[0]
    assert drawn.min() == pytest.approx(V.min())
    assert drawn.max() == pytest.approx(V.max())
    marks = [line for line in axes.lines if line.get_marker() == "o"]
    assert sorted(float(line.get_xdata()[0]) for line in marks) == pytest.approx(
        sorted(bent.special("fold")["bath.K"].values)
    )
    assert [text.get_text() for text in axes.texts].count("fold") == 1
    assert axes.get_xscale() == "log"
    assert "K⁺" in axes.get_xlabel()


def test_a_hopf_point_is_marked_on_each_curve(tmp_path: Path) -> None:
    branch = bm.follow(brusselator(), "B.rate", between=(Q(1, "fmol/s"), Q(3, "fmol/s")))
    axes = figures.branch(branch, "concentration")
    assert len([line for line in axes.lines if line.get_marker() == "D"]) == 2
    check_file(lambda: figures.branch(branch, "concentration").figure, tmp_path)
    check_clear(axes)


def test_what_the_figure_refuses(bent: bm.Branch) -> None:
    with pytest.raises(errors.WrongType, match=r"bm.follow"):
        figures.branch(bent.states)
    with pytest.raises(errors.UnknownName):
        figures.branch(bent, "cell.Q")
    assert figures.branch(bent.data, "potential")
