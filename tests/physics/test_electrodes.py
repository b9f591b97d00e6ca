"""Electrodes against the closed forms of a capacitor with a conductance, C dV/dt = I − g (V − E),
and in epithelia.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from clamped import COMMAND, TAU, C, E, G, P, amperes, cell, leaving, volts
from scipy.integrate import quad

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi


def test_a_current_charges_the_membrane_and_its_work_is_booked() -> None:
    """V → E + I/g with C/g; positive current depolarises; the work is ∫ V·I dt."""
    I = 20e-12  # noqa: E741
    run = bm.simulate(cell(V=E * 1e3, current="20 pA"), until=Q(5, "ms"))
    t = run.data.time.values

    def V(t: Any) -> Any:
        return E + I / G * (1 - np.exp(-t / TAU))

    np.testing.assert_allclose(volts(run), V(t), rtol=0, atol=1e-9)
    work = quad(lambda t: V(t) * I, 0, t[-1], epsabs=0, epsrel=1e-12)[0]
    assert float(run.ledger.electrodes[-1]) == pytest.approx(work * 1e12, rel=1e-7)
    np.testing.assert_array_equal(amperes(run), I)
    assert not run.ledger.dissipation.sel(process="tip").any()
    run.ledger.check()


def test_a_current_per_area_is_that_of_the_whole_membrane() -> None:
    """20 pA through 100 µm² are 20 µA/cm²; the other way it hyperpolarises."""
    whole = bm.simulate(cell(V=-60, current="-20 pA"), until=Q(5, "ms"))
    each = bm.simulate(cell(V=-60, current="-20 uA/cm^2"), until=Q(5, "ms"))
    np.testing.assert_allclose(volts(each), volts(whole), rtol=1e-12)
    rest = E - 20e-12 / G
    assert volts(whole)[-1] == pytest.approx(rest + (-0.06 - rest) * np.exp(-5), rel=1e-7)


def test_a_clamp_follows_its_command_and_takes_what_the_membrane_carries() -> None:
    """V is the command; I = Σ I_m + C dV/dt to rounding; a jump has work of its own, ½C(V₁² − V₀²),
    and no current.
    """
    run = bm.simulate(cell(voltage=COMMAND), until=Q(4, "ms"))
    t = run.data.time.values * 1e3
    command = np.where(t < 3 - 1e-9, np.interp(t, [1, 2], [-70, 30]), -20) * 1e-3
    np.testing.assert_allclose(volts(run), command, rtol=0, atol=1e-16)
    slope = np.where((t > 1 - 1e-9) & (t < 2 - 1e-9), 100.0, 0.0)  # V/s
    np.testing.assert_allclose(amperes(run), leaving(run) + C * slope, rtol=1e-13, atol=1e-25)
    np.testing.assert_allclose(amperes(run), G * (command - E) + C * slope, rtol=1e-12)
    assert float(run.ledger.stepped[-1]) == pytest.approx(
        C / 2 * (0.02**2 - 0.03**2) * 1e12, rel=1e-12
    )
    assert float(run.ledger.relaxed[-1]) == pytest.approx(0, abs=1e-18)
    held = 1e-3 * (G * (-0.07 - E) * -0.07 + G * (0.03 - E) * 0.03 + G * (-0.02 - E) * -0.02)
    risen = quad(lambda V: (G * (V - E) + C * 100) * V / 100, -0.07, 0.03)[0]
    assert float(run.ledger.electrodes[-1]) == pytest.approx((held + risen) * 1e12, rel=1e-9)
    run.ledger.check()
    assert abs(float(run.ledger.residual_relative[-1])) < 1e-10


def test_a_formula_commands_too() -> None:
    """V follows exactly, also between the solver's steps."""
    import sympy

    sine = P.function(lambda t, a, w: a * sympy.sin(w * t), a=Q(50, "mV"), w=Q(2000, "1/s"))
    run = bm.simulate(cell(voltage=sine), until=Q(4, "ms"))
    t = run.data.time.values
    np.testing.assert_allclose(volts(run), 0.05 * np.sin(2000 * t), rtol=0, atol=1e-16)
    np.testing.assert_allclose(
        amperes(run), leaving(run) + C * 100 * np.cos(2000 * t), rtol=1e-12, atol=1e-22
    )
    run.ledger.check()


def test_a_capacitance_that_changes_takes_current_and_work() -> None:
    """I = d(CV)/dt + I_m while C rises under the clamp; books close over its work and its jumps."""
    rising = P.ramps(
        (Q(1, "ms"), Q(1, "uF/cm^2")), (Q(2, "ms"), Q(3, "uF/cm^2")), (Q(3, "ms"), Q(3, "uF/cm^2")),
        (Q(3, "ms"), Q(2, "uF/cm^2")),
    )  # fmt: skip
    run = bm.simulate(
        cell(voltage="-70 mV"), until=Q(4, "ms"), parameters={"membrane.capacitance": rising}
    )
    t = run.data.time.values * 1e3
    slope = np.where((t > 1 - 1e-9) & (t < 2 - 1e-9), 2e-9, 0)  # F/s of 1 pF
    np.testing.assert_allclose(amperes(run), leaving(run) + slope * -0.07, rtol=1e-9)
    np.testing.assert_allclose(volts(run), -0.07, rtol=1e-14)
    run.ledger.check()
    assert abs(float(run.ledger.residual_relative[-1])) < 1e-9


def test_a_series_resistance_divides_the_potential_and_dissipates() -> None:
    """V relaxes to the divided command; V_c·I is booked, R_s·I² is heat; as R_s → 0 it is the
    clamp.
    """
    R, command = 50e6, 0.02
    run = bm.simulate(
        cell(V=E * 1e3, voltage="20 mV", series_resistance="50 Mohm"), until=Q(5, "ms")
    )
    t, g = run.data.time.values, 1 / R
    rest, rate = (g * command + G * E) / (g + G), (g + G) / C
    V = rest + (E - rest) * np.exp(-rate * t)
    np.testing.assert_allclose(volts(run), V, rtol=0, atol=1e-9)
    np.testing.assert_allclose(amperes(run), (command - volts(run)) / R, rtol=1e-9, atol=1e-22)

    def current(t: Any) -> Any:
        return (command - rest - (E - rest) * np.exp(-rate * t)) / R

    given = quad(lambda t: command * current(t), 0, t[-1], epsabs=0, epsrel=1e-11)[0]
    lost = quad(lambda t: R * current(t) ** 2, 0, t[-1], epsabs=0, epsrel=1e-11)[0]
    assert float(run.ledger.electrodes[-1]) == pytest.approx(given * 1e12, rel=1e-7)
    heat = run.ledger.dissipation.sel(process="tip")
    assert float(heat[-1]) == pytest.approx(lost * 1e12, rel=1e-7)
    assert (np.diff(heat) >= 0).all()
    run.ledger.check()
    scan = xr.DataArray([1e6, 1e3], dims="R", attrs={"units": "ohm"})
    small = bm.simulate(
        run.model, until=Q(5, "ms"), parameters={"tip.series_resistance": scan}
    ).data.potential.squeeze()
    np.testing.assert_allclose(
        small.isel(time=-1) * 1e-3 - command, -G * (command - E) * scan, rtol=2e-3
    )


def test_a_family_of_steps_is_a_scan() -> None:
    """Each lane at its own command; the current–voltage relation is the ohmic line, E its zero."""
    values = xr.DataArray(np.linspace(-120, 40, 9), dims="step", attrs={"units": "mV"})
    run = bm.simulate(
        cell(voltage="-70 mV"),
        times=Q([0.0, 1.0, 2.0], "ms"),
        parameters={"tip.voltage": P.steps(Q(-70, "mV"), (Q(1, "ms"), values))},
    )
    V = run.data.potential.squeeze().isel(time=-1) * 1e-3
    np.testing.assert_allclose(V, values * 1e-3, atol=1e-16)
    I = run.data.electrode_current.squeeze().isel(time=-1) * 1e-12  # noqa: E741
    np.testing.assert_allclose(I, G * (V - E), rtol=1e-12)
    run.ledger.check()
    one = run.isel(step=3)
    np.testing.assert_array_equal(
        one.data.electrode_current, run.data.electrode_current.isel(step=3)
    )


def epithelium(*electrodes: Any) -> bm.Model:
    """Na⁺ channels on one side, pump and K⁺ channels on the other, a leaky junction; each of
    ``electrodes`` is given the junction, the apical and the basal membrane.
    """
    ions = {s: Q(c, "mM") for s, c in ((K, 5), (Na, 145), (Cl, 150))}
    lumen, blood = bm.Reservoir("lumen", ions, floating=True), bm.Reservoir("blood", ions)
    cell = bm.Compartment(
        "cell", volume="1 pL", contents={K: "140 mM", Na: "12 mM", Cl: "30 mM"},
        held={ATP: "4 mM", ADP: "0.04 mM", Pi: "4 mM"}, impermeant=bm.balance(),
    )  # fmt: skip
    specific = Q(1, "uF/cm^2")
    apical, basal = (
        bm.Membrane(name, inside=cell, outside=side, area=area, capacitance=specific)
        for name, side, area in (("apical", lumen, "100 um^2"), ("basal", blood, "500 um^2"))
    )
    junction = bm.Membrane("junction", inside=lumen, outside=blood, area="10 um^2")
    parts = [
        lib.leak(Na, apical, name="ENaC", permeability="1e-6 cm/s"),
        lib.leak(K, basal, permeability="2e-6 cm/s"), lib.NaKATPase(basal),
        lib.leak(Cl, junction, name="shunt_Cl", permeability="1e-6 cm/s"),
        lib.leak(Na, junction, name="shunt_Na", permeability="1e-6 cm/s"),
    ]  # fmt: skip
    made = [e(junction, apical, basal) for e in electrodes]
    return bm.Model("epithelium", [*parts, *made])


def test_short_circuit_current_is_what_the_cell_carries() -> None:
    """V_te = 0 at all times; I_sc into the lumen is the Na⁺ current out of it, which with equal
    solutions no shunt adds to; it does no work.
    """
    model = epithelium(lambda te, *_: bm.Electrode(te, voltage="0 mV", name="short"))
    run = bm.simulate(model, until=Q(1, "min"))
    np.testing.assert_array_equal(run.data.potential.sel(membrane="junction"), 0.0)
    I = run.data.electrode_current.squeeze()  # noqa: E741
    sodium = -leaving(run, "ENaC") * 1e12
    others = (leaving(run, "K_leak") + leaving(run, "NaKATPase")) * 1e12
    capacitor = (others - sodium) / 6  # 1 of the 6 pF that the cell charges
    np.testing.assert_allclose(I, sodium + capacitor, rtol=1e-9)
    np.testing.assert_allclose(I[1:], sodium[1:], rtol=1e-5)
    assert (I > 0).all()
    assert float(run.ledger.electrodes[-1]) == 0
    run.ledger.check()


def test_open_circuit_is_no_electrode_or_one_without_current() -> None:
    """And the clamp at the potential of the open circuit carries none."""
    bare = bm.simulate(epithelium(), until=Q(2, "min"))
    idle = bm.simulate(
        epithelium(lambda te, *_: bm.Electrode(te, current="0 pA", name="idle")), until=Q(2, "min")
    )
    np.testing.assert_allclose(idle.data.potential, bare.data.potential, rtol=1e-7, atol=1e-7)
    bare.ledger.check()
    V = float(bare.data.potential.sel(membrane="junction")[-1])
    assert V < -10  # lumen negative
    np.testing.assert_allclose(
        leaving(bare, "ENaC")[-1], leaving(bare, "shunt_Na")[-1] - leaving(bare, "shunt_Cl")[-1],
        rtol=1e-3,
    )  # fmt: skip


def test_two_clamps_share_the_work() -> None:
    """Of V_te and of a cell between two floating nodes: both hold, and what the places gain is what
    the electrodes give, node by node.
    """
    model = epithelium(
        lambda te, *_: bm.Electrode(te, voltage="10 mV", name="across"),
        lambda _, apical, __: bm.Electrode(apical, voltage="-50 mV", name="inside"),
    )
    run = bm.simulate(model, until=Q(20, "s"))
    V = run.data.potential
    np.testing.assert_allclose(V.sel(membrane="junction"), 10, rtol=1e-14)
    np.testing.assert_allclose(V.sel(membrane="apical"), -50, rtol=1e-14)
    np.testing.assert_allclose(V.sel(membrane="basal"), -40, rtol=1e-13)
    across, inside = (run.data.electrode_current.sel(electrode=n) for n in ("across", "inside"))
    pump = leaving(run, "NaKATPase") * 1e12
    sodium, potassium = (leaving(run, n) * 1e12 for n in ("ENaC", "K_leak"))
    shunt = (leaving(run, "shunt_Na") - leaving(run, "shunt_Cl")) * 1e12
    np.testing.assert_allclose(inside, sodium + potassium + pump, rtol=1e-8)
    np.testing.assert_allclose(across - inside, shunt - sodium, rtol=1e-8)
    run.ledger.check()


def test_a_clamp_that_starts_elsewhere_books_the_way_there() -> None:
    """From the potential at the start to the command, ½C(V₁² − V₀²), is a step, and no heat."""
    scan = xr.DataArray([-70.0, 7.0], dims="V", attrs={"units": "mV"})
    run = bm.simulate(cell(voltage="-70 mV"), until="1 ms", parameters={"tip.voltage": scan})
    np.testing.assert_allclose(volts(run)[-1], [-0.07, 0.007], rtol=1e-14)
    work = run.ledger.stepped.isel(time=-1)
    np.testing.assert_allclose(work, [0, C / 2 * (0.007**2 - 0.07**2) * 1e12], atol=1e-14)
    np.testing.assert_allclose(run.ledger.relaxed, 0, atol=1e-14)
    run.ledger.check()
