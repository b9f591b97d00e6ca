"""Cells that keep or lose their volume: Donnan, tonicity, Kay's pump and leak, Düsterwald's neuron,
the red cell of Lew and Bookchin, and what Fraser and Huang found to hold of all of them.

Numbers marked [C] and [F] in the collection of references: computed, or read in files.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

import biomembrane as bm
from biomembrane import Q, laws, symbols
from biomembrane import dimension as d
from biomembrane import library as lib
from biomembrane.constants import FARADAY, GAS
from biomembrane.library import Cl, K, Na
from biomembrane.testing.model_evaluator import ModelEvaluator

ANION = bm.Species("A", -1)


def lanes(unit: str, *values: float) -> xr.DataArray:
    return xr.DataArray(list(values), dims="lane", attrs={"units": unit})


# --- Kay 2017, doi 10.3389/fcell.2017.00041

KAY_T = 0.02569 * FARADAY / GAS
KAY_RESULT = {"V": -94.13308, "Na": 16.70614, "K": 133.29386, "Cl": 3.84373, "X": 146.15627}


@cache
def kay() -> bm.Model:
    """Ohmic leaks, a pump of constant current and a bath of 300 mosmol/L."""
    bath = bm.Reservoir("bath", {Na: "147 mM", K: "3 mM", Cl: "150 mM"})
    start = {Na: "20 mM", K: "130 mM", Cl: "100 mM"}
    cell = bm.Compartment(
        "cell",
        volume="0.5236 pL",
        contents=start,
        impermeant=bm.balance(charge=-1, isosmotic=False),
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area="314.16 um^2", capacitance="1e-4 F/dm^2")

    def leak(ion: bm.Species, g: str) -> bm.Transporter:
        law = laws.Ohmic(conductance=g)
        return bm.Transporter(f"{ion.name}_leak", f"{ion.name}@in -> {ion.name}@out", m, law)

    pump = bm.Transporter(
        "pump",
        "3 Na@in + 2 K@out -> 3 Na@out + 2 K@in",
        m,
        laws.Empirical(
            flux=lambda s: (
                s.area * s.parameter("rate", Q(0.5e-4 / FARADAY, "mol/dm^2/s"), d.SURFACE_FLUX)
            ),
            reason="a pump of constant rate, as published",
        ),
    )
    parts = [
        lib.water(m), pump, leak(Na, "0.001 S/dm^2"), leak(K, "0.03 S/dm^2"),
        leak(Cl, "0.02 S/dm^2"),
    ]  # fmt: skip
    return bm.Model("kay", parts, potential={m: "-60 mV"}, temperature=Q(KAY_T, "kelvin"))


def at_rest(model: bm.Model, **parameters: Any) -> xr.Dataset:
    run = bm.simulate(model, until="12 h", parameters=parameters)
    assert (abs(run.ledger.residual_relative) < 1e-7).all()
    return run.data.isel(time=-1)


def test_kay_pump_and_leak() -> None:
    """V = (RT/F) ln α and W = n_X/[Cl_o(1 − α)], exactly where the membrane holds no charge; with
    the published capacitance to what its charge makes of the contents.
    """
    end = at_rest(kay(), **{"m.capacitance": lanes("F/dm^2", 1e-4, 1e-9)})
    V = float(end.potential.sel(membrane="m")[1])
    c = {n: end.concentration.sel(pool=f"cell.{n}").values for n in ("Na", "K", "Cl")}
    p, g_Na, g_K, kT = 0.5e-4, 0.001, 0.03, 0.02569
    alpha = (147 * math.exp(-3 * p / g_Na / kT) + 3 * math.exp(2 * p / g_K / kT)) / 150
    assert V == pytest.approx(kT * math.log(alpha) * 1e3, rel=1e-7)
    W = end.volume.sel(compartment="cell").values
    assert W[1] / 0.5236 == pytest.approx(50 / (150 * (1 - alpha)), rel=1e-7)
    for k, tolerance in ((0, 2e-4), (1, 1e-6)):
        assert [c[n][k] for n in c] == pytest.approx([KAY_RESULT[n] for n in c], rel=tolerance)
        assert float(end.potential[0, k]) == pytest.approx(KAY_RESULT["V"], rel=tolerance)
        assert 50 * 0.5236 / W[k] == pytest.approx(KAY_RESULT["X"], rel=tolerance)
    assert W[1] / 0.5236 == pytest.approx(0.3421, abs=5e-7)


def test_what_fraser_and_huang_found() -> None:
    """V at rest does not depend on how much X there is, the volume is proportional to it, and
    multiplying leaks and pump by one factor changes neither (doi 10.1113/jphysiol.2004.065706).
    """
    base, k = {"m.capacitance": Q(1e-9, "F/dm^2")}, np.array([1, 1, 3, 1])
    end = at_rest(
        kay(),
        **base,
        **{
            "cell.volume": lanes("pL", 0.5236, 1.3, 0.5236, 0.5236),
            "cell.K": lanes("mM", 130, 130, 130, 140),
            "cell.Cl": lanes("mM", 100, 100, 100, 90),
            "Na_leak.conductance": lanes("S/dm^2", *(0.001 * k)),
            "K_leak.conductance": lanes("S/dm^2", *(0.03 * k)),
            "Cl_leak.conductance": lanes("S/dm^2", *(0.02 * k)),
            "pump.rate": lanes("mol/dm^2/s", *(0.5e-4 / FARADAY * k)),
        },
    )
    moles = np.array([50 * 0.5236, 50 * 1.3, 50 * 0.5236, 70 * 0.5236])
    V, W = end.potential.values[0], end.volume.values[0]
    assert V == pytest.approx(np.full(4, V[0]), rel=1e-7)
    assert W / moles == pytest.approx(np.full(4, W[0] / moles[0]), rel=1e-7)


# --- Düsterwald 2018


def test_the_neuron_of_duesterwald() -> None:
    """The resting state of a neuron with KCC2 and impermeants of mean valence −0.85."""
    T = 0.026725 * FARADAY / GAS
    bath = bm.Reservoir("bath", {Na: "145 mM", K: "3.5 mM", Cl: "119 mM", ANION: "29.5 mM"})
    cell = bm.Compartment(
        "cell",
        volume="1.9635 pL",
        contents={Na: "20 mM", K: "110 mM", Cl: "10 mM"},
        impermeant=bm.balance(charge=-0.85, isosmotic=False),
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area="785.4 um^2", capacitance="2e-4 F/dm^2")

    def leak(ion: bm.Species, g: float) -> bm.Transporter:
        law = laws.Ohmic(conductance=Q(g, "S/dm^2"))
        return bm.Transporter(f"{ion.name}_leak", f"{ion.name}@in -> {ion.name}@out", m, law)

    def rate(s: laws.Site) -> Any:
        most = s.parameter("rate", Q(0.1 / FARADAY, "mol/dm^2/s"), d.SURFACE_FLUX)
        return s.area * most * (s["Na@in"] / s["Na@out"]) ** 3

    pump = bm.Transporter(
        "pump", "3 Na@in + 2 K@out -> 3 Na@out + 2 K@in", m,
        laws.Empirical(flux=rate, reason="a pump without ATP, as published"),
    )  # fmt: skip
    kcc = laws.Onsager(coefficient=Q(2e-3 / FARADAY**2, "mol^2/J/s/dm^2"))
    parts = [
        pump, lib.water(m), leak(Na, 2e-3), leak(K, 7e-3), leak(Cl, 2e-3),
        bm.Transporter("KCC2", "K@in + Cl@in -> K@out + Cl@out", m, kcc),
    ]  # fmt: skip
    model = bm.Model("neuron", parts, potential={m: "-70 mV"}, temperature=Q(T, "kelvin"))
    run = bm.simulate(model, until="12 h")
    assert (abs(run.ledger.residual_relative) < 1e-7).all()
    c = {n: q.to("mM").magnitude for n, q in run.final("concentration").items()}
    V = run.final("potential")["m"].to("mV").magnitude
    assert pytest.approx(-72.588, abs=2e-3) == V
    # the published numbers are those of electroneutral contents; the charge of C is 14 µM here
    assert c["cell.Na"] == pytest.approx(14.0017, rel=2e-4)
    assert c["cell.K"] == pytest.approx(122.873, rel=2e-4)
    assert c["cell.Cl"] == pytest.approx(5.1648, rel=2e-4)
    assert 297 - sum(c.values()) == pytest.approx(154.960, rel=2e-4)


# --- Donnan


def test_donnan_ratio_and_its_pressure() -> None:
    """K_i/K_o = Cl_o/Cl_i = r = x + √(x² + 1), x = X/2c; the wall holds RT(ΣΔc)."""
    bath = bm.Reservoir("bath", {K: "100 mM", Cl: "100 mM"})
    cell = bm.Compartment(
        "cell",
        volume="1 pL",
        contents={K: "100 mM", Cl: "60 mM"},
        impermeant=bm.Impermeants(charge=-1, concentration="40 mM"),
        wall=bm.Wall(modulus="2 MPa"),
    )
    m = bm.Membrane("m", inside=cell, outside=bath, area="500 um^2", capacitance="1e-9 F/dm^2")
    parts = [lib.water(m), lib.leak(K, m), lib.leak(Cl, m, permeability="1e-6 cm/s")]
    run = bm.simulate(bm.Model("bag", parts), until="2 h")
    run.ledger.check()
    W = float(run.data.volume[-1, 0])
    x = 40 / W / 200
    r = x + math.sqrt(x * x + 1)
    c = {n: q.to("mM").magnitude for n, q in run.final("concentration").items()}
    assert [c["cell.K"], c["cell.Cl"]] == pytest.approx([100 * r, 100 / r], rel=1e-7)
    RT = GAS * 310.15
    V = run.final("potential")["m"].to("mV").magnitude
    assert pytest.approx(-RT / FARADAY * math.log(r) * 1e3, rel=1e-7) == V
    p = float(run.data.pressure[-1, 0])
    assert p == pytest.approx(RT * (sum(c.values()) + 40 / W - 200) * 1e-3, rel=1e-6)
    assert p == pytest.approx(2e3 * (W - 1), rel=1e-6)


# --- tonicity


def test_tonicity_is_boyle_and_van_t_hoff() -> None:
    """V = b + (V₀ − b) π₀/π: a third of the cell is solids; 300 mosmol/L is 773.6 kPa at 37 °C."""
    salt, protein = bm.Species("salt"), bm.Species("protein")
    cell = bm.Compartment("cell", volume="0.6 pL", solids="0.3 pL", impermeant={protein: "300 mM"})
    bath = bm.Reservoir("bath", {salt: "300 mM"})
    m = bm.Membrane("m", inside=cell, outside=bath, area=_sphere)
    model = bm.Model("osmometer", [lib.water(m)])
    strength = lanes("mM", 150, 200, 300, 600)
    run = bm.simulate(model, until="30 min", parameters={"bath.salt": strength})
    W = run.data.volume.isel(time=-1).values[0]
    assert W + 0.3 == pytest.approx(0.3 + 0.6 * 300 / strength.values, rel=1e-8)
    area = run.data.area.isel(time=-1).values[0]
    assert area == pytest.approx((36 * math.pi) ** (1 / 3) * (W + 0.3) ** (2 / 3) * 100, rel=1e-8)
    P = next(e for e in model.equations if str(e.symbol) == "P[bath]").expression
    at = {"R": GAS, "T": 310.15, "bath.salt": 300.0}
    assert float(-P.subs({s: at[str(s)] for s in P.free_symbols})) == pytest.approx(
        773.6e3, rel=1e-4
    )


def _sphere(g: Any) -> Any:
    import sympy as sp

    return (36 * sp.pi * g.total_volume("in") ** 2) ** sp.Rational(1, 3)


# --- Lew and Bookchin 1986, as Rogers and Lew compute it


RT_F = GAS * 310.15 / FARADAY * 1e3


def test_the_reference_state_of_lew_and_bookchin() -> None:
    """Haemoglobin's osmotic coefficient, E_m = −(RT/F) ln(147.4/95), and what the declared contents
    leave open: 0.33 mosmol/L and the charge of 3.33 mM of a divalent cation, which is bound.
    """
    haemoglobin = bm.Impermeants(
        "Hb",
        charge=-10 * (7.2092 - (7.2 - 0.016 * 37)),
        concentration="7.0284 mM",
        osmotic_coefficient=(1, "0.0645 1/mM", "0.0258 1/mM^2"),
    )
    others = bm.Impermeants("P", charge=-0.43517, concentration="44.607 mM")
    cell = bm.Compartment(
        "cell",
        volume="75 fL",
        contents={Na: "10 mM", K: "140 mM", ANION: "95 mM"},
        impermeant=[haemoglobin, others, bm.balance(charge=2, isosmotic=False)],
    )
    medium = bm.Reservoir("medium", {Na: "145.505 mM", K: "5 mM", ANION: "147.4 mM"})
    m = bm.Membrane("m", inside=cell, outside=medium, area="140 um^2", capacitance="1e-9 F/dm^2")
    model = bm.Model(
        "red_cell", [lib.leak(ANION, m, permeability="1e-4 cm/s")], potential={m: "-10 mV"}
    )
    found = {x.pool: x for x in model.impermeants}
    amounts = ModelEvaluator(model)("impermeant", _states(model))
    bound = amounts["cell.X"] / 0.075
    assert bound == pytest.approx(10 / 3, rel=1e-3)
    assert found["cell.Hb"].charge == pytest.approx(-6.012)
    pressure = model.stores.formulas["cell.Hb"].expression.diff(symbols.volume("cell"))
    at = {str(p.symbol): p.value for p in model.parameters.values()} | {
        "R": GAS, "T": 310.15, "c0": 1e3, "n[cell.Hb]": 7.0284 * 0.075, "W[cell]": 0.075,
    }  # fmt: skip
    osmoles = -float(pressure.subs({s: at[str(s)] for s in pressure.free_symbols})) / GAS / 310.15
    assert osmoles / 7.0284 == pytest.approx(2.72782, abs=2.2e-5)  # of the digits of Hb
    assert 309.105 - (10 + 140 + 95 + 44.607 + osmoles) == pytest.approx(0.33, abs=0.01)
    run = bm.simulate(model, until="1 s")
    V = run.final("potential")["m"].to("mV").magnitude
    assert pytest.approx(-RT_F * math.log(147.4 / 95), rel=1e-6) == V
    assert pytest.approx(-11.7323, abs=0.01) == V  # the file's RT/F is smaller by 7e-4


def _states(model: bm.Model) -> Any:
    return np.ones(len(model.states))
