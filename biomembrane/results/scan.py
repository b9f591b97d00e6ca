"""What a scan keeps, and the scan that keeps it: chunks of lanes pass through reused buffers, and
only this stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..account.kept_ledger import KeptLedger
from ..account.ledger_lines import LINES
from ..assemble.model import Model
from ..dimension import TIME
from ..solve import lane_batches
from ..solve.ledger_totals import LedgerTotals
from ..solve.status import Outcome
from ..solve.task import Task
from ..solve.time_grid import Grid, output_times
from ..solve.trajectory import Trajectory
from .labels import attributes, labels
from .lanes import nearest_places, positions
from .layout import BY_LANE, CANCELLED, ends, facts, fate, laid, there
from .lazy_parameters import everything
from .one_lane import lane
from .reducers import BOOKED, METHODS, REDUCERS, SEEN, unseen, warn, with_breaks
from .saved import SavedRun
from .saved_ledger import FiledLedger
from .schema import ALL_LANES, BOOKS, OWN, TABLE, VARIABLES, Part, reduced, whole
from .variables import numbers, protocols

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import TimesLike

Array = NDArray[Any]
ALL = "all"
_EXAMPLE = "bm.Keep(variables=['concentration', 'potential'], times='final', dtype='float32')"


@errors.keywords
@dataclass(frozen=True)
class Keep:
    """What a scan keeps of each lane.

    Args:
        variables: ``"all"``, everything that a run has, so that what is saved is accounted and gone
            on from like a run; or some of ``amount concentration potential volume flux affinity
            dissipation``, and of the books ``ledger_flow`` (by entry; ``entry_process``,
            ``entry_store`` and so on say which), ``ledger_dissipation``, ``ledger_uphill_energy``,
            ``ledger_uphill_time`` (by process), ``ledger_exergy`` (by store), or a line such as
            ``ledger_spent``, along the way.
        times: ``"all"`` output times, ``"final"``, or a quantity array of its own, within the run.
        reduce: of ``min max mean final``: ``potential`` becomes ``potential_max`` and so on.
            ``min``, ``max`` and ``mean`` (by the trapezoid rule)
            look at the kept times and, of what is not of the books, at both sides of each break of
            a protocol between them; a warning
            (``errors.Unseen``) tells of pulses and formulas that move between two output times.
            ``final`` is the end of the run.  Or a
            function that takes a Dataset over ``lane`` and ``time`` and gives one over ``lane``; it
            sees the kept times alone.
        ledger: ``"final"`` keeps the lines of the books at the end, ``"all"`` at every kept time.
        dtype: ``"float64"`` or ``"float32"`` of what is kept; computed is always in double.

    Raises:
        WrongType: names that are no list.
        UnknownName: a variable, a reducer or a word that does not exist.
        BadSettings: times that do not increase, or a reducer of the final time alone.
        BareNumber: times without a unit.
        UnitMismatch: times in a unit of another dimension.
    """

    variables: Sequence[str] = ("amount", "potential", "volume")  # or "all"
    times: TimesLike = "all"
    reduce: Sequence[str] | Callable[[xr.Dataset], xr.Dataset] = ()
    ledger: str = "final"
    dtype: str = "float64"

    def __post_init__(self) -> None:
        known = [*VARIABLES, *BOOKS, *(f"ledger_{line}" for line in LINES)]
        for name in () if self.whole else _names(self.variables, "variables", known):
            _one_of(name, known, "Keep(variables=…)")
        if self.whole and self.reduce:
            advice = "reduce=(), or variables=['potential', 'ledger_spent']"
            raise errors.BadSettings(
                where="Keep(variables='all', reduce=…)", wanted="names of what is reduced",
                got="'all'", advice=advice
            )  # fmt: skip
        if not callable(self.reduce):
            for name in _names(self.reduce, "reduce", REDUCERS):
                _one_of(name, REDUCERS, "Keep(reduce=…)")
        _one_of(self.ledger, ("final", "all"), "Keep(ledger=…)")
        _one_of(self.dtype, ("float64", "float32"), "Keep(dtype=…)")
        if isinstance(self.times, str):
            _one_of(self.times, ("all", "final"), "Keep(times=…)")
        else:
            output_times(None, self.times, "Keep")
        if self.reduce and isinstance(self.times, str) and self.times == "final":
            advice = "times='all', or reduce=()"
            raise errors.BadSettings(
                where="Keep(reduce=…, times='final')",
                wanted="times to reduce over",
                got="the final time alone",
                advice=advice,
            )

    @property
    def whole(self) -> bool:
        """Whether everything is kept."""
        return isinstance(self.variables, str) and self.variables == ALL

    @property
    def summed(self) -> bool:
        """Whether the sums of the ledger will do."""
        return not self.whole and "ledger_flow" not in self.variables

    @property
    def lines(self) -> bool:
        """Whether the lines of the books are kept at every time."""
        return self.whole or self.ledger == ALL

    def names(self, every: Sequence[str]) -> list[str]:
        """Variables that are kept by name, of all that a whole result has."""
        if not self.whole:
            return list(self.variables)
        return [n for n in every if n not in ALL_LANES and TABLE[n].part is not Part.LINE]

    def grid(self, asked: Grid) -> Grid:
        """The output times of the run."""
        times = asked.times
        if isinstance(self.times, str):
            return asked if self.times == "all" else Grid(times[[0, -1]], asked.first)
        own = output_times(None, self.times, "Keep").times
        if own[-1] > times[-1] * (1 + 1e-12):
            wanted, got = (
                f"times within the run, which ends at {times[-1]:g} s",
                f"times to {own[-1]:g} s",
            )
            raise errors.BadSettings(
                where="Keep(times=…)",
                wanted=wanted,
                got=got,
                advice=f"simulate(…, until=Q({own[-1]:g}, 's'))",
            )
        return Grid(own if own[-1] >= times[-1] else np.append(own, times[-1]))

    def taken(self, times: Array, first: int) -> Array:
        """Indices of the output times that are kept, of those from the ``first`` on that were asked
        for.
        """
        if isinstance(self.times, str):
            return (
                np.arange(first, len(times)) if self.times == "all" else np.array([len(times) - 1])
            )
        own = np.atleast_1d(units.strip(self.times, TIME, "Keep(times=…)"))
        return np.searchsorted(times, own)


def _one_of(name: Any, known: Any, where: str) -> None:
    if not isinstance(name, str) or name not in known:
        wanted = " | ".join(known)
        raise errors.UnknownName(
            where=where,
            wanted=wanted,
            got=errors.shown(name),
            advice=errors.nearest(name, known) or _EXAMPLE,
        )


def _names(given: Any, field_: str, known: Any) -> Sequence[str]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        advice = f"{field_}=[{next(iter(known))!r}]"
        raise errors.WrongType(
            where=f"Keep({field_}=…)",
            wanted="a list of names",
            got=errors.shown(given),
            advice=advice,
        )
    return given


def read(keep: Any) -> Keep:
    """``keep=`` of a simulation: a Keep, ``"all"``, ``"final"``, or names of variables."""
    made = keep if isinstance(keep, Keep) else None
    if isinstance(keep, str) and keep in ("final", ALL):
        made = Keep(times="final") if keep == "final" else Keep(variables=ALL)
    if made is None and isinstance(keep, Sequence) and not isinstance(keep, str):
        made = Keep(variables=keep)
    if made is None:
        advice = "keep=bm.Keep(times=…)" if units.is_quantity(keep) else _EXAMPLE
        wanted = "'all', 'final', names of variables, or a Keep"
        raise errors.WrongType(
            where="simulate(keep=…)", wanted=wanted, got=errors.shown(keep), advice=advice
        )
    return made


def chunked(parameters: Mapping[str, Any] | None) -> bool:
    """Whether some parameter is a dask array."""
    given = everything(parameters) if isinstance(parameters, Mapping) else ()
    return any(
        hasattr(value, "to_dataset") and value.chunks is not None
        for value in given
        if not units.is_quantity(value)
    )


@dataclass(frozen=True, eq=False)
class ScanResult:
    """A scan of which only a part was kept; ``data`` holds it, with the lines of the books as
    ``ledger_spent`` and so on.
    """

    data: xr.Dataset
    model: Model
    rtol: float
    timing: dict[str, float]

    @property
    def model_name(self) -> str:
        return self.model.name

    @property
    def ledger(self) -> KeptLedger | FiledLedger:
        """The lines of the books; the whole ledger where everything was kept and has run."""
        if whole(self.data) and not self.data.chunks:
            return FiledLedger(self.data)
        return KeptLedger(self.data, self.model.name, self.rtol)

    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]:
        """As :attr:`biomembrane.Run.end_state`; there is none unless everything was kept and has
        run.
        """
        if "state_end" not in self.data or self.data.chunks:
            raise AttributeError("end_state")
        return SavedRun(self.data).end_state

    @property
    def failed(self) -> int:
        """How many lanes did not come to their end."""
        return int((self.data.status != 0).sum())

    def isel(self, **at: int) -> ScanResult:
        """One lane, by position along its dimensions, as :meth:`biomembrane.Run.isel`."""
        dims = {str(d): int(n) for d, n in self.data.status.sizes.items()}
        return ScanResult(lane(self.data, positions(dims, at)), self.model, self.rtol, self.timing)

    def sel(self, **at: Any) -> ScanResult:
        """One lane, by its labels, as :meth:`biomembrane.Run.sel`."""
        return self.isel(**nearest_places(self.data, tuple(map(str, self.data.status.dims)), at))

    @property
    def done(self) -> float:
        """Share of the lanes that were run."""
        return float((self.data.status != CANCELLED).mean())

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self.data.status.sizes.items())
        return (
            f"<Kept of {self.model.name!r}{f' over ({dims})' if dims else ''}; {self.failed}"
            f" failed; {', '.join(map(str, self.data.data_vars))}>"
        )

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible

        return collapsible(repr(self), Html(self.data._repr_html_()), open=True)


class _Collector:
    """Arrays of the result, made when the first chunk has come and filled lane by lane."""

    def __init__(self, task: Task, keep: Keep) -> None:
        self.task, self.keep = task, keep
        self.lanes = task.parameters.lanes
        self.taken = keep.taken(task.times, task.first)
        self.every = there(task.model, task.kernel.program, task.parameters)
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
        self.status[at], self.culprit[at], self.end[at] = ends(t.statuses)
        for name in (n for n in ALL_LANES if n in self.every and TABLE[n].deferred):
            self.put(name, at, numbers(t, last, name))
        self.empty |= set(last.empty)
        if (
            keep.reduce
            and (callable(keep.reduce) or set(keep.reduce) - {"final"})
            and not self.unseen
        ):
            self.unseen = unseen(
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
            got = numbers(t, books, name)
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
        coords = labels(t.model, {d for dims, _ in data.values() for d in dims})
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
    data |= fate(task.model, chosen.dims, (sink.status, sink.culprit, sink.end))
    ended = BY_LANE if chosen.dims else Outcome.of(sink.status[0])
    about: dict[str, Any] = attributes(
        task.model, chosen, task.solver, ended, span=float(task.times[-1]), empty=sink.empty
    )
    if sink.extra:
        about[OWN] = json.dumps(sorted(sink.extra))
    made = laid(data, task.model, chosen, task.times[sink.taken], about)
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
    v, told = TABLE[base], facts(sink.task.model, base)
    if how:
        told |= {
            "cell_methods": f"time: {METHODS[how]}",
            "comment": (SEEN if v.part is Part.COURSE else BOOKED)[how],
        }
    along = not how and (
        v.part is not Part.LINE or sink.keep.lines or (name in sink.names and not sink.keep.reduce)
    )
    return [axis for axis in v.axes if axis != "time" or along], told
