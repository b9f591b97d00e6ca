"""Enterocyte: the pump pays, SGLT1 spends the sodium gradient to lift glucose, GLUT2 lets it out."""

import biomembrane as bm
from biomembrane import Q
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose

QUESTION = "How does ATP, which never touches glucose, lift it from a poor lumen into richer blood?"
UNTIL = "10 min"


def build() -> bm.Model:
    """Lumen, cell and blood; lumen grounded (short circuit).

    Volumes, areas, contents and the Na⁺ leak are assumed, round numbers of an epithelial cell.  SGLT1 has the constants of Eskandari,
    Wright & Loo 2005: in those of Parent et al. 1992 glucose leaves the carrier inside with an affinity of 44 µM (k45/k54), so that the
    carrier all but stops against a few mM of cell glucose.
    """
    lumen = bm.Reservoir("lumen", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(1, "mM")})
    blood = bm.Reservoir("blood", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(5, "mM")})
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(15, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"), glucose: Q(1, "mM")},
        held={ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    capacitance = lib.sheet("membrane_typical")["specific_capacitance"]
    apical = bm.Membrane("apical", inside=cell, outside=lumen, area=Q(200, "um^2"), capacitance=capacitance)
    basal = bm.Membrane("basolateral", inside=cell, outside=blood, area=Q(400, "um^2"), capacitance=capacitance)
    pump = lib.NaKATPase(basal, density=lib.sheet("membrane_typical")["NaK_density_epithelium"])
    sodium = lib.leak(Na, basal, permeability=Q(5e-9, "cm/s"))
    parts = [pump, lib.leak(K, basal), sodium, lib.SGLT1(apical, data="eskandari_2005"), lib.GLUT2(basal)]
    return bm.Model("enterocyte", parts, potential={basal: Q(-60, "mV")}, reference=blood)
