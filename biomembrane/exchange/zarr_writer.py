"""Lazy scans written to zarr folders chunk by chunk: chunks that are done stay, and a second call
runs only what is missing or damaged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..solve.status import Outcome
from .atomic_files import beside, exists, reason
from .file_safety import ZarrHeaders, refused
from .zarr_folder import (
    CHUNK_DONE,
    SCAN,
    check_headers,
    checksum_matches,
    complete_chunks,
    files_exist,
    fixed_arrays,
    marked_chunks,
    require_zarr,
    scan_description,
    write_header_checksum,
)

if TYPE_CHECKING:
    import xarray as xr

    from ..results.lazy_scan import Lazy

_opening = Lock()  # an array takes zarr's settings when it is opened
_ADVICE = "give another name, or remove it"


def write(scan: Lazy, target: Path) -> Path:
    """Run a lazy scan chunk by chunk on the current dask scheduler, each into its region of a zarr
    folder.

    If a worker dies, its chunk is run again; if this process dies, at whatever moment, a second
    call with the same scan goes on where it stopped. Chunks that are marked as done and have lost a
    file, or have one whose checksum is wrong, are run again.  A folder of another scan is left
    alone.  Raises NeedsExtra, NotWritable, CorruptFile, and what a chunk raises, once the other
    chunks are done.
    """
    require_zarr(f"save(scan, {str(target)!r})")
    from dask.delayed import delayed

    scan = _evenly_chunked(scan)
    blocks, mark = list(scan.blocks()), _fingerprint(scan)
    where = f"save(…, {errors.shown(str(target))})"
    if not exists(target, where):
        _create_folder(scan, target, mark, where)
    with _exclusive_lock(target, where):
        done = _done_chunks(target, mark, _description(scan))
        task = delayed(_write_chunk, pure=False)
        missing = [
            task(scan.recipe, scan.scan.isel(region), str(target), region, number)
            for number, region in enumerate(blocks)
            if not done[number]
        ]
        try:
            problems = [problem for problem in _computed(missing) if problem is not None]
        except OSError as problem:
            wanted, advice = "room for every chunk", "make room and save again"
            raise errors.NotWritable(
                where=where, wanted=wanted, got=reason(problem), advice=advice, path=str(target)
            ) from None
    if problems:
        raise problems[0]
    return target


def _evenly_chunked(scan: Lazy) -> Lazy:
    """Chunks of one size along each dimension, as zarr has them; the last may be smaller."""
    sizes = {dim: max(chunks) for dim, chunks in scan.scan.chunksizes.items()}
    return replace(scan, scan=scan.scan.chunk(sizes), data=scan.data.chunk(sizes))


def _description(scan: Lazy) -> dict[str, Any]:
    """Dimensions, each with its size and that of its chunks, and names of the arrays."""
    dims = {}
    for dim in scan.recipe.dims:
        size = scan.scan.sizes[dim]
        dims[str(dim)] = [size, max(scan.scan.chunksizes.get(dim, (size,)))]
    return {"dims": dims, "arrays": sorted(map(str, scan.data.variables))}


def _create_folder(scan: Lazy, target: Path, mark: str, where: str) -> None:
    """The folder with coordinates and an empty place for every chunk, whole or not at all."""
    import warnings

    import xarray as xr

    text = json.dumps({"fingerprint": mark, **_description(scan)})
    marks = np.zeros(sum(1 for _ in scan.blocks()), dtype=np.int8)
    attributes = {"long_name": "chunk is written", SCAN: text}
    data = scan.data.merge(
        xr.Dataset({CHUNK_DONE: ("chunk", marks, attributes)}).chunk({"chunk": 1})
    )
    data = data.assign_coords(
        {name: c.astype(object) for name, c in data.coords.items() if c.dtype.kind == "U"}
    )
    data.attrs = scan.data.attrs | {"parameters_hash": scan.digest}
    with beside(target, where) as spare, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr's, of types that it may yet change
        data.to_zarr(
            spare, mode="w-", compute=False, consolidated=False, zarr_format=3,
            encoding=_encoding(data), write_empty_chunks=True,
        )  # fmt: skip
        write_header_checksum(spare)


def _encoding(data: xr.Dataset) -> dict[str, Any]:
    """Compressed, with a checksum; lanes that have not run read as cancelled."""
    from zarr.codecs import Crc32cCodec, ZstdCodec

    encoding: dict[str, Any] = {
        str(name): {"compressors": (ZstdCodec(level=1), Crc32cCodec())} for name in data.variables
    }
    if data["status"].dtype.kind in "iu":
        encoding["status"]["fill_value"] = Outcome.CANCELLED.code
    return encoding


def _write_chunk(
    recipe: Any, scan: xr.Dataset, target: str, region: dict[str, slice], number: int
) -> Exception | None:
    """Run one chunk and write it into its region, then its mark.  An error is returned, so that the
    other chunks go on.
    """
    import zarr

    from ..results.lazy_scan import block

    try:
        chunk = block(scan, recipe)
    except errors.BiomembraneError as problem:
        return problem
    # a chunk of nothing but the fill value is a file too
    with _opening, zarr.config.set({"array.write_empty_chunks": True}):
        arrays: dict[str, Any] = dict(zarr.open_group(target, mode="r+").arrays())
    for name, array in arrays.items():
        dims = array.metadata.dimension_names or ()  # a number beside the scan has none
        # parameters that are scanned are coordinates of the result
        source = chunk if name in chunk.variables else scan
        written = name in region or name not in source.variables
        if set(dims) & set(region) and not written and source[name].dtype.kind not in "mM":
            at = tuple(region.get(d, slice(None)) for d in dims)
            array[at] = source[name].transpose(*dims).values
    arrays[CHUNK_DONE][number : number + 1] = np.ones(1, dtype=np.int8)
    return None


def _done_chunks(target: Path, mark: str, wanted: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Which chunks are done.  Raises CorruptFile where the folder holds something else."""
    headers = ZarrHeaders(target)
    scan = scan_description(headers)
    if scan["fingerprint"] != mark or {k: scan[k] for k in wanted} != wanted:
        advice = (
            "give another name; the same model, parameters, start, times, keep, chunks and"
            " solver go on"
        )
        raise errors.CorruptFile(
            where=str(target),
            wanted=f"a scan with fingerprint {mark[:12]}",
            got=f"a scan with fingerprint {scan['fingerprint'][:12]}",
            advice=advice,
        )
    check_headers(headers, _ADVICE)
    for partial in target.rglob("*.partial"):  # of a process that was killed
        partial.unlink(missing_ok=True)
    damaged = [
        name
        for name in fixed_arrays(headers, scan)
        if not all(files_exist(headers, name))
        or not all(map(checksum_matches, headers.chunk_files(name)))
    ]
    if damaged:
        raise refused(target, f"{damaged[0]!r} is damaged", advice=_ADVICE)
    complete = list(complete_chunks(headers, scan, read=True))
    return np.asarray(np.logical_and(marked_chunks(headers), complete))


@contextmanager
def _exclusive_lock(target: Path, where: str) -> Iterator[None]:
    """Hold the folder, so that no two processes save to it at once; a process that dies lets go.

    Raises NotWritable.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    handle = os.open(target, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            got, advice = "another process is saving to it", "wait for it, or give another name"
            raise errors.NotWritable(
                where=where, wanted="a folder of our own", got=got, advice=advice, path=str(target)
            ) from None
        except OSError:
            pass  # a file system without locks
        yield
    finally:
        os.close(handle)


def _fingerprint(scan: Lazy) -> str:
    """What makes two scans the same: model, numbers that are scanned and that are fixed, start,
    times, what is kept, solver.
    """
    from dask.delayed import delayed

    recipe = scan.recipe
    fixed = repr((recipe.fixed, recipe.times.tolist(), recipe.keep, recipe.solver))
    mark = hashlib.sha256(scan.model.hash.encode())
    mark.update(fixed.encode())
    for name, array in sorted(scan.scan.data_vars.items(), key=lambda item: str(item[0])):
        unit = array.attrs.get("units")
        mark.update(f"{name} {array.dims} {array.shape} {array.chunks} {unit}".encode())
        pieces = array.data.to_delayed().ravel()
        for digest in _computed([delayed(_digest)(piece) for piece in pieces]):
            mark.update(digest)
    return mark.hexdigest()


def _computed(tasks: list[Any]) -> Any:
    """Results of tasks, on the scheduler that dask is set to."""
    import dask.base

    compute: Any = dask.base.compute  # has no types
    return compute(*tasks)


def _digest(values: Any) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).digest()
