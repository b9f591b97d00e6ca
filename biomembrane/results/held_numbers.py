"""Whether a result contains the numbers of an array that has the name of one of its variables.

xarray keeps name, ``units`` and ``long_name`` under arithmetic, so that Na/K is still called a
concentration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .schema import TABLE

if TYPE_CHECKING:
    import xarray as xr


def computed(data: xr.Dataset, value: xr.DataArray) -> bool:
    """Whether an array has the name of a variable of the table, and numbers that this result does
    not contain under that name: it was computed from others.
    """
    meaning = value.attrs.get("long_name")
    claimed = [name for name, v in TABLE.items() if value.name == name or meaning == v.long_name]
    return bool(claimed) and not any(
        contains(data[name], value) for name in claimed if name in data
    )


def contains(source: xr.DataArray, value: xr.DataArray) -> bool:
    """Whether each number of ``value`` is in ``source`` at the labels that ``value`` still has."""
    labels = {
        str(name): np.flatnonzero(source[name].values == coord.values)
        for name, coord in value.coords.items()
        if not coord.ndim and name in source.dims and name in source.coords
    }
    numbers = np.asarray(source.isel(labels).values, float).ravel()
    values = np.asarray(value.values, float).ravel()
    return bool((np.isin(values, numbers) | (np.isnan(values) & np.isnan(numbers).any())).all())
