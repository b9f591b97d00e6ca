"""The function of ``Keep(reduce=…)``: the Dataset that it is given, and what it may give back.

It is called on one part of a scan after another, in any order and in several processes, so every
part must give the same variables, over the same dimensions, of the same kind: what depends on which
part ended first would be no result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.ledger_lines import LINES
from ..solve.scan_grid import writable
from ..solve.storable import check_attributes, check_labels
from ..solve.task import Task
from .labels import own_coordinates
from .layout import attributes_of, dimension_size
from .schema import DIMENSIONS, TABLE, USER_VARIABLES, VARIABLES

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]
WHERE = "Keep(reduce=…)"
_KINDS = {"b": "truth values", "i": "integers", "u": "integers", "f": "numbers", "U": "text"}
_OWNED = {  # names of what a result has of its own, courses apart: they may be reduced under theirs
    "time", "lane", "chunk", "chunk_done",
    *DIMENSIONS, *(label for others in DIMENSIONS.values() for label in others),
    *(TABLE.keys() - VARIABLES.keys()),
}  # fmt: skip


class _Inherited(str):
    """An attribute as the function was given it: xarray keeps it under arithmetic, where it may
    become wrong.
    """

    __slots__ = ()


@dataclass(frozen=True, eq=False)
class Layout:
    """A variable that the function gave: dimensions besides the lanes with their sizes and own
    labels, ``kind`` of its values, and attributes.
    """

    sizes: Mapping[str, int]
    labels: Mapping[str, Any]  # xarray variables
    kind: str
    attributes: Mapping[str, Any]

    @property
    def dtype(self) -> Any:
        """Type of the values in the result, wide enough for every part; text is cut nowhere."""
        return {"b": bool, "i": np.int64, "f": np.float64, "U": object}[self.kind]

    def common(self, other: Layout) -> Layout:
        """With the attributes that the other has too."""
        facts = {
            k: v
            for k, v in self.attributes.items()
            if errors.shown(other.attributes.get(k)) == errors.shown(v)
        }
        return replace(self, attributes=facts)

    def fault(self, other: Layout) -> str:
        """How another part of the scan differs, in words; empty where it does not."""
        if self.sizes != other.sizes:
            return f"over {_over(self.sizes)} in one part and over {_over(other.sizes)} in another"
        if self.kind != other.kind:
            return f"{_KINDS[self.kind]} in one part and {_KINDS[other.kind]} in another"
        for dim in self.sizes:
            one, two = self.labels.get(dim), other.labels.get(dim)
            if (one is None) != (two is None) or (one is not None and not one.equals(two)):
                return f"labels along {dim} that differ from one part to another"
        return ""


def _over(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{dim}: {n}" for dim, n in sizes.items()) or "lanes alone"


def agreed(known: Mapping[str, Layout], new: Mapping[str, Layout]) -> dict[str, Layout]:
    """The layouts of all parts of a scan so far, with the attributes that all have.

    Raises BadSettings unless they gave the same variables.
    """
    only = [name for name in {**known, **new} if name not in known or name not in new]
    got = f"{', '.join(map(repr, only))} from some of them only"
    advice = "give every variable each time, NaN where there is nothing to say"
    for name in known if not only else ():
        fault = known[name].fault(new[name])
        if fault:
            only, got = [name], f"{name!r}, {fault}"
            advice = (
                "dimensions, labels and types that do not depend on the numbers: .astype(float)"
            )
            break
    if only:
        wanted = "the same variables from every part of a scan"
        raise errors.BadSettings(where=WHERE, wanted=wanted, got=got, advice=advice)
    return {name: layout.common(new[name]) for name, layout in known.items()}


def layouts(data: xr.Dataset) -> dict[str, Layout]:
    """Layouts of the variables that a function gave, from a result of one lane."""
    names = json.loads(data.attrs.get(USER_VARIABLES, "[]"))
    return {name: _layout(data[name], data[name].dims) for name in names}


def _layout(array: xr.DataArray, dims: Any) -> Layout:
    kind = {"u": "i", "O": "U"}.get(array.dtype.kind, array.dtype.kind)
    labels = {str(d): array.coords[d].variable for d in dims if d in array.coords}
    return Layout({str(d): array.sizes[d] for d in dims}, labels, kind, dict(array.attrs))


def given(task: Task, at: slice, courses: Mapping[str, Array], times: Array) -> xr.Dataset:
    """What the function gets: ``courses`` (lane, time, …), with units, and the values of the
    parameters that are scanned.
    """
    import xarray as xr

    model, chosen = task.model, task.parameters
    data: dict[str, Any] = {
        name: (("lane", *TABLE[name].axes), values, _inherited(attributes_of(model, name)))
        for name, values in courses.items()
    }
    coords: dict[str, Any] = dict(own_coordinates(model, {d for v in data.values() for d in v[0]}))
    coords["time"] = "time", times, _inherited({"units": "s", "long_name": "time"})
    coords["lane"] = lanes = np.arange(at.start, at.stop)
    places = np.unravel_index(lanes, tuple(chosen.dims.values()) or (len(lanes),))
    place = dict(zip(chosen.dims or ("lane",), places, strict=True))
    for name, coord in chosen.coords.items():
        taken = np.broadcast_to(coord.values[tuple(place[d] for d in coord.dims)], len(lanes))
        coords[name] = "lane", taken, _inherited(coord.attrs)
    return xr.Dataset(data, coords=coords)


def _inherited(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _Inherited(x) if isinstance(x, str) else x for key, x in facts.items()}


def call(
    function: Callable[[xr.Dataset], Any], data: xr.Dataset, task: Task
) -> dict[str, tuple[Layout, Array]]:
    """Call the function, and check what it gives: by name the layout, and values (lane, …) in the
    order of the lanes.
    """
    import xarray as xr

    with errors.of_users(function, WHERE):
        made: Any = function(data)
    if isinstance(made, xr.DataArray):
        if made.name in made.coords:
            raise _owned(made.name)
        made = made.to_dataset(name="reduced" if made.name is None else made.name)
    lanes = data.sizes["lane"]
    if not isinstance(made, xr.Dataset) or made.sizes.get("lane") != lanes:
        raise errors.WrongType(
            where=WHERE,
            wanted="a Dataset or DataArray over 'lane'",
            got=errors.shown(made),
            advice="reduce=lambda data: data.potential.max('time')",
        )
    made = _in_order(made, data)
    found = {}
    for name, array in made.data_vars.items():
        _check_names(name, array, data, task)
        found[str(name)] = _checked(str(name), array, data)
    return found


def _in_order(made: xr.Dataset, data: xr.Dataset) -> xr.Dataset:
    """The lanes in the order of the scan, by their labels where these are there."""
    if "lane" not in made.coords:
        return made
    lanes, labels = data.lane.values, made.lane.values
    if labels.dtype.kind in "iu" and np.array_equal(np.sort(labels), lanes):
        return made if np.array_equal(labels, lanes) else made.sel(lane=lanes)
    raise errors.BadSettings(
        where=WHERE,
        wanted="the lanes that the function was given, each under its own label",
        got=f"lane = {errors.shown(labels)}",
        advice="leave the coordinate 'lane' as it is, or drop it and keep the order",
    )


def _check_names(name: Any, array: xr.DataArray, data: xr.Dataset, task: Task) -> None:
    """Raise ``BadName`` for names that a result has of its own, and those that no file holds."""
    chosen, model = task.parameters, task.model
    taken = {*_OWNED, *chosen.dims, *chosen.coords, *model.parameters}
    taken |= {f"ledger_{line}" for line in LINES}
    dims = [d for d in array.dims if d != "lane"]
    for each in (name, *dims):
        if not writable(each):
            wanted = "names of text without blanks and '/', which no file holds"
            advice = (
                "array.rename('name')" if each == name else f"array.rename({{{each!r}: 'name'}})"
            )
            raise errors.BadName(where=WHERE, wanted=wanted, got=errors.shown(each), advice=advice)
    own = {d: _own_size(d, data, task) for d in dims}
    if name in taken or name in dims:
        raise _owned(name)
    for d in dims:
        if d in taken and own[d] is None:
            raise _owned(d, "dimensions")
    for d in (d for d in dims if own[d] is not None):
        labels = data.coords.get(d)
        mine: Any = array.coords.get(d)
        same = mine is None or labels is None or mine.variable.equals(labels.variable)
        if array.sizes[d] != own[d] or not same:
            wanted = f"the {own[d]} members of {d} in their order, or a dimension of your own"
            got = (
                "the same number in another order"
                if array.sizes[d] == own[d]
                else (f"{array.sizes[d]} of them")
            )
            advice = f"array.rename({d}='some_{d}')"
            raise errors.BadSettings(
                where=f"{WHERE}, {name}", wanted=wanted, got=got, advice=advice
            )


def _owned(name: Any, what: str = "variables") -> errors.BiomembraneError:
    return errors.BadName(
        where=WHERE, wanted=f"{what} of your own", got=f"the result's own {name}",
        advice="another name",
    )  # fmt: skip


def _own_size(dim: Any, data: xr.Dataset, task: Task) -> int | None:
    """Size of a dimension of the result's own; None for others."""
    if dim == "time":
        return int(data.sizes["time"])
    return dimension_size(task.model, dim) if dim in DIMENSIONS else None


def _checked(name: str, array: xr.DataArray, data: xr.Dataset) -> tuple[Layout, Array]:
    """The layout of a variable, and its values (lane, …)."""
    dims = [d for d in array.dims if d != "lane"]
    if "lane" not in array.dims:
        raise errors.WrongType(
            where=f"{WHERE}, {name}",
            wanted="variables over 'lane'",
            got=f"one over {_over({str(d): array.sizes[d] for d in dims})}",
            advice="leave out what is the same in all lanes",
        )
    values = array.transpose("lane", *dims).values
    if values.dtype.kind == "O" and all(isinstance(x, str) for x in values.ravel()):
        values = values.astype(str)
    kind = values.dtype.kind
    if kind not in _KINDS:
        raise errors.WrongType(
            where=f"{WHERE}, {name}",
            wanted="numbers, truth values or text, which a file holds",
            got=f"values of type {values.dtype}",
            advice="array.astype(float), or one variable for each part",
        )
    layout, attributes = _layout(array, dims), _attributes(array, data)
    check_attributes(attributes, f"{WHERE}, {name}")
    for d, labels in layout.labels.items():
        check_labels(labels, d, f"{WHERE}, {name}")
        facts = {k: v for k, v in labels.attrs.items() if not isinstance(v, _Inherited)}
        check_attributes(facts, f"{WHERE}, {name}, coordinate {d}", dates=labels.dtype.kind in "mM")
    kind = "i" if kind == "u" else kind
    return Layout(layout.sizes, layout.labels, kind, attributes), values


def _attributes(array: xr.DataArray, data: xr.Dataset) -> dict[str, Any]:
    """Attributes that the function set; and those that it was given, if the numbers are still among
    those that these belong to.
    """
    inherited = {k: v for k, v in array.attrs.items() if isinstance(v, _Inherited)}
    own = {k: v for k, v in array.attrs.items() if k not in inherited}
    sources = [
        v.values
        for v in data.variables.values()
        if all(v.attrs.get(k) == text for k, text in inherited.items())
    ]
    if inherited and array.dtype.kind == "f" and any(_among(array.values, v) for v in sources):
        own |= {k: str(v) for k, v in inherited.items()}
    return own


def _among(numbers: Array, source: Array) -> bool:
    """Whether every number is one of the source's; NaN is."""
    return bool((np.isin(numbers, source) | np.isnan(numbers)).all())
