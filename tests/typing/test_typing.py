"""A user's program type-checks, and calls that are wrong do not: the files are read by mypy, and
never run.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WRONG = HERE / "wrong_calls.py"
CODE = re.compile(r"# type: ignore\[([a-z-]+)\]")


def checked(*files: Path) -> str:
    """What mypy says of files, by the settings and with the cache of the repository."""
    api = pytest.importorskip("mypy.api")
    before = Path.cwd()
    os.chdir(ROOT)  # where .ci/run has left its cache
    try:
        told, failed, _ = api.run([*map(str, files)])
    finally:
        os.chdir(before)
    assert not failed
    return str(told)


def test_programs_pass_and_every_wrong_call_is_refused(tmp_path: Path) -> None:
    """What the comments of the wrong calls say is what mypy says without them; a comment without a
    mistake is an error, too.
    """
    bare, readme = tmp_path / "bare_calls.py", tmp_path / "readme_program.py"
    bare.write_text(re.sub(r"  # type: ignore\[.*", "", WRONG.read_text("utf-8")), "utf-8")
    readme.write_text(
        "\n".join(
            re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
        ),
        "utf-8",
    )
    told = checked(HERE / "program.py", WRONG, bare, readme)
    found = {
        int(n): code
        for n, code in re.findall(
            r"bare_calls\.py:(\d+): error: .*\[([a-z-]+)\]$", told, re.MULTILINE
        )
    }
    wanted = {
        n: code
        for n, line in enumerate(WRONG.read_text("utf-8").splitlines(), 1)
        for code in CODE.findall(line)
    }
    assert found == wanted, told
    assert len(wanted) > 50
    plain = re.compile(
        r"bare_calls|readme_program.*\[no-untyped-(def|call)\]"
    )  # the README leaves its own functions without types
    others = [line for line in told.splitlines() if "error:" in line and not plain.search(line)]
    assert not others, "\n".join(others)
