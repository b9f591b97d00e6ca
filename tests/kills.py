"""Saves that are killed at random moments: what was there stays, or the save goes on where it
stopped.

``PYTHONPATH=tests python tests/kills.py --rounds 50`` saves a scan to zarr and a run to netCDF in
processes of their own, kills each with SIGKILL after a random time, and looks at what is left:

- zarr: nothing at all, or a folder that opens, tells how many chunks are missing, marks their lanes
  as cancelled, and holds for all others what a run in memory gives; saved again (and killed again),
  it is whole in the end, no chunk that was done having run a second time;
- netCDF: nothing, the old file bit for bit, or the new one whole;
- and after the next save no half-written file is left.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dask
import numpy as np
import xarray as xr

import biomembrane as bm
from biomembrane import Q
from biomembrane.results.lazy_scan import Recipe

LANES, CHUNK = 12, 2
VARIABLES = ["potential", "amount"]


def scan(values: Any = None) -> Any:
    """A lazy scan of six chunks, or the same in memory."""
    levels = xr.DataArray(np.linspace(3.0, 9.0, LANES), dims="K_o", attrs={"units": "mM"})
    chosen = levels.chunk({"K_o": CHUNK}) if values is None else values(levels)
    return bm.simulate(
        bm.load("resting_cell"),
        until="2 s",
        parameters={"bath.K": chosen},
        keep=bm.Keep(VARIABLES, times="final"),
    )


def run(hours: float) -> Any:
    return bm.simulate(bm.load("resting_cell"), until=Q(hours, "s"))


@dataclass
class Count:
    """What came of the kills."""

    kills: int = 0
    whole: int = 0
    partial: int = 0
    nothing: int = 0
    old: int = 0
    chunks: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        parts = (
            f", {self.partial} of which {sum(self.chunks)} chunks stayed" if self.partial else ""
        )
        return (
            f"{self.kills} kills: {self.nothing} left nothing, {self.old} the old file,"
            f" {self.whole} a whole one{parts}"
        )


def killed(made: Any, target: Path, after: float | None) -> tuple[bool, float]:
    """Save in a process of its own and kill it so long after it began; whether it was still at it,
    and how long it took.
    """
    begun, began = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            os.write(began, b"!")
            with dask.config.set(scheduler="synchronous"):
                bm.save(made, target)
            status = 0
        finally:
            os._exit(status)
    os.read(begun, 1)
    for pipe in (begun, began):
        os.close(pipe)
    start = time.perf_counter()
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, ended = os.waitpid(child, 0)
    assert os.WIFSIGNALED(ended) or os.WEXITSTATUS(ended) == 0
    return os.WIFSIGNALED(ended), time.perf_counter() - start


def duration(made: Any, folder: Path, suffix: str) -> float:
    """How long a save takes that nobody kills, once everything is loaded."""
    with dask.config.set(scheduler="synchronous"):
        bm.save(made, folder / f"first.{suffix}")
    return killed(made, folder / f"second.{suffix}", None)[1]


def judge_zarr(target: Path, wanted: xr.Dataset, count: Count) -> int:
    """Look at what a kill left of a scan; how many chunks are done."""
    if not target.exists():
        count.nothing += 1
        return 0
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = bm.open_result(target).compute()
    done = int(found.chunk_done.sum())
    told = [w for w in told if issubclass(w.category, bm.errors.Incomplete)]
    assert bool(told) == (done < LANES // CHUNK)
    lanes = np.repeat(found.chunk_done.values.astype(bool), CHUNK)
    kinds = found.status.attrs["flag_meanings"].split()
    ended = np.array([kinds[int(s)] for s in found.status.values])
    assert (ended == np.where(lanes, "done", "cancelled")).all()
    for name in VARIABLES:
        got, right = (d[name].transpose(..., "K_o").values for d in (found, wanted))
        assert np.allclose(got[..., lanes], right[..., lanes], rtol=1e-9)
        assert np.isnan(got[..., ~lanes]).all()
    count.whole += done == LANES // CHUNK
    count.partial += done < LANES // CHUNK
    count.chunks.append(done if done < LANES // CHUNK else 0)
    return done


def zarr_round(folder: Path, rounds: int, rng: random.Random) -> Count:
    """Kill saves of one scan, up to four times into the same folder, then let one come to its end;
    then the next folder.
    """
    count, wanted, made = Count(), scan(lambda levels: levels).data, scan()
    longest = duration(made, folder, "zarr")
    inner, calls = Recipe.run, []
    for number in range(rounds):
        target, before = folder / f"scan{number}.zarr", 0
        while count.kills < rounds and rng.random() < 0.8:
            cut, _ = killed(made, target, rng.uniform(0, longest))
            done = judge_zarr(target, wanted, count if cut else Count())
            assert done >= before
            before, count.kills = done, count.kills + cut
        calls.clear()
        try:
            Recipe.run = lambda self, part: calls.append(1) or inner(self, part)
            with dask.config.set(scheduler="synchronous"):
                bm.save(made, target)
        finally:
            Recipe.run = inner
        assert len(calls) == LANES // CHUNK - before
        assert judge_zarr(target, wanted, Count()) == LANES // CHUNK
        assert not [p for p in folder.rglob("*") if p.suffix in (".part", ".partial")]
        shutil.rmtree(target)
        if count.kills == rounds:
            break
    return count


def netcdf_round(folder: Path, rounds: int, rng: random.Random) -> Count:
    """Kill saves, three of four over an old file."""
    count, target, made = Count(), folder / "run.nc", run(2.0)
    longest = duration(made, folder, "nc")
    bm.save(made, folder / "new.nc")
    old, new = (
        bm.open_result(bm.save(run(1.0), folder / "old.nc")),
        bm.open_result(folder / "new.nc"),
    )
    while count.kills < rounds:
        target.unlink(missing_ok=True)
        before = (folder / "old.nc").read_bytes() if count.kills % 4 else None
        if before is not None:
            target.write_bytes(before)
        cut, _ = killed(made, target, rng.uniform(0, longest))
        now = target.read_bytes() if target.exists() else None
        if now is not None:
            xr.testing.assert_identical(bm.open_result(target), old if now == before else new)
        if cut:
            count.kills += 1
            count.nothing += now is None
            count.old += now is not None and now == before
            count.whole += now is not None and now != before
    bm.save(made, target)
    assert not list(folder.glob(".*"))
    return count


def main(arguments: list[str] | None = None) -> dict[str, Count]:
    """Both rounds, with the counts printed."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--rounds", type=int, default=50)
    made.add_argument("--seed", type=int, default=1)
    options = made.parse_args(arguments)
    rng, counts = random.Random(options.seed), {}
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of dask and zarr
        for kind, look in (("zarr", zarr_round), ("netcdf", netcdf_round)):
            folder = Path(place, kind)
            folder.mkdir()
            counts[kind] = look(folder, options.rounds, rng)
            print(f"{kind:<7} {counts[kind]}", flush=True)
    return counts


if __name__ == "__main__":
    main()
