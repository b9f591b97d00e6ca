"""One variable as it is drawn, and its name and unit in print."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .. import errors, units
from .print_format import pretty, unit_text
from .result_data import OWN, time_index
from .text_layout import TIE

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class Series:
    """One variable.

    ``values``: over ``time``, where it has one, and the dimensions of a scan; ``kind``: the title
    of its axis; ``total``: a sum of others; ``place``: of a pool, where the label does not say it.
    """

    label: str
    kind: str
    unit: str
    colour: str
    values: xr.DataArray
    total: bool = False
    place: str = ""

    @property
    def dims(self) -> tuple[str, ...]:
        """The scan dimensions."""
        return tuple(str(d) for d in self.values.dims if d not in OWN)

    @property
    def title(self) -> str:
        """'GLUT2: flux, written direction', 'Na⁺ in cell: concentration'."""
        label = f"{self.label} in {self.place}" if self.place else self.label
        if label.lower() in self.kind.lower():
            return self.kind
        return f"{label}: {self.kind[:1].lower()}{self.kind[1:]}"


def at_time(series: Series, at: Any, where: str) -> Series:
    """The series at the output time nearest to ``at``; the last one where it is None.

    Raises OutOfDomain, and as :func:`units.scalar`.
    """
    if "time" in series.values.dims:
        k = time_index(series.values.time, at, where)
        return replace(series, values=series.values.isel(time=k))
    if at is not None:
        raise errors.OutOfDomain(
            where=f"{where}, at=…",
            wanted="no time, for these values have none",
            got=errors.shown(at),
            advice="leave at= out",
        )
    return series


def parameter_title(name: str, labels: Mapping[str, str] | None = None) -> str:
    """A dotted name in print: 'bath K⁺', 'Na⁺ leak: permeability'."""
    place, dot, species = name.partition(".")
    if dot and labels and place in labels:
        return f"{labels[place]}: {species.replace('_', ' ')}"
    return f"{place} {pretty(species)}" if dot and pretty(species) != species else name


def with_unit(name: str, unit: str) -> str:
    """Name with unit in print; a pure number has none."""
    text = printed_unit(unit)
    return f"{name} ({unbroken(text)})" if text else name


def unbroken(text: str, before: str = "") -> str:
    """A number with its unit, or a unit, within which no line breaks."""
    return before + text.replace(" ", TIE)


def printed_unit(unit: str) -> str:
    """A unit of whatever spelling in print."""
    try:
        return unit_text(units.udunits(unit))
    except errors.BiomembraneError:
        return unit_text(unit)
