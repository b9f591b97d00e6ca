"""Names under which levels, voltage and parameters of a transporter alone are given, and the
numbers that are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import errors, units
from ..compile.clamped import VOLTAGE, Clamped, ClampedProgram
from ..declare.cycle import Cycle
from ..declare.parameter import Declared, check_domain
from ..declare.places import Membrane
from ..declare.solute_names import meant, renamed, spelled
from ..declare.transporter import Transporter
from ..dimension import CONCENTRATION, example
from ..solve.steady.equations import Array


class ClampedNames:
    """What can be given for a transporter, under which names."""

    def __init__(self, transporter: Transporter | Cycle, clamped: ClampedProgram) -> None:
        self.transporter, self.clamped, on = transporter, clamped, transporter.on
        self.sides = [(on.inside.name, on.outside.name)] if isinstance(on, Membrane) else []
        if not self.sides:
            self.sides = [(on.name, on.name)]
        self.known: dict[str, Clamped | Declared] = {x.name: x for x in clamped.clamped}
        self.known |= {p.name: p for p in clamped.parameters}

    def named(self, given: Mapping[str, Any], where: str) -> dict[str, Any]:
        values = renamed(given, self.sides, self.known, where)
        wanted = f"a level or a parameter of {self.transporter.name}, such as {self._examples()}"
        return {meant(n, self.sides, self.known, where, wanted): x for n, x in values.items()}

    def numbers(self, given: Mapping[str, Any], argument: str) -> dict[str, float]:
        found = {}
        for name, value in self.named(given, f"steady({argument}=…)").items():
            where, x = f"steady({argument}={{{name!r}: …}})", self.known[name]
            number = units.scalar(value, x.dimension, where)
            check_domain(number, x.domain, where, value)
            found[name] = number
        return found

    def arrays(self, given: Mapping[str, Any]) -> dict[str, tuple[str, Array, str]]:
        """By name: the dimension under which it was given, numbers, and their unit."""
        under = dict(zip(self.named(given, "steady(scan=…)"), given, strict=True))
        found = {}
        for name, key in under.items():
            where, x, value = f"steady(scan={{{name!r}: …}})", self.known[name], given[key]
            numbers = np.asarray(units.strip(value, x.dimension, where), dtype=float)
            if numbers.ndim != 1 or not numbers.size:
                raise errors.NotANumber(
                    where=where, wanted="a one-dimensional array of quantities",
                    got=errors.shown(value), advice=f"Q([…], {example(x.dimension)!r})",
                )  # fmt: skip
            for number in (numbers.min(), numbers.max()):
                check_domain(float(number), x.domain, where, value)
            unit = units.unit_of(units.labelled(value, where) if units.is_labelled(value)
                                 else units.as_quantity(value, where))  # fmt: skip
            found[name] = (key, numbers, unit)
        return found

    def complete(self, given: set[str]) -> None:
        """Raise BadSettings for a level that is missing."""
        missing = [
            x
            for x in self.clamped.clamped
            if x.name not in given and (x.name != VOLTAGE or self.clamped.voltage)
        ]
        if not missing:
            return
        shown = ", ".join(f"{self._key(x)!r}: {self._value(x)}" for x in missing)
        raise errors.BadSettings(
            where=f"steady({self.transporter.name}, at=…)",
            wanted=f"every level that acts on it; also {spelled_list(missing, self.sides)}",
            got=", ".join(sorted(given)) or "none",
            advice=f"at={{…, {shown}}}",
        )

    def _key(self, x: Clamped) -> str:
        """The shortest name of a level, ``Na@in``."""
        if x.dimension != CONCENTRATION or x.name.endswith(".osmolarity"):
            return x.name
        place, _, species = x.name.rpartition(".")
        inside, outside = self.sides[0]
        side = "in" if place == inside else "out" if place == outside else place
        return f"{species}@{side}"

    def _value(self, x: Clamped) -> str:
        """A value to show in advice, that of the place where it has one."""
        if x.declared is not None:
            unit = example(x.dimension)
            number = float(units.restore(x.declared.value, unit).magnitude)
            return f"Q({number:g}, {unit!r})"
        return {VOLTAGE: "Q(-60, 'mV')"}.get(
            x.name, "Q(290, 'mM')" if x.dimension == CONCENTRATION else "0.5"
        )

    def _examples(self) -> str:
        return ", ".join(repr(self._key(x)) for x in self.clamped.clamped[:3])


def spelled_list(missing: list[Clamped], sides: Any) -> str:
    """Names of what is missing, with all that a solute goes by."""
    return "; ".join(
        spelled(x.name, sides) if "." in x.name and not x.name.endswith(".osmolarity") else x.name
        for x in missing
    )
