"""A parameter as a function of time: steps, pulses, ramps, a waveform, or a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from .. import dimension as d
from .. import errors, symbols, units
from ..dimension import Dimension
from ..numerals import counted
from .checks.dimensions import check_dimension
from .parameter import check_name, whole
from .protocol_points import check_order, joined, numbers_in, pairs, plus, points, waveform
from .user_expressions import expressed

if TYPE_CHECKING:
    from ..quantity_types import TimeLike, TimesLike
    from .parameter_types import TimeFormula, VariedLike

_MOST = 100_000  # pulses
_STEPS = "Protocol.steps(Q(5, 'mM'), (Q(1, 'min'), Q(20, 'mM')), (Q(2, 'min'), Q(5, 'mM')))"
_RAMPS = "Protocol.ramps((Q(0, 's'), Q(5, 'mM')), (Q(1, 'min'), Q(20, 'mM')))"
_FORMULA = (
    "Protocol.function(lambda t, high, period: high * sympy.cos(2 * sympy.pi * t / period) ** 2,"
    " high=Q(4, 'mM'), period=Q(20, 'min'))"
)


class Shape(StrEnum):
    """The kinds of protocols."""

    STEPS = "steps"
    RAMPS = "ramps"
    WAVEFORM = "waveform"
    FUNCTION = "function"

    def __repr__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, eq=False)
class Protocol:
    """The time course of a parameter: ``parameters={"blood.K": Protocol.steps(…)}``.

    Build one with :meth:`steps`, :meth:`pulses`, :meth:`ramps`, :meth:`waveform` or
    :meth:`function`, and join two with :meth:`then`.  Times and values are quantities, or
    :class:`xarray.DataArray` with units where a scan varies them; every lane then has its own
    breaks.  The solver hits each break exactly; at a break the new value holds.  The ledger's
    ``imposed`` line is the free energy that changes of parameters add.

    Attributes:
        kind: steps, ramps, waveform or function.
        times: of the breaks; one array of a waveform.
        values: one more than times for steps, one a time for ramps; one array of a waveform.
        formula: of time.
        quantities: of the formula, by name.
    """

    kind: Shape
    times: tuple[VariedLike, ...] = ()
    values: tuple[VariedLike, ...] = ()
    formula: TimeFormula | None = None
    quantities: Mapping[str, VariedLike] = field(default_factory=dict)

    def __repr__(self) -> str:
        if self.kind is Shape.WAVEFORM:
            return f"<Protocol.waveform, {np.size(numbers_in(self.times[0], 's'))} samples>"
        breaks = f", {counted(len(self.times), 'break')}" if self.times else ""
        return f"<Protocol.{self.kind}{breaks}>"

    @classmethod
    def steps(cls, start: VariedLike, *changes: tuple[VariedLike, VariedLike]) -> Protocol:
        """``start``, then another value from each time on.

        ``steps(Q(5, "mM"), (Q(1, "min"), Q(20, "mM")))``.  Times do not decrease; where a scan
        varies them, each lane takes its own, in order.

        Args:
            start: the value from t = 0 on.
            changes: pairs of a time and the value from then on.

        Raises:
            BadSettings: what is no pair of time and value, or times that go back.
            BareNumber: a time without a unit.
            UnitMismatch: a time in a unit of another dimension.
        """
        times, values = pairs("Protocol.steps", changes, _STEPS)
        check_order(times, "Protocol.steps", _STEPS)
        return cls(Shape.STEPS, times, (start, *values))

    @classmethod
    def pulses(
        cls,
        rest: VariedLike,
        pulse: VariedLike,
        *,
        start: VariedLike,
        width: VariedLike,
        period: VariedLike | None = None,
        count: int = 1,
    ) -> Protocol:
        """``count`` pulses from ``start`` on, each ``width`` long, one per ``period``, with
        ``rest`` between them.

        Args:
            rest: the value between pulses.
            pulse: the value during a pulse.
            start: time of the first pulse.
            width: how long each pulse lasts.
            period: from one start to the next; needed for more than one pulse.
            count: number of pulses, an integer ≥ 1.

        Raises:
            NotANumber: a count that is no integer.
            BadSettings: pulses that overlap, no period for several, or too many of them.
            BareNumber: a time without a unit.
            UnitMismatch: a time in a unit of another dimension.
        """
        where = "Protocol.pulses"
        number = whole(count, f"{where}(count=…)", "an integer >= 1", "count=3")
        if number < 1 or (period is None and number > 1):
            raise errors.BadSettings(
                where=where,
                wanted="one pulse or more, and a period for several",
                got=f"count={count}, period={errors.shown(period)}",
                advice="count=3, period=Q(10, 'min')",
            )
        if number > _MOST:
            raise errors.BadSettings(
                where=f"{where}(count=…)",
                wanted=f"at most {_MOST:,} pulses",
                got=errors.shown(count),
                advice="Protocol.function",
            )
        start, width, period = (
            units.quantity(x, f"{where}({n}=…)")
            for n, x in (("start", start), ("width", width), ("period", period))
        )
        for name, value in (
            ("start", start),
            ("width", width),
            ("period", width if period is None else period),
        ):
            shortest = np.min(units.strip(value, d.TIME, f"{where}({name}=…)"))
            if shortest < 0 or (shortest == 0 and name != "start"):
                raise errors.BadSettings(
                    where=f"{where}({name}=…)",
                    wanted="a positive time",
                    got=errors.shown(value),
                    advice=f"{name}=Q(1, 'min')",
                )
        if number > 1 and np.any(numbers_in(width, "s") > numbers_in(period, "s")):
            raise errors.BadSettings(
                where=f"{where}(period=…)",
                wanted="pulses that end before the next begins",
                got=f"width={errors.shown(width)}, period={errors.shown(period)}",
                advice="a longer period, or steps that say what holds when",
            )
        changes: list[tuple[Any, Any]] = []
        for k in range(number):
            on = start if k == 0 else plus(start, period, k)
            changes += [(on, pulse), (plus(on, width, 1), rest)]
        return cls.steps(rest, *changes)

    @classmethod
    def ramps(cls, *points: tuple[VariedLike, VariedLike]) -> Protocol:
        """Straight lines between (time, value) points; the first value holds before them and the
        last after them.

        Times do not decrease; where a scan varies them, each lane takes its own, in order.

        Args:
            points: pairs of a time and the value there.

        Raises:
            BadSettings: fewer than two points, what is no pair, or times that go back.
            BareNumber: a time without a unit.
            UnitMismatch: a time in a unit of another dimension.
        """
        times, values = pairs("Protocol.ramps", points, _RAMPS)
        if len(times) < 2:
            raise errors.BadSettings(
                where="Protocol.ramps",
                wanted="two points or more",
                got=f"{len(times)}",
                advice=_RAMPS,
            )
        check_order(times, "Protocol.ramps", _RAMPS)
        return cls(Shape.RAMPS, times, values)

    @classmethod
    def waveform(cls, times: TimesLike, values: VariedLike) -> Protocol:
        """A measured course: straight lines between samples, ten thousand or more; the first value
        holds before them and the last after them.

        The solver ends a step at each sample and goes on with the step that it had, since only the
        slope changes there.  Two samples at one time are a jump.

        Args:
            times: of the samples, ``Q([0, 0.1, 0.2], "ms")``, which do not go back.
            values: as many, ``Q([-70, -69, -65], "mV")``.

        Raises:
            BadSettings: arrays of different length, fewer than two samples, or times that go back.
            BareNumber: an array without a unit.
            UnitMismatch: times in a unit of another dimension.
            NotFinite: NaN or infinity.
        """
        t, v = waveform(times, values, "Protocol.waveform")
        return cls(Shape.WAVEFORM, (t,), (v,))

    def then(self, other: Protocol, *, at: TimeLike) -> Protocol:
        """This protocol until ``at``, then another, whose own time begins there.

        Args:
            other: steps, pulses, ramps or a waveform.
            at: when.

        Returns:
            A protocol of straight lines, with a jump where the two do not meet.

        Raises:
            WrongType: ``other`` is no protocol.
            BadSettings: a formula, arrays that a scan varies, or a time that is not above 0 s.
            UnitMismatch: values of another dimension, or ``at`` in another unit than of time.
            BareNumber: ``at`` without a unit.
        """
        where = "Protocol.then"
        errors.expect(other, Protocol, where, "a protocol", "first.then(second, at=Q(1, 's'))")
        begin = units.scalar(at, d.TIME, f"{where}(at=…)")
        for part in (self, other):
            if part.kind is Shape.FUNCTION:
                raise errors.BadSettings(
                    where=where, wanted="steps, pulses, ramps or waveforms",
                    got="a formula, which has no pieces",
                    advice="one formula of it all, or samples: Protocol.waveform(times, values)",
                )  # fmt: skip
        if begin <= 0:
            raise errors.BadSettings(
                where=f"{where}(at=…)", wanted="a time above 0 s", got=errors.shown(at),
                advice="the second protocol alone",
            )  # fmt: skip
        parts = [points(p.kind is Shape.STEPS, p.times, p.values, where) for p in (self, other)]
        times, values = joined(parts[0], parts[1], begin, where)
        return Protocol(Shape.WAVEFORM, (units.Q(times, "s"),), (values,))

    @classmethod
    def function(cls, formula: TimeFormula, **quantities: VariedLike) -> Protocol:
        """``formula(t, **symbols)``: a sympy expression of time and of the named quantities, in the
        parameter's dimension.

        The formula should be smooth: steps and kinks belong in :meth:`steps` and :meth:`ramps`.  It
        is sampled at 1025 times of the run, and the solver sets a break where it starts to change
        after a rest; shorter events may be missed.  The dimension is checked when the protocol is
        given to a parameter.

        Args:
            formula: takes the symbol of time and those of the quantities, by name; gives a sympy
                expression.
            quantities: each a quantity, or a DataArray where a scan varies it.

        Raises:
            WrongType: what is no function.
            BadName: a quantity whose name dotted names cannot hold.
        """
        if isinstance(formula, type) or not callable(formula):
            raise errors.WrongType(
                where="Protocol.function(formula)",
                wanted="a function of t",
                got=errors.shown(formula),
                advice=_FORMULA,
            )
        for name in quantities:
            check_name(name, f"Protocol.function({name}=…)")
        return cls(Shape.FUNCTION, formula=formula, quantities=dict(quantities))

    def expression(self, name: str, dim: Dimension, dims: Mapping[str, Dimension]) -> sp.Expr:
        """The formula for the parameter ``name`` of dimension ``dim``; its quantities become
        symbols ``name.quantity`` of the given ``dims``.

        Raises:
            WrongType: the formula gives no expression.
            DimensionError: its terms do not add up, or it has another dimension.
            UnknownName: it reads what was not given.
        """
        where = f"parameters[{name!r}], Protocol.function"
        named = {key: symbols.protocol_input(f"{name}.{key}") for key in self.quantities}
        assert self.formula is not None
        try:
            with errors.of_users(self.formula, where):
                result = self.formula(symbols.t, **named)
        except TypeError as problem:
            got = str(problem) or "a TypeError"
            raise errors.WrongType(
                where=where, wanted="a function of t and of each quantity", got=got, advice=_FORMULA
            ) from None
        expression = expressed(result, where)
        _checked(
            expression,
            dim,
            ((symbols.t, d.TIME), *((named[key], dims[key]) for key in named)),
            where,
        )
        return expression


@lru_cache(maxsize=256)
def _checked(
    expression: sp.Expr, dim: Dimension, known: tuple[tuple[sp.Symbol, Dimension], ...], where: str
) -> None:
    """Check the dimension of a formula, once for all runs that share it."""
    check_dimension(expression, dim, dict(known), where, "value")
