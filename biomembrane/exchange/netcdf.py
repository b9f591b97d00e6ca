"""Results as netCDF-4 with CF units: what is read back is what was written, bit for bit.

The file holds the trajectory, the books entry by entry and line by line, and the ribbons of the energy-flow picture, so that figures can
be drawn from it alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from .. import errors
from ..account.filed import filed
from ..account.saved import SavedRun

if TYPE_CHECKING:
    import xarray as xr

    from ..account.keep import Kept
    from ..account.lazy import Lazy
    from ..account.run import Run


def dataset(run: Run) -> xr.Dataset:
    """The run's data with its books: ``ledger_flow(entry, time)``, ``ledger_dissipation(process, time)``, ``ledger_exergy(store, time)``, where a
    law is not proved ``ledger_uphill_energy(process, time)`` and ``ledger_uphill_time(process, time)``, and the lines of the table,
    ``ledger_spent(time)`` and so on.
    """
    return filed(run)


def save(run: Run | Kept, path: str | Path) -> Path:
    """Write a run and its ledger, or what a scan kept, to a netCDF file; a lazy scan to a zarr folder, chunk by chunk.

    Folders are made as needed.  Called again with the same lazy scan, only the chunks that are missing are run.  Raises UnknownSuffix.
    """
    from ..account.keep import Kept

    lazy, zarr = hasattr(run, "recipe"), str(path).endswith(".zarr")
    if lazy != zarr:
        wanted = "a path that ends in .zarr, for a scan that runs chunk by chunk" if lazy else "a netCDF file, for a run"
        raise errors.UnknownSuffix(where="save(…)", wanted=wanted, got=str(path), advice="'scan.zarr'" if lazy else "'run.nc'")
    if lazy:
        from .zarr import write as write_zarr

        return write_zarr(cast("Lazy", run), path)
    return write(run.data if isinstance(run, Kept) else dataset(run), path)


def write(data: xr.Dataset, path: str | Path) -> Path:
    """Write what :func:`dataset` gave."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    data.to_netcdf(target, engine="h5netcdf")
    return target


def open_result(path: str | Path) -> xr.Dataset:
    """Read what :func:`save` wrote: a file into memory, a zarr folder as dask arrays.  Raises UnknownName (no such file), CorruptFile."""
    import xarray as xr

    source = Path(path)
    if source.is_dir() and (source / ".zgroup").is_file():
        opened: xr.Dataset = xr.open_zarr(source, consolidated=False)
        return opened
    if not source.is_file():
        near = errors.nearest(source.name, [p.name for p in source.parent.glob("*.nc")]) if source.parent.is_dir() else ""
        advice = near or f"bm.save(run, {str(source if source.suffix else source / 'run.nc')!r}) writes one"
        got = f"{str(path)!r}, which is {'a folder' if source.is_dir() else 'not there'}"
        raise errors.UnknownName(where="open_result(…)", wanted="a netCDF file", got=got, advice=advice)
    try:
        with xr.open_dataset(source, engine="h5netcdf", decode_timedelta=False) as opened:
            made = opened.load()
    except (OSError, ValueError, KeyError) as problem:
        got, advice = str(problem).splitlines()[0], "it may be cut short or of another format: run the model again and bm.save(run, …)"
        raise errors.CorruptFile(where=f"file {source.name}", wanted="a netCDF-4 file", got=got, advice=advice) from None
    if "model_hash" not in made.attrs:
        got, advice = "a netCDF file without model_hash", "open other files with xarray.open_dataset"
        raise errors.CorruptFile(where=f"file {source.name}", wanted="a result of biomembrane", got=got, advice=advice)
    return made


def open_run(path: str | Path) -> SavedRun:
    """A saved run that the figures draw like a fresh one.  Raises as :func:`open_result`."""
    return SavedRun(open_result(path))
