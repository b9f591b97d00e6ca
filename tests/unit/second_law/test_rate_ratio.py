"""Whether r⁺/r⁻ = e^{kA/RT}: what detailed balance asks passes, whatever both rates share; what is
off by more than rounding does not.
"""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from biomembrane import symbols
from biomembrane.second_law.claim import claim
from biomembrane.second_law.evaluation import claim_box
from biomembrane.second_law.flux_sign import FluxSign
from biomembrane.second_law.rate_ratio import is_boltzmann_ratio
from biomembrane.symbols import F, R, T

V = symbols.potential("m")
U = F * V / (R * T)
IN, OUT = symbols.concentration("K@in"), symbols.concentration("K@out")
TERMS = {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}  # A/RT = ln(c_in/c_out) + U
SHARED = (
    sp.Integer(1), sp.exp(-U / 7), 1 / (1 + IN / 30 + OUT / 7), (2 + IN) ** 2 / (3 + OUT),
    IN * OUT, 1 / (1 + sp.exp(U)),
)  # fmt: skip


def passes(forward: Any, reverse: Any, k: float = 1.0, *, warm: bool = True) -> bool:
    made = claim("leak", TERMS, forward=forward, reverse=reverse, voltage=V)
    return is_boltzmann_ratio(FluxSign(made, claim_box(made, {}), warm=warm), forward, reverse, k)


@pytest.mark.parametrize("shared", SHARED, ids=str)
@given(st.integers(0, 10), st.sampled_from([0.001, 1.0, 250.0]))
def test_what_both_rates_share_does_not_matter(shared: Any, tenths: int, size: float) -> None:
    theta = sp.Rational(tenths, 10)
    forward = size * shared * IN * sp.exp(theta * U)
    reverse = size * shared * OUT * sp.exp((theta - 1) * U)
    assert passes(forward, reverse)
    assert not passes(reverse, forward)


@pytest.mark.parametrize("off", [1 + 1e-6, 0.999, 2.0, sp.exp(U / 100), IN / OUT, 1 + IN / 10**6])
def test_what_is_off_is_seen(off: Any) -> None:
    assert not passes(off * IN * sp.exp(U), OUT)
    assert not passes(IN * sp.exp(U), off * OUT)


def test_sums_are_compared_when_they_are_multiplied_out() -> None:
    a, b = 1 + IN / 30, 2 + OUT / 7
    forward = IN * sp.exp(U) * (a * b)
    assert passes(forward, OUT * sp.expand(a * b))
    assert not passes(forward, OUT * (sp.expand(a * b) + IN / 1000))


def test_a_power_of_the_ratio_is_asked_for() -> None:
    forward, reverse = IN**2 * sp.exp(2 * U), OUT**2
    assert passes(forward, reverse, 2.0)
    assert not passes(forward, reverse)


def test_rates_must_not_be_negative() -> None:
    assert not passes(-IN * sp.exp(U), -OUT)
    assert not passes((IN - OUT) * IN * sp.exp(U), (IN - OUT) * OUT)


def test_a_number_of_one_temperature_holds_at_that_only() -> None:
    made = claim("leak", TERMS, voltage=V, forward=IN, reverse=OUT)
    kelvin = claim_box(made, {}).temperature
    at_one = F * V / (R * kelvin)
    assert passes(IN * sp.exp(at_one), OUT, warm=False)
    assert not passes(IN * sp.exp(at_one), OUT, warm=True)
