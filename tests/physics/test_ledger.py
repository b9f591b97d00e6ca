"""The energy books close to the solver's tolerance, and would not if anything were wrong."""

import numpy as np
import pytest
import sympy as sp
from builders import ROOT, F, shipped
from physics.ledger_runs import enterocyte, last, runs

import biomembrane as bm
from biomembrane import Q, errors

# --- the books close


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_the_residual_follows_the_tolerance(method):
    """A hundredfold tighter tolerance makes the residual at least tenfold smaller, time after time:
    the books have no bias.
    """
    solvers = [bm.solvers.SciPy(method, rtol=rtol) for rtol in (1e-4, 1e-6, 1e-8, 1e-10)]
    books = [
        bm.simulate(shipped("enterocyte"), until=Q(1, "min"), solver=s).ledger for s in solvers
    ]
    left = [float(last(b.residual_relative)) for b in books]
    assert all(fine < coarse / 10 for coarse, fine in zip(left, left[1:], strict=False))
    assert left[-1] < 1e-9


@runs
def test_books_close_and_nothing_runs_uphill_for_free(make):
    """At rtol 1e-8 the residual stays below 1e-8 of what passed at the end, and every process
    dissipates at every node of the run.
    """
    ledger = make().ledger
    assert float(last(ledger.residual_relative)) < 1e-8
    assert ledger.check(1e-8) is ledger
    assert min(ledger.least_dissipation.values()) >= 0


@runs
def test_rows_are_dissipation_and_columns_are_what_the_stores_lost(make):
    """Each row sums to its process's ∫J·A, all rows to the heat; the cell's and carriers' columns
    to −ΔΞ, known from the state alone.
    """
    ledger = make().ledger
    heat, passed = last(ledger.dissipation), float(last(ledger.passed))
    rows = last(ledger.entries).sum("store").sel(process=heat.process)
    assert rows.values == pytest.approx(heat.values, abs=1e-12 * passed)
    role = last(ledger.by("role"))
    given = {r: float(role.sel(role=r)) for r in role.role.values}
    assert given["cell"] + given["carrier"] == pytest.approx(
        -float(last(ledger.stored)), abs=1e-8 * passed
    )
    assert sum(given.values()) == pytest.approx(float(last(ledger.dissipated)), abs=1e-12 * passed)
    assert float(last(ledger.by("transporter")).sum()) == pytest.approx(
        float(last(ledger.dissipated)), rel=1e-12
    )


def test_each_column_is_its_own_store_s_change():
    """In a rigid cell every column equals the change of its own solute, carrier state or,
    electrically, of the capacitor.
    """
    ledger = enterocyte().ledger
    entries, exergy, passed = (
        last(ledger.entries).sum("process"),
        last(ledger.exergy),
        float(last(ledger.passed)),
    )
    inside = [
        str(s)
        for s in entries.store.values
        if str(s).split(".")[0] in ("cell", "SGLT1") and str(s).split()[0] in exergy.store
    ]
    chemical = [s for s in inside if s.endswith("(chemical)")]
    assert len(chemical) == 3 + 6
    for store in chemical:
        assert -float(entries.sel(store=store)) == pytest.approx(
            float(exergy.sel(store=store.split()[0])), abs=1e-8 * passed
        )
    electrical = float(entries.sel(store=[s for s in inside if s.endswith("(electrical)")]).sum())
    assert -electrical == pytest.approx(float(exergy.sel(store="capacitor")), abs=1e-8 * passed)


def test_roles_and_ions_agree_with_the_lines_of_the_table():
    """Held pools give what is spent, baths what is supplied less delivered, and ions with their
    parts gain what the cell stores.
    """
    ledger = enterocyte().ledger
    role, ion, exergy = last(ledger.by("role")), last(ledger.by("ion")), last(ledger.exergy)
    assert float(role.sel(role="held")) == pytest.approx(float(last(ledger.spent)), rel=1e-12)
    assert float(role.sel(role="bath")) == pytest.approx(
        float(last(ledger.supplied - ledger.delivered)), rel=1e-12
    )
    assert float(ion.sum()) == pytest.approx(-float(role.sel(role="cell")), rel=1e-12)
    for species in ("Na", "K", "glucose"):
        gained = pytest.approx(float(exergy.sel(store=f"cell.{species}")), rel=1e-8)
        assert float(ion.sel(species=species, component="chemical")) == gained


@runs
def test_invariants_and_carrier_totals_do_not_move(make):
    """Moieties, carrier totals and Γ = q − FΣzn − FΣQn stay constant to 1e-9 of their terms."""
    run = make()
    values = dict(zip((p.name for p in run.model.pools), run.solution.y, strict=True))
    values |= {n: v / F for n, v in values.items() if n.endswith(".charge")}
    carriers = dict.fromkeys((f"SGLT1.C{i}" for i in range(1, 7)), 1)
    assert len(run.model.invariants) >= 2
    for weights in [*run.model.invariants, carriers]:
        terms = np.array([float(w) * values[n] for n, w in weights.items()])
        total = terms.sum(axis=0)
        assert np.abs(total - total[0]).max() < 1e-9 * np.abs(terms).sum(axis=0).max()


def test_the_table_is_that_of_the_readme():
    """Line by line, but for the residual, which is rounding."""
    readme = (ROOT / "README.md").read_text("utf-8")
    printed = (
        readme[
            readme.index("energy ledger of enterocyte") : readme.index("at the end  basolateral")
        ]
        .strip()
        .splitlines()
    )
    told = str(enterocyte().ledger).splitlines()
    assert [line for line in told if "imbalance" not in line] == [
        line for line in printed if "imbalance" not in line
    ]


# --- they would not close if something were wrong


def _stoichiometry(model):
    model.N["SGLT1:C5-C6"]["cell.Na"] = sp.Integer(1)


def _charge(model):
    model.N["K_leak"]["cell.charge"] *= sp.Rational(101, 100)


def _exergy(model):
    model.exergy["cell.Na"] *= sp.Rational(101, 100)


def _potential(model):
    store = next(
        s for s in model.ledger_stores if (s.name, s.component) == ("cell.ATP", "chemical")
    )
    object.__setattr__(
        store, "entries", tuple((p, e * sp.Rational(101, 100)) for p, e in store.entries)
    )


def _sign(model):
    store = next(
        s for s in model.ledger_stores if (s.name, s.component) == ("lumen.glucose", "chemical")
    )
    object.__setattr__(store, "entries", tuple((p, -e) for p, e in store.entries))


@pytest.mark.parametrize("plant", [_stoichiometry, _charge, _exergy, _potential, _sign])
def test_a_planted_error_breaks_the_books(plant):
    """One wrong coefficient, one potential or exergy off by 1 %, one flipped sign: the residual is
    far above the tolerance.
    """
    model = shipped("enterocyte")
    plant(model)
    ledger = bm.simulate(model, until=Q(1, "min")).ledger
    assert float(last(ledger.residual_relative)) > 1e-3
    with pytest.raises(errors.BooksDoNotClose):
        ledger.check()
