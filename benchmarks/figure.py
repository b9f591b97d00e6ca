"""The figure of a run: work against precision, ensembles, scaling in lanes and in size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .suite import ERROR, OURS, Suite

_INK, _ACCENT = "#444444", "#0b7a75"
_GREYS = ("#1f4e79", "#c05c1e", "#7a4fa3", "#5a8f29", "#b03060", "#8c7853", "#4d4d4d", "#2a9fd6", "#d1a000", "#8a8a8a")


def draw(suite: Suite, facts: dict[str, str], folder: Path) -> list[Path]:
    """Write ``benchmarks.svg`` and ``benchmarks.png``."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    with plt.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": _INK, "svg.fonttype": "none"}):
        figure, axes = plt.subplots(2, 2, figsize=(10.5, 8), layout="constrained")
        _precision(axes[0, 0], suite)
        _ensembles(axes[0, 1], suite)
        _lanes(axes[1, 0], suite)
        _size(axes[1, 1], suite)
        figure.suptitle(f"{facts['processor']}, {facts['cores']} cores, {facts['memory']}, Python {facts['python']}", fontsize=9, color=_INK)
        made = [folder / f"benchmarks.{end}" for end in ("svg", "png")]
        for path in made:
            figure.savefig(path, dpi=130)
        plt.close(figure)
    return made


def _style(suite: Suite, peer: str) -> dict[str, Any]:
    others = [p for p in suite.extent.peers if p != OURS]
    colour = _ACCENT if peer == OURS else _GREYS[others.index(peer) % len(_GREYS)]
    return {"color": colour, "linewidth": 2.4 if peer == OURS else 1.2, "zorder": 3 if peer == OURS else 2}


def _precision(ax: Any, suite: Suite) -> None:
    ends = []
    for peer in suite.extent.peers:
        points = sorted(
            (r.error, r.value) for r in suite.records if r.name == "single" and r.peer == peer and "rtol" in r.metric and r.value and r.error
        )
        if points:
            errors, times = zip(*points, strict=True)
            ax.plot(errors, [1e3 * t for t in times], marker="o", markersize=3.5, label=suite.titles.get(peer, peer), **_style(suite, peer))
            ends.append(peer)
    ax.axvline(ERROR, color=_INK, linewidth=0.6, linestyle=":")
    ax.set(xscale="log", yscale="log", xlabel="largest error achieved", ylabel="ms", title="one warm run")
    ax.invert_xaxis()
    if ends:
        ax.legend(frameon=False, fontsize=7, ncols=2, loc="upper left")


def _ensembles(ax: Any, suite: Suite) -> None:
    found = [r for r in suite.records if r.name == "ensemble" and "sets per second" in r.metric and r.value]
    most = max((r.metric for r in found), default="")
    rows = sorted((r for r in found if r.metric == most), key=lambda r: r.value or 0.0)
    names = [suite.titles.get(r.peer, r.peer) for r in rows]
    bars = ax.barh(names, [r.value for r in rows], color=[_ACCENT if r.peer == OURS else "#b9c4c9" for r in rows], height=0.7)
    ax.bar_label(bars, labels=[f" {r.value:.0f}" for r in rows], fontsize=8)
    ax.set(xscale="log", xlabel="sets per second", title=f"ensemble, 500 × 26 outputs, {most.rpartition(', ')[2]}")
    ax.margins(x=0.15)


def _series(suite: Suite, name: str, metric: str) -> tuple[list[int], list[float]]:
    found = [(r.metric, r.value) for r in suite.records if r.name == name and r.metric.startswith(metric) and r.value]
    pairs = [(int(re.findall(r"\d+", m)[-1]), v) for m, v in found]
    return [n for n, _ in pairs], [v for _, v in pairs]


def _lanes(ax: Any, suite: Suite) -> None:
    counts, times = _series(suite, "lanes", "time per set")
    if counts:
        ax.plot(counts, [1e3 * t for t in times], marker="o", markersize=4, color=_ACCENT)
        ax.set_xscale("log", base=2)
        ax.set_xticks(counts, [str(n) for n in counts])
    ax.axvline(8, color=_INK, linewidth=0.6, linestyle=":")
    ax.set(yscale="log", xlabel="sets in one call (8 lanes)", ylabel="ms per set", title="sets on one core")


def _size(ax: Any, suite: Suite) -> None:
    counts, times = _series(suite, "tube", "time per cell and step")
    _, ready = _series(suite, "tube", "declared")
    if counts:
        ax.plot(counts, [1e6 * t for t in times], marker="o", markersize=4, color=_ACCENT, label="µs per cell and step")
        ax.plot(
            counts,
            [1e3 * t / n for n, t in zip(counts, ready, strict=True)],
            marker="s",
            markersize=4,
            color="#c05c1e",
            label="ms to be ready, per cell",
        )
        ax.set(xscale="log", yscale="log")
        ax.set_xticks(counts, [str(n) for n in counts])
        ax.minorticks_off()
        ax.legend(frameon=False, fontsize=8)
    ax.set(xlabel="cells in the tube, 11 states and 20 processes each", title="size")
