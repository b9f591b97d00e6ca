"""Audits: what is a law however it is written, and which mistakes are named, with their size."""

import math
from typing import Any

import pytest
import sympy as sp
from builders import BODY, RT, F
from hypothesis import given
from hypothesis import strategies as st
from unit.second_law.audited import PUMP, SYMPORT, P, coupled, half, hosted, only

from biomembrane import Q
from biomembrane import dimension as d
from biomembrane.symbols import B, T

# --- what is a law, however it is written

SOUND = {
    "raw GHK quotient": (
        "K@in -> K@out",
        lambda s: P(s) * s.u * (s["K@in"] - s["K@out"] * sp.exp(-s.u)) / (1 - sp.exp(-s.u)),
    ),
    "GHK with B": ("K@in -> K@out", lambda s: P(s) * (B(-s.u) * s["K@in"] - B(s.u) * s["K@out"])),
    "ohmic": (
        "Cl@in -> Cl@out",
        lambda s: P(s) * half(s) * (s.u + sp.log(s["Cl@out"] / s["Cl@in"])) * -1,
    ),
    "tanh": (PUMP, lambda s: P(s) * half(s) * sp.tanh(s.reduced_affinity / 2)),
    "Michaelis–Menten": (
        "glucose@out -> glucose@in",
        lambda s: (
            P(s)
            * half(s)
            * (
                s["glucose@out"] / (half(s) + s["glucose@out"])
                - s["glucose@in"] / (half(s) + s["glucose@in"])
            )
        ),
    ),
    "factor of the affinity": (
        "Na@out + glucose@out -> Na@in + glucose@in",
        lambda s: (
            P(s, 2)
            * s["Na@out"]
            * s["glucose@out"]
            * (1 - sp.exp(-s.reduced_affinity))
            / (1 + s["Na@in"] / half(s))
        ),
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_laws_pass_however_they_are_written(name: str) -> None:
    assert only(hosted(*SOUND[name])).verdict == "consistent"


@given(
    st.floats(-3, 5).filter(
        lambda z: abs(z - 2) > 0.1 and abs(z + 2) > 0.1 and abs(z) > 0.1 and not 1.8 < z < 2.3
    )
)
def test_a_wrong_charge_is_measured(z: float) -> None:
    found = only(hosted(SYMPORT, lambda s: coupled(s, z=sp.Float(z))))
    assert (found.verdict, found.cause) == ("violates", "charge")
    assert found.terms["charge"] == pytest.approx(z - 2, abs=1.1e-4)  # snapped to halves
    assert abs(found.kJ) <= abs(z - 2) * F * 0.15 / 1e3 * (1 + 1e-9)


@given(st.floats(-2, 2).filter(lambda x: abs(x) > 0.02))
def test_a_wrong_constant_is_measured(x: float) -> None:
    found = only(hosted(SYMPORT, lambda s: coupled(s, factor=sp.Float(math.exp(x)))))
    assert (found.verdict, found.cause) == ("violates", "constant")
    assert found.kJ == pytest.approx(-RT * x / 1e3, rel=1e-6)


@pytest.mark.parametrize(
    ("flux", "cause", "terms"),
    [
        (lambda s: coupled(s, z=-2), "voltage sign", {"charge": -4}),
        (lambda s: coupled(s, z=0), "charge", {"charge": -2}),
        (lambda s: coupled(s, z=2000), "unit", {"charge": 1998}),
        (lambda s: coupled(s, n=1), "order", {"Na@cell": 1, "Na@bath": -1}),
        (lambda s: coupled(s, sugar=0), "order", {"glucose@cell": 1, "glucose@bath": -1}),
        (lambda s: coupled(s, factor=1000), "unit", {"constant": -RT * math.log(1e3) / 1e3}),
        (
            lambda s: coupled(s, factor=sp.Float(1.003)),
            "rounding",
            {"constant": -RT * math.log(1.003) / 1e3},
        ),
        (lambda s: -coupled(s), "direction", {}),
        (lambda s: P(s, 3) * s["Na@out"] ** 2 * s["glucose@out"], "irreversible", {}),
        (lambda s: coupled(s) * (1 - s["glucose@in"] / half(s, "top", 3.0)), "factor", {}),
        (
            lambda s: (
                P(s, 3)
                * (
                    s["Na@in"] ** 2 * s["glucose@out"] * sp.exp(-s.u)
                    - s["Na@out"] ** 2 * s["glucose@in"] * sp.exp(s.u)
                )
            ),
            "sides",
            {"Na@cell": 4, "Na@bath": -4},
        ),
    ],
)
def test_mistakes_are_named(flux: Any, cause: str, terms: dict[str, float]) -> None:
    found = only(hosted(SYMPORT, flux))
    assert found.cause == cause
    assert found.holds == (cause == "rounding")
    for name, value in terms.items():
        assert found.terms[name] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(("k", "text"), [(2, "exp(2 A/RT)"), (0.5, "exp(0.5 A/RT)")])
def test_a_ratio_that_is_a_power_of_what_is_due_has_the_right_sign(k: float, text: str) -> None:
    """r⁺/r⁻ = e^{kA/RT}, k > 0: not detailed balance, but never uphill."""
    found = only(
        hosted(
            SYMPORT, lambda s: P(s) * half(s) * (sp.exp(sp.Rational(k) * s.reduced_affinity) - 1)
        )
    )
    assert (found.verdict, found.cause, found.kJ) == ("consistent", "", 0.0)
    assert found.text == f"r⁺/r⁻ = {text}: the flux stops where A = 0 and has the sign of A"


def test_a_negative_power_is_the_wrong_direction_or_worse() -> None:
    found = only(hosted(SYMPORT, lambda s: P(s) * half(s) * (sp.exp(-2 * s.reduced_affinity) - 1)))
    assert found.verdict == "violates"
    assert found.uphill > 0.9


def test_a_witness_runs_uphill_at_the_state_it_names() -> None:
    found = only(hosted(SYMPORT, lambda s: coupled(s, z=0)))
    at, witness = (
        {n: q.to_base_units().magnitude for n, q in found.witness.values.items()},
        found.witness,
    )
    kJ = (
        RT
        * (
            2 * math.log(at["Na@bath"] / at["Na@cell"])
            + math.log(at["glucose@bath"] / at["glucose@cell"])
        )
        / 1e3
        - 2 * F * at["V"] / 1e3
    )
    assert witness.affinity.magnitude == pytest.approx(kJ, rel=1e-9)
    assert witness.affinity.magnitude * witness.flux.magnitude < 0
    assert 0 < found.uphill < 0.5


def test_what_a_number_stands_for() -> None:
    """KCC with the outside baked in: 'a number stands for it' tells the concentration."""
    found = only(
        hosted("K@in -> K@out", lambda s: P(s) * (s["K@in"] * sp.exp(s.u) - half(s, "K_o", 5.4)))
    )
    assert found.cause == "order"
    assert "worth 5.4 mM" in found.text


def test_temperature_factors_must_belong_together() -> None:
    def q10(s: Any, key: str, value: float) -> Any:
        ten, base = (
            s.parameter(n, Q(x, "kelvin"), d.TEMPERATURE, domain="positive")
            for n, x in (("ten", 10), ("base", BODY))
        )
        return s.parameter(key, Q(value, "1"), d.ONE, domain="positive") ** ((T - base) / ten)

    def flux(s: Any, other: float) -> Any:
        return P(s) * (
            s["glucose@out"] * q10(s, "up", 3.0) - s["glucose@in"] * q10(s, "down", other)
        )

    assert only(hosted("glucose@out -> glucose@in", lambda s: flux(s, 3.0))).verdict == "consistent"
    found = only(hosted("glucose@out -> glucose@in", lambda s: flux(s, 2.0)))
    assert (found.verdict, found.cause) == ("violates", "Q10")
    assert "1.5-fold per 10 K" in found.text


def test_one_way_laws_tell_how_wrong_they_are_by_distance() -> None:
    found = only(hosted(PUMP, lambda s: P(s) * half(s)))
    assert (found.verdict, found.cause) == ("irreversible", "irreversible")
    assert sum(share for _, share, _ in found.distance) == pytest.approx(1)
    for A, _, over in found.distance:
        if A > 0:
            assert over == pytest.approx(1 / math.expm1(A * 1e3 / RT))
    assert found.uphill == pytest.approx(
        sum(share for A, share, _ in found.distance if A < 0), abs=0.01
    )


def test_a_flux_that_cannot_be_split_and_shows_no_fault_is_undecided() -> None:
    flux = only(
        hosted(
            "glucose@out -> glucose@in",
            lambda s: (
                P(s)
                * half(s)
                * sp.sin(1 + (s["glucose@out"] - s["glucose@in"]) ** 3 / half(s) ** 3)
            ),
        )
    )
    assert flux.verdict in ("violates", "undecided")
    assert not flux.holds
