"""The command line as a process: our own mistakes, warnings, closed pipes and full disks."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from unit.cli.called import said

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane.cli.dispatch import COMMANDS


def test_a_mistake_of_ours_is_not_blamed_on_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that a module or an object of ours lacks: the file is sound, and what it says is not
    at fault.
    """
    bm.save(bm.simulate(bm.load("resting_cell"), until=Q(1, "s")), here / "run.nc")
    for wrong in (lambda _: io.absent, lambda run: run.absent, lambda _: object().absent):
        monkeypatch.setattr("biomembrane.show.figures.traces", wrong)
        status, out, err = said(["draw", "run.nc"], capsys)
        assert (status, out) == (2, "")
        assert err.startswith("a fault of biomembrane, not yours (AttributeError: ")
    for lacked in (
        lambda run: run.data.absent,
        lambda run: run.data.status.absent,
        lambda run: json.loads(run.data.attrs["changed_json"]).items(),
    ):
        monkeypatch.setattr("biomembrane.show.figures.traces", lacked)
        assert said(["draw", "run.nc"], capsys)[2].startswith("CorruptFile:")


def test_a_warning_of_ours_is_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def warned(_: object) -> int:
        warnings.warn("something", errors.CacheNotUsed, stacklevel=1)
        return 0

    monkeypatch.setitem(COMMANDS, "models", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert said(["models"], capsys) == (0, "", "CacheNotUsed: something\n")


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (RuntimeError("two\nlines"), 2),
        (KeyboardInterrupt(), 130),
        (errors.Cancelled(where="w"), 130),
    ],
)
def test_a_fault_of_ours_is_a_sentence(
    raised: BaseException,
    status: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And a user's Ctrl-C is none."""

    def failing(_: object) -> int:
        raise raised

    monkeypatch.setitem(COMMANDS, "models", failing)
    given, _, err = said(["models"], capsys)
    assert given == status
    assert err.count("\n") == 1
    assert "Traceback" not in err


def process(arguments: list[str], **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "biomembrane", *arguments], stderr=subprocess.PIPE, **more
    )  # type: ignore[call-overload, no-any-return]


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices of POSIX")
def test_a_closed_pipe_is_silence_and_a_full_disk_a_sentence() -> None:
    """`biomembrane … | head -0`, and standard output on a disk without room."""
    reading, writing = os.pipe()
    os.close(reading)
    with process(["models"], stdout=writing) as closed:
        os.close(writing)
        assert closed.communicate()[1] == b""
        assert closed.returncode == 141
    with Path("/dev/full").open("wb") as full, process(["models"], stdout=full) as stopped:
        err = stopped.communicate()[1].decode()
        assert stopped.returncode == 2
        assert err.startswith("standard output cannot be written")
        assert err.count("\n") == 1


def test_help_answers_at_once() -> None:
    """It loads nothing but argparse: 0.15 s on an idle machine; what is loaded is what counts."""
    text = (
        "import sys, biomembrane.cli as c\ntry: c.main(['run', '--help'])\nexcept SystemExit:"
        " pass\nprint(sorted(sys.modules), file=sys.stderr)"
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert time.perf_counter() - began < 10
    for heavy in ("numpy", "sympy", "pint", "xarray", "matplotlib", "llvmlite", "h5py"):
        assert f"'{heavy}'" not in done.stderr
    assert "--max-steps" in done.stdout
