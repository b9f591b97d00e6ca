"""Lanes of a result by their labels, and its last values, for runs in memory and runs from files
alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import errors, units, user_text
from ..declare.parameter import whole
from ..solve.scan_grid import inside

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity

#: of a scan: numbers, quantities, text or dates, whatever its coordinates hold
Labels: TypeAlias = Any
NEAR = 1e-6  # of a label: how far from it the number may be that means it


def nearest_places(data: xr.Dataset, dims: Sequence[str], at: Mapping[str, Any]) -> dict[str, int]:
    """Positions along the scan's dimensions of the lane that is meant."""
    known = [d for d in dims if d in data.coords]
    for name in at:
        if name not in known:
            near = errors.nearest(name, known) or (
                "run.isel(…), by position" if dims else "leave sel out: the run is a single one"
            )
            advice = f"run.isel({name}=0), for it has no coordinate" if name in dims else near
            raise errors.UnknownName(
                where="run.sel(…)",
                wanted="a scan dimension with coordinates",
                got=errors.shown(name),
                advice=advice,
            )
    if at and set(at) != set(dims):
        some, every = ", ".join(f"{d}=…" for d in at), ", ".join(f"{d}=…" for d in dims)
        advice = (
            f"run.sel({every}); a part of the scan is drawn by"
            f" figures.response(run.data.sel({some}), …)"
        )
        raise errors.UnknownName(
            where="run.sel(…)",
            wanted="a label along each of: " + ", ".join(dims),
            got=", ".join(at),
            advice=advice,
        )
    return {name: _nearest(data[name], value, f"run.sel({name}=…)") for name, value in at.items()}


def _nearest(coord: xr.DataArray, value: Any, where: str) -> int:
    kind, labels = coord.dtype.kind, coord.values
    if kind not in "iuf":
        near = errors.nearest(value, [str(x) for x in labels]) or "print(run.data) shows the labels"
        return _one(
            np.asarray(_alike(labels, value)), coord.dims[0], errors.shown(value), near, where
        )
    unit = str(coord.attrs.get("units", "1"))
    if isinstance(value, str) or units.is_quantity(value):
        one = units.Q(1.0, units.from_udunits(unit))
        number, labels = float(units.scalar(value, units.dimension_of(one), where)), inside(coord)
    else:
        number = user_text.numbers(value)
        if not isinstance(number, float) or not np.isfinite(number):
            raise errors.NotANumber(
                where=where,
                wanted=f"one number in {unit}, or a quantity",
                got=errors.shown(value),
                advice="Q(5, 'mM')",
            )
    found, nearest = _at(np.asarray(labels, dtype=float), number)
    shown = "" if unit == "1" else f" {unit}"
    told = errors.shown(value) + (
        "" if isinstance(value, str) or units.is_quantity(value) else shown
    )
    return _one(
        found,
        coord.dims[0],
        told,
        f"the nearest label is {coord.values[nearest]:.6g}{shown}",
        where,
    )


def _alike(labels: Any, value: Any) -> Any:
    """Positions of the labels that are this one value."""
    try:
        one = np.asarray(value, dtype=labels.dtype if labels.dtype.kind in "mM" else None)
        return (
            np.flatnonzero(labels == value if labels.dtype.kind not in "mM" else labels == one)
            if one.ndim == 0
            else []
        )
    except Exception:  # noqa: BLE001  an object of someone else's, or text that is no date
        return []


def _at(labels: NDArray[np.float64], value: float) -> tuple[NDArray[np.int64], int]:
    """Positions of the label that is meant, and the nearest: off by a millionth of it at most, or
    of what lies between it and the next.
    """
    off = np.where(np.isnan(labels), np.inf, np.abs(labels - value))
    nearest = int(np.argmin(off))
    label = labels[nearest]
    apart = np.abs(labels[labels != label] - label)
    allowed = NEAR * max(
        abs(label),
        abs(value),
        float(np.nanmin(apart, initial=np.inf)) if np.isfinite(apart).any() else 0.0,
    )
    return np.flatnonzero((labels == label) & (off <= allowed)), nearest


def _one(found: NDArray[np.int64], dim: Any, told: str, advice: str, where: str) -> int:
    """The one position that bears a label."""
    if len(found) == 1:
        return int(found[0])
    if len(found):
        got, advice = f"{told}, the label of {len(found)} lanes", f"run.isel({dim}={found[0]})"
        raise errors.BadSettings(
            where=where, wanted="a label that one lane bears", got=got, advice=advice
        )
    raise errors.UnknownName(where=where, wanted="a label of the scan", got=told, advice=advice)


def positions(dims: Mapping[str, int], at: Mapping[str, Any]) -> dict[str, int]:
    """Positions along each dimension, counted from 0."""
    where = "run.isel(…)"
    if set(at) != set(dims):
        advice = (
            f"run.isel({', '.join(f'{d}=0' for d in dims)})"
            if dims
            else "leave isel out: the run is a single one"
        )
        raise errors.UnknownName(
            where=where,
            wanted="a position along each of: " + ", ".join(dims),
            got=", ".join(at) or "none",
            advice=advice,
        )
    for dim, k in at.items():
        whole(k, where, "integers as positions", f"{dim}=0; run.sel({dim}=…) takes a value")
    beyond = [f"{d}={at[d]} of {dims[d]}" for d in dims if not -dims[d] <= at[d] < dims[d]]
    if beyond:
        raise errors.OutOfDomain(
            where=where,
            wanted="positions inside the scan",
            got=", ".join(beyond),
            advice="count from 0",
        )
    return {d: range(dims[d])[at[d]] for d in dims}


def final(data: xr.Dataset, variable: str, dims: Sequence[str]) -> dict[str, Quantity]:
    """Last values by name, as quantities; what has no value is left out."""
    where, known = (
        f"run.final({errors.shown(variable)})",
        [str(n) for n, v in data.data_vars.items() if v.ndim - len(dims) == 2 and "time" in v.dims],
    )
    if not isinstance(variable, str) or variable not in known:
        raise errors.UnknownName(
            where=where,
            wanted="a variable of the run",
            got=errors.shown(variable),
            advice=errors.nearest(variable, known),
        )
    if dims:
        raise errors.BadSettings(
            where=where,
            wanted="one lane",
            got=f"a scan over {', '.join(dims)}",
            advice="run.isel(…) takes one lane",
        )
    last = data[variable].isel(time=-1)
    unit = units.from_udunits(last.attrs["units"])
    names = last[last.dims[0]].values
    return {
        str(n): units.Q(float(x), unit)
        for n, x in zip(names, last.values, strict=True)
        if np.isfinite(x)
    }
