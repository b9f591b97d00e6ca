"""Planted faults of the books, laws that go one way, and laws of a wrong shape."""

import sympy as sp

from biomembrane.second_law.claim import Claim
from biomembrane.symbols import F

from .laws import DG, EAAT, GLUT, NBC, RT, NaK, V, c, exp, fault, ln, pump, said, sglt, u

# --- books


@fault("current")
def leak_current_without_an_ion() -> Claim:
    return said("leak", GLUT, 0.1 * (c("glucose@out") - c("glucose@in")), current=1.0)


@fault("current")
def pump_current_booked_twice() -> Claim:
    made = pump()
    return said("pump", NaK, made.flux, DG, current=-2.0)


@fault("current")
def NBC_booked_with_one_charge() -> Claim:
    a, b = c("Na@out") * c("HCO3@out") ** 3, c("Na@in") * c("HCO3@in") ** 3
    return said("NBC", NBC, 1e-5 * (a * exp(u) - b * exp(-u)), current=-1.0)


@fault("mass")
def phosphate_that_vanishes() -> Claim:
    return said(
        "ATPase", "ATP@in -> ADP@in", 1e-3 * (c("ATP@in") - c("ADP@in")), unbalanced="phosphate −1"
    )


@fault("mass")
def carbon_from_nothing() -> Claim:
    return said(
        "exchange",
        "lactate@in -> 2 alanine@in",
        0.1 * (c("lactate@in") - c("alanine@in") ** 2),
        unbalanced="C +3, N +2",
    )


# --- one way


@fault("irreversible")
def constant_pump() -> Claim:
    return said("pump", NaK, sp.Float(0.2), DG)


@fault("irreversible")
def sigmoid_pump() -> Claim:
    return said(
        "pump", NaK, 6.8 / (1 + exp((25 - c("Na@in")) / 3)) / (1 + exp(5.5 - c("K@out"))), DG
    )


@fault("irreversible")
def saturable_pump_without_products() -> Claim:
    flux = (c("Na@in") / (c("Na@in") + 0.2 * (1 + c("K@in") / 8.33))) ** 3 * (
        c("K@out") / (c("K@out") + 0.1 * (1 + c("Na@out") / 18.5))
    ) ** 2
    return said("pump", NaK, flux, DG)


@fault("irreversible")
def proton_pump_that_stops_softly() -> Claim:
    push = RT * ln(c("H@out") / c("H@in")) - F * V
    return said(
        "V-ATPase",
        "H@in + ATP@in -> H@out + ADP@in + Pi@in",
        0.3 / (1 + exp(0.4e-3 * (push - 2100))),
        DG,
    )


@fault("irreversible")
def one_way_uptake() -> Claim:
    return said("EAAT", EAAT, 0.1 * c("glutamate@out") / (0.02 + c("glutamate@out")))


@fault("irreversible")
def clipped_exchanger() -> Claim:
    return said("GLUT", GLUT, sp.Max(0, 0.3 * (c("glucose@out") - c("glucose@in"))))


# --- shape


@fault("factor")
def inhibition_that_turns_negative() -> Claim:
    return sglt(extra=1 - c("glucose@in") / 4)


@fault("factor")
def a_turnover_fitted_by_a_line() -> Claim:
    return said(
        "GLUT", GLUT, (0.5 + 8 * V) * (c("glucose@out") - c("glucose@in")) / (5 + c("glucose@out"))
    )


@fault("nonlinear", "constant")
def two_saturations_with_equal_initial_slopes() -> Claim:
    a, b = (
        6.0 * c("glucose@out") / (3 + c("glucose@out")),
        2.0 * c("glucose@in") / (1 + c("glucose@in")),
    )
    return said("GLUT", GLUT, a - b)


@fault("nonlinear")
def a_constant_uptake_beside_a_carrier() -> Claim:
    return said("GLUT", GLUT, 0.4 * (c("glucose@out") - c("glucose@in")) + 0.3)
