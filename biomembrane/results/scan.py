"""What a scan keeps, and the scan that keeps it: chunks of lanes pass through reused buffers, and
only this stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..account.kept_ledger import KeptLedger
from ..account.ledger_lines import GROUPS, LINES
from ..assemble.model import Model
from ..dimension import TIME
from ..solve import lane_batches
from ..solve.ledger_totals import UNIT, LedgerTotals
from ..solve.status import Outcome
from ..solve.task import Task
from ..solve.time_grid import Grid, output_times
from ..solve.trajectory import Trajectory
from .lanes import nearest_places, positions
from .lazy_parameters import everything
from .one_lane import lane
from .reducers import BOOKED, METHODS, REDUCERS, SEEN, unseen, warn, with_breaks
from .schema import BY_LANE, CANCELLED, attributes, ends, fate, labels, laid
from .variables import VARIABLES, values

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import TimesLike

Array = NDArray[Any]
BOOKS = {
    "ledger_flow": "entry", "ledger_dissipation": "process", "ledger_exergy": "store",
    "ledger_uphill_energy": "process",
    "ledger_uphill_time": "process",
}  # fmt: skip
_EXAMPLE = "bm.Keep(variables=['concentration', 'potential'], times='final', dtype='float32')"


@dataclass(frozen=True)
class Keep:
    """What a scan keeps of each lane.

    Args:
        variables: of ``amount concentration potential volume flux affinity dissipation``, and of
            the books ``ledger_flow`` (by entry; ``entry_process``, ``entry_store`` and so on say
            which), ``ledger_dissipation``, ``ledger_uphill_energy``, ``ledger_uphill_time`` (by
            process), ``ledger_exergy`` (by store), or a line such as ``ledger_spent``, along the
            way.
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

    variables: Sequence[str] = ("amount", "potential", "volume")
    times: TimesLike = "all"
    reduce: Sequence[str] | Callable[[xr.Dataset], xr.Dataset] = ()
    ledger: str = "final"
    dtype: str = "float64"

    def __post_init__(self) -> None:
        known = [*VARIABLES, *BOOKS, *(f"ledger_{line}" for line in LINES)]
        for name in _names(self.variables, "variables", known):
            _one_of(name, known, "Keep(variables=…)")
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
    def summed(self) -> bool:
        """Whether the sums of the ledger will do."""
        return "ledger_flow" not in self.variables

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
    """``keep=`` of a simulation: a Keep, ``"final"``, or names of variables."""
    made = (
        keep
        if isinstance(keep, Keep)
        else Keep(times="final")
        if isinstance(keep, str) and keep == "final"
        else None
    )
    if made is None and isinstance(keep, Sequence) and not isinstance(keep, str):
        made = Keep(variables=keep)
    if made is None:
        advice = "keep=bm.Keep(times=…)" if units.is_quantity(keep) else _EXAMPLE
        raise errors.WrongType(
            where="simulate(keep=…)",
            wanted="'final', names of variables, or a Keep",
            got=errors.shown(keep),
            advice=advice,
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
    def ledger(self) -> KeptLedger:
        """The lines of the books."""
        return KeptLedger(self.data, self.model.name, self.rtol)

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
        self.books = (
            keep.ledger == "all"
            or callable(keep.reduce)
            or any(name.startswith("ledger_") for name in keep.variables)
        )  # along the way
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
        self.put("least_power", at, t.block.least.min(axis=1))
        self.put("least_process", at, t.block.least.argmin(axis=1).astype(np.int16))
        self.empty |= set(last.empty)
        if (
            keep.reduce
            and (callable(keep.reduce) or set(keep.reduce) - {"final"})
            and not self.unseen
        ):
            self.unseen = unseen(
                t, t.block.times[self.taken], self.taken, breaks=not callable(keep.reduce)
            )
        shown: dict[str, Array] = {}
        last_of: dict[str, Array] = {}
        for name in keep.variables:
            got = (
                getattr(books, name.removeprefix("ledger_"))
                if name.startswith("ledger_")
                else values(t, name)
            )
            laid = got.transpose(*range(got.ndim)[::-1])
            last_of[name] = laid[:, -1]
            shown[name] = laid if len(self.taken) == laid.shape[1] else laid[:, self.taken]
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
            if keep.ledger == "all":
                self.put(f"ledger_{line}", at, getattr(books, line).T[:, self.taken])
            elif f"ledger_{line}" not in keep.variables:
                self.put(f"ledger_{line}", at, getattr(last, line)[-1])

    def _reduce(
        self, at: slice, t: Trajectory, shown: dict[str, Array], books: LedgerTotals
    ) -> None:
        import xarray as xr

        data: dict[str, tuple[tuple[str, ...], Array]] = {
            name: (("lane", "time", *_dim(name)), value) for name, value in shown.items()
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
        own = {
            "status",
            "end",
            "culprit",
            "least_power",
            "least_process",
            *(f"ledger_{line}" for line in LINES),
            *self.task.parameters.dims,
        }
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


def _dim(name: str) -> tuple[str, ...]:
    """What a variable runs over besides time; a line of the books over nothing."""
    return (BOOKS[name],) if name in BOOKS else (VARIABLES[name].dim,) if name in VARIABLES else ()


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
        rest, facts = _facts(name, sink)
        data[name] = ((*names, *rest), array.reshape((*shape, *array.shape[1:])), facts)
    data |= fate(task.model, chosen.dims, sink.status, sink.culprit, sink.end)
    about = {"span": float(task.times[-1]), "empty": " ".join(sorted(sink.empty))}
    about |= attributes(
        task.model, chosen, task.solver, BY_LANE if chosen.dims else Outcome.of(sink.status[0])
    )
    made = laid(data, task.model, chosen, task.times[sink.taken], about)
    return made.assign_coords(
        {k: v for _, _, own in sink.extra.values() for k, v in own.items() if k not in made.coords}
    )


def _facts(name: str, sink: _Collector) -> tuple[list[str], dict[str, str]]:
    """Dimensions beyond the scan's, and attributes, of a kept array."""
    line = name.removeprefix("ledger_")
    if name.startswith("least_"):
        facts = (
            {"units": "fW", "long_name": "smallest power dissipated by any process"}
            if name == "least_power"
            else {"long_name": "which process"}
        )
        return [], facts | {"processes": " ".join(sink.task.kernel.program.names["dissipation"])}
    if name in sink.extra:
        rest, facts, _ = sink.extra[name]
        return rest, facts
    along = sink.keep.ledger == "all" or (name in sink.keep.variables and not sink.keep.reduce)
    if name.startswith("ledger_") and line in LINES:
        return (["time"] if along else []), {"units": _unit(line), "long_name": LINES[line]}
    base, _, how = name.rpartition("_") if sink.keep.reduce else (name, "", "")
    v = VARIABLES.get(base)
    line = base.removeprefix("ledger_")
    facts = (
        {"units": units.udunits(v.unit), "long_name": v.long_name}
        if v
        else {"units": _unit(line), "long_name": (LINES | GROUPS)[line]}
    )
    if how:
        facts |= {"cell_methods": f"time: {METHODS[how]}", "comment": (SEEN if v else BOOKED)[how]}
    return [*([] if how else ["time"]), *_dim(base)], facts


def _unit(line: str) -> str:
    return {"residual_relative": "1", "uphill_time": "s"}.get(line, UNIT)
