"""What a zarr folder of a scan holds: the list of its chunks, which of them are complete, and
whether headers and checksums are those that were written.

The folder is zarr format 3; every chunk ends in its CRC-32C.  A chunk of the scan counts as done
when it is marked so in ``chunk_done``, which is written after everything else of it, and when all
its files are there.
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from .. import errors
from .file_safety import ZarrHeaders, refused

CHUNK_DONE = "chunk_done"  # the array of marks; its attributes describe the scan
SCAN = "scan_json"  # attribute: fingerprint, and the scan's dimensions with their chunks
HEADER_CHECKSUM = "headers_sha256"  # attribute: of all headers, which never change once written
_CRC_BYTES = 4


def dimension_names(headers: ZarrHeaders, array: str) -> list[str]:
    """Names of the dimensions of an array; a number beside the scan has none."""
    return list(headers.arrays[array].get("dimension_names") or ())


def _chunk_shape(headers: ZarrHeaders, array: str) -> list[int]:
    return list(headers.arrays[array]["chunk_grid"]["configuration"]["chunk_shape"])


def scan_description(headers: ZarrHeaders) -> dict[str, Any]:
    """Fingerprint, dimensions (size and chunk of each) and arrays of the scan, as they were
    written, once they fit the arrays that are there.

    Raises CorruptFile.
    """
    folder, advice = headers.folder, "give another name, or remove it"
    attributes = headers.arrays.get(CHUNK_DONE, {}).get("attributes", {})
    try:
        scan = json.loads(attributes[SCAN])
        fingerprint, dims, arrays = scan["fingerprint"], scan["dims"], scan["arrays"]
        valid = isinstance(fingerprint, str) and all(
            isinstance(n, int) and isinstance(c, int) and 0 < c <= n for n, c in dims.values()
        )
        count = np.prod([-(-n // c) for n, c in dims.values()], dtype=object)
        valid = (
            valid
            and headers.arrays[CHUNK_DONE]["shape"] == [count]
            and headers.arrays[CHUNK_DONE]["chunk_grid"]["configuration"]["chunk_shape"] == [1]
        )
        absent = sorted(set(map(str, arrays)) - set(headers.arrays))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise refused(
            folder, "no list of its chunks", wanted="a scan of biomembrane", advice=advice
        ) from None
    sizes = [
        (d, n)
        for name, header in headers.arrays.items()
        for d, n in zip(dimension_names(headers, name), header["shape"], strict=True)
    ]
    valid = valid and all(n == dims[d][0] for d, n in sizes if d in dims)
    if absent:
        got = f"no array {absent[0]!r}"
        raise refused(folder, got, wanted="a scan of biomembrane", advice=advice)
    if not valid:
        got = "arrays of another shape than its list of chunks says"
        raise refused(folder, got, wanted="a scan of biomembrane", advice=advice)
    return dict(scan)


# --- headers


def _checksum_of_headers(headers: ZarrHeaders) -> str:
    """Of all headers except the attribute that holds it: zarr has a checksum for chunks, none for
    names, shapes, units and fill values.
    """
    marks = headers.arrays[CHUNK_DONE]
    attributes = {
        name: value for name, value in marks["attributes"].items() if name != HEADER_CHECKSUM
    }
    arrays = headers.arrays | {CHUNK_DONE: marks | {"attributes": attributes}}
    text = json.dumps([headers.attributes, arrays], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_header_checksum(folder: Path) -> None:
    """Add the checksum of the headers to the attributes of ``chunk_done``."""
    path = folder / CHUNK_DONE / "zarr.json"
    header = json.loads(path.read_bytes())
    header["attributes"][HEADER_CHECKSUM] = _checksum_of_headers(ZarrHeaders(folder))
    path.write_text(json.dumps(header, indent=2), encoding="utf-8")


def check_headers(headers: ZarrHeaders, advice: str) -> None:
    """Raise CorruptFile unless the headers are those that were written."""
    written = headers.arrays[CHUNK_DONE]["attributes"].get(HEADER_CHECKSUM)
    if written != _checksum_of_headers(headers):
        raise refused(
            headers.folder,
            "headers that are not what was written",
            wanted="a zarr folder of biomembrane",
            advice=advice,
        )


# --- chunks


def files_exist(
    headers: ZarrHeaders, array: str, at: Mapping[str, int] | None = None
) -> Iterator[bool]:
    """Of each chunk of an array, or of those with these numbers along these dimensions, whether its
    file is there.  Raises CorruptFile for a link.
    """
    for path in headers.chunk_files(array, at):
        try:
            status = path.lstat()
        except OSError:
            yield False
        else:
            if not stat.S_ISREG(status.st_mode):
                name = path.relative_to(headers.folder)
                raise refused(headers.folder, f"{name} is a link, or no file")
            yield status.st_size > _CRC_BYTES


def checksum_matches(path: Path) -> bool:
    """Whether a chunk's file ends in the CRC-32C of the bytes before it."""
    from google_crc32c import value

    data = path.read_bytes()
    return int(value(data[:-_CRC_BYTES])) == int.from_bytes(data[-_CRC_BYTES:], "little")


def complete_chunks(
    headers: ZarrHeaders, scan: Mapping[str, Any], *, read: bool = False
) -> Iterator[bool]:
    """Of each chunk of the scan whether all its files are there; with ``read`` also whether their
    checksums match.
    """
    dims: dict[str, tuple[int, int]] = scan["dims"]
    arrays = [
        name
        for name in headers.arrays
        if name != CHUNK_DONE and set(dims) & set(dimension_names(headers, name))
    ]
    chunked_along = {
        name: [
            d
            for d, c in zip(
                dimension_names(headers, name), _chunk_shape(headers, name), strict=True
            )
            if d in dims and c == dims[d][1]
        ]
        for name in arrays
    }
    matches: dict[Path, bool] = {}
    for index in product(*(range(-(-n // c)) for n, c in dims.values())):
        number, complete = dict(zip(dims, index, strict=True)), True
        for name in arrays:
            at = {d: number[d] for d in chunked_along[name]}
            complete = complete and all(files_exist(headers, name, at))
            for path in headers.chunk_files(name, at) if complete and read else ():
                if path not in matches:
                    matches[path] = checksum_matches(path)
                complete = complete and matches[path]
        yield complete


def marked_chunks(headers: ZarrHeaders) -> list[bool]:
    """Of each chunk whether it is marked as done; one whose mark cannot be read is not."""
    import zarr

    array: Any = zarr.open_group(headers.folder, mode="r")[CHUNK_DONE]
    marks = []
    for number in range(array.shape[0]):
        try:
            marks.append(bool(array[number]))
        except (OSError, ValueError, RuntimeError):
            marks.append(False)
    return marks


def fixed_arrays(headers: ZarrHeaders, scan: Mapping[str, Any]) -> list[str]:
    """Arrays that no chunk of the scan writes to."""
    return [
        name
        for name in headers.arrays
        if name != CHUNK_DONE and not set(scan["dims"]) & set(dimension_names(headers, name))
    ]


def require_zarr(where: str) -> None:
    """Raise NeedsExtra unless dask and zarr are installed."""
    try:
        import zarr  # noqa: F401
        from dask.delayed import delayed  # noqa: F401
    except ImportError as problem:
        advice = "pip install 'biomembrane[sweep]'"
        raise errors.NeedsExtra(
            where=where, wanted="dask and zarr", got=str(problem), advice=advice, extra="sweep"
        ) from None
