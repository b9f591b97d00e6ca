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
        raise errors.WrongType(where="simulate(parameters=…)", wanted="{dotted name: quantity or DataArray}", got=type(given).__name__)
    fixed: dict[str, float] = {}
    arrays: dict[str, xr.DataArray] = {}
    for name, value in (given or {}).items():
        p = model.parameter(name)
        where = f"parameters[{name!r}]"
        array = _labelled(value, where)
        number = units.strip(value, p.dimension, where)
        for x in np.unique(np.asarray(number)):
            check_domain(float(x), p.domain, where, f"{units.restore(float(x), p.unit):.6g~P}")
        if array is None:
            fixed[name] = float(number)
        else:
            arrays[name] = array.copy(data=number)
    index = {n: i for i, n in enumerate(model.parameters)}
    for name, x in fixed.items():
        base[index[name]] = x
    if not arrays:
        return ParameterSet(base, {}, {}, tuple(fixed))
    import xarray as xr

    try:
        spread = xr.broadcast(*(a.drop_attrs() for a in arrays.values()))
    except (ValueError, xr.AlignmentError) as problem:
        raise errors.BadSettings(
            where="parameters", wanted="arrays whose shared dimensions have the same coordinates", got=str(problem).splitlines()[0]
        ) from None
    dims = {str(k): v for k, v in spread[0].sizes.items()}
    reserved = set(dims) & {"time", "pool", "process", "membrane", "compartment", "store", "entry"}
    if reserved:
        raise errors.BadName(
            where="parameters", wanted="scan dimensions of your own", got=", ".join(sorted(reserved)), advice="for instance dims='K_o'"
        )
    values = np.repeat(base[:, None], int(np.prod(list(dims.values()))), axis=1)
    for name, array in zip(arrays, spread, strict=True):
        values[index[name]] = array.transpose(*dims).values.ravel()
    return ParameterSet(values, dims, _coords(model, arrays), (*fixed, *arrays))


def _labelled(value: Any, where: str) -> Any:
    if hasattr(value, "dims") and hasattr(value, "attrs"):
        if "units" not in value.attrs:
            raise errors.BareNumber(
                where=where,
                wanted="attrs={'units': …} on the DataArray",
                got="no units",
                advice="xr.DataArray(values, dims='K_o', attrs={'units': 'mM'})",
            )
        return value if value.ndim else None
    if getattr(getattr(value, "magnitude", value), "ndim", 0):
        raise errors.NotANumber(
            where=where,
            wanted="one quantity, or an xarray.DataArray with named dimensions",
            got="an array without names",
            advice="xr.DataArray(values, dims='K_o', attrs={'units': 'mM'})",
        )
    return None


def _coords(model: Model, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Coordinates given, and the scanned values themselves where a dimension has none."""
    made: dict[str, Any] = {}
    for name, array in arrays.items():
        for key, coord in array.coords.items():
            made.setdefault(str(key), coord)
        unit = model.parameter(name).unit
        shown = array.copy(data=units.restore(array.values, unit).magnitude)
        shown.attrs = {"units": units.udunits(unit), "long_name": model.parameter(name).long_name or name}
        made.setdefault(str(array.dims[0]) if array.ndim == 1 and array.dims[0] not in array.coords else name, shown)
    return made
