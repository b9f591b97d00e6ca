"""Physical constants, as SI floats.

Since the SI of 2019 k, e and N_A are exact, hence R = N_A k and F = N_A e.  They are written out
because loading :mod:`scipy.constants` takes a tenth of a second; a test compares them with its
CODATA table.
"""

from __future__ import annotations

AVOGADRO = 6.02214076e23
ELEMENTARY_CHARGE = 1.602176634e-19
BOLTZMANN = 1.380649e-23
GAS = AVOGADRO * BOLTZMANN
FARADAY = AVOGADRO * ELEMENTARY_CHARGE
STANDARD_CONCENTRATION = 1000.0  # 1 M in mol/m³: the c° of every potential (formalism §2)
BODY_TEMPERATURE = 310.15  # K, the default of a model; say another with `temperature=`
