"""``python tests/fuzz/run.py --inputs 100000 --seed 1``: inputs in processes of their own, one
watch over each; prints counts and what is wrong.

An input is known by its seed: ``--again 1:4711`` shows one.  A process that hangs in C is ended
after a minute, and its input is told.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import faulthandler
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BATCH, WATCH = 1000, 60


def work(seed: int, first: int, count: int, only: str, journal: Path) -> None:
    """Some inputs in this process: a line of JSON for each kind of end, and for each fault."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from fuzz import rounds

    counts: collections.Counter[str] = collections.Counter()
    out = sys.stdout
    with journal.open("w") as line:
        for k in range(first, first + count):
            line.seek(0)
            line.write(f"{k:12d}")
            line.flush()
            faulthandler.dump_traceback_later(WATCH, exit=True)
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                name, end, fault = rounds.one(f"{seed}:{k}", only)
            counts[f"{end}|{name}"] += 1
            if fault is not None:
                print(
                    json.dumps({"fault": str(fault), "key": f"{fault.kind}|{_first(fault.what)}"}),
                    file=out,
                    flush=True,
                )
    faulthandler.cancel_dump_traceback_later()
    print(json.dumps({"counts": counts}), file=out, flush=True)


def _first(what: str) -> str:
    """What faults of one kind have in common: the place of an error, or the line of code that
    failed.
    """
    lines = what.splitlines() or [""]
    return lines[1 if len(lines) > 1 else 0].split(": ")[0].strip()[:60]


def main() -> int:
    """Batches one after the other; status 1 where something is wrong."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("--inputs", type=int, default=1000)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--first", type=int, default=0)
    made.add_argument("--batch", type=int, default=BATCH, help="inputs a process")
    made.add_argument("--call", default="", help="one call only")
    made.add_argument("--again", default="", help="one input, by its seed")
    made.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = made.parse_args()
    if given.again:
        sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
        from fuzz import rounds

        print(*rounds.one(given.again, given.call), sep="\n")
        return 0
    if given.work:
        work(given.seed, given.first, given.inputs, given.call, given.work)
        return 0
    ends: collections.Counter[str] = collections.Counter()
    faults: dict[str, list[str]] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        journal, at = Path(place) / "at", given.first
        last = given.first + given.inputs
        while at < last:
            count = min(given.batch, last - at)
            words = [
                "--work",
                str(journal),
                "--seed",
                str(given.seed),
                "--first",
                str(at),
                "--inputs",
                str(count),
                "--call",
                given.call,
            ]
            done = subprocess.run(
                [sys.executable, __file__, *words], capture_output=True, text=True, check=False
            )
            for line in done.stdout.splitlines():
                told = json.loads(line)
                ends.update(told.get("counts", {}))
                if "fault" in told:
                    if told["key"] not in faults:
                        print(told["fault"], file=sys.stderr)
                    faults.setdefault(told["key"], []).append(told["fault"])
            if done.returncode:
                k = int(journal.read_text() or at) if journal.exists() else at
                faults.setdefault(f"process ended at {k}", []).append(
                    f"process ended, seed {given.seed}:{k}\n{done.stderr[-3000:]}"
                )
                at = k + 1
            else:
                at += count
            print(
                f"{at - given.first} inputs, {sum(map(len, faults.values()))} faults of"
                f" {len(faults)} kinds, {time.monotonic() - began:.0f} s",
                file=sys.stderr,
            )
    for key, told in sorted(faults.items(), key=lambda pair: -len(pair[1])):
        print(f"\n{len(told)} × {key}\n  {told[0]}")
    total = collections.Counter()
    for key, count in ends.items():
        total[key.partition("|")[0]] += count
    print(
        f"\n{sum(total.values())} inputs: {dict(total)}; {sum(map(len, faults.values()))} faults of"
        f" {len(faults)} kinds"
    )
    calls = {key.partition("|")[2] for key in ends}
    print(
        f"{len(calls)} calls; accepted of each: "
        + ", ".join(
            f"{c} {ends[f'accepted|{c}']}/{sum(ends[f'{e}|{c}'] for e in total)}"
            for c in sorted(calls)
        )
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
