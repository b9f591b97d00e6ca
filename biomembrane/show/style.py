"""How figures look: journal styles, one fixed colour per ion, and the numbers and labels in print.

Styles are files in ``styles/``, laid over ``base`` inside a context: the global rcParams are never
touched.  Matplotlib is imported inside the functions, so that ``--help`` need not wait for it.
"""

from __future__ import annotations

import functools
import math
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from .. import errors, user_text
from ..numerals import raised, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..quantity_types import PathLike

STYLES = ("base", "cell", "plos", "nature", "slides")
WIDTHS: dict[str, dict[str, float]] = {  # mm, as the journals print
    "base": {"single": 85, "middle": 114, "double": 174},
    "cell": {"single": 85, "middle": 114, "double": 174},
    "plos": {"single": 132, "middle": 160, "double": 190.5},
    "nature": {"single": 89, "middle": 120, "double": 183},
    "slides": {"single": 150, "middle": 225, "double": 305},
}
# Okabe and Ito for the ions; the others lie at least 20 CIE units away, for normal sight and for
# deuteranopia.
COLOURS: dict[str, str] = {
    "Na": "#0072B2", "K": "#D55E00", "Cl": "#009E73", "Ca": "#CC79A7", "H": "#E69F00",
    "glucose": "#882255", "ATP": "#7A6000", "charge": "#222222", "heat": "#8A8078",
}  # fmt: skip
OTHERS = ("#56B4E9", "#332288", "#117733", "#999933", "#AA4499")
DASHES: tuple[Any, ...] = (
    "-", (0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.2, 1, 1.2)), (0, (10, 2)), (0, (2, 2)),
    (0, (5, 1.2, 1, 1.2, 1, 1.2)), (0, (1, 3)),
    (0, (10, 1.5, 3, 1.5)),
)  # fmt: skip
IONS = {
    "Na": "Na⁺", "K": "K⁺", "Cl": "Cl⁻", "Ca": "Ca²⁺", "H": "H⁺", "Mg": "Mg²⁺", "Li": "Li⁺",
    "Rb": "Rb⁺", "Cs": "Cs⁺",
    "HCO3": "HCO₃⁻", "NH4": "NH₄⁺", "OH": "OH⁻", "Br": "Br⁻", "I": "I⁻", "F": "F⁻", "NO3": "NO₃⁻",
    "Zn": "Zn²⁺", "Ba": "Ba²⁺",
}  # fmt: skip
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_PREFIXES = ("a", "f", "p", "n", "µ", "m", "", "k", "M", "G")
_MM = 25.4


@contextmanager
def style(name: str = "cell") -> Iterator[None]:
    """Draw as a journal wants it: ``with style("plos"): ...``; what was set before comes back
    afterwards.

    Args:
        name: ``base``, ``cell`` (Biophysical Journal), ``plos``, ``nature`` or ``slides``.

    Raises:
        UnknownName: no such style.
    """
    import matplotlib as mpl

    errors.among(name, STYLES, "style(…)", "a style")
    chosen = rc_settings(name)
    with mpl.rc_context():
        mpl.rcParams.update(cast("Any", chosen))
        yield


@functools.cache
def rc_settings(name: str) -> dict[str, Any]:
    """The rcParams of a style [pt, in], with those fonts of its list that this machine has.

    Naming only fonts that are there keeps matplotlib from a warning per missing one, and naming
    them outright rather than as 'sans-serif' makes a text keep its font outside the context, too.
    """
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    if name not in STYLES:
        raise errors.UnknownName(
            where="style(name)",
            wanted=" | ".join(STYLES),
            got=name,
            advice=errors.nearest(name, STYLES),
        )
    settings: dict[str, Any] = {}
    for layer in dict.fromkeys(("base", name)):
        path = Path(__file__).with_name("styles") / f"{layer}.mplstyle"
        settings |= dict(
            cast("dict[str, Any]", mpl.rc_params_from_file(path, use_default_template=False))
        )
    installed = {font.name for font in fontManager.ttflist}
    settings["font.family"] = [family for family in settings["font.family"] if family in installed]
    return settings


def width_inches(width: str | float, name: str = "cell") -> float:
    """Width of a figure [in]: ``single``, ``middle`` or ``double`` column of the journal, or a
    number of mm.
    """
    if not isinstance(width, str):
        return millimetres(width, "width", "width=85, or width='single'")
    known = WIDTHS.get(name, WIDTHS["base"])
    if width not in known:
        wanted = ", ".join(f"{key} ({mm:g} mm)" for key, mm in known.items()) + " or a number of mm"
        raise errors.UnknownName(
            where="width", wanted=wanted, got=width, advice=errors.nearest(width, known)
        )
    return known[width] / _MM


def millimetres(length: Any, where: str, advice: str) -> float:
    """A length that was given in mm [in]."""
    mm = user_text.numbers(length)
    if not isinstance(mm, float) or not 20 <= mm <= 2000:
        raise errors.OutOfDomain(
            where=where,
            wanted="a number of mm from 20 to 2000",
            got=errors.shown(length),
            advice=advice,
        )
    return mm / _MM


@functools.cache
def _figure_class() -> type[Figure]:
    """A Figure that goes back into its style whenever it is written, and leaves no dates in the
    file.
    """
    from matplotlib.figure import Figure

    class StyledFigure(Figure):
        style_name = "base"
        heading = ""

        def savefig(self, fname: Any, **options: Any) -> None:
            suffix = str(options.get("format") or Path(str(fname)).suffix.removeprefix(".")).lower()
            if suffix in _DATELESS:
                about = {"Title": self.heading} if self.heading else {}
                options["metadata"] = _DATELESS[suffix] | about | (options.get("metadata") or {})
            with style(self.style_name):
                super().savefig(fname, **options)

        def _repr_png_(self) -> bytes:
            from io import BytesIO

            buffer = BytesIO()
            self.savefig(buffer, format="png", dpi=200)
            return buffer.getvalue()

    return StyledFigure


_DATELESS: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None, "ModDate": None},
    "svg": {"Date": None},
    "png": {},
}


def new_figure(width: float, height: float, name: str, heading: str = "") -> Figure:
    """An empty figure of ``width`` by ``height`` [in]; call it inside ``style(name)``.

    ``heading`` goes into the metadata.
    """
    figure = _figure_class()(figsize=(width, height))
    figure.style_name, figure.heading = name, heading  # type: ignore[attr-defined]
    return figure


def save(fig: Figure | Axes, path: PathLike) -> Path:
    """Write ``fig``, or the figure of these axes, as PDF, SVG or PNG by the suffix of ``path`` and
    return the path.

    The same figure gives the same bytes.  Folders on the way are made.  Fonts are embedded as
    TrueType in PDF, text stays text in SVG, and no date is written.

    Args:
        fig: the figure, or axes of it.
        path: ends in ``.pdf``, ``.svg`` or ``.png``.

    Returns:
        The path.

    Raises:
        WrongType: what is no figure, or no path.
        UnknownSuffix: another suffix.
    """
    errors.expect(
        path,
        (str, os.PathLike),
        "save(fig, path)",
        "a path as text",
        "figures.save(fig, 'energy.pdf')",
    )
    figure: Any = getattr(fig, "figure", fig)
    if not callable(getattr(type(figure), "savefig", None)):
        raise errors.WrongType(
            where="save(fig, path)",
            wanted="a figure",
            got=errors.shown(fig),
            advice="figures.save(figures.traces(run), 'traces.pdf')",
        )
    target = Path(path)
    suffix = target.suffix.removeprefix(".").lower()
    if suffix not in _DATELESS:
        known = ", ".join("." + each for each in _DATELESS)
        where, got = f"save(fig, {str(target)!r})", target.suffix or "no suffix"
        raise errors.UnknownSuffix(
            where=where, wanted=known, got=got, advice="'figure.pdf'", suffix=target.suffix
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with style(getattr(figure, "style_name", "base")):
        figure.savefig(target, format=suffix, metadata=_DATELESS[suffix])
    return target


# --- names and numbers in print


def colour_of(name: str) -> str:
    """The colour of a species or of the store that is named after it: 'Na', 'cell.Na' and 'Na⁺
    gradient' are all blue.
    """
    plain = re.sub(r"[⁰¹²³⁴-⁹]*[⁺⁻]|\d*[+-](?![\w])", "", name).translate(
        _LOWERED
    )  # without the charge
    words = re.findall(r"[A-Za-z]+\d*", plain)
    known = {key.lower(): key for key in COLOURS}
    for word in reversed(words) if "." in name else words:
        if word in COLOURS or (len(word) > 2 and word.lower() in known):
            return COLOURS[known[word.lower()]]
    if "potential" in name or "electric" in name:
        return COLOURS["charge"]
    return OTHERS[zlib.crc32((words[0] if words else name).encode()) % len(OTHERS)]


def ink(colour: str, shade: float = 0.25) -> str:
    """``colour`` darkened towards black by the fraction ``shade``, for text that is read on
    white.
    """
    return "#" + "".join(
        f"{round(int(colour[i : i + 2], 16) * (1 - shade)):02X}" for i in (1, 3, 5)
    )


def pretty(species: str) -> str:
    """A species as it is printed: Na becomes Na⁺."""
    return IONS.get(species, species)


def digits(value: float) -> str:
    """``value`` to three significant digits, with a true minus sign and ×10ⁿ where it is very large
    or small.
    """
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if size == 0:
        return "0"
    if not 1e-3 <= size < 1e5:
        return typeset(f"{value:.1e}", "×")
    decimals = max(
        0, 2 - math.floor(math.log10(float(f"{size:.2e}")))
    )  # of the rounded number: 9.999 is 10.0
    return typeset(f"{value:.{decimals}f}")


def percent(share: float) -> str:
    """A share in per cent with two or three significant digits: 62 %, 7.0 %, 0.35 %."""
    return (
        f"{100 * share:.0f} %"
        if share >= 0.0995
        else f"{100 * share:.1f} %"
        if share >= 0.00995
        else f"{100 * share:.2g} %"
    )


def scaled(unit: str, peak: float) -> tuple[float, str]:
    """Factor and unit that bring ``peak`` [unit] between 1 and 1000: ('pJ', 2e4) gives (1e-3,
    'nJ').

    The unit stays where the numbers are easily read already (0.1 to 1000) or where it has no SI
    prefix to move.
    """
    match = re.match(r"(a|f|p|n|µ|u|m|k|M|G)?(J|mol|M|L|W|A)\b(.*)", unit)
    if match is None or not math.isfinite(peak) or peak == 0 or 0.1 <= abs(peak) < 1000:
        return 1.0, unit
    here = _PREFIXES.index((match[1] or "").replace("u", "µ"))
    steps = math.floor(math.log10(abs(peak)) / 3 + 1e-12)
    there = min(max(here + steps, 0), len(_PREFIXES) - 1)
    return 1000.0 ** (here - there), _PREFIXES[there] + match[2] + match[3]


def unit_text(unit: str) -> str:
    """A CF unit as it is printed: 'fmol s-1' becomes 'fmol s⁻¹', '1' becomes nothing."""
    return "" if unit == "1" else re.sub(r"(?<=[A-Za-z])-?\d+\b", lambda m: raised(m[0]), unit)


# --- text in its place


def text_sizes() -> tuple[float, float]:
    """Sizes of names and of numbers [pt] in the current style."""
    import matplotlib as mpl

    return float(mpl.rcParams["font.size"]), float(mpl.rcParams["xtick.labelsize"])


class Extent(NamedTuple):
    """Width and height of a text [pt]."""

    width: float
    height: float


NO_EXTENT = Extent(0.0, 0.0)


@functools.lru_cache(maxsize=4096)
def _advance(text: str, size: float, families: tuple[str, ...]) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(family=list(families), size=size), ismath=False
    )
    return float(width)


def extent(text: str, size: float) -> Extent:
    """What ``text`` of ``size`` [pt] takes up in the font of the current style; lines are 1.2 sizes
    apart.
    """
    import matplotlib as mpl

    families = tuple(mpl.rcParams["font.family"])
    lines = text.split("\n")
    return Extent(max(_advance(line, size, families) for line in lines), 1.2 * size * len(lines))


TIE = "\u00a0"  # a space that no line breaks


def wrap(text: str, room: float, size: float) -> str:
    """``text`` of ``size`` [pt] broken into lines of at most ``room`` [pt]: at spaces but not at
    ties, after - and /, inside words at last.
    """
    lines = [""]
    for piece in re.findall(r"[^ \n/-]*[/-]+[ \n]*|[^ \n/-]+[ \n]*", text):
        if lines[-1] and extent((lines[-1] + piece).rstrip(), size).width > room:
            lines.append("")
        lines[-1] += piece
        while extent(lines[-1].rstrip(), size).width > room and len(lines[-1].rstrip()) > 2:
            whole = lines.pop()
            fits = next(
                (
                    n
                    for n in range(len(whole.rstrip()) - 1, 1, -1)
                    if extent(whole[:n], size).width <= room
                ),
                1,
            )
            lines += [whole[:fits], whole[fits:]]
    return "\n".join(line.rstrip() for line in lines).replace(TIE, " ")


def spread(
    wanted: Sequence[float],
    sizes: Sequence[float],
    low: float,
    high: float,
    weights: Sequence[float] | None = None,
) -> list[float]:
    """Lower edges of boxes stacked in the given order, as near as can be to ``wanted`` and without
    overlap.

    ``sizes`` are the heights of the boxes with their gaps; all of it in one unit of length.  Least
    squares with the ``weights``, by pooling adjacent violators; the stack is then moved into [low,
    high], upwards first where it does not fit.
    """
    offsets = [0.0]
    for size in sizes:
        offsets.append(offsets[-1] + size)
    blocks: list[
        tuple[float, float, int]
    ] = []  # mean of (wanted − offset), weight, number of boxes
    for i, goal in enumerate(wanted):
        mean, weight, count = goal - offsets[i], 1.0 if weights is None else weights[i], 1
        while blocks and blocks[-1][0] >= mean:
            before, mass, boxes = blocks.pop()
            mean, weight, count = (
                (before * mass + mean * weight) / (mass + weight),
                mass + weight,
                count + boxes,
            )
        blocks.append((mean, weight, count))
    room = high - offsets[-1]
    starts = [max(low, min(mean, room)) for mean, _, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]
