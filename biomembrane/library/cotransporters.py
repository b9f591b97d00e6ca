"""Electroneutral cotransporters."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .. import constants, errors, units
from ..declare import laws
from ..declare.parameter import Parameter, check_name
from ..declare.places import Membrane
from ..declare.transporter import Transporter
from ..dimension import SPECIFIC_CONDUCTANCE
from ..units import Q
from .sheet import sheet

if TYPE_CHECKING:
    from ..declare.parameter_types import ParameterLike


@lru_cache(maxsize=1)
def _default_coefficient() -> Parameter:
    data = sheet("dusterwald_2018")
    coefficient: Any = data["g_KCC2"].quantity / Q(constants.FARADAY, "C/mol") ** 2
    return data.derived(
        float(coefficient.to("mol^2/J/s/m^2").magnitude), "mol^2/J/s/m^2", "g_KCC2/F^2"
    )


def _coefficient(conductance: Any, where: str) -> Any:
    """g/F² of a conductance per area, with its source."""
    if isinstance(conductance, Parameter):
        return replace(conductance, quantity=_coefficient(conductance.quantity, where), sd=None)
    units.strip(conductance, SPECIFIC_CONDUCTANCE, where)
    return units.as_quantity(conductance, where) / Q(constants.FARADAY, "C/mol") ** 2


@errors.keywords
def KCC2(
    on: Membrane, *, conductance: ParameterLike | None = None, name: str = "KCC2"
) -> Transporter:
    """K⁺–Cl⁻ cotransport, written outward: J = g (E_Cl − E_K)/F = (g/F²)·A.

    Düsterwald et al. 2018.

    Args:
        on: the membrane.
        conductance: g per area ("S/dm^2"); default that of the model neuron of the paper.
        name: of the transporter.

    Raises:
        MissingSpecies: a side lacks K⁺ or Cl⁻.
        BareNumber: a conductance without a unit.
        UnitMismatch: a conductance in a unit of another dimension.
    """
    check_name(name, "KCC2, name")
    if conductance is None:
        coefficient: Any = _default_coefficient()
    else:
        coefficient = _coefficient(conductance, f"{name}.conductance")
    return Transporter(
        name, "K@in + Cl@in -> K@out + Cl@out", on, laws.Onsager(coefficient=coefficient)
    )
