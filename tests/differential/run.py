"""Random systems by the package and by an independent builder; every number compared.

``python tests/differential/run.py --architectures 500 --seed 0`` prints what was compared and everything that is off.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from differential.compare import compare  # noqa: E402
from differential.description import random_system  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architectures", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the first; each counts one on")
    options = parser.parse_args()
    began, count, worst, off = time.perf_counter(), Counter[str](), dict[str, float](), 0
    for done, seed in enumerate(range(options.seed, options.seed + options.architectures)):
        if done % 5 == 0:
            sys.stderr.write(f"\r{done} of {options.architectures}, {time.perf_counter() - began:.0f} s")
        try:
            verdict = compare(seed, random_system(seed))
        except Exception as problem:  # noqa: BLE001
            sys.stdout.write(f"seed {seed}: {type(problem).__name__}: {problem}\n")
            off += 1
            continue
        count.update(verdict.count)
        worst = {kind: max(x, worst.get(kind, 0.0)) for kind, x in verdict.worst.items()} | {k: x for k, x in worst.items() if k not in verdict.worst}
        off += bool(verdict.off)
        for line in verdict.off:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    for kind, n in count.items():
        sys.stdout.write(f"{kind:<14}{n:>9}   worst {worst[kind]:.3g} of its tolerance\n")
    took = time.perf_counter() - began
    sys.stdout.write(f"{options.architectures} architectures, {sum(count.values())} numbers, {off} architectures with something off, {took:.0f} s\n")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
