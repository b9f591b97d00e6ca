"""Mitochondrion: respiration makes a proton-motive force, the synthase and its carriers make ATP of
it, and a leak wastes some.
"""

import math
from typing import Any

import numpy as np

import biomembrane as bm
from biomembrane import Q, laws
from biomembrane import library as lib
from biomembrane.constants import BODY_TEMPERATURE as T
from biomembrane.constants import FARADAY as F
from biomembrane.constants import GAS as R
from biomembrane.library import H, Mg, explicit
from biomembrane.library.explicit import ADP3, ATP4, HPO4, MgADP, MgATP
from biomembrane.show.colours import COLOURS

QUESTION = (
    "How does a proton-motive force become ATP, what does an ATP cost in H⁺, and what does a leak"
    " cost?"
)
UNTIL = "10 min"
RT = R * T
UNIT = RT * math.log(10)  # J/mol a unit of pH
PH_IN, PH_OUT = 7.75, 7.0
# ΔfG° at 25 °C, no ionic strength [kJ/mol] (Alberty 2006): NADH 22.65 over NAD⁺, O₂(aq) 16.4, H₂O
# −237.19, succinate −690.44, fumarate −601.87
NADH_ENERGY, O2_ENERGY, SUCCINATE_ENERGY = 22.65, 16.4 + 2 * 237.19, 601.87 - 690.44
RESPIRATION, SYNTHASE, LEAK, WORK = (
    4e-20,
    1e-18,
    1e6,
    1000.0,
)  # mol²/(J s), of the chain per O₂ and the synthase per 3 ATP; fmol/s


def redox(name: str, charge: int, energy: float, group: str = "", label: str = "") -> bm.Species:
    """A reactant of respiration, its energy relative to NAD⁺, fumarate and the water that is
    made.
    """
    moieties = {"moieties": {group: 1}} if group else {}
    return bm.Species(
        name,
        charge,
        standard=Q(energy, "kJ/mol"),
        convention=explicit.CONVENTION,
        label=label or name,
        **moieties,
    )


NADH, NAD = (
    redox("NADH", -2, NADH_ENERGY, "nicotinamide"),
    redox("NAD", -1, 0.0, "nicotinamide", "NAD⁺"),
)
succinate, fumarate = (
    redox("succinate", -2, SUCCINATE_ENERGY, "C4"),
    redox("fumarate", -2, 0.0, "C4"),
)
O2 = redox("O2", 0, O2_ENERGY, label="O₂")
FUEL = {NADH: 1.0, NAD: 1.0, succinate: 1.0, fumarate: 1.0, O2: 0.03}  # mM, held


def build() -> bm.Model:
    """Matrix and cytosol: the chain, the synthase, two carriers, a leak, work that uses ATP, and
    Mg²⁺ that binds ATP and ADP.

    The chain moves 10 H⁺ per 2 electrons of NADH and 6 of succinate; the synthase 8 H⁺ for 3 ATP,
    as many as its ring has subunits.  Chain and synthase are linear in their affinity (Onsager's
    law): the simplest reversible law, with the right point of rest.  Substrates, O₂, Mg²⁺ and pH
    are held; at a steady state the only H⁺ to be supplied is the one that each NADH takes with it.
    Contents, sizes and all rates are assumed.
    """
    magnesium = 0.8

    def adenylate(atp: float, adp: float, phosphate: float) -> dict[bm.Species, Any]:
        bound = [
            magnesium
            / (1e3 * 10 ** -float(lib.sheet("qamas_book")[f"pK_Mg{x}"].quantity.magnitude))
            for x in ("ATP", "ADP")
        ]
        free = {ATP4: atp / (1 + bound[0]), ADP3: adp / (1 + bound[1])}
        whole = free | {MgATP: atp - free[ATP4], MgADP: adp - free[ADP3], HPO4: phosphate}
        return {s: Q(c, "mM") for s, c in whole.items()}

    cytosol = bm.Compartment(
        "cytosol", volume=Q(1, "pL"), contents=adenylate(5, 0.5, 3),
        impermeant=bm.balance(charge=1),
        held={H: Q(10 ** (3 - PH_OUT), "mM"), Mg: Q(magnesium, "mM")},
    )  # fmt: skip
    held = {s: Q(c, "mM") for s, c in FUEL.items()} | {
        H: Q(10 ** (3 - PH_IN), "mM"),
        Mg: Q(magnesium, "mM"),
    }
    matrix = bm.Compartment(
        "matrix",
        volume=Q(0.1, "pL"),
        contents=adenylate(5, 5, 10),
        held=held,
        impermeant=bm.balance(charge=1),
    )
    on = bm.Membrane(
        "inner",
        inside=matrix,
        outside=cytosol,
        area=Q(5000, "um^2"),
        capacitance=lib.sheet("membrane_typical")["specific_capacitance"],
    )

    def chain(
        name: str, donor: str, taken: int, pumped: int, product: str, label: str
    ) -> bm.Transporter:
        reaction = f"{donor} + O2@in + {taken} H@in -> {product} + {pumped} H@out"
        return bm.Transporter(
            name, reaction, on, laws.Onsager(coefficient=Q(RESPIRATION, "mol^2/J/s")), label=label
        )

    adp, pi = Q(0.02, "mM"), Q(1, "mM")
    parts = [
        chain("chain", "2 NADH@in", 22, 20, "2 NAD@in", "respiration"),
        chain("succinate_chain", "2 succinate@in", 12, 12, "2 fumarate@in",
            "respiration, succinate"),
        bm.Transporter("synthase",
            "8 H@out + 3 MgADP@in + 3 HPO4@in + 3 H@in -> 8 H@in + 3 MgATP@in", on,
                       laws.Onsager(coefficient=Q(SYNTHASE, "mol^2/J/s")), label="ATP synthase"),
        bm.Transporter("exchange", "ATP4@in + ADP3@out -> ATP4@out + ADP3@in", on,
                       laws.Saturable(maximum=Q(100, "fmol/s"), half={"ATP4": adp, "ADP3": adp}),
                       label="ATP/ADP exchange"),
        bm.Transporter("phosphate", "HPO4@out + 2 H@out -> HPO4@in + 2 H@in", on,
                       laws.Saturable(maximum=Q(1000, "fmol/s"),
                           half={"HPO4": pi, "H": Q(1e-4, "mM")}), label="phosphate carrier"),
        bm.Transporter("leak", "H@out -> H@in", on, laws.Elementary(rate=Q(LEAK, "fmol/s")),
            label="H⁺ leak"),
        bm.Transporter("work", "MgATP -> MgADP + HPO4 + H", cytosol,
            laws.Elementary(rate=Q(WORK, "fmol/s")), label="work"),
    ]  # fmt: skip
    for place, volume in ((cytosol, 1.0), (matrix, 0.1)):
        for free, whole in (("ATP4", "MgATP"), ("ADP3", "MgADP")):
            law = laws.Elementary(rate=Q(1e10 * volume, "fmol/s"))
            parts.append(
                bm.Transporter(f"{whole}_{place.name}", f"Mg + {free} -> {whole}", place, law)
            )
    return bm.Model("mitochondrion", parts, potential={on: Q(-150, "mV")})


def energy(substrate: str = "NADH", nadh: float = FUEL[NADH]) -> float:
    """Free energy that O₂ gives up with two NADH, or two succinate [J/mol]."""
    held = RT * math.log(FUEL[O2] * 1e-3)
    if substrate == "NADH":
        return (
            (2 * NADH_ENERGY + O2_ENERGY) * 1e3
            + held
            + 2 * RT * math.log(nadh / FUEL[NAD])
            - 2 * UNIT * PH_IN
        )
    return (2 * SUCCINATE_ENERGY + O2_ENERGY) * 1e3 + held


def reproduce(study: bm.Study) -> None:
    """Everything at rest at 196.2 mV; P/O of two substrates without and with the leak; respiration
    over the work done.
    """
    model = build()
    _at_rest(study, model)
    _ratios(study, model)
    working = _working(study, model)
    study.figure("leak", _figure_of_leak(working))
    study.figure("energy", _figure_of_energy(working))


TIMES = Q(np.concatenate([[0], np.geomspace(1e-3, 1e5, 81)]), "s")


def force(run: Any) -> Any:
    """Proton-motive force at the end [J/mol of H⁺ that enters]."""
    return 1e3 * run.data.affinity.isel(time=-1).sel(process="leak")


def _at_rest(study: bm.Study, model: bm.Model) -> None:
    """No leak, no work, and NADH that can just push 10 H⁺ each against 196.2 mV: nothing flows, and
    every number is a closed form.
    """
    pmf = 0.150 * F + (PH_IN - PH_OUT) * UNIT
    nadh = FUEL[NAD] * math.exp((20 * pmf - energy(nadh=FUEL[NAD])) / (2 * RT))
    off = {
        "work.rate": Q(0, "fmol/s"),
        "leak.rate": Q(0, "fmol/s"),
        "succinate_chain.coefficient": Q(0, "mol^2/J/s"),
        "matrix.NADH": Q(nadh, "mM"),
    }
    run = study.run(model, label="rest", times=TIMES, parameters=off)
    c = {
        str(p): float(run.data.concentration.isel(time=-1).sel(pool=p))
        for p in run.data.pool.values
        if "charge" not in str(p)
    }
    study.answer("pmf", Q(float(force(run)) * 1e3 / F, "mV"),
        "proton-motive force against which an NADH just pushes its 10 H⁺",
                 wanted=Q(196.16, "mV"), within=1e-4,
                 source="150 mV + 0.75·(RT/F) ln 10, 61.54 mV each")  # fmt: skip
    study.answer("pmf_energy", Q(float(force(run)) / 1e3, "kJ/mol"), "the same for a mole of H⁺",
        wanted=Q(pmf / 1e3, "kJ/mol"), within=1e-5,
                 source="F·150 mV + 0.75·RT ln 10")  # fmt: skip
    standard = float(MgATP.standard.quantity.to("J/mol").magnitude)
    for place, pH, n, text in (("matrix", PH_IN, 8, "8/3"), ("cytosol", PH_OUT, 11, "8/3 + 1")):
        worth = (
            standard
            + RT * math.log(c[f"{place}.MgATP"] / (c[f"{place}.MgADP"] * c[f"{place}.HPO4"] * 1e-3))
            + UNIT * pH
        )
        study.answer(f"atp_{place}", Q(worth / 1e3, "kJ/mol"),
            f"what an ATP is worth in the {place}, at rest with it", within=1e-4,
                     wanted=Q(n / 3 * pmf / 1e3, "kJ/mol"), source=f"{text} H⁺ times 18.93 kJ/mol"
        )  # fmt: skip
    ratio = c["cytosol.ATP4"] / c["cytosol.ADP3"] / (c["matrix.ATP4"] / c["matrix.ADP3"])
    study.answer("ratio", Q(ratio, "1"), "ATP/ADP in the cytosol over that in the matrix",
        wanted=Q(math.exp(0.150 * F / RT), "1"), within=1e-3,
                 source="exp(F·150 mV/RT): one charge an exchange")  # fmt: skip
    phosphate = c["matrix.HPO4"] / c["cytosol.HPO4"]
    study.answer("ratio_phosphate", Q(phosphate, "1"),
        "HPO₄²⁻ in the matrix over that in the cytosol", within=1e-4,
                 wanted=Q(10 ** (2 * (PH_IN - PH_OUT)), "1"),
                 source="2 H⁺ with each, no net charge: 10^(2ΔpH)")  # fmt: skip


def _ratios(study: bm.Study, model: bm.Model) -> None:
    """ATP per oxygen atom at the same work, with NADH and with succinate, without and with the
    leak.
    """
    choice = {"chain.coefficient": bm.axis("substrate", [RESPIRATION, 0], "mol^2/J/s"),
        "leak.rate": bm.axis("membrane_with", [0, LEAK], "fmol/s"),
              "succinate_chain.coefficient": bm.axis("substrate", [0, RESPIRATION], "mol^2/J/s"
    )}  # fmt: skip
    run = study.run(model, label="ratios", times=TIMES, parameters=choice)
    flux = run.data.flux.isel(time=-1)
    ratio = flux.sel(process="work") / (
        2 * (flux.sel(process="chain") + flux.sel(process="succinate_chain"))
    )
    for k, (name, pumped, measured) in enumerate((("NADH", 10, "2.5"), ("succinate", 6, "1.5"))):
        low, high = (float(ratio.isel(substrate=k, membrane_with=leak)) for leak in (1, 0))
        study.answer(f"PO_{name}", Q(high, "1"), f"ATP per O with {name}, no leak",
            wanted=Q(pumped * 3 / 11, "1"), within=1e-4,
                     source=f"{pumped} H⁺ per 2 e⁻ over 11/3 per ATP")  # fmt: skip
        used = 2 * float(
            (flux.sel(process="chain") + flux.sel(process="succinate_chain")).isel(
                substrate=k, membrane_with=1
            )
        )
        lost = float(flux.sel(process="leak").isel(substrate=k, membrane_with=1)) / used
        study.answer(f"PO_leak_{name}", Q(low, "1"),
            f"the same with the leak of this membrane (measured: about {measured}, Hinkle 2005)",
                     wanted=Q((pumped - lost) * 3 / 11, "1"), within=1e-4,
                     source=f"{pumped} H⁺ less those that leak, over 11/3")  # fmt: skip


def _leaked(p: float) -> float:
    """H⁺ that leak in [fmol/s] at a proton-motive force, by the law of one barrier."""
    u = (p - (PH_IN - PH_OUT) * UNIT) / RT
    return LEAK * (10**-PH_OUT * math.exp(u / 2) - 10**-PH_IN * math.exp(-u / 2))


def _resting(chain: float) -> float:
    """Force at which the chain, at 20 H⁺ an O₂, balances the leak, by bisection."""
    low, high = 0.0, energy() / 20
    for _ in range(80):
        p = (low + high) / 2
        low, high = (p, high) if 20 * chain * (energy() - 20 * p) > _leaked(p) else (low, p)
    return p


def _working(study: bm.Study, model: bm.Model) -> bm.Run:
    """Steady states from no work to much work, with NADH alone."""
    work = np.concatenate([[0], np.geomspace(30, 30 * 2**7, 15)])
    scan = {
        "work.rate": bm.axis("work", work, "fmol/s"),
        "succinate_chain.coefficient": Q(0, "mol^2/J/s"),
    }
    run = study.run(model, label="working", times=TIMES, parameters=scan)
    flux, last = run.data.flux.isel(time=-1), len(work) - 1
    oxygen, synthesis, lost = (flux.sel(process=p).values for p in ("chain", "work", "leak"))
    spent = run.data.affinity.isel(time=-1).sel(process="chain") * 1e3 + 20 * force(run)
    study.answer("redox", Q(float(spent[0]) / 2e3, "kJ/mol"),
        "free energy of NADH and ½ O₂: what the chain keeps and what it loses",
                 wanted=Q(energy() / 2e3, "kJ/mol"), within=1e-6,
                 source="ΔG° of Alberty 2006 and the contents")  # fmt: skip
    rest = _resting(RESPIRATION * 1e15)
    study.answer("pmf_resting", Q(float(force(run)[0]) * 1e3 / F, "mV"),
        "proton-motive force with no work", wanted=Q(rest * 1e3 / F, "mV"),
                 within=1e-5, source="20 L(ΔG − 20 Δp) = leak(Δp), by bisection")  # fmt: skip
    study.answer("oxygen_resting", Q(float(oxygen[0]), "fmol/s"), "O₂ used while no ATP is made",
        wanted=Q(_leaked(rest) / 20, "fmol/s"), within=1e-4,
                 source="a twentieth of the H⁺ that leak in")  # fmt: skip
    study.answer(
        "pmf_working",
        Q(float(force(run)[last]) * 1e3 / F, "mV"),
        "proton-motive force at the most work",
    )
    study.answer(
        "leak_working",
        Q(100 * float(lost[last] / (20 * oxygen[last])), "percent"),
        "share of respiration that makes up for the leak there",
    )
    study.answer(
        "leak_kept",
        Q(100 * float(oxygen[0] / oxygen[last]), "percent"),
        "respiration with no work, of that at the most work",
    )
    charge = np.max(np.abs(11 / 3 * synthesis + lost - 20 * oxygen) / (20 * oxygen))
    study.answer("charge", Q(float(charge), "1"),
        "20 H⁺ an O₂ out, less 11/3 an ATP and the leak: largest difference, relative",
        wanted=Q(0, "1"),
                 within=Q(1e-5, "1"), source="conservation of charge at a steady state"
    )  # fmt: skip
    taken = (
        22 * oxygen
        - 5 * flux.sel(process="synthase").values
        - 2 * flux.sel(process="phosphate").values
        - lost
    )
    study.answer("protons_held", Q(float(taken[last] / oxygen[last]), "1"),
        "H⁺ an O₂ that must be supplied to hold the matrix at its pH",
                 wanted=Q(2, "1"), within=1e-4,
                 source="the one that each of two NADH takes up on its way to NAD⁺ and water"
    )  # fmt: skip
    passed = oxygen * energy() / 1e3
    heat = run.data.dissipation.isel(time=-1).sum("process").values / passed
    study.answer("energy_balance", Q(float(np.max(np.abs(heat - 1))), "1"),
        "heat and work over the energy of the O₂ used, less 1: largest",
                 wanted=Q(0, "1"), within=Q(1e-4, "1"),
                 source="conservation of energy: nothing is stored at a steady state")  # fmt: skip
    worth = run.data.affinity.isel(time=-1).sel(process="work").values
    best = int(np.argmax(synthesis * worth / passed))
    study.answer(
        "efficiency",
        Q(100 * float(synthesis[best] * worth[best] / passed[best]), "percent"),
        "energy of ATP over that of NADH and O₂, at its best",
    )
    study.answer(
        "atp_best", Q(float(worth[best]), "kJ/mol"), "what an ATP is worth in the cytosol there"
    )
    study.answer("PO_best", Q(float(synthesis[best] / oxygen[best] / 2), "1"), "ATP per O there")
    return run


def _figure_of_leak(run: bm.Run) -> Any:
    """Oxygen used over ATP made, and the leak's share of it."""
    from matplotlib.figure import Figure

    flux = run.data.flux.isel(time=-1)
    oxygen, synthesis = (flux.sel(process=p).values for p in ("chain", "work"))
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 62 / 25.4), layout="constrained")
        ax = figure.subplots()
        ax.fill_between(synthesis, 11 / 60 * synthesis, oxygen, color="#D8D4CF", lw=0)
        ax.plot(synthesis, oxygen, color=COLOURS["H"], marker="o", ms=2.5)
        ax.plot(synthesis, 11 / 60 * synthesis, color=COLOURS["charge"], ls=(0, (4, 1.5)), lw=0.9)
        x = float(synthesis[-1])
        ax.annotate(
            "leak",
            (0.1 * x, float(np.interp(0.1 * x, synthesis, oxygen)) * 0.75),
            (0.02 * x, 0.62 * oxygen[-1]),
            arrowprops={"arrowstyle": "-", "lw": 0.5},
        )
        ax.text(0.62 * x, 11 / 60 * 0.5 * x, "without a leak:\n11/60 O₂ an ATP", va="top")
        ax.set(
            xlabel="ATP made and used (fmol/s)",
            ylabel="O₂ used (fmol/s)",
            xlim=(0, None),
            ylim=(0, None),
        )
    return figure


def _figure_of_energy(run: bm.Run) -> Any:
    """Where the energy of NADH goes, over the ATP made."""
    from matplotlib.figure import Figure

    flux, A = (getattr(run.data, what).isel(time=-1) for what in ("flux", "affinity"))
    synthesis, spent = (
        flux.sel(process="work").values,
        flux.sel(process="chain").values * energy() / 1e3,
    )
    heat = {
        "chain": ("chain",),
        "leak": ("leak",),
        "synthase, carriers": ("synthase", "exchange", "phosphate"),
    }
    shares = [
        100 * sum((flux * A).sel(process=p).values for p in names) / spent
        for names in heat.values()
    ]
    shares.append(100 * (flux * A).sel(process="work").values / spent)
    with bm.figures.style():
        figure = Figure(figsize=(85 / 25.4, 62 / 25.4), layout="constrained")
        ax = figure.subplots()
        colours = ("#B8B0A8", COLOURS["H"], "#C6E3F5", COLOURS["ATP"])
        ax.stackplot(synthesis, *shares, colors=colours, edgecolor="white", lw=0.4)
        below = np.cumsum([0.0, *(float(s[-1]) for s in shares)])
        for name, low, high in zip([*heat, "work"], below[:-1], below[1:], strict=True):
            ax.text(synthesis[-1] * 1.02, (low + high) / 2, name, va="center")
        ax.set(
            xlabel="ATP made and used (fmol/s)",
            ylabel="energy of NADH and O₂ (%)",
            xlim=(0, synthesis[-1]),
            ylim=(0, 100),
        )
    return figure
