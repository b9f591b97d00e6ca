"""Parameters of a lazy scan split into the arrays that are scanned, also those in protocols, and
the rest; and joined again.
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
class Placeholder:
    """Stands for an array of the scan, by its name."""

    name: str


def _is_scanned(value: Any) -> bool:
    """Whether this is a labelled array of at least one dimension."""
    if units.is_quantity(value):
        return False
    labelled_array = hasattr(value, "dims") and hasattr(value, "coords")
    return labelled_array and bool(getattr(value, "ndim", 0))


def _protocol_numbers(name: str, protocol: Protocol) -> dict[str, Any]:
    """The numbers of a protocol under the names that they have in a result."""
    numbers = {f"{name}.{TIMES}{k + 1}": t for k, t in enumerate(protocol.times)}
    numbers |= {f"{name}.{VALUES}{k + 1}": v for k, v in enumerate(protocol.values)}
    return numbers | {f"{name}.{key}": value for key, value in protocol.quantities.items()}


def _with_numbers(name: str, protocol: Protocol, numbers: Mapping[str, Any]) -> Protocol:
    return replace(
        protocol,
        times=tuple(numbers[f"{name}.{TIMES}{k + 1}"] for k in range(len(protocol.times))),
        values=tuple(numbers[f"{name}.{VALUES}{k + 1}"] for k in range(len(protocol.values))),
        quantities={key: numbers[f"{name}.{key}"] for key in protocol.quantities},
    )


def all_values(parameters: Mapping[str, Any]) -> list[Any]:
    """Every value, also those in protocols."""
    plain = [value for value in parameters.values() if not isinstance(value, Protocol)]
    return plain + [
        number
        for name, value in parameters.items()
        if isinstance(value, Protocol)
        for number in _protocol_numbers(str(name), value).values()
    ]


def has_dask_arrays(parameters: Mapping[str, Any] | None) -> bool:
    """Whether some parameter is a dask array."""
    values = all_values(parameters) if isinstance(parameters, Mapping) else ()
    return any(
        hasattr(value, "to_dataset") and value.chunks is not None
        for value in values
        if not units.is_quantity(value)
    )


def split(
    model: Model, parameters: Mapping[str, Any]
) -> tuple[dict[str, xr.DataArray], dict[str, Any]]:
    """The arrays by name, in the order in which they were given, and all parameters with a
    :class:`Placeholder` for each array.
    """
    arrays: dict[str, xr.DataArray] = {}

    def replaced(name: str, value: Any) -> Any:
        if not _is_scanned(value):
            return value
        if "units" not in value.attrs and name in model.parameters:
            raise errors.BareNumber(
                where=f"parameters[{name!r}]",
                wanted="attrs={'units': …} on the DataArray",
                got="no units",
                advice=f"attrs={{'units': {model.parameter(name).unit!r}}}",
            )
        arrays[name] = labelled(value, f"parameters[{name!r}]")
        return Placeholder(name)

    template: dict[str, Any] = {}
    for name, value in parameters.items():
        model.parameter(name)
        if isinstance(value, Protocol):
            numbers = _protocol_numbers(name, value)
            numbers = {key: replaced(key, number) for key, number in numbers.items()}
            template[name] = _with_numbers(name, value, numbers)
        else:
            template[name] = replaced(name, value)
    return arrays, template


def placeholders(name: str, value: Any) -> list[Placeholder]:
    """The placeholders in the value of a parameter."""
    numbers = _protocol_numbers(name, value).values() if isinstance(value, Protocol) else [value]
    return [number for number in numbers if isinstance(number, Placeholder)]


def dataset_name(name: str, dims: Iterable[str]) -> str:
    """Name of an array in a Dataset: one over a dimension of its own name would be taken for a
    coordinate.
    """
    return f"value of {name}" if name in dims else name


def array_names(template: Mapping[str, Any]) -> list[str]:
    """Names of the arrays that placeholders stand for."""
    return [p.name for name, value in template.items() for p in placeholders(name, value)]


def join(template: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with arrays in place of the placeholders."""

    def filled(value: Any) -> Any:
        return arrays[value.name] if isinstance(value, Placeholder) else value

    parameters: dict[str, Any] = {}
    for name, value in template.items():
        if isinstance(value, Protocol):
            numbers = _protocol_numbers(name, value)
            numbers = {key: filled(number) for key, number in numbers.items()}
            parameters[name] = _with_numbers(name, value, numbers)
        else:
            parameters[name] = filled(value)
    return parameters


def typical(model: Model, name: str, array: xr.DataArray) -> xr.DataArray:
    """One typical value over the same dimensions, for what does not depend on the numbers."""
    import xarray as xr

    owner = next((p for p in model.parameters if name.startswith(f"{p}.{VALUES}")), name)
    p = model.parameters.get(owner)
    unit = array.attrs["units"]
    one = xr.DataArray(np.ones((1,) * array.ndim), dims=array.dims, attrs=array.attrs)
    units.labelled(one, f"parameters[{name!r}]")  # a wrong unit is told as if it were in memory
    number = 0.0 if f".{TIMES}" in name else 1.0
    if p is not None:
        dimension = units.dimension_of(units.Q(1.0, units.from_udunits(str(unit))))
        if dimension == p.dimension:
            unit, number = p.unit, units.restore(p.value, p.unit).magnitude
    return xr.DataArray(np.full((1,) * array.ndim, number), dims=array.dims, attrs={"units": unit})
