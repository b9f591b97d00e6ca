"""Collect what a scan keeps: chunks of lanes pass through reused buffers into the arrays of the
result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..account.ledger_lines import LINES
from ..solve import lane_batches
from ..solve.ledger_totals import LedgerTotals
from ..solve.status import Outcome
from ..solve.task import Task
from ..solve.trajectory import Trajectory
from . import users_function
from .keep import Keep
from .labels import attributes
from .layout import (
    BY_LANE,
    CANCELLED,
    MESSAGE,
    attributes_of,
    end_variables,
    labelled_dataset,
    lane_ends,
    variables_present,
)
from .reducers import COVERAGE, LEDGER_COVERAGE, METHODS, REDUCERS, moves_unseen, warn, with_breaks
from .scan_result import ScanResult
from .schema import ALL_LANES, TABLE, USER_VARIABLES, Part, reduced
from .users_function import Layout
from .variables import protocols, variable_values

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[Any]


class _Collector:
    """Arrays of the result, created with the first chunk and filled chunk by chunk."""

    def __init__(self, task: Task, keep: Keep, users: Mapping[str, Layout] | None) -> None:
        self.task, self.keep = task, keep
        self.lanes = task.parameters.lanes
        self.kept = keep.kept_times(task.times, task.first)  # indices
        self.every = variables_present(task.model, task.kernel.program, task.parameters)
        self.names = keep.names(self.every)
        of_ledger = any(name.startswith("ledger_") for name in self.names)
        self.ledger_in_time = of_ledger or keep.lines or callable(keep.reduce)
        self.protocol_attributes: dict[str, dict[str, str]] = {}  # by parameter
        self.arrays: dict[str, Array] = {}
        self.status = np.full(self.lanes, CANCELLED, dtype=np.int8)
        self.end = np.full(self.lanes, np.nan)
        self.culprit = np.full(self.lanes, -1, dtype=np.int16)
        self.lock = Lock()
        self.users = users  # variables that a user's function gives, once they are known
        self.empty: set[str] = set()  # baths and held pools at 0 mM
        self.message = ""  # of the last lane: why it stopped
        self.unseen = False  # something moved where the reducers do not look

    def store(self, name: str, at: slice, values: Array, dtype: Any = None) -> None:
        """Write values (lane, …) of some lanes into the result."""
        with self.lock:
            if name not in self.arrays:
                dtype = values.dtype if dtype is None else np.dtype(dtype)
                dtype = np.dtype(self.keep.dtype) if dtype.kind == "f" else dtype
                self.arrays[name] = np.empty((self.lanes, *values.shape[1:]), dtype)
        self.arrays[name][at] = values

    def blank_lanes_not_run(self) -> None:
        """Set NaN, 0 or no text in the lanes that were not run."""
        not_run = self.status == CANCELLED
        for array in self.arrays.values() if not_run.any() else ():
            array[not_run] = {"f": np.nan, "O": ""}.get(array.dtype.kind, 0)

    def add(self, at: slice, t: Trajectory) -> None:
        """Keep what is wanted of a chunk of lanes."""
        keep, end_totals = self.keep, LedgerTotals(replace(t, block=t.block.ends()))
        totals = LedgerTotals(t) if self.ledger_in_time else end_totals
        self.status[at], self.culprit[at], self.end[at] = lane_ends(t.statuses)
        for name in (n for n in ALL_LANES if n in self.every and TABLE[n].deferred):
            self.store(name, at, variable_values(t, end_totals, name))
        self.empty |= set(end_totals.empty)
        self.message = t.statuses[-1].message
        self._note_unseen(t)
        courses, ends = self._courses(at, t, totals)
        if callable(keep.reduce):
            self._reduce(at, t, courses, totals)
        elif keep.reduce:
            for name, values in courses.items():
                merged, when = with_breaks(t, name, values, t.block.times[self.kept])
                for how in keep.reduce:
                    reducible = ends[name][:, None] if how == "final" else merged
                    self.store(f"{name}_{how}", at, REDUCERS[how](reducible, when))
        else:
            for name, values in courses.items():
                self.store(name, at, values)
        for line in LINES:
            if keep.lines:
                self.store(f"ledger_{line}", at, getattr(totals, line).T[:, self.kept])
            elif f"ledger_{line}" not in self.names:
                self.store(f"ledger_{line}", at, getattr(end_totals, line)[-1])

    def _note_unseen(self, t: Trajectory) -> None:
        """Note whether something moves where the reducers do not look."""
        reduce = self.keep.reduce
        over_time = callable(reduce) or bool(set(reduce) - {"final"})
        if over_time and not self.unseen:
            times, breaks = t.block.times[self.kept], not callable(reduce)
            self.unseen = moves_unseen(t, times, self.kept, breaks=breaks)

    def _courses(
        self, at: slice, t: Trajectory, totals: LedgerTotals
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Kept variables by name, (lane, time, …) at the kept times and (lane, …) at the end; those
        without times, and protocols, are stored at once.
        """
        courses: dict[str, Array] = {}
        ends: dict[str, Array] = {}
        for name in self.names:
            values = variable_values(t, totals, name)
            by_lane = values.transpose(*range(values.ndim)[::-1])
            if TABLE[name].timed:
                ends[name] = by_lane[:, -1]
                all_kept = len(self.kept) == by_lane.shape[1]
                courses[name] = by_lane if all_kept else by_lane[:, self.kept]
            else:
                self.store(name, at, by_lane)
        for name, (value, unit, meaning) in protocols(t).items() if self.keep.whole else ():
            self.protocol_attributes[name] = {"units": unit, "long_name": meaning}
            every = np.broadcast_to(value, (len(t.block.times), len(t.statuses)))
            self.store(name, at, every.T[:, self.kept])
        return courses, ends

    def _reduce(
        self, at: slice, t: Trajectory, courses: dict[str, Array], totals: LedgerTotals
    ) -> None:
        """Call the user's function on the kept times of a chunk, and store what it returns."""
        lines = {f"ledger_{line}": getattr(totals, line).T[:, self.kept] for line in LINES}
        data = users_function.given(self.task, at, courses | lines, t.block.times[self.kept])
        function = self.keep.reduce
        assert callable(function)
        made = users_function.call(function, data, self.task)
        with self.lock:
            new = {name: layout for name, (layout, _) in made.items()}
            self.users = new if self.users is None else users_function.agreed(self.users, new)
        for name, (layout, values) in made.items():
            self.store(name, at, values, layout.dtype)


def collect(
    task: Task, keep: Keep, progress: Any, users: Mapping[str, Layout] | None = None
) -> tuple[ScanResult, bool]:
    """Run a task in chunks and keep what is wanted; ``users``: variables that a user's function
    must give, if they are known.

    Returns the result, and whether the task ran to completion.
    """
    collector = _Collector(task, keep, users)
    width = task.width if collector.ledger_in_time else len(task.kernel.program.states)
    chunks = lane_batches.chunks(task, width)
    finished = lane_batches.run(task, chunks, collector.add, progress, width)
    collector.blank_lanes_not_run()
    if collector.unseen:
        warn(function=callable(keep.reduce))
    timing = {"compile": task.compile_time}
    return ScanResult(_dataset(collector), task.model, task.solver.rtol, timing), finished


def _dataset(collector: _Collector) -> xr.Dataset:
    """The collected arrays as a Dataset in the layout of all results."""
    task, chosen = collector.task, collector.task.parameters
    shape, names = tuple(chosen.dims.values()), tuple(chosen.dims)
    data: dict[str, Any] = {}
    for name, array in collector.arrays.items():
        dims, facts = _dims_and_attributes(name, collector)
        values = array.astype(str) if array.dtype.kind == "O" else array
        data[name] = ((*names, *dims), values.reshape((*shape, *array.shape[1:])), facts)
    ends = (collector.status, collector.culprit, collector.end)
    data |= end_variables(task.model, chosen.dims, ends)
    status = BY_LANE if chosen.dims else Outcome.of(collector.status[0])
    span = float(task.times[-1])
    attrs: dict[str, Any] = attributes(
        task.model, chosen, task.solver, status, span=span, empty=collector.empty
    )
    if collector.message and not chosen.dims:
        attrs[MESSAGE] = collector.message
    if collector.users:
        attrs[USER_VARIABLES] = json.dumps(sorted(collector.users))
    dataset = labelled_dataset(data, task.model, chosen, task.times[collector.kept], attrs)
    coords = {k: v for each in (collector.users or {}).values() for k, v in each.labels.items()}
    return dataset.assign_coords({k: v for k, v in coords.items() if k not in dataset.coords})


def _dims_and_attributes(name: str, collector: _Collector) -> tuple[list[str], dict[str, Any]]:
    """Dimensions beyond the scan's, and attributes, of a kept array."""
    if collector.users is not None and name in collector.users:
        layout = collector.users[name]
        return list(layout.sizes), dict(layout.attributes)
    if name in collector.protocol_attributes:
        return ["time"], collector.protocol_attributes[name]
    base, how = reduced(name)
    v, facts = TABLE[base], attributes_of(collector.task.model, base)
    if how:
        coverage = COVERAGE if v.part is Part.COURSE else LEDGER_COVERAGE
        facts |= {"cell_methods": f"time: {METHODS[how]}", "comment": coverage[how]}
    keep = collector.keep
    kept_by_name = name in collector.names and not keep.reduce
    in_time = not how and (v.part is not Part.LINE or keep.lines or kept_by_name)
    return [axis for axis in v.axes if axis != "time" or in_time], facts
