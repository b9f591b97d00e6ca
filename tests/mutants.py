"""Random samples of the mutants of the books, the results, the second law, the laws and the kinetic
diagram, and how many the tests kill.

``python tests/mutants.py 400 --seed 1`` (needs mutmut, of which it takes the mutations).  The
mutated package lies in ``mutants/``; each mutant is run in a fork of a pytest that has imported and
collected everything, on the tests that reach its function, until one fails. Bodies of properties
are mutated too, which ``mutmut run`` leaves out.  A survivor is one that no test of its first
minute kills.
"""

import argparse
import ast
import difflib
import functools
import hashlib
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
HERE = ROOT / "mutants"
TARGETS = [f"biomembrane/{room}/**/*.py" for room in ("account", "results", "second_law")]
DECLARE = (
    "laws", "rates", "barriers", "saturable_law", "reduced_cycle", "laws_by_function", "diagram",
    "cycle_stationary_state",
)  # fmt: skip
TARGETS += [f"biomembrane/declare/{name}.py" for name in DECLARE]
COPIED = ["biomembrane", "models", "docs", "tests", "benchmarks"]
COPIED += ["README.md", "CITATION.cff", "pyproject.toml"]
WRAPPERS = {"property", "cached_property", "lru_cache", "classmethod", "staticmethod"}
ELSEWHERE = [
    "contracts/test_large",
    "contracts/test_models",
    "contracts/test_models_kernels",
    "contracts/test_models_runs",
    "physics/test_stiff",
    "physics/test_random_networks",
]  # slow, and of the solver
ROUNDS = (
    6.0,
    60.0,
)  # s of the processor for the tests of one mutant; what survives the first has a second
ACTIVE = [os.environ.get("MUTANT", "")]  # its dotted name
REACHED: set[str] = set()

# --- the mutated package


def make() -> None:
    """Write ``mutants/``; what was mutated before, is known of tests and was found stays."""
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.mutation.trampoline_templates import trampoline_imports

    old = {path: path.read_text("utf-8") for path in HERE.glob("*.jsonl")} | {
        path: path.read_text("utf-8") for path in HERE.glob("cache/**/*.py")
    }
    shutil.rmtree(HERE, ignore_errors=True)
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, HERE / name)
    for path, text in old.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for file in targets():
        code = file.read_text("utf-8")
        cached = HERE / "cache" / hashlib.sha256(code.encode()).hexdigest() / file.name
        if not cached.exists():
            cached.parent.mkdir(parents=True)
            made = mutate_file_contents(str(file), undecorated(code)).code
            cached.write_text(
                made.replace(
                    trampoline_imports, "\nfrom mutants import MutantDict, _mutmut_mutated\n"
                ),
                "utf-8",
            )
        shutil.copy(cached, file)


def targets() -> list[Path]:
    return [file for pattern in TARGETS for file in sorted(HERE.glob(pattern))]


def undecorated(code: str) -> str:
    """``@property def f`` as ``def f`` and then ``f = property(f)``: mutmut passes by what is
    decorated.
    """
    lines = code.splitlines()
    for f in [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef)]:
        if (
            len(f.decorator_list) == 1
            and re.split(r"\W", ast.unparse(f.decorator_list[0]))[0] in WRAPPERS
        ):
            lines[f.decorator_list[0].lineno - 1] = ""
            lines[f.end_lineno - 1] += (
                f"\n{' ' * f.col_offset}{f.name} = {ast.unparse(f.decorator_list[0])}({f.name})"
            )
    return "\n".join(lines) + "\n"


MutantDict = dict


def _mutmut_mutated(
    versions: dict[str, Callable[..., Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The function of the mutant that is active; under its own name, for tests look at
    tracebacks.
    """

    def wrap(f: Callable[..., Any]) -> Callable[..., Any]:
        module = f.__module__

        @functools.wraps(f)
        def chosen(*args: Any, **kwargs: Any) -> Any:
            name = next(iter(versions.values())).__name__.removesuffix("_orig")
            REACHED.add(f"{module}.{name}")
            where, _, which = ACTIVE[0].rpartition(".")
            version = (
                versions.get(which, versions["_mutmut_orig"])
                if where == module
                else versions["_mutmut_orig"]
            )
            version.__code__ = version.__code__.replace(
                co_name=f.__name__, co_qualname=f.__qualname__
            )
            return version(*args, **kwargs)

        return chosen

    return wrap


def names() -> dict[str, Path]:
    """Dotted names of all mutants made, and where they are."""
    made = {}
    for file in targets():
        module = ".".join(file.relative_to(HERE).with_suffix("").parts).removesuffix(".__init__")
        found = re.findall(r"^ *def (\w*__mutmut_\d+)\(", file.read_text("utf-8"), re.MULTILINE)
        made |= {f"{module}.{name}": file for name in found}
    return made


@functools.cache
def functions(file: Path) -> dict[str, list[str]]:
    code = file.read_text("utf-8")
    lines = code.splitlines()
    return {
        f.name: lines[f.lineno - 1 : f.end_lineno]
        for f in ast.walk(ast.parse(code))
        if isinstance(f, ast.FunctionDef)
    }


def shown(name: str, file: Path) -> str:
    """What a mutant changes."""
    which = name.rpartition(".")[2]
    first, second = functions(file)[re.sub(r"_\d+$", "_orig", which)], functions(file)[which]
    return "\n".join(
        line
        for line in list(difflib.unified_diff(first[1:], second[1:], n=0, lineterm=""))[2:]
        if not line.startswith("@@")
    )


# --- inside pytest


def pytest_runtestloop(session: Any) -> bool:
    """Each test that is new alone in a fork, to know what it reaches; then each mutant in a
    fork.
    """
    file = Path(os.environ["MUTANTS_JOB"])
    job, reached = json.loads(file.read_text("utf-8")), file.with_name("reach.jsonl")
    items = {item.nodeid: item for item in session.items}
    known = {row["test"] for row in rows(reached)}
    write(reached, _reach({name: item for name, item in items.items() if name not in known}))
    write(
        Path(job["results"]),
        _kill(items, job["mutants"], tests_by_function(rows(reached)), job["seconds"]),
    )
    return True


def write(file: Path, made: Iterator[dict[str, Any]]) -> None:
    """Rows one after another, as they come."""
    with file.open("a", encoding="utf-8") as out:
        for row in made:
            out.write(json.dumps(row) + "\n")
            out.flush()


def tests_by_function(reached: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The tests that reach a function, those first that are quick and reach little else."""
    found: dict[str, list[tuple[float, str]]] = {}
    for row in reached:
        for function in row["reached"] if row["passed"] else ():
            found.setdefault(function, []).append(
                (row["seconds"] * len(row["reached"]), row["test"])
            )
    return {function: [test for _, test in sorted(tests)] for function, tests in found.items()}


def _forked(work: Callable[[], Any], seconds: float) -> Any:
    """What the work gave in a process of its own, within so many seconds of the processor, or how
    that process ended.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            os.write(write, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return (
        json.loads(said)
        if said
        else (
            "timeout"
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF
            else "crash"
        )
    )


def _passes(item: Any, following: Any) -> bool:
    from _pytest.runner import runtestprotocol

    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def _reach(items: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, item in items.items():

        def work(item: Any = item) -> Any:
            REACHED.clear()
            start = time.process_time()
            passed = _passes(item, None)
            return {
                "passed": passed,
                "seconds": time.process_time() - start,
                "reached": sorted(REACHED),
            }

        made = _forked(work, 300)
        yield {
            "test": name,
            **(
                made if isinstance(made, dict) else {"passed": False, "seconds": 300, "reached": []}
            ),
        }


def _kill(
    items: dict[str, Any], mutants: list[str], reach: dict[str, list[str]], seconds: float
) -> Iterator[dict[str, Any]]:
    for name in mutants:
        tests = [test for test in reach.get(re.sub(r"_\d+$", "", name), []) if test in items]

        def work(name: str = name, tests: list[str] = tests) -> tuple[str | None, int]:
            ACTIVE[0] = os.environ["MUTANT"] = name
            start, chosen = time.process_time(), [items[test] for test in tests]
            for k, (item, following) in enumerate(zip(chosen, [*chosen[1:], None], strict=True)):
                if not _passes(item, following):
                    return item.nodeid, k + 1
                if time.process_time() > start + seconds:
                    return None, k + 1
            return None, len(tests)

        start = time.perf_counter()
        made = _forked(work, 3 * seconds + 20) if tests else (None, 0)
        killer, ran = (made, 0) if isinstance(made, str) else made
        yield {
            "mutant": name,
            "killer": killer,
            "tests": ran,
            "of": len(tests),
            "given": seconds,
            "took": time.perf_counter() - start,
        }


# --- outside


def pytest(mutants: list[str], results: Path, seconds: float) -> None:
    job = HERE / "job.json"
    job.write_text(
        json.dumps({"mutants": mutants, "results": str(results), "seconds": seconds}), "utf-8"
    )
    more = {
        "PYTHONPATH": f"{HERE}:{ROOT / 'tests'}",
        "HYPOTHESIS_PROFILE": "mutation",
        "MUTANTS_JOB": str(job),
        "OMP_NUM_THREADS": "1",
    }
    options = "-n 0 -q -p mutants -p no:cacheprovider -p no:faulthandler --tb=native"
    command = [sys.executable, "-m", "pytest", *options.split()]
    command += [f"--ignore=tests/{name}.py" for name in ELSEWHERE]
    subprocess.run(command, cwd=HERE, env=os.environ | more, check=True)


def rows(file: Path) -> list[dict[str, Any]]:
    return (
        [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    )


def interval(killed: int, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, p = 1.959964, killed / count
    middle, half = (
        p + z * z / (2 * count),
        z * math.sqrt(p * (1 - p) / count + (z / (2 * count)) ** 2),
    )
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def report(done: list[dict[str, Any]], files: dict[str, Path]) -> str:
    lines = [
        f"{row['mutant']}: {row['tests']} of {row['of']}"
        f" tests\n{shown(row['mutant'], files[row['mutant']])}\n"
        for row in done
        if row["killer"] is None
    ]
    count, killed = (
        Counter(files[r["mutant"]] for r in done),
        Counter(files[r["mutant"]] for r in done if r["killer"] is not None),
    )
    lines += [
        f"{f.relative_to(HERE).as_posix():<44}{killed[f]:>4} of {n}"
        for f, n in sorted(count.items())
    ]
    low, high = interval(killed.total(), count.total())
    share = killed.total() / count.total()
    lines.append(
        f"{killed.total()} of {count.total()} killed: {100 * share:.1f} % ({100 * low:.1f} to"
        f" {100 * high:.1f} %), of {len(files)} mutants"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--within",
        default="",
        help="draw from files with this in their name only, such as audit/loops.py",
    )
    parser.add_argument(
        "--quick", action="store_true", help="no second round for those that survive the first"
    )
    parser.add_argument("--only", nargs="*", help="these mutants instead of a sample")
    given = parser.parse_args()
    make()
    files = names()
    within = [name for name in sorted(files) if given.within in files[name].as_posix()]
    chosen = given.only or random.Random(given.seed).sample(within, min(given.count, len(within)))
    results = HERE / f"results-{hashlib.sha256(' '.join(chosen).encode()).hexdigest()[:16]}.jsonl"
    for seconds in ROUNDS[: 1 if given.quick else None]:
        done = {row["mutant"]: row for row in rows(results)}
        left = [
            name
            for name in chosen
            if name not in done
            or (done[name]["killer"] is None and done[name].get("given", 0) < seconds)
        ]
        if left:
            pytest(left, results, seconds)
    done = {row["mutant"]: row for row in rows(results)}
    sys.stdout.write(
        report([done[name] for name in chosen], {name: files[name] for name in {*within, *chosen}})
        + "\n"
    )


if __name__ == "__main__":
    main()
