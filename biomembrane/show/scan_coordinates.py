"""Coordinates of a scan as the axes of a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..declare.solute_names import dotted
from .result_data import OWN, unit_of
from .series import parameter_title, with_unit

if TYPE_CHECKING:
    import xarray as xr

    Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coordinate:
    """Numbers along a scan dimension; ``labels`` of transporters are used in the title."""

    dim: str
    name: str
    unit: str
    values: Array
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name and unit at an axis."""
        return with_unit(parameter_title(self.name, self.labels), self.unit)


def coordinate(
    array: xr.DataArray, name: str, where: str, labels: Mapping[str, str] | None = None
) -> Coordinate:
    """A scan dimension by its own name, or by a coordinate that runs over it alone, such as a
    dotted parameter.  Raises UnknownName, WrongType.
    """
    dims = [str(d) for d in array.dims if d not in OWN]
    dim_of = {
        str(c): str(v.dims[0]) for c, v in array.coords.items() if v.ndim == 1 and v.dims[0] in dims
    }
    allowed = list(dict.fromkeys([*dims, *dim_of]))
    if isinstance(name, str):
        name = next((each for each in dotted(name, ()) if each in allowed), name)
    errors.among(name, allowed, where, "a scan dimension, or a coordinate along one")
    dim = name if name in dims else dim_of[name]
    along = name if name in array.coords else next((c for c, d in dim_of.items() if d == dim), None)
    if along is None:
        raise errors.WrongType(
            where=where,
            wanted="a dimension with a coordinate of numbers",
            got=f"{dim} without one",
            advice=f"coords={{{dim!r}: …}} in the arrays that are scanned",
        )
    numbers = array[along]
    if numbers.dtype.kind not in "iuf":
        raise errors.WrongType(
            where=where,
            wanted="a coordinate of numbers",
            got=f"{along} of {'text' if numbers.dtype.kind in 'UOST' else numbers.dtype.name}",
            advice="give another coordinate",
        )
    if along == dim:  # a dotted parameter says more than the name of a dimension
        along = next(
            (
                c
                for c, d in dim_of.items()
                if d == dim and "." in c and np.array_equal(array[c].values, numbers.values)
            ),
            along,
        )
    values = np.asarray(numbers.values, float)
    return Coordinate(dim, str(along), unit_of(array[along]), values, labels or {})


def spaced_by_ratios(values: Array) -> bool:
    """Whether numbers are spaced by ratios rather than by differences, over a factor of five or
    more.
    """
    v = np.sort(np.unique(values[np.isfinite(values)]))
    if v.size < 3 or v[0] <= 0 or v[-1] < 5 * v[0]:
        return False
    steps, ratios = np.diff(v), np.diff(np.log(v))
    return bool(np.std(ratios) / np.mean(ratios) < 0.7 * np.std(steps) / np.mean(steps))
