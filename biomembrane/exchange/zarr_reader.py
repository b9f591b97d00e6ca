"""Scans read from zarr folders, as dask arrays; what was not run is marked as cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..results import schema
from ..solve.status import Outcome
from .atomic_files import reason
from .file_safety import ZarrHeaders, check_texts, decoding, refused
from .zarr_folder import (
    CHUNK_DONE,
    check_headers,
    complete_chunks,
    files_exist,
    fixed_arrays,
    marked_chunks,
    require_zarr,
    scan_description,
)

if TYPE_CHECKING:
    import xarray as xr

_AGAIN = "save the scan again, under another name"
_DAMAGE = (  # what zarr and xarray raise for a folder that is not what it should be
    OSError, ValueError, KeyError, TypeError, IndexError, RuntimeError, OverflowError, MemoryError,
    AttributeError,
)  # fmt: skip


def read(folder: Path) -> xr.Dataset:
    """A zarr folder that :func:`~biomembrane.exchange.zarr_writer.write` wrote, as dask arrays.
    Lanes of chunks that are missing are marked as cancelled, and their numbers are NaN.

    Raises NeedsExtra, CorruptFile; warns with ``Incomplete``.
    """
    require_zarr(f"open_result({str(folder)!r})")
    headers = ZarrHeaders(folder)
    scan = scan_description(headers)
    check_texts(folder, headers.attributes)
    check_headers(headers, _AGAIN)
    lost = [name for name in fixed_arrays(headers, scan) if not all(files_exist(headers, name))]
    if lost:
        raise refused(folder, f"{lost[0]!r} is missing", advice=_AGAIN)
    try:
        data = _opened(folder)
        done = np.logical_and(marked_chunks(headers), list(complete_chunks(headers, scan)))
    except errors.BiomembraneError:
        raise
    except _DAMAGE as problem:
        wanted, advice = "a zarr folder of biomembrane", "save the scan again"
        raise refused(folder, reason(problem), wanted=wanted, advice=advice) from None
    data = schema.ordered(data, list(scan["dims"]))
    for fault in schema.faults(data):
        raise refused(folder, fault, advice=_AGAIN)
    return data if done.all() else _with_cancelled_lanes(data, done, scan, folder)


def _opened(folder: Path) -> xr.Dataset:
    """The arrays, unread except for texts, which have numpy's type for text."""
    import xarray as xr

    data: xr.Dataset = xr.open_zarr(folder, consolidated=False, **decoding())
    texts = {
        name: v.copy(data=np.asarray(v.values, dtype=object).astype(str))
        for name, v in data.variables.items()
        if v.dtype.kind in "OT"
    }
    data = data.assign({name: v for name, v in texts.items() if name in data.data_vars})
    return data.assign_coords({name: v for name, v in texts.items() if name in data.coords})


def _with_cancelled_lanes(
    data: xr.Dataset, done: NDArray[np.bool_], scan: Mapping[str, Any], folder: Path
) -> xr.Dataset:
    """Lanes of chunks that are not done have the status 'cancelled' and NaN; a warning says so."""
    import xarray as xr

    dims = list(scan["dims"])
    sizes, chunks = ([scan["dims"][d][k] for d in dims] for k in (0, 1))
    grid = done.reshape([-(-n // c) for n, c in zip(sizes, chunks, strict=True)])
    for axis, (n, c) in enumerate(zip(sizes, chunks, strict=True)):
        grid = np.repeat(grid, c, axis=axis).take(range(n), axis=axis)
    lanes = xr.DataArray(grid, dims=dims)
    share = f"{int(done.sum())} of {done.size} chunks"
    text = (
        f"{folder.name}: {share} are done; the other lanes are marked 'cancelled'."
        " bm.save(scan, …) with the same scan runs what is missing"
    )
    errors.warned(text, errors.Incomplete)
    marked = data.assign(
        {CHUNK_DONE: data[CHUNK_DONE].copy(data=done.astype(data[CHUNK_DONE].dtype))}
    )
    for name, v in data.data_vars.items():
        if set(dims) <= set(v.dims) and (name == "status" or v.dtype.kind == "f"):
            blank = np.asarray(_blank(v) if name == "status" else np.nan).astype(v.dtype)
            marked[name] = v.where(lanes, blank).transpose(*v.dims).assign_attrs(v.attrs)
    return marked.assign_attrs(incomplete=share)


def _blank(status: xr.DataArray) -> int | str:
    """'cancelled' as a status holds it: as a number, in older folders in words."""
    cancelled = Outcome.CANCELLED
    return cancelled.code if status.dtype.kind in "iu" else cancelled.value
