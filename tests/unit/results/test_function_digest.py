"""A function is told from others by everything that it reads, the same in every process."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from biomembrane import Q, errors
from biomembrane.results.function_digest import digest

LEVEL = 1.0


def shifted(x: Any) -> Any:
    return x + LEVEL


def by_global(x: Any) -> Any:
    return shifted(x)


def above(level: Any) -> Any:
    return lambda x: x > level


def with_default(level: float) -> Any:
    return lambda x, level=level, *, more=level: x > level + more


class Above:
    """Called, or by its method."""

    def __init__(self, level: Any) -> None:
        self.level = level

    def __call__(self, x: Any) -> Any:
        return x > self.level

    def method(self, x: Any) -> Any:
        return x < self.level


@pytest.mark.parametrize(
    "make",
    [
        above,
        with_default,
        Above,
        lambda level: Above(level).method,
        lambda level: functools.partial(np.clip, 0, max=level),
        lambda level: above({"a": [level, (level, {level})]}),
        lambda level: above(np.array([0.0, level])),
        lambda level: above(Q(level, "mM")),
        lambda level: above(xr.DataArray([level], dims="x", attrs={"units": "mM"})),
        lambda level: above(Above(level)),
        lambda level: above(above(level)),
    ],
)
def test_what_is_enclosed_or_held_tells_functions_apart(make: Any) -> None:
    assert digest(make(1.0)) == digest(make(1.0))
    assert digest(make(1.0)) != digest(make(2.0))


def test_a_global_that_a_function_of_the_function_reads_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digest(by_global)
    assert digest(by_global) == before
    monkeypatch.setattr(sys.modules[__name__], "LEVEL", 2.0)
    assert digest(by_global) != before


def test_a_module_of_the_users_counts_by_what_is_read_of_it(tmp_path: Path) -> None:
    """Also where it is imported inside the function; what is not read does not matter."""
    program = (
        "import sys; sys.path.insert(0, {folder!r}); import own\n"
        "from biomembrane.results.function_digest import digest\n"
        "def f(x):\n    import own as o\n    return x + o.level\n"
        "def g(x): return {{'b', 'a', 'c'}} & {{own.level, x}}\n"
        "for own.level in (1, 2):\n    own.other = {other}\n    print(digest(f), digest(g))"
    )
    (tmp_path / "own.py").write_text("level = other = 0\n")
    one, again = (
        subprocess.check_output(
            [sys.executable, "-c", program.format(folder=str(tmp_path), other=other)], text=True
        ).split()
        for other in (1, 5)
    )
    assert one == again
    assert len(set(one)) == 4


def test_functions_that_call_each_other_have_an_end() -> None:
    def first(x: Any) -> Any:
        return second(x)

    def second(x: Any) -> Any:
        return first(x) if x else above(x)

    assert digest(first) == digest(first)
    assert digest(first) != digest(second)


def test_what_nobody_can_tell_is_refused() -> None:
    with pytest.raises(errors.BadSettings, match="read"):
        digest(above(threading.Lock()))
