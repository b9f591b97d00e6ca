"""Steady states against closed forms, long runs, the minimum of the free energy, and SciPy."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from builders import FUEL, F, S, cell
from contracts.toy_constraint import DIMERS, ISOMERS, built
from contracts.toy_constraint import RATE as RATE_OF_TOY
from contracts.toy_constraint import K as K_OF_TOY
from equilibrated import buffered
from hypothesis import given, settings
from hypothesis import strategies as st
from leaky import OUT, leaky
from leaky import K as LEAK_RATE
from resting import brusselator, donnan, gated, hysteretic, rectifying, release
from scipy.optimize import root

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.compile.numpy_kernel import kernel
from biomembrane.compile.program import program
from biomembrane.library import Cl, K, Na


@cache
def resting() -> bm.Model:
    return bm.load("resting_cell")


def scanned(values: object, unit: str, dim: str = "lane") -> xr.DataArray:
    return xr.DataArray(np.asarray(values, float), dims=dim, attrs={"units": unit})


def test_a_leak_comes_to_the_bath_at_its_own_rate() -> None:
    rest = bm.steady_state(leaky())
    assert float(rest.data.concentration[0]) == pytest.approx(OUT, rel=1e-12)
    assert float(rest.data.time_constant[0]) == pytest.approx(1 / LEAK_RATE, rel=1e-10)
    assert bool(rest.stable)


@settings(max_examples=5)
@given(st.floats(0.05, 0.4), st.floats(0.6, 0.95))
def test_a_rate_is_balanced_in_closed_form(low: float, high: float) -> None:
    """Below the folds and above them there is one state, at which the law gives the rate."""
    rest = bm.steady_state(hysteretic(), parameters={"comes.rate": scanned([low, high], "fmol/s")})
    c = rest.data.concentration.values[0]
    assert release(c) == pytest.approx([low, high], rel=1e-12)
    assert rest.stable.all()


def test_two_stable_states_and_the_one_between() -> None:
    rest = bm.steady_state(rectifying(), starts=30)
    assert rest.data.sizes["steady_state"] == 3
    order = np.argsort(rest.data.potential.values[0])
    assert rest.stable.values[order].tolist() == [True, False, True]
    assert int(rest.data.found.sum()) == 30
    alone = bm.steady_state(hysteretic(), starts=30)
    assert sorted(alone.stable.values.tolist()) == [False, True, True]
    assert release(alone.data.concentration.values[0]) == pytest.approx([0.5] * 3, rel=1e-11)


@pytest.mark.parametrize("name", ["resting_cell", "osmosis", "proton_gradients", "mitochondrion"])
def test_every_random_start_finds_the_one_state_of_a_cell(name: str) -> None:
    rest = bm.steady_state(bm.load(name), starts=20)
    assert rest.data.found.values.tolist() == [20]
    assert bool(rest.stable[0])


def test_a_run_ends_where_the_steady_state_is() -> None:
    model = resting()
    rest = bm.steady_state(model)
    run = bm.simulate(model, until="20 h", solver=bm.solvers.Native(rtol=1e-10))
    last = run.data.isel(time=-1)
    for name in ("amount", "potential"):
        assert rest.data[name].values == pytest.approx(last[name].values, rel=1e-9)
    onward = bm.simulate(model, until="1 h", start=rest).data
    assert onward.amount[-1].values == pytest.approx(rest.data.amount.values, rel=1e-10)


def test_scipy_finds_the_same_state() -> None:
    """SciPy's hybrid method on the equations with their charge written out, in logarithms."""
    model = resting()
    rest = bm.steady_state(model)
    k = kernel(program(model))
    held = k.bind([p.value for p in model.parameters.values()])
    y0 = k.call("initial", 0.0, np.zeros(k.size), held)
    charges = np.array([model.species[x.label].charge if x.is_amount else 0 for x in model.states])
    own = [i for i, x in enumerate(model.states) if x.is_amount]
    q = next(i for i, x in enumerate(model.states) if not x.is_amount)

    def states(u: np.ndarray) -> np.ndarray:
        y = y0.copy()
        y[own] = y0[own] * np.exp(u)
        y[q] = y0[q] + F * charges[own] @ (y[own] - y0[own])
        return y

    # electroneutrality to within the membrane's charge ties three amounts to two: V is solved for
    guess = np.log(rest.rest.y[own, 0] / y0[own]) + 1e-7
    found = root(lambda u: k.rhs(0.0, states(u), held)[own], guess, tol=1e-14)
    assert found.x == pytest.approx(np.log(rest.rest.y[own, 0] / y0[own]), abs=1e-9)


def test_newton_a_long_run_and_the_minimum_of_the_energy_agree() -> None:
    model = donnan()
    rest, least = bm.steady_state(model), bm.steady_state(model, minimum=True)
    run = bm.simulate(model, until="1000 h", solver=bm.solvers.Native(rtol=1e-11))
    last = run.data.isel(time=-1).concentration.values
    assert rest.data.concentration.values == pytest.approx(last, rel=1e-9)
    assert least.data.concentration.values == pytest.approx(last, rel=1e-9)
    K_in, Cl_in = rest.data.concentration.values
    assert K_in / 60 == pytest.approx(60 / Cl_in, rel=1e-12)
    assert K_in - Cl_in == pytest.approx(100, rel=1e-4)
    assert float(rest.ledger.dissipated) == pytest.approx(0, abs=1e-12)


@settings(max_examples=5)
@given(st.floats(1, 200), st.floats(1, 200))
def test_the_minimum_of_a_passive_cell_is_its_steady_state(K_o: float, start: float) -> None:
    given_ = {
        "bath.K": scanned([K_o], "mM"), "bath.Cl": scanned([K_o], "mM"),
        "cell.Cl": scanned([0.9 * min(start, 110)], "mM"),
    }  # fmt: skip
    rest = bm.steady_state(donnan(), parameters=given_)
    least = bm.steady_state(donnan(), parameters=given_, minimum=True)
    assert rest.rest.y == pytest.approx(least.rest.y, rel=1e-9)


def test_a_driven_cell_has_no_minimum_and_says_what_drives_it() -> None:
    with pytest.raises(errors.BadSettings, match=r"something drives it"):
        bm.steady_state(resting(), minimum=True)


def test_a_batch_equals_its_singles() -> None:
    model = resting()
    levels = [2.0, 5.0, 40.0]
    many = bm.steady_state(model, parameters={"bath.K": scanned(levels, "mM", "K_o")})
    for k, level in enumerate(levels):
        one = bm.steady_state(model, parameters={"bath.K": Q(level, "mM")})
        assert many.isel(K_o=k).rest.y == pytest.approx(one.rest.y, rel=1e-11)
        assert many.data.flux.values[:, k] == pytest.approx(
            one.data.flux.values, rel=1e-9, abs=1e-14
        )
    assert many.sel(K_o=5.0).data["bath.K"] == 5.0


def test_a_pool_that_a_parameter_isolates_stays_as_it_is() -> None:
    """Without a symporter glucose is moved by nothing: it is conserved, not undetermined."""
    rest = bm.steady_state(bm.load("sodium_battery"))
    assert float(rest.data.concentration.sel(pool="cell.glucose")) == pytest.approx(1.0, rel=1e-14)
    assert bool(rest.stable)


def test_a_pool_that_bath_and_cell_lack_ends_empty() -> None:
    model = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-6, "cm/s"))], {S: 3}, {S: 0})
    rest = bm.steady_state(model)
    assert float(rest.data.concentration[0]) == pytest.approx(0, abs=1e-20)


def test_a_pool_without_rest_is_named_with_its_speed() -> None:
    def comes(site: object) -> object:
        return site.parameter("rate", Q(0.5, "fmol/s"), bm.dimension.FLUX)  # type: ignore[attr-defined]

    law = laws.Empirical(flux=comes, reason="it never stops")
    model = cell(lambda on: [bm.Transporter("comes", "S@out -> S@in", on, law)], {S: 1}, {S: 1})
    with pytest.raises(errors.NoSteadyState, match=r"cell.S still moves, by \+0.5 fmol/s") as e:
        bm.steady_state(model)
    assert e.value.state == "cell.S"
    assert e.value.speed == pytest.approx(0.5)
    lanes = bm.steady_state(model, parameters={"comes.rate": scanned([0.0, 0.5], "fmol/s")})
    assert lanes.failed == 1
    assert lanes.data.status.values.tolist() == [0, 8]
    assert np.isnan(lanes.data.amount.values[:, 1]).all()
    assert lanes.data.amount.values[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("reaction", [ISOMERS, DIMERS])
def test_a_constraint_stands_at_rest_as_its_finite_rate_does(reaction: str) -> None:
    fast, slow = (bm.steady_state(built(reaction, rate=1e3, fast=f)) for f in (True, False))
    wanted = slow.data.concentration.values
    assert fast.data.concentration.values[: len(wanted)] == pytest.approx(wanted, rel=1e-10)
    assert bool(fast.stable)
    assert fast.data.sizes["mode"] == 1
    assert slow.data.sizes["mode"] == 2


def test_an_equilibrium_stands_at_rest_as_its_finite_rate_does() -> None:
    fast, slow = (bm.steady_state(buffered(rate)) for rate in (None, Q(1e3, "fmol/s")))
    wanted = slow.data.concentration.values
    assert fast.data.concentration.values == pytest.approx(wanted, rel=1e-9)
    assert bool(fast.stable)
    assert bm.steady_state(buffered(), starts=20).data.found.values.tolist() == [20]
    with pytest.raises(errors.BadSettings, match="always at equilibrium"):
        bm.control(fast)
    by = bm.control(fast, by=["bath.Na"]).concentration_control.sel(pool="cell.Na")
    up, down = (
        bm.steady_state(buffered(), parameters={"bath.Na": Q(140 * k, "mM")}).data.concentration
        for k in (1 + 1e-4, 1 - 1e-4)
    )
    slope = np.log(up / down).sel(pool="cell.Na") / 2e-4
    assert float(by[0]) == pytest.approx(float(slope), rel=1e-6)


def test_an_electroneutral_cell_rests_where_one_of_little_capacitance_does() -> None:
    """Its potential has no equation of motion: ΣI = 0 and the conserved charge take its place."""

    def pumping(capacitance: float) -> bm.Model:
        leaks = ((K, 1e-6), (Na, 3e-8), (Cl, 1e-7))
        return cell(
            lambda on: [
                lib.NaKATPase(on), *(lib.leak(s, on, permeability=Q(P, "cm/s")) for s, P in leaks)
            ],
            {Na: 15, K: 140, Cl: 10}, {Na: 140, K: 5, Cl: 145}, held=FUEL, V=-70,
            impermeant=bm.balance(charge=-1), capacitance=capacitance,
        )  # fmt: skip

    neutral, nearly, far = (bm.steady_state(pumping(C)) for C in (0, 1e-3, 1e-2))
    off = [np.abs(x.data.potential - neutral.data.potential).values.max() for x in (nearly, far)]
    assert off[0] < 1e-6
    assert off[1] / off[0] == pytest.approx(10, rel=0.01)
    assert neutral.data.time_constant.values == pytest.approx(
        nearly.data.time_constant.values[:2], rel=1e-6
    )
    assert neutral.data.amount.values @ [1, 1, -1] == pytest.approx(145, rel=1e-14)
    summed = bm.control(neutral).sum("cause", skipna=False)
    assert summed.flux_control.values[:3] == pytest.approx(1, abs=1e-10)
    assert summed.potential_response.values == pytest.approx(0, abs=1e-9)


def test_gates_rest_where_their_rates_balance() -> None:
    rest = bm.steady_state(gated())
    assert rest.data.open_fraction.values == pytest.approx([0.75], rel=1e-12)
    assert np.abs(rest.data.eigenvalue_real.values + 4).min() <= 1e-9


def test_powers_at_rest_close() -> None:
    rest = bm.steady_state(bm.load("enterocyte"))
    ledger = rest.ledger.check()
    balance = ledger.spent + ledger.supplied - ledger.delivered - ledger.dissipated
    assert float(abs(balance)) <= 1e-12 * float(ledger.spent)
    heat = float(rest.data.dissipation.sum())
    assert float(ledger.dissipated) == pytest.approx(heat, rel=1e-12)
    assert "at rest [pW]" in str(ledger)


def test_a_file_of_steady_states_is_read_back(tmp_path: Path) -> None:
    levels = scanned([2, 5], "mM", "K_o")
    for given_ in ({}, {"bath.K": levels}):
        rest = bm.steady_state(resting(), parameters=given_)
        again = bm.open_result(bm.save(rest, tmp_path / "rest.nc"))
        assert again.equals(rest.data)
        assert pickle.loads(pickle.dumps(rest)).data.equals(rest.data)
        assert "SteadyState" in rest._repr_html_()
    branch = bm.follow(rectifying(), "bath.K", between=(Q(4, "mM"), Q(6, "mM")))
    again = bm.open_result(bm.save(branch, tmp_path / "branch.nc"))
    assert again.equals(branch.data)


def test_an_unstable_focus_is_seen() -> None:
    rest = bm.steady_state(brusselator(), parameters={"B.rate": scanned([1.5, 2.5], "fmol/s")})
    assert rest.data.concentration.values == pytest.approx(
        np.array([[1, 1], [1.5, 2.5]]), rel=1e-11
    )
    assert rest.stable.values.tolist() == [True, False]
    assert rest.data.eigenvalue_real.values[0] == pytest.approx([-0.25, 0.25], rel=1e-9)


def test_what_changes_in_time_has_no_steady_state() -> None:
    course = bm.Protocol.steps(Q(5, "mM"), (Q(1, "min"), Q(20, "mM")))
    with pytest.raises(errors.BadSettings, match=r"protocol for bath.K"):
        bm.steady_state(resting(), parameters={"bath.K": course})


@settings(max_examples=5)
@given(st.floats(5, 40))
def test_rest_does_not_depend_on_what_is_not_conserved(Na_in: float) -> None:
    """Na⁺ and K⁺ of the start, exchanged for one another, leave the anions' charge as it is."""
    model = resting()
    both = sum(float(model.parameter(f"cell.{ion}").value) for ion in ("Na", "K"))
    swapped = {"cell.Na": Q(Na_in, "mM"), "cell.K": Q(both - Na_in, "mM")}
    rest = bm.steady_state(model, parameters=swapped)
    assert rest.rest.y == pytest.approx(bm.steady_state(model).rest.y, rel=1e-9)


@pytest.mark.parametrize("rate", [1.0, 1e3])
def test_a_slow_mode_beside_a_fast_one_has_its_digits(rate: float) -> None:
    """A ⇌ B at equilibrium while A leaks: λ = −k/(1 + K), up to twelve decades below it."""
    slow = built(ISOMERS, rate=rate, fast=False)
    leak = {"A_leak.permeability": Q(1e-11, "cm/s")}
    rest = bm.steady_state(slow, parameters=leak)
    wanted = -(RATE_OF_TOY * 1e-7) / (1 + K_OF_TOY)
    assert rest.data.eigenvalue_real.values[0] == pytest.approx(wanted, rel=1e-6)
    assert bool(rest.stable)
