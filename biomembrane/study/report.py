"""Results of studies as a table of text and as one HTML page with its figures."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..numerals import counted

Result = dict[str, Any]
ROUNDING = 2.0**-52  # a smaller share of the energy that passed is zero in double precision
_HEAD = ("number", "computed", "wanted", "deviation", "")
_WIDE = 130.0  # mm: a wider figure takes the whole width of the page


def books(result: Result) -> str:
    """The residual of the energy balance and the verdict of the audit, in a few words."""
    verdicts = sorted({j["verdict"] for j in result["audits"]})
    hosted = sorted({name for j in result["audits"] for name in j["hosted"]})
    verdict_text = (", ".join(verdicts) or "none") + (f" ({', '.join(hosted)})" if hosted else "")
    residual = result["residual_relative"]
    if not result["runs"]:
        balance = "no run"
    elif residual is None:
        balance = "not known"
    else:
        balance = f"closed to {residual:.0e}" if residual > ROUNDING else "closed to rounding"
    return f"books: {balance}; audit: {verdict_text}"


def table(results: Sequence[Result]) -> str:
    """One table of all numbers: computed, wanted, deviation; with the energy balance and the audit
    of each model.
    """
    body = [_rows(r) for r in results]
    widths = [
        max(len(row[k]) for row in (_HEAD, *(row for rows in body for row in rows)))
        for k in range(5)
    ]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.rjust(w) if 1 <= k <= 3 else cell.ljust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        return ("  " + "  ".join(cells)).rstrip()

    lines = [line(_HEAD)]
    for result, rows in zip(results, body, strict=True):
        head = (
            f"{result['model']}: {'MISSED' if result['misses'] else 'right'}; {books(result)};"
            f" {result['seconds']:.1f} s"
        )
        lines += [
            "",
            head,
            *([f"  {result['question']}"] if result["question"] else []),
            *map(line, rows),
        ]
        for miss in result["misses"]:
            lines += [
                f"  ✗ {miss}",
                *(f"      {part:<7} {words}" for part, words in _parts(result, miss)),
            ]
    return "\n".join(lines)


def _parts(result: Result, miss: str) -> list[tuple[str, str]]:
    """``where``, ``wanted`` and ``try`` of the error behind a miss: its line says the rest."""
    fields: dict[str, str] = next((e for e in result["errors"] if e["said"] == miss), {})
    return [
        (part, " ".join(fields[part].split()))
        for part in ("where", "wanted", "try")
        if fields.get(part)
    ]


def _rows(result: Result) -> list[tuple[str, str, str, str, str]]:
    return [
        (a["about"], t["computed"], t["wanted"], t["deviation"], "" if a["right"] else "✗")
        for a in result["answers"]
        for t in (a["text"],)
    ]  # fmt: skip


def verdict(results: Sequence[Result], seconds: float) -> str:
    """The last line: how many numbers are right, and which models missed."""
    numbers = [a for r in results for a in r["answers"] if a["wanted"] is not None]
    right, missed = sum(a["right"] for a in numbers), [r["model"] for r in results if r["misses"]]
    summary = "every model holds" if not missed else f"missed: {', '.join(missed)}"
    runs = sum(len(r["runs"]) for r in results)
    return (
        f"{right} of {counted(len(numbers), 'number')} right, {counted(runs, 'run')},"
        f" {counted(len(results), 'model')} in {seconds:.0f} s; {summary}"
    )


def page(results: Sequence[Result], seconds: float) -> str:
    """One HTML page with the table and the figures in it; it loads nothing."""
    parts = [
        f"<h1>biomembrane reproduce</h1><p class=sum>{escape(verdict(results, seconds))}</p>",
        _contents(results),
    ]
    parts += [_section(r, k) for k, r in enumerate(results, 1)]
    body = "\n".join(parts)
    title = "biomembrane reproduce"
    meta = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    )
    head = f"<head>{meta}<title>{title}</title><style>{_STYLE}</style></head>"
    return f'<!doctype html>\n<html lang="en">{head}\n<body><main>\n{body}\n</main></body></html>\n'


def _contents(results: Sequence[Result]) -> str:
    rows = "".join(
        "<tr><td><a"
        f' href="#study-{k}">{escape(r["model"])}</a></td><td>{escape(r["question"])}</td>'
        f"<td class={'miss' if r['misses'] else 'right'}>"
        f"{'missed' if r['misses'] else 'right'}</td></tr>"
        for k, r in enumerate(results, 1)
    )
    return (
        "<div class=wide><table><thead>"
        "<tr><th>model</th><th>question</th><th>found</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _section(result: Result, k: int) -> str:
    rows = "".join(_row(a, a["text"]) for a in result["answers"])
    head = "".join(
        f"<th class={'n' if 1 <= k <= 3 else 't'}>{name}</th>"
        for k, name in enumerate((*_HEAD[:-1], "right", "source"))
    )
    misses = "".join(
        f"<li>{escape(m)}{_parts_list(_parts(result, m))}</li>" for m in result["misses"]
    )
    hosted = {name: reason for j in result["audits"] for name, reason in j["hosted"].items()}
    excused = "".join(
        f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in hosted.items()
    )
    figures = "".join(_figure(Path(f)) for f in result["figures"])
    return (
        f'<section id="study-{k}"><h2>{escape(result["model"])}</h2><p'
        f" class=question>{escape(result['question'])}</p>"
        f"<p class=sum>{escape(books(result))}; {result['seconds']:.1f} s</p>"
        + (f"<ul class=miss>{misses}</ul>" if misses else "")
        + (f"<p>Taken as published, not proved:</p><ul>{excused}</ul>" if excused else "")
        + (
            "<div"
            f" class=wide><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
            if rows
            else ""
        )
        + (f"<div class=figures>{figures}</div>" if figures else "")
        + "</section>"
    )


def _parts_list(parts: Sequence[tuple[str, str]]) -> str:
    """The parts of an error as an HTML list."""
    rows = "".join(f"<dt>{escape(part)}</dt><dd>{escape(words)}</dd>" for part, words in parts)
    return f"<dl>{rows}</dl>" if rows else ""


def _row(a: Result, text: dict[str, str]) -> str:
    mark = "✗" if not a["right"] else "✓" if a["wanted"] is not None else ""
    cells = "".join(
        f"<td class=n>{escape(text[k])}</td>" for k in ("computed", "wanted", "deviation")
    )
    verdict = f"<td class={'right' if a['right'] else 'miss'}>{mark}</td>"
    return (
        f"<tr><td>{escape(a['about'])}</td>{cells}{verdict}<td"
        f" class=source>{escape(a['source'])}</td></tr>"
    )


def _figure(path: Path) -> str:
    """A figure as data inside the page: an image keeps the names of its parts to itself."""
    try:
        content = path.read_bytes()
    except OSError:
        return f"<p class=miss>{escape(path.name)} is gone</p>"
    data = base64.b64encode(content).decode("ascii")
    size = re.search(rb'<svg[^>]*? width="([0-9.]+)pt"', content[:4000])
    wide = " class=whole" if size and float(size[1]) / 72 * 25.4 > _WIDE else ""
    return f'<img{wide} alt="{escape(path.stem)}" src="data:image/svg+xml;base64,{data}">'


_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#fff;color:#222}
main{max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.6rem;margin:.5rem 0}
h2{font-size:1.25rem;margin:2.5rem 0 .25rem;border-top:1px solid #8886;padding-top:1rem}
.question{font-size:1.05rem;margin:.25rem 0}.sum{color:#666;margin:.25rem 0 1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;width:100%}
th,td{text-align:left;padding:.25rem .9rem .25rem 0;vertical-align:top}
thead th{border-bottom:1px solid #8889}tbody tr{border-bottom:1px solid #8883}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.source{color:#666;min-width:14rem}section td:first-child{min-width:11rem}
.right{color:#007a52}.miss{color:#b3261e;font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 .8rem;
 margin:.2rem 0 .4rem;font-weight:400}
dt{opacity:.75}dd{margin:0;overflow-wrap:anywhere}
a{color:#0072b2}
.figures{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start;margin-top:1rem}
.figures img{background:#fff;width:min(100%,34rem);height:auto;padding:.4rem;box-sizing:border-box}
.figures img.whole{width:100%}
@media(prefers-color-scheme:dark){body{background:#16181b;color:#ddd}.sum,.source{color:#aaa}a{color:#56b4e9}.right{color:#4cc29a}.miss{color:#ff8a80}}
"""
