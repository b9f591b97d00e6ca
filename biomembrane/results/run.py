"""A run: its trajectory with labels and units, its status, and its ledger."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.ledger import Ledger
from ..solve.ledger_totals import LedgerTotals
from ..solve.problem import Solution
from ..solve.status import Status
from ..solve.trajectory import Trajectory
from .labels import attributes
from .lanes import Labels, final, nearest_places, positions
from .layout import (
    BY_LANE,
    MESSAGE,
    Deferred,
    end_variables,
    ending_text,
    labelled_dataset,
    lane_ends,
    variables_present,
)
from .schema import TABLE, Part
from .variables import bath_levels, course_values, events, protocols

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity


class Run:
    """Result of :func:`simulate`.

    Attributes:
        data: :class:`xarray.Dataset`: ``amount(pool)``, ``concentration(pool)``, ``pH(place)``,
            ``potential(membrane)``, ``volume(compartment)``, ``flux(process)``,
            ``affinity(process)``, ``dissipation(process)`` and, where there are any,
            ``auxiliary(auxiliary_state)`` over ``time`` and the scan's own dimensions, with CF
            units.
        ledger: :class:`~biomembrane.account.ledger.Ledger`.
        status: how the run ended; the first lane, in a scan.
        timing: wall times [s].
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self.model = trajectory.model
        self.model_name = trajectory.model.name
        self.timing = dict(trajectory.timing)

    @property
    def status(self) -> Status:
        """How the run ended; the first lane, in a scan."""
        return self.trajectory.statuses[0]

    @property
    def failed(self) -> int:
        """Number of lanes that stopped early."""
        return sum(s.failed for s in self.trajectory.statuses)

    @property
    def solution(self) -> Solution:
        """The solution of a single run.

        Raises:
            BadSettings: a scan of several lanes.
        """
        lanes = len(self.trajectory.statuses)
        if lanes > 1:
            at = ", ".join(f"{d}=0" for d in self.trajectory.dims)
            got, advice = f"{lanes} lanes", f"run.isel({at})"
            raise errors.BadSettings(
                where="run.solution", wanted="one lane", got=got, advice=advice
            )
        return self.trajectory.solution

    @cached_property
    def data(self) -> xr.Dataset:
        """The labelled trajectory."""
        return _dataset(self)

    @cached_property
    def ledger(self) -> Ledger:
        """The energy ledger of the run."""
        return Ledger(self.trajectory, self.books)

    @cached_property
    def books(self) -> LedgerTotals:
        """The energies of the ledger as plain arrays."""
        return LedgerTotals(self.trajectory)

    @property
    def end_state(self) -> tuple[list[str], NDArray[np.float64], dict[str, int]]:
        """Names of the states, their values at the end (state, lane) in the internal system, and
        the scan's dimensions.
        """
        t = self.trajectory
        return (
            [x.name for x in self.model.states],
            t.block.y[:, -1] if t.dims else t.solution.y[:, -1:],
            dict(t.dims),
        )

    @property
    def baths(self) -> dict[str, dict[str, float]]:
        """Concentrations of the reservoirs at the start [mM]; of the first lane, in a scan."""
        levels = bath_levels(self.trajectory)
        return {
            r.name: {s.name: float(np.ravel(levels[f"{r.name}.{s.name}"])[0]) for s in r.contents}
            for r in self.model.reservoirs
        }

    @property
    def baths_by_lane(self) -> dict[str, dict[str, Any]]:
        """Concentrations of the reservoirs at the start [mM]: numbers, or nested lists over the
        dimensions of a scan where lanes may differ.
        """
        shape = tuple(self.trajectory.dims.values())
        levels = {
            name: np.reshape(c, shape).tolist() if np.ndim(c) else float(c)
            for name, c in bath_levels(self.trajectory).items()
        }
        return {
            r.name: {s.name: levels[f"{r.name}.{s.name}"] for s in r.contents}
            for r in self.model.reservoirs
        }

    def isel(self, **at: int) -> Run:
        """One lane of a scan, by position along its dimensions.

        Args:
            at: an integer for each dimension, counted from 0, or from the end where it is negative.

        Raises:
            UnknownName: other names than those of the dimensions, or not all of them.
            NotANumber: a position that is not an integer.
            OutOfDomain: a position beyond the scan.
        """
        dims = self.trajectory.dims
        place = list(positions(dims, at).values())
        lane = int(np.ravel_multi_index(place, list(dims.values()))) if dims else 0
        return Run(self.trajectory.cut(lane))

    def sel(self, **at: Labels) -> Run:
        """One lane of a scan, by the coordinates of its dimensions.

        Args:
            at: for each dimension a number in the unit of the label, which is the one that the scan
                was given in, a quantity in any unit, or the label's text.  A number means the label
                that it equals to one part in a million.

        Raises:
            UnknownName: no such label (the error names the nearest), or not all dimensions are
                named.
            BadSettings: several lanes have the label.
            NotANumber: neither a number, a quantity nor a label.
            UnitMismatch: a quantity of another dimension.
            NotFinite: NaN or infinity.
        """
        return self.isel(**nearest_places(self.data, tuple(self.trajectory.dims), at))

    def final(self, variable: str) -> dict[str, Quantity]:
        """Values of a variable of a single run at the end.

        Args:
            variable: of ``data``, over time and one other dimension, such as ``"concentration"``.

        Returns:
            Quantities by name; those without a value are left out.

        Raises:
            UnknownName: no such variable.
            BadSettings: a scan.
        """
        return final(self.data, variable, tuple(self.trajectory.dims))

    def __repr__(self) -> str:
        dims = ", ".join(f"{k}: {v}" for k, v in self.trajectory.dims.items())
        end = float(self.trajectory.block.times[self.trajectory.reached - 1])
        return (
            f"<Run of {self.model_name!r} to {end:g} s{f' over ({dims})' if dims else ''};"
            f" {self._ending}>"
        )

    @property
    def _ending(self) -> str:
        return (
            ending_text(lane_ends(self.trajectory.statuses)[0])
            if self.trajectory.dims
            else self.status.kind
        )

    def _repr_html_(self) -> str:
        from ..account.ledger_table import html
        from ..html import Html, collapsible, join

        return collapsible(
            repr(self), join(html(self.ledger), Html(self.data._repr_html_())), open=True
        )


def _dataset(run: Run) -> xr.Dataset:
    t, model, books = run.trajectory, run.model, run.books
    dims = tuple(t.dims)
    data: dict[str, Any] = {}
    names = variables_present(model, t.kernel.program, t.parameters)
    for name in (n for n in names if TABLE[n].part is Part.COURSE):
        data[name] = (
            (*TABLE[name].axes, *dims),
            np.moveaxis(t.shaped(course_values(t, name)), 1, 0),
            TABLE[name].facts,
        )
    for name, (value, unit, meaning) in protocols(t).items():
        data[name] = (
            ("time", *dims),
            t.shaped(value[None])[0],
            {"units": unit, "long_name": meaning},
        )
    for name, (values, facts) in events(t).items():
        data[name] = (("occurrence", *dims), values.reshape(-1, *t.dims.values()), facts)
    data |= end_variables(model, t.dims, lane_ends(t.statuses))
    deferred = Deferred(t, books)
    laid_out = {name: deferred.variable(name) for name in names if TABLE[name].deferred}
    ending_text, span = BY_LANE if dims else run.status.kind, float(t.block.times[-1])
    attrs = attributes(model, t.parameters, t.solver, ending_text, span=span, empty=books.empty)
    if not dims and run.status.message:
        attrs[MESSAGE] = run.status.message
    return labelled_dataset(data, model, t.parameters, t.times, attrs, laid_out)
