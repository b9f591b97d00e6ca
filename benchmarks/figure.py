"""The figure of a run: work against precision, ensembles, scaling in lanes and in size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .suite import ERROR, OURS, Suite

_INK, _ACCENT = "#444444", "#0b7a75"
_GREYS = (
    "#1f4e79",
    "#c05c1e",
    "#7a4fa3",
    "#5a8f29",
    "#b03060",
    "#8c7853",
    "#4d4d4d",
    "#2a9fd6",
    "#d1a000",
    "#8a8a8a",
)


def draw(suite: Suite, facts: dict[str, str], folder: Path) -> list[Path]:
    """Write ``benchmarks.svg`` and ``benchmarks.png``."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    style: Any = {
        "font.size": 8.5,
        "axes.titlesize": 9.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": _INK,
    }
    with plt.rc_context({**style, "svg.fonttype": "none", "svg.hashsalt": "biomembrane"}):
        figure, axes = plt.subplots(2, 3, figsize=(12.5, 7), layout="constrained")
        _precision(axes[0, 0], suite)
        _dots(
            axes[0, 1],
            suite,
            "ensemble",
            "sets per second",
            "ensemble, 500 × 26 outputs: sets per second",
            least=False,
        )
        _dots(
            axes[0, 2], suite, "cold", "new process", "new process to first solution: s", least=True
        )
        _lanes(axes[1, 0], suite)
        _size(axes[1, 1], suite)
        _ready(axes[1, 2], suite)
        figure.suptitle(
            f"{facts['processor']}, {facts['cores']} cores, {facts['memory']}, Python"
            f" {facts['python']}",
            fontsize=8.5,
            color=_INK,
        )
        made = [folder / f"benchmarks.{end}" for end in ("svg", "png")]
        for path in made:
            figure.savefig(
                path, dpi=130, metadata={"Date": None} if path.suffix == ".svg" else None
            )
        plt.close(figure)
    return made


def _plain(axis: Any) -> None:
    """1, 2, 5, 10 on a logarithmic axis, as plain numbers; decades alone where there are more than
    two and a half.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.set_minor_formatter(NullFormatter())
    axis.set_tick_params(which="minor", length=0)


def _style(suite: Suite, peer: str) -> dict[str, Any]:
    others = [p for p in suite.extent.peers if p != OURS]
    colour = _ACCENT if peer == OURS else _GREYS[others.index(peer) % len(_GREYS)]
    return {
        "color": colour,
        "linewidth": 2.4 if peer == OURS else 1.2,
        "zorder": 3 if peer == OURS else 2,
    }


def _precision(ax: Any, suite: Suite) -> None:
    seen: list[float] = []
    for peer in suite.extent.peers:
        points = sorted(
            (r.error, r.value)
            for r in suite.records
            if r.name == "single" and r.peer == peer and "rtol" in r.metric and r.value and r.error
        )
        if points:
            errors, times = zip(*points, strict=True)
            ax.plot(
                errors,
                [1e3 * t for t in times],
                marker="o",
                markersize=3.5,
                label=suite.titles.get(peer, peer),
                **_style(suite, peer),
            )
            seen += times
    ax.axvline(ERROR, color=_INK, linewidth=0.6, linestyle=":")
    ax.set(xscale="log", yscale="log", xlabel="largest error achieved", title="one warm run: ms")
    ax.invert_xaxis()
    if seen:
        ax.legend(frameon=False, fontsize=7, ncols=2, loc="upper left")
        low, high = 1e3 * min(seen), 1e3 * max(seen)
        ax.set_ylim(low / 2, high * (high / low) ** 0.65)  # the legend lies above all
    _plain(ax.yaxis)


def _dots(ax: Any, suite: Suite, name: str, metric: str, title: str, *, least: bool) -> None:
    """One dot a peer, the best on top; of several metrics the last (all cores)."""
    found = [r for r in suite.records if r.name == name and metric in r.metric and r.value]
    most = max((r.metric for r in found), default="")
    rows = sorted(
        (r for r in found if r.metric == most), key=lambda r: r.value or 0.0, reverse=least
    )
    for place, (r, value) in enumerate((r, r.value or 0.0) for r in rows):
        base, _, more = r.peer.partition(",")
        colour = _ACCENT if base == OURS else _INK
        ax.plot([value], [place], marker="o", markersize=8 if base == OURS else 6, color=colour)
        ax.annotate(
            f"{value:.3g}" if value < 1000 else f"{value:.0f}",
            (value, place),
            (8, -3),
            textcoords="offset points",
            color=colour,
        )
        ax.text(-0.02, place, suite.titles.get(base, base) + ("," + more if more else ""),
            ha="right", va="center", color=colour,
                transform=ax.get_yaxis_transform())  # fmt: skip
    cores = most.rpartition(", ")[2] if ", " in most else ""
    ax.set(xscale="log", title=", ".join(filter(None, [title, cores])), yticks=[])
    ax.margins(x=0.2)
    ax.grid(visible=True, axis="x", color="#dddddd", linewidth=0.5)
    _plain(ax.xaxis)


def _series(suite: Suite, name: str, metric: str) -> tuple[list[int], list[float]]:
    found = [
        (r.metric, r.value)
        for r in suite.records
        if r.name == name and r.metric.startswith(metric) and r.value
    ]
    pairs = [(int(re.findall(r"\d+", m)[-1]), v) for m, v in found]
    return [n for n, _ in pairs], [v for _, v in pairs]


def _lanes(ax: Any, suite: Suite) -> None:
    counts, times = _series(suite, "lanes", "time per set")
    ax.axvline(8, color=_INK, linewidth=0.6, linestyle=":")
    ax.set(title="sets in one call, one core: ms per set", xlabel="sets (eight lanes at once)")
    if counts:
        ax.plot(counts, [1e3 * t for t in times], marker="o", markersize=4, color=_ACCENT)
        ax.set(xscale="log", yscale="log")
        _plain(ax.yaxis)
        _counts(ax, counts)


def _counts(ax: Any, counts: list[int]) -> None:
    ax.set_xticks(counts, [str(n) for n in counts])
    ax.xaxis.minorticks_off()


def _size(ax: Any, suite: Suite) -> None:
    counts, times = _series(suite, "tube", "time per cell and step")
    ax.set(
        title="tube of N cells: µs per cell and step", xlabel="cells (11 states, 20 processes each)"
    )
    if counts:
        ax.plot(counts, [1e6 * t for t in times], marker="o", markersize=4, color=_ACCENT)
        ax.axhline(1.5e6 * times[0], color=_INK, linewidth=0.6, linestyle=":")
        ax.annotate(
            "1.5 × one cell",
            (counts[-1], 1.5e6 * times[0]),
            (0, 3),
            textcoords="offset points",
            ha="right",
            color=_INK,
        )
        ax.set(xscale="log", ylim=(0, 1.15e6 * max(1.5 * times[0], *times)))
        _counts(ax, counts)


def _ready(ax: Any, suite: Suite) -> None:
    ax.set(title="tube of N cells: s until it can run", xlabel="cells")
    counts, whole = _series(suite, "tube", "declared")
    _, compiled = _series(suite, "tube", "compiled")
    if counts:
        ax.plot(counts, whole, marker="o", markersize=4, color=_ACCENT, label="all")
        ax.plot(counts, compiled, marker="s", markersize=3.5, color="#c05c1e", label="machine code")
        ax.set(xscale="log", yscale="log")
        _plain(ax.yaxis)
        _counts(ax, counts)
        ax.legend(frameon=False)
