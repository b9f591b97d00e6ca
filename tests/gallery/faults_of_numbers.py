"""Planted faults of units, conventions, constants, rounding and temperature."""

import sympy as sp

import biomembrane as bm
from biomembrane.second_law.claim import Claim
from biomembrane.symbols import B, R, T

from .laws import CARRIER, DG, GLUT, NCX, RT, SIX, c, cycle, exp, fault, pump, q10, said, sglt, u

# --- units


@fault("unit")
def millivolts_beside_F_over_RT_in_volts() -> Claim:
    v = 1000 * u
    return said("K", "K@in -> K@out", 0.1 * (c("K@in") * B(-v) - c("K@out") * B(v)))


@fault("unit")
def one_half_saturation_in_molar() -> Claim:
    a, b = c("glucose@out") / 9.5, c("glucose@in") / 0.0095
    return said("GLUT", GLUT, 2.0 * (a - b) / (1 + a + b))


@fault("unit")
def equilibrium_constant_of_hydrolysis_in_molar() -> Claim:
    K_eq = exp(-DG * 1e3 / RT)  # M, beside concentrations in mM
    return said(
        "ATPase",
        "ATP@in -> ADP@in + Pi@in",
        1e-3 * (c("ATP@in") - c("ADP@in") * c("Pi@in") / K_eq),
        DG,
    )


@fault("unit")
def two_sodium_constants_in_molar() -> Claim:
    return sglt(back=1e6)


@fault("unit")
def calcium_in_micromolar_on_one_side() -> Claim:
    a, b = (
        c("Na@out") ** 3 * 1e3 * c("Ca@in") * exp(-u / 2),
        c("Na@in") ** 3 * c("Ca@out") * exp(u / 2),
    )
    return said("NCX", NCX, 1e-5 * (a - b) / (1 + 0.1 * exp(-0.65 * u)))


# --- conventions of standard energies


@fault("convention")
def pump_with_an_apparent_energy_beside_explicit_protons() -> Claim:
    a = c("Na@in") ** 3 * c("K@out") ** 2 * c("MgATP@in") * exp(u / 2)
    b = (
        exp(sp.Float(-29.6e3) / RT)
        * c("Na@out") ** 3
        * c("K@in") ** 2
        * c("MgADP@in")
        * c("HPO4@in")
        * c("H@in")
        * exp(-u / 2)
        / 1e6
    )
    reaction = "3 Na@in + 2 K@out + MgATP@in -> 3 Na@out + 2 K@in + MgADP@in + HPO4@in + H@in"
    return said("pump", reaction, 1e-3 * (a - b), 11.9)


@fault("convention")
def hydrolysis_without_protons_and_an_energy_with_them() -> Claim:
    K_eq = exp(sp.Float(-11.9e3) / RT) * 1000
    return said(
        "ATPase",
        "ATP@in -> ADP@in + Pi@in",
        1e-3 * (c("ATP@in") - c("ADP@in") * c("Pi@in") / K_eq),
        -29.6,
    )


@fault("convention")
def proton_pump_with_an_energy_at_pH_7() -> Claim:
    reaction = "2 H@in + MgATP@in -> 2 H@out + MgADP@in + HPO4@in + H@in"
    a = c("H@in") ** 2 * c("MgATP@in") * exp(u)
    b = (
        exp(sp.Float(-29.6e3) / RT)
        * c("H@out") ** 2
        * c("MgADP@in")
        * c("HPO4@in")
        * c("H@in")
        * exp(-u)
        / 1e6
    )
    return said("V-ATPase", reaction, (a - b) / (1 + c("MgATP@in")), 11.9)


# --- constants: Haldane, loops


@fault("constant")
def pump_with_one_rate_ten_times_too_high() -> Claim:
    return pump(back=10)


@fault("constant")
def two_half_saturations_and_one_maximum() -> Claim:
    return said(
        "GLUT",
        GLUT,
        3.0
        * (c("glucose@out") / (1.6 + c("glucose@out")) - c("glucose@in") / (4.0 + c("glucose@in"))),
    )


@fault("constant")
def AE1_with_a_rate_off_by_a_third() -> Claim:
    a, b = (
        1247 / 198 * c("HCO3@in") * 61 / 50 * c("Cl@out"),
        1.33 * 135 / 198 * c("HCO3@out") * 562 / 50 * c("Cl@in"),
    )
    D = (1 + c("HCO3@in") / 198 + c("Cl@in") / 50) * (1 + c("HCO3@out") / 198 + c("Cl@out") / 50)
    return said("AE1", "HCO3@in + Cl@out -> HCO3@out + Cl@in", (a - b) / D)


@fault("constant")
def carrier_with_a_loop_off_by_three() -> bm.Cycle:
    return cycle(CARRIER, {1: 3.0})


@fault("constant")
def symporter_with_a_slip_off_by_ten() -> bm.Cycle:
    return cycle(SIX, {6: 10.0})


@fault("constant")
def symporter_with_sugar_release_off_by_two() -> bm.Cycle:
    return cycle(SIX, {3: 2.0})


@fault("constant")
def symporter_with_a_closed_sugar_loop_and_an_open_leak() -> bm.Cycle:
    return cycle(SIX, {5: 4.0, 1: 0.25})


# --- rounding


@fault("rounding")
def symporter_as_printed_with_two_digits() -> bm.Cycle:
    return cycle(SIX)


@fault("rounding")
def AE1_as_printed() -> Claim:
    a, b = 1247 * 61 * c("HCO3@in") * c("Cl@out"), 135 * 562 * c("HCO3@out") * c("Cl@in")
    return said("AE1", "HCO3@in + Cl@out -> HCO3@out + Cl@in", (a - b) / (1 + c("Cl@out") / 50))


@fault("Q10")
def carrier_with_two_Q10() -> Claim:
    return said("GLUT", GLUT, 2.0 * (q10(3.0) * c("glucose@out") - q10(2.1) * c("glucose@in")))


@fault("Q10")
def activation_energies_that_differ() -> Claim:
    warm = (1 / sp.Float(310.15) - 1 / T) / R
    return said(
        "GLUT",
        GLUT,
        2.0
        * (exp(60e3 * warm) * c("glucose@out") - exp(88e3 * warm) * c("glucose@in"))
        / (1 + c("glucose@out") / 7),
    )


@fault("Q10")
def a_temperature_factor_on_one_term_only() -> Claim:
    return said(
        "K", "K@in -> K@out", 0.1 * (q10(1.4) * c("K@in") * exp(u / 2) - c("K@out") * exp(-u / 2))
    )
