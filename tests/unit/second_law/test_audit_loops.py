"""Audits of claims in other formats, of loops of diagrams, and of what a repair makes of both."""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import BODY, RT, F
from hypothesis import given
from hypothesis import strategies as st
from unit.second_law.audited import ON, PUMP, SYMPORT, P, carrier, coupled, diagram, hosted, only

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import dimension as d
from biomembrane.library import K, Na
from biomembrane.second_law.cycles import attribute_error, loops
from biomembrane.second_law.one_way_split import splits


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
