"""What every figure must be: no text below 6 pt, none clipped, none over another; the same file
each time; nothing global changed.
"""

from __future__ import annotations

import itertools
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from biomembrane.show import figures


def check_clear(axes: Any, *, rotated: bool = True) -> None:
    """Every text is of 6 pt or more, on the page and apart from all others; without ``rotated``,
    labels along contours are left out.
    """
    figure = axes.figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [
        t
        for t in figure.findobj(Text)
        if t.get_text().strip() and t.get_visible() and (rotated or t.get_rotation() in (0, 90))
    ]
    assert min(t.get_fontsize() for t in texts) >= 6
    placed = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts]
    for text, box in placed:
        assert min(box.x0, box.y0, figure.bbox.x1 - box.x1, figure.bbox.y1 - box.y1) >= -1, text
    for (one, a), (two, b) in itertools.combinations(placed, 2):
        assert a.x1 < b.x0 + 1.5 or b.x1 < a.x0 + 1.5 or a.y1 < b.y0 + 1.5 or b.y1 < a.y0 + 1.5, (
            one,
            two,
        )


def check_file(draw: Any, folder: Any) -> None:
    """The same bytes twice, text as text, and rcParams as they were."""
    before = dict(mpl.rcParams)
    one, two = (figures.save(draw(), folder / f"{n}.svg").read_bytes() for n in range(2))
    assert one == two
    assert b"<text" in one
    assert dict(mpl.rcParams) == before
