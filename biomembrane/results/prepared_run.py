"""A model prepared to run many times with different parameters, as fits need it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units, user_text
from ..assemble.model import Model
from ..declare.parameter import check_domain, inside
from ..declare.solute_names import renamed
from ..numerals import counted
from ..solve.continuation import fixed
from ..solve.engine_protocols import Solver
from ..solve.model_index import model_index
from ..solve.start_parameters import of_start
from ..solve.task import Task, make_task
from ..solve.time_grid import output_times
from .run import Run
from .simulation import finished

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..quantity_types import TimeLike, TimesLike
    from .run_types import ParametersLike, StartLike

_EXAMPLE = "vary={'blood.K': 'mM'}"


@errors.keywords
def prepare(
    model: Model,
    *,
    vary: Mapping[str, str],
    until: TimeLike | None = None,
    times: TimesLike | None = None,
    parameters: ParametersLike | None = None,
    start: StartLike | None = None,
    solver: Solver | None = None,
) -> Prepared:
    """A function of some parameters that runs a model: everything is checked and compiled once, so
    that a call is quick.

    Args:
        model: what to run.
        vary: names of the parameters that a call sets, each with the unit of the number that it is
            given, ``{"blood.K": "mM"}``.
        until, times, parameters, start, solver: as in :func:`~biomembrane.simulate`, and the same
            in every run; protocols are allowed, arrays are not.

    Returns:
        :class:`Prepared`: ``prepared([7.0])`` is the :class:`~biomembrane.Run` with ``blood.K`` at
            7 mM, bit for bit that of ``simulate(model, …, parameters={"blood.K": Q(7, "mM")})``.

    Raises:
        WrongType: ``vary`` is not a mapping of names to units; or as in ``simulate``.
        UnknownName: a parameter that does not exist.
        UnknownUnit: an unknown unit.
        UnitMismatch: a unit of another dimension.
        BadSettings: a parameter in both ``vary`` and ``parameters``, or arrays; or as in
            ``simulate``.
        BareNumber: a number without a unit where one is due.
        NotFinite: NaN or infinity.
        OutOfDomain: a value outside the domain of its parameter.
    """
    if not isinstance(vary, Mapping) or not vary:
        wanted = "names of parameters with their units"
        raise errors.WrongType(
            where="prepare(vary=…)", wanted=wanted, got=errors.shown(vary), advice=_EXAMPLE
        )
    if parameters is not None and not isinstance(parameters, Mapping):
        raise errors.WrongType(
            where="prepare(parameters=…)",
            wanted="{dotted name: quantity}",
            got=errors.shown(parameters),
            advice="parameters={'blood.K': Q(10, 'mM')}",
        )
    begun: Any = start
    scanned = [str(d) for d in begun.end_state[2]] if hasattr(begun, "end_state") else []
    if scanned:
        raise errors.BadSettings(
            where="prepare(start=…)",
            wanted="one run",
            got=f"a scan over {', '.join(scanned)}",
            advice=f"start=run.isel({', '.join(f'{d}=0' for d in scanned)}) takes one lane",
        )
    fixed_values = dict(parameters or {})
    grid = output_times(until, times, "prepare")
    # a call sets them in place of the protocols that electrodes hold
    held = {n: model.parameters[n].quantity for n in model.protocols if n in vary}
    with _told_here():
        task = make_task(
            model, grid.times, first=grid.first, parameters=fixed_values | held, start=start,
            solver=solver,
        )  # fmt: skip
    if task.parameters.dims:
        raise errors.BadSettings(
            where="prepare(parameters=…)",
            wanted="one number for each parameter",
            got=f"a scan over {', '.join(task.parameters.dims)}",
            advice="simulate(…) runs scans, many lanes at a time",
        )
    vary, fixed_values = (
        renamed(names, model.sides, model.parameters, "prepare(vary=…)")
        for names in (vary, fixed_values)
    )
    both = [name for name in vary if name in fixed_values]
    if both:
        raise errors.BadSettings(
            where="prepare(vary=…)",
            wanted="parameters that are not fixed too",
            got=", ".join(both),
            advice="leave it out of one of them",
        )
    for name, unit in vary.items():
        _check_unit(model, name, unit)
        if task.start.state is not None and name in of_start(model):
            raise fixed(name, f"prepare(vary={{{name!r}: …}})")
    return Prepared(task, vary)


@contextmanager
def _told_here() -> Iterator[None]:
    """Errors of arguments that ``simulate`` has too are told of this call."""
    try:
        yield
    except errors.BiomembraneError as problem:
        if not problem.where.startswith("simulate("):
            raise
        where = f"prepare({problem.where.removeprefix('simulate(')}"
        raise replace(problem, where=where) from None


def _check_unit(model: Model, name: str, unit: Any) -> None:
    where = f"prepare(vary={{{errors.shown(name)}: …}})"
    dimension = model.parameter(name).dimension
    once, twice = (float(units.strip(units.Q(x, unit), dimension, where)) for x in (1.0, 2.0))
    if twice != 2 * once:
        raise errors.BadSettings(
            where=where,
            wanted="a unit that counts from absolute zero",
            got=errors.shown(unit),
            advice=f"vary={{{name!r}: 'kelvin'}}",
        )


class Prepared:
    """A model as a function of some parameters; made by :func:`prepare`.

    ``vary``: names and units of the parameters that a call sets, in order.
    """

    def __init__(self, task: Task, vary: Mapping[str, str]) -> None:
        self.vary = dict(vary)
        self._domains = [task.model.parameter(name).domain for name in vary]
        self._places = np.array([model_index(task.model).places[name] for name in vary])
        self._factors, self._divisors = np.array([units.inward(unit) for unit in vary.values()]).T
        self._task = replace(
            task, parameters=replace(task.parameters, changed=(*task.parameters.changed, *vary))
        )

    def __call__(self, values: Sequence[float] | NDArray[np.float64]) -> Run:
        """Run with these numbers.

        Args:
            values: of shape ``(len(vary),)``, in the order and the units of ``vary``.

        Raises:
            NotANumber: another shape, or values that are not numbers.
            NotFinite: NaN or infinity.
            OutOfDomain: a value outside the domain of its parameter.
            NoRoom: ions that leave no room for impermeants.
            SimulationStopped: the run stopped early; the ``run`` of the error holds everything up
                to there.
        """
        task = self._task
        base = task.parameters.base.copy()
        base[self._places] = self._internal(values)
        task = replace(task, parameters=replace(task.parameters, base=base))
        return finished(Run(task.trajectory(slice(0, 1))))

    def _internal(self, values: Any) -> NDArray[np.float64]:
        """The values in the internal system, once they are checked."""
        numbers = user_text.numbers(values)
        if numbers is None or np.shape(numbers) != (len(self.vary),):
            wanted = f"{counted(len(self.vary), 'number')}: {self._order()}"
            advice = "a list or an array, in the order of vary"
            raise errors.NotANumber(
                where="prepared(values)", wanted=wanted, got=errors.shown(values), advice=advice
            )
        internal: NDArray[np.float64] = numbers * self._factors / self._divisors
        rows = zip(internal.tolist(), self._domains, self.vary.items(), strict=True)
        for x, domain, (name, unit) in rows:
            where = f"prepared(values), {name}"
            if not math.isfinite(x):
                raise errors.NotFinite(
                    where=where,
                    wanted="a finite number",
                    got=str(x),
                    advice="look for 0/0 or an overflow in what gave it",
                )
            if not inside(x, domain):
                check_domain(x, domain, where, units.restore(x, unit))
        return internal

    def _order(self) -> str:
        return ", ".join(f"{name} [{unit}]" for name, unit in self.vary.items())

    def __repr__(self) -> str:
        return f"<Prepared {self._task.model.name!r}, a function of {self._order()}>"
