"""Planted faults of sign, order and charge."""

import sympy as sp

from biomembrane.second_law.claim import Claim
from biomembrane.symbols import F

from .laws import (
    DG,
    EAAT,
    KCC,
    NBC,
    NCX,
    NHE,
    NKCC,
    RT,
    SGLT,
    V,
    c,
    exp,
    fault,
    ln,
    nkcc,
    pump,
    said,
    sglt,
    u,
)

# --- sign


@fault("voltage sign")
def potassium_GHK_with_V_reversed() -> Claim:
    return said("K", "K@in -> K@out", 0.1 * u * (c("K@in") - c("K@out") * exp(u)) / (exp(u) - 1))


@fault("voltage sign")
def SGLT_driven_by_V_the_wrong_way() -> Claim:
    return sglt(z=-2)


@fault("voltage sign")
def pump_that_V_helps() -> Claim:
    return pump(sign=-1)


@fault("voltage sign", "sides")
def chloride_with_a_cation_s_reversal_potential() -> Claim:
    return said("Cl", "Cl@in -> Cl@out", -0.3 * (V - RT / F * ln(c("Cl@out") / c("Cl@in"))))


@fault("direction")
def NKCC_backwards() -> Claim:
    return nkcc(sign=-1)


@fault("direction")
def NHE_written_for_the_other_direction() -> Claim:
    a, b = c("Na@out") * c("H@in"), c("Na@in") * c("H@out")
    return said("NHE", NHE, 12.0 * (b - a) / ((1 + c("Na@out") / 30) * (1 + c("H@in") / 1e-4)))


@fault("sides")
def SGLT_with_sodium_inside_out() -> Claim:
    return sglt(swap=True)


@fault("sides")
def proton_sides_swapped_in_an_exchanger() -> Claim:
    return said(
        "NHE",
        NHE,
        12.0 * (c("Na@out") * c("H@out") - c("Na@in") * c("H@in")) / (1 + c("Na@out") / 30),
    )


# --- order


@fault("order")
def SGLT_with_one_sodium() -> Claim:
    return sglt(n=1)


@fault("order")
def NKCC_with_one_chloride() -> Claim:
    return nkcc(cl=1)


@fault("order")
def pump_with_two_sodium() -> Claim:
    return pump(a=2)


@fault("order")
def pump_with_a_Hill_exponent() -> Claim:
    return pump(a=1.36)


@fault("order")
def NCX_with_four_sodium() -> Claim:
    a, b = c("Na@out") ** 4 * c("Ca@in") * exp(-u / 2), c("Na@in") ** 4 * c("Ca@out") * exp(u / 2)
    return said("NCX", NCX, 1e-6 * (a - b) / (1 + c("Ca@out") / 1.4))


@fault("order")
def NBC_with_the_reversal_potential_of_two_bicarbonates() -> Claim:
    E = RT / ((1 - 2) * F) * ln(c("Na@out") / c("Na@in") * (c("HCO3@out") / c("HCO3@in")) ** 2)
    return said("NBC", NBC, 0.2 * (V - E))


@fault("order")
def KCC_without_chloride_inside() -> Claim:
    return said("KCC", KCC, 1e-3 * (c("K@in") * 8.0 - c("K@out") * c("Cl@out")))


@fault("order")
def NKCC_with_the_outside_in_a_number() -> Claim:
    S = c("Na@in") * c("K@in") * c("Cl@in") ** 2 / 1e12
    return said("NKCC", NKCC, (157.55 - 2.0096e7 * S) / (1.0306 + 1.3852e6 * S))


@fault("order")
def SERCA_with_one_calcium() -> Claim:
    a = c("Ca@in") * c("ATP@in")
    b = exp(DG * 1e3 / RT) / 1000 * c("Ca@out") * c("ADP@in") * c("Pi@in")
    return said(
        "SERCA",
        "2 Ca@in + ATP@in -> 2 Ca@out + ADP@in + Pi@in",
        (a * exp(2 * u) - b * exp(-2 * u)) / (1 + c("Ca@in") / 3e-4),
        DG,
    )


@fault("order")
def EAAT_without_counter_transport_of_potassium() -> Claim:
    out, within = (c(f"Na@{s}") ** 3 * c(f"H@{s}") * c(f"glutamate@{s}") for s in ("out", "in"))
    return said("EAAT", EAAT, out * exp(-u) - within * exp(u))


@fault("order")
def lactate_without_its_proton() -> Claim:
    return said(
        "MCT",
        "lactate@in + H@in -> lactate@out + H@out",
        0.5 * (c("lactate@in") - c("lactate@out")) / (1 + c("lactate@in") / 4),
    )


# --- charge


@fault("charge")
def SGLT_without_voltage() -> Claim:
    return sglt(z=0)


@fault("charge")
def NCX_taken_for_electroneutral() -> Claim:
    return said(
        "NCX",
        NCX,
        1e-4
        * (c("Na@out") ** 3 * c("Ca@in") - c("Na@in") ** 3 * c("Ca@out"))
        / (1 + c("Na@in") / 12) ** 3,
    )


@fault("charge")
def pump_with_two_charges() -> Claim:
    return pump(z=2)


@fault("charge")
def fractions_of_the_field_that_add_up_to_nine_tenths() -> Claim:
    a1, a2, delta = 0.3, 0.0, 0.6
    ahead = exp(-2 * a1 * u / 2) * exp(-2 * delta * u / 2) * exp(-2 * a2 * u / 2)
    back = exp(2 * a1 * u / 2) * exp(2 * delta * u / 2) * exp(2 * a2 * u / 2)
    return said(
        "SGLT",
        SGLT,
        0.01
        * (c("Na@out") ** 2 * c("glucose@out") * ahead - c("Na@in") ** 2 * c("glucose@in") * back),
    )


@fault("charge")
def room_temperature_RT_over_F_in_a_warm_cell() -> Claim:
    v = V / sp.Float(0.0256926)
    return said("K", "K@in -> K@out", 0.1 * (c("K@in") * exp(v / 2) - c("K@out") * exp(-v / 2)))


@fault("charge")
def calcium_GHK_with_one_charge() -> Claim:
    return said(
        "Ca", "Ca@out -> Ca@in", 3.0 * u * (c("Ca@in") - c("Ca@out") * exp(-u)) / (exp(-u) - 1)
    )


@fault("charge")
def NBC_with_one_charge_too_few() -> Claim:
    a, b = c("Na@out") * c("HCO3@out") ** 3, c("Na@in") * c("HCO3@in") ** 3
    return said("NBC", NBC, 1e-5 * (a * exp(u / 2) - b * exp(-u / 2)))
