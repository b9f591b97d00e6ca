"""Laws with a given ε, and what is said of them."""

from typing import Any

import sympy as sp
from builders import RT

import biomembrane as bm
from biomembrane import symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T, c0

V = symbols.potential("m")
U = FARADAY * V / (R * T)
kJ = 1e3 / RT  # of RT at body temperature
SYMPORT = {
    "Na@out": (-2, 1, 145.0),
    "Na@in": (2, 1, 10.0),
    "glucose@out": (-1, 0, 5.0),
    "glucose@in": (1, 0, 2.0),
}
UNIPORT = {"glucose@out": (-1, 0, 5.0), "glucose@in": (1, 0, 2.0)}


def law(
    terms: Any = SYMPORT,
    e: Any = 0,
    *,
    constant: float = 0.0,
    charge: float = 0.0,
    orders: Any = None,
    **said: Any,
) -> Claim:
    """r⁺/r⁻ = e^{A/RT + ε/RT}, with ε/RT = e + constant − charge·FV/RT + Σ order·ln(c/c°)."""
    blank = claim("law", terms, voltage=V, **said)
    e = (
        e
        + sp.Float(constant)
        - charge * U
        + sum(x * sp.log(symbols.concentration(n) / c0) for n, x in (orders or {}).items())
    )
    return claim(
        "law",
        terms,
        voltage=V,
        forward=sp.exp(blank.reduced_affinity + e),
        reverse=sp.S.One,
        **said,
    )


def judged(made: Claim) -> Any:
    (found,) = bm.audit(made)
    return found


def told(made: Claim) -> tuple[str, str]:
    found = judged(made)
    assert found.verdict == "violates"
    return found.cause, found.text


# --- the constant


def haldane(off: str) -> str:
    return (
        f"the constants imply a standard energy that is off by {off} kJ/mol: the Haldane relation"
        " is violated"
    )
