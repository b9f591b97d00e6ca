"""Events: what happens to a run when a function of its state passes zero, or at given times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dimension as d
from .. import errors, units
from .identity import Compared
from .parameter import check_name

if TYPE_CHECKING:
    from ..quantity_types import TimesLike
    from .parameter_types import EventFormula, EventValues

DIRECTIONS = ("rising", "falling", "either")
_EXAMPLE = "Event(lambda s: s['cell.Na'] - s.quantity('20 mM'), end=True)"


@errors.keywords
@dataclass(frozen=True, eq=False)
class Event(Compared):
    """Something that happens where a function of the state passes zero, or at given times; in a
    scan in every lane for itself.

    ``Event(lambda s: s["cell.Na"] - s.quantity("20 mM"), set={"stim.current": "0 pA"})``

    The function is called once, with a :class:`~biomembrane.compile.declared_events.Moment` whose
    entries are symbols: ``s["cell.Na"]`` or ``s["Na@cell"]`` is a concentration,
    ``s["cell.volume"]`` a volume, ``s["membrane.potential"]`` V, ``s["transporter.parameter"]`` a
    parameter as it is then, ``s.t`` the time, ``s.flux("transporter")`` a flux, and
    ``s.quantity(…)`` a number with its unit.  The root is found to the last digits, and a step ends
    there.

    What it does, in this order; every value is that just before the event or a function of ``s``:

    * ``set``: concentrations, amounts, volumes and potentials-free states to a value; parameters to
      another value from then on.
    * ``add``: to amounts, a dose, as an amount or as the concentration that it adds.  The charges
      that are added to a place must cancel, as those of K⁺ and Cl⁻ do.
    * ``end``: the run ends.

    The exergy that ``set`` and ``add`` bring is the line ``dosed`` of the ledger, that of
    parameters ``imposed``.  ``run.data.event_time`` and ``event_name`` say which event was when.

    Args:
        when: the function; or leave it out and give ``at``.
        at: times, ``Q([5, 10], "min")``, in place of a function.
        set: values by dotted name, each a quantity, text, or a function of ``s``.
        add: amounts or concentrations to add, by dotted name.
        end: whether the run ends.
        name: in results; no two events of a run have one name.
        direction: ``"rising"`` through zero, ``"falling"``, or ``"either"``.

    Raises:
        BadName: a name that dotted names cannot hold.
        BadSettings: both or neither of ``when`` and ``at``, nothing that happens, an unknown
            direction.
        WrongType: ``when`` is no function, or ``set`` or ``add`` no mapping.
        OutOfDomain: a time below zero.
        BareNumber: a time without a unit.
        UnitMismatch: a time in a unit of another dimension.
        NotFinite: NaN or infinity.
    """

    when: EventFormula | None = None
    at: TimesLike | None = field(default=None, kw_only=True)
    set: EventValues = field(default_factory=dict, kw_only=True)
    add: EventValues = field(default_factory=dict, kw_only=True)
    end: bool = field(default=False, kw_only=True)
    name: str = field(default="event", kw_only=True)
    direction: str = field(default="rising", kw_only=True)
    times: tuple[float, ...] = field(init=False, repr=False, default=())
    _loose = ("when", "set", "add")

    def __post_init__(self) -> None:
        check_name(self.name, "Event, name")
        where = f"Event {self.name!r}"
        given = [k for k in ("when", "at") if getattr(self, k) is not None]
        if len(given) != 1:
            raise errors.BadSettings(
                where=where, wanted="a function of the state, or at=…",
                got=" and ".join(given) or "neither", advice=_EXAMPLE,
            )  # fmt: skip
        if self.when is not None and (isinstance(self.when, type) or not callable(self.when)):
            raise errors.WrongType(
                where=where, wanted="a function of the state", got=errors.shown(self.when),
                advice=_EXAMPLE,
            )  # fmt: skip
        errors.among(self.direction, DIRECTIONS, f"{where}, direction=…", " | ".join(DIRECTIONS))
        for word in ("set", "add"):
            mapping = getattr(self, word)
            if not isinstance(mapping, Mapping):
                raise errors.WrongType(
                    where=f"{where}, {word}=…", wanted="values by dotted name",
                    got=errors.shown(mapping), advice=f"{word}={{'cell.Na': Q(5, 'mM')}}",
                )  # fmt: skip
            object.__setattr__(self, word, dict(mapping))
        errors.expect(self.end, bool, f"{where}, end=…", "True or False", "end=True")
        if not (self.set or self.add or self.end):
            raise errors.BadSettings(
                where=where, wanted="something that happens: set=…, add=… or end=True",
                got="nothing", advice=_EXAMPLE,
            )  # fmt: skip
        if self.at is not None:
            object.__setattr__(self, "times", self._times(where))

    def _times(self, where: str) -> tuple[float, ...]:
        times = np.atleast_1d(units.strip(self.at, d.TIME, f"{where}, at=…")).ravel()
        if not len(times) or times.min() < 0:
            raise errors.OutOfDomain(
                where=f"{where}, at=…", wanted="times from 0 s on", got=errors.shown(self.at),
                advice="at=Q([5, 10], 'min')",
            )  # fmt: skip
        return tuple(times.tolist())

    def _content(self) -> tuple[Any, ...]:
        code = getattr(self.when, "__code__", None)
        formula = code and (code.co_code, code.co_consts, code.co_names)
        return formula, self.times, repr(self.set), repr(self.add), self.end, self.direction

    def __repr__(self) -> str:
        does = [f"{word} {', '.join(getattr(self, word))}" for word in ("set", "add")]
        does = [
            text for text, word in zip(does, ("set", "add"), strict=True) if getattr(self, word)
        ]
        does += ["end"] if self.end else []
        return f"<Event {self.name!r}: {'; '.join(does)}>"
