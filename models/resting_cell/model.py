"""Resting cell: the pump and three leaks, and the potential they settle at."""

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi

QUESTION = "What makes the resting potential, and what does it cost to keep?"
UNTIL = "30 min"


def build() -> bm.Model:
    """One cell in a bath.

    Volume, area, contents and P_K are assumed, round numbers of a small cell; P_Na and P_Cl are 0.04 and 0.45 of P_K, the ratios of
    Hodgkin & Katz 1949.
    """
    bath = bm.Reservoir("bath", {Na: Q(145, "mM"), K: Q(4.5, "mM"), Cl: Q(149.5, "mM")})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(12, "mM"), K: Q(130, "mM"), Cl: Q(8, "mM")},
        held={ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    membrane = bm.Membrane(
        "membrane", inside=cell, outside=bath, area=Q(500, "um^2"), capacitance=lib.sheet("membrane_typical")["specific_capacitance"]
    )
    leaks = [lib.leak(ion, membrane, permeability=Q(P, "cm/s")) for ion, P in ((K, 5e-7), (Na, 2e-8), (Cl, 2.25e-7))]
    parts = [lib.NaKATPase(membrane), *leaks]
    return bm.Model("resting_cell", parts, potential={membrane: Q(-70, "mV")})
