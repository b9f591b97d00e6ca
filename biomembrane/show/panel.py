"""One panel of time courses: lines that differ in colour and in grey, range, ticks, and names at
the ends of the lines.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..numerals import typeset
from .colours import COLOURS, DASHES, ink, lightness
from .print_format import digits, scaled, unit_text
from .text_layout import extent, spread, text_sizes, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MOST = 8  # lines in a panel that can still be told apart
_START = 1 / 150  # of the time shown: a jump within it may leave the range
_COARSE = 1 / 40  # of the time shown: first outputs further apart draw a slope, not a jump
_FLAT = 20.0  # ratio of peaks from which the smaller is flattened by the larger
_STILL = 1e-6  # of the largest peak
_APART = 20.0  # of CIE lightness, from which two lines of one dash can be told apart in grey


@dataclass(frozen=True, eq=False)
class Line:
    """A named course; ``dash`` is the preferred one."""

    label: str
    x: Array
    y: Array
    colour: str
    dash: int = 0
    thin: bool = False

    @property
    def late(self) -> NDArray[np.bool_]:
        """Mask of the times after the start, where a jump may be; all times where the first outputs
        are too far apart to draw a jump.
        """
        since, duration = self.x - self.x[0], self.x[-1] - self.x[0]
        start = _START if (since > 0).any() and since[since > 0][0] < _COARSE * duration else -1.0
        late: NDArray[np.bool_] = since > start * duration
        return late

    @property
    def peak(self) -> float:
        """The largest finite magnitude after the start."""
        finite = np.isfinite(self.y)
        values = self.y[finite & self.late] if (finite & self.late).any() else self.y[finite]
        return float(np.abs(values).max()) if values.size else 0.0

    def same(self, other: Line) -> bool:
        """Whether the two lines look alike."""
        alike = (
            self.colour == other.colour
            and self.thin == other.thin
            and self.y.shape == other.y.shape
        )
        return (
            alike
            and np.array_equal(self.x, other.x)
            and np.allclose(other.y, self.y, rtol=1e-4, atol=0, equal_nan=True)
        )


@dataclass(frozen=True)
class Panel:
    """Lines that share an ordinate.

    ``key``: its name in ``panels=``; ``settled``: a jump at the start may leave the range;
    ``more``: number of lines left out.
    """

    key: str
    name: str
    unit: str
    lines: list[Line]
    log: bool = False
    settled: bool = False
    more: int = 0

    def tidy(self) -> Panel:
        """The same panel with lines that coincide under one name, only the largest where they are
        many, in a fitting SI prefix, no two alike.
        """
        distinct_lines = merged(self.lines)
        large = sorted(distinct_lines, key=lambda line: -line.peak)[:MOST]
        shown = replace(self, lines=[line for line in distinct_lines if line in large])
        factor, unit = scaled(self.unit, max(map(abs, shown.extremes())))
        lines = distinct([replace(line, y=line.y * factor) for line in shown.lines])
        return replace(self, lines=lines, unit=unit, more=len(distinct_lines) - len(lines))

    def limits(self) -> tuple[float, float]:
        """Range of the ordinate, with a margin, a ratio on a logarithmic axis."""
        low, high = self.extremes()
        if self.log:
            air = max(high / low, 1.2) ** 0.06
            return low / air, high * air
        air = (
            0.06 * (high - low)
            if high - low > 1e-6 * max(abs(low), abs(high))
            else 0.05 * abs(high) or 1.0
        )
        return low - air, high + air

    def extremes(self) -> tuple[float, float]:
        """Lowest and highest, without the start where a jump there takes more than 30 % of the
        range.
        """
        whole = _range(self.lines, late=False)
        later = _range(self.lines, late=self.settled)
        return later if later[1] - later[0] < 0.7 * (whole[1] - whole[0]) else whole

    def outside(self) -> list[float]:
        """Extremes at the start that lie beyond the range: the lowest, the highest, or both."""
        low, high = self.limits()
        whole = _range(self.lines, late=False)
        return [
            end
            for end, beyond in zip(whole, (whole[0] < low, whole[1] > high), strict=True)
            if beyond
        ]

    def note(self) -> str:
        """The note on a jump that leaves the range; '' where none does."""
        ends = " to ".join(map(digits, self.outside()))
        return f"off scale at the start: {ends} {unit_text(self.unit)}".rstrip() if ends else ""

    @property
    def title(self) -> str:
        """Title of the ordinate."""
        unit = unit_text(self.unit)
        return f"{self.name}\n({unit})" if unit else self.name

    def texts(self, room: float, small: float) -> list[str]:
        """The texts beside the panel, no wider than ``room`` [pt]."""
        return [
            wrap(text, room, small)
            for text in [*(line.label for line in self.lines), *self.left_out]
        ]

    @property
    def left_out(self) -> list[str]:
        """The note on lines that are not drawn."""
        return [f"{self.more} smaller not drawn"] if self.more else []


def merged(lines: Sequence[Line]) -> list[Line]:
    """Lines that coincide under one name; those without a number are dropped."""
    kept: list[Line] = []
    for line in (line for line in lines if np.isfinite(line.y).any()):
        same = next((i for i, other in enumerate(kept) if line.same(other)), None)
        if same is None:
            kept.append(line)
        else:
            kept[same] = replace(kept[same], label=f"{kept[same].label}, {line.label}")
    return kept


def distinct(lines: Sequence[Line]) -> list[Line]:
    """Give lines different dashes unless one is much darker, so that they can be told apart in
    grey, too.
    """
    lines_drawn: list[Line] = []
    for line in lines:
        light = lightness(line.colour)
        taken_dashes = {
            other.dash for other in lines_drawn if abs(lightness(other.colour) - light) < _APART
        }
        order = [(line.dash + k) % len(DASHES) for k in range(len(DASHES))]
        lines_drawn.append(
            replace(line, dash=next((k for k in order if k not in taken_dashes), line.dash))
        )
    return lines_drawn


def _range(lines: Sequence[Line], *, late: bool) -> tuple[float, float]:
    """Lowest and highest of the lines, or of what they do after the start."""
    values = np.concatenate(
        [line.y[np.isfinite(line.y) & (line.late if late else True)] for line in lines]
    )
    return (float(values.min()), float(values.max())) if values.size else _range(lines, late=False)


def groups(peaks: Sequence[float], most: int = 3) -> list[list[int]]:
    """Group lines into panels, the largest first, so that none is flattened: as few panels as
    possible, at most ``most``, with close peaks together.

    A panel has up to eight lines, of which the largest is at most twenty times the smallest; the
    last panel has all smaller ones, too; lines below a millionth of the largest have no panel of
    their own.
    """
    order = sorted(range(len(peaks)), key=lambda i: -peaks[i])
    moving = [i for i in order if peaks[i] > _STILL * peaks[order[0]]]
    if not moving:
        return [order]
    logs = [math.log(peaks[i]) for i in moving]
    best: list[tuple[float, float, int]] = [
        (0.0, 0.0, 0)
    ]  # panels, sum of their spans, where the last of them begins
    for end in range(1, len(moving) + 1):
        fits = [
            k
            for k in range(max(0, end - MOST), end)
            if logs[k] - logs[end - 1] <= math.log(_FLAT) * (1 + 1e-9)
        ]
        best.append(min((best[k][0] + 1, best[k][1] + logs[k] - logs[end - 1], k) for k in fits))
    cuts = [best[-1][2]]
    while cuts[0]:
        cuts.insert(0, best[cuts[0]][2])
    cuts = [*cuts[:most], len(order)]
    return [sorted(order[a:b]) for a, b in itertools.pairwise(cuts)]


# --- drawing


def draw(
    axes: Axes,
    panel: Panel,
    factor: float,
    ticks: tuple[list[float], list[str]],
    tall: float,
    wide: float,
    room: float,
) -> None:
    """Lines with their names at their ends, moved apart where they would meet; the panel is
    ``tall`` by ``wide`` [pt], names are at most ``room`` wide, and times are multiplied by
    ``factor``.
    """
    import matplotlib as mpl

    thick = float(mpl.rcParams["lines.linewidth"])
    low, high = panel.limits()
    if panel.log:
        axes.set_yscale("log")
    axes.minorticks_off()
    axes.set_yticks(*ticks)
    start, end = panel.lines[0].x[0] * factor, panel.lines[0].x[-1] * factor
    axes.set(xlim=(start, end), ylim=(low, high))
    if low < 0 < high and not panel.log:
        axes.axhline(0, color="#BBBBBB", linewidth=0.5 * thick, zorder=0)
    for line in panel.lines:
        axes.plot(
            line.x * factor,
            line.y,
            color=line.colour,
            linestyle=DASHES[line.dash],
            linewidth=thick * (0.7 if line.thin else 1.0),
        )
    _label_lines(axes, panel, tall, wide, room)
    _mark_jump(axes, panel, tall)


def _label_lines(axes: Axes, panel: Panel, tall: float, wide: float, room: float) -> None:
    """Names at the ends of the lines, and what is left out below them."""
    import matplotlib as mpl
    from matplotlib.collections import LineCollection

    (em, small), thick = text_sizes(), float(mpl.rcParams["lines.linewidth"])
    low, high = panel.limits()
    scale = np.log if panel.log else np.asarray

    def place(y: float) -> float:
        return (
            min(max(float((scale(y) - scale(low)) / (scale(high) - scale(low))), 0.0), 1.0) * tall
        )

    ends = [
        (place(float(line.y[np.isfinite(line.y)][-1])), line.colour) for line in panel.lines
    ] + [(0.0, COLOURS["heat"])] * len(panel.left_out)
    texts = panel.texts(room, small)
    order = sorted(range(len(texts)), key=lambda i: (ends[i][0], texts[i], ends[i][1]))
    steps = [extent(texts[i], small).height * 1.02 for i in order]
    wanted = [ends[i][0] - step / 2 for i, step in zip(order, steps, strict=True)]
    places = spread(wanted, steps, min(-steps[0] / 2, tall - sum(steps)), tall + steps[-1] / 2)
    leaders, inks = [], []
    for i, step, low_edge in zip(order, steps, places, strict=True):
        (end, colour), middle = ends[i], (low_edge + step / 2) / tall
        axes.text(
            1 + em / wide,
            middle,
            texts[i],
            transform=axes.transAxes,
            size=small,
            color=ink(colour),
            va="center",
            linespacing=1.0,
            clip_on=False,
        )
        if abs(middle * tall - end) > 0.25 * step and i < len(panel.lines):
            leaders.append([(1.0, end / tall), (1 + 0.85 * em / wide, middle)])
            inks.append(colour)
    axes.add_collection(
        LineCollection(
            leaders, colors=inks, linewidths=0.5 * thick, transform=axes.transAxes, clip_on=False
        ),
        autolim=False,
    )


def _mark_jump(axes: Axes, panel: Panel, tall: float) -> None:
    """An arrowhead at the left edge where a jump leaves the range, and above the panel what it
    reaches.
    """
    ends = panel.outside()
    if not ends:
        return
    em, small = text_sizes()
    high = panel.limits()[1]
    for end in ends:
        up = end > high
        axes.plot(
            [0], [1.0 if up else 0.0], marker="^" if up else "v", color="#333333",
            markersize=0.5 * em, transform=axes.transAxes, clip_on=False,
            linestyle="none", zorder=5, scalex=False, scaley=False,
        )  # fmt: skip
    axes.text(
        1,
        1 + 0.25 * em / tall,
        panel.note(),
        transform=axes.transAxes,
        size=small,
        color="#444444",
        ha="right",
        va="bottom",
        clip_on=False,
    )


def ticks(
    low: float, high: float, most: int, *, log: bool = False
) -> tuple[list[float], list[str]]:
    """Places and texts of the ticks between ``low`` and ``high``, at most about ``most`` of
    them.
    """
    from matplotlib.ticker import MaxNLocator

    if log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        powers = [10.0**p for p in decades if low <= 10.0**p <= high]
        fine = [m * 10.0**p for p in decades for m in (1, 2, 5) if low <= m * 10.0**p <= high]
        at = powers[:: -(-len(powers) // (most + 1))] if len(powers) >= 2 else fine
        readable = all(1e-3 <= x < 1e5 for x in at)
        return at, [f"{x:g}" if readable else _power_of_ten(x) for x in at]
    inside = [
        float(tick) for tick in MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ]
    slack = 1e-9 * (high - low)
    at = [
        tick if abs(tick) > slack else 0.0 for tick in inside if low - slack <= tick <= high + slack
    ]
    if at and not 1e-3 <= max(map(abs, at)) < 1e5:
        return at, [digits(tick) for tick in at]
    decimals = max(
        (len(f"{tick:.10g}".partition(".")[2]) for tick in at if "e" not in f"{tick:.10g}"),
        default=0,
    )
    return at, [typeset(f"{tick:.{decimals}f}") for tick in at]


def _power_of_ten(x: float) -> str:
    """A round number as a power of ten: 10⁻⁴, 2×10⁻⁴."""
    return typeset(f"{x:.0e}", "×").removeprefix("1×")
