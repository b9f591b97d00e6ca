"""Figures at the exact size of a journal column: readable, embedded, reproducible, and true to the
books.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from pictures import ENTEROCYTE, TANGLE, Flow, boxes, check_labels, flows, lines, make_run, texts

from biomembrane import errors
from biomembrane.show import figures, flow_layout, style

STYLES = ("cell", "plos", "nature", "slides")
DRAW = {"traces": figures.traces, "energy_flow": figures.energy_flow}


@pytest.fixture(params=list(itertools.product(DRAW, STYLES, ("single", "double"))), ids="-".join)
def drawn(request: pytest.FixtureRequest) -> tuple[Figure, str, str]:
    what, name, width = request.param
    return DRAW[what](make_run(), width=width, style=name), name, width


# --- size, type and place


def test_width_is_the_column(drawn: tuple[Figure, str, str]) -> None:
    figure, name, width = drawn
    assert figure.get_size_inches()[0] * 25.4 == pytest.approx(style.WIDTHS[name][width], abs=1e-6)


def test_text_is_large_enough(drawn: tuple[Figure, str, str]) -> None:
    figure, name, _ = drawn
    assert min(text.get_fontsize() for text in texts(figure)) >= {"plos": 8, "slides": 14}.get(
        name, 6
    )


def test_labels_neither_meet_nor_leave_the_page(drawn: tuple[Figure, str, str]) -> None:
    check_labels(drawn[0])


@pytest.mark.parametrize("width", ["single", "middle", "double", 210.0])
def test_labels_of_a_tangle(width: str | float) -> None:
    check_labels(figures.energy_flow(make_run(TANGLE), width=width))


def test_lines_are_thick_enough() -> None:
    figure = figures.traces(make_run())
    assert min(line.get_linewidth() for axes in figure.axes for line in axes.lines) >= 0.5


def test_width_may_be_a_number_and_not_nonsense() -> None:
    assert figures.traces(make_run(), width=100).get_size_inches()[0] == pytest.approx(100 / 25.4)
    with pytest.raises(errors.UnknownName, match="double"):
        figures.traces(make_run(), width="duoble")
    with pytest.raises(errors.UnknownName, match="plos"):
        figures.traces(make_run(), style="plso")
    with pytest.raises(errors.OutOfDomain, match="mm more"):
        figures.energy_flow(make_run(TANGLE), width=40)


# --- files


def test_pdf_embeds_truetype(tmp_path: Path) -> None:
    with mpl.rc_context({"pdf.compression": 0}):
        figures.energy_flow(make_run()).savefig(
            tmp_path / "energy.pdf"
        )  # without `save`: the figure keeps its style
    content = (tmp_path / "energy.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content
    assert b"/CreationDate" not in content


@pytest.mark.parametrize("what", DRAW)
def test_svg_keeps_text(what: str, tmp_path: Path) -> None:
    content = figures.save(
        DRAW[what](make_run()), tmp_path / "new" / "folder" / "it.svg"
    ).read_text("utf-8")
    assert "<text" in content
    assert "Na⁺" in content
    assert "<dc:date>" not in content


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_files_are_reproducible(suffix: str, tmp_path: Path) -> None:
    one, two = (
        figures.save(figures.traces(make_run()), tmp_path / f"{n}.{suffix}").read_bytes()
        for n in range(2)
    )
    assert one == two


def test_unknown_suffix_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(errors.UnknownSuffix, match=r"\.pdf, \.svg, \.png"):
        figures.save(figures.traces(make_run()), tmp_path / "it.bmp")


def test_nothing_global_changes(caplog: pytest.LogCaptureFixture) -> None:
    before = dict(mpl.rcParams)
    with caplog.at_level(logging.WARNING, logger="matplotlib"):
        figures.traces(make_run(), style="slides")
        boxes(figures.energy_flow(make_run()))
    assert dict(mpl.rcParams) == before
    assert not caplog.records  # no 'findfont: Font family Arial not found'


def test_style_is_a_context() -> None:
    with figures.style("plos"):
        assert mpl.rcParams["font.size"] == 8
        assert mpl.rcParams["pdf.fonttype"] == 42
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert mpl.rcParams["pdf.fonttype"] == 3


# --- the flow of energy


def laid_out(listed: list[Flow], threshold: float = 0.002) -> flow_layout.Diagram:
    with style.style("cell"):
        return flow_layout.arrange(
            listed, flow_layout.Sheet(490, 7, 6), lines(listed)["passed"], threshold
        )


@pytest.mark.parametrize("listed", [ENTEROCYTE, TANGLE], ids=["enterocyte", "tangle"])
def test_ribbons_conserve_energy(listed: list[Flow]) -> None:
    diagram = laid_out(listed, threshold=0)
    assert not diagram.merged
    inner = {link.source for link in diagram.links} & {link.target for link in diagram.links}
    assert len(inner) >= 8
    for name in inner:
        into, out = (
            [link.width for link in diagram.links if getattr(link, end) == name]
            for end in ("target", "source")
        )
        node = next(node for node in diagram.nodes if node.name == name)
        assert sum(into) == pytest.approx(sum(out), rel=1e-12) == pytest.approx(node.height)
    for link in diagram.links:
        assert link.width == pytest.approx(link.energy * diagram.scale)


def test_ribbons_fill_their_bars() -> None:
    """Side by side from the top of a bar, without a gap and without an overlap."""
    diagram = laid_out(ENTEROCYTE)
    for node in diagram.nodes:
        for end, place in (("source", 0), ("target", -1)):
            spans = sorted(
                (link.points[place][1] - link.width / 2, link.points[place][1] + link.width / 2)
                for link in diagram.links
                if getattr(link, end) == node.name
            )
            for (_, top), (bottom, _) in itertools.pairwise(spans):
                assert top == pytest.approx(bottom)
            if spans:
                assert spans[-1][1] == pytest.approx(node.y + node.height)
                assert spans[0][0] == pytest.approx(node.y)


def test_layers_run_from_supply_to_heat() -> None:
    layer = {node.name: node.layer for node in laid_out(ENTEROCYTE).nodes}
    chain = ["ATP", "Na/K-ATPase", "Na⁺ gradient", "SGLT1", "glucose gradient", "GLUT2", "heat"]
    assert [layer[name] for name in chain] == list(range(7))
    assert layer["stored"] == layer["delivered"] == layer["heat"]


def test_few_ribbons_cross() -> None:
    """Where no crossing is needed there is none, but for heat, which lies behind."""
    links = [link for link in laid_out(ENTEROCYTE).links if link.kind != "heat"]
    for one, two in itertools.combinations(links, 2):
        columns = [(a, b) for a in one.path for b in two.path if a.layer == b.layer and a is not b]
        assert len({a.y > b.y for a, b in columns}) <= 1


def test_a_ring_goes_back_once_over_the_top() -> None:
    diagram = laid_out(TANGLE)
    back = [link for link in diagram.links if link.back]
    assert [(link.source, link.target) for link in back] == [
        ("NHA2", "Na⁺ gradient")
    ]  # the thinnest of the ring
    assert back[0].points[1][1] + back[0].width / 2 == pytest.approx(diagram.height)
    figures.energy_flow(make_run(flows("A > B, 1, output\nB > A, 1, input")))  # nothing but a ring


def test_small_flows_are_told() -> None:
    diagram = laid_out(TANGLE)
    assert {flow.energy for flow in diagram.merged} == {0.8}
    notes = [text.get_text() for text in texts(figures.energy_flow(make_run(TANGLE)))]
    assert (
        "not drawn: 2 flows below 0.2 % of the energy that passed, together 1.60 pJ (0.31 %): in 0"
        " pJ, out 0.800 pJ" in notes
    )
    assert "percentages are shares of the energy that passed, 515 pJ" in notes
    assert not any(
        "not drawn" in text.get_text() for text in texts(figures.energy_flow(make_run()))
    )


def test_a_crowd_fits_on_a_page() -> None:
    energy = {f"pump {i}": 10.0 if i % 40 == 0 else 1.0 for i in range(400)}
    crowd = [
        flow
        for name, e in energy.items()
        for flow in (Flow("ATP", name, e, "supply"), Flow(name, "heat", e, "heat"))
    ]
    figure = figures.energy_flow(make_run(crowd))
    assert figure.get_size_inches()[1] < 9
    assert any(
        "780 flows below 0.5 % of the energy that passed, together 780 pJ" in text.get_text()
        for text in texts(figure)
    )


def test_the_closing_line_closes() -> None:
    written = {text.get_text() for text in texts(figures.energy_flow(make_run()))}
    assert (
        "spent 100 pJ = stored 7.00 pJ + delivered 9.00 pJ + heat 84.0 pJ; residual 3.0×10⁻¹³ pJ"
        " (3.0×10⁻¹⁵ of the energy that passed)" in written
    )
    tangle = " ".join(text.get_text() for text in texts(figures.energy_flow(make_run(TANGLE))))
    assert (
        "spent 500 pJ + supplied by baths 15.0 pJ = stored −4.00 pJ + delivered 10.0 pJ + heat"
        in tangle
    )


def test_no_flow_no_figure() -> None:
    with pytest.raises(errors.WrongType, match="no energy"):
        figures.energy_flow(make_run([]))


# --- another process: no pyplot, the same bytes whatever the hash seed

OTHER = """
import sys, runpy
names = runpy.run_path(sys.argv[1], run_name="other")
target = names["figures"].save(names["figures"].energy_flow(names["make_run"]()), sys.argv[2])
print("matplotlib.pyplot" in sys.modules, names["hashlib"].sha256(target.read_bytes()).hexdigest())
"""


def test_another_process_writes_the_same_without_pyplot(tmp_path: Path) -> None:
    here = figures.save(figures.energy_flow(make_run()), tmp_path / "here.pdf").read_bytes()
    command = [sys.executable, "-c", OTHER, __file__, str(tmp_path / "there.pdf")]
    root = Path(figures.__file__).parents[2]
    env = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=env)
    assert done.stdout.split() == ["False", hashlib.sha256(here).hexdigest()]
