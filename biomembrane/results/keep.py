"""What a scan keeps of each lane: the argument ``keep=`` of a simulation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import errors, units
from ..account.ledger_lines import LINES
from ..dimension import TIME
from ..solve.time_grid import Grid, output_times
from .reducers import REDUCERS
from .schema import ALL_LANES, LEDGER_VARIABLES, TABLE, VARIABLES, Part

if TYPE_CHECKING:
    import xarray as xr

    from ..quantity_types import TimesLike

Array = NDArray[Any]
ALL = "all"
_EXAMPLE = "bm.Keep(variables=['concentration', 'potential'], times='final', dtype='float32')"


@errors.keywords
@dataclass(frozen=True, eq=False)
class Keep:
    """What a scan keeps of each lane.

    Args:
        variables: ``"all"``, everything that a run has, so that the result has a ledger and can be
            continued like a run; or some of ``amount concentration pH potential volume flux
            affinity dissipation``, and of the ledger ``ledger_flow`` (by entry; ``entry_process``,
            ``entry_store`` and so on name it), ``ledger_dissipation``, ``ledger_uphill_energy``,
            ``ledger_uphill_time`` (by process), ``ledger_exergy`` (by store), or a line such as
            ``ledger_spent``, at every kept time.
        times: ``"all"`` output times, ``"final"``, or a quantity array of its own, within the run.
        reduce: some of ``min max mean final``: ``potential`` becomes ``potential_max`` and so on.
            ``min``, ``max`` and ``mean`` (by the trapezoid rule) use the kept times and, for
            variables outside the ledger, both sides of each break of a protocol between them; a
            warning (``errors.Unseen``) names pulses and formulas that move between two output
            times.  ``final`` is the end of the run.  Or a function that takes a Dataset over
            ``lane`` and ``time`` and returns one over ``lane``; it gets the kept times alone.
        ledger: ``"final"`` keeps the lines of the ledger at the end, ``"all"`` at every kept time.
        dtype: ``"float64"`` or ``"float32"``, of what is kept; computed is always in double.

    Raises:
        WrongType: names that are not a list.
        UnknownName: a variable, a reducer or a word that does not exist.
        BadSettings: times that do not increase, or a reducer with the final time alone.
        BareNumber: times without a unit.
        UnitMismatch: times in a unit of another dimension.
    """

    variables: Sequence[str] = ("amount", "potential", "volume")  # or "all"
    times: TimesLike = "all"
    reduce: Sequence[str] | Callable[[xr.Dataset], xr.Dataset] = ()
    ledger: str = "final"
    dtype: str = "float64"

    def __post_init__(self) -> None:
        names = [*VARIABLES, *LEDGER_VARIABLES, *(f"ledger_{line}" for line in LINES)]
        for name in () if self.whole else _names(self.variables, "variables", names):
            _check_choice(name, names, "Keep(variables=…)")
        if self.whole and self.reduce:
            raise errors.BadSettings(
                where="Keep(variables='all', reduce=…)",
                wanted="names of what is reduced",
                got="'all'",
                advice="reduce=(), or variables=['potential', 'ledger_spent']",
            )
        if not callable(self.reduce):
            for name in _names(self.reduce, "reduce", REDUCERS):
                _check_choice(name, REDUCERS, "Keep(reduce=…)")
        _check_choice(self.ledger, ("final", "all"), "Keep(ledger=…)")
        _check_choice(self.dtype, ("float64", "float32"), "Keep(dtype=…)")
        if self.whole and self.dtype == "float32":
            raise errors.BadSettings(
                where="Keep(variables='all', dtype='float32')",
                wanted="the whole ledger in double precision, without which it does not close",
                got="'float32'",
                advice="dtype='float64', or names of variables with ledger='all'",
            )
        if isinstance(self.times, str):
            _check_choice(self.times, ("all", "final"), "Keep(times=…)")
        else:
            output_times(None, self.times, "Keep")
        if self.reduce and isinstance(self.times, str) and self.times == "final":
            raise errors.BadSettings(
                where="Keep(reduce=…, times='final')",
                wanted="times to reduce over",
                got="the final time alone",
                advice="times='all', or reduce=()",
            )

        # what the caller changes later changes nothing here
        for name in ("variables", "reduce"):
            if isinstance(getattr(self, name), Sequence) and not isinstance(
                getattr(self, name), str
            ):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "times", deepcopy(self.times))

    @cached_property
    def _content(self) -> tuple[Any, ...]:
        if isinstance(self.times, str):
            times: Any = self.times
        else:
            times = tuple(output_times(None, self.times, "Keep").times.tolist())
        return self.variables, times, self.reduce, self.ledger, self.dtype

    def __eq__(self, other: object) -> bool:
        return self._content == other._content if isinstance(other, Keep) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def whole(self) -> bool:
        """Whether everything is kept."""
        return isinstance(self.variables, str) and self.variables == ALL

    @property
    def summed(self) -> bool:
        """Whether the ledger is needed in sums only, not entry by entry."""
        return not self.whole and "ledger_flow" not in self.variables

    @property
    def lines(self) -> bool:
        """Whether the lines of the ledger are kept at every time."""
        return self.whole or self.ledger == ALL

    def names(self, every: Sequence[str]) -> list[str]:
        """Variables that are kept by name, of ``every`` one that a whole result has."""
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
            raise errors.BadSettings(
                where="Keep(times=…)",
                wanted=f"times within the run, which ends at {times[-1]:g} s",
                got=f"times to {own[-1]:g} s",
                advice=f"simulate(…, until=Q({own[-1]:g}, 's'))",
            )
        return Grid(own if own[-1] >= times[-1] else np.append(own, times[-1]))

    def kept_times(self, times: Array, first: int) -> Array:
        """Indices of the output times that are kept; those from ``first`` on were asked for."""
        if isinstance(self.times, str):
            return np.arange(first if self.times == "all" else len(times) - 1, len(times))
        own = np.atleast_1d(units.strip(self.times, TIME, "Keep(times=…)"))
        return np.searchsorted(times, own)


def _check_choice(name: Any, choices: Any, where: str) -> None:
    if not isinstance(name, str) or name not in choices:
        raise errors.UnknownName(
            where=where,
            wanted=" | ".join(choices),
            got=errors.shown(name),
            advice=errors.nearest(name, choices) or _EXAMPLE,
        )


def _names(given: Any, field_: str, choices: Any) -> Sequence[str]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise errors.WrongType(
            where=f"Keep({field_}=…)",
            wanted="a list of names",
            got=errors.shown(given),
            advice=f"{field_}=[{next(iter(choices))!r}]",
        )
    return given


def as_keep(keep: Any) -> Keep:
    """A Keep from ``keep=`` of a simulation: one already, ``"all"``, ``"final"``, or names of
    variables.
    """
    if isinstance(keep, Keep):
        return keep
    if isinstance(keep, str) and keep in ("final", ALL):
        return Keep(times="final") if keep == "final" else Keep(variables=ALL)
    if isinstance(keep, Sequence) and not isinstance(keep, str):
        return Keep(variables=keep)
    advice = "keep=bm.Keep(times=…)" if units.is_quantity(keep) else _EXAMPLE
    wanted = "'all', 'final', names of variables, or a Keep"
    raise errors.WrongType(
        where="simulate(keep=…)", wanted=wanted, got=errors.shown(keep), advice=advice
    )
