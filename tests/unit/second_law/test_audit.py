"""The audit: what is split, what is named, what is said, and what is repaired."""

import json
import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, FUEL, RT, SALINE, F, membrane, mM, shipped
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import dimension as d
from biomembrane.cli import main
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.second_law.claim import claim
from biomembrane.second_law.cycles import attribute_error, loops
from biomembrane.second_law.one_way_split import splits
from biomembrane.symbols import B, R, T, potential
from biomembrane.symbols import F as FARADAY

INSIDE = {Na: 10.0, K: 140.0, Cl: 10.0, glucose: 2.0}
OUTSIDE = SALINE | {glucose: 5.0}
ON = membrane(
    bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(INSIDE),
        held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    ),
    bm.Reservoir("bath", mM(OUTSIDE)),
)
PUMP = "3 Na@in + 2 K@out + ATP@in -> 3 Na@out + 2 K@in + ADP@in + Pi@in"


def hosted(reaction: str, flux: Any, on: bm.Membrane = ON) -> bm.Transporter:
    """An empirical law."""
    return bm.Transporter("x", reaction, on, laws.Empirical(flux=flux, reason="to be judged"))


def P(s: Any, order: int = 1) -> Any:
    return s.parameter("P", Q(0.1, f"fmol/s/mM^{order}"), d.FLUX / d.CONCENTRATION**order)


def half(s: Any, key: str = "K", value: float = 7.0) -> Any:
    return s.parameter(key, Q(value, "mM"), d.CONCENTRATION, domain="positive")


def only(x: Any, **kw: Any) -> Any:
    found = bm.audit(x, **kw)
    assert len(found.findings) == 1
    return found.findings[0]


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


# --- patterns of mistakes, with the size that follows in closed form


def coupled(s: Any, n: int = 2, z: float = 2.0, factor: float = 1.0, sugar: int = 1) -> Any:
    """A Na⁺–glucose symporter with order n in Na⁺, z charges and an equilibrium constant."""
    forward = s["Na@out"] ** n * s["glucose@out"] ** sugar * sp.exp(-z * s.u / 2)
    reverse = factor * s["Na@in"] ** n * s["glucose@in"] ** sugar * sp.exp(z * s.u / 2)
    return P(s, 3) * half(s) ** (3 - n - sugar) * (forward - reverse)


SYMPORT = "2 Na@out + glucose@out -> 2 Na@in + glucose@in"


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


# --- claims of other formats


def carrier(**said: Any) -> Any:
    """K⁺ out along its gradient."""
    V = potential("m")
    made = claim("leak", {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}, voltage=V, **said)
    inside, outside = (level.symbol for level in made.levels)
    flux = inside * sp.exp(FARADAY * V / (R * T)) - outside
    return claim(
        "leak", {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}, voltage=V, **({"flux": flux} | said)
    )


def test_claims_are_judged_like_transporters() -> None:
    assert only(carrier()).verdict == "consistent"
    assert only(carrier(flux=None)).verdict == "not auditable"
    assert only(carrier(unbalanced="phosphate +1")).cause == "mass"
    stray = only(carrier(current=-2.0))
    assert (stray.verdict, stray.cause, stray.kJ) == (
        "violates",
        "current",
        pytest.approx(-F * 1e-4),
    )


# --- loops


def diagram(reason: str = "as published", slip: float = 1.0, **kw: Any) -> bm.Cycle:
    """Four states with a slip across: two independent loops, three simple ones."""
    one = {"forward": Q(100, "1/s"), "reverse": Q(50, "1/s")}
    steps = [
        ("E1 + Na@out <-> E2", {"forward": Q(10, "1/mM/s"), "reverse": Q(50, "1/s")}),
        ("E2 <-> E3", one),
        ("E3 <-> E4 + Na@in", {"forward": Q(50, "1/s"), "reverse": Q(10, "1/mM/s")}),
        ("E4 <-> E1", {"forward": Q(50, "1/s"), "reverse": Q(100, "1/s")}),
        (
            "E2 + glucose@in <-> E4 + glucose@out + Na@in",
            {"forward": Q(slip, "1/s/mM"), "reverse": Q(0.1, "1/s/mM^2")},
        ),
    ]
    return bm.Cycle(
        "carrier",
        ON,
        density=Q(1, "fmol"),
        states="E1 E2 E3 E4",
        steps=steps,
        charge={"E2": 1, "E3": 1},
        reason=reason,
        **kw,
    )


def test_loops_are_found_and_told_by_their_net_reaction() -> None:
    basis, every = loops(diagram(), BODY)
    assert (len(basis), len(every)) == (2, 3)
    Z = np.array([loop.row for loop in basis])
    states = np.array([[-1, 1, 0, 0], [0, -1, 1, 0], [0, 0, -1, 1], [1, 0, 0, -1], [0, -1, 0, 1]])
    assert not np.any(Z @ states)
    assert "Na@bath ⇌ Na@cell" in {loop.claim.reaction for loop in every}


@pytest.mark.parametrize("factor", [3.0, 1 / 20])
def test_the_step_at_fault_is_named(factor: float) -> None:
    """Only the slip is off: a change of it alone explains both loops that it closes, and none other
    does.
    """
    even = 100 * 50 / (50 * 10) * 0.1
    assert bm.audit(diagram(slip=even)).verdict == "consistent"
    found = bm.audit(diagram(slip=even * factor))
    bad = [f for f in found if not f.holds]
    assert len(bad) == 2
    assert all(f.culprits == ("E2-E4",) and f.cause == "constant" for f in bad)
    assert all(f.text.endswith("; E2-E4 alone would explain every loop") for f in bad)
    sound = [f for f in found if f.holds]
    assert all("explain" not in f.text and f.culprits == () and not f.corrections for f in sound)
    assert all(set(f.corrections) == {"E1-E2", "E2-E3", "E3-E4", "E4-E1", "E2-E4"} for f in bad)
    assert [abs(f.kJ) for f in bad] == pytest.approx([RT * abs(math.log(factor)) / 1e3] * 2)


def test_blame_does_not_depend_on_the_basis() -> None:
    basis, every = loops(diagram(), BODY)
    steps = [p.name.partition(":")[2] for p in diagram().processes]
    found = {
        loop.claim.name: f.terms.get("constant", 0.0)
        for loop, f in zip(every, bm.audit(diagram(slip=7.0)), strict=True)
    }
    made = [
        attribute_error(pair, [found[x.claim.name] for x in pair], steps, 0.05)
        for pair in (every[:2], every[1:], basis)
    ]
    assert len({m.culprits for m in made}) == 1
    for m in made[1:]:
        assert m.corrections == pytest.approx(made[0].corrections, abs=1e-9)


def test_a_reason_hosts_and_flags() -> None:
    with pytest.raises(errors.CycleNotClosed, match="reason="):
        diagram(reason="", slip=7.0)
    made = diagram(slip=7.0)
    assert "exempt" in repr(made)
    assert sum(p.certificate.verdict == "exempt" for p in made.processes) == 2
    run = bm.simulate(bm.Model("hosted", [made, bm.library.leak(Na, ON)]), until="1 s")
    assert float(abs(run.ledger.residual_relative[-1])) < 1e-6


# --- splitting


@given(
    st.lists(
        st.tuples(st.sampled_from([-1, 1]), st.integers(0, 3), st.integers(0, 3)),
        min_size=1,
        max_size=5,
    )
)
def test_splits_give_the_flux_back(terms: list[tuple[int, int, int]]) -> None:
    x, y = sp.symbols("x y", positive=True)
    flux = sp.Add(*(sign * x**a * y**b / (1 + x) for sign, a, b in terms))
    for forward, reverse in splits(flux):
        for at in ({x: 0.3, y: 2.0}, {x: 5.0, y: 0.1}):
            values = [float(e.subs(at)) for e in (forward, reverse, flux)]
            assert min(values[:2]) >= 0
            assert values[0] - values[1] == pytest.approx(values[2], rel=1e-12, abs=1e-12)


# --- repair


@pytest.mark.parametrize("method", ["reverse", "projection"])
@pytest.mark.parametrize("name", ["charge", "order", "constant", "one way", "sound"])
def test_repairs_are_proven(method: str, name: str) -> None:
    flux = {
        "charge": lambda s: coupled(s, z=1),
        "order": lambda s: coupled(s, n=1),
        "constant": lambda s: coupled(s, factor=30),
        "one way": lambda s: P(s, 3) * s["Na@out"] ** 2 * s["glucose@out"],
        "sound": coupled,
    }[name]
    repair = bm.make_consistent(hosted(SYMPORT, flux), method=method)
    assert repair.after.verdict == "proven"
    assert repair.made.certificate.verdict == "proven"
    if name == "sound":
        assert repair.change["largest where A > RT"] < 1e-9


def test_the_reverse_repair_is_a_factor() -> None:
    """J = r⁺(1 − e^{−A/RT}) of a constant pump, in a run: J at the start against its affinity."""
    pump = hosted(PUMP, lambda s: s.parameter("J", Q(0.2, "fmol/s"), d.FLUX))
    for made, factor in ((pump, 0), (bm.make_consistent(pump).made, 1)):
        model = bm.Model("pumped", [made], potential={ON: Q(-60, "mV")})
        at = bm.simulate(model, times=Q([0.0], "s")).data.isel(time=0)
        A = float(at.affinity.sel(process="x")) * 1e3
        assert float(at.flux.sel(process="x")) == pytest.approx(
            0.2 * (1 - factor * math.exp(-A / RT)), rel=1e-9
        )


@given(st.floats(0.05, 20.0))
def test_cycles_are_projected_on_closed_loops(slip: float) -> None:
    repair = bm.make_consistent(diagram(slip=slip))
    assert repair.after.verdict == "proven"
    moved = {name: math.log((b / a).to("").magnitude) for name, a, b in repair.constants}
    for name, x in moved.items():
        if name.endswith("forward") and name.replace("forward", "reverse") in moved:
            assert moved[name.replace("forward", "reverse")] == pytest.approx(-x, abs=1e-9)


@pytest.mark.parametrize("way", [1, -1])
def test_a_one_way_flux_and_its_repair_over_force_and_voltage(way: int) -> None:
    """J₀ stays where it runs: J₀(1 − e^{−A/RT}) or, of a flux that only runs back, J₀(e^{A/RT} −
    1); A is the force of the solute.
    """
    size = 0.7

    def constant(s: Any) -> Any:
        return way * s.parameter("J", Q(size, "fmol/s"), d.FLUX)

    def due(A: Any) -> Any:
        return size * (1 - np.exp(-A / RT)) if way > 0 else size * np.expm1(A / RT)

    sugar = bm.make_consistent(hosted("glucose@out -> glucose@in", constant))
    assert sugar.method == ("J = r⁺(1 − e^(−A/RT))" if way > 0 else "J = r⁻(e^(A/RT) − 1)")
    data = sugar.along_affinity()
    X = np.linspace(-8e3, 8e3, 121)
    assert data.X.values == pytest.approx(X / 1e3, abs=1e-12)
    assert data.before.values == pytest.approx(np.full(121, way * size), rel=1e-12)
    assert data.after.values == pytest.approx(due(X), rel=1e-9, abs=1e-12)
    assert data.X.attrs == {"units": "kJ/mol", "long_name": "force of glucose"}
    assert (
        data.before.attrs
        == data.after.attrs
        == {"units": "fmol/s", "long_name": "flow of glucose into cell"}
    )
    potassium = bm.make_consistent(hosted("K@out -> K@in", constant)).along_voltage()
    V = np.linspace(-0.15, 0.15, 121)
    assert potassium.V.values == pytest.approx(V * 1e3, abs=1e-12)
    assert potassium.V.attrs == {"units": "mV", "long_name": "membrane potential"}
    assert potassium.before.values == pytest.approx(np.full(121, way * size), rel=1e-12)
    assert potassium.after.values == pytest.approx(due(RT * math.log(4.5 / 140) - F * V), rel=1e-9)
    assert potassium.after.attrs["long_name"] == "flow of K into cell"
    if way > 0:  # |ΔJ|/|J| = e^{−A/RT}, at most 1/e where A > RT
        assert sugar.change["largest where A > RT"] == pytest.approx(math.exp(-1), rel=0.02)
        assert 0 < sugar.change["median where A > RT"] < sugar.change["largest where A > RT"]


def test_projected_rates_keep_their_mean() -> None:
    """√(r⁺r⁻)·2 sinh(A/2RT): of r⁺ = k a, r⁻ = 30 k b without voltage, over the voltage."""
    repair = bm.make_consistent(
        hosted("K@out -> K@in", lambda s: P(s) * (s["K@out"] - 30 * s["K@in"])), method="projection"
    )
    data = repair.along_voltage()
    A = math.log(4.5 / 140) - F * data.V.values / 1e3 / RT
    assert data.before.values == pytest.approx(np.full(121, 0.1 * (4.5 - 30 * 140)), rel=1e-9)
    assert data.after.values == pytest.approx(
        0.1 * math.sqrt(4.5 * 30 * 140) * 2 * np.sinh(A / 2), rel=1e-9
    )
    kept = bm.make_consistent(
        hosted("K@out -> K@in", lambda s: P(s) * (s["K@out"] - 30 * s["K@in"]))
    ).along_voltage()
    assert kept.after.values == pytest.approx(0.1 * 4.5 * (1 - np.exp(-A)), rel=1e-9)


def test_nothing_to_repair_stays_as_it_is() -> None:
    leak = bm.library.leak(K, ON)
    repair = bm.make_consistent(leak)
    assert (repair.made, repair.given, repair.method) == (leak, leak, "nothing to repair")
    assert repair.before is repair.after


# --- what it says


def test_reports_can_be_read() -> None:
    found = bm.audit(
        bm.Model("mixed", [bm.library.leak(K, ON), hosted(SYMPORT, lambda s: coupled(s, z=0))])
    )
    assert found.verdict == "violates"
    assert not found.holds
    text = str(found)
    assert "K_leak  proven" in text
    assert "the voltage is left out" in text
    assert "witness: A = " in text
    assert list(found.to_frame().verdict) == ["proven", "violates"]
    assert "kJ/mol" in found._repr_html_()
    with pytest.raises(errors.SecondLawViolation, match="voltage is left out"):
        found.check()
    assert found.check(Q(100, "kJ/mol")) is found
    with pytest.raises(errors.UnknownName, match="K_leak"):
        found["K_leek"]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: bm.audit("enterocyte"), errors.WrongType, "audit"),
        (lambda: bm.audit([]), errors.WrongType, "claims"),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"Q@in": (Q(1, "mM"), Q(2, "mM"))}),
            errors.UnknownName,
            "K@cell",
        ),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"K@cell": Q(1, "mM")}),
            errors.WrongType,
            "pair",
        ),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"K@cell": (Q(1, "mV"), Q(2, "mV"))}),
            errors.UnitMismatch,
            "mM",
        ),
        (
            lambda: bm.audit(bm.library.leak(K, ON), over={"V": (Q(1, "mV"), Q(-2, "mV"))}),
            errors.OutOfDomain,
            "low < high",
        ),
        (lambda: bm.make_consistent(ON), errors.WrongType, "Transporter"),
        (
            lambda: bm.make_consistent(bm.library.leak(K, ON), method="revers"),
            errors.BadSettings,
            "did you mean 'reverse'",
        ),
        (
            lambda: bm.make_consistent(
                hosted(
                    "K@in -> K@out",
                    lambda s: P(s) * half(s) * (s.u**3 + sp.log(s["K@in"] / s["K@out"])),
                )
            ),
            errors.SecondLawUndecided,
            "non-negative terms",
        ),
    ],
)
def test_wrong_use_is_told(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("name", ["enterocyte", "resting_cell"])
def test_shipped_models_are_proven(name: str) -> None:
    assert bm.audit(shipped(name)).verdict == "proven"


def test_the_temperature_of_a_model_is_used() -> None:
    for T_ in (283.0, 310.0):
        model = bm.Model(
            "warm", [hosted(SYMPORT, lambda s: coupled(s, factor=30))], temperature=Q(T_, "kelvin")
        )
        assert only(model).kJ == pytest.approx(-constants_R() * T_ * math.log(30) / 1e3)


def constants_R() -> float:
    return RT / BODY


MODEL = '''
"""A model to judge."""
import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.library import K

def build():
    cell = bm.Reservoir("cell", {K: Q(140, "mM")}, floating=True)
    bath = bm.Reservoir("bath", {K: Q(5, "mM")})
    size = {"area": Q(100, "um^2"), "capacitance": Q(1, "uF/cm^2")}
    on = bm.Membrane("m", inside=cell, outside=bath, **size)
    def flux(s):
        P = s.parameter("P", Q(1, "fmol/s/mM"), bm.dimension.FLUX / bm.dimension.CONCENTRATION)
        return P * (s["K@in"] - FACTOR * s["K@out"])
    law = laws.Empirical(flux=flux, reason="no voltage")
    return bm.Model("judged", [bm.Transporter("leak", "K@in -> K@out", on, law)])
'''


def test_the_command_line_fails_on_a_violation(tmp_path: Any, capsys: Any) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODEL.replace("FACTOR", "1"))
    assert main(["audit", str(file)]) == 1
    told = capsys.readouterr().out
    assert "the voltage is left out" in told
    assert told.endswith("\n1 finding, 1 failing\n")
    assert main(["audit", str(file), "--json", "--fail-on", "20 kJ/mol"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["verdict"] == "violates"
    assert made["failing"] == []
    assert made["findings"][0]["witness"]["affinity"]["unit"] == "kJ/mol"
    assert main(["audit", str(file), "--fail-on", "20"]) == 2
    assert "kJ/mol" in capsys.readouterr().err
    assert main(["audit", "enterocyte"]) == 0


def test_a_repair_can_be_drawn() -> None:
    for made in (hosted("glucose@out -> glucose@in", lambda s: P(s) * half(s)), diagram(slip=7.0)):
        repair = bm.make_consistent(made)
        data = repair.along_affinity()
        assert (
            float(data.after.sel(X=0.0, method="nearest"))
            == pytest.approx(0.0, abs=1e-9 * float(abs(data.after).max()))
            or made.states
        )
        figure = bm.figures.repair(repair)
        assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()][
            1
        ] == "after: proven"
