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


def reproduce(study: bm.Study) -> None:
    """Ten minutes, the steady state, and the steady state without the Na⁺ leak, where three Na⁺ a turn pay for one and a half glucose."""
    model = build()
    early = study.run(model, until=UNTIL)
    steady = study.run(model, label="steady", until="20 h")
    tight = study.run(model, label="without_leak", until="20 h", parameters={"Na_leak.permeability": Q(0, "cm/s")})

    first, last, sealed = (run.data.isel(time=-1) for run in (early, steady, tight))
    flux = {name: float(last.flux.sel(process=name)) for name in ("NaKATPase", "Na_leak", "GLUT2", "SGLT1:C1-C2")}
    bound = float(sealed.flux.sel(process="NaKATPase") / sealed.flux.sel(process="GLUT2"))
    balance = 3 * flux["NaKATPase"] / (2 * flux["SGLT1:C1-C2"] - flux["Na_leak"])
    stoichiometry = "stoichiometry: 2 Na⁺ a glucose, 3 Na⁺ an ATP"
    study.answer(
        "glucose_cell", first.concentration.sel(pool="cell.glucose"), "glucose in the cell after 10 min, above the blood's",
        wanted=(Q(5, "mM"), Q(86.2, "mM")), source="above the blood; below the static head of the carrier with its slip (bm.coupling)",
    )  # fmt: skip
    study.answer(
        "sodium_balance", Q(balance, "1"), "Na⁺ pumped out over Na⁺ that came in, at the steady state",
        wanted=Q(1, "1"), within=1e-4, source="mass balance, with 3 Na⁺ a turn of the pump",
    )  # fmt: skip
    study.answer(
        "atp_per_glucose", Q(flux["NaKATPase"] / flux["GLUT2"], "1"), "ATP spent per glucose that reaches the blood",
        wanted=(Q(2 / 3, "1"), Q(1, "1")), source=f"{stoichiometry}; more with a leak",
    )  # fmt: skip
    study.answer("atp_per_glucose_sealed", Q(bound, "1"), "the same without the Na⁺ leak", wanted=Q(2 / 3, "1"), within=0.01, source=stoichiometry)
    study.figure("energy", bm.figures.energy_flow(early))
    study.figure("traces", bm.figures.traces(early))
