"""Lazy scans written to zarr, region by region: what is there stays there, and a second call computes only what is missing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors

if TYPE_CHECKING:
    import xarray as xr

    from ..account.lazy import Lazy

_DONE = "chunk_done"  # one number a chunk, written after everything else of it


def write(scan: Lazy, path: str | Path) -> Path:
    """Run a lazy scan chunk by chunk on the current dask scheduler, each into its region of a zarr folder.

    If a worker dies, its chunk is run again; if this process dies, a second call with the same scan goes on where it stopped.  A folder of
    another scan is left alone.  Raises NeedsExtra, CorruptFile, and what a chunk raises, once the other chunks are done.
    """
    try:
        import zarr  # noqa: F401
        from dask.delayed import delayed
    except ImportError as problem:
        advice = "pip install 'biomembrane[sweep]'"
        raise errors.NeedsExtra(where=f"save(scan, {str(path)!r})", wanted="dask and zarr", got=str(problem), advice=advice) from None
    target = Path(path)
    blocks = list(scan.blocks())
    mark = _fingerprint(scan)
    if target.exists():
        done = _found(target, mark, len(blocks))
    else:
        done = np.zeros(len(blocks), dtype=bool)
        _lay_out(scan, target, mark, len(blocks))
    task = delayed(_fill, pure=False)
    left = [task(scan.recipe, scan.scan.isel(place), str(target), place, number) for number, place in enumerate(blocks) if not done[number]]
    problems = [p for p in _computed(left) if p is not None]
    if problems:
        raise problems[0]
    return target


def _fill(recipe: Any, scan: xr.Dataset, target: str, place: dict[str, slice], number: int) -> Exception | None:
    """One chunk into its region, then its mark; what is wrong with it is handed back, so that the others go on."""
    import xarray as xr

    from ..account.lazy import block

    try:
        made = block(scan, recipe)
    except errors.BiomembraneError as problem:
        return problem
    alone = [name for name, v in made.variables.items() if not set(v.dims) & set(place)]
    made.drop_vars(alone).to_zarr(target, region=place, consolidated=False)
    done = xr.Dataset({_DONE: ("chunk", np.ones(1, dtype=np.int8))})
    done.to_zarr(target, region={"chunk": slice(number, number + 1)}, consolidated=False)
    return None


def _lay_out(scan: Lazy, target: Path, mark: str, count: int) -> None:
    """The folder with coordinates and room for every chunk."""
    import xarray as xr

    facts = {"long_name": "chunk is written", "fingerprint": mark}
    attrs = scan.data.attrs | {"parameters_hash": scan.digest}
    marks = xr.Dataset({_DONE: ("chunk", np.zeros(count, dtype=np.int8), facts)}, attrs=attrs).chunk({"chunk": 1})
    scan.data.assign_attrs(attrs).to_zarr(target, mode="w-", compute=False, consolidated=False, zarr_format=2)
    marks.to_zarr(target, mode="a", consolidated=False, zarr_format=2)


def _found(target: Path, mark: str, count: int) -> Any:
    """Which chunks are there.  Raises ``CorruptFile`` where the folder holds something else."""
    import xarray as xr

    try:
        with xr.open_zarr(target, consolidated=False) as data:
            marks = data.get(_DONE, xr.DataArray(np.zeros(0)))
            found, done = marks.attrs.get("fingerprint", "none"), np.asarray(marks.values, dtype=bool)
    except (OSError, ValueError, KeyError) as problem:
        got = str(problem).splitlines()[0]
        raise errors.CorruptFile(where=str(target), wanted="a zarr folder of this scan", got=got, advice="give another name, or remove it") from None
    if found != mark or len(done) != count:
        got, advice = f"a scan with fingerprint {found[:12]}", "give another name; the same model, parameters, start, times, keep and solver go on"
        raise errors.CorruptFile(where=str(target), wanted=f"a scan with fingerprint {mark[:12]}", got=got, advice=advice)
    return done


def _fingerprint(scan: Lazy) -> str:
    """What makes two scans the same: model, numbers that are scanned and that are fixed, start, times, what is kept, solver."""
    from dask.delayed import delayed

    made = hashlib.sha256(scan.model.hash.encode())
    made.update(repr((scan.recipe.fixed, scan.recipe.times.tolist(), scan.recipe.keep, scan.recipe.solver)).encode())
    for name, array in sorted(scan.scan.data_vars.items(), key=lambda item: str(item[0])):
        made.update(f"{name} {array.dims} {array.shape} {array.chunks} {array.attrs.get('units')}".encode())
        for part in _computed([delayed(_digest)(piece) for piece in array.data.to_delayed().ravel()]):
            made.update(part)
    return made.hexdigest()


def _computed(tasks: list[Any]) -> Any:
    """Results of tasks, on the scheduler that dask is set to."""
    import dask.base

    compute: Any = dask.base.compute  # has no types
    return compute(*tasks)


def _digest(values: Any) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).digest()
