"""Figures of runs and scans at the exact width of a journal column.

They return a :class:`matplotlib.figure.Figure` or its Axes, and keep their style when they are
written, as in ``energy_flow(run).savefig("energy.pdf")``, or draw into Axes that are given.
Nothing here touches pyplot or the global rcParams.
"""

from __future__ import annotations

from importlib import import_module

from . import style as look
from .branch_figure import branch
from .costs import costs
from .coupling_figures import coupling, repair
from .energy_flow_diagram import energy_flow
from .figure_axes import panels
from .force_diagram import forces
from .parameter_map import map  # noqa: A004  figures.map
from .response import response
from .run_comparison import compare
from .style import save, style
from .time_courses import traces

__all__ = [
    "branch",
    "compare",
    "costs",
    "coupling",
    "energy_flow",
    "forces",
    "map",
    "panels",
    "repair",
    "response",
    "save",
    "style",
    "traces",
]


def __dir__() -> list[str]:
    return __all__


def load() -> None:
    """Import the drawing tools now, so that the first figure need not wait for them."""
    for tool in ("matplotlib.figure", "matplotlib.backends.backend_pdf", "fontTools.subset"):
        import_module(tool)
    look.rc_settings("cell")
