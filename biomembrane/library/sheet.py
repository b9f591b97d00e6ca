"""Parameter sheets: one TOML file per paper, read as data into parameters with sources."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from .. import errors
from ..declare.parameter import Parameter
from ..declare.publication import Reference
from ..declare.source import Source
from ..units import Q

_DATA = Path(__file__).parent / "data"
# optional: a number, or text with a unit
_TEMPERATURE = ("q10", "activation_energy", "enthalpy", "at")
_FORM = (
    "the form of the library's sheets: [source] and [parameters.<name>] with value, unit, kind,"
    " where"
)


@dataclass(frozen=True)
class Sheet:
    """The numbers of one paper.

    ``sheet["K_d_Na_i"]`` is a :class:`~biomembrane.declare.parameter.Parameter`.
    """

    key: str
    source: Mapping[str, Any]
    entries: Mapping[str, Mapping[str, Any]]
    species: Mapping[str, Mapping[str, Any]]

    @cached_property
    def _parameters(self) -> dict[str, Parameter]:
        return {}

    def __getitem__(self, name: str) -> Parameter:
        if not isinstance(name, str) or name not in self._parameters:
            self._parameters[name] = self._read_parameter(name)
        return self._parameters[name]

    def _read_parameter(self, name: str) -> Parameter:
        errors.among(name, self.entries, f"sheet {self.key!r}", "one of its parameters")
        entry = self.entries[name]
        where = f"sheet {self.key!r}, {name}"
        for field in ("value", "unit", "kind"):
            if not isinstance(entry, Mapping) or field not in entry:
                raise errors.CorruptFile(
                    where=where,
                    wanted=_FORM,
                    got=f"no {field!r}",
                    advice=f"add a line '{field} = …' to [parameters.{name}]",
                )
        if not isinstance(entry["value"], (int, float, str)) or (
            isinstance(entry["value"], float) and not math.isfinite(entry["value"])
        ):
            got, advice = errors.shown(entry["value"]), "value = 1.5"
            raise errors.CorruptFile(where=where, wanted="a finite number", got=got, advice=advice)
        try:
            quantity = Q(entry["value"], entry["unit"])
            sd = Q(entry["sd"], entry["unit"]) if "sd" in entry else None
            warm = {key: entry[key] for key in _TEMPERATURE if key in entry}
            return Parameter(quantity, self._source(entry), sd, **warm)
        except errors.BiomembraneError as problem:
            advice = problem.advice or "compare it with a sheet of the library"
            raise errors.CorruptFile(
                where=where, wanted=problem.wanted, got=problem.got, advice=advice
            ) from None

    def _source(self, entry: Mapping[str, Any]) -> Source:
        return self.cited(
            str(entry["kind"]),
            **{f: str(entry.get(f, "")) for f in ("where", "preparation", "temperature", "note")},
        )

    def cited(self, kind: str, **texts: str) -> Source:
        """A source that cites this sheet's publication."""
        return Source(
            kind, self.citation, self.reference.doi, key=self.key, reference=self.reference, **texts
        )

    @cached_property
    def reference(self) -> Reference:
        """The publication, field by field."""
        return Reference.read(self.source, f"sheet {self.key!r}, [source]")

    @property
    def citation(self) -> str:
        """Authors, year and journal on one line."""
        return self.reference.citation

    def derived(self, value: float, unit: str, note: str, temperature: str = "") -> Parameter:
        """A number derived from this sheet; ``note`` says how."""
        source = self.cited("derived", note=note, temperature=temperature)
        return Parameter(Q(value, unit), source)

    @property
    def bibtex(self) -> str:
        """The entry for a bibliography."""
        return self.reference.bibtex


def sheet(name: str | Path) -> Sheet:
    """A sheet of the library by its key, or any file of the same form by its path.

    Args:
        name: the key, as ``"parent_1992"``, or the path of a TOML file.

    Raises:
        WrongType: neither text nor a path.
        UnknownName: neither a key nor a file.
        CorruptFile: a file that is no sheet.
    """
    if not isinstance(name, (str, Path)):
        raise errors.WrongType(
            where="sheet(…)",
            wanted="a key of the library or a path",
            got=errors.shown(name),
            advice="sheet('parent_1992')",
        )
    if isinstance(name, Path) or name.endswith(".toml"):
        path = Path(name)
    else:
        path = _DATA / f"{name}.toml"
    if not _is_file(path):
        keys = sorted(p.stem for p in path.parent.glob("*.toml"))
        check = "check the path, or give the library's key without '.toml'"
        raise errors.UnknownName(
            where="sheet(…)",
            wanted="a sheet of the library or a path to a TOML file",
            got=errors.shown(str(name)),
            advice=errors.nearest(path.stem, keys) or check,
        )
    return _read(path.read_bytes(), path.name)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file system holds
        return False


@lru_cache(maxsize=64)
def _read(data: bytes, file: str) -> Sheet:
    """A sheet by the content of its file, so that a changed file is read again."""
    advice = "compare it with a sheet of the library"
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise errors.CorruptFile(
            where=f"file {file}", wanted="a TOML file", got=str(problem)[:200], advice=advice
        ) from None
    tables = [content.get("source"), content.get("parameters", {}), content.get("species", {})]
    if not all(isinstance(table, dict) for table in tables) or "key" not in content["source"]:
        raise errors.CorruptFile(
            where=f"file {file}",
            wanted=_FORM,
            got="no [source] with a key" if "source" not in content else "another form",
            advice=advice,
        )
    key, parameters = str(content["source"]["key"]), content.get("parameters", {})
    sheet = Sheet(key, content["source"], parameters, content.get("species", {}))
    _ = sheet.reference  # raises what is wrong with it
    return sheet
