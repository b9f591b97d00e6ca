"""A number that a model gives, compared with the number of a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import errors, units, user_text
from ..numerals import typeset
from .own_numbers import check_own_number


@dataclass(frozen=True, eq=False)
class Answer:
    """One number of a study.

    ``computed``: the model's value.  ``wanted``: the source's, a quantity, a range (low, high), or
    None where there is none.  ``within``: the tolerance in the unit of ``computed``; 0 for a
    range.
    """

    name: str
    about: str
    computed: Any
    wanted: Any
    within: float
    source: str

    @property
    def unit(self) -> str:
        return f"{self.computed.units:~P}" or "1"

    @property
    def off(self) -> float:
        """Computed − wanted in the unit of ``computed``; for a range the distance to it; 0 where
        nothing is wanted.
        """
        if self.wanted is None:
            return 0.0
        value = float(self.computed.magnitude)
        if isinstance(self.wanted, tuple):
            low, high = (float(w.to(self.computed.units).magnitude) for w in self.wanted)
            return min(value - low, 0.0) + max(value - high, 0.0)
        return value - float(self.wanted.to(self.computed.units).magnitude)

    @property
    def right(self) -> bool:
        return bool(np.isfinite(self.computed.magnitude)) and abs(self.off) <= self.within

    @property
    def miss(self) -> str:
        """What is wrong, in one line, if it is not :attr:`right`."""
        if not np.isfinite(self.computed.magnitude):
            return f"{self.name}: is not a number: {self.computed_text}" + (
                f", wanted {self.wanted_text} ({self.source})" if self.source else ""
            )
        return f"{self.name}: {self.computed_text}, wanted {self.wanted_text} ({self.source})"

    @property
    def wanted_text(self) -> str:
        if self.wanted is None:
            return ""
        if isinstance(self.wanted, tuple):
            return " to ".join(
                _number_text(w.to(self.computed.units).magnitude) for w in self.wanted
            )
        wanted = _number_text(self.wanted.to(self.computed.units).magnitude)
        return f"{wanted} ± {_number_text(self.within, 2)}"

    @property
    def computed_text(self) -> str:
        """With its unit."""
        return _number_text(self.computed.magnitude) + ("" if self.unit == "1" else f" {self.unit}")

    @property
    def off_text(self) -> str:
        if self.wanted is None:
            return ""
        if isinstance(self.wanted, tuple) and self.right:
            return "in range"
        return _number_text(self.off, 2, sign=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; quantities as {"value", "unit"}."""

        def quantity(value: float) -> dict[str, Any]:
            return {"value": value if value - value == 0 else None, "unit": self.unit}

        def in_unit(w: Any) -> dict[str, Any]:
            return quantity(float(w.to(self.computed.units).magnitude))

        wanted = (
            None
            if self.wanted is None
            else (
                [in_unit(w) for w in self.wanted]
                if isinstance(self.wanted, tuple)
                else in_unit(self.wanted)
            )
        )
        return {
            "name": self.name, "about": self.about,
            "computed": quantity(float(self.computed.magnitude)), "wanted": wanted,
            "within": None if self.wanted is None else quantity(self.within),
            "deviation": None if self.wanted is None else quantity(self.off),
            "right": self.right, "source": self.source,
            "text": {"computed": self.computed_text, "wanted": self.wanted_text,
                "deviation": self.off_text},
        }  # fmt: skip


def answer(
    name: str,
    about: str,
    value: Any,
    wanted: Any,
    within: Any,
    source: str,
    runs: Sequence[Any] = (),
) -> Answer:
    """A checked :class:`Answer`; an array with the name of a result's variable must be a number of
    ``runs``.

    Raises WrongType, BareNumber, UncertainUnit, UnitMismatch, OutOfDomain, MissingSource.
    """
    where = f"answer({errors.shown(name)})"
    for field, text in (("name", name), ("about", about), ("source", source)):
        errors.expect(
            text,
            str,
            where,
            f"{field} as text",
            "answer('potential', 'resting potential', V, wanted=Q(-70, 'mV'), within=0.01,"
            " source='…')",
        )
    if not name.isidentifier():
        raise errors.BadName(
            where=where,
            wanted="a name of letters, digits and _",
            got=errors.shown(name),
            advice="'potential'",
        )
    computed = _one_number(value, f"{where}, value", runs)
    if wanted is None:
        if within is not None:
            raise errors.WrongType(
                where=where,
                wanted="wanted= beside within=",
                got="none",
                advice="wanted=Q(-70, 'mV'), or leave within= out",
            )
        return Answer(name, about, computed, None, 0.0, source)
    if not source.strip():
        raise errors.MissingSource(
            where=where,
            wanted="the source of the number that is wanted",
            got="none",
            advice="source='Hodgkin & Katz 1949, p. 74'",
        )
    if isinstance(wanted, (tuple, list)):
        if len(wanted) != 2 or within is not None:
            got = (
                f"{len(wanted)} values"
                if len(wanted) != 2
                else f"within={errors.shown(within)} beside a range"
            )
            raise errors.WrongType(
                where=where,
                wanted="a range of two quantities, and no within=",
                got=got,
                advice="wanted=(Q(30, '1'), Q(32, '1'))",
            )
        low, high = (_like_computed(w, computed, f"{where}, wanted", runs) for w in wanted)
        if not low <= high:
            raise errors.OutOfDomain(
                where=where,
                wanted="a range (low, high)",
                got=errors.shown(wanted),
                advice="the smaller number first",
            )
        return Answer(name, about, computed, (low, high), 0.0, source)
    target = _like_computed(wanted, computed, f"{where}, wanted", runs)
    return Answer(
        name, about, computed, target, _tolerance(within, target, computed, where), source
    )


def _one_number(value: Any, where: str, runs: Sequence[Any] = ()) -> Any:
    if hasattr(value, "attrs") and hasattr(value, "values"):  # of xarray, with its unit in attrs
        if not isinstance(value.attrs.get("units"), str):
            advice = "Q(float(array), 'mM'), or array.assign_attrs(units='mM')"
            raise errors.BareNumber(
                where=where, wanted="an array with its unit", got=_array_text(value), advice=advice
            )
        if value.size == 1:
            check_own_number(value, runs, where)
        value = units.Q(user_text.numbers(value.values), str(value.attrs["units"]))
    quantity = units.quantity(value, where)
    if not units.is_quantity(quantity):
        advice = "Q(5, 'mM'), Q(5, '1') for a pure number, or one value of run.data with its units"
        raise errors.BareNumber(
            where=where, wanted="a quantity", got=errors.shown(value), advice=advice
        )
    number = user_text.numbers(quantity.magnitude)
    if isinstance(number, float) and not np.isfinite(number) and not where.endswith("value"):
        raise errors.NotFinite(
            where=where,
            wanted="a finite number",
            got=errors.shown(value),
            advice="a number of the source",
        )
    if not isinstance(number, float):
        raise errors.WrongType(
            where=where,
            wanted="one number with a unit",
            got=errors.shown(value),
            advice="the last of a time course, x[-1]",
        )
    return units.Q(number, units.unit_of(quantity))


def _array_text(value: Any) -> str:
    """An array in a few words, without its unit."""
    return (
        f"{value.values.item():.6g}"
        if value.size == 1 and value.dtype.kind in "iuf"
        else f"{value.size} values"
    )


def _like_computed(value: Any, computed: Any, where: str, runs: Sequence[Any] = ()) -> Any:
    quantity = _one_number(value, where, runs)
    if quantity.dimensionality != computed.dimensionality:
        got, unit = errors.shown(quantity), f"{computed.units:~P}" or "1"
        advice = f"Q(…, {unit!r})"
        raise errors.UnitMismatch(
            where=where, wanted=f"a quantity like {computed:.4g~P}", got=got, advice=advice
        )
    return quantity


def _tolerance(within: Any, target: Any, computed: Any, where: str) -> float:
    """A tolerance in the unit of ``computed``: a bare number is relative to what is wanted."""
    share, unit = user_text.numbers(within), f"{computed.units:~P}" or "1"
    advice = f"within=0.01 (a share), or within=Q(…, {unit!r})"
    if isinstance(share, float):
        size = abs(float(target.to(computed.units).magnitude))
        if share and not size:
            got, advice = f"{errors.shown(within)}, a share of 0", f"within=Q(…, {unit!r})"
            raise errors.NoTolerance(
                where=f"{where}, within",
                wanted="an absolute tolerance where 0 is wanted",
                got=got,
                advice=advice,
            )
        tolerance = share * size
    elif within is None:
        raise errors.NoTolerance(
            where=where, wanted="within=, how far the two may be apart", got="none", advice=advice
        )
    else:
        absolute = _one_number(within, f"{where}, within")
        if absolute.dimensionality != computed.dimensionality:
            wanted = "a share of what is wanted, as a number, or a quantity in its unit"
            raise errors.UnitMismatch(
                where=f"{where}, within", wanted=wanted, got=errors.shown(within), advice=advice
            )
        tolerance = float(absolute.to(computed.units).magnitude)
        if computed.check("[temperature]") and tolerance > 100:  # 1 °C as a quantity is 274.15 K
            wanted, advice = "a difference of temperatures, in kelvin", "within=Q(1, 'K')"
            raise errors.OutOfDomain(
                where=where, wanted=wanted, got=errors.shown(within), advice=advice
            )
    if not 0 <= tolerance < float("inf"):
        raise errors.OutOfDomain(
            where=f"{where}, within",
            wanted="a finite tolerance of zero or more",
            got=errors.shown(within),
            advice=advice,
        )
    return tolerance


def _number_text(value: Any, digits: int = 4, *, sign: bool = False) -> str:
    return typeset(f"{float(value):{'+' if sign else ''}.{digits}g}")
