"""The flow of energy can be read and adds up: no ribbon runs through a label, and what goes in
comes out, in the picture as in the books.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pictures import (
    ENTEROCYTE,
    TANGLE,
    Flow,
    boxes,
    check_picture,
    crossed,
    flows,
    in_and_out,
    lines,
    make_run,
    random_flows,
    texts,
)

import biomembrane as bm
from biomembrane import errors
from biomembrane.show import figures, flow_layout, print_format, style


def picture(
    listed: Any, passed: float, mm: float = 85, threshold: float = 0.0
) -> flow_layout.Diagram:
    with style.style("cell"):
        return flow_layout.arrange(
            listed, flow_layout.Sheet(mm / 25.4 * 72 - 5.6, 7, 6), passed, threshold
        )


# --- labels


@pytest.mark.parametrize("name", ["cell", "slides"])
@pytest.mark.parametrize("listed", [ENTEROCYTE, TANGLE], ids=["enterocyte", "tangle"])
def test_no_ribbon_crosses_a_label(listed: list[Flow], name: str) -> None:
    figure = figures.energy_flow(make_run(listed), width="single", style=name)
    check_picture(figure)


@example(seed=7980, width="double")  # a thick loop beside a long label
@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["single", "double"]))
def test_no_ribbon_of_a_random_ledger_crosses_a_label(seed: int, width: str) -> None:
    """Up to twelve transporters and six gradients in any tangle, with rings."""
    try:
        figure = figures.energy_flow(make_run(random_flows(seed)), width=width)
    except (
        errors.OutOfDomain
    ) as narrow:  # eleven layers and more do not fit one column: refused, with what is missing
        if width == "single" and re.search(r"mm more for 1\d layers", str(narrow)):
            return
        raise
    check_picture(figure)


def test_the_check_sees_what_crosses() -> None:
    """A ribbon that is drawn over a label, a bar beside it, and one that only touches."""
    figure = figures.energy_flow(make_run(ENTEROCYTE), width="single")
    word = next(text for text in texts(figure) if text.get_text().startswith("heat"))
    word.set_y(word.get_position()[1] - 20)
    assert crossed(figure) == ["heat"]


def test_loops_stay_between_the_labels() -> None:
    """Several rings that end at the same bars climb side by side."""
    rings = flows("""
        ATP > pump, 100, supply
        pump > A gradient, 130, output
        A gradient > one, 70, input
        A gradient > two, 60, input
        one > B gradient, 50, output
        two > B gradient, 45, output
        one > heat, 20, heat
        two > heat, 15, heat
        B gradient > back, 95, input
        back > A gradient, 12, output
        back > C gradient, 9, output
        C gradient > pump, 9, input
        back > heat, 74, heat
    """)
    figure = figures.energy_flow(make_run(rings), width="single")
    assert crossed(figure) == []
    diagram = picture(rings, lines(rings)["passed"])
    assert sum(link.back for link in diagram.links) >= 2
    climbs = [(link.points[1][0], link.width) for link in diagram.links if link.back] + [
        (link.points[2][0], link.width) for link in diagram.links if link.back
    ]
    for (x, wide), (other, thick) in itertools.combinations(climbs, 2):
        assert abs(x - other) >= (wide + thick) / 2 - 1e-9


# --- sums


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.002, 0.02, 0.05]))
def test_the_drawn_books_close(seed: int, threshold: float) -> None:
    """In and out are equal once what is told as not drawn is added; of nothing left out, to
    rounding.
    """
    listed = random_flows(seed)
    diagram = picture(listed, lines(listed)["passed"], 500, threshold)
    into, out = in_and_out(diagram)
    unseen = sum(flow.energy for flow in diagram.merged)
    assert into + diagram.left_in == pytest.approx(out + diagram.left_out, rel=1e-9, abs=1e-9)
    assert unseen == pytest.approx(
        sum(f.energy for f in listed if f.energy > 0) - sum(link.energy for link in diagram.links),
        abs=1e-9,
    )
    if threshold == 0:
        assert not diagram.merged
    inner = (
        {name for link in diagram.links for name in (link.source, link.target)}
        - diagram.outside
        - set(flow_layout.DRAWN.values())
    )
    for name in inner:  # transporters and gradients, each to what is not drawn of it
        off = sum(
            link.energy * ((link.target == name) - (link.source == name)) for link in diagram.links
        )
        off += sum(
            flow.energy * ((flow.target == name) - (flow.source == name)) for flow in diagram.merged
        )
        assert off == pytest.approx(0, abs=1e-9 * diagram.total)


def test_what_protocols_impose_is_drawn_though_it_is_small() -> None:
    """Below 0.2 %, with the store that takes it; below 0.01 % it is told with what is not drawn."""
    for put_in, seen in ((0.1, True), (0.005, False)):
        more = [
            Flow("protocols", "Ca²⁺ gradient", put_in, "supply"),
            Flow("Ca²⁺ gradient", "stored", put_in, "stored"),
        ]
        words = {
            text.get_text().replace("\n", " ")
            for text in texts(figures.energy_flow(make_run([*ENTEROCYTE, *more])))
        }
        assert ("protocols" in words) == ("Ca²⁺ gradient" in words) == seen
        assert any("not drawn" in word for word in words) != seen


def test_per_cent_have_one_base_which_is_named() -> None:
    run = make_run(TANGLE)
    passed = lines(TANGLE)["passed"]
    factor, unit = print_format.scaled("pJ", passed)
    words = [text.get_text() for text in texts(figures.energy_flow(run))]
    assert (
        "percentages are shares of the energy that passed,"
        f" {print_format.digits(passed * factor)} {unit}" in words
    )
    diagram = picture(TANGLE, passed, 174, 0.002)
    for node in diagram.nodes:
        assert any(print_format.percent(node.energy / passed) in word for word in words), node.name


# --- Axes


def test_a_picture_in_given_axes() -> None:
    """The same bars and words as on a page of that width; too low Axes are refused with what they
    need.
    """
    before = dict(mpl.rcParams)
    figure = Figure(figsize=(7, 8))
    left, right = figure.add_axes((0.02, 0.3, 0.5, 0.68)), figure.add_axes((0.6, 0.1, 0.3, 0.2))
    right.plot([0, 1], [0, 1])
    assert figures.energy_flow(make_run(), ax=left) is left
    assert isinstance(left, Axes)
    alone = figures.energy_flow(make_run(), width=0.5 * 7 * 25.4)
    assert [text.get_text() for text in left.texts] == [text.get_text() for text in alone.texts]
    assert len(right.lines) == 1
    assert crossed(figure) == []
    inside = left.get_window_extent()
    named = {text.get_text() for text in left.texts}
    for text, box in boxes(figure):
        assert text not in named or (
            box.x0 >= inside.x0 - 1
            and box.x1 <= inside.x1 + 1
            and box.y0 >= inside.y0 - 1
            and box.y1 <= inside.y1 + 1
        )
    assert dict(mpl.rcParams) == before
    with pytest.raises(errors.OutOfDomain, match=r"Axes \d+ mm tall"):
        figures.energy_flow(make_run(), ax=Figure(figsize=(7, 1)).subplots())
    with pytest.raises(errors.WrongType, match="Axes"):
        figures.energy_flow(make_run(), ax="here")  # type: ignore[call-overload]


def test_a_narrow_page_leaves_out_small_flows_before_it_gives_up() -> None:
    """A chain of twelve that carries little, beside a pump: at 60 mm the chain is told as not
    drawn.
    """
    chain = [
        Flow("ATP", "pump", 100.0, "supply"),
        Flow("pump", "heat", 99.0, "heat"),
        Flow("pump", "store 0 gradient", 1.0, "output"),
    ]
    for k in range(6):
        chain += [
            Flow(f"store {k} gradient", f"carrier {k}", 1.0, "input"),
            Flow(f"carrier {k}", f"store {k + 1} gradient", 1.0, "output"),
        ]
    chain.append(Flow("store 6 gradient", "stored", 1.0, "stored"))
    words = " ".join(
        text.get_text() for text in texts(figures.energy_flow(make_run(chain), width=60))
    )
    assert "not drawn" in words
    assert np.isfinite(figures.energy_flow(make_run(chain), width=60).get_size_inches()).all()


def test_slides_of_a_run_have_text_that_can_be_read() -> None:
    figure = figures.energy_flow(make_run(TANGLE), style="slides", width="double")
    assert min(text.get_fontsize() for text in texts(figure)) >= 14
    assert bm.figures.energy_flow is figures.energy_flow
