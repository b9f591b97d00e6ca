"""Q10 and activation energy, each from the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import dimension as d
from .. import errors, units
from .parameter import check_domain
from .temperature_dependence import energy_of, q10_of

if TYPE_CHECKING:
    from ..quantity_types import Number, Quantity, QuantityLike


@errors.keywords
def activation_energy(
    q10: Number | QuantityLike, *, at: QuantityLike | tuple[QuantityLike, QuantityLike]
) -> Quantity:
    """The activation energy of a rate with a given Q10, E = R·T₁·T₂·ln Q10/(10 K).

    Args:
        q10: the ratio of the rates 10 K apart.
        at: the two temperatures between which it was measured, where Arrhenius' law then gives
            the same ratio; or one, where it gives the same slope.

    Returns:
        E [kJ/mol].

    Raises:
        OutOfDomain: a Q10 or a temperature that is not above zero.
        BareNumber: a temperature without a unit.
        UnitMismatch: a unit of another dimension.
        WrongType: neither one temperature nor two.
    """
    where = "activation_energy(…)"
    number = units.scalar(q10, d.ONE, f"{where}, q10")
    check_domain(number, "positive", f"{where}, q10", f"{number:g}")
    return units.Q(energy_of(number, *_temperatures(at, where)) / 1000, "kJ/mol")


@errors.keywords
def q10(
    activation_energy: QuantityLike, *, at: QuantityLike | tuple[QuantityLike, QuantityLike]
) -> float:
    """The Q10 of a rate with a given activation energy, exp(E·(10 K)/(R·T₁·T₂)).

    Args:
        activation_energy: E of Arrhenius' law.
        at: two temperatures between which the Q10 is meant, or one.

    Returns:
        Q10, a pure number.

    Raises:
        OutOfDomain: a temperature that is not above zero.
        BareNumber: an energy or a temperature without a unit.
        UnitMismatch: a unit of another dimension.
        WrongType: neither one temperature nor two.
    """
    where = "q10(…)"
    energy = units.scalar(activation_energy, d.MOLAR_ENERGY, f"{where}, activation_energy")
    return q10_of(energy, *_temperatures(at, where))


def _temperatures(at: object, where: str) -> tuple[float, float]:
    """One temperature twice, or two [K]."""
    pair = at if isinstance(at, tuple) else (at, at)
    if len(pair) != 2:
        raise errors.WrongType(
            where=f"{where}, at=…",
            wanted="one temperature, or the two between which the Q10 holds",
            got=errors.shown(at),
            advice="at=('20 degC', '30 degC')",
        )
    kelvin = [units.scalar(x, d.TEMPERATURE, f"{where}, at") for x in pair]
    for x in kelvin:
        check_domain(x, "positive", f"{where}, at", f"{x:g} K")
    return kelvin[0], kelvin[1]
