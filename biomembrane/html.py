"""HTML for notebooks: tables and folding sections, escaped, with their own CSS classes, for light
and dark pages.

Only the standard library is needed, so that any floor may use it.  The results are :class:`Html`
and nest as they are; any other text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

# No colour is set outright: text inherits, lines and shades are a translucent grey, so that dark
# pages stay dark.
STYLE = (
    "<style>"
    ".bm-box{font-size:13px;line-height:1.45;color:inherit;background:transparent}"
    ".bm-table{border-collapse:collapse;margin:.4em 0;color:inherit;background:transparent}"
    ".bm-table caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0;"
    "color:inherit}"
    ".bm-table th,.bm-table td{padding:.15em .8em .15em 0;text-align:left;border:0;"
    "background:transparent;color:inherit}"
    ".bm-table thead th{border-bottom:1px solid rgba(128,128,128,.6);font-weight:600}"
    ".bm-table tbody tr:hover{background:rgba(128,128,128,.12)}"
    ".bm-table .bm-number{text-align:right;font-variant-numeric:tabular-nums}"
    ".bm-fold>summary{cursor:pointer;color:#0072B2}"
    ".bm-fold>.bm-body{margin-left:1.1em}"
    "@media (prefers-color-scheme:dark){.bm-fold>summary{color:#56B4E9}}"
    "[data-jp-theme-light=false] .bm-fold>summary{color:#56B4E9}"
    "</style>"
)


class Html(str):
    """Markup that is safe to put into a page as it stands."""

    __slots__ = ()

    def __html__(self) -> str:
        return self

    def _repr_html_(self) -> str:
        return self


def table(
    rows: Iterable[Sequence[object]], header: Sequence[object] = (), caption: str = ""
) -> Html:
    """A table of ``rows`` under an optional ``header`` and ``caption``; columns of numbers are
    aligned right.

    Floats have five significant digits and ``None`` is blank; units belong in the header.
    """
    body = [tuple(row) for row in rows]
    width = max((len(row) for row in (*body, tuple(header))), default=0)
    columns = [
        [row[i] for row in body if i < len(row) and row[i] is not None] for i in range(width)
    ]
    numeric = [
        bool(column)
        and all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in column)
        for column in columns
    ]

    def line(cells: Sequence[object], tag: str) -> str:
        classes = (' class="bm-number"' if numeric[i] else "" for i in range(len(cells)))
        return (
            "<tr>"
            + "".join(
                f"<{tag}{kind}>{_text(cell)}</{tag}>"
                for kind, cell in zip(classes, cells, strict=True)
            )
            + "</tr>"
        )

    parts = [
        f"<caption>{_text(caption)}</caption>" if caption else "",
        f"<thead>{line(header, 'th')}</thead>" if header else "",
    ]
    return _box(
        f'<table class="bm-table">{"".join(parts)}<tbody>'
        f"{''.join(line(row, 'td') for row in body)}</tbody></table>"
    )


def collapsible(title: str, body: str, open: bool = False) -> Html:
    """A section that folds under ``title``; ``body`` is escaped unless it is :class:`Html`."""
    state = " open" if open else ""
    return _box(
        f'<details class="bm-fold"{state}><summary>{_text(title)}</summary><div'
        f' class="bm-body">{_text(body)}</div></details>'
    )


def join(*parts: str) -> Html:
    """Parts one below the other; text that is not :class:`Html` becomes a paragraph."""
    return _box(
        "".join(part if isinstance(part, Html) else f"<div>{_text(part)}</div>" for part in parts)
    )


def _text(value: object) -> str:
    if isinstance(value, Html):
        return str(value)
    if value is None:
        return ""
    return escape(f"{value:.5g}" if isinstance(value, float) else str(value))


def _box(markup: str) -> Html:
    """``markup`` in its class, with the style sheet once, however deeply it is nested."""
    return Html(f'{STYLE}<div class="bm-box">{markup.replace(STYLE, "")}</div>')
