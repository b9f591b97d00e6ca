"""The proof of J·A ≥ 0 for a claim: at every temperature, with constants of one, or at one only."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from biomembrane import symbols
from biomembrane.second_law.claim import claim
from biomembrane.second_law.dissipation_sign import SignProof, at_fixed_temperature, prove_sign
from biomembrane.second_law.evaluation import claim_box
from biomembrane.symbols import F, R, T

V = symbols.potential("m")
U = F * V / (R * T)
IN, OUT = symbols.concentration("K@in"), symbols.concentration("K@out")
TERMS = {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}  # A/RT = ln(c_in/c_out) + U


def proof(**law: Any) -> SignProof:
    made = claim("leak", TERMS, voltage=V, **law)
    return prove_sign(made, claim_box(made, {}))


@pytest.mark.parametrize(
    "law",
    [
        {"forward": IN * sp.exp(U / 3), "reverse": OUT * sp.exp(-2 * U / 3)},
        {"flux": IN * sp.exp(U) - OUT},
        {"flux": sp.tanh(sp.log(IN / OUT) + U)},
        {"flux": 2 * (sp.log(IN / OUT) + U) / (1 + IN + OUT)},
    ],
)
def test_what_holds_holds_at_every_temperature(law: Any) -> None:
    found = proof(**law)
    assert (found.holds, found.fixed, found.changing) == (True, False, ())


@pytest.mark.parametrize(
    "law",
    [
        {"forward": OUT, "reverse": IN * sp.exp(U)},
        {"forward": 1.1 * IN * sp.exp(U), "reverse": OUT},
        {"flux": IN - OUT},
        {"flux": -sp.tanh(sp.log(IN / OUT) + U)},
    ],
)
def test_what_runs_uphill_somewhere_is_not_proved(law: Any) -> None:
    found = proof(**law)
    assert not found.holds
    assert not found.here


def test_a_factor_that_changes_its_sign_is_where_the_proof_fails() -> None:
    found = proof(flux=(IN * sp.exp(U) - OUT) * (1 - IN / 100))
    assert not found.holds
    assert found.turns
    assert len({state[IN] for state in found.changing}) > 1


def test_a_voltage_in_units_of_one_temperature_is_that_of_fixed_constants() -> None:
    made = claim("leak", TERMS, voltage=V)
    kelvin = claim_box(made, {}).temperature
    found = proof(forward=IN * sp.exp(U.xreplace({T: sp.Float(kelvin)})), reverse=OUT)
    assert (found.holds, found.fixed) == (True, True)
    whole, chemical = at_fixed_temperature(made, kelvin)
    assert not whole.reduced_affinity.has(T)
    assert sp.simplify(chemical.reduced_affinity - made.reduced_affinity) == 0
