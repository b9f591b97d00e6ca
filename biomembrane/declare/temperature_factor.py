"""One temperature factor for all rates of a transporter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import sympy as sp

from .. import dimension as d
from .. import errors
from ..units import Q
from .parameter import Parameter
from .site import Site
from .source import OWN, Source

if TYPE_CHECKING:
    from ..quantity_types import Number, QuantityLike
    from .parameter_types import ParameterLike

KEY = "temperature_factor"


@dataclass(frozen=True)
class TemperatureFactor:
    """A modulator: a factor that is 1 at its temperature, times another modulator."""

    factor: Parameter
    other: Callable[[Site], sp.Expr] | None = None

    def __call__(self, site: Site) -> sp.Expr:
        """The factor at the temperature of the model."""
        long_name = f"temperature factor of {site.name}"
        factor = site.parameter(KEY, self.factor, d.ONE, domain="positive", long_name=long_name)
        return factor if self.other is None else self.other(site) * factor


class Scalable:
    """A transporter or a cycle, to whose rates a temperature factor can be given."""

    name: str
    modulator: Callable[[Site], sp.Expr] | None

    def with_temperature(
        self,
        *,
        at: QuantityLike,
        q10: Number | ParameterLike | None = None,
        activation_energy: ParameterLike | None = None,
        source: Source | None = None,
    ) -> Self:
        """The same transporter with all its rates multiplied by one temperature factor, which is 1
        ``at`` a temperature and does no work; its dissociation constants stay as they are.

        Args:
            at: the temperature at which its constants hold.
            q10: the factor per 10 K.
            activation_energy: instead, E of Arrhenius' law.
            source: of the Q10 or the energy, where it is given as a bare number.

        Returns:
            One of the same name, with the parameter ``name.temperature_factor`` and its ``q10`` or
            ``activation_energy``.

        Raises:
            BadSettings: neither or both, or a temperature factor that is there already.
            BareNumber: an energy or a temperature without a unit.
            UnitMismatch: a unit of another dimension.
            OutOfDomain: a Q10 or a temperature that is not above zero.
        """
        where = f"{self.name}.with_temperature(…)"
        if isinstance(self.modulator, TemperatureFactor):
            raise errors.BadSettings(
                where=where,
                wanted="one temperature dependence",
                got="a transporter that has one",
                advice="apply it to the transporter as it was before",
            )
        given: dict[str, Any] = {"q10": q10, "activation_energy": activation_energy}
        given = {kind: number for kind, number in given.items() if number is not None}
        if len(given) != 1:
            raise errors.BadSettings(
                where=where,
                wanted="either q10= or activation_energy=",
                got="both" if given else "neither",
                advice="q10=2.3, at='37 degC'",
            )
        ((kind, number),) = given.items()
        if source is not None and not isinstance(number, Parameter):
            number = Parameter(number if kind != "q10" else Q(number, "1"), source)
        factor = Parameter(Q(1.0, "1"), source or OWN, at=at, **{kind: number})
        scaled: Any = replace(self, modulator=TemperatureFactor(factor, self.modulator))  # type: ignore[type-var]
        return scaled  # type: ignore[no-any-return]
