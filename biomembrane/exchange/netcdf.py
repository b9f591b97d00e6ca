"""Results as netCDF-4 with CF units: what is read back is what was written, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors

if TYPE_CHECKING:
    import xarray as xr

    from ..account.run import Run


def dataset(run: Run) -> xr.Dataset:
    """The run's data with its books: ``ledger_flow(entry, time)``, ``ledger_dissipation(process, time)`` and ``ledger_exergy(store, time)``."""
    flow = run.ledger.flow.rename({c: f"entry_{c}" for c in ("process", "transporter", "store", "species", "place", "role", "component", "carrier")})
    return run.data.assign(ledger_flow=flow, ledger_dissipation=run.ledger.dissipation, ledger_exergy=run.ledger.exergy)


def save(run: Run, path: str | Path) -> Path:
    """Write a run and its ledger to a netCDF file; folders are made as needed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    dataset(run).to_netcdf(target, engine="h5netcdf")
    return target


def open_result(path: str | Path) -> xr.Dataset:
    """Read what :func:`save` wrote, into memory.  Raises UnknownName (no such file), CorruptFile."""
    import xarray as xr

    source = Path(path)
    if not source.is_file():
        near = errors.nearest(source.name, [p.name for p in source.parent.glob("*.nc")]) if source.parent.is_dir() else ""
        raise errors.UnknownName(where="open_result(…)", wanted="a netCDF file", got=str(path), advice=near)
    try:
        with xr.open_dataset(source, engine="h5netcdf", decode_timedelta=False) as opened:
            made = opened.load()
    except (OSError, ValueError, KeyError) as problem:
        raise errors.CorruptFile(where=f"file {source.name}", wanted="a netCDF-4 file", got=str(problem).splitlines()[0]) from None
    if "model_hash" not in made.attrs:
        raise errors.CorruptFile(where=f"file {source.name}", wanted="a result of biomembrane", got="a netCDF file without model_hash")
    return made
