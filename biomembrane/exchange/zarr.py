"""Lazy scans written to zarr, region by region: what is there stays there, and a second call
computes only what is missing.

The folder is zarr format 3; every chunk ends in its CRC-32C.  A chunk of the scan counts as done
when it is marked so in ``chunk_done``, which is written after everything else of it, and when all
its files are there; a second :func:`write` reads them besides and compares the checksums.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors
from ..results import schema
from ..solve.status import Outcome
from .atomic_files import beside, exists, reason
from .file_safety import Zarr, check_texts, refused

if TYPE_CHECKING:
    import xarray as xr

    from ..results.lazy_scan import Lazy

_DONE = "chunk_done"
_SCAN = (  # of this attribute of _DONE: fingerprint, and the scan's dimensions with their chunks
    "scan_json"
)
# of this attribute of _DONE: all headers as they were laid out, for none changes afterwards
_SEAL = "headers_sha256"
_CHECKSUM = 4  # bytes
_opening = Lock()  # an array takes zarr's settings when it is opened


def write(scan: Lazy, target: Path) -> Path:
    """Run a lazy scan chunk by chunk on the current dask scheduler, each into its region of a zarr
    folder.

    If a worker dies, its chunk is run again; if this process dies, at whatever moment, a second
    call with the same scan goes on where it stopped. Chunks that are marked as done and have lost a
    file, or have one whose checksum is wrong, are run again.  A folder of another scan is left
    alone.  Raises NeedsExtra, NotWritable, CorruptFile, and what a chunk raises, once the other
    chunks are done.
    """
    _needed(f"save(scan, {str(target)!r})")
    from dask.delayed import delayed

    scan = _even(scan)
    blocks, mark = list(scan.blocks()), _fingerprint(scan)
    where = f"save(…, {errors.shown(str(target))})"
    if not exists(target, where):
        _lay_out(scan, target, mark, where)
    with _alone(target, where):
        done = _found(target, mark, _layout(scan))
        task = delayed(_fill, pure=False)
        left = [
            task(scan.recipe, scan.scan.isel(place), str(target), place, number)
            for number, place in enumerate(blocks)
            if not done[number]
        ]
        try:
            problems = [p for p in _computed(left) if p is not None]
        except OSError as problem:
            wanted, advice = "room for every chunk", "make room and save again"
            raise errors.NotWritable(
                where=where, wanted=wanted, got=reason(problem), advice=advice, path=str(target)
            ) from None
    if problems:
        raise problems[0]
    return target


def read(folder: Path) -> xr.Dataset:
    """A zarr folder that :func:`write` made, as dask arrays; lanes of chunks that are missing are
    marked as cancelled, their numbers as NaN.

    Raises NeedsExtra, CorruptFile; warns with ``Incomplete``.
    """
    _needed(f"open_result({str(folder)!r})")
    import xarray as xr

    found = Zarr(folder)
    layout = _told(found)
    check_texts(folder, found.attributes)
    _check_seal(found, "save the scan again, under another name")
    lost = [name for name in _fixed(found, layout) if not all(_there(found, name))]
    if lost:
        raise refused(
            folder, f"{lost[0]!r} is missing", advice="save the scan again, under another name"
        )
    try:
        data = xr.open_zarr(folder, consolidated=False, decode_times=False)
        texts = {
            n: v.copy(data=np.asarray(v.values, dtype=object).astype(str))
            for n, v in data.variables.items()
            if v.dtype.kind in "OT"
        }
        data = data.assign({name: v for name, v in texts.items() if name in data.data_vars})
        data = data.assign_coords({name: v for name, v in texts.items() if name in data.coords})
        done = np.logical_and(_marks(found), list(_whole(found, layout)))
    except errors.BiomembraneError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        RuntimeError,
        OverflowError,
        MemoryError,
        AttributeError,
    ) as problem:
        raise refused(
            folder,
            reason(problem),
            wanted="a zarr folder of biomembrane",
            advice="save the scan again",
        ) from None
    data = schema.ordered(data, list(layout["dims"]))
    for fault in schema.faults(data):
        raise refused(folder, fault, advice="save the scan again, under another name")
    return data if done.all() else _marked(data, done, layout, folder)


def _marked(data: xr.Dataset, done: Any, layout: Mapping[str, Any], folder: Path) -> xr.Dataset:
    """The lanes of chunks that are not done as cancelled, and a warning."""
    import warnings

    import xarray as xr

    dims = list(layout["dims"])
    sizes, chunks = ([layout["dims"][d][k] for d in dims] for k in (0, 1))
    grid = done.reshape([-(-n // c) for n, c in zip(sizes, chunks, strict=True)])
    for axis, (n, c) in enumerate(zip(sizes, chunks, strict=True)):
        grid = np.repeat(grid, c, axis=axis).take(range(n), axis=axis)
    lanes = xr.DataArray(grid, dims=dims)
    share = f"{int(done.sum())} of {done.size} chunks"
    text = (
        f"{folder.name}: {share} are done; the other lanes are marked 'cancelled'. bm.save(scan, …)"
        " with the same scan runs what is missing"
    )
    warnings.warn(text, errors.Incomplete, stacklevel=4)
    made = data.assign({_DONE: data[_DONE].copy(data=done.astype(data[_DONE].dtype))})
    for name, v in data.data_vars.items():
        if set(dims) <= set(v.dims) and (name == "status" or v.dtype.kind == "f"):
            blank = (
                np.nan
                if name != "status"
                else Outcome.CANCELLED.code
                if v.dtype.kind in "iu"
                else Outcome.CANCELLED.value
            )
            made[name] = (
                v.where(lanes, np.asarray(blank).astype(v.dtype))
                .transpose(*v.dims)
                .assign_attrs(v.attrs)
            )
    return made.assign_attrs(incomplete=share)


def _needed(where: str) -> None:
    try:
        import zarr  # noqa: F401
        from dask.delayed import delayed  # noqa: F401
    except ImportError as problem:
        advice = "pip install 'biomembrane[sweep]'"
        raise errors.NeedsExtra(
            where=where, wanted="dask and zarr", got=str(problem), advice=advice, extra="sweep"
        ) from None


def _even(scan: Lazy) -> Lazy:
    """Chunks of one size along each dimension, as zarr has them; the last may be smaller."""
    sizes = {dim: max(chunks) for dim, chunks in scan.scan.chunksizes.items()}
    return replace(scan, scan=scan.scan.chunk(sizes), data=scan.data.chunk(sizes))


def _layout(scan: Lazy) -> dict[str, Any]:
    dims = {
        str(d): [n, max(scan.scan.chunksizes.get(d, (n,)))]
        for d, n in ((d, scan.scan.sizes[d]) for d in scan.recipe.dims)
    }
    return {"dims": dims, "arrays": sorted(map(str, scan.data.variables))}


def _lay_out(scan: Lazy, target: Path, mark: str, where: str) -> None:
    """The folder with coordinates and room for every chunk, whole or not at all."""
    import warnings

    import xarray as xr

    layout = _layout(scan)
    facts = {"long_name": "chunk is written", _SCAN: json.dumps({"fingerprint": mark, **layout})}
    count = sum(1 for _ in scan.blocks())
    marks = xr.Dataset({_DONE: ("chunk", np.zeros(count, dtype=np.int8), facts)}).chunk(
        {"chunk": 1}
    )
    data = scan.data.merge(marks)
    data = data.assign_coords(
        {name: c.astype(object) for name, c in data.coords.items() if c.dtype.kind == "U"}
    )
    data.attrs = scan.data.attrs | {"parameters_hash": scan.digest}
    with beside(target, where) as spare, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr's, of types that it may yet change
        data.to_zarr(
            spare,
            mode="w-",
            compute=False,
            consolidated=False,
            zarr_format=3,
            encoding=_encoding(data),
            write_empty_chunks=True,
        )
        _seal(spare)


def _headers(found: Zarr) -> str:
    """Checksum of all headers but for the attribute that holds it: zarr has one for chunks, none
    for names, shapes, units and fill values.
    """
    done = found.arrays[_DONE]
    rest = done | {
        "attributes": {name: value for name, value in done["attributes"].items() if name != _SEAL}
    }
    return hashlib.sha256(
        json.dumps([found.attributes, found.arrays | {_DONE: rest}], sort_keys=True).encode()
    ).hexdigest()


def _seal(folder: Path) -> None:
    path = folder / _DONE / "zarr.json"
    header = json.loads(path.read_bytes())
    header["attributes"][_SEAL] = _headers(Zarr(folder))
    path.write_text(json.dumps(header, indent=2), encoding="utf-8")


def _check_seal(found: Zarr, advice: str) -> None:
    if found.arrays[_DONE]["attributes"].get(_SEAL) != _headers(found):
        raise refused(
            found.folder,
            "headers that are not what was written",
            wanted="a zarr folder of biomembrane",
            advice=advice,
        )


def _encoding(data: xr.Dataset) -> dict[str, Any]:
    """Compressed, with a checksum; lanes that have not run are cancelled, and their chunks are not
    done.
    """
    from zarr.codecs import Crc32cCodec, ZstdCodec

    made: dict[str, Any] = {
        str(name): {"compressors": (ZstdCodec(level=1), Crc32cCodec())} for name in data.variables
    }
    if data["status"].dtype.kind in "iu":
        made["status"]["fill_value"] = Outcome.CANCELLED.code
    return made


def _fill(
    recipe: Any, scan: xr.Dataset, target: str, place: dict[str, slice], number: int
) -> Exception | None:
    """One chunk into its region, then its mark; what is wrong with it is handed back, so that the
    others go on.
    """
    import zarr

    from ..results.lazy_scan import block

    try:
        made = block(scan, recipe)
    except errors.BiomembraneError as problem:
        return problem
    with (
        _opening,
        zarr.config.set({"array.write_empty_chunks": True}),
    ):  # a chunk of nothing but the fill value is a file too
        arrays: dict[str, Any] = dict(zarr.open_group(target, mode="r+").arrays())
    for name, array in arrays.items():
        dims = array.metadata.dimension_names or ()  # a number beside the scan has none
        source = (
            made if name in made.variables else scan
        )  # parameters that are scanned are coordinates of the result
        if set(dims) & set(place) and name not in place and name in source.variables:
            array[tuple(place.get(d, slice(None)) for d in dims)] = (
                source[name].transpose(*dims).values
            )
    arrays[_DONE][number : number + 1] = np.ones(1, dtype=np.int8)
    return None


# --- what is there


def _dims(found: Zarr, name: str) -> list[str]:
    return list(found.arrays[name].get("dimension_names") or ())


def _told(found: Zarr) -> dict[str, Any]:
    """Fingerprint, dimensions and arrays of the scan, as they were written down, once they fit what
    is there.  Raises CorruptFile.
    """
    folder, advice = found.folder, "give another name, or remove it"
    attributes = found.arrays.get(_DONE, {}).get("attributes", {})
    try:
        layout = json.loads(attributes[_SCAN])
        fingerprint, dims, arrays = layout["fingerprint"], layout["dims"], layout["arrays"]
        sound = isinstance(fingerprint, str) and all(
            isinstance(n, int) and isinstance(c, int) and 0 < c <= n for n, c in dims.values()
        )
        count = np.prod([-(-n // c) for n, c in dims.values()], dtype=object)
        sound = (
            sound
            and found.arrays[_DONE]["shape"] == [count]
            and found.arrays[_DONE]["chunk_grid"]["configuration"]["chunk_shape"] == [1]
        )
        absent = sorted(set(map(str, arrays)) - set(found.arrays))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise refused(
            folder, "no list of its chunks", wanted="a scan of biomembrane", advice=advice
        ) from None
    shapes = [
        (d, n)
        for name, a in found.arrays.items()
        for d, n in zip(_dims(found, name), a["shape"], strict=True)
    ]
    sound = sound and all(n == dims[d][0] for d, n in shapes if d in dims)
    if absent or not sound:
        got = (
            f"no array {absent[0]!r}"
            if absent
            else "arrays of another shape than its list of chunks says"
        )
        raise refused(folder, got, wanted="a scan of biomembrane", advice=advice)
    return dict(layout)


def _there(found: Zarr, name: str, at: Mapping[str, int] | None = None) -> Iterator[bool]:
    for path in found.keys(name, at):
        try:
            seen = path.lstat()
        except OSError:
            yield False
        else:
            if not stat.S_ISREG(seen.st_mode):
                raise refused(
                    found.folder, f"{path.relative_to(found.folder)} is a link, or no file"
                )
            yield seen.st_size > _CHECKSUM


def _sound(path: Path) -> bool:
    """Whether a chunk's file ends in the checksum of what stands before."""
    from google_crc32c import value

    data = path.read_bytes()
    return int(value(data[:-_CHECKSUM])) == int.from_bytes(data[-_CHECKSUM:], "little")


def _whole(found: Zarr, layout: Mapping[str, Any], *, read: bool = False) -> Iterator[bool]:
    """Of each chunk of the scan whether all its files are there; with ``read`` also whether their
    checksums are right.
    """
    dims: dict[str, tuple[int, int]] = layout["dims"]
    names = [name for name in found.arrays if name != _DONE and set(dims) & set(_dims(found, name))]
    split = {
        name: [
            d
            for d, c in zip(_dims(found, name), _chunk(found, name), strict=True)
            if d in dims and c == dims[d][1]
        ]
        for name in names
    }
    known: dict[Path, bool] = {}
    for index in product(*(range(-(-n // c)) for n, c in dims.values())):
        at, whole = dict(zip(dims, index, strict=True)), True
        for name in names:
            place = {d: at[d] for d in split[name]}
            whole = whole and all(_there(found, name, place))
            for path in found.keys(name, place) if whole and read else ():
                if path not in known:
                    known[path] = _sound(path)
                whole = whole and known[path]
        yield whole


def _chunk(found: Zarr, name: str) -> list[int]:
    return list(found.arrays[name]["chunk_grid"]["configuration"]["chunk_shape"])


def _found(target: Path, mark: str, wanted: Mapping[str, Any]) -> Any:
    """Which chunks are done.  Raises ``CorruptFile`` where the folder holds something else."""
    found = Zarr(target)
    layout = _told(found)
    if layout["fingerprint"] != mark or {k: layout[k] for k in wanted} != wanted:
        got, advice = (
            layout["fingerprint"][:12],
            (
                "give another name; the same model, parameters, start, times, keep, chunks and"
                " solver go on"
            ),
        )
        raise errors.CorruptFile(
            where=str(target),
            wanted=f"a scan with fingerprint {mark[:12]}",
            got=f"a scan with fingerprint {got}",
            advice=advice,
        )
    _check_seal(found, "give another name, or remove it")
    for left in target.rglob("*.partial"):  # of a process that was killed
        left.unlink(missing_ok=True)
    damaged = [
        name
        for name in _fixed(found, layout)
        if not (all(_there(found, name)) and all(map(_sound, found.keys(name))))
    ]
    if damaged:
        raise refused(
            target, f"{damaged[0]!r} is damaged", advice="give another name, or remove it"
        )
    return np.logical_and(_marks(found), list(_whole(found, layout, read=True)))


def _marks(found: Zarr) -> list[bool]:
    """Which chunks are marked as done; one whose mark cannot be read is not."""
    import zarr

    marks: Any = zarr.open_group(found.folder, mode="r")[_DONE]
    made = []
    for number in range(marks.shape[0]):
        try:
            made.append(bool(marks[number]))
        except (OSError, ValueError, RuntimeError):
            made.append(False)
    return made


def _fixed(found: Zarr, layout: Mapping[str, Any]) -> list[str]:
    """Arrays that no chunk of the scan writes to."""
    return [
        name
        for name in found.arrays
        if name != _DONE and not set(layout["dims"]) & set(_dims(found, name))
    ]


@contextmanager
def _alone(target: Path, where: str) -> Iterator[None]:
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

    made = hashlib.sha256(scan.model.hash.encode())
    made.update(
        repr(
            (scan.recipe.fixed, scan.recipe.times.tolist(), scan.recipe.keep, scan.recipe.solver)
        ).encode()
    )
    for name, array in sorted(scan.scan.data_vars.items(), key=lambda item: str(item[0])):
        made.update(
            f"{name} {array.dims} {array.shape} {array.chunks} {array.attrs.get('units')}".encode()
        )
        for part in _computed(
            [delayed(_digest)(piece) for piece in array.data.to_delayed().ravel()]
        ):
            made.update(part)
    return made.hexdigest()


def _computed(tasks: list[Any]) -> Any:
    """Results of tasks, on the scheduler that dask is set to."""
    import dask.base

    compute: Any = dask.base.compute  # has no types
    return compute(*tasks)


def _digest(values: Any) -> bytes:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).digest()
