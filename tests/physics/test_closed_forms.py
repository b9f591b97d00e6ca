"""Closed forms (formalism §9): what the equations say on paper, the public interface says too."""

import math

import numpy as np
import pytest
import xarray as xr
from builders import BODY, FUEL, RT, SALINE, F, X, at, cell, fuel_energy, membrane, nernst, patch
from scipy.optimize import brentq

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.library import HCO3, Ca, Cl, K, Na, glucose

TIGHT = bm.solvers.SciPy("Radau", rtol=1e-11)
S = bm.Species("S")  # a neutral solute
IN = {Na: 10, K: 140, Cl: 20, HCO3: 15, Ca: 1e-4, glucose: 7} | FUEL
OUT = {Na: 145, K: 4.5, Cl: 120, HCO3: 24, Ca: 1.5, glucose: 2}


def half(*names):
    return dict.fromkeys(names, Q(10, "mM"))


def nbc(n):
    law = laws.Saturable(maximum=Q(1, "pmol/cm^2/s"), half=half("Na", "HCO3"))
    return lambda on: bm.Transporter("T", f"Na@out + {n} HCO3@out -> Na@in + {n} HCO3@in", on, law)


def symport(n, theta=0.5):
    law = laws.Elementary(rate=Q(1, "pmol/cm^2/s"), barrier=laws.Eyring(theta))
    return lambda on: bm.Transporter(
        "T", f"{n} Na@out + glucose@out -> {n} Na@in + glucose@in", on, law
    )


def ohmic(species, g=1.0):
    reaction = f"{species.name}@in -> {species.name}@out"
    return lambda on: bm.Transporter(
        f"{species.name}_ohmic", reaction, on, laws.Ohmic(conductance=Q(g, "S/m^2"))
    )


def ghk(species, P=1e-6):
    return lambda on: lib.leak(species, on, permeability=Q(P, "cm/s"))


# what one turnover moves to the inside (negative: out of it), and the fuel it makes
REVERSIBLE = {
    "GHK K": (ghk(K), {K: -1}), "GHK Ca": (ghk(Ca), {Ca: -1}), "GHK Cl": (ghk(Cl), {Cl: -1}),
    "ohmic Na": (ohmic(Na), {Na: -1}),
    "pump 3:2": (lib.NaKATPase, {Na: -3, K: 2}), "NBC 1:2": (nbc(2), {Na: 1, HCO3: 2}),
    "NBC 1:3": (nbc(3), {Na: 1, HCO3: 3}),
    "SGLT 2:1": (symport(2), {Na: 2, glucose: 1}), "SGLT 1:1, early barrier": (symport(1, 0.1),
    {Na: 1, glucose: 1}),
}  # fmt: skip
ENERGY = -57e3


def reversal(moved):
    """E_r = −Σ N μ/(zF) of what crosses, with the fuel of the pump where it burns some [V]."""
    work = sum(n * RT * math.log(IN[s] / OUT[s]) for s, n in moved.items())
    fuel = ENERGY if moved == {Na: -3, K: 2} else 0.0
    return -(work + fuel) / (sum(n * s.charge for s, n in moved.items()) * F)


@pytest.mark.parametrize(("part", "moved"), REVERSIBLE.values(), ids=REVERSIBLE)
def test_every_transporter_reverses_at_its_closed_form(part, moved):
    """A is affine in V with slope −zF, vanishes at E_r = −Σ N μ/(zF), and the flux changes sign
    there and nowhere else.
    """
    model, E, z = (
        patch(lambda on: [part(on)], IN, OUT, V=0),
        reversal(moved),
        sum(n * s.charge for s, n in moved.items()),
    )
    shift = np.array([-0.3, -0.05, -1e-9, 1e-9, 0.05, 0.3])
    fuel = (
        {"ATP_standard_energy": fuel_energy(ENERGY)}
        if "ATP.standard_energy" in model.parameters
        else {}
    )
    seen = at(model, V=xr.DataArray((E + shift) * 1e3, dims="V"), **fuel)
    A, J = seen.affinity.values[0] * 1e3, seen.flux.values[0]
    assert pytest.approx(-z * F * shift, rel=1e-9, abs=1e-10 * RT) == A
    assert np.array_equal(np.sign(J), np.sign(-z * shift))
    assert np.abs(J[2:4]).max() < 1e-5 * np.abs(J).max()


def test_a_pump_stalls_at_zero_affinity_and_makes_fuel_beyond():
    """The pump's flux falls to zero as −ΔG_ATP falls to the work of 3 Na⁺ and 2 K⁺ at −60 mV; with
    less it runs backwards.
    """
    model = patch(lambda on: [lib.NaKATPase(on)], IN, OUT, V=-60)
    work = 3 * (RT * math.log(145 / 10) + 0.06 * F) + 2 * (RT * math.log(140 / 4.5) - 0.06 * F)
    share = xr.DataArray([0.9, 1 - 1e-9, 1 + 1e-9, 1.3], dims="share")
    J = at(
        model, ATP_standard_energy=xr.apply_ufunc(lambda s: fuel_energy(-work * s), share)
    ).flux.values[0]
    assert list(np.sign(J)) == [-1, -1, 1, 1]
    assert np.abs(J[1:3]).max() < 1e-6 * J[3]


def test_a_cell_with_one_leak_settles_at_its_nernst_potential():
    """K⁺ alone charges the membrane to E_K of the final contents, and hardly any K⁺ has to move for
    it.
    """
    run = bm.simulate(
        cell(lambda on: [ghk(K)(on)], {K: 150, Cl: 150}, {K: 5, Cl: 5}, V=0), until=Q(10, "s")
    )
    inside, V = (
        float(run.data.concentration.sel(pool="cell.K")[-1]),
        float(run.data.potential[-1, 0]) / 1e3,
    )
    assert pytest.approx(nernst(1, inside, 5), rel=1e-9) == V
    moved = (150 - inside) * 1e-15  # mol, in 1 pL; 1e-12 F in 100 µm²
    assert moved == pytest.approx(-V * 1e-12 / F, rel=1e-9)
    assert moved < 1e-5 * 150e-15


@pytest.mark.parametrize(
    ("ratios", "T"), [((1, 0.04, 0.45), 291.65), ((1, 20, 0.45), 291.65), ((1, 0.5, 0), 310.15)]
)
def test_several_leaks_settle_at_the_ghk_voltage(ratios, T):
    """K⁺, Na⁺ and Cl⁻ leaks at fixed concentrations relax to Goldman's equation."""
    inside, outside = {K: 400, Na: 50, Cl: 52}, {K: 20, Na: 440, Cl: 560}
    leaks = [ghk(ion, 1e-6 * P) for ion, P in zip((K, Na, Cl), ratios, strict=True)]
    run = bm.simulate(
        patch(lambda on: [p(on) for p in leaks], inside, outside, T=T), until=Q(1, "s")
    )
    top = ratios[0] * 20 + ratios[1] * 440 + ratios[2] * 52
    expected = (
        RT / BODY * T / F * math.log(top / (ratios[0] * 400 + ratios[1] * 50 + ratios[2] * 560))
    )
    assert float(run.data.potential[-1, 0]) == pytest.approx(expected * 1e3, rel=1e-9)


def test_a_pumping_cell_sits_at_the_mullins_noda_potential():
    """Whatever the pump, once Na⁺ and K⁺ of a cell are steady, V is Mullins and Noda's with r = 3/2
    and not Goldman's.
    """
    parts = [lib.NaKATPase, ghk(K, 5e-7), ghk(Na, 2e-8)]
    model = cell(
        lambda on: [p(on) for p in parts],
        {Na: 12, K: 130, Cl: 8},
        SALINE,
        V=-70,
        held=FUEL,
        impermeant=bm.balance(),
    )
    run = bm.simulate(model, until=Q(1e6, "s"))
    c = {n: float(run.data.concentration.sel(pool=f"cell.{n}")[-1]) for n in ("Na", "K")}
    V = float(run.data.potential[-1, 0])
    noda, goldman = (
        RT / F * 1e3 * math.log((r * 4.5 + 0.04 * 145) / (r * c["K"] + 0.04 * c["Na"]))
        for r in (1.5, 1.0)
    )
    assert pytest.approx(noda, rel=1e-9) == V
    assert goldman - V > 1


def test_rc_charging_is_exponential():
    """An Ohmic leak charges the capacitance with τ = C/g towards E."""
    run = bm.simulate(
        patch(lambda on: [ohmic(K, 2.0)(on)], {K: 140}, {K: 5}, V=30),
        until=Q(20, "ms"),
        solver=TIGHT,
    )
    E, tau = nernst(1, 140, 5) * 1e3, 1e-2 / 2.0
    expected = E + (30 - E) * np.exp(-run.data.time.values / tau)
    assert run.data.potential.values[:, 0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("sealed", [True, False], ids=["closed channel", "nothing crosses"])
def test_capacitors_in_series_share_the_voltage(sealed):
    """Charge that crosses only the basal membrane leaves the potential of the apical one, behind a
    floating lumen, as it was.
    """
    lumen, inside = (
        bm.Reservoir(n, {K: Q(c, "mM")}, floating=True) for n, c in (("lumen", 5), ("cell", 140))
    )
    basal = membrane(inside, bm.Reservoir("blood", {K: Q(5, "mM")}))
    apical = bm.Membrane(
        "apical", inside=inside, outside=lumen, area=Q(30, "um^2"), capacitance=Q(1, "uF/cm^2")
    )
    parts = [ohmic(K, 2.0)(basal)] + [
        lib.leak(K, apical, permeability=Q(0, "cm/s"), name="closed")
    ] * sealed
    run = bm.simulate(
        bm.Model("series", parts, potential={basal: Q(30, "mV"), apical: Q(30, "mV")}),
        until="20 ms",
        solver=TIGHT,
    )
    E, V = nernst(1, 140, 5) * 1e3, run.data.potential
    assert V.sel(membrane="membrane").values == pytest.approx(
        E + (30 - E) * np.exp(-V.time.values / 5e-3), rel=1e-9
    )
    assert V.sel(membrane="apical").values == pytest.approx(30, rel=1e-9)


def test_two_compartments_mix_exponentially():
    """A neutral solute equalises with the rate P·A(1/V₁ + 1/V₂)."""
    one = bm.Compartment("one", volume=Q(1, "pL"), contents={S: Q(9, "mM")})
    two = bm.Compartment("two", volume=Q(3, "pL"), contents={S: Q(1, "mM")})
    model = bm.Model("mixing", [ghk(S, 1e-4)(membrane(one, two))])
    run = bm.simulate(model, until=Q(30, "s"), solver=TIGHT)
    rate = 1e-6 * 100e-12 * (1 / 1e-15 + 1 / 3e-15)
    expected = 3 + 6 * np.exp(-rate * run.data.time.values)
    assert run.data.concentration.sel(pool="one.S").values == pytest.approx(expected, rel=1e-9)


def static_head(data, slip):
    """Glucose ratio at which the cycle's sugar flux vanishes, Na⁺ 145/10 mM at −60 mV, 1 mM
    outside.
    """
    part = lambda on: [lib.SGLT1(on, density=Q(1, "fmol"), data=data, slip=slip)]  # noqa: E731
    model = patch(part, {Na: 10, glucose: 10}, {Na: 145, glucose: 1}, V=-60)

    def flux(log):
        return float(at(model, cell_glucose=math.exp(log)).flux.sel(process="SGLT1:C2-C3"))

    log = brentq(flux, 0, 12, xtol=1e-13, rtol=1e-13)
    return math.exp(log), at(model, cell_glucose=math.exp(log))


@pytest.mark.parametrize("data", ["parent_1992", "eskandari_2005"])
def test_a_cycle_without_slip_reaches_the_ideal_static_head(data):
    """Without slip the six-state cycle stalls at (Na_o/Na_i)² e^{−2FV/RT}, with every step at
    equilibrium: no rate constant matters.
    """
    ratio, seen = static_head(data, slip=False)
    assert ratio == pytest.approx(14.5**2 * math.exp(2 * 0.06 * F / RT), rel=1e-9)
    assert np.abs(seen.affinity.values).max() * 1e3 < 1e-9 * RT


@pytest.mark.parametrize(("data", "stall"), [("parent_1992", 8.287), ("eskandari_2005", 6770.5)])
def test_slip_lowers_the_static_head(data, stall):
    """With the step C2 ⇌ C5 the same cycle stalls earlier and still burns sodium."""
    ratio, seen = static_head(data, slip=True)
    assert ratio == pytest.approx(stall, rel=1e-4)
    assert float(seen.flux.sel(process="SGLT1:C2-C5")) > 0
    assert float(seen.dissipation.sum()) > 0


def osmometer(on):
    """A water path without flow: its affinity is −v(P_in − P_out)."""
    return lib.water(on, permeability=Q(0, "cm/s"))


def pressure(data, model):
    """Osmotic less hydrostatic pressure of the inside over the outside [kPa]."""
    return float(data.affinity.sel(process="water")) / model.parameters["H2O.molar_volume"].value


def test_donnan_equilibrium_of_a_rigid_cell():
    """Passive K⁺ and Cl⁻ around an impermeant anion: K_i/K_o = Cl_o/Cl_i = e^{−FV/RT} from
    electroneutrality, pressure RT Σ Δc.
    """
    model = cell(lambda on: [ghk(K)(on), ghk(Cl)(on), osmometer(on)], {K: 150, Cl: 50},
        {K: 80, Cl: 80}, impermeant={X: 100},
                 capacitance=1e-7)  # fmt: skip
    run = bm.simulate(model, until=Q(1e5, "s"))
    last = run.data.isel(time=-1)
    k, cl = (float(last.concentration.sel(pool=f"cell.{n}")) for n in ("K", "Cl"))
    r = (100 + math.hypot(100, 2 * 80)) / (2 * 80)
    assert [k / 80, 80 / cl, math.exp(-float(last.potential[0]) / 1e3 * F / RT)] == pytest.approx(
        [r] * 3, rel=1e-9
    )
    assert pressure(last, model) == pytest.approx(RT * (k + cl + 100 - 160) / 1e3, rel=1e-9)


def test_donnan_equilibrium_of_a_swelling_cell():
    """With water, and a solute S that stays outside, r = 1 + S/2K_o and the volume is what the
    anion needs: n_X/[K_o(r − 1/r)].
    """
    outside = {K: 80, Cl: 80, S: 60}
    parts = [ghk(K), ghk(Cl), lib.water]
    model = cell(
        lambda on: [p(on) for p in parts],
        {K: 150, Cl: 50},
        outside,
        impermeant={X: 100},
        capacitance=1e-7,
    )
    last = bm.simulate(model, until=Q(1e6, "s")).data.isel(time=-1)
    r = 1 + 60 / (2 * 80)
    assert last.concentration.values == pytest.approx([80 * r, 80 / r], rel=1e-9)
    assert float(last.volume[0]) == pytest.approx(100 / (80 * (r - 1 / r)), rel=1e-9)


def test_van_t_hoff_follows_from_the_free_energy():
    """∂G/∂W gives RT per mOsm and 300 of them: van 't Hoff is derived, not assumed."""
    model = cell(lambda on: [osmometer(on)], {S: 300}, {S: 0})
    assert pressure(at(model, bath_S=299), model) == pytest.approx(RT / 1e3, rel=1e-9)
    assert pressure(at(model), model) == pytest.approx(300 * RT / 1e3, rel=1e-9)


@pytest.mark.parametrize("bath", [150, 300, 450])
def test_a_cell_swells_by_the_osmolarity_ratio(bath):
    """In a bath of another strength a cell of impermeants takes the volume at which its osmolarity
    is the bath's.
    """
    model = cell(lambda on: [lib.water(on)], {}, {S: 300}, impermeant={bm.Species("Y"): 300})
    run = bm.simulate(model, until=Q(1, "hour"), parameters={"bath.S": Q(bath, "mM")})
    assert float(run.data.volume[-1, 0]) == pytest.approx(300 / bath, rel=1e-9)


# --- the pump-leak cell of Kay 2017: a constant pump, ohmic leaks, water

P_OVER_F = 0.5e-2 / F  # 0.5e-4 C/dm²/s, as mol/m²/s
BATH = {Na: 147.0, K: 3.0, Cl: 150.0}
KELVIN = 25.69e-3 * F / (RT / BODY)


def pump_leak(scale=1.0, V=0.0):
    def constant(site):
        return (
            site.parameter(
                "rate", Q(P_OVER_F * scale, "mol/m^2/s"), bm.dimension.FLUX / bm.dimension.AREA
            )
            * site.area
        )

    def parts(on):
        pump = bm.Transporter(
            "pump",
            "3 Na@in + 2 K@out -> 3 Na@out + 2 K@in",
            on,
            laws.Empirical(flux=constant, reason="constant"),
        )
        return [
            pump,
            *(ohmic(ion, g * scale)(on) for ion, g in ((Na, 0.1), (K, 3.0), (Cl, 2.0))),
            lib.water(on),
        ]

    return cell(
        parts, {Na: 50, K: 100, Cl: 100}, BATH, V=V, T=KELVIN, impermeant={X: 50}, capacitance=1e-7
    )


def test_pump_leak_steady_state():
    """V = (RT/F) ln α, W = n_X/[Cl_o(1 − α)] with α from the constant pump; the numbers of Kay's
    parameters.
    """
    u = 3 * P_OVER_F * F / 0.1 / 25.69e-3, 2 * P_OVER_F * F / 3.0 / 25.69e-3
    alpha = (147 * math.exp(-u[0]) + 3 * math.exp(u[1])) / 150
    run = bm.simulate(pump_leak(), until=Q(1e6, "s"))
    last = run.data.isel(time=-1)
    found = [float(last.potential[0]), *last.concentration.values, float(last.volume[0])]
    V, W = 25.69 * math.log(alpha), 50 / (150 * (1 - alpha))
    paper = [V, 147 * math.exp(-u[0]) / alpha, 3 * math.exp(u[1]) / alpha, 150 * alpha, W]
    assert found == pytest.approx(paper, rel=1e-7)
    assert found == pytest.approx([-94.13308, 16.70614, 133.29386, 3.84373, 0.342100], rel=2e-6)


def test_set_points_of_volume_and_potential():
    """Fraser & Huang: P_Na, P_K and pump density times one factor change neither V nor W; V does
    not know how much impermeant there is, W is proportional to it.
    """
    parts = [lib.NaKATPase, ghk(K, 5e-7), ghk(Na, 2e-8), ghk(Cl, 2e-7), lib.water]
    model = cell(lambda on: [p(on) for p in parts], {Na: 12, K: 130, Cl: 8}, SALINE, V=-70,
        held=FUEL, impermeant=bm.balance(),
                 capacitance=1e-7)  # fmt: skip
    scan = {"cell.volume": xr.DataArray([1.0, 2.0], dims="size", attrs={"units": "pL"})}
    for name in ("NaKATPase.density", "K_leak.permeability", "Na_leak.permeability"):
        own = model.parameters[name].quantity
        scan[name] = xr.DataArray(
            own.magnitude * np.array([1.0, 5.0]), dims="factor", attrs={"units": str(own.units)}
        )
    last = bm.simulate(model, until=Q(1e7, "s"), parameters=scan).data.isel(time=-1)
    V, W = (
        last.potential.values.ravel(),
        last.volume.transpose("compartment", "size", "factor").values[0],
    )
    assert pytest.approx([V[0]] * 4, rel=1e-9) == V
    assert pytest.approx(W[0, 0] * np.array([[1, 1], [2, 2]]), rel=1e-9) == W
