"""Random systems by the package and by an independent builder, every number compared; and
metamorphic relations between runs.

``python tests/differential/run.py --architectures 500 --relations 100 --seed 0`` prints what was
compared and everything that is off.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from differential.compare import compare
from differential.description import random_system
from differential.relations import RELATIONS, judge


def architectures(seeds: range) -> int:
    """Compare these systems; how many have something off."""
    began, count, worst, off = time.perf_counter(), Counter[str](), dict[str, float](), 0
    for seed in seeds:
        _progress(seed - seeds.start, len(seeds), began)
        try:
            verdict = compare(seed, random_system(seed))
        except Exception as problem:  # noqa: BLE001
            sys.stdout.write(f"seed {seed}: {type(problem).__name__}: {problem}\n")
            off += 1
            continue
        count.update(verdict.count)
        for kind, x in verdict.worst.items():
            worst[kind] = max(x, worst.get(kind, 0.0))
        off += bool(verdict.off)
        sys.stdout.writelines(line + "\n" for line in verdict.off)
        sys.stdout.flush()
    for kind, n in count.items():
        sys.stdout.write(f"{kind:<14}{n:>9}   worst {worst[kind]:.3g} of its tolerance\n")
    took = time.perf_counter() - began
    sys.stdout.write(
        f"{len(seeds)} architectures, {sum(count.values())} numbers, {off} architectures with"
        f" something off, {took:.0f} s\n"
    )
    return off


def relations(seeds: range) -> int:
    """Try each metamorphic relation on these systems; how many are off."""
    began, tried, count, wrong = time.perf_counter(), Counter[str](), Counter[str](), Counter[str]()
    for seed in seeds:
        _progress(seed - seeds.start, len(seeds), began)
        for name in RELATIONS:
            try:
                n, off = judge(name, seed, random_system(seed))
            except Exception as problem:  # noqa: BLE001
                n, off = 0, [f"{name}, seed {seed}: {type(problem).__name__}: {problem}"]
            tried[name] += 1
            count[name] += n
            wrong[name] += bool(off)
            sys.stdout.writelines(line + "\n" for line in off)
        sys.stdout.flush()
    for name, n in tried.items():
        sys.stdout.write(
            f"{name:<12}{n:>6} systems {count[name]:>9} numbers {wrong[name]:>4} off\n"
        )
    return sum(wrong.values())


def _progress(done: int, of: int, began: float) -> None:
    if done % 5 == 0:
        sys.stderr.write(f"\r{done} of {of}, {time.perf_counter() - began:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architectures", type=int, default=20)
    parser.add_argument(
        "--relations",
        type=int,
        default=0,
        help="systems on which each metamorphic relation is tried",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the first; each counts one on")
    options = parser.parse_args()
    off = architectures(range(options.seed, options.seed + options.architectures))
    off += relations(range(options.seed, options.seed + options.relations))
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
