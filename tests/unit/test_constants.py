"""The constants that are written out are those of CODATA."""

import pytest
from scipy import constants as codata

from biomembrane import constants


def test_exact_constants_are_those_of_scipy():
    """k, e and N_A to the last bit, R and F to the digits that CODATA prints."""
    assert (constants.AVOGADRO, constants.ELEMENTARY_CHARGE, constants.BOLTZMANN) == (
        codata.N_A,
        codata.e,
        codata.k,
    )
    assert pytest.approx(codata.R, rel=1e-15) == constants.GAS
    assert (
        pytest.approx(codata.physical_constants["Faraday constant"][0], rel=1e-9)
        == constants.FARADAY
    )
