"""At rest rounding is all that moves: no solver may take it for anything else."""

import pytest

import biomembrane as bm
from biomembrane import Q, laws, solvers


def closed(rate: float) -> bm.Model:
    """X ⇌ Y in a closed cell, 2 mM and 0.5 mM; it rests at 1.25 mM each."""
    X, Y = (bm.Species(name, moieties={"x": 1}) for name in "XY")
    cell = bm.Compartment("cell", volume=Q(1, "pL"), contents={X: Q(2, "mM"), Y: Q(0.5, "mM")})
    law = laws.Elementary(rate=Q(rate, "fmol/s"))
    return bm.Model("closed", [bm.Transporter("exchange", "X@cell -> Y@cell", cell, law)])


@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-10])
@pytest.mark.parametrize("method", ["BDF", "Radau"])
def test_long_rest_costs_few_steps(method: str, rtol: float) -> None:
    """SciPy's Newton iteration took corrections of one unit in the last place for divergence: 5,000 steps and more."""
    for rate in (1e3, 1e6, 1e9):
        run = bm.simulate(closed(rate), until=Q(1e6, "s"), solver=solvers.SciPy(method, rtol=rtol))
        assert run.solution.steps < 800
        assert run.data.concentration.values[-1] == pytest.approx([1.25, 1.25], rel=10 * rtol)
