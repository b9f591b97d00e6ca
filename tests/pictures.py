"""Runs as the figures see them, random ledgers, and whether what is drawn of them can be read."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from biomembrane.show import flow_layout

NAMES = (
    "Na/K-ATPase",
    "SGLT1",
    "GLUT2",
    "K⁺ leak",
    "NKCC1",
    "V-ATPase",
    "PMCA (plasma membrane)",
    "NHE3",
    "Na⁺ channel",
    "KCC2",
    "AE1",
    "ClC-2",
)
STORES = ("Na⁺", "K⁺", "Cl⁻", "glucose", "Ca²⁺", "H⁺", "HCO₃⁻")


@dataclass(frozen=True)
class Flow:
    source: str
    target: str
    energy: float
    kind: str


def flows(text: str) -> list[Flow]:
    """One flow a line: source > target, energy, kind."""
    rows = [line.replace(" > ", ", ").split(", ") for line in text.strip().splitlines()]
    return [
        Flow(source.strip(), target, float(energy), kind) for source, target, energy, kind in rows
    ]


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
# A ring (H⁺ drives Na⁺, which drives H⁺), stores and baths that give, a long name, and flows too
# small to draw.
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
    pools = np.stack(
        [
            settle(90, 15, 9.5),
            settle(120, 130, 138),
            settle(60, 20, 12.2),
            settle(80, 1, 7.4),
            4 + 0 * t,
            np.nan * t,
        ],
        1,
    )
    fluxes = np.stack(
        [
            settle(70, 0.04, 0.025),
            settle(50, 0.1, 0.06),
            settle(30, -0.075, -0.05),
            settle(60, 0.03, 0.02),
            settle(90, 0, -0.019),
        ],
        1,
    )
    data = xr.Dataset(
        {
            "concentration": (("time", "pool"), pools, {"units": "mM"}),
            "potential": (
                ("time", "membrane"),
                np.stack([settle(100, -60, -71)] * 2, 1),
                {"units": "mV"},
            ),
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
    books["stored"] = course(
        lines(listed)["stored"] * (1 - np.exp(-t / 90)) / (1 - np.exp(-t[-1] / 90))
    )
    ledger = SimpleNamespace(
        flows=lambda: listed,
        **books,
        residual=course(t * 5e-16),
        residual_relative=course(0 * t + 3e-15),
    )
    return SimpleNamespace(
        data=data,
        model_name="enterocyte",
        baths={"lumen": {"glucose": 1.0}, "blood": {"glucose": 5.0}},
        ledger=ledger,
    )


def lines(listed: list[Flow]) -> dict[str, float]:
    """The lines of the ledger at the end that a list of flows sums to [pJ]."""

    def net(gives: str, takes: str) -> float:
        return sum(f.energy for f in listed if f.source == gives) - sum(
            f.energy for f in listed if f.target == takes
        )

    made = {
        "spent": sum(
            f.energy
            for f in listed
            if f.kind == "supply" and f.source not in ("baths", "protocols")
        )
    }
    made |= {"supplied": net("baths", ""), "imposed": net("protocols", "taken out by protocols")}
    made |= {
        name: -net(node, node)
        for name, node in (("stored", "stored"), ("delivered", "delivered"), ("dissipated", "heat"))
    }
    return made | {
        "relaxed": 0.0,
        "dosed": 0.0,
        "electrodes": 0.0,
        "stepped": 0.0,
        "passed": max(
            made["spent"] + made["supplied"] + abs(made["imposed"]),
            made["dissipated"],
            abs(made["stored"]),
        ),
    }


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    """Every text with its extent in pixels, as it is drawn."""
    canvas = FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    return [
        (text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts(figure)
    ]


def check_labels(figure: Figure) -> None:
    placed = boxes(figure)
    page = figure.bbox
    for text, box in placed:
        assert min(box.x0, box.y0, page.x1 - box.x1, page.y1 - box.y1) >= -0.5, text
    for (one, a), (two, b) in itertools.combinations(placed, 2):
        apart = (
            a.x1 < b.x0 + 1 or b.x1 < a.x0 + 1 or a.y1 < b.y0 + 1 or b.y1 < a.y0 + 1
        )  # one pixel for the hinting
        assert apart, (one, two)


def random_flows(seed: int) -> list[Flow]:
    """Transporters between a fuel and gradients, with rings, protocols, stores and baths; every bar
    gives what it takes.
    """
    rng = np.random.default_rng(seed)
    gradients = [f"{s} gradient" for s in rng.permutation(STORES)[: rng.integers(1, 7)]]
    gain = dict.fromkeys(gradients, 0.0)
    made: list[Flow] = []
    for name in rng.permutation(NAMES)[: rng.integers(1, 13)]:
        size = float(10 ** rng.uniform(-1.5, 2.5))
        sources = list(
            rng.choice(
                ["ATP", *gradients],
                size=rng.integers(1, min(3, len(gradients) + 1) + 1),
                replace=False,
            )
        )
        sinks = [g for g in gradients if g not in sources and rng.random() < 0.35]
        given = rng.dirichlet(np.ones(len(sources))) * size
        for source, energy in zip(sources, given, strict=True):
            made.append(
                Flow(
                    str(source), str(name), float(energy), "supply" if source == "ATP" else "input"
                )
            )
            if source != "ATP":
                gain[str(source)] -= float(energy)
        shares = rng.dirichlet(np.ones(len(sinks) + 1)) * size
        for sink, energy in zip(sinks, shares[1:], strict=True):
            made.append(Flow(str(name), sink, float(energy), "output"))
            gain[sink] += float(energy)
        made.append(Flow(str(name), "heat", float(shares[0]), "heat"))
    for gradient, gained in gain.items():
        surplus = gained
        if rng.random() < 0.3:
            put = float(rng.normal() * 20)
            made.append(
                Flow("protocols", gradient, put, "supply")
                if put > 0
                else Flow(gradient, "taken out by protocols", -put, "imposed")
            )
            surplus += put
        bath = float(rng.normal() * 10) if rng.random() < 0.4 else 0.0
        if bath:
            made.append(
                Flow("baths", gradient, bath, "supply")
                if bath > 0
                else Flow(gradient, "delivered", -bath, "delivered")
            )
            surplus += bath
        if surplus:
            made.append(
                Flow(gradient, "stored", surplus, "stored")
                if surplus > 0
                else Flow("stored", gradient, -surplus, "stored")
            )
    return made


def crossed(figure: Figure, slack: float = 0.25) -> list[str]:
    """Labels that a ribbon or a bar runs through, by more than ``slack`` points."""
    placed = boxes(figure)
    pixel = figure.dpi / 72
    drawn = [
        a.get_transform().transform_path(path)
        for a in figure.findobj(PathCollection)
        for path in a.get_paths()
    ]
    inner = [
        (
            text,
            Bbox.from_extents(
                b.x0 + slack * pixel,
                b.y0 + slack * pixel,
                b.x1 - slack * pixel,
                b.y1 - slack * pixel,
            ),
        )
        for text, b in placed
    ]
    return [
        text for text, box in inner if any(path.intersects_bbox(box, filled=True) for path in drawn)
    ]


def check_picture(figure: Figure) -> None:
    """Labels neither meet nor leave the page, and no ribbon runs through one."""
    assert crossed(figure) == []
    check_labels(figure)


def in_and_out(diagram: flow_layout.Diagram) -> tuple[float, float]:
    """What the ribbons bring in at bars where flows begin, and take out where they end [pJ]; a bar
    that does both counts the difference.
    """
    net: dict[str, float] = {}
    for link in diagram.links:
        net[link.source] = net.get(link.source, 0.0) + link.width / diagram.scale
        net[link.target] = net.get(link.target, 0.0) - link.width / diagram.scale
    outside = diagram.outside | set(flow_layout.DRAWN.values())
    return sum(max(e, 0.0) for n, e in net.items() if n in outside), sum(
        max(-e, 0.0) for n, e in net.items() if n in outside
    )
