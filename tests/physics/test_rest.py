"""At rest rounding is all that moves: no solver may take it for anything else."""

import pytest
from builders import FUEL, S, cell, patch
from hypothesis import given
from hypothesis import strategies as st

import biomembrane as bm
from biomembrane import Q, laws, solvers
from biomembrane import library as lib
from biomembrane.library import Cl, K


def closed(rate: float) -> bm.Model:
    """X ⇌ Y in a closed cell, 2 mM and 0.5 mM; it rests at 1.25 mM each."""
    X, Y = (bm.Species(name, moieties={"x": 1}) for name in "XY")
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={X: Q(2, "mM"), Y: Q(0.5, "mM")})
    law = laws.Elementary(rate=Q(rate, "fmol/s"))
    return bm.Model("closed", [bm.Transporter("exchange", "X@cell -> Y@cell", cell, law)])


@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-10])
@pytest.mark.parametrize("method", ["BDF", "Radau"])
def test_long_rest_costs_few_steps(method: str, rtol: float) -> None:
    """SciPy's Newton iteration took corrections of one unit in the last place for divergence: 5,000
    steps and more.
    """
    for rate in (1e3, 1e6, 1e9):
        run = bm.simulate(closed(rate), until=Q(1e6, "s"), solver=solvers.SciPy(method, rtol=rtol))
        assert run.solution.steps < 800
        assert run.data.concentration.values[-1] == pytest.approx([1.25, 1.25], rel=10 * rtol)


# --- at rest nothing moves, and nothing stops it


@given(
    st.floats(1, 60),
    st.sampled_from(["GHK", "ohmic", "onsager", "two", "donnan"]),
    st.sampled_from([1e-6, 1e-8, 1e-10]),
)
def test_a_run_goes_on_from_equilibrium(K_o: float, kind: str, rtol: float) -> None:
    """Where all affinities are rounding, the powers are rounding of rounding: neither steps nor
    judgement may hang on them.
    """
    laws_of = {
        "GHK": lambda on: [lib.leak(K, on)],
        "ohmic": lambda on: [
            bm.Transporter(
                "K_leak", "K@in -> K@out", on=on, law=laws.Ohmic(conductance=Q(10, "nS"))
            )
        ],
        "onsager": lambda on: [
            bm.Transporter(
                "K_leak",
                "K@in -> K@out",
                on=on,
                law=laws.Onsager(coefficient=Q(1e-3, "fmol/s/(kJ/mol)")),
            )
        ],
        "two": lambda on: [
            lib.leak(K, on),
            bm.Transporter(
                "K_gate", "K@in -> K@out", on=on, law=laws.Ohmic(conductance=Q(3, "nS"))
            ),
        ],
        "donnan": lambda on: [lib.leak(K, on), lib.leak(Cl, on)],
    }
    model = patch(laws_of[kind], {K: 140, Cl: 20}, {K: K_o, Cl: K_o}, V=-60)
    solver = bm.solvers.Native(rtol=rtol)
    rest = bm.simulate(model, until="1 h", solver=solver)
    more = bm.simulate(model, until="1 h", start=rest, solver=solver)
    assert more.status.ok
    assert more.trajectory.block.steps[0] < 1000
    assert float(more.data.potential[-1, 0]) == pytest.approx(
        float(rest.data.potential[-1, 0]), abs=1e-3
    )
    more.ledger.check()


@pytest.mark.parametrize(
    "solver", [solvers.Native(), solvers.SciPy("Radau")], ids=["Native", "SciPy"]
)
def test_held_fuel_at_rest_for_years_is_no_open_book(solver: bm.solvers.Native) -> None:
    """ATP that is held drives S out until nothing moves.  A/RT ≈ 20 − 20 is known to its last
    digits only: a coefficient of 1,000 makes a flux of them, and 10⁸ s a sum, which no last digit
    of S could show (S is e⁻²⁰ of what it was, and its logarithm hides them).
    """
    reaction = "S@in + ATP@in -> S@out + ADP@in + Pi@in"
    stiff = laws.Onsager(coefficient=Q(1e3, "fmol/s/(kJ/mol)"))
    parts = lambda on: [bm.Transporter("pump", reaction, on, stiff)]  # noqa: E731
    run = bm.simulate(cell(parts, {S: 1}, {S: 1}, held=FUEL), until=Q(1e8, "s"), solver=solver)
    assert run.status.ok
    books = run.ledger._books
    assert float(books.residual_relative[-1, 0]) <= 1e-9
    assert float(books.noise[0]) < 0.05 * float(books.passed[-1, 0])


@pytest.mark.parametrize("coefficient", [429.0, 1e4, 6e4])
@pytest.mark.parametrize("amount", [0.3, 20.0])
def test_a_pump_that_comes_to_rest_ran_downhill_all_the_way(
    coefficient: float, amount: float
) -> None:
    """L·A² is never below zero, whatever the books of the run took to close: powers that are mended
    to first order were.
    """
    reaction = "S@in + ATP@in -> S@out + ADP@in + Pi@in"
    law = laws.Onsager(coefficient=Q(coefficient, "fmol/s/(kJ/mol)"))
    run = bm.simulate(
        cell(
            lambda on: [bm.Transporter("pump", reaction, on, law)], {S: amount}, {S: 1}, held=FUEL
        ),
        until=Q(1e8, "s"),
    )
    assert run.ledger.check().least_dissipation["pump"] >= 0
    assert float(run.ledger.dissipated[-1]) > 0


def test_what_floating_point_leaves_open_hides_no_error() -> None:
    """The noise of a run that is not at rest is far below what its books may be off by: it excuses
    nothing there.
    """
    run = bm.simulate(bm.load("resting_cell"), until="10 min")
    assert float(run.ledger._books.noise[0]) < 1e-10 * float(run.ledger.passed[-1])
