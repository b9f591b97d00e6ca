"""Planted faults are found and named rightly; sound laws are not flagged.  ``pytest -s`` prints the confusion matrix."""

import sys
from collections import Counter
from functools import cache

import pytest
from gallery import FAULTS, SOUND

import biomembrane as bm
from biomembrane.account.audit.finding import Finding


@cache
def judged() -> list[tuple[str, str, Finding]]:
    """(name, cause due, the worst finding) of every fault."""
    made = []
    for fault in FAULTS:
        findings = bm.audit(fault.made()).findings
        worst = max(findings, key=lambda f: (not f.holds, f.verdict == "rounding", abs(f.kJ)))
        due = worst.cause if worst.cause in fault.also else fault.cause
        made.append((fault.name, due, worst))
    return made


def confusion() -> str:
    """Causes due (rows) against causes named (columns)."""
    counts = Counter((due, f.cause or f.verdict) for _, due, f in judged())
    rows, columns = sorted({a for a, _ in counts}), sorted({b for _, b in counts})
    width = max(map(len, (*rows, *columns)))
    head = " " * width + " " + " ".join(c.rjust(len(c)) for c in columns)
    body = [r.ljust(width) + " " + " ".join(str(counts[r, c] or "·").rjust(len(c)) for c in columns) for r in rows]
    missed = [f"{name}: due {due!r}, named {f.cause or f.verdict!r} ({f.text})" for name, due, f in judged() if f.cause != due]
    return "\n".join(["", head, *body, *missed])


def test_there_are_fifty_of_each() -> None:
    assert len(FAULTS) >= 50
    assert len(SOUND) >= 50
    assert len({f.name for f in FAULTS}) == len(FAULTS)
    assert len({name for name, _ in SOUND}) == len(SOUND)


def test_faults_are_found_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    """At least nine in ten named rightly, and every one found."""
    with capsys.disabled():
        sys.stdout.write(confusion() + "\n")
    found = [name for name, due, f in judged() if not f.holds or (due == "rounding" and f.verdict == "rounding")]
    named = [name for name, due, f in judged() if f.cause == due]
    assert len(found) == len(FAULTS), confusion()
    assert len(named) >= 0.9 * len(FAULTS), confusion()


@pytest.mark.parametrize("name", [name for name, _ in SOUND])
def test_sound_laws_are_not_flagged(name: str) -> None:
    made = bm.audit(dict(SOUND)[name]())
    assert all(f.verdict in ("proven", "consistent") for f in made), made
