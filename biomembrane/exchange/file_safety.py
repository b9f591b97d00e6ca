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

_ATTRIBUTES = 1 << 24  # bytes of JSON
_ROOM = 1 << 32  # bytes of one array that is read at once
_TYPES = (
    "float64",
    "float32",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
    "string",
)
_LINKED = {
    "DIMENSION_LIST",
    "REFERENCE_LIST",
}  # how netCDF-4 ties variables to dimensions: references within the file


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


def check_texts(file: Path, attributes: Mapping[Any, Any]) -> None:
    """Raise CorruptFile unless the attributes are a result's: a hash, a title, and JSON that can be
    read.
    """
    for name in ("model_hash", "title"):
        if not isinstance(attributes.get(name), str):
            got, advice = (
                f"no attribute {name} of text",
                "open other files with xarray.open_dataset",
            )
            raise refused(
                file,
                f"a netCDF file without {name}" if name not in attributes else got,
                advice=advice,
            )
    for name, text in attributes.items():
        if str(name).endswith("_json"):
            read = _json(file, str(name), text)
            if not _fits(str(name), read):
                raise refused(
                    file,
                    f"{name} of another form: {errors.shown(read)}",
                    advice="save the run again",
                )


def _json(file: Path, name: str, text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as problem:
        got = str(problem) if isinstance(problem, ValueError) else "no JSON"
        raise refused(
            file, f"{name}: {got}", wanted="attributes in JSON", advice="save the run again"
        ) from None


def _fits(name: str, read: Any) -> bool:
    """Whether an attribute that figures are drawn from has the form that they need."""
    if name == "flows_json":
        kinds: tuple[Any, ...] = (str, str, (int, float), str)
        rows = isinstance(read, list) and all(
            isinstance(row, list) and len(row) == len(kinds) for row in read
        )
        return rows and all(
            isinstance(value, kind) for row in read for value, kind in zip(row, kinds, strict=True)
        )
    if name in ("variables_json", "own_json"):
        return isinstance(read, list) and all(isinstance(v, str) for v in read)
    if name == "scanned_json":
        pieces = (
            [piece for each in read.values() if isinstance(each, list) for piece in each]
            if isinstance(read, dict)
            else [None]
        )
        whole = isinstance(read, dict) and all(isinstance(each, list) for each in read.values())
        return whole and all(
            isinstance(p, str) or (isinstance(p, dict) and isinstance(p.get("lane"), str))
            for p in pieces
        )
    if name == "labels_json":
        return isinstance(read, dict) and all(isinstance(v, str) for v in read.values())
    if name == "baths_json":
        inner = [v for v in read.values() if isinstance(v, dict)] if isinstance(read, dict) else []
        return (
            isinstance(read, dict)
            and len(inner) == len(read)
            and all(_is_numbers(x) for v in inner for x in v.values())
        )
    return name != "system_json" or _is_system(read)


def _is_numbers(read: Any) -> bool:
    """Whether it is a number, or nested lists of numbers, of a scan."""
    return (
        all(map(_is_numbers, read)) and bool(read)
        if isinstance(read, list)
        else isinstance(read, (int, float))
    )


def _is_system(read: Any) -> bool:
    """Whether it says of membranes, processes, species and transporters what
    :func:`biomembrane.results.labels.system` does.
    """
    parts: list[Any] = (
        [read.get(part) for part in ("membranes", "processes", "charges", "labels")]
        if isinstance(read, dict)
        else [None]
    )
    if not all(isinstance(part, dict) for part in parts):
        return False
    membranes, processes, charges, labels = (list(part.values()) for part in parts)
    sound = all(
        isinstance(m, list) and len(m) == 2 and all(isinstance(side, str) for side in m)
        for m in membranes
    )
    sound &= all(
        isinstance(p, list) and [type(x) for x in p] in ([str, float, dict], [str, int, dict])
        for p in processes
    )
    return (
        sound
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
        _attributes(file, opened.id)
        for name in opened:
            if not isinstance(opened.get(name, getlink=True), h5py.HardLink):
                raise refused(file, f"{name!r} is a link, to another file or place")
            if opened.get(name, getclass=True) is not h5py.Dataset:
                raise refused(file, f"{name!r} is no array")
            _array(file, name, opened[name].id)


def _array(file: Path, name: str, array: Any) -> None:
    import h5py

    made, kind = array.get_create_plist(), array.get_type()
    own = (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32)
    foreign = [
        made.get_filter(k) for k in range(made.get_nfilters()) if made.get_filter(k)[0] not in own
    ]
    if foreign:
        raise refused(file, f"{name!r} wants the filter {foreign[0][0]} to be loaded")
    if made.get_external_count() or made.get_layout() == h5py.h5d.VIRTUAL:
        raise refused(file, f"{name!r} lies in another file")
    if kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM):
        raise refused(file, f"{name!r} holds neither numbers nor text")
    _attributes(file, array)
    size = math.prod(array.shape) * kind.get_size()
    if size > 1100 * array.get_storage_size() + 65536 and not _dimension(
        array
    ):  # more than deflate can press together
        raise refused(
            file, f"{name!r} claims {size:.3g} bytes and holds {array.get_storage_size()}"
        )


def _dimension(array: Any) -> bool:
    """Whether this only holds the length of a dimension, and is not read."""
    import h5py

    if not h5py.h5a.exists(array, b"NAME"):
        return False
    return bytes(h5py.Dataset(array).attrs["NAME"]).startswith(
        b"This is a netCDF dimension but not a netCDF variable"
    )


def _attributes(file: Path, holder: Any) -> None:
    import h5py

    for index in range(h5py.h5a.get_num_attrs(holder)):
        attribute = h5py.h5a.open(holder, index=index)
        name, kind = attribute.name.decode(errors="replace"), attribute.get_type().get_class()
        if kind not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING) and name not in _LINKED:
            raise refused(file, f"the attribute {name!r} holds neither numbers nor text")
        if attribute.get_storage_size() > _ATTRIBUTES:
            raise refused(file, f"the attribute {name!r} has {attribute.get_storage_size()} bytes")


# --- zarr


class ZarrHeaders:
    """A folder in zarr format 3 as its headers tell it: ``arrays`` by name, ``attributes``; no
    chunk of it is read.

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
        seen = path.lstat().st_mode
        if stat.S_ISLNK(seen):
            raise refused(self.folder, f"{path.name!r} is a link")
        return stat.S_ISDIR(seen)

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
            seen = path.lstat()
            if not stat.S_ISREG(seen.st_mode) or seen.st_size > _ATTRIBUTES:
                raise refused(self.folder, f"{inside / 'zarr.json'} is a link, or too long")
            read = json.loads(path.read_bytes())
        except (OSError, RecursionError, UnicodeDecodeError, json.JSONDecodeError) as problem:
            advice = (
                "give another name, or remove it"
                if folder == self.folder
                else "save the scan again"
            )
            got = (
                f"{inside / 'zarr.json'}:"
                f" {'not there' if isinstance(problem, OSError) else 'no JSON'}"
            )
            raise refused(
                self.folder, got, wanted="a zarr folder of biomembrane", advice=advice
            ) from None
        if not isinstance(read, dict) or read.get("zarr_format") != 3:
            raise refused(self.folder, f"{inside / 'zarr.json'}: no zarr format 3")
        return read

    def _checked(self, path: Path) -> dict[str, Any]:
        """The header of an array that we could have written."""
        read, name = self._header(path), path.name
        codecs = read.get("codecs")
        named = (
            [c.get("name") if isinstance(c, dict) else None for c in codecs]
            if isinstance(codecs, list)
            else []
        )
        first = "vlen-utf8" if read.get("data_type") == "string" else "bytes"
        if named != [first, "zstd", "crc32c"] or read.get("storage_transformers"):
            raise refused(
                self.folder, f"{name!r} wants the codecs {', '.join(map(str, named)) or 'none'}"
            )
        if read.get("node_type") != "array" or read.get("data_type") not in _TYPES:
            raise refused(
                self.folder,
                f"{name!r} holds neither numbers nor text: {errors.shown(read.get('data_type'))}",
            )
        try:
            grid, keys = read["chunk_grid"], read["chunk_key_encoding"]
            shape, chunks = read["shape"], grid["configuration"]["chunk_shape"]
            sound = grid["name"] == "regular" and keys == {
                "name": "default",
                "configuration": {"separator": "/"},
            }
            sound &= len(shape) == len(chunks) == len(read.get("dimension_names") or ())
            sound &= all(type(n) is int and n >= 0 for n in shape) and all(
                type(n) is int and n > 0 for n in chunks
            )
            sound &= all(
                isinstance(d, str) for d in read.get("dimension_names") or ()
            ) and isinstance(read.get("attributes", {}), dict)
        except (KeyError, TypeError):
            sound = False
        if not sound or 8 * math.prod(chunks) > _ROOM:
            raise refused(self.folder, f"{name!r} has no sound shape")
        return read

    def chunk_files(self, array: str, at: Mapping[str, int] | None = None) -> Iterator[Path]:
        """Where the chunks of an array lie; with ``at``, those with these numbers along these
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
