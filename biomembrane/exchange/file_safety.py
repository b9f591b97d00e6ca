"""What a file may hold before anything in it is decoded.

A file can come from anyone.  Some of what HDF5 and zarr can hold runs code or reaches out of the
file when it is read: filters that are loaded by name (numcodecs' ``pickle`` runs what it finds,
GHSA-jqc8-qjfv-5m6r), links to other files, arrays that lie in other files, sizes that no memory
holds.  :func:`biomembrane.save` writes none of it, so a file that has any is refused by its headers
alone.
"""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from .. import errors

_MAX_ATTRIBUTE = 1 << 24  # bytes of JSON
_MAX_CHUNK = 1 << 32  # bytes of one array that is read at once
_TYPES = (
    "float64", "float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "bool", "string",
)  # fmt: skip
# how netCDF-4 ties variables to dimensions: references within the file
_REFERENCES = {"DIMENSION_LIST", "REFERENCE_LIST"}


def refused(
    file: Path,
    got: str,
    *,
    wanted: str = "a result of biomembrane",
    advice: str = "do not open it, unless you know who made it",
) -> Any:
    """The error for a file that cannot be used."""
    return errors.CorruptFile(
        where=f"file {file.name[:120]}", wanted=wanted, got=got[:300], advice=advice
    )


def decoding() -> dict[str, Any]:
    """How xarray reads a file: dates that label a scan are dates, and "s" stays a unit of ours."""
    from xarray.coders import CFDatetimeCoder, CFTimedeltaCoder

    return {
        "decode_times": CFDatetimeCoder(),
        "decode_timedelta": CFTimedeltaCoder(decode_via_units=False, decode_via_dtype=True),
    }


def check_texts(file: Path, attributes: Mapping[Any, Any]) -> None:
    """Raise CorruptFile unless the attributes are a result's: a hash, a title, and JSON that can be
    read.
    """
    for name in ("model_hash", "title"):
        if not isinstance(attributes.get(name), str):
            present = name in attributes
            got = f"no attribute {name} of text" if present else f"a netCDF file without {name}"
            raise refused(file, got, advice="open other files with xarray.open_dataset")
    for name, text in attributes.items():
        if str(name).endswith("_json"):
            value = _json(file, str(name), text)
            if not _has_form(str(name), value):
                got = f"{name} of another form: {errors.shown(value)}"
                raise refused(file, got, advice="save the run again")


def _json(file: Path, name: str, text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as problem:
        got = str(problem) if isinstance(problem, ValueError) else "no JSON"
        raise refused(
            file, f"{name}: {got}", wanted="attributes in JSON", advice="save the run again"
        ) from None


def _has_form(name: str, value: Any) -> bool:
    """Whether an attribute that figures are drawn from has the form that they need."""
    if name == "flows_json":
        return isinstance(value, list) and all(map(_is_flow, value))
    if name in ("variables_json", "own_json"):
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if name == "scanned_json":
        return isinstance(value, dict) and all(
            isinstance(pieces, list) and all(map(_is_piece, pieces)) for pieces in value.values()
        )
    if name == "labels_json":
        return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
    if name == "baths_json":
        return isinstance(value, dict) and all(
            isinstance(solutes, dict) and all(map(_holds_numbers, solutes.values()))
            for solutes in value.values()
        )
    return name != "system_json" or _describes_system(value)


def _is_flow(row: Any) -> bool:
    """Whether it is a ribbon of the energy-flow figure: from, to, energy, label."""
    types: tuple[Any, ...] = (str, str, (int, float), str)
    return (
        isinstance(row, list)
        and len(row) == len(types)
        and all(isinstance(x, type_) for x, type_ in zip(row, types, strict=True))
    )


def _is_piece(piece: Any) -> bool:
    """Whether it is a piece of a scanned parameter's text: a string, or a name of a coordinate."""
    return isinstance(piece, str) or (
        isinstance(piece, dict) and isinstance(piece.get("lane"), str)
    )


def _holds_numbers(value: Any) -> bool:
    """Whether it is a number, or nested lists of numbers, of a scan."""
    if isinstance(value, list):
        return bool(value) and all(map(_holds_numbers, value))
    return isinstance(value, (int, float))


def _describes_system(value: Any) -> bool:
    """Whether it describes membranes, processes, species and transporters as
    :func:`biomembrane.results.labels.model_description` does.
    """
    parts: list[Any] = (
        [value.get(part) for part in ("membranes", "processes", "charges", "labels")]
        if isinstance(value, dict)
        else [None]
    )
    if not all(isinstance(part, dict) for part in parts):
        return False
    membranes, processes, charges, labels = (list(part.values()) for part in parts)
    valid = all(
        isinstance(m, list) and len(m) == 2 and all(isinstance(side, str) for side in m)
        for m in membranes
    )
    valid &= all(
        isinstance(p, list) and [type(x) for x in p] in ([str, float, dict], [str, int, dict])
        for p in processes
    )
    return (
        valid
        and all(isinstance(n, (int, float)) for p in processes for n in p[2].values())
        and all(isinstance(z, (int, float)) for z in charges)
        and all(isinstance(text, str) for text in labels)
    )


# --- HDF5


def check_hdf5(file: Path) -> None:
    """Raise CorruptFile unless an HDF5 file holds plain arrays and nothing that reaches out of
    it.
    """
    import h5py

    with h5py.File(file, "r") as opened:
        _check_attributes(file, opened.id)
        for name in opened:
            if not isinstance(opened.get(name, getlink=True), h5py.HardLink):
                raise refused(file, f"{name!r} is a link, to another file or place")
            if opened.get(name, getclass=True) is not h5py.Dataset:
                raise refused(file, f"{name!r} is no array")
            _check_array(file, name, opened[name].id)


def _check_array(file: Path, name: str, array: Any) -> None:
    import h5py

    properties, datatype = array.get_create_plist(), array.get_type()
    own = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
    filters = [properties.get_filter(k)[0] for k in range(properties.get_nfilters())]
    foreign = [code for code in filters if code not in own]
    if foreign:
        raise refused(file, f"{name!r} wants the filter {foreign[0]} to be loaded")
    if properties.get_external_count() or properties.get_layout() == h5py.h5d.VIRTUAL:
        raise refused(file, f"{name!r} lies in another file")
    plain = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM)
    if datatype.get_class() not in plain:
        raise refused(file, f"{name!r} holds neither numbers nor text")
    _check_attributes(file, array)
    size = math.prod(array.shape) * datatype.get_size()
    stored = array.get_storage_size()  # deflate compresses by less than 1100
    if size > 1100 * stored + 65536 and not _is_dimension_only(array):
        raise refused(file, f"{name!r} claims {size:.3g} bytes and holds {stored}")


def _is_dimension_only(array: Any) -> bool:
    """Whether this only holds the length of a dimension, and is not read."""
    import h5py

    if not h5py.h5a.exists(array, b"NAME"):
        return False
    return bytes(h5py.Dataset(array).attrs["NAME"]).startswith(
        b"This is a netCDF dimension but not a netCDF variable"
    )


def _check_attributes(file: Path, holder: Any) -> None:
    import h5py

    for index in range(h5py.h5a.get_num_attrs(holder)):
        attribute = h5py.h5a.open(holder, index=index)
        name, kind = attribute.name.decode(errors="replace"), attribute.get_type().get_class()
        plain = kind in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING)
        if not plain and name not in _REFERENCES:
            raise refused(file, f"the attribute {name!r} holds neither numbers nor text")
        if attribute.get_storage_size() > _MAX_ATTRIBUTE:
            raise refused(file, f"the attribute {name!r} has {attribute.get_storage_size()} bytes")


# --- zarr


class ZarrHeaders:
    """Headers of a folder in zarr format 3: ``arrays``, the header of each by name, and
    ``attributes`` of the whole.  No chunk is read.

    Raises CorruptFile for other formats, codecs and types than :func:`biomembrane.save` writes, and
    for links.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        group = self._header(folder)
        if group.get("node_type") != "group" or not isinstance(group.get("attributes", {}), dict):
            raise refused(folder, "no group of arrays")
        self.attributes: dict[str, Any] = group.get("attributes", {})
        self.arrays = {
            path.name: self._checked(path)
            for path in sorted(folder.iterdir())
            if path.name != "zarr.json" and self._is_folder(path)
        }

    def _is_folder(self, path: Path) -> bool:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            raise refused(self.folder, f"{path.name!r} is a link")
        return stat.S_ISDIR(mode)

    def _header(self, folder: Path) -> dict[str, Any]:
        path, inside = folder / "zarr.json", folder.relative_to(self.folder)
        if not path.exists() and (folder / ".zgroup").exists():
            raise refused(
                self.folder,
                "zarr format 2",
                wanted="zarr format 3",
                advice="save the scan again, under another name",
            )
        try:
            status = path.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_ATTRIBUTE:
                raise refused(self.folder, f"{inside / 'zarr.json'} is a link, or too long")
            header = json.loads(path.read_bytes())
        except (OSError, RecursionError, UnicodeDecodeError, json.JSONDecodeError) as problem:
            top = folder == self.folder
            advice = "give another name, or remove it" if top else "save the scan again"
            fault = "not there" if isinstance(problem, OSError) else "no JSON"
            wanted, got = "a zarr folder of biomembrane", f"{inside / 'zarr.json'}: {fault}"
            raise refused(self.folder, got, wanted=wanted, advice=advice) from None
        if not isinstance(header, dict) or header.get("zarr_format") != 3:
            raise refused(self.folder, f"{inside / 'zarr.json'}: no zarr format 3")
        return header

    def _checked(self, path: Path) -> dict[str, Any]:
        """The header of an array, if :func:`biomembrane.save` could have written it."""
        header, name = self._header(path), path.name
        codecs = header.get("codecs")
        names = (
            [c.get("name") if isinstance(c, dict) else None for c in codecs]
            if isinstance(codecs, list)
            else []
        )
        first = "vlen-utf8" if header.get("data_type") == "string" else "bytes"
        if names != [first, "zstd", "crc32c"] or header.get("storage_transformers"):
            raise refused(
                self.folder, f"{name!r} wants the codecs {', '.join(map(str, names)) or 'none'}"
            )
        if header.get("node_type") != "array" or header.get("data_type") not in _TYPES:
            raise refused(
                self.folder,
                f"{name!r} holds neither numbers nor text: {errors.shown(header.get('data_type'))}",
            )
        try:
            grid, key_encoding = header["chunk_grid"], header["chunk_key_encoding"]
            shape, chunks = header["shape"], grid["configuration"]["chunk_shape"]
            valid = grid["name"] == "regular" and key_encoding == {
                "name": "default",
                "configuration": {"separator": "/"},
            }
            valid &= len(shape) == len(chunks) == len(header.get("dimension_names") or ())
            valid &= all(type(n) is int and n >= 0 for n in shape) and all(
                type(n) is int and n > 0 for n in chunks
            )
            valid &= all(
                isinstance(d, str) for d in header.get("dimension_names") or ()
            ) and isinstance(header.get("attributes", {}), dict)
        except (KeyError, TypeError):
            valid = False
        if not valid or 8 * math.prod(chunks) > _MAX_CHUNK:
            raise refused(self.folder, f"{name!r} has no sound shape")
        return header

    def chunk_files(self, array: str, at: Mapping[str, int] | None = None) -> Iterator[Path]:
        """Files of the chunks of an array; with ``at``, of those with these numbers along these
        dimensions.
        """
        header = self.arrays[array]
        chunks = header["chunk_grid"]["configuration"]["chunk_shape"]
        counts = [-(-n // c) for n, c in zip(header["shape"], chunks, strict=True)]
        dims = header.get("dimension_names") or ()
        wanted = [
            [at[d]] if at and d in at else range(count)
            for d, count in zip(dims, counts, strict=True)
        ]
        for index in product(*wanted):
            yield self.folder.joinpath(array, "c", *map(str, index))
