"""Lanes of a result by label or position, and values at the end: of runs in memory and in files."""

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

#: labels of a scan: numbers, quantities, text or dates, whatever its coordinates hold
Labels: TypeAlias = Any
NEAR = 1e-6  # relative difference at which a number still means a label


def nearest_places(data: xr.Dataset, dims: Sequence[str], at: Mapping[str, Any]) -> dict[str, int]:
    """Positions along the scan's dimensions of the lane with these labels."""
    labelled = [d for d in dims if d in data.coords]
    for name in at:
        if name not in labelled:
            advice = errors.nearest(name, labelled) or (
                "run.isel(…), by position" if dims else "leave sel out: the run is a single one"
            )
            if name in dims:
                advice = f"run.isel({name}=0), for it has no coordinate"
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
    return {name: _position(data[name], value, f"run.sel({name}=…)") for name, value in at.items()}


def _position(coord: xr.DataArray, value: Any, where: str) -> int:
    """Position of a label along its dimension."""
    dim, labels, text = coord.dims[0], coord.values, errors.shown(value)
    if coord.dtype.kind not in "iuf":
        near = errors.nearest(value, [str(x) for x in labels]) or "print(run.data) shows the labels"
        return _only(np.asarray(_equal_labels(labels, value)), dim, text, near, where)
    unit = str(coord.attrs.get("units", "1"))
    shown_unit = "" if unit == "1" else f" {unit}"
    if isinstance(value, str) or units.is_quantity(value):
        dimension = units.dimension_of(units.Q(1.0, units.from_udunits(unit)))
        number, labels = float(units.scalar(value, dimension, where)), inside(coord)
    else:
        number, text = user_text.numbers(value), text + shown_unit
        if not isinstance(number, float) or not np.isfinite(number):
            raise errors.NotANumber(
                where=where,
                wanted=f"one number in {unit}, or a quantity",
                got=errors.shown(value),
                advice="Q(5, 'mM')",
            )
    places, nearest = _close_labels(np.asarray(labels, dtype=float), number)
    advice = f"the nearest label is {coord.values[nearest]:.6g}{shown_unit}"
    return _only(places, dim, text, advice, where)


def _equal_labels(labels: Any, value: Any) -> Any:
    """Positions of the labels that equal this one value."""
    try:
        dates = labels.dtype.kind in "mM"
        scalar = np.asarray(value, dtype=labels.dtype if dates else None)
        return np.flatnonzero(labels == (scalar if dates else value)) if scalar.ndim == 0 else []
    except Exception:  # noqa: BLE001  a foreign object, or text that is not a date
        return []


def _close_labels(labels: NDArray[np.float64], value: float) -> tuple[NDArray[np.int64], int]:
    """Positions of the label that a number means, and the position of the nearest.

    The number may be off by ``NEAR`` of the label or of the distance to the next one.
    """
    off = np.where(np.isnan(labels), np.inf, np.abs(labels - value))
    nearest = int(np.argmin(off))
    label = labels[nearest]
    distances = np.abs(labels[labels != label] - label)
    known = np.isfinite(distances).any()
    distance = float(np.nanmin(distances, initial=np.inf)) if known else 0.0
    allowed = NEAR * max(abs(label), abs(value), distance)
    return np.flatnonzero((labels == label) & (off <= allowed)), nearest


def _only(places: NDArray[np.int64], dim: Any, text: str, advice: str, where: str) -> int:
    """The only position with a label."""
    if len(places) == 1:
        return int(places[0])
    if len(places):
        raise errors.BadSettings(
            where=where,
            wanted="a label that one lane has",
            got=f"{text}, the label of {len(places)} lanes",
            advice=f"run.isel({dim}={places[0]})",
        )
    raise errors.UnknownName(where=where, wanted="a label of the scan", got=text, advice=advice)


def positions(dims: Mapping[str, int], at: Mapping[str, Any]) -> dict[str, int]:
    """Positions along each dimension, counted from 0."""
    where = "run.isel(…)"
    if set(at) != set(dims):
        example = f"run.isel({', '.join(f'{d}=0' for d in dims)})"
        raise errors.UnknownName(
            where=where,
            wanted="a position along each of: " + ", ".join(dims),
            got=", ".join(at) or "none",
            advice=example if dims else "leave isel out: the run is a single one",
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
    """Values at the end by name, as quantities; those without a value are left out."""
    where = f"run.final({errors.shown(variable)})"
    variables = [
        str(n) for n, v in data.data_vars.items() if v.ndim - len(dims) == 2 and "time" in v.dims
    ]
    if not isinstance(variable, str) or variable not in variables:
        raise errors.UnknownName(
            where=where,
            wanted="a variable of the run",
            got=errors.shown(variable),
            advice=errors.nearest(variable, variables),
        )
    if dims:
        raise errors.BadSettings(
            where=where,
            wanted="one lane",
            got=f"a scan over {', '.join(dims)}",
            advice="run.isel(…) takes one lane",
        )
    last = data[variable].isel(time=-1)
    members = last[last.dims[0]]
    own = last.coords.get(f"{last.dims[0]}_unit")  # of each member
    texts = [last.attrs["units"]] * len(members) if own is None else map(str, own.values)
    rows = zip(members.values, last.values, map(units.from_udunits, texts), strict=True)
    return {str(name): units.Q(float(x), unit) for name, x, unit in rows if np.isfinite(x)}
