"""Electroneutral cotransporters."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .. import constants
from ..declare import laws
from ..declare.parameter import Parameter
from ..declare.places import Membrane
from ..declare.transporter import Transporter
from ..units import Q
from .sheet import sheet


@lru_cache(maxsize=1)
def _default_coefficient() -> Parameter:
    data = sheet("dusterwald_2018")
    coefficient: Any = data["g_KCC2"].quantity / Q(constants.FARADAY, "C/mol") ** 2
    return data.derived(float(coefficient.to("mol^2/J/s/m^2").magnitude), "mol^2/J/s/m^2", "g_KCC2/F^2")


def KCC2(on: Membrane, *, conductance: Any = None, name: str = "KCC2") -> Transporter:
    """K⁺–Cl⁻ cotransport, written outward: J = g (E_Cl − E_K)/F, which is (g/F²)·A (Düsterwald et al. 2018).

    ``conductance``: g per area ("S/dm^2"); default that of the model neuron of the paper.
    """
    coefficient = _default_coefficient() if conductance is None else conductance / Q(constants.FARADAY, "C/mol") ** 2
    return Transporter(name, "K@in + Cl@in -> K@out + Cl@out", on, laws.Onsager(coefficient=coefficient))
