"""Electroneutral cotransporters."""

from __future__ import annotations

from typing import Any

from .. import constants
from ..declare import laws
from ..declare.places import Membrane
from ..declare.transporter import Transporter
from ..units import Q
from .sheet import sheet


def KCC2(on: Membrane, *, conductance: Any = None, name: str = "KCC2") -> Transporter:
    """K⁺–Cl⁻ cotransport, written outward: J = g (E_Cl − E_K)/F, which is (g/F²)·A (Düsterwald et al. 2018).

    ``conductance``: g per area ("S/dm^2"); default that of the model neuron of the paper.
    """
    data = sheet("dusterwald_2018")
    given = data["g_KCC2"].quantity if conductance is None else conductance
    coefficient: Any = given / Q(constants.FARADAY, "C/mol") ** 2
    if conductance is None:
        value = float(coefficient.to("mol^2/J/s/m^2").magnitude)
        coefficient = data.derived(value, "mol^2/J/s/m^2", "g_KCC2/F^2")
    return Transporter(name, "K@in + Cl@in -> K@out + Cl@out", on, laws.Onsager(coefficient=coefficient))
