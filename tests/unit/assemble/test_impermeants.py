"""Room for impermeants: isotonic at any potential, osmolytes only where water moves, ions that are
held, numbers that look different.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from strategies import fewer

import biomembrane as bm
from biomembrane import Q, errors
from biomembrane import library as lib
from biomembrane.assemble.checks import unique
from biomembrane.assemble.impermeants import impermeant_quantities
from biomembrane.constants import FARADAY
from biomembrane.declare.parameter import declare
from biomembrane.library import Cl, H, K, Na, glucose
from biomembrane.testing.model_evaluator import ModelEvaluator

SALINE = {Na: Q(150, "mM"), Cl: Q(150, "mM")}


def model(
    potassium: float,
    *,
    mV: float | None = None,
    wet: bool = True,
    charge: float = -1,
    chloride: float = 10,
    **more: Any,
) -> bm.Model:
    """K⁺ and Cl⁻ in a cell with a balance, in 300 mosmol/L; with 155 mM of K⁺ and 10 of Cl⁻ X of
    valence −1.0694 fills it.
    """
    inside = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={K: Q(potassium, "mM"), Cl: Q(chloride, "mM")},
        impermeant=bm.balance(charge=charge),
        **more,
    )
    on = bm.Membrane(
        "m",
        inside=inside,
        outside=bm.Reservoir("bath", SALINE),
        area=Q(500, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )
    parts = [lib.leak(Cl, on), *([lib.water(on)] if wet else [])]
    return bm.Model("x", parts, potential=None if mV is None else {on: Q(mV, "mV")})


def amounts(made: bm.Model) -> dict[str, float]:
    return {
        n: float(q.to("fmol").magnitude)
        for n, q in impermeant_quantities(made, made.impermeants).items()
    }


@fewer(0.3)
@given(mV=st.integers(-150, 150), spare=st.sampled_from([0.0, 1e-5, 0.01, 5.0]))
def test_a_cell_that_is_isotonic_without_its_membranes_charge_is_so_with_it(
    mV: int, spare: float
) -> None:
    """150 K⁺, 10 Cl⁻ and 140 X fill 300 mM.

    X carries q to the last digit; Y is what is left, and 0 where only the X of q is in its way.
    """
    made = model(150 - spare / 2, mV=mV)
    q = 5000 * mV * 1e-3 / FARADAY  # fmol of elementary charges
    found = amounts(made)
    assert found["cell.X"] == pytest.approx(140 - spare / 2 - q, rel=1e-12)
    assert found["cell.Y"] == pytest.approx(max(spare + q, 0.0), abs=1e-9)
    assert made.parameters["cell.K"].value + 10 + found["cell.X"] + found[
        "cell.Y"
    ] == pytest.approx(300, abs=max(-q, 0) + 1e-9)
    look = ModelEvaluator(made)
    flow = look("rhs", look.array("initial", np.zeros(look.k.size)))["cell.volume"]
    assert flow * 1e-3 / 60 == pytest.approx(0, abs=1e-6)


def test_a_cell_that_is_too_strong_is_refused_in_numbers_that_differ() -> None:
    """By a part in ten thousand, and by ten times what the membrane's charge takes."""
    with pytest.raises(errors.NoRoom) as caught:
        model(150.01, mV=-60)
    assert "300.02 mosmol/L" in caught.value.got
    assert "300 mosmol/L" in caught.value.wanted
    with pytest.raises(errors.NoRoom):
        model(150.02)


def test_each_lane_has_its_own_osmolyte() -> None:
    """A scan of contents from the isotonic ones: Y fills up what a lane lacks; a lane that is too
    strong is refused.
    """
    made = model(150, mV=-60)
    lanes = xr.DataArray([150.0, 140.0], dims="k", attrs={"units": "mM"})
    force = (
        bm.simulate(made, times=Q([0], "s"), parameters={"cell.K": lanes})
        .data.affinity.sel(process="water")
        .values[0]
    )
    assert force * 1e3 / 1.8e-5 / (8.314 * 310) == pytest.approx(
        [0, 0], abs=5e-3
    )  # mM; 3 µM is the X of the membrane's charge
    assert force[0] != 0.0
    assert force[1] == pytest.approx(0.0, abs=1e-10)
    with pytest.raises(errors.NoRoom, match=r"position k=0"):
        bm.simulate(made, until="1 s", parameters={"cell.K": lanes + 10})


@pytest.mark.parametrize("potassium", [40.0, 150.0, 400.0])
def test_where_no_water_moves_only_charge_is_balanced(potassium: float) -> None:
    """No osmolyte and no bound; baths of different strengths need no choice."""
    assert amounts(model(potassium, wet=False)) == {"cell.X": pytest.approx(potassium - 10)}
    inside = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={K: Q(potassium, "mM")},
        impermeant=bm.balance(charge=-2),
    )
    baths = [bm.Reservoir(f"b{c}", {K: Q(c, "mM")}) for c in (5, 50)]
    sides = [
        bm.Membrane(
            b.name + "m", inside=inside, outside=b, area=Q(1, "um^2"), capacitance=Q(1, "uF/cm^2")
        )
        for b in baths
    ]
    assert amounts(bm.Model("x", [lib.leak(K, m, name=m.name + "K") for m in sides])) == {
        "cell.X": pytest.approx(potassium / 2)
    }


def held(contents: dict[bm.Species, float], mV: float, **ions: float) -> bm.Model:
    named = {"K": K, "H": H}
    inside = bm.Compartment(
        "cell",
        volume=Q(1, "pL"),
        contents={s: Q(c, "mM") for s, c in ({glucose: 1.0} | contents).items()},
        held={named[n]: Q(c, "mM") for n, c in ions.items()},
    )
    on = bm.Membrane(
        "m",
        inside=inside,
        outside=bm.Reservoir("bath", SALINE | {glucose: Q(1, "mM")}),
        area=Q(900, "um^2"),
        capacitance=Q(1, "uF/cm^2"),
    )
    return bm.Model(
        "x", [lib.leak(glucose, on, permeability=Q(1e-6, "cm/s"))], potential={on: Q(mV, "mV")}
    )


@pytest.mark.parametrize("mV", [-160.0, -60.0, 40.0])
def test_held_ions_may_carry_the_charge(mV: float) -> None:
    """Where all ions are held nothing is left to judge; beside ions of the contents they carry as
    much as there is of them.
    """
    held({}, mV, H=1e-4)
    held({Cl: 100.0}, mV, K=110.0)
    held({Na: 15.0, Cl: 15.0}, mV, K=20.0)
    with pytest.raises(errors.ChargeImbalance):
        held({Cl: 100.0}, mV, K=90.0)
    with pytest.raises(errors.ChargeImbalance):
        held({Na: 50.0}, mV, H=1e-4)


def test_numbers_are_told_apart() -> None:
    assert errors.apart(1.0, 1.0) == ["1", "1"]
    assert errors.apart(290.0, 290.0006) == ["290", "290.001"]
    assert errors.apart(1.0, 1.0 + 1e-12, 2.0) == ["1", "1.000000000001", "2"]
    on = bm.Membrane(
        "m", inside=bm.Reservoir("a", SALINE), outside=bm.Reservoir("b", SALINE), area=Q(1, "um^2")
    )
    twice = [
        bm.Transporter(n, "Na@in -> Na@out", on, bm.laws.GHK(permeability=Q(1e-6, "cm/s")))
        for n in "xy"
    ]
    model_ = bm.Model("m", twice)
    first, second = (
        declare("a.b", Q(x, "mM"), bm.dimension.CONCENTRATION) for x in (1.0, 1.0000001)
    )
    with pytest.raises(errors.DuplicateName, match=r"1 \S+ and 1\.0000001 "):
        unique([first, second])
    assert model_.parameters
