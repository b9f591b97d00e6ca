"""The electroneutral closure is the limit C → 0 of the capacitive one."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from builders import FUEL, mM

import biomembrane as bm
from biomembrane import Q, errors, laws, testing
from biomembrane import library as lib
from biomembrane.library import Cl, K, Na

PRECISE = bm.solvers.Native(rtol=1e-9)
TIMES = Q([0, 1.0, 60.0], "s")


def cell(capacitance: float) -> bm.Model:
    within = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=mM({Na: 15, K: 140, Cl: 10}), held=mM(FUEL),
        impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    bath = bm.Reservoir("bath", mM({Na: 140, K: 5, Cl: 145}))
    on = bm.Membrane(
        "membrane", inside=within, outside=bath, area=Q(600, "um^2"),
        capacitance=Q(capacitance, "uF/cm^2"),
    )  # fmt: skip
    leaks = [
        lib.leak(s, on, permeability=Q(P, "cm/s")) for s, P in ((K, 1e-6), (Na, 3e-8), (Cl, 1e-7))
    ]
    return bm.Model("cell", [lib.NaKATPase(on), *leaks], potential={on: Q(-70, "mV")})


def test_capacitive_cells_approach_the_electroneutral_one() -> None:
    """With an error proportional to C; no net current flows, contents stay neutral, books close."""
    neutral = bm.simulate(cell(0), times=TIMES, solver=PRECISE)
    assert float(neutral.ledger.check().residual_relative[-1]) < 1e-9
    J = neutral.data.flux
    current = -J.sel(process=["K_leak", "Na_leak"]).sum("process") + J.sel(process="Cl_leak")
    current = current - J.sel(process="NaKATPase")
    assert np.abs(current.values) == pytest.approx(0, abs=1e-7 * float(np.abs(J).max()))
    n = neutral.data.amount.sel(pool=["cell.Na", "cell.K", "cell.Cl"]).values @ [1, 1, -1]
    assert n == pytest.approx(np.full(3, 145.0), rel=1e-12)
    off = []
    for capacitance in (0.1, 0.01):
        run = bm.simulate(cell(capacitance), times=TIMES, solver=PRECISE)
        off.append(np.abs(run.data.potential - neutral.data.potential).values[1:].max())
    assert off[1] < 1e-5  # mV
    assert off[0] / off[1] == pytest.approx(10, rel=0.01)
    assert neutral.data.attrs["status"] == "done"


def test_an_electroneutral_cell_is_a_model_like_others() -> None:
    model = cell(0)
    on = model.membranes[0]
    assert (on.capacitance, on.electroneutral, on.has_potential) == (None, True, True)
    assert pickle.loads(pickle.dumps(model)) == model != cell(1e-3)
    assert "membrane.capacitance" not in model.parameters
    assert model.unaccounted == ()
    assert testing.books_close(model) == 1
    assert testing.flux_follows_affinity(model, examples=5) > 0
    with pytest.raises(errors.BadSettings, match="no mass matrix"):
        bm.simulate(model, until="1 s", solver=bm.solvers.SciPy("Radau"))


def epithelium(apical: float, basal: float) -> bm.Model:
    """A cell between a floating lumen and blood."""
    within = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents=mM({Na: 15, K: 140, Cl: 20}),
        impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    lumen = bm.Reservoir("lumen", mM({Na: 100, K: 5, Cl: 105}), floating=True)
    blood = bm.Reservoir("blood", mM({Na: 140, K: 5, Cl: 145}))
    sides = [
        bm.Membrane(
            name, inside=within, outside=outside, area=Q(600, "um^2"), capacitance=Q(C, "uF/cm^2")
        )
        for name, outside, C in (("apical", lumen, apical), ("basal", blood, basal))
    ]
    gap = bm.Membrane("gap", inside=lumen, outside=blood, area=Q(60, "um^2"))
    leaks = (
        (Na, sides[0], 1e-7), (K, sides[0], 1e-8), (K, sides[1], 1e-6), (Cl, sides[1], 1e-7),
        (Na, gap, 1e-6), (Cl, gap, 1e-6),
    )  # fmt: skip
    parts = [
        lib.leak(s, on, permeability=Q(P, "cm/s"), name=f"{s.name}_{on.name}") for s, on, P in leaks
    ]
    return bm.Model("epithelium", parts)


@pytest.mark.parametrize("basal", [0.0, 1e-3])
def test_a_floating_lumen_without_capacitors(basal: float) -> None:
    """Both membranes, or the apical one alone."""
    given = [
        bm.simulate(epithelium(apical, basal), times=TIMES, solver=PRECISE).data.potential
        for apical in (0.0, 1e-3)
        if basal or not apical
    ]
    small = bm.simulate(epithelium(1e-3, 1e-3), times=TIMES, solver=PRECISE).data.potential
    assert given[0].isel(time=-1).values == pytest.approx(small.isel(time=-1).values, abs=1e-5)


def test_electrodes_on_an_electroneutral_membrane() -> None:
    """An injected current, or a clamp with its resistance, is one of the currents that cancel; a
    clamp without one is refused.
    """
    model = cell(0)
    on = model.membranes[0]
    rest = bm.Model("injected", [*model.transporters, bm.Electrode(on, current="1 pA")])
    small = cell(1e-3)
    same = bm.Electrode(small.membranes[0], current="1 pA")
    there = bm.Model("injected", [*small.transporters, same])
    V = [
        bm.simulate(m, times=TIMES, solver=PRECISE).data.potential.values[-1, 0]
        for m in (rest, there)
    ]
    assert V[0] == pytest.approx(V[1], abs=1e-4)
    clamp = bm.Electrode(on, voltage="-40 mV")
    with pytest.raises(errors.BadPlace, match="series_resistance"):
        bm.Model("clamped", [*model.transporters, clamp])


def test_what_cannot_be_closed_is_told() -> None:
    with pytest.raises(errors.BadPlace, match="the same kind of capacitance"):
        epithelium(1e-3, 0.0)
    S = bm.Species("S")
    within = bm.Compartment("cell", volume="1 pL", contents={S: "1 mM"})
    on = bm.Membrane(
        "m", inside=within, outside=bm.Reservoir("bath", {S: "1 mM"}), area="1 um^2",
        capacitance="0 uF/cm^2",
    )  # fmt: skip
    crossing = bm.Transporter("S", "S@in -> S@out", on, laws.GHK(permeability="1e-6 cm/s"))
    with pytest.raises(errors.NoVoltage, match="carries charge into it"):
        bm.Model("still", [crossing])
    with pytest.raises(errors.OutOfDomain):
        bm.Membrane(
            "m", inside=on.inside, outside=on.outside, area="1 um^2", capacitance="-1 uF/cm^2"
        )
    with pytest.raises(errors.BareNumber):
        bm.Membrane("m", inside=on.inside, outside=on.outside, area="1 um^2", capacitance=0)
