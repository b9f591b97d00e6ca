"""Journal styles: widths, fonts and rcParams, figures that keep their style, and writing them.

Styles are files in ``styles/``, laid over ``base`` inside a context: the global rcParams are never
touched.  Matplotlib is imported inside the functions, so that ``--help`` need not wait for it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .. import errors, user_text

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
_MM = 25.4


@contextmanager
def style(name: str = "cell") -> Iterator[None]:
    """Draw in the style of a journal: ``with style("plos"): ...``; the former settings are restored
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
    """The rcParams of a style [pt, in], with those of its fonts that are installed.

    Naming only installed fonts keeps matplotlib from a warning per missing one, and naming
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
    widths = WIDTHS.get(name, WIDTHS["base"])
    if width not in widths:
        wanted = (
            ", ".join(f"{key} ({mm:g} mm)" for key, mm in widths.items()) + " or a number of mm"
        )
        raise errors.UnknownName(
            where="width", wanted=wanted, got=width, advice=errors.nearest(width, widths)
        )
    return widths[width] / _MM


def millimetres(length: Any, where: str, advice: str) -> float:
    """A length given in mm, in inches."""
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
    """A Figure that is written in its own style and without dates in the file."""
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

    The same figure gives the same bytes.  Missing folders are created.  Fonts are embedded as
    TrueType in PDF, text stays text in SVG, and no date is written.

    Args:
        fig: the figure, or axes of it.
        path: ends in ``.pdf``, ``.svg`` or ``.png``.

    Returns:
        The path.

    Raises:
        WrongType: not a figure, or no path.
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
        suffixes = ", ".join("." + each for each in _DATELESS)
        where, got = f"save(fig, {str(target)!r})", target.suffix or "no suffix"
        raise errors.UnknownSuffix(
            where=where, wanted=suffixes, got=got, advice="'figure.pdf'", suffix=target.suffix
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with style(getattr(figure, "style_name", "base")):
        figure.savefig(target, format=suffix, metadata=_DATELESS[suffix])
    return target
