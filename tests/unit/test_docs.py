"""Every Python block of the README and of docs/ runs, top to bottom, one namespace a file."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")))}


@pytest.mark.parametrize("name", [name for name, text in FILES.items() if BLOCK.search(text)])
def test_python_blocks_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block in BLOCK.finditer(FILES[name]):
        above = FILES[name].count("\n", 0, block.start(1))  # so that tracebacks point into the file
        exec(compile("\n" * above + block[1], str(ROOT / name), "exec"), namespace)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
