"""A steady state followed in one parameter: a branch, labelled like a scan, with its stability and
its special points.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units
from ..assemble.model import Model
from ..declare.parameter import check_domain, whole
from ..solve.given_start import Start
from ..solve.model_index import model_index
from ..solve.read_parameters import resolve
from ..solve.start_parameters import of_start
from ..solve.steady import branch as tracing
from ..solve.steady.branch import Curve, Ending, Line, Point, Special
from ..solve.steady.resting_task import Begun, begun, resting_trajectory, steady_task
from ..solve.steady.search import Rest, at_rest, described
from ..solve.task import Task
from .run import Run
from .steady_state import SteadyState, checked

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import QuantityLike
    from .run_types import ParametersLike, StartLike

POINT = "point"  # dimension of a branch
KINDS = tuple(Special)


@errors.keywords
def follow(
    model: Model,
    parameter: str,
    *,
    between: tuple[QuantityLike, QuantityLike],
    parameters: ParametersLike | None = None,
    start: StartLike | None = None,
    points: int = 1000,
) -> Branch:
    """Follow a steady state as one parameter changes, through folds and past Hopf points.

    Pseudo-arclength continuation (Keller 1977) with the exact Jacobian and the exact derivative by
    the parameter, to both sides of the steady state at the parameter's own value, up to the ends
    of the range. Folds, Hopf points and branch points are located and are points of the branch.

    Args:
        model: the model.
        parameter: dotted name of the parameter, ``"bath.K"``.
        between: the range, two quantities.
        parameters: values of others, and of this one where the branch begins.
        start: a run or a steady state from whose end the search for the first point begins, with
            its conserved sums; which of several branches is followed is said by it.
        points: most points to each side.

    Returns:
        :class:`Branch`.

    Raises:
        NoSteadyState: none was found to begin with.
        UnknownName: a parameter that does not exist.
        OutOfDomain: a range outside the domain of the parameter, or one that does not hold the
            value at which the branch begins.
        BadSettings: a range that is no pair, a scan, a protocol, or a parameter that cannot change
            here.
        WrongType: an argument of another class.
        BareNumber: a number without a unit where one is due.
        UnknownUnit: an unknown unit.
        UnitMismatch: a unit of another dimension.
        NotANumber: text without a number.
        NotFinite: NaN or infinity.
        NoRoom: ions that leave no room for impermeants.
        ChargeImbalance: contents that are not electroneutral.
        SingularConstraint: constraints that do not determine their states at the start.
        ConstraintNotMet: constraints that no values near the start meet.
    """
    task = steady_task(model, parameters, start, "follow")
    if task.parameters.dims:
        raise errors.BadSettings(
            where="follow(parameters=…)", wanted="one number for each parameter",
            got=f"a scan over {', '.join(task.parameters.dims)}",
            advice="one branch at a time; steady_state(model, …) scans",
        )  # fmt: skip
    whole(points, "follow(points=…)", "an integer", "points=500")
    if points < 1:
        raise errors.OutOfDomain(
            where="follow(points=…)", wanted="at least 1", got=errors.shown(points),
            advice="points=500",
        )  # fmt: skip
    line = _line(task, parameter, between)
    began, first = time.perf_counter(), begun(task)
    rest = at_rest(task, first.held, first.inputs, first.y0, first.scale)
    unit = task.model.parameter(parameter).unit
    checked(SteadyState.of(task, task.parameters, first, rest, 0.0))
    curve = Curve(
        task, line, [float(np.ravel(x)[0]) for x in first.inputs], first.scale,
        start is None and _sets_totals(task, line), first.y0,
    )  # fmt: skip
    found, endings = _both_ways(curve, rest.y, points)
    state = _as_states(task, parameter, unit, found, first, began)
    return Branch(state, parameter, tuple(found), endings)


def _line(task: Task, parameter: str, between: Any) -> Line:
    """The parameter and its range, checked."""
    model = task.model
    p = model.parameter(parameter)
    index = model_index(model).places[p.name]
    where = "follow(between=…)"
    try:
        low, high = between
    except (TypeError, ValueError):
        raise errors.BadSettings(
            where=where, wanted="two quantities, the ends of the range", got=errors.shown(between),
            advice=f"between=(Q(1, {p.unit!r}), Q(10, {p.unit!r}))",
        ) from None  # fmt: skip
    ends = []
    for x in (low, high):
        number = units.scalar(x, p.dimension, where)
        check_domain(number, p.domain, where, x)
        ends.append(number)
    own = float(task.parameters.base[index])
    shown = " to ".join(errors.shown(units.restore(x, p.unit)) for x in ends)
    if not ends[0] < ends[1]:
        raise errors.OutOfDomain(
            where=where, wanted="a range from a smaller to a larger value", got=shown,
            advice="the smaller value first",
        )  # fmt: skip
    if not ends[0] <= own <= ends[1]:
        raise errors.OutOfDomain(
            where=where,
            wanted=f"a range that holds {errors.shown(units.restore(own, p.unit))}, where the"
            " branch begins",
            got=shown, advice=f"parameters={{{p.name!r}: …}} lets it begin elsewhere",
        )  # fmt: skip
    if task.start.state is not None and p.name in of_start(model):
        raise errors.BadSettings(
            where="follow(parameter=…)", wanted="a parameter that acts at all times",
            got=f"{p.name}, which sets what the model holds at the start, beside start=",
            advice=f"leave start= out, or follow another parameter than {p.name}",
        )  # fmt: skip
    return Line(index, *ends)


def _sets_totals(task: Task, line: Line) -> bool:
    """Whether the parameter acts on what the model holds at the start."""
    g, out = task.kernel.program.graph, task.kernel.program.outputs["initial"]
    return g.inputs("p", line.index + 1)[-1] in g.reachable(out)


def _both_ways(curve: Curve, y: Any, most: int) -> tuple[list[Point], tuple[Ending, Ending]]:
    """The points from one end to the other, and why they end there."""
    p = curve.inputs[curve.line.index]
    upward = np.zeros(len(y) + 1)
    upward[-1] = 1.0
    begin = curve.point(y, p, upward, 0.0)
    down, low = tracing.traced(curve, begin, -1.0, most)
    if low is Ending.CLOSED:
        return [begin, *down], (low, low)
    up, high = tracing.traced(curve, begin, 1.0, most)
    back = [replace(x, along=-x.along, tangent=-x.tangent) for x in reversed(down)]
    return [*back, begin, *up], (low, high)


def _as_states(
    task: Task, parameter: str, unit: str, found: list[Point], first: Begun, began: float
) -> SteadyState:
    """The points as lanes of a scan over ``point``."""
    import xarray as xr

    values = units.restore(np.array([x.p for x in found]), unit).magnitude
    scan = xr.DataArray(values, dims=POINT, attrs={"units": unit})
    own = task.model.parameter(parameter)

    given = {
        name: units.restore(float(task.parameters.base[model_index(task.model).places[name]]),
                            task.model.parameter(name).unit)
        for name in task.parameters.changed
        if name in task.model.parameters and name != own.name
    }  # fmt: skip
    chosen = resolve(task.model, {**given, own.name: scan})
    chosen = replace(chosen, begun=task.parameters.begun, start=Start())
    lanes = len(found)
    inputs = chosen.inputs(slice(0, lanes))
    held = task.kernel.bind(inputs)
    y = np.concatenate([x.y for x in found], axis=1)
    scale = np.repeat(first.scale, lanes, axis=1)
    rest: Rest = described(task, held, inputs, y, first.y0, scale)
    trajectory = resting_trajectory(task, chosen, held, scale, rest, time.perf_counter() - began)
    return SteadyState(Run(trajectory), rest)


@errors.keywords
@dataclass(frozen=True, eq=False)
class Branch:
    """Result of :func:`follow`.

    Attributes:
        states: the points as steady states of a scan over ``point``.
        parameter: dotted name of what was changed.
        points: the points with tangents and arclength, in scaled coordinates.
        endings: why it ends at its first and at its last point.
    """

    states: SteadyState
    parameter: str
    points: tuple[Point, ...]
    endings: tuple[Ending, Ending]

    @property
    def model(self) -> Model:
        """The model."""
        return self.states.model

    @cached_property
    def data(self) -> xr.Dataset:
        """As the data of a steady state, over ``point``, with the parameter as a coordinate,
        ``arclength``, and ``special``: regular, fold, Hopf or branch point.
        """
        codes = np.array([KINDS.index(x.kind) for x in self.points], dtype=np.int8)
        meanings = " ".join(kind.replace(" ", "_") for kind in KINDS)
        arclength = np.array([x.along for x in self.points])
        return self.states.data.assign(
            special=(POINT, codes, {"long_name": "what the point is", "flag_meanings": meanings,
                "flag_values": np.arange(len(KINDS), dtype=np.int8)}),
            arclength=(POINT, arclength, {"units": "1", "long_name": "arclength from the start"}),
        ).assign_attrs(endings=" | ".join(self.endings), followed=self._name)  # fmt: skip

    @property
    def _name(self) -> str:
        return self.model.parameter(self.parameter).name

    def special(self, kind: str | None = None) -> xr.Dataset:
        """The special points alone.

        Args:
            kind: ``"fold"``, ``"Hopf"`` or ``"branch point"``; default all.

        Raises:
            UnknownName: another kind.
        """
        if kind is not None:
            errors.among(
                kind, [k.value for k in KINDS[1:]], "branch.special(kind=…)", "a kind of point"
            )
        wanted = [k for k, x in enumerate(self.points)
                  if (x.kind == kind if kind else x.kind is not Special.NONE)]  # fmt: skip
        return self.data.isel(point=wanted)

    def __repr__(self) -> str:
        counts = {k: sum(x.kind is k for x in self.points) for k in KINDS[1:]}
        met = ", ".join(f"{n} {k}{'s' * (n != 1)}" for k, n in counts.items() if n)
        return (
            f"<Branch of {self.model.name!r} in {self._name}: {len(self.points)} points;"
            f" {met or 'no special points'}>"
        )

    def _repr_html_(self) -> str:
        from ..html import Html, collapsible

        return collapsible(repr(self), Html(self.data._repr_html_()), open=True)
