"""The tables of a run, as text that is Markdown too."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .records import Record
from .suite import OURS, Suite


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of equal width; the first to the left, the others to the right."""
    cells = [list(header), *map(list, rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]

    def line(row: Sequence[str]) -> str:
        return (
            "| "
            + " | ".join(
                c.ljust(n) if k == 0 else c.rjust(n)
                for k, (c, n) in enumerate(zip(row, widths, strict=True))
            )
            + " |"
        )

    rule = (
        "|"
        + "|".join("-" * (n + 2) if k == 0 else "-" * (n + 1) + ":" for k, n in enumerate(widths))
        + "|"
    )
    return "\n".join([line(header), rule, *map(line, cells[1:])])


def number(value: float | None, unit: str = "") -> str:
    """Three figures, in a handy unit; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if unit == "s":
        factor, unit = next(
            ((f, u) for f, u in ((1, "s"), (1e3, "ms"), (1e6, "µs")) if abs(value) * f >= 1),
            (1e9, "ns"),
        )
        value *= factor
    elif unit == "B":
        value, unit = value / 1e6, "MB"
    text = (
        f"{value:.0f}"
        if abs(value) >= 1000
        else (
            f"{value:#.3g}".rstrip(".")
            if value and abs(value) >= 1e-3
            else f"{value:.1e}"
            if value
            else "0"
        )
    )
    return f"{text} {unit}".rstrip()


def _named(suite: Suite, peer: str) -> str:
    base, _, more = peer.partition(",")
    return suite.titles.get(base, base) + (f",{more}" if more else "")


def targets(suite: Suite) -> str:
    """What must be, what is hoped for, what is."""
    rows = []
    for v in suite.verdicts():
        sign = "≥" if v.target.least else "≤"
        limits = [f"{sign} {x:g}" for x in (v.target.must, v.target.aim)]
        rows.append(
            (
                f"{v.target.what} [{v.target.unit or '1'}]",
                *limits,
                number(v.measured),
                v.met,
                v.note,
            )
        )
    return table(("target", "must", "aim", "measured", "met", "note"), rows)


def _by_peer(
    suite: Suite, name: str, metrics: Sequence[str]
) -> tuple[list[str], dict[tuple[str, str], Record]]:
    found = {(r.peer, r.metric): r for r in suite.records if r.name == name}
    seen = list(dict.fromkeys(p for p, m in found if m in metrics))
    return seen, found


def single(suite: Suite) -> str:
    """Time and error by tolerance, then time at equal error."""
    rtols = list(
        dict.fromkeys(r.metric for r in suite.records if r.name == "single" and "rtol" in r.metric)
    )
    equal = next(
        (
            r.metric
            for r in suite.records
            if r.name == "single" and r.metric.startswith("time at error")
        ),
        "",
    )
    peers, found = _by_peer(suite, "single", rtols)
    rows = []
    for peer in peers:
        cells = []
        for metric in rtols:
            r = found.get((peer, metric))
            cells.append(
                "–"
                if r is None
                else "failed"
                if r.value is None
                else f"{number(r.value, 's')} ({number(r.error)})"
            )
        r = found.get((peer, equal))
        rows.append(
            (
                _named(suite, peer),
                *cells,
                number(r.value if r else None, "s"),
                number(r.ratio if r else None),
            )
        )
    return table(
        (
            "single run, time (error)",
            *(m.removeprefix("time at ") for m in rtols),
            equal.removeprefix("time "),
            "ratio",
        ),
        rows,
    )


def ensembles(suite: Suite) -> str:
    """Sets a second."""
    metrics = list(
        dict.fromkeys(
            r.metric
            for r in suite.records
            if r.name == "ensemble" and r.metric.startswith("sets per second")
        )
    )
    peers, found = _by_peer(suite, "ensemble", metrics)
    rows = []
    for peer in peers:
        last = found.get((peer, metrics[-1]))
        cells = [number(found[peer, m].value) if (peer, m) in found else "–" for m in metrics]
        memory = found.get((peer, metrics[-1].replace("sets per second", "peak memory")))
        equal = next(
            (r for (p, m), r in found.items() if p == peer and m.startswith("ours at equal error")),
            None,
        )
        facts = (
            number(last.ratio if last else None),
            number(last.error if last else None),
            number(equal.ratio if equal else None),
        )
        rows.append(
            (
                _named(suite, peer),
                *cells,
                *facts,
                number(memory.value if memory else None, "B"),
                last.note if last else "",
            )
        )
    heads = [m.replace("sets per second", "sets/s") for m in metrics]
    return table(
        (
            "ensemble, full output",
            *heads,
            "ratio",
            "error",
            "ratio at equal error",
            "peak memory",
            "of",
        ),
        rows,
    )


def cold(suite: Suite) -> str:
    """New processes."""
    rows = [
        (_named(suite, r.peer), number(r.value, "s"), number(r.ratio))
        for r in suite.records
        if r.name == "cold"
    ]
    return table(("cold start", "wall", "ratio"), rows)


def scaling(suite: Suite) -> str:
    """What only biomembrane is measured in."""
    kinds = ("same", "final", "failures", "lanes", "tube")
    rows = [
        (f"{r.name}: {r.metric}", number(r.value, r.unit), r.note)
        for r in suite.records
        if r.name in kinds and r.peer == OURS
    ]
    return table(("biomembrane alone", "value", "note"), rows)


def whole(suite: Suite, facts: dict[str, str]) -> str:
    """All of it."""
    versions = ", ".join(f"{k} {v}" for k, v in suite.versions.items())
    parts = ["; ".join(f"{k} {v}" for k, v in facts.items()), f"peers: {versions}"]
    parts += [f"skipped: {p}, {reason}" for p, reason in suite.skipped.items()]
    return "\n\n".join(
        [*parts, single(suite), ensembles(suite), cold(suite), scaling(suite), targets(suite)]
    )
