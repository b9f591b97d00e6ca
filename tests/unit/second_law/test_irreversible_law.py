"""The verdict on laws that go one way: how wrong they are, by distance from equilibrium."""

import math

import pytest
import sympy as sp
from builders import F
from unit.second_law.verdicts import ONE, TOP, U, V, hop, judged, kJ

from biomembrane import Q
from biomembrane.second_law.finding import Finding

# --- laws that go one way


def test_one_way_laws_without_a_variable() -> None:
    """A is a number: how much too fast follows from it, with as many digits as it needs; against A
    it runs everywhere.
    """
    for A, told in ((0.5, "154 %"), (3.0, "5.24 %"), (10.0, "0.00454 %")):
        text = (
            "no reverse rate: no state in the range has an opposing A; where A > 0 it is too"
            f" fast by {told} at A = {A * kJ:.3g} kJ/mol"
        )
        far = ((pytest.approx(A * kJ, rel=1e-12), 1.0, pytest.approx(1 / math.expm1(A), rel=1e-9)),)
        wanted = Finding(
            "hop", "process", "a ⇌ b", "irreversible", cause="irreversible", text=text, distance=far
        )
        assert judged(hop(sp.Float(A, 30), forward=ONE, reverse=sp.S.Zero)) == wanted
    found = judged(hop(-ONE, forward=2 * ONE, reverse=sp.S.Zero))
    assert (found.verdict, found.uphill, found.kJ) == (
        "irreversible",
        1.0,
        pytest.approx(kJ, rel=1e-12),
    )
    assert found.text == "no reverse rate: it runs uphill in 100 % of the range"
    assert str(found.witness) == "A = -2.58 kJ/mol while J > 0 at any state"
    ((A, share, over),) = found.distance
    assert (A, share) == (pytest.approx(-kJ), 1.0)
    assert math.isnan(over)


@pytest.mark.parametrize("A", [0, 1, 2, 4, 8])
def test_bins_of_the_affinity_meet(A: int) -> None:
    """A state on the border of two bins is counted once; without force nothing can be too fast by a
    share.
    """
    ((middle, share, over),) = judged(hop(sp.Integer(A), forward=ONE, reverse=sp.S.Zero)).distance
    assert (middle, share) == (pytest.approx(A * kJ), 1.0)
    assert math.isnan(over) if A == 0 else over == pytest.approx(1 / math.expm1(A))


ONE_WAY = {
    "forward": (1, {"forward": 3 * ONE, "reverse": sp.S.Zero}),
    "reverse": (-1, {"forward": sp.S.Zero, "reverse": 3 * ONE}),
    "unsplit forward": (1, {"flux": 3 + sp.sin(V) / 1000}),
    "unsplit reverse": (-1, {"flux": -3 - sp.sin(V) / 1000}),
}


@pytest.mark.parametrize("name", ONE_WAY)
def test_one_way_laws_over_the_voltage(name: str) -> None:
    """Two charges: A/RT = −2 FV/RT is uniform to 11.2 on both sides, and a flux of one way is too
    fast on its own side of zero.
    """
    way, said = ONE_WAY[name]
    found = judged(hop(-2 * U, **said))
    top = 2 * TOP
    edges = [-top, 0, 1, 2, 4, 8, top]
    assert len(found.distance) == 6
    for low, high, (A, share, over) in zip(edges[:-1], edges[1:], found.distance, strict=True):
        assert way * A / kJ == pytest.approx((low + high) / 2, abs=0.12 * (high - low))
        assert share == pytest.approx((high - low) / (2 * top), abs=0.02)
        assert math.isnan(over) if low < 0 else over == pytest.approx(1 / math.expm1(way * A / kJ))
    assert found.kJ == pytest.approx(top * kJ, rel=0.01)
    assert found.uphill == pytest.approx(0.5, abs=0.02)
    assert found.uphill == pytest.approx(found.distance[0][1], abs=1e-3)
    assert way * found.witness.values["V"].magnitude == pytest.approx(150, rel=0.01)
    assert found.witness.flux.magnitude == pytest.approx(3 * way, rel=1e-3)
    assert found.witness.affinity.magnitude == pytest.approx(-way * found.kJ)
    missing, side = ("reverse", ">") if way > 0 else ("forward", "<")
    head = (
        f"no {missing} rate: it runs uphill in {100 * found.uphill:.2g} % of the range; where A"
        f" {side} 0 it is too fast by "
    )
    told = [
        (f"{100 * over:.{0 if k < 3 else 2}f}", A)
        for k, (A, _, over) in enumerate(found.distance[1:5], 1)
    ]
    told.append((f"{100 * found.distance[5][2]:.5f}", found.distance[5][0]))
    assert found.text == head + ", ".join(
        f"{percent} % at A = {A:.3g} kJ/mol" for percent, A in told
    )


def test_a_one_way_law_that_hardly_ever_runs_uphill() -> None:
    """Up to +1 µV of 150 mV no sampled state has A < 0, yet there is one; it is not told that there
    is none.
    """
    found = judged(hop(-2 * U, forward=ONE, reverse=sp.S.Zero), {"V": (Q(-150, "mV"), Q(1, "uV"))})
    assert found.text.startswith(
        "no reverse rate: it runs uphill in less than 0.049 % of the range; where A > 0 it is too"
        " fast by "
    )
    assert found.uphill == 0.0
    assert found.kJ == pytest.approx(2 * F * 1e-9, rel=1e-9)
    assert found.witness.values["V"].to("uV").magnitude == pytest.approx(1)
