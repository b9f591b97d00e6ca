"""A random sample of the mutants of ``account/`` and ``declare/laws.py``, and how many of them the tests kill.

``python tests/mutants.py 300`` in a fresh clone (an environment that has mutmut but no installed biomembrane): makes all mutants, runs the
sample, prints what survived.  All of them, about 9,600, take half a day: ``mutmut run``.
"""

import random
import re
import subprocess
import sys
from pathlib import Path


def main() -> None:
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    found = names()
    if not found:
        subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "1", "biomembrane.none*"], check=False)
        found = names()
    chosen = random.Random(seed).sample(found, min(count, len(found)))
    subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "1", *chosen], check=False)
    sys.stdout.write(f"{len(chosen)} of {len(found)} mutants; mutmut results --all true shows them\n")


def names() -> list[str]:
    """Dotted names of all mutants made."""
    made = []
    for file in sorted(Path("mutants/biomembrane").rglob("*.py")):
        module = ".".join(file.relative_to("mutants").with_suffix("").parts)
        made += [f"{module}.{name}" for name in re.findall(r"^ *def (\w*__mutmut_\d+)\(", file.read_text("utf-8"), re.MULTILINE)]
    return made


if __name__ == "__main__":
    main()
