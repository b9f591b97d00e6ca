"""Parameter sets: names to lanes.  Arrays are labelled by xarray and broadcast by the names of their dimensions."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import collection, errors, units
from ..assemble.model import Model
from ..compile.program import Form, ramp
from ..declare.parameter import check_domain
from ..declare.protocol import Protocol
from ..dimension import TIME, Dimension
from .schedule import Timed, schedule
from .standing import standing

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


RESERVED = {  # names of the result's own dimensions, coordinates and variables
    "time", "pool", "pool_species", "pool_place", "pool_kind", "process", "transporter", "membrane", "compartment", "store", "entry",
    "amount", "concentration", "potential", "volume", "flux", "affinity", "dissipation", "status", "end", "culprit",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class ParameterSet:
    """What the program is given, in the internal system.

    ``base`` (input,): the model's parameters, then the inputs that protocols add; ``arrays``: by input, values over the scan's dimensions.
    ``dims``: sizes of the scan's dimensions, whose product is the number of lanes; ``coords``: their coordinates as xarray variables;
    ``changed``: the names that were given; ``timed``: protocols; ``forms``: what they make of the program; ``breaks``: where a
    formula begins to move.
    """

    base: NDArray[np.float64]
    arrays: Mapping[int, NDArray[np.float64]]
    dims: dict[str, int]
    coords: dict[str, Any]
    changed: tuple[str, ...]
    timed: tuple[Timed, ...] = ()
    forms: tuple[Form, ...] = ()
    breaks: tuple[float, ...] = ()

    @cached_property
    def lanes(self) -> int:
        """How many runs."""
        return math.prod(self.dims.values())

    def take(self, array: Any, lanes: slice) -> Any:
        """The values of some lanes: an array over the dimensions is laid out in lanes, a number stays one."""
        if not isinstance(array, np.ndarray) or array.ndim == 0:
            return array
        if array.flags.c_contiguous:
            return array.reshape(-1)[lanes]
        return array[np.unravel_index(np.arange(*lanes.indices(self.lanes)), tuple(self.dims.values()))]

    def inputs(self, lanes: slice) -> list[Any]:
        """Every input of the program at the start, numbers or (lane,) arrays."""
        made: list[Any] = self.base.tolist()
        for index, array in self.arrays.items():
            made[index] = self.take(array, lanes)
        return made

    def parts(self, lanes: slice, end: float) -> tuple[NDArray[np.float64], list[list[Any]]]:
        """Where each part of the runs ends (part, lane), and the inputs in each part."""
        start = self.inputs(lanes)
        count = len(range(*lanes.indices(self.lanes)))
        stops, parts = schedule([t.taken(lambda a: self.take(a, lanes)) for t in self.timed], start, count, end, self.breaks)
        if count > 1 or not (self.timed or self.arrays):
            return stops, parts
        return stops, [[float(x[0]) if isinstance(x, np.ndarray) and x.ndim else x for x in part] for part in parts]

    def one(self, lane: int) -> ParameterSet:
        """The set of one lane."""
        at = slice(lane, lane + 1)
        base = np.array([np.ravel(x)[0] for x in self.inputs(at)])
        timed = tuple(t.taken(lambda a: float(np.ravel(self.take(a, at))[0])) for t in self.timed)
        return ParameterSet(base, {}, {}, {}, self.changed, timed, self.forms, self.breaks)


def resolve(model: Model, given: Mapping[str, Any] | None) -> ParameterSet:
    """Check names, units, finiteness and domains, and lay the sets out in lanes.

    Raises UnknownName, BareNumber, UnitMismatch, NotFinite, OutOfDomain, NotANumber, BadSettings.
    """
    if given is not None and not isinstance(given, Mapping):
        advice = "parameters={'blood.K': Q(10, 'mM')}"
        raise errors.WrongType(where="simulate(parameters=…)", wanted="{dotted name: quantity or DataArray}", got=errors.shown(given), advice=advice)
    sheet = _Sheet(model)
    for name, value in (given or {}).items():
        sheet.protocol(name, value) if isinstance(value, Protocol) else sheet.put(name, value)
    spread = dict(zip(sheet.arrays, _broadcast(sheet.arrays), strict=True)) if sheet.arrays else {}
    first = next(iter(spread.values()), None)
    dims = {} if first is None else {str(k): v for k, v in first.sizes.items()}
    laid = {key: array.transpose(*dims).values for key, array in spread.items()}
    known = standing(model)
    base = np.concatenate([known.values, np.zeros(len(sheet.extra))])
    more = {name: len(known.values) + i for i, name in enumerate(sheet.extra)}
    index = ChainMap(more, known.places)  # type: ignore[arg-type]
    for name, x in sheet.numbers.items():
        if name in index:
            base[index[name]] = x
    timed = tuple(t.taken(lambda key: sheet.numbers.get(key, laid.get(key))).indexed(index) for t in sheet.timed)
    arrays = {index[name]: array for name, array in laid.items() if name in index}
    return ParameterSet(base, arrays, dims, _coords(model, sheet.arrays), tuple(given or ()), timed, tuple(sheet.forms))


class _Sheet:
    """What was given, sorted: numbers and labelled arrays by name, protocols as pieces whose numbers have names of their own."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.numbers: dict[str, float] = {}
        self.arrays: dict[str, xr.DataArray] = {}
        self.extra: list[str] = []
        self.timed: list[Timed] = []
        self.forms: list[Form] = []

    def put(self, name: str, value: Any) -> None:
        p = self.model.parameter(name)
        self.piece(name, value, f"parameters[{name!r}]", p.dimension, p.domain, p.unit)

    def piece(self, key: str, value: Any, where: str, dim: Dimension, domain: str, unit: str) -> str:
        """One number or array under a name of its own."""
        array = None if units.is_plain(value) else _labelled(value, where)
        number = units.strip(value, dim, where)
        if array is None and isinstance(number, np.ndarray):
            raise _unlabelled(where)
        for x in {float(np.min(number)), float(np.max(number))} if array is not None else (float(number),):  # every domain is an interval
            check_domain(x, domain, where, lambda x=x: units.restore(x, unit))
        if array is None:
            self.numbers[key] = float(number)
        else:
            self.arrays[key] = array.copy(data=number)
        return key

    def protocol(self, name: str, given: Protocol) -> None:
        p = self.model.parameter(name)
        where = f"parameters[{name!r}], Protocol.{given.kind}"
        _changeable(self.model, name)
        if given.kind == "function":
            self.function(name, given, where)
            return
        times = tuple(self.piece(f"{name} at {k}", t, f"{where}, time {k + 1}", TIME, "nonnegative", "s") for k, t in enumerate(given.times))
        values = tuple(self.piece(f"{name} is {k}", v, f"{where}, value {k + 1}", p.dimension, p.domain, p.unit) for k, v in enumerate(given.values))
        slope, origin = f"{name} slope", f"{name} origin"
        self.timed.append(Timed(name, slope, origin, times, values, given.kind == "ramps"))
        if given.kind == "ramps":
            self.extra += [slope, origin]
            self.forms.append(ramp(self.model.symbol(name), slope, origin))

    def function(self, name: str, given: Protocol, where: str) -> None:
        dims = {}
        for key, value in given.quantities.items():
            if not units.is_plain(value) and _labelled(value, f"{where}({key}=…)") is not None:
                quantity = units.labelled(value, f"{where}({key}=…)")
            else:
                quantity = units.as_quantity(value, f"{where}({key}=…)")
            dims[key] = units.dimension_of(quantity)
            self.piece(f"{name}.{key}", value, f"{where}({key}=…)", dims[key], "real", units.unit_of(quantity))
        expression = given.expression(name, self.model.parameter(name).dimension, dims)
        extra = tuple(f"{name}.{key}" for key in given.quantities)
        self.extra += extra
        self.forms.append(Form(name, expression, extra))


def _of_start(model: Model) -> frozenset[str]:
    """Parameters that only say what there is at the start; looked up once."""
    held = collection.held(model)
    if "of start" not in held:
        held["of start"] = _found_of_start(model)
    found: frozenset[str] = held["of start"]
    return found


def _found_of_start(model: Model) -> frozenset[str]:
    starts = [e for pool, e in model.initial.items() if not pool.endswith(".charge")]
    starts += [formula.expression for formula in model.impermeants.values()]
    used = {s.name for e in starts for s in e.free_symbols}
    return frozenset(used | {f"{m.name}.potential" for m in model.membranes})


def _changeable(model: Model, name: str) -> None:
    """Raise ``BadSettings`` where a parameter only says what there is at the start."""
    if name in _of_start(model):
        raise errors.BadSettings(
            where=f"parameters[{name!r}], Protocol", wanted="a parameter that acts during the run",
            got=f"{name}, which sets what the model holds at the start", advice="a Protocol of a bath, a held pool, a rate or a permeability",
        )  # fmt: skip


def _broadcast(arrays: Mapping[str, xr.DataArray]) -> tuple[xr.DataArray, ...]:
    """The arrays spread over the dimensions of all; where they share one, it must be the same."""
    import xarray as xr

    where = f"parameters {', '.join(map(repr, arrays))}"
    reserved = {str(dim) for array in arrays.values() for dim in array.dims} & RESERVED
    if reserved:
        got = f"the result's own {', '.join(sorted(reserved))}"
        raise errors.BadName(where=where, wanted="scan dimensions of your own", got=got, advice="for instance dims='K_o'")
    first, *others = arrays.values()
    if all(a.dims == first.dims and a.shape == first.shape for a in others) and not any(a.indexes for a in arrays.values()):
        return tuple(arrays.values())  # nothing to meet
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
    if not units.is_quantity(value) and hasattr(value, "dims") and hasattr(value, "attrs"):
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
        if name not in model.parameters:  # a number of a protocol
            continue
        unit = model.parameter(name).unit
        shown = array.copy(data=units.restore(array.values, unit).magnitude)
        shown.attrs = {"units": units.udunits(unit), "long_name": model.parameter(name).long_name or name}
        made.setdefault(str(array.dims[0]) if array.ndim == 1 and array.dims[0] not in array.coords else name, shown)
    return made
