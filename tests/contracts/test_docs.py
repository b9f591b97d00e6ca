"""Every Python block of the README and of docs/ runs, top to bottom, one namespace a file."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from public import reached

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")))
}


@pytest.mark.parametrize("name", [name for name, text in FILES.items() if BLOCK.search(text)])
def test_python_blocks_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in BLOCK.finditer(FILES[name]):
        above = FILES[name].count("\n", 0, block.start(1))  # so that tracebacks point into the file
        exec(compile("\n" * above + block[1], str(ROOT / name), "exec"), namespace)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def test_the_picture_of_the_floors_is_that_of_the_contract() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "draw_floors.py"), "--check"], check=False
    )
    assert done.returncode == 0
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_]*(?:\.py)?)", FILES["docs/architecture.md"])
    assert named
    assert all((ROOT / "biomembrane" / path).exists() or (ROOT / path).exists() for path in named)


def test_the_page_of_names_has_every_public_name_and_no_other() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "list_names.py"))
    assert script["page"]() == FILES["docs/names.md"], "python docs/list_names.py writes it"
    told = re.findall(r"^\| `bm\.([\w.]+)", FILES["docs/names.md"], re.MULTILINE)
    assert len(told) == len(set(told))
    assert set(told) == set(reached()) - {"__version__"}
    empty = [
        line
        for line in FILES["docs/names.md"].splitlines()
        if re.search(r"\| *\|$", line) and line != "| name | |"
    ]
    assert not empty
