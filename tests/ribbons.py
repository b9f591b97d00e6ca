"""Random pictures of the flow of energy, and whether what is drawn of them can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

NAMES = ("Na/K-ATPase", "SGLT1", "GLUT2", "K⁺ leak", "NKCC1", "V-ATPase", "PMCA (plasma membrane)", "NHE3", "Na⁺ channel", "KCC2", "AE1", "ClC-2")
STORES = ("Na⁺", "K⁺", "Cl⁻", "glucose", "Ca²⁺", "H⁺", "HCO₃⁻")


@dataclass(frozen=True)
class Flow:
    source: str
    target: str
    energy: float
    kind: str


def random_flows(seed: int) -> list[Flow]:
    """Transporters between a fuel and gradients, with rings, protocols, stores and baths; every bar gives what it takes."""
    rng = np.random.default_rng(seed)
    gradients = [f"{s} gradient" for s in rng.permutation(STORES)[: rng.integers(1, 7)]]
    gain = dict.fromkeys(gradients, 0.0)
    made: list[Flow] = []
    for name in rng.permutation(NAMES)[: rng.integers(1, 13)]:
        size = float(10 ** rng.uniform(-1.5, 2.5))
        sources = list(rng.choice(["ATP", *gradients], size=rng.integers(1, min(3, len(gradients) + 1) + 1), replace=False))
        sinks = [g for g in gradients if g not in sources and rng.random() < 0.35]
        given = rng.dirichlet(np.ones(len(sources))) * size
        for source, energy in zip(sources, given, strict=True):
            made.append(Flow(str(source), str(name), float(energy), "supply" if source == "ATP" else "input"))
            if source != "ATP":
                gain[str(source)] -= float(energy)
        shares = rng.dirichlet(np.ones(len(sinks) + 1)) * size
        for sink, energy in zip(sinks, shares[1:], strict=True):
            made.append(Flow(str(name), sink, float(energy), "output"))
            gain[sink] += float(energy)
        made.append(Flow(str(name), "heat", float(shares[0]), "heat"))
    for gradient, surplus in gain.items():
        if rng.random() < 0.3:
            put = float(rng.normal() * 20)
            made.append(Flow("protocols", gradient, put, "supply") if put > 0 else Flow(gradient, "taken out by protocols", -put, "imposed"))
            surplus += put
        bath = float(rng.normal() * 10) if rng.random() < 0.4 else 0.0
        if bath:
            made.append(Flow("baths", gradient, bath, "supply") if bath > 0 else Flow(gradient, "delivered", -bath, "delivered"))
            surplus += bath
        if surplus:
            made.append(Flow(gradient, "stored", surplus, "stored") if surplus > 0 else Flow("stored", gradient, -surplus, "stored"))
    return made


def crossed(figure: Figure, slack: float = 0.25) -> list[str]:
    """Labels that a ribbon or a bar runs through, by more than ``slack`` points."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer: Any = canvas.get_renderer()
    pixel = figure.dpi / 72
    drawn = [a.get_transform().transform_path(path) for a in figure.findobj(PathCollection) for path in a.get_paths()]
    found = []
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            box = text.get_window_extent(renderer)
            inner = Bbox.from_extents(box.x0 + slack * pixel, box.y0 + slack * pixel, box.x1 - slack * pixel, box.y1 - slack * pixel)
            if any(path.intersects_bbox(inner, filled=True) for path in drawn):
                found.append(text.get_text())
    return found
