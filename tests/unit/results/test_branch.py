"""Branches against closed forms: folds, a Hopf point, the ends of a range; and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from resting import FOLDS, brusselator, hysteretic, rectifying, release

import biomembrane as bm
from biomembrane import Q, errors


@pytest.fixture(scope="module")
def bent() -> bm.Branch:
    return bm.follow(
        hysteretic(), "comes.rate", between=(Q(0.05, "fmol/s"), Q(0.9, "fmol/s")),
        parameters={"comes.rate": Q(0.2, "fmol/s")},
    )  # fmt: skip


def test_a_closed_form_is_followed_through_its_folds(bent: bm.Branch) -> None:
    c, rate = bent.data.concentration.values[0], bent.data["comes.rate"].values
    assert rate == pytest.approx(release(c), rel=1e-12)
    assert rate[[0, -1]] == pytest.approx([0.05, 0.9], rel=1e-12)
    assert bent.endings == ("the end of the range",) * 2
    assert (np.diff(bent.data.arclength.values) > 0).all()


def test_folds_are_located(bent: bm.Branch) -> None:
    folds = bent.special("fold")
    assert np.sort(folds.concentration.values[0]) == pytest.approx(np.sort(FOLDS), rel=1e-9)
    assert folds["comes.rate"].values == pytest.approx(
        release(folds.concentration.values[0]), rel=1e-12
    )
    assert bent.special().sizes["point"] == 2


def test_stability_changes_at_the_folds_alone(bent: bm.Branch) -> None:
    c = bent.data.concentration.values[0]
    between = (c > FOLDS.min() * (1 + 1e-6)) & (c < FOLDS.max() * (1 - 1e-6))
    apart = np.abs(c[:, None] / FOLDS - 1).min(axis=1) > 1e-6
    assert (bent.states.stable.values[apart] == ~between[apart]).all()


def test_a_hopf_point_is_located() -> None:
    branch = bm.follow(brusselator(), "B.rate", between=(Q(0.5, "fmol/s"), Q(4, "fmol/s")))
    met = branch.special("Hopf")
    assert met["B.rate"].values == pytest.approx([2.0], rel=1e-9)
    assert np.abs(met.eigenvalue_imag.values[:, 0]) == pytest.approx([1, 1], rel=1e-9)
    assert met.eigenvalue_real.values == pytest.approx(0, abs=1e-9)
    assert branch.special("fold").sizes["point"] == 0


def test_a_cell_has_both_states_between_its_folds() -> None:
    branch = bm.follow(rectifying(), "bath.K", between=(Q(1, "mM"), Q(60, "mM")))
    low, high = sorted(branch.special("fold")["bath.K"].values)
    assert low < 5 < high
    found = bm.steady_state(rectifying(), starts=20)
    V, K_o = branch.data.potential.values[0], branch.data["bath.K"].values
    for potential in found.data.potential.values[0]:
        near = np.argsort(np.abs(V - potential))[:2]
        assert K_o[near].min() < 5.4
        assert K_o[near].max() > 4.6


def test_what_a_start_conserves_is_kept() -> None:
    """A content of the start, as the parameter that is followed, moves the conserved charge."""
    model = bm.load("resting_cell")
    branch = bm.follow(model, "cell.Cl", between=(Q(5, "mM"), Q(20, "mM")), points=40)
    at = int(np.argmax(branch.data["cell.Cl"].values))
    one = bm.steady_state(model, parameters={"cell.Cl": Q(20, "mM")})
    assert branch.data.amount.values[:, at] == pytest.approx(one.data.amount.values, rel=1e-9)
    assert branch.data.power_residual.values == pytest.approx(0, abs=1e-12)
    first = next(x for x in branch.points if x.along == 0)
    slopes = first.tangent[:3] / (first.tangent[-1] * 15)  # d ln n/dp, of a range of 15 mM
    exact = bm.control(bm.steady_state(model), by=["cell.Cl"]).concentration_control.values[:, 0]
    assert slopes == pytest.approx(exact / first.p, rel=1e-9)


def test_what_follow_refuses() -> None:
    model, around = hysteretic(), (Q(0.1, "fmol/s"), Q(1, "fmol/s"))
    with pytest.raises(errors.UnknownName):
        bm.follow(model, "comes.speed", between=around)
    with pytest.raises(errors.UnitMismatch):
        bm.follow(model, "comes.rate", between=(Q(1, "mM"), Q(2, "mM")))
    with pytest.raises(errors.OutOfDomain, match=r"a range that holds 0\.5 fmol/s"):
        bm.follow(model, "comes.rate", between=(Q(1, "fmol/s"), Q(2, "fmol/s")))
    with pytest.raises(errors.OutOfDomain, match="the smaller value first"):
        bm.follow(model, "comes.rate", between=around[::-1])
    with pytest.raises(errors.BadSettings, match="two quantities"):
        bm.follow(model, "comes.rate", between=Q(1, "fmol/s"))  # type: ignore[arg-type]
    with pytest.raises(errors.OutOfDomain):
        bm.follow(model, "comes.rate", between=around, points=0)
    rest = bm.steady_state(model)
    with pytest.raises(errors.BadSettings, match="sets what the model holds"):
        bm.follow(model, "cell.S", between=(Q(0.1, "mM"), Q(1, "mM")), start=rest)
    with pytest.raises(errors.UnknownName):
        bm.follow(model, "comes.rate", between=around, points=3).special("folds")
