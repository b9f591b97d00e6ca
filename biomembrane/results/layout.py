"""Results laid out by the table of variables: arrays in memory, and arrays that are computed when
they are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..assemble.model import Model
from ..compile.program import Program
from ..solve.ledger_totals import LedgerTotals
from ..solve.parameter_set import ParameterSet
from ..solve.status import Outcome, Status
from ..solve.trajectory import Trajectory
from . import schema
from .labels import names_along, own_coordinates
from .variables import variable_values

if TYPE_CHECKING:
    import xarray as xr

BY_LANE = "by lane, in the variable status"  # the attribute status of a scan
MESSAGE = "status_message"  # attribute of a single run that did not end as it should: why
CANCELLED = Outcome.CANCELLED.code
Ends = tuple[NDArray[np.int8], NDArray[np.int16], NDArray[np.float64]]


def lane_ends(statuses: Sequence[Status]) -> Ends:
    """Of each lane: code of its outcome, index of the pool at fault, and the time that it reached
    (NaN where it was not run).
    """
    kinds = np.array([s.kind.code for s in statuses], dtype=np.int8)
    culprits = np.array([-1 if s.state is None else s.state for s in statuses], dtype=np.int16)
    return kinds, culprits, np.where(kinds == CANCELLED, np.nan, [s.time for s in statuses])


def ending_text(kinds: Any) -> str:
    """How the lanes of a scan ended, in words: "done", or how many of them stopped, and why."""
    codes = np.ravel(kinds)
    counts = {o: int((codes == o.code).sum()) for o in Outcome}
    done = counts.pop(Outcome.DONE)
    others = [f"{count} {o}" for o, count in counts.items() if count]
    if not others:
        return Outcome.DONE.value
    return f"{done} of {codes.size} lanes done; {', '.join(others)}"


def end_variables(model: Model, dims: Mapping[str, int], lanes: Ends) -> dict[str, Any]:
    """The variables ``status``, ``culprit`` and ``end``, from those of :func:`lane_ends`."""
    arrays: Any = zip(("status", "culprit", "end"), lanes, strict=True)
    return {
        name: (tuple(dims), np.reshape(x, tuple(dims.values())), attributes_of(model, name))
        for name, x in arrays
    }


def attributes_of(model: Model, name: str) -> dict[str, Any]:
    """Attributes of a variable of the table, with the meaning of its codes."""
    attributes = dict(schema.TABLE[name].facts)
    if name == "status":
        attributes |= schema.STATUS
    elif name == "culprit":
        attributes["pools"] = " ".join(x.name for x in model.states)
    elif name.startswith("least_"):
        attributes["processes"] = " ".join(names_along(model, "process"))
    return attributes


def variables_present(model: Model, program: Program, chosen: ParameterSet) -> list[str]:
    """Names of the variables of a whole result."""
    varying = [*chosen.timed, *chosen.forms, *program.events]
    starts = chosen.start is not None and chosen.start.by_lane
    return schema.present(model, varying, chosen.dims, starts, program.names["uphill"])


def dimension_size(model: Model, dim: str) -> int:
    """Size of a dimension of the results of a model."""
    return len(model.ledger_layout.process) if dim == "entry" else len(names_along(model, dim))


def labelled_dataset(
    data: Mapping[str, Any], model: Model, chosen: ParameterSet, times: NDArray[np.float64],
    attrs: Mapping[str, Any],
    more: Mapping[str, xr.Variable] | None = None,
) -> xr.Dataset:  # fmt: skip
    """A Dataset in the one layout, of variables as ``(dims, values, attributes)`` by name;
    ``more``: those that are xarray's variables already.
    """
    import xarray as xr

    more = more or {}
    used = {d for dims, *_ in data.values() for d in dims}
    used |= {d for variable in more.values() for d in variable.dims}
    coords: dict[str, Any] = dict(own_coordinates(model, used))
    if "time" in used:
        coords["time"] = ("time", times, {"units": "s", "long_name": "time"})
    unordered = xr.Dataset({**data, **more}, coords={**coords, **chosen.coords}, attrs=attrs)
    return schema.ordered(unordered, chosen.dims)


@dataclass(frozen=True, eq=False)
class Deferred:
    """Variables of a result in memory that are computed when they are read, from its trajectory and
    the totals of its ledger.
    """

    trajectory: Trajectory
    books: LedgerTotals

    def __call__(self, name: str) -> NDArray[Any]:
        """Values, with the axes of the table first, then the dimensions of the scan."""
        t, v = self.trajectory, schema.TABLE[name]
        array = variable_values(t, self.books, name)
        if v.timed:
            array = array[..., t.shown, :]
        array = array.reshape((*array.shape[:-1], *t.dims.values()))
        return np.moveaxis(array, 1, 0) if v.timed and v.dim else array

    def variable(self, name: str) -> xr.Variable:
        """A variable in the form in which xarray has arrays of a file that are not yet read."""
        import xarray as xr
        from xarray.core import indexing

        from .deferred_array import DeferredArray

        t, v = self.trajectory, schema.TABLE[name]
        own = [len(t.times) if axis == "time" else dimension_size(t.model, axis) for axis in v.axes]
        array: Any = DeferredArray(self, name, (*own, *t.dims.values()), np.dtype(v.dtype))
        cache: Any = indexing.MemoryCachedArray
        cached = cache(indexing.LazilyIndexedArray(array))
        return xr.Variable((*v.axes, *t.dims), cached, attributes_of(t.model, name), fastpath=True)
