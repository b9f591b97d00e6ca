"""The search for states where a flux runs uphill, over a range of the voltage: what counts as
uphill, and what is told of it.
"""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from builders import RT, F

from biomembrane import symbols
from biomembrane.second_law.claim import Claim, claim
from biomembrane.second_law.counterexample import LEAST, SMALL, Uphill, _slope, find_uphill
from biomembrane.second_law.evaluation import Functions, claim_box
from biomembrane.symbols import F as FARADAY
from biomembrane.symbols import R, T

V = symbols.potential("m")
U = FARADAY * V / (R * T)
TOP = F * 0.15 / RT  # FV/RT at 150 mV


def hop(flux: Any, drive: Any) -> Claim:
    """A flux beside an A/RT that depends on the voltage alone."""
    return Claim(
        name="hop",
        reaction="a ⇌ b",
        reduced_affinity=sp.sympify(drive),
        levels=(),
        voltage=V,
        flux=sp.sympify(flux),
    )


def searched(flux: Any, drive: Any, low: float = -0.15, high: float = 0.15) -> Uphill | None:
    made = hop(flux, drive)
    return find_uphill(made, claim_box(made, {"V": (low, high)}))


def test_the_worst_state_its_flux_and_the_share_of_the_box() -> None:
    """A constant flux against A = −FV/RT: uphill where V > 0, worst at the end."""
    for way, share in ((1, 0.75), (-1, 0.25)):
        found = searched(3.0 * way, -U, -0.05, 0.15)
        assert found is not None
        assert found.flux == 3.0 * way
        assert found.x == pytest.approx([0.15 if way > 0 else -0.05], rel=0.002)
        assert found.reduced_affinity == pytest.approx(-F * found.x[0] / RT, rel=1e-12)
        assert found.share == pytest.approx(share, abs=0.02)


def test_an_affinity_of_nothing_has_no_sign() -> None:
    """At 10⁻⁷ RT and below there is no uphill, as one state or as a share."""
    assert searched(1, -LEAST) is None
    found = searched(1, -1.01 * LEAST)
    assert (found.reduced_affinity, found.share) == (-1.01 * LEAST, 1.0)
    assert searched(1, sp.Min(-LEAST, -U)).share == pytest.approx(0.5, abs=0.02)


def test_a_flux_of_nothing_has_no_sign() -> None:
    """A millionth of the median of |J|, as rounding leaves it, is no flux."""
    for low, high, wanted in (
        (SMALL, 1, 0.6),
        (1.01 * SMALL, 1, 1.0),
        (-SMALL, -1, 0.0),
        (-1.01 * SMALL, -1, 0.4),
    ):
        flux = (
            sp.Max(low, sp.Min(high, V * 1e12))
            if high > 0
            else -sp.Max(-low, sp.Min(-high, V * 1e12))
        )
        drive = -1 if high > 0 else sp.Max(-1, sp.Min(1, -V * 1e12))
        found = searched(flux, drive, -0.1, 0.15)
        assert (found.share if found else 0.0) == pytest.approx(wanted, abs=0.02)


def test_where_most_fluxes_are_zero_the_others_count() -> None:
    """A flux that is turned on at 100 mV, against A, and tiny."""
    found = searched(sp.Max(0, V - 0.1) * 1e-20, -U)
    assert found.share == pytest.approx(1 / 6, abs=0.02)
    assert found.reduced_affinity == pytest.approx(-TOP, rel=0.02)
    assert found.flux == pytest.approx(0.05e-20, rel=0.05)


@pytest.mark.parametrize("hole", ["flux", "affinity"])
def test_states_that_have_no_number_are_passed_by(hole: str) -> None:
    """√V below 0 mV; with numbers nowhere nothing is found."""
    root = sp.sqrt(V, evaluate=False)
    found = searched(root, -U) if hole == "flux" else searched(1, -root)
    assert found.share == pytest.approx(0.5, abs=0.02)
    assert found.x[0] == pytest.approx(0.15, rel=0.01)
    assert found.reduced_affinity == pytest.approx(
        -TOP if hole == "flux" else -math.sqrt(0.15), rel=0.01
    )
    assert (
        searched(root, -U, -0.1, -0.05) if hole == "flux" else searched(1, -root, -0.1, -0.05)
    ) is None


def test_what_does_not_matter_is_at_its_usual_value() -> None:
    """A constant flux of K⁺ out, worst at −150 mV, 14 mM and 50 mM: inside goes back to 140 mM,
    with the others less than half were left.
    """
    made = claim(
        "leak", {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}, voltage=V, flux=sp.Float(1)
    )
    here = claim_box(made, {})
    found = find_uphill(made, here)
    state = dict(zip([v.name for v in here.variables], found.x, strict=True))
    assert found.reduced_affinity == pytest.approx(
        state["K@in"] - state["K@out"] + F * state["V"] / RT, rel=1e-12
    )
    assert state["K@in"] == math.log(140)
    assert state["V"] < -0.12
    assert state["K@out"] > math.log(25)
    assert 0.7 * (math.log(140 / 50) - TOP) > found.reduced_affinity > math.log(140 / 50) - TOP


@pytest.mark.parametrize(("left", "back"), [(1.0, True), (0.99, False)])
def test_half_of_the_worst_is_enough(left: float, back: bool) -> None:
    """−2 RT where V > 0, and at 0 mV, the usual state, half of it or less."""
    found = searched(1, sp.Max(-2, sp.Min(-left, -V * 1e12)))
    assert (found.reduced_affinity, found.x[0] == 0) == (-left if back else -2, back)


def test_a_search_without_variables() -> None:
    """What is the same at every state needs no search."""
    found = find_uphill(hop(1, -2), claim_box(hop(1, -2), {}))
    assert (found.reduced_affinity, found.flux, found.share, found.x.shape) == (-2, 1, 1, (0,))
    assert find_uphill(hop(1, 2), claim_box(hop(1, 2), {})) is None
    assert find_uphill(hop(1, 0), claim_box(hop(1, 0), {})) is None


def test_of_two_narrow_counter_examples_the_worse_is_told() -> None:
    """Between all samples, at ±100 mV, A is −10⁻⁵ and −2·10⁻⁵ RT, wherever a search begins."""
    for side in (1, -1):
        wells = (
            1e7 * (V**2 - sp.Float(0.01, 20)) ** 2 / sp.Float(0.04, 20)
            - sp.Float(1.5e-5, 20)
            - side * V * 5e-5
        )
        found = searched(1, wells)
        assert found.x == pytest.approx([side * 0.1], rel=1e-4)
        assert found.reduced_affinity == pytest.approx(-2e-5, rel=0.01)
        assert (found.flux, found.share) == (1, 0)


@pytest.mark.parametrize("soft", [1e-3, 1.0, 30.0])
def test_the_gradient_of_the_search_is_that_of_what_it_follows(soft: float) -> None:
    """A·J/√(J² + j²) and its differences, where J is zero, beside j, and beyond it."""
    inside, outside = symbols.concentration("K@in"), symbols.concentration("K@out")
    flux = inside * sp.exp(U / 2) - outside * sp.exp(-U / 2) - 30
    made = claim("leak", {"K@in": (-1, 1, 140.0), "K@out": (1, 1, 5.0)}, voltage=V, flux=flux)
    here = claim_box(made, {})
    functions = Functions([flux, made.reduced_affinity], here)
    for state in (
        {"V": 0.0, "K@in": 35, "K@out": 5},
        {"V": 0.03, "K@in": 20, "K@out": 7},
        {"V": -0.02, "K@in": 100, "K@out": 9},
    ):
        x = np.array(
            [state["V"] if v.name == "V" else math.log(state[v.name]) for v in here.variables]
        )
        u = F * state["V"] / RT
        J, A = (
            state["K@in"] * math.exp(u / 2) - state["K@out"] * math.exp(-u / 2) - 30,
            math.log(state["K@in"] / state["K@out"]) + u,
        )
        value, slope = _slope(functions, x, soft)
        assert value == pytest.approx(A * J / math.hypot(J, soft), rel=1e-9, abs=1e-9)
        for k, step in enumerate(np.eye(3) * 1e-5 * soft / (1 + soft)):
            ahead, behind = (_slope(functions, x + way * step, soft)[0] for way in (1, -1))
            assert slope[k] == pytest.approx((ahead - behind) / (2 * step[k]), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("flux", "drive", "x"), [(sp.sqrt(V), -U, -0.01), (1, sp.sqrt(V), -0.01), (sp.sqrt(V), -U, 0.0)]
)
def test_the_search_turns_away_from_what_has_no_number(flux: Any, drive: Any, x: float) -> None:
    """√V has no value below 0 mV and no slope at 0 mV: as high as can be, and flat."""
    made = hop(flux, drive)
    value, slope = _slope(
        Functions([made.flux, made.reduced_affinity], claim_box(made, {})), np.array([x]), 1.0
    )
    assert (value, slope.tolist()) == (np.inf, [0.0])
