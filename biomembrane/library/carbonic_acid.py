"""CO₂ and HCO₃⁻ in a compartment, with and without carbonic anhydrase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors, units
from ..declare.equilibrium import Equilibrium
from ..declare.places import Compartment
from ..declare.species import Species
from ..dimension import CONCENTRATION, ONE
from ..units import Q
from . import species
from .buffers import concentration, proton_level
from .sheet import sheet

if TYPE_CHECKING:
    from ..quantity_types import Quantity, QuantityLike


@errors.keywords
def carbonate(place: Compartment, *, anhydrase: bool | float = True, name: str = "") -> Equilibrium:
    """CO₂ ⇌ H⁺ + HCO₃⁻ in a compartment, pK 6.13, with H₂CO₃ counted as CO₂.

    Args:
        place: the compartment, with CO₂, HCO₃⁻ and H⁺.
        anhydrase: True: at equilibrium at all times; False: at the rate of 0.12/s without a
            catalyst; a number: that many times as fast (10,000 in cells, 13,000 in red cells).
        name: default ``carbonate_`` and the place.

    Returns:
        The equilibrium, for the list of a model.

    Raises:
        WrongType: the place is no compartment, or the name no text.
        MissingSpecies: CO₂, HCO₃⁻ or H⁺ is not in the compartment.
        NotANumber: ``anhydrase`` that is no number.
        OutOfDomain: ``anhydrase`` below 1.
    """
    errors.expect(place, Compartment, "carbonate(…)", "a Compartment", "cell")
    errors.expect(name, str, "carbonate, name", "text", "name='carbonate'")
    s, rate = sheet("co2_jsim"), None
    if anhydrase is not True:
        factor = 1.0 if anhydrase is False else units.scalar(anhydrase, ONE, "anhydrase")
        if factor < 1:
            raise errors.OutOfDomain(
                where="carbonate(anhydrase=…)", wanted="True, False or a factor >= 1",
                got=errors.shown(anhydrase), advice="anhydrase=10_000",
            )  # fmt: skip
        basal = s["k_hydration"]
        rate = basal if factor == 1 else s.derived(
            factor * float(basal.quantity.to("1/s").magnitude), "1/s",
            f"k_hydration times {factor:g} for carbonic anhydrase",
        )  # fmt: skip
    at = f"@{place.name}"
    return Equilibrium(
        f"CO2{at} <-> HCO3{at} + H{at}", place, K=s["K_CO2"], rate=rate,
        name=name or f"carbonate_{place.name}",
    )  # fmt: skip


@errors.keywords
def carbonate_contents(*, CO2: QuantityLike, pH: float) -> dict[Species, Quantity]:
    """CO₂, HCO₃⁻ and H⁺ at equilibrium, for ``contents=``.

    Args:
        CO2: concentration of dissolved CO₂ (1.2 mM at 40 mmHg and 37 °C).
        pH: of the place.

    Returns:
        The three concentrations by species.

    Raises:
        BareNumber: a concentration without a unit.
        UnitMismatch: a unit of another dimension.
        OutOfDomain: a concentration below zero.
    """
    dissolved, x = concentration(CO2, "CO2=…"), proton_level(pH, "pH=…")
    K = units.scalar(sheet("co2_jsim")["K_CO2"].quantity, CONCENTRATION, "K")
    return {
        species.CO2: Q(dissolved, "mM"),
        species.HCO3: Q(dissolved * K / x, "mM"),
        species.H: Q(x, "mM"),
    }
