"""Collect what a scan keeps: chunks of lanes pass through reused buffers into the arrays of the
result.
"""

from __future__ import annotations

import json
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.ledger_lines import LINES
from ..solve import lane_batches
from ..solve.ledger_totals import LedgerTotals
from ..solve.status import Outcome
from ..solve.task import Task
from ..solve.trajectory import Trajectory
from .keep import Keep
from .labels import attributes, own_coordinates
from .layout import (
    BY_LANE,
    CANCELLED,
    attributes_of,
    end_variables,
    labelled_dataset,
    lane_ends,
    variables_present,
)
from .reducers import COVERAGE, LEDGER_COVERAGE, METHODS, REDUCERS, moves_unseen, warn, with_breaks
from .scan_result import ScanResult
from .schema import ALL_LANES, OWN, TABLE, Part, reduced
from .variables import protocols, variable_values

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]


class _Collector:
    """Arrays of the result, made when the first chunk has come and filled lane by lane."""

    def __init__(self, task: Task, keep: Keep) -> None:
        self.task, self.keep = task, keep
        self.lanes = task.parameters.lanes
        self.taken = keep.taken(task.times, task.first)
        self.every = variables_present(task.model, task.kernel.program, task.parameters)
        self.names = keep.names(self.every)
        booked = any(name.startswith("ledger_") for name in self.names)
        self.books = booked or keep.lines or callable(keep.reduce)  # along the way
        self.courses: dict[
            str, dict[str, str]
        ] = {}  # attributes of parameters that protocols change
        self.arrays: dict[str, Array] = {}
        self.status = np.full(self.lanes, CANCELLED, dtype=np.int8)
        self.end, self.culprit = (
            np.full(self.lanes, np.nan),
            np.full(self.lanes, -1, dtype=np.int16),
        )
        self.lock = Lock()
        self.extra: dict[str, Any] = {}  # dims and attributes of what a function gave
        self.empty: set[str] = set()  # baths and held pools at 0 mM
        self.unseen = False  # something moved where the reducers do not look

    def put(self, name: str, at: slice, values: Array) -> None:
        """(lane, …) into the result."""
        with self.lock:
            if name not in self.arrays:
                kind = (
                    np.dtype(self.keep.dtype)
                    if np.issubdtype(values.dtype, np.floating)
                    else values.dtype
                )
                self.arrays[name] = np.empty((self.lanes, *values.shape[1:]), kind)
        self.arrays[name][at] = values

    def blank(self) -> None:
        """NaN, or 0, in the lanes that were not run."""
        lost = self.status == CANCELLED
        for array in self.arrays.values() if lost.any() else ():
            array[lost] = np.nan if np.issubdtype(array.dtype, np.floating) else 0

    def take(self, at: slice, t: Trajectory) -> None:
        """Keep what is wanted of a chunk."""
        keep, last = self.keep, LedgerTotals(replace(t, block=t.block.ends()))
        books = LedgerTotals(t) if self.books else last
        self.status[at], self.culprit[at], self.end[at] = lane_ends(t.statuses)
        for name in (n for n in ALL_LANES if n in self.every and TABLE[n].deferred):
            self.put(name, at, variable_values(t, last, name))
        self.empty |= set(last.empty)
        if (
            keep.reduce
            and (callable(keep.reduce) or set(keep.reduce) - {"final"})
            and not self.unseen
        ):
            self.unseen = moves_unseen(
                t, t.block.times[self.taken], self.taken, breaks=not callable(keep.reduce)
            )
        shown, last_of = self._shown(at, t, books)
        if callable(keep.reduce):
            self._reduce(at, t, shown, books)
        elif keep.reduce:
            for name, value in shown.items():
                seen, when = with_breaks(t, name, value, t.block.times[self.taken])
                for how in keep.reduce:
                    self.put(
                        f"{name}_{how}",
                        at,
                        REDUCERS[how](last_of[name][:, None] if how == "final" else seen, when),
                    )
        else:
            for name, value in shown.items():
                self.put(name, at, value)
        for line in LINES:
            if keep.lines:
                self.put(f"ledger_{line}", at, getattr(books, line).T[:, self.taken])
            elif f"ledger_{line}" not in self.names:
                self.put(f"ledger_{line}", at, getattr(last, line)[-1])

    def _shown(
        self, at: slice, t: Trajectory, books: LedgerTotals
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """What is kept by name, (lane, time, …) at the kept times and (lane, …) at the end; what
        has no times is put at once.
        """
        shown: dict[str, Array] = {}
        last: dict[str, Array] = {}
        for name in self.names:
            got = variable_values(t, books, name)
            by_lane = got.transpose(*range(got.ndim)[::-1])
            if TABLE[name].timed:
                last[name] = by_lane[:, -1]
                shown[name] = (
                    by_lane if len(self.taken) == by_lane.shape[1] else by_lane[:, self.taken]
                )
            else:
                self.put(name, at, by_lane)
        for name, (value, unit, meaning) in protocols(t).items() if self.keep.whole else ():
            self.courses[name] = {"units": unit, "long_name": meaning}
            every = np.broadcast_to(value, (len(t.block.times), len(t.statuses)))
            self.put(name, at, every.T[:, self.taken])
        return shown, last

    def _reduce(
        self, at: slice, t: Trajectory, shown: dict[str, Array], books: LedgerTotals
    ) -> None:
        import xarray as xr

        data: dict[str, Any] = {
            name: (("lane", *TABLE[name].axes), value) for name, value in shown.items()
        }
        data |= {
            f"ledger_{line}": (("lane", "time"), getattr(books, line).T[:, self.taken])
            for line in LINES
        }
        assert callable(self.keep.reduce)
        coords = own_coordinates(t.model, {d for dims, _ in data.values() for d in dims})
        seen = xr.Dataset(
            data,
            coords=coords
            | {"time": t.block.times[self.taken], "lane": np.arange(at.start, at.stop)},
        )
        with errors.of_users(self.keep.reduce, "Keep(reduce=…)"):
            made = self.keep.reduce(seen)
        made = (
            made.to_dataset(name="reduced" if made.name is None else str(made.name))
            if isinstance(made, xr.DataArray)
            else made
        )
        if not isinstance(made, xr.Dataset) or made.sizes.get("lane") != at.stop - at.start:
            wanted, advice = (
                "a Dataset or DataArray over 'lane'",
                "reduce=lambda data: data.potential.max('time')",
            )
            raise errors.WrongType(
                where="Keep(reduce=…)", wanted=wanted, got=errors.shown(made), advice=advice
            )
        own = {*ALL_LANES, *(f"ledger_{line}" for line in LINES), *self.task.parameters.dims}
        for name, array in made.data_vars.items():
            if name in own:
                got, advice = f"the result's own {name}", "another name"
                raise errors.BadName(
                    where="Keep(reduce=…)", wanted="variables of your own", got=got, advice=advice
                )
            rest = [d for d in array.dims if d != "lane"]
            self.extra[str(name)] = (
                rest,
                dict(array.attrs),
                {d: array[d] for d in rest if d in array.coords},
            )
            self.put(str(name), at, array.transpose("lane", *rest).values)


def collect(task: Task, keep: Keep, progress: Any) -> tuple[ScanResult, bool]:
    """Run a task in chunks and keep what is wanted; and whether it ran to its end."""
    sink = _Collector(task, keep)
    width = task.width if sink.books else len(task.kernel.program.states)
    finished = lane_batches.run(task, lane_batches.chunks(task, width), sink.take, progress, width)
    sink.blank()
    if sink.unseen:
        warn(function=callable(keep.reduce))
    return (
        ScanResult(_labelled(sink), task.model, task.solver.rtol, {"compile": task.compile_time}),
        finished,
    )


def _labelled(sink: _Collector) -> xr.Dataset:
    task, chosen = sink.task, sink.task.parameters
    shape, names = tuple(chosen.dims.values()), tuple(chosen.dims)
    data: dict[str, Any] = {}
    for name, array in sink.arrays.items():
        rest, told = _facts(name, sink)
        data[name] = ((*names, *rest), array.reshape((*shape, *array.shape[1:])), told)
    data |= end_variables(task.model, chosen.dims, (sink.status, sink.culprit, sink.end))
    ended = BY_LANE if chosen.dims else Outcome.of(sink.status[0])
    about: dict[str, Any] = attributes(
        task.model, chosen, task.solver, ended, span=float(task.times[-1]), empty=sink.empty
    )
    if sink.extra:
        about[OWN] = json.dumps(sorted(sink.extra))
    made = labelled_dataset(data, task.model, chosen, task.times[sink.taken], about)
    return made.assign_coords(
        {k: v for _, _, own in sink.extra.values() for k, v in own.items() if k not in made.coords}
    )


def _facts(name: str, sink: _Collector) -> tuple[list[str], dict[str, Any]]:
    """Dimensions beyond the scan's, and attributes, of a kept array."""
    if name in sink.extra:
        rest, told, _ = sink.extra[name]
        return rest, told
    if name in sink.courses:
        return ["time"], sink.courses[name]
    base, how = reduced(name)
    v, told = TABLE[base], attributes_of(sink.task.model, base)
    if how:
        told |= {
            "cell_methods": f"time: {METHODS[how]}",
            "comment": (COVERAGE if v.part is Part.COURSE else LEDGER_COVERAGE)[how],
        }
    along = not how and (
        v.part is not Part.LINE or sink.keep.lines or (name in sink.names and not sink.keep.reduce)
    )
    return [axis for axis in v.axes if axis != "time" or along], told
