"""Energy loop: ATP pumps sodium, sodium brings glucose, glucose makes ATP, all of it in one cell
and at once.
"""

from __future__ import annotations

import math
from typing import Any

import biomembrane as bm
from biomembrane import Q, constants, laws
from biomembrane import library as lib
from biomembrane.library import ADP, ATP, Cl, K, Na, Pi, glucose

QUESTION = (
    "A glucose costs the cell less than one ATP and gives it thirty: where does the energy come"
    " from, and where does it go?"
)
UNTIL = "10 min"
YIELD = 30


def oxidation() -> tuple[bm.Species, bm.Species]:
    """O₂ and CO₂ as species at fixed pH.

    C₆H₁₂O₆ + 6 O₂(aq) → 6 CO₂(total), ΔG′° ≈ −2950 kJ/mol at pH 7, I 0.1 to 0.25 M (Alberty's
    formation energies); total CO₂ is the sum of CO₂, H₂CO₃ and HCO₃⁻ and has the water in it, hence
    its formula.  Glucose and O₂ are the zeros.
    """
    energy = bm.Parameter(
        Q(-2950 / 6, "kJ/mol"),
        bm.Source("derived", citation="Alberty 2003", note="a sixth of glucose oxidation, pH 7"),
    )
    return bm.Species("O2", formula="O2", label="O₂"), bm.Species(
        "CO2", formula="CH2O3", standard=energy, convention=ATP.convention, label="CO₂"
    )


def respiration(cell: bm.Compartment) -> bm.Transporter:
    """All of glycolysis, citric acid cycle and oxidative phosphorylation as one reaction of 30 ATP,
    the simplest law that can run it.

    J = L·g·A with the share g of its enzymes that find ADP and glucose.  K_ADP = 275 µM is that of
    permeabilized rat hepatocytes (Biochem. Biophys. Res. Commun. 1995, 213:138); K = 0.1 mM for
    glucose and L are assumed.  That the flow is linear in the force so far from equilibrium is the
    simplest assumption, not a finding: rates and contents depend on it, stoichiometries and
    energies per glucose do not.
    """

    def activation(site: bm.Site) -> Any:
        share = 1
        measured = bm.Source(
            "measured",
            citation="Biochem. Biophys. Res. Commun. 1995, 213:138, abstract",
            preparation="permeabilized rat hepatocytes",
        )
        for name, K_half in (
            ("ADP", bm.Parameter(Q(0.275, "mM"), measured)),
            ("glucose", Q(0.1, "mM")),
        ):
            share *= site[f"{name}@in"] / (
                site[f"{name}@in"]
                + site.parameter(
                    f"half_{name}", K_half, bm.dimension.CONCENTRATION, domain="positive"
                )
            )
        return share

    text = f"glucose@in + 6 O2@in + {YIELD} ADP@in + {YIELD} Pi@in -> 6 CO2@in + {YIELD} ATP@in"
    return bm.Transporter(
        "respiration",
        text,
        cell,
        laws.Onsager(coefficient=Q(1.5e-24, "mol^2/J/s")),
        modulator=activation,
    )


def build() -> bm.Model:
    """The shipped enterocyte with ATP, ADP and P_i as pools of the cell, and a respiration that
    burns a part of the glucose it has taken up.

    O₂ and CO₂ are held as blood holds them: 0.05 mM (40 mmHg at 1.3 µM/mmHg) and 16 mM, assumed
    round numbers.  All else as there.
    """
    O2, CO2 = oxidation()
    lumen = bm.Reservoir(
        "lumen", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(1, "mM")}
    )
    blood = bm.Reservoir(
        "blood", {Na: Q(140, "mM"), K: Q(5, "mM"), Cl: Q(145, "mM"), glucose: Q(5, "mM")}
    )
    cell = bm.Compartment(
        "cell", volume=Q(1, "pL"), contents={
            Na: Q(15, "mM"), K: Q(130, "mM"), Cl: Q(20, "mM"), glucose: Q(5, "mM"), ATP: Q(4, "mM"),
            ADP: Q(0.4, "mM"), Pi: Q(4, "mM"),
        },
        held={O2: Q(0.05, "mM"), CO2: Q(16, "mM")}, impermeant=bm.balance(charge=-1),
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
    carriers = [lib.SGLT1(apical, data="eskandari_2005"), lib.GLUT2(basal)]
    return bm.Model(
        "energy_loop",
        [pump, lib.leak(K, basal), sodium, *carriers, respiration(cell)],
        potential={basal: Q(-60, "mV")},
        reference=blood,
    )


RT = constants.GAS * constants.BODY_TEMPERATURE / 1000  # kJ/mol
COLOURS = {
    "NaKATPase": "#7A6000",
    "SGLT1": "#882255",
    "Na_leak": "#0072B2",
    "K_leak": "#D55E00",
    "GLUT2": "#009E73",
    "respiration": "#8A8078",
}
LABELS = {"NaKATPase": "Na⁺/K⁺ pump", "Na_leak": "Na⁺ leak", "K_leak": "K⁺ leak"}


def reproduce(study: bm.Study) -> None:
    """The steady state with and without the Na⁺ leak; and a lumen that is filled and emptied, where
    all processes answer at once.
    """
    model = build()
    steady = study.run(model, label="steady", until="20 h")
    tight = study.run(
        model, label="without_leak", until="20 h", parameters={"Na_leak.permeability": Q(0, "cm/s")}
    )
    meal = bm.Protocol.steps(
        Q(0.01, "mM"), (Q(30, "min"), Q(1, "mM")), (Q(40, "min"), Q(0.01, "mM"))
    )
    fed = study.run(
        model,
        label="meal",
        times=Q(range(0, 3601, 10), "s"),
        start=steady,
        parameters={"lumen.glucose": meal},
    )
    _return(study, steady, tight)
    friction = _friction(study, steady)
    _at_once(study, fed)
    study.figure("energy", bm.figures.energy_flow(steady))
    study.figure("friction", _bars(friction))
    study.figure("meal", _meal(fed))


def _fluxes(run: bm.Run, time: int = -1) -> dict[str, float]:
    """Fluxes [fmol/s] of the pump, the leaks and respiration, of glucose through SGLT1 and
    GLUT2.
    """
    flux = run.data.flux.isel(time=time)
    names = {name: name for name in ("NaKATPase", "Na_leak", "K_leak", "GLUT2", "respiration")} | {
        "SGLT1": "SGLT1:C3-C4"
    }
    return {name: float(flux.sel(process=process)) for name, process in names.items()}


def _return(study: bm.Study, steady: bm.Run, tight: bm.Run) -> None:
    """ATP and glucose counted at the steady state."""
    J, sealed = _fluxes(steady), _fluxes(tight)
    phosphorylation = (
        "P/O 2.5 and 1.5 (Hinkle 2005): 4 ATP and GTP + 8 NADH × 2.5 + 2 FADH₂ × 1.5 + 2 cytosolic"
        " NADH × 1.5 or 2.5"
    )
    low, high = (4 + 8 * 2.5 + 2 * 1.5 + 2 * each for each in (1.5, 2.5))
    study.answer(
        "gained", Q(J["NaKATPase"] / J["respiration"], "1"),
        "ATP that is made, and spent, per glucose burnt",
        wanted=(Q(low - 1e-6, "1"), Q(high, "1")), source=phosphorylation,
    )  # fmt: skip
    entered = 2 * float(steady.data.flux.sel(process="SGLT1:C1-C2")[-1]) - J["Na_leak"]
    study.answer(
        "cost",
        Q(J["NaKATPase"] / J["SGLT1"], "1"),
        "ATP spent per glucose taken up",
        wanted=Q(entered / 3 / J["SGLT1"], "1"),
        within=1e-6,
        source=(
            "mass balance: an ATP for each 3 Na⁺ that came in with glucose, by slip or by the leak"
        ),
    )
    study.answer(
        "cost_sealed", Q(sealed["NaKATPase"] / sealed["SGLT1"], "1"),
        "the same without the Na⁺ leak", wanted=Q(2 / 3, "1"), within=0.01,
        source="2 Na⁺ a glucose, 3 Na⁺ an ATP; the slip of SGLT1 adds 0.5 %",
    )  # fmt: skip
    study.answer(
        "burnt",
        Q(J["respiration"] / J["SGLT1"], "1"),
        "share of the glucose that is burnt to pay for the uptake of all of it",
    )
    study.answer(
        "burnt_sealed", Q(sealed["respiration"] / sealed["SGLT1"], "1"),
        "the same without the Na⁺ leak", wanted=Q(1 / 45, "1"), within=0.01,
        source="2/3 ATP spent over 30 gained",
    )  # fmt: skip
    study.answer(
        "delivered",
        Q(J["GLUT2"] / J["respiration"], "1"),
        "glucose that reaches the blood per glucose burnt",
    )
    study.answer(
        "glucose_balance", Q((J["GLUT2"] + J["respiration"]) / J["SGLT1"], "1"),
        "glucose to the blood and burnt, over glucose taken up",
        wanted=Q(1, "1"), within=1e-6, source="mass balance of a steady state",
    )  # fmt: skip
    last = steady.data.isel(time=-1)
    for name in ("ATP", "ADP", "Pi", "glucose"):
        study.answer(
            f"{name}_cell", last.concentration.sel(pool=f"cell.{name}"), f"{name} in the cell"
        )
    total = sum(float(last.concentration.sel(pool=f"cell.{name}")) for name in ("ATP", "ADP"))
    study.answer(
        "adenosine",
        Q(total, "mM"),
        "ATP and ADP together",
        wanted=Q(4.4, "mM"),
        within=1e-6,
        source="neither made nor lost: 4 + 0.4 mM",
    )


def _friction(study: bm.Study, run: bm.Run) -> dict[str, float]:
    """Heat of each process at the steady state [kJ per mole of glucose taken up], with its
    source.
    """
    J, last = _fluxes(run), run.data.isel(time=-1)
    c = {
        name: float(last.concentration.sel(pool=f"cell.{name}"))
        for name in ("ATP", "ADP", "Pi", "glucose")
    }
    fuel = 31.613 - RT * math.log(c["ADP"] * c["Pi"] / c["ATP"] / 1000)
    burning = 2950 - RT * math.log(0.016**6 / (c["glucose"] / 1000 * 0.05e-3**6))
    heat = {
        t: float(last.dissipation.where(last.transporter == t, drop=True).sum()) / J["SGLT1"]
        for t in run.ledger.transporters
    }
    study.answer("ATP_energy", Q(fuel, "kJ/mol"), "−ΔG of ATP hydrolysis that settles")
    study.answer(
        "oxidation", Q(float(last.affinity.sel(process="respiration")) + 30 * fuel, "kJ/mol"),
        "energy of a mole of glucose burnt",
        wanted=Q(burning, "kJ/mol"), within=1e-5,
        source="2950 kJ/mol (Alberty) and RT ln of the contents: O₂ 0.05 mM, CO₂ 16 mM",
    )  # fmt: skip
    study.answer(
        "respiration_efficiency", Q(30 * fuel / burning, "1"), "share of it that comes back as ATP"
    )
    study.answer("respiration_heat", Q(burning - 30 * fuel, "kJ/mol"),
        "heat of respiration per glucose burnt", wanted=last.affinity.sel(
        process="respiration"), within=1e-4, source="energy of oxidation less 30 times that of ATP"
    )  # fmt: skip
    for name, dissipated in heat.items():
        study.answer(
            f"heat_{name}",
            Q(dissipated, "kJ/mol"),
            f"heat of {LABELS.get(name, name)} per glucose taken up",
        )
    moved = sum(dissipated for name, dissipated in heat.items() if name != "respiration")
    spent = J["NaKATPase"] / J["SGLT1"] * fuel
    lifted = (J["GLUT2"] * RT * math.log(5) + J["respiration"] * RT * math.log(c["glucose"])) / J[
        "SGLT1"
    ]
    study.answer(
        "transport_cost",
        Q(spent, "kJ/mol"),
        "ATP energy spent per glucose taken up",
        wanted=Q(moved + lifted, "kJ/mol"),
        within=1e-4,
        source=(
            "heat of all transport, and RT ln(c/1 mM) of the glucose where it ends: blood 5 mM, or"
            " the cell"
        ),
    )
    study.answer("transport_work", Q(lifted, "kJ/mol"), "of that, left in the glucose gradient")
    study.answer(
        "leverage",
        Q(burning / spent, "1"),
        "energy of a glucose burnt over the cost of taking one up",
    )
    return heat


def _at_once(study: bm.Study, fed: bm.Run) -> None:
    """The balance of a meal: glucose in, and ATP made and spent meanwhile."""
    amount = fed.data.amount
    gained = float(amount.sel(pool="cell.ATP")[-1] - amount.sel(pool="cell.ATP")[0])
    turned = {
        name: float(fed.data.flux.sel(process=name).integrate("time"))
        for name in ("NaKATPase", "respiration", "SGLT1:C3-C4", "GLUT2")
    }
    study.answer(
        "meal_ATP", Q(30 * turned["respiration"] - turned["NaKATPase"], "fmol"),
        "ATP made less ATP spent over the hour of a meal",
        wanted=Q(gained, "fmol"), within=Q(0.01, "fmol"),
        source="change of the ATP pool, counted in the pool itself",
    )  # fmt: skip
    study.answer(
        "meal_spent",
        Q(turned["NaKATPase"], "fmol"),
        "ATP spent in that hour: the pool is turned over many times",
    )
    low, high = (float(f(amount.sel(pool="cell.ATP"))) for f in (min, max))
    study.answer("meal_swing", Q((high - low) / high, "1"), "while ATP itself varies by")


def _bars(heat: dict[str, float]) -> Any:
    """Heat by process, per glucose taken up."""
    from matplotlib.figure import Figure

    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 48 / 25.4), layout="constrained")
        axes = figure.subplots()
        names = sorted(heat, key=lambda name: heat[name])
        bars = axes.barh(
            [LABELS.get(name, name) for name in names],
            [heat[name] for name in names],
            color=[COLOURS[name] for name in names],
        )
        axes.bar_label(bars, [f"{heat[name]:.1f}" for name in names], padding=2)
        axes.set(
            xlabel="heat / kJ per mole of glucose taken up", xlim=(0, 1.15 * max(heat.values()))
        )
    return figure


def _meal(run: bm.Run) -> Any:
    """Fluxes and pools while the lumen is filled and emptied."""
    from matplotlib.figure import Figure

    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 85 / 25.4), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        minutes = run.data.time / 60 - 30
        rows = (("SGLT1:C3-C4", 1, "glucose in, SGLT1", "SGLT1", "-"),
            ("GLUT2", 1, "glucose out, GLUT2", "GLUT2", (0, (4, 1.5))),
                ("NaKATPase", 1, "ATP spent, pump", "NaKATPase", "-"),
                ("respiration", 30, "ATP made, respiration", "respiration", (0, (1, 1
        ))))  # fmt: skip
        for process, factor, label, colour, dash in rows:
            above.plot(
                minutes,
                1e3 * factor * run.data.flux.sel(process=process),
                color=COLOURS[colour],
                ls=dash,
                label=label,
            )
        for pool, colour, dash in (
            ("Na", "#0072B2", "-"),
            ("glucose", "#882255", (0, (4, 1.5))),
            ("ATP", "#7A6000", (0, (1, 1))),
        ):
            below.plot(
                minutes,
                run.data.concentration.sel(pool=f"cell.{pool}"),
                color=colour,
                ls=dash,
                label={"Na": "Na⁺"}.get(pool, pool),
            )
        above.set(ylabel="flux / amol s⁻¹", ylim=(0, 24), xlim=(-5, 25))
        below.set(
            ylabel="in the cell / mM", xlabel="time after the lumen is filled / min", ylim=(0, 24)
        )
        for axes in (above, below):
            axes.axvspan(0, 10, color="#000000", alpha=0.06, lw=0)
            axes.legend(frameon=False, loc="upper right")
    return figure
