"""Claims about a leak of potassium, of which ε is asked for."""

from typing import Any

import sympy as sp

from biomembrane import symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.evaluation import claim_box
from biomembrane.second_law.residual import Residual, residual
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T

V = symbols.potential("m")
U = FARADAY * V / (R * T)
IN, OUT = symbols.concentration("K@in"), symbols.concentration("K@out")
SURE, FREE = sp.Symbol("sure", positive=True), sp.Symbol("free", real=True)
TERMS = {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}
A = claim("leak", TERMS, voltage=V).reduced_affinity  # ln(c_in/c_out) + FV/RT


def leak(**said: Any) -> Claim:
    return claim("leak", TERMS, voltage=V, **said)


def found(made: Claim, over: Any = None) -> Residual:
    return residual(made, claim_box(made, over or {}))
