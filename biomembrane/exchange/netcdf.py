"""Results as netCDF-4 with CF units: what is read back is what was written, bit for bit.

The file holds the trajectory, the books entry by entry and line by line, and the ribbons of the
energy-flow picture, so that figures can be drawn from it alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..results import schema
from ..results.saved import SavedRun
from .atomic_files import beside, exists, read_path, reason
from .file_safety import check_hdf5, check_texts, refused

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import PathLike
    from ..results.run import Run
    from ..results.scan_result import ScanResult


def dataset(run: Run) -> xr.Dataset:
    """What a file holds of a run: its data, all of which are there."""
    return run.data.load()


SUFFIXES = (".nc", ".nc4")
_HELD = "variables_json"  # what the file holds, so that it is seen when something is gone


def save(run: Run | ScanResult | SavedRun, path: PathLike) -> Path:
    """Write a run and its ledger, or what a scan kept, to a netCDF file; a lazy scan to a zarr
    folder, chunk by chunk.

    Folders are made as needed.  A file is there whole or not at all: it is written beside its place
    and moved into it, so that the old one stays until then.  Called again with the same lazy scan,
    only the chunks that are missing or damaged are run.

    Args:
        run: what :func:`~biomembrane.simulate` or :func:`open_run` gave.
        path: ends in ``.nc``, or in ``.zarr`` for a lazy scan.

    Returns:
        The path.

    Raises:
        WrongType: what is no result, or no path.
        UnknownSuffix: another suffix.
        NotWritable: a place that cannot be written.
        CorruptFile: a zarr folder of another scan.
        NeedsExtra: a lazy scan without zarr.
    """
    from ..results.lazy_scan import Lazy
    from ..results.run import Run
    from ..results.scan_result import ScanResult

    if not isinstance(run, (Run, ScanResult, SavedRun)):
        advice = "bm.save(bm.simulate(model, until='10 min'), 'run.nc')"
        raise errors.WrongType(
            where="save(…)", wanted="what simulate gave", got=errors.shown(run), advice=advice
        )
    target = read_path(path, "save(…)", "'run.nc'")
    lazy = isinstance(run, Lazy)
    if target.suffix not in ((".zarr",) if lazy else SUFFIXES):
        wanted = (
            "a path that ends in .zarr, for a scan that runs chunk by chunk"
            if lazy
            else "a path that ends in .nc, for a netCDF file"
        )
        advice = "'scan.zarr'" if lazy else "'run.nc'"
        raise errors.UnknownSuffix(
            where="save(…)",
            wanted=wanted,
            got=errors.shown(str(path)),
            advice=advice,
            suffix=target.suffix,
        )
    if isinstance(run, Lazy):
        from .zarr_writer import write as write_zarr

        return write_zarr(run, target)
    return write(run.data, target)


def write(data: xr.Dataset, path: str | Path) -> Path:
    """Write what :func:`dataset` gave, whole or not at all.  Raises NotWritable."""
    target = Path(path)
    summed = {
        name: {"fletcher32": True}
        for name, v in data.variables.items()
        if v.dtype.kind in "iuf" and v.ndim and v.size
    }
    told = data.drop_encoding().assign_attrs({_HELD: json.dumps(sorted(map(str, data.variables)))})
    with beside(target, f"save(…, {errors.shown(str(path))})") as spare:
        told.to_netcdf(
            spare, engine="h5netcdf", encoding=summed
        )  # with checksums, so that damage is seen when it is read
    return target


def open_result(path: PathLike) -> xr.Dataset:
    """Read what :func:`save` wrote: a file into memory, a zarr folder as dask arrays.

    Of a zarr folder in which chunks are missing, the lanes of these are marked as cancelled, and a
    warning (``errors.Incomplete``) says how many. The checksum of a chunk is compared when the
    chunk is read, not here. Nothing is decoded that :func:`save` could not have written.

    Raises:
        WrongType: what is no path.
        UnknownName: no such file.
        CorruptFile: a file that is damaged, or not ours.
        NeedsExtra: a zarr folder without zarr.
    """
    source = read_path(path, "open_result(…)", "bm.open_result('run.nc')")
    there = exists(source, "open_result(…)")
    if (
        there
        and source.is_dir()
        and any((source / name).exists() for name in ("zarr.json", ".zgroup"))
    ):
        from .zarr_reader import read as read_zarr

        return read_zarr(source)
    if not there or not source.is_file():
        near = (
            errors.nearest(source.name, [p.name for p in source.parent.glob("*.nc")])
            if source.parent.is_dir()
            else ""
        )
        advice = (
            near
            or f"bm.save(run, {str(source if source.suffix else source / 'run.nc')!r}) writes one"
        )
        got = (
            f"{str(path)!r}, which is"
            f" {'a folder' if source.is_dir() else 'no file' if there else 'not there'}"
        )
        raise errors.UnknownName(
            where="open_result(…)", wanted="a netCDF file", got=got, advice=advice
        )
    return _read(source)


_DAMAGE = (  # what h5py, h5netcdf and xarray raise for a file that is not what it should be
    OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, IndexError,
    OverflowError, MemoryError, AssertionError,
)  # fmt: skip


def _read(source: Path) -> xr.Dataset:
    """A netCDF file in memory."""
    import xarray as xr

    try:
        check_hdf5(source)
        with xr.open_dataset(source, engine="h5netcdf", decode_times=False) as opened:
            made = opened.load()
    except errors.BiomembraneError:
        raise
    except _DAMAGE as problem:
        advice = "it may be cut short or of another format: run the model again and bm.save(run, …)"
        raise refused(source, reason(problem), wanted="a netCDF-4 file", advice=advice) from None
    check_texts(source, made.attrs)
    lost = sorted(set(json.loads(made.attrs.pop(_HELD, "[]"))) - set(map(str, made.variables)))
    if lost:
        raise refused(
            source,
            f"no {lost[0]!r}, which was saved",
            advice="run the model again and bm.save(run, …)",
        )
    for fault in schema.faults(made):
        raise refused(source, fault, advice="run the model again and bm.save(run, …)")
    return made


def sent(text: bytes) -> tuple[Path, xr.Dataset]:
    """Where a run is saved and its dataset, as another process sends them: ``{"target", "data"}``
    in JSON.  Raises CorruptFile.
    """
    import xarray as xr

    source, wanted = Path("-"), "{'target': a path, 'data': a dataset} as JSON"
    try:
        given = json.loads(text)
        if not (
            isinstance(given, dict)
            and isinstance(given.get("target"), str)
            and isinstance(given.get("data"), dict)
        ):
            raise refused(source, errors.shown(given), wanted=wanted)
        target, data = Path(given["target"]), xr.Dataset.from_dict(given["data"])
        check_texts(source, data.attrs)
    except errors.BiomembraneError as problem:
        raise errors.CorruptFile(where="standard input", wanted=wanted, got=problem.got) from None
    except (*_DAMAGE, RecursionError) as problem:
        raise errors.CorruptFile(
            where="standard input", wanted=wanted, got=reason(problem)
        ) from None
    return target, data


def open_run(path: PathLike) -> SavedRun:
    """A saved run that the figures draw like a fresh one.

    Raises:
        WrongType: what is no path.
        UnknownName: no such file.
        CorruptFile: a file that is damaged, or not ours.
        NeedsExtra: a zarr folder without zarr.
    """
    return SavedRun(open_result(path))
