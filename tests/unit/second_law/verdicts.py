"""Claims about a leak of potassium, and what is read off their verdicts."""

import math
from dataclasses import replace
from typing import Any

import sympy as sp
from builders import RT, F

import biomembrane as bm
from biomembrane import symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.finding import Finding
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T

V = symbols.potential("m")
U = FARADAY * V / (R * T)
IN, OUT = symbols.concentration("K@in"), symbols.concentration("K@out")
kJ = RT / 1e3
TOP = F * 0.15 / RT  # FV/RT at 150 mV
ONE = sp.Integer(1)
UP, DOWN = IN * sp.exp(U / 2), OUT * sp.exp(-U / 2)  # as detailed balance asks


def leak(forward: Any = UP, reverse: Any = DOWN, **said: Any) -> Claim:
    """K⁺ out, by the rates given."""
    return claim(
        "leak",
        {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)},
        voltage=V,
        forward=forward,
        reverse=reverse,
        **said,
    )


def hop(drive: Any, flux: Any = None, **said: Any) -> Claim:
    """Charges that hop through the field, or nothing at all: A/RT as given."""
    return Claim(
        name="hop",
        reaction="a ⇌ b",
        reduced_affinity=sp.sympify(drive),
        levels=(),
        voltage=V,
        flux=flux,
        **said,
    )


def judged(made: Claim, over: Any = None) -> Finding:
    (found,) = bm.audit(made, over=over)
    return found


def at(found: Finding) -> dict[str, float]:
    """The state of a witness [mV, mM], which lies in the box."""
    assert found.witness is not None
    state = {
        name: q.to("mV" if name == "V" else "mM").magnitude
        for name, q in found.witness.values.items()
    }
    assert {name: f"{q.units:~P}" for name, q in found.witness.values.items()} == {
        name: "mV" if name == "V" else "mM" for name in state
    }
    for name, low, high in (("V", -150, 150), ("K@in", 14, 1400), ("K@out", 0.5, 50)):
        assert low - 1e-9 <= state.get(name, low) <= high + 1e-9
    return state


def drive(state: dict[str, float]) -> float:
    """A of K⁺ out [kJ/mol]."""
    return kJ * math.log(state["K@in"] / state["K@out"]) + F * state["V"] * 1e-6


def plain(found: Finding) -> Finding:
    """All but the witness and the share that is sampled."""
    return replace(found, witness=None, uphill=0.0)
