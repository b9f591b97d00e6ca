"""Currents and reversal potentials of results, by process: closed forms and Kirchhoff's law."""

from __future__ import annotations

import numpy as np
import pytest
from builders import cell

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.constants import FARADAY, GAS
from biomembrane.library import Cl, K, Na

INSIDE, OUTSIDE = {Na: 15, K: 130, Cl: 10}, {Na: 140, K: 5, Cl: 145}
MODEL = cell(
    lambda on: [lib.leak(s, on) for s in (Na, K, Cl)] + [lib.NaKATPase(on)],
    INSIDE, OUTSIDE, held={lib.ATP: 4.0, lib.ADP: 0.4, lib.Pi: 4.0},
    impermeant=bm.balance(charge=-1), V=-60,
)  # fmt: skip


@pytest.fixture(scope="module")
def run() -> bm.Run:
    return bm.simulate(MODEL, times=Q(np.linspace(0, 20, 41), "s"))


def test_an_ion_reverses_at_its_nernst_potential(run: bm.Run) -> None:
    c, RT = run.data.concentration, GAS * MODEL.parameters["temperature"].value
    for s, z in ((Na, 1), (K, 1), (Cl, -1)):
        nernst = RT / (z * FARADAY) * np.log(OUTSIDE[s] / c.sel(pool=f"cell.{s.name}")) * 1e3
        found = run.data.reversal.sel(process=f"{s.name}_leak")
        assert np.allclose(found, nernst, rtol=0, atol=1e-9)


def test_outward_is_positive_and_signs_are_those_of_the_driving_force(run: bm.Run) -> None:
    V = run.data.potential.isel(membrane=0, drop=True)
    for name in run.data.process.values:
        current, E = (run.data[v].sel(process=name) for v in ("current", "reversal"))
        assert (np.sign(current) == np.sign(V - E)).all(), name
    assert (run.data.current.sel(process="NaKATPase") > 0).all()  # 3 Na+ out, 2 K+ in
    assert run.data.current.units == "pA"
    assert "outward" in run.data.current.long_name


def test_the_currents_charge_the_membrane() -> None:
    """Σ I = −dq/dt, the charge that the inside loses."""
    run = bm.simulate(MODEL, times=Q(np.linspace(0, 50, 201), "ms"))
    total, t = run.data.current.sum("process").values, run.data.time.values
    C = MODEL.membranes[0].area.value * MODEL.membranes[0].capacitance.value  # fF
    V = run.data.potential.isel(membrane=0).values * 1e-3
    passed = np.concatenate([[0], np.cumsum((total[1:] + total[:-1]) / 2 * np.diff(t))]) * 1e3  # fC
    assert np.allclose(C * (V - V[0]), -passed, atol=2e-3 * np.abs(passed).max())


def test_a_model_without_charges_has_no_currents() -> None:
    S = bm.Species("S")
    neutral = cell(lambda on: [lib.leak(S, on, permeability=Q(1e-6, "cm/s"))], {S: 9}, {S: 1})
    assert not {"current", "reversal"} & set(bm.simulate(neutral, until="1 s").data)
