"""The scan that labelled arrays of parameters span: its dimensions in order, names that it may not
take, and the coordinates of its lanes.

One rule for arrays in memory and for dask arrays.  Dimensions stand in the order in which the
parameters, as they were given, first name them.  A lane carries the coordinates that came with the
arrays and, under its dotted name, the value of every parameter that is scanned; a dimension without
coordinate is labelled by the first parameter that runs over it alone, in the unit in which it was
given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from .storable import check_attributes, check_labels

if TYPE_CHECKING:
    import xarray as xr

RESERVED = {  # names of the result's own dimensions, coordinates and variables
    "time", "pool", "pool_species", "pool_place", "pool_kind", "process", "transporter", "membrane",
    "compartment", "store", "entry", "electrode", "electrode_current", "event", "occurrence",
    "amount", "concentration", "potential", "volume", "pressure", "area", "flux", "affinity",
    "dissipation", "current", "reversal",
    "auxiliary", "open_fraction", "gate", "status", "end", "culprit", "chunk",
    "chunk_done", "species", "carrier", "component", "role", "place", "state", "state_unit",
    "state_end", "start_digest", "loop",
    "energy", "duration",
    "energy_share", "time_share", "pH",
    "steady_state", "mode", "stable", "eigenvalue_real", "eigenvalue_imag", "time_constant",
    "found", "special", "arclength",
}  # fmt: skip
_PREFIXES = (
    "ledger_", "entry_", "least_", "bath_", "loop_", "amount_", "concentration_", "potential_",
    "volume_", "pressure_", "area_", "flux_", "affinity_",
    "dissipation_", "current_", "reversal_", "auxiliary_", "open_fraction_", "pH_", "electrode_",
    "event_",
)  # fmt: skip
EXAMPLE = "bm.axis('K_o', [3, 5, 9], 'mM')"


def reserved(name: str) -> bool:
    """Whether a result has, or may come to have, something of its own under this name."""
    return name in RESERVED or name.startswith(_PREFIXES)


def labelled(value: Any, where: str) -> Any:
    """The DataArray itself if it spans a scan, None for a number.

    Raises what is wrong with it, its numbers apart.
    """
    if units.is_quantity(value) or not (hasattr(value, "dims") and hasattr(value, "attrs")):
        if getattr(getattr(value, "magnitude", value), "ndim", 0):
            raise unlabelled(where)
        return None
    if not hasattr(value, "coords") or not hasattr(value, "ndim"):
        got, advice = (
            f"an xarray.{type(value).__name__}",
            f"one of its variables, dataset['K'], or {EXAMPLE}",
        )
        raise errors.WrongType(where=where, wanted="an xarray.DataArray", got=got, advice=advice)
    if "units" not in value.attrs:
        raise errors.BareNumber(
            where=where,
            wanted="attrs={'units': …} on the DataArray",
            got="no units",
            advice=EXAMPLE,
        )
    if not value.size:
        got = f"an empty DataArray over {', '.join(map(str, value.dims))}"
        raise errors.BadSettings(where=where, wanted="at least one value", got=got, advice=EXAMPLE)
    if value.dtype.kind not in "iuf":
        content = "" if value.chunks is not None else f"{errors.shown(value.values)}, "
        got, advice = f"{content}of type {value.dtype}", "array.astype(float), if these are numbers"
        raise errors.NotANumber(
            where=where, wanted="real numbers as the array's values", got=got, advice=advice
        )
    return _flat(value) if value.ndim else None


def unlabelled(where: str) -> errors.BiomembraneError:
    """An array whose dimensions have no names."""
    wanted = "one quantity, or an array with a named dimension"
    return errors.NotANumber(
        where=where, wanted=wanted, got="an array without dimension names", advice=EXAMPLE
    )


def spread(model: Model, arrays: Mapping[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """The arrays over the dimensions of all, in one order; where they share a dimension, it must be
    the same.

    Raises BadName, BadSettings.
    """
    if not arrays:
        return {}
    import xarray as xr

    _named(model, arrays)
    first, *others = arrays.values()
    if all(a.dims == first.dims and a.shape == first.shape for a in others) and not any(
        a.indexes for a in arrays.values()
    ):
        return dict(arrays)  # nothing to meet
    order = list(dict.fromkeys(dim for a in arrays.values() for dim in a.dims))
    try:
        bare = [
            a.drop_attrs().drop_vars([name for name in a.coords if name not in a.indexes])
            for a in arrays.values()
        ]
        met = xr.broadcast(*xr.align(*bare, join="exact"))
    except (ValueError, xr.AlignmentError):
        raise _apart(arrays) from None
    return {name: array.transpose(*order) for name, array in zip(arrays, met, strict=True)}


def _named(model: Model, arrays: Mapping[str, xr.DataArray]) -> None:
    """Raise ``BadName`` unless the dimensions have names of their own."""
    where, advice = f"parameters {', '.join(map(repr, arrays))}", "for instance dims='K_o'"
    dims: Iterable[Any] = dict.fromkeys(dim for array in arrays.values() for dim in array.dims)
    for dim in dims:
        if not writable(dim):
            wanted = "scan dimensions named by text without blanks and '/', which no file holds"
            raise errors.BadName(where=where, wanted=wanted, got=errors.shown(dim), advice=advice)
        if reserved(dim):
            raise errors.BadName(
                where=where,
                wanted="scan dimensions of your own",
                got=f"the result's own {dim}",
                advice=advice,
            )
        if dim in model.parameters and not (dim in arrays and arrays[dim].dims == (dim,)):
            wanted = f"the dimension {dim} for the values of {dim} alone, or dimensions of your own"
            over = ", ".join(name for name, a in arrays.items() if dim in a.dims)
            raise errors.BadName(
                where=where, wanted=wanted, got=f"{over} over a dimension {dim}", advice=advice
            )


def writable(name: Any) -> bool:
    """Whether a file can hold a variable of this name."""
    return isinstance(name, str) and name.split() == [name] and "/" not in name


def _apart(arrays: Mapping[str, xr.DataArray]) -> errors.BiomembraneError:
    kinds: dict[str, set[str]] = {}
    for array in arrays.values():
        for dim in array.dims:
            labels = (
                np.asarray(array[dim].values).tolist()
                if dim in array.coords
                else f"of size {array.sizes[dim]}"
            )
            kinds.setdefault(str(dim), set()).add(
                errors.shown(labels, 60) if isinstance(labels, list) else labels
            )
    got = "; ".join(
        f"{dim} {' and '.join(sorted(values))}" for dim, values in kinds.items() if len(values) > 1
    )
    return errors.BadSettings(
        where=f"parameters {', '.join(map(repr, arrays))}",
        wanted="arrays whose shared dimensions have the same sizes and coordinates", got=got,
        advice="give scans that are independent of each other different dims=",
    )  # fmt: skip


# --- coordinates


def coordinates(
    model: Model, arrays: Mapping[str, xr.DataArray], forms: Mapping[str, str]
) -> dict[str, xr.Variable]:
    """Coordinates of the lanes; ``arrays`` as given, ``forms``: the unit in which a number is shown
    that is no parameter but a protocol's.

    Raises BadSettings where two arrays say different things under one name.
    """
    if not arrays:
        return {}
    import xarray as xr

    coords: dict[str, xr.Variable] = {}
    for name, array in arrays.items():
        for key, coord in array.coords.items():
            if (
                not reserved(str(key)) and key not in model.parameters
            ):  # left over from the run that the values were taken from
                _take(coords, key, coord.variable, name)
    for name, array in arrays.items():
        unit = model.parameter(name).unit if name in model.parameters else forms[name]
        facts = {"units": units.udunits(unit), "long_name": _long_name(model, name)}
        change = partial(
            _shown, given=str(array.attrs["units"]), unit=unit, where=f"parameters[{name!r}]"
        )
        change(np.ones(1))  # a wrong unit is told here, not in a worker
        data = (
            array.data.map_blocks(change, dtype=float)
            if array.chunks is not None
            else change(array.values)
        )
        coords[name] = xr.Variable(array.dims, data, facts)
    for name, array in arrays.items():
        told = {"long_name": array.attrs.get("long_name", "")}
        check_attributes(told, f"parameters[{name!r}]")
        if array.ndim == 1:
            dim = str(array.dims[0])
            facts = {
                "units": array.attrs["units"],
                "long_name": array.attrs.get("long_name", coords[name].attrs["long_name"]),
            }
            if dim not in coords or dim == name:
                index: Any = (
                    xr.IndexVariable
                )  # in the user's unit, so that a label is found by the number that was given
                coords[dim] = index(dim, np.asarray(array.values, dtype=float), facts)
            elif (
                "units" not in coords[dim].attrs
                and coords[dim].dtype.kind in "iuf"
                and np.array_equal(coords[dim].values, array.values)
            ):
                coords[dim] = coords[dim].copy(deep=False)
                coords[dim].attrs = facts | coords[dim].attrs
    order = list(dict.fromkeys(d for array in arrays.values() for d in array.dims))
    return {name: v.transpose(*(d for d in order if d in v.dims)) for name, v in coords.items()}


def values(coord: Any, unit: str) -> Any:
    """The numbers of a parameter that is scanned, in the unit in which the model shows it."""
    given = str(coord.attrs["units"])
    return (
        coord.values
        if given == units.udunits(unit)
        else _shown(coord.values, given=given, unit=unit, where="a coordinate")
    )


def inside(coord: Any) -> Any:
    """What a coordinate says: numbers with a unit that is known in the internal system, everything
    else as it is.
    """
    if coord.dtype.kind not in "iuf" or "units" not in coord.attrs:
        return coord.values
    try:
        given = units.Q(
            np.asarray(coord.values, dtype=float), units.from_udunits(str(coord.attrs["units"]))
        )
        return units.strip(given, units.dimension_of(given), "a coordinate")
    except errors.BiomembraneError:
        return coord.values


def _flat(array: xr.DataArray) -> xr.DataArray:
    """Without indexes of several levels, which no file holds: the levels stay as coordinates."""
    several = [dim for dim in array.dims if dim in array.indexes and array.indexes[dim].nlevels > 1]
    return array.reset_index(several).drop_vars(several, errors="ignore") if several else array


def _take(coords: dict[str, xr.Variable], key: Any, new: Any, name: str) -> None:
    if new.dtype.kind == "O" and all(isinstance(x, str) for x in new.values.ravel()):
        new = new.copy(deep=False, data=new.values.astype(str))
    if not writable(key):
        wanted, advice = (
            "coordinates named by text without blanks and '/', which no file holds",
            f"array.rename({{{key!r}: …}})",
        )
        raise errors.BadName(
            where=f"parameters[{name!r}]", wanted=wanted, got=errors.shown(key), advice=advice
        )
    check_labels(new, key, f"parameters[{name!r}]")
    where = f"parameters[{name!r}], coordinate {key}"
    check_attributes(new.attrs, where, dates=new.dtype.kind in "mM")
    if key not in coords:
        coords[key] = new.copy(deep=False)
    elif not new.equals(coords[key]):
        got, advice = (
            f"another {key} with {name} than with the arrays before it",
            f"array.drop_vars({key!r}) in one of them",
        )
        raise errors.BadSettings(
            where=f"parameters[{name!r}]",
            wanted=f"one coordinate {key} for all arrays",
            got=got,
            advice=advice,
        )
    else:
        coords[key].attrs = dict(new.attrs) | dict(coords[key].attrs)


def _long_name(model: Model, name: str) -> str:
    if name in model.parameters:
        return model.parameter(name).long_name or name
    parameter, _, key = name.rpartition(".")
    return (
        f"{re.sub('^(time|value)_', lambda found: found[1] + ' ', key)} of the protocol of"
        f" {parameter}"
    )


def _shown(values: Any, *, given: str, unit: str, where: str) -> Any:
    """Numbers in the ``given`` unit in the one in which the model shows them, as if they crossed
    the border and came back.
    """
    inside = units.strip(
        units.Q(np.asarray(values, dtype=float), units.from_udunits(given)),
        units.dimension_of(units.Q(1.0, unit)),
        where,
    )
    return np.asarray(units.restore(inside, unit).magnitude, dtype=float)
