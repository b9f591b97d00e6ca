"""Results laid out by the table: arrays that are there, and arrays that are worked out when they
are read.
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
from .labels import labels, members
from .variables import numbers

if TYPE_CHECKING:
    import xarray as xr

BY_LANE = "by lane, in the variable status"  # the attribute status of a scan
CANCELLED = Outcome.CANCELLED.code
Ends = tuple[NDArray[np.int8], NDArray[np.int16], NDArray[np.float64]]


def ends(statuses: Sequence[Status]) -> Ends:
    """Of each lane its kind of end, the pool at fault and the time it reached; NaN where it was not
    run.
    """
    kinds = np.array([s.kind.code for s in statuses], dtype=np.int8)
    culprits = np.array([-1 if s.state is None else s.state for s in statuses], dtype=np.int16)
    return kinds, culprits, np.where(kinds == CANCELLED, np.nan, [s.time for s in statuses])


def ended(kinds: Any) -> str:
    """How the lanes of a scan ended, in words: "done", or how many of them stopped, and why."""
    each = np.ravel(kinds)
    counts = {o: int((each == o.code).sum()) for o in Outcome}
    done = counts.pop(Outcome.DONE)
    found = [f"{count} {o}" for o, count in counts.items() if count]
    return f"{done} of {each.size} lanes done; {', '.join(found)}" if found else Outcome.DONE.value


def fate(model: Model, dims: Mapping[str, int], found: Ends) -> dict[str, Any]:
    """The variables ``status``, ``culprit`` and ``end``, from what :func:`ends` gave."""
    arrays: Any = zip(("status", "culprit", "end"), found, strict=True)
    return {
        name: (tuple(dims), np.reshape(x, tuple(dims.values())), facts(model, name))
        for name, x in arrays
    }


def facts(model: Model, name: str) -> dict[str, Any]:
    """Attributes of a variable of the table, with what its codes mean."""
    made = dict(schema.TABLE[name].facts)
    if name == "status":
        made |= schema.STATUS
    elif name == "culprit":
        made["pools"] = " ".join(x.name for x in model.states)
    elif name.startswith("least_"):
        made["processes"] = " ".join(members(model, "process"))
    return made


def there(model: Model, program: Program, chosen: ParameterSet) -> list[str]:
    """Names of the variables that a whole result has."""
    moved = [*chosen.timed, *chosen.forms, *program.events]
    starts = chosen.start is not None and chosen.start.by_lane
    return schema.present(model, moved, chosen.dims, starts, program.names["uphill"])


def size(model: Model, dim: str) -> int:
    """How many members a dimension has."""
    return len(model.ledger_layout.process) if dim == "entry" else len(members(model, dim))


def laid(
    data: Mapping[str, Any], model: Model, chosen: ParameterSet, times: NDArray[np.float64],
    attrs: Mapping[str, Any],
    more: Mapping[str, xr.Variable] | None = None,
) -> xr.Dataset:  # fmt: skip
    """Variables, ``(dims, values, attributes)`` by name, as a Dataset in the one layout; ``more``
    of them that are variables already.
    """
    import xarray as xr

    later = more or {}
    used = {d for dims, *_ in data.values() for d in dims} | {
        d for v in later.values() for d in v.dims
    }
    coords: dict[str, Any] = dict(labels(model, used))
    if "time" in used:
        coords["time"] = ("time", times, {"units": "s", "long_name": "time"})
    return schema.ordered(
        xr.Dataset({**data, **later}, coords={**coords, **chosen.coords}, attrs=attrs), chosen.dims
    )


@dataclass(frozen=True, eq=False)
class Deferred:
    """Numbers of a result in memory that are worked out when they are read: from its trajectory and
    its books.
    """

    trajectory: Trajectory
    books: LedgerTotals

    def __call__(self, name: str) -> NDArray[Any]:
        """In the order of the table's axes, then the dimensions of the scan."""
        t, v = self.trajectory, schema.TABLE[name]
        made = numbers(t, self.books, name)
        if v.timed:
            made = made[..., t.shown, :]
        made = made.reshape((*made.shape[:-1], *t.dims.values()))
        return np.moveaxis(made, 1, 0) if v.timed and v.dim else made

    def variable(self, name: str) -> xr.Variable:
        """As xarray has arrays of a file that are not yet read."""
        import xarray as xr
        from xarray.core import indexing

        from .deferred_array import DeferredArray

        t, v = self.trajectory, schema.TABLE[name]
        own = [len(t.times) if axis == "time" else size(t.model, axis) for axis in v.axes]
        array: Any = DeferredArray(self, name, (*own, *t.dims.values()), np.dtype(v.dtype))
        once: Any = indexing.MemoryCachedArray
        kept = once(indexing.LazilyIndexedArray(array))
        return xr.Variable((*v.axes, *t.dims), kept, facts(t.model, name), fastpath=True)
