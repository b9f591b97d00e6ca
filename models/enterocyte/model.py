"""Enterocyte: the pump pays, SGLT1 spends the sodium gradient to lift glucose, GLUT2 lets it
out.
"""

import math

import biomembrane as bm
from biomembrane import Q, constants
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose

QUESTION = "How does ATP, which never touches glucose, lift it from a poor lumen into richer blood?"
UNTIL = "10 min"


def build() -> bm.Model:
    """Lumen, cell and blood; lumen grounded (short circuit).

    Volumes, areas, contents and the Na⁺ leak are assumed, round numbers of an epithelial cell.
    SGLT1 has the constants of Eskandari, Wright & Loo 2005: in those of Parent et al. 1992 glucose
    leaves the carrier inside with an affinity of 44 µM (k45/k54), so that the carrier all but stops
    against a few mM of cell glucose.
    """
    lumen = bm.Reservoir(
        "lumen", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(1, "mM")}
    )
    blood = bm.Reservoir(
        "blood", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(5, "mM")}
    )
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={Na: Q(15, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"),
        glucose: Q(1, "mM")},
        held={ATP: Q(4, "mM"), ADP: Q(0.4, "mM"), Pi: Q(4, "mM")}, impermeant=bm.balance(charge=-1),
    )  # fmt: skip
    capacitance = lib.sheet("membrane_typical")["specific_capacitance"]
    apical = bm.Membrane(
        "apical", inside=cell, outside=lumen, area=Q(200, "um^2"), capacitance=capacitance
    )
    basal = bm.Membrane(
        "basolateral", inside=cell, outside=blood, area=Q(400, "um^2"), capacitance=capacitance
    )
    pump = lib.NaKATPase(basal, density=lib.sheet("membrane_typical")["NaK_density_epithelium"])
    sodium = lib.leak(Na, basal, permeability=Q(5e-9, "cm/s"))
    parts = [
        pump,
        lib.leak(K, basal),
        sodium,
        lib.SGLT1(apical, data="eskandari_2005"),
        lib.GLUT2(basal),
    ]
    return bm.Model("enterocyte", parts, potential={basal: Q(-60, "mV")}, reference=blood)


RT = constants.GAS * constants.BODY_TEMPERATURE / 1000  # kJ/mol
STEPS = {
    "NaKATPase": "the pump",
    "Na_leak": "the Na⁺ leak",
    "K_leak": "the K⁺ leak",
    "SGLT1": "SGLT1",
    "GLUT2": "GLUT2",
}


def reproduce(study: bm.Study) -> None:
    """Ten minutes, the steady state, and the steady state without the Na⁺ leak, where three Na⁺ a
    turn pay for one and a half glucose.
    """
    model = build()
    early = study.run(model, until=UNTIL)
    steady = study.run(model, label="steady", until="20 h")
    tight = study.run(
        model, label="without_leak", until="20 h", parameters={"Na_leak.permeability": Q(0, "cm/s")}
    )
    fuel = 31.613 - RT * math.log(
        0.4e-3 * 4e-3 / 4e-3
    )  # kJ/mol, −ΔG of hydrolysis at the contents held
    _early(study, early, fuel)
    _balance(study, steady, tight)
    _per_glucose(study, steady, fuel)
    study.figure("energy", bm.figures.energy_flow(early))
    study.figure("traces", bm.figures.traces(early))


def _early(study: bm.Study, run: bm.Run, fuel: float) -> None:
    """The state after ten minutes."""
    last = run.data.isel(time=-1)
    V, Na_in = last.potential.sel(membrane="apical"), last.concentration.sel(pool="cell.Na")
    head = (140 / float(Na_in)) ** 2 * math.exp(-2e-6 * float(V) * constants.FARADAY / RT)
    study.answer(
        "glucose_cell",
        last.concentration.sel(pool="cell.glucose"),
        "glucose in the cell after 10 min, above the blood's",
        wanted=(Q(5, "mM"), Q(head, "mM")),
        source=(
            "above the blood; below 1 mM (Na_o/Na_i)² exp(−2FV/RT), what 2 Na⁺ could hold without"
            " slip"
        ),
    )
    study.answer(
        "static_head", Q(head, "mM"), "what 2 Na⁺ could hold without slip, at the V and Na⁺ found"
    )
    study.answer("potential", V, "potential of the cell after 10 min")
    study.answer("Na_cell", Na_in, "Na⁺ in the cell after 10 min")
    turned = float(run.data.flux.sel(process="NaKATPase").integrate("time"))
    study.answer(
        "spent",
        Q(float(run.ledger.spent[-1]), "pJ"),
        "ATP energy spent in 10 min",
        wanted=Q(turned * fuel, "pJ"),
        within=1e-3,
        source=(
            "turns of the pump times −ΔG of hydrolysis: ΔG′° −31.61 kJ/mol (Smith & Crampin 2004,"
            " total phosphate) at 4, 0.4 and 4 mM"
        ),
    )


def _balance(study: bm.Study, steady: bm.Run, tight: bm.Run) -> None:
    """Na⁺ and ATP counted at the steady state."""
    last, sealed = (run.data.isel(time=-1) for run in (steady, tight))
    flux = {
        name: float(last.flux.sel(process=name))
        for name in ("NaKATPase", "Na_leak", "GLUT2", "SGLT1:C1-C2")
    }
    bound = float(sealed.flux.sel(process="NaKATPase") / sealed.flux.sel(process="GLUT2"))
    entered = 2 * flux["SGLT1:C1-C2"] - flux["Na_leak"]
    stoichiometry = "2 Na⁺ a glucose, 3 Na⁺ an ATP"
    study.answer(
        "sodium_balance", Q(3 * flux["NaKATPase"] / entered, "1"),
        "Na⁺ pumped out over Na⁺ that came in, at the steady state",
        wanted=Q(1, "1"), within=1e-4, source="mass balance, with 3 Na⁺ a turn of the pump",
    )  # fmt: skip
    study.answer(
        "atp_per_glucose", Q(flux["NaKATPase"] / flux["GLUT2"], "1"),
        "ATP spent per glucose that reaches the blood",
        wanted=Q(entered / 3 / flux["GLUT2"], "1"), within=1e-4,
        source="an ATP for each 3 Na⁺ that came in with glucose, by slip or by the leak",
    )  # fmt: skip
    study.answer("atp_per_glucose_sealed", Q(bound, "1"), "the same without the Na⁺ leak",
        wanted=Q(2 / 3, "1"), within=0.01,
                 source=f"{stoichiometry}; the slip of SGLT1 adds 0.5 %")  # fmt: skip
    study.answer(
        "leak_share",
        Q(-flux["Na_leak"] / entered, "1"),
        "share of the Na⁺ that comes in by the leak",
    )


def _per_glucose(study: bm.Study, run: bm.Run, fuel: float) -> None:
    """Energy kept and lost in each step at the steady state, per mole of glucose that reaches the
    blood.
    """
    last = run.data.isel(time=-1)
    J = float(last.flux.sel(process="GLUT2"))
    heat = {
        t: float(last.dissipation.where(last.transporter == t, drop=True).sum()) / J
        for t in run.ledger.transporters
    }
    spent, kept = float(last.flux.sel(process="NaKATPase")) / J * fuel, RT * math.log(5)
    study.answer("fuel", Q(fuel, "kJ/mol"), "−ΔG of ATP hydrolysis")
    study.answer(
        "spent_per_glucose", Q(sum(heat.values()) + kept, "kJ/mol"),
        "heat and gradient per mole of glucose", wanted=Q(spent, "kJ/mol"), within=1e-4,
        source="ATP spent per glucose times −ΔG of hydrolysis",
    )  # fmt: skip
    for name, dissipated in heat.items():
        study.answer(
            f"heat_{name}", Q(dissipated, "kJ/mol"), f"lost in {STEPS[name]} per mole of glucose"
        )
    study.answer("kept", Q(kept, "kJ/mol"), "kept: glucose from 1 to 5 mM, RT ln 5")
    study.answer(
        "overall",
        Q(kept / spent, "1"),
        "share of the ATP energy that reaches the blood as a glucose gradient",
    )
    c = {
        name: float(last.concentration.sel(pool=f"cell.{name}")) for name in ("Na", "K", "glucose")
    }
    V = float(last.potential.sel(membrane="apical")) * 1e-6 * constants.FARADAY  # kJ/mol of charge
    sodium, potassium, sugar = (
        RT * math.log(140 / c["Na"]) - V,
        RT * math.log(c["K"] / 5) + V,
        RT * math.log(c["glucose"]),
    )
    study.answer(
        "sodium", Q(sodium, "kJ/mol"), "energy of a mole of Na⁺ that comes in, at the steady state"
    )
    worked = 1 - float(last.affinity.sel(process="NaKATPase")) / fuel
    study.answer(
        "pump_efficiency",
        Q(worked, "1"),
        "share that the pump hands on to Na⁺ and K⁺",
        wanted=Q((3 * sodium + 2 * potassium) / fuel, "1"),
        within=1e-4,
        source=(
            "3 Na⁺ out and 2 K⁺ in, RT ln(c/c) and FV at the contents found, over −ΔG of hydrolysis"
        ),
    )
    taken = 2 * float(last.flux.sel(process="SGLT1:C1-C2")) / J * sodium
    lifted = float(last.flux.sel(process="SGLT1:C3-C4")) / J * sugar
    study.answer(
        "SGLT1_efficiency",
        Q(1 - heat["SGLT1"] / taken, "1"),
        "share that SGLT1 hands on to glucose",
        wanted=Q(lifted / taken, "1"),
        within=1e-4,
        source=(
            "RT ln(c_in/1 mM) of the glucose over the energy of the Na⁺ that came with it and by"
            " slip"
        ),
    )
    study.answer("SGLT1_bound", Q(sugar / (2 * sodium), "1"), "the same of a carrier without slip")
