"""The books at their limits: laws that are exempt, runs in which little happens, baths that are
empty.
"""

import numpy as np
import pytest
import xarray as xr
from builders import FUEL, RT, SALINE, S, cell, epithelium, patch, shipped

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na, glucose


def last(array):
    return array.isel(time=-1)


# --- laws that are exempt, and runs in which little happens


def test_rounding_is_that_of_the_amounts():
    """At equilibrium Ξ has no terms: ΔΞ is uncertain by 1e-14 of RT Σn, and books within it are
    closed.
    """
    ledger = bm.simulate(
        cell(lambda on: [lib.leak(S, on, permeability=Q(1e-6, "cm/s"))], {S: 9}, {S: 9}),
        until=Q(1, "min"),
    ).ledger
    assert ledger.rounding == pytest.approx(1e-14 * RT * 9 / 1e3, rel=1e-9, abs=0)
    assert ledger.residual_relative.values.tolist() == [0.0] * ledger.residual.size


def test_the_check_is_ten_times_the_tolerance_unless_told():
    """The relative residual, less rounding, is let pass below the limit and not above it."""
    ledger = bm.simulate(
        shipped("enterocyte"), until=Q(1, "min"), solver=bm.solvers.SciPy("BDF", rtol=1e-4)
    ).ledger
    off = float((abs(last(ledger.residual)) - ledger.rounding) / last(ledger.passed))
    assert 1e-9 < off < 1e-2
    assert ledger.check() is ledger
    assert ledger.check(off * 1.001) is ledger
    with pytest.raises(errors.BooksDoNotClose):
        ledger.check(off * 0.999)
    object.__setattr__(ledger._t.solver, "rtol", off / 10.01)
    with pytest.raises(errors.BooksDoNotClose):
        ledger.check()
    object.__setattr__(ledger._t.solver, "rtol", off / 9.99)
    assert ledger.check() is ledger


def uphill(on):
    law = laws.Empirical(
        flux=lambda s: s.parameter("rate", Q(1e-3, "fmol/s"), bm.dimension.FLUX),
        reason="a constant flux",
    )
    return bm.Transporter("lift", "S@out -> S@in", on, law)


def test_an_empirical_law_that_runs_uphill_is_caught_while_its_books_close():
    """A constant flux that meets its gradient late in the run closes the books, beside a pump that
    burns more, but the check names it.
    """
    parts = [uphill, lib.NaKATPase, lambda on: lib.leak(Na, on)]
    model = cell(
        lambda on: [p(on) for p in parts],
        {Na: 15, K: 120, Cl: 8, S: 0.95},
        SALINE | {S: 1},
        V=-60,
        held=FUEL,
        impermeant=bm.balance(),
    )
    run = bm.simulate(model, until=Q(1, "min"))
    ledger = run.ledger
    assert float(last(ledger.residual_relative)) < 1e-8
    least = run.data.dissipation.sel(process="lift") * 1e3  # pW into fW
    assert float(least[0]) > 0
    assert ledger.least_dissipation["lift"] == pytest.approx(float(least[-1]), rel=1e-9)
    with pytest.raises(errors.UphillForFree, match="process lift"):
        ledger.check()


def test_an_uphill_law_on_its_own_is_named_too():
    """Nothing else runs: the verdict is UphillForFree and not that the books are open."""
    with pytest.raises(errors.UphillForFree):
        bm.simulate(cell(lambda on: [uphill(on)], {S: 9}, {S: 1}), until=Q(1, "min")).ledger.check()


def test_a_cell_at_equilibrium_has_closed_books():
    """Where nothing flows nothing is left over."""
    ledger = bm.simulate(
        cell(lambda on: [lib.leak(S, on, permeability=Q(1e-6, "cm/s"))], {S: 9}, {S: 9}),
        until=Q(1, "min"),
    ).ledger
    assert abs(float(last(ledger.residual))) < 1e-25
    ledger.check()


def clamped():
    """A cell in which Na⁺ is held while it leaks in."""
    return cell(
        lambda on: [lib.leak(K, on), lib.leak(Na, on)],
        {K: 140, Cl: 140},
        SALINE,
        V=0,
        held={Na: 10},
    )


FLOATING = {
    "open-circuit epithelium": lambda: epithelium(floating=True),
    "floating reservoir": lambda: patch(lambda on: [lib.leak(K, on)], {K: 140}, {K: 5}, V=0),
    "held ion": clamped,
}


@pytest.mark.parametrize("model", FLOATING.values(), ids=FLOATING)
def test_charge_is_stored_once(model):
    """Ions of a floating reservoir and held ions charge the capacitor, and their electrical energy
    is booked there alone.
    """
    assert float(last(bm.simulate(model(), until="1 min").ledger.residual_relative)) < 1e-8


@pytest.mark.parametrize("how", ["declared", "set", "scanned", "stepped", "kept"])
def test_an_empty_bath_has_no_energy_and_the_books_say_so(how):
    """At 0 mM the potential is −∞: fluxes are right, `print` and `check` say that energies are not,
    and name bath and process.
    """
    bath = bm.Reservoir("bath", {glucose: Q(0 if how == "declared" else 5, "mM")})
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={glucose: Q(1, "mM")})
    on = bm.Membrane("m", inside=cell, outside=bath, area=Q(100, "um^2"))
    model = bm.Model("zero", [bm.library.GLUT2(on)])
    many = xr.DataArray([5.0, 0.0], dims="G", attrs={"units": "mM"})
    given = {
        "set": Q(0, "mM"),
        "scanned": many,
        "kept": many,
        "stepped": bm.Protocol.steps(Q(5, "mM"), (Q(5, "s"), Q(0, "mM"))),
    }
    parameters = {"bath.glucose": given[how]} if how in given else {}
    run = bm.simulate(
        model, until="10 s", parameters=parameters, keep="final" if how == "kept" else None
    )
    assert np.all(np.isfinite(run.data.amount))
    with pytest.raises(errors.BoundlessEnergy, match=r"bath\.glucose"):
        run.ledger.check()
    if how != "kept":
        assert "bath.glucose is 0 mM" in str(run.ledger)
        assert "GLUT2" in str(run.ledger).split("bath.glucose is 0 mM")[1]
