"""Parameters of a lazy scan taken apart into the arrays that are scanned, those in protocols among
them, and the rest; and put together again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..declare.protocol import Protocol
from ..solve.scan_grid import labelled
from ..solve.schedule import TIMES, VALUES

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Hole:
    """Where an array was, and under which name it is now."""

    name: str


def _over(value: Any) -> bool:
    """Whether this is a labelled array of more than one value to a name."""
    return (
        not units.is_quantity(value)
        and hasattr(value, "dims")
        and hasattr(value, "coords")
        and bool(getattr(value, "ndim", 0))
    )


def _parts(name: str, given: Protocol) -> dict[str, Any]:
    """The numbers of a protocol under the names that they have in a result."""
    made = {f"{name}.{TIMES}{k + 1}": t for k, t in enumerate(given.times)}
    made |= {f"{name}.{VALUES}{k + 1}": v for k, v in enumerate(given.values)}
    return made | {f"{name}.{key}": value for key, value in given.quantities.items()}


def _with(name: str, given: Protocol, parts: Mapping[str, Any]) -> Protocol:
    times = tuple(parts[f"{name}.{TIMES}{k + 1}"] for k in range(len(given.times)))
    values = tuple(parts[f"{name}.{VALUES}{k + 1}"] for k in range(len(given.values)))
    return replace(
        given,
        times=times,
        values=values,
        quantities={key: parts[f"{name}.{key}"] for key in given.quantities},
    )


def all_values(parameters: Mapping[str, Any]) -> list[Any]:
    """Every value, those in protocols too."""
    whole = [value for value in parameters.values() if not isinstance(value, Protocol)]
    return whole + [
        part
        for name, value in parameters.items()
        if isinstance(value, Protocol)
        for part in _parts(str(name), value).values()
    ]


def has_dask_arrays(parameters: Mapping[str, Any] | None) -> bool:
    """Whether some parameter is a dask array."""
    given = all_values(parameters) if isinstance(parameters, Mapping) else ()
    return any(
        hasattr(value, "to_dataset") and value.chunks is not None
        for value in given
        if not units.is_quantity(value)
    )


def apart(
    model: Model, parameters: Mapping[str, Any]
) -> tuple[dict[str, xr.DataArray], dict[str, Any]]:
    """The arrays by name, in the order in which they were given, and all parameters with a
    :class:`Hole` where an array was.
    """
    arrays: dict[str, xr.DataArray] = {}

    def taken(name: str, value: Any) -> Any:
        if not _over(value):
            return value
        if "units" not in value.attrs and name in model.parameters:
            advice = f"attrs={{'units': {model.parameter(name).unit!r}}}"
            raise errors.BareNumber(
                where=f"parameters[{name!r}]",
                wanted="attrs={'units': …} on the DataArray",
                got="no units",
                advice=advice,
            )
        arrays[name] = labelled(value, f"parameters[{name!r}]")
        return Hole(name)

    rest: dict[str, Any] = {}
    for name, value in parameters.items():
        model.parameter(name)
        if isinstance(value, Protocol):
            rest[name] = _with(
                name, value, {key: taken(key, part) for key, part in _parts(name, value).items()}
            )
        else:
            rest[name] = taken(name, value)
    return arrays, rest


def open_(value: Any) -> bool:
    """Whether an array is missing here."""
    return isinstance(value, Hole) or (
        isinstance(value, Protocol) and any(isinstance(x, Hole) for x in _parts("", value).values())
    )


def key(name: str, dims: Iterable[str]) -> str:
    """Under which name an array stands in a Dataset: one that runs over a dimension of its own name
    would be taken for a coordinate.
    """
    return f"value of {name}" if name in dims else name


def holes(rest: Mapping[str, Any]) -> list[str]:
    """Names of the arrays that are missing."""
    parts = {
        name: _parts(name, value).values() if isinstance(value, Protocol) else [value]
        for name, value in rest.items()
    }
    return [part.name for each in parts.values() for part in each if isinstance(part, Hole)]


def together(rest: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with their arrays."""

    def filled(value: Any) -> Any:
        return arrays[value.name] if isinstance(value, Hole) else value

    made: dict[str, Any] = {}
    for name, value in rest.items():
        whole = isinstance(value, Protocol)
        made[name] = (
            _with(name, value, {key: filled(part) for key, part in _parts(name, value).items()})
            if whole
            else filled(value)
        )
    return made


def standin(model: Model, name: str, array: xr.DataArray) -> xr.DataArray:
    """One value over the same dimensions, for what does not depend on the numbers."""
    import xarray as xr

    owner = next((p for p in model.parameters if name.startswith(f"{p}.{VALUES}")), name)
    p = model.parameters.get(owner)
    known = (
        p is not None
        and units.dimension_of(units.Q(1.0, units.from_udunits(str(array.attrs["units"]))))
        == p.dimension
    )
    number = (
        units.restore(p.value, p.unit).magnitude
        if p is not None and known
        else 0.0
        if f".{TIMES}" in name
        else 1.0
    )
    unit = p.unit if p is not None and known else array.attrs["units"]
    return xr.DataArray(np.full((1,) * array.ndim, number), dims=array.dims, attrs={"units": unit})
