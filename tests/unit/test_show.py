"""Figures at the exact size of a journal column: readable, embedded, reproducible, and true to the books."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from biomembrane import errors
from biomembrane.show import figures, sankey, style

STYLES = ("cell", "plos", "nature", "slides")
DRAW = {"traces": figures.traces, "energy_flow": figures.energy_flow}


@dataclass(frozen=True)
class Flow:
    source: str
    target: str
    energy: float
    kind: str


def flows(text: str) -> list[Flow]:
    """One flow a line: source > target, energy, kind."""
    rows = [line.replace(" > ", ", ").split(", ") for line in text.strip().splitlines()]
    return [Flow(source.strip(), target, float(energy), kind) for source, target, energy, kind in rows]


ENTEROCYTE = flows("""
    ATP > Na/K-ATPase, 100, supply
    Na/K-ATPase > Na⁺ gradient, 62, output
    Na/K-ATPase > K⁺ gradient, 14, output
    Na/K-ATPase > heat, 24, heat
    Na⁺ gradient > SGLT1, 30, input
    Na⁺ gradient > Na leak, 25, input
    Na⁺ gradient > stored, 7, stored
    SGLT1 > glucose gradient, 12, output
    SGLT1 > heat, 18, heat
    glucose gradient > GLUT2, 3, input
    glucose gradient > delivered, 9, delivered
    GLUT2 > heat, 3, heat
    Na leak > heat, 25, heat
    K⁺ gradient > K leak, 14, input
    K leak > heat, 14, heat
""")
# A ring (H⁺ drives Na⁺, which drives H⁺), stores and baths that give, a long name, and flows too small to draw.
TANGLE = flows("""
    ATP > Na/K-ATPase, 400, supply
    ATP > PMCA (plasma membrane), 40, supply
    ATP > V-ATPase, 60, supply
    Na/K-ATPase > Na⁺ gradient, 250, output
    Na/K-ATPase > K⁺ gradient, 60, output
    Na/K-ATPase > heat, 90, heat
    PMCA (plasma membrane) > Ca²⁺ gradient, 22, output
    PMCA (plasma membrane) > heat, 18, heat
    V-ATPase > H⁺ gradient, 45, output
    V-ATPase > heat, 15, heat
    stored > Na⁺ gradient, 20, stored
    baths > glucose gradient, 15, supply
    Na⁺ gradient > NCX1, 60, input
    NCX1 > Ca²⁺ gradient, 35, output
    NCX1 > heat, 25, heat
    Na⁺ gradient > SGLT1, 80, input
    SGLT1 > glucose gradient, 40, output
    SGLT1 > heat, 40, heat
    Na⁺ gradient > NHE3, 40, input
    NHE3 > H⁺ gradient, 20, output
    NHE3 > heat, 20, heat
    H⁺ gradient > NHA2, 65, input
    NHA2 > Na⁺ gradient, 9, output
    NHA2 > heat, 56, heat
    Ca²⁺ gradient > store-operated Ca channel, 50, input
    store-operated Ca channel > heat, 50, heat
    Ca²⁺ gradient > stored, 7, stored
    K⁺ gradient > K leak, 59.2, input
    K leak > heat, 59.2, heat
    K⁺ gradient > TREK, 0.8, input
    TREK > heat, 0.8, heat
    glucose gradient > GLUT2, 45, input
    GLUT2 > heat, 45, heat
    glucose gradient > delivered, 10, delivered
    Na⁺ gradient > Na leak, 90, input
    Na leak > heat, 90, heat
    Na⁺ gradient > stored, 9, stored
""")


def make_run(listed: list[Flow] = ENTEROCYTE, *, scan: int = 0) -> Any:
    """A run as the figures see it: a cell that takes up glucose for ten minutes."""
    t = np.linspace(0, 600, 301)

    def settle(tau: float, first: float, last: float) -> Any:
        return last + (first - last) * np.exp(-t / tau)

    names = ["cell.Na", "cell.K", "cell.Cl", "cell.glucose", "cell.ATP", "SGLT1.C1"]
    pools = np.stack([settle(90, 15, 9.5), settle(120, 130, 138), settle(60, 20, 12.2), settle(80, 1, 7.4), 4 + 0 * t, np.nan * t], 1)
    fluxes = np.stack([settle(70, 0.04, 0.025), settle(50, 0.1, 0.06), settle(30, -0.075, -0.05), settle(60, 0.03, 0.02), settle(90, 0, -0.019)], 1)
    data = xr.Dataset(
        {
            "concentration": (("time", "pool"), pools, {"units": "mM"}),
            "potential": (("time", "membrane"), np.stack([settle(100, -60, -71)] * 2, 1), {"units": "mV"}),
            "volume": (("time", "compartment"), np.ones((t.size, 1)), {"units": "pL"}),
            "flux": (("time", "process"), fluxes, {"units": "fmol s-1"}),
        },
        coords={
            "time": ("time", t, {"units": "s"}),
            "pool": names,
            "pool_species": ("pool", [name.partition(".")[2] for name in names]),
            "pool_place": ("pool", ["cell"] * 5 + ["apical"]),
            "pool_kind": ("pool", ["solute"] * 5 + ["carrier"]),
            "membrane": ["basolateral", "apical"],
            "compartment": ["cell"],
            "process": ["Na/K-ATPase", "Na leak", "K leak", "SGLT1", "GLUT2"],
        },
        attrs={"title": "Enterocyte"},
    )
    if scan:
        data = data.expand_dims(density=scan)

    def course(y: Any) -> xr.DataArray:
        return xr.DataArray(y, dims="time", coords={"time": t}, attrs={"units": "pJ"})

    books = {name: course(total * t / t[-1]) for name, total in lines(listed).items()}
    books["stored"] = course(lines(listed)["stored"] * (1 - np.exp(-t / 90)) / (1 - np.exp(-t[-1] / 90)))
    ledger = SimpleNamespace(flows=lambda: listed, **books, residual=course(t * 5e-16), residual_relative=course(0 * t + 3e-15))
    return SimpleNamespace(data=data, model_name="enterocyte", baths={"lumen": {"glucose": 1.0}, "blood": {"glucose": 5.0}}, ledger=ledger)


def lines(listed: list[Flow]) -> dict[str, float]:
    """The lines of the ledger at the end that a list of flows sums to [pJ]."""

    def net(gives: str, takes: str) -> float:
        return sum(f.energy for f in listed if f.source == gives) - sum(f.energy for f in listed if f.target == takes)

    made = {"spent": sum(f.energy for f in listed if f.kind == "supply" and f.source not in ("baths", "protocols"))}
    made |= {"supplied": net("baths", ""), "imposed": net("protocols", "taken out by protocols")}
    made |= {name: -net(node, node) for name, node in (("stored", "stored"), ("delivered", "delivered"), ("dissipated", "heat"))}
    return made | {"passed": max(made["spent"] + made["supplied"] + abs(made["imposed"]), made["dissipated"], abs(made["stored"]))}


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    """Every text with its extent in pixels, after a draw."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts(figure)]


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
    assert min(text.get_fontsize() for text in texts(figure)) >= {"plos": 8, "slides": 14}.get(name, 6)


def test_labels_neither_meet_nor_leave_the_page(drawn: tuple[Figure, str, str]) -> None:
    check_labels(drawn[0])


@pytest.mark.parametrize("width", ["single", "middle", "double", 210.0])
def test_labels_of_a_tangle(width: str | float) -> None:
    check_labels(figures.energy_flow(make_run(TANGLE), width=width))


def check_labels(figure: Figure) -> None:
    placed = boxes(figure)
    page = figure.bbox
    for text, box in placed:
        assert min(box.x0, box.y0, page.x1 - box.x1, page.y1 - box.y1) >= -0.5, text
    for (one, a), (two, b) in itertools.combinations(placed, 2):
        apart = a.x1 < b.x0 + 1 or b.x1 < a.x0 + 1 or a.y1 < b.y0 + 1 or b.y1 < a.y0 + 1  # one pixel for the hinting
        assert apart, (one, two)


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
        figures.energy_flow(make_run()).savefig(tmp_path / "energy.pdf")  # without `save`: the figure keeps its style
    content = (tmp_path / "energy.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/CIDFontType2" in content
    assert b"/Type3" not in content
    assert b"/CreationDate" not in content


@pytest.mark.parametrize("what", DRAW)
def test_svg_keeps_text(what: str, tmp_path: Path) -> None:
    content = figures.save(DRAW[what](make_run()), tmp_path / "new" / "folder" / "it.svg").read_text("utf-8")
    assert "<text" in content
    assert "Na⁺" in content
    assert "<dc:date>" not in content


@pytest.mark.parametrize("suffix", ["pdf", "svg", "png"])
def test_files_are_reproducible(suffix: str, tmp_path: Path) -> None:
    one, two = (figures.save(figures.traces(make_run()), tmp_path / f"{n}.{suffix}").read_bytes() for n in range(2))
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


def laid_out(listed: list[Flow], threshold: float = 0.002) -> sankey.Diagram:
    with style.style("cell"):
        return sankey.arrange(listed, sankey.Sheet(490, 7, 6), lines(listed)["passed"], threshold)


@pytest.mark.parametrize("listed", [ENTEROCYTE, TANGLE], ids=["enterocyte", "tangle"])
def test_ribbons_conserve_energy(listed: list[Flow]) -> None:
    diagram = laid_out(listed, threshold=0)
    assert not diagram.merged
    inner = {link.source for link in diagram.links} & {link.target for link in diagram.links}
    assert len(inner) >= 8
    for name in inner:
        into, out = ([link.width for link in diagram.links if getattr(link, end) == name] for end in ("target", "source"))
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
    assert [(link.source, link.target) for link in back] == [("NHA2", "Na⁺ gradient")]  # the thinnest of the ring
    assert back[0].points[1][1] + back[0].width / 2 == pytest.approx(diagram.height)
    figures.energy_flow(make_run(flows("A > B, 1, output\nB > A, 1, input")))  # nothing but a ring


def test_small_flows_are_told() -> None:
    diagram = laid_out(TANGLE)
    assert {flow.energy for flow in diagram.merged} == {0.8}
    notes = [text.get_text() for text in texts(figures.energy_flow(make_run(TANGLE)))]
    assert "not drawn: 2 flows below 0.2 % of the energy that passed, together 1.60 pJ (0.31 %): in 0 pJ, out 0.800 pJ" in notes
    assert "per cent are of the energy that passed, 515 pJ" in notes
    assert not any("not drawn" in text.get_text() for text in texts(figures.energy_flow(make_run())))


def test_a_crowd_fits_on_a_page() -> None:
    energy = {f"pump {i}": 10.0 if i % 40 == 0 else 1.0 for i in range(400)}
    crowd = [flow for name, e in energy.items() for flow in (Flow("ATP", name, e, "supply"), Flow(name, "heat", e, "heat"))]
    figure = figures.energy_flow(make_run(crowd))
    assert figure.get_size_inches()[1] < 9
    assert any("780 flows below 0.5 % of the energy that passed, together 780 pJ" in text.get_text() for text in texts(figure))


def test_the_closing_line_closes() -> None:
    written = {text.get_text() for text in texts(figures.energy_flow(make_run()))}
    assert "spent 100 pJ = stored 7.00 pJ + delivered 9.00 pJ + heat 84.0 pJ; residual 3.0×10⁻¹³ pJ (3.0×10⁻¹⁵ of the energy that passed)" in written
    tangle = " ".join(text.get_text() for text in texts(figures.energy_flow(make_run(TANGLE))))
    assert "spent 500 pJ + supplied by baths 15.0 pJ = stored −4.00 pJ + delivered 10.0 pJ + heat" in tangle


def test_no_flow_no_figure() -> None:
    with pytest.raises(errors.WrongType, match="no energy"):
        figures.energy_flow(make_run([]))


# --- time courses


@pytest.mark.parametrize("what", DRAW)
def test_scans_are_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"run\.sel\(density=…\)"):
        DRAW[what](make_run(scan=3))


def test_panels_and_their_labels() -> None:
    figure = figures.traces(make_run())
    assert [axes.get_ylabel() for axes in figure.axes] == ["Potential\n(mV)", "Ions, cell\n(mM)", "Glucose\n(mM)", "Flux\n(fmol s⁻¹)", "Energy\n(pJ)"]
    assert [text.get_text() for text in figure.texts] == list("ABCDE")
    assert figure.axes[-1].get_xlabel() == "Time (min)"
    said = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"basolateral, apical", "Na⁺", "K⁺", "Cl⁻", "cell", "blood", "lumen", "SGLT1", "spent"} <= said
    assert "ATP" not in said  # it is held, so it is no trace


def test_one_ion_one_colour() -> None:
    ions = figures.traces(make_run()).axes[1]
    assert [line.get_color() for line in ions.lines] == [style.COLOURS[ion] for ion in ("Na", "K", "Cl")]


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
        data = (
            run.data.drop_dims("process").assign(flux=(("time", "process"), many[:, :count])).assign_coords(process=[f"p{i}" for i in range(count)])
        )
        return figures.traces(SimpleNamespace(**{**vars(run), "data": data}), panels="flux")

    check_labels(drawn(15))
    assert [len([text for text in axes.texts if text.get_text()[0] == "p"]) for axes in drawn(15).axes] == [8, 7]
    crowd = drawn(30)
    assert len(crowd.axes) == 3
    assert any(text.get_text() == "6 smaller not drawn" for text in crowd.axes[-1].texts)


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
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=os.environ | {"PYTHONHASHSEED": "7"})
    assert done.stdout.split() == ["False", hashlib.sha256(here).hexdigest()]
