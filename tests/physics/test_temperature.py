"""What a change of temperature imposes: R ΔT times the terms of the exergy, which no standard
concentration sets.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xarray as xr
from builders import cell
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors, laws
from biomembrane import library as lib
from biomembrane.compile import program as programs
from biomembrane.constants import GAS
from biomembrane.library import Cl, K, Na, glucose
from biomembrane.symbols import c0, n0
from biomembrane.testing.model_evaluator import ModelEvaluator

S, A, B, C = (bm.Species(n, moieties={"a": 1}) for n in "SABC")
PROTEIN = bm.Species("Protein")
STILL = Q(1e-14, "cm/s")


def mM(**contents: float) -> dict[bm.Species, Any]:
    known = {
        "S": S,
        "A": A,
        "B": B,
        "C": C,
        "Na": Na,
        "K": K,
        "Cl": Cl,
        "glucose": glucose,
        "Protein": PROTEIN,
    }
    return {known[n]: Q(c, "mM") for n, c in contents.items()}


def swelling(protein: float, outside: float) -> bm.Model:
    """A cell with a protein that stays, in a bath of a solute that does not enter."""
    inside = bm.Compartment("cell", volume=Q(2, "pL"), impermeant=mM(Protein=protein))
    on = bm.Membrane(
        "m", inside=inside, outside=bm.Reservoir("bath", mM(S=outside)), area=Q(100, "um^2")
    )
    return bm.Model("x", [lib.water(on)], temperature=Q(300, "K"))


def carrier() -> bm.Model:
    """Glucose between two cells, by a carrier of two states, and by none: no bath holds any."""
    first, second = (
        bm.Compartment(n, volume=Q(v, "pL"), contents=mM(glucose=c))
        for n, v, c in (("a", 1, 8), ("b", 3, 2))
    )
    on = bm.Membrane("m", inside=first, outside=second, area=Q(1, "um^2"))
    steps = [
        ("E + glucose@in <-> EG", {"forward": Q(1e-9, "1/mM/s"), "reverse": Q(2e-9, "1/s")}),
        ("EG <-> E + glucose@out", {"forward": Q(3e-9, "1/s"), "reverse": Q(1e-9, "1/mM/s")}),
    ]
    made = bm.Cycle("X", on, density=Q(0.5, "fmol"), states="E EG", steps=steps, close=["EG <-> E"])
    return bm.Model("x", [made, lib.leak(glucose, on, permeability=STILL)], temperature=Q(300, "K"))


def reacting() -> bm.Model:
    """A ⇌ B in one cell, B ⇌ C in the next, B on the way between them."""
    first, second = (
        bm.Compartment("a", volume=Q(1, "pL"), contents=mM(A=8, B=1)),
        bm.Compartment("b", volume=Q(2, "pL"), contents=mM(B=2, C=0)),
    )
    on = bm.Membrane("m", inside=first, outside=second, area=Q(1, "um^2"))
    slow = laws.Elementary(rate=Q(1e-9, "fmol/s"))
    parts = [
        bm.Transporter("r", "A@a -> B@a", first, slow),
        bm.Transporter("s", "B@b -> C@b", second, slow),
    ]
    return bm.Model("x", [*parts, lib.leak(B, on, permeability=STILL)], temperature=Q(300, "K"))


def fed() -> bm.Model:
    """A cell that starts empty, next to one in which the solute is held."""
    source = bm.Compartment("source", volume=Q(1, "pL"), held=mM(S=3))
    on = bm.Membrane(
        "m",
        inside=bm.Compartment("cell", volume=Q(1, "pL"), contents=mM(S=0)),
        outside=source,
        area=Q(1, "um^2"),
    )
    return bm.Model("x", [lib.leak(S, on, permeability=Q(1e-2, "cm/s"))], temperature=Q(300, "K"))


def salty() -> bm.Model:
    """Ions, impermeants and water in a bath, with a pump-free cell at −50 mV."""
    inside = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents=mM(Na=15, K=120, Cl=20),
        impermeant=bm.balance(charge=-1),
    )
    on = bm.Membrane(
        "m",
        inside=inside,
        outside=bm.Reservoir("bath", mM(Na=140, K=5, Cl=145)),
        area=Q(500, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )
    return bm.Model(
        "x",
        [lib.leak(s, on) for s in (Na, K, Cl)] + [lib.water(on)],
        potential={on: Q(-50, "mV")},
        temperature=Q(300, "K"),
    )


MODELS = {
    "swelling": lambda: swelling(60, 200),
    "carrier": carrier,
    "reacting": reacting,
    "fed": fed,
    "salty": salty,
}


def imposed(model: bm.Model, until: str, warmer: Any) -> float:
    run = bm.simulate(model, until=until, parameters={"temperature": warmer})
    run.ledger.check()
    return float(run.ledger.imposed[-1])


def step(T: float, at: str = "1 s") -> bm.Protocol:
    return bm.Protocol.steps(Q(300, "K"), (Q(at), Q(T, "K")))


@fewer(0.2)
@given(
    name=st.sampled_from(sorted(MODELS)), standard=st.sampled_from([1.0, 55.5e3]), data=st.data()
)
def test_no_standard_concentration_sets_it(name: str, standard: float, data: st.DataObject) -> None:
    """Ξ(T₂) − Ξ(T₁) at any state is the same with another c° and n° in the program, store by
    store.
    """
    shift = data.draw(st.lists(st.floats(-1, 1), min_size=12, max_size=12))
    found = []
    for values in ({}, {c0: standard, n0: 7.0}):
        with pytest.MonkeyPatch.context() as m:
            for symbol, value in values.items():
                m.setitem(programs.FIXED, symbol, value)
            cold, warm = (
                ModelEvaluator(MODELS[name](), {"temperature": T}) for T in (300.0, 310.0)
            )
            y = cold.array("initial", np.zeros(cold.k.size))
            y = y * np.exp(shift[: len(y)])
            exergies = [look("exergy", y) for look in (cold, warm)]
        found.append({n: exergies[1][n] - exergies[0][n] for n in exergies[0]})
    size = max(map(abs, found[0].values()), default=0.0)
    for store, change in found[0].items():
        assert found[1][store] == pytest.approx(change, abs=1e-9 * max(size, 1.0))


@pytest.mark.parametrize(("protein", "outside"), [(200.0, 200.0), (60.0, 200.0)])
def test_a_step_before_and_after_swelling(protein: float, outside: float) -> None:
    """Nothing at the volume declared; R ΔT (n ln(W₀/W) + c(W − W₀)) once the cell has come to
    n/c.
    """
    model = swelling(protein, outside)
    assert imposed(
        model, "2 s", bm.Protocol.steps(Q(300, "K"), (Q(1e-9, "s"), Q(310, "K")))
    ) == pytest.approx(0.0, abs=1e-4)
    n, W = protein * 2, protein * 2 / outside
    wanted = GAS * 10 * (n * math.log(2 / W) + outside * (W - 2)) * 1e-3
    assert imposed(model, "10 min", step(310, "9 min")) == pytest.approx(wanted, rel=1e-6, abs=1e-9)


def test_a_step_of_a_closed_reaction_is_measured_from_its_equilibrium() -> None:
    """R ΔT Σ n ln(c/c̄) with c̄ the mean over all that A, B and C may be: nothing once they are
    even.
    """
    mean = (8 + 1 + 2 * 2) / (1 + 1 + 2 + 2)
    wanted = GAS * 10 * sum(c * W * math.log(c / mean) for c, W in ((8, 1), (1, 1), (2, 2))) * 1e-3
    assert imposed(reacting(), "2 s", step(310)) == pytest.approx(wanted, rel=1e-6)


def test_a_ramp_imposes_what_a_step_does_where_nothing_moves() -> None:
    """∫ ∂Ξ/∂t dt of a formula and of a ramp, and the jump of a step, from 300 to 310 K."""
    formula = bm.Protocol.function(lambda t, T, rate: T + rate * t, T=Q(300, "K"), rate=Q(5, "K/s"))
    ramp = bm.Protocol.ramps((Q(0, "s"), Q(300, "K")), (Q(2, "s"), Q(310, "K")))
    found = [imposed(reacting(), "2 s", how) for how in (formula, ramp, step(310))]
    assert found[:2] == pytest.approx([found[2]] * 2, rel=1e-6)
    assert found[2] != 0


def test_spent_by_a_held_pool_is_counted_from_the_pool() -> None:
    """A held solute that is only moved gives no energy of its own; what the cell gains from it is Ξ
    against it.
    """
    run = bm.simulate(fed(), until="10 min")
    run.ledger.check()
    assert float(run.ledger.spent[-1]) == pytest.approx(0.0, abs=1e-12)
    assert float(run.ledger.stored[-1]) == pytest.approx(-GAS * 300 * 3 * 1e-3, rel=1e-6)


def test_rounding_of_the_books_is_that_of_the_models_temperature() -> None:
    """1e-14 of RT Σn, each lane at its own T, in the books and for the solver: twice as warm, twice
    as much.
    """
    model = cell(lambda on: [lib.leak(Na, on)], {Na: 12.5, Cl: 12.5}, {Na: 12.5, Cl: 12.5})
    lanes = xr.DataArray([150.0, 300.0], dims="T", attrs={"units": "K"})
    with pytest.warns(errors.Unusual):
        run = bm.simulate(model, until="1 s", parameters={"temperature": lanes})
    cold, warm = run.ledger._books.rounding
    assert warm == pytest.approx(2 * cold, rel=1e-12)
    assert cold == pytest.approx(1e-14 * GAS * 150 * 25 * 1e-3, rel=1e-6)  # pJ, of 25 fmol
