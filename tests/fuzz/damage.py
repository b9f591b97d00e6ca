"""Files that are damaged, and the command line: what there is to be tried that is no call with
arguments.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

import dask
import numpy as np
import xarray as xr
from mistakes import LEAK, cycle, membrane, transporter
from mistakes import model as modelled

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib

from . import nonsense


@cache
def sound() -> bm.Model:
    """One cell with a leak and a pump of little work."""
    on = membrane()
    return modelled(
        transporter(on=on),
        transporter("Na@in -> Na@out", LEAK, on, "Na_leak"),
        cycle(on=on),
        potential={on: Q(-60.0, "mV")},
    )


@cache
def ran() -> bm.Run:
    """A run of it."""
    return bm.simulate(sound(), until=Q(1.0, "s"), solver=bm.solvers.Native(rtol=1e-5))


@cache
def folder() -> Path:
    """Where files go."""
    return Path(tempfile.mkdtemp(prefix="fuzz"))


@cache
def saved() -> Path:
    """The run in a file."""
    return bm.save(ran(), folder() / "run.nc")


@cache
def saved_scan() -> tuple[Path, xr.Dataset]:
    """A scan in a folder, and what is in it."""
    levels = xr.DataArray(
        [4.0, 5.0, 6.0], dims="K_o", coords={"K_o": [4.0, 5.0, 6.0]}, attrs={"units": "mM"}
    ).chunk({"K_o": 1})
    with dask.config.set(scheduler="synchronous"):
        path = bm.save(
            bm.simulate(
                sound(),
                until="0.1 s",
                parameters={"bath.K": levels},
                solver=bm.solvers.Native(rtol=1e-4),
            ),
            folder() / "scan.zarr",
        )
        return path, bm.open_result(path).compute()


def command(*words: Any) -> int:
    """The command line, in this process."""
    from biomembrane import cli

    given = [str(word) if isinstance(word, (str, Path)) else errors.shown(word) for word in words]
    told = io.StringIO()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(told),
        contextlib.chdir(folder()),
    ):
        try:
            status = cli.main(
                [word for word in given if "\0" not in word]
            )  # which no shell can pass
        except SystemExit as end:
            status = {0: 0, 1: 1, 2: 2, None: 0}[end.code]
    assert "a fault of biomembrane" not in told.getvalue(), told.getvalue()
    assert status in (0, 1, 2), status
    assert status != 2 or told.getvalue().strip() or not given, "refused without a word"
    return status


def damaged(rng: Random) -> Path:
    """The file of a run with some bytes changed or left out."""
    body = bytearray(saved().read_bytes())
    for _ in range(rng.choice((1, 3, 30, 300))):
        body[rng.randrange(len(body))] = rng.randrange(256)
    path = folder() / "damaged.nc"
    path.write_bytes(body[: rng.randrange(len(body))] if rng.random() < 0.3 else body)
    return path


def damaged_scan(rng: Random) -> str:
    """The folder of a scan with a file changed, cut off or gone: what is read without an error is
    what was saved, or is marked as missing.
    """
    path, sound_ = saved_scan()
    target = Path(tempfile.mkdtemp(dir=folder())) / "scan.zarr"
    try:
        shutil.copytree(path, target)
        file = rng.choice(sorted(p for p in target.rglob("*") if p.is_file()))
        body = bytearray(file.read_bytes())
        how = rng.randrange(4)
        if how == 0:
            file.unlink()
        elif how == 1:
            file.write_bytes(body[: rng.randrange(len(body) or 1)])
        elif file.suffix == ".json":
            file.write_text(nonsense.text(rng, body.decode()), encoding="utf-8", errors="replace")
        else:
            body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
            file.write_bytes(body)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", errors.Incomplete)
            found = bm.open_result(target)
        return _other(found, sound_)
    finally:
        shutil.rmtree(target.parent)


def _other(found: xr.Dataset, sound_: xr.Dataset) -> str:
    """What of a result reads as another number than was saved, though no error told so and its lane
    is not marked as missing.
    """
    try:
        found = found.compute(scheduler="synchronous")
    except (
        ValueError,
        OSError,
        RuntimeError,
    ):  # the checksum of a chunk, which zarr looks at when the chunk is read
        return ""
    for name, array in sound_.data_vars.items():
        got, want = found.get(name), array
        if got is None or got.shape != want.shape:
            return f"{name} is not there, or of another shape"
        if name in ("status", "chunk_done") or want.dtype.kind not in "fiu":
            continue
        lanes = (
            found["status"].values == sound_["status"].values
        )  # by position: the coordinate itself may be what is missing
        a, b = got.values, want.values
        same = (
            (a == b)
            | (np.isnan(a) & np.isnan(b))
            | (~lanes if want.dims[-1:] == ("K_o",) else np.False_)
        )
        if got.dims != want.dims or not same.all():
            return f"{name} has other numbers than were saved"
    return ""


def drawn(rng: Random) -> int:
    """The figures of what comes in on standard input, some letters of it changed."""
    text = json.dumps(
        {
            "target": str(folder() / "figure" / "run.nc"),
            "data": bm.open_run(saved()).data.isel(time=[0, -1]).to_dict(),
        }
    )
    with mock.patch(
        "sys.stdin",
        SimpleNamespace(buffer=io.BytesIO(nonsense.text(rng, text).encode(errors="replace"))),
    ):
        return command("draw", "-", "--json")


def paper(rng: Random) -> Path:
    """A sheet with some letters changed."""
    text = (files("biomembrane.library") / "data" / "parent_1992.toml").read_text(encoding="utf-8")
    lines = text.splitlines()
    for _ in range(rng.choice((1, 2, 5))):
        k = rng.randrange(len(lines))
        lines[k] = rng.choice(
            (
                nonsense.text(rng, lines[k]),
                "[" * 2000,
                "x = " + "9" * 6000,
                "[parameters]",
                "value = true",
                "unit = 5",
                "",
                "kind = 'x'",
            )
        )
    path = folder() / f"sheet{rng.randrange(10**9)}.toml"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
    return path


def _numbers_of(path: Path) -> None:
    try:
        sheet = lib.sheet(path)
        for name in sheet.entries:
            with contextlib.suppress(errors.BiomembraneError):
                sheet[name]
        assert isinstance(sheet.bibtex, str)
    finally:
        path.unlink()


def special() -> dict[str, tuple[Callable[[Random], Any], float, Callable[[], Any]]]:
    """Inputs that are files: what is tried, how often, and what must be there before."""
    return {
        "damaged file": (lambda rng: bm.open_result(damaged(rng)), 0.2, saved),
        "damaged sheet": (lambda rng: _numbers_of(paper(rng)), 1.0, folder),
        "damaged scan": (damaged_scan, 0.05, saved_scan),
        "command draw": (
            lambda rng: command("draw", damaged(rng), *["--json"] * rng.randrange(2)),
            0.03,
            saved,
        ),
        "command draw -": (drawn, 0.02, saved),
        "damaged run": (lambda rng: np.asarray(bm.open_run(damaged(rng)).ledger.spent), 0.1, saved),
    }
