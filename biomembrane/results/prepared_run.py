"""One run after another of a model whose parameters change, as fits need them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import errors, units, user_text
from ..assemble.model import Model
from ..declare.parameter import check_domain, inside
from ..declare.solute_names import renamed
from ..solve.continuation import fixed
from ..solve.engine_protocols import Solver
from ..solve.model_index import model_index
from ..solve.start_parameters import of_start
from ..solve.task import Task, make_task
from ..solve.time_grid import output_times
from .run import Run, finished

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
    """A function of some parameters that runs a model: everything is checked and compiled now, and
    a call is quick.

    Args:
        model: what to run.
        vary: names of the parameters that a call gives, with the unit in which it gives them,
            ``{"blood.K": "mM"}``.
        until, times, parameters, start, solver: as :func:`~biomembrane.simulate` takes them, and
            the same in every run; protocols are
            welcome, arrays are not.

    Returns:
        :class:`Prepared`: ``prepared([7.0])`` is the :class:`~biomembrane.Run` with ``blood.K`` at
            7 mM, bit for bit what
        ``simulate(model, …, parameters={"blood.K": Q(7, "mM")})`` gives.

    Raises:
        WrongType: ``vary`` is no mapping of names to units, or as ``simulate`` says.
        UnknownName: a parameter that does not exist.
        UnknownUnit: a unit that is not known.
        UnitMismatch: a unit of another dimension.
        BadSettings: a parameter in both ``vary`` and ``parameters``, arrays, or as ``simulate``
            says.
        BareNumber: a number without a unit where one is due.
        NotFinite: NaN or infinity.
        OutOfDomain: a value outside the domain of its parameter.
    """
    if not isinstance(vary, Mapping) or not vary:
        wanted = "names of parameters with their units"
        raise errors.WrongType(
            where="prepare(vary=…)", wanted=wanted, got=errors.shown(vary), advice=_EXAMPLE
        )
    given = dict(parameters or {})
    grid = output_times(until, times, "prepare")
    task = make_task(
        model, grid.times, first=grid.first, parameters=given, start=start, solver=solver
    )
    if task.parameters.dims:
        wanted, advice = (
            "one number for each parameter",
            "simulate(…) runs scans, many lanes at a time",
        )
        raise errors.BadSettings(
            where="prepare(parameters=…)",
            wanted=wanted,
            got=f"a scan over {', '.join(task.parameters.dims)}",
            advice=advice,
        )
    vary, given = (
        renamed(one, model.sides, model.parameters, "prepare(vary=…)") for one in (vary, given)
    )
    both = [name for name in vary if name in given]
    if both:
        advice = "leave it out of one of them"
        raise errors.BadSettings(
            where="prepare(vary=…)",
            wanted="parameters that are not fixed too",
            got=", ".join(both),
            advice=advice,
        )
    for name, unit in vary.items():
        _check_unit(model, name, unit)
        if task.start.state is not None and name in of_start(model):
            raise fixed(name, f"prepare(vary={{{name!r}: …}})")
    return Prepared(task, vary)


def _check_unit(model: Model, name: str, unit: Any) -> None:
    where = f"prepare(vary={{{errors.shown(name)}: …}})"
    dimension = model.parameter(name).dimension
    one, two = (float(units.strip(units.Q(x, unit), dimension, where)) for x in (1.0, 2.0))
    if two != 2 * one:
        raise errors.BadSettings(
            where=where,
            wanted="a unit that counts from absolute zero",
            got=errors.shown(unit),
            advice=f"vary={{{name!r}: 'kelvin'}}",
        )


class Prepared:
    """A model that waits for numbers; made by :func:`prepare`.

    ``vary``: the names of what a call takes, in order, with their units.
    """

    def __init__(self, task: Task, vary: Mapping[str, str]) -> None:
        self.vary = dict(vary)
        self._domains = [task.model.parameter(name).domain for name in vary]
        self._places = np.array([model_index(task.model).places[name] for name in vary])
        self._times, self._over = np.array([units.inward(unit) for unit in vary.values()]).T
        self._task = replace(
            task, parameters=replace(task.parameters, changed=(*task.parameters.changed, *vary))
        )

    def __call__(self, values: Sequence[float] | NDArray[np.float64]) -> Run:
        """Run with these numbers.

        Args:
            values: of shape ``(len(vary),)``, in the order and the units of ``vary``.

        Raises:
            NotANumber: other than so many numbers.
            NotFinite: NaN or infinity.
            OutOfDomain: a value outside the domain of its parameter.
            NoRoom: ions that leave no room for impermeants.
            SimulationStopped: it could not go on; its ``run`` holds everything up to there.
        """
        task = self._task
        base = task.parameters.base.copy()
        base[self._places] = self._read(values)
        return finished(
            Run(
                replace(task, parameters=replace(task.parameters, base=base)).trajectory(
                    slice(0, 1)
                )
            )
        )

    def _read(self, values: Any) -> NDArray[np.float64]:
        given = user_text.numbers(values)
        if given is None or np.shape(given) != (len(self.vary),):
            wanted, advice = (
                f"{len(self.vary)} numbers: {self._order()}",
                "a list or an array, in the order of vary",
            )
            raise errors.NotANumber(
                where="prepared(values)", wanted=wanted, got=errors.shown(values), advice=advice
            )
        made: NDArray[np.float64] = given * self._times / self._over
        for x, domain, (name, unit) in zip(
            made.tolist(), self._domains, self.vary.items(), strict=True
        ):
            if not math.isfinite(x):
                advice = "look for 0/0 or an overflow in what gave it"
                raise errors.NotFinite(
                    where=f"prepared(values), {name}",
                    wanted="a finite number",
                    got=str(x),
                    advice=advice,
                )
            if not inside(x, domain):
                check_domain(x, domain, f"prepared(values), {name}", units.restore(x, unit))
        return made

    def _order(self) -> str:
        return ", ".join(f"{name} [{unit}]" for name, unit in self.vary.items())

    def __repr__(self) -> str:
        return f"<Prepared {self._task.model.name!r}, a function of {self._order()}>"
