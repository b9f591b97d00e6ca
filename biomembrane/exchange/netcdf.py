"""Results as netCDF-4 with CF units; they are read back bit for bit.

A file holds the trajectory, the ledger entry by entry and line by line, and the ribbons of the
energy-flow figure, so that figures can be drawn from it alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..results import schema
from ..results.saved import SavedRun
from .atomic_files import beside, exists, read_path, reason
from .file_safety import check_hdf5, check_texts, decoding, refused

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import PathLike
    from ..results.branch import Branch
    from ..results.run import Run
    from ..results.scan_result import ScanResult
    from ..results.steady_state import SteadyState


def dataset(run: Run) -> xr.Dataset:
    """The data that a file of a run holds, computed and loaded."""
    return run.data.load()


SUFFIXES = (".nc", ".nc4")
_CONTENT = "variables_json"  # attribute: all variables of the file, so that a loss is noticed


def save(run: Run | ScanResult | SavedRun | SteadyState | Branch, path: PathLike) -> Path:
    """Write a run and its ledger, or what a scan kept, to a netCDF file; a lazy scan to a zarr
    folder, chunk by chunk; the data of steady states and branches to a netCDF file.

    Folders are created as needed.  A file exists whole or not at all: it is written next to its
    place and moved into it, so that the old one stays until then.  Called again with the same lazy
    scan, only the chunks that are missing or damaged are run.

    Args:
        run: result of :func:`~biomembrane.simulate`, :func:`open_run`,
            :func:`~biomembrane.steady_state` or :func:`~biomembrane.follow`.
        path: ends in ``.nc``, or in ``.zarr`` for a lazy scan.

    Returns:
        The path.

    Raises:
        WrongType: ``run`` is not a result, or ``path`` not a path.
        UnknownSuffix: another suffix.
        NotWritable: a place that cannot be written to.
        CorruptFile: a zarr folder of another scan.
        NeedsExtra: a lazy scan without zarr.
    """
    from ..results.branch import Branch
    from ..results.lazy_scan import Lazy
    from ..results.run import Run
    from ..results.scan_result import ScanResult
    from ..results.steady_state import SteadyState

    if not isinstance(run, (Run, ScanResult, SavedRun, SteadyState, Branch)):
        advice = "bm.save(bm.simulate(model, until='10 min'), 'run.nc')"
        raise errors.WrongType(
            where="save(…)", wanted="what simulate gave", got=errors.shown(run), advice=advice
        )
    target = read_path(path, "save(…)", "'run.nc'")
    lazy = isinstance(run, Lazy)
    if target.suffix not in ((".zarr",) if lazy else SUFFIXES):
        wanted, advice = "a path that ends in .nc, for a netCDF file", "'run.nc'"
        if lazy:
            wanted = "a path that ends in .zarr, for a scan that runs chunk by chunk"
            advice = "'scan.zarr'"
        got = errors.shown(str(path))
        raise errors.UnknownSuffix(
            where="save(…)", wanted=wanted, got=got, advice=advice, suffix=target.suffix
        )
    if isinstance(run, Lazy):
        from .zarr_writer import write as write_zarr

        return write_zarr(run, target)
    return write(run.data, target)


def write(data: xr.Dataset, path: str | Path) -> Path:
    """Write a dataset that :func:`dataset` gave, whole or not at all.  Raises NotWritable."""
    target = Path(path)
    checksums = {
        name: {"fletcher32": True}
        for name, v in data.variables.items()
        if v.dtype.kind in "iuf" and v.ndim and v.size
    }
    content = json.dumps(sorted(map(str, data.variables)))
    data = data.drop_encoding().assign_attrs({_CONTENT: content})
    with beside(target, f"save(…, {errors.shown(str(path))})") as spare:
        # with checksums, so that damage is noticed when it is read
        data.to_netcdf(spare, engine="h5netcdf", encoding=checksums)
    return target


def open_result(path: PathLike) -> xr.Dataset:
    """Read a result that :func:`save` wrote: a file into memory, a zarr folder as dask arrays.

    In a zarr folder in which chunks are missing, their lanes are marked as cancelled, and a warning
    (``errors.Incomplete``) says how many. The checksum of a chunk is compared when the chunk is
    read, not here. Nothing is decoded that :func:`save` could not have written.

    Raises:
        WrongType: ``path`` is not a path.
        UnknownName: no such file.
        CorruptFile: a file that is damaged, or not one of ours.
        NeedsExtra: a zarr folder without zarr.
    """
    source = read_path(path, "open_result(…)", "bm.open_result('run.nc')")
    present = exists(source, "open_result(…)")
    headers = (source / name for name in ("zarr.json", ".zgroup"))
    if present and source.is_dir() and any(header.exists() for header in headers):
        from .zarr_reader import read as read_zarr

        return read_zarr(source)
    if not present or not source.is_file():
        raise _no_file(path, source, present)
    return _read(source)


def _no_file(path: PathLike, source: Path, present: bool) -> errors.UnknownName:
    others = [p.name for p in source.parent.glob("*.nc")] if source.parent.is_dir() else []
    example = str(source if source.suffix else source / "run.nc")
    kind = "a folder" if source.is_dir() else "no file" if present else "not there"
    return errors.UnknownName(
        where="open_result(…)",
        wanted="a netCDF file",
        got=f"{str(path)!r}, which is {kind}",
        advice=errors.nearest(source.name, others) or f"bm.save(run, {example!r}) writes one",
    )


_AGAIN = "run the model again and bm.save(run, …)"
_DAMAGE = (  # what h5py, h5netcdf and xarray raise for a file that is not what it should be
    OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, IndexError,
    OverflowError, MemoryError, AssertionError,
)  # fmt: skip


def _read(source: Path) -> xr.Dataset:
    """A netCDF file in memory."""
    import xarray as xr

    try:
        check_hdf5(source)
        with xr.open_dataset(source, engine="h5netcdf", **decoding()) as opened:
            data = opened.load()
    except errors.BiomembraneError:
        raise
    except _DAMAGE as problem:
        advice = f"it may be cut short or of another format: {_AGAIN}"
        raise refused(source, reason(problem), wanted="a netCDF-4 file", advice=advice) from None
    check_texts(source, data.attrs)
    saved = set(json.loads(data.attrs.pop(_CONTENT, "[]")))
    missing = sorted(saved - set(map(str, data.variables)))
    if missing:
        raise refused(source, f"no {missing[0]!r}, which was saved", advice=_AGAIN)
    for fault in schema.faults(data):
        raise refused(source, fault, advice=_AGAIN)
    return data


def sent(text: bytes) -> tuple[Path, xr.Dataset]:
    """The path to save a run to and its dataset, as another process sends them in JSON:
    ``{"target": …, "data": …}``.  Raises CorruptFile.
    """
    import xarray as xr

    source, wanted = Path("-"), "{'target': a path, 'data': a dataset} as JSON"
    try:
        message = json.loads(text)
        valid = isinstance(message, dict) and isinstance(message.get("target"), str)
        if not valid or not isinstance(message.get("data"), dict):
            raise refused(source, errors.shown(message), wanted=wanted)
        target, data = Path(message["target"]), xr.Dataset.from_dict(message["data"])
        check_texts(source, data.attrs)
    except errors.BiomembraneError as problem:
        raise errors.CorruptFile(where="standard input", wanted=wanted, got=problem.got) from None
    except (*_DAMAGE, RecursionError) as problem:
        raise errors.CorruptFile(
            where="standard input", wanted=wanted, got=reason(problem)
        ) from None
    return target, data


def open_run(path: PathLike) -> SavedRun:
    """Open a saved run; figures draw it like one in memory.

    Raises:
        WrongType: ``path`` is not a path.
        UnknownName: no such file.
        CorruptFile: a file that is damaged, or not one of ours.
        NeedsExtra: a zarr folder without zarr.
    """
    return SavedRun(open_result(path))
