"""Parameter sets: names to lanes.  Arrays are labelled by xarray and broadcast by the names of their dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..declare.parameter import check_domain

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


RESERVED = {  # names of the result's own dimensions, coordinates and variables
    "time", "pool", "pool_species", "pool_place", "pool_kind", "process", "transporter", "membrane", "compartment", "store", "entry",
    "amount", "concentration", "potential", "volume", "flux", "affinity", "dissipation", "status", "end",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """``values`` (parameter,) for one run or (parameter, lane) for a scan, in the internal system.

    ``dims``: sizes of the scan's dimensions, whose product is the number of lanes; ``coords``: their coordinates as xarray variables;
    ``changed``: the names that were given.
    """

    values: NDArray[np.float64]
    dims: dict[str, int]
    coords: dict[str, Any]
    changed: tuple[str, ...]

    @property
    def lanes(self) -> int | None:
        return int(np.prod(list(self.dims.values()))) if self.dims else None


def resolve(model: Model, given: Mapping[str, Any] | None) -> ParameterSet:
    """Check names, units, finiteness and domains, and lay the sets out in lanes.

    Raises UnknownName, BareNumber, UnitMismatch, NotFinite, OutOfDomain, NotANumber.
    """
    base = np.array([p.value for p in model.parameters.values()])
    if given is not None and not isinstance(given, Mapping):
        advice = "parameters={'blood.K': Q(10, 'mM')}"
        raise errors.WrongType(where="simulate(parameters=…)", wanted="{dotted name: quantity or DataArray}", got=errors.shown(given), advice=advice)
    fixed: dict[str, float] = {}
    arrays: dict[str, xr.DataArray] = {}
    for name, value in (given or {}).items():
        p = model.parameter(name)
        where = f"parameters[{name!r}]"
        array = _labelled(value, where)
        number = units.strip(value, p.dimension, where)
        if array is None and np.ndim(number):
            raise _unlabelled(where)
        for x in (float(np.min(number)), float(np.max(number))):  # every domain is an interval
            check_domain(x, p.domain, where, errors.shown(units.restore(x, p.unit)))
        if array is None:
            fixed[name] = float(number)
        else:
            arrays[name] = array.copy(data=number)
    index = {n: i for i, n in enumerate(model.parameters)}
    for name, x in fixed.items():
        base[index[name]] = x
    if not arrays:
        return ParameterSet(base, {}, {}, tuple(fixed))
    spread = _broadcast(arrays)
    dims = {str(k): v for k, v in spread[0].sizes.items()}
    values = np.repeat(base[:, None], int(np.prod(list(dims.values()))), axis=1)
    for name, array in zip(arrays, spread, strict=True):
        values[index[name]] = array.transpose(*dims).values.ravel()
    return ParameterSet(values, dims, _coords(model, arrays), (*fixed, *arrays))


def _broadcast(arrays: Mapping[str, xr.DataArray]) -> tuple[xr.DataArray, ...]:
    """The arrays spread over the dimensions of all; where they share one, it must be the same."""
    import xarray as xr

    where = f"parameters {', '.join(map(repr, arrays))}"
    reserved = {str(dim) for array in arrays.values() for dim in array.dims} & RESERVED
    if reserved:
        got = f"the result's own {', '.join(sorted(reserved))}"
        raise errors.BadName(where=where, wanted="scan dimensions of your own", got=got, advice="for instance dims='K_o'")
    try:
        return xr.broadcast(*xr.align(*(a.drop_attrs() for a in arrays.values()), join="exact"))
    except (ValueError, xr.AlignmentError):
        kinds: dict[str, set[str]] = {}
        for array in arrays.values():
            for dim in array.dims:
                labels = np.asarray(array[dim].values).tolist() if dim in array.coords else f"of size {array.sizes[dim]}"
                kinds.setdefault(str(dim), set()).add(errors.shown(labels, 60) if isinstance(labels, list) else labels)
        got = "; ".join(f"{dim} {' and '.join(sorted(values))}" for dim, values in kinds.items() if len(values) > 1)
        raise errors.BadSettings(
            where=where, wanted="arrays whose shared dimensions have the same sizes and coordinates", got=got,
            advice="give scans that are independent of each other different dims=",
        ) from None  # fmt: skip


_EXAMPLE = "xr.DataArray(values, dims='K_o', attrs={'units': 'mM'})"


def _labelled(value: Any, where: str) -> Any:
    if hasattr(value, "dims") and hasattr(value, "attrs"):
        if not hasattr(value, "coords") or not hasattr(value, "ndim"):
            got, advice = f"an xarray.{type(value).__name__}", f"one of its variables, dataset['K'], or {_EXAMPLE}"
            raise errors.WrongType(where=where, wanted="an xarray.DataArray", got=got, advice=advice)
        if "units" not in value.attrs:
            raise errors.BareNumber(where=where, wanted="attrs={'units': …} on the DataArray", got="no units", advice=_EXAMPLE)
        if not value.size:
            raise errors.BadSettings(
                where=where, wanted="at least one value", got=f"an empty DataArray over {', '.join(map(str, value.dims))}", advice=_EXAMPLE
            )
        return value if value.ndim else None
    if getattr(getattr(value, "magnitude", value), "ndim", 0):
        raise _unlabelled(where)
    return None


def _unlabelled(where: str) -> errors.BiomembraneError:
    wanted = "one quantity, or an xarray.DataArray with named dimensions"
    made: errors.BiomembraneError = errors.NotANumber(where=where, wanted=wanted, got="an array without names", advice=_EXAMPLE)
    return made


def _coords(model: Model, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Coordinates given, and the scanned values themselves where a dimension has none."""
    made: dict[str, Any] = {}
    for name, array in arrays.items():
        for key, coord in array.coords.items():
            if str(key) not in RESERVED:  # left over from the run that the values were taken from
                made.setdefault(str(key), coord)
        unit = model.parameter(name).unit
        shown = array.copy(data=units.restore(array.values, unit).magnitude)
        shown.attrs = {"units": units.udunits(unit), "long_name": model.parameter(name).long_name or name}
        made.setdefault(str(array.dims[0]) if array.ndim == 1 and array.dims[0] not in array.coords else name, shown)
    return made
