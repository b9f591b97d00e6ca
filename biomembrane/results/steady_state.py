"""Steady states of a model: labelled like a run at one time, batched like a scan, with stability
and the ledger of powers at rest.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors
from ..account.power_ledger import LINES_AT_REST, POWER, PowerLedger
from ..assemble.model import Model
from ..declare.parameter import whole
from ..solve.parameter_set import ParameterSet
from ..solve.status import Status
from ..solve.steady import resting_task, search
from ..solve.steady.resting_task import Begun, begun, steady_task
from ..solve.steady.search import Rest
from ..solve.task import Task
from .lanes import Labels, nearest_places, positions
from .layout import ending_text, lane_ends
from .run import Run
from .schema import AT_REST, TABLE, Part

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import Quantity
    from .run_types import ParametersLike, StartLike

Array = NDArray[np.float64]
SEVERAL = "steady_state"  # dimension along which several states of one parameter set stand
MOST = 10_000  # starts


@errors.keywords
def steady_state(
    model: Model,
    *,
    parameters: ParametersLike | None = None,
    start: StartLike | None = None,
    starts: int = 1,
    seed: int = 0,
    minimum: bool = False,
) -> SteadyState:
    """The steady state that a model comes to, without a run: dx/dt = 0.

    What the processes conserve (moieties, the charge of impermeants) stays as the model is
    declared: the left null space of N, in integers, takes the place of the equations that follow
    from the others.  Newton's method with the exact Jacobian solves these in logarithms of the
    amounts; where it does not settle, or at an unstable state, implicit steps follow the course of
    the model from its start (pseudo-transient continuation).  All lanes of a scan are solved at
    once.

    Args:
        model: the model.
        parameters: values by dotted name, as :func:`~biomembrane.simulate` takes them; arrays scan
            them. Protocols have no steady state.
        start: a run or another steady state, whose end gives the conserved sums and is where the
            search begins; or shares of carrier states. Default: as the model is declared.
        starts: number of searches for each lane, from the start itself and from random states with
            the same conserved sums. With more than one, states that differ stand along the
            dimension ``steady_state``, in the order in which they were found.
        seed: of the random starts.
        minimum: for a passive model, find the state of least free energy instead, a convex
            problem: the same state by another way.

    Returns:
        :class:`SteadyState`.  In a scan, lanes without a steady state are NaN, and
        ``data.status`` and ``data.culprit`` say so and name the pool that still moved.

    Raises:
        NoSteadyState: a single model for which none was found; it names the pool that still
            moves, and how fast.
        WrongType: an argument that is not a model, a mapping or a start.
        UnknownName: a parameter that does not exist.
        BareNumber: a number without a unit where one is due.
        UnknownUnit: an unknown unit.
        UnitMismatch: a unit of another dimension.
        NotANumber: text without a number, a number of starts that is no integer, or an array
            without dimension names.
        NotFinite: NaN or infinity.
        OutOfDomain: a value outside the domain of its parameter, or no start at all.
        BadSettings: a protocol, a law that reads the time, a start that does not fit, or
            ``minimum`` of a model that is not passive, or in which a process carries what the state
            says.
        NoRoom: ions that leave no room for impermeants.
        ChargeImbalance: contents that are not electroneutral.
        SingularConstraint: constraints that do not determine their states at the start.
        ConstraintNotMet: constraints that no values near the start meet.
    """
    _check_counts(starts, seed)
    task = steady_task(model, parameters, start, "steady_state")
    began, first = time.perf_counter(), begun(task)
    rest = search.at_rest(task, first.held, first.inputs, first.y0, first.scale, energy=minimum)
    if starts == 1:
        state = SteadyState.of(task, task.parameters, first, rest, time.perf_counter() - began)
        return checked(state)
    more = search.searches(
        task, first.held, first.inputs, first.y0, first.scale,
        count=starts - 1, seed=seed, energy=minimum,
    )  # fmt: skip
    found = [rest, *more]
    return checked(_several(task, first, found, began))


def _check_counts(starts: Any, seed: Any) -> None:
    where = "steady_state(starts=…)"
    whole(starts, where, "an integer", "starts=20")
    if not 1 <= starts <= MOST:
        raise errors.OutOfDomain(
            where=where, wanted=f"from 1 to {MOST:,} searches", got=errors.shown(starts),
            advice="starts=20",
        )  # fmt: skip
    whole(seed, "steady_state(seed=…)", "an integer", "seed=0")
    if seed < 0:
        raise errors.OutOfDomain(
            where="steady_state(seed=…)", wanted="an integer >= 0", got=errors.shown(seed),
            advice="seed=0",
        )  # fmt: skip


def _several(task: Task, first: Begun, found: Sequence[Rest], began: float) -> SteadyState:
    """The states that differ, along a dimension of their own."""
    lanes = first.y0.shape[1]
    which, counts = search.distinct(found, first.scale)
    most = max(1, *map(len, which))
    joined = _joined(found, which, most)
    chosen = task.parameters
    shape = (*chosen.dims.values(), most)
    chosen = replace(
        chosen,
        dims={**chosen.dims, SEVERAL: most},
        arrays={k: np.broadcast_to(a[..., None], shape).copy() for k, a in chosen.arrays.items()},
    )
    repeated = Begun(
        [np.repeat(x, most) if np.ndim(x) else x for x in first.inputs],
        [np.repeat(x, most) if np.ndim(x) else x for x in first.held],
        np.repeat(first.y0, most, axis=1), np.repeat(first.scale, most, axis=1),
    )  # fmt: skip
    many = np.zeros((lanes, most))
    for lane, mine in enumerate(counts):
        many[lane, : len(mine)] = mine
    spent = time.perf_counter() - began
    return SteadyState.of(task, chosen, repeated, joined, spent, many.ravel())


def _joined(found: Sequence[Rest], which: Sequence[Sequence[int]], most: int) -> Rest:
    """The chosen states of each lane, one lane after the other, NaN where there are fewer."""
    lost = replace(found[0], culprit=np.where(found[0].settled, -1, found[0].culprit),
                   settled=np.zeros_like(found[0].settled))  # fmt: skip
    picked: list[tuple[Rest, int]] = []
    for lane, mine in enumerate(which):
        rows = [(found[k], lane) for k in mine]
        picked += rows + [(lost, lane)] * (most - len(rows))
    columns: dict[str, list[Any]] = {
        name: [getattr(rest, name)[..., lane] for rest, lane in picked]
        for name in ("y", "settled", "stable", "eigenvalues", "rounds", "culprit", "speed")
    }
    joined = Rest(**{name: np.stack(values, axis=-1) for name, values in columns.items()})
    joined.y[:, ~joined.settled] = np.nan
    joined.eigenvalues[:, ~joined.settled] = np.nan
    joined.stable[~joined.settled] = False
    return joined


def checked(state: SteadyState) -> SteadyState:
    """The state itself, unless nothing was found for a single model."""
    t, rest = state.run.trajectory, state.rest
    scan = [d for d in t.dims if d != SEVERAL]
    if scan or rest.settled.any():
        return state
    which = int(rest.culprit[0])
    name = t.model.states[which].name
    movers = [p for p, column in t.model.N.items() if name in column]
    raise errors.NoSteadyState(
        where=f"steady_state(Model({t.model.name!r}))",
        wanted="a state in which nothing changes",
        got=t.statuses[0].message,
        advice=(
            f"look at what moves {name}: {', '.join(movers) or 'its own equation'};"
            " bm.simulate(model, until='10 h') shows where it goes, and steady_state(model,"
            " start=run) goes on from there"
        ),
        state=name,
        speed=float(rest.speed[0]),
    )


@errors.keywords
@dataclass(frozen=True, eq=False)
class SteadyState:
    """Result of :func:`steady_state`.

    Attributes:
        run: one second at rest, as a :class:`~biomembrane.Run`.
        rest: the states as arrays.
        found: how many searches came to each state, where there were several.
    """

    run: Run
    rest: Rest
    found: Array | None = None

    @classmethod
    def of(
        cls, task: Task, chosen: ParameterSet, first: Begun, rest: Rest, spent: float,
        found: Array | None = None,
    ) -> SteadyState:  # fmt: skip
        """The states that a search found; ``spent``: time that it took [s]."""
        trajectory = resting_task.resting_trajectory(
            task, chosen, first.held, first.scale, rest, spent
        )
        return cls(Run(trajectory), rest, found)

    @property
    def model(self) -> Model:
        """The model."""
        return self.run.model

    @cached_property
    def data(self) -> xr.Dataset:
        """The variables of a run without ``time``, and ``stable`` (1 where every disturbance
        decays), ``eigenvalue_real`` and ``eigenvalue_imag`` over ``mode``, the slowest to decay
        first, ``time_constant`` = −1/Re λ, and lines of the ledger as powers, ``power_spent`` …
        """
        return _dataset(self)

    @cached_property
    def ledger(self) -> PowerLedger:
        """The ledger of powers at rest."""
        return PowerLedger(self.run.ledger)

    @property
    def status(self) -> Status:
        """Whether it is at rest, or which pool still moved; the first lane, in a scan."""
        return self.run.status

    @property
    def failed(self) -> int:
        """Number of lanes for which no steady state was found; those of states that are fewer than
        in other lanes count too.
        """
        return self.run.failed

    @property
    def stable(self) -> xr.DataArray:
        """Whether every disturbance decays; a scalar, or over the dimensions of a scan."""
        return self.data["stable"].astype(bool)

    @property
    def end_state(self) -> tuple[list[str], Array, dict[str, int]]:
        """The state, for a run or a search that starts from it; see
        :attr:`biomembrane.Run.end_state`.
        """
        return self.run.end_state

    def final(self, variable: str) -> dict[str, Quantity]:
        """Values of a variable of a single state by name.

        Args:
            variable: of ``data``, over one dimension, such as ``"concentration"``.

        Raises:
            UnknownName: no such variable.
            BadSettings: a scan.
        """
        return self.run.final(variable)

    def isel(self, **at: int) -> SteadyState:
        """One lane of a scan, by position along its dimensions.

        Args:
            at: an integer for each dimension, counted from 0, or from the end where it is negative.

        Raises:
            UnknownName: other names than those of the dimensions, or not all of them.
            NotANumber: a position that is not an integer.
            OutOfDomain: a position beyond the scan.
        """
        dims = self.run.trajectory.dims
        place = list(positions(dims, at).values())
        lane = int(np.ravel_multi_index(place, list(dims.values()))) if dims else 0
        one = slice(lane, lane + 1)
        names = ("y", "settled", "stable", "eigenvalues", "rounds", "culprit", "speed")
        rest = Rest(**{name: getattr(self.rest, name)[..., one] for name in names})
        return SteadyState(
            Run(self.run.trajectory.cut(lane)),
            rest,
            None if self.found is None else self.found[one],
        )

    def sel(self, **at: Labels) -> SteadyState:
        """One lane of a scan, by the coordinates of its dimensions.

        Args:
            at: for each dimension a number in the unit of the label, a quantity in any unit, or the
                label's text.

        Raises:
            UnknownName: no such label, or not all dimensions are named.
            BadSettings: several lanes have the label.
            NotANumber: neither a number, a quantity nor a label.
            UnitMismatch: a quantity of another dimension.
            NotFinite: NaN or infinity.
        """
        return self.isel(**nearest_places(self.data, tuple(self.run.trajectory.dims), at))

    def __repr__(self) -> str:
        t = self.run.trajectory
        over = ", ".join(f"{k}: {v}" for k, v in t.dims.items())
        if over:
            stable, ended = int(self.rest.stable.sum()), ending_text(lane_ends(t.statuses)[0])
            return f"<SteadyState of {t.model.name!r} over ({over}); {ended}; {stable} stable>"
        return f"<SteadyState of {t.model.name!r}; {_stability(self.rest)}>"

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible, join

        body = join(Html(self.ledger._repr_html_()), Html(self.data._repr_html_()))
        return collapsible(repr(self), body, open=True)


def _stability(rest: Rest) -> str:
    """Stability of the first lane in words."""
    values = rest.eigenvalues[:, 0]
    values = values[np.isfinite(values)]
    if not rest.stable[0]:
        rising = int((values.real > 0).sum())
        if not rising:
            return "stability not seen, for a mode is as slow as rounding"
        return f"unstable, with {rising} growing mode{'s' * (rising != 1)}"
    return (
        f"stable, slowest time constant {-1 / values.real.max():.4g} s" if len(values) else "stable"
    )


def _dataset(state: SteadyState) -> xr.Dataset:
    t, rest = state.run.trajectory, state.rest
    whole_run = state.run.data
    kept = [
        str(name)
        for name in whole_run.data_vars
        if name not in TABLE
        or TABLE[str(name)].part is Part.COURSE
        or name in ("status", "culprit")
    ]
    data = whole_run[kept].isel(time=-1, drop=True)
    shape, dims = tuple(t.dims.values()), tuple(t.dims)
    used = np.isfinite(rest.eigenvalues).any(axis=1)
    modes = rest.eigenvalues[: int(used.sum())]
    with np.errstate(all="ignore"):
        constants = np.where(modes.real < 0, -1 / modes.real, np.nan)
    per_second = {"units": "s-1"}
    added: dict[str, Any] = {
        "stable": (dims, rest.stable.reshape(shape).astype(np.int8),
            {"long_name": "whether every disturbance decays",
             "flag_values": np.array([0, 1], np.int8), "flag_meanings": "no yes"}),
        "eigenvalue_real": (("mode", *dims), modes.real.reshape(-1, *shape),
            per_second | {"long_name": "real part of the eigenvalue"}),
        "eigenvalue_imag": (("mode", *dims), modes.imag.reshape(-1, *shape),
            per_second | {"long_name": "imaginary part of the eigenvalue"}),
        "time_constant": (("mode", *dims), constants.reshape(-1, *shape),
            {"units": "s", "long_name": "time constant, -1/Re of the eigenvalue"}),
    }  # fmt: skip
    if state.found is not None:
        added["found"] = (dims, state.found.reshape(shape).astype(np.int64),
            {"long_name": "number of searches that came to the state"})  # fmt: skip
    for name in LINES_AT_REST:
        line = state.ledger.line(name)
        added[f"power_{name}"] = (line.dims, line.values,
            {"units": POWER, "long_name": _as_power(str(line.attrs["long_name"]))})  # fmt: skip
    return data.assign(added).assign_attrs({AT_REST: "yes"})


def _as_power(name: str) -> str:
    return name.replace("gradient energy", "gradient power").replace("energy", "power")
