"""Physical constants (CODATA through :mod:`scipy.constants`, exact since SI 2019), as SI floats."""

from __future__ import annotations

from scipy.constants import N_A as AVOGADRO
from scipy.constants import R as GAS
from scipy.constants import physical_constants

FARADAY: float = physical_constants["Faraday constant"][0]
STANDARD_CONCENTRATION = 1000.0  # 1 M in mol/m³: the c° of every potential (formalism §2)
BODY_TEMPERATURE = 310.15  # K, the default of a model; say another with `temperature=`

__all__ = ["AVOGADRO", "BODY_TEMPERATURE", "FARADAY", "GAS", "STANDARD_CONCENTRATION"]
