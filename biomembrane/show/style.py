"""Journal styles: widths, fonts and rcParams, figures that keep their style, and writing them.

Styles are files in ``styles/``, laid over ``base`` inside a context: the global rcParams are never
touched.  Matplotlib is imported inside the functions, so that ``--help`` need not wait for it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .. import errors, units, user_text
from ..dimension import LENGTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..quantity_types import PathLike
    from .figure_types import LengthLike

STYLES = ("base", "cell", "plos", "nature", "slides")
WIDTHS: dict[str, dict[str, float]] = {  # mm, as the journals print
    "base": {"single": 85, "middle": 114, "double": 174},
    "cell": {"single": 85, "middle": 114, "double": 174},
    "plos": {"single": 132, "middle": 160, "double": 190.5},
    "nature": {"single": 89, "middle": 120, "double": 183},
    "slides": {"single": 150, "middle": 225, "double": 305},
}
_MM = 25.4
_SIZES = (20, 2000)  # mm
_in_force: ContextVar[str] = ContextVar("_in_force", default="cell")


@contextmanager
def style(name: str | None = None) -> Iterator[None]:
    """Draw in the style of a journal: ``with style("plos"): ...``; the former settings are restored
    afterwards.

    Inside, it is the style in force: figures that are given no ``style=`` have its widths and
    fonts.

    Args:
        name: ``base``, ``cell`` (Biophysical Journal), ``plos``, ``nature`` or ``slides``; default
            the style in force, ``cell`` where there is none.

    Raises:
        UnknownName: no such style.
    """
    import matplotlib as mpl

    name = _in_force.get() if name is None else name
    errors.among(name, STYLES, "style(…)", "a style")
    chosen = rc_settings(name)
    with mpl.rc_context():
        mpl.rcParams.update(cast("Any", chosen))
        before = _in_force.set(name)
        try:
            yield
        finally:
            _in_force.reset(before)


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


def width_inches(width: LengthLike) -> float:
    """Width of a figure [in]: ``single``, ``middle`` or ``double`` column of the journal in
    whose style we are, or a length.
    """
    widths = WIDTHS[_in_force.get()]
    if not isinstance(width, str) or (width not in widths and user_text.leading(width)):
        return millimetres(width, "width", "width=85, or width='single'")
    if width not in widths:
        wanted = ", ".join(f"{key} ({mm:g} mm)" for key, mm in widths.items()) + " or a length"
        raise errors.UnknownName(
            where="width", wanted=wanted, got=width, advice=errors.nearest(width, widths)
        )
    return widths[width] / _MM


def millimetres(length: Any, where: str, advice: str) -> float:
    """A length, in inches; a bare number is of mm."""
    if isinstance(length, str) or units.is_quantity(length):
        given = units.strip(length, LENGTH, where, advice=advice) * units.from_internal("mm")
    else:
        given = user_text.numbers(length)
    if not isinstance(given, float) or not _SIZES[0] <= round(given, 9) <= _SIZES[1]:
        raise errors.OutOfDomain(
            where=where,
            wanted="a length from {} to {} mm".format(*_SIZES),
            got=errors.shown(length),
            advice=advice,
        )
    return given / _MM


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


def new_figure(width: float, height: float, heading: str = "") -> Figure:
    """An empty figure of ``width`` by ``height`` [in], which keeps the style in force.

    ``heading`` goes into the metadata.
    """
    figure = _figure_class()(figsize=(width, height))
    figure.style_name, figure.heading = _in_force.get(), heading  # type: ignore[attr-defined]
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
