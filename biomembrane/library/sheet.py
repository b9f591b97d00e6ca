"""Parameter sheets: one TOML file a paper, read as data and turned into parameters with sources."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from .. import errors
from ..declare.parameter import Parameter, Source
from ..declare.publication import Reference
from ..units import Q

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
    def _made(self) -> dict[str, Parameter]:
        return {}

    def __getitem__(self, name: str) -> Parameter:
        if not isinstance(name, str) or name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Parameter:
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
            return Parameter(quantity, self._source(entry), sd)
        except errors.BiomembraneError as problem:
            advice = problem.advice or "compare it with a sheet of the library"
            raise errors.CorruptFile(
                where=where, wanted=problem.wanted, got=problem.got, advice=advice
            ) from None

    def _source(self, entry: Mapping[str, Any]) -> Source:
        return self.told(
            str(entry["kind"]),
            **{f: str(entry.get(f, "")) for f in ("where", "preparation", "temperature", "note")},
        )

    def told(self, kind: str, **texts: str) -> Source:
        """A source that names this sheet's publication."""
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

    def derived(self, value: float, unit: str, note: str) -> Parameter:
        """A number worked out from this sheet; ``note`` says how."""
        return Parameter(Q(value, unit), self.told("derived", note=note))

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
    path = (
        Path(name)
        if isinstance(name, Path) or str(name).endswith(".toml")
        else Path(str(files(__package__) / "data" / f"{name}.toml"))
    )
    if not _there(path):
        known = sorted(p.stem for p in path.parent.glob("*.toml"))
        advice = (
            errors.nearest(path.stem, known)
            or "check the path, or give the library's key without '.toml'"
        )
        raise errors.UnknownName(
            where="sheet(…)",
            wanted="a sheet of the library or a path to a TOML file",
            got=errors.shown(str(name)),
            advice=advice,
        )
    return _read(path.read_bytes(), path.name)


def _there(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file system holds
        return False


@lru_cache(maxsize=64)
def _read(content: bytes, file: str) -> Sheet:
    """A sheet by what stands in it: a file that has changed is read anew."""
    try:
        read = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise errors.CorruptFile(
            where=f"file {file}",
            wanted="a TOML file",
            got=str(problem)[:200],
            advice="compare it with a sheet of the library",
        ) from None
    tables = [read.get("source"), read.get("parameters", {}), read.get("species", {})]
    if not all(isinstance(t, dict) for t in tables) or "key" not in read["source"]:
        raise errors.CorruptFile(
            where=f"file {file}",
            wanted=_FORM,
            got="no [source] with a key" if "source" not in read else "another form",
            advice="compare it with a sheet of the library",
        )
    parsed_sheet = Sheet(
        str(read["source"]["key"]),
        read["source"],
        read.get("parameters", {}),
        read.get("species", {}),
    )
    _ = parsed_sheet.reference  # says what is wrong with it
    return parsed_sheet
