"""What gradients give to coupled transporters: closed forms of constant fluxes, which no rounding
of a small energy can turn over.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from builders import FUEL, RT, cell, mM, patch
from hypothesis import example, given
from hypothesis import strategies as st
from mistakes import cycle

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane.dimension import FLUX
from biomembrane.library import ATP, Pi, glucose

S, D = bm.Species("S"), bm.Species("D")  # neutral solutes
J = 1e-3  # fmol/s
T = np.array([0.0, 4.0, 10.0])
HYDROLYSIS = "ATP@in -> ADP@in + Pi@in"


def constant(name: str, reaction: str, on: Any) -> bm.Transporter:
    law = laws.Empirical(
        flux=lambda site: site.parameter("J", Q(J, "fmol/s"), FLUX), reason="constant"
    )
    return bm.Transporter(name, reaction, on, law)


@cache
def cotransport() -> bm.Prepared:
    """D and S leave together, between two baths."""
    model = patch(
        lambda on: [constant("both", "D@in + S@in -> D@out + S@out", on)],
        {D: 10, S: 1},
        {D: 1, S: 1},
    )
    return bm.prepare(model, vary={"cell.D": "mM", "cell.S": "mM"}, times=Q(T, "s"))


@given(d=st.floats(-2, 2), s=st.floats(-2, 2))
@example(d=1.0, s=0.0)
@example(d=1.0, s=1e-15)
@example(d=1.0, s=-1e-15)
@example(d=0.0, s=0.0)
@example(d=-1.0, s=-1.0)
def test_it_is_the_sum_of_what_falls(d: float, s: float) -> None:
    """J·RT·(max(ln d, 0) + max(ln s, 0)), whether the other falls or is lifted: no jump where a
    ratio passes through one.
    """
    D_in, S_in = float(np.exp(d)), float(np.exp(s))
    found = cotransport()([D_in, S_in]).ledger.released.values
    assert found == pytest.approx(
        J * RT / 1e3 * T * (max(np.log(D_in), 0) + max(np.log(S_in), 0)), rel=1e-9, abs=1e-15
    )


@given(s=st.floats(-1, 1), step=st.floats(-1e-9, 1e-9))
def test_a_small_change_changes_little(s: float, step: float) -> None:
    """|Δreleased| <= J·RT·t·|Δ ln c|, in every place."""
    call = cotransport()
    one, two = (call([2.0, float(np.exp(x))]).ledger.released.values for x in (s, s + step))
    assert np.all(np.abs(one - two) <= J * RT / 1e3 * T * abs(step) + 1e-14)


def test_one_solute_alone_is_not_coupled_to_the_states_of_its_carrier() -> None:
    """A uniporter of four states that begin in one of them: its states take energy at first, and no
    other solute does.
    """
    on = bm.Membrane(
        "membrane", inside=bm.Compartment("cell", volume=Q(1, "pL"), contents=mM({glucose: 1})),
        outside=bm.Reservoir("bath", mM({glucose: 5})),
        area=Q(100, "um^2"),
    )  # fmt: skip
    run = bm.simulate(bm.Model("carried", [cycle(on=on)]), times=Q(T, "s"), start={"GLUT.O": 1})
    taken = run.ledger.transfers.sel(transporter="GLUT").sum("component").isel(time=-1)
    assert float(taken.sel(carrier="glucose")) != 0
    assert float(taken.sel(carrier="carrier states")) != 0
    assert run.ledger.released.values.tolist() == [0.0, 0.0, 0.0]


def test_what_one_transporter_burns_is_a_gradient_to_another() -> None:
    """Hydrolysis makes phosphate; where it crosses a membrane it is a solute as others: from 4 to 1
    mM it lifts S from 1 to 3 mM.
    """
    parts = lambda on: [  # noqa: E731
        constant("burn", HYDROLYSIS, on),
        constant("lift", "Pi@in + S@in -> Pi@out + S@out", on),
    ]
    ledger = bm.simulate(cell(parts, {S: 1}, {S: 3, Pi: 1}, held=FUEL), times=Q(T, "s")).ledger
    assert ledger.released.values == pytest.approx(J * RT * np.log(4) / 1e3 * T, rel=1e-7)
    moved = ledger.transfers.sel(transporter="lift").sum("component").isel(time=-1)
    assert float(moved.sel(carrier="Pi")) == pytest.approx(
        J * RT * np.log(4) / 1e3 * T[-1], rel=1e-7
    )
    assert float(moved.sel(carrier="ATP")) == 0


def test_an_exchange_of_a_fuel_for_what_is_left_of_it() -> None:
    """ATP leaves and ADP comes in, which makes neither: two carriers, each with the work of its own
    gradient; burnt in place they are one.
    """
    swap = "ATP@in + ADP@out -> ATP@out + ADP@in"
    outside = dict.fromkeys(FUEL, 2.0)
    model = patch(
        lambda on: [constant("burn", HYDROLYSIS, on), constant("swap", swap, on)], FUEL, outside
    )
    ledger = bm.simulate(model, times=Q(T, "s")).ledger
    moved = ledger.transfers.sel(component="chemical").isel(time=-1)
    per_mole = J * RT * T[-1] / 1e3
    assert float(moved.sel(transporter="swap", carrier="ATP")) == pytest.approx(
        per_mole * np.log(4.0 / 2.0), rel=1e-7
    )
    assert float(moved.sel(transporter="swap", carrier="ADP")) == pytest.approx(
        per_mole * np.log(2.0 / 0.4), rel=1e-7
    )
    assert float(moved.sel(transporter="burn", carrier="ADP")) == 0
    assert float(ledger.efficiency("swap").values[-1]) == 0  # both fall
    assert ledger.released.values[-1] == pytest.approx(per_mole * np.log(10.0), rel=1e-7)
    assert ATP.name in ledger._ledger_layout.fuels
