"""Measure biomembrane against its peers on this machine: ``python benchmarks/run.py``; ``--help``
tells the rest.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the suite, print its tables, write figure and records."""
    sys.path.insert(0, str(ROOT))  # so that `python benchmarks/run.py` finds this tree
    from benchmarks import figure, report
    from benchmarks.machine import machine
    from benchmarks.peers import PEERS
    from benchmarks.suite import OURS, Extent, Suite

    read = argparse.ArgumentParser(prog="python benchmarks/run.py", description=__doc__)
    read.add_argument(
        "--quick",
        action="store_true",
        help="smaller ensembles and tubes, five peers; about two minutes",
    )
    read.add_argument(
        "--json", metavar="PATH", help="write the records, or print them alone with -"
    )
    read.add_argument(
        "--out", type=Path, default=ROOT / "benchmarks" / "out", help="folder for figure and tables"
    )
    read.add_argument(
        "--readme", action="store_true", help="put tables and figure into benchmarks/README.md too"
    )
    read.add_argument(
        "--peers", nargs="+", choices=[p for p in PEERS if p != OURS], help="these only"
    )
    given = read.parse_args()
    alone = given.json == "-"
    slow = ("sundae", "scipy", "basico", "pybamm", "diffrax")
    chosen = (
        given.peers
        if given.peers is not None
        else [p for p in PEERS if p != OURS and not (given.quick and p in slow)]
    )

    facts = {"run": "quick" if given.quick else "full"} | machine()
    suite = Suite(
        Extent(given.quick, (OURS, *chosen)),
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    suite.run()
    written = report.whole(suite, facts)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "tables.md").write_text(written + "\n", encoding="utf-8")
    pictures = figure.draw(suite, facts, given.out)
    if given.readme:
        _publish(written, pictures[0])
    verdicts = [
        {
            "key": v.target.key,
            "must": v.target.must,
            "aim": v.target.aim,
            "measured": v.measured,
            "met": v.met,
            "note": v.note,
        }
        for v in suite.verdicts()
    ]
    records = {
        "machine": facts,
        "versions": suite.versions,
        "quick": given.quick,
        "records": [r.plain() for r in suite.records],
        "targets": verdicts,
    }
    text = json.dumps(records, indent=1, ensure_ascii=False)
    if given.json and not alone:
        Path(given.json).write_text(text + "\n", encoding="utf-8")
    print(text if alone else written)
    print(f"wrote {', '.join(str(p) for p in pictures)} and tables.md beside them", file=sys.stderr)
    return 0


def _publish(tables: str, picture: Path) -> None:
    """Replace what stands between the marks of the README, and the figure beside it."""
    path = ROOT / "benchmarks" / "README.md"
    before, mark, rest = path.read_text(encoding="utf-8").partition("<!-- results -->")
    _, end, after = rest.partition("<!-- end of results -->")
    path.write_text(f"{before}{mark}\n\n{tables}\n\n{end}{after}", encoding="utf-8")
    shutil.copyfile(picture, path.parent / "benchmarks.svg")


if __name__ == "__main__":
    raise SystemExit(main())
