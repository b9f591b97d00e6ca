"""Published and tabulated numbers that the library's parts must give back (sources:
library/data/*.toml; constants CODATA).
"""

import math

import numpy as np
import pytest
import xarray as xr
from builders import BODY, FUEL, RT, F, R, at, cell, fuel_energy, patch
from scipy.constants import elementary_charge
from scipy.optimize import brentq

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import ATP, Ca, Cl, H, K, Na, glucose

SQUID = 291.65  # 18.5 °C


def leak(species, P=1e-6):
    return lambda on: lib.leak(species, on, permeability=Q(P, "cm/s"))


def settled(model):
    """The potential [mV] at which a patch comes to rest."""
    return float(bm.simulate(model, until=Q(1e6, "s")).data.potential[-1, 0])


def affinity(model, process=0, **parameters):
    """A [kJ/mol] of one process at the declared state."""
    return float(at(model, **parameters).affinity[process])


# --- thermodynamics


@pytest.mark.parametrize(
    ("celsius", "mV"), [(37, 26.72666), (25, 25.69258), (18.5, 25.13245), (6.3, 24.08114)]
)
def test_thermal_voltage(celsius, mV):
    """RT/F: the Nernst potential of a ratio of e."""
    model = patch(lambda on: [leak(K)(on)], {K: 10}, {K: 10 * math.e}, V=0, T=celsius + 273.15)
    assert -affinity(model) * 1e6 / F == pytest.approx(mV, abs=6e-6)


@pytest.mark.parametrize(
    ("ion", "outside", "inside", "T", "mV"),
    [
        (Na, 145, 12, BODY, 66.598), (K, 4, 155, BODY, -97.743), (Cl, 120, 4, BODY, -90.903),
        (Ca, 1.5, 1e-4, BODY, 128.499),
        (Na, 440, 50, SQUID, 54.657), (K, 20, 400, SQUID, -75.290), (Cl, 560, 52, SQUID, -59.732),
    ],
)  # fmt: skip
def test_nernst_potentials(ion, outside, inside, T, mV):
    """Mammal at 37 °C and squid at 18.5 °C, where a patch with one leak comes to rest."""
    assert settled(
        patch(lambda on: [leak(ion)(on)], {ion: inside}, {ion: outside}, T=T)
    ) == pytest.approx(mV, abs=6e-4)


@pytest.mark.parametrize(("P_Na", "mV"), [(0.04, -59.620), (20, 42.164)])
def test_squid_at_rest_and_at_the_peak(P_Na, mV):
    """P_K : P_Na : P_Cl = 1 : 0.04 : 0.45 and 1 : 20 : 0.45 (Hodgkin & Katz 1949)."""
    parts = [leak(K), leak(Na, P_Na * 1e-6), leak(Cl, 0.45e-6)]
    model = patch(
        lambda on: [p(on) for p in parts],
        {K: 400, Na: 50, Cl: 52},
        {K: 20, Na: 440, Cl: 560},
        T=SQUID,
    )
    assert settled(model) == pytest.approx(mV, abs=6e-4)


def test_the_pump_adds_six_millivolts():
    """Mullins & Noda: P_Na/P_K = 0.04 gives −73.876 mV alone and −79.722 mV with the pump that
    keeps Na⁺ and K⁺ steady.
    """
    parts = [leak(K), leak(Na, 0.04e-6), lib.NaKATPase]
    model = patch(
        lambda on: [p(on) for p in parts], {K: 155, Na: 12} | FUEL, {K: 4, Na: 145}, V=-79.722
    )
    flux = dict(zip(("K", "Na", "pump"), at(model).flux.values, strict=True))
    density = model.parameters["NaKATPase.density"].quantity * (
        -flux["Na"] / 3 / flux["pump"]
    )  # Na⁺ is steady; K⁺ must then be, too
    with_pump = bm.simulate(
        model, until=Q(1, "s"), parameters={"NaKATPase.density": density}
    ).data.isel(time=-1)
    alone = bm.simulate(
        model, until=Q(1, "s"), parameters={"NaKATPase.density": 0 * density}
    ).data.isel(time=-1)
    assert [float(d.potential[0]) for d in (with_pump, alone)] == pytest.approx(
        [-79.722, -73.876], abs=6e-4
    )
    assert float(with_pump.flux[0]) == pytest.approx(2 * float(with_pump.flux[2]), rel=1e-4)


def test_energy_of_a_sodium_ion():
    """145/10 mM at −60 mV: −6.8959 chemical, −5.7891 electrical, −12.6850 kJ/mol, as the ledger
    splits it.
    """
    model = cell(lambda on: [leak(Na, 1e-9)(on)], {Na: 10, Cl: 10}, {Na: 145, Cl: 145}, V=-60)
    run = bm.simulate(model, times=Q([1e-6], "s"))
    inward = -float(run.data.flux[0, 0]) * 1e-6  # fmol, so that pJ turn into kJ/mol
    split = run.ledger.by("ion").sel(species="Na").isel(time=-1) / inward
    assert [float(split.sel(component=c)) for c in ("chemical", "electrical")] == pytest.approx(
        [-6.8959, -5.7891], rel=1e-5
    )
    assert float(split.sum()) == pytest.approx(-12.6850, rel=1e-5)


PUMP = ({Na: 10, K: 140} | FUEL, {Na: 145, K: 4.5})


@pytest.mark.parametrize(("dG", "efficiency"), [(-50, 0.884), (-57, 0.776), (-60, 0.737)])
def test_pump_work_and_efficiency(dG, efficiency):
    """3 Na⁺ out and 2 K⁺ in cost 44.206 kJ/mol at −60 mV, K⁺ being uphill; the rest of −ΔG_ATP is
    lost.
    """
    model = patch(lambda on: [lib.NaKATPase(on)], *PUMP, V=-60)
    work = -dG - affinity(model, ATP_standard_energy=fuel_energy(dG * 1e3))
    assert work == pytest.approx(44.206, abs=6e-4)
    assert work / -dG == pytest.approx(efficiency, abs=6e-4)


def test_pump_reversal_potential():
    """At −57 kJ/mol the pump reverses at −192.6 mV."""
    model = patch(lambda on: [lib.NaKATPase(on)], *PUMP, V=-60)
    E = brentq(
        lambda V: float(at(model, V=V, ATP_standard_energy=fuel_energy(-57e3)).flux[0]),
        -300,
        0,
        xtol=1e-6,
    )
    assert pytest.approx(-192.6, abs=0.06) == E


@pytest.mark.parametrize(
    ("mV", "one", "two"),
    [(0, 14.5, 210.25), (-40, 64.77, 4194.6), (-60, 136.88, 18735.9), (-80, 289.3, 83686)],
)
def test_static_head_of_symporters(mV, one, two):
    """Glucose ratio that 1 or 2 Na⁺ can hold, 145/10 mM."""
    for n, ratio in ((1, one), (2, two)):
        text = f"{n} Na@out + glucose@out -> {n} Na@in + glucose@in"
        law = laws.Elementary(rate=Q(1, "pmol/cm^2/s"))
        model = patch(
            lambda on, text=text, law=law: [bm.Transporter("T", text, on, law)],
            {Na: 10, glucose: 1},
            {Na: 145, glucose: 1},
            V=mV,
        )
        assert math.exp(affinity(model) * 1e3 / RT) == pytest.approx(ratio, rel=1e-4)


def test_proton_energies():
    """61.54 mV and 5.938 kJ/mol per pH unit; −150 mV and ΔpH 0.75 are 196.2 mV, 18.93 kJ/mol of
    H⁺.
    """
    model = patch(lambda on: [leak(H)(on)], {H: 1e-4}, {H: 1e-3}, V=0)
    assert -affinity(model) == pytest.approx(5.938, abs=6e-4)
    assert -affinity(model) * 1e6 / F == pytest.approx(61.54, abs=6e-3)
    force = -affinity(model, V=-150, bath_H=1e-4 * 10**0.75)
    assert [force, force * 1e6 / F] == pytest.approx([18.93, 196.2], rel=3e-4)


def test_osmotic_pressure_of_300_milliosmolar():
    """773.6 kPa at 37 °C, 2.5787 kPa per mOsm."""
    model = cell(
        lambda on: [lib.water(on, permeability=Q(0, "cm/s"))], {glucose: 300}, {glucose: 0}
    )
    kPa = affinity(model) / model.parameters["H2O.molar_volume"].value
    assert kPa == pytest.approx(773.6, abs=0.06)
    assert kPa / 300 == pytest.approx(2.5787, abs=6e-5)


def test_few_ions_make_a_potential():
    """−70 mV on a sphere of 10 µm radius takes 5.49 million ions, 1.45·10⁻⁵ of 150 mM."""
    inside = bm.Compartment(
        "cell",
        volume=Q(4 / 3 * math.pi * 1e3, "um^3"),
        contents={K: Q(150, "mM"), Cl: Q(150, "mM")},
    )
    bath = bm.Reservoir("bath", {K: Q(5, "mM"), Cl: Q(5, "mM")})
    area, capacitance = (
        Q(4 * math.pi * 100, "um^2"),
        lib.sheet("membrane_typical")["specific_capacitance"],
    )
    on = bm.Membrane("membrane", inside=inside, outside=bath, area=area, capacitance=capacitance)
    run = bm.simulate(
        bm.Model("sphere", [leak(K)(on)], potential={on: Q(-70, "mV")}), times=Q([0.0], "s")
    )
    state = dict(zip((p.name for p in run.model.pools), run.solution.y[:, 0], strict=True))
    assert -state["cell.charge"] * 1e-15 / elementary_charge == pytest.approx(5.49e6, rel=1e-3)
    assert -state["cell.charge"] / F / state["cell.K"] == pytest.approx(1.45e-5, rel=2e-3)


# --- Na/K-ATPase of Smith & Crampin 2004


def published_energy():
    """ATP.standard_energy [J/mol] at which the closing constant is the published k₋₃[H⁺] times the
    free share of phosphate.
    """
    s = lib.sheet("smith_crampin_2004")
    v = {n: float(s[n].quantity.to_base_units().magnitude) for n in s.entries}
    share = 1 / (
        1
        + v["nominal_K_i"] / v["K_d_KPi"]
        + v["nominal_H"] / v["K_d_HPi"]
        + v["nominal_Na_i"] / v["K_d_NaPi"]
    )
    assert share * 4.2 == pytest.approx(1.923402, rel=1e-6)
    ahead = (
        math.prod(v[f"k{i}_forward"] for i in (1, 2, 3, 4)) * v["K_d_Na_e"] ** 3 * v["K_d_K_i"] ** 2
    )
    back = math.prod(v[f"k{i}_reverse"] for i in (1, 2, 3, 4)) * v["nominal_H"] * share
    back *= v["K_d_Na_i"] ** 3 * v["K_d_K_e"] ** 2 * v["K_d_MgATP"]
    return R * 310 * math.log(ahead / back / 1000)


def test_smith_crampin_turnover():
    """v_cyc of the stored CellML at −150, −60, 0 and +60 mV and its nominal contents, 310 K."""
    inside = {Na: 50, K: 140, ATP: 9.8, lib.ADP: 0.01, lib.Pi: 4.2}
    model = patch(
        lambda on: [lib.NaKATPase(on, density=Q(1, "fmol"))], inside, {Na: 150, K: 5.4}, V=0, T=310
    )
    mV = xr.DataArray([-150.0, -60.0, 0.0, 60.0], dims="V")
    v = at(model, V=mV, ATP_standard_energy=published_energy()).flux.values[0]
    assert v == pytest.approx([4.8131611, 36.9690228, 51.3999013, 56.0184773], rel=1e-8)


def test_smith_crampin_energy_of_hydrolysis():
    """The rate constants imply ΔG_ATP = −63.4361 kJ/mol at the nominal contents, with the file's R
    of 8.314; its own energy is near.
    """
    implied = -published_energy() + R * 310 * math.log(0.01 * 4.2 / 9.8 / 1000)
    assert implied * 8.314 / R / 1e3 == pytest.approx(-63.4361, abs=6e-5)
    assert published_energy() == pytest.approx(
        float(ATP.standard.quantity.to("J/mol").magnitude), abs=34
    )


# --- SGLT1


def sglt1(T, mV, sugar=1.0, **kw):
    """Start of a patch with 1 fmol of SGLT1: Na⁺ 100/20 mM, no sugar inside."""
    inside, outside = {Na: 20, glucose: 0}, {Na: 100, glucose: sugar}
    return at(
        patch(lambda on: [lib.SGLT1(on, density=Q(1, "fmol"), **kw)], inside, outside, V=mV, T=T)
    )


@pytest.mark.parametrize(
    ("T", "mV", "turnover"),
    [
        (293.15, -150, 7.79568),
        (293.15, -50, 5.74328),
        (310.15, -150, 7.74836),
        (310.15, -50, 5.61311),
    ],
)
def test_parent_turnover(T, mV, turnover):
    """Sugar flux of the six-state cycle of Parent 1992."""
    seen = sglt1(T, mV)
    assert float(seen.flux.sel(process="SGLT1:C2-C3")) == pytest.approx(turnover, rel=1e-6)


def test_parent_states_at_minus_150_millivolts():
    """Occupation of the six states with sugar, and the sodium leak without it."""
    states = [0.00342, 0.11109, 0.16566, 0.00974, 0.68852, 0.02157]
    assert sglt1(293.15, -150).amount.values == pytest.approx(states, abs=6e-6)
    for T, leaking in ((293.15, 0.252451), (310.15, 0.251472)):
        assert float(sglt1(T, -150, sugar=0).flux.sel(process="SGLT1:C2-C5")) == pytest.approx(
            leaking, rel=2e-6
        )


# --- GLUT1 of Lowe & Walmsley 1986, as a cycle of one's own


def glut1(on):
    """Four states at 0 °C with fast binding, K 9.5 mM outside and 12.8459 mM inside; the inner
    on-rate follows from the others.
    """
    steps = [
        ("Eo + glucose@out <-> So", {"forward": Q(1e9, "1/mM/s"), "reverse": Q(1e9 * 9.5, "1/s")}),
        ("So <-> Si", {"forward": Q(1113, "1/s"), "reverse": Q(90.3, "1/s")}),
        ("Si <-> Ei + glucose@in", {"forward": Q(1e9 * 12.8459, "1/s")}),
        ("Ei <-> Eo", {"forward": Q(0.726, "1/s"), "reverse": Q(12.1, "1/s")}),
    ]
    return [
        bm.Cycle(
            "GLUT1",
            on,
            density=Q(1, "fmol"),
            states="Eo So Si Ei",
            steps=steps,
            close=["Si <-> Ei"],
        )
    ]


def test_glut1_zero_trans_and_haldane():
    """Influx V 0.7255 /s, K 0.1094 mM; efflux 10.670 /s, 1.609 mM; V/K alike, 6.632; no net flux at
    5 mM on both sides.
    """
    model = patch(glut1, {glucose: 5}, {glucose: 5})

    def flux(inside, outside):
        release = (
            "GLUT1:Si-Ei" if outside > inside else "GLUT1:Eo-So"
        )  # one way where the trans side is empty, so exact
        return float(at(model, cell_glucose=inside, bath_glucose=outside).flux.sel(process=release))

    V = np.array([flux(0, 1e7), -flux(1e7, 0)])
    slope = np.array([flux(0, 1e-10), -flux(1e-10, 0)]) / 1e-10
    assert pytest.approx([0.7255, 10.670], rel=1e-4) == V
    assert slope == pytest.approx([6.632, 6.632], rel=1e-4)
    assert slope[0] == pytest.approx(slope[1], rel=2e-9)
    assert V / slope == pytest.approx([0.1094, 1.609], rel=3e-4)
    assert abs(flux(5, 5)) < 1e-12


# --- cells


def kcc2(on):
    """J = g(E_K − E_Cl)/F, electroneutral: g/F² times the affinity."""
    return bm.Transporter(
        "KCC2",
        "K@in + Cl@in -> K@out + Cl@out",
        on,
        laws.Onsager(coefficient=Q(0.2 / F**2, "mol^2/J/s/m^2")),
    )


def cubic_pump(on):
    """0.1·(Na_i/Na_o)³ C/dm²/s over F."""

    def flux(site):
        rate = site.parameter("rate", Q(10 / F, "mol/m^2/s"), bm.dimension.FLUX / bm.dimension.AREA)
        return rate * site.area * (site["Na@in"] / site["Na@out"]) ** 3

    return bm.Transporter(
        "pump",
        "3 Na@in + 2 K@out -> 3 Na@out + 2 K@in",
        on,
        laws.Empirical(flux=flux, reason="as published"),
    )


def ohmic(species, g):
    return lambda on: bm.Transporter(
        species.name,
        f"{species.name}@in -> {species.name}@out",
        on,
        laws.Ohmic(conductance=Q(g, "S/m^2")),
    )


def test_dusterwald_resting_state():
    """Neuron with KCC2 (Düsterwald 2018): −72.58871 mV, Na 14.00167, K 122.87655, Cl 5.16470 mM,
    impermeants of valence −0.85.
    """
    parts = [cubic_pump, kcc2, ohmic(Na, 0.2), ohmic(K, 0.7), ohmic(Cl, 0.2), lib.water]
    outside = {Na: 145, K: 3.5, Cl: 119, bm.Species("A", -1): 29.5}
    inside = {
        Na: 14,
        K: 123,
        Cl: 20 / 3,
    }  # with 137 mM of cations that leaves 460/3 mM of X and no room for an osmolyte
    model = cell(
        lambda on: [p(on) for p in parts],
        inside,
        outside,
        V=-70,
        T=26.725e-3 * F / R,
        impermeant=bm.balance(charge=-0.85),
        capacitance=1e-7,
    )
    last = bm.simulate(model, until=Q(1e6, "s")).data.isel(time=-1)
    found = [float(last.potential[0]), *last.concentration.values]
    assert found == pytest.approx([-72.58871, 14.00167, 122.87655, 5.16470], rel=2e-6)
