"""Small HTML for notebook reprs: escaped, scoped by class, at home on light and dark pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = (
    "<style>.bm-t{border-collapse:collapse;font-size:.9em;margin:.3em 0}.bm-t th,.bm-t td{padding:.15em .6em;text-align:left;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}.bm-t caption{text-align:left;font-weight:600}"
    ".bm-d>summary{cursor:pointer;font-weight:600}.bm-d{margin-left:.6em}</style>"
)


def table(rows: Iterable[Sequence[object]], header: Sequence[str], caption: str = "") -> str:
    """An HTML table; every cell is escaped."""
    head = "".join(f"<th>{escape(h)}</th>" for h in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'{STYLE}<table class="bm-t">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def collapsible(title: str, body: str, *, open: bool = False) -> str:
    """``body`` (HTML) under a summary line (text)."""
    return f'<details class="bm-d"{" open" if open else ""}><summary>{escape(title)}</summary>{body}</details>'
